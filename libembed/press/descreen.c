/*
 * press: descreening (descreen.h): count, blur, and make edges hard again.
 *
 * 1. Ink pixels are counted in boxes of scale x scale, eight boxes of a 64-bit word at a time.
 * 2. A Gaussian as wide as the screen's period takes the dots away. It also softens the edges of type and
 *    bar codes, by which the protection mask knows them, so
 * 3. where coverage varies by a fifth within 5 x 5 boxes, a box becomes the nearer one of the smallest and
 * the largest value around it (toggle contrast: H. P. Kramer, J. B. Bruckner, "Iterations of a non-linear
 *    transformation for enhancement of digital images", Pattern Recognition 7, 1975). Tints and photographs
 *    without hard edges stay as they are.
 */
#include "press/descreen.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RADIUS 12
#define SNAP_RANGE 52 /* levels: a fifth of full coverage */
#define SNAP_REACH 2  /* boxes */
#define UNIT_BITS  8  /* blurred rows keep levels in 1/256 */

struct descreen {
    uint32_t width, height, columns, rows;
    unsigned scale, reach, ring; /* reach: radius of the Gaussian; ring: rows of across[] */
    uint32_t weight[MAX_RADIUS + 1], weight_sum;
    uint32_t pushed, blurred, done; /* plate rows; coverage rows after step 2 and step 3 */
    uint32_t counted;
    size_t words;
    uint64_t *count[2];          /* bytes: counts of boxes; two for the halves of bytes when scale is 4 */
    uint8_t *level;              /* one row with SNAP-free margins of reach */
    uint16_t *across;            /* ring of rows blurred along x */
    uint8_t *soft;               /* ring of 2 * SNAP_REACH + 1 rows after step 2 */
    uint8_t *least, *most, *out; /* one row each, least and most with margins of SNAP_REACH */
};

unsigned descreen_scale(double plate_dpi)
{
    return plate_dpi <= 4 * 450 ? 4 : plate_dpi <= 8 * 450 ? 8 : 16;
}

void descreen_free(struct descreen *d)
{
    if (!d) return;
    free(d->count[0]);
    free(d->count[1]);
    free(d->level);
    free(d->across);
    free(d->soft);
    free(d->least);
    free(d->most);
    free(d->out);
    free(d);
}

struct descreen *descreen_new(uint32_t width, uint32_t height, double plate_dpi, double sigma_mm)
{
    struct descreen *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->width = width, d->height = height;
    d->scale = descreen_scale(plate_dpi);
    d->columns = (uint32_t)(((uint64_t)width + d->scale - 1) / d->scale);
    d->rows = (uint32_t)(((uint64_t)height + d->scale - 1) / d->scale);
    double sigma = fmin(fmax(sigma_mm, 0.05), 0.4) * plate_dpi / d->scale / 25.4;
    d->reach = (unsigned)fmin(MAX_RADIUS, ceil(2.6 * sigma));
    for (unsigned i = 0; i <= d->reach; i++)
        d->weight[i] = (uint32_t)lrint(1000 * exp(-0.5 * i * i / (sigma * sigma)));
    for (unsigned i = 0; i <= d->reach; i++) d->weight_sum += d->weight[i] * (i ? 2 : 1); /* < 25,000 */
    d->ring = 2 * d->reach + 1;
    d->words = ((size_t)width + 63) / 64;
    d->count[0] = calloc(d->words, 8);
    d->count[1] = calloc(d->words, 8);
    d->level = malloc((size_t)d->columns + 2 * d->reach);
    d->across = malloc((size_t)d->columns * d->ring * sizeof *d->across);
    d->soft = malloc((size_t)d->columns * (2 * SNAP_REACH + 1));
    d->least = malloc((size_t)d->columns + 2 * SNAP_REACH);
    d->most = malloc((size_t)d->columns + 2 * SNAP_REACH);
    d->out = malloc(d->columns);
    if (d->count[0] && d->count[1] && d->level && d->across && d->soft && d->least && d->most && d->out)
        return d;
    descreen_free(d);
    return NULL;
}

void descreen_size(const struct descreen *d, uint32_t *columns, uint32_t *rows)
{
    *columns = d->columns;
    *rows = d->rows;
}

/* ---- step 1: counts ---- */

