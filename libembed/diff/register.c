/*
 * Comparing, step 3: the shift between two pictures by phase correlation (C. D. Kuglin and D. C. Hines, IEEE
 * Conf. Cybernetics and Society 1975).
 *
 * The normalised cross-power spectrum of a picture and its shifted copy is a pure phase ramp; a Gaussian
 * weight makes its transform a Gaussian peak at the shift, whose logarithm is a parabola, hence exact to a
 * part of a pixel.  The inverse transform of X = A + iB with A even and B odd is the real part of the
 * transform of A plus the imaginary part of that of B, so the one forward transform serves.
 */
#include "diff/register.h"
#include "capture/fft.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = REGISTER_SIDE, HALF = N / 2 + 1, GRID = N * N, SPECTRUM = N * HALF };
static const double SIGMA = 0.2; /* of the weight, in cycles per pixel: a peak of 0.8 px */

/* Hann window over the deviations from the mean. */
static void window(const uint8_t *from, float *to)
{
    double mean = 0;
    for (int i = 0; i < GRID; i++) mean += from[i];
    mean /= GRID;
    for (int y = 0; y < N; y++)
        for (int x = 0; x < N; x++) {
            double w =
                (0.5 - 0.5 * cos(2 * M_PI * (x + 0.5) / N)) * (0.5 - 0.5 * cos(2 * M_PI * (y + 0.5) / N));
            to[y * N + x] = (float)(w * (from[y * N + x] - mean));
        }
}

/* Weighted phases of second * conj(first) as the even and the odd array; returns the sum of the weights. */
static double cross(const struct cplx *a, const struct cplx *b, float *even, float *odd)
{
    double total = 0, power = 0;
    for (int i = 0; i < SPECTRUM; i++) power += (double)a[i].re * a[i].re + (double)a[i].im * a[i].im;
    double floor_power = 1e-6 * power / SPECTRUM + 1;
    for (int v = 0; v < N; v++)
        for (int u = 0; u < HALF; u++) {
            const struct cplx *p = &a[v * HALF + u], *q = &b[v * HALF + u];
            double re = (double)q->re * p->re + (double)q->im * p->im;
            double im = (double)q->im * p->re - (double)q->re * p->im, size = hypot(re, im);
            double fu = (double)u / N, fv = (double)(v <= N / 2 ? v : v - N) / N;
            double w = exp(-(fu * fu + fv * fv) / (2 * SIGMA * SIGMA));
            double unit = size > floor_power ? w / size : 0;
            total += (u && u < N / 2 ? 2 : 1) * w;
            int mirror = ((N - v) % N) * N + (N - u) % N;
            even[v * N + u] = even[mirror] = (float)(re * unit);
            odd[v * N + u] = (float)(im * unit);
            odd[mirror] = (float)(-im * unit);
        }
    return total;
}

static double parabola(double below, double at, double above)
{
    if (below <= 0 || above <= 0 || at <= 0) return 0;
    double a = log(below), b = log(at), c = log(above), d = a - 2 * b + c;
    return d < -1e-9 ? fmax(-0.5, fmin(0.5, 0.5 * (a - c) / d)) : 0;
}

static struct shift find_peak(const float *r, double total)
{
    int best = 0;
    for (int i = 1; i < GRID; i++)
        if (r[i] > r[best]) best = i;
    int x = best % N, y = best / N;
    double at = r[best];
    struct shift s = {0, 0, at / total};
    s.x = x + parabola(r[y * N + (x + N - 1) % N], at, r[y * N + (x + 1) % N]);
    s.y = y + parabola(r[(y + N - 1) % N * N + x], at, r[(y + 1) % N * N + x]);
    if (s.x > N / 2) s.x -= N;
    if (s.y > N / 2) s.y -= N;
    return s;
}

int register_pair(const uint8_t *first, const uint8_t *second, struct shift *out)
{
    struct fft2 *f = fft2_new(N);
    float *even = calloc(GRID, sizeof *even), *odd = calloc(GRID, sizeof *odd);
    struct cplx *a = malloc(SPECTRUM * sizeof *a), *b = malloc(SPECTRUM * sizeof *b);
    int bad = !f || !even || !odd || !a || !b;
    if (!bad) {
        window(first, even);
        fft2_forward(f, even, a);
        window(second, even);
        fft2_forward(f, even, b);
        double total = cross(a, b, even, odd);
        fft2_forward(f, even, a);
        fft2_forward(f, odd, b);
        for (int v = 0; v < N; v++)
            for (int u = 0; u < N; u++) { /* the missing half: A's transform is even, B's odd */
                int known = u < HALF, i = known ? v * HALF + u : (N - v) % N * HALF + N - u;
                even[v * N + u] = known ? a[i].re + b[i].im : a[i].re - b[i].im;
            }
        *out = find_peak(even, total);
    }
    fft2_free(f);
    free(even);
    free(odd);
    free(a);
    free(b);
    return bad ? -1 : 0;
}

struct shift register_agree(const struct shift *s, int n)
{
    struct shift best = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        double weight = 0, x = 0, y = 0;
        if (s[i].quality < REGISTER_LEAST) continue;
        for (int k = 0; k < n; k++) {
            if (s[k].quality < REGISTER_LEAST || hypot(s[k].x - s[i].x, s[k].y - s[i].y) > 0.35) continue;
            weight += s[k].quality;
            x += s[k].quality * s[k].x;
            y += s[k].quality * s[k].y;
        }
        if (weight > best.quality) best = (struct shift){x / weight, y / weight, weight};
    }
    return best;
}
