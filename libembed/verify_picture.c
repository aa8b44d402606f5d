/*
 * Verifying a picture: detect -> message -> lot -> content, into the verdict.
 */
#include "capture/content.h"
#include "capture/packs.h"
#include "status.h"
#include "verifier.h"
#include "trust/hex.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct anchors {
    uint8_t fingerprint[VERIFIER_MAX_ANCHORS][32];
    int n, expected;
};

static void collect_anchors(struct anchors *a, const struct enn_verifier *v)
{
    a->n = 0;
    a->expected = -1;
    if (v->chain) {
        memcpy(a->fingerprint[a->n], cert_chain_anchor(v->chain), 32);
        a->expected = a->n++;
    }
    for (int i = 0; i < trust_anchor_count(v->trust) && a->n < VERIFIER_MAX_ANCHORS; i++) {
        const uint8_t *f = trust_anchor_fingerprint(v->trust, i);
        int known = 0;
        for (int k = 0; k < a->n; k++) known |= !memcmp(a->fingerprint[k], f, 32);
        if (!known) memcpy(a->fingerprint[a->n++], f, 32);
    }
}

int verifier_anchors(const struct enn_verifier *v, uint8_t fingerprint[VERIFIER_MAX_ANCHORS][32])
{
    struct anchors a;
    collect_anchors(&a, v);
    memcpy(fingerprint, a.fingerprint, sizeof a.fingerprint);
    return a.n;
}

int verifier_message(const struct enn_verifier *v, uint8_t message[PAYLOAD_BYTES])
{
    if (!v->have_manifest || v->manifest_status) return 0;
    memcpy(message, v->manifest.mark.message, PAYLOAD_BYTES);
    return 1;
}

static void copy_cells(struct enn_verdict *out, const struct detection *d, double scale)
{
    const struct field *f = &d->field;
    if (!f->nodes) return;
    out->cells = calloc((size_t)f->columns * f->rows, sizeof *out->cells);
    for (int i = 0; out->cells && i < f->columns * f->rows; i++) {
        const struct lock *l = &f->nodes[i].at;
        if (f->nodes[i].state != NODE_LOCKED) continue;
        struct enn_cell *c = &out->cells[out->n_cells++];
        double h = TILE_MM / 6, det = l->j[0][0] * l->j[1][1] - l->j[0][1] * l->j[1][0];
        for (int k = 0; k < 4; k++) {
            double u = k == 1 || k == 2 ? h : -h, w = k >= 2 ? h : -h;
            c->corner[k].x = (l->x + (l->j[1][1] * u - l->j[0][1] * w) / det + 0.5) * d->factor * scale;
            c->corner[k].y = (l->y + (l->j[0][0] * w - l->j[1][0] * u) / det + 0.5) * d->factor * scale;
        }
        c->confidence = fmax(0, fmin(1, (l->z_phase - 4) / 4));
    }
}

/* scale: pixels of the file per pixel of the picture that was searched */
static void copy_detection(struct enn_verdict *out, const struct detection *d, double scale)
{
    out->p_false = fmax(d->p_false, 1e-300);
    out->matched = d->matched;
    out->energy = d->energy;
    out->energy_needed = CODE_ENERGY_NEEDED;
    out->tiles = d->tiles;
    out->px_per_mm = d->px_per_mm * scale;
    out->tilt_deg = d->tilt_rad * 180 / M_PI;
    out->rotation_deg = d->rotation_rad * 180 / M_PI;
    for (int i = 0; i < 4; i++) out->box[i] = (struct enn_point){d->box[i][0] * scale, d->box[i][1] * scale};
    copy_cells(out, d, scale);
    if (d->read) {
        hex_encode(d->payload.lot_id, LOT_ID_BYTES, out->lot_id);
        out->have_unit =
            !d->matched; /* units of a lot have codewords too alike for a match to tell them apart */
        out->unit = d->matched ? 0 : d->payload.unit;
    }
}

