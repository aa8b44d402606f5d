/*
 * Comparing, step 6b: the waves of the mark where it covers a part of the tile only.
 *
 * Over a whole tile the waves are orthogonal, and a transform shows each.  Where only letters and logos carry
 * the mark, each wave leaks into all others; the amplitudes then follow from the normal equations A z = b, A
 * = F' W F, whose matrix is a product in space: synthesis, weights, transform.  Conjugate gradients (M.
 * Hestenes, E. Stiefel, J. Res. NBS 49, 1952) with the ridge of the noise over the power that a wave is
 * expected to have.
 *
 * The waves lie below BIN_MAX in both directions, so only the lowest 2 * BIN_MAX of the weights' spectrum
 * matter, and a grid of 256 holds the products without aliasing.  Synthesis is a forward transform as well:
 * with R(k) = (re + im) / 2 and R(-k) = (re - im) / 2, the sum of real and imaginary part of the transform of
 * R is re cos - im sin (R. Hartley, Proc. IRE 30, 1942).
 */
#include "diff/unfold.h"
#include "mark/tile.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 256, HALF = N / 2 + 1, REACH = 2 * BIN_MAX, ROUNDS = 40 };
static const double ENOUGH = 1e-3; /* of the first residual */

struct unfolding {
    struct fft2 *fft;
    float *weight, *field; /* N * N */
    struct cplx *spectrum; /* N * HALF */
    struct bin bin[UNFOLD_WAVES];
    float ridge[UNFOLD_WAVES];
};

static struct cplx at(const struct cplx *half, int side, int kx, int ky)
{
    int u = kx < 0 ? -kx : kx, v = ((kx < 0 ? -ky : ky) + side) % side;
    struct cplx x = half[(size_t)v * (size_t)(side / 2 + 1) + (size_t)u];
    return (struct cplx){x.re, kx < 0 ? -x.im : x.im};
}

static float *cell(float *field, int kx, int ky)
{
    return &field[(size_t)((ky + N) % N) * N + (size_t)((kx + N) % N)];
}

/* From R in u->field to the waves in `to`; may be the same. */
static void synthesise(struct unfolding *u, float *to)
{
    fft2_forward(u->fft, u->field, u->spectrum);
    for (int v = 0; v < N; v++)
        for (int x = 0; x < HALF; x++) {
            struct cplx f = u->spectrum[v * HALF + x];
            to[v * N + x] = f.re + f.im;
            if (x && x < N / 2) to[(N - v) % N * N + N - x] = f.re - f.im;
        }
}

static void read_waves(const struct unfolding *u, const struct cplx *half, int side, struct cplx *out)
{
    for (int j = 0; j < UNFOLD_WAVES; j++) out[j] = at(half, side, u->bin[j].kx, u->bin[j].ky);
}

/* out = A z */
static void apply(struct unfolding *u, const struct cplx *z, struct cplx *out)
{
    memset(u->field, 0, sizeof(float) * N * N);
    for (int j = 0; j < UNFOLD_WAVES; j++) {
        *cell(u->field, u->bin[j].kx, u->bin[j].ky) = (z[j].re + z[j].im) / 2;
        *cell(u->field, -u->bin[j].kx, -u->bin[j].ky) = (z[j].re - z[j].im) / 2;
    }
    synthesise(u, u->field);
    for (int i = 0; i < N * N; i++) u->field[i] *= u->weight[i];
    fft2_columns(u->fft, u->field, u->spectrum, BIN_MAX);
    read_waves(u, u->spectrum, N, out);
    for (int j = 0; j < UNFOLD_WAVES; j++) {
        out[j].re += u->ridge[j] * z[j].re;
        out[j].im += u->ridge[j] * z[j].im;
    }
}

static double dot(const struct cplx *a, const struct cplx *b)
{
    double sum = 0;
    for (int j = 0; j < UNFOLD_WAVES; j++) sum += (double)a[j].re * b[j].re + (double)a[j].im * b[j].im;
    return sum;
}

static void add(struct cplx *to, double k, const struct cplx *from)
{
    for (int j = 0; j < UNFOLD_WAVES; j++) {
        to[j].re += (float)(k * from[j].re);
        to[j].im += (float)(k * from[j].im);
    }
}

/* The weights on the small grid, so that sums over it are sums over the tile. */
static void shrink(struct unfolding *u, const struct cplx *weight)
{
    memset(u->field, 0, sizeof(float) * N * N);
    for (int ky = -REACH; ky <= REACH; ky++)
        for (int kx = -REACH; kx <= REACH; kx++) {
            struct cplx w = at(weight, TILE_SIDE, kx, ky);
            *cell(u->field, kx, ky) = (w.re + w.im) / (N * N);
        }
    synthesise(u, u->weight);
}

