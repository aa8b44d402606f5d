/*
 * How well a mark will read: a prediction from the steps that the ink model allows at one place per mm.
 *
 * Ink: the energy of the message per cm2 is K q / (q + S) at a squared opponent step q: strong marks interfere with
 * themselves and end at K. Bare paper, which carries slow waves only: P times the squared step. Both grow with a power of the
 * pixels per mm. The six numbers were fitted to 45 simulated photographs of 15 panels, 7 - 30 px/mm, AM 175 lpi: right within a
 * factor of 1.4 (rms of the logarithm), 2.9 at most, where the mark is found; texture, light and focus are not known here.
 */
#include "mark/code.h"
#include "survey.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double INK_ENERGY = 65, INK_HALF = 3.1e-5, PAPER_ENERGY = 6.6e5; /* K, S, P at 20 px/mm */
static const double INK_POWER = 2.4, INK_POWER_NEAR = 0.5, PAPER_POWER = 2.8, REFERENCE = 20,
                    WINDOW_MM = 25.0;
static const double LUMINANCE = 0.1; /* of that: a grey photograph read from a scan of 300 dpi, and from no photograph */

/* At one resolution of the photo: what it leaves of the energies. */
struct photo {
    double ink, paper;
};

static struct photo photo_at(double px_per_mm)
{
    double t = px_per_mm / REFERENCE;
    return (struct photo){INK_ENERGY * pow(t, t < 1 ? INK_POWER : INK_POWER_NEAR),
                          PAPER_ENERGY * (t < 1 ? pow(t, PAPER_POWER) : 1)};
}

/* Shares of the energies, in cm2: of ink and of bare paper, as sums over everything above and to the left
 * ((columns + 1) x (rows + 1)). */
struct squares {
    uint32_t columns, rows;
    double mm; /* side of one */
    double *ink, *paper, *scratch;
};

/* Squares of 5 mm. */
static uint32_t raster(double grid_mm)
{
    return (uint32_t)fmax(1, 5 / grid_mm);
}

double survey_grid_mm(double width_mm, double height_mm)
{
    static const double side[] = {1, 2.5, 5, 12.5, 25};
    size_t i = 0;
    while (i + 1 < sizeof side / sizeof *side && width_mm * height_mm > SURVEY_GRID_CELLS * side[i] * side[i]) i++;
    return side[i];
}

static void free_squares(struct squares *q)
{
    free(q->ink);
    free(q->paper);
    free(q->scratch);
}

static int measure(const struct survey *s, struct squares *q)
{
    /* what paper prints correlates with s by Q(theta) - Q(peak), its slope in the linear part of the mark (J. J.
     * Bussgang 1952) */
    double slope = 0.5 * (erfc(INK_THETA / sqrt(2.0)) - erfc(INK_PAPER_PEAK / sqrt(2.0))),
           cm2 = s->grid_mm * s->grid_mm / 100;
    size_t stride = (size_t)s->grid_columns + 1, n = stride * ((size_t)s->grid_rows + 1);
    size_t windows =
        (s->grid_columns / raster(s->grid_mm) + (size_t)1) * (s->grid_rows / raster(s->grid_mm) + (size_t)1);
    uint8_t *gain = malloc(s->page->width), *white_gain = malloc(s->page->width);
    *q = (struct squares){.columns = s->grid_columns,
                          .rows = s->grid_rows,
                          .mm = s->grid_mm,
                          .ink = calloc(n, sizeof(double)),
                          .paper = calloc(n, sizeof(double)),
                          .scratch = malloc(windows * sizeof(double))};
    const double share = press_is_luminance(s->pixels.colour) ? LUMINANCE : 1;
    int ok = gain && white_gain && q->ink && q->paper && q->scratch;
    for (uint32_t j = 0; ok && j < s->grid_rows; j++) {
        uint32_t y = (uint32_t)ceil(j * s->grid_mm * s->dpi_y / 25.4);
        mask_row(s->mask, y < s->page->height ? y : s->page->height - 1, gain, white_gain);
        for (uint32_t i = 0; i < s->grid_columns; i++) {
            uint32_t x = (uint32_t)((i + 0.5) * s->grid_mm * s->dpi_x / 25.4);
            size_t at = (size_t)j * s->grid_columns + i, to = (j + 1) * stride + i + 1;
            double e = 0, white = 0;
            if (x < s->page->width && s->grid_kind[at] == INK_TINT) e = s->grid_effect[at] * gain[x] / 255.0;
            if (x < s->page->width && s->grid_kind[at] == INK_WHITE)
                white = slope * s->grid_effect[at] * white_gain[x] / 255.0;
            q->ink[to] = share * e * e / (e * e + INK_HALF) * cm2 + q->ink[to - 1] + q->ink[to - stride] -
                         q->ink[to - stride - 1];
            q->paper[to] =
                white * white * cm2 + q->paper[to - 1] + q->paper[to - stride] - q->paper[to - stride - 1];
        }
    }
    free(gain);
    free(white_gain);
    return ok;
}

static double sum_of(const struct squares *q, const double *sums, uint32_t i, uint32_t j, uint32_t w,
                     uint32_t h)
{
    size_t stride = (size_t)q->columns + 1;
    const double *top = sums + j * stride, *low = sums + ((size_t)j + h) * stride;
    double sum = low[i + w] - low[i] - top[i + w] + top[i];
    return sum > 1e-12 * sums[stride * ((size_t)q->rows + 1) - 1] ? sum : 0; /* not the rounding */
}