/* manifest_anchor: index of the manifest's issuer among those whose messages were looked for. */
static void judge_reading(struct enn_verdict *out, const struct enn_verifier *v, const struct detection *d,
                          int manifest_anchor)
{
    if (!d->read) {
        /* Where chips cannot be resolved the artwork itself was taken for pilots.  A message this strong would have been read if
         * it were of a given issuer. */
        int pilot = d->pilot && d->px_per_mm >= SYNC_MIN_PX_PER_MM;
        enum enn_reason r = d->mirrored                          ? ENN_REASON_MIRRORED
                            : !pilot                             ? ENN_REASON_NO_PILOT
                            : d->energy > 3 * CODE_ENERGY_NEEDED ? ENN_REASON_OTHER_ISSUER
                                                                 : ENN_REASON_TOO_WEAK;
        verdict_answer(out, ENN_NO_MARK, r);
        snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(r));
        return;
    }
    if (!v->have_manifest) {
        verdict_answer(out, ENN_UNTRUSTED, ENN_REASON_NO_MANIFEST);
        snprintf(out->issuer, sizeof out->issuer, "%s", trust_anchor_name(v->trust, d->anchor));
        snprintf(out->detail, sizeof out->detail,
                 "lot id %s was read; without its manifest it proves nothing", out->lot_id);
        return;
    }
    struct payload p;
    payload_unpack(v->manifest.mark.message, &p); /* manifest_read has checked that it is one */
    if (memcmp(p.lot_id, d->payload.lot_id, LOT_ID_BYTES) || p.unit != d->payload.unit) {
        verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_OTHER_LOT);
        snprintf(out->detail, sizeof out->detail, "the mark names lot id %s, the manifest %s", out->lot_id,
                 v->manifest.lot_id);
        return;
    }
    if (d->anchor !=
        manifest_anchor) { /* the same facts, copied into a manifest by another issuer that is trusted, too */
        verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_OTHER_LOT);
        snprintf(out->detail, sizeof out->detail, "the mark is of another issuer than the manifest");
        return;
    }
    verdict_name_lot(out, v);
    snprintf(out->detail, sizeof out->detail, "lot %s of GTIN %s, signed by %s", out->lot, out->gtin,
             out->issuer);
}

/* Why a picture with no pilot in it could not have shown one. */
static void judge_size(struct enn_verdict *out, const struct picture *pic, const struct detection *d)
{
    double px_per_mm = pic->dpi / 25.4;
    if (d->mirrored) return;
    if (pic->dpi > 0 && px_per_mm < SYNC_MIN_PX_PER_MM * 1.3) {
        out->n_reasons = 0;
        verdict_answer(out, ENN_NO_MARK, ENN_REASON_TOO_COARSE);
        snprintf(out->detail, sizeof out->detail, "%.0f dpi are too few to resolve a mark; 150 are a minimum",
                 pic->dpi);
    } else if (pic->width < SYNC_SIDE || pic->height < SYNC_SIDE) {
        out->n_reasons = 0;
        verdict_answer(out, ENN_NO_MARK, ENN_REASON_TOO_SMALL);
        snprintf(out->detail, sizeof out->detail, "%u x %u pixels are too few to find a mark in", pic->width,
                 pic->height);
    }
}

static enum enn_status list_packs(struct enn_verdict *out, const struct enn_verifier *v,
                                  const struct detection *d, int n, double scale, struct enn_error *err)
{
    out->packs = calloc((size_t)n, sizeof *out->packs);
    if (!out->packs) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (int i = 0; i < n; i++) {
        struct enn_pack *p = &out->packs[out->n_packs++];
        struct payload of;
        hex_encode(d[i].payload.lot_id, LOT_ID_BYTES, p->lot_id);
        p->matched = d[i].matched;
        p->have_unit = !d[i].matched;
        p->unit = d[i].matched ? 0 : d[i].payload.unit;
        p->p_false = fmax(d[i].p_false, 1e-300);
        p->px_per_mm = d[i].px_per_mm * scale;
        p->energy = d[i].energy;
        for (int k = 0; k < 4; k++)
            p->box[k] = (struct enn_point){d[i].box[k][0] * scale, d[i].box[k][1] * scale};
        if (!v->have_manifest) continue;
        payload_unpack(v->manifest.mark.message, &of);
        p->agrees = !memcmp(of.lot_id, d[i].payload.lot_id, LOT_ID_BYTES) && of.unit == d[i].payload.unit;
    }
    return ENN_OK;
}

