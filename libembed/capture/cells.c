/*
 * Cells (cells.h): picture -> carrier plane -> laid on the artwork's raster (rectify.c) -> one transform per cell.
 *
 * Waves are whole per cell, so over a cell in full view they are orthogonal, message and seal of other chips apart.
 */
#include "capture/cells.h"
#include "capture/fft.h"
#include "capture/rectify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = SEAL_SIDE, HALF = SIDE / 2 + 1, BLOCKS = 32 /* of 0.6 mm to a side */ };
static const double MIN_SHARE = 0.04; /* 15 mm2 */
static const uint64_t MAX_BYTES = 1 << 29;

/* The field of the detection, for a plane of another factor. */
static int scaled_field(struct field *out, const struct field *in, double scale)
{
    size_t n = (size_t)in->columns * (size_t)in->rows;
    *out = *in;
    out->spacing = in->spacing * scale;
    out->nodes = malloc(n * sizeof *out->nodes + 1);
    if (!out->nodes) return -1;
    memcpy(out->nodes, in->nodes, n * sizeof *out->nodes);
    for (size_t i = 0; i < n; i++) {
        struct lock *l = &out->nodes[i].at;
        l->x = (l->x + 0.5) * scale - 0.5; /* sample x covers x .. x + 1 */
        l->y = (l->y + 0.5) * scale - 0.5;
        for (int k = 0; k < 4; k++) l->j[k / 2][k % 2] /= scale;
    }
    return 0;
}

static enum cells_status lay(const struct cells_source *r, int factor, struct rectified *out)
{
    struct plane p;
    struct field f = {0};
    const struct plane_source in = {r->rgb, r->width, r->height, r->stride, 1};
    if (plane_from_rgb(&p, &in, factor, r->kind)) return CELLS_NO_MEMORY;
    enum cells_status st = CELLS_NO_MEMORY;
    if (!scaled_field(&f, &r->found->field, (double)r->found->factor / factor)) {
        enum rectify_status got = rectify_plane(out, &p, &f, SIDE, 1, MAX_BYTES);
        st = got == RECTIFY_OK          ? CELLS_OK
             : got == RECTIFY_TOO_LARGE ? CELLS_TOO_LARGE
             : got == RECTIFY_EMPTY     ? CELLS_NOTHING
                                        : CELLS_NO_MEMORY;
    }
    field_free(&f);
    plane_free(&p);
    return st;
}

static void bin_at(const struct cplx *x, int kx, int ky, float y[2])
{
    int flip = kx < 0;
    struct cplx c = x[((flip ? -ky : ky) & (SIDE - 1)) * HALF + abs(kx)];
    if (flip) c.im = -c.im;
    double t = -M_PI * (kx + ky) / SIDE; /* samples stand in the middle of their place on the raster */
    float ct = (float)cos(t), st = (float)sin(t);
    y[0] = c.re * ct - c.im * st;
    y[1] = c.re * st + c.im * ct;
}

struct tools {
    struct fft2 *fft;
    float *canvas;
    struct cplx *x;
};

/* Cell (a, b) of the raster; 1 when it holds enough, -1: no memory.  The plane is coarser than the raster, so what is in
 * view is counted in blocks. */
static int read_view(const struct seal_layout *l, const struct rectified *in, int a, int b, struct tools *t,
                     struct cell_view *v)
{
    uint8_t seen[BLOCKS][BLOCKS] = {{0}};
    int n = 0;
    *v = (struct cell_view){.column = in->tile[0] + a, .row = in->tile[1] + b};
    memset(t->canvas, 0, sizeof *t->canvas * SIDE * SIDE);
    for (int y = 0; y < SIDE && b * SIDE + y < in->rows; y++)
        for (int x = 0; x < SIDE && a * SIDE + x < in->columns; x++) {
            size_t at = (size_t)(b * SIDE + y) * (size_t)in->columns + (size_t)(a * SIDE + x);
            t->canvas[y * SIDE + x] = in->v[at];
            v->weight += in->weight[at];
            if (in->weight[at] > 0) seen[y * BLOCKS / SIDE][x * BLOCKS / SIDE] = 1;
        }
    for (int k = 0; k < BLOCKS * BLOCKS; k++) n += seen[k / BLOCKS][k % BLOCKS];
    v->share = (double)n / (BLOCKS * BLOCKS);
    if (v->share < MIN_SHARE) return 0;
    v->y = malloc(sizeof *v->y * 2 * (size_t)l->bins);
    if (!v->y) return -1;
    fft2_forward(t->fft, t->canvas, t->x);
    for (int k = 0; k < l->bins; k++) bin_at(t->x, l->bin[k].kx, l->bin[k].ky, v->y + 2 * k);
    return 1;
}

static enum cells_status read_views(const struct seal_layout *l, const struct rectified *in,
                                    struct cells *out)
{
    int columns = (in->columns + SIDE - 1) / SIDE, rows = (in->rows + SIDE - 1) / SIDE, got = 0;
    struct tools t = {fft2_new(SIDE), malloc(sizeof *t.canvas * SIDE * SIDE),
                      malloc(sizeof *t.x * SIDE * HALF)};
    out->at = calloc((size_t)columns * (size_t)rows, sizeof *out->at);
    int ok = t.fft && t.canvas && t.x && out->at;
    for (int b = 0; b < rows && ok; b++)
        for (int a = 0; a < columns && ok; a++) {
            got = read_view(l, in, a, b, &t, &out->at[out->n]);
            ok = got >= 0;
            out->n += got > 0;
        }
    fft2_free(t.fft);
    free(t.canvas);
    free(t.x);
    return !ok ? CELLS_NO_MEMORY : out->n ? CELLS_OK : CELLS_NOTHING;
}

enum cells_status cells_read(const struct cells_source *src, const struct seal_layout *layout, int factor,
                             struct cells *out)
{
    struct rectified in = {0};
    *out = (struct cells){0};
    enum cells_status st = lay(src, factor, &in);
    if (!st) st = read_views(layout, &in, out);
    rectified_free(&in);
    return st;
}

void cells_clear(struct cells *c)
{
    for (int i = 0; i < c->n; i++) free(c->at[i].y);
    free(c->at);
    *c = (struct cells){0};
}
