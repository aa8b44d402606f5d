/* PDF, step 6b: samples that Decode, or the Range of Lab, stretches (ISO 32000-1, 8.9.5.2, 8.6.5.4).
 *
 * A sample is delivered as what it means, low + step * v in levels.  That cannot be undone where levels fall
 * together or are clipped, so the writer looks at both: a sample that nobody changed is stored as it was, bit by
 * bit, and only a changed one is mapped back to the nearest level. */
#include "artwork/pdf_scale.h"
#include <math.h>
#include <stdint.h>

static unsigned level(double v, unsigned top)
{
    return v <= 0 ? 0 : v >= top ? top : (unsigned)(v + 0.5);
}

static unsigned get(const void *row, size_t i, unsigned wide)
{
    return wide ? ((const uint16_t *)row)[i] : ((const uint8_t *)row)[i];
}

static void put(void *row, size_t i, unsigned wide, unsigned v)
{
    if (wide)
        ((uint16_t *)row)[i] = (uint16_t)v;
    else
        ((uint8_t *)row)[i] = (uint8_t)v;
}

void pdf_scale_row(const struct pdf_image *i, void *row)
{
    unsigned n = i->info.samples, wide = i->info.bits == 16, top = wide ? 65535 : 255;
    for (size_t x = 0, at = 0; x < i->info.width; x++)
        for (unsigned j = 0; j < n; j++, at++)
            put(row, at, wide, level(i->scale[j].low + i->scale[j].step * get(row, at, wide), top));
}

void pdf_scale_back(const struct pdf_image *i, const void *plain, void *row)
{
    unsigned n = i->info.samples, wide = i->info.bits == 16, top = wide ? 65535 : 255;
    for (size_t x = 0, at = 0; x < i->info.width; x++)
        for (unsigned j = 0; j < n; j++, at++) {
            const struct pdf_scale *s = &i->scale[j];
            unsigned was = get(plain, at, wide), v = get(row, at, wide);
            int same = v == level(s->low + s->step * was, top);
            put(row, at, wide, same ? was : level((v - s->low) / s->step, top));
        }
}

int pdf_scale_set(struct pdf_image *i, unsigned j, double from, double to, double zero, double one)
{
    double top = i->info.bits == 16 ? 65535 : 255;
    struct pdf_scale *s = &i->scale[j];
    s->low = top * (from - zero) / (one - zero);
    s->step = (to - from) / (one - zero);
    if (!(fabs(s->low) < 1000 * top && fabs(s->step) < 1000 && fabs(s->step) > 1e-3)) return 0;
    i->invert[j] = s->low == top && s->step == -1;
    i->scaled |= !i->invert[j] && !(s->low == 0 && s->step == 1);
    return 1;
}
