/*
 * Demodulation (demod.h): every sample of the plane inside locked cells is laid, weighted, on one tile at the
 * place it has on the artwork; one transform of that tile gives the observation of every chip.
 *
 * The sum over samples of v exp(-2 pi i k.u(x)) at their true places u(x) is the matched filter itself (a
 * non-uniform transform, type 1); laying samples on a grid of 0.075 mm costs exp(-(2 pi f 0.022)^2 / 2) <= 4
 * % of amplitude at 2 cycles/mm. Cells are weighted by the pilots' gain over noise (maximum-ratio combining,
 * D. G. Brennan 1959), frequencies by the pilots' amplitude over the noise around each chip.
 */
#include "capture/demod.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 256, HALF = SIDE / 2 + 1, NOISE_RADIUS = 4 };

struct cell {
    const struct node *n[4];
}; /* top-left, top-right, bottom-left, bottom-right */

static int cell_of(const struct field *f, int i, int j, struct cell *c, float *gain)
{
    int locked = 0;
    *gain = 0;
    for (int k = 0; k < 4; k++) {
        const struct node *n = &f->nodes[(size_t)(j + k / 2) * f->columns + i + k % 2];
        if (n->state == NODE_UNKNOWN) return 0;
        c->n[k] = n;
        locked += n->state == NODE_LOCKED;
        *gain += n->gain;
    }
    *gain /= 4;
    return locked > 0;
}

/* Lays the samples of one cell; u is bilinear between the four nodes. */
static double lay_cell(float *canvas, const struct plane *p, const struct cell *c, double spacing, float gain)
{
    const struct lock *a = &c->n[0]->at, *b = &c->n[1]->at, *d = &c->n[2]->at, *e = &c->n[3]->at;
    int x0 = (int)ceil(a->x), x1 = (int)fmin(p->width, ceil(a->x + spacing));
    int y0 = (int)ceil(a->y), y1 = (int)fmin(p->height, ceil(a->y + spacing));
    const double f = SIDE / TILE_MM;
    for (int y = y0; y < y1; y++) {
        double t = (y - a->y) / spacing, u0[2], step[2];
        for (int k = 0; k < 2; k++) {
            double left = a->u[k] + t * (d->u[k] - a->u[k]), right = b->u[k] + t * (e->u[k] - b->u[k]);
            step[k] = (right - left) / spacing * f;
            u0[k] =
                left * f + step[k] * (x0 - a->x) + 65536.0 * SIDE; /* positive, so truncation rounds down */
        }
        const float *v = p->v + (size_t)y * p->width, *w = p->weight + (size_t)y * p->width;
        double ux = u0[0], uy = u0[1];
        for (int x = x0; x < x1; x++, ux += step[0], uy += step[1])
            canvas[((int64_t)uy & (SIDE - 1)) * SIDE + ((int64_t)ux & (SIDE - 1))] += v[x] * w[x] * gain;
    }
    double det = fabs(a->j[0][0] * a->j[1][1] - a->j[0][1] * a->j[1][0]);
    return det * (x1 - x0) * (y1 - y0) / (TILE_MM * TILE_MM);
}

static struct cplx bin_at(const struct cplx *x, int kx, int ky)
{
    int flip = kx < 0;
    struct cplx c = x[((flip ? -ky : ky) & (SIDE - 1)) * HALF + abs(kx)];
    if (flip) c.im = -c.im;
    double t = -M_PI * (kx + ky) / SIDE; /* samples stand in the middle of their grid place */
    float ct = (float)cos(t), st = (float)sin(t);
    return (struct cplx){c.re * ct - c.im * st, c.re * st + c.im * ct};
}

static int pilot_near(int kx, int ky)
{
    for (int i = 0; i < N_PILOTS; i++)
        if ((kx == carrier_pilots[i].kx && ky == carrier_pilots[i].ky) ||
            (kx == -carrier_pilots[i].kx && ky == -carrier_pilots[i].ky))
            return 1;
    return 0;
}

