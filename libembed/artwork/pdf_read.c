/* PDF, step 6: the samples of an image, row by row, as artwork.h delivers them. */
#include "artwork/pdf_rows.h"
#include "artwork/pdf_scale.h"
#include "status.h"
#include <stdlib.h>
#include <string.h>

static enum enn_status start_codec(struct pdf_artwork *a, struct pdf_rows *r, struct enn_error *err)
{
    const struct pdf_image *i = r->image;
    const struct pdf_encoding *e = &i->encoding;
    uint8_t *data = NULL;
    size_t n = 0;
    qpdf_oh stream = qpdf_get_object_by_id(a->q, i->id, i->generation);
    enum enn_status s;
    if (e->codec != PDF_CODEC_FILTERS && e->n_filters) {
        /* what the filters give is at most all that coded data of this size could be */
        struct pdf_encoding outer = *e;
        outer.codec = PDF_CODEC_FILTERS;
        s = pdf_stream_raw(a, stream, &data, &n, err);
        if (!s) s = pdf_decode(a, &outer, data, n, a->limits.max_memory / 4, &r->raw, &r->raw_n, err);
        free(data);
    } else {
        s = pdf_stream_raw(a, stream, &r->raw, &r->raw_n, err);
    }
    qpdf_oh_release_all(a->q);
    if (s) return s;
    if (e->codec == PDF_CODEC_DCT)
        return pdf_dct_open(r->raw, r->raw_n, i->info.width, i->info.height, i->components,
                            e->color_transform, a->limits.max_memory, r->name, &r->dct, err);
    if (e->codec == PDF_CODEC_JPX) {
        struct pdf_jpx_info info = {0};
        s = pdf_jpx_open(r->raw, r->raw_n, r->name, &info, &r->jpx, err);
        if (!s && (info.width != i->info.width || info.height != i->info.height ||
                   info.components != i->components || info.bits != i->stored_bits))
            s = enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: another size than the dictionary says", r->name);
        return s ? s : pdf_jpx_decode(r->jpx, a->limits.max_memory, r->name, err);
    }
    r->filter = pdf_filter_open(r->raw, r->raw_n, e->filters, e->n_filters);
    return r->filter ? ENN_OK : enn_fail(err, ENN_FORMAT, "%s: predictor parameters cannot be used", r->name);
}

enum enn_status pdf_rows_open(struct pdf_artwork *a, const struct pdf_image *i, const char *where,
                              struct pdf_rows **out, struct enn_error *err)
{
    *out = NULL;
    struct pdf_rows *r = calloc(1, sizeof *r);
    if (!r) return pdf_no_memory(a, err);
    r->image = i;
    r->stored_bytes = (size_t)(((uint64_t)i->info.width * i->components * i->stored_bits + 7) / 8);
    snprintf(r->name, sizeof r->name, "%s: %s", a->name, where);
    r->stored = malloc(r->stored_bytes);
    enum enn_status s = r->stored ? start_codec(a, r, err) : pdf_no_memory(a, err);
    if (s)
        pdf_rows_close(r);
    else
        *out = r;
    return s;
}

void pdf_rows_close(struct pdf_rows *r)
{
    if (!r) return;
    pdf_dct_close(r->dct);
    pdf_jpx_close(r->jpx);
    pdf_filter_close(r->filter);
    free(r->raw);
    free(r->stored);
    free(r);
}

/* Sample number i of a stored row, as it is. */
static unsigned stored_sample(const uint8_t *row, size_t i, unsigned bits)
{
    if (bits == 8) return row[i];
    if (bits == 16) return (unsigned)(row[2 * i] << 8 | row[2 * i + 1]);
    size_t at = i * bits;
    return row[at / 8] >> (8 - bits - (at & 7)) & ((1u << bits) - 1);
}

