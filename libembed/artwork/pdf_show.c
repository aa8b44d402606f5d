/* PDF, step 4: paintings become artwork pages.
 *
 * Paintings of one image that the same mark fits (whole tiles apart, same size and direction) are one
 * artwork page and stay one object; the others get a page each, and pdf_split gives them copies.  A page
 * of the document that paints something, but nothing that can carry the mark, becomes an artwork page that
 * says so. */
#include "artwork/pdf_file.h"
#include "mark/tile.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LEAST_MM = 15; /* less than a tile: smaller images are left alone */
static const double SAME_MM = 0.01;
enum { LEAST_PX = 64 }; /* fewer pixels are a shade, not a picture */

/* The corner (x, y) of the image in mm. */
static void corner(const double m[6], double x, double y, double out[2])
{
    out[0] = m[0] * x + m[2] * y + m[4];
    out[1] = m[1] * x + m[3] * y + m[5];
}

static double off_tile(double mm)
{
    return fabs(mm - TILE_MM * round(mm / TILE_MM));
}

/* 1: one mark serves both. */
static int same_mark(const double a[6], const double b[6], uint32_t width, uint32_t height)
{
    double first[2];
    for (int k = 0; k < 3; k++) {
        double p[2], q[2], d[2];
        corner(a, k == 1 ? width : 0, k == 2 ? height : 0, p);
        corner(b, k == 1 ? width : 0, k == 2 ? height : 0, q);
        d[0] = q[0] - p[0], d[1] = q[1] - p[1];
        if (!k) {
            memcpy(first, d, sizeof d);
            if (off_tile(d[0]) > SAME_MM || off_tile(d[1]) > SAME_MM) return 0;
        } else if (fabs(d[0] - first[0]) > SAME_MM || fabs(d[1] - first[1]) > SAME_MM) {
            return 0;
        }
    }
    return 1;
}

static void refuse(struct artwork_page *p, enum enn_status s, const char *why)
{
    if (!p->why[0]) {
        snprintf(p->why, sizeof p->why, "%s", why);
        p->why_status = s;
    }
    p->readable = p->signable = 0;
}

/* What the place adds to what the image is. */
static void judge_place(struct artwork_page *p, const double m[6])
{
    double mm_x = hypot(m[0], m[1]), mm_y = hypot(m[2], m[3]), area = fabs(m[0] * m[3] - m[1] * m[2]);
    char why[160];
    memcpy(p->to_mm, m, sizeof p->to_mm);
    p->placed = 1;
    if (!(isfinite(mm_x) && isfinite(mm_y) && area > 1e-3 * mm_x * mm_y && area > 0 && fabs(m[4]) < 1e7 &&
          fabs(m[5]) < 1e7)) {
        p->left_alone = 1;
        refuse(p, ENN_UNSUPPORTED, "has no area");
        return;
    }
    p->dpi_x = 25.4 / mm_x;
    p->dpi_y = 25.4 / mm_y;
    double width = p->width * mm_x, height = p->height * mm_y;
    if (fmax(width, height) < LEAST_MM) {
        p->left_alone = 1;
        snprintf(why, sizeof why, "%.1f x %.1f mm is too small to carry the mark", width, height);
        refuse(p, ENN_UNSUPPORTED, why);
    } else if (p->width < LEAST_PX && p->height < LEAST_PX) {
        p->left_alone = 1;
        snprintf(why, sizeof why, "%u x %u pixels are a shade, not a picture", p->width, p->height);
        refuse(p, ENN_UNSUPPORTED, why);
    }
}

enum enn_status pdf_show_add(struct pdf_artwork *a, const struct pdf_shown *s, struct enn_error *err)
{
    struct pdf_shown *p = pdf_grow(a->shown, a->n_shown, &a->shown_room, sizeof *p);
    if (!p) return pdf_no_memory(a, err);
    a->shown = p;
    a->shown[a->n_shown++] = *s;
    return ENN_OK;
}

static void describe_inline(struct artwork_page *p, const struct pdf_inline_image *i)
{
    p->width = i->width >= 1 && i->width < 1e6 ? (uint32_t)i->width : 1;
    p->height = i->height >= 1 && i->height < 1e6 ? (uint32_t)i->height : 1;
    p->bits = i->bits > 0 && i->bits <= 16 ? (unsigned)i->bits : 1;
    p->samples = 1;
    p->orientation = 1;
    p->alpha = -1;
    snprintf(p->compression, sizeof p->compression, "inline");
    if (i->mask || p->bits == 1) p->left_alone = 1;
    snprintf(p->why, sizeof p->why, "%s",
             p->left_alone ? "inline 1-bit line art" : "an inline image (BI) that is not understood");
    p->why_status = ENN_UNSUPPORTED;
}

/* "page 210.0 x 297.0 mm, turned by 90 degrees, TrimBox 190.0 x 277.0 mm" */
static void describe_sheet(const struct pdf_artwork *a, uint32_t page, char *to, size_t n)
{
    const struct pdf_sheet *s = &a->sheets[page];
    const struct {
        const char *name;
        const double *box;
        int have;
    } boxes[] = {{"CropBox", s->crop, memcmp(s->crop, s->media, sizeof s->crop) != 0},
                 {"TrimBox", s->trim, s->has_trim},
                 {"BleedBox", s->bleed, s->has_bleed}};
    double k = 25.4 / 72 * s->unit;
    int at =
        snprintf(to, n, "%.1f x %.1f mm", (s->media[2] - s->media[0]) * k, (s->media[3] - s->media[1]) * k);
    if (s->rotate && (size_t)at < n)
        at += snprintf(to + at, n - (size_t)at, ", turned by %d degrees", s->rotate);
    for (int i = 0; i < 3 && (size_t)at < n; i++)
        if (boxes[i].have)
            at += snprintf(to + at, n - (size_t)at, ", %s %.1f x %.1f mm", boxes[i].name,
                           (boxes[i].box[2] - boxes[i].box[0]) * k, (boxes[i].box[3] - boxes[i].box[1]) * k);
}

