/* Finds the mark in the difference of two pages, without knowing its issuer or its message. */
#ifndef DIFF_FIT_H
#define DIFF_FIT_H
#include "diff/marking.h"

/* Rows of both pages on one raster, `row_bytes` apart: those of `seen` rows looked at that differ at all; their numbers are
 * y[0] .. y[n-1]. */
struct fit_rows {
    uint32_t n, seen, *y;
    size_t row_bytes;
    uint8_t *before, *after;
};

enum fit_kind {
    FIT_NONE,
    FIT_ADDED,   /* after = before + mark; marking->tile and ->strength are set */
    FIT_REMOVED, /* the other way round: call again with both exchanged */
    FIT_CHANGED  /* both carry marks, of different messages */
};
struct fit {
    enum fit_kind kind;
    /* On ink, on paper: 2, the mark gives practically all pixels changed as by a mark to the last level; 1, most of
     * them, as a strength does that is nearly right; 0, its tile is not known. */
    int sharp[TILE_BANDS];
    double strength;  /* of the mark */
    float reach;      /* of bounds, in peaks of the signal at the strength of marking */
};

/* Chips of the messages that the mark may be of; none are needed, but where there is little ink they help. */
struct fit_known {
    int n;
    int exchanged; /* both pages were read, and carry marks of different messages */
    int changed; /* in another image of the file one mark stands in the place of another */
    double elsewhere; /* strength of the mark that another image of the file has got, negative: lost; 0: none is known */
    int8_t (*chips)[CODE_N];
};

/* m: pixels, width, resolution, profile and mask of the page before are set; strength 1 is tried first.
 * known may be NULL.  soft: 1 for resampled rows, which never agree to the last level. */
enum enn_status fit_mark(struct marking *m, const struct fit_rows *rows, const struct fit_known *known,
                         int soft, struct fit *out, struct enn_error *err);
#endif
