/*
 * One smooth map through a weak capture (smooth.h).
 *
 * A patch of a weak capture says nothing by itself: its pilots stand 6 dB below the noise.  The geometry of a
 * print before a lens has few degrees of freedom, though, and all patches together determine it.  With the
 * map u(x) = seed + sum of t_m phi_m(x), phi = 1, x, y, x^2, xy, y^2, the sum over patches and pilots of
 * Re[y exp(-2 pi i k.du(x) / TILE_MM)] is maximised over t by Levenberg's method, damped Newton
 * steps (the phase of a sinusoid in noise is linear in small corrections; S. Kay, "Fundamentals of Statistical
 * Signal Processing I", 1993, ch. 7).  It is fitted on the window of the seed only, where the seed is right to
 * a fraction of a wave: three terms on the inner patches, then three and six on all; from there field_widen
 * goes on by neighbourhoods (warp.h).
 */
#include "capture/smooth.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { TERMS = 6, UNKNOWNS = 2 * TERMS, EIGHT = 8, ROUNDS = 6, REACH = 3, STAGES = 24 };
static const double STALE_MM = 0.06; /* a patch is looked at again when the map has moved it by more */
static const float POOLED_Z = 2.2f; /* a node is used when it and its neighbours agree by so much */
static const float FLAT_Z = 5;   /* the same where it decides how far a flat map spreads: patches overlap, chance reaches 4 */

struct patch {
    struct lock at;
    struct pilots pilots;
    int there;
};

struct map {
    const struct lock *seed;
    double unit;         /* samples: phi is of (x - seed) / unit */
    double t[TERMS][2];  /* mm */
    double ridge[TERMS]; /* inverse variance of the prior of t, per mm^2 */
};

static void terms_at(const struct map *m, double x, double y, double phi[TERMS])
{
    double a = (x - m->seed->x) / m->unit, b = (y - m->seed->y) / m->unit;
    const double all[TERMS] = {1, a, b, a * a, a * b, b * b};
    memcpy(phi, all, sizeof all);
}

static void map_at(const struct map *m, struct lock *l)
{
    double phi[TERMS], d[2] = {l->x - m->seed->x, l->y - m->seed->y};
    terms_at(m, l->x, l->y, phi);
    for (int k = 0; k < 2; k++) {
        l->u[k] = m->seed->u[k] + m->seed->j[k][0] * d[0] + m->seed->j[k][1] * d[1];
        for (int i = 0; i < TERMS; i++) l->u[k] += m->t[i][k] * phi[i];
        l->j[k][0] =
            m->seed->j[k][0] + (m->t[1][k] + 2 * m->t[3][k] * phi[1] + m->t[4][k] * phi[2]) / m->unit;
        l->j[k][1] =
            m->seed->j[k][1] + (m->t[2][k] + 2 * m->t[5][k] * phi[2] + m->t[4][k] * phi[1]) / m->unit;
    }
}

/* Agreement of one patch moved by du, its gradient and the negative of its Hessian. */
static double derivatives(const struct cplx y[N_PILOTS], const double du[2], double g[2], double h[3])
{
    g[0] = g[1] = h[0] = h[1] = h[2] = 0;
    const double f = 2 * M_PI / TILE_MM;
    double sum = 0;
    for (int i = 0; i < N_PILOTS; i++) {
        double kx = f * carrier_pilots[i].kx, ky = f * carrier_pilots[i].ky, t = kx * du[0] + ky * du[1];
        double c = cos(t), s = sin(t), re = y[i].re * c + y[i].im * s, im = y[i].im * c - y[i].re * s;
        sum += re;
        g[0] += kx * im;
        g[1] += ky * im;
        h[0] += kx * kx * re;
        h[1] += kx * ky * re;
        h[2] += ky * ky * re;
    }
    return sum;
}

