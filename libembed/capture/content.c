/*
 * Content binding (content.h): the capture's lightness against the artwork's.
 *
 * detect() knows the place of a view up to whole tiles, so there are few places to try and no angle or
 * scale to search.  Both pictures are reduced to what lighting, exposure, tone curve and a coloured cast
 * leave alone: lightness less its mean over 9 mm, over its deviation there (as in whiten.c), and compared
 * by their correlation (J. P. Lewis, "Fast normalized cross-correlation", Vision Interface 1995) over the
 * samples where either has detail: flat places agree with everything and tell nothing.
 *
 * n = h / sqrt(mean h^2 + FLOOR^2),  h = l - mean l         means over 11 x 11 samples of 0.8 mm detail
 * where mean h^2 over 5 x 5 samples is large
 *
 * A genuine view agrees at one place.  A view of something else agrees nowhere: it is called different
 * when no place agrees and every place is one where it would have been noticed (docs/measurements.md has
 * the distributions).
 */
#include "capture/content.h"
#include "capture/boxes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FINEST = 24, COARSEST = 4, WIDE = 5, NARROW = 2 };
static const float FLOOR = 3; /* levels of 255 */
static const float DETAIL_HERE = 6,
                   DETAIL_THERE = 8; /* of the reference, of the capture; halftone and noise stay below */
static const double ENOUGH = 470;    /* samples with detail: 3 cm2 */
static const double BUSY = 0.3;      /* or so much of the view is busy, and twice ENOUGH */
static const double OVERLAP = 0.6;   /* of the view, on the artwork */
static const double REFUTED = 0.3, AGREED = 0.7, AGREED_WIDE = 0.5;
static const double WIDE_VIEW = 4700; /* samples: 30 cm2 */
static const uint64_t MAX_BYTES = UINT64_C(1) << 28;

struct layer {
    int columns, rows, x0, y0; /* of sample (0, 0): its place on the artwork (or in the field) in samples */
    float *n, *mask;           /* mask: 1 where n is to be used */
    uint8_t *detail;
};

static void layer_free(struct layer *l)
{
    free(l->n);
    free(l->mask);
    free(l->detail);
}

/* Mean over the samples of the mask: of l, over the box. */
static void masked_mean(const float *l, const float *mask, float *work[3], float *out, const struct layer *at,
                        int r)
{
    size_t n = (size_t)at->columns * (size_t)at->rows;
    for (size_t i = 0; i < n; i++) work[0][i] = l[i] * mask[i];
    box_sum(work[0], work[1], out, at->columns, at->rows, r);
    box_sum(mask, work[1], work[2], at->columns, at->rows, r);
    for (size_t i = 0; i < n; i++) out[i] = work[2][i] > 0.5f ? out[i] / work[2][i] : 0;
}

/* From lightness l over a mask: n, and where there is detail.  The mask loses its border of NARROW
 * samples, where the means are one-sided. */
static int normalise(struct layer *a, float *l, float detail)
{
    size_t n = (size_t)a->columns * (size_t)a->rows;
    float *work[3] = {malloc(n * sizeof(float)), malloc(n * sizeof(float)), malloc(n * sizeof(float))};
    float *mean = malloc(n * sizeof(float)), edge = (2 * NARROW + 1) * (2 * NARROW + 1);
    a->n = malloc(n * sizeof *a->n);
    a->detail = malloc(n);
    int ok = work[0] && work[1] && work[2] && mean && a->n && a->detail;
    if (ok) {
        masked_mean(l, a->mask, work, mean, a,
                    1); /* the finest detail depends on how exactly the view is placed */
        memcpy(l, mean, n * sizeof *l);
        masked_mean(l, a->mask, work, mean, a, WIDE);
        for (size_t i = 0; i < n; i++) a->n[i] = (l[i] - mean[i]) * a->mask[i];
        for (size_t i = 0; i < n; i++) l[i] = a->n[i] * a->n[i];
        masked_mean(l, a->mask, work, mean, a, NARROW);
        for (size_t i = 0; i < n; i++) a->detail[i] = mean[i] > detail * detail;
        masked_mean(l, a->mask, work, mean, a, WIDE);
        for (size_t i = 0; i < n; i++) a->n[i] /= sqrtf(mean[i] + FLOOR * FLOOR);
        box_sum(a->mask, work[1], work[2], a->columns, a->rows, NARROW);
        for (size_t i = 0; i < n; i++) a->mask[i] = work[2][i] >= edge - 0.5f;
    }
    for (int k = 0; k < 3; k++) free(work[k]);
    free(mean);
    return ok ? 0 : -1;
}

