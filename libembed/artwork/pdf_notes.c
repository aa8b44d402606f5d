/* PDF, step 11: what a document says and paints beside its images (artwork_notes).
 *
 * Values are text where people want to see them (document information, boxes, the text of a page), and
 * digests of all that makes the print (pdf_digest.c) elsewhere: fonts, layers, annotations, every operator of
 * the content. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_INFO = 40, LONGEST = 2000 };

struct noting {
    struct pdf_artwork *a;
    struct pdf_digests *d;
    artwork_note_fn note;
    void *user;
    struct enn_error *err;
};

static enum enn_status tell(const struct noting *n, enum enn_fact_group group, uint32_t page,
                            const char *what, const char *value, int prints)
{
    char name[48];
    if (page && n->a->n_sheets > 1)
        snprintf(name, sizeof name, "page %u: %s", page, what);
    else
        snprintf(name, sizeof name, "%.47s", what);
    return n->note(n->user, &(struct artwork_note){group, name, value, prints});
}

/* An object by the first half of its digest; nothing when it is not there. */
static enum enn_status tell_object(const struct noting *n, enum enn_fact_group group, uint32_t page,
                                   const char *what, qpdf_oh o)
{
    char hex[PDF_DIGEST];
    if (qpdf_oh_is_null(n->a->q, o)) return ENN_OK;
    enum enn_status s = pdf_digest_object(n->d, o, hex, n->err);
    hex[32] = 0;
    return s ? s : tell(n, group, page, what, hex, 1);
}

/* ---- the document ---- */

/* Strings as UTF-8 of printable ASCII, at most LONGEST; all else by its digest. */
static enum enn_status tell_info(const struct noting *n, const char *key, qpdf_oh v)
{
    char value[LONGEST + 100], hex[PDF_DIGEST];
    const char *text = qpdf_oh_is_string(n->a->q, v) ? qpdf_oh_get_utf8_value(n->a->q, v) : NULL;
    size_t length = text ? strlen(text) : 0;
    int whole = text && length <= LONGEST;
    if (!whole) length = text ? LONGEST : 0;
    for (size_t i = 0; i < length; i++) {
        int plain = text[i] >= 0x20 && text[i] < 0x7f;
        value[i] = plain ? text[i] : '.';
        whole &= plain;
    }
    value[length] = 0;
    enum enn_status s = whole ? ENN_OK : pdf_digest_object(n->d, v, hex, n->err);
    if (!s && !whole) sprintf(value + length, "%s(%.16s)", length ? " " : "", hex);
    return s ? s : tell(n, ENN_FACT_METADATA, 0, key + 1, value, 0);
}

static enum enn_status tell_all_info(const struct noting *n)
{
    qpdf_oh info = qpdf_oh_get_key(n->a->q, qpdf_get_trailer(n->a->q), "/Info");
    char *key[MAX_INFO];
    int keys = 0;
    enum enn_status s = ENN_OK;
    if (!qpdf_oh_is_dictionary(n->a->q, info)) return ENN_OK;
    qpdf_oh_begin_dict_key_iter(n->a->q, info);
    while (qpdf_oh_dict_more_keys(n->a->q)) {
        const char *k = qpdf_oh_dict_next_key(n->a->q);
        if (keys < MAX_INFO && (key[keys] = strdup(k))) keys++;
    }
    for (int i = 0; i < keys; i++) {
        if (!s && strlen(key[i]) > 1) s = tell_info(n, key[i], qpdf_oh_get_key(n->a->q, info, key[i]));
        free(key[i]);
    }
    return s;
}

static enum enn_status tell_document(const struct noting *n)
{
    struct pdf_artwork *a = n->a;
    qpdf_oh root = qpdf_get_root(a->q), xmp = qpdf_oh_get_key(a->q, root, "/Metadata");
    char hex[PDF_DIGEST];
    enum enn_status s = tell_all_info(n);
    if (!s && qpdf_oh_is_stream(a->q, xmp)) {
        s = pdf_digest_object(n->d, xmp, hex, n->err);
        hex[16] = 0;
        if (!s) s = tell(n, ENN_FACT_METADATA, 0, "XMP", hex, 0);
    }
    if (!s)
        s = tell_object(n, ENN_FACT_PROFILE, 0, "output intents",
                        qpdf_oh_get_key(a->q, root, "/OutputIntents"));
    if (!s) s = tell_object(n, ENN_FACT_CONTENT, 0, "layers", qpdf_oh_get_key(a->q, root, "/OCProperties"));
    qpdf_oh_release_all(a->q);
    return s;
}

/* ---- a page ---- */

