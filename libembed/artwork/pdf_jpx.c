/* JPEG 2000 in PDF (pdf_codecs.h): ISO/IEC 15444-1, ISO 32000-1:2008 7.4.9; decoded by OpenJPEG (BSD).
 *
 * The codec works on whole pictures of 32-bit samples, so the memory they take is tested before it is
 * asked to decode. */
#include "artwork/pdf_codecs.h"
#include "status.h"
#include <openjpeg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RATIO 20000u /* pixels per byte: blank pictures reach some thousand */

struct source {
    const uint8_t *data;
    size_t at, n;
};

struct pdf_jpx {
    struct source source;
    opj_codec_t *codec;
    opj_stream_t *stream;
    opj_image_t *image;
    uint32_t y;
};

static OPJ_SIZE_T on_read(void *to, OPJ_SIZE_T n, void *user)
{
    struct source *s = user;
    if (s->at == s->n) return (OPJ_SIZE_T)-1;
    if (n > s->n - s->at) n = s->n - s->at;
    memcpy(to, s->data + s->at, n);
    s->at += n;
    return n;
}

static OPJ_OFF_T on_skip(OPJ_OFF_T n, void *user)
{
    struct source *s = user;
    if (n < 0 || (uint64_t)n > s->n - s->at) {
        s->at = s->n;
        return -1;
    }
    s->at += (size_t)n;
    return n;
}

static OPJ_BOOL on_seek(OPJ_OFF_T at, void *user)
{
    struct source *s = user;
    if (at < 0 || (uint64_t)at > s->n) return OPJ_FALSE;
    s->at = (size_t)at;
    return OPJ_TRUE;
}

static int begin(struct pdf_jpx *x)
{
    static const uint8_t codestream[4] = {0xff, 0x4f, 0xff, 0x51};
    opj_dparameters_t p;
    opj_set_default_decoder_parameters(&p);
    p.flags |= OPJ_DPARAMETERS_IGNORE_PCLR_CMAP_CDEF_FLAG; /* PDF's own colour space counts */
    int raw = x->source.n >= 4 && !memcmp(x->source.data, codestream, 4);
    x->codec = opj_create_decompress(raw ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
    x->stream = opj_stream_default_create(OPJ_TRUE);
    if (!x->codec || !x->stream) return 0;
    opj_stream_set_user_data(x->stream, &x->source, NULL);
    opj_stream_set_user_data_length(x->stream, x->source.n);
    opj_stream_set_read_function(x->stream, on_read);
    opj_stream_set_skip_function(x->stream, on_skip);
    opj_stream_set_seek_function(x->stream, on_seek);
    return opj_setup_decoder(x->codec, &p) && opj_read_header(x->stream, x->codec, &x->image);
}

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The first box of this type; NULL: none.  Boxes whose length is not plain end the search. */
static const uint8_t *find_box(const uint8_t *p, size_t n, const char type[4], size_t *size)
{
    while (n >= 8) {
        uint32_t length = be32(p);
        if (length < 8 || length > n) return NULL;
        if (!memcmp(p + 4, type, 4)) return *size = length - 8, p + 8;
        p += length, n -= length;
    }
    return NULL;
}

/* OpenJPEG 2.5.0 tells the colour space only after decoding: ISO/IEC 15444-1, I.5.3.3. */
static unsigned colours_of(const uint8_t *data, size_t n, int *luma)
{
    size_t header = 0, size = 0;
    const uint8_t *p = find_box(data, n, "jp2h", &header);
    if (p) p = find_box(p, header, "colr", &size);
    if (!p || size < 7 || p[0] != 1) return 0;
    uint32_t space = be32(p + 3);
    *luma = space == 18 || space == 24;
    return space == 16 ? 3 : space == 17 ? 1 : space == 12 ? 4 : 0;
}

static const char *describe(const struct pdf_jpx *x, struct pdf_jpx_info *info)
{
    int luma = 0;
    const opj_image_t *m = x->image;
    *info = (struct pdf_jpx_info){.width = m->x1 - m->x0, .height = m->y1 - m->y0, .components = m->numcomps};
    if (m->x1 <= m->x0 || m->y1 <= m->y0 || !m->numcomps) return "has no pixels";
    info->bits = m->comps[0].prec;
    for (unsigned i = 0; i < m->numcomps; i++) {
        const opj_image_comp_t *c = &m->comps[i];
        if (c->dx != 1 || c->dy != 1 || c->sgnd || c->prec != info->bits)
            return "components of different sizes or signed";
        if (c->alpha) return "opacity inside the image data";
    }
    if (info->bits != 8 && info->bits != 16) return "a depth other than 8 and 16 bits";
    info->colours = colours_of(x->source.data, x->source.n, &luma);
    if (luma) return "luma and chroma";
    return NULL;
}

enum enn_status pdf_jpx_open(const uint8_t *data, size_t n, const char *name, struct pdf_jpx_info *info,
                             struct pdf_jpx **out, struct enn_error *err)
{
    *out = NULL;
    struct pdf_jpx *x = calloc(1, sizeof *x);
    if (!x) return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    x->source = (struct source){data, 0, n};
    enum enn_status s = ENN_OK;
    if (!begin(x)) s = enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: the header cannot be read", name);
    const char *why = s ? NULL : describe(x, info);
    if (why) s = enn_fail(err, ENN_UNSUPPORTED, "%s: JPEG 2000: %s", name, why);
    if (!s && (uint64_t)info->width * info->height / MAX_RATIO > n)
        s = enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: too few data for %u x %u pixels", name, info->width,
                     info->height);
    if (s)
        pdf_jpx_close(x);
    else
        *out = x;
    return s;
}

