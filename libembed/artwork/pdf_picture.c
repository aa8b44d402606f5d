/* A PDF as a picture: the images that can carry the mark of one page, painted where they lie.
 *
 * The page is the one on which such images cover the largest area.  Type, paths and what is left alone are
 * not painted: the mark is not in them.  300 dpi are 12 pixels per mm, more than a detector needs. */
#include "artwork/picture_rows.h"
#include "artwork/pdf_file.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double MOST_DPI = 300, LEAST_DPI = 20;
static const double MOST_PIXELS = 32e6;

struct canvas {
    struct pdf_artwork *a;
    struct picture_rows *rows;
    uint32_t page;
    double x0, y0, x1, y1; /* mm */
    double per_mm;         /* pixels */
    uint32_t width, height;
    uint8_t *rgb;
};

static double area(const struct artwork_page *p)
{
    const double *m = p->to_mm;
    return fabs(m[0] * m[3] - m[1] * m[2]) * p->width * p->height;
}

/* The page to be shown; PDF_NONE: nothing can carry the mark. */
static uint32_t choose_page(const struct pdf_artwork *a)
{
    uint32_t best = PDF_NONE;
    double most = 0, sum = 0;
    for (size_t i = 0; i < a->n_shown; i++) { /* in the order of pages */
        if (!i || a->shown[i].page != a->shown[i - 1].page) sum = 0;
        if (a->shown[i].info.readable) sum += area(&a->shown[i].info);
        if (sum > most) most = sum, best = a->shown[i].page;
    }
    return best;
}

static int is_painted(const struct canvas *c, const struct pdf_leaf *l)
{
    return l->page == c->page && c->a->shown[l->shown].info.readable;
}

/* The rectangle around an image as it lies. */
static void bounds(const struct pdf_leaf *l, const struct artwork_page *p, double box[4])
{
    box[0] = box[1] = INFINITY, box[2] = box[3] = -INFINITY;
    for (int k = 0; k < 4; k++) {
        double px = k & 1 ? p->width : 0, py = k & 2 ? p->height : 0,
               x = l->to_mm[0] * px + l->to_mm[2] * py + l->to_mm[4],
               y = l->to_mm[1] * px + l->to_mm[3] * py + l->to_mm[5];
        box[0] = fmin(box[0], x), box[1] = fmin(box[1], y);
        box[2] = fmax(box[2], x), box[3] = fmax(box[3], y);
    }
}

static enum enn_status lay_out(struct canvas *c, struct enn_error *err)
{
    double dpi = 0, box[4];
    c->x0 = c->y0 = INFINITY, c->x1 = c->y1 = -INFINITY;
    for (size_t i = 0; i < c->a->n_leaves; i++) {
        const struct pdf_leaf *l = &c->a->leaves[i];
        if (!is_painted(c, l)) continue;
        const struct artwork_page *p = &c->a->shown[l->shown].info;
        dpi = fmax(dpi, fmax(p->dpi_x, p->dpi_y));
        bounds(l, p, box);
        c->x0 = fmin(c->x0, box[0]), c->y0 = fmin(c->y0, box[1]);
        c->x1 = fmax(c->x1, box[2]), c->y1 = fmax(c->y1, box[3]);
    }
    double w = c->x1 - c->x0, h = c->y1 - c->y0;
    c->per_mm = fmax(fmin(dpi, MOST_DPI), LEAST_DPI) / 25.4;
    c->per_mm = fmin(c->per_mm, sqrt(MOST_PIXELS / (w * h)));
    double width = ceil(w * c->per_mm - 1e-3), height = ceil(h * c->per_mm - 1e-3);
    if (!(width >= 1 && height >= 1 && width * height <= 2 * MOST_PIXELS))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: the images cover %g x %g mm", c->a->name, w, h);
    c->width = (uint32_t)width;
    c->height = (uint32_t)height;
    if (3 * width * height > (double)c->a->limits.max_memory / 4)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels take more memory than allowed", c->a->name,
                        c->width, c->height);
    c->rgb = malloc((size_t)c->width * c->height * 3);
    if (!c->rgb) return pdf_no_memory(c->a, err);
    memset(c->rgb, 255, (size_t)c->width * c->height * 3);
    return ENN_OK;
}

