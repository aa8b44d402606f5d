/*
 * Running sums (boxes.h).  In doubles: what is added is taken away again to 1e-13 of it.
 */
#include "capture/boxes.h"
#include <stddef.h>

void box_sum(const float *in, float *tmp, float *out, int columns, int rows, int r)
{
    size_t w = (size_t)columns;
    for (int y = 0; y < rows; y++) {
        const float *p = in + (size_t)y * w;
        float *q = tmp + (size_t)y * w;
        double sum = 0;
        for (int x = 0; x < r && x < columns; x++) sum += p[x];
        for (int x = 0; x < columns; x++) {
            if (x + r < columns) sum += p[x + r];
            if (x > r) sum -= p[x - r - 1];
            q[x] = (float)sum;
        }
    }
    for (int x = 0; x < columns; x++) {
        double sum = 0;
        for (int y = 0; y < r && y < rows; y++) sum += tmp[(size_t)y * w + (size_t)x];
        for (int y = 0; y < rows; y++) {
            if (y + r < rows) sum += tmp[(size_t)(y + r) * w + (size_t)x];
            if (y > r) sum -= tmp[(size_t)(y - r - 1) * w + (size_t)x];
            out[(size_t)y * w + (size_t)x] = (float)sum;
        }
    }
}

void box_blur(float *v, float *tmp, int columns, int rows, int r)
{
    size_t n = (size_t)columns * (size_t)rows;
    float share = 1 / (float)((2 * r + 1) * (2 * r + 1));
    for (int pass = 0; pass < 3; pass++) {
        box_sum(v, tmp, v, columns, rows, r);
        for (size_t i = 0; i < n; i++) v[i] *= share;
    }
}