/* Boxes as they hold: one that is not there is the one it defaults to (ISO 32000-1, 14.11.2). */
static enum enn_status tell_boxes(const struct noting *n, uint32_t page)
{
    static const char *const names[] = {"/MediaBox", "/CropBox", "/BleedBox", "/TrimBox", "/ArtBox"};
    const struct pdf_sheet *sheet = &n->a->sheets[page];
    qpdf_oh o = qpdf_get_page_n(n->a->q, page);
    char value[128];
    double box[4], fallback[4] = {0, 0, 0, 0};
    enum enn_status s = ENN_OK;
    for (int i = 0; !s && i < 5; i++) {
        double v[4];
        memcpy(box, fallback, sizeof box);
        if (pdf_get_numbers(n->a, pdf_get_inherited(n->a, o, names[i]), v, 4) == 4)
            memcpy(box, v, sizeof box);
        snprintf(value, sizeof value, "%.6g %.6g %.6g %.6g pt", box[0], box[1], box[2], box[3]);
        s = tell(n, ENN_FACT_BOXES, page + 1, names[i] + 1, value, 1);
        if (i < 2) memcpy(fallback, box, sizeof fallback); /* the MediaBox, then the CropBox */
    }
    snprintf(value, sizeof value, "%d degrees", sheet->rotate);
    if (!s) s = tell(n, ENN_FACT_BOXES, page + 1, "Rotate", value, 1);
    snprintf(value, sizeof value, "%.6g", sheet->unit);
    return s ? s : tell(n, ENN_FACT_BOXES, page + 1, "UserUnit", value, 1);
}

static enum enn_status tell_content(const struct noting *n, uint32_t page)
{
    char hex[PDF_DIGEST], *text;
    enum enn_status s = pdf_digest_page(n->d, page, hex, &text, n->err);
    if (s) return s;
    hex[32] = 0;
    s = tell(n, ENN_FACT_CONTENT, page + 1, "operators", hex, 1);
    if (!s && *text) s = tell(n, ENN_FACT_CONTENT, page + 1, "text", text, 1);
    free(text);
    return s;
}

static enum enn_status tell_page(const struct noting *n, uint32_t page)
{
    static const char *const parts[][2] = {
        {"/Font", "fonts"},       {"/ExtGState", "graphics states"}, {"/ColorSpace", "colour spaces"},
        {"/Pattern", "patterns"}, {"/Shading", "shadings"},          {"/Properties", "properties"}};
    struct pdf_artwork *a = n->a;
    enum enn_status s = tell_boxes(n, page);
    if (!s) s = tell_content(n, page);
    qpdf_oh o = qpdf_get_page_n(a->q, page), resources = pdf_get_inherited(a, o, "/Resources");
    for (size_t i = 0; !s && qpdf_oh_is_dictionary(a->q, resources) && i < sizeof parts / sizeof *parts; i++)
        s = tell_object(n, ENN_FACT_CONTENT, page + 1, parts[i][1],
                        qpdf_oh_get_key(a->q, resources, parts[i][0]));
    if (!s)
        s = tell_object(n, ENN_FACT_CONTENT, page + 1, "annotations", qpdf_oh_get_key(a->q, o, "/Annots"));
    qpdf_oh_release_all(a->q);
    return s;
}

/* Images that can be read, but not where they are painted, as they are too small there: by their bytes. */
static enum enn_status tell_small_images(const struct noting *n)
{
    const struct pdf_artwork *a = n->a;
    char hex[PDF_DIGEST];
    enum enn_status s = ENN_OK;
    for (size_t i = 0; !s && i < a->n_shown; i++) {
        const struct pdf_shown *p = &a->shown[i];
        if (p->image == PDF_NONE || p->info.readable || !a->images[p->image].info.readable) continue;
        s = pdf_digest_samples(n->d, &a->images[p->image], hex, n->err);
        hex[32] = 0;
        if (!s) s = tell(n, ENN_FACT_CONTENT, 0, p->info.name, hex, 1);
    }
    qpdf_oh_release_all(a->q);
    return s;
}

enum enn_status pdf_artwork_notes(struct artwork *base, artwork_note_fn note, void *user,
                                  struct enn_error *err)
{
    struct pdf_artwork *a = (struct pdf_artwork *)base;
    struct noting n = {a, pdf_digests_new(a), note, user, err};
    if (!n.d) return pdf_no_memory(a, err);
    enum enn_status s = tell_document(&n);
    for (uint32_t i = 0; !s && i < a->n_sheets; i++) s = tell_page(&n, i);
    if (!s) s = tell_small_images(&n);
    if (!s && qpdf_has_error(a->q)) s = pdf_fail(a, "an object cannot be read", err);
    pdf_digests_free(n.d);
    return s;
}
