/*
 * Verifying one file: the conductor, and the verdict.
 *
 * manifest (strict, signed) -> file -> exact comparison (verify_file.c), or picture -> detect -> message
 * -> lot -> content (verify_picture.c, verify_content.c) -> verdict
 */
#include "plates.h"
#include "status.h"
#include "verifier.h"
#include "trust/samplehash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct enn_verifier *enn_verifier_new(void)
{
    struct enn_verifier *v = calloc(1, sizeof *v);
    if (v && !(v->trust = trust_new())) {
        free(v);
        v = NULL;
    }
    return v;
}

void enn_verifier_free(struct enn_verifier *v)
{
    if (!v) return;
    trust_free(v->trust);
    manifest_clear(&v->manifest);
    cert_chain_free(v->chain);
    seal_ring_clear(&v->ring);
    free(v);
}

enum enn_status enn_verifier_trust(struct enn_verifier *v, const char *cert_file, struct enn_error *err)
{
    return trust_add_file(v->trust, cert_file, err);
}

enum enn_status enn_verifier_pin(struct enn_verifier *v, const char *pin_hex, struct enn_error *err)
{
    return trust_add_pin(v->trust, pin_hex, err);
}

enum enn_status enn_verifier_manifest(struct enn_verifier *v, const char *file, struct enn_error *err)
{
    if (v->have_manifest) return enn_fail(err, ENN_USAGE, "%s: only one manifest at a time", file);
    enum enn_status st =
        manifest_read_file(file, &v->manifest, &v->chain, &v->manifest_reason, &v->manifest_error);
    if (st && st != ENN_NOT_GENUINE) {
        *err = v->manifest_error;
        return st;
    }
    v->have_manifest = 1;
    v->manifest_status = st;
    return ENN_OK;
}

enum enn_status enn_verifier_seal(struct enn_verifier *v, const char *key_file, struct enn_error *err)
{
    return seal_ring_add(&v->ring, key_file, err);
}

enum enn_status enn_verifier_revoked(struct enn_verifier *v, const char *list_file, struct enn_error *err)
{
    return seal_ring_revoke(&v->ring, list_file, err);
}

/* Who enrols says what genuine prints look like: as with the manifest, that must be somebody who is trusted. */
enum enn_status enn_verifier_enrolment(struct enn_verifier *v, const char *file, struct enn_error *err)
{
    struct cert_chain *chain = NULL;
    enum enn_reason reasons[TRUST_MAX_REASONS];
    enum enn_status st = seal_ring_enrol(&v->ring, file, &chain, err);
    if (!st && v->have_manifest && !v->manifest_status &&
        (memcmp(v->ring.enrolment->artwork, v->manifest.output.sha256, SHA256_BYTES) ||
         strcmp(v->ring.enrolment->lot_id, v->manifest.lot_id)))
        st = enn_fail(err, ENN_FORMAT, "%s: is the enrolment of another artwork than the manifest's", file);
    if (!st && trust_judge(v->trust, chain, (int64_t)time(NULL), reasons))
        st = enn_fail(err, ENN_UNTRUSTED, "%s: %s", file, enn_reason_text(reasons[0]));
    cert_chain_free(chain);
    return st;
}

void enn_verdict_clear(struct enn_verdict *v)
{
    free(v->cells);
    free(v->packs);
    verify_map_free(v->map);
    free(v->seal_cells);
    verify_edges_free(v->edges);
    memset(v, 0, sizeof *v);
}

/* ---- the verdict under construction ---- */

void verdict_reason(struct enn_verdict *v, enum enn_reason r)
{
    for (int i = 0; i < v->n_reasons; i++)
        if (v->reasons[i] == r) return;
    if (v->n_reasons < (int)(sizeof v->reasons / sizeof *v->reasons)) v->reasons[v->n_reasons++] = r;
}

