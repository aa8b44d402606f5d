/*
 * One projective map through a capture of a flat print (flat.h): the method of smooth.c with the eight numbers that a flat
 * print before a lens has.
 */
#include "capture/flat.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/linear.h"
#include "capture/smooth_map.h"

enum { EIGHT = 8, KNOWN = 4, ROUNDS = 6, REACH = 3, STAGES = 24, STAGES_PLACED = 6 };
static const double STALE_MM = 0.06; /* a patch is looked at again when the map has moved it by more */
static const float FLAT_Z = 5; /* a node and its neighbours agree by so much where that decides how far a map
                                        spreads: patches overlap, chance reaches 4 */
static const double KNOWN_MM = 0.1; /* what locating is off by, standard deviation of one coordinate */
static const double BORDER_MM = 1;   /* of the artwork: what lies beside it is not the mark's */

/* u = seed + (c + M d) / (1 + g.d), d in units from the seed's place. */
struct projection {
    const struct lock *seed;
    double unit, v[EIGHT];    /* c0 c1 m00 m01 m10 m11 g0 g1 */
    struct lock known[KNOWN]; /* where it should go by what is known beforehand */
    double ridge; /* and what a square mm away from there costs, in agreement; 0: nothing is known */
};

/* The projection that bends like the map to second order: its squares are -(M d)(g.d). */
static void from_map(struct projection *q, const struct smooth_map *m)
{
    double a[2][2] = {{1e-9, 0}, {0, 1e-9}}, b[2] = {0};
    for (int k = 0; k < 2; k++) {
        q->v[k] = m->t[0][k];
        for (int c = 0; c < 2; c++) q->v[2 + 2 * k + c] = m->seed->j[k][c] * m->unit + m->t[1 + c][k];
        double m0 = q->v[2 + 2 * k], m1 = q->v[3 + 2 * k];
        const double row[3][3] = {{-m0, 0, m->t[3][k]}, {-m1, -m0, m->t[4][k]}, {0, -m1, m->t[5][k]}};
        for (int r = 0; r < 3; r++)
            for (int i = 0; i < 2; i++) {
                b[i] += row[r][i] * row[r][2];
                for (int c = 0; c < 2; c++) a[i][c] += row[r][i] * row[r][c];
            }
    }
    if (linear_solve(2, 2, *a, b)) q->v[6] = b[0], q->v[7] = b[1];
}

/* Where the projection puts a place, and how that moves with its eight numbers; 0 behind its horizon. */
static int project(const struct projection *q, struct lock *l, double slope[2][EIGHT])
{
    const double *v = q->v, d[2] = {(l->x - q->seed->x) / q->unit, (l->y - q->seed->y) / q->unit};
    double w = 1 + v[6] * d[0] + v[7] * d[1];
    if (w < 0.2) return 0;
    for (int k = 0; k < 2; k++) {
        double u = (v[k] + v[2 + 2 * k] * d[0] + v[3 + 2 * k] * d[1]) / w;
        l->u[k] = q->seed->u[k] + u;
        for (int c = 0; c < 2; c++) l->j[k][c] = (v[2 + 2 * k + c] - u * v[6 + c]) / w / q->unit;
        for (int i = 0; slope && i < EIGHT; i++) slope[k][i] = 0;
        if (!slope) continue;
        slope[k][k] = 1 / w;
        for (int c = 0; c < 2; c++) {
            slope[k][2 + 2 * k + c] = d[c] / w;
            slope[k][6 + c] = -u * d[c] / w;
        }
    }
    return 1;
}

/* Looks at the nodes that are wanted, as far as they have moved since they were looked at last. */
static void look_around(const struct field *f, struct patch *patches, const uint8_t *wanted, struct sync *s,
                        const struct plane *p, const struct projection *q, double stale)
{
    for (int i = 0; i < f->columns * f->rows; i++) {
        struct patch *t = &patches[i];
        struct lock l = f->nodes[i].at;
        int known = t->there;
        t->there = wanted[i] && project(q, &l, NULL);
        if (!t->there || (known && hypot(l.u[0] - t->at.u[0], l.u[1] - t->at.u[1]) <= stale)) continue;
        t->at = l;
        sync_pilots(s, p, &t->at, &t->pilots);
    }
}

/* Takes off what the projection strays from what is known. */
static double stray(const struct projection *q, double a[EIGHT][EIGHT], double b[EIGHT])
{
    double sum = 0;
    for (int i = 0; q->ridge > 0 && i < KNOWN; i++) {
        double slope[2][EIGHT];
        struct lock l = q->known[i];
        if (!project(q, &l, slope)) continue;
        for (int k = 0; k < 2; k++) {
            double d = l.u[k] - q->known[i].u[k];
            sum -= 0.5 * q->ridge * d * d;
            for (int r = 0; a && r < EIGHT; r++) {
                b[r] -= q->ridge * d * slope[k][r];
                for (int c = 0; c < EIGHT; c++) a[r][c] += q->ridge * slope[k][r] * slope[k][c];
            }
        }
    }
    return sum;
}

