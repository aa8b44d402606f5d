/*
 * Whitening (whiten.h).
 *
 *   y = (ln R + ln G) / 2 - ln B             more yellow is more positive; illumination and K cancel in the
 * logarithm v = clip((y - mean(y)) / dev(y), 2.5)    mean and deviation over a box of 2 RADIUS + 1 samples
 *   weight = DEV0 / max(dev(y), DEV0)
 *
 * The mean takes away what is slower than the mark's band, the division keeps artwork edges from drowning the
 * rest, the clip is the robust detector for heavy-tailed interference.  Against gaussian interference of
 * deviation d the matched filter weighs a sample by 1 / d^2: once by the division, once more by the weight.
 */
#include "capture/whiten.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RADIUS = 8 };
static const float OFFSET = 8; /* of 255: keeps sensor noise in the dark from growing in the logarithm */
static const float CLIP = 2.5f;
static const float DEV0 = 0.02f; /* deviation of an unprinted or flat place with the mark in it */

/* y of one reduced row, `width` samples. */
static void yellowness(const uint8_t *rgb, size_t stride, int width, int factor, const float *ln, float *y)
{
    float share = 1.0f / (float)(factor * factor);
    for (int x = 0; x < width; x++) {
        float s = 0;
        for (int j = 0; j < factor; j++) {
            const uint8_t *p = rgb + (size_t)j * stride + (size_t)3 * factor * x;
            for (int i = 0; i < factor; i++, p += 3) s += 0.5f * (ln[p[0]] + ln[p[1]]) - ln[p[2]];
        }
        y[x] = s * share;
    }
}

/* Sums of y and y^2 over the rows of the box, updated as the box moves down; then along the row. */
struct box {
    double *sum, *square;
};

static void add_row(struct box *b, const float *y, int width, double sign)
{
    for (int x = 0; x < width; x++) {
        b->sum[x] += sign * y[x];
        b->square[x] += sign * (double)y[x] * y[x];
    }
}

static void normalise_row(struct plane *p, const struct box *b, const float *y, int row, int rows)
{
    int w = p->width;
    double s = 0, q = 0;
    float *v = p->v + (size_t)row * w, *weight = p->weight + (size_t)row * w;
    for (int x = 0; x < RADIUS && x < w; x++) s += b->sum[x], q += b->square[x];
    for (int x = 0; x < w; x++) {
        if (x + RADIUS < w) s += b->sum[x + RADIUS], q += b->square[x + RADIUS];
        if (x - RADIUS - 1 >= 0) s -= b->sum[x - RADIUS - 1], q -= b->square[x - RADIUS - 1];
        int x0 = x < RADIUS ? 0 : x - RADIUS, x1 = x + RADIUS < w ? x + RADIUS : w - 1;
        double n = (double)(x1 - x0 + 1) * rows, mean = s / n, var = q / n - mean * mean;
        float dev = var > 1e-10 ? (float)sqrt(var) : 1e-5f;
        float z = (float)(y[x] - mean) / dev;
        v[x] = z > CLIP ? CLIP : z < -CLIP ? -CLIP : z;
        weight[x] = dev > DEV0 ? DEV0 / dev : 1.0f;
        if (dev < 1e-4f) v[x] = weight[x] = 0; /* synthetic flats: nothing there, not even noise */
    }
}

static int normalise(struct plane *p, const float *y)
{
    struct box b = {calloc((size_t)p->width, sizeof(double)), calloc((size_t)p->width, sizeof(double))};
    int ok = b.sum && b.square;
    size_t w = (size_t)p->width;
    for (int r = 0; ok && r < RADIUS && r < p->height; r++) add_row(&b, y + r * w, p->width, 1);
    for (int r = 0; ok && r < p->height; r++) {
        if (r + RADIUS < p->height) add_row(&b, y + (r + RADIUS) * w, p->width, 1);
        if (r - RADIUS - 1 >= 0) add_row(&b, y + (size_t)(r - RADIUS - 1) * w, p->width, -1);
        int r0 = r < RADIUS ? 0 : r - RADIUS, r1 = r + RADIUS < p->height ? r + RADIUS : p->height - 1;
        normalise_row(p, &b, y + r * w, r, r1 - r0 + 1);
    }
    free(b.sum);
    free(b.square);
    return ok ? 0 : -1;
}

int plane_from_rgb(struct plane *p, const uint8_t *rgb, uint32_t width, uint32_t height, size_t stride,
                   int factor)
{
    *p = (struct plane){.width = (int)(width / (uint32_t)factor),
                        .height = (int)(height / (uint32_t)factor),
                        .factor = factor};
    size_t n = (size_t)p->width * (size_t)p->height;
    float *y = malloc(n * sizeof *y + 1), ln[256];
    p->v = malloc(n * sizeof *p->v + 1);
    p->weight = malloc(n * sizeof *p->weight + 1);
    int bad = !y || !p->v || !p->weight;
    for (int i = 0; i < 256; i++) ln[i] = logf((float)i + OFFSET);
    for (int r = 0; !bad && r < p->height; r++)
        yellowness(rgb + (size_t)r * factor * stride, stride, p->width, factor, ln, y + (size_t)r * p->width);
    bad = bad || normalise(p, y);
    free(y);
    if (!bad) return 0;
    plane_free(p);
    return -1;
}

void plane_free(struct plane *p)
{
    free(p->v);
    free(p->weight);
    p->v = p->weight = NULL;
}
