/*
 * press: the protection mask, pass 1 (cell statistics), classification, pass 2 (gains).
 *
 * Pass 1 reduces every cell of about 0.42 mm to four bytes (mask_cells.h); mask_finish classifies them by
 * looking at their surroundings; mask_row interpolates gains between the corners of the cells. A corner takes
 * the smallest gain of its four cells, so a protected cell is 0 up to its border and the fade happens in the
 * cell beside it.
 */
#include "press/mask.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "press/mask_cells.h"

#define CELL_MM     0.42
#define MAX_CELLS   6000000u /* larger artworks get larger cells: the map stays within some 54 MB */
#define READ_BYTES  9        /* a cell: six maps, and three while it is classified */
#define MAX_CELL_PX 2048u    /* keeps the 32-bit sums of mask_cells.c from overflowing */
#define REACH_MM    0.085    /* distance over which an edge is measured: one pixel at 300 dpi */

struct mask {
    struct press_pixels px;
    uint32_t width, height, next_row;
    double dpi_x, dpi_y;
    uint32_t cell_w, cell_h, nx, ny;
    struct cell_reader *reader; /* pass 1 only, as all down to code */
    struct code_finder *finder;
    uint64_t bare;
    uint8_t *flags, *code; /* nx * ny of each map */
    uint8_t *class;
    uint8_t *tint;  /* gains of the cells; in pass 1: flat shares */
    uint8_t *white; /* gains of the cells */
    uint8_t *look;  /* tone and technical inks, for a picture; in pass 1: tones */
    double white_share;
};

static uint32_t cells(uint32_t pixels, uint32_t per_cell)
{
    return (uint32_t)(((uint64_t)pixels + per_cell - 1) / per_cell);
}

/* Cell size in pixels: at least 2, and larger where the artwork is huge.  0: does not fit. */
static int choose_cells(struct mask *m)
{
    for (double mm = CELL_MM;; mm *= 1.25) {
        m->cell_w = (uint32_t)fmax(2, rint(mm * m->dpi_x / 25.4));
        m->cell_h = (uint32_t)fmax(2, rint(mm * m->dpi_y / 25.4));
        if (m->cell_w > MAX_CELL_PX || m->cell_h > MAX_CELL_PX) return 0;
        m->nx = cells(m->width, m->cell_w);
        m->ny = cells(m->height, m->cell_h);
        if ((uint64_t)m->nx * m->ny <= MAX_CELLS) return 1;
    }
}

static void end_reading(struct mask *m)
{
    cell_reader_free(m->reader);
    code_finder_free(m->finder);
    free(m->flags);
    free(m->code);
    m->reader = NULL;
    m->finder = NULL;
    m->flags = m->code = NULL;
}

void mask_free(struct mask *m)
{
    if (!m) return;
    end_reading(m);
    free(m->class);
    free(m->tint);
    free(m->white);
    free(m->look);
    free(m);
}

enum enn_status mask_new(struct mask **out, const struct press_pixels *px, uint32_t width, uint32_t height,
                         double dpi_x, double dpi_y, const struct enn_limits *limits, struct enn_error *err)
{
    *out = NULL;
    if (!width || !height) return enn_fail(err, ENN_USAGE, "the artwork has no pixels");
    if (!(dpi_x >= 20 && dpi_x <= 20000 && dpi_y >= 20 && dpi_y <= 20000))
        return enn_fail(err, ENN_USAGE, "a resolution of %g x %g dpi is not supported (20 to 20000)", dpi_x,
                        dpi_y);
    struct mask *m = calloc(1, sizeof *m);
    if (!m) return enn_fail(err, ENN_NOMEM, "mask: out of memory");
    m->px = *px;
    m->width = width;
    m->height = height;
    m->dpi_x = dpi_x;
    m->dpi_y = dpi_y;
    int fits = choose_cells(m);
    uint64_t n = (uint64_t)m->nx * m->ny;
    uint32_t reach_x = (uint32_t)fmax(1, rint(REACH_MM * dpi_x / 25.4)),
             reach_y = (uint32_t)fmax(1, rint(REACH_MM * dpi_y / 25.4));
    uint64_t bytes = n * READ_BYTES + cell_reader_bytes(width, m->nx, reach_y) + code_finder_bytes(m->nx);
    if (!fits || bytes > limits->max_memory) {
        free(m);
        return enn_fail(err, ENN_LIMIT, "the artwork is too large to be masked within the memory limit");
    }
    m->flags = malloc(n);
    m->code = malloc(n);
    m->class = calloc(n, 1);
    m->tint = malloc(n);
    m->look = malloc(n);
    m->finder = code_finder_new(m->nx, m->ny);
    m->reader = cell_reader_new(px, width, m->cell_w, m->nx, reach_x, reach_y);
    if (!m->flags || !m->code || !m->class || !m->tint || !m->look || !m->finder || !m->reader) {
        mask_free(m);
        return enn_fail(err, ENN_NOMEM, "mask: out of memory");
    }
    *out = m;
    return ENN_OK;
}