/* Agreement of all patches with the projection; with a and b, the normal equations of a step, too. */
static double agree(const struct projection *q, const struct patch *patches, size_t n, double a[EIGHT][EIGHT],
                    double b[EIGHT])
{
    double sum = stray(q, a, b);
    for (size_t i = 0; i < n; i++) {
        double slope[2][EIGHT], du[2], g[2], h[3];
        struct lock l = patches[i].at;
        if (!patches[i].there || !project(q, &l, slope)) continue;
        for (int k = 0; k < 2; k++) du[k] = l.u[k] - patches[i].at.u[k];
        sum += patch_slopes(patches[i].pilots.y, du, g, h);
        for (int r = 0; a && r < EIGHT; r++) {
            b[r] += slope[0][r] * g[0] + slope[1][r] * g[1];
            double along[2] = {slope[0][r] * h[0] + slope[1][r] * h[1],
                               slope[0][r] * h[1] + slope[1][r] * h[2]};
            for (int c = 0; c < EIGHT; c++) a[r][c] += along[0] * slope[0][c] + along[1] * slope[1][c];
        }
    }
    return sum;
}

/* One step of Levenberg's method; 0 when nothing improves. The eight numbers differ in kind, so each is damped by its own
 * curvature (Marquardt). */
static int adjust(struct projection *q, const struct patch *patches, size_t n)
{
    double a[EIGHT][EIGHT] = {{0}}, b[EIGHT] = {0}, now = agree(q, patches, n, a, b);
    for (double damp = 0.05; damp < 100; damp *= 4) {
        double c[EIGHT][EIGHT], d[EIGHT];
        struct projection next = *q;
        memcpy(c, a, sizeof c);
        memcpy(d, b, sizeof d);
        for (int r = 0; r < EIGHT; r++) c[r][r] += damp * (fabs(a[r][r]) + 1e-6);
        if (!linear_solve(EIGHT, EIGHT, *c, d)) continue;
        for (int r = 0; r < EIGHT; r++) next.v[r] += d[r];
        if (agree(&next, patches, n, NULL, NULL) <= now) continue;
        *q = next;
        return 1;
    }
    return 0;
}

/* The nodes within REACH of locked ones. */
static void want_around(const struct field *f, uint8_t *wanted)
{
    memset(wanted, 0, (size_t)f->columns * (size_t)f->rows);
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            if (f->nodes[(size_t)j * f->columns + i].state != NODE_LOCKED) continue;
            int from = i > REACH ? i - REACH : 0, to = i + REACH < f->columns ? i + REACH : f->columns - 1;
            for (int b = j > REACH ? j - REACH : 0; b <= j + REACH && b < f->rows; b++)
                memset(wanted + (size_t)b * f->columns + from, 1, (size_t)(to - from + 1));
        }
}

/* From the places around the seed outwards, as long as more agree: the map is fitted to all that do and those beside them. */
static void spread(struct projection *q, struct field *f, struct patch *patches, uint8_t *wanted,
                   struct sync *s, const struct plane *p)
{
    size_t n = (size_t)f->columns * (size_t)f->rows;
    for (size_t i = 0; i < n; i++) {
        wanted[i] = hypot(f->nodes[i].at.x - q->seed->x, f->nodes[i].at.y - q->seed->y) <= 0.4 * SYNC_SIDE;
        patches[i].there = 0;
    }
    for (int stage = 0, before = 0; stage < STAGES; stage++) {
        look_around(f, patches, wanted, s, p, q, STALE_MM);
        for (int k = 0; k < ROUNDS && adjust(q, patches, n); k++) {
        }
        look_around(f, patches, wanted, s, p, q, STALE_MM);
        patches_take(f, patches, FLAT_Z);
        if (f->locked <= before + before / 50) break;
        before = f->locked;
        want_around(f, wanted);
    }
    look_around(f, patches, wanted, s, p, q, 0);
    patches_take(f, patches, FLAT_Z);
}

/* Nodes beside locked ones carry the mark at known places, too. */
static void take_borders(struct field *f, const struct projection *q)
{
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            struct node *n = &f->nodes[(size_t)j * f->columns + i];
            int beside = 0;
            for (int b = j - 1; b <= j + 1; b++)
                for (int a = i - 1; a <= i + 1; a++)
                    beside |= a >= 0 && b >= 0 && a < f->columns && b < f->rows &&
                              f->nodes[(size_t)b * f->columns + a].state == NODE_LOCKED;
            if (n->state == NODE_UNKNOWN && beside && project(q, &n->at, NULL)) n->state = NODE_GUESSED;
        }
}

int field_flat(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, float *z)
{
    *z = 0;
    if (field_begin(f, p, seed)) return -1;
    size_t n = (size_t)f->columns * (size_t)f->rows;
    struct patch *patches = calloc(n, sizeof *patches);
    uint8_t *wanted = malloc(n);
    struct smooth_map m = {.seed = seed, .unit = SYNC_SIDE / 2.0};
    struct projection q = {.seed = seed, .unit = m.unit};
    if (patches && wanted) smooth_fit_window(&m, f, patches, s, p, z);
    if (*z >= SMOOTH_MIN_Z) {
        from_map(&q, &m);
        spread(&q, f, patches, wanted, s, p);
        take_borders(f, &q);
    }
    int bad = !patches || !wanted;
    free(patches);
    free(wanted);
    return bad ? -1 : 0;
}

