/*
 * Whitening (whiten.h).
 *
 *   r, g, b    = ln of the mean of a block of factor x factor pixels; illumination and black become offsets
 *   r', g', b' = r, g, b less their means over a box of 2 NEAR + 1 samples
 *   y  = p r' + q g' - b'                   p, q: least squares over the same box
 *   v  = clip(y / dev(y), 2.5)              dev over a box of 2 FAR + 1 blocks of 4 samples
 *   weight = DEV0 / max(dev(y), DEV0)
 *
 * or, where the artwork has one ink only and the mark is in its lightness, y = -(r' + g' + b') / 3.
 *
 * The mark moves yellow ink: blue light nearly alone.  Artwork moves all three together, so what red and
 * green predict of blue around a place is artwork, and what is left is mark, noise and the little of the
 * artwork that is its own colour (linear prediction from guide channels: K. He, J. Sun and X. Tang, "Guided
 * image filtering", ECCV 2010).  The division keeps artwork edges from drowning the rest, the clip is the
 * robust detector for heavy-tailed interference.  Against gaussian interference of deviation d the matched
 * filter weighs a sample by 1 / d^2: once by the division, once more by the weight.
 */
#include "capture/whiten.h"
#include "clones.h"
#include "large.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR = 2, SIDE = 2 * NEAR + 1, FAR = 2, BLOCK = 4, CHANNELS = 3, PRODUCTS = 5 };
static const float OFFSET = 16; /* of 255: keeps sensor noise in the dark from growing in the logarithm */
static const float CLIP = 2.5f;
static const float DEV0 = 0.02f;  /* deviation of an unprinted or flat place with the mark in it */
static const float NOISE = 3e-4f; /* variance of r' and g' that is no artwork */

/* Working memory.  Rows wait in rings of SIDE: r, g, b below the row in work, r', g', b' around it; they are
 * padded by NEAR samples at either end. */
struct work {
    int width, height;
    size_t padded;          /* samples of a padded row */
    uint16_t *blocks;       /* sums down a block row: CHANNELS per pixel of the picture */
    float *light[CHANNELS]; /* SIDE padded rows */
    float *high[CHANNELS];  /* SIDE padded rows */
    float *row[PRODUCTS];   /* padded rows: sums down the box */
    float *mean[PRODUCTS];  /* sums over the box */
    float *y;               /* height rows of width: of the plane, before they are normalised in place */
};

static int work_alloc(struct work *k, int width, int height, int factor)
{
    *k = (struct work){.width = width, .height = height, .padded = (size_t)width + 2 * NEAR};
    size_t n = k->padded;
    int ok = 1;
    for (int c = 0; c < CHANNELS; c++) {
        ok &= (k->light[c] = malloc(SIDE * n * sizeof(float))) != NULL;
        ok &= (k->high[c] = malloc(SIDE * n * sizeof(float))) != NULL;
    }
    for (int c = 0; c < PRODUCTS; c++) {
        ok &= (k->row[c] = malloc(n * sizeof(float))) != NULL;
        ok &= (k->mean[c] = malloc(n * sizeof(float))) != NULL;
    }
    k->blocks = malloc((size_t)width * (size_t)factor * CHANNELS * sizeof *k->blocks + 1);
    return ok && k->blocks ? 0 : -1;
}

static void work_free(struct work *k)
{
    for (int c = 0; c < CHANNELS; c++) {
        free(k->light[c]);
        free(k->high[c]);
    }
    for (int c = 0; c < PRODUCTS; c++) {
        free(k->row[c]);
        free(k->mean[c]);
    }
    free(k->blocks);
}

/* Row of a ring; the picture's border repeats. */
static float *ring_row(const struct work *k, float *const *ring, int c, int row)
{
    row = row < 0 ? 0 : row >= k->height ? k->height - 1 : row;
    return ring[c] + (size_t)(row % SIDE) * k->padded;
}

static void pad(const struct work *k, float *row)
{
    for (int i = 0; i < NEAR; i++) {
        row[i] = row[NEAR];
        row[NEAR + k->width + i] = row[NEAR + k->width - 1];
    }
}

