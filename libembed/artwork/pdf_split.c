/* PDF, step 7: one object per mark (pdf_split.h).
 *
 * The tree of executions is gone through from the leaves up: what a form paints (a list of objects, one
 * for each Do) decides whether the original form still serves; executions with the same list share a copy.
 * Objects that nothing reaches any more are not written. */
#include "artwork/pdf_split.h"
#include "artwork/pdf_flate.h"
#include "status.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct variant { /* a form as some executions paint it */
    uint32_t unit, node;
    struct pdf_object object;
};

struct split {
    struct pdf_artwork *a;
    struct pdf_object *targets; /* what each Do of each node paints */
    size_t *first;              /* of node i in targets */
    struct variant *variants;
    size_t n_variants, room;
    struct enn_error *err;
};

/* ---- copies of dictionaries and streams ---- */

/* Keys and values; values that are indirect stay references. */
static qpdf_oh copy_dictionary(struct pdf_artwork *a, qpdf_oh from)
{
    qpdf_oh to = qpdf_oh_new_dictionary(a->q);
    if (!qpdf_oh_is_dictionary(a->q, from)) return to;
    qpdf_oh_begin_dict_key_iter(a->q, from);
    while (qpdf_oh_dict_more_keys(a->q)) {
        const char *key = qpdf_oh_dict_next_key(a->q);
        qpdf_oh_replace_key(a->q, to, key, qpdf_oh_get_key(a->q, from, key));
    }
    return to;
}

static qpdf_oh copy_stream(struct pdf_artwork *a, struct pdf_object from, struct pdf_object *to)
{
    qpdf_oh stream = qpdf_oh_new_stream(a->q), dict = qpdf_oh_get_dict(a->q, stream);
    qpdf_oh old = qpdf_oh_get_dict(a->q, qpdf_get_object_by_id(a->q, from.id, from.generation));
    qpdf_oh_begin_dict_key_iter(a->q, old);
    while (qpdf_oh_dict_more_keys(a->q)) {
        const char *key = qpdf_oh_dict_next_key(a->q);
        qpdf_oh_replace_key(a->q, dict, key, qpdf_oh_get_key(a->q, old, key));
    }
    *to = (struct pdf_object){qpdf_oh_get_object_id(a->q, stream), qpdf_oh_get_generation(a->q, stream)};
    return stream;
}

enum enn_status pdf_split_objects(struct pdf_artwork *a, struct pdf_object **objects, struct enn_error *err)
{
    struct pdf_object *o = calloc(a->n_shown, sizeof *o);
    uint32_t *uses = calloc(a->n_images + 1, sizeof *uses);
    if (!o || !uses) {
        free(o);
        free(uses);
        return pdf_no_memory(a, err);
    }
    for (size_t i = 0; i < a->n_shown; i++)
        if (a->shown[i].image != PDF_NONE) uses[a->shown[i].image]++;
    for (size_t i = 0; i < a->n_shown; i++) {
        const struct pdf_shown *s = &a->shown[i];
        if (s->image == PDF_NONE) continue;
        o[i] = (struct pdf_object){a->images[s->image].id, a->images[s->image].generation};
        if (s->info.signable && uses[s->image] > 1) copy_stream(a, o[i], &o[i]);
    }
    free(uses);
    qpdf_oh_release_all(a->q);
    *objects = o;
    return qpdf_has_error(a->q) ? pdf_fail(a, "an image cannot be copied", err) : ENN_OK;
}

/* ---- what a node paints ---- */

static struct pdf_object original(const struct pdf_artwork *a, const struct pdf_paint *p)
{
    if (p->is_inline) return (struct pdf_object){0, 0};
    if (p->is_form) return (struct pdf_object){a->units[p->target].id, a->units[p->target].generation};
    return (struct pdf_object){a->images[p->target].id, a->images[p->target].generation};
}

static const struct pdf_unit *unit_of(const struct split *s, uint32_t node)
{
    return &s->a->units[s->a->nodes[node].unit];
}

static int is_changed(const struct split *s, uint32_t node)
{
    const struct pdf_unit *u = unit_of(s, node);
    for (size_t i = 0; i < u->n_paints; i++)
        if (s->targets[s->first[node] + i].id != original(s->a, &u->paints[i]).id) return 1;
    return 0;
}