static void close_cells(struct mask *m, size_t first)
{
    struct cell_row row = {m->tint + first, m->look + first, m->flags + first};
    m->bare += cell_reader_close(m->reader, &row, code_finder_row(m->finder));
    code_finder_next(m->finder, m->code);
}

enum enn_status mask_feed(struct mask *m, const void *rows, size_t row_bytes, uint32_t n_rows,
                          struct enn_error *err)
{
    if (!m->reader || n_rows > m->height - m->next_row)
        return enn_fail(err, ENN_USAGE, "mask: more rows than the artwork has");
    for (uint32_t r = 0; r < n_rows; r++) {
        cell_reader_row(m->reader, (const uint8_t *)rows + (size_t)r * row_bytes);
        m->next_row++;
        if (m->next_row % m->cell_h == 0 || m->next_row == m->height)
            close_cells(m, (size_t)((m->next_row - 1) / m->cell_h) * m->nx);
    }
    return ENN_OK;
}

static void protect_as(struct mask *m, enum mask_class class, double x_mm, double y_mm, double width_mm, double height_mm)
{
    double cw = m->cell_w * 25.4 / m->dpi_x, ch = m->cell_h * 25.4 / m->dpi_y;
    double x0 = floor(x_mm / cw), y0 = floor(y_mm / ch), x1 = (x_mm + width_mm) / cw,
           y1 = (y_mm + height_mm) / ch;
    if (!(width_mm > 0 && height_mm > 0 && x1 > 0 && y1 > 0)) return;
    for (uint32_t j = y0 > 0 ? (uint32_t)fmin(y0, m->ny) : 0; j < m->ny && j < y1; j++)
        for (uint32_t i = x0 > 0 ? (uint32_t)fmin(x0, m->nx) : 0; i < m->nx && i < x1; i++)
            m->class[(size_t)j * m->nx + i] = (uint8_t)class;
}

void mask_protect(struct mask *m, double x_mm, double y_mm, double width_mm, double height_mm)
{
    protect_as(m, MASK_USER, x_mm, y_mm, width_mm, height_mm);
}

void mask_protect_code(struct mask *m, double x_mm, double y_mm, double width_mm, double height_mm)
{
    protect_as(m, MASK_BARCODE, x_mm, y_mm, width_mm, height_mm);
}

void mask_show_technical(struct mask *m, uint32_t samples)
{
    cell_reader_technical(m->reader, samples);
}

void mask_protect_cell(struct mask *m, uint32_t i, uint32_t j)
{
    m->class[(size_t)j * m->nx + i] = MASK_USER;
}

enum enn_status mask_finish(struct mask *m, struct enn_error *err)
{
    if (!m->reader || m->next_row != m->height) return enn_fail(err, ENN_USAGE, "mask: rows are missing");
    m->white = malloc((size_t)m->nx * m->ny);
    struct cell_map map = {m->nx, m->ny, m->class, m->tint, m->look, m->flags, m->code, m->white};
    if (!m->white || !cell_map_classify(&map, m->px.colour))
        return enn_fail(err, ENN_NOMEM, "mask: out of memory");
    m->white_share = (double)m->bare / 255 / ((double)m->nx * m->ny);
    end_reading(m);
    return ENN_OK;
}

/* ---- pass 2 -------------------------------------------------------------------------------------------- */

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

/* Gain at the corner above and left of cell (i, j), 0 <= i <= nx, 0 <= j <= ny. */
static uint8_t corner(const struct mask *m, const uint8_t *gain, uint32_t i, uint32_t j)
{
    uint32_t i0 = i ? i - 1 : 0, i1 = i < m->nx ? i : m->nx - 1, j0 = j ? j - 1 : 0,
             j1 = j < m->ny ? j : m->ny - 1;
    const uint8_t *up = gain + (size_t)j0 * m->nx, *low = gain + (size_t)j1 * m->nx;
    return least(least(up[i0], up[i1]), least(low[i0], low[i1]));
}

