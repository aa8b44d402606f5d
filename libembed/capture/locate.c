/*
 * Locating (locate.h): keypoints of the artwork's small grey picture are looked for among those of the capture.
 *
 * A pair of keypoints that look alike - and far more alike than to the second best (Lowe 2004, as keypoints.c) - says by
 * itself where, how large and how turned the artwork would be. Every pair's answer is tried, which makes the search
 * short and free of chance (one-point hypotheses, where RANSAC would draw four: M. A. Fischler, R. C. Bolles, Comm. ACM
 * 24, 1981); those that most other pairs support are made affine, then projective, by least squares over ever fewer
 * outliers (O. Chum, J. Matas, J. Kittler, "Locally optimized RANSAC", DAGM 2003).
 */
#include "capture/locate.h"
#include "capture/keypoints.h"
#include "capture/linear.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "clones.h"

/* Lengths in mm on the artwork: its picture has 0.5 - 2 mm a sample. */
enum { MOST_SIDE = 1600, LEAST_SIDE = 16, BEST = 12, EIGHT = 8 };
static const float RATIO = 0.85f;   /* of the distances to the best and the second best */
static const double CONTRAST = 0.5; /* levels that a keypoint stands out by */
static const double TOLERANCE[] = {10, 8, 6, 4, 2.5, 2, 2}; /* samples of the artwork's picture, by round */
static const double ALIKE = 2;                              /* samples: keypoints so near are one */
enum { ROUNDS = sizeof TOLERANCE / sizeof *TOLERANCE, AFFINE_ROUNDS = 2 };

struct pair {
    double c[2], a[2];  /* places, samples of the capture and of the artwork's picture */
    double size, angle; /* of the artwork's over the capture's; less the capture's */
};

/* ---- pairs ---- */

CLONED static float apart(const float *a, const float *b)
{
    float sum[8] = {0};
    for (int i = 0; i < KEYPOINT_VALUES; i += 8)
        for (int k = 0; k < 8; k++) sum[k] += (a[i + k] - b[i + k]) * (a[i + k] - b[i + k]);
    return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

/* For every keypoint of the artwork the capture's that looks most like it. Returns how many, -1 when out of memory. */
static int match(const struct keypoints *artwork, const struct keypoints *capture, struct pair **out)
{
    int n = 0;
    struct pair *all = *out = malloc(((size_t)artwork->n + 1) * sizeof *all);
    if (!all) return -1;
    for (int i = 0; i < artwork->n; i++) {
        const struct keypoint *a = &artwork->at[i], *best = NULL;
        float first = INFINITY, second = INFINITY;
        for (int k = 0; k < capture->n; k++) {
            const struct keypoint *c = &capture->at[k];
            float d = apart(a->looks, c->looks);
            if (d < first) {
                /* the same place again, at another angle or size, is no rival */
                if (!best || hypotf(best->x - c->x, best->y - c->y) > (float)ALIKE) second = first;
                first = d;
                best = c;
            } else if (d < second && hypotf(best->x - c->x, best->y - c->y) > (float)ALIKE) {
                second = d;
            }
        }
        if (!best || first > RATIO * RATIO * second) continue;
        all[n++] =
            (struct pair){{best->x, best->y}, {a->x, a->y}, a->size / best->size, a->angle - best->angle};
    }
    return n;
}

/* ---- from pairs to a map ---- */

/* h is of coordinates around the middle of the capture, in halves of its longer side: numbers about 1. */
static double error_of(double h[3][3], const struct pair *p)
{
    double w = h[2][0] * p->c[0] + h[2][1] * p->c[1] + h[2][2];
    if (w < 0.2) return INFINITY;
    return hypot((h[0][0] * p->c[0] + h[0][1] * p->c[1] + h[0][2]) / w - p->a[0],
                 (h[1][0] * p->c[0] + h[1][1] * p->c[1] + h[1][2]) / w - p->a[1]);
}

/* What the pairs within the tolerance lack of it: many and near is much. */
static double support(double h[3][3], const struct pair *p, int n, double tolerance)
{
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double e = error_of(h, &p[i]) / tolerance;
        if (e < 1) sum += 1 - e * e;
    }
    return sum;
}

static void of_one(double h[3][3], const struct pair *p)
{
    double c = cos(p->angle) * p->size, s = sin(p->angle) * p->size;
    const double m[3][3] = {
        {c, -s, p->a[0] - c * p->c[0] + s * p->c[1]}, {s, c, p->a[1] - s * p->c[0] - c * p->c[1]}, {0, 0, 1}};
    memcpy(h, m, sizeof m);
}

