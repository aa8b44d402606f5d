/* PDF, step 1: values of objects, and the data of streams without trusting their size.
 *
 * qpdf would decode a stream whole, however large it swells; so it only gives the bytes as they are in the
 * file, decrypted, and pdf_filter decodes as much as is wanted. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARENTS = 64, PIECE = 65536 };

enum enn_status pdf_no_memory(const struct pdf_artwork *a, struct enn_error *err)
{
    return enn_fail(err, ENN_NOMEM, "%s: out of memory", a->name);
}

enum enn_status pdf_fail(struct pdf_artwork *a, const char *what, struct enn_error *err)
{
    if (!qpdf_has_error(a->q)) return enn_fail(err, ENN_FORMAT, "%s: PDF: %s", a->name, what);
    qpdf_error e = qpdf_get_error(a->q);
    const char *detail = qpdf_get_error_message_detail(a->q, e);
    if (qpdf_get_error_code(a->q, e) == qpdf_e_password)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: PDF: is encrypted: give its password with --password-file",
                        a->name);
    return enn_fail(err, ENN_FORMAT, "%s: PDF: %s%s%s%s", a->name, what, detail && *detail ? ": " : "",
                    detail ? detail : "",
                    qpdf_get_error_code(a->q, e) == qpdf_e_damaged_pdf
                        ? " (damaged: qpdf IN OUT repairs it; look at what that gives)"
                        : "");
}

void *pdf_grow(void *array, size_t n, size_t *room, size_t element)
{
    if (n < *room) return array;
    size_t more = *room ? *room * 2 : 16;
    void *p = realloc(array, more * element); /* n stays below PDF_MAX_PAINTS and the like */
    if (p) *room = more;
    return p;
}

int64_t pdf_get_int(struct pdf_artwork *a, qpdf_oh dict, const char *key, int64_t otherwise)
{
    long long v;
    qpdf_oh o = qpdf_oh_get_key(a->q, dict, key);
    int64_t r = qpdf_oh_get_value_as_longlong(a->q, o, &v) ? v : otherwise;
    qpdf_oh_release(a->q, o);
    return r;
}

double pdf_get_number(struct pdf_artwork *a, qpdf_oh dict, const char *key, double otherwise)
{
    double v;
    qpdf_oh o = qpdf_oh_get_key(a->q, dict, key);
    double r = qpdf_oh_get_value_as_number(a->q, o, &v) ? v : otherwise;
    qpdf_oh_release(a->q, o);
    return r;
}

int pdf_get_bool(struct pdf_artwork *a, qpdf_oh dict, const char *key)
{
    QPDF_BOOL v = 0;
    qpdf_oh o = qpdf_oh_get_key(a->q, dict, key);
    int r = qpdf_oh_get_value_as_bool(a->q, o, &v) && v;
    qpdf_oh_release(a->q, o);
    return r;
}

static const char *name_of(struct pdf_artwork *a, qpdf_oh o, char buffer[PDF_NAME_MAX + 1])
{
    const char *text = qpdf_oh_is_name(a->q, o) ? qpdf_oh_get_name(a->q, o) : "";
    snprintf(buffer, PDF_NAME_MAX + 1, "%s", strlen(text) <= PDF_NAME_MAX ? text : "");
    return buffer;
}

const char *pdf_get_name(struct pdf_artwork *a, qpdf_oh dict, const char *key, char buffer[PDF_NAME_MAX + 1])
{
    qpdf_oh o = qpdf_oh_get_key(a->q, dict, key);
    name_of(a, o, buffer);
    qpdf_oh_release(a->q, o);
    return buffer;
}

unsigned pdf_get_numbers(struct pdf_artwork *a, qpdf_oh array, double *v, unsigned max)
{
    int n = qpdf_oh_is_array(a->q, array) ? qpdf_oh_get_array_n_items(a->q, array) : 0;
    unsigned i = 0;
    for (; (int)i < n && i < max; i++) {
        qpdf_oh o = qpdf_oh_get_array_item(a->q, array, (int)i);
        int ok = qpdf_oh_get_value_as_number(a->q, o, &v[i]);
        qpdf_oh_release(a->q, o);
        if (!ok) break;
    }
    return i;
}

