/* PNG to rows of 8-bit RGB over white.
 *
 * libpng reports by longjmp: everything that must survive it lives in one struct outside the frame that calls
 * setjmp. PNG Specification, third edition (W3C 2025), sections 8 (interlacing) and 13.16 (alpha).
 */
#include "artwork/picture_rows.h"
#include "status.h"
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ancillary chunks we do not need are skipped; those libpng keeps are few and small. */
#define MAX_CHUNKS 1000
#define MAX_CHUNK  ((png_alloc_size_t)16 << 20)

struct reading {
    const uint8_t *data;
    size_t size, at;
    char error[200];
    png_structp png;
    png_infop info;
    uint8_t *pixels; /* one row, or the whole image when it is interlaced */
    uint8_t *rgb;    /* one row */
    png_uint_32 width, height;
    unsigned channels;
    int interlaced;
};

static void on_error(png_structp png, png_const_charp text)
{
    struct reading *r = png_get_error_ptr(png);
    snprintf(r->error, sizeof r->error, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void read_bytes(png_structp png, png_bytep to, size_t n)
{
    struct reading *r = png_get_io_ptr(png);
    if (n > r->size - r->at) png_error(png, "the file is cut short");
    memcpy(to, r->data + r->at, n);
    r->at += n;
}

static enum enn_status prepare(struct reading *r, struct picture_rows *rows, struct enn_error *err)
{
    const struct enn_limits *limits = &rows->options->limits;
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r, on_error, on_warning);
    if (r->png) r->info = png_create_info_struct(r->png);
    if (!r->info) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    if (setjmp(png_jmpbuf(r->png))) return enn_fail(err, ENN_FORMAT, "%s: PNG: %s", rows->name, r->error);
    png_set_read_fn(r->png, r, read_bytes);
    png_set_user_limits(r->png, 0x7fffffff, 0x7fffffff); /* pixels are counted below */
    png_set_chunk_cache_max(r->png, MAX_CHUNKS);
    png_set_chunk_malloc_max(r->png, MAX_CHUNK);
    /* text, profiles, Exif: not even read; resolution is */
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_AS_DEFAULT, (png_const_bytep) "pHYs", 1);
    png_read_info(r->png, r->info);
    r->width = png_get_image_width(r->png, r->info);
    r->height = png_get_image_height(r->png, r->info);
    if ((uint64_t)r->width * r->height > limits->max_pixels)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels are over the limit", rows->name, r->width,
                        r->height);
    /* deflate cannot exceed 1032:1, so an image that claims more is cut short or hostile */
    if ((uint64_t)r->height * png_get_rowbytes(r->png, r->info) / 1100 > r->size)
        return enn_fail(err, ENN_FORMAT, "%s: PNG: the file is too short for %u x %u pixels", rows->name,
                        r->width, r->height);
    png_set_expand(r->png);
    png_set_scale_16(r->png);
    png_set_gray_to_rgb(r->png);
    r->interlaced = png_set_interlace_handling(r->png) > 1;
    png_read_update_info(r->png, r->info);
    r->channels = png_get_channels(r->png, r->info);
    if (r->channels != 3 && r->channels != 4)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: PNG: odd channels", rows->name);
    return ENN_OK;
}

static enum enn_status allocate(struct reading *r, struct picture_rows *rows, struct enn_error *err)
{
    uint64_t row = (uint64_t)r->width * r->channels, bytes = r->interlaced ? row * r->height : row;
    if (bytes > rows->options->limits.max_memory / 2)
        return enn_fail(err, ENN_LIMIT, "%s: PNG: takes more memory than allowed", rows->name);
    r->pixels = malloc((size_t)bytes);
    r->rgb = malloc((size_t)r->width * 3);
    if (!r->pixels || !r->rgb) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    if (r->interlaced) memset(r->pixels, 0, (size_t)bytes);
    return picture_rows_begin(rows, r->width, r->height, err);
}

static void deliver(struct reading *r, struct picture_rows *rows, const uint8_t *p)
{
    uint8_t *to = r->rgb;
    if (r->channels == 3) {
        picture_rows_add(rows, p);
        return;
    }
    for (png_uint_32 x = 0; x < r->width; x++, p += 4, to += 3)
        for (int c = 0; c < 3; c++) to[c] = (uint8_t)((p[c] * p[3] + 255 * (255 - p[3]) + 127) / 255);
    picture_rows_add(rows, r->rgb);
}

static enum enn_status read_image(struct reading *r, struct picture_rows *rows, struct enn_error *err)
{
    size_t pitch = (size_t)r->width * r->channels;
    if (setjmp(png_jmpbuf(r->png))) return enn_fail(err, ENN_FORMAT, "%s: PNG: %s", rows->name, r->error);
    int passes = r->interlaced ? 7 : 1;
    for (int pass = 0; pass < passes; pass++)
        for (png_uint_32 y = 0; y < r->height; y++) {
            uint8_t *p = r->pixels + (r->interlaced ? y * pitch : 0);
            png_read_row(r->png, p, NULL);
            if (pass == passes - 1) deliver(r, rows, p);
        }
    return ENN_OK;
}

static void read_dpi(const struct reading *r, struct picture_rows *rows)
{
    png_uint_32 x = 0, y = 0;
    int unit = 0;
    if (png_get_pHYs(r->png, r->info, &x, &y, &unit) && unit == PNG_RESOLUTION_METER)
        picture_rows_dpi(rows, x * 0.0254, y * 0.0254);
}

enum enn_status picture_read_png(struct picture_rows *rows, const uint8_t *data, size_t size,
                                 struct enn_error *err)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    r->data = data, r->size = size;
    enum enn_status s = prepare(r, rows, err);
    if (!s) s = allocate(r, rows, err);
    if (!s) s = read_image(r, rows, err);
    if (!s) read_dpi(r, rows);
    strcpy(rows->out->kind, "png");
    png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r->pixels);
    free(r->rgb);
    free(r);
    return s;
}