static int begin(struct split *s, const struct pdf_object *objects)
{
    const struct pdf_artwork *a = s->a;
    size_t n = 0;
    if (!(s->first = calloc(a->n_nodes + 1, sizeof *s->first))) return 0;
    for (size_t i = 0; i < a->n_nodes; i++) s->first[i] = n, n += unit_of(s, (uint32_t)i)->n_paints;
    if (!(s->targets = calloc(n + 1, sizeof *s->targets))) return 0;
    for (uint32_t i = 0; i < a->n_nodes; i++)
        for (size_t k = 0; k < unit_of(s, i)->n_paints; k++)
            s->targets[s->first[i] + k] = original(a, &unit_of(s, i)->paints[k]);
    for (size_t i = 0; i < a->n_leaves; i++) {
        const struct pdf_leaf *l = &a->leaves[i];
        if (unit_of(s, l->node)->paints[l->paint].is_inline && !a->shown[l->shown].info.signable) continue;
        s->targets[s->first[l->node] + l->paint] = objects[l->shown];
    }
    return 1;
}

/* ---- new content ---- */

/* The name under which paint k of the node is called from now on: its own for the first target of a name,
 * else a new one. */
static int is_first_of_name(const struct split *s, uint32_t node, size_t k, size_t *same)
{
    const struct pdf_unit *u = unit_of(s, node);
    const struct pdf_object *t = &s->targets[s->first[node]];
    for (size_t i = 0; i < k; i++)
        if (t[i].id == t[k].id && !strcmp(u->paints[i].name, u->paints[k].name)) return *same = i, 0;
    return 1;
}

static int is_first_target(const struct split *s, uint32_t node, size_t k)
{
    const struct pdf_unit *u = unit_of(s, node);
    for (size_t i = 0; i < k; i++)
        if (!u->paints[i].is_inline && !strcmp(u->paints[i].name, u->paints[k].name)) return 0;
    return 1;
}

/* Enters the targets into the XObject dictionary; fills names[k] (0: as it was, n: EnnIm<n>) and says
 * whether any is new. */
static int name_targets(struct split *s, uint32_t node, qpdf_oh xobjects, unsigned *names)
{
    struct pdf_artwork *a = s->a;
    const struct pdf_unit *u = unit_of(s, node);
    unsigned number = 0;
    int any = 0;
    for (size_t k = 0; k < u->n_paints; k++) {
        const struct pdf_paint *p = &u->paints[k];
        struct pdf_object t = s->targets[s->first[node] + k];
        char key[PDF_NAME_MAX + 1];
        size_t same;
        if (p->is_inline && !t.id) continue;
        snprintf(key, sizeof key, "/%s", p->name);
        if (!is_first_of_name(s, node, k, &same)) {
            names[k] = names[same];
        } else {
            if (p->is_inline || !is_first_target(s, node, k)) {
                do snprintf(key, sizeof key, "/EnnIm%u", ++number);
                while (qpdf_oh_has_key(a->q, xobjects, key));
                names[k] = number;
            }
            qpdf_oh_replace_key(a->q, xobjects, key, qpdf_get_object_by_id(a->q, t.id, t.generation));
        }
        any |= names[k] != 0;
    }
    return any;
}

/* The content with the new names, compressed; *out from malloc. */
static enum enn_status edit_content(struct split *s, const struct pdf_unit *u, unsigned *names, uint8_t **out,
                                    size_t *n)
{
    struct pdf_artwork *a = s->a;
    uint8_t *data = NULL;
    char name[24];
    size_t size = 0, at = 0;
    enum enn_status st = pdf_content_of(a, u, &data, &size, s->err);
    struct pdf_deflate *z = st ? NULL : pdf_deflate_new(1, 0);
    int ok = z != NULL;
    for (size_t k = 0; ok && k < u->n_paints; k++) {
        const struct pdf_paint *p = &u->paints[k]; /* in the order of the content */
        if (!names[k] || p->begin < at || p->end > size) continue;
        int length = snprintf(name, sizeof name, "/EnnIm%u%s", names[k], p->is_inline ? " Do" : "");
        ok = pdf_deflate_rows(z, data + at, p->begin - at) &&
             pdf_deflate_rows(z, (const uint8_t *)name, (size_t)length);
        at = p->end;
    }
    ok = ok && pdf_deflate_rows(z, data + at, size - at) && pdf_deflate_end(z, out, n);
    pdf_deflate_free(z);
    free(data);
    return st ? st : ok ? ENN_OK : pdf_no_memory(a, s->err);
}