CLONED static void add_bytes(uint16_t *restrict to, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = (uint16_t)(to[i] + from[i]);
}

/* One row of r, g, b from factor rows of the picture; ln is a table over block sums. Down the block first:
 * that runs over whole rows of bytes. */
CLONED static void read_row(struct work *k, int row, const uint8_t *rgb, size_t stride, int factor,
                            const float *ln)
{
    size_t n = (size_t)k->width * (size_t)factor * CHANNELS;
    float *out[CHANNELS];
    for (int c = 0; c < CHANNELS; c++) out[c] = ring_row(k, k->light, c, row) + NEAR;
    memset(k->blocks, 0, n * sizeof *k->blocks);
    for (int j = 0; j < factor; j++) add_bytes(k->blocks, rgb + (size_t)j * stride, n);
    const uint16_t *p = k->blocks;
    for (int x = 0; x < k->width; x++) {
        uint32_t s[CHANNELS] = {0, 0, 0};
        for (int i = 0; i < factor; i++, p += CHANNELS) s[0] += p[0], s[1] += p[1], s[2] += p[2];
        for (int c = 0; c < CHANNELS; c++) out[c][x] = ln[s[c]];
    }
    for (int c = 0; c < CHANNELS; c++) pad(k, out[c] - NEAR);
}

/* out[x] = sum of SIDE rows */
CLONED static void sum_down(float *restrict out, const float *const row[SIDE], size_t n)
{
    const float *restrict a = row[0], *restrict b = row[1], *restrict c = row[2], *restrict d = row[3],
                          *restrict e = row[4];
    for (size_t i = 0; i < n; i++) out[i] = a[i] + b[i] + c[i] + d[i] + e[i];
}

/* the same of products of two channels */
CLONED static void sum_products_down(float *restrict out, const float *const p[SIDE],
                                     const float *const q[SIDE], size_t n)
{
    const float *restrict a = p[0], *restrict b = p[1], *restrict c = p[2], *restrict d = p[3],
                          *restrict e = p[4];
    const float *restrict f = q[0], *restrict g = q[1], *restrict h = q[2], *restrict i = q[3],
                          *restrict j = q[4];
    for (size_t x = 0; x < n; x++)
        out[x] = a[x] * f[x] + b[x] * g[x] + c[x] * h[x] + d[x] * i[x] + e[x] * j[x];
}

/* out[x] = in[x] + ... + in[x + SIDE - 1]; in is padded. */
CLONED static void sum_along(const struct work *k, const float *restrict in, float *restrict out)
{
    for (int x = 0; x < k->width; x++) out[x] = in[x] + in[x + 1] + in[x + 2] + in[x + 3] + in[x + 4];
}
_Static_assert(SIDE == 5, "the sums above are written out");

static void ring_rows(const struct work *k, float *const *ring, int c, int row, const float *rows[SIDE])
{
    for (int d = -NEAR; d <= NEAR; d++) rows[d + NEAR] = ring_row(k, ring, c, row + d);
}

/* Row of r', g', b': what its box does not explain by its mean. */
static void remove_mean(const struct work *k, int c, int row, float *out)
{
    const float *rows[SIDE], *in = ring_row(k, k->light, c, row) + NEAR;
    float *sum = k->row[0], *mean = k->mean[0], share = 1.0f / (float)(SIDE * SIDE);
    ring_rows(k, k->light, c, row, rows);
    sum_down(sum, rows, k->padded);
    sum_along(k, sum, mean);
    for (int x = 0; x < k->width; x++) out[NEAR + x] = in[x] - share * mean[x];
    pad(k, out);
}

/* y = p r' + q g' - b' with p and q from the normal equations over the box:
 * [rr rg; rg gg] [p; q] = [rb; gb] */
