/*
 * Whitening (whiten.h).
 *
 *   r, g, b    = ln of the mean of a block of factor x factor pixels; illumination and black become offsets
 *   r', g', b' = r, g, b less their means over a box of 2 NEAR + 1 samples
 *   y  = p r' + q g' - b'                   p, q: least squares over the same box
 *   v  = clip(y / dev(y), 2.5)              dev over a box of 2 FAR + 1 samples
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
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEAR = 2, SIDE = 2 * NEAR + 1, FAR = 8, CHANNELS = 3, PRODUCTS = 5 };
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
    float *y;               /* height rows of width */
    double *square;         /* sums of y^2 down the columns */
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
    k->y = malloc((size_t)width * (size_t)height * sizeof(float) + 1);
    k->blocks = malloc((size_t)width * (size_t)factor * CHANNELS * sizeof *k->blocks + 1);
    k->square = calloc(n, sizeof *k->square);
    return ok && k->y && k->blocks && k->square ? 0 : -1;
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
    free(k->y);
    free(k->blocks);
    free(k->square);
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

static void add_bytes(uint16_t *restrict to, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] = (uint16_t)(to[i] + from[i]);
}

/* One row of r, g, b from factor rows of the picture; ln is a table over block sums. Down the block first:
 * that runs over whole rows of bytes. */
static void read_row(struct work *k, int row, const uint8_t *rgb, size_t stride, int factor, const float *ln)
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

static void add(float *restrict to, const float *restrict a, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] += a[i];
}

static void add_product(float *restrict to, const float *restrict a, const float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++) to[i] += a[i] * b[i];
}

/* out[x] = in[x] + ... + in[x + 2 NEAR], width of them; in is padded. */
static void sum_along(const struct work *k, const float *restrict in, float *restrict out)
{
    size_t n = (size_t)k->width;
    memcpy(out, in, n * sizeof *out);
    for (int i = 1; i <= 2 * NEAR; i++) add(out, in + i, n);
}

/* Row of r', g', b': what its box does not explain by its mean. */
static void remove_mean(const struct work *k, int c, int row, float *out)
{
    size_t n = k->padded, side = SIDE;
    const float *in = ring_row(k, k->light, c, row) + NEAR;
    float *sum = k->row[0], *mean = k->mean[0], share = 1.0f / (float)(side * side);
    memset(sum, 0, n * sizeof *sum);
    for (int i = -NEAR; i <= NEAR; i++) add(sum, ring_row(k, k->light, c, row + i), n);
    sum_along(k, sum, mean);
    for (int x = 0; x < k->width; x++) out[NEAR + x] = in[x] - share * mean[x];
    pad(k, out);
}

/* y = p r' + q g' - b' with p and q from the normal equations over the box:
 * [rr rg; rg gg] [p; q] = [rb; gb] */
static void predict_row(const struct work *k, int row, float *restrict y)
{
    static const int pairs[PRODUCTS][2] = {{0, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}};
    size_t n = k->padded, side = SIDE;
    for (int i = 0; i < PRODUCTS; i++) {
        memset(k->row[i], 0, n * sizeof(float));
        for (int d = -NEAR; d <= NEAR; d++)
            add_product(k->row[i], ring_row(k, k->high, pairs[i][0], row + d),
                        ring_row(k, k->high, pairs[i][1], row + d), n);
        sum_along(k, k->row[i], k->mean[i]);
    }
    const float *restrict rr = k->mean[0], *restrict rg = k->mean[1], *restrict gg = k->mean[2],
                          *restrict rb = k->mean[3], *restrict gb = k->mean[4];
    const float *restrict r = ring_row(k, k->high, 0, row) + NEAR,
                          *restrict g = ring_row(k, k->high, 1, row) + NEAR,
                          *restrict b = ring_row(k, k->high, 2, row) + NEAR;
    float noise = NOISE * (float)(side * side);
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

static void add_row(struct work *k, int row, double sign)
{
    const float *y = k->y + (size_t)row * (size_t)k->width;
    for (int x = 0; x < k->width; x++) k->square[x] += sign * (double)y[x] * y[x];
}

static void normalise_row(struct plane *p, const struct work *k, int row, int rows)
{
    int w = p->width;
    double q = 0;
    const float *y = k->y + (size_t)row * w;
    float *v = p->v + (size_t)row * w, *weight = p->weight + (size_t)row * w;
    for (int x = 0; x < FAR && x < w; x++) q += k->square[x];
    for (int x = 0; x < w; x++) {
        if (x + FAR < w) q += k->square[x + FAR];
        if (x - FAR - 1 >= 0) q -= k->square[x - FAR - 1];
        int x0 = x < FAR ? 0 : x - FAR, x1 = x + FAR < w ? x + FAR : w - 1;
        float var = (float)(q / ((double)(x1 - x0 + 1) * rows)), dev = var > 1e-10f ? sqrtf(var) : 1e-5f;
        float z = y[x] / dev;
        v[x] = z > CLIP ? CLIP : z < -CLIP ? -CLIP : z;
        weight[x] = dev > DEV0 ? DEV0 / dev : 1.0f;
        if (dev < 1e-4f) v[x] = weight[x] = 0; /* synthetic flats: nothing there, not even noise */
    }
}

static void normalise(struct plane *p, struct work *k)
{
    for (int r = 0; r < FAR && r < p->height; r++) add_row(k, r, 1);
    for (int r = 0; r < p->height; r++) {
        if (r + FAR < p->height) add_row(k, r + FAR, 1);
        if (r - FAR - 1 >= 0) add_row(k, r - FAR - 1, -1);
        int r0 = r < FAR ? 0 : r - FAR, r1 = r + FAR < p->height ? r + FAR : p->height - 1;
        normalise_row(p, k, r, r1 - r0 + 1);
    }
}

static float *log_table(int factor)
{
    size_t n = (size_t)255 * (size_t)factor * (size_t)factor + 1;
    float *ln = malloc(n * sizeof *ln), share = 1.0f / (float)(factor * factor);
    for (size_t i = 0; ln && i < n; i++) ln[i] = logf((float)i * share + OFFSET);
    return ln;
}

int plane_from_rgb(struct plane *p, const uint8_t *rgb, uint32_t width, uint32_t height, size_t stride,
                   int factor, enum carrier_kind kind)
{
    *p = (struct plane){.width = (int)(width / (uint32_t)factor),
                        .height = (int)(height / (uint32_t)factor),
                        .factor = factor};
    size_t n = (size_t)p->width * (size_t)p->height;
    struct work k;
    float *ln = log_table(factor);
    int bad = work_alloc(&k, p->width, p->height, factor) || !ln;
    p->v = malloc(n * sizeof *p->v + 1);
    p->weight = malloc(n * sizeof *p->weight + 1);
    bad = bad || !p->v || !p->weight;
    for (int r = 0; !bad && r < p->height + 2 * NEAR; r++) {
        int mid = r - NEAR, row = r - 2 * NEAR;
        if (r < p->height) read_row(&k, r, rgb + (size_t)r * (size_t)factor * stride, stride, factor, ln);
        for (int c = 0; c < CHANNELS && mid >= 0 && mid < p->height; c++)
            remove_mean(&k, c, mid, ring_row(&k, k.high, c, mid));
        if (row < 0) continue;
        float *y = k.y + (size_t)row * (size_t)p->width;
        if (kind == CARRIER_LUMINANCE)
            darkness_row(&k, row, y);
        else
            predict_row(&k, row, y);
    }
    if (!bad) normalise(p, &k);
    work_free(&k);
    free(ln);
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
