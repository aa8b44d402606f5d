/*
 * Region growing over local locks (warp.h).
 *
 * Nodes stand NODE_MM apart.  The node with most locked neighbours is next; its place on the artwork is predicted by a weighted
 * affine fit through the locked nodes around it, the pilots' phases in a patch around it correct the prediction, and it is
 * locked when they agree.  As every prediction is local, perspective, lens distortion and the curvature of bottles are
 * followed without a model of any of them.  Two more passes repeat prediction and measurement with all neighbours known.
 */
#include "capture/warp.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double NODE_MM = 6.4;      /* a third of a tile: patches of neighbours overlap by half under their windows */
static const double REACH_MM = 0.35;    /* growing: a third of the shortest pilot wave, no ambiguity */
static const double REFINE_MM = 0.2;
static const float GROW_Z = 4.6f;       /* chance alone reaches 3.3 within the reach in one patch of a hundred */
enum { MAX_TRIES = 3, FIT_RADIUS = 3 };

static struct node *node_at(const struct field *f, int i, int j)
{
    if (i < 0 || j < 0 || i >= f->columns || j >= f->rows) return NULL;
    return &f->nodes[(size_t)j * f->columns + i];
}

/* Solves the symmetric 3 x 3 system m a = b for two right-hand sides; 0 when it is nearly singular. */
static int solve3(double m[3][3], double b[3][2])
{
    for (int c = 0; c < 3; c++) {
        int p = c;
        for (int r = c + 1; r < 3; r++)
            if (fabs(m[r][c]) > fabs(m[p][c])) p = r;
        if (fabs(m[p][c]) < 1e-3) return 0;
        for (int k = 0; k < 3; k++) { double t = m[c][k]; m[c][k] = m[p][k]; m[p][k] = t; }
        for (int k = 0; k < 2; k++) { double t = b[c][k]; b[c][k] = b[p][k]; b[p][k] = t; }
        for (int r = 0; r < 3; r++) {
            if (r == c) continue;
            double q = m[r][c] / m[c][c];
            for (int k = 0; k < 3; k++) m[r][k] -= q * m[c][k];
            for (int k = 0; k < 2; k++) b[r][k] -= q * b[c][k];
        }
    }
    for (int r = 0; r < 3; r++)
        for (int k = 0; k < 2; k++) b[r][k] /= m[r][r];
    return 1;
}

/* Fits u = u0 + J (x - x_node) through the locked nodes around (i, j).  Returns how many there were; 0: no prediction. */
static int predict(const struct field *f, int i, int j, struct lock *out)
{
    double m[3][3] = { { 0 } }, b[3][2] = { { 0 } }, best = 1e9;
    const struct node *self = node_at(f, i, j), *near = NULL;
    int n = 0;
    for (int dj = -FIT_RADIUS; dj <= FIT_RADIUS; dj++)
        for (int di = -FIT_RADIUS; di <= FIT_RADIUS; di++) {
            const struct node *q = node_at(f, i + di, j + dj);
            double d2 = di * di + dj * dj;
            if (!q || q->state != NODE_LOCKED) continue;
            if (d2 < best) best = d2, near = q;
            double w = exp(-d2 / 3.0) * q->at.z_phase * q->at.z_phase, x[3] = { 1, di, dj };
            for (int r = 0; r < 3; r++) {
                for (int c = 0; c < 3; c++) m[r][c] += w * x[r] * x[c];
                for (int k = 0; k < 2; k++) b[r][k] += w * x[r] * q->at.u[k];
            }
            n++;
        }
    if (!n) return 0;
    if (n >= 4 && solve3(m, b)) {
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

static int measure(struct field *f, struct sync *s, const struct plane *p, int i, int j, double reach)
{
    struct node *n = node_at(f, i, j);
    struct lock guess = n->at;
    if (!predict(f, i, j, &guess)) return 0;
    struct patch got = sync_patch(s, p, &guess, reach);
    if (got.z_phase < GROW_Z || got.gain <= 0) return 0;
    guess.u[0] += got.du[0];
    guess.u[1] += got.du[1];
    guess.z_phase = got.z_phase;
    n->at = guess;
    n->gain = got.gain;
    if (n->state != NODE_LOCKED) f->locked++;
    n->state = NODE_LOCKED;
    return 1;
}

/* The unlocked node with the strongest locked surroundings, or 0 when there is none left to try. */
static int next_node(const struct field *f, int *bi, int *bj)
{
    float best = 0;
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            const struct node *n = node_at(f, i, j);
            if (n->state == NODE_LOCKED || n->tries >= MAX_TRIES) continue;
            float score = 0;
            int around = 0;
            for (int dj = -2; dj <= 2; dj++)
                for (int di = -2; di <= 2; di++) {
                    const struct node *q = node_at(f, i + di, j + dj);
                    if (!q || q->state != NODE_LOCKED) continue;
                    around++;
                    score += q->at.z_phase / (float)(di * di + dj * dj);
                }
            if (n->tries && around < 4 * n->tries) continue; /* tried: only with more around it than then */
            if (score > best) best = score, *bi = i, *bj = j;
        }
    return best > 0;
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
    struct patch got = sync_patch(s, p, &n->at, REACH_MM);
    n->at.u[0] += got.du[0];
    n->at.u[1] += got.du[1];
    n->gain = got.gain > 0 ? got.gain : 0;
    return 1;
}

static void refine(struct field *f, struct sync *s, const struct plane *p)
{
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++)
            if (node_at(f, i, j)->state == NODE_LOCKED) measure(f, s, p, i, j, REFINE_MM);
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

int field_grow(struct field *f, struct sync *s, const struct plane *p, const struct lock *seed)
{
    double scale = sqrt(fabs(seed->j[0][0] * seed->j[1][1] - seed->j[0][1] * seed->j[1][0]));
    *f = (struct field){ .spacing = NODE_MM / scale };
    f->columns = (int)(p->width / f->spacing) + 1;
    f->rows = (int)(p->height / f->spacing) + 1;
    f->nodes = calloc((size_t)f->columns * (size_t)f->rows, sizeof *f->nodes);
    if (!f->nodes) return -1;
    for (int j = 0; j < f->rows; j++)
        for (int i = 0; i < f->columns; i++) {
            node_at(f, i, j)->at.x = (i + 0.5) * f->spacing;
            node_at(f, i, j)->at.y = (j + 0.5) * f->spacing;
        }
    if (!seed_node(f, s, p, seed)) return 0;
    for (int i, j; next_node(f, &i, &j);)
        if (!measure(f, s, p, i, j, REACH_MM)) node_at(f, i, j)->tries++;
    refine(f, s, p);
    refine(f, s, p);
    guess_borders(f);
    return 0;
}

void field_free(struct field *f)
{
    free(f->nodes);
    f->nodes = NULL;
}