CLONED static void predict_row(const struct work *k, int row, float *restrict y)
{
    static const int pairs[PRODUCTS][2] = {{0, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}};
    const float *rows[CHANNELS][SIDE];
    for (int c = 0; c < CHANNELS; c++) ring_rows(k, k->high, c, row, rows[c]);
    for (int i = 0; i < PRODUCTS; i++) {
        sum_products_down(k->row[i], rows[pairs[i][0]], rows[pairs[i][1]], k->padded);
        sum_along(k, k->row[i], k->mean[i]);
    }
    const float *restrict rr = k->mean[0], *restrict rg = k->mean[1], *restrict gg = k->mean[2],
                          *restrict rb = k->mean[3], *restrict gb = k->mean[4];
    const float *restrict r = rows[0][NEAR] + NEAR, *restrict g = rows[1][NEAR] + NEAR,
                          *restrict b = rows[2][NEAR] + NEAR;
    const float noise = NOISE * SIDE * SIDE;
    for (int x = 0; x < k->width; x++) {
        float a = rr[x] + noise, d = gg[x] + noise, det = a * d - rg[x] * rg[x];
        float p = rb[x] * d - gb[x] * rg[x], q = gb[x] * a - rb[x] * rg[x];
        y[x] = (p * r[x] + q * g[x]) / det - b[x];
    }
}

static void darkness_row(const struct work *k, int row, float *restrict y)
{
    const float *restrict r = ring_row(k, k->high, 0, row) + NEAR,
                          *restrict g = ring_row(k, k->high, 1, row) + NEAR,
                          *restrict b = ring_row(k, k->high, 2, row) + NEAR;
    for (int x = 0; x < k->width; x++) y[x] = (r[x] + g[x] + b[x]) * (-1.0f / 3);
}

/* ---- deviation and clipping ---- */

/* Energy of y in blocks of BLOCK x BLOCK samples, cut at the right and lower border; from is the first row of a block. */
static void block_energies(const struct work *k, float *energy, int columns, int from, int to)
{
    for (int row = from; row < to; row++) {
        const float *y = k->y + (size_t)row * (size_t)k->width;
        float *e = energy + (size_t)(row / BLOCK) * (size_t)columns;
        for (int x = 0; x < k->width; x++) e[x / BLOCK] += y[x] * y[x];
    }
}

/* Deviation of y over the 2 FAR + 1 blocks each way around block (i, j). */
static float deviation(const struct work *k, const float *energy, int columns, int i, int j)
{
    int rows = (k->height + BLOCK - 1) / BLOCK;
    int x0 = i > FAR ? i - FAR : 0, x1 = i + FAR < columns ? i + FAR : columns - 1;
    int y0 = j > FAR ? j - FAR : 0, y1 = j + FAR < rows ? j + FAR : rows - 1;
    int right = (x1 + 1) * BLOCK < k->width ? (x1 + 1) * BLOCK : k->width;
    int bottom = (y1 + 1) * BLOCK < k->height ? (y1 + 1) * BLOCK : k->height;
    float sum = 0;
    for (int y = y0; y <= y1; y++)
        for (int x = x0; x <= x1; x++) sum += energy[(size_t)y * (size_t)columns + (size_t)x];
    return sqrtf(sum / (float)((right - x0 * BLOCK) * (bottom - y0 * BLOCK)) + 1e-10f);
}

CLONED static void normalise_row(struct plane *p, int row, const float *dev)
{
    float *v = p->v + (size_t)row * (size_t)p->width, *weight = p->weight + (size_t)row * (size_t)p->width;
    for (int x = 0; x < p->width; x++) {
        float d = dev[x / BLOCK], z = v[x] / d, flat = d < 1e-4f ? 0 : 1; /* synthetic flats: nothing there */
        z = z > CLIP ? CLIP : z;
        z = z < -CLIP ? -CLIP : z;
        v[x] = z * flat;
        weight[x] = (d > DEV0 ? DEV0 / d : 1.0f) * flat;
    }
}

static float *log_table(int factor)
{
    size_t n = (size_t)255 * (size_t)factor * (size_t)factor + 1;
    float *ln = malloc(n * sizeof *ln), share = 1.0f / (float)(factor * factor);
    for (size_t i = 0; ln && i < n; i++) ln[i] = logf((float)i * share + OFFSET);
    return ln;
}

/* Rows from .. to - 1 of a plane, by one thread; the rows around them that they need are looked at by both. */
struct band {
    struct plane *p;
    const struct plane_source *in;
    const float *ln;
    float *energy; /* of the blocks of the whole plane */
    int from, to, columns, bad;
    enum carrier_kind kind;
};

