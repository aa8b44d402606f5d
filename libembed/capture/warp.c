/*
 * Region growing over local locks (warp.h).
 *
 * Nodes stand NODE_MM apart.  The node with the strongest locked surroundings is next; its place on the
 * artwork is predicted by a weighted second-order fit through the locked nodes around it, the pilots' phases
 * in a patch around it correct the prediction, and it is locked when they agree.  As every prediction is
 * local, perspective, lens distortion and the curvature of bottles are followed without a model of any of
 * them.  Then every node is predicted and measured again with all neighbours known, the pilots of a
 * neighbourhood pooled coherently: where one patch alone says little, nine together do.
 */
#include "capture/warp.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NODE_MM =
    6.4; /* a third of a tile: patches of neighbours overlap by half under their windows */
static const double REACH_MM = 0.35; /* growing: under half of the shortest pilot wave, no ambiguity */
static const double REFINE_MM = 0.2;
static const float GROW_Z = 4.6f; /* chance alone reaches 3.3 within the reach in one patch of a hundred */
static const float GROW_Z_SURE = 3.8f; /* the same where SURE neighbours predict, within REFINE_MM */
static const float POOL_Z = 4.2f;
enum { MAX_TRIES = 3, MAX_WIDEN = 8, FIT_RADIUS = 3, SURE = 8, TERMS = 6 };

static struct node *node_at(const struct field *f, int i, int j)
{
    if (i < 0 || j < 0 || i >= f->columns || j >= f->rows) return NULL;
    return &f->nodes[(size_t)j * f->columns + i];
}

/* Solves m a = b for two right-hand sides, m symmetric n x n; 0 when it is nearly singular. */
static int solve(int n, double m[TERMS][TERMS], double b[TERMS][2])
{
    for (int c = 0; c < n; c++) {
        int p = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(m[r][c]) > fabs(m[p][c])) p = r;
        if (fabs(m[p][c]) < 1e-3) return 0;
        for (int k = 0; k < n; k++) {
            double t = m[c][k];
            m[c][k] = m[p][k];
            m[p][k] = t;
        }
        for (int k = 0; k < 2; k++) {
            double t = b[c][k];
            b[c][k] = b[p][k];
            b[p][k] = t;
        }
        for (int r = 0; r < n; r++) {
            if (r == c) continue;
            double q = m[r][c] / m[c][c];
            for (int k = 0; k < n; k++) m[r][k] -= q * m[c][k];
            for (int k = 0; k < 2; k++) b[r][k] -= q * b[c][k];
        }
    }
    for (int r = 0; r < n; r++)
        for (int k = 0; k < 2; k++) b[r][k] /= m[r][r];
    return 1;
}

/* Normal equations of u = c0 + c1 i + c2 j + c3 i^2 + c4 i j + c5 j^2 over the locked nodes around (i, j);
 * returns their number. */
static int collect(const struct field *f, int i, int j, double m[TERMS][TERMS], double b[TERMS][2],
                   const struct node **nearest)
{
    double best = 1e9;
    int n = 0;
    memset(m, 0, sizeof(double) * TERMS * TERMS);
    memset(b, 0, sizeof(double) * TERMS * 2);
    for (int dj = -FIT_RADIUS; dj <= FIT_RADIUS; dj++)
        for (int di = -FIT_RADIUS; di <= FIT_RADIUS; di++) {
            const struct node *q = node_at(f, i + di, j + dj);
            double d2 = di * di + dj * dj;
            if (!q || q->state != NODE_LOCKED) continue;
            if (d2 < best) best = d2, *nearest = q;
            double w = exp(-d2 / 4.0) * q->at.z_phase * q->at.z_phase,
                   x[TERMS] = {1, di, dj, di * di, di * dj, dj * dj};
            for (int r = 0; r < TERMS; r++) {
                for (int c = 0; c < TERMS; c++) m[r][c] += w * x[r] * x[c];
                for (int k = 0; k < 2; k++) b[r][k] += w * x[r] * q->at.u[k];
            }
            n++;
        }
    return n;
}

/*
 * Predicts the place of node (i, j) from the locked nodes around it.  Returns how many there were; 0: no
 * prediction.  The second-order terms are damped towards zero: bends of 0.15 mm per node pitch squared are
 * expected, measurement errors of 0.05 mm.
 */
