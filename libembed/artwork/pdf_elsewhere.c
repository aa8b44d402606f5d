/* PDF, step 4b: images that the content does not paint itself, but through tiling patterns, the appearances
 * of annotations, Type 3 fonts or soft masks of graphics states.
 *
 * They have no one place on the page, or are no part of it, so they stay as they are; but they are found, so
 * that nobody takes them for marked.  ISO 32000-1:2008, 8.7.3, 9.6.5, 11.6.5.3, 12.5.5. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_PX = 64, MAX_OBJECTS = 4000 }; /* as pdf_show.c; objects looked into, all pages together */

struct search {
    struct pdf_artwork *a;
    uint32_t page;
    const char *where; /* "in a tiling pattern" */
    int *seen;         /* numbers of objects, MAX_OBJECTS */
    unsigned n_seen, depth;
    struct enn_error *err;
};

/* 1: for the first time. */
static int is_new(struct search *s, qpdf_oh o, enum enn_status *status)
{
    int id = qpdf_oh_get_object_id(s->a->q, o);
    for (unsigned i = 0; i < s->n_seen && id; i++)
        if (s->seen[i] == id) return 0;
    if (s->n_seen == MAX_OBJECTS) {
        *status = enn_fail(s->err, ENN_LIMIT, "%s: PDF: more than %d patterns, fonts and annotations",
                           s->a->name, MAX_OBJECTS);
        return 0;
    }
    s->seen[s->n_seen++] = id;
    return 1;
}

static int is_painted(const struct pdf_artwork *a, int id)
{
    for (size_t i = 0; i < a->n_images; i++)
        if (a->images[i].id == id) return 1;
    return 0;
}

static enum enn_status found_image(struct search *s, qpdf_oh stream)
{
    struct pdf_artwork *a = s->a;
    qpdf_oh dict = qpdf_oh_get_dict(a->q, stream);
    int64_t width = pdf_get_int(a, dict, "/Width", 0), height = pdf_get_int(a, dict, "/Height", 0);
    int line_art = pdf_get_bool(a, dict, "/ImageMask") || pdf_get_int(a, dict, "/BitsPerComponent", 8) == 1;
    if (line_art || width < 1 || height < 1 || width > INT32_MAX || height > INT32_MAX) return ENN_OK;
    if ((width < LEAST_PX && height < LEAST_PX) || is_painted(a, qpdf_oh_get_object_id(a->q, stream)))
        return ENN_OK;
    struct pdf_shown shown = {.image = PDF_NONE, .page = s->page};
    struct artwork_page *p = &shown.info;
    p->width = (uint32_t)width;
    p->height = (uint32_t)height;
    p->bits = 8;
    p->samples = 1;
    p->orientation = 1;
    p->alpha = -1;
    p->number = s->page + 1;
    p->left_alone = 1;
    p->why_status = ENN_UNSUPPORTED;
    snprintf(p->compression, sizeof p->compression, "unread");
    snprintf(p->name, sizeof p->name, "page %u, image %s", s->page + 1, s->where);
    snprintf(p->why, sizeof p->why, "an image %s: it is not signed", s->where);
    return pdf_show_add(a, &shown, s->err);
}

static enum enn_status look_into(struct search *s, qpdf_oh resources);

/* The images of a form, pattern or appearance. */
static enum enn_status look_at(struct search *s, qpdf_oh stream)
{
    struct pdf_artwork *a = s->a;
    enum enn_status status = ENN_OK;
    if (!qpdf_oh_is_stream(a->q, stream) || !is_new(s, stream, &status)) return status;
    if (s->depth >= PDF_MAX_NESTING)
        return enn_fail(s->err, ENN_LIMIT, "%s: PDF: forms are nested too deeply", a->name);
    s->depth++;
    status = look_into(s, qpdf_oh_get_key(a->q, qpdf_oh_get_dict(a->q, stream), "/Resources"));
    s->depth--;
    return status;
}

