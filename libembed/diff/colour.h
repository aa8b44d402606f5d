/* Colours of artwork samples fast enough for whole pages, and how far apart two of them look. */
#ifndef DIFF_COLOUR_H
#define DIFF_COLOUR_H
#include "press/profile.h"

struct colour_table;

/* Tabulates a profile (used during the call only).  ENN_NOMEM. */
enum enn_status colour_new(struct colour_table **out, enum press_colour colour, const struct profile *p,
                           struct enn_error *err);
void colour_free(struct colour_table *t); /* NULL allowed */

/* L* a* b* of one pixel of press_channels() samples of 8 or 16 bits.  Thread-safe. */
void colour_lab(const struct colour_table *t, const void *samples, int bits, float lab[3]);

/* CIEDE2000 with all weights 1 (CIE 142:2001; ISO/CIE 11664-6). */
float colour_difference(const float lab1[3], const float lab2[3]);
#endif
