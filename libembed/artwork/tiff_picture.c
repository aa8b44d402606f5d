/* TIFF to rows of 8-bit RGB over white.
 *
 * Pages that are artwork (8- and 16-bit CMYK, RGB, grey) come as bands from artwork_read.  One-bit pages
 * (plates, fax) are read by the row, since they often are one strip of hundreds of megapixels.  Everything
 * else (palette, YCbCr, Lab, odd depths) goes through libtiff's own RGBA conversion, strip by strip or tile
 * by tile.
 */
#include "artwork/picture_rows.h"
#include "artwork/tiff_file.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

/* Pixels per byte of the file: blank rows of a plate reach 35,000 in Group 4. */
#define MAX_PIXELS_PER_BYTE 400000u

/* ---- as it is looked at ---- */

/* The picture turned and mirrored as TIFF Orientation says.  5 to 8 exchange width and height. */
static enum enn_status orient(struct picture_rows *rows, unsigned orientation, struct enn_error *err)
{
    struct picture *p = rows->out;
    if (orientation < 2 || orientation > 8) return ENN_OK;
    if (!p->rgb) return enn_fail(err, ENN_UNSUPPORTED, "%s: Orientation is %u, not 1", rows->name, orientation);
    /* which column and row of the stored picture: counted from the right, from below? */
    int turned = orientation >= 5, left = orientation == 2 || orientation == 3 || orientation >= 7,
        up = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    if (p->stride * p->height > rows->options->limits.max_memory / 2)
        return enn_fail(err, ENN_LIMIT, "%s: turning the picture takes more memory than allowed", rows->name);
    uint8_t *rgb = malloc(p->stride * p->height), *to = rgb;
    if (!rgb) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    uint32_t w = turned ? p->height : p->width, h = turned ? p->width : p->height;
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x < w; x++, to += 3) {
            uint32_t sx = turned ? y : x, sy = turned ? x : y;
            if (left) sx = p->width - 1 - sx;
            if (up) sy = p->height - 1 - sy;
            memcpy(to, p->rgb + sy * p->stride + (size_t)sx * 3, 3);
        }
    free(p->rgb);
    uint32_t full = p->full_width;
    if (turned) p->full_width = p->full_height, p->full_height = full;
    p->rgb = rgb, p->width = w, p->height = h, p->stride = (size_t)w * 3;
    return ENN_OK;
}

/* ---- pages that are not artwork ---- */

struct foreign {
    TIFF *tif;
    struct tiff_messages messages;
    uint32_t *raster;
    uint8_t *rgb;
};

static enum enn_status damaged(const struct foreign *f, const char *name, const char *what,
                               struct enn_error *err)
{
    return enn_fail(err, ENN_FORMAT, "%s: %s", name, f->messages.error[0] ? f->messages.error : what);
}

static enum enn_status bilevel(struct foreign *f, struct picture_rows *rows, const struct artwork_page *p,
                               struct enn_error *err)
{
    uint8_t *bits = (uint8_t *)f->raster;
    for (uint32_t y = 0; y < p->height; y++) {
        if (TIFFReadScanline(f->tif, bits, y, 0) != 1)
            return damaged(f, rows->name, "page ends too early", err);
        for (uint32_t x = 0; x < p->width; x++) {
            int one = bits[x / 8] >> (7 - x % 8) & 1;
            memset(f->rgb + 3 * (size_t)x, one != p->inverted ? 255 : 0, 3);
        }
        picture_rows_add(rows, f->rgb);
    }
    return ENN_OK;
}

/* libtiff's RGBA is premultiplied. */
static void over_white(const uint32_t *from, uint32_t n, uint8_t *to)
{
    for (uint32_t x = 0; x < n; x++, to += 3) {
        unsigned rest = 255 - TIFFGetA(from[x]);
        unsigned v[3] = {TIFFGetR(from[x]) + rest, TIFFGetG(from[x]) + rest, TIFFGetB(from[x]) + rest};
        for (int c = 0; c < 3; c++) to[c] = (uint8_t)(v[c] > 255 ? 255 : v[c]);
    }
}

static enum enn_status by_strips(struct foreign *f, struct picture_rows *rows, const struct artwork_page *p,
                                 uint32_t high, struct enn_error *err)
{
    for (uint32_t y = 0; y < p->height; y += high) {
        uint32_t n = p->height - y < high ? p->height - y : high;
        if (!TIFFReadRGBAStripExt(f->tif, y, f->raster, 1) || f->messages.error[0])
            return damaged(f, rows->name, "strip cannot be read", err);
        for (uint32_t i = 0; i < n; i++) { /* the last row comes first */
            over_white(f->raster + (size_t)(n - 1 - i) * p->width, p->width, f->rgb);
            picture_rows_add(rows, f->rgb);
        }
        if (p->height - y <= high) break;
    }
    return ENN_OK;
}

