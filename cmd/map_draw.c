/*
 * The map of alterations as a picture (map_draw.h).
 *
 * Each pixel of the drawing looks up its place on the artwork, so picture and cells need not have
 * anything in common; the legend is in letters of our own (artwork/letters.h), as a picture is often
 * looked at without the tool beside it.
 */
#include "map_draw.h"
#include "cli.h"
#include "status.h"
#include "artwork/letters.h"
#include "artwork/output.h"
#include "artwork/picture.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONG_SIDE = 1200, SHORT_SIDE = 480, MARGIN = 16, LINE = 26, SWATCH = 18, LETTER = 2, LINES = 4, SEAL_LINES = 2 };
static const uint8_t red[3] = {225, 20, 20}, grey[3] = {120, 120, 120}, black[3] = {0, 0, 0};
static const uint8_t green[3] = {0, 130, 60}, purple[3] = {130, 0, 160};

struct canvas {
    const struct enn_verdict *v;
    const struct enn_alterations *m; /* v->map */
    uint8_t *rgb;
    uint32_t width, height, map_width, map_height;
};

static void blend(uint8_t *to, const uint8_t colour[3], double share)
{
    for (int k = 0; k < 3; k++) to[k] = (uint8_t)(to[k] + share * (colour[k] - to[k]) + 0.5);
}

static enum enn_cell_state state_at(const struct enn_alterations *m, double x_mm, double y_mm)
{
    if (!m->columns) return ENN_CELL_UNKNOWN;
    uint32_t i = (uint32_t)(x_mm / m->cell_mm), j = (uint32_t)(y_mm / m->cell_mm);
    if (i >= m->columns || j >= m->rows) return ENN_CELL_UNKNOWN;
    return (enum enn_cell_state)m->state[(size_t)j * m->columns + i];
}

static int is_hatched(uint32_t x, uint32_t y)
{
    return (x + y) % 8 < 2;
}

/* Mean of the picture over one pixel of the drawing, from 3 x 3 points. */
static void picture_at(const struct canvas *c, uint32_t x, uint32_t y, uint8_t to[3])
{
    const struct enn_alterations *m = c->m;
    unsigned sum[3] = {0, 0, 0};
    for (uint32_t k = 0; k < 9; k++) {
        size_t i = (size_t)((x + (k % 3 + 0.5) / 3) / c->map_width * m->picture_width);
        size_t j = (size_t)((y + (k / 3 + 0.5) / 3) / c->map_height * m->picture_height);
        const uint8_t *p = m->picture + 3 * (j * m->picture_width + i); /* i, j: shares below 1 of the size */
        for (int n = 0; n < 3; n++) sum[n] += p[n];
    }
    for (int n = 0; n < 3; n++) to[n] = (uint8_t)(sum[n] / 9);
}

static void draw_cells(const struct canvas *c)
{
    for (uint32_t y = 0; y < c->map_height; y++)
        for (uint32_t x = 0; x < c->map_width; x++) {
            uint8_t *to = c->rgb + 3 * ((size_t)(y + MARGIN) * c->width + x + MARGIN);
            picture_at(c, x, y, to);
            enum enn_cell_state s = state_at(c->m, (x + 0.5) / c->map_width * c->m->width,
                                             (y + 0.5) / c->map_height * c->m->height);
            if (s == ENN_CELL_ALTERED) blend(to, red, 0.4);
            if (s == ENN_CELL_UNKNOWN && is_hatched(x, y)) blend(to, grey, 0.7);
        }
}

static void fill(const struct canvas *c, double x0, double y0, double x1, double y1, const uint8_t colour[3])
{
    uint32_t left = (uint32_t)fmax(0, x0), right = (uint32_t)fmin(c->width, fmax(0, x1));
    uint32_t top = (uint32_t)fmax(0, y0), bottom = (uint32_t)fmin(c->height, fmax(0, y1));
    for (uint32_t y = top; y < bottom; y++)
        for (uint32_t x = left; x < right; x++) memcpy(c->rgb + 3 * ((size_t)y * c->width + x), colour, 3);
}

