/* PDF, step 2: what the samples of an image mean, and whether they can be changed.
 *
 * ISO 32000-1:2008, 8.6 (colour spaces), 8.9.5 (images), 14.11.5 (output intents).  An image is delivered
 * as CMYK, RGB or grey of 8 or 16 bits: small depths are spread to 8 bits, Indexed is looked up, the
 * components of DeviceN are put into the order cyan, magenta, yellow, black, spots.  The first property
 * that stands in the way is named. */
#include "artwork/pdf_file.h"
#include "artwork/inks.h"
#include "artwork/jpeg_error.h"
#include "artwork/pdf_codecs.h"
#include "artwork/pdf_scale.h"
#include "status.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_ICC ((uint64_t)16 << 20)

enum { MAX_SPACE_DEPTH = 4 };

struct space {
    enum artwork_colour colour;
    unsigned components;
    uint32_t icc; /* in a->icc, PDF_NONE: none */
    uint8_t order[ARTWORK_MAX_SAMPLES];
    double range[4]; /* of a* and b* */
    char names[ARTWORK_MAX_SAMPLES][ARTWORK_INK_NAME];
    uint8_t role[ARTWORK_MAX_SAMPLES];
    uint8_t *lookup; /* Indexed */
    unsigned n_colours;
    char why[128]; /* "": samples of this space can be delivered */
};

