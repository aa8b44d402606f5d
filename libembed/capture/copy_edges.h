/*
 * What a print keeps of the edges of its own artwork: type, line art, contours.  They hold far more energy than the mark, and a
 * copier blurs or sharpens them as it does the mark.
 *
 * Places are cells of TILE_MM / 12 of the artwork, (column, row) from its corner; powers are of the logarithm of lightness, by bands
 * of waves and, as halftone and noise have no direction that edges have, by direction.
 */
#ifndef CAPTURE_COPY_EDGES_H
#define CAPTURE_COPY_EDGES_H
#include "capture/seal.h"

enum {
    EDGE_BANDS = 7, /* of 0.4 cycles/mm, from 0.6 on */
    EDGE_DIRECTIONS = 8,
    EDGE_PER_TILE = 12,
    EDGE_MOST = 3000,       /* cells of a reference */
    EDGE_COORDINATE = 65535 /* the greatest column and row */
};

/* One cell of a capture.  level: a power p as 240 + 12 ln p, 1 .. 255; 0: none. */
struct edge_cell {
    int column, row;
    uint8_t level[EDGE_BANDS][EDGE_DIRECTIONS];
};

/* A capture. */
struct edges {
    uint32_t page; /* as the manifest counts */
    int n;
    struct edge_cell *at; /* owned; by rows, then columns */
};

/* After seal_detect() has found the seal in it.  Nothing in view, or too much (some 240 x 240 mm): n 0.  0, or -1 when out of
 * memory.  Release with edges_clear in every case. */
int edges_measure(const struct cells_source *src, const struct seal_found *seal, struct edges *out);
void edges_clear(struct edges *e);

/* A cell of good prints, where it has an edge. */
struct edge_place {
    uint16_t column, row;
    uint8_t direction;         /* across the edge, 0 .. 7, in steps of 22.5 degrees */
    uint8_t bands;             /* bit b: band b stands out of what the other direction has */
    uint8_t level[EDGE_BANDS]; /* across the edge, as above: mean over the captures */
};
struct edge_reference {
    uint32_t page, n, captures; /* n 0: none */
    double spread
        [EDGE_BANDS]; /* of a band, what it differs by from capture to capture: of the logarithm of its gain */
    struct edge_place at[EDGE_MOST];
};

/* From n >= 2 captures of good prints; contrast[n]: of their screens, 0 where none is seen.  Captures of another page than the
 * first are left out.  0, or -1 when out of memory. */
int edges_enrol(const struct edges *captures, const double *contrast, int n, struct edge_reference *out);

/* Of one capture, or the mean of several of one print, beside the reference. */
struct edge_fit {
    int cells; /* that were compared; 0: too few */
    double gain
        [EDGE_BANDS]; /* logarithm of what is left of each band, over the mean of the third and fourth, of the amplitude */
    double deviation[EDGE_BANDS]; /* of that, from cell to cell; 0: not measured */
};
/* contrast: logarithm of the contrast of the capture's screen over that of the reference; 0: not known.  What blur that stands for
 * is allowed for.  0, or -1 when out of memory. */
int edges_compare(const struct edges *capture, const struct edge_reference *ref, double contrast,
                  struct edge_fit *out);
void edges_pool(const struct edge_fit *fits, int n, struct edge_fit *out);

/* As copy_judgement has them: how much of what copying and sharpening do is in it, in standard deviations of good prints, and what
 * the usual copy would show; 0 where nothing tells.  told: contrast was known. */
struct edge_judgement {
    double lost, lost_power, clean, clean_power;
};
void edges_judge(const struct edge_fit *fit, const struct edge_reference *ref, int captures, int told,
                 struct edge_judgement *out);

/* How far each of n >= 3 captures is from a reference made of the others, in deviations: apart[n].  0, or -1: out of memory. */
int edges_apart(const struct edges *captures, const double *contrast, int n, double *apart);
#endif
