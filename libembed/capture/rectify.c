/*
 * Rectification (rectify.h): every sample of the capture is laid at the place that the field says it has.
 *
 * Laying forward, as demodulate() does, needs no inverse of the map and loses nothing where the capture
 * is finer than the raster.  Between nodes the map is bilinear in the capture's coordinates, cell by
 * cell, so borders between cells agree.  A cell whose four nodes do not describe a plausible piece of
 * paper (turned over, or of another scale than its nodes' own) is left out.
 */
#include "capture/rectify.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* u beyond this is no capture: 1e4 tiles are 192 m. */
static const double MAX_TILES = 1e4;
enum { MAX_SPLIT = 16 };

struct cell {
    const struct node *n[4]; /* top-left, top-right, bottom-left, bottom-right */
    float gain;
};

static double cross(const double a[2], const double b[2], const double c[2])
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* The corners turn as the Jacobian says, and enclose about the area it says. */
static int plausible(const struct cell *c, double spacing)
{
    const double *a = c->n[0]->at.u, *b = c->n[1]->at.u, *d = c->n[2]->at.u, *e = c->n[3]->at.u;
    double mean = 0;
    for (int k = 0; k < 4; k++) {
        const struct lock *l = &c->n[k]->at;
        if (!(fabs(l->u[0]) < MAX_TILES * TILE_MM) || !(fabs(l->u[1]) < MAX_TILES * TILE_MM)) return 0;
        mean += (l->j[0][0] * l->j[1][1] - l->j[0][1] * l->j[1][0]) * spacing * spacing / 4;
    }
    double one = cross(a, b, d) / mean, two = cross(e, d, b) / mean;
    return one > 0.4 && one < 2.5 && two > 0.4 && two < 2.5;
}

static int cell_of(const struct field *f, int i, int j, struct cell *c)
{
    c->gain = 0;
    for (int k = 0; k < 4; k++) {
        c->n[k] = &f->nodes[(size_t)(j + k / 2) * (size_t)f->columns + (size_t)(i + k % 2)];
        if (c->n[k]->state == NODE_UNKNOWN) return 0;
        c->gain += c->n[k]->gain / 4;
    }
    return plausible(c, f->spacing);
}

/* u at a place of the plane, and the steps along x. */
static void map_line(const struct cell *c, double spacing, double x, double y, double u[2], double step[2])
{
    double s = (x - c->n[0]->at.x) / spacing, t = (y - c->n[0]->at.y) / spacing;
    for (int k = 0; k < 2; k++) {
        double left = c->n[0]->at.u[k] + t * (c->n[2]->at.u[k] - c->n[0]->at.u[k]);
        double right = c->n[1]->at.u[k] + t * (c->n[3]->at.u[k] - c->n[1]->at.u[k]);
        u[k] = left + s * (right - left);
        step[k] = (right - left) / spacing;
    }
}

static enum rectify_status begin(struct rectified *r, const struct field *f, int per_tile, int channels,
                                 uint64_t max_bytes)
{
    double low[2] = {1e300, 1e300}, high[2] = {-1e300, -1e300};
    *r = (struct rectified){.channels = channels, .per_tile = per_tile, .pitch_mm = TILE_MM / per_tile};
    for (int j = 0; j + 1 < f->rows; j++)
        for (int i = 0; i + 1 < f->columns; i++) {
            struct cell c;
            if (!cell_of(f, i, j, &c)) continue;
            for (int k = 0; k < 8; k++) {
                low[k & 1] = fmin(low[k & 1], c.n[k / 2]->at.u[k & 1]);
                high[k & 1] = fmax(high[k & 1], c.n[k / 2]->at.u[k & 1]);
            }
        }
    if (high[0] < low[0]) return RECTIFY_EMPTY;
    uint64_t size[2];
    for (int k = 0; k < 2; k++) { /* |low|, |high| < MAX_TILES tiles: all of this fits */
        r->tile[k] = (int)floor(low[k] / TILE_MM);
        size[k] = (uint64_t)ceil((high[k] / TILE_MM - r->tile[k]) * per_tile) + 1;
    }
    uint64_t n = size[0] * size[1]; /* < (2e4 * per_tile + 1)^2 < 2^54 for per_tile < 4096 */
    if (n * (uint64_t)(channels + 1) * sizeof(float) > max_bytes) return RECTIFY_TOO_LARGE;
    r->columns = (int)size[0];
    r->rows = (int)size[1];
    r->v = calloc((size_t)n * (size_t)channels, sizeof *r->v);
    r->weight = calloc((size_t)n, sizeof *r->weight);
    return r->v && r->weight ? RECTIFY_OK : RECTIFY_NO_MEMORY;
}

