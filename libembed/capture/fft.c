/* Row-column transform on KissFFT (fft.h): real rows, then complex columns, eight columns at a time for the
 * cache's sake. */
#include "capture/fft.h"
#include <kissfft/kiss_fft.h>
#include <kissfft/kiss_fftr.h>
#include <stdlib.h>

struct fft2 {
    int n;
    kiss_fftr_cfg row;
    kiss_fft_cfg column;
    kiss_fft_cpx *in, *out; /* BLOCK columns each */
};

enum { BLOCK = 8 };
_Static_assert(sizeof(struct cplx) == sizeof(kiss_fft_cpx), "same layout as the library's complex type");

struct fft2 *fft2_new(int n)
{
    struct fft2 *f = calloc(1, sizeof *f);
    if (!f) return NULL;
    f->n = n;
    f->row = kiss_fftr_alloc(n, 0, NULL, NULL);
    f->column = kiss_fft_alloc(n, 0, NULL, NULL);
    f->in = malloc(sizeof *f->in * BLOCK * (size_t)n);
    f->out = malloc(sizeof *f->out * (size_t)n);
    if (!f->row || !f->column || !f->in || !f->out) {
        fft2_free(f);
        return NULL;
    }
    return f;
}

void fft2_free(struct fft2 *f)
{
    if (!f) return;
    kiss_fftr_free(f->row);
    kiss_fft_free(f->column);
    free(f->in);
    free(f->out);
    free(f);
}

int fft2_size(const struct fft2 *f)
{
    return f->n;
}

void fft2_forward(struct fft2 *f, const float *in, struct cplx *out)
{
    int n = f->n, half = n / 2 + 1;
    kiss_fft_cpx *x = (kiss_fft_cpx *)out;
    for (int r = 0; r < n; r++) kiss_fftr(f->row, in + (size_t)r * n, x + (size_t)r * half);
    for (int u = 0; u < half; u += BLOCK) {
        int m = half - u < BLOCK ? half - u : BLOCK;
        for (int r = 0; r < n; r++)
            for (int c = 0; c < m; c++) f->in[c * n + r] = x[(size_t)r * half + u + c];
        for (int c = 0; c < m; c++) {
            kiss_fft(f->column, f->in + c * n, f->out);
            for (int r = 0; r < n; r++) x[(size_t)r * half + u + c] = f->out[r];
        }
    }
}
