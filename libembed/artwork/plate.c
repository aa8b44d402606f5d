/*
 * Plates in and out (plate.h): the page of a one-bit TIFF made known to the readers and writers of artwork.
 *
 * artwork_open leaves one-bit pages alone.  Here such a page gets the shape of its strips or tiles, so that
 * tiff_read and tiff_write handle it like any other; what is special are the polarity and the bits behind
 * the last pixel of a row, which are seen to on the way in and out.
 *
 * ITU-T T.4 and T.6 (Group 3 and 4) as TIFF 6.0 section 11 puts them.
 */
#include "artwork/plate.h"
#include "artwork/tiff_file.h"
#include "artwork/tiff_rows.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Blank rows of a plate reach 35,000 pixels per byte in Group 4. */
#define MAX_PIXELS_PER_BYTE 400000u

struct plate {
    struct tiff_artwork *a;
    struct tiff_page *page;
    struct tiff_rows *rows;
    double dpi;
    int white_is_one; /* MinIsBlack: a set bit is light */
    uint64_t row_bytes;
};

static const int known[] = {COMPRESSION_NONE,      COMPRESSION_PACKBITS,      COMPRESSION_LZW,
                            COMPRESSION_DEFLATE,   COMPRESSION_ADOBE_DEFLATE, COMPRESSION_CCITTFAX4,
                            COMPRESSION_CCITTFAX3, COMPRESSION_CCITTRLE,      COMPRESSION_LZMA,
                            COMPRESSION_ZSTD};

static enum enn_status no(const struct plate *p, const char *why, struct enn_error *err)
{
    return enn_fail(err, ENN_UNSUPPORTED, "%s: %s", p->a->name, why);
}

/* Strips or tiles of one bit per pixel; 0 when the numbers make no sense or libtiff counts otherwise. */
static int measure(TIFF *tif, struct tiff_page *t)
{
    struct tiff_shape *s = &t->shape;
    uint32_t rows = 0, options = 0;
    s->width = t->info.width, s->height = t->info.height, s->bits = 1, s->samples = 1;
    s->tiled = TIFFIsTiled(tif) != 0, s->planar = 0, s->strile_width = s->width;
    if (s->tiled) {
        if (!TIFFGetField(tif, TIFFTAG_TILEWIDTH, &s->strile_width) ||
            !TIFFGetField(tif, TIFFTAG_TILELENGTH, &rows) || s->strile_width % 8)
            return 0;
    } else if (!TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &rows) || rows > s->height) {
        rows = s->height;
    }
    if (!rows || !s->strile_width) return 0;
    s->strile_height = rows;
    s->row_bytes = ((uint64_t)s->width + 7) / 8;
    s->strile_bytes = ((uint64_t)s->strile_width + 7) / 8 * rows; /* < 2^29 * 2^32 */
    s->across = s->tiled ? (uint32_t)(((uint64_t)s->width + s->strile_width - 1) / s->strile_width) : 1;
    s->down = (uint32_t)(((uint64_t)s->height + rows - 1) / rows);
    s->n_striles = (uint64_t)s->across * s->down;
    if (s->n_striles > UINT32_MAX) return 0;
    uint16_t fill = FILLORDER_MSB2LSB;
    TIFFGetFieldDefaulted(tif, TIFFTAG_FILLORDER, &fill);
    s->fill_order = fill;
    s->predictor = PREDICTOR_NONE;
    if (s->compression == COMPRESSION_CCITTFAX3 && TIFFGetField(tif, TIFFTAG_GROUP3OPTIONS, &options))
        s->group3_options = options;
    uint64_t theirs = s->tiled ? TIFFTileSize64(tif) : TIFFVStripSize64(tif, rows);
    uint32_t count = s->tiled ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    return theirs == s->strile_bytes && count == s->n_striles;
}

/* The one page that is not a reduced copy. */
static enum enn_status find_page(struct plate *p, struct enn_error *err)
{
    for (size_t i = 0; i < p->a->n_pages; i++) {
        struct tiff_page *t = &p->a->pages[i];
        if (t->info.reduced) continue;
        if (p->page) return no(p, "has several pages: a plate has one", err);
        p->page = t;
    }
    return p->page ? ENN_OK : no(p, "has no page of full resolution", err);
}

