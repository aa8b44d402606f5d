/*
 * press: the protection mask. Where the mark may go, in two passes over the artwork.
 *
 * Pass 1: mask_new, mask_feed for all rows from top to bottom in bands of any height, mask_finish. Pass 2:
 * mask_row for any row in any order (thread-safe).
 *
 * A cell map of about 0.42 mm per cell is all that is kept. Barcodes with their quiet zones, fine type and
 * hard edges get gain 0 exactly over whole cells; gains are linear between cell corners, so nothing shows
 * where they change. Single-ink solids, K-only pixels and spot inks are refused pixel by pixel by ink_steps()
 * (kind INK_NONE).
 */
#ifndef PRESS_MASK_H
#define PRESS_MASK_H
#include <stddef.h>
#include "status.h"
#include "press/pixels.h"

enum mask_class {
    MASK_TINT,    /* inked, may carry */
    MASK_WHITE,   /* bare paper that may carry when the caller marks white */
    MASK_PAPER,   /* bare paper too close to text or edges: never marked */
    MASK_EDGE,    /* a hard edge of line work */
    MASK_TEXT,    /* fine type and other strokes under about 1 mm, with their surroundings */
    MASK_BARCODE, /* linear or 2-D code with its quiet zone */
    MASK_SOLID,   /* 100 % of one ink alone, or black only: nothing to move */
    MASK_SPOT,    /* a brand ink prints there that may not be marked over, or it is transparent */
    MASK_USER,    /* protected by mask_protect() */
    MASK_N_CLASSES
};

struct mask;

/* For an artwork of width x height pixels. dpi 20..20000 in each direction, else ENN_USAGE; ENN_LIMIT when
 * the map would not fit in limits->max_memory; ENN_NOMEM. px is copied. */
enum enn_status mask_new(struct mask **out, const struct press_pixels *px, uint32_t width, uint32_t height,
                         double dpi_x, double dpi_y, const struct enn_limits *limits, struct enn_error *err);
void mask_free(struct mask *m);

/* Before the first row.  Bit c: the c-th sample behind the colour's channels is a technical ink, for
 * mask_technical_at(). */
void mask_show_technical(struct mask *m, uint32_t samples);

/* The next n_rows rows, row_bytes apart.  Rows past the height are refused with ENN_USAGE. */
enum enn_status mask_feed(struct mask *m, const void *rows, size_t row_bytes, uint32_t n_rows,
                          struct enn_error *err);

/* Protects a rectangle in mm (from the top-left corner); between mask_new and mask_finish. */
void mask_protect(struct mask *m, double x_mm, double y_mm, double width_mm, double height_mm);

/* Protects cell (i, j) of mask_size(); between mask_new and mask_finish. */
void mask_protect_cell(struct mask *m, uint32_t i, uint32_t j);

/* The same for a barcode with its quiet zone that a reader has found. */
void mask_protect_code(struct mask *m, double x_mm, double y_mm, double width_mm, double height_mm);

/* Ends pass 1.  ENN_USAGE when rows are missing, ENN_NOMEM. */
enum enn_status mask_finish(struct mask *m, struct enn_error *err);

/* Gains 0..255 of the pixels of row y: `tint` for pixels of kind INK_TINT, `white` for kind INK_WHITE (width
 * entries each; either may be NULL). White areas fade in and out over about 1 mm. `white` says where white
 * could be marked: whether it is, is the caller's choice. */
void mask_row(const struct mask *m, uint32_t y, uint8_t *tint, uint8_t *white);

/* Areas in cm2, from the cell map. */
struct mask_areas {
    double page;
    double of[MASK_N_CLASSES]; /* sum is page */
    double tint_effective;     /* area of MASK_TINT weighted by gain / 255 */
    double white_effective;    /* the same for MASK_WHITE */
    double white_share;        /* share of the page that is bare paper, protected or not, 0..1 */
};
struct mask_areas mask_areas(const struct mask *m);

/* For a picture of the map: size in cells, mm per cell, class (enum mask_class) of cell (i, j). */
void mask_size(const struct mask *m, uint32_t *columns, uint32_t *rows, double *cell_x_mm, double *cell_y_mm);
enum mask_class mask_class_at(const struct mask *m, uint32_t i, uint32_t j);
/* Mean tone of the cell, 0 = dark; 1: a technical ink covers most of it. */
uint8_t mask_tone_at(const struct mask *m, uint32_t i, uint32_t j);
int mask_technical_at(const struct mask *m, uint32_t i, uint32_t j);
#endif
