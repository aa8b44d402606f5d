/*
 * Comparing, step 2: both pages on one raster (align.h).
 *
 * Whole-pixel shifts copy samples, so that what was not touched still compares equal bit for bit.  All else
 * is resampled by the area of a pixel of the coarser raster, the samples taken as squares of their own size
 * (linear interpolation when the scales agree): no ringing, so that the comparison can bound what another
 * program's filter may have made of it.
 */
#include "diff/align.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one pixel of the raster takes from a row or column of the page. */
struct tap {
    uint32_t first, n;
    uint32_t weights; /* index of the first weight */
};

struct aligned {
    struct align_plan plan;
    struct align_window window;
    struct rows *rows;
    unsigned samples, bits; /* of the page */
    uint32_t width, height, y, taken;
    struct tap *taps; /* of columns; NULL: exact */
    float *weights;
    float **line; /* ring of resampled rows: line[i % n_lines] is row i */
    uint32_t n_lines;
};

static int whole(double v)
{
    return fabs(v - nearbyint(v)) < 1e-6;
}

int align_is_exact(const struct align_plan *p)
{
    return fabs(p->scale_x - 1) < 1e-9 && fabs(p->scale_y - 1) < 1e-9 && whole(p->off_x) && whole(p->off_y);
}

/* Pixels x of 0 .. n-1 whose centre lies on a page of `size` pixels. */
static void span(double scale, double off, uint32_t n, uint32_t size, uint32_t *from, uint32_t *to)
{
    double a = ceil(-off / scale - 0.5 - 1e-9), b = ceil((size - off) / scale - 0.5 - 1e-9);
    a = fmax(0, fmin(n, a));
    b = fmax(a, fmin(n, b));
    *from = (uint32_t)a;
    *to = (uint32_t)b;
}

struct align_window align_window_of(const struct align_plan *p, uint32_t page_width, uint32_t page_height)
{
    struct align_window w;
    span(p->scale_x, p->off_x, p->width, page_width, &w.x0, &w.x1);
    span(p->scale_y, p->off_y, p->height, page_height, &w.y0, &w.y1);
    return w.x0 < w.x1 && w.y0 < w.y1 ? w : (struct align_window){0, 0, 0, 0};
}

/* A box as wide as pixel x convolved with one page pixel (half width (scale + 1) / 2, flat in the middle)
 * around the centre of pixel x, cut at the edges. */
static struct tap tap_at(double scale, double off, uint32_t x, uint32_t size, float *weights)
{
    double wide = fmax(1, scale), half = (wide + 1) / 2, centre = (x + 0.5) * scale + off - 0.5, sum = 0;
    double low = floor(centre - half) + 1, high = ceil(centre + half) - 1;
    struct tap t = {.n = 0};
    low = fmax(0, fmin(size - 1.0, low));
    high = fmax(low, fmin(size - 1.0, high));
    t.first = (uint32_t)low;
    t.n = (uint32_t)(high - low) + 1;
    for (uint32_t i = 0; i < t.n; i++) {
        double w = fmax(0, fmin(1, half - fabs(low + i - centre)));
        weights[i] = (float)w;
        sum += w;
    }
    for (uint32_t i = 0; i < t.n; i++) weights[i] = sum > 0 ? weights[i] / (float)sum : 1.0f / (float)t.n;
    return t;
}

static enum enn_status prepare(struct aligned *a, uint64_t max_memory, struct enn_error *err)
{
    const struct align_plan *p = &a->plan;
    double most = fmax(p->scale_x, p->scale_y);
    if (!(most < 200) || !(fmin(p->scale_x, p->scale_y) > 0.5))
        return enn_fail(err, ENN_UNSUPPORTED, "the resolutions differ too much to be compared");
    size_t per_tap = (size_t)(2 * fmax(1, p->scale_x)) + 3, row = (size_t)p->width * p->channels;
    a->n_lines = (uint32_t)(2 * fmax(1, p->scale_y)) + 4;
    /* width, channels, taps: 2^32 * 32 * 4 * 403, below 2^49 */
    if ((uint64_t)p->width * per_tap * 4 + (uint64_t)row * a->n_lines * 4 > max_memory / 4)
        return enn_fail(err, ENN_LIMIT, "resampling takes more memory than allowed");
    a->taps = malloc(p->width * sizeof *a->taps);
    a->weights = malloc(p->width * per_tap * sizeof *a->weights);
    a->line = calloc(a->n_lines, sizeof *a->line);
    int ok = a->taps && a->weights && a->line;
    for (uint32_t i = 0; ok && i < a->n_lines; i++)
        ok = (a->line[i] = malloc(row * sizeof **a->line)) != NULL;
    if (!ok) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (uint32_t x = 0; x < p->width; x++) {
        a->taps[x] = tap_at(p->scale_x, p->off_x, x, a->width, a->weights + x * per_tap);
        a->taps[x].weights =
            (uint32_t)(x * per_tap); /* below max_memory / 16, or 2^32 pixels would not fit */
    }
    return ENN_OK;
}