/* Elimination with partial pivoting of n x n; 0 when singular. */
static int solve(int n, double a[UNKNOWNS][UNKNOWNS], double b[UNKNOWNS])
{
    for (int c = 0; c < n; c++) {
        int p = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r][c]) > fabs(a[p][c])) p = r;
        if (fabs(a[p][c]) < 1e-9) return 0;
        for (int k = 0; k < n; k++) {
            double t = a[c][k];
            a[c][k] = a[p][k];
            a[p][k] = t;
        }
        double t = b[c];
        b[c] = b[p];
        b[p] = t;
        for (int r = c + 1; r < n; r++) {
            double q = a[r][c] / a[c][c];
            for (int k = c; k < n; k++) a[r][k] -= q * a[c][k];
            b[r] -= q * b[c];
        }
    }
    for (int r = n - 1; r >= 0; r--) {
        for (int k = r + 1; k < n; k++) b[r] -= a[r][k] * b[k];
        b[r] /= a[r][r];
    }
    return 1;
}

static void shift_at(const struct map *m, const struct patch *q, const double done[TERMS][2],
                     double phi[TERMS], double du[2])
{
    terms_at(m, q->at.x, q->at.y, phi);
    for (int k = 0; k < 2; k++) {
        du[k] = 0;
        for (int t = 0; t < TERMS; t++) du[k] += done[t][k] * phi[t];
    }
}

/* What is maximised: agreement of all patches less the prior. */
static double goodness(const struct map *m, const struct patch *patches, size_t n,
                       const double done[TERMS][2])
{
    double sum = 0, phi[TERMS], du[2], g[2], h[3];
    for (size_t i = 0; i < n; i++) {
        if (!patches[i].there) continue;
        shift_at(m, &patches[i], done, phi, du);
        sum += derivatives(patches[i].pilots.y, du, g, h);
    }
    for (int t = 0; t < TERMS; t++)
        for (int k = 0; k < 2; k++) sum -= 0.5 * m->ridge[t] * pow(m->t[t][k] + done[t][k], 2);
    return sum;
}

/* One step of Levenberg's method over the patches that are there: damped until it improves; 0 when nothing
 * does. */
static int step(struct map *m, const struct patch *patches, size_t n, int terms, double done[TERMS][2])
{
    double a[UNKNOWNS][UNKNOWNS] = {{0}}, b[UNKNOWNS] = {0}, now = goodness(m, patches, n, done), trace = 0;
    int unknowns = 2 * terms;
    for (size_t i = 0; i < n; i++) {
        if (!patches[i].there) continue;
        double phi[TERMS], du[2], g[2] = {0, 0}, h[3] = {0, 0, 0};
        shift_at(m, &patches[i], done, phi, du);
        derivatives(patches[i].pilots.y, du, g, h);
        for (int r = 0; r < unknowns; r++) {
            b[r] += phi[r / 2] * g[r % 2];
            for (int c = 0; c < unknowns; c++) a[r][c] += phi[r / 2] * phi[c / 2] * h[r % 2 + c % 2];
        }
    }
    for (int r = 0; r < unknowns; r++) {
        a[r][r] += m->ridge[r / 2];
        b[r] -= m->ridge[r / 2] * (m->t[r / 2][r % 2] + done[r / 2][r % 2]);
        trace += fabs(a[r][r]) / unknowns;
    }
    for (double damp = 0.05; damp < 100; damp *= 4) {
        double c[UNKNOWNS][UNKNOWNS], d[UNKNOWNS], next[TERMS][2];
        memcpy(c, a, sizeof c);
        memcpy(d, b, sizeof d);
        memcpy(next, done, sizeof next);
        for (int r = 0; r < unknowns; r++) c[r][r] += damp * trace;
        if (!solve(unknowns, c, d)) continue;
        for (int r = 0; r < unknowns; r++) next[r / 2][r % 2] += d[r];
        if (goodness(m, patches, n, (const double(*)[2])next) <= now) continue;
        memcpy(done, next, sizeof next);
        return 1;
    }
    return 0;
}

/* Agreement of all patches with the map, over its deviation under the null. */
static float z_of(const struct patch *patches, size_t n)
{
    double sum = 0, power = 1e-30;
    for (size_t i = 0; i < n; i++)
        for (int k = 0; patches[i].there && k < N_PILOTS; k++) {
            const struct cplx *y = &patches[i].pilots.y[k];
            sum += y->re;
            power += (double)(y->re * y->re + y->im * y->im) / 2;
        }
    return (float)(sum / sqrt(power));
}

