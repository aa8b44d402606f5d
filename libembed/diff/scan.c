/*
 * Comparing, pass 1: both pages row by row, and all that the second pass must know beforehand: whether they
 * differ at all, where the mark may be, rows to find the mark in, places to register by, pictures for
 * people.
 */
#include "diff/pair.h"
#include "clones.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GRID = 5, SIDE = REGISTER_SIDE, AREA = SIDE * SIDE, SAMPLE_BYTES = 32 << 20 };

/* One side of the pass. */
struct reducer {
    const struct pair_side *side;
    size_t row_bytes;
    uint8_t *row, *patches;  /* SCAN_PATCHES pictures */
    uint32_t *tiny, *tiny_n; /* the whole page as one picture */
    uint32_t *sums;          /* of one row of the preview, per channel */
    uint8_t *samples, *preview;
    int coloured; /* C, M or Y was seen */
};

struct scanner {
    const struct pair *p;
    struct scan *s;
    struct reducer side[2];
    uint32_t across, down, tiny_step, sample_step;
    uint64_t compared; /* pixels that s->apart is the sum of */
};

/* Darkness good enough to register by. */
static uint8_t grey(const struct press_pixels *px, const uint8_t *at)
{
    unsigned v[4] = {0};
    int n = press_channels(px->colour);
    for (int c = 0; c < n; c++) v[c] = px->bits == 16 ? ((const uint16_t *)(const void *)at)[c] >> 8 : at[c];
    if (px->colour == PRESS_CMYK) {
        unsigned ink = (77 * v[0] + 150 * v[1] + 29 * v[2]) / 256 + v[3];
        return (uint8_t)(ink > 255 ? 0 : 255 - ink);
    }
    if (px->colour == PRESS_GREY_INK) return (uint8_t)(255 - v[0]);
    if (px->colour == PRESS_LAB) return (uint8_t)v[0];
    return (uint8_t)(n == 1 ? v[0] : (77 * v[0] + 150 * v[1] + 29 * v[2]) / 256);
}

/* Left or top edge of patch i of n along `size` pixels. */
static uint32_t patch_at(uint32_t i, uint32_t n, uint32_t size)
{
    return n > 1 ? (uint32_t)((uint64_t)(size - SIDE) * i / (n - 1)) : 0;
}

static uint32_t patches_along(uint32_t size)
{
    return size <= SIDE ? 1 : size >= SIDE * GRID ? GRID : size / SIDE + 1;
}

static void take_patches(const struct scanner *k, struct reducer *r, uint32_t y)
{
    size_t pixel = r->row_bytes / k->p->width;
    for (uint32_t j = 0; j < k->down; j++) {
        uint32_t top = patch_at(j, k->down, k->p->height);
        if (y < top || y - top >= SIDE) continue;
        for (uint32_t i = 0; i < k->across; i++) {
            uint32_t left = patch_at(i, k->across, k->p->width), n = k->p->width - left;
            uint8_t *to = r->patches + (size_t)(j * k->across + i) * AREA + (size_t)(y - top) * SIDE;
            for (uint32_t x = 0; x < SIDE && x < n; x++)
                to[x] = grey(&r->side->pixels, r->row + (left + x) * pixel);
        }
    }
}

/* Both rows into the small pictures of the whole pages, and how far they are apart. */
static void take_tiny(struct scanner *k, uint32_t y)
{
    const struct align_window *w = &k->p->window;
    struct reducer *a = &k->side[0], *b = &k->side[1];
    size_t pixel_a = a->row_bytes / k->p->width, pixel_b = b->row_bytes / k->p->width;
    size_t line = (size_t)(y / k->tiny_step) * SIDE;
    int inside = y >= w->y0 && y < w->y1;
    if (y % k->tiny_step % 4) return; /* a quarter of the pixels is enough */
    for (uint32_t x = 0; x < k->p->width; x += 4) {
        size_t at = line + x / k->tiny_step;
        int was = grey(&a->side->pixels, a->row + x * pixel_a), is = grey(&b->side->pixels, b->row + x * pixel_b);
        a->tiny[at] += (uint32_t)was, a->tiny_n[at]++;
        b->tiny[at] += (uint32_t)is, b->tiny_n[at]++;
        if (inside && x >= w->x0 && x < w->x1) k->s->apart += abs(was - is), k->compared++;
    }
}

