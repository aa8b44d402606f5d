/*
 * First pass over a page: everything that must be known before a pixel can be changed, and everything a
 * report says of it. Used by sign.c and inspect.c.
 */
#ifndef ENN_SURVEY_H
#define ENN_SURVEY_H
#include "artwork/artwork.h"
#include "keepout.h"
#include "press/barcode.h"
#include "press/ink.h"
#include "press/mask.h"
#include "trust/manifest.h"
#include "trust/samplehash.h"

/* Ink models kept from page to page of one file, by profile (the pointer, which the artwork owns) and
 * colour. */
#define SURVEY_MODELS 8
struct survey_models {
    unsigned n;
    struct {
        const uint8_t *icc;
        enum press_colour colour;
        struct profile *profile;
        struct ink_model *ink;
    } at[SURVEY_MODELS];
};
void survey_models_clear(struct survey_models *m); /* after the surveys that use them; zeroed is allowed */

struct survey_options {
    struct survey_models *models; /* of this file and this strength; or NULL */
    double dpi; /* for pages that name no resolution; 0: such pages are refused */
    double strength;
    const uint8_t *icc; /* profile used when none is embedded, or NULL: built in */
    size_t icc_size;
    const struct enn_limits *limits;
    const struct enn_protection *protection; /* names of inks; NULL allowed */
    const struct keepout *keepout;           /* NULL: nothing */
    int white_always; /* the user wants paper marked: then black alone is not read as one ink, for it would have no paper */
    int threads; /* 1: barcodes are searched in the caller's thread, else beside it */
    void (*progress)(void *user, double share); /* NULL allowed */
    void *progress_user;
};

struct survey {
    const struct artwork_page *page; /* owned by the artwork */
    size_t index;                    /* of the page */
    struct press_pixels pixels;
    int black_only;                  /* CMYK without a trace of C, M, Y: read as one ink, black */
    uint32_t technical;              /* as mask_show_technical() takes it */
    unsigned carrier;                /* this sample and the first change places while press/ and mark/ look at a row */
    uint8_t role[ARTWORK_MAX_SAMPLES]; /* enum artwork_role, the user's word counted in */
    struct keepout_place place;
    double dpi_x, dpi_y;
    struct profile *profile;
    struct ink_model *ink;
    int shared; /* profile and ink belong to options.models */
    struct mask *mask;
    struct mask_areas areas;
    struct barcode_list codes; /* read before the mark; protected by the mask */
    int codes_complete;        /* 0: more places look like a barcode than are searched */
    uint8_t hashes[ARTWORK_MAX_SAMPLES][SHA256_BYTES]; /* of the samples as they were */
    double coverage[ARTWORK_MAX_SAMPLES];              /* mean ink, 0..1 (light channels: 1 - light) */
    double max_tac;                                    /* largest sum of the inks of one pixel, 0..4 */
    struct manifest_thumbnail thumbnail;
    struct enn_capacity with_white, without_white; /* predicted quality, at the survey's strength */
    /* what one sample per square of grid_mm says of the effect of the mark: used for the capacity */
    double grid_mm;
    uint32_t grid_columns, grid_rows;
    float *grid_effect; /* d opponent per unit of s, as embedded when gain is 255 */
    uint8_t *grid_kind; /* enum ink_kind */
};

/* Side of the squares: 1 mm, and more on a page of over SURVEY_GRID_CELLS mm2, so that the grid and what is
 * made of it stay within 30 MB up to 780 m2. A whole number of them fills WINDOW_MM (capacity.c). */
#define SURVEY_GRID_CELLS 1250000.0
double survey_grid_mm(double width_mm, double height_mm);

/* 1: the inked area alone is not confirmed by its manifest in a 25 mm window at 20 px/mm, or not read by itself as a whole from
 * twice the distance: white has to carry, too. */
int survey_needs_white(const struct enn_capacity *without_white);

/* 1: --white=auto may mark the paper of this page. It is marked with yellow, and where one colour prints beside black that would
 * be a plate that nobody ordered; cyan and magenta together are process printing, in which yellow is one of the four. */
int survey_yellow_prints(const struct survey *s);
/* 1: yellow prints nowhere on the page, which it would if white were marked. */
int survey_adds_yellow(const struct survey *s);

/* capacity.c: fills in with_white and without_white. ENN_NOMEM. */
enum enn_status survey_predict(struct survey *s, struct enn_error *err);
/* The same for all windows and resolutions of enn_page_info, and with `map` where it would be read. ENN_NOMEM. */
enum enn_status survey_predict_all(const struct survey *s, struct enn_page_info *info, int map, struct enn_error *err);
/* Where pixel (i, j) of a picture of the page as it is looked at, columns x rows, lies in the stored one, in px. */
void survey_stored_at(const struct survey *s, double u, double v, double *x, double *y);

/* Reads page `index`.  Faults as artwork_read; ENN_UNSUPPORTED when the page cannot carry the mark (says
 * why).  Release with survey_clear also after a failure. */
enum enn_status survey_page(struct survey *s, struct artwork *a, size_t index, const struct survey_options *o,
                            const char *name, struct enn_error *err);
void survey_clear(struct survey *s);

/* Parts of survey_page (survey_inks.c): pixels, carrier and roles; place, once dpi is known.
 * ENN_UNSUPPORTED: no ink may carry the mark. */
enum enn_status survey_inks(struct survey *s, const struct enn_protection *p, const char *name,
                            struct enn_error *err);
void survey_place(struct survey *s);

/* Exchanges the carrier with the first sample in n pixels; a second time: back. */
void survey_swap(const struct survey *s, void *row, size_t n);
/* Centre of the first pixel of row y in mm of the artwork, and the way from pixel to pixel. */
struct survey_line {
    double x_mm, y_mm, dx_mm, dy_mm;
};
struct survey_line survey_line(const struct survey *s, uint32_t y);
/* ENN_USAGE when a name in p is no ink of any page. */
enum enn_status survey_check_names(struct artwork *a, const struct enn_protection *p, const char *name,
                                   struct enn_error *err);
#endif