static int predict(const struct field *f, int i, int j, struct lock *out)
{
    double m[TERMS][TERMS], b[TERMS][2];
    const struct node *self = node_at(f, i, j), *near = NULL;
    int n = collect(f, i, j, m, b, &near), terms = n >= 10 ? TERMS : 3;
    if (!n) return 0;
    for (int r = 3; r < TERMS; r++) m[r][r] += 4;
    if (n >= 4 && solve(terms, m, b)) {
        for (int k = 0; k < 2; k++) {
            out->u[k] = b[0][k];
            out->j[k][0] = b[1][k] / f->spacing;
            out->j[k][1] = b[2][k] / f->spacing;
        }
    } else {
        double dx = self->at.x - near->at.x, dy = self->at.y - near->at.y;
        memcpy(out->j, near->at.j, sizeof out->j);
        for (int k = 0; k < 2; k++) out->u[k] = near->at.u[k] + near->at.j[k][0] * dx + near->at.j[k][1] * dy;
    }
    out->x = self->at.x;
    out->y = self->at.y;
    return n;
}

static void lock_node(struct field *f, struct node *n, const struct lock *at, const double du[2], float z,
                      float gain)
{
    n->at = *at;
    n->at.u[0] += du[0];
    n->at.u[1] += du[1];
    n->at.z_phase = z;
    n->gain = gain;
    if (n->state != NODE_LOCKED) f->locked++;
    n->state = NODE_LOCKED;
}

/* Tells the nodes around a newly locked one. */
static void attract(struct field *f, int i, int j)
{
    for (int dj = -2; dj <= 2; dj++)
        for (int di = -2; di <= 2; di++) {
            struct node *q = node_at(f, i + di, j + dj);
            if (!q || (!di && !dj)) continue;
            q->pull += node_at(f, i, j)->at.z_phase / (float)(di * di + dj * dj);
            q->around++;
        }
}

static int measure(struct field *f, struct sync *s, const struct plane *p, int i, int j)
{
    struct node *n = node_at(f, i, j);
    struct lock guess = n->at;
    struct pilots got;
    double du[2];
    int sure = predict(f, i, j, &guess) >= SURE;
    sync_pilots(s, p, &guess, &got);
    float z = sync_shift(s, got.y, sure ? REFINE_MM : REACH_MM, du), gain = sync_gain(&got, du);
    if (z < (sure ? GROW_Z_SURE : GROW_Z) || gain <= 0) return 0;
    lock_node(f, n, &guess, du, z, gain);
    attract(f, i, j);
    return 1;
}

/* The unlocked node with the strongest locked surroundings, or 0 when there is none left to try. */
static int next_node(const struct field *f, int *bi, int *bj)
{
    float best = 0;
    int at = -1;
    for (int k = 0; k < f->columns * f->rows; k++) {
        const struct node *n = &f->nodes[k];
        if (n->pull <= best || n->state == NODE_LOCKED || n->tries >= MAX_TRIES) continue;
        if (n->tries && n->around < 4 * n->tries) continue; /* tried: only with more around it than then */
        best = n->pull;
        at = k;
    }
    *bi = at % f->columns;
    *bj = at / f->columns;
    return at >= 0;
}

static int seed_node(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed)
{
    int i = (int)(seed->x / f->spacing), j = (int)(seed->y / f->spacing);
    struct node *n = node_at(f, i, j);
    if (!n) return 0;
    double dx = n->at.x - seed->x, dy = n->at.y - seed->y;
    memcpy(n->at.j, seed->j, sizeof n->at.j);
    for (int k = 0; k < 2; k++) n->at.u[k] = seed->u[k] + seed->j[k][0] * dx + seed->j[k][1] * dy;
    n->at.z_phase = seed->z_phase;
    n->state = NODE_LOCKED;
    f->locked = 1;
    struct pilots got;
    double du[2];
    sync_pilots(s, p, &n->at, &got);
    sync_shift(s, got.y, REACH_MM, du);
    n->at.u[0] += du[0];
    n->at.u[1] += du[1];
    n->gain = fmaxf(0, sync_gain(&got, du));
    attract(f, i, j);
    return 1;
}

struct view {
    struct lock at;
    struct pilots pilots;
    int there;
};