/*
 * out[x] = (left (w - t) + right t + h w / 2) / (h w), t = 2 x + 1, rounded down, of pixels x < n of a cell. With d = h w, a quotient
 * q = v / d of v <= 255 d + d / 2 is v m >> 32 exactly for m = 2^32 / d rounded up: v (m d - 2^32) < 256 d d <= 2^32 for d <= 4096
 * (T. Granlund, P. L. Montgomery, "Division by invariant integers using multiplication", PLDI 1994). Cells of up to 32 x 32 pixels,
 * 1900 dpi, are that small; v is below 2^21 then.
 */
static void gain_cell(uint32_t left, uint32_t right, uint32_t w, uint32_t h, uint32_t n, uint8_t *restrict out)
{
    uint32_t d = h * w;
    if (d > 4096) {
        for (uint32_t x = 0, t = 1; x < n; x++, t += 2)
            out[x] = (uint8_t)(((uint64_t)left * (w - t) + (uint64_t)right * t + d / 2) / d);
        return;
    }
    const uint64_t inverse = ((uint64_t)1 << 32) / d + 1;
    for (uint32_t x = 0, t = 1; x < n; x++, t += 2)
        out[x] = (uint8_t)((left * (w - t) + right * t + d / 2) * inverse >> 32);
}

static void gain_row(const struct mask *m, const uint8_t *gain, uint32_t y, uint8_t *out)
{
    uint32_t j = y / m->cell_h, h = 2 * m->cell_h, w = 2 * m->cell_w, ty = 2 * (y % m->cell_h) + 1;
    uint32_t left = corner(m, gain, 0, j) * (h - ty) + corner(m, gain, 0, j + 1) * ty; /* <= 255 * 4096 */
    for (uint32_t i = 0; i < m->nx; i++) {
        uint32_t right = corner(m, gain, i + 1, j) * (h - ty) + corner(m, gain, i + 1, j + 1) * ty;
        uint32_t x0 = i * m->cell_w, n = m->width - x0 < m->cell_w ? m->width - x0 : m->cell_w;
        if (left == right)
            memset(out + x0, (int)((left + h / 2) / h), n);
        else
            gain_cell(left, right, w, h, n, out + x0);
        left = right;
    }
}

void mask_row(const struct mask *m, uint32_t y, uint8_t *tint, uint8_t *white)
{
    if (tint) gain_row(m, m->tint, y, tint);
    if (white) gain_row(m, m->white, y, white);
}

struct mask_areas mask_areas(const struct mask *m)
{
    struct mask_areas a;
    memset(&a, 0, sizeof a);
    double px_cm2 = 2.54 * 2.54 / (m->dpi_x * m->dpi_y);
    for (uint32_t j = 0; j < m->ny; j++)
        for (uint32_t i = 0; i < m->nx; i++) {
            uint32_t w = m->width - i * m->cell_w, h = m->height - j * m->cell_h;
            double area = px_cm2 * (w < m->cell_w ? w : m->cell_w) * (h < m->cell_h ? h : m->cell_h);
            size_t k = (size_t)j * m->nx + i;
            a.page += area;
            a.of[m->class[k]] += area;
            double mean[2];
            for (int which = 0; which < 2; which++) {
                const uint8_t *g = which ? m->white : m->tint;
                mean[which] = (corner(m, g, i, j) + corner(m, g, i + 1, j) + corner(m, g, i, j + 1) +
                               corner(m, g, i + 1, j + 1)) /
                              1020.0;
            }
            if (m->class[k] == MASK_TINT) a.tint_effective += area * mean[0];
            if (m->class[k] == MASK_WHITE) a.white_effective += area * mean[1];
        }
    a.white_share = m->white_share;
    return a;
}

void mask_size(const struct mask *m, uint32_t *columns, uint32_t *rows, double *cell_x_mm, double *cell_y_mm)
{
    *columns = m->nx;
    *rows = m->ny;
    *cell_x_mm = m->cell_w * 25.4 / m->dpi_x;
    *cell_y_mm = m->cell_h * 25.4 / m->dpi_y;
}

enum mask_class mask_class_at(const struct mask *m, uint32_t i, uint32_t j)
{
    return (enum mask_class)m->class[(size_t)j * m->nx + i];
}

uint8_t mask_tone_at(const struct mask *m, uint32_t i, uint32_t j)
{
    return m->look[(size_t)j * m->nx + i] & 254;
}

int mask_technical_at(const struct mask *m, uint32_t i, uint32_t j)
{
    return m->look[(size_t)j * m->nx + i] & 1;
}
