/*
 * Verifying that a picture shows the artwork of the manifest (capture/content.h), where on it, and with
 * --map what of it was altered (capture/alter.h).
 */
#include "capture/alter.h"
#include "capture/detect.h"
#include "status.h"
#include "verifier.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Maps are made of flat prints: on others the artwork is not where a few nodes promise.  Coarser
 * captures are mapped, but nothing in them is certain: a scan of 300 dpi has 11.8 px/mm. */
static const double MOST_BEND_MM = 0.17, LEAST_PX_PER_MM = 11;
enum { BEYOND = 6 }; /* nodes that the field is continued by, where the artwork carries no mark */

/* The thumbnail shows all that a print of this artwork can show: one page, nothing printed that no
 * manifest names. * A PDF's type and drawings are not in it, nor are plates that were not signed with
 * the others. */
static int is_complete(const struct manifest *m)
{
    static const char *const process[] = {"Cyan", "Magenta", "Yellow", "Black"};
    if (m->n_pages != 1 || !strstr(m->output.format, "TIFF")) return 0;
    for (int k = 0; k < 4 && m->n_plates; k++) {
        uint32_t i = 0;
        while (i < m->pages[0].n_inks && strcmp(m->pages[0].inks[i].name, process[k])) i++;
        if (i == m->pages[0].n_inks) return 0;
    }
    return 1;
}

struct content_reference verifier_artwork(const struct manifest *m)
{
    const struct manifest_thumbnail *t = &m->thumbnail;
    return (struct content_reference){t->grey, t->width,    t->height,   t->x_mm,
                                      t->y_mm, t->width_mm, t->height_mm};
}

/* Takes over what alter_find and residual_make made. */
static int take_map(struct enn_alterations *to, const struct alter_map *a, struct residual *r,
                    int may_be_certain)
{
    to->cell_mm = a->cell_mm;
    to->columns = (uint32_t)a->columns;
    to->rows = (uint32_t)a->rows;
    to->n = (uint32_t)a->n_boxes;
    to->state = malloc((size_t)to->columns * to->rows + 1);
    to->items = calloc((size_t)to->n + 1, sizeof *to->items);
    if (!to->state || !to->items) return -1;
    for (size_t i = 0; i < (size_t)to->columns * to->rows; i++)
        to->state[i] = a->state[i] == ALTER_CHANGED  ? ENN_CELL_ALTERED
                       : a->state[i] == ALTER_INTACT ? ENN_CELL_INTACT
                                                     : ENN_CELL_UNKNOWN;
    for (uint32_t i = 0; i < to->n; i++) {
        const struct alter_box *b = &a->boxes[i];
        to->items[i] = (struct enn_alteration){
            {b->x_mm, b->y_mm, b->width_mm, b->height_mm}, b->score, b->certain && may_be_certain};
    }
    to->picture_width = (uint32_t)r->picture_width;
    to->picture_height = (uint32_t)r->picture_height;
    to->picture = r->picture;
    r->picture = NULL;
    return 0;
}

static struct enn_alterations *map_new(const struct manifest *m)
{
    struct enn_alterations *map = calloc(1, sizeof *map);
    if (!map) return NULL;
    map->x = m->thumbnail.x_mm, map->y = m->thumbnail.y_mm;
    map->width = m->thumbnail.width_mm, map->height = m->thumbnail.height_mm;
    return map;
}

/* The map of one print; where it cannot be made out->map stays NULL. */
static int make_map(const struct enn_verifier *v, const struct enn_verify_options *o,
                    const struct rectify_picture *rp, const struct detection *d, const int tiles[2],
                    struct enn_verdict *out)
{
    const struct content_reference ref = verifier_artwork(&v->manifest);
    struct residual r = {0};
    struct alter_map a = {0};
    struct field f = d->field;
    size_t n = (size_t)f.columns * (size_t)f.rows * sizeof *f.nodes;
    if (rectify_bend(&f) > MOST_BEND_MM) return 0;
    f.nodes = malloc(n);
    if (!f.nodes) return -1;
    memcpy(f.nodes, d->field.nodes, n);
    int bad = rectify_extend(&f, BEYOND);
    if (!bad) bad = residual_make(&r, rp, &f, tiles, &ref, o->limits.max_memory / 2);
    if (!bad && r.tone > 0) bad = alter_find(&a, &r, &ref);
    if (!bad && a.columns > 0) {
        out->map = map_new(&v->manifest);
        bad = !out->map ||
              take_map(out->map, &a, &r, is_complete(&v->manifest) && d->px_per_mm >= LEAST_PX_PER_MM);
    }
    field_free(&f);
    alter_free(&a);
    residual_free(&r);
    return bad ? -1 : 0;
}

