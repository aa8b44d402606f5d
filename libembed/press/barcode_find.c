/*
 * press: the barcodes of a page, while its rows stream by.
 *
 * Rows become luminance at some 300 dpi (level 0) and at a third of that (level 1, for codes too
 * coarse or too tall for level 0) and are gathered in strips that overlap by half, so that a code of
 * up to half a strip is whole in one of them. A full strip is searched in a thread of its own while
 * the next one fills; what is found twice is merged at the end. Work is bounded by counts and never
 * by time, so the answer does not depend on the machine.
 */
#include "press/barcode.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define TARGET_DPI  300.0
#define STRIP_MM    100.0 /* of level 0 */
#define STRIP_BYTES (12u << 20) /* very wide pages get lower strips */
enum {
    LEVELS = 2,
    MIN_STRIP_ROWS = 256,
    MAX_SPOTS = 2000,           /* of one strip */
    MAX_PAGE_PIXELS = 80 << 20, /* of all crops given to ZBar, a level */
    MAX_POINTS = 300000,        /* starting points given to libdmtx, a level */
};

/* One resolution. The thread owns `searched`, found, failed and the rest below it while it runs. */
struct level {
    double mm_x, mm_y; /* per px */
    uint32_t width, rows, overlap, fill;
    uint64_t first; /* row of the level that is row 0 of `filling` */
    uint8_t *filling;
    int threaded, running;
    pthread_t thread;
    uint8_t *searched;
    uint32_t searched_rows;
    uint64_t searched_first;
    struct barcode_list found; /* in mm of the page */
    int failed, more;
    uint64_t pixels;
    uint32_t points;
};

struct barcode_finder {
    struct press_pixels px;
    uint32_t width, fx, fy, rows_summed, thirds;
    uint32_t *sum; /* level 0 width: rows being averaged */
    uint16_t *thirds_sum;
    uint8_t *line, *row;
    struct level level[LEVELS];
};

/* ---- searching a strip ---- */

static int same_code(const struct barcode *a, const struct barcode *b)
{
    if (a->kind != b->kind || a->n != b->n || memcmp(a->text, b->text, a->n)) return 0;
    double slack = 1; /* mm */
    return a->x < b->x + b->width + slack && b->x < a->x + a->width + slack &&
           a->y < b->y + b->height + slack && b->y < a->y + a->height + slack;
}

/* Adds *b, or makes the one that is already there larger: a code cut by a strip is seen in parts. */
static int merge(struct barcode_list *l, const struct barcode *b)
{
    for (size_t i = 0; i < l->n; i++) {
        struct barcode *a = &l->item[i];
        if (!same_code(a, b)) continue;
        if (barcode_is_matrix(a->kind)) return 1; /* the first, finest one stays */
        double x1 = fmax(a->x + a->width, b->x + b->width), y1 = fmax(a->y + a->height, b->y + b->height);
        a->x = fmin(a->x, b->x);
        a->y = fmin(a->y, b->y);
        a->width = x1 - a->x;
        a->height = y1 - a->y;
        return 1;
    }
    return barcode_list_add(l, b);
}

static int copy_crop(const struct grey *strip, const struct spot *s, struct grey *crop)
{
    *crop = (struct grey){malloc((size_t)s->width * s->height), s->width, s->height};
    if (!crop->px) return 0;
    for (uint32_t y = 0; y < s->height; y++)
        memcpy(crop->px + (size_t)y * s->width, strip->px + (size_t)(s->y + y) * strip->width + s->x,
               s->width);
    return 1;
}

/* From px of the crop to mm of the page, into the level's list. */
static int take(struct level *v, const struct spot *s, const struct barcode_list *in_crop)
{
    int ok = 1;
    for (size_t i = 0; ok && i < in_crop->n; i++) {
        struct barcode b = in_crop->item[i];
        double mm = sqrt(v->mm_x * v->mm_y);
        b.x = (b.x + s->x) * v->mm_x;
        b.y = (b.y + s->y + (double)v->searched_first) * v->mm_y;
        b.width *= v->mm_x;
        b.height *= v->mm_y;
        b.module *= mm;
        b.quiet_needed *= mm;
        ok = merge(&v->found, &b);
    }
    return ok;
}

