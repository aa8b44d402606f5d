/* Several prints in one picture. */
#ifndef CAPTURE_PACKS_H
#define CAPTURE_PACKS_H
#include "capture/detect.h"

#define PACKS_MAX 32

/*
 * Reads every mark in the picture, at most `most` (1 .. PACKS_MAX): found[0 .. *n - 1], *n >= 1; the first is
 * what detect() says of the picture, also when it read nothing, all others are reads.  Returns 0, or -1 when out of memory.
 * Release each with detection_clear in both cases.
 */
int detect_packs(const struct detect_request *r, int most, struct detection *found, int *n);
#endif
