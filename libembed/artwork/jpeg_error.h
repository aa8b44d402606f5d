/* The error that the quantisation tables of a JPEG leave. */
#ifndef ARTWORK_JPEG_ERROR_H
#define ARTWORK_JPEG_ERROR_H
#include <stddef.h>
#include <stdint.h>

/* Levels (of 255) rms, of the coarsest table in front of the first scan; 0: no table was found.  Any bytes
 * will do. */
double jpeg_error_rms(const uint8_t *data, size_t n);

/* The same of quality 95 of the tables of annex K, as libjpeg scales them. */
#define JPEG_ERROR_Q95 2.63
#endif
