/* Two-dimensional Fourier transforms of square arrays, X[v][u] = sum x[r][c] exp(-2 pi i (u c + v r) / n). */
#ifndef CAPTURE_FFT_H
#define CAPTURE_FFT_H

struct cplx {
    float re, im;
};

struct fft2;
struct fft2 *fft2_new(int n); /* n even, a product of 2, 3 and 5; NULL: out of memory */
void fft2_free(struct fft2 *f);
int fft2_size(const struct fft2 *f);

/* in: n*n reals, row major.  out: n rows of n/2+1 columns u = 0 .. n/2 (the other half is the conjugate).  in
 * != out. */
void fft2_forward(struct fft2 *f, const float *in, struct cplx *out);
/* Only the columns u = 0 .. last, 0 <= last <= n / 2, are wanted: what stands in the others is undefined. */
void fft2_columns(struct fft2 *f, const float *in, struct cplx *out, int last);
#endif
