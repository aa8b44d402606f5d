/*
 * Local alignment and comparison with the artwork's picture (residual.h).
 *
 * P = a (T - mean T) + mean C                      T the reference, C the capture's lightness on its
 * samples C(x + d) ~ P(x):  d from the gradient of P       both over some 6 mm, coarse to fine r = C - P,
 * z = r / s s^2 = s0^2 + (0.3 grad P)^2 + (P - mean P)^2 / 2 + (0.12 a (T - mean T))^2
 *
 * a and the means are a linear fit in a gaussian window (tone curve, lamp, shading); d is the step of B.
 * Lucas and T. Kanade, "An iterative image registration technique", IJCAI 1981, with weights that leave
 * out what does not fit (P. Huber, 1964), so that an alteration does not pull its surroundings after it.
 * s says what a genuine capture may differ by: noise, a third of a sample of misplacement, blur, a
 * contrast that a linear fit misses.
 */
#include "capture/residual.h"
#include "capture/boxes.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TONE_RADIUS = 10, SETTLE = 3 };
/* From the border of what is seen, in samples: means are one-sided there, and a lamp looks like an
 * alteration. */
enum { INSIDE = 5, INSIDE_AREA = (2 * INSIDE + 1) * (2 * INSIDE + 1) };
/* Coarse to fine: what both pictures are blurred by, and over how much a shift is found, in samples:
 * wide at first, so that an alteration does not become a shift of what is around it. */
static const struct {
    int blur, window;
} rounds[] = {{5, 20}, {5, 20}, {2, 14}, {2, 14}, {0, 8}, {0, 6}};
enum { N_ROUNDS = sizeof rounds / sizeof *rounds };
static const float RIDGE = 100;            /* of the local contrast, squared levels */
static const float OUTLIER = 12;           /* levels */
static const float LEAST_NOISE = 1.5f;     /* levels */
static const double BORDER_MM = 4;         /* from the edge of the artwork: trimming, the table behind it */
static const float STEP = 0.6f, REACH = 6; /* of d, in samples: a round without blur, and in all */
static const float FAR = 2.5f; /* d beyond it: not where the field says, nor surely where it is found */

enum { T, TB, C, M, A, MT, MC, P, R, GX, GY, DX, DY, W0, W1, W2, W3, W4, TMP, N_PLANES };

struct fit {
    int width, height;
    size_t n;
    float *v[N_PLANES];
    double mean_a;
};

/* Sums over the upper left of every corner of the raster: light and weight. */
struct integral {
    int columns, rows;
    double *light, *weight; /* (rows + 1) x (columns + 1) */
};

static int integral_make(struct integral *s, const struct rectified *q)
{
    size_t w = (size_t)q->columns + 1;
    s->columns = q->columns, s->rows = q->rows;
    s->light = calloc(w * ((size_t)q->rows + 1), sizeof *s->light);
    s->weight = calloc(w * ((size_t)q->rows + 1), sizeof *s->weight);
    if (!s->light || !s->weight) return -1;
    for (int y = 0; y < q->rows; y++) {
        double light = 0, weight = 0;
        for (int x = 0; x < q->columns; x++) {
            size_t i = (size_t)y * (size_t)q->columns + (size_t)x, at = ((size_t)y + 1) * w + (size_t)x + 1;
            light += q->weight[i] * (0.299 * q->v[3 * i] + 0.587 * q->v[3 * i + 1] + 0.114 * q->v[3 * i + 2]);
            weight += q->weight[i];
            s->light[at] = s->light[at - w] + light;
            s->weight[at] = s->weight[at - w] + weight;
        }
    }
    return 0;
}

static double corner(const struct integral *s, const double *of, double x, double y)
{
    x = fmin(fmax(x, 0), s->columns);
    y = fmin(fmax(y, 0), s->rows);
    int i = (int)fmin(x, s->columns - 1), j = (int)fmin(y, s->rows - 1);
    size_t w = (size_t)s->columns + 1, at = (size_t)j * w + (size_t)i;
    double a = x - i, b = y - j;
    return (1 - b) * ((1 - a) * of[at] + a * of[at + 1]) + b * ((1 - a) * of[at + w] + a * of[at + w + 1]);
}

