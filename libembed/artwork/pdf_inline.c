/* PDF, step 3b: an inline image as an object, so that it can be signed like any other.
 *
 * ISO 32000-1:2008, 8.9.7.  The object holds the data of the content, and the dictionary with its
 * abbreviations spelt out.  It is only painted, and written, when the image is signed: pdf_split puts a Do in
 * the place of BI .. EI then.  Else the content stays as it is. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_PX = 64 }; /* as pdf_show.c */

struct pair {
    const char *name, *full;
};
static const struct pair keys[] = {{"BPC", "BitsPerComponent"},
                                   {"CS", "ColorSpace"},
                                   {"D", "Decode"},
                                   {"DP", "DecodeParms"},
                                   {"F", "Filter"},
                                   {"H", "Height"},
                                   {"IM", "ImageMask"},
                                   {"I", "Interpolate"},
                                   {"W", "Width"},
                                   {NULL, NULL}};
static const struct pair spaces[] = {
    {"G", "DeviceGray"}, {"RGB", "DeviceRGB"}, {"CMYK", "DeviceCMYK"}, {"I", "Indexed"}, {NULL, NULL}};
static const struct pair no_names[] = {{NULL, NULL}}; /* filters: pdf_get_encoding knows both */

static const char *spelt_out(const struct pair *p, const char *name)
{
    for (; p->name; p++)
        if (!strcmp(p->name, name)) return p->full;
    return NULL;
}

/* ---- the dictionary ---- */

struct spelling {
    FILE *f;
    unsigned depth;
    int have_key, ended;
    const struct pair *values; /* of the key */
};

static int spell(void *user, const struct pdf_token *t)
{
    struct spelling *s = user;
    const char *full = NULL;
    if (!s->have_key) { /* anything but a name ends what can be understood */
        if (t->kind != PDF_TOKEN_NAME) return s->ended = 1;
        full = spelt_out(keys, t->text);
        s->values = !strcmp(full ? full : t->text, "ColorSpace") ? spaces : no_names;
        s->have_key = 1;
    } else {
        if (t->kind == PDF_TOKEN_NAME) full = spelt_out(s->values, t->text);
        if (t->kind == PDF_TOKEN_BRACKET) {
            s->depth += strchr("[<", *t->at) != NULL;
            if (strchr("]>", *t->at) && s->depth) s->depth--;
        }
        s->have_key = s->depth != 0;
    }
    if (full)
        fprintf(s->f, "/%s", full);
    else
        fwrite(t->at, 1, t->n, s->f);
    if (t->kind != PDF_TOKEN_BRACKET || strchr("[]", *t->at)) putc(' ', s->f); /* "<<" is two brackets */
    return 0;
}

/* The dictionary between BI and ID as a direct object; null when it cannot be understood. */
static qpdf_oh read_dictionary(struct pdf_artwork *a, const uint8_t *text, size_t n)
{
    char *out = NULL;
    size_t out_n = 0;
    struct spelling s = {.f = open_memstream(&out, &out_n)};
    if (!s.f) return qpdf_oh_new_null(a->q);
    fputs("<< ", s.f);
    pdf_content_tokens(text, n, spell, &s);
    fputs(">>", s.f);
    int ok = !ferror(s.f) && !s.have_key && !s.depth && !s.ended;
    ok = fclose(s.f) == 0 && ok && strlen(out) == out_n;
    qpdf_oh dict = ok ? qpdf_oh_parse(a->q, out) : qpdf_oh_new_null(a->q);
    if (qpdf_has_error(a->q)) {
        qpdf_get_error(a->q);
        dict = qpdf_oh_new_null(a->q);
    }
    free(out);
    return dict;
}