/* Adds the row to the sums, and turns them into a row of the preview when it is the last of its kind. */
static void take_preview(const struct scanner *k, struct reducer *r, uint32_t y)
{
    const struct enn_diff_preview *v = &k->s->preview;
    const struct press_pixels *px = &r->side->pixels;
    uint32_t step = v->reduction, channels = (uint32_t)press_channels(px->colour);
    size_t per = (size_t)px->samples_per_pixel;
    if (!r->preview) return;
    for (uint32_t x = 0, at = 0, left = step; x < k->p->width; x++) {
        for (uint32_t c = 0; c < channels; c++)
            r->sums[at * channels + c] += px->bits == 16
                                              ? ((const uint16_t *)(const void *)r->row)[x * per + c] >> 8
                                              : r->row[x * per + c];
        if (!--left) at++, left = step;
    }
    if ((y + 1) % step && y + 1 < k->p->height) return;
    uint32_t rows = y % step + 1;
    for (uint32_t x = 0; x < v->width; x++) {
        uint32_t columns = x + 1 < v->width ? step : k->p->width - x * step, n = rows * columns;
        for (uint32_t c = 0; c < channels; c++)
            r->samples[x * channels + c] = (uint8_t)((r->sums[x * channels + c] + n / 2) / n);
    }
    struct press_pixels small = {.colour = px->colour, .bits = 8, .samples_per_pixel = (int)channels};
    profile_to_rgb8(r->side->profile, &small, r->samples, v->width,
                    r->preview + (size_t)(y / step) * v->width * 3);
    memset(r->sums, 0, (size_t)v->width * channels * sizeof *r->sums);
}

static void take_sample(struct scanner *k, uint32_t y)
{
    struct fit_rows *f = &k->s->rows;
    if (!f->before || y % k->sample_step) return;
    f->seen++;
    if (!memcmp(k->side[0].row, k->side[1].row, f->row_bytes)) return;
    f->y[f->n] = y;
    memcpy(f->before + f->n * f->row_bytes, k->side[0].row, f->row_bytes);
    memcpy(f->after + f->n * f->row_bytes, k->side[1].row, f->row_bytes);
    f->n++;
}

/* Pixels of four bytes that differ. */
CLONED static uint32_t unlike(const uint8_t *a, const uint8_t *b, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t p, q;
        memcpy(&p, a + sizeof p * i, sizeof p);
        memcpy(&q, b + sizeof q * i, sizeof q);
        sum += p != q;
    }
    return sum;
}

static void count_differing(struct scanner *k, uint32_t y)
{
    const struct align_window *w = &k->p->window;
    size_t pixel = k->side[0].row_bytes / k->p->width;
    if (k->p->mode != PAIR_EXACT || y < w->y0 || y >= w->y1) return;
    const uint8_t *a = k->side[0].row, *b = k->side[1].row;
    if (!memcmp(a + w->x0 * pixel, b + w->x0 * pixel, (w->x1 - w->x0) * pixel)) return;
    if (pixel == sizeof(uint32_t)) {
        k->s->differing += unlike(a + w->x0 * pixel, b + w->x0 * pixel, w->x1 - w->x0);
        return;
    }
    for (size_t i = w->x0; i < w->x1; i++) k->s->differing += !!memcmp(a + i * pixel, b + i * pixel, pixel);
}

