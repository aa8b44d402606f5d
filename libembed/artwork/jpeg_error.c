/* How much encoding as JPEG may change samples, from the quantisation tables alone (jpeg_error.h).
 *
 * Rounding a coefficient to a multiple of q leaves an error that is uniform over q, of variance q^2 / 12; the
 * transform is orthogonal, so the samples of a block have the mean of these as their variance.  (W. R.
 * Bennett, "Spectra of quantized signals", Bell System Technical Journal 27, 1948.)  Markers: ITU-T T.81
 * (1992), annex B. */
#include "artwork/jpeg_error.h"
#include <math.h>

/* The DQT segments of `length` bytes at `p`; the largest rms of their tables. */
static double of_tables(const uint8_t *p, size_t length)
{
    double most = 0;
    while (length > 0) {
        size_t wide = p[0] >> 4 ? 2 : 1, need = 1 + 64 * wide;
        double sum = 0;
        if (length < need) break;
        for (size_t i = 0; i < 64; i++) {
            double q = wide == 2 ? p[1 + 2 * i] << 8 | p[2 + 2 * i] : p[1 + i];
            sum += q * q / 12;
        }
        most = fmax(most, sqrt(sum / 64));
        p += need;
        length -= need;
    }
    return most;
}

double jpeg_error_rms(const uint8_t *data, size_t n)
{
    const int SOI = 0xd8, DQT = 0xdb, SOS = 0xda;
    double most = 0;
    for (size_t i = 0; i + 4 <= n;) {
        if (data[i] != 0xff) break;
        int marker = data[i + 1];
        if (marker == 0xff || marker == SOI) {
            i += marker == SOI ? 2 : 1;
            continue;
        }
        size_t length = (size_t)(data[i + 2] << 8 | data[i + 3]);
        if (marker == SOS || length < 2 || length > n - i - 2) break;
        if (marker == DQT) most = fmax(most, of_tables(data + i + 4, length - 2));
        i += 2 + length;
    }
    return most;
}
