/* A capture laid into the artwork's coordinates, once detect() knows where every part of it is. */
#ifndef CAPTURE_RECTIFY_H
#define CAPTURE_RECTIFY_H
#include "capture/warp.h"

/*
 * A raster over the part of the artwork that is in view.  Sample (i, j) covers the square from
 *     u = (tile[0] * TILE_MM + i * pitch_mm, tile[1] * TILE_MM + j * pitch_mm)
 * on, of the field's u, which is continuous over the capture and equals the position on the artwork up to
 * one shift by whole tiles; a whole number of samples is a tile.  Samples that nothing was laid on have
 * weight 0.
 */
struct rectified {
    int columns, rows, channels;
    int per_tile;    /* samples per TILE_MM: pitch_mm = TILE_MM / per_tile */
    double pitch_mm;
    int tile[2];     /* u of the raster's corner, in tiles */
    float *v;        /* rows x columns x channels */
    float *weight;   /* rows x columns */
};

enum rectify_status { RECTIFY_OK, RECTIFY_NO_MEMORY, RECTIFY_TOO_LARGE, RECTIFY_EMPTY };

/*
 * The whitened carrier, one channel: with g = plane weight x gain of the place (both as in demod.c),
 *     v = sum of g p,  weight = sum of g^2
 * over the samples p of the plane that fall on the place.  The correlation with a pattern s(u) is the sum
 * of v s; without that pattern in the capture it has mean 0 and variance sum of weight s^2 times the
 * variance of p (below 1).  gains 0: g is the plane weight alone, also at places whose own pilots did not
 * lock. max_bytes: of the two arrays; RECTIFY_TOO_LARGE above it.  Release with rectified_free in every
 * case.
 */
enum rectify_status rectify_plane(struct rectified *out, const struct plane *p, const struct field *f,
                                  int per_tile, int gains, uint64_t max_bytes);

/*
 * The picture itself: channels 3, means of R G B (0..255) over what falls on the sample; weight is 1
 * where there is something, holes of a picture coarser than the raster are not left: pixels are split.
 * rgb as for detect(); factor is that of the plane the field belongs to.
 */
struct rectify_picture {
    const uint8_t *rgb;
    uint32_t width, height;
    size_t stride;
    int factor;
};
enum rectify_status rectify_rgb(struct rectified *out, const struct rectify_picture *pic,
                                const struct field *f, int per_tile, uint64_t max_bytes);
void rectified_free(struct rectified *r);

/*
 * Continues a field beyond what was locked by at most `most` nodes (6.4 mm each), where a capture shows
 * artwork that carries no mark: one homography over all, plus the residual of the nearest locked nodes,
 * fading with distance.  The new nodes are NODE_GUESSED with gain 0.  Returns 0, or -1 when out of memory
 * (the field is unchanged then).
 */
int rectify_extend(struct field *f, int most);

/* How far the locked nodes are from one homography, mm rms: some tenths on flat prints, above 1 on
 * bottles. */
double rectify_bend(const struct field *f);
#endif
