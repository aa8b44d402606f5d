/* capture/fft.h against the sum that defines it, in double precision. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include "capture/fft.h"
#include "test/sim.h"

/* X[v][u] by definition; w[i] = exp(-2 pi i i / n). */
static void naive(const float *in, int n, int u, int v, double *re, double *im)
{
    *re = *im = 0;
    for (int r = 0; r < n; r++)
        for (int c = 0; c < n; c++) {
            double t = -2 * M_PI * ((long)u * c % n + (long)v * r % n) / n;
            *re += in[r * n + c] * cos(t);
            *im += in[r * n + c] * sin(t);
        }
}

/* Signal-to-error ratio in dB over the bins tested: all of them up to 30, some at random beyond. */
static double ratio(int n, uint64_t seed)
{
    struct fft2 *f = fft2_new(n);
    int half = n / 2 + 1, bins = n <= 30 ? n * half : 65536 * 24 / (n * n) + 24;
    float *in = malloc(sizeof *in * (size_t)n * n);
    struct cplx *out = malloc(sizeof *out * (size_t)n * half);
    assert_true(f && in && out);
    assert_int_equal(fft2_size(f), n);
    for (int i = 0; i < n * n; i++) in[i] = (float)sim_normal(seed, (uint64_t)i);
    fft2_forward(f, in, out);
    double signal = 0, error = 1e-300;
    for (int b = 0; b < bins; b++) {
        int k = n <= 30 ? b : (int)(sim_random(seed + 1, (uint64_t)b) % (uint64_t)(n * half));
        if (n > 30 && b < 8)
            k = (b & 1 ? half - 1 : 0) + half * (b & 2 ? n - 1 : b & 4 ? n / 2 : 0); /* borders */
        double re, im;
        naive(in, n, k % half, k / half, &re, &im);
        signal += re * re + im * im;
        error += pow(re - out[k].re, 2) + pow(im - out[k].im, 2);
    }
    fft2_free(f);
    free(in);
    free(out);
    return 10 * log10(signal / error);
}

static void forward_is_the_sum(void **state)
{
    (void)state;
    static const int sizes[] = {2, 4, 12, 30, 60, 64, 128, 150, 256};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        double db = ratio(sizes[i], 40 + i);
        if (db < 110) fail_msg("size %d: %.1f dB (seed %d)", sizes[i], db, (int)(40 + i));
    }
}

/* Sign and order: a wave of 3 across and -2 down is bin u = 3, v = n - 2. */
static void a_wave_lands_in_its_bin(void **state)
{
    (void)state;
    enum { N = 64 };
    struct fft2 *f = fft2_new(N);
    static float in[N * N];
    static struct cplx out[N * (N / 2 + 1)];
    for (int r = 0; r < N; r++)
        for (int c = 0; c < N; c++) in[r * N + c] = (float)cos(2 * M_PI * (3 * c - 2 * r) / N + 0.5);
    fft2_forward(f, in, out);
    for (int k = 0; k < N * (N / 2 + 1); k++) {
        int hit = k == (N - 2) * (N / 2 + 1) + 3;
        assert_true(fabs(out[k].re - (hit ? N * N / 2 * cos(0.5) : 0)) < 0.01);
        assert_true(fabs(out[k].im - (hit ? N * N / 2 * sin(0.5) : 0)) < 0.01);
    }
    fft2_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forward_is_the_sum),
                                       cmocka_unit_test(a_wave_lands_in_its_bin)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