static void look_for_colour(const struct scanner *k, struct reducer *r)
{
    const struct press_pixels *px = &r->side->pixels;
    size_t per = (size_t)px->samples_per_pixel, n = k->p->width * per;
    const uint16_t *row = (const void *)r->row;
    if (r->coloured || px->colour != PRESS_CMYK) return;
    unsigned any = 0;
    for (size_t i = 0; i < n; i += per)
        any |= px->bits == 16 ? (unsigned)(row[i] | row[i + 1] | row[i + 2])
                              : (unsigned)(r->row[i] | r->row[i + 1] | r->row[i + 2]);
    r->coloured = any != 0;
}

static enum enn_status alloc_side(struct scanner *k, struct reducer *r, const struct pair_side *side,
                                  int preview, struct enn_error *err)
{
    uint32_t channels = (uint32_t)press_channels(side->pixels.colour);
    const struct enn_diff_preview *v = &k->s->preview;
    r->side = side;
    r->row_bytes =
        (size_t)k->p->width * (size_t)side->pixels.samples_per_pixel * (size_t)side->pixels.bits / 8;
    r->row = malloc(r->row_bytes);
    r->patches = malloc((size_t)SCAN_PATCHES * AREA);
    r->tiny = calloc(AREA, sizeof *r->tiny);
    r->tiny_n = calloc(AREA, sizeof *r->tiny_n);
    if (preview) r->sums = calloc((size_t)v->width * channels, sizeof *r->sums);
    if (preview) r->samples = malloc((size_t)v->width * channels);
    if (!r->row || !r->patches || !r->tiny || !r->tiny_n || (preview && (!r->sums || !r->samples)))
        return enn_fail(err, ENN_NOMEM, "out of memory");
    memset(r->patches, 255, (size_t)SCAN_PATCHES * AREA);
    return ENN_OK;
}

static void free_side(struct reducer *r)
{
    free(r->row);
    free(r->patches);
    free(r->tiny);
    free(r->tiny_n);
    free(r->sums);
    free(r->samples);
}