/* The content is compared where the message alone would be believed. */
static int is_of_manifest(const struct enn_verifier *v, const struct detection *d, int manifest_anchor)
{
    return d->read && v->have_manifest && d->anchor == manifest_anchor &&
           !memcmp(d->message, v->manifest.mark.message, PAYLOAD_BYTES);
}

struct progress_relay {
    const struct enn_verify_options *o;
};
static void relay(void *user, double share)
{
    const struct enn_verify_options *o = ((struct progress_relay *)user)->o;
    o->progress(o->progress_user, share, "searching");
}

void verdict_view(struct enn_verdict *out, const struct detection *d, const int tiles[2])
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

enum enn_status verify_picture(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const struct picture *pic, struct enn_verdict *out, struct enn_error *err)
{
    struct anchors *a = malloc(sizeof *a);
    if (!a) return enn_fail(err, ENN_NOMEM, "out of memory");
    if (o->progress) o->progress(o->progress_user, 0, "decoding"); /* done: the picture is here */
    collect_anchors(a, v);
    struct progress_relay relayed = {o};
    const struct content_reference artwork = verifier_artwork(&v->manifest);
    int placed = a->expected >= 0 && !pic->one_ink && !v->manifest.mark.origin_x_mm && !v->manifest.mark.origin_y_mm;
    struct detect_request r = {.rgb = pic->rgb,
                               .width = pic->width,
                               .height = pic->height,
                               .stride = pic->stride,
                               .dpi = pic->dpi,
                               .anchors = (const uint8_t(*)[32])a->fingerprint,
                               .n_anchors = a->n,
                               .expected = a->expected >= 0 ? v->manifest.mark.message : NULL,
                               .expected_anchor = a->expected,
                               .artwork = placed ? &artwork : NULL,
                               .luminance = v->have_manifest ? v->manifest.mark.luminance : -1,
                               .p_false = o->p_false,
                               .threads = o->threads > 0 ? o->threads : (int)sysconf(_SC_NPROCESSORS_ONLN),
                               .effort = o->effort,
                               .whole = o->whole || o->map,
                               .progress = o->progress ? relay : NULL,
                               .progress_user = &relayed};
    struct detection *d = calloc(PACKS_MAX, sizeof *d);
    int n = 0;
    enum enn_status st = !d || detect_packs(&r, o->all ? PACKS_MAX : 1, d, &n)
                             ? enn_fail(err, ENN_NOMEM, "out of memory")
                             : ENN_OK;
    if (!st) {
        double scale = pic->reduced > 1 ? pic->reduced : 1;
        copy_detection(out, &d[0], scale);
        judge_reading(out, v, &d[0], a->expected);
        if (!d->read && !d->pilot) judge_size(out, pic, d);
        for (int i = 1; i < n; i++) judge_reading(out, v, &d[i], a->expected);
        for (int i = 0; i < n && !st; i++)
            if (is_of_manifest(v, &d[i], a->expected)) st = verify_content(v, o, pic, &d[i], out, err);
        for (int i = 0; i < n && !st; i++)
            if (is_of_manifest(v, &d[i], a->expected)) st = verify_seal(&v->ring, &v->manifest, pic, &d[i], out, err);
        if (!st && n == 1 && is_of_manifest(v, &d[0], a->expected))
            st = verify_map_by_seal(v, o, pic, &d[0], out, err);
        if (!st && o->all && d->read) st = list_packs(out, v, d, n, scale, err);
    }
    if (!st && o->progress) o->progress(o->progress_user, 1, "judging");
    for (int i = 0; d && i < n; i++) detection_clear(&d[i]);
    free(d);
    free(a);
    return st;
}
