/*
 * press: Data Matrix, read by libdmtx.
 *
 * libdmtx looks for the L of solid bars from one starting point at a time and spends seconds on a
 * page of type when it picks the points itself. Here they are the pixels of lines a few modules apart
 * across the crop, so that every symbol is crossed, and their number is bounded: the same answer on a
 * slow machine and on a fast one. Points whose edge does not go on straight, as the sides of the L do, are
 * passed over: of a photograph, most of them. Small crops are doubled first: at 300 dpi a module may be
 * three pixels.
 */
#include "press/barcode.h"
#include <dmtx.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SMALL_PX = 200,
    LINE_GAP = 14,
    STRAIGHT = 9, /* px: a side of the smallest symbol, 10 modules of 2 px, has so many on one side of any point */
    EDGE = 24,    /* levels from pixel to next but one */
    FNC1 = 29
};

static int doubled(const struct grey *g, struct grey *out)
{
    *out = (struct grey){NULL, 2 * g->width, 2 * g->height};
    out->px = malloc((size_t)out->width * out->height);
    if (!out->px) return 0;
    for (uint32_t y = 0; y < out->height; y++)
        for (uint32_t x = 0; x < out->width; x++) {
            uint32_t x0 = x / 2, y0 = y / 2,
                     x1 = x & 1 ? x0 + 1
                          : x0  ? x0 - 1
                                : 0,
                     y1 = y & 1 ? y0 + 1
                          : y0  ? y0 - 1
                                : 0;
            if (x1 >= g->width) x1 = x0;
            if (y1 >= g->height) y1 = y0;
            const uint8_t *a = g->px + (size_t)y0 * g->width, *b = g->px + (size_t)y1 * g->width;
            out->px[(size_t)y * out->width + x] =
                (uint8_t)((9 * a[x0] + 3 * a[x1] + 3 * b[x0] + b[x1] + 8) >> 4);
        }
    return 1;
}

static int inside_found(const struct barcode_list *l, double scale, int x, int y)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct barcode *b = &l->item[i];
        double px = x / scale, py = y / scale;
        if (px >= b->x && px <= b->x + b->width && py >= b->y && py <= b->y + b->height) return 1;
    }
    return 0;
}

/* The message without the leading FNC1, which is told as gs1. */
static int add_message(const DmtxMessage *m, const DmtxRegion *r, const struct grey *crop, double scale,
                       struct barcode_list *out)
{
    char text[BARCODE_TEXT_MAX];
    struct barcode b = {.kind = BARCODE_KIND_DATAMATRIX, .text = text};
    size_t from = m->outputIdx > 0 && m->output[0] == FNC1;
    b.gs1 = (int)from;
    for (size_t i = from; i < (size_t)m->outputIdx && b.n < sizeof text; i++)
        text[b.n++] = (char)m->output[i];
    static const double unit[4][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};
    double corner[4][2];
    for (int k = 0; k < 4; k++) {
        DmtxVector2 p = {unit[k][0], unit[k][1]};
        dmtxMatrix3VMultiplyBy(&p, ((DmtxRegion *)r)->fit2raw);
        corner[k][0] = p.X / scale;
        corner[k][1] = crop->height - p.Y / scale; /* libdmtx counts rows from the bottom */
        if (!isfinite(p.X) || !isfinite(p.Y)) return 1;
    }
    barcode_box_matrix(crop, (const double(*)[2])corner, r->symbolCols, &b);
    return barcode_list_add(out, &b);
}

/* The tone's slope at a pixel that is not at the border, along (nx, ny). */
static double slope(const struct grey *g, int x, int y, double nx, double ny)
{
    const uint8_t *p = g->px + (size_t)y * g->width + x;
    return nx * (p[1] - p[-1]) + ny * (p[g->width] - *(p - g->width));
}

/* Follows the edge at (x, y), whose tone rises along (nx, ny), to one side (1 or -1): it may drift by a pixel at
 * every other step. */