static double rectangle(const struct integral *s, const double *of, const double r[4])
{
    return corner(s, of, r[2], r[3]) - corner(s, of, r[0], r[3]) - corner(s, of, r[2], r[1]) +
           corner(s, of, r[0], r[1]);
}

static void blur(struct fit *f, int plane, int radius)
{
    box_blur(f->v[plane], f->v[TMP], f->width, f->height, radius);
}

/* C and M: the mean of the capture over each sample of the reference, moved by d; C and TB blurred. */
static void lay(struct fit *f, const struct integral *s, const double first[2], const double step[2],
                int radius)
{
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            size_t i = (size_t)y * (size_t)f->width + (size_t)x;
            double u = first[0] + (x + (double)f->v[DX][i]) * step[0],
                   v = first[1] + (y + (double)f->v[DY][i]) * step[1];
            const double r[4] = {u, v, u + step[0], v + step[1]};
            double seen = rectangle(s, s->weight, r);
            f->v[M][i] = seen > 0.95 * step[0] * step[1];
            f->v[C][i] = f->v[M][i] > 0 ? (float)(rectangle(s, s->light, r) / seen) : 0;
        }
    memcpy(f->v[TB], f->v[T], f->n * sizeof(float));
    if (!radius) return;
    for (size_t i = 0; i < f->n; i++) {
        f->v[W0][i] = f->v[M][i];
        f->v[TB][i] *= f->v[M][i]; /* the same places are missing in both */
    }
    blur(f, W0, radius);
    blur(f, C, radius);
    blur(f, TB, radius);
    for (size_t i = 0; i < f->n; i++) {
        float n = fmaxf(f->v[W0][i], 1e-3f);
        f->v[C][i] /= n;
        f->v[TB][i] /= n;
    }
}

/* A, MT, MC, P, R, with weights from what R was.  Returns 0 when there is no contrast to fit. */
static int fit_tones(struct fit *f)
{
    float **v = f->v;
    double covariance = 0, variance = 0;
    for (size_t i = 0; i < f->n; i++) {
        float r = v[R][i], m = v[M][i] / (1 + r * r / (OUTLIER * OUTLIER)), t = v[TB][i], c = v[C][i];
        v[W0][i] = m, v[MT][i] = m * t, v[MC][i] = m * c, v[W1][i] = m * t * t, v[W2][i] = m * t * c;
    }
    static const int planes[] = {W0, MT, MC, W1, W2};
    for (int k = 0; k < 5; k++) blur(f, planes[k], TONE_RADIUS);
    for (size_t i = 0; i < f->n; i++) {
        float n = v[W0][i] + 1e-6f;
        v[MT][i] /= n, v[MC][i] /= n;
        v[W1][i] = fmaxf(0, v[W1][i] / n - v[MT][i] * v[MT][i]);
        v[W2][i] = v[W2][i] / n - v[MT][i] * v[MC][i];
        variance += v[M][i] * v[W1][i];
        covariance += v[M][i] * v[W2][i];
    }
    f->mean_a = covariance / (variance + 1e-6);
    if (!(f->mean_a > 0.05) || f->mean_a > 20) return 0;
    float mean = (float)f->mean_a;
    for (size_t i = 0; i < f->n; i++) {
        float a = (v[W2][i] + RIDGE * mean) / (v[W1][i] + RIDGE);
        v[A][i] = a < 0.25f * mean ? 0.25f * mean : a > 2.5f * mean ? 2.5f * mean : a;
        v[P][i] = v[A][i] * (v[TB][i] - v[MT][i]) + v[MC][i];
        v[R][i] = (v[C][i] - v[P][i]) * v[M][i];
    }
    return 1;
}

/* GX, GY: gradient of P per sample (3 x 3, I. Sobel). */
static void gradients(struct fit *f)
{
    int w = f->width;
    memset(f->v[GX], 0, f->n * sizeof(float));
    memset(f->v[GY], 0, f->n * sizeof(float));
    for (int y = 1; y + 1 < f->height; y++)
        for (int x = 1; x + 1 < w; x++) {
            const float *p = f->v[P] + (size_t)y * (size_t)w + x;
            size_t i = (size_t)y * (size_t)w + (size_t)x;
            f->v[GX][i] = (p[1 - w] + 2 * p[1] + p[1 + w] - p[-1 - w] - 2 * p[-1] - p[-1 + w]) / 8;
            f->v[GY][i] = (p[w - 1] + 2 * p[w] + p[w + 1] - p[-w - 1] - 2 * p[-w] - p[1 - w]) / 8;
        }
}