static int search_spot(struct level *v, const struct grey *strip, const struct spot *s)
{
    uint64_t pixels = (uint64_t)s->width * s->height;
    if (v->pixels + pixels > MAX_PAGE_PIXELS) {
        v->more = 1;
        return 1;
    }
    v->pixels += pixels;
    struct grey crop;
    struct barcode_list in_crop = {NULL, 0, 0};
    int ok = copy_crop(strip, s, &crop);
    if (ok && !s->matrix) ok = barcode_read_zbar(&crop, &in_crop);
    uint32_t before = v->points;
    if (ok && s->matrix) ok = barcode_read_dmtx(&crop, &v->points, &in_crop);
    if (before && !v->points) v->more = 1;
    if (ok) ok = take(v, s, &in_crop);
    barcode_list_clear(&in_crop);
    free(crop.px);
    return ok;
}

/* What lies in the first half of a strip and does not touch its upper end was whole in the strip before. */
static int searched_before(const struct level *v, const struct spot *s)
{
    return v->searched_first && s->y && s->y + s->height <= v->overlap;
}

static void *search_strip(void *user)
{
    struct level *v = user;
    struct grey strip = {v->searched, v->width, v->searched_rows};
    struct spot *spot = malloc(MAX_SPOTS * sizeof *spot);
    int n = spot ? barcode_spots(&strip, spot, MAX_SPOTS, &v->more) : -1;
    if (n < 0) v->failed = 1;
    for (int i = 0; i < n && !v->failed; i++)
        if (!searched_before(v, &spot[i]) && !search_spot(v, &strip, &spot[i])) v->failed = 1;
    free(spot);
    return NULL;
}

static void wait_for(struct level *v)
{
    if (v->running) pthread_join(v->thread, NULL);
    v->running = 0;
}

/* Hands the strip to the search and goes on with its second half. */
static void hand_over(struct level *v)
{
    wait_for(v);
    uint8_t *full = v->filling;
    uint32_t keep = v->overlap < v->fill ? v->overlap : v->fill;
    v->filling = v->searched;
    memcpy(v->filling, full + (size_t)(v->fill - keep) * v->width, (size_t)keep * v->width);
    v->searched = full;
    v->searched_rows = v->fill;
    v->searched_first = v->first;
    v->first += v->fill - keep;
    v->fill = keep;
    v->running = v->threaded && !pthread_create(&v->thread, NULL, search_strip, v);
    if (!v->running) search_strip(v);
}

static void add_row(struct level *v, const uint8_t *row)
{
    memcpy(v->filling + (size_t)v->fill++ * v->width, row, v->width);
    if (v->fill == v->rows) hand_over(v);
}

/* ---- rows in ---- */

static inline unsigned level_of(const void *s, int bits, size_t i)
{
    return bits == 16 ? ((const uint16_t *)s)[i] >> 8 : ((const uint8_t *)s)[i];
}

static void cmyk8_luma(const uint8_t *restrict p, uint32_t n, uint8_t *restrict out)
{
    for (uint32_t x = 0; x < n; x++, p += 4) {
        unsigned ink = (110u * p[0] + 100u * p[1] + 46u * p[2]) >> 8;
        out[x] = (uint8_t)(((255 - ink) * (255u - p[3]) + 128) >> 8);
    }
}