/* Index of the sample at u, or -1 outside. */
static inline int64_t place(const struct rectified *r, const double u[2])
{
    double x = u[0] * r->per_tile / TILE_MM - (double)r->tile[0] * r->per_tile;
    double y = u[1] * r->per_tile / TILE_MM - (double)r->tile[1] * r->per_tile;
    if (!(x >= 0) || !(y >= 0) || x >= r->columns || y >= r->rows) return -1;
    return (int64_t)y * r->columns + (int64_t)x;
}

static void lay_plane(struct rectified *r, const struct plane *p, const struct cell *c, double spacing,
                      int gains)
{
    const struct lock *a = &c->n[0]->at;
    /* the ends are the neighbours' beginnings, to the last bit: no seams */
    int x0 = (int)ceil(a->x), x1 = (int)fmin(p->width, ceil(c->n[1]->at.x));
    int y0 = (int)ceil(a->y), y1 = (int)fmin(p->height, ceil(c->n[2]->at.y));
    float gain = gains ? c->gain : 1;
    for (int y = y0; y < y1; y++) {
        double u[2], step[2];
        const float *v = p->v + (size_t)y * (size_t)p->width, *w = p->weight + (size_t)y * (size_t)p->width;
        map_line(c, spacing, x0, y, u, step);
        for (int x = x0; x < x1; x++, u[0] += step[0], u[1] += step[1]) {
            int64_t at = place(r, u);
            float g = w[x] * gain;
            if (at < 0) continue;
            r->v[at] += g * v[x];
            r->weight[at] += g * g;
        }
    }
}

enum rectify_status rectify_plane(struct rectified *out, const struct plane *p, const struct field *f,
                                  int per_tile, int gains, uint64_t max_bytes)
{
    enum rectify_status st = begin(out, f, per_tile, 1, max_bytes);
    for (int j = 0; !st && j + 1 < f->rows; j++)
        for (int i = 0; i + 1 < f->columns; i++) {
            struct cell c;
            if (cell_of(f, i, j, &c) && (!gains || c.gain > 0)) lay_plane(out, p, &c, f->spacing, gains);
        }
    return st;
}

/* How the pixels of a cell are visited: every skip-th each way, or each as split x split points. */
struct sampling {
    int split, skip;
};

/* Six pixels each way are enough for a mean that halftone dots and noise do not show in; more only
 * cost time. */
static struct sampling sampling_of(const struct cell *c, const struct rectified *r, int factor)
{
    double step = 0; /* the longest way from pixel to pixel, in samples of the raster */
    for (int n = 0; n < 4; n++)
        for (int k = 0; k < 4; k++) step = fmax(step, fabs(c->n[n]->at.j[k / 2][k % 2]));
    step *= r->per_tile / TILE_MM / factor;
    return (struct sampling){(int)fmin(MAX_SPLIT, fmax(1, ceil(step * 1.5))),
                             (int)fmin(64, fmax(1, 1 / (6 * step)))};
}

static void lay_rgb(struct rectified *r, const struct rectify_picture *pic, const struct cell *c,
                    double spacing)
{
    struct sampling o = sampling_of(c, r, pic->factor);
    double k = pic->factor;
    const struct lock *a = &c->n[0]->at, *b = &c->n[1]->at, *d = &c->n[2]->at;
    int x0 = (int)fmax(0, ceil((a->x + 0.5) * k - 0.5));
    int x1 = (int)fmin(pic->width, ceil((b->x + 0.5) * k - 0.5));
    int y0 = (int)fmax(0, ceil((a->y + 0.5) * k - 0.5));
    int y1 = (int)fmin(pic->height, ceil((d->y + 0.5) * k - 0.5));
    for (int y = y0; y < y1; y += o.skip)
        for (int sy = 0; sy < o.split; sy++) {
            double u[2], step[2], first = x0 + 0.5 / o.split;
            const uint8_t *px = pic->rgb + (size_t)y * pic->stride + 3 * (size_t)x0;
            map_line(c, spacing, first / k - 0.5, (y + (sy + 0.5) / o.split) / k - 0.5, u, step);
            for (int n = 0; n < 2; n++) step[n] *= o.skip / (k * o.split);
            for (int x = x0; x < x1; x += o.skip, px += 3 * o.skip)
                for (int sx = 0; sx < o.split; sx++, u[0] += step[0], u[1] += step[1]) {
                    int64_t at = place(r, u);
                    if (at < 0) continue;
                    for (int ch = 0; ch < 3; ch++) r->v[3 * at + ch] += px[ch];
                    r->weight[at]++;
                }
        }
}

