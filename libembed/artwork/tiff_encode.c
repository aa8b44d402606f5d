/* Artwork, step 5: samples back into the bytes of a strip or tile.
 *
 * Idea: libtiff encodes into a scratch BigTIFF of the same shape that exists only as a sequence of writes;
 * what it writes for one strile is what the output file gets.  The scratch file's own directory is never
 * used, so that nothing of the artwork's directories passes through libtiff on its way out.
 */
#include "artwork/tiff_file.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

#define JPEG_QUALITY 95
/* Encoded bytes are handed over in pieces of this size when a strip is written row by row. */
#define ROW_BUFFER (256 * 1024)

struct tiff_encoder {
    struct tiff_shape shape;
    const char *name;
    TIFF *tif;
    struct tiff_messages messages;
    /* the writes since `mark`; earlier ones are forgotten */
    int recording, out_of_memory;
    uint64_t at, end, mark;
    uint8_t *data;
    size_t size, room;
};

static tmsize_t sink_read(thandle_t h, void *to, tmsize_t n)
{
    (void)h, (void)to, (void)n;
    return 0;
}

static tmsize_t sink_write(thandle_t h, void *from, tmsize_t n)
{
    struct tiff_encoder *e = h;
    uint64_t last = e->at + (uint64_t)n;
    if (e->recording) {
        if (e->at < e->mark) return -1;
        uint64_t need = last - e->mark; /* both are bounded by what was encoded: far below 2^63 */
        if (need > e->room) {
            size_t room = (size_t)(need + need / 2 + 4096);
            uint8_t *p = realloc(e->data, room);
            if (!p) {
                e->out_of_memory = 1;
                return -1;
            }
            e->data = p, e->room = room;
        }
        if (e->at - e->mark > e->size) memset(e->data + e->size, 0, (size_t)(e->at - e->mark - e->size));
        memcpy(e->data + (e->at - e->mark), from, (size_t)n);
        if (need > e->size) e->size = (size_t)need;
    }
    e->at = last;
    if (last > e->end) e->end = last;
    return n;
}

static toff_t sink_seek(thandle_t h, toff_t at, int whence)
{
    struct tiff_encoder *e = h;
    e->at = (whence == SEEK_CUR ? e->at : whence == SEEK_END ? e->end : 0) + at;
    return e->at;
}

static toff_t sink_size(thandle_t h)
{
    return ((struct tiff_encoder *)h)->end;
}
static int sink_close(thandle_t h)
{
    (void)h;
    return 0;
}

static enum enn_status failed(struct tiff_encoder *e, const char *what, struct enn_error *err)
{
    if (e->out_of_memory) return enn_fail(err, ENN_NOMEM, "%s: out of memory", e->name);
    return enn_fail(err, ENN_UNSUPPORTED, "%s: cannot encode: %s", e->name,
                    e->messages.error[0] ? e->messages.error : what);
}

static int set_codec(TIFF *tif, const struct tiff_shape *s)
{
    int c = s->compression, ok = TIFFSetField(tif, TIFFTAG_COMPRESSION, c);
    int predicts = c == COMPRESSION_LZW || c == COMPRESSION_ADOBE_DEFLATE || c == COMPRESSION_DEFLATE ||
                   c == COMPRESSION_LZMA || c == COMPRESSION_ZSTD;
    if (ok && predicts) ok = TIFFSetField(tif, TIFFTAG_PREDICTOR, s->predictor);
    if (ok && c == COMPRESSION_LERC)
        ok = TIFFSetField(tif, TIFFTAG_LERC_VERSION, s->lerc_version) &&
             TIFFSetField(tif, TIFFTAG_LERC_ADD_COMPRESSION, s->lerc_compression);
    if (ok && c == COMPRESSION_CCITTFAX3) ok = TIFFSetField(tif, TIFFTAG_GROUP3OPTIONS, s->group3_options);
    /* Complete tables in every strile: the JPEGTables of the directory, which stay, are for the old ones. */
    if (ok && c == COMPRESSION_JPEG)
        ok = TIFFSetField(tif, TIFFTAG_JPEGQUALITY, JPEG_QUALITY) &&
             TIFFSetField(tif, TIFFTAG_JPEGTABLESMODE, 0);
    if (ok && tiff_is_ycc_jpeg(s)) ok = TIFFSetField(tif, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return ok;
}

static int set_shape(TIFF *tif, const struct tiff_shape *s)
{
    int ok = TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, s->width) &&
             TIFFSetField(tif, TIFFTAG_IMAGELENGTH, s->height) &&
             TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, s->bits) &&
             TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, s->samples) &&
             TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, s->photometric) &&
             TIFFSetField(tif, TIFFTAG_FILLORDER, s->fill_order) &&
             TIFFSetField(tif, TIFFTAG_PLANARCONFIG, s->planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    if (ok && tiff_is_ycc_jpeg(s))
        ok = TIFFSetField(tif, TIFFTAG_YCBCRSUBSAMPLING, s->subsampling[0], s->subsampling[1]);
    if (ok && s->n_extra) ok = TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, s->n_extra, s->extra);
    if (ok && s->tiled)
        return TIFFSetField(tif, TIFFTAG_TILEWIDTH, s->strile_width) &&
               TIFFSetField(tif, TIFFTAG_TILELENGTH, s->strile_height);
    return ok && TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, s->strile_height);
}

