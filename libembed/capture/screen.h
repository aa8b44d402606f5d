/*
 * The screen of a print as a capture shows it.  Every screened print, first or copy, has the whole contrast of its dots, so
 * how much of it arrives tells how sharp the capture is, whatever was printed; and its ruling tells another press job.
 */
#ifndef CAPTURE_SCREEN_H
#define CAPTURE_SCREEN_H
#include "capture/cells.h"

struct screen_seen {
    double lpi;       /* lines per inch of the strongest ruling; 0: none is seen */
    double amplitude; /* rms of that ruling in the logarithm of lightness, over what is in view */
};

/* 0, or -1 when out of memory.  Too little in view, or too much (some 280 x 280 mm): nothing seen. */
int screen_measure(const struct cells_source *src, struct screen_seen *out);
#endif