enum rectify_status rectify_rgb(struct rectified *out, const struct rectify_picture *pic,
                                const struct field *f, int per_tile, uint64_t max_bytes)
{
    enum rectify_status st = begin(out, f, per_tile, 3, max_bytes);
    for (int j = 0; !st && j + 1 < f->rows; j++)
        for (int i = 0; i + 1 < f->columns; i++) {
            struct cell c;
            if (cell_of(f, i, j, &c)) lay_rgb(out, pic, &c, f->spacing);
        }
    for (int64_t i = 0; !st && i < (int64_t)out->columns * out->rows; i++) {
        if (!(out->weight[i] > 0)) continue;
        for (int k = 0; k < 3; k++) out->v[3 * i + k] /= out->weight[i];
        out->weight[i] = 1;
    }
    return st;
}

void rectified_free(struct rectified *r)
{
    free(r->v);
    free(r->weight);
    r->v = r->weight = NULL;
}

/* ---- beyond the locked nodes ---- */

enum { UNKNOWNS = 8, REACH = 4 };

/* u = (h0 + h1 a + h2 b, h3 + h4 a + h5 b) / (1 + h6 a + h7 b), a and b the plane's coordinates from
 * its middle in units of its longer half (R. Hartley, "In defense of the eight-point algorithm",
 * 1997: without it the equations are ill-conditioned); u from the mean. */
struct homography {
    double h[UNKNOWNS], middle[2], unit, mean[2];
};

static void apply(const struct homography *m, double x, double y, double u[2])
{
    double a = (x - m->middle[0]) / m->unit, b = (y - m->middle[1]) / m->unit;
    double w = fmax(0.05, 1 + m->h[6] * a + m->h[7] * b);
    u[0] = m->mean[0] + (m->h[0] + m->h[1] * a + m->h[2] * b) / w;
    u[1] = m->mean[1] + (m->h[3] + m->h[4] * a + m->h[5] * b) / w;
}

/* Gaussian elimination with partial pivoting; 0 when singular. */
static int solve(double a[UNKNOWNS][UNKNOWNS + 1])
{
    for (int c = 0; c < UNKNOWNS; c++) {
        int p = c;
        for (int r = c + 1; r < UNKNOWNS; r++)
            if (fabs(a[r][c]) > fabs(a[p][c])) p = r;
        if (fabs(a[p][c]) < 1e-12) return 0;
        for (int k = 0; k <= UNKNOWNS; k++) {
            double t = a[c][k];
            a[c][k] = a[p][k];
            a[p][k] = t;
        }
        for (int r = 0; r < UNKNOWNS; r++) {
            double q = r == c ? 0 : a[r][c] / a[c][c];
            for (int k = c; k <= UNKNOWNS; k++) a[r][k] -= q * a[c][k];
        }
    }
    return 1;
}

static int fit(const struct field *f, struct homography *m)
{
    double a[UNKNOWNS][UNKNOWNS + 1] = {{0}}, n = 0;
    *m = (struct homography){.middle = {f->columns * f->spacing / 2, f->rows * f->spacing / 2},
                             .unit = fmax(f->columns, f->rows) * f->spacing / 2};
    for (int i = 0; i < f->columns * f->rows; i++)
        if (f->nodes[i].state == NODE_LOCKED) {
            for (int k = 0; k < 2; k++) m->mean[k] += f->nodes[i].at.u[k];
            n++;
        }
    if (n < 4) return 0;
    for (int k = 0; k < 2; k++) m->mean[k] /= n;
    for (int i = 0; i < f->columns * f->rows; i++) {
        const struct lock *l = &f->nodes[i].at;
        if (f->nodes[i].state != NODE_LOCKED) continue;
        double p = (l->x - m->middle[0]) / m->unit, q = (l->y - m->middle[1]) / m->unit;
        for (int k = 0; k < 2; k++) {
            double u = l->u[k] - m->mean[k], row[UNKNOWNS + 1] = {[6] = -u * p, [7] = -u * q, [8] = u};
            row[3 * k] = 1, row[3 * k + 1] = p, row[3 * k + 2] = q;
            for (int r = 0; r < UNKNOWNS; r++)
                for (int c = 0; c <= UNKNOWNS; c++) a[r][c] += row[r] * row[c];
        }
    }
    /* Without a ridge a few nodes in a row would give any perspective they like; 1 is that of a
     * picture taken from as near as it is wide. */
    for (int r = 6; r < UNKNOWNS; r++) a[r][r] += n;
    if (!solve(a)) return 0;
    for (int r = 0; r < UNKNOWNS; r++) m->h[r] = a[r][UNKNOWNS] / a[r][r];
    return 1;
}

