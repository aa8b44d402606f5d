/* PDF, step 3: every painting of an image, with its place.
 *
 * Each content stream is read once, as a list of what it paints in its own space; executing the lists from
 * the pages down, through forms in forms, multiplies the matrices.  A form that paints itself is passed
 * over there, as readers do. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CONTENT ((uint64_t)256 << 20) /* decoded content of one stream, and four times that of all */

struct reading {
    struct pdf_artwork *a;
    uint32_t unit;
    const uint8_t *data;         /* the unit's content */
    qpdf_oh resources, xobjects; /* the unit's */
    struct enn_error *err;
    enum enn_status status;
};

/* ---- content ---- */

static enum enn_status append(struct pdf_artwork *a, qpdf_oh stream, uint8_t **data, size_t *n,
                              struct enn_error *err)
{
    uint8_t *more = NULL;
    size_t more_n = 0;
    uint64_t max = a->limits.max_memory / 8 < MAX_CONTENT ? a->limits.max_memory / 8 : MAX_CONTENT;
    enum enn_status s = pdf_stream_decoded(a, stream, max - (*n < max ? *n : max), &more, &more_n, err);
    if (s) return s;
    uint8_t *p = realloc(*data, *n + more_n + 1);
    if (p) {
        memcpy(p + *n, more, more_n);
        p[*n + more_n] = '\n'; /* the division between streams is white space */
        *data = p;
        *n += more_n + 1;
    }
    free(more);
    return p ? ENN_OK : pdf_no_memory(a, err);
}

enum enn_status pdf_content_of(struct pdf_artwork *a, const struct pdf_unit *u, uint8_t **data, size_t *n,
                               struct enn_error *err)
{
    *data = NULL;
    *n = 0;
    if (u->id) return append(a, qpdf_get_object_by_id(a->q, u->id, u->generation), data, n, err);
    qpdf_oh contents = qpdf_oh_get_key(a->q, qpdf_get_page_n(a->q, u->page), "/Contents");
    if (qpdf_oh_is_stream(a->q, contents)) return append(a, contents, data, n, err);
    int items = qpdf_oh_is_array(a->q, contents) ? qpdf_oh_get_array_n_items(a->q, contents) : 0;
    enum enn_status s = ENN_OK;
    for (int i = 0; !s && i < items; i++) {
        qpdf_oh item = qpdf_oh_get_array_item(a->q, contents, i);
        if (qpdf_oh_is_stream(a->q, item)) s = append(a, item, data, n, err);
        qpdf_oh_release(a->q, item);
    }
    return s;
}

/* ---- units and images, each once ---- */

static enum enn_status find_image(struct reading *r, qpdf_oh stream, uint32_t *index)
{
    struct pdf_artwork *a = r->a;
    int id = qpdf_oh_get_object_id(a->q, stream);
    for (size_t i = 0; i < a->n_images; i++)
        if (a->images[i].id == id) return *index = (uint32_t)i, ENN_OK;
    struct pdf_image *p = pdf_grow(a->images, a->n_images, &a->images_room, sizeof *p);
    if (!p) return pdf_no_memory(a, r->err);
    a->images = p;
    struct pdf_image *i = &a->images[a->n_images];
    *i = (struct pdf_image){.id = id, .generation = qpdf_oh_get_generation(a->q, stream)};
    *index = (uint32_t)a->n_images++;
    return pdf_image_describe(a, i, r->err);
}

static enum enn_status add_unit(struct pdf_artwork *a, struct pdf_unit u, uint32_t *index,
                                struct enn_error *err)
{
    struct pdf_unit *p = pdf_grow(a->units, a->n_units, &a->units_room, sizeof *p);
    if (!p) return pdf_no_memory(a, err);
    a->units = p;
    a->units[a->n_units] = u;
    *index = (uint32_t)a->n_units++;
    return ENN_OK;
}

static enum enn_status find_form(struct reading *r, qpdf_oh stream, uint32_t *index)
{
    struct pdf_artwork *a = r->a;
    struct pdf_unit u = {.id = qpdf_oh_get_object_id(a->q, stream),
                         .generation = qpdf_oh_get_generation(a->q, stream),
                         .page = PDF_NONE};
    qpdf_oh own = qpdf_oh_get_key(a->q, qpdf_oh_get_dict(a->q, stream), "/Resources");
    if (!qpdf_oh_is_dictionary(a->q, own))
        u.page = a->units[r->unit].page; /* PDF 1.1: the page's resources serve */
    for (size_t i = 0; i < a->n_units; i++)
        if (a->units[i].id == u.id && a->units[i].page == u.page) return *index = (uint32_t)i, ENN_OK;
    return add_unit(a, u, index, r->err);
}