enum enn_status tiff_encoder_open(const struct tiff_shape *s, int big_endian, const char *name,
                                  struct tiff_encoder **out, struct enn_error *err)
{
    *out = NULL;
    struct tiff_encoder *e = calloc(1, sizeof *e);
    TIFFOpenOptions *o = e ? tiff_handle_options(&e->messages, INT64_MAX) : NULL;
    if (!o) {
        free(e);
        return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    }
    e->shape = *s;
    e->name = name;
    e->tif = TIFFClientOpenExt(name, big_endian ? "wb8" : "wl8", e, sink_read, sink_write, sink_seek,
                               sink_close, sink_size, NULL, NULL, o);
    TIFFOpenOptionsFree(o);
    enum enn_status st = ENN_OK;
    if (!e->tif || !set_shape(e->tif, s) || !set_codec(e->tif, s)) st = failed(e, "codec not available", err);
    if (st)
        tiff_encoder_close(e);
    else
        *out = e;
    return st;
}

void tiff_encoder_close(struct tiff_encoder *e)
{
    if (!e) return;
    e->recording = 0; /* TIFFClose writes a directory, to nowhere */
    if (e->tif) TIFFClose(e->tif);
    free(e->data);
    free(e);
}

static void start(struct tiff_encoder *e)
{
    e->mark = e->end;
    e->size = 0;
    e->recording = 1;
    e->messages.error[0] = 0;
}

enum enn_status tiff_encoder_strile(struct tiff_encoder *e, uint32_t index, void *samples, uint64_t bytes,
                                    const uint8_t **data, size_t *size, struct enn_error *err)
{
    start(e);
    tmsize_t put = e->shape.tiled ? TIFFWriteEncodedTile(e->tif, index, samples, (tmsize_t)bytes)
                                  : TIFFWriteEncodedStrip(e->tif, index, samples, (tmsize_t)bytes);
    if (put < 0 || e->messages.error[0] || e->out_of_memory || !e->size)
        return failed(e, "codec failed", err);
    *data = e->data;
    *size = e->size;
    return ENN_OK;
}

enum enn_status tiff_encoder_rows(struct tiff_encoder *e, uint32_t y, uint32_t rows, void *samples,
                                  const uint8_t **data, size_t *size, struct enn_error *err)
{
    if (!e->recording && !TIFFWriteBufferSetup(e->tif, NULL, ROW_BUFFER)) return failed(e, "no buffer", err);
    start(e);
    int ok = 1;
    for (uint32_t i = 0; ok && i < rows; i++)
        ok = TIFFWriteScanline(e->tif, (uint8_t *)samples + i * e->shape.row_bytes, y + i, 0) == 1;
    if (!rows) ok = TIFFFlushData(e->tif);
    if (!ok || e->messages.error[0] || e->out_of_memory) return failed(e, "codec failed", err);
    *data = e->data;
    *size = e->size;
    return ENN_OK;
}