static void look(const struct field *f, struct patch *patches, struct sync *s, const struct plane *p,
                 const struct map *m, double radius)
{
    for (int i = 0; i < f->columns * f->rows; i++) {
        struct patch *q = &patches[i];
        q->at = f->nodes[i].at;
        q->there = hypot(q->at.x - m->seed->x, q->at.y - m->seed->y) <= radius;
        if (!q->there) continue;
        map_at(m, &q->at);
        sync_pilots(s, p, &q->at, &q->pilots);
    }
}

/* Nodes that agree together with their neighbours are locked, with the mean gain of the nine. */
static void take(struct field *f, const struct patch *patches, float least)
{
    f->locked = 0;
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            struct patch around[9];
            struct node *n = &f->nodes[(size_t)j * f->columns + i];
            size_t count = 0;
            float gain = 0;
            const double still[2] = {0, 0};
            n->state = NODE_UNKNOWN;
            for (int b = j - 1; b <= j + 1; b++)
                for (int a = i - 1; a <= i + 1; a++) {
                    if (a < 0 || b < 0 || a >= f->columns || b >= f->rows) continue;
                    const struct patch *q = &patches[(size_t)b * f->columns + a];
                    if (!q->there) continue;
                    gain += sync_gain(&q->pilots, still);
                    around[count++] = *q;
                }
            if (!count || !patches[(size_t)j * f->columns + i].there) continue;
            float z = z_of(around, count);
            if (z < least || gain <= 0) continue;
            n->at = patches[(size_t)j * f->columns + i].at;
            n->at.z_phase = z;
            n->gain = gain / (float)count;
            n->state = NODE_LOCKED;
            f->locked++;
        }
}

/* ---- around the seed ---- */

/* Fits the map on the window of the seed, where the seed is right to a fraction of a wave; *z: how well it then agrees. */
static void fit_window(struct map *m, const struct field *f, struct patch *patches, struct sync *s, const struct plane *p,
                       float *z)
{
    size_t n = (size_t)f->columns * (size_t)f->rows;
    const struct lock *seed = m->seed;
    double mm = m->unit * sqrt(fabs(seed->j[0][0] * seed->j[1][1] - seed->j[0][1] * seed->j[1][0]));
    for (int t = 3; t < TERMS; t++) m->ridge[t] = 4 / (0.04 * mm * 0.04 * mm); /* bends of a few percent */
    static const struct {
        double radius;
        int terms;
    } stages[] = {{0.25, 3}, {0.4, 3}, {0.4, TERMS}};
    *z = 0;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        double done[TERMS][2] = {{0}};
        look(f, patches, s, p, m, stages[i].radius * SYNC_SIDE);
        for (int k = 0; k < ROUNDS && step(m, patches, n, stages[i].terms, done); k++) {
        }
        for (int t = 0; t < TERMS; t++)
            for (int k = 0; k < 2; k++) m->t[t][k] += done[t][k];
        if (i) continue;
        look(f, patches, s, p, m, stages[0].radius * SYNC_SIDE);
        if (z_of(patches, n) < SMOOTH_FIRST_Z) return; /* most wrong seeds end here, at a fifth of the work */
    }
    look(f, patches, s, p, m, 0.4 * SYNC_SIDE);
    *z = z_of(patches, n);
}

int field_smooth(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, float *z)
{
    if (field_begin(f, p, seed)) return -1;
    struct patch *patches = calloc((size_t)f->columns * (size_t)f->rows, sizeof *patches);
    if (!patches) return -1;
    struct map m = {.seed = seed, .unit = SYNC_SIDE / 2.0};
    int bad = 0;
    fit_window(&m, f, patches, s, p, z);
    if (*z >= SMOOTH_MIN_Z) {
        take(f, patches, POOLED_Z);
        bad = field_widen(f, s, p);
    }
    free(patches);
    return bad;
}

struct screen {
    struct sync *sync;
    const struct plane *plane;
    const struct lock *seeds;
    int first, step, n;
    float *z;
};

static void *screen_some(void *user)
{
    const struct screen *c = user;
    for (int i = c->first; i < c->n; i += c->step) {
        struct map m = {.seed = &c->seeds[i], .unit = SYNC_SIDE / 2.0};
        struct field f;
        struct patch *patches = NULL;
        c->z[i] = 0;
        if (!field_begin(&f, c->plane, m.seed)) {
            patches = calloc((size_t)f.columns * (size_t)f.rows, sizeof *patches);
            if (patches) fit_window(&m, &f, patches, c->sync, c->plane, &c->z[i]);
        }
        free(patches);
        field_free(&f);
    }
    return NULL;
}