static double window(const struct squares *q, const struct photo *p, int white, uint32_t i, uint32_t j,
                     uint32_t w, uint32_t h)
{
    double e =
        p->ink * sum_of(q, q->ink, i, j, w, h) + (white ? p->paper * sum_of(q, q->paper, i, j, w, h) : 0);
    return e / CODE_ENERGY_NEEDED;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Median over all windows of this side on a 5 mm raster; sides over the page's are cut. Where the squares are
 * larger than that, the energy is that of as many as are nearest, in proportion. */
static double median(const struct squares *q, const struct photo *p, int white, double side_mm)
{
    uint32_t side = (uint32_t)fmax(1, side_mm / q->mm), w = side < q->columns ? side : q->columns,
             h = side < q->rows ? side : q->rows, step = raster(q->mm);
    double share = side_mm / (side * q->mm);
    size_t n = 0;
    for (uint32_t j = 0; j + h <= q->rows; j += step)
        for (uint32_t i = 0; i + w <= q->columns; i += step) q->scratch[n++] = window(q, p, white, i, j, w, h);
    qsort(q->scratch, n, sizeof *q->scratch, by_value);
    return n ? q->scratch[n / 2] * share * share : 0;
}

int survey_needs_white(const struct enn_capacity *c)
{
    return c->window25_20 < 0.3 || c->panel_10 < 1; /* with a manifest a quarter of the energy does */
}

enum enn_status survey_predict(struct survey *s, struct enn_error *err)
{
    const struct photo near = photo_at(20), far = photo_at(10);
    struct squares q;
    int ok = measure(s, &q);
    for (int white = 0; ok && white < 2; white++) {
        struct enn_capacity *c = white ? &s->with_white : &s->without_white;
        c->window25_20 = median(&q, &near, white, WINDOW_MM);
        c->window25_10 = median(&q, &far, white, WINDOW_MM);
        c->panel_20 = window(&q, &near, white, 0, 0, q.columns, q.rows);
        c->panel_10 = window(&q, &far, white, 0, 0, q.columns, q.rows);
    }
    free_squares(&q);
    return ok ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

static void fill_table(const struct squares *q, struct enn_page_info *info)
{
    static const double side[] = ENN_WINDOWS_MM, px_per_mm[] = ENN_PX_PER_MM;
    for (int i = 0; i < ENN_N_WINDOWS; i++)
        for (int k = 0; k < ENN_N_PX_PER_MM; k++)
            for (int white = 0; white < 2; white++) {
                struct photo p = photo_at(px_per_mm[k]);
                int fits = side[i] <= q->columns * q->mm && side[i] <= q->rows * q->mm;
                double *to = white ? &info->table_with_white[i][k] : &info->table_without_white[i][k];
                *to = side[i] == 0 ? window(q, &p, white, 0, 0, q->columns, q->rows)
                      : fits       ? median(q, &p, white, side[i])
                                   : -1;
            }
}

/* The map as the page is looked at: the window around the stored place of each of its places. */
static int fill_map(const struct survey *s, const struct squares *q, struct enn_capacity_map *m)
{
    int turned = s->place.to_unit[0] == 0;
    m->columns = turned ? q->rows : q->columns;
    m->rows = turned ? q->columns : q->rows;
    m->step_mm = s->grid_mm;
    m->with_white = malloc((size_t)m->columns * m->rows * sizeof *m->with_white);
    m->without_white = malloc((size_t)m->columns * m->rows * sizeof *m->without_white);
    if (!m->with_white || !m->without_white) return 0;
    const struct photo at_20 = photo_at(20);
    uint32_t side = (uint32_t)(WINDOW_MM / s->grid_mm);
    for (uint32_t j = 0; j < m->rows; j++)
        for (uint32_t i = 0; i < m->columns; i++) {
            double x, y;
            survey_stored_at(s, (i + 0.5) / m->columns, (j + 0.5) / m->rows, &x, &y);
            x *= 25.4 / s->dpi_x / s->grid_mm, y *= 25.4 / s->dpi_y / s->grid_mm;
            uint32_t x0 = (uint32_t)fmax(0, fmin(x - side / 2, q->columns)),
                     y0 = (uint32_t)fmax(0, fmin(y - side / 2, q->rows)),
                     x1 = (uint32_t)fmin(q->columns, fmax(0, x) + side - side / 2),
                     y1 = (uint32_t)fmin(q->rows, fmax(0, y) + side - side / 2);
            for (int white = 0; white < 2; white++)
                (white ? m->with_white : m->without_white)[(size_t)j * m->columns + i] =
                    (float)window(q, &at_20, white, x0, y0, x1 > x0 ? x1 - x0 : 0, y1 > y0 ? y1 - y0 : 0);
        }
    return 1;
}

enum enn_status survey_predict_all(const struct survey *s, struct enn_page_info *info, int map,
                                   struct enn_error *err)
{
    struct squares q;
    int ok = measure(s, &q);
    if (ok) fill_table(&q, info);
    if (ok && map) ok = fill_map(s, &q, &info->map);
    free_squares(&q);
    return ok ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

void survey_stored_at(const struct survey *s, double u, double v, double *x, double *y)
{
    const double *m = s->place.to_unit;
    double det = m[0] * m[3] - m[1] * m[2];
    u -= m[4], v -= m[5];
    *x = (m[3] * u - m[2] * v) / det;
    *y = (m[0] * v - m[1] * u) / det;
}