static enum enn_status by_tiles(struct foreign *f, struct picture_rows *rows, const struct artwork_page *p,
                                uint32_t wide, uint32_t high, struct enn_error *err)
{
    size_t pitch = (size_t)p->width * 3;
    for (uint64_t y = 0; y < p->height; y += high) {
        uint32_t n = p->height - y < high ? (uint32_t)(p->height - y) : high;
        for (uint64_t x = 0; x < p->width; x += wide) {
            uint32_t m = p->width - x < wide ? (uint32_t)(p->width - x) : wide;
            if (!TIFFReadRGBATileExt(f->tif, (uint32_t)x, (uint32_t)y, f->raster, 1) || f->messages.error[0])
                return damaged(f, rows->name, "tile cannot be read", err);
            for (uint32_t i = 0; i < n; i++)
                over_white(f->raster + (size_t)(high - 1 - i) * wide, m, f->rgb + i * pitch + x * 3);
        }
        for (uint32_t i = 0; i < n; i++) picture_rows_add(rows, f->rgb + i * pitch);
    }
    return ENN_OK;
}

static enum enn_status foreign_rows(struct foreign *f, struct tiff_artwork *a, const struct tiff_page *t,
                                    struct picture_rows *rows, struct enn_error *err)
{
    const struct artwork_page *p = &t->info;
    char why[1024] = "";
    uint32_t wide = p->width, high = p->height;
    f->tif = tiff_handle_open(a, &f->messages);
    if (!f->tif || !TIFFSetSubDirectory(f->tif, a->layout.dirs[t->dir].offset))
        return damaged(f, rows->name, "cannot open", err);
    f->messages.error[0] = 0;
    TIFFSetField(f->tif, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT); /* in memory: turned below, as a whole */
    int plate = p->bits == 1 && p->samples == 1 && !p->tiled && p->colour == ARTWORK_GREY;
    if (!TIFFIsCODECConfigured((uint16_t)t->shape.compression))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: %s", rows->name, p->why);
    if (!plate && !TIFFRGBAImageOK(f->tif, why))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: %s", rows->name, why);
    if (p->tiled)
        TIFFGetField(f->tif, TIFFTAG_TILEWIDTH, &wide), TIFFGetField(f->tif, TIFFTAG_TILELENGTH, &high);
    else if (!TIFFGetFieldDefaulted(f->tif, TIFFTAG_ROWSPERSTRIP, &high) || high > p->height)
        high = p->height;
    if (plate) high = 1;
    uint64_t most = rows->options->limits.max_memory / 8;
    if (!wide || !high) return damaged(f, rows->name, "strips or tiles of no size", err);
    if (high > most / wide || (p->tiled && high > most / p->width))
        return enn_fail(err, ENN_LIMIT, "%s: a strip or tile takes more memory than allowed", rows->name);
    uint64_t line = plate ? TIFFScanlineSize64(f->tif) : 0;
    f->raster = malloc((size_t)wide * high * 4 + (size_t)line);
    f->rgb = malloc((size_t)p->width * 3 * (p->tiled ? high : 1));
    if (!f->raster || !f->rgb) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    enum enn_status s = picture_rows_begin(rows, p->width, p->height, err);
    if (s) return s;
    return plate      ? bilevel(f, rows, p, err)
           : p->tiled ? by_tiles(f, rows, p, wide, high, err)
                      : by_strips(f, rows, p, high, err);
}

static enum enn_status read_page(struct picture_rows *rows, struct tiff_artwork *a, size_t page,
                                 struct enn_error *err)
{
    const struct tiff_page *t = &a->pages[page];
    const struct artwork_page *p = &t->info;
    enum enn_status s;
    if (p->why_status == ENN_LIMIT || (uint64_t)p->width * p->height / MAX_PIXELS_PER_BYTE > a->layout.size)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels in a file of %llu bytes", rows->name, p->width,
                        p->height, (unsigned long long)a->layout.size);
    if (p->readable) {
        s = picture_page(rows, &a->base, page, err);
    } else {
        struct foreign f = {0};
        s = foreign_rows(&f, a, t, rows, err);
        if (f.tif) TIFFClose(f.tif);
        free(f.raster);
        free(f.rgb);
    }
    if (!s) picture_rows_dpi(rows, p->dpi_x, p->dpi_y);
    return s ? s : orient(rows, p->orientation, err);
}

enum enn_status picture_read_tiff(struct picture_rows *rows, int fd, struct enn_error *err)
{
    struct artwork *base = NULL;
    enum enn_status s = tiff_artwork_open(fd, rows->name, &rows->options->limits, &base, err);
    if (s) return s;
    struct tiff_artwork *a = (struct tiff_artwork *)base;
    size_t page = 0;
    for (size_t i = a->n_pages; i-- > 0;)
        if (!a->pages[i].info.reduced) page = i;
    strcpy(rows->out->kind, "tiff");
    s = read_page(rows, a, page, err);
    artwork_close(base);
    return s;
}