/* Where the matrix sees a place u of the artwork: x and y, and u; all 0 where it sees none. */
static struct lock seen_at(double h[3][3], const double u[2])
{
    double a[3][3], b[3] = {u[0], u[1], 1}, most = 0;
    memcpy(a, h, sizeof a);
    for (int k = 0; k < 9; k++) most = fmax(most, fabs(a[k / 3][k % 3]));
    for (int k = 0; k < 9; k++) a[k / 3][k % 3] /= most; /* only directions count */
    if (!linear_solve(3, 3, *a, b) || fabs(b[2]) < 1e-12) return (struct lock){.x = 0};
    return (struct lock){.x = b[0] / b[2], .y = b[1] / b[2], .u = {u[0], u[1]}};
}

/* A projection of the form above from a 3 x 3 matrix: about the place where the middle of the rectangle is seen. */
static int from_matrix(struct projection *q, struct lock *seed, double h[3][3], const double middle[2])
{
    *seed = seen_at(h, middle);
    double w = h[2][0] * seed->x + h[2][1] * seed->y + h[2][2];
    *q = (struct projection){.seed = seed, .unit = SYNC_SIDE / 2.0};
    for (int c = 0; c < 2; c++) {
        q->v[6 + c] = h[2][c] * q->unit / w;
        for (int k = 0; k < 2; k++) {
            seed->j[k][c] = (h[k][c] - middle[k] * h[2][c]) / w;
            q->v[2 + 2 * k + c] = seed->j[k][c] * q->unit;
        }
    }
    double det = fabs(seed->j[0][0] * seed->j[1][1] - seed->j[0][1] * seed->j[1][0]);
    return det > 1e-6 && det < 1; /* 1 - 1000 samples per mm; not a number neither */
}

/*
 * The prior of field_placed: the map is known to KNOWN_MM in each of four places. Agreement is the log-likelihood times
 * noise over amplitude, which the agreement itself tells; patches overlap, so that every sample is in several.
 */
static void set_prior(struct projection *q, const struct patch *patches, size_t n, double overlap)
{
    double sum = 0, power = 0;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; patches[i].there && k < N_PILOTS; k++) {
            const struct cplx *y = &patches[i].pilots.y[k];
            sum += y->re;
            power += (double)(y->re * y->re + y->im * y->im) / 2;
        }
    q->ridge = overlap * power / fmax(sum, sqrt(power)) / (KNOWN_MM * KNOWN_MM);
}

/* Fits the map to all patches at once. */
static void fit_all(struct projection *q, struct field *f, struct patch *patches, const uint8_t *wanted,
                    struct sync *s, const struct plane *p, float *z)
{
    size_t n = (size_t)f->columns * (size_t)f->rows;
    const struct lock *j = q->seed;
    double side =
        f->spacing * sqrt(fabs(j->j[0][0] * j->j[1][1] - j->j[0][1] * j->j[1][0])); /* mm between nodes */
    for (int stage = 0; stage < STAGES_PLACED; stage++) {
        look_around(f, patches, wanted, s, p, q, STALE_MM);
        set_prior(q, patches, n, TILE_MM * TILE_MM / (side * side));
        for (int k = 0; k < ROUNDS && adjust(q, patches, n); k++) {
        }
    }
    look_around(f, patches, wanted, s, p, q, 0);
    *z = patches_z(patches, n);
    patches_take(f, patches, 0);
    take_borders(f, q);
}

int field_placed(struct field *f, struct sync *s, const struct plane *p, double h[3][3], const double low[2],
                 const double high[2], float *z)
{
    struct projection q;
    struct lock seed;
    const double middle[2] = {(low[0] + high[0]) / 2, (low[1] + high[1]) / 2};
    *z = 0;
    *f = (struct field){.nodes = NULL};
    if (!from_matrix(&q, &seed, h, middle)) return 0;
    if (field_begin(f, p, &seed)) return -1;
    for (int i = 0; i < KNOWN; i++) {
        double to[2];
        for (int k = 0; k < 2; k++) to[k] = middle[k] + ((i >> k & 1) - 0.5) * (high[k] - low[k]) / 2;
        q.known[i] = seen_at(h, to);
    }
    size_t n = (size_t)f->columns * (size_t)f->rows;
    struct patch *patches = calloc(n, sizeof *patches);
    uint8_t *wanted = calloc(n, 1);
    for (size_t i = 0; patches && wanted && i < n; i++) {
        struct lock l = f->nodes[i].at;
        wanted[i] = (uint8_t)project(&q, &l, NULL);
        for (int k = 0; k < 2; k++) wanted[i] &= l.u[k] > low[k] + BORDER_MM && l.u[k] < high[k] - BORDER_MM;
    }
    if (patches && wanted) fit_all(&q, f, patches, wanted, s, p, z);
    int bad = !patches || !wanted;
    free(patches);
    free(wanted);
    return bad ? -1 : 0;
}
