/*
 * Layout and synthesis of the seal (seal.h).
 *
 * A cell is one inverse Fourier transform of SEAL_SIDE squared, complex, with the field for ink as its real and that
 * for paper as its imaginary part: radix-2 decimation in time (J. W. Cooley, J. W. Tukey, Math. Comp. 19, 1965), eight
 * columns side by side, so that the compiler makes vectors of them.  First over kx for the few columns of ky that
 * hold waves, written transposed, then over ky.
 */
#include "mark/seal.h"
#include "clones.h"
#include "mark/tile.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    N = SEAL_SIDE,
    LOG_N = 8,
    LANES = 8,
    KY = 72,
    COLUMNS = 2 * KY
}; /* columns: ky = 0 .. 71, then -72 .. -1 */

int seal_top(double lpi)
{
    double top = lpi > 0 ? floor(0.45 * lpi / 25.4 * TILE_MM) : SEAL_FRAGILE_LAST;
    if (top > SEAL_FRAGILE_LAST) return SEAL_FRAGILE_LAST;
    return top < SEAL_FRAGILE_MIN + 4 ? 0 : (int)top;
}

static int by_radius(const void *a, const void *b)
{
    const struct bin *p = a, *q = b;
    int d = (p->kx * p->kx + p->ky * p->ky) - (q->kx * q->kx + q->ky * q->ky);
    if (!d) d = p->ky - q->ky;
    return d ? d : p->kx - q->kx;
}

/* amplitude[first .. last - 1] falling with the root of the radius, power in all. */
static void spread(struct seal_layout *l, int first, int last, double power)
{
    double sum = 0;
    for (int n = first; n < last; n++) sum += 1 / hypot(l->bin[n].kx, l->bin[n].ky);
    for (int n = first; n < last; n++)
        l->amplitude[n] = (float)sqrt(power / (sum * hypot(l->bin[n].kx, l->bin[n].ky)));
}

void seal_layout_init(struct seal_layout *l, int top)
{
    struct carrier c;
    memset(l, 0, sizeof *l);
    carrier_init(&c, (const uint8_t[32]){0}); /* only its bins are used: they do not depend on the key */
    memcpy(l->bin, c.bins, sizeof c.bins);
    l->robust = l->bins = CARRIER_BINS;
    for (int ky = 0; ky <= top; ky++)
        for (int kx = ky ? -top : 1; kx <= top; kx++) {
            int r2 = kx * kx + ky * ky;
            if (r2 >= SEAL_FRAGILE_MIN * SEAL_FRAGILE_MIN && r2 <= top * top)
                l->bin[l->bins++] = (struct bin){(int8_t)kx, (int8_t)ky}; /* 4172 at most (tested) */
        }
    qsort(l->bin + l->robust, (size_t)(l->bins - l->robust), sizeof *l->bin, by_radius);
    spread(l, 0, l->robust, SEAL_SHARE);
    spread(l, l->robust, l->bins, SEAL_FRAGILE);
    double slow = 0;
    for (int n = 0; n < l->robust; n++) {
        int on_paper =
            l->bin[n].kx * l->bin[n].kx + l->bin[n].ky * l->bin[n].ky <= PAPER_RADIUS * PAPER_RADIUS;
        l->paper[n] = on_paper ? l->amplitude[n] : 0;
        slow += (double)l->paper[n] * l->paper[n];
    }
    for (int n = 0; n < l->robust; n++) l->paper[n] *= (float)sqrt(SEAL_SHARE / slow);
}

struct table {
    float re[N / 2], im[N / 2]; /* exp(2 pi i k / N) */
    uint8_t reversed[N];
};

static void table_init(struct table *t)
{
    for (int k = 0; k < N / 2; k++) {
        t->re[k] = (float)cos(2 * M_PI * k / N);
        t->im[k] = (float)sin(2 * M_PI * k / N);
    }
    for (int k = 0; k < N; k++) {
        t->reversed[k] = 0;
        for (int b = 0; b < LOG_N; b++) t->reversed[k] |= (uint8_t)((k >> b & 1) << (LOG_N - 1 - b));
    }
}

typedef float lanes[N][LANES];
typedef float eight __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/* In place; the input in bit-reversed order. */
CLONED static void transform(lanes re, lanes im, const struct table *t)
{
    eight *x = (eight *)re, *y = (eight *)im;
    for (int half = 1; half < N; half *= 2)
        for (int k = 0; k < half; k++) {
            float wr = t->re[k * (N / 2 / half)], wi = t->im[k * (N / 2 / half)];
            for (int a = k; a < N; a += 2 * half) {
                eight pr = x[a], pi = y[a], qr = x[a + half], qi = y[a + half];
                eight r = qr * wr - qi * wi, i = qr * wi + qi * wr;
                x[a + half] = pr - r, y[a + half] = pi - i;
                x[a] = pr + r, y[a] = pi + i;
            }
        }
}

