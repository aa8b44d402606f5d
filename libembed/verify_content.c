/*
 * Verifying that a picture shows the artwork of the manifest (capture/content.h), and where on it.
 */
#include "capture/content.h"
#include "capture/detect.h"
#include "status.h"
#include "verifier.h"
#include <math.h>
#include <string.h>

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

static void place_view(struct enn_verdict *out, const struct detection *d, const int tiles[2])
{
    double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
    for (int i = 0; i < d->field.columns * d->field.rows; i++)
        for (int k = 0; k < 2 && d->field.nodes[i].state == NODE_LOCKED; k++) {
            low[k] = fmin(low[k], d->field.nodes[i].at.u[k]);
            high[k] = fmax(high[k], d->field.nodes[i].at.u[k]);
        }
    if (!(high[0] >= low[0])) return;
    out->view = (struct enn_rect){low[0] - tiles[0] * TILE_MM, low[1] - tiles[1] * TILE_MM, high[0] - low[0],
                                  high[1] - low[1]};
}

enum enn_status verify_content(const struct enn_verifier *v, const struct picture *pic,
                               const struct detection *d, struct enn_verdict *out, struct enn_error *err)
{
    const struct manifest_thumbnail *t = &v->manifest.thumbnail;
    const struct rectify_picture rp = {pic->rgb, pic->width, pic->height, pic->stride, d->factor};
    const struct content_reference ref = {t->grey, t->width,    t->height,   t->x_mm,
                                          t->y_mm, t->width_mm, t->height_mm};
    struct content c;
    if (!d->field.nodes || v->manifest.mark.origin_x_mm != 0 || v->manifest.mark.origin_y_mm != 0)
        return ENN_OK;
    if (content_compare(&rp, &d->field, &ref, &c)) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_content answer = c.answer == CONTENT_AGREES ? ENN_CONTENT_AGREES
                              : c.answer == CONTENT_DIFFERS && is_complete(&v->manifest)
                                  ? ENN_CONTENT_DIFFERS
                                  : ENN_CONTENT_UNKNOWN;
    if (answer < out->content) return ENN_OK; /* of several prints in a picture the worst counts */
    out->content = answer;
    out->content_agreement = c.agreement;
    if (answer == ENN_CONTENT_AGREES) place_view(out, d, c.tiles);
    return ENN_OK;
}