/* Mean of the thumbnail over one sample of the grid: 2 x 2 points between its samples, bilinear. */
static float reference_at(const struct content_reference *r, double x_mm, double y_mm, double pitch)
{
    float sum = 0;
    for (int k = 0; k < 4; k++) {
        double u = (x_mm + (k % 2 + 0.5) / 2 * pitch - r->x_mm) / r->width_mm * r->width - 0.5;
        double v = (y_mm + (k / 2 + 0.5) / 2 * pitch - r->y_mm) / r->height_mm * r->height - 0.5;
        u = fmin(fmax(u, 0), r->width - 1);
        v = fmin(fmax(v, 0), r->height - 1);
        uint32_t i = (uint32_t)u, j = (uint32_t)v, i1 = i + 1 < r->width ? i + 1 : i,
                 j1 = j + 1 < r->height ? j + 1 : j;
        float a = (float)(u - i), b = (float)(v - j);
        const uint8_t *p = r->grey + (size_t)j * r->width, *q = r->grey + (size_t)j1 * r->width;
        sum += (1 - b) * ((1 - a) * p[i] + a * p[i1]) + b * ((1 - a) * q[i] + a * q[i1]);
    }
    return sum / 4;
}

static int reference_layer(struct layer *a, const struct content_reference *r, double pitch)
{
    /* a sample is no finer than one of the thumbnail: at most 257 each way */
    a->x0 = (int)floor(r->x_mm / pitch);
    a->y0 = (int)floor(r->y_mm / pitch);
    a->columns = (int)ceil((r->x_mm + r->width_mm) / pitch) - a->x0;
    a->rows = (int)ceil((r->y_mm + r->height_mm) / pitch) - a->y0;
    size_t n = (size_t)a->columns * (size_t)a->rows;
    float *l = malloc(n * sizeof *l);
    a->mask = malloc(n * sizeof *a->mask);
    if (l && a->mask)
        for (int y = 0; y < a->rows; y++)
            for (int x = 0; x < a->columns; x++) {
                size_t i = (size_t)y * (size_t)a->columns + (size_t)x;
                l[i] = reference_at(r, (a->x0 + x) * pitch, (a->y0 + y) * pitch, pitch);
                a->mask[i] = 1;
            }
    int bad = !l || !a->mask || normalise(a, l, DETAIL_HERE);
    free(l);
    return bad ? -1 : 0;
}

static int capture_layer(struct layer *a, const struct rectified *r)
{
    size_t n = (size_t)r->columns * (size_t)r->rows;
    *a = (struct layer){r->columns, r->rows, r->tile[0] * r->per_tile, r->tile[1] * r->per_tile, NULL,
                        NULL,       NULL};
    float *l = malloc(n * sizeof *l);
    a->mask = malloc(n * sizeof *a->mask);
    if (l && a->mask) {
        for (size_t i = 0; i < n; i++)
            l[i] = r->weight[i] > 0; /* a sample at the border sees part of its area: left out */
        for (int y = 0; y < r->rows; y++)
            for (int x = 0; x < r->columns; x++) {
                size_t i = (size_t)y * (size_t)r->columns + (size_t)x, w = (size_t)r->columns;
                a->mask[i] = x && y && x + 1 < r->columns && y + 1 < r->rows && l[i] > 0 && l[i - 1] > 0 &&
                             l[i + 1] > 0 && l[i - w] > 0 && l[i + w] > 0;
            }
        for (size_t i = 0; i < n; i++)
            l[i] = 0.299f * r->v[3 * i] + 0.587f * r->v[3 * i + 1] + 0.114f * r->v[3 * i + 2];
    }
    int bad = !l || !a->mask || normalise(a, l, DETAIL_THERE);
    free(l);
    return bad ? -1 : 0;
}

struct fit {
    double agreement, here, there,
        area; /* here, there: samples with detail of the reference, of the capture */
};