void verdict_answer(struct enn_verdict *v, enum enn_status s, enum enn_reason r)
{
    static const enum enn_status order[] = {ENN_OK, ENN_NO_MARK, ENN_UNTRUSTED, ENN_COPY, ENN_NOT_GENUINE};
    int now = 0, then = 0;
    for (int i = 0; i < 5; i++) {
        if (order[i] == v->status) now = i;
        if (order[i] == s) then = i;
    }
    if (then > now) v->status = s;
    verdict_reason(v, r);
}

static enum enn_status fault(struct enn_verdict *v, const struct enn_error *e)
{
    static const struct {
        enum enn_status s;
        enum enn_reason r;
    } map[] = {
        {ENN_FORMAT, ENN_REASON_MALFORMED},
        {ENN_UNSUPPORTED, ENN_REASON_UNSUPPORTED_INPUT},
        {ENN_LIMIT, ENN_REASON_OVER_LIMIT},
        {ENN_NOMEM, ENN_REASON_NO_MEMORY},
    };
    v->status = e->status;
    v->n_reasons = 0;
    enum enn_reason r = ENN_REASON_IO_FAILED;
    for (size_t i = 0; i < sizeof map / sizeof *map; i++)
        if (map[i].s == e->status) r = map[i].r;
    verdict_reason(v, r);
    snprintf(v->detail, sizeof v->detail, "%s", e->text);
    return e->status;
}

void verdict_name_lot(struct enn_verdict *out, const struct enn_verifier *v)
{
    const struct lot_statement *l = &v->manifest.lot;
    snprintf(out->gtin, sizeof out->gtin, "%s", l->gtin);
    snprintf(out->lot, sizeof out->lot, "%s", l->lot);
    snprintf(out->expiry, sizeof out->expiry, "%s", l->expiry);
    snprintf(out->serial, sizeof out->serial, "%s", l->serial);
    snprintf(out->issuer, sizeof out->issuer, "%s", l->issuer);
}

static void judge_trust(struct enn_verdict *out, const struct enn_verifier *v,
                        const struct enn_verify_options *o)
{
    enum enn_reason reasons[TRUST_MAX_REASONS];
    int n = trust_judge(v->trust, v->chain, o->now ? o->now : (int64_t)time(NULL), reasons);
    for (int i = 0; i < n; i++) verdict_answer(out, ENN_UNTRUSTED, reasons[i]);
    if (n && out->status == ENN_UNTRUSTED)
        snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(reasons[0]));
}

/* A mark carried over to another picture reads as before; the picture tells.  What the bytes prove stays. */
static void judge_content(struct enn_verdict *out, int exact)
{
    int certain = 0;
    struct enn_rect first = {0};
    for (uint32_t i = 0; out->map && i < out->map->n; i++) {
        out->map->items[i].certain &= !exact;
        if (out->map->items[i].certain && !certain++) first = out->map->items[i].at;
    }
    if (exact && out->content == ENN_CONTENT_DIFFERS) out->content = ENN_CONTENT_UNKNOWN;
    if (out->status == ENN_OK && out->content == ENN_CONTENT_DIFFERS)
        snprintf(out->detail, sizeof out->detail,
                 "the mark names lot %s, but the picture does not show its artwork", out->lot);
    else if (out->status == ENN_OK && certain)
        snprintf(out->detail, sizeof out->detail, "lot %s, altered at %d place%s, the first at %.0f, %.0f mm",
                 out->lot, certain, certain > 1 ? "s" : "", first.x, first.y);
    if (out->content == ENN_CONTENT_DIFFERS) verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_OTHER_ARTWORK);
    if (certain) verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_ALTERED);
}

static double seconds_since(const struct timespec *t0)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)(t.tv_sec - t0->tv_sec) + 1e-9 * (double)(t.tv_nsec - t0->tv_nsec);
}

/* What is known before any picture is read.  Returns 1 when the verdict is final: a forged manifest is not
 * looked past. */
static int begin(struct enn_verdict *out, const struct enn_verifier *v)
{
    memset(out, 0, sizeof *out);
    out->status = ENN_OK;
    out->p_false = 1;
    if (!v->have_manifest || v->manifest_status == ENN_OK) return 0;
    verdict_answer(out, ENN_NOT_GENUINE, v->manifest_reason);
    snprintf(out->detail, sizeof out->detail, "%s", v->manifest_error.text);
    return 1;
}