struct work {
    struct table table;
    float re[N][COLUMNS], im[N][COLUMNS];         /* by kx, ky */
    float mid_re[COLUMNS][N], mid_im[COLUMNS][N]; /* by ky, x */
    lanes lr, li;
};

static void put(struct work *w, int kx, int ky, double re, double im)
{
    int x = kx & (N - 1), y = ky < 0 ? ky + COLUMNS : ky;
    w->re[x][y] += (float)re;
    w->im[x][y] += (float)im;
}

/* c0 cos(t) - c1 sin(t) = half of (c0 + i c1) exp(i t) and its conjugate; ink + i paper. */
static void fill(struct work *w, const struct seal_layout *l, const uint8_t bits[SEAL_BYTES])
{
    double turn_re[2 * SEAL_FRAGILE_LAST + 1], turn_im[2 * SEAL_FRAGILE_LAST + 1];
    for (int k = -SEAL_FRAGILE_LAST; k <= SEAL_FRAGILE_LAST; k++) { /* of a quarter of a sample */
        turn_re[k + SEAL_FRAGILE_LAST] = cos(2 * M_PI * k / (4 * N));
        turn_im[k + SEAL_FRAGILE_LAST] = sin(2 * M_PI * k / (4 * N));
    }
    for (int n = 0; n < l->bins; n++) {
        int kx = l->bin[n].kx, ky = l->bin[n].ky, a = kx + SEAL_FRAGILE_LAST, b = ky + SEAL_FRAGILE_LAST;
        double c0 = seal_chip(bits, 2 * n), c1 = seal_chip(bits, 2 * n + 1);
        double tr = turn_re[a] * turn_re[b] - turn_im[a] * turn_im[b];
        double ti = turn_re[a] * turn_im[b] + turn_im[a] * turn_re[b];
        double re = (c0 * tr - c1 * ti) / 2, im = (c0 * ti + c1 * tr) / 2, g = l->amplitude[n],
               p = l->paper[n];
        put(w, kx, ky, g * re - p * im, g * im + p * re);
        put(w, -kx, -ky, g * re + p * im, -g * im + p * re);
    }
}

/* Over kx, for the columns of ky that hold waves (all others are 0). */
static void over_kx(struct work *w)
{
    for (int c = 0; c < COLUMNS; c += LANES) {
        for (int k = 0; k < N; k++) {
            memcpy(w->lr[w->table.reversed[k]], w->re[k] + c, sizeof *w->lr);
            memcpy(w->li[w->table.reversed[k]], w->im[k] + c, sizeof *w->li);
        }
        transform(w->lr, w->li, &w->table);
        for (int j = 0; j < LANES; j++)
            for (int x = 0; x < N; x++) {
                w->mid_re[c + j][x] = w->lr[x][j];
                w->mid_im[c + j][x] = w->li[x][j];
            }
    }
}

static void over_ky(struct seal_cell *out, struct work *w)
{
    for (int x = 0; x < N; x += LANES) {
        memset(w->lr, 0, sizeof w->lr);
        memset(w->li, 0, sizeof w->li);
        for (int c = 0; c < COLUMNS; c++) {
            int k = w->table.reversed[c < KY ? c : c + N - COLUMNS];
            memcpy(w->lr[k], w->mid_re[c] + x, sizeof *w->lr);
            memcpy(w->li[k], w->mid_im[c] + x, sizeof *w->li);
        }
        transform(w->lr, w->li, &w->table);
        for (int y = 0; y < N; y++)
            for (int j = 0; j < LANES; j++) {
                out->ink[y][x + j] = (int16_t)lrintf(TILE_UNIT * w->lr[y][j]);
                out->paper[y][x + j] = (int16_t)lrintf(TILE_UNIT * w->li[y][j]);
            }
    }
}

int seal_render(struct seal_cell *out, const struct seal_layout *l, const uint8_t bits[SEAL_BYTES])
{
    struct work *w = calloc(1, sizeof *w);
    if (!w) return -1;
    table_init(&w->table);
    fill(w, l, bits);
    over_kx(w);
    over_ky(out, w);
    free(w);
    return 0;
}