static enum enn_status add_paint(struct reading *r, const struct pdf_paint *paint)
{
    struct pdf_unit *u = &r->a->units[r->unit];
    if (u->n_paints >= PDF_MAX_PAINTS)
        return enn_fail(r->err, ENN_LIMIT, "%s: PDF: paints more than %u images and forms", r->a->name,
                        PDF_MAX_PAINTS);
    struct pdf_paint *p = pdf_grow(u->paints, u->n_paints, &u->room, sizeof *p);
    if (!p) return pdf_no_memory(r->a, r->err);
    u->paints = p;
    u->paints[u->n_paints++] = *paint;
    return ENN_OK;
}

static int on_paint(void *user, const char *name, const double matrix[6], size_t begin, size_t end)
{
    struct reading *r = user;
    struct pdf_artwork *a = r->a;
    char key[PDF_NAME_MAX + 1] = "/", type[PDF_NAME_MAX + 1];
    strcpy(key + 1, name);
    if (!qpdf_oh_is_dictionary(a->q, r->xobjects)) return 0;
    qpdf_oh o = qpdf_oh_get_key(a->q, r->xobjects, key);
    if (qpdf_oh_is_stream(a->q, o)) {
        struct pdf_paint p = {.begin = begin, .end = end};
        memcpy(p.matrix, matrix, sizeof p.matrix);
        strcpy(p.name, name);
        pdf_get_name(a, qpdf_oh_get_dict(a->q, o), "/Subtype", type);
        p.is_form = !strcmp(type, "/Form");
        if (p.is_form)
            r->status = find_form(r, o, &p.target);
        else if (!strcmp(type, "/Image"))
            r->status = find_image(r, o, &p.target);
        if (!r->status && (p.is_form || !strcmp(type, "/Image"))) r->status = add_paint(r, &p);
    }
    qpdf_oh_release(a->q, o);
    return r->status != ENN_OK;
}

static int on_inline(void *user, const struct pdf_inline_image *image, const double matrix[6])
{
    struct reading *r = user;
    struct pdf_paint p = {.is_inline = 1, .inline_image = *image, .begin = image->begin, .end = image->end};
    memcpy(p.matrix, matrix, sizeof p.matrix);
    r->status = pdf_inline_add(r->a, r->data, image, r->resources, &p.target, r->err);
    if (!r->status) r->status = add_paint(r, &p);
    return r->status != ENN_OK;
}

static enum enn_status read_unit(struct pdf_artwork *a, uint32_t index, struct enn_error *err)
{
    struct reading r = {.a = a, .unit = index, .err = err};
    const struct pdf_unit u = a->units[index];
    a->units[index].read = 1;
    qpdf_oh_release_all(a->q);
    qpdf_oh holder = u.id && u.page == PDF_NONE
                         ? qpdf_oh_get_dict(a->q, qpdf_get_object_by_id(a->q, u.id, u.generation))
                         : qpdf_get_page_n(a->q, u.page);
    qpdf_oh resources = pdf_get_inherited(a, holder, "/Resources");
    uint8_t *data = NULL;
    size_t n = 0;
    enum enn_status s = pdf_content_of(a, &u, &data, &n, err);
    a->content_bytes += n;
    if (!s && a->content_bytes > 4 * MAX_CONTENT)
        s = enn_fail(err, ENN_LIMIT, "%s: PDF: too much content", a->name);
    r.data = data;
    r.resources = resources;
    r.xobjects = qpdf_oh_is_dictionary(a->q, resources) ? qpdf_oh_get_key(a->q, resources, "/XObject")
                                                        : qpdf_oh_new_null(a->q);
    if (!s) {
        struct pdf_content_events events = {&r, on_paint, on_inline};
        int draws = 0;
        enum pdf_content_result c = pdf_content_run(data, n, &events, &draws);
        a->units[index].draws = draws;
        s = r.status;
        if (!s && c == PDF_CONTENT_TOO_DEEP)
            s = enn_fail(err, ENN_LIMIT, "%s: PDF: graphics states are nested too deeply", a->name);
    }
    free(data);
    return s;
}