static float clip(float x, float limit)
{
    return x > limit ? limit : x < -limit ? -limit : x;
}

/* One step of d; without gradients it stays. */
static void fit_shift(struct fit *f, int radius, int window)
{
    const float step = STEP * (float)(1 + radius), ridge = 2;
    float **v = f->v;
    gradients(f);
    for (size_t i = 0; i < f->n; i++) {
        float r = v[R][i], x = v[GX][i], y = v[GY][i], w = v[M][i] / (1 + r * r / (OUTLIER * OUTLIER));
        v[W0][i] = w * x * x, v[W1][i] = w * y * y, v[W2][i] = w * x * y, v[W3][i] = w * x * r,
        v[W4][i] = w * y * r;
    }
    for (int k = W0; k <= W4; k++) blur(f, k, window);
    for (size_t i = 0; i < f->n; i++) {
        float xx = v[W0][i] + ridge, yy = v[W1][i] + ridge, xy = v[W2][i], det = xx * yy - xy * xy;
        v[DX][i] = clip(v[DX][i] - clip((yy * v[W3][i] - xy * v[W4][i]) / det, step), REACH);
        v[DY][i] = clip(v[DY][i] - clip((xx * v[W4][i] - xy * v[W3][i]) / det, step), REACH);
    }
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* Deviation of what is left where nothing is wrong: of most samples. */
static float noise(struct fit *f)
{
    size_t n = 0;
    for (size_t i = 0; i < f->n; i++)
        if (f->v[M][i] > 0) f->v[TMP][n++] = fabsf(f->v[R][i]);
    if (!n) return LEAST_NOISE;
    qsort(f->v[TMP], n, sizeof(float), by_value);
    return fmaxf(LEAST_NOISE, 1.48f * f->v[TMP][n / 2]);
}

static void score(struct fit *f, struct residual *out)
{
    float **v = f->v, s0 = noise(f);
    double moved = 0, n = 0;
    gradients(f);
    for (size_t i = 0; i < f->n; i++) v[W0][i] = v[GX][i] * v[GX][i] + v[GY][i] * v[GY][i];
    box_sum(v[W0], v[TMP], v[W1], f->width, f->height, 1);
    box_sum(v[P], v[TMP], v[W2], f->width, f->height, 1);
    box_sum(v[M], v[TMP], v[W3], f->width, f->height, INSIDE);
    for (int y = 0; y < f->height; y++)
        for (int x = 0; x < f->width; x++) {
            size_t i = (size_t)y * (size_t)f->width + (size_t)x;
            double left = (x + 0.5) * out->pitch_mm[0], right = (f->width - x - 0.5) * out->pitch_mm[0];
            double top = (y + 0.5) * out->pitch_mm[1], bottom = (f->height - y - 0.5) * out->pitch_mm[1];
            float bent = v[P][i] - v[W2][i] / 9, slack = 0.12f * v[A][i] * (v[T][i] - v[MT][i]);
            float s2 = s0 * s0 + 0.09f * v[W1][i] / 9 + 0.5f * bent * bent + slack * slack;
            out->mask[i] = fmin(fmin(left, right), fmin(top, bottom)) > BORDER_MM &&
                           v[W3][i] > 0.98f * INSIDE_AREA && hypotf(v[DX][i], v[DY][i]) < FAR;
            out->z[i] = out->mask[i] > 0 ? v[R][i] / sqrtf(s2) : 0;
            moved += v[M][i] * (v[DX][i] * v[DX][i] + v[DY][i] * v[DY][i]);
            n += v[M][i];
        }
    out->moved = sqrt(moved / fmax(1, n));
}

static int fit_new(struct fit *f, const struct content_reference *ref)
{
    *f = (struct fit){
        .width = (int)ref->width, .height = (int)ref->height, .n = (size_t)ref->width * ref->height};
    int ok = 1;
    for (int k = 0; k < N_PLANES; k++) ok &= (f->v[k] = calloc(f->n, sizeof(float))) != NULL;
    for (size_t i = 0; ok && i < f->n; i++) f->v[T][i] = ref->grey[i];
    return ok ? 0 : -1;
}

/* The raster lies on the artwork's up to whole tiles: it is copied. */
static int take_picture(struct residual *out, const struct rectified *q, const int tiles[2],
                        const struct content_reference *ref)
{
    int x0 = (int)floor(ref->x_mm / q->pitch_mm) - (q->tile[0] - tiles[0]) * q->per_tile;
    int y0 = (int)floor(ref->y_mm / q->pitch_mm) - (q->tile[1] - tiles[1]) * q->per_tile;
    out->picture_width = (int)ceil(ref->width_mm / q->pitch_mm);
    out->picture_height = (int)ceil(ref->height_mm / q->pitch_mm);
    size_t n = (size_t)out->picture_width * (size_t)out->picture_height;
    out->picture = malloc(3 * n);
    if (!out->picture) return -1;
    memset(out->picture, 128, 3 * n);
    for (int y = 0; y < out->picture_height; y++)
        for (int x = 0; x < out->picture_width; x++) {
            int i = x + x0, j = y + y0;
            if (i < 0 || j < 0 || i >= q->columns || j >= q->rows) continue;
            size_t at = (size_t)j * (size_t)q->columns + (size_t)i;
            uint8_t *to = out->picture + 3 * ((size_t)y * (size_t)out->picture_width + (size_t)x);
            for (int k = 0; k < 3 && q->weight[at] > 0; k++)
                to[k] = (uint8_t)(q->v[3 * at + (size_t)k] + 0.5f);
        }
    return 0;
}

static int compare(struct residual *out, const struct rectified *q, const int tiles[2],
                   const struct content_reference *ref)
{
    struct integral s;
    struct fit f;
    const double step[2] = {out->pitch_mm[0] / q->pitch_mm, out->pitch_mm[1] / q->pitch_mm};
    const double first[2] = {ref->x_mm / q->pitch_mm - (double)(q->tile[0] - tiles[0]) * q->per_tile,
                             ref->y_mm / q->pitch_mm - (double)(q->tile[1] - tiles[1]) * q->per_tile};
    int bad = integral_make(&s, q);
    bad |= fit_new(&f, ref);
    int ok = !bad;
    for (int k = 0; ok && k < N_ROUNDS; k++) {
        lay(&f, &s, first, step, rounds[k].blur);
        ok = fit_tones(&f);
        if (ok) fit_shift(&f, rounds[k].blur, rounds[k].window);
    }
    if (ok) lay(&f, &s, first, step, 0);
    for (int k = 0; ok && k < SETTLE; k++) ok = fit_tones(&f);
    if (ok) {
        score(&f, out);
        out->tone = f.mean_a;
    }
    for (int k = 0; k < N_PLANES; k++) free(f.v[k]);
    free(s.light);
    free(s.weight);
    return bad ? -1 : 0;
}

int residual_make(struct residual *out, const struct rectify_picture *pic, const struct field *f,
                  const int tiles[2], const struct content_reference *ref, uint64_t max_bytes)
{
    struct rectified q = {0};
    size_t n = (size_t)ref->width * ref->height;
    *out = (struct residual){.width = (int)ref->width,
                             .height = (int)ref->height,
                             .pitch_mm = {ref->width_mm / ref->width, ref->height_mm / ref->height}};
    /* the picture of the whole artwork, and the integrals of the view, count as well */
    double picture = ref->width_mm * ref->height_mm * pow(RESIDUAL_PER_TILE / TILE_MM, 2) * 3;
    if (!(picture < (double)max_bytes / 4)) return 0;
    out->z = calloc(n, sizeof *out->z);
    out->mask = calloc(n, sizeof *out->mask);
    if (!out->z || !out->mask) return -1;
    enum rectify_status st = rectify_rgb(&q, pic, f, RESIDUAL_PER_TILE, max_bytes / 3);
    int bad = st == RECTIFY_NO_MEMORY;
    if (st == RECTIFY_OK) bad = compare(out, &q, tiles, ref) || take_picture(out, &q, tiles, ref);
    rectified_free(&q);
    return bad ? -1 : 0;
}

void residual_free(struct residual *r)
{
    free(r->z);
    free(r->mask);
    free(r->picture);
    memset(r, 0, sizeof *r);
}