/* Ones in each byte of w, or in each half byte. */
static uint64_t ones(uint64_t w, int halves)
{
    w -= (w >> 1) & 0x5555555555555555u;
    w = (w & 0x3333333333333333u) + ((w >> 2) & 0x3333333333333333u);
    return halves ? w : (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

/* A byte of a count takes 16 rows of at most 8: 128. */
static void count_row(struct descreen *d, const uint8_t *row, size_t bytes)
{
    const uint64_t low = 0x0f0f0f0f0f0f0f0fu;
    for (size_t k = 0; k < d->words; k++) {
        uint64_t w = 0;
        memcpy(&w, row + 8 * k, bytes - 8 * k < 8 ? bytes - 8 * k : 8);
        if (!w) continue;
        uint64_t n = ones(w, d->scale == 4);
        if (d->scale == 4) {
            d->count[0][k] += n >> 4 & low;
            d->count[1][k] += n & low;
        } else {
            d->count[0][k] += n;
        }
    }
}

static void levels(struct descreen *d, uint8_t *level)
{
    const uint8_t *a = (const uint8_t *)d->count[0], *b = (const uint8_t *)d->count[1];
    size_t bytes = 8 * d->words;
    uint32_t full = d->scale * d->scale, half = full / 2, n;
    for (uint32_t x = 0; x < d->columns; x++) {
        if (d->scale == 4)
            n = x % 2 ? b[x / 2] : a[x / 2];
        else if (d->scale == 8)
            n = a[x];
        else
            n = a[2 * (size_t)x] + (2 * (size_t)x + 1 < bytes ? a[2 * (size_t)x + 1] : 0);
        level[x] = (uint8_t)((n * 255 + half) / full);
    }
    memset(d->count[0], 0, bytes);
    memset(d->count[1], 0, bytes);
}

/* ---- step 2: blur ---- */

static void blur_across(struct descreen *d)
{
    uint8_t *row = d->level + d->reach;
    uint16_t *to = d->across + (size_t)(d->counted % d->ring) * d->columns;
    levels(d, row);
    memset(d->level, row[0], d->reach);
    memset(row + d->columns, row[d->columns - 1], d->reach);
    uint32_t inverse = (uint32_t)(((uint64_t)1 << 32) / d->weight_sum); /* x / weight_sum, within 1e-5 */
    for (uint32_t x = 0; x < d->columns; x++) {
        const uint8_t *at = row + x;
        uint32_t sum = d->weight[0] * at[0];
        for (unsigned i = 1; i <= d->reach; i++) sum += d->weight[i] * (uint32_t)(at[i] + at[-(int)i]);
        to[x] = (uint16_t)((uint64_t)sum * inverse >> (32 - UNIT_BITS)); /* <= 255 * 256 */
    }
    d->counted++;
}

static uint32_t clamp_row(int64_t y, uint32_t rows)
{
    return y < 0 ? 0 : y >= (int64_t)rows ? rows - 1 : (uint32_t)y;
}

static void blur_down(struct descreen *d, uint32_t y)
{
    uint8_t *to = d->soft + (size_t)(y % (2 * SNAP_REACH + 1)) * d->columns;
    const uint16_t *row[2 * MAX_RADIUS + 1];
    uint32_t inverse = (uint32_t)(((uint64_t)1 << 32) / d->weight_sum);
    for (unsigned i = 0; i < d->ring; i++)
        row[i] = d->across + (size_t)(clamp_row((int64_t)y + i - d->reach, d->rows) % d->ring) * d->columns;
    const uint16_t *const *mid = row + d->reach;
    for (uint32_t x = 0; x < d->columns; x++) {
        uint32_t sum = d->weight[0] * mid[0][x]; /* < 25,000 * 65,280 < 2^31 */
        for (int i = 1; i <= (int)d->reach; i++) sum += d->weight[i] * ((uint32_t)mid[i][x] + mid[-i][x]);
        uint32_t v = (uint32_t)(((uint64_t)sum * inverse >> 32) + (1 << (UNIT_BITS - 1))) >> UNIT_BITS;
        to[x] = (uint8_t)(v > 255 ? 255 : v);
    }
}

/* ---- step 3: hard edges ---- */

static void snap(struct descreen *d, uint32_t y)
{
    const unsigned side = 2 * SNAP_REACH + 1;
    const uint8_t *row[2 * SNAP_REACH + 1];
    uint8_t *lo = d->least + SNAP_REACH, *hi = d->most + SNAP_REACH;
    for (unsigned i = 0; i < side; i++)
        row[i] = d->soft + (size_t)(clamp_row((int64_t)y + i - SNAP_REACH, d->rows) % side) * d->columns;
    for (uint32_t x = 0; x < d->columns; x++) {
        uint8_t a = 255, b = 0;
        for (unsigned i = 0; i < side; i++) {
            uint8_t v = row[i][x];
            a = v < a ? v : a;
            b = v > b ? v : b;
        }
        lo[x] = a;
        hi[x] = b;
    }
    memset(d->least, lo[0], SNAP_REACH), memset(lo + d->columns, lo[d->columns - 1], SNAP_REACH);
    memset(d->most, hi[0], SNAP_REACH), memset(hi + d->columns, hi[d->columns - 1], SNAP_REACH);
    for (uint32_t x = 0; x < d->columns; x++) {
        int v = row[SNAP_REACH][x], a = 255, b = 0;
        for (int i = -SNAP_REACH; i <= SNAP_REACH; i++) {
            const uint8_t *l = lo + x, *h = hi + x;
            a = l[i] < a ? l[i] : a;
            b = h[i] > b ? h[i] : b;
        }
        d->out[x] = (uint8_t)(b - a < SNAP_RANGE ? v : v - a < b - v ? a : b);
    }
}

static void advance(struct descreen *d, descreen_row_fn out, void *user)
{
    while (d->blurred < d->rows && d->counted > clamp_row((int64_t)d->blurred + d->reach, d->rows)) {
        blur_down(d, d->blurred++);
        while (d->done < d->rows && d->blurred > clamp_row((int64_t)d->done + SNAP_REACH, d->rows)) {
            snap(d, d->done);
            out(user, d->done++, d->out);
        }
    }
}

void descreen_push(struct descreen *d, const uint8_t *rows, size_t row_bytes, uint32_t n, descreen_row_fn out,
                   void *user)
{
    size_t bytes = ((size_t)d->width + 7) / 8;
    for (uint32_t i = 0; i < n && d->pushed < d->height; i++) {
        count_row(d, rows + i * row_bytes, bytes);
        d->pushed++;
        if (d->pushed % d->scale && d->pushed < d->height) continue;
        blur_across(d);
        advance(d, out, user);
    }
}