/* Calls look for each value of a dictionary, at most MAX_OBJECTS. */
static enum enn_status each(struct search *s, qpdf_oh dict, enum enn_status (*look)(struct search *, qpdf_oh))
{
    struct pdf_artwork *a = s->a;
    char **key = NULL;
    size_t n = 0, room = 0;
    enum enn_status status = ENN_OK;
    if (!qpdf_oh_is_dictionary(a->q, dict)) return ENN_OK;
    qpdf_oh_begin_dict_key_iter(a->q, dict); /* the iterator does not nest */
    while (!status && n < MAX_OBJECTS && qpdf_oh_dict_more_keys(a->q)) {
        char *name = strdup(qpdf_oh_dict_next_key(a->q));
        char **more = name ? pdf_grow(key, n, &room, sizeof *more) : NULL;
        if (more) {
            key = more;
            key[n++] = name;
        } else {
            free(name);
            status = pdf_no_memory(a, s->err);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (!status) status = look(s, qpdf_oh_get_key(a->q, dict, key[i]));
        free(key[i]);
    }
    free(key);
    return status;
}

static enum enn_status look_at_xobject(struct search *s, qpdf_oh o)
{
    char type[PDF_NAME_MAX + 1];
    enum enn_status status = ENN_OK;
    if (!qpdf_oh_is_stream(s->a->q, o)) return ENN_OK;
    if (strcmp(pdf_get_name(s->a, qpdf_oh_get_dict(s->a->q, o), "/Subtype", type), "/Image"))
        return look_at(s, o);
    return is_new(s, o, &status) ? found_image(s, o) : status;
}

static enum enn_status look_into(struct search *s, qpdf_oh resources)
{
    if (!qpdf_oh_is_dictionary(s->a->q, resources)) return ENN_OK;
    return each(s, qpdf_oh_get_key(s->a->q, resources, "/XObject"), look_at_xobject);
}

/* ---- where to look ---- */

static enum enn_status look_at_font(struct search *s, qpdf_oh font)
{
    char type[PDF_NAME_MAX + 1];
    enum enn_status status = ENN_OK;
    if (!qpdf_oh_is_dictionary(s->a->q, font) || strcmp(pdf_get_name(s->a, font, "/Subtype", type), "/Type3"))
        return ENN_OK;
    return is_new(s, font, &status) ? look_into(s, qpdf_oh_get_key(s->a->q, font, "/Resources")) : status;
}

static enum enn_status look_at_state(struct search *s, qpdf_oh state)
{
    if (!qpdf_oh_is_dictionary(s->a->q, state)) return ENN_OK;
    qpdf_oh mask = qpdf_oh_get_key(s->a->q, state, "/SMask");
    return qpdf_oh_is_dictionary(s->a->q, mask) ? look_at(s, qpdf_oh_get_key(s->a->q, mask, "/G")) : ENN_OK;
}

/* The normal appearance: a form, or forms for the states of a button. */
static enum enn_status look_at_annotation(struct search *s, qpdf_oh annotation)
{
    if (!qpdf_oh_is_dictionary(s->a->q, annotation)) return ENN_OK;
    qpdf_oh all = qpdf_oh_get_key(s->a->q, annotation, "/AP");
    qpdf_oh normal = qpdf_oh_is_dictionary(s->a->q, all) ? qpdf_oh_get_key(s->a->q, all, "/N") : all;
    return qpdf_oh_is_stream(s->a->q, normal) ? look_at(s, normal) : each(s, normal, look_at);
}

static enum enn_status look_through(struct search *s, qpdf_oh resources)
{
    struct pdf_artwork *a = s->a;
    if (!qpdf_oh_is_dictionary(a->q, resources)) return ENN_OK;
    s->where = "in a tiling pattern";
    enum enn_status status = each(s, qpdf_oh_get_key(a->q, resources, "/Pattern"), look_at);
    s->where = "in a Type 3 font";
    if (!status) status = each(s, qpdf_oh_get_key(a->q, resources, "/Font"), look_at_font);
    s->where = "in a soft mask";
    if (!status) status = each(s, qpdf_oh_get_key(a->q, resources, "/ExtGState"), look_at_state);
    return status;
}

static enum enn_status search_page(struct search *s)
{
    struct pdf_artwork *a = s->a;
    qpdf_oh page = qpdf_get_page_n(a->q, s->page), notes = qpdf_oh_get_key(a->q, page, "/Annots");
    enum enn_status status = look_through(s, pdf_get_inherited(a, page, "/Resources"));
    int n = qpdf_oh_is_array(a->q, notes) ? qpdf_oh_get_array_n_items(a->q, notes) : 0;
    s->where = "in an annotation";
    for (int i = 0; !status && i < n && i < MAX_OBJECTS; i++)
        status = look_at_annotation(s, qpdf_oh_get_array_item(a->q, notes, i));
    uint32_t root = PDF_NONE;
    for (size_t i = 0; !status && i < a->n_nodes; i++) { /* forms that the page paints: they follow it */
        const struct pdf_unit *u = &a->units[a->nodes[i].unit];
        if (a->nodes[i].parent == PDF_NONE) root = u->page;
        if (root != s->page || !u->id || u->searched) continue;
        a->units[a->nodes[i].unit].searched = 1;
        qpdf_oh form = qpdf_oh_get_dict(a->q, qpdf_get_object_by_id(a->q, u->id, u->generation));
        status = look_through(s, qpdf_oh_get_key(a->q, form, "/Resources"));
    }
    qpdf_oh_release_all(a->q);
    return status;
}

enum enn_status pdf_elsewhere(struct pdf_artwork *a, struct enn_error *err)
{
    struct search s = {.a = a, .err = err, .seen = malloc(MAX_OBJECTS * sizeof(int))};
    enum enn_status status = s.seen ? ENN_OK : pdf_no_memory(a, err);
    for (; !status && s.page < a->n_sheets; s.page++) status = search_page(&s);
    free(s.seen);
    return status;
}
