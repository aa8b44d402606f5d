/* Rows on demand (tiff_rows.h): a band of the reader is kept, and the next is read when it is used up. */
#include "artwork/tiff_rows.h"
#include "artwork/tiff_file.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tiff_rows {
    const char *name;
    struct tiff_reader *reader;
    uint8_t *band;
    uint32_t first, rows, next; /* the band has rows first .. first + rows - 1 */
    size_t bytes;
};

enum enn_status tiff_rows_open(struct artwork *a, size_t page, struct tiff_rows **out, struct enn_error *err)
{
    struct tiff_artwork *t = (struct tiff_artwork *)a;
    struct tiff_rows *r = calloc(1, sizeof *r);
    *out = NULL;
    if (!r) return enn_fail(err, ENN_NOMEM, "%s: out of memory", t->name);
    r->name = t->name;
    enum enn_status st = tiff_reader_open(t, page, &r->reader, err);
    if (!st) {
        r->bytes = (size_t)t->pages[page].shape.row_bytes;
        r->band = malloc((size_t)tiff_reader_max_rows(r->reader) * r->bytes);
        if (!r->band) st = enn_fail(err, ENN_NOMEM, "%s: out of memory", t->name);
    }
    if (st)
        tiff_rows_close(r);
    else
        *out = r;
    return st;
}

void tiff_rows_close(struct tiff_rows *r)
{
    if (!r) return;
    tiff_reader_close(r->reader);
    free(r->band);
    free(r);
}

size_t tiff_rows_bytes(const struct tiff_rows *r)
{
    return r->bytes;
}

enum enn_status tiff_rows_next(struct tiff_rows *r, uint32_t n, void *rows, struct enn_error *err)
{
    uint8_t *to = rows;
    while (n) {
        if (r->next == r->first + r->rows) {
            r->first = r->next;
            r->rows = tiff_reader_rows(r->reader, r->first);
            if (!r->rows) return enn_fail(err, ENN_USAGE, "%s: has no more rows", r->name);
            enum enn_status st = tiff_reader_band(r->reader, r->first, r->rows, r->band, err);
            if (st) return st;
        }
        uint32_t left = r->first + r->rows - r->next, k = n < left ? n : left;
        memcpy(to, r->band + (size_t)(r->next - r->first) * r->bytes, k * r->bytes);
        to += k * r->bytes;
        r->next += k;
        n -= k;
    }
    return ENN_OK;
}

/* ---- proofs ---- */

struct proof {
    TIFF *tif;
    struct tiff_messages messages;
    char *name;
    uint32_t y;
};

static enum enn_status failed(const struct proof *p, struct enn_error *err)
{
    return enn_fail(err, ENN_IO, "%s: cannot be written: %s", p->name,
                    p->messages.error[0] ? p->messages.error : "no file");
}

static int is_cmyk(unsigned inks, const char *const *names)
{
    static const char *const process[] = {"Cyan", "Magenta", "Yellow", "Black"};
    unsigned i = 0;
    while (i < 4 && i < inks && !strcmp(names[i], process[i])) i++;
    return i == 4;
}

static int set_names(TIFF *tif, unsigned inks, const char *const *names)
{
    char list[ARTWORK_MAX_SAMPLES * ARTWORK_INK_NAME];
    size_t n = 0;
    for (unsigned i = 0; i < inks; i++, n++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%.*s", ARTWORK_INK_NAME - 1, names[i]);
    return TIFFSetField(tif, TIFFTAG_NUMBEROFINKS, inks) && TIFFSetField(tif, TIFFTAG_INKNAMES, n, list);
}

static int set_tags(TIFF *tif, uint32_t width, uint32_t height, unsigned inks, unsigned spots, double dpi)
{
    uint16_t kind[ARTWORK_MAX_SAMPLES] = {0}; /* EXTRASAMPLE_UNSPECIFIED: inks */
    int ok = TIFFSetField(tif, TIFFTAG_IMAGEWIDTH, width) && TIFFSetField(tif, TIFFTAG_IMAGELENGTH, height) &&
             TIFFSetField(tif, TIFFTAG_BITSPERSAMPLE, 8) && TIFFSetField(tif, TIFFTAG_SAMPLESPERPIXEL, inks) &&
             TIFFSetField(tif, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_SEPARATED) &&
             TIFFSetField(tif, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) &&
             TIFFSetField(tif, TIFFTAG_COMPRESSION, COMPRESSION_NONE) &&
             TIFFSetField(tif, TIFFTAG_ROWSPERSTRIP, 16) &&
             TIFFSetField(tif, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) &&
             TIFFSetField(tif, TIFFTAG_XRESOLUTION, dpi) && TIFFSetField(tif, TIFFTAG_YRESOLUTION, dpi);
    return ok && (!spots || TIFFSetField(tif, TIFFTAG_EXTRASAMPLES, spots, kind));
}

enum enn_status proof_open(const char *path, uint32_t width, uint32_t height, unsigned inks,
                           const char *const *names, double dpi, struct proof **out, struct enn_error *err)
{
    *out = NULL;
    struct proof *p = calloc(1, sizeof *p);
    if (p) p->name = strdup(path);
    TIFFOpenOptions *o = p && p->name ? tiff_handle_options(&p->messages, INT64_MAX) : NULL;
    enum enn_status st = ENN_OK;
    if (!o) {
        st = enn_fail(err, ENN_NOMEM, "%s: out of memory", path);
    } else {
        uint64_t bytes = (uint64_t)width * height * inks; /* < 2^32 * 2^32 / 16 * 36 / 16 */
        int cmyk = is_cmyk(inks, names);
        p->tif = TIFFOpenExt(path, bytes > 0xf0000000u ? "w8" : "w", o);
        TIFFOpenOptionsFree(o);
        int ok = p->tif && set_tags(p->tif, width, height, inks, cmyk ? inks - 4 : 0, dpi);
        if (ok && !cmyk) ok = TIFFSetField(p->tif, TIFFTAG_INKSET, INKSET_MULTIINK);
        if (ok && (!cmyk || inks > 4)) ok = set_names(p->tif, inks, names);
        if (!ok) st = failed(p, err);
    }
    if (st)
        proof_close(p, NULL);
    else
        *out = p;
    return st;
}

enum enn_status proof_row(struct proof *p, void *row, struct enn_error *err)
{
    return TIFFWriteScanline(p->tif, row, p->y++, 0) == 1 ? ENN_OK : failed(p, err);
}

enum enn_status proof_close(struct proof *p, struct enn_error *err)
{
    if (!p) return ENN_OK;
    enum enn_status st = ENN_OK;
    if (p->tif) {
        if (!TIFFFlush(p->tif) || p->messages.error[0]) st = failed(p, err);
        TIFFClose(p->tif);
    }
    free(p->name);
    free(p);
    return st;
}
