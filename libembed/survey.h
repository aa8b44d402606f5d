/*
 * First pass over a page: everything that must be known before a pixel can be changed, and everything a
 * report says of it. Used by sign.c and inspect.c.
 */
#ifndef ENN_SURVEY_H
#define ENN_SURVEY_H
#include "artwork/artwork.h"
#include "press/ink.h"
#include "press/mask.h"
#include "trust/manifest.h"
#include "trust/samplehash.h"

struct survey_options {
    double dpi; /* for pages that name no resolution; 0: such pages are refused */
    double strength;
    const uint8_t *icc; /* profile used when none is embedded, or NULL: built in */
    size_t icc_size;
    const struct enn_limits *limits;
    void (*progress)(void *user, double share); /* NULL allowed */
    void *progress_user;
};

struct survey {
    const struct artwork_page *page; /* owned by the artwork */
    struct press_pixels pixels;
    double dpi_x, dpi_y;
    struct profile *profile;
    struct ink_model *ink;
    struct mask *mask;
    struct mask_areas areas;
    uint8_t hashes[ARTWORK_MAX_SAMPLES][SHA256_BYTES]; /* of the samples as they were */
    double coverage[ARTWORK_MAX_SAMPLES];              /* mean ink, 0..1 (light channels: 1 - light) */
    double max_tac;                                    /* largest sum of the inks of one pixel, 0..4 */
    struct manifest_thumbnail thumbnail;
    struct enn_capacity with_white, without_white; /* predicted quality, at the survey's strength */
    /* what one sample per GRID_MM says of the effect of the mark: used for the capacity */
    uint32_t grid_columns, grid_rows;
    float *grid_effect; /* d opponent per unit of s, as embedded when gain is 255 */
    uint8_t *grid_kind; /* enum ink_kind */
};

/* Reads page `index`.  Faults as artwork_read; ENN_UNSUPPORTED when the page cannot carry the mark (says
 * why).  Release with survey_clear also after a failure. */
enum enn_status survey_page(struct survey *s, struct artwork *a, size_t index, const struct survey_options *o,
                            const char *name, struct enn_error *err);
void survey_clear(struct survey *s);
#endif