/* A name that is no Device space is one of the resources. */
static void find_space(struct pdf_artwork *a, qpdf_oh dict, qpdf_oh resources)
{
    char name[PDF_NAME_MAX + 1];
    pdf_get_name(a, dict, "/ColorSpace", name);
    if (!name[0] || !strncmp(name, "/Device", 7) || !qpdf_oh_is_dictionary(a->q, resources)) return;
    qpdf_oh all = qpdf_oh_get_key(a->q, resources, "/ColorSpace");
    if (qpdf_oh_is_dictionary(a->q, all) && qpdf_oh_has_key(a->q, all, name))
        qpdf_oh_replace_key(a->q, dict, "/ColorSpace", qpdf_oh_get_key(a->q, all, name));
}

/* ---- images ---- */

/* FNV-1a, 64 bits (G. Fowler, L. C. Noll, K.-P. Vo): tells the texts of one file apart. */
static uint64_t digest(const uint8_t *text, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) h = (h ^ text[i]) * 0x100000001b3u;
    return h;
}

int pdf_inline_find(const struct pdf_artwork *a, const uint8_t *text, size_t n, uint32_t *index)
{
    uint64_t h = 0;
    for (size_t i = 0; i < a->n_images; i++) {
        if (a->images[i].inline_n != n) continue;
        if (!h) h = digest(text, n);
        if (a->images[i].inline_digest == h) return *index = (uint32_t)i, 1;
    }
    return 0;
}

static int is_worth_it(const struct pdf_inline_image *i)
{
    return !i->mask && i->bits > 1 && (i->width >= LEAST_PX || i->height >= LEAST_PX);
}

enum enn_status pdf_inline_add(struct pdf_artwork *a, const uint8_t *content,
                               const struct pdf_inline_image *i, qpdf_oh resources, uint32_t *index,
                               struct enn_error *err)
{
    const uint8_t *text = content + i->begin;
    size_t n = i->end - i->begin;
    *index = PDF_NONE;
    if (!is_worth_it(i) || i->data_end <= i->data_begin || pdf_inline_find(a, text, n, index)) return ENN_OK;
    size_t entries =
        i->data_begin > i->begin + 5 ? i->data_begin - i->begin - 5 : 0; /* without BI, ID and a space */
    qpdf_oh dict = read_dictionary(a, text + 2, entries);
    if (!qpdf_oh_is_dictionary(a->q, dict)) return ENN_OK;
    find_space(a, dict, resources);
    qpdf_oh stream = qpdf_oh_new_stream(a->q);
    qpdf_oh_replace_stream_data(a->q, stream, content + i->data_begin, i->data_end - i->data_begin,
                                qpdf_oh_get_key(a->q, dict, "/Filter"),
                                qpdf_oh_get_key(a->q, dict, "/DecodeParms"));
    static const char *const wanted[] = {"/Width",  "/Height", "/BitsPerComponent", "/ColorSpace",
                                         "/Decode", "/Intent", "/Interpolate"};
    qpdf_oh to = qpdf_oh_get_dict(a->q, stream);
    qpdf_oh_replace_key(a->q, to, "/Type", qpdf_oh_new_name(a->q, "/XObject"));
    qpdf_oh_replace_key(a->q, to, "/Subtype", qpdf_oh_new_name(a->q, "/Image"));
    for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
        if (qpdf_oh_has_key(a->q, dict, wanted[k]))
            qpdf_oh_replace_key(a->q, to, wanted[k], qpdf_oh_get_key(a->q, dict, wanted[k]));
    if (qpdf_has_error(a->q)) return pdf_fail(a, "an inline image cannot be read", err);
    struct pdf_image *p = pdf_grow(a->images, a->n_images, &a->images_room, sizeof *p);
    if (!p) return pdf_no_memory(a, err);
    a->images = p;
    p = &a->images[a->n_images];
    *p = (struct pdf_image){.id = qpdf_oh_get_object_id(a->q, stream),
                            .generation = qpdf_oh_get_generation(a->q, stream),
                            .inline_n = n,
                            .inline_digest = digest(text, n)};
    *index = (uint32_t)a->n_images++;
    return pdf_image_describe(a, p, err);
}