/* Gives the page, or the copy of the form whose stream is `to`, resources and content of its own. */
static enum enn_status edit_unit(struct split *s, uint32_t node, qpdf_oh to)
{
    struct pdf_artwork *a = s->a;
    const struct pdf_unit *u = unit_of(s, node);
    int is_page = !u->id;
    qpdf_oh holder = is_page ? qpdf_get_page_n(a->q, u->page) : qpdf_oh_get_dict(a->q, to);
    qpdf_oh source = !is_page && u->page != PDF_NONE ? qpdf_get_page_n(a->q, u->page) : holder;
    qpdf_oh resources = copy_dictionary(a, pdf_get_inherited(a, source, "/Resources"));
    qpdf_oh xobjects = copy_dictionary(a, qpdf_oh_get_key(a->q, resources, "/XObject"));
    unsigned *names = calloc(u->n_paints + 1, sizeof *names);
    if (!names) return pdf_no_memory(a, s->err);
    int renamed = name_targets(s, node, xobjects, names);
    qpdf_oh_replace_key(a->q, resources, "/XObject", xobjects);
    qpdf_oh_replace_key(a->q, holder, "/Resources", resources);
    uint8_t *data = NULL;
    size_t n = 0;
    enum enn_status st = ENN_OK;
    qpdf_oh none = qpdf_oh_new_null(a->q);
    if (renamed) {
        st = edit_content(s, u, names, &data, &n);
        if (!st) {
            qpdf_oh stream = is_page ? qpdf_oh_new_stream(a->q) : to;
            qpdf_oh_replace_stream_data(a->q, stream, data, n, qpdf_oh_new_name(a->q, "/FlateDecode"), none);
            if (is_page) qpdf_oh_replace_key(a->q, holder, "/Contents", stream);
        }
    } else if (!is_page) {
        st = pdf_stream_raw(a, qpdf_get_object_by_id(a->q, u->id, u->generation), &data, &n, s->err);
        if (!st)
            qpdf_oh_replace_stream_data(a->q, to, data, n, qpdf_oh_get_key(a->q, holder, "/Filter"),
                                        qpdf_oh_get_key(a->q, holder, "/DecodeParms"));
    }
    free(data);
    free(names);
    return st;
}

/* ---- the tree ---- */

static enum enn_status find_variant(struct split *s, uint32_t node, struct pdf_object *object)
{
    struct pdf_artwork *a = s->a;
    const struct pdf_unit *u = unit_of(s, node);
    size_t bytes = u->n_paints * sizeof *s->targets;
    for (size_t i = 0; i < s->n_variants; i++) {
        const struct variant *v = &s->variants[i];
        if (v->unit == a->nodes[node].unit &&
            !memcmp(&s->targets[s->first[v->node]], &s->targets[s->first[node]], bytes))
            return *object = v->object, ENN_OK;
    }
    struct variant *p = pdf_grow(s->variants, s->n_variants, &s->room, sizeof *p);
    if (!p) return pdf_no_memory(a, s->err);
    s->variants = p;
    qpdf_oh copy = copy_stream(a, (struct pdf_object){u->id, u->generation}, object);
    s->variants[s->n_variants++] = (struct variant){a->nodes[node].unit, node, *object};
    return edit_unit(s, node, copy);
}

enum enn_status pdf_split_content(struct pdf_artwork *a, const struct pdf_object *objects,
                                  struct enn_error *err)
{
    struct split s = {.a = a, .err = err};
    enum enn_status st = begin(&s, objects) ? ENN_OK : pdf_no_memory(a, err);
    for (size_t i = a->n_nodes; !st && i-- > 0;) { /* children come after their parents */
        const struct pdf_node *node = &a->nodes[i];
        if (!is_changed(&s, (uint32_t)i)) continue;
        if (node->parent == PDF_NONE)
            st = edit_unit(&s, (uint32_t)i, 0);
        else
            st = find_variant(&s, (uint32_t)i, &s.targets[s.first[node->parent] + node->paint]);
        if (!st && qpdf_has_error(a->q)) st = pdf_fail(a, "a page cannot be changed", err);
        qpdf_oh_release_all(a->q);
    }
    free(s.targets);
    free(s.first);
    free(s.variants);
    return st;
}