static void finish(struct enn_verdict *out, const struct enn_verifier *v, const struct enn_verify_options *o)
{
    if (v->have_manifest && out->status != ENN_NO_MARK) judge_trust(out, v, o);
    if (!seal_ring_is_revoked(&v->ring, out->lot_id)) return;
    if (out->status == ENN_OK) snprintf(out->detail, sizeof out->detail, "lot id %s is revoked", out->lot_id);
    verdict_answer(out, ENN_UNTRUSTED, ENN_REASON_LOT_REVOKED);
}

/* A plate of the manifest's set: the file itself is compared, nothing is read from it.  1: judged. */
static int judge_plate(struct enn_verdict *out, const struct enn_verifier *v, enum plates_match match,
                       uint32_t plate)
{
    if (match == PLATES_OTHER) return 0;
    const char *ink = match == PLATES_CHANGED ? "" : v->manifest.pages[0].inks[plate].name;
    out->file_checked = 1;
    if (match == PLATES_EXACT) {
        out->p_false = 0; /* compared bit by bit */
        verdict_name_lot(out, v);
        snprintf(out->lot_id, sizeof out->lot_id, "%s", v->manifest.lot_id);
        snprintf(out->detail, sizeof out->detail, "plate %s of lot %s of GTIN %s, signed by %s", ink,
                 out->lot, out->gtin, out->issuer);
        return 1;
    }
    verdict_answer(out, ENN_NOT_GENUINE,
                   match == PLATES_SAME ? ENN_REASON_FILE_HASH : ENN_REASON_SAMPLES_DIFFER);
    snprintf(out->detail, sizeof out->detail,
             match == PLATES_SAME ? "plate %s: the samples are those that were signed, "
                                    "other parts of the file are not"
             : match == PLATES_UNSIGNED
                 ? "plate %s as it was before it was signed: it carries no mark"
                 : "a plate of the same size%s, but not with the samples that were signed",
             ink);
    return 1;
}

/* The signed file itself is known by its bytes, also where its mark is too weak to be read. */
static enum enn_status judge_unread(struct enn_verdict *out, const struct enn_verifier *v, const char *file,
                                    struct enn_error *err)
{
    uint8_t sha256[SHA256_BYTES];
    enum enn_status st = sha256_file(file, sha256, NULL, err);
    if (st || memcmp(sha256, v->manifest.output.sha256, SHA256_BYTES)) return st;
    out->status = ENN_OK;
    out->n_reasons = 0;
    out->p_false = 0; /* compared bit by bit */
    out->file_checked = 1;
    verdict_name_lot(out, v);
    snprintf(out->lot_id, sizeof out->lot_id, "%s", v->manifest.lot_id);
    snprintf(out->detail, sizeof out->detail,
             "lot %s of GTIN %s, signed by %s; its mark is too weak to be read", out->lot, out->gtin,
             out->issuer);
    return ENN_OK;
}

/* Separations that are not CMYK carry the mark in one ink, which the user may have chosen: the likeliest has been looked at;
 * when nothing is found in it, the others are, a few. */
static enum enn_status look_at_other_inks(const struct enn_verifier *v, const struct enn_verify_options *o,
                                          const char *file, struct picture *pic, struct enn_verdict *out,
                                          struct enn_error *err)
{
    enum { MOST_INKS = 4 };
    enum enn_status st = ENN_OK;
    for (unsigned k = 2; !st && k <= MOST_INKS && out->status == ENN_NO_MARK && pic->more_inks; k++) {
        picture_clear(pic);
        enn_verdict_clear(out);
        begin(out, v);
        st = verify_load(o, file, k, pic, err);
        if (!st) st = verify_picture(v, o, pic, out, err);
    }
    return st;
}