static void frame(const struct canvas *c, double x0, double y0, double x1, double y1, const uint8_t colour[3])
{
    enum { PEN = 3 };
    fill(c, x0 - PEN, y0 - PEN, x1 + PEN, y0, colour);
    fill(c, x0 - PEN, y1, x1 + PEN, y1 + PEN, colour);
    fill(c, x0 - PEN, y0, x0, y1, colour);
    fill(c, x1, y0, x1 + PEN, y1, colour);
}

static void draw_boxes(const struct canvas *c)
{
    const struct enn_alterations *m = c->m;
    double sx = c->map_width / m->width, sy = c->map_height / m->height;
    for (uint32_t i = 0; i < m->n; i++) {
        const struct enn_rect *r = &m->items[i].at;
        if (m->items[i].certain)
            frame(c, MARGIN + (r->x - m->x) * sx, MARGIN + (r->y - m->y) * sy,
                  MARGIN + (r->x - m->x + r->width) * sx, MARGIN + (r->y - m->y + r->height) * sy, red);
    }
}

/* Two strokes from corner to corner. */
static void cross(const struct canvas *c, double x0, double y0, double x1, double y1, const uint8_t colour[3])
{
    enum { STEPS = 400 };
    for (int i = 0; i <= STEPS; i++) {
        double x = x0 + (x1 - x0) * i / STEPS, y = y0 + (y1 - y0) * i / STEPS, back = y0 + y1 - y;
        fill(c, x - 1, y - 1, x + 1, y + 1, colour);
        fill(c, x - 1, back - 1, x + 1, back + 1, colour);
    }
}

/* The cells of the seal on the map, cut at its edges: beside each other, so each is drawn a little smaller. */
static void draw_seal(const struct canvas *c)
{
    enum { GAP = 6 };
    const struct enn_alterations *m = c->m;
    double sx = c->map_width / m->width, sy = c->map_height / m->height;
    for (uint32_t i = 0; i < c->v->n_seal_cells; i++) {
        const struct enn_seal_cell *k = &c->v->seal_cells[i];
        double x0 = fmax(0, (k->at.x - m->x) * sx), x1 = fmin(c->map_width, (k->at.x + k->at.width - m->x) * sx);
        double y0 = fmax(0, (k->at.y - m->y) * sy), y1 = fmin(c->map_height, (k->at.y + k->at.height - m->y) * sy);
        if (k->seal == ENN_SEAL_UNKNOWN || x1 - x0 < 3 * GAP || y1 - y0 < 3 * GAP) continue;
        x0 += MARGIN + GAP, y0 += MARGIN + GAP, x1 += MARGIN - GAP, y1 += MARGIN - GAP;
        frame(c, x0, y0, x1, y1, k->seal == ENN_SEAL_PRESENT ? green : purple);
        if (k->seal == ENN_SEAL_BROKEN) cross(c, x0, y0, x1, y1, purple);
    }
}

static int has_seal(const struct enn_verdict *v)
{
    return v->seal != ENN_SEAL_UNCHECKED && v->seal != ENN_SEAL_NO_KEY;
}

/* What is said of the seal, below the legend of the cells. */
static void draw_seal_legend(const struct canvas *c)
{
    uint32_t there = 0, broken = 0, y = c->map_height + 2 * MARGIN + LINES * LINE;
    for (uint32_t i = 0; i < c->v->n_seal_cells; i++) {
        there += c->v->seal_cells[i].seal == ENN_SEAL_PRESENT;
        broken += c->v->seal_cells[i].seal == ENN_SEAL_BROKEN;
    }
    for (uint32_t k = 0; k < SEAL_LINES; k++, y += LINE) {
        uint32_t n = k ? broken : there;
        char line[96];
        frame(c, MARGIN + 3, y + 3, MARGIN + SWATCH - 3, y + SWATCH - 3, k ? purple : green);
        if (k) cross(c, MARGIN + 3, y + 3, MARGIN + SWATCH - 3, y + SWATCH - 3, purple);
        if (k && c->v->seal == ENN_SEAL_MISSING)
            snprintf(line, sizeof line, "the seal of the lot is missing");
        else
            snprintf(line, sizeof line, "%s: %u %s", k ? "message without the seal of the lot" : "the seal of the lot is there", n,
                     n == 1 ? "place" : "places");
        letters_draw(c->rgb, c->width, c->height, MARGIN + SWATCH + 10, y + 3, LETTER, black, line);
    }
}

