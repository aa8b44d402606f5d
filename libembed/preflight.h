/*
 * Second pass over a page, for the report only: what a pre-press operator looks for and the survey
 * does not need. Where there is too much ink, lines too thin to print, how the barcodes would scan,
 * and a small picture of the page.
 */
#ifndef ENN_PREFLIGHT_H
#define ENN_PREFLIGHT_H
#include "survey.h"

enum { PREFLIGHT_PLACES = 8 }; /* told one by one; the rest is counted */

/* Boxes in mm of the stored page, from its top-left pixel. */
struct preflight_place {
    double x, y, width, height;
    double value; /* over_tac: area in mm2; lines: length in mm */
};

struct preflight {
    double over_tac_mm2;
    uint32_t n_over, n_lines, n_reversed;                                  /* all of them */
    struct preflight_place reversed[PREFLIGHT_PLACES];                     /* the first */
    struct preflight_place over[PREFLIGHT_PLACES], line[PREFLIGHT_PLACES]; /* the largest; the first */
    struct enn_preview preview; /* owned by the caller afterwards */
};

struct preflight_options {
    double tac_limit;      /* percent */
    uint32_t preview_side; /* 0: no preview */
};

/* Reads the page of the survey again. Sets quiet (not of turned codes) and contrast of the barcodes in
 * `codes`, which has the survey's codes in their order from `first` on. ENN_NOMEM and the faults of
 * artwork_read. */
enum enn_status preflight_page(struct preflight *p, struct artwork *a, const struct survey *s,
                               const struct preflight_options *o, struct enn_barcode *codes,
                               struct enn_error *err);

/* ---- its parts ---- */

/* preflight_lines.c: straight upright and level lines of one or few pixels, dark on light or light on
 * dark. */
struct thin_lines;
struct thin_lines *thin_lines_new(uint32_t width, double dpi_x, double dpi_y);
void thin_lines_row(struct thin_lines *t, const uint8_t *luma);
/* Adds what was found to line[] and n_lines of *p, outside the survey's barcodes. */
void thin_lines_end(struct thin_lines *t, const struct survey *s, struct preflight *p);
void thin_lines_free(struct thin_lines *t);

/* preflight_reversed.c: thin light strokes in a ground of several inks, of CMYK pages only. */
struct reversed_type;
struct reversed_type *reversed_type_new(const struct survey *s);
void reversed_type_row(struct reversed_type *t, const void *row, const uint8_t *luma);
/* Adds what was found to reversed[] and n_reversed of *p.  -1: out of memory. */
int reversed_type_end(struct reversed_type *t, struct preflight *p);
void reversed_type_free(struct reversed_type *t);

/* preflight_codes.c: the reflectance of a barcode and its surroundings in red light. */
struct code_view;
struct code_view *code_view_new(const struct survey *s, const struct barcode *b);
void code_view_row(struct code_view *v, const struct survey *s, uint32_t y, const void *row);
void code_view_judge(const struct code_view *v, const struct barcode *b, struct enn_barcode *to);
void code_view_free(struct code_view *v);
#endif
