/*
 * press: what colour a set of samples has, from an ICC profile (Little CMS) or from the built-in defaults.
 *
 * Colour is relative colorimetric throughout: the paper (or the RGB white) is L* = 100, a* = b* = 0, D50.
 */
#ifndef PRESS_PROFILE_H
#define PRESS_PROFILE_H
#include <stddef.h>
#include "status.h"
#include "press/pixels.h"

struct profile;

/* Opens a profile for `colour`. icc may be NULL (n 0): then, and when the data are not a usable input or
 * output profile of that colour space, the built-in default is taken: CMYK coated offset after FOGRA39
 * (docs/press.md), RGB sRGB, grey the grey axis of sRGB. Of Lab
 * there is only the default: the space itself. The data are copied. Fails only with ENN_NOMEM.
 * Release with profile_free. */
enum enn_status profile_open(struct profile **out, enum press_colour colour, const uint8_t *icc, size_t n,
                             struct enn_error *err);
void profile_free(struct profile *p);

/* Description text of the profile in printable ASCII ("FOGRA39L"), never NULL; valid as long as p. */
const char *profile_name(const struct profile *p);

/* Why the given ICC data were not used, or NULL: they were, or none were given. */
const char *profile_note(const struct profile *p);
int profile_is_default(const struct profile *p);

/* n colours of press_channels() values each, 0..1 in the sense of the colour (ink: 1 = solid; light: 1 =
 * white; values outside are clipped), to L* a* b*. Thread-safe. */
void profile_to_lab(const struct profile *p, const float *dev, size_t n, float *lab);

/* Renders n pixels to 8-bit sRGB, paper-relative (paper is 255 255 255), 3 bytes a pixel, spots not shown.
 * Fast enough for whole artworks (some 10 - 50 Mpx/s). px->colour must be the profile's. Thread-safe. */
void profile_to_rgb8(const struct profile *p, const struct press_pixels *px, const void *samples, size_t n,
                     uint8_t *rgb);

/* L* a* b* (D50) to coded sRGB 0..255, clipped to the gamut, as a capture would show it. */
void profile_lab_to_srgb(const float lab[3], float rgb[3]);
void profile_srgb_to_lab(const float rgb[3], float lab[3]); /* rgb 0..255 */
#endif