void smooth_screen(struct sync *const *sync, int threads, const struct plane *p, const struct lock *seeds, int n, float *z)
{
    enum { MOST = 8 };
    struct screen c[MOST];
    pthread_t thread[MOST];
    int started[MOST] = {0};
    if (threads > MOST) threads = MOST;
    for (int t = 0; t < threads; t++) c[t] = (struct screen){sync[t], p, seeds, t, threads, n, z};
    for (int t = 1; t < threads && t < n; t++) started[t] = !pthread_create(&thread[t], NULL, screen_some, &c[t]);
    for (int t = 0; t < threads; t++)
        if (!started[t]) screen_some(&c[t]);
    for (int t = 1; t < threads; t++)
        if (started[t]) pthread_join(thread[t], NULL);
}

/* ---- over the whole plane ---- */

/* u = seed + (c + M d) / (1 + g.d), d in units from the seed's place. */
struct projection {
    const struct lock *seed;
    double unit, v[EIGHT]; /* c0 c1 m00 m01 m10 m11 g0 g1 */
};

/* The projection that bends like the map to second order: its squares are -(M d)(g.d). */
static void from_map(struct projection *q, const struct map *m)
{
    double a[UNKNOWNS][UNKNOWNS] = {{1e-9, 0}, {0, 1e-9}}, b[UNKNOWNS] = {0};
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
    if (solve(2, a, b)) q->v[6] = b[0], q->v[7] = b[1];
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

/* Agreement of all patches with the projection; with a and b, the normal equations of a step, too. */
static double agree(const struct projection *q, const struct patch *patches, size_t n, double a[UNKNOWNS][UNKNOWNS],
                    double b[UNKNOWNS])
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double slope[2][EIGHT], du[2], g[2], h[3];
        struct lock l = patches[i].at;
        if (!patches[i].there || !project(q, &l, slope)) continue;
        for (int k = 0; k < 2; k++) du[k] = l.u[k] - patches[i].at.u[k];
        sum += derivatives(patches[i].pilots.y, du, g, h);
        for (int r = 0; a && r < EIGHT; r++) {
            b[r] += slope[0][r] * g[0] + slope[1][r] * g[1];
            double along[2] = {slope[0][r] * h[0] + slope[1][r] * h[1], slope[0][r] * h[1] + slope[1][r] * h[2]};
            for (int c = 0; c < EIGHT; c++) a[r][c] += along[0] * slope[0][c] + along[1] * slope[1][c];
        }
    }
    return sum;
}

/* One step of Levenberg's method; 0 when nothing improves. The eight numbers differ in kind, so each is damped by its own
 * curvature (Marquardt). */
static int adjust(struct projection *q, const struct patch *patches, size_t n)
{
    double a[UNKNOWNS][UNKNOWNS] = {{0}}, b[UNKNOWNS] = {0}, now = agree(q, patches, n, a, b);
    for (double damp = 0.05; damp < 100; damp *= 4) {
        double c[UNKNOWNS][UNKNOWNS], d[UNKNOWNS];
        struct projection next = *q;
        memcpy(c, a, sizeof c);
        memcpy(d, b, sizeof d);
        for (int r = 0; r < EIGHT; r++) c[r][r] += damp * (fabs(a[r][r]) + 1e-6);
        if (!solve(EIGHT, c, d)) continue;
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
static void spread(struct projection *q, struct field *f, struct patch *patches, uint8_t *wanted, struct sync *s,
                   const struct plane *p)
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
        take(f, patches, FLAT_Z);
        if (f->locked <= before + before / 50) break;
        before = f->locked;
        want_around(f, wanted);
    }
    look_around(f, patches, wanted, s, p, q, 0);
    take(f, patches, FLAT_Z);
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
    struct map m = {.seed = seed, .unit = SYNC_SIDE / 2.0};
    struct projection q = {.seed = seed, .unit = m.unit};
    if (patches && wanted) fit_window(&m, f, patches, s, p, z);
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