qpdf_oh pdf_get_inherited(struct pdf_artwork *a, qpdf_oh page, const char *key)
{
    qpdf_oh at = page;
    for (int i = 0; i < MAX_PARENTS && qpdf_oh_is_dictionary(a->q, at); i++) {
        qpdf_oh v = qpdf_oh_get_key(a->q, at, key);
        if (!qpdf_oh_is_null(a->q, v)) return v;
        at = qpdf_oh_get_key(a->q, at, "/Parent");
    }
    return qpdf_oh_new_null(a->q);
}

/* ---- filters ---- */

static uint32_t parameter(struct pdf_artwork *a, qpdf_oh dict, const char *key, uint32_t otherwise)
{
    int64_t v = qpdf_oh_is_dictionary(a->q, dict) ? pdf_get_int(a, dict, key, otherwise) : otherwise;
    return v < 0 || v > INT32_MAX ? 0 : (uint32_t)v;
}

/* Returns 0 when the filter, or its place in the chain, is not known. */
static int add_filter(struct pdf_artwork *a, struct pdf_encoding *e, const char *name, qpdf_oh parms)
{
    static const struct {
        const char *name, *abbreviation;
        enum pdf_filter_kind kind;
    } known[] = {{"/ASCIIHexDecode", "/AHx", PDF_HEX},
                 {"/ASCII85Decode", "/A85", PDF_ASCII85},
                 {"/RunLengthDecode", "/RL", PDF_RUN_LENGTH},
                 {"/LZWDecode", "/LZW", PDF_LZW},
                 {"/FlateDecode", "/Fl", PDF_FLATE}};
    if (e->codec != PDF_CODEC_FILTERS || e->n_filters == PDF_MAX_FILTERS) return 0;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(name, known[i].name) && strcmp(name, known[i].abbreviation)) continue;
        e->filters[e->n_filters++] =
            (struct pdf_filter_spec){.kind = known[i].kind,
                                     .predictor = (int)parameter(a, parms, "/Predictor", 1),
                                     .early_change = (int)parameter(a, parms, "/EarlyChange", 1),
                                     .colors = parameter(a, parms, "/Colors", 1),
                                     .bits = parameter(a, parms, "/BitsPerComponent", 8),
                                     .columns = parameter(a, parms, "/Columns", 1)};
        return 1;
    }
    if (!strcmp(name, "/Crypt")) return 1; /* qpdf has decrypted */
    e->codec = !strcmp(name, "/DCTDecode") || !strcmp(name, "/DCT") ? PDF_CODEC_DCT
               : !strcmp(name, "/JPXDecode")                        ? PDF_CODEC_JPX
                                                                    : PDF_CODEC_OTHER;
    if (e->codec == PDF_CODEC_OTHER)
        snprintf(e->codec_name, sizeof e->codec_name, "%s", name[0] ? name + 1 : "");
    if (qpdf_oh_is_dictionary(a->q, parms))
        e->color_transform = (int)pdf_get_int(a, parms, "/ColorTransform", -1);
    return 1;
}