static enum enn_status judge(struct plate *p, double dpi, struct enn_error *err)
{
    struct artwork_page *i = &p->page->info;
    const struct tiff_dir *d = &p->a->layout.dirs[p->page->dir];
    TIFF *tif = p->a->tif;
    uint16_t photometric = 0, predictor = PREDICTOR_NONE;
    int c = p->page->shape.compression, ok = 0;
    if (i->bits != 1 || i->samples != 1)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: %u samples of %u bits: a plate has one of one bit",
                        p->a->name, i->samples, i->bits);
    if (i->why_status == ENN_LIMIT ||
        (uint64_t)i->width * i->height / MAX_PIXELS_PER_BYTE > p->a->layout.size)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels in a file of %llu bytes", p->a->name, i->width,
                        i->height, (unsigned long long)p->a->layout.size);
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) ok |= known[k] == c;
    if (!ok || !TIFFIsCODECConfigured((uint16_t)c))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: this compression is not for plates: %s", p->a->name,
                        i->compression);
    if (!TIFFSetSubDirectory(tif, d->offset) || !TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &photometric))
        return enn_fail(err, ENN_FORMAT, "%s: directory cannot be read", p->a->name);
    if (photometric > PHOTOMETRIC_MINISBLACK) return no(p, "is neither MinIsWhite nor MinIsBlack", err);
    if (TIFFGetField(tif, TIFFTAG_PREDICTOR, &predictor) && predictor != PREDICTOR_NONE &&
        (c == COMPRESSION_LZW || c == COMPRESSION_ADOBE_DEFLATE || c == COMPRESSION_DEFLATE))
        return no(p, "has a predictor at one bit per pixel", err);
    if (i->orientation != ORIENTATION_TOPLEFT) return no(p, "Orientation is not 1", err);
    if (!measure(tif, p->page))
        return enn_fail(err, ENN_FORMAT, "%s: strips or tiles do not add up", p->a->name);
    if (d->offsets.count < p->page->shape.n_striles || d->sizes.count < p->page->shape.n_striles)
        return enn_fail(err, ENN_FORMAT, "%s: offsets or byte counts are missing", p->a->name);
    p->dpi = i->dpi_x > 0 ? i->dpi_x : dpi;
    if (!(p->dpi > 0)) return no(p, "names no resolution (give it with --dpi)", err);
    if (i->dpi_x > 0 && (i->dpi_y > i->dpi_x * 1.0001 || i->dpi_y < i->dpi_x * 0.9999))
        return no(p, "has different resolutions in x and y", err);
    if (p->dpi < PLATE_MIN_DPI || p->dpi > PLATE_MAX_DPI)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: %.0f dpi: plates have %d to %d", p->a->name, p->dpi,
                        PLATE_MIN_DPI, PLATE_MAX_DPI);
    p->white_is_one = photometric == PHOTOMETRIC_MINISBLACK;
    i->inverted = 0; /* polarity is ours */
    i->readable = i->signable = 1;
    i->why[0] = 0;
    i->why_status = ENN_OK;
    p->row_bytes = p->page->shape.row_bytes;
    return ENN_OK;
}

enum enn_status plate_open(const char *path, const struct enn_limits *limits, double dpi, int threads,
                           struct plate **out, struct enn_error *err)
{
    *out = NULL;
    struct artwork *base = NULL;
    struct plate *p = calloc(1, sizeof *p);
    if (!p) return enn_fail(err, ENN_NOMEM, "%s: out of memory", path);
    enum enn_status st = artwork_open(path, limits, &base, err);
    if (!st && strcmp(artwork_format(base), "TIFF") && strcmp(artwork_format(base), "BigTIFF")) {
        st = enn_fail(err, ENN_UNSUPPORTED, "%s: plates are TIFF files", path);
        artwork_close(base);
        base = NULL;
    }
    p->a = (struct tiff_artwork *)base;
    if (!st) {
        artwork_set_threads(base, threads);
        st = find_page(p, err);
    }
    if (!st) st = judge(p, dpi, err);
    if (st)
        plate_close(p);
    else
        *out = p;
    return st;
}

void plate_close(struct plate *p)
{
    if (!p) return;
    plate_rewind(p);
    artwork_close(p->a ? &p->a->base : NULL);
    free(p);
}

int plate_is(const char *path, const struct enn_limits *limits)
{
    struct artwork *a = NULL;
    struct enn_error e;
    if (artwork_open(path, limits, &a, &e)) return 0;
    int is = !strcmp(artwork_format(a), "TIFF") || !strcmp(artwork_format(a), "BigTIFF");
    for (size_t i = 0; is && i < artwork_pages(a); i++) {
        const struct artwork_page *p = artwork_page(a, i);
        if (!p->reduced && (p->bits != 1 || p->samples != 1)) is = 0;
    }
    artwork_close(a);
    return is;
}

const struct artwork_page *plate_page(const struct plate *p)
{
    return &p->page->info;
}
const char *plate_format(const struct plate *p)
{
    return artwork_format(&p->a->base);
}
double plate_dpi(const struct plate *p)
{
    return p->dpi;
}
size_t plate_row_bytes(const struct plate *p)
{
    return (size_t)p->row_bytes;
}

void plate_rewind(struct plate *p)
{
    tiff_rows_close(p->rows);
    p->rows = NULL;
}

