/*
 * A picture of what the mark leaves alone, and why: the classes of the protection mask in colour over a
 * grey picture of the artwork, as it is looked at, with a legend.
 */
#include "survey.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "artwork/letters.h"
#include "artwork/output.h"
#include "artwork/picture.h"
#include "status.h"

enum { SHORT_SIDE = 640, LONG_SIDE = 2400, MARGIN = 16, SWATCH = 20, LINE = 28, LETTER = 2, LEGEND = 440 };

static const struct {
    enum mask_class class;
    uint8_t colour[3];
    const char *what;
} legend[] = {
    {MASK_TINT, {96, 200, 96}, "marked: inked"},
    {MASK_WHITE, {255, 236, 96}, "paper, no yellow: markable"},
    {MASK_PAPER, {205, 205, 205}, "paper, no yellow: left alone"},
    {MASK_TEXT, {86, 130, 255}, "fine type"},
    {MASK_EDGE, {0, 200, 220}, "hard edge"},
    {MASK_BARCODE, {230, 50, 50}, "barcode"},
    {MASK_SOLID, {120, 70, 30}, "solid or black"},
    {MASK_SPOT, {255, 140, 0}, "brand ink, transparent"},
    {MASK_USER, {200, 60, 220}, "protected by you"},
};
static const uint8_t technical_colour[3] = {20, 20, 20};

static const uint8_t *colour_of(enum mask_class c)
{
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++)
        if (legend[i].class == c) return legend[i].colour;
    return technical_colour;
}

struct canvas {
    uint8_t *rgb;
    uint32_t width, height; /* of the picture */
    uint32_t left, top, map_width, map_height;
};

static void draw_map(const struct canvas *c, const struct survey *s)
{
    uint32_t nx, ny;
    double cell_x, cell_y;
    mask_size(s->mask, &nx, &ny, &cell_x, &cell_y);
    cell_x *= s->dpi_x / 25.4, cell_y *= s->dpi_y / 25.4;
    for (uint32_t j = 0; j < c->map_height; j++)
        for (uint32_t i = 0; i < c->map_width; i++) {
            double x, y;
            survey_stored_at(s, (i + 0.5) / c->map_width, (j + 0.5) / c->map_height, &x, &y);
            uint32_t a = (uint32_t)fmax(0, fmin(nx - 1, x / cell_x)),
                     b = (uint32_t)fmax(0, fmin(ny - 1, y / cell_y));
            const uint8_t *colour = colour_of(mask_class_at(s->mask, a, b));
            unsigned tone = mask_tone_at(s->mask, a, b);
            int hatched = mask_technical_at(s->mask, a, b) && (i + j) % 8 < 2;
            uint8_t *to = c->rgb + ((size_t)(c->top + j) * c->width + c->left + i) * 3;
            for (int k = 0; k < 3; k++)
                to[k] = hatched ? technical_colour[k] : (uint8_t)((5u * colour[k] + 3u * tone) / 8);
        }
}

static void fill(const struct canvas *c, uint32_t x, uint32_t y, uint32_t w, uint32_t h,
                 const uint8_t colour[3], int hatched)
{
    for (uint32_t j = y; j < y + h && j < c->height; j++)
        for (uint32_t i = x; i < x + w && i < c->width; i++)
            if (!hatched || (i + j) % 8 < 2) memcpy(c->rgb + ((size_t)j * c->width + i) * 3, colour, 3);
}

static void draw_legend(const struct canvas *c, const struct survey *s)
{
    static const uint8_t ink[3] = {0, 0, 0};
    uint32_t x = c->left + c->map_width + MARGIN, y = MARGIN, text = x + SWATCH + 8;
    for (size_t i = 0; i <= sizeof legend / sizeof *legend; i++, y += LINE) {
        int technical = i == sizeof legend / sizeof *legend;
        char line[64], share[16] = "";
        const char *what = technical ? "technical ink over it" : legend[i].what;
        if (!technical)
            snprintf(share, sizeof share, " %.0f%%",
                     100 * s->areas.of[legend[i].class] / fmax(s->areas.page, 1e-9));
        snprintf(line, sizeof line, "%s%s", what, share);
        fill(c, x, y, SWATCH, SWATCH, technical ? technical_colour : legend[i].colour, technical);
        letters_draw(c->rgb, c->width, c->height, text, y + 3, LETTER, ink, line);
    }
}

static enum enn_status draw(const struct survey *s, const char *path, struct enn_error *err)
{
    int turned = s->place.to_unit[0] == 0;
    double w = s->page->width * 25.4 / s->dpi_x, h = s->page->height * 25.4 / s->dpi_y;
    if (turned) {
        double t = w;
        w = h, h = t;
    }
    /* the short side gets SHORT_SIDE pixels, unless the long one would pass LONG_SIDE */
    double scale = fmin(SHORT_SIDE / fmin(w, h), LONG_SIDE / fmax(w, h));
    struct canvas c = {.left = MARGIN, .top = MARGIN};
    c.map_width = (uint32_t)fmax(1, rint(w * scale));
    c.map_height = (uint32_t)fmax(1, rint(h * scale));
    uint32_t lines = (uint32_t)(sizeof legend / sizeof *legend + 1) * LINE;
    c.width = c.map_width + 2 * MARGIN + LEGEND;
    c.height = (c.map_height > lines ? c.map_height : lines) + 2 * MARGIN; /* at most 2800 x 2432: 20 MB */
    c.rgb = malloc((size_t)c.width * c.height * 3);
    if (!c.rgb) return enn_fail(err, ENN_NOMEM, "out of memory");
    memset(c.rgb, 255, (size_t)c.width * c.height * 3);
    draw_map(&c, s);
    draw_legend(&c, s);
    enum enn_status st = picture_write_png(path, c.rgb, c.width, c.height, 0, err);
    free(c.rgb);
    return st;
}

static enum enn_status survey_one(struct survey *s, struct artwork *a, const struct enn_map_options *o,
                                  const char *file, struct enn_error *err)
{
    struct keepout *k = NULL;
    memset(s, 0, sizeof *s);
    size_t page = o->page ? o->page - 1 : 0;
    if (page >= artwork_pages(a)) return enn_fail(err, ENN_USAGE, "%s: has no page %u", file, o->page);
    enum enn_status st = survey_check_names(a, &o->protection, file, err);
    if (!st) st = keepout_new(&o->protection, &o->limits, &k, err);
    if (!st) st = keepout_check(k, artwork_pages(a), file, err);
    struct survey_options so = {
        .dpi = o->dpi, .strength = 1, .limits = &o->limits, .protection = &o->protection, .keepout = k};
    if (!st) st = survey_page(s, a, page, &so, file, err);
    keepout_free(k);
    return st;
}

struct enn_map_options enn_map_options_default(void)
{
    return (struct enn_map_options){.limits = enn_limits_default()};
}

enum enn_status enn_protect_map(const struct enn_map_options *o, const char *file, const char *out,
                                struct enn_error *err)
{
    struct artwork *a = NULL;
    struct output *picture = NULL;
    struct survey s = {0};
    enum enn_status st = artwork_open(file, &o->limits, &a, err);
    if (st) return st;
    artwork_set_threads(a, o->threads);
    st = survey_one(&s, a, o, file, err);
    if (!st) st = output_begin(out, o->force, o->pending, &picture, err);
    if (!st) st = draw(&s, output_path(picture), err);
    if (!st) {
        st = output_commit(picture, err);
        picture = NULL;
    }
    output_abort(picture);
    survey_clear(&s);
    artwork_close(a);
    return st;
}
