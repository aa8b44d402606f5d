/* The last tenth of a millimetre: cells laid where their own waves say they lie, so that a tilted view loses nothing more
 * than its lens lost. */
#ifndef CAPTURE_COPY_PLACE_H
#define CAPTURE_COPY_PLACE_H
#include "capture/cells.h"

/* message: CODE_N amplitudes with their signs, bits: the seal's, both of the cell w.  The observations are moved to where the
 * known waves up to the middle of the fragile band agree best, by at most COPY_PLACE_MOST mm; where nothing agrees
 * they stay. */
#define COPY_PLACE_MOST 0.4
void copy_place(struct cell_view *w, const struct seal_layout *l, const float *message, const uint8_t *bits);
#endif