void barcode_luma(const struct press_pixels *px, uint32_t width, const void *s, uint8_t *out)
{
    size_t per = (size_t)px->samples_per_pixel;
    int channels = press_channels(px->colour);
    if (px->colour == PRESS_CMYK && per == 4) { /* the usual case, for the vectoriser */
        uint8_t high[4 * PRESS_PIECE];
        for (uint32_t x = 0, n; x < width; x += n) {
            n = width - x < PRESS_PIECE ? width - x : PRESS_PIECE;
            if (px->bits == 16) press_high_bytes((const uint16_t *)s + 4 * (size_t)x, 4 * (size_t)n, high);
            cmyk8_luma(px->bits == 16 ? high : (const uint8_t *)s + 4 * (size_t)x, n, out + x);
        }
        return;
    }
    for (size_t x = 0, i = 0; x < width; x++, i += per) {
        unsigned v = level_of(s, px->bits, i), spot = 0;
        if (px->colour == PRESS_CMYK) {
            unsigned ink =
                (110 * v + 100 * level_of(s, px->bits, i + 1) + 46 * level_of(s, px->bits, i + 2)) >> 8;
            v = ((255 - ink) * (255 - level_of(s, px->bits, i + 3)) + 128) >> 8;
        } else if (px->colour == PRESS_RGB) {
            v = (96 * v + 128 * level_of(s, px->bits, i + 1) + 32 * level_of(s, px->bits, i + 2)) >> 8;
        } else if (px->colour == PRESS_GREY_INK) { /* grey light and L* are taken as they are */
            v = 255 - v;
        }
        if (px->opacity) v = press_over_white(px, s, i + (size_t)channels, v);
        for (uint32_t c = 0, left = px->spots & ~px->opacity; left; c++, left >>= 1)
            if (left & 1) spot += level_of(s, px->bits, i + (size_t)channels + c);
        spot = spot > 255 ? 255 : spot;
        out[x] = (uint8_t)(v * (255 - spot * 7 / 8) / 255);
    }
}

static void third_row(struct barcode_finder *f, const uint8_t *row)
{
    struct level *v = &f->level[1];
    for (uint32_t x = 0; x < v->width; x++)
        f->thirds_sum[x] = (uint16_t)(f->thirds_sum[x] + row[3 * x] + row[3 * x + 1] + row[3 * x + 2]);
    if (++f->thirds < 3) return;
    f->thirds = 0;
    for (uint32_t x = 0; x < v->width; x++) f->row[x] = (uint8_t)((f->thirds_sum[x] + 4) / 9);
    memset(f->thirds_sum, 0, v->width * sizeof *f->thirds_sum);
    add_row(v, f->row);
}

static void reduce_row(struct barcode_finder *f)
{
    struct level *v = &f->level[0];
    if (f->fx == 1 && f->fy == 1) {
        third_row(f, f->line);
        add_row(v, f->line);
        return;
    }
    for (uint32_t x = 0, i = 0; x < v->width; x++)
        for (uint32_t k = 0; k < f->fx; k++) f->sum[x] += f->line[i++];
    if (++f->rows_summed < f->fy) return;
    f->rows_summed = 0;
    uint32_t n = f->fx * f->fy;
    for (uint32_t x = 0; x < v->width; x++) f->line[x] = (uint8_t)((f->sum[x] + n / 2) / n);
    memset(f->sum, 0, v->width * sizeof *f->sum);
    third_row(f, f->line);
    add_row(v, f->line);
}

void barcode_finder_rows(struct barcode_finder *f, const void *rows, size_t row_bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        barcode_luma(&f->px, f->width, (const uint8_t *)rows + (size_t)i * row_bytes, f->line);
        reduce_row(f);
    }
}

/* ---- life ---- */

static int level_new(struct level *v, uint32_t width, double mm_x, double mm_y, double strip_mm, int threads)
{
    double rows = strip_mm / mm_y, most = (double)STRIP_BYTES / (width ? width : 1);
    v->width = width;
    v->mm_x = mm_x;
    v->mm_y = mm_y;
    v->rows = (uint32_t)fmax(MIN_STRIP_ROWS, fmin(rows, most));
    v->overlap = v->rows / 2;
    v->threaded = threads != 1;
    v->points = MAX_POINTS;
    v->filling = malloc((size_t)v->rows * width + 1);
    v->searched = malloc((size_t)v->rows * width + 1);
    return v->filling && v->searched;
}

