/*
 * press: the barcodes of an artwork page. Where they are, what they say, how they are printed.
 *
 *   rows -> luminance at some 300 dpi -> strips     barcode_find.c
 *        -> places that look like a code            barcode_spot.c
 *        -> readers                                 barcode_zbar.c, barcode_dmtx.c, barcode_box.c
 *        -> list                                    barcode.c
 *
 * Memory is bounded whatever the size of the page: strips of at most 100 mm that overlap by half, and
 * of 300 mm at a third of the resolution for codes taller than 50 mm.
 */
#ifndef PRESS_BARCODE_H
#define PRESS_BARCODE_H
#include <stddef.h>
#include "status.h"
#include "press/pixels.h"

#define BARCODE_KINDS(X)                                                                                     \
    X(EAN13, "ean-13", "EAN-13")                                                                             \
    X(EAN8, "ean-8", "EAN-8")                                                                                \
    X(UPCA, "upc-a", "UPC-A")                                                                                \
    X(UPCE, "upc-e", "UPC-E")                                                                                \
    X(ITF14, "itf-14", "ITF-14")                                                                             \
    X(CODE128, "code-128", "Code 128")                                                                       \
    X(CODE39, "code-39", "Code 39")                                                                          \
    X(DATABAR, "databar", "GS1 DataBar")                                                                     \
    X(DATABAR_EXPANDED, "databar-expanded", "GS1 DataBar Expanded")                                          \
    X(QR, "qr", "QR Code")                                                                                   \
    X(DATAMATRIX, "data-matrix", "Data Matrix")

enum barcode_kind {
#define BARCODE_X(name, word, text) BARCODE_KIND_##name,
    BARCODE_KINDS(BARCODE_X)
#undef BARCODE_X
};
const char *barcode_word(enum barcode_kind k);  /* "data-matrix": JSON */
const char *barcode_title(enum barcode_kind k); /* "Data Matrix": people */
int barcode_is_matrix(enum barcode_kind k);     /* QR and Data Matrix */

#define BARCODE_TEXT_MAX 3200 /* the longest Data Matrix holds 3116 digits */

/* One code. Lengths in mm from the page's top-left corner (inside the readers: in pixels of the crop). */
struct barcode {
    enum barcode_kind kind;
    int gs1;    /* FNC1 in first position: the text is a GS1 element string, its separators are 0x1d */
    char *text; /* n bytes and a 0 */
    size_t n;
    double x, y, width, height; /* upright box around the symbol, without its quiet zone */
    double module;              /* narrowest bar, or side of a module; 0: not measured */
    double quiet, quiet_needed; /* clear space on its narrowest side, measured up to what is needed */
    int turned;                 /* 1: not upright by a multiple of 90 degrees */
};
struct barcode_list {
    struct barcode *item;
    size_t n, room;
};
void barcode_list_clear(struct barcode_list *l);
/* Adds a copy (also of text, n bytes). 0: out of memory. */
int barcode_list_add(struct barcode_list *l, const struct barcode *b);

/* ---- over a page ---- */

struct barcode_finder;

/* width, height in px, dpi 20..20000. threads 1: everything in the caller's thread; else strips are searched
 * in threads of their own while further rows come. ENN_LIMIT: not within limits->max_memory; ENN_NOMEM. */
enum enn_status barcode_finder_new(struct barcode_finder **out, const struct press_pixels *px, uint32_t width,
                                   uint32_t height, double dpi_x, double dpi_y, int threads,
                                   const struct enn_limits *limits, struct enn_error *err);
/* The next n rows of samples, row_bytes apart. */
void barcode_finder_rows(struct barcode_finder *f, const void *rows, size_t row_bytes, uint32_t n);
/* Waits for the search and gives what was found, sorted from top to bottom; *complete 0 when the page
 * has more places that look like a code than are searched. ENN_NOMEM. */
enum enn_status barcode_finder_end(struct barcode_finder *f, struct barcode_list *out, int *complete,
                                   struct enn_error *err);
void barcode_finder_free(struct barcode_finder *f); /* NULL allowed; waits, too */

/* Luminance of n pixels, 255 = paper, more or less as a reader's red light sees it: magenta and yellow
 * count less than cyan and black. */
void barcode_luma(const struct press_pixels *px, uint32_t n, const void *samples, uint8_t *out);

/* ---- pieces, used by the finder ---- */

struct grey {
    uint8_t *px; /* height rows of width bytes, 255 = paper */
    uint32_t width, height;
};

/* Places of a strip that look like a code: dense, strong edges of two tones. */
struct spot {
    uint32_t x, y, width, height; /* px */
    int matrix;                   /* may hold a matrix code; else a linear one at most */
};
/* Finds at most `room` places; *more is set to 1 when there are more. Returns their number, or -1: no
 * memory. */
int barcode_spots(const struct grey *strip, struct spot *out, int room, int *more);

/* Linear codes and QR, upright or turned. 0: out of memory. */
int barcode_read_zbar(const struct grey *crop, struct barcode_list *out);
/* Data Matrix, outside the codes that are in *out already. *budget: starting points that may still be
 * tried, is lowered. 0: out of memory. */
int barcode_read_dmtx(const struct grey *crop, uint32_t *budget, struct barcode_list *out);

/* barcode_box.c: the bars of a linear code in an upright crop, where *b is the box that a reader gave
 * and its bars stand (across 0) or lie (across 1); widens the box to the ends of the bars, measures
 * module and quiet zone. */
void barcode_box_linear(const struct grey *crop, int across, struct barcode *b);
/* The same for a matrix code with corners in px (clockwise, first the corner of the reader's choice). */
void barcode_box_matrix(const struct grey *crop, const double corner[4][2], int modules, struct barcode *b);
/* Direction of the dominant tone steps in radians, -pi/2 .. pi/2, and how dominant they are, 0..1. */
double barcode_direction(const struct grey *crop, double *coherence);
/* The crop turned by -angle around its centre into a new picture that holds all of it; the caller frees ->px.
 * 0: out of memory. */
int barcode_turn(const struct grey *crop, double angle, struct grey *out);
#endif