static int goes_on(const struct grey *g, int x, int y, double nx, double ny, int side, double least, int steps)
{
    double drift = 0;
    for (int k = 1; k <= steps; k++) {
        double best = 0, at = drift;
        for (int d = -1; d <= 1; d++) {
            double off = drift + (k & 1 ? 0 : d);
            int u = x + (int)lrint(-side * k * ny + off * nx), v = y + (int)lrint(side * k * nx + off * ny);
            if (u < 1 || v < 1 || u + 1 >= (int)g->width || v + 1 >= (int)g->height) return 0;
            double s = slope(g, u, v, nx, ny);
            if (s > best) best = s, at = off;
        }
        if (best < least) return 0;
        drift = at;
    }
    return 1;
}

/* An edge that goes on straight to at least one side. */
static int is_side(const struct grey *g, int x, int y, double scale)
{
    if (x < 1 || y < 1 || x + 1 >= (int)g->width || y + 1 >= (int)g->height) return 0;
    double nx = slope(g, x, y, 1, 0), ny = slope(g, x, y, 0, 1), n = hypot(nx, ny);
    int steps = (int)(STRAIGHT * scale);
    if (n < EDGE) return 0;
    nx /= n, ny /= n;
    return goes_on(g, x, y, nx, ny, 1, n / 3, steps) || goes_on(g, x, y, nx, ny, -1, n / 3, steps);
}

/* Tries one starting point; 0: out of memory. */
static int try_point(DmtxDecode *d, int x, int y, const struct grey *crop, double scale,
                     struct barcode_list *out)
{
    DmtxRegion *r = dmtxRegionScanPixel(d, x, y);
    if (!r) return 1;
    int ok = 1;
    DmtxMessage *m = dmtxDecodeMatrixRegion(d, r, DmtxUndefined);
    if (m && m->outputIdx > 0) ok = add_message(m, r, crop, scale, out);
    if (m) dmtxMessageDestroy(&m);
    dmtxRegionDestroy(&r);
    return ok;
}

/* Lines along x (across 0) or y, LINE_GAP apart. */
static int try_lines(DmtxDecode *d, int across, const struct grey *g, const struct grey *crop, double scale,
                     uint32_t *budget, struct barcode_list *out)
{
    int length = (int)(across ? g->height : g->width), lines = (int)(across ? g->width : g->height);
    int gap = (int)(LINE_GAP * scale), ok = 1;
    for (int line = gap; ok && line < lines; line += gap)
        for (int k = 2; ok && k < length - 2 && *budget; k++) {
            int x = across ? line : k, y = across ? k : line;
            /* only where the tone changes: an edge is what libdmtx starts from */
            const uint8_t *p = g->px + (size_t)y * g->width + x;
            size_t step = across ? g->width : 1;
            if (abs(p[step] - *(p - step)) < EDGE || inside_found(out, scale, x, y)) continue;
            if (!is_side(g, x, y, scale)) continue;
            --*budget;
            ok = try_point(d, x, (int)g->height - 1 - y, crop, scale, out);
        }
    return ok;
}

int barcode_read_dmtx(const struct grey *crop, uint32_t *budget, struct barcode_list *out)
{
    struct grey twice = {NULL, 0, 0};
    int small = crop->width < SMALL_PX || crop->height < SMALL_PX;
    if (small && !doubled(crop, &twice)) return 0;
    const struct grey *g = small ? &twice : crop;
    double scale = small ? 2 : 1;
    int ok = 0;
    DmtxImage *image = dmtxImageCreate(g->px, (int)g->width, (int)g->height, DmtxPack8bppK);
    DmtxDecode *d = NULL;
    if (image) {
        dmtxImageSetProp(image, DmtxPropImageFlip, DmtxFlipNone);
        d = dmtxDecodeCreate(image, 1);
    }
    if (d) {
        dmtxDecodeSetProp(d, DmtxPropFnc1, FNC1);
        ok = try_lines(d, 0, g, crop, scale, budget, out) && try_lines(d, 1, g, crop, scale, budget, out);
        dmtxDecodeDestroy(&d);
    }
    if (image) dmtxImageDestroy(&image);
    free(twice.px);
    return ok;
}
