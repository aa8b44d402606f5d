/* A capture laid exactly over the picture of the artwork, and what is left when that is taken away. */
#ifndef CAPTURE_RESIDUAL_H
#define CAPTURE_RESIDUAL_H
#include "capture/content.h"

struct residual {
    int width, height;  /* those of the reference */
    double pitch_mm[2]; /* of its samples */
    float *z;           /* what the capture shows beside the artwork, in units of what is to be expected */
    float *mask;        /* 1 where z can be believed, else 0 */
    double tone;        /* contrast of the capture over that of the reference; 0: nothing could be fitted */
    double moved;       /* how far the capture was out of place before it was aligned: samples, rms */
    /* the capture as the artwork lies, RESIDUAL_PER_TILE samples per tile, 3 bytes each; grey where
     * nothing is seen */
    int picture_width, picture_height;
    uint8_t *picture;
};
#define RESIDUAL_PER_TILE 96

/*
 * f: of the capture, continued where needed (rectify_extend); tiles: of content_compare, which agreed.
 * Returns 0, or -1 when out of memory.  A view over max_bytes leaves tone 0.  Release with residual_free
 * in every case.
 */
int residual_make(struct residual *out, const struct rectify_picture *pic, const struct field *f,
                  const int tiles[2], const struct content_reference *ref, uint64_t max_bytes);
void residual_free(struct residual *r);
#endif
