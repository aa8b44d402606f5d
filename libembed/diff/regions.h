/* From differing pixels to regions: cells of about a printable dot, joined where they nearly touch. */
#ifndef DIFF_REGIONS_H
#define DIFF_REGIONS_H
#include "artwork/artwork.h"

enum { REGION_INKS = 8 };

/* What differs in one cell, or in one region. */
struct cell_sum {
    uint32_t n;              /* pixels that differ */
    uint32_t strong;         /* of them, beyond what any mark could do */
    uint32_t x0, y0, x1, y1; /* px, x1 and y1 exclusive */
    float max_de;
    double de;                                               /* sums over the n pixels */
    double before[3], after[3], before_square, after_square; /* L* a* b*, and the squared length */
    double change[3], change_square;                         /* after - before */
    double ink[REGION_INKS];                                 /* absolute change, 0..1 */
};
void cell_sum_pixel(struct cell_sum *c, uint32_t x, uint32_t y, const float before[3], const float after[3],
                    float de);

struct region_options {
    uint32_t columns;        /* cells per row of cells */
    double px_mm_x, px_mm_y; /* size of a pixel in mm */
    double min_area;         /* mm2 of differing pixels below which a region is counted only */
    uint32_t keep;           /* regions kept, the largest by sum of CIEDE2000 */
};

struct regions;
enum enn_status regions_new(struct regions **out, const struct region_options *o, struct enn_error *err);
void regions_free(struct regions *r);

/* The next row of `columns` cells; n = 0 where nothing differs. */
enum enn_status regions_row(struct regions *r, const struct cell_sum *cells, struct enn_error *err);

/* After the last row: ends all regions.  The sums are owned by r, in the order of their first rows. */
enum enn_status regions_finish(struct regions *r, const struct cell_sum **sums, uint32_t *n,
                               struct enn_error *err);
uint64_t regions_small_pixels(const struct regions *r); /* pixels of the regions that are only counted */
uint64_t regions_all(const struct regions *r);          /* regions of printable size, also those not kept */

/* Pictures of the kinds: what a region is, from its sums. */
enum enn_change_kind regions_kind(const struct cell_sum *s, double width_mm, double height_mm);
#endif
