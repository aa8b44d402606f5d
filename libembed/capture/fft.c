/*
 * Two-dimensional real transform (fft.h), four sequences at a time.
 *
 * A window is 256 x 256: hundreds of short transforms of one length.  They run side by side, one in each lane
 * of a vector, so that the whole butterfly is vector code without a shuffle; a library that transforms one
 * sequence at a time spends three times as long on them.  Rows: eight real ones make four complex sequences
 * a + i b, taken apart by their symmetry.  Columns: four neighbours.  The one-dimensional transform is
 * Stockham's (T. G. Stockham 1966; W. T. Cochran et al., Proc. IEEE 55, 1967): every pass of radix p turns
 * x[q + s (k + j m)] into y[q + s (p k + i)], n = p m, and the order comes out right by itself.
 */
#include "capture/fft.h"
#include "clones.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = 4, MAX_RADIX = 5 };
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4)));

struct wave {
    lanes re, im;
};

struct fft2 {
    int n;
    float (*root)[2];   /* exp(-2 pi i k / n) */
    struct wave *x, *y; /* n each */
};

struct fft2 *fft2_new(int n)
{
    struct fft2 *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->n = n;
    f->root = malloc(sizeof *f->root * (size_t)n);
    f->x = malloc(sizeof *f->x * (size_t)n);
    f->y = malloc(sizeof *f->y * (size_t)n);
    if (!f->root || !f->x || !f->y) {
        fft2_free(f);
        return NULL;
    }
    for (int k = 0; k < n; k++) {
        f->root[k][0] = (float)cos(2 * M_PI * k / n);
        f->root[k][1] = (float)-sin(2 * M_PI * k / n);
    }
    return f;
}

void fft2_free(struct fft2 *f)
{
    if (!f) return;
    free(f->root);
    free(f->x);
    free(f->y);
    free(f);
}

int fft2_size(const struct fft2 *f)
{
    return f->n;
}

static INTO_CLONES struct wave times(struct wave a, const float w[2])
{
    return (struct wave){a.re * w[0] - a.im * w[1], a.re * w[1] + a.im * w[0]};
}

static INTO_CLONES struct wave plus(struct wave a, struct wave b)
{
    return (struct wave){a.re + b.re, a.im + b.im};
}

static INTO_CLONES struct wave minus(struct wave a, struct wave b)
{
    return (struct wave){a.re - b.re, a.im - b.im};
}

/* Sequences of length n, stride s, one pass of radix 4; m = n / 4, the root of order n is root[order / n]. */
static INTO_CLONES void pass4(const struct wave *x, struct wave *y, int m, int s, const float (*root)[2])
{
    for (int k = 0; k < m; k++) {
        const float *w1 = root[k * s], *w2 = root[2 * k * s], *w3 = root[3 * k * s];
        for (int q = 0; q < s; q++) {
            struct wave a = x[q + s * k], b = x[q + s * (k + m)], c = x[q + s * (k + 2 * m)],
                        d = x[q + s * (k + 3 * m)];
            struct wave ac = plus(a, c), bd = plus(b, d), a_c = minus(a, c), b_d = minus(b, d);
            struct wave turned = {b_d.im, -b_d.re}; /* -i (b - d) */
            struct wave *o = y + q + s * 4 * k;
            o[0] = plus(ac, bd);
            o[s] = times(plus(a_c, turned), w1);
            o[2 * s] = times(minus(ac, bd), w2);
            o[3 * s] = times(minus(a_c, turned), w3);
        }
    }
}

static INTO_CLONES void pass_any(const struct wave *x, struct wave *y, int p, int m, int s, const float (*root)[2])
{
    int order = p * m * s;
    for (int k = 0; k < m; k++)
        for (int q = 0; q < s; q++)
            for (int i = 0; i < p; i++) {
                struct wave sum = x[q + s * k];
                for (int j = 1; j < p; j++)
                    sum = plus(sum, times(x[q + s * (k + j * m)], root[(size_t)i * j * (order / p) % order]));
                y[q + s * (p * k + i)] = times(sum, root[i * k * s]);
            }
}

/* Transforms f->x; the result is in the array that is returned. */
static INTO_CLONES struct wave *transform(struct fft2 *f)
{
    struct wave *x = f->x, *y = f->y;
    for (int n = f->n, s = 1; n > 1;) {
        int p = n % 4 == 0 ? 4 : n % 2 == 0 ? 2 : n % 3 == 0 ? 3 : MAX_RADIX;
        if (p == 4)
            pass4(x, y, n / 4, s, (const float(*)[2])f->root);
        else
            pass_any(x, y, p, n / p, s, (const float(*)[2])f->root);
        struct wave *t = x;
        x = y;
        y = t;
        n /= p;
        s *= p;
    }
    return x;
}

/* Rows r .. r + 7: the first four are the real parts, the others the imaginary ones. */
static INTO_CLONES void rows(struct fft2 *f, const float *in, struct cplx *out, int r)
{
    int n = f->n, half = n / 2 + 1, count = n - r < 2 * LANES ? n - r : 2 * LANES;
    for (int k = 0; k < n; k++) {
        float a[LANES] = {0}, b[LANES] = {0};
        for (int j = 0; j < LANES && j < count; j++) a[j] = in[(size_t)(r + j) * n + k];
        for (int j = LANES; j < count; j++) b[j - LANES] = in[(size_t)(r + j) * n + k];
        memcpy(&f->x[k].re, a, sizeof a);
        memcpy(&f->x[k].im, b, sizeof b);
    }
    const struct wave *z = transform(f);
    for (int k = 0; k < half; k++) {
        const struct wave *p = &z[k], *q = &z[(n - k) % n];
        lanes are = 0.5f * (p->re + q->re), aim = 0.5f * (p->im - q->im);
        lanes bre = 0.5f * (p->im + q->im), bim = 0.5f * (q->re - p->re);
        for (int j = 0; j < LANES && j < count; j++)
            out[(size_t)(r + j) * half + k] = (struct cplx){are[j], aim[j]};
        for (int j = LANES; j < count; j++)
            out[(size_t)(r + j) * half + k] = (struct cplx){bre[j - LANES], bim[j - LANES]};
    }
}

static INTO_CLONES void columns(struct fft2 *f, struct cplx *out, int u)
{
    int n = f->n, half = n / 2 + 1, count = half - u < LANES ? half - u : LANES;
    for (int r = 0; r < n; r++) {
        const struct cplx *c = out + (size_t)r * half + u;
        float re[LANES] = {0}, im[LANES] = {0};
        for (int j = 0; j < count; j++) re[j] = c[j].re, im[j] = c[j].im;
        memcpy(&f->x[r].re, re, sizeof re);
        memcpy(&f->x[r].im, im, sizeof im);
    }
    const struct wave *z = transform(f);
    for (int r = 0; r < n; r++)
        for (int j = 0; j < count; j++) out[(size_t)r * half + u + j] = (struct cplx){z[r].re[j], z[r].im[j]};
}

CLONED void fft2_columns(struct fft2 *f, const float *in, struct cplx *out, int last)
{
    for (int r = 0; r < f->n; r += 2 * LANES) rows(f, in, out, r);
    for (int u = 0; u <= last; u += LANES) columns(f, out, u);
}

void fft2_forward(struct fft2 *f, const float *in, struct cplx *out)
{
    fft2_columns(f, in, out, f->n / 2);
}