/* The capture moved by (dx, dy) samples onto the artwork. */
static struct fit compare_at(const struct layer *c, const struct layer *r, int dx, int dy)
{
    struct fit f = {0, 0, 0, 0};
    double cc = 0, rr = 0, cr = 0;
    int x0 = r->x0 - dx > 0 ? r->x0 - dx : 0,
        y0 = r->y0 - dy > 0 ? r->y0 - dy : 0; /* samples of the capture */
    int x1 = r->x0 + r->columns - dx, y1 = r->y0 + r->rows - dy;
    if (x1 > c->columns) x1 = c->columns;
    if (y1 > c->rows) y1 = c->rows;
    for (int y = y0; y < y1; y++) {
        size_t i = (size_t)y * (size_t)c->columns, k = (size_t)(y + dy - r->y0) * (size_t)r->columns;
        for (int x = x0; x < x1; x++) {
            size_t a = i + (size_t)x, b = k + (size_t)(x + dx - r->x0);
            if (!(c->mask[a] > 0)) continue;
            f.area++;
            f.here += r->detail[b];
            f.there += c->detail[a];
            if (!r->detail[b] && !c->detail[a]) continue;
            cc += (double)c->n[a] * c->n[a];
            rr += (double)r->n[b] * r->n[b];
            cr += (double)c->n[a] * r->n[b];
        }
    }
    f.agreement = cr / sqrt(cc * rr + 1e-9);
    return f;
}

static int refuted(const struct fit *f)
{
    return f->agreement < REFUTED &&
           (f->here >= ENOUGH || (f->there >= BUSY * f->area && f->there >= 2 * ENOUGH));
}

static int agreed(const struct fit *f)
{
    return f->agreement >= (f->area >= WIDE_VIEW ? AGREED_WIDE : AGREED) && f->here >= ENOUGH;
}

static int least_shift(int from, int size, int per_tile)
{
    return (int)floor((double)(from - size) / per_tile);
}

/* All places by whole tiles. */
static void search(const struct layer *c, const struct layer *r, int per_tile, struct content *out)
{
    double view = 0, sample_cm2 = TILE_MM * TILE_MM / ((double)per_tile * per_tile) / 100;
    struct fit best = {.agreement = -1};
    int places = 0, no = 0, yes = 0;
    for (size_t i = 0; i < (size_t)c->columns * (size_t)c->rows; i++) view += c->mask[i];
    if (view < ENOUGH) return;
    /* tiles s such that artwork sample = field sample - s * per_tile */
    for (int sy = least_shift(c->y0 - r->y0, r->rows, per_tile); (c->y0 - sy * per_tile) + c->rows > r->y0;
         sy++)
        for (int sx = least_shift(c->x0 - r->x0, r->columns, per_tile);
             (c->x0 - sx * per_tile) + c->columns > r->x0; sx++) {
            struct fit f = compare_at(c, r, c->x0 - sx * per_tile, c->y0 - sy * per_tile);
            if (f.area < OVERLAP * view) continue;
            places++;
            no += refuted(&f);
            yes += agreed(&f);
            if (agreed(&f) < agreed(&best) || (agreed(&f) == agreed(&best) && f.agreement <= best.agreement))
                continue;
            best = f;
            out->tiles[0] = sx;
            out->tiles[1] = sy;
        }
    if (!places) return;
    out->agreement = best.agreement;
    out->detail_cm2 = best.here * sample_cm2;
    out->view_cm2 = best.area * sample_cm2;
    out->answer = yes ? CONTENT_AGREES : no == places ? CONTENT_DIFFERS : CONTENT_NOT_MEASURABLE;
}

int content_compare(const struct rectify_picture *pic, const struct field *f,
                    const struct content_reference *ref, struct content *out)
{
    struct rectified q = {0};
    struct layer c = {0}, r = {0};
    int per_tile = FINEST;
    *out = (struct content){.answer = CONTENT_NOT_MEASURABLE};
    double finest = fmax(ref->width_mm / ref->width, ref->height_mm / ref->height);
    while (per_tile >= COARSEST && TILE_MM / per_tile < finest) per_tile -= per_tile > 8 ? 4 : 2;
    if (per_tile < COARSEST || !(fabs(ref->x_mm) < 1e5) || !(fabs(ref->y_mm) < 1e5)) return 0;
    enum rectify_status st = rectify_rgb(&q, pic, f, per_tile, MAX_BYTES);
    int bad = st == RECTIFY_NO_MEMORY;
    if (st == RECTIFY_OK) {
        bad = capture_layer(&c, &q) || reference_layer(&r, ref, TILE_MM / per_tile);
        if (!bad) search(&c, &r, per_tile, out);
    }
    layer_free(&c);
    layer_free(&r);
    rectified_free(&q);
    return bad ? -1 : 0;
}