enum enn_status verify_content(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const struct picture *pic, const struct detection *d, struct enn_verdict *out,
                               struct enn_error *err)
{
    const struct rectify_picture rp = {pic->rgb, pic->width, pic->height, pic->stride, d->factor};
    const struct content_reference ref = verifier_artwork(&v->manifest);
    struct content c = {0};
    if (!d->field.nodes || v->manifest.mark.origin_x_mm != 0 || v->manifest.mark.origin_y_mm != 0)
        return ENN_OK;
    if (!pic->one_ink && content_compare(&rp, &d->field, &ref, &c)) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_content answer = c.answer == CONTENT_AGREES ? ENN_CONTENT_AGREES
                              : c.answer == CONTENT_DIFFERS && is_complete(&v->manifest)
                                  ? ENN_CONTENT_DIFFERS
                                  : ENN_CONTENT_UNKNOWN;
    if (answer < out->content) return ENN_OK; /* of several prints in a picture the worst counts */
    out->content = answer;
    out->content_agreement = c.agreement;
    if (answer == ENN_CONTENT_AGREES) verdict_view(out, d, c.tiles);
    if (o->map && !out->map && answer == ENN_CONTENT_AGREES && make_map(v, o, &rp, d, c.tiles, out))
        return enn_fail(err, ENN_NOMEM, "out of memory");
    return ENN_OK;
}

enum enn_status verify_map_by_seal(const struct enn_verifier *v, const struct enn_verify_options *o,
                                   const struct picture *pic, const struct detection *d,
                                   struct enn_verdict *out, struct enn_error *err)
{
    const struct rectify_picture rp = {pic->rgb, pic->width, pic->height, pic->stride, d->factor};
    struct enn_verdict at = {0};
    int sealed = out->seal == ENN_SEAL_PRESENT || out->seal == ENN_SEAL_BROKEN;
    if (!o->map || out->map || !sealed || out->seal_page != 1 || out->content != ENN_CONTENT_UNKNOWN)
        return ENN_OK;
    if (!d->field.nodes || pic->one_ink || v->manifest.mark.origin_x_mm != 0 ||
        v->manifest.mark.origin_y_mm != 0)
        return ENN_OK;
    verdict_view(&at, d, (const int[2]){0, 0});
    const int tiles[2] = {(int)lrint((at.view.x - out->view.x) / TILE_MM),
                          (int)lrint((at.view.y - out->view.y) / TILE_MM)};
    return make_map(v, o, &rp, d, tiles, out) ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
}

enum enn_status verify_no_map(const struct enn_verifier *v, const struct enn_verify_options *o,
                              struct enn_verdict *out, struct enn_error *err)
{
    if (!o->map || out->map || !v->have_manifest || v->manifest_status) return ENN_OK;
    const struct manifest_thumbnail *t = &v->manifest.thumbnail;
    struct enn_alterations *m = out->map = map_new(&v->manifest);
    size_t n = (size_t)t->width * t->height;
    if (!m) return enn_fail(err, ENN_NOMEM, "out of memory");
    m->picture = malloc(3 * n);
    if (!m->picture) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (size_t i = 0; i < 3 * n; i++) m->picture[i] = t->grey[i / 3];
    m->picture_width = t->width;
    m->picture_height = t->height;
    return ENN_OK;
}

void verify_map_free(struct enn_alterations *m)
{
    if (!m) return;
    free(m->state);
    free(m->items);
    free(m->picture);
    free(m);
}