static enum enn_status show_leaf(struct pdf_artwork *a, struct pdf_leaf *l, uint32_t *number,
                                 struct enn_error *err)
{
    const struct pdf_paint *paint = &a->units[a->nodes[l->node].unit].paints[l->paint];
    struct pdf_shown s = {.image = l->image, .page = l->page};
    if (l->image == PDF_NONE)
        describe_inline(&s.info, &paint->inline_image);
    else
        s.info = a->images[l->image].info;
    double w = s.info.width ? s.info.width : 1, h = s.info.height ? s.info.height : 1;
    const double from_pixels[6] = {1 / w,  0, 0,
                                   -1 / h, 0, 1}; /* the image's first row is at the top of the unit square */
    pdf_matrix_multiply(from_pixels, l->to_mm, l->to_mm);
    for (uint32_t i = 0; l->image != PDF_NONE && i < a->n_shown; i++)
        if (a->shown[i].image == l->image &&
            same_mark(a->shown[i].info.to_mm, l->to_mm, s.info.width, s.info.height)) {
            l->shown = i;
            return ENN_OK;
        }
    judge_place(&s.info, l->to_mm);
    s.info.number = l->page + 1;
    describe_sheet(a, l->page, s.info.sheet, sizeof s.info.sheet);
    snprintf(s.info.name, sizeof s.info.name, "page %u, image %u", l->page + 1, ++*number);
    l->shown = (uint32_t)a->n_shown;
    return pdf_show_add(a, &s, err);
}

/* Does a page paint anything but what is left alone, and has it an image that is not? */
static void survey_sheet(const struct pdf_artwork *a, uint32_t page, int *draws, int *carries)
{
    *draws = *carries = 0;
    uint32_t root = PDF_NONE;
    for (size_t i = 0; i < a->n_nodes; i++) { /* the nodes of a page follow one another */
        if (a->nodes[i].parent == PDF_NONE) root = a->units[a->nodes[i].unit].page;
        if (root == page) *draws |= a->units[a->nodes[i].unit].draws;
    }
    for (size_t i = 0; i < a->n_leaves; i++) {
        if (a->leaves[i].page != page) continue;
        const struct artwork_page *p = &a->shown[a->leaves[i].shown].info;
        if (!p->left_alone) *carries = 1;
        *draws = 1;
    }
}

/* The first image of a page, all of which are left alone; NULL: none. */
static const struct artwork_page *first_image(const struct pdf_artwork *a, uint32_t page)
{
    for (size_t i = 0; i < a->n_shown; i++)
        if (a->shown[i].page == page && a->shown[i].info.width) return &a->shown[i].info;
    return NULL;
}

#define RASTERISE "rasterise it first: gs -q -o OUT.tif -sDEVICE=tiff32nc -r600 IN.pdf"

static enum enn_status show_rest(struct pdf_artwork *a, uint32_t page, struct enn_error *err)
{
    struct pdf_shown s = {.image = PDF_NONE, .page = page, .info = {.orientation = 1, .alpha = -1}};
    int draws, carries;
    survey_sheet(a, page, &draws, &carries);
    if (carries) return ENN_OK;
    describe_sheet(a, page, s.info.sheet, sizeof s.info.sheet);
    snprintf(s.info.name, sizeof s.info.name, "page %u", page + 1);
    snprintf(s.info.compression, sizeof s.info.compression, "none");
    s.info.why_status = ENN_UNSUPPORTED;
    s.info.left_alone = !draws;
    const struct artwork_page *first = first_image(a, page);
    if (!draws)
        snprintf(s.info.why, sizeof s.info.why, "is empty");
    else if (first) /* at most 32 + 54 + 72 characters */
        snprintf(s.info.why, sizeof s.info.why, "no image for the mark (image 1: %.54s): " RASTERISE,
                 first->why);
    else
        snprintf(s.info.why, sizeof s.info.why, "no image large enough for the mark: " RASTERISE);
    return pdf_show_add(a, &s, err);
}

/* Where other images carry the mark, pages that have none to carry it stay as they are: text, covers, legal
 * notices. So do images of a kind that cannot be marked; the report names them. Damaged ones, and those over
 * a limit, still refuse the file. */
static void excuse_rest(struct pdf_artwork *a)
{
    int any = 0;
    for (size_t i = 0; i < a->n_shown; i++) any |= a->shown[i].info.signable;
    for (size_t i = 0; any && i < a->n_shown; i++) {
        struct artwork_page *p = &a->shown[i].info;
        if (p->signable || p->left_alone || p->why_status != ENN_UNSUPPORTED) continue;
        p->left_alone = 1;
        if (!p->width) snprintf(p->why, sizeof p->why, "no image large enough for the mark");
    }
}

enum enn_status pdf_show(struct pdf_artwork *a, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    size_t at = 0;
    for (uint32_t page = 0; !s && page < a->n_sheets; page++) {
        uint32_t number = 0;
        for (; !s && at < a->n_leaves && a->leaves[at].page == page; at++)
            s = show_leaf(a, &a->leaves[at], &number, err);
        if (!s) s = show_rest(a, page, err);
    }
    if (!s) excuse_rest(a);
    return s;
}
