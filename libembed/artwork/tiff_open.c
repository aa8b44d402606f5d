/* Artwork, step 2: what the pages of a TIFF file are, and which of them can be read and signed.
 *
 * The directories are found by tiff_layout; libtiff reads each one.  A page is judged by the properties that
 * decide what its samples mean; the first one that stands in the way is named.
 *
 * TIFF Revision 6.0 (Adobe 1992): sections 16 (CMYK: InkSet, DotRange), 18 (ExtraSamples); Adobe Photoshop
 * TIFF Technical Notes (2002) for deflate and JPEG in TIFF.
 */
#include "artwork/jpeg_error.h"
#include "artwork/tiff_file.h"
#include "artwork/xmp.h"
#include "status.h"
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A profile is copied; real ones are below 5 MiB. */
#define MAX_ICC ((uint32_t)16 << 20)
/* Decoded bytes per byte of the file above which a large page is a decompression bomb.  zstd reaches
 * 13,000 on blank pages in 256 KiB strips, everything else less. */
#define MAX_RATIO  20000u
#define RATIO_FROM ((uint64_t)256 << 20)

static int on_error(TIFF *tif, void *user, const char *module, const char *format, va_list ap)
{
    struct tiff_messages *m = user;
    (void)tif, (void)module;
    if (!m->error[0]) vsnprintf(m->error, sizeof m->error, format, ap);
    return 1;
}

static int on_warning(TIFF *tif, void *user, const char *module, const char *format, va_list ap)
{
    struct tiff_messages *m = user;
    (void)tif, (void)module;
    char line[200];
    vsnprintf(line, sizeof line, format, ap);
    for (char *p = line; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f) *p = '?';
    size_t n = strlen(m->warnings);
    if (n + strlen(line) + 2 <= sizeof m->warnings) sprintf(m->warnings + n, "%s%s", n ? "\n" : "", line);
    return 1;
}

TIFFOpenOptions *tiff_handle_options(struct tiff_messages *m, uint64_t max_memory)
{
    TIFFOpenOptions *o = TIFFOpenOptionsAlloc();
    if (!o) return NULL;
    TIFFOpenOptionsSetErrorHandlerExtR(o, on_error, m);
    TIFFOpenOptionsSetWarningHandlerExtR(o, on_warning, m);
    TIFFOpenOptionsSetMaxSingleMemAlloc(o, max_memory < INT64_MAX ? (tmsize_t)max_memory : INT64_MAX);
    return o;
}

/* libtiff reads through pread, so that several handles can share one descriptor. */
struct source {
    int fd;
    uint64_t at, size;
};