static void draw_legend(const struct canvas *c)
{
    static const char *const what[LINES] = {"intact: as the artwork in the manifest", "altered",
                                            "altered, certainly", "not measurable"};
    uint32_t count[3] = {0, 0, 0}, certain = 0;
    for (size_t i = 0; i < (size_t)c->m->columns * c->m->rows; i++) count[c->m->state[i]]++;
    for (uint32_t i = 0; i < c->m->n; i++) certain += c->m->items[i].certain != 0;
    for (uint32_t k = 0; k < LINES; k++) {
        uint32_t y = c->map_height + 2 * MARGIN + k * LINE;
        char line[96];
        uint8_t pale[3] = {255, 255, 255};
        if (k == 1 || k == 2) blend(pale, red, 0.4);
        fill(c, MARGIN, y, MARGIN + SWATCH, y + SWATCH, pale);
        for (uint32_t j = 0; k == 3 && j < SWATCH; j++)
            for (uint32_t i = 0; i < SWATCH; i++)
                if (is_hatched(i, j)) memcpy(c->rgb + 3 * ((size_t)(y + j) * c->width + MARGIN + i), grey, 3);
        frame(c, MARGIN, y, MARGIN + SWATCH, y + SWATCH, k == 2 ? red : grey);
        uint32_t n = k == 0   ? count[ENN_CELL_INTACT]
                     : k == 1 ? count[ENN_CELL_ALTERED]
                     : k == 2 ? certain
                              : count[ENN_CELL_UNKNOWN];
        snprintf(line, sizeof line, "%s: %u %s%s", what[k], n, k == 2 ? "place" : "cell", n == 1 ? "" : "s");
        letters_draw(c->rgb, c->width, c->height, MARGIN + SWATCH + 10, y + 3, LETTER, black, line);
    }
}

enum enn_status map_draw(const struct enn_verdict *v, const char *out, int force, struct enn_error *err)
{
    const struct enn_alterations *m = v->map;
    uint32_t lines = has_seal(v) ? LINES + SEAL_LINES : LINES;
    /* the long side gets LONG_SIDE pixels; a strip is never too thin to be looked at */
    double scale = LONG_SIDE / fmax(m->width, m->height);
    struct canvas c = {.v = v, .m = m};
    c.map_width = (uint32_t)fmin(LONG_SIDE, fmax(16, rint(m->width * scale)));
    c.map_height = (uint32_t)fmin(LONG_SIDE, fmax(16, rint(m->height * scale)));
    c.width = (c.map_width > SHORT_SIDE ? c.map_width : SHORT_SIDE) + 2 * MARGIN;
    c.height = c.map_height + 3 * MARGIN + lines * LINE; /* at most 1232 x 1404 */
    c.rgb = malloc((size_t)c.width * c.height * 3);
    if (!c.rgb) return enn_fail(err, ENN_NOMEM, "out of memory");
    memset(c.rgb, 255, (size_t)c.width * c.height * 3);
    draw_cells(&c);
    draw_seal(&c);
    draw_boxes(&c);
    draw_legend(&c);
    if (has_seal(v)) draw_seal_legend(&c);
    struct output *to = NULL;
    enum enn_status s = output_begin(out, force, cli_pending(), &to, err);
    if (s == ENN_OK) {
        s = picture_write_png(output_path(to), c.rgb, c.width, c.height, 0, err);
        if (s == ENN_OK)
            s = output_commit(to, err);
        else
            output_abort(to);
    }
    free(c.rgb);
    return s;
}
