/*
 * Looks for the lot's seal in a capture whose message was read: is it there, and where on the artwork is what is in
 * view.
 *
 * Reading the message leaves the place on the artwork open by whole tiles.  The seal has chips of its own in every
 * cell, so the cells in view are correlated with the cells of the artwork under every shift.
 */
#ifndef CAPTURE_SEAL_H
#define CAPTURE_SEAL_H
#include "capture/cells.h"

/* The seal of one page of the artwork. */
struct seal_page {
    uint32_t number;   /* as the manifest counts */
    int columns, rows; /* cells from the artwork's corner that may hold a field */
    seal_bits_fn bits;
    const void *user;
};

#define SEAL_MOST_CELLS 40000 /* of all pages together that are searched: 14 square metres */

struct seal_request {
    struct cells_source source; /* a mark that was read */
    const uint8_t *anchor;      /* 32 bytes: of the issuer whose message was read */
    const struct seal_page *pages;
    int n_pages;
};

/* One cell in view. */
struct seal_view {
    int column, row;  /* of the artwork, under the best shift */
    double share;     /* of the cell that is in view, 0..1 */
    double z;         /* of the seal in it */
    double expected;  /* of z, by the message in it */
    double elsewhere; /* where z is below half of that: z of the cell of the artwork that fits best, or 0 */
};

struct seal_found {
    int present;     /* p is at most SEAL_P */
    double z;        /* of the best shift: correlation over its deviation under random keys */
    double p;        /* bound of the probability that a capture without this seal reaches z under any shift */
    double expected; /* of z, by the message in the same waves and cells */
    double
        possible; /* the same over all cells in view, also those that the best shift lays outside the artwork */
    double tries;  /* shifts and pages that were tried */
    uint32_t page; /* of the best shift */
    int shift[2];  /* tiles to be added to the capture's u */
    int n_views;
    struct seal_view *views; /* owned */
};

#define SEAL_P     1e-6
#define SEAL_LOCAL 9.0 /* expected z from which a cell is looked at by itself */

enum seal_status { SEAL_OK, SEAL_NO_MEMORY, SEAL_NOTHING /* no cell in view holds enough */, SEAL_TOO_LARGE };
/* Release with seal_found_clear in every case. */
enum seal_status seal_detect(const struct seal_request *r, struct seal_found *out);
void seal_found_clear(struct seal_found *s);
#endif
