/* Small systems of linear equations (linear.h). */
#include "capture/linear.h"
#include <math.h>

int linear_solve(int n, int stride, double *a, double *b)
{
    for (int c = 0; c < n; c++) {
        int p = c;
        for (int r = c + 1; r < n; r++)
            if (fabs(a[r * stride + c]) > fabs(a[p * stride + c])) p = r;
        if (fabs(a[p * stride + c]) < 1e-9) return 0;
        for (int k = 0; k < n; k++) {
            double t = a[c * stride + k];
            a[c * stride + k] = a[p * stride + k];
            a[p * stride + k] = t;
        }
        double t = b[c];
        b[c] = b[p];
        b[p] = t;
        for (int r = c + 1; r < n; r++) {
            double q = a[r * stride + c] / a[c * stride + c];
            for (int k = c; k < n; k++) a[r * stride + k] -= q * a[c * stride + k];
            b[r] -= q * b[c];
        }
    }
    for (int r = n - 1; r >= 0; r--) {
        for (int k = r + 1; k < n; k++) b[r] -= a[r * stride + k] * b[k];
        b[r] /= a[r * stride + r];
    }
    return 1;
}