/* Least squares over the pairs within the tolerance, weighted by how near they are; 6 or 8 unknowns. 0: too few. */
static int fit(double h[3][3], const struct pair *p, int n, double tolerance, int unknowns)
{
    double m[EIGHT][EIGHT] = {{0}}, x[EIGHT] = {0};
    int used = 0;
    for (int i = 0; i < n; i++) {
        double e = error_of(h, &p[i]) / tolerance;
        if (!(e < 1)) continue;
        double w = h[2][0] * p[i].c[0] + h[2][1] * p[i].c[1] + h[2][2], weight = (1 - e * e) / (w * w);
        used++;
        for (int k = 0; k < 2; k++) {
            double row[EIGHT] = {0};
            for (int c = 0; c < 2; c++) {
                row[3 * k + c] = p[i].c[c];
                row[6 + c] = -p[i].a[k] * p[i].c[c];
            }
            row[3 * k + 2] = 1;
            for (int r = 0; r < unknowns; r++) {
                x[r] += weight * row[r] * p[i].a[k];
                for (int c = 0; c < unknowns; c++) m[r][c] += weight * row[r] * row[c];
            }
        }
    }
    if (used < unknowns || !linear_solve(unknowns, EIGHT, *m, x)) return 0;
    for (int k = 0; k < 8; k++) h[k / 3][k % 3] = k < unknowns ? x[k] : 0;
    h[2][2] = 1;
    return 1;
}

/* A camera's view of a flat thing: not mirrored, not squeezed, its horizon out of sight. */
static int sane(double h[3][3], const struct pair *p, int n)
{
    for (int i = 0; i < n; i++) {
        if (!(error_of(h, &p[i]) < TOLERANCE[ROUNDS - 1])) continue;
        double w = h[2][0] * p[i].c[0] + h[2][1] * p[i].c[1] + h[2][2], j[2][2];
        for (int k = 0; k < 2; k++)
            for (int c = 0; c < 2; c++) j[k][c] = (h[k][c] - p[i].a[k] * h[2][c]) / w;
        double a = hypot(j[0][0] + j[1][1], j[1][0] - j[0][1]),
               b = hypot(j[0][0] - j[1][1], j[1][0] + j[0][1]);
        if (a - b < 0.3 * (a + b)) return 0; /* singular values; a < b is mirrored */
    }
    return 1;
}

/* How many different places of the artwork are where they should be. */
static int count(double h[3][3], const struct pair *p, int n)
{
    int found = 0;
    for (int i = 0; i < n; i++) {
        int again = 0;
        if (!(error_of(h, &p[i]) < TOLERANCE[ROUNDS - 1])) continue;
        for (int k = 0; k < i && !again; k++)
            again = error_of(h, &p[k]) < TOLERANCE[ROUNDS - 1] &&
                    (hypot(p[i].a[0] - p[k].a[0], p[i].a[1] - p[k].a[1]) < ALIKE);
        found += !again;
    }
    return found;
}

/* The best map of the pairs, and the places that support it. */
static int search(const struct pair *p, int n, double best[3][3])
{
    struct {
        double h[3][3], support;
    } top[BEST] = {{{{0}}, 0}};
    double most = 0;
    for (int i = 0; i < n; i++) {
        double h[3][3];
        of_one(h, &p[i]);
        double s = support(h, p, n, TOLERANCE[0]);
        int k = BEST;
        while (k && s > top[k - 1].support) k--;
        if (k == BEST) continue;
        memmove(&top[k + 1], &top[k], (size_t)(BEST - 1 - k) * sizeof *top);
        memcpy(top[k].h, h, sizeof h);
        top[k].support = s;
    }
    for (int k = 0; k < BEST && top[k].support > 0; k++) {
        int ok = 1;
        for (int r = 0; r < ROUNDS && ok; r++)
            ok = fit(top[k].h, p, n, TOLERANCE[r], r < AFFINE_ROUNDS ? 6 : EIGHT);
        double s = ok && sane(top[k].h, p, n) ? support(top[k].h, p, n, TOLERANCE[ROUNDS - 1]) : 0;
        if (s <= most) continue;
        most = s;
        memcpy(best, top[k].h, sizeof top[k].h);
    }
    return most > 0 ? count(best, p, n) : 0;
}

/* ---- the two pictures ---- */

/* Luma of the coded values, means of factor x factor pixels. */
static float *grey_of(const struct plane_source *s, int factor, int width, int height)
{
    float *grey = malloc((size_t)width * (size_t)height * sizeof *grey);
    for (int y = 0; grey && y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t sum[3] = {0, 0, 0};
            for (int b = 0; b < factor; b++) {
                const uint8_t *p = s->rgb + (size_t)(y * factor + b) * s->stride + 3 * (size_t)(x * factor);
                for (int a = 0; a < factor; a++, p += 3)
                    for (int c = 0; c < 3; c++) sum[c] += p[c];
            }
            grey[(size_t)y * (size_t)width + (size_t)x] =
                (0.299f * (float)sum[0] + 0.587f * (float)sum[1] + 0.114f * (float)sum[2]) /
                (float)(factor * factor);
        }
    return grey;
}