static enum enn_status alloc_preview(struct scanner *k, struct enn_error *err)
{
    struct enn_diff_preview *v = &k->s->preview;
    uint32_t longest = k->p->width > k->p->height ? k->p->width : k->p->height, side = k->p->o->preview_side;
    if (!side) return ENN_OK;
    v->reduction = longest / side + (longest % side != 0);
    v->width = (k->p->width + v->reduction - 1) / v->reduction;
    v->height = (k->p->height + v->reduction - 1) / v->reduction;
    v->px_per_mm = k->p->dpi_x > 0 ? k->p->dpi_x / 25.4 / v->reduction : 0;
    size_t n = (size_t)v->width * v->height; /* at most preview_side squared */
    v->before = malloc(3 * n);
    v->after = malloc(3 * n);
    v->heat = calloc(n, 1);
    return v->before && v->after && v->heat ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

/* Rows to find the mark in: as many as fit into SAMPLE_BYTES, evenly over the page. */
static enum enn_status alloc_samples(struct scanner *k, struct enn_error *err)
{
    struct fit_rows *f = &k->s->rows;
    f->row_bytes = k->side[0].row_bytes;
    uint64_t fit = SAMPLE_BYTES / 2 / f->row_bytes + 1;
    k->sample_step = (uint32_t)((k->p->height + fit - 1) / fit);
    size_t n = k->p->height / k->sample_step + 1;
    f->y = malloc(n * sizeof *f->y);
    f->before = malloc(n * f->row_bytes);
    f->after = malloc(n * f->row_bytes);
    return f->y && f->before && f->after ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

static enum enn_status begin(struct scanner *k, struct enn_error *err)
{
    const struct pair *p = k->p;
    int markable = p->mode != PAIR_COLOUR && p->dpi_x >= 100 && p->dpi_y >= 100 && p->dpi_x <= 20000 &&
                   p->dpi_y <= 20000 && p->before.markable && p->after.markable;
    k->across = patches_along(p->width);
    k->down = patches_along(p->height);
    uint32_t longest = p->width > p->height ? p->width : p->height;
    k->tiny_step = longest / SIDE + 1;
    enum enn_status st = alloc_preview(k, err);
    for (int i = 0; i < 2 && !st; i++)
        st = alloc_side(k, &k->side[i], i ? &p->after : &p->before, k->s->preview.before != NULL, err);
    if (st) return st;
    k->side[0].preview = k->s->preview.before;
    k->side[1].preview = k->s->preview.after;
    if (markable) st = alloc_samples(k, err);
    if (markable && !st)
        st = mask_new(&k->s->mask, &p->before.pixels, p->width, p->height, p->dpi_x, p->dpi_y,
                      &p->o->verify.limits, err);
    return st;
}

static enum enn_status find_shift(struct scanner *k, struct enn_error *err)
{
    struct shift found[SCAN_PATCHES];
    int n = 0;
    uint8_t *tiny[2] = {k->side[0].patches, k->side[1].patches};
    for (uint32_t i = 0; i < k->across * k->down; i++, n++)
        if (register_pair(k->side[0].patches + (size_t)i * AREA, k->side[1].patches + (size_t)i * AREA,
                          &found[n]))
            return enn_fail(err, ENN_NOMEM, "out of memory");
    k->s->shift = register_agree(found, n);
    for (int i = 0; i < n; i++)
        if (hypot(found[i].x, found[i].y) < 0.08) k->s->still += found[i].quality;
    for (int side = 0; side < 2; side++) /* the patches have served */
        for (size_t i = 0; i < AREA; i++)
            tiny[side][i] =
                k->side[side].tiny_n[i] ? (uint8_t)(k->side[side].tiny[i] / k->side[side].tiny_n[i]) : 255;
    if (register_pair(tiny[0], tiny[1], &k->s->coarse)) return enn_fail(err, ENN_NOMEM, "out of memory");
    k->s->coarse.x *= k->tiny_step;
    k->s->coarse.y *= k->tiny_step;
    return ENN_OK;
}

static enum enn_status one_row(struct scanner *k, struct aligned *const *in, uint32_t y,
                               struct enn_error *err)
{
    enum enn_status st = aligned_next(in[0], k->side[0].row, err);
    if (!st) st = aligned_next(in[1], k->side[1].row, err);
    if (st) return st;
    for (int i = 0; i < 2; i++) {
        take_patches(k, &k->side[i], y);
        take_preview(k, &k->side[i], y);
        look_for_colour(k, &k->side[i]);
    }
    take_tiny(k, y);
    take_sample(k, y);
    count_differing(k, y);
    if (k->s->mask) st = mask_feed(k->s->mask, k->side[0].row, k->side[0].row_bytes, 1, err);
    if (!(y % 256) && k->p->progress) k->p->progress(k->p->progress_user, (double)y / k->p->height);
    return st;
}

enum enn_status scan_pair(const struct pair *p, struct scan *s, struct enn_error *err)
{
    struct scanner k = {.p = p, .s = s};
    struct aligned *in[2] = {NULL, NULL};
    uint64_t memory = p->o->verify.limits.max_memory;
    memset(s, 0, sizeof *s);
    enum enn_status st = begin(&k, err);
    if (!st) st = pair_open(&p->before, memory, &in[0], err);
    if (!st) st = pair_open(&p->after, memory, &in[1], err);
    for (uint32_t y = 0; y < p->height && !st; y++) st = one_row(&k, in, y, err);
    if (!st && s->mask) st = mask_finish(s->mask, err);
    if (!st) st = find_shift(&k, err);
    s->apart = k.compared ? s->apart / (double)k.compared : 0;
    s->black_only = p->before.pixels.colour == PRESS_CMYK && p->after.pixels.colour == PRESS_CMYK &&
                    !k.side[0].coloured && !k.side[1].coloured;
    aligned_close(in[0]);
    aligned_close(in[1]);
    free_side(&k.side[0]);
    free_side(&k.side[1]);
    return st;
}

void scan_clear(struct scan *s)
{
    mask_free(s->mask);
    free(s->rows.y);
    free(s->rows.before);
    free(s->rows.after);
    s->mask = NULL;
    s->rows = (struct fit_rows){0};
}