enum enn_status pdf_jpx_decode(struct pdf_jpx *x, uint64_t max_memory, const char *name,
                               struct enn_error *err)
{
    const opj_image_t *m = x->image;
    unsigned components = m->numcomps;
    uint32_t width = m->x1 - m->x0, height = m->y1 - m->y0;
    if ((uint64_t)width * height >
        max_memory / 8 / components) /* the samples, and as much again while they are made */
        return enn_fail(err, ENN_LIMIT, "%s: JPEG 2000: takes more memory than allowed", name);
    if (!opj_decode(x->codec, x->stream, x->image) || !opj_end_decompress(x->codec, x->stream) ||
        m->numcomps != components)
        return enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: the data are damaged", name);
    for (unsigned i = 0; i < components; i++)
        if (!m->comps[i].data || m->comps[i].w != width || m->comps[i].h != height)
            return enn_fail(err, ENN_FORMAT, "%s: JPEG 2000: the data are damaged", name);
    return ENN_OK;
}

int pdf_jpx_row(struct pdf_jpx *x, uint8_t *to)
{
    const opj_image_t *m = x->image;
    uint32_t width = m->comps[0].w;
    if (x->y >= m->comps[0].h) return 0;
    for (unsigned c = 0; c < m->numcomps; c++) {
        const OPJ_INT32 *from = m->comps[c].data + (size_t)x->y * width;
        int wide = m->comps[c].prec == 16, top = wide ? 65535 : 255;
        for (uint32_t i = 0; i < width; i++) {
            int v = from[i] < 0 ? 0 : from[i] > top ? top : from[i];
            size_t at = (size_t)i * m->numcomps + c;
            if (wide)
                to[2 * at] = (uint8_t)(v >> 8), to[2 * at + 1] = (uint8_t)v;
            else
                to[at] = (uint8_t)v;
        }
    }
    x->y++;
    return 1;
}

void pdf_jpx_close(struct pdf_jpx *x)
{
    if (!x) return;
    if (x->image) opj_image_destroy(x->image);
    if (x->stream) opj_stream_destroy(x->stream);
    if (x->codec) opj_destroy_codec(x->codec);
    free(x);
}