static void look_up(const struct pdf_image *i, const uint8_t *stored, uint8_t *to)
{
    unsigned n = i->info.samples;
    for (size_t x = 0; x < i->info.width; x++, to += n) {
        unsigned v = stored_sample(stored, x, i->stored_bits);
        const uint8_t *colour = i->palette + (size_t)(v < i->n_colours ? v : i->n_colours - 1) * n;
        for (unsigned j = 0; j < n; j++) to[j] = colour[i->order[j]];
    }
}

static void deliver(const struct pdf_image *i, const uint8_t *stored, void *to)
{
    unsigned n = i->components, b = i->stored_bits;
    uint8_t *t8 = to;
    uint16_t *t16 = to;
    if (i->palette) {
        look_up(i, stored, to);
        return;
    }
    for (unsigned j = 0; j < n; j++) {
        unsigned from = i->order[j], flip = i->invert[j] && !i->scaled ? (b == 16 ? 65535 : 255) : 0;
        if (b == 16)
            for (size_t x = 0, at = from; x < i->info.width; x++, at += n)
                t16[x * n + j] = (uint16_t)(stored_sample(stored, at, 16) ^ flip);
        else if (b == 8)
            for (size_t x = 0, at = from; x < i->info.width; x++, at += n)
                t8[x * n + j] = (uint8_t)(stored[at] ^ flip);
        else
            for (size_t x = 0, at = from; x < i->info.width; x++, at += n)
                t8[x * n + j] = (uint8_t)((stored_sample(stored, at, b) * 255 / ((1u << b) - 1)) ^ flip);
    }
}

enum enn_status pdf_rows_next(struct pdf_rows *r, void *to, uint32_t rows, struct enn_error *err)
{
    const struct artwork_page *p = &r->image->info;
    size_t pitch = (size_t)p->width * p->samples * p->bits / 8;
    for (uint32_t i = 0; i < rows; i++, r->y++) {
        enum enn_status s = ENN_OK;
        if (r->dct)
            s = pdf_dct_row(r->dct, r->stored, err);
        else if (r->jpx)
            s = pdf_jpx_row(r->jpx, r->stored)
                    ? ENN_OK
                    : enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: too few rows", r->name);
        else if (pdf_filter_read(r->filter, r->stored, r->stored_bytes) != r->stored_bytes)
            s = enn_fail(err, ENN_FORMAT, "%s: the samples end at row %u of %u", r->name, r->y, p->height);
        if (s) return s;
        deliver(r->image, r->stored, (uint8_t *)to + i * pitch);
        if (r->image->scaled && r->plain) memcpy(r->plain + i * pitch, (uint8_t *)to + i * pitch, pitch);
        if (r->image->scaled) pdf_scale_row(r->image, (uint8_t *)to + i * pitch);
    }
    return ENN_OK;
}

uint32_t pdf_band_rows(const struct artwork_page *p)
{
    uint64_t pitch = (uint64_t)p->width * p->samples * p->bits / 8, rows = PDF_BAND_BYTES / pitch;
    return rows < 1 ? 1 : rows > p->height ? p->height : (uint32_t)rows;
}

enum enn_status pdf_artwork_read(struct artwork *base, size_t page, artwork_band_fn band, void *user,
                                 struct enn_error *err)
{
    struct pdf_artwork *a = (struct pdf_artwork *)base;
    const struct pdf_shown *s = &a->shown[page];
    const struct artwork_page *p = &s->info;
    if (!p->readable) return enn_fail(err, ENN_UNSUPPORTED, "%s: %s: %s", a->name, p->name, p->why);
    struct pdf_rows *r = NULL;
    enum enn_status st = pdf_rows_open(a, &a->images[s->image], p->name, &r, err);
    uint32_t most = pdf_band_rows(p);
    void *buffer = malloc((size_t)p->width * p->samples * (p->bits / 8) * most);
    if (!st && !buffer) st = pdf_no_memory(a, err);
    for (uint32_t y = 0, rows; !st && y < p->height; y += rows) {
        rows = p->height - y < most ? p->height - y : most;
        st = pdf_rows_next(r, buffer, rows, err);
        if (!st) st = band(user, y, rows, buffer);
    }
    free(buffer);
    pdf_rows_close(r);
    return st;
}