/* part: NULL, or what is looked at in place of the whole picture; then file may be NULL, and no bytes are compared. */
static enum enn_status verify(const struct enn_verifier *v, const struct enn_verify_options *o, const char *file,
                              const struct picture *part, struct enn_verdict *out, struct enn_error *err)
{
    struct timespec t0;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    struct picture pic = part ? *part : (struct picture){0};
    int bytes = file && strcmp(file, "-");
    int final = begin(out, v);
    enum verify_exact exact = NOT_THE_ARTWORK;
    enum plates_match match = PLATES_OTHER;
    uint32_t plate = 0;
    enum enn_status st = ENN_OK;
    if (!final && v->have_manifest && bytes)
        st = plates_compare(&v->manifest, file, &o->limits, o->threads, &match, &plate, err);
    if (!st && match == PLATES_OTHER && !part) st = verify_load(o, file, 1, &pic, err);
    if (!st && !final && judge_plate(out, v, match, plate)) {
        finish(out, v, o);
        final = 1;
    }
    if (!st && !final) st = verify_picture(v, o, &pic, out, err);
    if (!st && !final && bytes && !part) st = look_at_other_inks(v, o, file, &pic, out, err);
    int artwork = !strcmp(pic.kind, "tiff") || !strcmp(pic.kind, "pdf");
    if (!st && !final && v->have_manifest && artwork && bytes)
        st = out->status == ENN_NO_MARK ? judge_unread(out, v, file, err)
                                        : verify_samples(v, o, file, &exact, err);
    if (!part) picture_clear(&pic);
    if (!st) st = verify_no_map(v, o, out, err);
    if (st) {
        enn_verdict_clear(out);
        fault(out, err);
        out->p_false = 1;
    } else if (!final) {
        out->file_checked |= exact != NOT_THE_ARTWORK;
        judge_content(out, exact == EXACT || exact == FILE_DIFFERS);
        verdict_seal(out);
        if (!o->together || exact != NOT_THE_ARTWORK) verdict_copy(out, exact != NOT_THE_ARTWORK);
        if (exact == SAMPLES_DIFFER) {
            verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_SAMPLES_DIFFER);
            snprintf(out->detail, sizeof out->detail,
                     "the mark is there, but the samples are not those that were signed");
        } else if (exact == FILE_DIFFERS) {
            verdict_answer(out, ENN_NOT_GENUINE, ENN_REASON_FILE_HASH);
            snprintf(out->detail, sizeof out->detail,
                     "the samples are those that were signed, other parts of the file are not");
        }
        finish(out, v, o);
    }
    out->seconds = seconds_since(&t0);
    return out->status;
}

enum enn_status enn_verify_file(const struct enn_verifier *v, const struct enn_verify_options *o,
                                const char *file, struct enn_verdict *out, struct enn_error *err)
{
    struct enn_error scratch = {ENN_OK, ""};
    return verify(v, o, file, NULL, out, err ? err : &scratch);
}

enum enn_status verify_part(const struct enn_verifier *v, const struct enn_verify_options *o, const char *file,
                            const struct picture *part, struct enn_verdict *out, struct enn_error *err)
{
    return verify(v, o, file, part, out, err);
}

enum enn_status enn_verify_rgb(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const uint8_t *rgb, uint32_t width, uint32_t height, size_t stride,
                               struct enn_verdict *out, struct enn_error *err)
{
    struct timespec t0;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    struct enn_error scratch = {ENN_OK, ""};
    if (!err) err = &scratch;
    if (!begin(out, v)) {
        struct picture pic = {.rgb = (uint8_t *)rgb,
                              .width = width,
                              .height = height,
                              .stride = stride,
                              .full_width = width,
                              .full_height = height,
                              .reduced = 1};
        enum enn_status st = stride < (size_t)width * 3 ? enn_fail(err, ENN_USAGE, "stride below 3 * width")
                                                        : verify_picture(v, o, &pic, out, err);
        if (!st) st = verify_no_map(v, o, out, err);
        if (st) {
            fault(out, err);
        } else {
            judge_content(out, 0);
            verdict_seal(out);
            if (!o->together) verdict_copy(out, 0);
            finish(out, v, o);
        }
    }
    out->seconds = seconds_since(&t0);
    return out->status;
}
