/* The second pass of the report (preflight.h): coverage in cells of 1 mm, the preview, and the parts. */
#include "preflight.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CELL_MM 1.0

struct pass {
    struct preflight *p;
    const struct survey *s;
    uint8_t *row, *luma; /* the row with the carrier in front */
    size_t row_bytes;
    /* total area coverage */
    double limit; /* in 8-bit levels */
    uint32_t columns, rows;
    uint32_t *over; /* pixels over the limit in every cell */
    /* preview of the stored page, means of `step` x `step` pixels */
    uint32_t step, view_width, view_height, summed;
    uint32_t *sums;
    uint8_t *mean, *view;
    struct thin_lines *lines;
    struct reversed_type *reversed; /* NULL: not in inks */
    struct code_view **codes;
};

static unsigned level_of(const void *s, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)s)[i] >> 8 : ((const uint8_t *)s)[i];
}

/* ---- coverage ---- */

static void coverage_row(struct pass *w, uint32_t y)
{
    const struct survey *s = w->s;
    uint32_t j = (uint32_t)(y * 25.4 / s->dpi_y / CELL_MM);
    if (!w->over || j >= w->rows) return;
    double per_px = 25.4 / s->dpi_x / CELL_MM;
    size_t per = s->page->samples;
    for (size_t x = 0, i = 0; x < s->page->width; x++, i += per) {
        unsigned sum = 0;
        for (size_t c = 0; c < per; c++)
            if (s->role[c] <= ARTWORK_SPOT)
                sum += level_of(w->row, s->pixels.bits, i + c);
        uint32_t at = (uint32_t)((double)x * per_px);
        if (sum > w->limit && at < w->columns) w->over[(size_t)j * w->columns + at]++;
    }
}

static void keep_largest(struct preflight *p, const struct preflight_place *place)
{
    uint32_t at = p->n_over < PREFLIGHT_PLACES ? p->n_over : PREFLIGHT_PLACES;
    p->n_over++;
    while (at && p->over[at - 1].value < place->value) {
        if (at < PREFLIGHT_PLACES) p->over[at] = p->over[at - 1];
        at--;
    }
    if (at < PREFLIGHT_PLACES) p->over[at] = *place;
}

/* The cells that touch cell k: one place; they are cleared. */
static struct preflight_place gather(struct pass *w, size_t k, uint32_t *stack, double px_mm2)
{
    uint32_t x0 = w->columns, x1 = 0, y0 = w->rows, y1 = 0;
    double area = 0;
    size_t n = 0;
    area += w->over[k];
    w->over[k] = 0;
    stack[n++] = (uint32_t)k;
    while (n) {
        uint32_t at = stack[--n], i = at % w->columns, j = at / w->columns;
        if (i < x0) x0 = i;
        if (i > x1) x1 = i;
        if (j < y0) y0 = j;
        if (j > y1) y1 = j;
        for (uint32_t b = j ? j - 1 : 0; b <= j + 1 && b < w->rows; b++)
            for (uint32_t a = i ? i - 1 : 0; a <= i + 1 && a < w->columns; a++) {
                uint32_t *cell = &w->over[(size_t)b * w->columns + a];
                if (!*cell) continue;
                area += *cell;
                *cell = 0;
                stack[n++] = b * w->columns + a;
            }
    }
    return (struct preflight_place){x0 * CELL_MM, y0 * CELL_MM, (x1 - x0 + 1) * CELL_MM,
                                    (y1 - y0 + 1) * CELL_MM, area * px_mm2};
}

static enum enn_status gather_coverage(struct pass *w, struct enn_error *err)
{
    size_t n = (size_t)w->columns * w->rows;
    double px_mm2 = 25.4 / w->s->dpi_x * 25.4 / w->s->dpi_y;
    uint32_t *stack = w->over ? malloc(n * sizeof *stack) : NULL;
    if (w->over && !stack) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (size_t k = 0; w->over && k < n; k++) {
        if (!w->over[k]) continue;
        struct preflight_place place = gather(w, k, stack, px_mm2);
        w->p->over_tac_mm2 += place.value;
        keep_largest(w->p, &place);
    }
    free(stack);
    return ENN_OK;
}

/* ---- preview ---- */

static void preview_row(struct pass *w, uint32_t y)
{
    const struct survey *s = w->s;
    size_t per = s->page->samples;
    if (!w->step || y / w->step >= w->view_height) return;
    for (uint32_t x = 0; x < w->view_width; x++)
        for (size_t c = 0; c < per; c++) {
            uint32_t sum = 0;
            for (uint32_t k = 0; k < w->step; k++)
                sum += level_of(w->row, s->pixels.bits, ((size_t)x * w->step + k) * per + c);
            w->sums[x * per + c] += sum; /* at most 255 * step^2: step is below 4096 */
        }
    if (++w->summed < w->step) return;
    w->summed = 0;
    uint32_t n = w->step * w->step;
    for (size_t i = 0; i < w->view_width * per; i++) w->mean[i] = (uint8_t)((w->sums[i] + n / 2) / n);
    memset(w->sums, 0, w->view_width * per * sizeof *w->sums);
    struct press_pixels px = s->pixels;
    px.bits = 8;
    profile_to_rgb8(s->profile, &px, w->mean, w->view_width,
                    w->view + (size_t)(y / w->step) * w->view_width * 3);
}

