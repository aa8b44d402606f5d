/*
 * The capacity of a page as a picture: orange where a phone that sees 25 x 25 mm would not read the
 * mark by itself, pale where it just does, blue where it reads easily. The two hues and their
 * lightness tell it without a sense of red and green, and in a grey print.
 */
#include "report.h"
#include "status.h"
#include "artwork/letters.h"
#include "artwork/output.h"
#include "artwork/picture.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MARGIN = 12, SCALE = 96, BAR = 18, LEAST = 420, LETTER = 2 };

static const double LOWEST = 0.1, HIGHEST = 30;
static const uint8_t black[3] = {0, 0, 0};

static void colour_of(double times, uint8_t rgb[3])
{
    static const double stop[][4] = {{0.1, 120, 40, 0},     {0.5, 225, 110, 20}, {0.98, 255, 215, 160},
                                     {1.02, 205, 232, 250}, {4, 70, 140, 220},   {30, 10, 40, 120}};
    enum { N = sizeof stop / sizeof *stop };
    double v = log(fmin(HIGHEST, fmax(LOWEST, times)));
    int i = 0;
    while (i < N - 2 && v > log(stop[i + 1][0])) i++;
    double t = (v - log(stop[i][0])) / (log(stop[i + 1][0]) - log(stop[i][0]));
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)(stop[i][k + 1] + t * (stop[i + 1][k + 1] - stop[i][k + 1]) + 0.5);
}

static void put(uint8_t *rgb, uint32_t width, uint32_t x, uint32_t y, const uint8_t c[3])
{
    memcpy(rgb + 3 * ((size_t)y * width + x), c, 3);
}

/* Bilinear between the places of the map. */
static double value_at(const struct enn_capacity_map *m, const float *v, double x, double y)
{
    double u = fmin(m->columns - 1.0, fmax(0, x * m->columns - 0.5)),
           w = fmin(m->rows - 1.0, fmax(0, y * m->rows - 0.5));
    uint32_t i = (uint32_t)u, j = (uint32_t)w, i1 = i + 1 < m->columns ? i + 1 : i,
             j1 = j + 1 < m->rows ? j + 1 : j;
    double fx = u - i, fy = w - j;
    const float *a = v + (size_t)j * m->columns, *b = v + (size_t)j1 * m->columns;
    return (1 - fy) * ((1 - fx) * a[i] + fx * a[i1]) + fy * ((1 - fx) * b[i] + fx * b[i1]);
}

static void draw_scale(uint8_t *rgb, uint32_t width, uint32_t height, int white)
{
    static const double tick[] = {0.1, 0.3, 1, 3, 10, 30};
    uint32_t top = height - SCALE + 8, left = MARGIN, right = width - MARGIN;
    for (uint32_t x = left; x < right; x++) {
        uint8_t c[3];
        colour_of(LOWEST * pow(HIGHEST / LOWEST, (x - left + 0.5) / (right - left)), c);
        for (uint32_t y = top; y < top + BAR; y++) put(rgb, width, x, y, c);
    }
    for (size_t i = 0; i < sizeof tick / sizeof *tick; i++) {
        char text[16];
        uint32_t x = left + (uint32_t)((right - left - 1) * log(tick[i] / LOWEST) / log(HIGHEST / LOWEST));
        for (uint32_t y = top; y < top + BAR + 5; y++) put(rgb, width, x, y, black);
        snprintf(text, sizeof text, "%g", tick[i]);
        uint32_t w = (uint32_t)strlen(text) * LETTERS_ADVANCE * LETTER, at = x > w / 2 ? x - w / 2 : 0;
        letters_draw(rgb, width, height, at + w > width ? width - w : at, top + BAR + 8, LETTER, black, text);
    }
    letters_draw(rgb, width, height, left, top + BAR + 28, LETTER, black, "times what a reading needs");
    letters_draw(rgb, width, height, left, top + BAR + 48, LETTER, black,
                 white ? "25 x 25 mm, 20 px/mm, white marked" : "25 x 25 mm, 20 px/mm, ink only");
}

enum enn_status report_map(const struct enn_page_info *p, uint8_t **out, uint32_t *width, uint32_t *height,
                           struct enn_error *err)
{
    const struct enn_capacity_map *m = &p->map;
    const struct enn_preview *v = &p->preview;
    const float *values = p->white_needed ? m->with_white : m->without_white;
    if (!values || !v->rgb)
        return enn_fail(err, ENN_UNSUPPORTED, "the page has no capacity to be drawn%s%s", *p->why ? ": " : "",
                        p->why);
    *width = v->width + 2 * MARGIN > LEAST ? v->width + 2 * MARGIN : LEAST;
    *height = v->height + MARGIN + SCALE;
    uint8_t *rgb = malloc((size_t)*width * *height * 3);
    if (!rgb) return enn_fail(err, ENN_NOMEM, "out of memory");
    memset(rgb, 255, (size_t)*width * *height * 3);
    for (uint32_t y = 0; y < v->height; y++)
        for (uint32_t x = 0; x < v->width; x++) {
            const uint8_t *from = v->rgb + 3 * ((size_t)y * v->width + x);
            unsigned grey = (77u * from[0] + 150u * from[1] + 29u * from[2]) >> 8;
            uint8_t c[3];
            colour_of(value_at(m, values, (x + 0.5) / v->width, (y + 0.5) / v->height), c);
            for (int k = 0; k < 3; k++) c[k] = (uint8_t)((5u * c[k] + 3u * grey) / 8);
            put(rgb, *width, MARGIN + x, MARGIN + y, c);
        }
    draw_scale(rgb, *width, *height, p->white_needed);
    *out = rgb;
    return ENN_OK;
}

enum enn_status report_map_file(const struct enn_page_info *p, const char *path, int force,
                                struct enn_error *err)
{
    uint8_t *rgb = NULL;
    uint32_t width, height;
    struct output *to = NULL;
    enum enn_status s = report_map(p, &rgb, &width, &height, err);
    if (!s) s = output_begin(path, force, cli_pending(), &to, err);
    if (!s) s = picture_write_png(output_path(to), rgb, width, height, 0, err);
    if (!s)
        s = output_commit(to, err);
    else
        output_abort(to);
    free(rgb);
    return s;
}