/* From the file's bits to ours and back: the complement where 1 is light, and 0 behind the last pixel. */
static void polarise(const struct plate *p, uint8_t *row, uint8_t tail)
{
    size_t n = (size_t)p->row_bytes;
    if (p->white_is_one)
        for (size_t i = 0; i < n; i++) row[i] = (uint8_t)~row[i];
    unsigned used = p->page->info.width % 8;
    if (!used) return;
    uint8_t mask = (uint8_t)(0xff << (8 - used));
    row[n - 1] = (uint8_t)((row[n - 1] & mask) | (tail & ~mask));
}

enum enn_status plate_next(struct plate *p, uint32_t n, uint8_t *rows, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    if (!p->rows) st = tiff_rows_open(&p->a->base, (size_t)(p->page - p->a->pages), &p->rows, err);
    if (!st) st = tiff_rows_next(p->rows, n, rows, err);
    for (uint32_t i = 0; !st && i < n; i++) polarise(p, rows + i * (size_t)p->row_bytes, 0);
    return st;
}

struct relay {
    struct plate *p;
    plate_rows_fn rows;
    void *user;
};

static enum enn_status relay_rows(void *user, size_t page, uint32_t y, uint32_t n, void *samples)
{
    struct relay *r = user;
    size_t bytes = (size_t)r->p->row_bytes;
    uint8_t *row = samples, *tails = malloc(n);
    (void)page;
    if (!tails) return ENN_NOMEM;
    for (uint32_t i = 0; i < n; i++) tails[i] = row[i * bytes + bytes - 1];
    enum enn_status st = r->rows(r->user, y, n, samples);
    for (uint32_t i = 0; !st && i < n; i++, row += bytes) polarise(r->p, row, tails[i]);
    free(tails);
    return st;
}

enum enn_status plate_rewrite(struct plate *p, const char *out_path, plate_rows_fn rows, void *user,
                              const struct xmp_pointer *pointer, int *pointed, struct enn_error *err)
{
    struct relay r = {p, rows, user};
    struct artwork_rewrite_options o = {.pointer = pointer, .pointed = pointed};
    return artwork_rewrite(&p->a->base, out_path, relay_rows, &r, &o, err);
}

/* ---- names ---- */

static const char *process_ink(const char *s, size_t n)
{
    static const struct {
        const char *word, *ink;
    } words[] = {{"c", "Cyan"},        {"m", "Magenta"},   {"y", "Yellow"},
                 {"k", "Black"},       {"cyan", "Cyan"},   {"magenta", "Magenta"},
                 {"yellow", "Yellow"}, {"black", "Black"}, {"key", "Black"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i].word) == n && !strncasecmp(words[i].word, s, n)) return words[i].ink;
    return NULL;
}

int plate_ink(const char *path, char ink[64])
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t n = dot && dot > name ? (size_t)(dot - name) : strlen(name);
    const char *word = NULL, *full;
    size_t length = 0;
    if (n && name[n - 1] == ')') {
        for (size_t i = n - 1; i-- > 0 && !word;)
            if (name[i] == '(') word = name + i + 1, length = n - 2 - i;
        if (!word || !length || length > 63) return 0;
        full = process_ink(word, length);
        snprintf(ink, 64, "%.*s", full ? 63 : (int)length, full ? full : word);
        return 1;
    }
    for (size_t i = n; i-- > 0 && !word;)
        if (strchr("_-. ", name[i])) word = name + i + 1, length = n - 1 - i;
    full = word ? process_ink(word, length) : NULL;
    if (full) snprintf(ink, 64, "%s", full);
    return full != NULL;
}

static int ink_of_tags(TIFF *tif, char ink[64])
{
    static const uint32_t tags[] = {TIFFTAG_PAGENAME, TIFFTAG_DOCUMENTNAME};
    const char *text = NULL;
    if (TIFFGetField(tif, TIFFTAG_INKNAMES, &text) && text && *text) { /* libtiff sees to the end of it */
        const char *full = process_ink(text, strlen(text));
        return (size_t)snprintf(ink, 64, "%s", full ? full : text) < 64;
    }
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!TIFFGetField(tif, tags[i], &text) || !text) continue;
        const char *full = process_ink(text, strlen(text));
        if (full) snprintf(ink, 64, "%s", full);
        if (full || plate_ink(text, ink)) return 1;
    }
    return 0;
}

int plate_ink_inside(const char *path, const struct enn_limits *limits, char ink[64])
{
    struct artwork *base = NULL;
    struct enn_error unread;
    if (artwork_open(path, limits, &base, &unread)) return 0;
    struct tiff_artwork *a = (struct tiff_artwork *)base;
    int is = !strcmp(artwork_format(base), "TIFF") || !strcmp(artwork_format(base), "BigTIFF");
    is =
        is && TIFFSetSubDirectory(a->tif, a->layout.dirs[a->pages[0].dir].offset) && ink_of_tags(a->tif, ink);
    artwork_close(base);
    return is;
}