/* The preview as the page is looked at. */
static int turn_preview(struct pass *w)
{
    const struct survey *s = w->s;
    struct enn_preview *v = &w->p->preview;
    int turned = s->place.to_unit[0] == 0;
    v->width = turned ? w->view_height : w->view_width;
    v->height = turned ? w->view_width : w->view_height;
    v->rgb = malloc((size_t)v->width * v->height * 3);
    if (!v->rgb) return 0;
    for (uint32_t j = 0; j < v->height; j++)
        for (uint32_t i = 0; i < v->width; i++) {
            double x, y;
            survey_stored_at(s, (i + 0.5) / v->width, (j + 0.5) / v->height, &x, &y);
            uint32_t a = (uint32_t)fmax(0, fmin(w->view_width - 1.0, x * w->view_width / s->page->width)),
                     b = (uint32_t)fmax(0, fmin(w->view_height - 1.0, y * w->view_height / s->page->height));
            memcpy(v->rgb + 3 * ((size_t)j * v->width + i), w->view + 3 * ((size_t)b * w->view_width + a), 3);
        }
    return 1;
}

/* ---- the pass ---- */

static enum enn_status band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct pass *w = user;
    const struct survey *s = w->s;
    for (uint32_t i = 0; i < rows; i++) {
        memcpy(w->row, (const uint8_t *)samples + i * w->row_bytes, w->row_bytes);
        coverage_row(w, y + i);
        survey_swap(s, w->row, s->page->width);
        preview_row(w, y + i);
        barcode_luma(&s->pixels, s->page->width, w->row, w->luma);
        thin_lines_row(w->lines, w->luma);
        if (w->reversed) reversed_type_row(w->reversed, w->row, w->luma);
        for (size_t k = 0; k < s->codes.n; k++) code_view_row(w->codes[k], s, y + i, w->row);
    }
    return ENN_OK;
}

static int prepare_preview(struct pass *w, uint32_t side)
{
    const struct artwork_page *p = w->s->page;
    uint32_t longest = p->width > p->height ? p->width : p->height;
    w->step = (longest + side - 1) / side;
    w->view_width = p->width / w->step;
    w->view_height = p->height / w->step;
    if (w->step > 4095 || !w->view_width || !w->view_height) {
        w->step = 0; /* a strip without a second dimension: no preview */
        return 1;
    }
    w->sums = calloc((size_t)w->view_width * p->samples, sizeof *w->sums);
    w->mean = malloc((size_t)w->view_width * p->samples);
    w->view = malloc((size_t)w->view_width * w->view_height * 3);
    return w->sums && w->mean && w->view;
}

static int prepare(struct pass *w, const struct preflight_options *o)
{
    const struct survey *s = w->s;
    w->row_bytes = (size_t)s->page->width * s->page->samples * s->page->bits / 8;
    w->row = malloc(w->row_bytes);
    w->luma = malloc(s->page->width);
    w->lines = thin_lines_new(s->page->width, s->dpi_x, s->dpi_y);
    w->codes = calloc(s->codes.n + 1, sizeof *w->codes);
    int ok = w->row && w->luma && w->lines && w->codes;
    for (size_t k = 0; ok && k < s->codes.n; k++)
        ok = (w->codes[k] = code_view_new(s, &s->codes.item[k])) != NULL;
    if (ok && s->pixels.colour == PRESS_CMYK) {
        w->limit = o->tac_limit / 100 * 255 + 0.5;
        w->columns = (uint32_t)(s->page->width * 25.4 / s->dpi_x / CELL_MM) + 1;
        w->rows = (uint32_t)(s->page->height * 25.4 / s->dpi_y / CELL_MM) + 1;
        ok = (w->over = calloc((size_t)w->columns * w->rows, sizeof *w->over)) != NULL;
        if (ok && s->mask) ok = (w->reversed = reversed_type_new(s)) != NULL;
    }
    return ok && (!o->preview_side || prepare_preview(w, o->preview_side));
}

static void release(struct pass *w)
{
    for (size_t k = 0; w->codes && k < w->s->codes.n; k++) code_view_free(w->codes[k]);
    free(w->codes);
    thin_lines_free(w->lines);
    reversed_type_free(w->reversed);
    free(w->row);
    free(w->luma);
    free(w->over);
    free(w->sums);
    free(w->mean);
    free(w->view);
}

enum enn_status preflight_page(struct preflight *p, struct artwork *a, const struct survey *s,
                               const struct preflight_options *o, struct enn_barcode *codes,
                               struct enn_error *err)
{
    struct pass w = {.p = p, .s = s};
    memset(p, 0, sizeof *p);
    enum enn_status st = prepare(&w, o) ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) st = artwork_read(a, s->index, band, &w, err);
    if (!st) st = gather_coverage(&w, err);
    if (!st) {
        thin_lines_end(w.lines, s, p);
        for (size_t k = 0; k < s->codes.n; k++) code_view_judge(w.codes[k], &s->codes.item[k], &codes[k]);
        if (w.reversed && reversed_type_end(w.reversed, p)) st = enn_fail(err, ENN_NOMEM, "out of memory");
        if (!st && w.step && !turn_preview(&w)) st = enn_fail(err, ENN_NOMEM, "out of memory");
    }
    release(&w);
    return st;
}
