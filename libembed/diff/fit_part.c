/*
 * Comparing, step 6e: a mark of which only a part was seen (fit_work.h).
 *
 * Its waves are not to be told apart; the pilots as one picture are, and so are the bounds of its strength.
 */
#include "diff/fit_work.h"
#include "diff/pilots.h"
#include "status.h"
#include <math.h>
#include <stdlib.h>

static const double NEARLY_ALL = 0.995; /* of the changes are such as a mark makes */

static int is_possible(struct fit_work *w)
{
    double share = fit_possible_share(w);
    return share < 0 || share >= NEARLY_ALL;
}

/*
 * An image that is much smaller than a tile, or a strip, shows no wave by itself.  Where another image of the same file has
 * got a mark, this one has, too, if practically all of its changes are such as this mark makes; what it does not make stays
 * a change.
 */
enum enn_status fit_as_elsewhere(struct fit_work *w, struct fit *out, struct enn_error *err)
{
    const double elsewhere = w->known ? w->known->elsewhere : 0;
    if (elsewhere < 0) out->kind = FIT_REMOVED;
    if (!(elsewhere > 0)) return ENN_OK;
    enum enn_status st = marking_set_strength(w->m, elsewhere, err);
    if (st || !is_possible(w)) return st;
    out->kind = FIT_ADDED;
    out->strength = elsewhere;
    out->reach = fit_bound_reach(w);
    return ENN_OK;
}

/* The pilots as a picture (diff/pilots.h), by the band that shows them best. */
static enum enn_status match_pilots(const struct fit_work *w, struct pilot_match *best, struct enn_error *err)
{
    const uint64_t FEW = 200; /* pixels, 1.4 mm2 at 300 dpi */
    const int8_t none[CODE_N] = {0};
    struct tile *pilots = malloc(sizeof *pilots);
    *best = (struct pilot_match){0, 0};
    if (!pilots) return enn_fail(err, ENN_NOMEM, "out of memory");
    tile_render(pilots, w->carrier, none);
    for (int b = 0; b < TILE_BANDS; b++) {
        const struct fit_band *x = &w->band[b];
        if (x->changed < FEW) continue;
        struct pilot_match m =
            pilots_match(x->sum, x->weights, pilots, b, b == TILE_PAPER ? fit_paper_slope() : 1);
        if (fabs(m.deviations) > fabs(best->deviations)) *best = m;
    }
    free(pilots);
    return ENN_OK;
}

/* Such an image without another one: the pilots must stand out, and practically all changes must be such as the mark of that
 * strength makes. */
enum enn_status fit_in_part(struct fit_work *w, int soft, struct fit *out, struct enn_error *err)
{
    const double LEAST = 4, WEAKEST = 0.08;
    struct pilot_match m;
    enum enn_status st = match_pilots(w, &m, err);
    if (st || fabs(m.deviations) < LEAST || fabs(m.strength) < WEAKEST) return st;
    if (m.strength < 0) {
        out->kind = FIT_REMOVED;
        return ENN_OK;
    }
    st = soft ? fit_soft_strength(w, m.strength, err) : fit_find_strength(w, m.strength, err);
    if (st || (!soft && !is_possible(w))) return st;
    out->kind = FIT_ADDED;
    out->strength = w->m->strength;
    out->reach = fit_bound_reach(w);
    return ENN_OK;
}