static void refuse(struct artwork_page *p, enum enn_status s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void refuse(struct artwork_page *p, enum enn_status s, const char *format, ...)
{
    if (p->why[0]) return; /* the first reason counts */
    va_list ap;
    va_start(ap, format);
    vsnprintf(p->why, sizeof p->why, format, ap);
    va_end(ap);
    p->why_status = s;
    for (char *c = p->why; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

/* ---- profiles ---- */

static enum enn_status load_icc(struct pdf_artwork *a, qpdf_oh stream, uint32_t *index, struct enn_error *err)
{
    *index = PDF_NONE;
    if (!qpdf_oh_is_stream(a->q, stream)) return ENN_OK;
    int id = qpdf_oh_get_object_id(a->q, stream);
    for (size_t i = 0; i < a->n_icc; i++)
        if (a->icc[i].id == id) return *index = (uint32_t)i, ENN_OK;
    struct pdf_icc *grown = pdf_grow(a->icc, a->n_icc, &a->icc_room, sizeof *a->icc);
    if (!grown) return pdf_no_memory(a, err);
    a->icc = grown;
    struct pdf_icc *c = &a->icc[a->n_icc];
    *c = (struct pdf_icc){.id = id,
                          .n_components = (unsigned)pdf_get_int(a, qpdf_oh_get_dict(a->q, stream), "/N", 0)};
    enum enn_status s = pdf_stream_decoded(a, stream, MAX_ICC, &c->data, &c->size, err);
    if (s) return s;
    *index = (uint32_t)a->n_icc++;
    a->icc_bytes += c->size;
    if (a->icc_bytes > a->limits.max_memory / 4)
        return enn_fail(err, ENN_LIMIT, "%s: PDF: too many ICC profiles", a->name);
    return ENN_OK;
}

enum enn_status pdf_intents_read(struct pdf_artwork *a, struct enn_error *err)
{
    for (int i = 0; i < 5; i++) a->intent[i] = PDF_NONE;
    qpdf_oh list = qpdf_oh_get_key(a->q, qpdf_get_root(a->q), "/OutputIntents");
    int n = qpdf_oh_is_array(a->q, list) ? qpdf_oh_get_array_n_items(a->q, list) : 0;
    for (int i = 0; i < n && i < 16; i++) {
        qpdf_oh intent = qpdf_oh_get_array_item(a->q, list, i);
        uint32_t icc;
        if (!qpdf_oh_is_dictionary(a->q, intent)) continue;
        enum enn_status s = load_icc(a, qpdf_oh_get_key(a->q, intent, "/DestOutputProfile"), &icc, err);
        if (s) return s;
        unsigned c = icc == PDF_NONE ? 0 : a->icc[icc].n_components;
        if (c >= 1 && c <= 4 && a->intent[c] == PDF_NONE) a->intent[c] = icc;
    }
    qpdf_oh_release_all(a->q);
    return ENN_OK;
}

/* ---- colour spaces ---- */

static void set_device(struct pdf_artwork *a, struct space *s, unsigned components)
{
    static const enum artwork_colour of[] = {ARTWORK_OTHER, ARTWORK_GREY, ARTWORK_OTHER, ARTWORK_RGB,
                                             ARTWORK_CMYK};
    s->components = components;
    s->colour = of[components];
    s->icc = a->intent[components];
    for (unsigned i = 0; i < components; i++) s->order[i] = (uint8_t)i;
}

static int device_components(const char *name)
{
    if (!strcmp(name, "/DeviceGray") || !strcmp(name, "/CalGray")) return 1;
    if (!strcmp(name, "/DeviceRGB") || !strcmp(name, "/CalRGB")) return 3;
    return !strcmp(name, "/DeviceCMYK") ? 4 : 0;
}

/* Roles of separations: the name decides, as in a TIFF (inks.h). */
static void assign_roles(struct space *s)
{
    for (unsigned i = s->colour == ARTWORK_CMYK ? 4 : 0; i < s->components; i++) {
        s->role[i] = (uint8_t)ink_role(s->names[i]);
        if (s->colour == ARTWORK_CMYK && s->role[i] == ARTWORK_PROCESS) s->role[i] = ARTWORK_SPOT;
        if (s->colour != ARTWORK_CMYK && s->role[i] == ARTWORK_GAMUT) s->role[i] = ARTWORK_SPOT;
    }
}

/* DeviceN: with all four process colours these first, then the other inks in their order; else inks of any
 * kind. */
static void set_devicen(struct pdf_artwork *a, struct space *s, qpdf_oh names)
{
    static const char *const process[] = {"/Cyan", "/Magenta", "/Yellow", "/Black"};
    char name[PDF_NAME_MAX + 1];
    int n = qpdf_oh_is_array(a->q, names) ? qpdf_oh_get_array_n_items(a->q, names) : 0;
    if (n < 1 || n > ARTWORK_MAX_SAMPLES) {
        snprintf(s->why, sizeof s->why, "DeviceN of %d colorants", n);
        return;
    }
    s->components = (unsigned)n;
    unsigned next = 4, found = 0;
    for (int i = 0; i < n; i++) {
        qpdf_oh o = qpdf_oh_get_array_item(a->q, names, i);
        snprintf(name, sizeof name, "%s", qpdf_oh_is_name(a->q, o) ? qpdf_oh_get_name(a->q, o) : "");
        unsigned at = 0;
        while (at < 4 && strcmp(name, process[at])) at++;
        if (at < 4 && found >> at & 1) at = 4;
        if (at < 4) found |= 1u << at;
        if (at == 4 && next < ARTWORK_MAX_SAMPLES) at = next++;
        if (at >= ARTWORK_MAX_SAMPLES) continue;
        s->order[at] = (uint8_t)i;
        snprintf(s->names[at], sizeof s->names[at], "%.60s", name[0] ? name + 1 : "");
    }
    s->colour = found == 15 ? ARTWORK_CMYK : ARTWORK_INKS;
    if (found == 15) s->icc = a->intent[4];
    for (int i = 0; found != 15 && i < n; i++) { /* not all of CMYK: in their own order */
        qpdf_oh o = qpdf_oh_get_array_item(a->q, names, i);
        s->order[i] = (uint8_t)i;
        snprintf(s->names[i], sizeof s->names[i], "%.60s",
                 qpdf_oh_is_name(a->q, o) ? qpdf_oh_get_name(a->q, o) + 1 : "");
    }
    assign_roles(s);
}

static enum enn_status read_space(struct pdf_artwork *a, qpdf_oh o, struct space *s, int depth,
                                  struct enn_error *err);

static enum enn_status read_indexed(struct pdf_artwork *a, qpdf_oh o, struct space *s, int depth,
                                    struct enn_error *err)
{
    struct space base = {.icc = PDF_NONE};
    enum enn_status e = read_space(a, qpdf_oh_get_array_item(a->q, o, 1), &base, depth + 1, err);
    long long high = -1;
    qpdf_oh_get_value_as_longlong(a->q, qpdf_oh_get_array_item(a->q, o, 2), &high);
    if (e) return e;
    *s = base;
    if (base.lookup || s->why[0] || high < 0 || high > 255) {
        if (!s->why[0]) snprintf(s->why, sizeof s->why, "Indexed colour space is damaged");
        return ENN_OK;
    }
    s->n_colours = (unsigned)high + 1;
    size_t want = (size_t)s->n_colours * base.components, n = 0;
    qpdf_oh table = qpdf_oh_get_array_item(a->q, o, 3);
    if (!(s->lookup = calloc(want, 1))) return pdf_no_memory(a, err);
    if (qpdf_oh_is_stream(a->q, table)) {
        uint8_t *data;
        e = pdf_stream_decoded(a, table, 1 << 20, &data, &n, err);
        if (e) return e;
        memcpy(s->lookup, data, n < want ? n : want);
        free(data);
    } else if (qpdf_oh_is_string(a->q, table)) {
        const char *data = qpdf_oh_get_binary_string_value(a->q, table, &n);
        memcpy(s->lookup, data, n < want ? n : want);
    }
    if (n < want) snprintf(s->why, sizeof s->why, "Indexed colour table is too short");
    return ENN_OK;
}

static void set_lab(struct pdf_artwork *a, struct space *s, qpdf_oh dict)
{
    static const double usual[4] = {-100, 100, -100, 100};
    s->components = 3;
    s->colour = ARTWORK_LAB;
    memcpy(s->range, usual, sizeof usual);
    if (qpdf_oh_is_dictionary(a->q, dict))
        pdf_get_numbers(a, qpdf_oh_get_key(a->q, dict, "/Range"), s->range, 4);
}

/* CalRGB and CalGray are taken for what they mostly are, sRGB and its like under another name.  Of another Gamma (1 when there
 * is none) the same step of a dark sample shows far more, so that the mark would. */
static void judge_cal(struct pdf_artwork *a, struct space *s, qpdf_oh dict)
{
    static const double least[3] = {0.15, 0.5, 0.02}, most[3] = {0.4, 0.8, 0.2};
    double gamma[3] = {1, 1, 1}, m[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
    int dictionary = qpdf_oh_is_dictionary(a->q, dict);
    if (dictionary && s->components == 1) gamma[0] = pdf_get_number(a, dict, "/Gamma", 1);
    if (dictionary && s->components == 3) {
        pdf_get_numbers(a, qpdf_oh_get_key(a->q, dict, "/Gamma"), gamma, 3);
        pdf_get_numbers(a, qpdf_oh_get_key(a->q, dict, "/Matrix"), m, 9);
    }
    for (unsigned i = 0; i < s->components && !s->why[0]; i++) {
        if (!(gamma[i] >= 1.7 && gamma[i] <= 2.6))
            snprintf(s->why, sizeof s->why, "Gamma %.3g, not a screen's: give it an ICC profile", gamma[i]);
        else if (s->components == 3 && !(m[3 * i + 1] >= least[i] && m[3 * i + 1] <= most[i]))
            snprintf(s->why, sizeof s->why, "Matrix of CalRGB, not a screen's: give it an ICC profile");
    }
}

static enum enn_status read_array_space(struct pdf_artwork *a, qpdf_oh o, struct space *s, int depth,
                                        struct enn_error *err)
{
    char name[PDF_NAME_MAX + 1], ink[PDF_NAME_MAX + 1];
    qpdf_oh first = qpdf_oh_get_array_item(a->q, o, 0);
    snprintf(name, sizeof name, "%s", qpdf_oh_is_name(a->q, first) ? qpdf_oh_get_name(a->q, first) : "");
    int n = device_components(name);
    if (n) {
        set_device(a, s, (unsigned)n);
        if (strncmp(name, "/Device", 7)) { /* Cal spaces are not the press's */
            s->icc = PDF_NONE;
            judge_cal(a, s, qpdf_oh_get_array_item(a->q, o, 1));
        }
    } else if (!strcmp(name, "/ICCBased")) {
        uint32_t icc;
        enum enn_status e = load_icc(a, qpdf_oh_get_array_item(a->q, o, 1), &icc, err);
        if (e) return e;
        unsigned c = icc == PDF_NONE ? 0 : a->icc[icc].n_components;
        if (c == 1 || c == 3 || c == 4)
            set_device(a, s, c), s->icc = icc;
        else
            snprintf(s->why, sizeof s->why, "ICCBased colour space of %u components", c);
    } else if (!strcmp(name, "/Indexed")) {
        return read_indexed(a, o, s, depth, err);
    } else if (!strcmp(name, "/Separation")) {
        qpdf_oh colorant = qpdf_oh_get_array_item(a->q, o, 1);
        snprintf(ink, sizeof ink, "%s",
                 qpdf_oh_is_name(a->q, colorant) ? qpdf_oh_get_name(a->q, colorant) : "/?");
        s->components = 1;
        snprintf(s->names[0], sizeof s->names[0], "%.60s", ink + 1);
        s->colour = ARTWORK_INKS;
        assign_roles(s);
    } else if (!strcmp(name, "/DeviceN")) {
        set_devicen(a, s, qpdf_oh_get_array_item(a->q, o, 1));
    } else if (!strcmp(name, "/Lab")) {
        set_lab(a, s, qpdf_oh_get_array_item(a->q, o, 1));
    } else {
        snprintf(s->why, sizeof s->why, "%.40s colour space: convert it to CMYK first",
                 name[0] ? name + 1 : "an unknown");
    }
    return ENN_OK;
}

static enum enn_status read_space(struct pdf_artwork *a, qpdf_oh o, struct space *s, int depth,
                                  struct enn_error *err)
{
    char name[PDF_NAME_MAX + 1];
    s->icc = PDF_NONE;
    for (unsigned i = 0; i < ARTWORK_MAX_SAMPLES; i++) s->order[i] = (uint8_t)i;
    if (depth > MAX_SPACE_DEPTH) {
        snprintf(s->why, sizeof s->why, "colour spaces nested too deeply");
    } else if (qpdf_oh_is_array(a->q, o)) {
        return read_array_space(a, o, s, depth, err);
    } else if (qpdf_oh_is_name(a->q, o)) {
        snprintf(name, sizeof name, "%s", qpdf_oh_get_name(a->q, o));
        int n = device_components(name);
        if (n)
            set_device(a, s, (unsigned)n);
        else
            snprintf(s->why, sizeof s->why, "%.40s colour space", name + 1);
    } else {
        snprintf(s->why, sizeof s->why, "no colour space");
    }
    return ENN_OK;
}

/* ---- the image ---- */

/* Decode of a colour table: the table as the samples address it. */
static enum enn_status decode_table(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh decode,
                                    unsigned samples, struct enn_error *err)
{
    double d[2], top = (1u << i->stored_bits) - 1;
    unsigned n = 1u << i->stored_bits;
    if (qpdf_oh_is_null(a->q, decode)) return ENN_OK;
    if (pdf_get_numbers(a, decode, d, 2) != 2) {
        refuse(&i->info, ENN_FORMAT, "a damaged Decode array");
        return ENN_OK;
    }
    uint8_t *table = malloc((size_t)n * samples);
    if (!table) return pdf_no_memory(a, err);
    for (unsigned v = 0; v < n; v++) {
        double at = fmin(fmax(d[0] + v * (d[1] - d[0]) / top, 0), i->n_colours - 1.0);
        memcpy(table + (size_t)v * samples, i->palette + (size_t)(at + 0.5) * samples, samples);
    }
    free(i->palette);
    i->palette = table;
    i->n_colours = n;
    return ENN_OK;
}

/* What the samples mean: Decode, and the Range of Lab.  a* and b* are delivered as -128 .. 127. */
static enum enn_status judge_decode(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh dict,
                                    const struct space *s, struct enn_error *err)
{
    double v[2 * ARTWORK_MAX_SAMPLES];
    qpdf_oh decode = qpdf_oh_get_key(a->q, dict, "/Decode");
    int lab = s->colour == ARTWORK_LAB, given = !qpdf_oh_is_null(a->q, decode) && !i->palette;
    if (i->encoding.codec == PDF_CODEC_JPX)
        given = 0; /* ISO 32000-1, 7.4.9: it is ignored there */
    else if (i->palette) {
        enum enn_status e = decode_table(a, i, decode, s->components, err);
        if (e) return e;
    }
    if (given && pdf_get_numbers(a, decode, v, 2 * s->components) != 2 * s->components) {
        refuse(&i->info, ENN_FORMAT, "a damaged Decode array");
        return ENN_OK;
    }
    for (unsigned j = 0; j < s->components; j++) {
        const double *d = v + 2 * s->order[j];
        double zero = lab && j ? -128 : 0, one = lab ? (j ? 127 : 100) : 1;
        double from = lab && j ? s->range[2 * j - 2] : 0, to = lab && j ? s->range[2 * j - 1] : one;
        if (given) from = d[0], to = d[1];
        if (!pdf_scale_set(i, j, from, to, zero, one))
            refuse(&i->info, ENN_UNSUPPORTED,
                   "a Decode array or Range that leaves one value, or none that is sensible");
    }
    return ENN_OK;
}

static void describe_inks(struct artwork_page *p, const struct space *s)
{
    static const char *const names[][4] = {[ARTWORK_OTHER] = {NULL},
                                           [ARTWORK_CMYK] = {"Cyan", "Magenta", "Yellow", "Black"},
                                           [ARTWORK_RGB] = {"Red", "Green", "Blue"},
                                           [ARTWORK_GREY] = {"Grey"},
                                           [ARTWORK_LAB] = {"L*", "a*", "b*"},
                                           [ARTWORK_INKS] = {NULL}};
    p->colour = s->colour;
    p->samples = s->components;
    p->inks = s->colour == ARTWORK_CMYK                              ? 4
              : s->colour == ARTWORK_RGB || s->colour == ARTWORK_LAB ? 3
              : s->colour == ARTWORK_INKS                            ? s->components
                                                                     : s->colour == ARTWORK_GREY;
    memcpy(p->role, s->role, sizeof p->role);
    for (unsigned i = 0; i < p->samples; i++)
        snprintf(p->names[i], sizeof p->names[i], "%s",
                 i < p->inks && i < 4 && names[s->colour][i] ? names[s->colour][i] : s->names[i]);
    for (unsigned i = 0; i < p->samples; i++)
        for (char *c = p->names[i]; *c; c++)
            if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

static void describe_compression(struct pdf_image *i)
{
    static const char *const names[] = {"hex", "ascii85", "runlength", "lzw", "flate"};
    const struct pdf_encoding *e = &i->encoding;
    const char *name = e->codec == PDF_CODEC_DCT   ? "jpeg"
                       : e->codec == PDF_CODEC_JPX ? "jpeg2000"
                       : e->n_filters              ? names[e->filters[e->n_filters - 1].kind]
                                                   : "none";
    snprintf(i->info.compression, sizeof i->info.compression, "%s",
             e->codec == PDF_CODEC_OTHER && e->codec_name[0] ? e->codec_name : name);
}

/* The ranges of stored components, as ranges of delivered samples. */
static void read_key(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh mask)
{
    struct artwork_page *p = &i->info;
    double v[2 * ARTWORK_MAX_SAMPLES], top = p->bits == 16 ? 65535 : 255;
    if (i->palette || i->scaled || i->stored_bits != p->bits || i->encoding.codec == PDF_CODEC_DCT) {
        refuse(p, ENN_UNSUPPORTED, "a colour key mask of %s",
               i->palette                           ? "entries of a colour table"
               : i->scaled                          ? "samples that are stretched"
               : i->encoding.codec == PDF_CODEC_DCT ? "JPEG data"
                                                    : "samples of fewer than 8 bits");
        return;
    }
    if (pdf_get_numbers(a, mask, v, 2 * i->components) != 2 * i->components) {
        refuse(p, ENN_FORMAT, "a colour key mask that is damaged");
        return;
    }
    for (unsigned j = 0; j < i->components; j++) {
        const double *d = v + 2 * i->order[j];
        double low = fmin(fmax(d[0], 0), top), high = fmin(fmax(d[1], 0), top);
        if (d[1] < 0 || d[0] > top || d[0] > d[1]) low = top, high = 0; /* nothing is within */
        p->key[j][0] = (uint16_t)(i->invert[j] ? top - high : low);
        p->key[j][1] = (uint16_t)(i->invert[j] ? top - low : high);
    }
    p->n_key = i->components;
}

static void judge_masks(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh dict)
{
    struct artwork_page *p = &i->info;
    qpdf_oh soft = qpdf_oh_get_key(a->q, dict, "/SMask"), mask = qpdf_oh_get_key(a->q, dict, "/Mask");
    /* a soft mask goes before a Mask (ISO 32000-1, 11.6.5.3) */
    if (qpdf_oh_is_array(a->q, mask) && !qpdf_oh_is_stream(a->q, soft) && !p->why[0]) read_key(a, i, mask);
    if (qpdf_oh_is_stream(a->q, soft) && qpdf_oh_has_key(a->q, qpdf_oh_get_dict(a->q, soft), "/Matte"))
        refuse(p, ENN_UNSUPPORTED, "samples already blended with a matte colour");
    if (pdf_get_int(a, dict, "/SMaskInData", 0)) refuse(p, ENN_UNSUPPORTED, "opacity inside the image data");
}

/* The data of JPEG 2000 say themselves how deep they are, and may say what colour. */
static enum enn_status read_jpx(struct pdf_artwork *a, struct pdf_image *i, struct pdf_jpx_info *info,
                                struct enn_error *err)
{
    struct pdf_encoding outer = i->encoding;
    struct pdf_jpx *x = NULL;
    struct enn_error why = {0};
    uint8_t *raw = NULL, *data = NULL;
    size_t raw_n = 0, n = 0;
    outer.codec = PDF_CODEC_FILTERS;
    enum enn_status s =
        pdf_stream_raw(a, qpdf_get_object_by_id(a->q, i->id, i->generation), &raw, &raw_n, err);
    if (!s) s = pdf_decode(a, &outer, raw, raw_n, a->limits.max_memory / 4, &data, &n, err);
    if (!s && pdf_jpx_open(data, n, "", info, &x, &why)) {
        refuse(&i->info, why.status, "%s", why.text + 2);
        *info = (struct pdf_jpx_info){0};
    }
    if (!s && info->bits) i->stored_bits = info->bits;
    pdf_jpx_close(x);
    free(raw);
    free(data);
    return s;
}

static enum enn_status judge_samples(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh dict,
                                     struct enn_error *err)
{
    struct artwork_page *p = &i->info;
    struct space s = {.icc = PDF_NONE};
    struct pdf_jpx_info jpx = {0};
    i->stored_bits =
        (unsigned)pdf_get_int(a, dict, "/BitsPerComponent", i->encoding.codec == PDF_CODEC_DCT ? 8 : 0);
    enum enn_status e = i->encoding.codec == PDF_CODEC_JPX ? read_jpx(a, i, &jpx, err) : ENN_OK;
    if (e) return e;
    qpdf_oh space = qpdf_oh_get_key(a->q, dict, "/ColorSpace");
    if (jpx.colours && qpdf_oh_is_null(a->q, space))
        set_device(a, &s, i->own_space = jpx.colours);
    else
        e = read_space(a, space, &s, 0, err);
    i->palette = s.lookup; /* the image's from here on, also on failure */
    if (e) return e;
    i->n_colours = s.n_colours;
    i->components = i->palette ? 1 : s.components;
    memcpy(i->order, s.order, sizeof i->order);
    describe_inks(p, &s);
    unsigned b = i->stored_bits;
    p->bits = b == 16 ? 16 : 8;
    if (b == 1 || pdf_get_bool(a, dict, "/ImageMask")) {
        p->left_alone = 1;
        p->bits = 1;
        refuse(p, ENN_UNSUPPORTED,
               b == 1 && !pdf_get_bool(a, dict, "/ImageMask") ? "1-bit line art" : "a stencil mask");
    } else if (b != 2 && b != 4 && b != 8 && b != 16) {
        refuse(p, ENN_FORMAT, "%u bits per component", b);
    }
    if (s.why[0]) refuse(p, ENN_UNSUPPORTED, "%s", s.why);
    if (jpx.components && jpx.components != i->components)
        refuse(p, ENN_UNSUPPORTED, "JPEG 2000 data of %u components for a colour space of %u", jpx.components,
               i->components);
    if (i->palette && b == 16) refuse(p, ENN_FORMAT, "Indexed with 16 bits");
    if (!p->why[0] && (e = judge_decode(a, i, dict, &s, err))) return e;
    if (s.icc != PDF_NONE) p->icc = a->icc[s.icc].data, p->icc_size = a->icc[s.icc].size;
    return ENN_OK;
}

/* Bytes of a stored row. */
static uint64_t row_bytes(const struct pdf_image *i)
{
    return ((uint64_t)i->info.width * i->components * i->stored_bits + 7) / 8;
}

static enum enn_status measure_loss(struct pdf_artwork *a, struct pdf_image *i, qpdf_oh stream,
                                    struct enn_error *err)
{
    uint8_t *raw = NULL;
    size_t n = 0;
    enum enn_status s = pdf_stream_raw(a, stream, &raw, &n, err);
    if (!s && i->encoding.n_filters) {
        struct pdf_encoding filters = i->encoding;
        struct enn_error damaged;
        uint8_t *jpeg = NULL;
        filters.codec = PDF_CODEC_FILTERS;
        s = pdf_decode(a, &filters, raw, n, a->limits.max_memory / 8, &jpeg, &n, &damaged);
        free(raw);
        raw = jpeg;
        s = s == ENN_NOMEM ? pdf_no_memory(a, err) : ENN_OK; /* reading the samples will say what is wrong */
    }
    if (raw) i->info.jpeg_error = jpeg_error_rms(raw, n);
    free(raw);
    return s;
}

/* What else than samples differs in the copy. */
static void tell_written(struct pdf_image *i)
{
    struct artwork_page *p = &i->info;
    const char *how = "";
    if (i->encoding.codec == PDF_CODEC_DCT)
        how = "JPEG again: the same tables, no chroma subsampling, a little loss";
    else if (i->encoding.codec == PDF_CODEC_JPX)
        how = "Flate, not JPEG 2000: larger, without loss";
    else if (i->palette)
        how = "samples of 8 bits, not a colour table";
    else if (i->stored_bits < 8)
        how = "8 bits";
    else if (i->scaled)
        how = "in the scale of its Decode or Range: changes to the nearest level";
    snprintf(p->written_as, sizeof p->written_as, "%s", how);
}

enum enn_status pdf_image_describe(struct pdf_artwork *a, struct pdf_image *i, struct enn_error *err)
{
    struct artwork_page *p = &i->info;
    qpdf_oh stream = qpdf_get_object_by_id(a->q, i->id, i->generation), dict = qpdf_oh_get_dict(a->q, stream);
    int64_t w = pdf_get_int(a, dict, "/Width", 0), h = pdf_get_int(a, dict, "/Height", 0);
    p->orientation = 1;
    p->alpha = -1;
    pdf_get_encoding(a, dict, &i->encoding);
    describe_compression(i);
    if (w < 1 || h < 1 || w > INT32_MAX || h > INT32_MAX) {
        refuse(p, ENN_FORMAT, "Width or Height out of range");
        return ENN_OK;
    }
    p->width = (uint32_t)w;
    p->height = (uint32_t)h;
    if ((uint64_t)w * (uint64_t)h > a->limits.max_pixels)
        refuse(p, ENN_LIMIT, "%u x %u pixels", p->width, p->height);
    enum enn_status s = judge_samples(a, i, dict, err);
    if (s) return s;
    judge_masks(a, i, dict);
    if (i->encoding.codec == PDF_CODEC_OTHER)
        refuse(p, ENN_UNSUPPORTED, "%s%s", i->encoding.codec_name[0] ? i->encoding.codec_name : "filters",
               i->encoding.codec_name[0] ? " data" : " that are not known");
    if (i->encoding.codec == PDF_CODEC_DCT) {
        p->lossy = 1;
        if ((s = measure_loss(a, i, stream, err))) return s;
        if (i->palette || i->stored_bits != 8)
            refuse(p, ENN_FORMAT, "JPEG data with %u bits or a colour table", i->stored_bits);
    }
    if (row_bytes(i) > a->limits.max_memory / 16 ||
        (uint64_t)p->width * p->samples * p->bits / 8 > a->limits.max_memory / 16)
        refuse(p, ENN_LIMIT, "a row of %u pixels takes more memory than allowed", p->width);
    if (i->scaled) p->lossy = 1; /* the nearest level to what was wanted */
    p->readable = !p->why[0];
    p->signable = p->readable;
    if (p->signable) tell_written(i);
    return ENN_OK;
}