/* Mean power of the bins around each bin, pilots and the chip itself left out. */
static void noise_map(const struct cplx *x, float noise[2 * BIN_MAX + 1][2 * BIN_MAX + 1])
{
    static const int M = BIN_MAX;
    float(*power)[2 * BIN_MAX + 1] =
        noise; /* first the powers, then smoothed into the caller's through a copy */
    float copy[2 * BIN_MAX + 1][2 * BIN_MAX + 1];
    for (int ky = -M; ky <= M; ky++)
        for (int kx = -M; kx <= M; kx++) {
            struct cplx c = ky < 0 || (ky == 0 && kx < 0) ? bin_at(x, -kx, -ky) : bin_at(x, kx, ky);
            copy[ky + M][kx + M] = pilot_near(kx, ky) ? -1 : c.re * c.re + c.im * c.im;
        }
    for (int ky = -M; ky <= M; ky++)
        for (int kx = -M; kx <= M; kx++) {
            float sum = 0;
            int n = 0;
            for (int b = -NOISE_RADIUS; b <= NOISE_RADIUS; b++)
                for (int a = -NOISE_RADIUS; a <= NOISE_RADIUS; a++) {
                    int i = kx + a + M, j = ky + b + M;
                    if ((!a && !b) || i < 0 || j < 0 || i > 2 * M || j > 2 * M || copy[j][i] < 0) continue;
                    sum += copy[j][i];
                    n++;
                }
            power[ky + M][kx + M] = sum / (float)(n ? n : 1);
        }
}

/*
 * Pilot amplitude as a function of the wave number, a(r) = a0 exp(-c r^2) (the transfer of a gaussian blur):
 * weighted least squares over a grid of c.
 */
static void fit_transfer(const struct cplx *x, float noise[2 * BIN_MAX + 1][2 * BIN_MAX + 1], double *a0,
                         double *c)
{
    double best = -1;
    *a0 = 0;
    *c = 0;
    for (int i = 0; i <= 40; i++) {
        double t = i * 1e-4, num = 0, den = 0; /* at r = 30, c = 0.004 is exp(-3.6) */
        for (int k = 0; k < N_PILOTS; k++) {
            const struct pilot *q = &carrier_pilots[k];
            struct cplx v = bin_at(x, q->kx, q->ky);
            double ph = 2 * M_PI * q->phase / 16, re = v.re * cos(ph) + v.im * sin(ph);
            double g = exp(-t * (q->kx * q->kx + q->ky * q->ky)),
                   w = 1 / (noise[q->ky + BIN_MAX][q->kx + BIN_MAX] + 1e-20);
            num += w * g * re;
            den += w * g * g;
        }
        double gain = num > 0 ? num * num / den : 0; /* reduction of the squared error */
        if (gain > best) best = gain, *a0 = fmax(0, num / den), *c = t;
    }
}

static void read_chips(struct chips *out, const struct cplx *x)
{
    float noise[2 * BIN_MAX + 1][2 * BIN_MAX + 1];
    struct carrier layout;
    double a0, c;
    carrier_init(&layout, (const uint8_t[32]){0}); /* only its bins are used: they do not depend on the key */
    noise_map(x, noise);
    fit_transfer(x, noise, &a0, &c);
    for (int j = 0; j < CARRIER_BINS; j++) {
        int kx = layout.bins[j].kx, ky = layout.bins[j].ky;
        struct cplx v = bin_at(x, kx, ky);
        double a = a0 * exp(-c * (kx * kx + ky * ky)) * layout.amplitude[j] / carrier_pilot_amplitude(),
               around = noise[ky + BIN_MAX][kx + BIN_MAX] + 1e-20;
        out->y[2 * j] = v.re;
        out->y[2 * j + 1] = v.im;
        for (int k = 2 * j; k < 2 * j + 2; k++) {
            out->expected[k] = (float)a;
            out->around[k] = (float)around;
            out->fast[k] = kx * kx + ky * ky > PAPER_RADIUS * PAPER_RADIUS;
        }
    }
    chips_weigh(out, 1);
}

void chips_weigh(struct chips *c, float share)
{
    c->energy = 0;
    for (int i = 0; i < CODE_N; i++) {
        float a = c->expected[i] * (c->fast[i] ? share : 1), around = c->around[i];
        float n = fmaxf(around - 2 * a * a, 0.4f * around); /* the neighbours are chips too */
        c->amplitude[i] = a;
        c->weight[i] = 4 * a / n;
        c->energy += 2 * a * a / n; /* the noise of one chip has variance n / 2 */
    }
}

int demodulate(struct chips *out, const struct plane *p, const struct field *f)
{
    struct fft2 *fft = fft2_new(SIDE);
    float *canvas = calloc(SIDE * SIDE, sizeof *canvas);
    struct cplx *x = malloc(sizeof *x * SIDE * HALF);
    int ok = fft && canvas && x;
    out->tiles = 0;
    for (int j = 0; ok && j + 1 < f->rows; j++)
        for (int i = 0; i + 1 < f->columns; i++) {
            struct cell c;
            float gain;
            if (cell_of(f, i, j, &c, &gain)) out->tiles += lay_cell(canvas, p, &c, f->spacing, gain);
        }
    if (ok) {
        fft2_forward(fft, canvas, x);
        read_chips(out, x);
    }
    fft2_free(fft);
    free(canvas);
    free(x);
    return ok ? 0 : -1;
}