static void prepare(struct unfolding *u, const struct carrier *c, double noise)
{
    double pilot = carrier_pilot_amplitude();
    for (int j = 0; j < UNFOLD_WAVES; j++) {
        int p = j - CARRIER_BINS;
        double a = p < 0 ? c->amplitude[j] : pilot;
        u->bin[j] = p < 0 ? c->bins[j] : (struct bin){carrier_pilots[p].kx, carrier_pilots[p].ky};
        u->ridge[j] = (float)(noise / (a * a));
    }
}

static void solve(struct unfolding *u, const struct cplx *sum, struct cplx *z, struct cplx *work)
{
    struct cplx *r = work, *p = work + UNFOLD_WAVES, *q = work + 2 * UNFOLD_WAVES;
    memset(z, 0, sizeof *z * UNFOLD_WAVES);
    read_waves(u, sum, TILE_SIDE, r);
    memcpy(p, r, sizeof *p * UNFOLD_WAVES);
    double now = dot(r, r), enough = ENOUGH * ENOUGH * now;
    for (int i = 0; i < ROUNDS && now > enough; i++) {
        apply(u, p, q);
        double bend = dot(p, q), was = now;
        if (!(bend > 0)) break;
        add(z, was / bend, p);
        add(r, -was / bend, q);
        now = dot(r, r);
        for (int j = 0; j < UNFOLD_WAVES; j++) {
            p[j].re = r[j].re + (float)(now / was) * p[j].re;
            p[j].im = r[j].im + (float)(now / was) * p[j].im;
        }
    }
}

int unfold(const struct cplx *sum, const struct cplx *weight, const struct carrier *c, double noise,
           struct cplx z[UNFOLD_WAVES])
{
    struct unfolding *u = calloc(1, sizeof *u);
    struct cplx *work = malloc(3 * sizeof *work * UNFOLD_WAVES);
    if (u) {
        u->fft = fft2_new(N);
        u->weight = malloc(sizeof(float) * N * N);
        u->field = malloc(sizeof(float) * N * N);
        u->spectrum = malloc(sizeof(struct cplx) * N * HALF);
    }
    int ok = u && work && u->fft && u->weight && u->field && u->spectrum;
    if (ok) {
        prepare(u, c, noise);
        shrink(u, weight);
        solve(u, sum, z, work);
    }
    if (u) {
        fft2_free(u->fft);
        free(u->weight);
        free(u->field);
        free(u->spectrum);
    }
    free(u);
    free(work);
    return ok ? 0 : -1;
}

static int on_paper(const struct bin *b)
{
    return b->kx * b->kx + b->ky * b->ky <= PAPER_RADIUS * PAPER_RADIUS;
}

static double pilot_level(const struct cplx *z)
{
    double sum = 0;
    for (int i = 0; i < N_PILOTS; i++) {
        double t = 2 * M_PI * carrier_pilots[i].phase / 16;
        sum += z[CARRIER_BINS + i].re * cos(t) + z[CARRIER_BINS + i].im * sin(t);
    }
    return sum / N_PILOTS / carrier_pilot_amplitude();
}

/*
 * Half of the differences of two marks' chips are 0, the others twice a chip: more of them than of normal
 * noise are near 0 (of that 0.27 +- 0.012, with some 1400), and none is far off (the fourth moment over the
 * square of the second is 2; of noise 3 +- 0.13, of an edit, which makes few waves strong, more).
 */
struct unfolded unfold_judge(const struct carrier *c, const struct cplx z[UNFOLD_WAVES])
{
    const double NEAR = 0.27, NEAR_DEVIATION = 0.012, FOURTH = 3, FOURTH_DEVIATION = 0.13;
    struct unfolded x = {.pilot = pilot_level(z)};
    double n = 0, two = 0, four = 0, near = 0;
    for (int pass = 0; pass < 2; pass++) {
        double small = n > 0 ? 0.35 * sqrt(two / n) : 0;
        for (int j = 0; j < CARRIER_BINS; j++) {
            double a = c->amplitude[j], re = z[j].re / a, im = z[j].im / a;
            if (!on_paper(&c->bins[j])) continue;
            if (pass) {
                near += (fabs(re) < small) + (fabs(im) < small);
                continue;
            }
            n += 2;
            two += re * re + im * im;
            four += re * re * re * re + im * im * im * im;
        }
    }
    if (!(two > 0)) return x;
    x.level = sqrt(two / n);
    x.evidence = (near / n - NEAR) / NEAR_DEVIATION - (four * n / (two * two) - FOURTH) / FOURTH_DEVIATION;
    return x;
}