/* Coherent sum of the views around node (i, j), gaussian weights; returns the mean gain of those views. */
static float pool(const struct field *f, const struct view *views, int i, int j, int radius,
                  struct cplx y[N_PILOTS])
{
    float sum = 0, gain = 0;
    const double still[2] = {0, 0};
    memset(y, 0, sizeof *y * N_PILOTS);
    for (int dj = -radius; dj <= radius; dj++)
        for (int di = -radius; di <= radius; di++) {
            if (!node_at(f, i + di, j + dj)) continue;
            const struct view *v = &views[(size_t)(j + dj) * f->columns + i + di];
            float w = expf(-(float)(di * di + dj * dj) / (float)(2 * radius * radius));
            if (!v->there) continue;
            sum += w;
            gain += w * sync_gain(&v->pilots, still);
            for (int k = 0; k < N_PILOTS; k++) {
                y[k].re += w * v->pilots.y[k].re;
                y[k].im += w * v->pilots.y[k].im;
            }
        }
    return sum > 0 ? gain / sum : 0;
}

/* Predicts all nodes that have locked ones around them, looks at all, then corrects each by what its
 * neighbourhood of so many nodes saw. */
static int refine(struct field *f, struct sync *s, const struct plane *p, int radius, int keep)
{
    size_t n = (size_t)f->columns * f->rows;
    struct view *views = calloc(n, sizeof *views);
    if (!views) return -1;
    for (size_t k = 0; k < n; k++) {
        int i = (int)(k % f->columns), j = (int)(k / f->columns);
        views[k].at = f->nodes[k].at;
        int around = predict(f, i, j, &views[k].at);
        views[k].there = f->nodes[k].state == NODE_LOCKED ? around > 0 : around >= SURE;
        if (views[k].there) sync_pilots(s, p, &views[k].at, &views[k].pilots);
    }
    f->locked = 0;
    for (size_t k = 0; k < n; k++) {
        struct node *q = &f->nodes[k];
        struct cplx y[N_PILOTS];
        double du[2];
        int was = q->state;
        q->state = NODE_UNKNOWN;
        if (!views[k].there) continue;
        float mean = pool(f, views, (int)(k % f->columns), (int)(k / f->columns), radius, y);
        float z = sync_shift(s, y, REFINE_MM, du),
              gain = radius > 1 || keep ? mean : sync_gain(&views[k].pilots, du);
        if (z >= POOL_Z && gain > 0) {
            lock_node(f, q, &views[k].at, du, z, gain);
        } else if (keep && was == NODE_LOCKED) {
            q->state = NODE_LOCKED;
            f->locked++;
        }
    }
    free(views);
    return 0;
}

/* Places beside locked ones that would not lock themselves still carry the mark at predictable places. */
static void guess_borders(struct field *f)
{
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            struct node *n = node_at(f, i, j);
            int close = 0;
            for (int dj = -1; dj <= 1; dj++)
                for (int di = -1; di <= 1; di++) {
                    const struct node *q = node_at(f, i + di, j + dj);
                    close |= q && q->state == NODE_LOCKED;
                }
            if (n->state != NODE_LOCKED && close && predict(f, i, j, &n->at) >= 3) n->state = NODE_GUESSED;
        }
}

int field_begin(struct field *f, const struct plane *p, const struct lock *seed)
{
    double scale = sqrt(fabs(seed->j[0][0] * seed->j[1][1] - seed->j[0][1] * seed->j[1][0]));
    *f = (struct field){.spacing = NODE_MM / scale};
    f->columns = (int)(p->width / f->spacing) + 1;
    f->rows = (int)(p->height / f->spacing) + 1;
    f->nodes = calloc((size_t)f->columns * (size_t)f->rows, sizeof *f->nodes);
    if (!f->nodes) return -1;
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            node_at(f, i, j)->at.x = (i + 0.5) * f->spacing;
            node_at(f, i, j)->at.y = (j + 0.5) * f->spacing;
        }
    return 0;
}

int field_grow(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed, int most)
{
    if (field_begin(f, p, seed)) return -1;
    if (!seed_node(f, s, p, seed)) return 0;
    for (int i, j; f->locked < most && next_node(f, &i, &j);)
        if (!measure(f, s, p, i, j)) node_at(f, i, j)->tries++;
    int enough = f->locked >= most;
    if (refine(f, s, p, 1, 0) || (!enough && refine(f, s, p, 1, 0))) return -1;
    guess_borders(f);
    return 0;
}

int field_widen(struct field *f, struct sync *s, const struct plane *p)
{
    for (int pass = 0, before = -1; pass < MAX_WIDEN && f->locked > before; pass++) {
        before = f->locked;
        if (refine(f, s, p, 2, 0)) return -1;
    }
    if (refine(f, s, p, 1, 1)) return -1;
    guess_borders(f);
    return 0;
}

void field_free(struct field *f)
{
    free(f->nodes);
    f->nodes = NULL;
}