/* Bilinear at (u, v), in pixels whose centres are at whole numbers. */
static void sample(const struct picture *p, double u, double v, uint8_t *to)
{
    u = fmax(0, fmin(u, p->width - 1.0)), v = fmax(0, fmin(v, p->height - 1.0));
    uint32_t x = (uint32_t)u, y = (uint32_t)v, x1 = x + 1 < p->width ? x + 1 : x,
             y1 = y + 1 < p->height ? y + 1 : y;
    float fx = (float)(u - x), fy = (float)(v - y);
    const uint8_t *top = p->rgb + y * p->stride, *low = p->rgb + y1 * p->stride;
    for (uint32_t c = 0; c < 3; c++) {
        float a = top[3 * (size_t)x + c], b = top[3 * (size_t)x1 + c], d = low[3 * (size_t)x + c],
              e = low[3 * (size_t)x1 + c];
        float t = a + (b - a) * fx, l = d + (e - d) * fx;
        to[c] = (uint8_t)(t + (l - t) * fy + 0.5f);
    }
}

static void paint(struct canvas *c, const struct pdf_leaf *l, const struct artwork_page *p,
                  const struct picture *pic)
{
    const double *m = l->to_mm;
    double box[4], det = m[0] * m[3] - m[1] * m[2], f = pic->reduced;
    bounds(l, p, box);
    double left = fmax(0, floor((box[0] - c->x0) * c->per_mm)),
           top = fmax(0, floor((box[1] - c->y0) * c->per_mm));
    double right = fmin(c->width, ceil((box[2] - c->x0) * c->per_mm)),
           bottom = fmin(c->height, ceil((box[3] - c->y0) * c->per_mm));
    for (uint32_t y = (uint32_t)top; y < bottom; y++)
        for (uint32_t x = (uint32_t)left; x < right; x++) {
            double mx = (x + 0.5) / c->per_mm + c->x0 - m[4], my = (y + 0.5) / c->per_mm + c->y0 - m[5];
            double u = (m[3] * mx - m[2] * my) / det, v = (m[0] * my - m[1] * mx) / det;
            if (u >= 0 && v >= 0 && u < p->width && v < p->height)
                sample(pic, u / f - 0.5, v / f - 0.5, c->rgb + ((size_t)y * c->width + x) * 3);
        }
}

/* An image, averaged to about the resolution of the canvas. */
static enum enn_status fetch(const struct canvas *c, size_t shown, struct picture *pic, struct enn_error *err)
{
    const struct artwork_page *p = &c->a->shown[shown].info;
    uint32_t f = (uint32_t)fmax(1, floor(fmin(p->dpi_x, p->dpi_y) / 25.4 / c->per_mm + 0.01));
    struct picture_options o = *c->rows->options;
    o.max_keep_pixels = (uint64_t)((p->width + f - 1) / f) * ((p->height + f - 1) / f);
    o.sink = NULL;
    struct picture_rows r = {.out = pic, .options = &o, .name = c->rows->name};
    enum enn_status s = picture_page(&r, &c->a->base, shown, err);
    picture_rows_end(&r);
    return s;
}

static enum enn_status deliver(const struct canvas *c, struct enn_error *err)
{
    enum enn_status s = picture_rows_begin(c->rows, c->width, c->height, err);
    for (uint32_t y = 0; !s && y < c->height; y++)
        picture_rows_add(c->rows, c->rgb + (size_t)y * c->width * 3);
    if (!s) picture_rows_dpi(c->rows, c->per_mm * 25.4, c->per_mm * 25.4);
    return s;
}

enum enn_status picture_read_pdf(struct picture_rows *rows, int fd, struct enn_error *err)
{
    struct artwork *base = NULL;
    enum enn_status s =
        pdf_artwork_open(fd, rows->name, &rows->options->limits, rows->options->password, &base, err);
    if (s) return s;
    struct canvas c = {.a = (struct pdf_artwork *)base, .rows = rows};
    strcpy(rows->out->kind, "pdf");
    c.page = choose_page(c.a);
    if (c.page == PDF_NONE) {
        const struct artwork_page *p = &c.a->shown[0].info;
        s = enn_fail(err, ENN_UNSUPPORTED, "%s: %s: %s", rows->name, p->name, p->why);
    }
    if (!s) s = lay_out(&c, err);
    for (size_t i = 0; !s && i < c.a->n_leaves; i++) {
        const struct pdf_leaf *l = &c.a->leaves[i];
        struct picture pic = {0};
        if (!is_painted(&c, l)) continue;
        s = fetch(&c, l->shown, &pic, err);
        rows->out->one_ink |= pic.one_ink;
        if (pic.more_inks > rows->out->more_inks) rows->out->more_inks = pic.more_inks;
        if (!s) paint(&c, l, &c.a->shown[l->shown].info, &pic);
        picture_clear(&pic);
    }
    if (!s) s = deliver(&c, err);
    free(c.rgb);
    artwork_close(base);
    return s;
}