static tmsize_t source_read(thandle_t h, void *to, tmsize_t n)
{
    struct source *s = h;
    tmsize_t done = 0;
    while (done < n) {
        ssize_t got = pread(s->fd, (uint8_t *)to + done, (size_t)(n - done), (off_t)(s->at + (uint64_t)done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        done += got;
    }
    s->at += (uint64_t)done;
    return done;
}

static tmsize_t source_write(thandle_t h, void *from, tmsize_t n)
{
    (void)h, (void)from, (void)n;
    return 0;
}

static toff_t source_seek(thandle_t h, toff_t at, int whence)
{
    struct source *s = h;
    uint64_t base = whence == SEEK_CUR ? s->at : whence == SEEK_END ? s->size : 0;
    if (base + at > INT64_MAX) return (toff_t)-1;
    return s->at = base + at;
}

static toff_t source_size(thandle_t h)
{
    return ((struct source *)h)->size;
}

static int source_close(thandle_t h)
{
    free(h);
    return 0;
}

TIFF *tiff_handle_open(const struct tiff_artwork *a, struct tiff_messages *m)
{
    TIFFOpenOptions *o = tiff_handle_options(m, a->limits.max_memory);
    struct source *s = calloc(1, sizeof *s);
    TIFF *tif = NULL;
    if (s) *s = (struct source){.fd = a->fd, .size = a->layout.size};
    /* m: no mapping (a file cut while it is read must not kill us); c: strips as they are; h: directories
     * later */
    if (o && s)
        tif = TIFFClientOpenExt(a->name, "rmch", s, source_read, source_write, source_seek, source_close,
                                source_size, NULL, NULL, o);
    if (o) TIFFOpenOptionsFree(o);
    if (!tif) free(s);
    if (!tif && !m->error[0]) snprintf(m->error, sizeof m->error, "cannot open");
    return tif;
}

void tiff_handle_prepare(TIFF *tif, struct tiff_shape *s)
{
    if (!tiff_is_ycc_jpeg(s)) return;
    TIFFGetFieldDefaulted(tif, TIFFTAG_YCBCRSUBSAMPLING, &s->subsampling[0], &s->subsampling[1]);
    TIFFSetField(tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
}

static const char *compression_name(int c, char buffer[32])
{
    static const struct {
        int code;
        const char *name;
    } known[] = {
        {COMPRESSION_NONE, "none"},
        {COMPRESSION_PACKBITS, "packbits"},
        {COMPRESSION_LZW, "lzw"},
        {COMPRESSION_ADOBE_DEFLATE, "deflate"},
        {COMPRESSION_DEFLATE, "deflate-old"},
        {COMPRESSION_LZMA, "lzma"},
        {COMPRESSION_ZSTD, "zstd"},
        {COMPRESSION_LERC, "lerc"},
        {COMPRESSION_JPEG, "jpeg"},
        {COMPRESSION_OJPEG, "jpeg-old"},
        {COMPRESSION_WEBP, "webp"},
        {COMPRESSION_CCITTFAX4, "g4"},
        {COMPRESSION_CCITTFAX3, "g3"},
        {COMPRESSION_CCITTRLE, "ccitt-rle"},
        {COMPRESSION_JP2000, "jpeg2000"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].code == c) return known[i].name;
    snprintf(buffer, 32, "number %d", c);
    return buffer;
}

int tiff_is_ycc_jpeg(const struct tiff_shape *s)
{
    return s->compression == COMPRESSION_JPEG && s->photometric == PHOTOMETRIC_YCBCR && !s->planar;
}

int tiff_is_lossy(int c)
{
    return c == COMPRESSION_JPEG || c == COMPRESSION_WEBP;
}

static int is_lossless(int c)
{
    return c == COMPRESSION_NONE || c == COMPRESSION_PACKBITS || c == COMPRESSION_LZW ||
           c == COMPRESSION_ADOBE_DEFLATE || c == COMPRESSION_DEFLATE || c == COMPRESSION_LZMA ||
           c == COMPRESSION_ZSTD || c == COMPRESSION_LERC;
}

/* The first reason counts. */
static void refuse(struct artwork_page *p, enum enn_status s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refuse(struct artwork_page *p, enum enn_status s, const char *format, ...)
{
    if (p->why[0]) return;
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->why, sizeof p->why, format, ap);
    va_end(ap);
    p->why_status = s;
}

static unsigned get16(TIFF *tif, uint32_t tag, unsigned otherwise)
{
    uint16_t v = 0;
    return TIFFGetFieldDefaulted(tif, tag, &v) ? v : otherwise;
}

static void read_resolution(TIFF *tif, struct artwork_page *p)
{
    float x = 0, y = 0;
    uint16_t unit = RESUNIT_INCH;
    TIFFGetFieldDefaulted(tif, TIFFTAG_RESOLUTIONUNIT, &unit);
    int have = TIFFGetField(tif, TIFFTAG_XRESOLUTION, &x) && TIFFGetField(tif, TIFFTAG_YRESOLUTION, &y);
    double scale = unit == RESUNIT_CENTIMETER ? 2.54 : 1;
    double dx = x * scale, dy = y * scale;
    if (!have || unit == RESUNIT_NONE || !isfinite(dx) || !isfinite(dy) || dx < 1 || dy < 1 || dx > 1e6 ||
        dy > 1e6)
        return;
    /* Stored as float and often as pixels per cm: 118.11 is 300 dpi. */
    p->dpi_x = fabs(dx - round(dx)) < 1e-4 * dx ? round(dx) : dx;
    p->dpi_y = fabs(dy - round(dy)) < 1e-4 * dy ? round(dy) : dy;
}

/* What the samples mean.  Leaves colour OTHER when they cannot be delivered. */
static void judge_colour(TIFF *tif, struct tiff_page *t)
{
    struct artwork_page *p = &t->info;
    unsigned photometric = PHOTOMETRIC_MINISBLACK, format = SAMPLEFORMAT_UINT;
    uint16_t v;
    if (!TIFFGetField(tif, TIFFTAG_PHOTOMETRIC, &v))
        refuse(p, ENN_FORMAT, "no PhotometricInterpretation");
    else
        photometric = v;
    t->shape.photometric = (int)photometric;
    if (t->shape.compression == COMPRESSION_OJPEG)
        refuse(p, ENN_UNSUPPORTED,
               "old-style JPEG compression (TIFF 6.0, section 22): save it in another way first");
    format = get16(tif, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    if (p->bits == 1 && p->samples == 1) refuse(p, ENN_UNSUPPORTED, "1 bit per sample (a screened plate)");
    if (p->bits != 8 && p->bits != 16) refuse(p, ENN_UNSUPPORTED, "%u bits per sample", p->bits);
    if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
        refuse(p, ENN_UNSUPPORTED, "SampleFormat %u: not unsigned integers", format);
    if (p->samples > ARTWORK_MAX_SAMPLES) refuse(p, ENN_UNSUPPORTED, "%u samples per pixel", p->samples);
    static const struct {
        unsigned photometric;
        const char *name;
    } others[] = {
        {PHOTOMETRIC_PALETTE, "palette: convert it to RGB or CMYK first"},
        {PHOTOMETRIC_MASK, "transparency mask"},
        {PHOTOMETRIC_YCBCR, "YCbCr: convert it to RGB or CMYK first"},
        {PHOTOMETRIC_ITULAB, "ITULab: convert it to RGB or CMYK first"},
        {PHOTOMETRIC_LOGL, "LogL (high dynamic range): convert it to RGB or CMYK first"},
        {PHOTOMETRIC_LOGLUV, "LogLuv (high dynamic range): convert it to RGB or CMYK first"},
        {PHOTOMETRIC_CFA, "CFA (camera raw)"},
        {34892, "linear raw"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].photometric == photometric && !tiff_is_ycc_jpeg(&t->shape)) refuse(p, ENN_UNSUPPORTED, "colour is %s", others[i].name);
    enum artwork_colour colour = ARTWORK_OTHER;
    if (photometric == PHOTOMETRIC_SEPARATED)
        colour = ARTWORK_INKS, p->inks = 1; /* tiff_judge_inks finds out whether they are CMYK */
    else if (photometric == PHOTOMETRIC_CIELAB || photometric == PHOTOMETRIC_ICCLAB)
        colour = ARTWORK_LAB, p->inks = 3;
    else if (photometric == PHOTOMETRIC_RGB || tiff_is_ycc_jpeg(&t->shape))
        colour = ARTWORK_RGB, p->inks = 3;
    else if (photometric <= PHOTOMETRIC_MINISBLACK)
        colour = ARTWORK_GREY, p->inks = 1;
    else
        refuse(p, ENN_UNSUPPORTED, "PhotometricInterpretation %u", photometric);
    p->inverted = photometric == PHOTOMETRIC_MINISWHITE;
    if (p->samples < p->inks)
        refuse(p, ENN_UNSUPPORTED, "%u samples per pixel where the colour needs %u", p->samples, p->inks);
    p->colour = p->samples < p->inks ? ARTWORK_OTHER : colour;
    if (p->colour == ARTWORK_OTHER) p->inks = 0;
}

static void judge_extra_samples(TIFF *tif, struct tiff_page *t)
{
    struct artwork_page *p = &t->info;
    uint16_t n = 0, *types = NULL;
    p->alpha = -1;
    if (!TIFFGetField(tif, TIFFTAG_EXTRASAMPLES, &n, &types) || !types || n > p->samples) return;
    for (unsigned i = 0; i < n; i++) {
        if (i < ARTWORK_MAX_SAMPLES) t->shape.extra[t->shape.n_extra++] = types[i];
        if (types[i] != EXTRASAMPLE_ASSOCALPHA && types[i] != EXTRASAMPLE_UNASSALPHA) continue;
        if (p->alpha >= 0)
            refuse(p, ENN_UNSUPPORTED, "transparency (more than one alpha sample): flatten it first");
        if (p->alpha >= 0) continue;
        p->alpha = (int)(p->samples - n + i);
        p->alpha_premultiplied = types[i] == EXTRASAMPLE_ASSOCALPHA;
    }
}

/* Opaque pixels mean the same with and without an alpha sample, so they can carry the mark.  Not where the sample cannot
 * stay what it is, or does not say what is opaque: LERC drops the colour of transparent pixels, JPEG blurs. */
static void judge_alpha(struct tiff_page *t)
{
    struct artwork_page *p = &t->info;
    int c = t->shape.compression;
    if (p->alpha < 0) return;
    const char *kind = p->alpha_premultiplied ? "associated" : "unassociated";
    if (p->colour == ARTWORK_INKS || (p->alpha_premultiplied && (p->colour == ARTWORK_LAB || p->inverted)))
        refuse(p, ENN_UNSUPPORTED, "transparency (%s alpha sample of %s): flatten it first", kind,
               p->inverted                ? "MinIsWhite grey"
               : p->colour == ARTWORK_LAB ? "Lab"
                                          : "separations that are not CMYK");
    if (c == COMPRESSION_LERC || c == COMPRESSION_JPEG)
        refuse(p, ENN_UNSUPPORTED,
               "transparency (%s alpha sample) as %s: flatten it first, or compress it another way", kind,
               p->compression);
    if ((unsigned)p->alpha < p->inks)
        refuse(p, ENN_UNSUPPORTED, "ExtraSamples counts colour samples as alpha");
}

/* Cuts the page; 0 when the numbers make no sense or libtiff counts differently from us. */
static int measure(TIFF *tif, struct tiff_page *t)
{
    struct tiff_shape *s = &t->shape;
    const struct artwork_page *p = &t->info;
    uint32_t rows = 0;
    s->width = p->width, s->height = p->height, s->bits = p->bits, s->samples = p->samples;
    s->tiled = p->tiled, s->planar = p->planar;
    s->strile_width = p->width;
    if (s->tiled) {
        if (!TIFFGetField(tif, TIFFTAG_TILEWIDTH, &s->strile_width) ||
            !TIFFGetField(tif, TIFFTAG_TILELENGTH, &rows))
            return 0;
    } else if (!TIFFGetFieldDefaulted(tif, TIFFTAG_ROWSPERSTRIP, &rows) || rows > p->height) {
        rows = p->height;
    }
    s->strile_height = rows;
    if (!s->strile_width || !rows) return 0;
    /* All below 2^32 * 32 * 2 * 2^32: the product of four is tested before it is used. */
    uint64_t per_pixel = (uint64_t)(s->planar ? 1 : s->samples) * (s->bits / 8);
    s->row_bytes = (uint64_t)s->width * s->samples * (s->bits / 8);
    if (s->strile_width > (UINT64_MAX >> 8) / per_pixel / rows) return 0;
    s->strile_bytes = (uint64_t)s->strile_width * rows * per_pixel;
    s->across = s->tiled ? (uint32_t)(((uint64_t)s->width + s->strile_width - 1) / s->strile_width) : 1;
    s->down = (uint32_t)(((uint64_t)s->height + rows - 1) / rows);
    s->n_striles = (uint64_t)s->across * s->down;
    if (s->n_striles > UINT32_MAX / ARTWORK_MAX_SAMPLES) return 0;
    s->n_striles *= s->planar ? s->samples : 1;
    s->predictor = (int)get16(tif, TIFFTAG_PREDICTOR, PREDICTOR_NONE);
    s->fill_order = (int)get16(tif, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB);
    if (s->compression == COMPRESSION_LERC) {
        TIFFGetField(tif, TIFFTAG_LERC_VERSION, &s->lerc_version);
        TIFFGetField(tif, TIFFTAG_LERC_ADD_COMPRESSION, &s->lerc_compression);
    }
    uint64_t theirs = s->tiled ? TIFFTileSize64(tif) : TIFFVStripSize64(tif, rows);
    uint32_t count = s->tiled ? TIFFNumberOfTiles(tif) : TIFFNumberOfStrips(tif);
    return theirs == s->strile_bytes && count == s->n_striles;
}

static void judge_layout(struct tiff_artwork *a, TIFF *tif, struct tiff_page *t)
{
    struct artwork_page *p = &t->info;
    const struct tiff_dir *d = &a->layout.dirs[t->dir];
    int c = t->shape.compression, configured = TIFFIsCODECConfigured((uint16_t)c);
    if (!configured) refuse(p, ENN_UNSUPPORTED, "this compression cannot be read: %s", p->compression);
    unsigned format = get16(tif, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_UINT);
    int sane = p->colour != ARTWORK_OTHER && (p->bits == 8 || p->bits == 16) &&
               p->samples <= ARTWORK_MAX_SAMPLES &&
               (format == SAMPLEFORMAT_UINT || format == SAMPLEFORMAT_VOID);
    int cut = sane && measure(tif, t);
    if (sane && !cut) refuse(p, ENN_FORMAT, "strips or tiles do not add up to the page");
    p->readable = cut && configured && (is_lossless(c) || tiff_is_lossy(c));
    if (p->readable && t->shape.row_bytes > RATIO_FROM / p->height + 1 &&
        t->shape.row_bytes / MAX_RATIO > a->layout.size / p->height + 1) {
        refuse(p, ENN_LIMIT, "page is more than %u times the size of the file", MAX_RATIO);
        p->readable = 0;
    }
    if (c == COMPRESSION_JPEG) p->jpeg_error = JPEG_ERROR_Q95; /* as ennsign writes it anew */
    if (!p->readable)
        refuse(p, ENN_UNSUPPORTED, "this compression is not for artwork: %s", p->compression);
    else if (d->offsets.count < t->shape.n_striles || d->sizes.count < t->shape.n_striles)
        refuse(p, ENN_FORMAT, "offsets or byte counts of the %s are missing", p->tiled ? "tiles" : "strips");
}

static void judge_rest(TIFF *tif, struct tiff_page *t)
{
    struct artwork_page *p = &t->info;
    uint32_t subfile = 0;
    uint16_t low = 0, high = 0, old = 0;
    p->orientation = get16(tif, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
    TIFFGetField(tif, TIFFTAG_SUBFILETYPE, &subfile);
    if (TIFFGetField(tif, TIFFTAG_OSUBFILETYPE, &old) && old == OFILETYPE_REDUCEDIMAGE)
        subfile |= FILETYPE_REDUCEDIMAGE;
    p->reduced = (subfile & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
    if (p->reduced) refuse(p, ENN_UNSUPPORTED, "a reduced-resolution copy or mask of another page");
    if (p->orientation < 1 || p->orientation > 8)
        refuse(p, ENN_UNSUPPORTED, "Orientation is %u, which does not exist", p->orientation);
    if (TIFFGetField(tif, TIFFTAG_DOTRANGE, &low, &high) && t->shape.photometric == PHOTOMETRIC_SEPARATED && p->bits <= 16 &&
        (low != 0 || high != (1u << p->bits) - 1))
        refuse(p, ENN_UNSUPPORTED, "DotRange is %u-%u", low, high);
    if (t->shape.compression == COMPRESSION_WEBP) refuse(p, ENN_UNSUPPORTED, "WebP compression may be lossy");
    if (t->shape.compression == COMPRESSION_JPEG && !p->why[0]) {
        p->jpeg_signable = 1;
        refuse(p, ENN_UNSUPPORTED,
               "JPEG compression: writing it again loses quality, and is only done when asked for (--jpeg-reencode)");
    }
    p->signable = !p->why[0];
}

static enum enn_status read_icc(struct tiff_artwork *a, struct tiff_page *t, struct enn_error *err)
{
    uint32_t n = 0;
    void *data = NULL;
    if (!TIFFGetField(a->tif, TIFFTAG_ICCPROFILE, &n, &data) || !n || !data) return ENN_OK;
    if (n > MAX_ICC) return enn_fail(err, ENN_LIMIT, "%s: ICC profile of %u bytes", a->name, n);
    t->icc = malloc(n);
    if (!t->icc) return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    memcpy(t->icc, data, n);
    t->info.icc = t->icc;
    t->info.icc_size = n;
    return ENN_OK;
}

static void read_xmp(TIFF *tif, struct artwork_page *p)
{
    uint32_t n = 0;
    const uint8_t *packet = NULL;
    if (TIFFGetField(tif, TIFFTAG_XMLPACKET, &n, &packet) && packet && n) p->marked = xmp_find(packet, n, p->marked_lot);
}

static enum enn_status describe(struct tiff_artwork *a, struct tiff_page *t, struct enn_error *err)
{
    struct artwork_page *p = &t->info;
    TIFF *tif = a->tif;
    uint64_t at = a->layout.dirs[t->dir].offset;
    size_t number = (size_t)(t - a->pages) + 1;
    a->messages.error[0] = 0;
    if (!TIFFSetSubDirectory(tif, at))
        return enn_fail(err, ENN_FORMAT, "%s: page %zu: %s", a->name, number,
                        a->messages.error[0] ? a->messages.error : "directory cannot be read");
    if (!TIFFGetField(tif, TIFFTAG_IMAGEWIDTH, &p->width) ||
        !TIFFGetField(tif, TIFFTAG_IMAGELENGTH, &p->height) || !p->width || !p->height)
        return enn_fail(err, ENN_FORMAT, "%s: page %zu has no size", a->name, number);
    if (p->width > a->limits.max_pixels / p->height)
        return enn_fail(err, ENN_LIMIT, "%s: page %zu has %u x %u pixels", a->name, number, p->width,
                        p->height);
    p->bits = get16(tif, TIFFTAG_BITSPERSAMPLE, 1);
    p->samples = get16(tif, TIFFTAG_SAMPLESPERPIXEL, 1);
    if (!p->samples) return enn_fail(err, ENN_FORMAT, "%s: page %zu has no samples", a->name, number);
    p->tiled = TIFFIsTiled(tif) != 0;
    p->planar =
        p->samples > 1 && get16(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == PLANARCONFIG_SEPARATE;
    t->shape.compression = (int)get16(tif, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    char buffer[32];
    snprintf(p->compression, sizeof p->compression, "%s", compression_name(t->shape.compression, buffer));
    read_resolution(tif, p);
    t->shape.planar = p->planar;
    t->shape.photometric = (int)get16(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    tiff_handle_prepare(tif, &t->shape);
    judge_colour(tif, t);
    judge_extra_samples(tif, t);
    tiff_judge_inks(tif, t);
    judge_alpha(t);
    judge_layout(a, tif, t);
    judge_rest(tif, t);
    read_xmp(tif, p);
    return read_icc(a, t, err);
}

static enum enn_status open_pages(struct tiff_artwork *a, struct enn_error *err)
{
    uint64_t icc = 0;
    for (size_t i = 0; i < a->layout.n_dirs; i++) a->n_pages += a->layout.dirs[i].page != 0;
    a->pages = calloc(a->n_pages, sizeof *a->pages);
    if (!a->pages) return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
    a->tif = tiff_handle_open(a, &a->messages);
    if (!a->tif) return enn_fail(err, ENN_FORMAT, "%s: %s", a->name, a->messages.error);
    size_t n = 0;
    for (size_t i = 0; i < a->layout.n_dirs; i++) {
        if (!a->layout.dirs[i].page) continue;
        a->pages[n].dir = (uint32_t)i;
        enum enn_status s = describe(a, &a->pages[n], err);
        if (s) return s;
        icc += a->pages[n++].info.icc_size;
        if (icc > a->limits.max_memory / 4)
            return enn_fail(err, ENN_LIMIT, "%s: too many ICC profiles", a->name);
    }
    return ENN_OK;
}

static void tiff_close(struct artwork *base)
{
    struct tiff_artwork *a = (struct tiff_artwork *)base;
    if (a->tif) TIFFClose(a->tif);
    for (size_t i = 0; a->pages && i < a->n_pages; i++) free(a->pages[i].icc);
    free(a->pages);
    tiff_layout_clear(&a->layout);
    close(a->fd);
    free(a->name);
    free(a);
}

static void tiff_set_threads(struct artwork *base, int threads)
{
    ((struct tiff_artwork *)base)->threads = threads;
}

static size_t tiff_pages(const struct artwork *base)
{
    return ((const struct tiff_artwork *)base)->n_pages;
}
static const struct artwork_page *tiff_page_info(const struct artwork *base, size_t page)
{
    return &((const struct tiff_artwork *)base)->pages[page].info;
}
static const char *tiff_warnings(const struct artwork *base)
{
    return ((const struct tiff_artwork *)base)->messages.warnings;
}
static const char *tiff_format(const struct artwork *base)
{
    return ((const struct tiff_artwork *)base)->layout.big ? "BigTIFF" : "TIFF";
}

static const struct artwork_ops tiff_ops = {
    .close = tiff_close,
    .set_threads = tiff_set_threads,
    .pages = tiff_pages,
    .page = tiff_page_info,
    .warnings = tiff_warnings,
    .format = tiff_format,
    .read = tiff_artwork_read,
    .rewrite = tiff_artwork_rewrite,
    .notes = tiff_artwork_notes,
};

enum enn_status tiff_artwork_open(int fd, const char *name, const struct enn_limits *limits, struct artwork **out,
                                  struct enn_error *err)
{
    *out = NULL;
    struct tiff_artwork *a = calloc(1, sizeof *a);
    if (a) a->name = strdup(name);
    if (!a || !a->name) {
        free(a);
        close(fd);
        return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    }
    a->base.ops = &tiff_ops;
    a->fd = fd;
    a->threads = 1;
    a->limits = *limits;
    enum enn_status s = tiff_layout_read(fd, a->name, a->limits.max_memory, &a->layout, err);
    if (!s) s = open_pages(a, err);
    if (s)
        tiff_close(&a->base);
    else
        *out = &a->base;
    return s;
}