/* ---- executing ---- */

static enum enn_status add_leaf(struct pdf_artwork *a, uint32_t node, uint32_t paint, uint32_t page,
                                const double to_mm[6], struct enn_error *err)
{
    struct pdf_leaf *p = pdf_grow(a->leaves, a->n_leaves, &a->leaves_room, sizeof *p);
    if (!p) return pdf_no_memory(a, err);
    a->leaves = p;
    struct pdf_leaf *l = &a->leaves[a->n_leaves++];
    *l = (struct pdf_leaf){.node = node,
                           .paint = paint,
                           .page = page,
                           .image = a->units[a->nodes[node].unit].paints[paint].target};
    memcpy(l->to_mm, to_mm, sizeof l->to_mm); /* still from the unit square */
    return ENN_OK;
}

static int is_on_the_way(const struct pdf_artwork *a, uint32_t node, uint32_t unit)
{
    for (; node != PDF_NONE; node = a->nodes[node].parent)
        if (a->units[a->nodes[node].unit].id == a->units[unit].id && a->units[unit].id) return 1;
    return 0;
}

static void form_matrix(struct pdf_artwork *a, const struct pdf_unit *u, double m[6])
{
    static const double unit[6] = {1, 0, 0, 1, 0, 0};
    memcpy(m, unit, sizeof unit);
    if (!u->id) return;
    double v[6];
    qpdf_oh o = qpdf_oh_get_dict(a->q, qpdf_get_object_by_id(a->q, u->id, u->generation));
    if (pdf_get_numbers(a, qpdf_oh_get_key(a->q, o, "/Matrix"), v, 6) == 6) memcpy(m, v, sizeof v);
}

static enum enn_status execute(struct pdf_artwork *a, uint32_t unit, uint32_t parent, uint32_t paint,
                               const double at[6], unsigned depth, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    double m[6];
    if (depth > PDF_MAX_NESTING)
        return enn_fail(err, ENN_LIMIT, "%s: PDF: forms are nested too deeply", a->name);
    if (a->n_nodes + a->n_leaves >= PDF_MAX_PAINTS)
        return enn_fail(err, ENN_LIMIT, "%s: PDF: paints more than %u images and forms", a->name,
                        PDF_MAX_PAINTS);
    if (!a->units[unit].read && (s = read_unit(a, unit, err))) return s;
    struct pdf_node *p = pdf_grow(a->nodes, a->n_nodes, &a->nodes_room, sizeof *p);
    if (!p) return pdf_no_memory(a, err);
    a->nodes = p;
    uint32_t node = (uint32_t)a->n_nodes++;
    a->nodes[node] = (struct pdf_node){.unit = unit, .parent = parent, .paint = paint};
    form_matrix(a, &a->units[unit], m);
    pdf_matrix_multiply(m, at, m);
    memcpy(a->nodes[node].to_mm, m, sizeof m);
    for (uint32_t i = 0; !s && i < a->units[unit].n_paints; i++) {
        const struct pdf_paint what = a->units[unit].paints[i];
        double to_mm[6];
        pdf_matrix_multiply(what.matrix, m, to_mm);
        uint32_t page = a->units[a->nodes[node].unit].id ? PDF_NONE : a->units[unit].page;
        for (uint32_t up = node; page == PDF_NONE; up = a->nodes[up].parent)
            if (a->nodes[up].parent == PDF_NONE) page = a->units[a->nodes[up].unit].page;
        if (!what.is_form)
            s = add_leaf(a, node, i, page, to_mm, err);
        else if (!is_on_the_way(a, node, what.target))
            s = execute(a, what.target, node, i, to_mm, depth + 1, err);
    }
    return s;
}

enum enn_status pdf_walk(struct pdf_artwork *a, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    for (uint32_t i = 0; !s && i < a->n_sheets; i++) {
        uint32_t unit = 0;
        s = add_unit(a, (struct pdf_unit){.page = i}, &unit, err);
        if (!s) s = execute(a, unit, PDF_NONE, 0, a->sheets[i].to_mm, 0, err);
    }
    qpdf_oh_release_all(a->q);
    return s;
}