/* One row or column of n samples at twice its size, by cubic convolution (R. G. Keys, IEEE Trans. ASSP 29, 1981). */
static void twice(const float *in, int n, int step, float *out, int out_step)
{
    for (int i = 0; i < 2 * n; i++) {
        int at = (i + 1) / 2 - 1;              /* the last sample before the place */
        float t = i % 2 ? 0.25f : 0.75f, v[4]; /* and how far beyond it that is */
        for (int k = 0; k < 4; k++) {
            int j = at - 1 + k;
            v[k] = in[(size_t)(j < 0 ? 0 : j < n ? j : n - 1) * (size_t)step];
        }
        float a = 2 * v[0] - 5 * v[1] + 4 * v[2] - v[3], b = 3 * (v[1] - v[2]) + v[3] - v[0];
        out[(size_t)i * (size_t)out_step] = v[1] + 0.5f * t * (v[2] - v[0] + t * (a + t * b));
    }
}

/* Looked for at twice and four times the size: in a small view what is finest is most of what there is. */
static int keypoints_of_artwork(struct keypoints *k, const struct content_reference *r)
{
    int w = (int)r->width, h = (int)r->height;
    size_t n = (size_t)w * (size_t)h;
    float *grey = malloc(n * sizeof *grey), *wide = malloc(2 * n * sizeof *wide),
          *large = malloc(4 * n * sizeof *large);
    int bad = !grey || !wide || !large;
    for (size_t i = 0; !bad && i < n; i++) grey[i] = r->grey[i];
    for (int y = 0; !bad && y < h; y++)
        twice(grey + (size_t)y * (size_t)w, w, 1, wide + (size_t)y * (size_t)w * 2, 1);
    for (int x = 0; !bad && x < 2 * w; x++) twice(wide + x, h, 2 * w, large + x, 2 * w);
    if (!bad) bad = keypoints_find(k, large, 2 * w, 2 * h, 1, CONTRAST);
    for (int i = 0; !bad && i < k->n; i++) k->at[i].x /= 2, k->at[i].y /= 2, k->at[i].size /= 2;
    free(grey);
    free(wide);
    free(large);
    return bad;
}

static int keypoints_of_capture(struct keypoints *k, const struct plane_source *s, int factor)
{
    int width = (int)(s->width / (uint32_t)factor), height = (int)(s->height / (uint32_t)factor);
    float *grey = grey_of(s, factor, width, height);
    if (!grey) return -1;
    int bad = keypoints_find(k, grey, width, height, 0, CONTRAST);
    free(grey);
    return bad;
}

/* From samples about the middle of the capture to pixels, from samples of the artwork's picture to mm. */
static void to_mm(double h[3][3], const double middle[2], double unit, int factor,
                  const struct content_reference *r)
{
    const double mm[2] = {r->width_mm / r->width, r->height_mm / r->height}, origin[2] = {r->x_mm, r->y_mm};
    for (int k = 0; k < 3; k++) {
        h[k][2] -= (h[k][0] * middle[0] + h[k][1] * middle[1]) / unit;
        for (int c = 0; c < 2; c++) h[k][c] /= unit * factor;
    }
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < 3; c++) h[k][c] = mm[k] * h[k][c] + origin[k] * h[2][c];
}

/* Pixels per mm, the geometric mean of all directions. */
static double scale_at(double h[3][3], double x, double y)
{
    double v[3], j[2][2];
    for (int k = 0; k < 3; k++) v[k] = h[k][0] * x + h[k][1] * y + h[k][2];
    for (int k = 0; k < 2; k++)
        for (int c = 0; c < 2; c++) j[k][c] = (h[k][c] - v[k] / v[2] * h[2][c]) / v[2];
    return 1 / sqrt(fabs(j[0][0] * j[1][1] - j[0][1] * j[1][0]) + 1e-12);
}

int locate(const struct plane_source *picture, const struct content_reference *artwork, struct placement *out)
{
    struct keypoints a = {0, NULL}, c = {0, NULL};
    struct pair *pairs = NULL;
    uint32_t side = picture->width > picture->height ? picture->width : picture->height;
    int factor = (int)((side + MOST_SIDE - 1) / MOST_SIDE), n = 0;
    out->points = 0;
    if (artwork->width < LEAST_SIDE || artwork->height < LEAST_SIDE ||
        picture->width / (uint32_t)factor < LEAST_SIDE || picture->height / (uint32_t)factor < LEAST_SIDE)
        return 0;
    const double middle[2] = {picture->width / 2.0 / factor, picture->height / 2.0 / factor},
                 unit = side / 2.0 / factor;
    int bad = keypoints_of_artwork(&a, artwork) || keypoints_of_capture(&c, picture, factor) ||
              (n = match(&a, &c, &pairs)) < 0;
    for (int i = 0; !bad && i < n; i++) {
        for (int k = 0; k < 2; k++) pairs[i].c[k] = (pairs[i].c[k] - middle[k]) / unit;
        pairs[i].size *= unit;
    }
    if (!bad) out->points = search(pairs, n, out->h);
    if (out->points) {
        to_mm(out->h, middle, unit, factor, artwork);
        out->px_per_mm = scale_at(out->h, picture->width / 2.0, picture->height / 2.0);
    }
    free(pairs);
    keypoints_free(&a);
    keypoints_free(&c);
    return bad ? -1 : out->points >= LOCATE_MIN_POINTS;
}