void pdf_get_encoding(struct pdf_artwork *a, qpdf_oh dict, struct pdf_encoding *e)
{
    *e = (struct pdf_encoding){.color_transform = -1};
    qpdf_oh filter = qpdf_oh_get_key(a->q, dict, "/Filter"),
            parms = qpdf_oh_get_key(a->q, dict, "/DecodeParms");
    char name[PDF_NAME_MAX + 1];
    int ok = 1;
    if (qpdf_oh_is_name(a->q, filter)) {
        qpdf_oh one = qpdf_oh_is_array(a->q, parms) && qpdf_oh_get_array_n_items(a->q, parms) == 1
                          ? qpdf_oh_get_array_item(a->q, parms, 0)
                          : parms;
        ok = add_filter(a, e, name_of(a, filter, name), one);
    } else if (qpdf_oh_is_array(a->q, filter)) {
        int n = qpdf_oh_get_array_n_items(a->q, filter);
        for (int i = 0; ok && i < n; i++) {
            qpdf_oh p = qpdf_oh_is_array(a->q, parms) && i < qpdf_oh_get_array_n_items(a->q, parms)
                            ? qpdf_oh_get_array_item(a->q, parms, i)
                            : qpdf_oh_new_null(a->q);
            ok = add_filter(a, e, name_of(a, qpdf_oh_get_array_item(a->q, filter, i), name), p);
        }
    } else {
        ok = qpdf_oh_is_null(a->q, filter);
    }
    if (!ok) e->codec = PDF_CODEC_OTHER, e->codec_name[0] = 0;
    if (qpdf_oh_has_key(a->q, dict, "/F")) e->codec = PDF_CODEC_OTHER; /* the data are in another file */
}

/* ---- streams ---- */

enum enn_status pdf_stream_raw(struct pdf_artwork *a, qpdf_oh stream, uint8_t **data, size_t *n,
                               struct enn_error *err)
{
    unsigned char *p = NULL;
    QPDF_BOOL filtered = 0;
    *data = NULL;
    *n = 0;
    QPDF_ERROR_CODE e = qpdf_oh_get_stream_data(a->q, stream, qpdf_dl_none, &filtered, &p, n);
    if (e & QPDF_ERRORS) {
        free(p);
        return pdf_fail(a, "a stream cannot be read", err);
    }
    *data = p;
    return ENN_OK;
}

enum enn_status pdf_decode(struct pdf_artwork *a, const struct pdf_encoding *e, const uint8_t *from,
                           size_t from_n, uint64_t max, uint8_t **data, size_t *n, struct enn_error *err)
{
    uint8_t *out = NULL;
    size_t got = 0, room = 0;
    enum enn_status s = ENN_OK;
    *data = NULL;
    *n = 0;
    if (e->codec != PDF_CODEC_FILTERS)
        return pdf_fail(a, "a stream has a filter that does not belong there", err);
    struct pdf_filter *f = pdf_filter_open(from, from_n, e->filters, e->n_filters);
    if (!f)
        return enn_fail(err, ENN_FORMAT, "%s: PDF: a stream's predictor parameters cannot be used", a->name);
    for (size_t piece = 1; !s && piece;) {
        uint8_t *p = room < got + PIECE ? realloc(out, room = room + room / 2 + PIECE) : out;
        if (!p) {
            s = pdf_no_memory(a, err);
            break;
        }
        out = p;
        piece = pdf_filter_read(f, out + got, room - got);
        got += piece;
        if (got > max)
            s = enn_fail(err, ENN_LIMIT, "%s: PDF: a stream decodes to more than %llu bytes", a->name,
                         (unsigned long long)max);
    }
    if (!s && pdf_filter_damaged(f))
        s = enn_fail(err, ENN_FORMAT, "%s: PDF: the data of a stream are damaged", a->name);
    pdf_filter_close(f);
    if (s)
        free(out);
    else
        *data = out, *n = got;
    return s;
}

enum enn_status pdf_stream_decoded(struct pdf_artwork *a, qpdf_oh stream, uint64_t max, uint8_t **data,
                                   size_t *n, struct enn_error *err)
{
    struct pdf_encoding e;
    uint8_t *raw = NULL;
    size_t raw_n = 0;
    *data = NULL;
    *n = 0;
    pdf_get_encoding(a, qpdf_oh_get_dict(a->q, stream), &e);
    enum enn_status s = pdf_stream_raw(a, stream, &raw, &raw_n, err);
    if (!s) s = pdf_decode(a, &e, raw, raw_n, max, data, n, err);
    free(raw);
    return s;
}
