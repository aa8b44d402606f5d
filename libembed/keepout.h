/*
 * What the user wants left alone: mask pictures and rectangles in mm.  Asked pixel by pixel, for the
 * centre of the pixel; used by survey.c for the cells of the mask and by sign.c for the pixels
 * themselves.
 */
#ifndef ENN_KEEPOUT_H
#define ENN_KEEPOUT_H
#include <stddef.h>
#include "enn.h"

struct keepout;

/* Where the pixels of a page are: corner of pixel (x, y) at m[0] x + m[2] y + m[4] to the right and m[1]
 * x + m[3] y + m[5] down, in mm of the artwork, and in 0 .. 1 over the page as it is looked at. */
struct keepout_place {
    double to_mm[6], to_unit[6];
};

/* Reads the mask pictures (dark, below half of the light range, is protected).  *out is NULL when
 * nothing is to be kept out.  ENN_USAGE: a rectangle without area; otherwise as picture_read. */
enum enn_status keepout_new(const struct enn_protection *p, const struct enn_limits *limits,
                            struct keepout **out, struct enn_error *err);
void keepout_free(struct keepout *k); /* NULL allowed */

/* Masks given but the file has `pages` pages: ENN_USAGE unless there is one mask, or as many as pages. */
enum enn_status keepout_check(const struct keepout *k, size_t pages, const char *name, struct enn_error *err);

/* 1: the point (x, y) in pixels of page `page`, from 0, is to be left alone.  Thread-safe. */
int keepout_at(const struct keepout *k, size_t page, const struct keepout_place *p, double x, double y);
/* The same for the centres of the n pixels of row y: gains become 0 there.  Either of them may be NULL. */
void keepout_row(const struct keepout *k, size_t page, const struct keepout_place *p, uint32_t y, size_t n,
                 uint8_t *tint, uint8_t *white);
#endif
