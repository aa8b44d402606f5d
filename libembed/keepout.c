/*
 * What the user wants left alone (keepout.h).
 *
 * A mask picture is kept as one bit a pixel at its own size, so that the mask of a huge artwork stays
 * small, and is looked up at the nearest pixel.  A mask of the artwork's own size is therefore met
 * exactly.
 */
#include "keepout.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "artwork/picture.h"
#include "status.h"

struct bitmap {
    uint64_t max_memory;
    uint32_t width, height;
    uint8_t *bits; /* row by row, ceil(width / 8) bytes each, 1 = protected */
};

struct keepout {
    struct enn_rect *only, *never; /* marked only inside `only` (if any), never inside `never` */
    int n_only, n_never;
    struct bitmap *masks;
    int n_masks;
};

/* Rows of a mask as they come from the decoder. */
static void take_row(void *user, uint32_t y, const uint8_t *rgb)
{
    struct bitmap *b = user;
    size_t pitch = ((size_t)b->width + 7) / 8;
    for (uint32_t x = 0; x < b->width; x++, rgb += 3)
        if (54u * rgb[0] + 183u * rgb[1] + 19u * rgb[2] < 128u * 256u)
            b->bits[y * pitch + x / 8] |= (uint8_t)(0x80 >> x % 8);
}

static int take_size(void *user, uint32_t width, uint32_t height)
{
    struct bitmap *b = user;
    b->width = width;
    b->height = height;
    if (height > b->max_memory / (((size_t)width + 7) / 8)) return 0;
    b->bits = calloc(height, ((size_t)width + 7) / 8);
    return b->bits != NULL;
}

static enum enn_status load_mask(struct bitmap *b, const char *file, const struct enn_limits *limits,
                                 struct enn_error *err)
{
    struct picture_sink sink = {take_size, take_row, b};
    struct picture_options po = picture_options_default();
    struct picture pic;
    po.limits = *limits;
    po.sink = &sink;
    b->max_memory = limits->max_memory;
    enum enn_status st = picture_read(file, &po, &pic, err);
    picture_clear(&pic);
    return st;
}

static enum enn_status copy_rects(struct enn_rect **to, int *n, const struct enn_rect *from, int n_from,
                                  struct enn_error *err)
{
    for (int i = 0; i < n_from; i++)
        if (!isfinite(from[i].x) || !isfinite(from[i].y) || !(from[i].width > 0) || !(from[i].height > 0))
            return enn_fail(err, ENN_USAGE, "a region needs a width and a height above 0");
    if (!n_from) return ENN_OK;
    *to = calloc((size_t)n_from, sizeof **to);
    if (!*to) return enn_fail(err, ENN_NOMEM, "out of memory");
    memcpy(*to, from, (size_t)n_from * sizeof **to);
    *n = n_from;
    return ENN_OK;
}

enum enn_status keepout_new(const struct enn_protection *p, const struct enn_limits *limits,
                            struct keepout **out, struct enn_error *err)
{
    *out = NULL;
    if (!p->n_regions && !p->n_protect_regions && !p->n_masks) return ENN_OK;
    struct keepout *k = calloc(1, sizeof *k);
    if (k && p->n_masks) k->masks = calloc((size_t)p->n_masks, sizeof *k->masks);
    enum enn_status st = k && (k->masks || !p->n_masks) ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) st = copy_rects(&k->only, &k->n_only, p->regions, p->n_regions, err);
    if (!st) st = copy_rects(&k->never, &k->n_never, p->protect_regions, p->n_protect_regions, err);
    for (int i = 0; !st && i < p->n_masks; i++) {
        k->n_masks = i + 1;
        st = load_mask(&k->masks[i], p->masks[i], limits, err);
    }
    if (st)
        keepout_free(k);
    else
        *out = k;
    return st;
}

void keepout_free(struct keepout *k)
{
    if (!k) return;
    for (int i = 0; i < k->n_masks; i++) free(k->masks[i].bits);
    free(k->masks);
    free(k->only);
    free(k->never);
    free(k);
}

enum enn_status keepout_check(const struct keepout *k, size_t pages, const char *name, struct enn_error *err)
{
    if (!k || k->n_masks <= 1 || (size_t)k->n_masks == pages) return ENN_OK;
    return enn_fail(err, ENN_USAGE, "%s: %d masks for %zu page%s: one for each page or one for all", name,
                    k->n_masks, pages, pages == 1 ? "" : "s");
}

static int inside(const struct enn_rect *r, int n, double x, double y)
{
    for (; n > 0; n--, r++)
        if (x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height) return 1;
    return 0;
}

static int on_mask(const struct keepout *k, size_t page, double u, double v)
{
    const struct bitmap *b = &k->masks[k->n_masks > 1 && page < (size_t)k->n_masks ? page : 0];
    double x = floor(u * b->width), y = floor(v * b->height);
    if (!(x >= 0 && y >= 0 && x < b->width && y < b->height)) return 0;
    uint32_t i = (uint32_t)x, j = (uint32_t)y;
    return b->bits[j * (((size_t)b->width + 7) / 8) + i / 8] >> (7 - i % 8) & 1;
}

int keepout_at(const struct keepout *k, size_t page, const struct keepout_place *p, double x, double y)
{
    const double *m = p->to_mm, *n = p->to_unit;
    if (k->n_only || k->n_never) {
        double x_mm = m[0] * x + m[2] * y + m[4], y_mm = m[1] * x + m[3] * y + m[5];
        if (k->n_only && !inside(k->only, k->n_only, x_mm, y_mm)) return 1;
        if (inside(k->never, k->n_never, x_mm, y_mm)) return 1;
    }
    return k->n_masks && on_mask(k, page, n[0] * x + n[2] * y + n[4], n[1] * x + n[3] * y + n[5]);
}

void keepout_row(const struct keepout *k, size_t page, const struct keepout_place *p, uint32_t y, size_t n,
                 uint8_t *tint, uint8_t *white)
{
    for (size_t x = 0; x < n; x++) {
        if (!(tint && tint[x]) && !(white && white[x])) continue;
        if (!keepout_at(k, page, p, (double)x + 0.5, y + 0.5)) continue;
        if (tint) tint[x] = 0;
        if (white) white[x] = 0;
    }
}