void barcode_finder_free(struct barcode_finder *f)
{
    if (!f) return;
    for (int i = 0; i < LEVELS; i++) {
        wait_for(&f->level[i]);
        barcode_list_clear(&f->level[i].found);
        free(f->level[i].filling);
        free(f->level[i].searched);
    }
    free(f->sum);
    free(f->thirds_sum);
    free(f->line);
    free(f->row);
    free(f);
}

enum enn_status barcode_finder_new(struct barcode_finder **out, const struct press_pixels *px, uint32_t width,
                                   uint32_t height, double dpi_x, double dpi_y, int threads,
                                   const struct enn_limits *limits, struct enn_error *err)
{
    *out = NULL;
    if (!width || !height || !(dpi_x >= 20 && dpi_x <= 20000 && dpi_y >= 20 && dpi_y <= 20000))
        return enn_fail(err, ENN_USAGE, "a page of no size or resolution cannot be searched for barcodes");
    uint32_t fx = (uint32_t)fmax(1, floor(dpi_x / TARGET_DPI)),
             fy = (uint32_t)fmax(1, floor(dpi_y / TARGET_DPI));
    uint32_t width0 = width / fx, width1 = width0 / 3;
    /* two strips of either level, the line and the sums; MIN_STRIP_ROWS bounds what a wide page needs
     * beyond STRIP_BYTES */
    uint64_t bytes = 2 * ((uint64_t)STRIP_BYTES + (uint64_t)MIN_STRIP_ROWS * width0) + (uint64_t)width * 8;
    if (bytes > limits->max_memory)
        return enn_fail(err, ENN_LIMIT,
                        "the page is too wide to be searched for barcodes within --max-memory");
    struct barcode_finder *f = calloc(1, sizeof *f);
    if (!f) return enn_fail(err, ENN_NOMEM, "barcodes: out of memory");
    f->px = *px;
    f->width = width;
    f->fx = fx;
    f->fy = fy;
    f->line = malloc(width);
    f->row = malloc((size_t)width1 + 1);
    f->sum = calloc((size_t)width0 + 1, sizeof *f->sum);
    f->thirds_sum = calloc((size_t)width1 + 1, sizeof *f->thirds_sum);
    double mm_x = 25.4 / dpi_x * fx, mm_y = 25.4 / dpi_y * fy;
    int ok = f->line && f->row && f->sum && f->thirds_sum;
    ok &= level_new(&f->level[0], width0, mm_x, mm_y, STRIP_MM, threads);
    ok &= level_new(&f->level[1], width1, 3 * mm_x, 3 * mm_y, 3 * STRIP_MM, threads);
    if (!ok) {
        barcode_finder_free(f);
        return enn_fail(err, ENN_NOMEM, "barcodes: out of memory");
    }
    *out = f;
    return ENN_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct barcode *p = a, *q = b;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    return (p->x > q->x) - (p->x < q->x);
}

enum enn_status barcode_finder_end(struct barcode_finder *f, struct barcode_list *out, int *complete,
                                   struct enn_error *err)
{
    int failed = 0;
    *complete = 1;
    for (int i = 0; i < LEVELS; i++) {
        struct level *v = &f->level[i];
        if (v->fill && v->width) hand_over(v);
        wait_for(v);
        failed |= v->failed;
        *complete &= !v->more;
        for (size_t k = 0; k < v->found.n && !failed; k++) failed = !merge(out, &v->found.item[k]);
    }
    if (failed) return enn_fail(err, ENN_NOMEM, "barcodes: out of memory");
    if (out->n) qsort(out->item, out->n, sizeof *out->item, by_place);
    return ENN_OK;
}