/* Weighted mean of what the homography misses at the locked nodes around (i, j); weights fall with
 * the fourth power of the distance. */
static void missed(const struct field *f, const struct homography *m, int i, int j, int most, double miss[2])
{
    double sum = 0;
    miss[0] = miss[1] = 0;
    int r = most + REACH;
    for (int b = j - r < 0 ? 0 : j - r; b <= j + r && b < f->rows; b++)
        for (int a = i - r < 0 ? 0 : i - r; a <= i + r && a < f->columns; a++) {
            const struct node *n = &f->nodes[(size_t)b * (size_t)f->columns + (size_t)a];
            double d2 = (a - i) * (a - i) + (b - j) * (b - j), u[2];
            if (n->state != NODE_LOCKED || d2 == 0) continue;
            apply(m, n->at.x, n->at.y, u);
            for (int k = 0; k < 2; k++) miss[k] += (n->at.u[k] - u[k]) / (d2 * d2);
            sum += 1 / (d2 * d2);
        }
    for (int k = 0; k < 2 && sum > 0; k++) miss[k] /= sum;
}

/* Nodes from (i, j) to the nearest locked one, at most `most` + 1. */
static int distance(const struct field *f, int i, int j, int most)
{
    int best = most + 1;
    for (int b = j - most < 0 ? 0 : j - most; b <= j + most && b < f->rows; b++)
        for (int a = i - most < 0 ? 0 : i - most; a <= i + most && a < f->columns; a++) {
            int d = abs(a - i) > abs(b - j) ? abs(a - i) : abs(b - j);
            if (d < best && f->nodes[(size_t)b * (size_t)f->columns + (size_t)a].state == NODE_LOCKED)
                best = d;
        }
    return best;
}

double rectify_bend(const struct field *f)
{
    struct homography m;
    double sum = 0, n = 0;
    if (!f->columns || !fit(f, &m)) return 0;
    for (int i = 0; i < f->columns * f->rows; i++) {
        const struct lock *l = &f->nodes[i].at;
        double u[2];
        if (f->nodes[i].state != NODE_LOCKED) continue;
        apply(&m, l->x, l->y, u);
        sum += (l->u[0] - u[0]) * (l->u[0] - u[0]) + (l->u[1] - u[1]) * (l->u[1] - u[1]);
        n++;
    }
    return sqrt(sum / n);
}

int rectify_extend(struct field *f, int most)
{
    struct homography m;
    size_t n = (size_t)f->columns * (size_t)f->rows;
    if (!n || !fit(f, &m)) return 0;
    struct node *next = malloc(n * sizeof *next);
    if (!next) return -1;
    memcpy(next, f->nodes, n * sizeof *next);
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            struct node *q = &next[(size_t)j * (size_t)f->columns + (size_t)i];
            double miss[2], right[2], down[2];
            if (q->state != NODE_UNKNOWN || distance(f, i, j, most) > most) continue;
            missed(f, &m, i, j, most, miss);
            apply(&m, q->at.x, q->at.y, q->at.u);
            apply(&m, q->at.x + 1, q->at.y, right);
            apply(&m, q->at.x, q->at.y + 1, down);
            for (int k = 0; k < 2; k++) {
                q->at.j[k][0] = right[k] - q->at.u[k];
                q->at.j[k][1] = down[k] - q->at.u[k];
                q->at.u[k] += miss[k];
            }
            q->state = NODE_GUESSED;
            q->gain = 0;
        }
    free(f->nodes);
    f->nodes = next;
    return 0;
}
