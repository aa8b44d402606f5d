/* A readable artwork page to rows of 8-bit RGB over white, whatever the format it comes from. */
#include "artwork/inks.h"
#include "artwork/picture_rows.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

struct conversion {
    struct picture_rows *rows;
    const struct artwork_page *page;
    uint8_t *rgb; /* one row */
    int ink;      /* of separations: the one that is shown; -1: all */
};

static unsigned to8(const struct artwork_page *p, const void *row, size_t at)
{
    return p->bits == 8 ? ((const uint8_t *)row)[at] : (((const uint16_t *)row)[at] * 255u + 32895u) >> 16;
}

static void light_row(const struct conversion *c, const void *row)
{
    const struct artwork_page *p = c->page;
    uint8_t *to = c->rgb;
    for (uint32_t x = 0; x < p->width; x++, to += 3) {
        size_t at = (size_t)x * p->samples;
        for (unsigned i = 0; i < 3; i++) to[i] = (uint8_t)to8(p, row, at + (p->inks == 3 ? i : 0));
    }
}

/* Colours as they look on white.  Inks that are multiplied by opacity lie on paper already. */
static void over_white(const struct conversion *c, const void *row)
{
    const struct artwork_page *p = c->page;
    uint8_t *to = c->rgb;
    if (p->alpha < 0 || (p->alpha_premultiplied && p->colour == ARTWORK_CMYK)) return;
    for (uint32_t x = 0; x < p->width; x++, to += 3) {
        unsigned a = to8(p, row, (size_t)x * p->samples + (unsigned)p->alpha);
        for (unsigned i = 0; i < 3; i++) {
            unsigned v = p->alpha_premultiplied ? to[i] + 255 - a : (to[i] * a + 255 * (255 - a) + 127) / 255;
            to[i] = (uint8_t)(v > 255 ? 255 : v);
        }
    }
}

/* Inks of unknown colour, as grey: each lets through what it does not cover.  One that is asked for is alone, since the
 * others would hide the little that the mark changes in it. */
static void inks_row(const struct conversion *c, const void *row)
{
    const struct artwork_page *p = c->page;
    for (uint32_t x = 0; x < p->width; x++) {
        unsigned light = 255;
        for (unsigned i = 0; i < p->samples; i++)
            if (c->ink < 0 ? p->role[i] <= ARTWORK_SPOT : (unsigned)c->ink == i)
                light = (light * (255 - to8(p, row, (size_t)x * p->samples + i)) + 127) / 255;
        memset(c->rgb + (size_t)x * 3, (int)light, 3);
    }
}

static enum enn_status band_to_rows(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct conversion *c = user;
    const struct artwork_page *p = c->page;
    size_t pitch = (size_t)p->width * p->samples * (p->bits / 8);
    (void)y;
    for (uint32_t i = 0; i < rows; i++) {
        const uint8_t *row = (const uint8_t *)samples + i * pitch;
        if (p->colour == ARTWORK_CMYK || p->colour == ARTWORK_LAB) {
            enum enn_status s = picture_cmyk(c->rows->options, p, row, p->width, c->rgb);
            if (s) return s;
        } else if (p->colour == ARTWORK_INKS) {
            inks_row(c, row);
        } else {
            light_row(c, row);
        }
        over_white(c, row);
        picture_rows_add(c->rows, c->rgb);
    }
    return ENN_OK;
}

/* Which ink is shown, and how many others could be. */
static void choose_ink(struct conversion *c)
{
    unsigned asked = c->rows->options->ink, n = 0;
    struct picture *out = c->rows->out;
    c->ink = -1;
    if (c->page->colour != ARTWORK_INKS || !asked) return;
    while (ink_carrier(c->page, n) >= 0) n++;
    c->ink = ink_carrier(c->page, asked - 1);
    if (c->ink < 0) c->ink = ARTWORK_MAX_SAMPLES;
    if (n > 1) out->one_ink = 1;
    if (n > asked && n - asked > out->more_inks) out->more_inks = n - asked;
}

enum enn_status picture_page(struct picture_rows *rows, struct artwork *a, size_t page, struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, page);
    struct conversion c = {.rows = rows, .page = p, .rgb = malloc((size_t)p->width * 3)};
    choose_ink(&c);
    enum enn_status s = c.rgb ? picture_rows_begin(rows, p->width, p->height, err)
                              : enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    if (!s) s = artwork_read(a, page, band_to_rows, &c, err);
    free(c.rgb);
    return s;
}
