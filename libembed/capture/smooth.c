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
#include "capture/smooth_map.h"
#include "capture/linear.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWNS = 2 * SMOOTH_TERMS, ROUNDS = 6 };
static const float POOLED_Z = 2.2f; /* a node is used when it and its neighbours agree by so much */

static void terms_at(const struct smooth_map *m, double x, double y, double phi[SMOOTH_TERMS])
{
    double a = (x - m->seed->x) / m->unit, b = (y - m->seed->y) / m->unit;
    const double all[SMOOTH_TERMS] = {1, a, b, a * a, a * b, b * b};
    memcpy(phi, all, sizeof all);
}

static void map_at(const struct smooth_map *m, struct lock *l)
{
    double phi[SMOOTH_TERMS], d[2] = {l->x - m->seed->x, l->y - m->seed->y};
    terms_at(m, l->x, l->y, phi);
    for (int k = 0; k < 2; k++) {
        l->u[k] = m->seed->u[k] + m->seed->j[k][0] * d[0] + m->seed->j[k][1] * d[1];
        for (int i = 0; i < SMOOTH_TERMS; i++) l->u[k] += m->t[i][k] * phi[i];
        l->j[k][0] =
            m->seed->j[k][0] + (m->t[1][k] + 2 * m->t[3][k] * phi[1] + m->t[4][k] * phi[2]) / m->unit;
        l->j[k][1] =
            m->seed->j[k][1] + (m->t[2][k] + 2 * m->t[5][k] * phi[2] + m->t[4][k] * phi[1]) / m->unit;
    }
}

static void shift_at(const struct smooth_map *m, const struct patch *q, const double done[SMOOTH_TERMS][2],
                     double phi[SMOOTH_TERMS], double du[2])
{
    terms_at(m, q->at.x, q->at.y, phi);
    for (int k = 0; k < 2; k++) {
        du[k] = 0;
        for (int t = 0; t < SMOOTH_TERMS; t++) du[k] += done[t][k] * phi[t];
    }
}

/* What is maximised: agreement of all patches less the prior. */
static double goodness(const struct smooth_map *m, const struct patch *patches, size_t n,
                       const double done[SMOOTH_TERMS][2])
{
    double sum = 0, phi[SMOOTH_TERMS], du[2], g[2], h[3];
    for (size_t i = 0; i < n; i++) {
        if (!patches[i].there) continue;
        shift_at(m, &patches[i], done, phi, du);
        sum += patch_slopes(patches[i].pilots.y, du, g, h);
    }
    for (int t = 0; t < SMOOTH_TERMS; t++)
        for (int k = 0; k < 2; k++) sum -= 0.5 * m->ridge[t] * pow(m->t[t][k] + done[t][k], 2);
    return sum;
}

/* One step of Levenberg's method over the patches that are there: damped until it improves; 0 when nothing
 * does. */
static int step(struct smooth_map *m, const struct patch *patches, size_t n, int terms, double done[SMOOTH_TERMS][2])
{
    double a[UNKNOWNS][UNKNOWNS] = {{0}}, b[UNKNOWNS] = {0}, now = goodness(m, patches, n, done), trace = 0;
    int unknowns = 2 * terms;
    for (size_t i = 0; i < n; i++) {
        if (!patches[i].there) continue;
        double phi[SMOOTH_TERMS], du[2], g[2] = {0, 0}, h[3] = {0, 0, 0};
        shift_at(m, &patches[i], done, phi, du);
        patch_slopes(patches[i].pilots.y, du, g, h);
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
        double c[UNKNOWNS][UNKNOWNS], d[UNKNOWNS], next[SMOOTH_TERMS][2];
        memcpy(c, a, sizeof c);
        memcpy(d, b, sizeof d);
        memcpy(next, done, sizeof next);
        for (int r = 0; r < unknowns; r++) c[r][r] += damp * trace;
        if (!linear_solve(unknowns, UNKNOWNS, *c, d)) continue;
        for (int r = 0; r < unknowns; r++) next[r / 2][r % 2] += d[r];
        if (goodness(m, patches, n, (const double(*)[2])next) <= now) continue;
        memcpy(done, next, sizeof next);
        return 1;
    }
    return 0;
}

static void look(const struct field *f, struct patch *patches, struct sync *s, const struct plane *p,
                 const struct smooth_map *m, double radius)
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

/* ---- around the seed ---- */

void smooth_fit_window(struct smooth_map *m, const struct field *f, struct patch *patches, struct sync *s, const struct plane *p,
                       float *z)
{
    size_t n = (size_t)f->columns * (size_t)f->rows;
    const struct lock *seed = m->seed;
    double mm = m->unit * sqrt(fabs(seed->j[0][0] * seed->j[1][1] - seed->j[0][1] * seed->j[1][0]));
    for (int t = 3; t < SMOOTH_TERMS; t++) m->ridge[t] = 4 / (0.04 * mm * 0.04 * mm); /* bends of a few percent */
    static const struct {
        double radius;
        int terms;
    } stages[] = {{0.25, 3}, {0.4, 3}, {0.4, SMOOTH_TERMS}};
    *z = 0;
    for (size_t i = 0; i < sizeof stages / sizeof *stages; i++) {
        double done[SMOOTH_TERMS][2] = {{0}};
        look(f, patches, s, p, m, stages[i].radius * SYNC_SIDE);
        for (int k = 0; k < ROUNDS && step(m, patches, n, stages[i].terms, done); k++) {
        }
        for (int t = 0; t < SMOOTH_TERMS; t++)
            for (int k = 0; k < 2; k++) m->t[t][k] += done[t][k];
        if (i) continue;
        look(f, patches, s, p, m, stages[0].radius * SYNC_SIDE);
        if (patches_z(patches, n) < SMOOTH_FIRST_Z) return; /* most wrong seeds end here, at a fifth of the work */
    }
    look(f, patches, s, p, m, 0.4 * SYNC_SIDE);
    *z = patches_z(patches, n);
}

int field_smooth(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, float *z)
{
    if (field_begin(f, p, seed)) return -1;
    struct patch *patches = calloc((size_t)f->columns * (size_t)f->rows, sizeof *patches);
    if (!patches) return -1;
    struct smooth_map m = {.seed = seed, .unit = SYNC_SIDE / 2.0};
    int bad = 0;
    smooth_fit_window(&m, f, patches, s, p, z);
    if (*z >= SMOOTH_MIN_Z) {
        patches_take(f, patches, POOLED_Z);
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
        struct smooth_map m = {.seed = &c->seeds[i], .unit = SYNC_SIDE / 2.0};
        struct field f;
        struct patch *patches = NULL;
        c->z[i] = 0;
        if (!field_begin(&f, c->plane, m.seed)) {
            patches = calloc((size_t)f.columns * (size_t)f.rows, sizeof *patches);
            if (patches) smooth_fit_window(&m, &f, patches, c->sync, c->plane, &c->z[i]);
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