static void *predict_band(void *user)
{
    struct band *b = user;
    struct plane *p = b->p;
    struct work k;
    size_t pitch = b->in->stride * (size_t)p->factor;
    b->bad = work_alloc(&k, p->width, p->height, p->factor);
    k.y = p->v;
    int first = b->from > 2 * NEAR ? b->from - 2 * NEAR : 0;
    for (int r = first; !b->bad && r < b->to + 2 * NEAR; r++) {
        int mid = r - NEAR, row = r - 2 * NEAR;
        if (r < p->height) read_row(&k, r, b->in->rgb + (size_t)r * pitch, b->in->stride, p->factor, b->ln);
        for (int c = 0; c < CHANNELS && mid >= 0 && mid >= b->from - NEAR && mid < p->height; c++)
            remove_mean(&k, c, mid, ring_row(&k, k.high, c, mid));
        if (row < b->from) continue;
        float *y = k.y + (size_t)row * (size_t)p->width;
        if (b->kind == CARRIER_LUMINANCE)
            darkness_row(&k, row, y);
        else
            predict_row(&k, row, y);
    }
    if (!b->bad) block_energies(&k, b->energy, b->columns, b->from, b->to);
    work_free(&k);
    return NULL;
}

static void *normalise_band(void *user)
{
    struct band *b = user;
    struct work k = {.width = b->p->width, .height = b->p->height};
    float *dev = malloc(((size_t)b->columns + 1) * sizeof *dev);
    b->bad = !dev;
    for (int row = b->from; dev && row < b->to; row++) {
        for (int i = 0; i < b->columns && row % BLOCK == 0; i++)
            dev[i] = deviation(&k, b->energy, b->columns, i, row / BLOCK);
        normalise_row(b->p, row, dev);
    }
    free(dev);
    return NULL;
}

/* Both bands, the second beside the first where there is a thread for it. */
static int run(void *(*work)(void *), struct band band[2], int threads)
{
    pthread_t thread;
    int beside = threads > 1 && !pthread_create(&thread, NULL, work, &band[1]);
    work(&band[0]);
    if (beside)
        pthread_join(thread, NULL);
    else
        work(&band[1]);
    return band[0].bad || band[1].bad;
}

int plane_from_rgb(struct plane *p, const struct plane_source *in, int factor, enum carrier_kind kind)
{
    *p = (struct plane){.width = (int)(in->width / (uint32_t)factor),
                        .height = (int)(in->height / (uint32_t)factor),
                        .factor = factor};
    size_t n = (size_t)p->width * (size_t)p->height;
    int columns = (p->width + BLOCK - 1) / BLOCK, rows = (p->height + BLOCK - 1) / BLOCK,
        half = rows / 2 * BLOCK;
    float *ln = log_table(factor), *energy = calloc((size_t)columns * (size_t)rows + 1, sizeof *energy);
    p->v = large_alloc(n * sizeof *p->v + 1);
    p->weight = large_alloc(n * sizeof *p->weight + 1);
    struct band band[2] = {{p, in, ln, energy, 0, half, columns, 0, kind},
                           {p, in, ln, energy, half, p->height, columns, 0, kind}};
    int bad = !ln || !energy || !p->v || !p->weight || run(predict_band, band, in->threads) ||
              run(normalise_band, band, in->threads);
    free(ln);
    free(energy);
    if (!bad) return 0;
    plane_free(p);
    return -1;
}

void plane_mirror(struct plane *p)
{
    for (int y = 0; y < p->height; y++)
        for (int x = 0; x < p->width / 2; x++) {
            size_t a = (size_t)y * (size_t)p->width + (size_t)x,
                   b = (size_t)y * (size_t)p->width + (size_t)(p->width - 1 - x);
            float v = p->v[a], w = p->weight[a];
            p->v[a] = p->v[b];
            p->weight[a] = p->weight[b];
            p->v[b] = v;
            p->weight[b] = w;
        }
}

void plane_free(struct plane *p)
{
    free(p->v);
    free(p->weight);
    p->v = p->weight = NULL;
}