enum enn_status aligned_open(struct artwork *artwork, size_t page, const struct align_plan *plan, uint64_t max_memory,
                             struct rows_kept *kept, struct aligned **out, struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(artwork, page);
    struct aligned *a = calloc(1, sizeof *a);
    *out = NULL;
    if (!a) return enn_fail(err, ENN_NOMEM, "out of memory");
    a->plan = *plan;
    a->samples = p->samples, a->bits = p->bits;
    a->width = p->width, a->height = p->height;
    a->window = align_window_of(plan, p->width, p->height);
    enum enn_status st = align_is_exact(plan) ? ENN_OK : prepare(a, max_memory, err);
    if (!st) st = rows_open(artwork, page, max_memory, kept, &a->rows, err);
    if (st)
        aligned_close(a);
    else
        *out = a;
    return st;
}

void aligned_close(struct aligned *a)
{
    if (!a) return;
    rows_close(a->rows);
    for (uint32_t i = 0; a->line && i < a->n_lines; i++) free(a->line[i]);
    free(a->line);
    free(a->taps);
    free(a->weights);
    free(a);
}

static float sample(const struct aligned *a, const void *row, size_t i)
{
    return a->bits == 16 ? (float)((const uint16_t *)row)[i] / 65535 : (float)((const uint8_t *)row)[i] / 255;
}

static void store(const struct aligned *a, void *to, size_t i, float v)
{
    if (a->plan.bits == 16)
        ((uint16_t *)to)[i] = (uint16_t)(v * 65535 + 0.5f);
    else
        ((uint8_t *)to)[i] = (uint8_t)(v * 255 + 0.5f);
}

static enum enn_status skip_to(struct aligned *a, uint32_t row, const void **got, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    while (!st && a->taken <= row) {
        st = rows_next(a->rows, got, err);
        a->taken++;
    }
    return st;
}

static enum enn_status copy_row(struct aligned *a, void *to, struct enn_error *err)
{
    const struct align_plan *p = &a->plan;
    const void *row = NULL;
    enum enn_status st = skip_to(a, (uint32_t)(int64_t)(a->y + nearbyint(p->off_y)), &row, err);
    if (st) return st;
    size_t n = a->window.x1 - a->window.x0, bytes = a->bits / 8;
    size_t from = (size_t)(int64_t)(a->window.x0 + nearbyint(p->off_x)), x = a->window.x0;
    if (p->channels == a->samples && p->bits == a->bits) {
        memcpy((uint8_t *)to + x * p->channels * bytes, (const uint8_t *)row + from * a->samples * bytes,
               n * p->channels * bytes);
        return ENN_OK;
    }
    for (size_t i = 0; i < n; i++)
        for (unsigned c = 0; c < p->channels; c++)
            store(a, to, (x + i) * p->channels + c, sample(a, row, (from + i) * a->samples + c));
    return ENN_OK;
}

static void resample_row(const struct aligned *a, const void *row, float *to)
{
    unsigned channels = a->plan.channels;
    for (uint32_t x = 0; x < a->plan.width; x++) {
        const struct tap *t = &a->taps[x];
        const float *w = a->weights + t->weights;
        for (unsigned c = 0; c < channels; c++) {
            float sum = 0;
            for (uint32_t i = 0; i < t->n; i++)
                sum += w[i] * sample(a, row, ((size_t)t->first + i) * a->samples + c);
            to[(size_t)x * channels + c] = sum;
        }
    }
}

static enum enn_status compute_row(struct aligned *a, void *to, struct enn_error *err)
{
    const struct align_plan *p = &a->plan;
    float weights[512]; /* 2 * 200 + 3 at most */
    struct tap t = tap_at(p->scale_y, p->off_y, a->y, a->height, weights);
    enum enn_status st = ENN_OK;
    while (!st && a->taken < t.first + t.n) {
        const void *row;
        st = rows_next(a->rows, &row, err);
        if (!st && a->taken >= t.first) resample_row(a, row, a->line[a->taken % a->n_lines]);
        a->taken++;
    }
    size_t n = (size_t)p->width * p->channels;
    for (size_t i = 0; !st && i < n; i++) {
        float sum = 0;
        for (uint32_t k = 0; k < t.n; k++) sum += weights[k] * a->line[(t.first + k) % a->n_lines][i];
        store(a, to, i, fminf(1, fmaxf(0, sum)));
    }
    return st;
}

static void swap_carrier(const struct align_plan *p, void *row)
{
    size_t n = (size_t)p->width * p->channels, k = p->carrier;
    uint16_t *v16 = row, t16;
    uint8_t *v8 = row, t8;
    for (size_t i = 0; i < n; i += p->channels)
        if (p->bits == 16)
            t16 = v16[i], v16[i] = v16[i + k], v16[i + k] = t16;
        else
            t8 = v8[i], v8[i] = v8[i + k], v8[i + k] = t8;
}

enum enn_status aligned_next(struct aligned *a, void *to, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    int inside = a->y >= a->window.y0 && a->y < a->window.y1;
    if (!inside || !align_is_exact(&a->plan))
        memset(to, 0, (size_t)a->plan.width * a->plan.channels * (a->plan.bits / 8));
    else if (a->window.x0 || a->window.x1 < a->plan.width)
        memset(to, 0, (size_t)a->plan.width * a->plan.channels * (a->plan.bits / 8));
    if (inside) st = a->taps ? compute_row(a, to, err) : copy_row(a, to, err);
    if (inside && !st && a->plan.carrier) swap_carrier(&a->plan, to);
    a->y++;
    return st;
}
