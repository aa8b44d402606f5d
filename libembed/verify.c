/*
 * Verifying one file: the conductor, and the verdict.
 *
 *   manifest (strict, signed) -> file -> exact comparison, or picture -> detect -> message -> lot -> verdict
 */
#include "capture/packs.h"
#include "plates.h"
#include "artwork/plate.h"
#include "artwork/picture.h"
#include "press/profile.h"
#include "status.h"
#include "verifier.h"
#include "trust/hex.h"
#include "trust/manifest.h"
#include "trust/samplehash.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ANCHORS = VERIFIER_MAX_ANCHORS };
static const uint64_t KEEP_PIXELS = 32000000; /* larger pictures are averaged down while they are read */

struct enn_verifier {
    struct trust *trust;
    int have_manifest;
    enum enn_status manifest_status; /* ENN_OK, or ENN_NOT_GENUINE with reason and text */
    enum enn_reason manifest_reason;
    struct enn_error manifest_error;
    struct manifest manifest;
    struct cert_chain *chain;
};

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

void enn_verdict_clear(struct enn_verdict *v)
{
    free(v->cells);
    free(v->packs);
    memset(v, 0, sizeof *v);
}

/* ---- the verdict under construction ---- */

static void add_reason(struct enn_verdict *v, enum enn_reason r)
{
    for (int i = 0; i < v->n_reasons; i++)
        if (v->reasons[i] == r) return;
    if (v->n_reasons < (int)(sizeof v->reasons / sizeof *v->reasons)) v->reasons[v->n_reasons++] = r;
}

/* The answer for this reason; the worse of two answers stays (not genuine beats untrusted beats no mark). */
static void answer(struct enn_verdict *v, enum enn_status s, enum enn_reason r)
{
    static const enum enn_status order[] = {ENN_OK, ENN_NO_MARK, ENN_UNTRUSTED, ENN_COPY, ENN_NOT_GENUINE};
    int now = 0, then = 0;
    for (int i = 0; i < 5; i++) {
        if (order[i] == v->status) now = i;
        if (order[i] == s) then = i;
    }
    if (then > now) v->status = s;
    add_reason(v, r);
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
    add_reason(v, r);
    snprintf(v->detail, sizeof v->detail, "%s", e->text);
    return e->status;
}

static void name_lot(struct enn_verdict *out, const struct enn_verifier *v)
{
    const struct lot_statement *l = &v->manifest.lot;
    snprintf(out->gtin, sizeof out->gtin, "%s", l->gtin);
    snprintf(out->lot, sizeof out->lot, "%s", l->lot);
    snprintf(out->expiry, sizeof out->expiry, "%s", l->expiry);
    snprintf(out->serial, sizeof out->serial, "%s", l->serial);
    snprintf(out->issuer, sizeof out->issuer, "%s", l->issuer);
}

/* ---- reading ---- */

struct anchors {
    uint8_t fingerprint[MAX_ANCHORS][32];
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
    for (int i = 0; i < trust_anchor_count(v->trust) && a->n < MAX_ANCHORS; i++) {
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
        /* a message this strong would have been read if it were of a given issuer */
        enum enn_reason r = d->mirrored                         ? ENN_REASON_MIRRORED
                            : !d->pilot                          ? ENN_REASON_NO_PILOT
                            : d->energy > 3 * CODE_ENERGY_NEEDED ? ENN_REASON_OTHER_ISSUER
                                                                 : ENN_REASON_TOO_WEAK;
        answer(out, ENN_NO_MARK, r);
        snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(r));
        return;
    }
    if (!v->have_manifest) {
        answer(out, ENN_UNTRUSTED, ENN_REASON_NO_MANIFEST);
        snprintf(out->issuer, sizeof out->issuer, "%s", trust_anchor_name(v->trust, d->anchor));
        snprintf(out->detail, sizeof out->detail,
                 "lot id %s was read; without its manifest it proves nothing", out->lot_id);
        return;
    }
    struct payload p;
    payload_unpack(v->manifest.mark.message, &p); /* manifest_read has checked that it is one */
    if (memcmp(p.lot_id, d->payload.lot_id, LOT_ID_BYTES) || p.unit != d->payload.unit) {
        answer(out, ENN_NOT_GENUINE, ENN_REASON_OTHER_LOT);
        snprintf(out->detail, sizeof out->detail, "the mark names lot id %s, the manifest %s", out->lot_id,
                 v->manifest.lot_id);
        return;
    }
    if (d->anchor !=
        manifest_anchor) { /* the same facts, copied into a manifest by another issuer that is trusted, too */
        answer(out, ENN_NOT_GENUINE, ENN_REASON_OTHER_LOT);
        snprintf(out->detail, sizeof out->detail, "the mark is of another issuer than the manifest");
        return;
    }
    name_lot(out, v);
    snprintf(out->detail, sizeof out->detail, "lot %s of GTIN %s, signed by %s", out->lot, out->gtin,
             out->issuer);
}

static void judge_trust(struct enn_verdict *out, const struct enn_verifier *v,
                        const struct enn_verify_options *o)
{
    enum enn_reason reasons[TRUST_MAX_REASONS];
    int n = trust_judge(v->trust, v->chain, o->now ? o->now : (int64_t)time(NULL), reasons);
    for (int i = 0; i < n; i++) answer(out, ENN_UNTRUSTED, reasons[i]);
    if (n && out->status == ENN_UNTRUSTED)
        snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(reasons[0]));
}

/* Why a picture with no pilot in it could not have shown one. */
static void judge_size(struct enn_verdict *out, const struct picture *pic, const struct detection *d)
{
    double px_per_mm = pic->dpi / 25.4;
    if (d->mirrored) return;
    if (pic->dpi > 0 && px_per_mm < SYNC_MIN_PX_PER_MM * 1.3) {
        out->n_reasons = 0;
        answer(out, ENN_NO_MARK, ENN_REASON_TOO_COARSE);
        snprintf(out->detail, sizeof out->detail, "%.0f dpi are too few to resolve a mark; 150 are a minimum", pic->dpi);
    } else if (pic->width < SYNC_SIDE || pic->height < SYNC_SIDE) {
        out->n_reasons = 0;
        answer(out, ENN_NO_MARK, ENN_REASON_TOO_SMALL);
        snprintf(out->detail, sizeof out->detail, "%u x %u pixels are too few to find a mark in", pic->width,
                 pic->height);
    }
}

static enum enn_status list_packs(struct enn_verdict *out, const struct enn_verifier *v, const struct detection *d,
                                  int n, double scale, struct enn_error *err)
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
        for (int k = 0; k < 4; k++) p->box[k] = (struct enn_point){d[i].box[k][0] * scale, d[i].box[k][1] * scale};
        if (!v->have_manifest) continue;
        payload_unpack(v->manifest.mark.message, &of);
        p->agrees = !memcmp(of.lot_id, d[i].payload.lot_id, LOT_ID_BYTES) && of.unit == d[i].payload.unit;
    }
    return ENN_OK;
}

struct progress_relay {
    const struct enn_verify_options *o;
};
static void relay(void *user, double share)
{
    const struct enn_verify_options *o = ((struct progress_relay *)user)->o;
    o->progress(o->progress_user, share, "searching");
}

static enum enn_status read_picture(const struct enn_verifier *v, const struct enn_verify_options *o,
                                    const struct picture *pic, struct enn_verdict *out, struct enn_error *err)
{
    struct anchors *a = malloc(sizeof *a);
    if (!a) return enn_fail(err, ENN_NOMEM, "out of memory");
    collect_anchors(a, v);
    struct progress_relay relayed = {o};
    struct detect_request r = {.rgb = pic->rgb,
                               .width = pic->width,
                               .height = pic->height,
                               .stride = pic->stride,
                               .dpi = pic->dpi,
                               .anchors = (const uint8_t(*)[32])a->fingerprint,
                               .n_anchors = a->n,
                               .expected = a->expected >= 0 ? v->manifest.mark.message : NULL,
                               .expected_anchor = a->expected,
                               .luminance = v->have_manifest ? v->manifest.mark.luminance : -1,
                               .p_false = o->p_false,
                               .effort = o->effort,
                               .whole = o->whole,
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
        if (o->all && d->read) st = list_packs(out, v, d, n, scale, err);
    }
    for (int i = 0; d && i < n; i++) detection_clear(&d[i]);
    free(d);
    free(a);
    return st;
}

/* ---- exact comparison of artwork files ---- */

struct hasher {
    struct samplehash *hash;
    uint32_t width;
    struct enn_error *err;
};
static enum enn_status hash_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct hasher *h = user;
    (void)y;
    return samplehash_update(h->hash, samples, (size_t)rows * h->width, h->err);
}

static int same_geometry(const struct artwork_page *p, const struct manifest_page *m)
{
    return p->readable && p->width == m->width && p->height == m->height && p->bits == (unsigned)m->bits &&
           (p->samples < ENN_MAX_INKS ? p->samples : ENN_MAX_INKS) == m->n_inks &&
           !strcmp(m->colour, artwork_colour_word(p->colour));
}

/* The pages that the manifest lists: reduced copies and what is not meant to carry the mark are not among them. */
static int is_compared(const struct artwork_page *p)
{
    return !p->reduced && !p->left_alone;
}

/* Compares the samples of a page; *same stays as it is or becomes 0. */
static enum enn_status compare_page(struct artwork *a, size_t i, const struct manifest_page *m, int *same,
                                    struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, i);
    uint8_t(*got)[SHA256_BYTES] = calloc(ARTWORK_MAX_SAMPLES, SHA256_BYTES);
    struct hasher h = {NULL, p->width, err};
    enum enn_status st = got ? samplehash_new(p->samples, (int)p->bits, &h.hash, err)
                             : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) st = artwork_read(a, i, hash_band, &h, err);
    if (!st) st = samplehash_final(h.hash, got, err);
    for (uint32_t c = 0; !st && c < m->n_inks; c++)
        if (memcmp(got[c], m->inks[c].signed_sha256, SHA256_BYTES)) *same = 0;
    samplehash_free(h.hash);
    free(got);
    return st;
}

/*
 * A TIFF or PDF with the pages of the manifest (size, depth, inks) is taken for the artwork itself and must then
 * agree sample by sample, and byte by byte (another profile or resolution prints another pack); any other
 * picture is a capture.
 */
enum exact { NOT_THE_ARTWORK, SAMPLES_DIFFER, FILE_DIFFERS, EXACT };

static enum enn_status compare_artwork(const struct enn_verifier *v, const struct enn_verify_options *o,
                                       const char *file, enum exact *exact, struct enn_error *err)
{
    struct artwork *a = NULL;
    uint8_t sha256[SHA256_BYTES];
    *exact = NOT_THE_ARTWORK;
    enum enn_status st = artwork_open_locked(file, &o->limits, o->password, &a, err);
    if (st) return ENN_OK; /* whatever is wrong with it, reading it as a picture will say so */
    artwork_set_threads(a, o->threads);
    uint32_t n = 0, agree = 1;
    for (size_t i = 0; i < artwork_pages(a); i++)
        if (is_compared(artwork_page(a, i)))
            agree =
                agree && n < v->manifest.n_pages && same_geometry(artwork_page(a, i), &v->manifest.pages[n]),
            n++;
    int same = 1;
    if (agree && n == v->manifest.n_pages) {
        n = 0;
        for (size_t i = 0; !st && i < artwork_pages(a); i++)
            if (is_compared(artwork_page(a, i))) st = compare_page(a, i, &v->manifest.pages[n++], &same, err);
        if (!st && same) st = sha256_file(file, sha256, NULL, err);
        if (!st)
            *exact = !same                                                     ? SAMPLES_DIFFER
                     : memcmp(sha256, v->manifest.output.sha256, SHA256_BYTES) ? FILE_DIFFERS
                                                                               : EXACT;
    }
    artwork_close(a);
    return st;
}

struct conversion { /* the profile of the last page */
    struct profile *profile;
    const uint8_t *icc;
    enum press_colour colour;
};

static enum enn_status to_rgb(void *user, const struct artwork_page *page, const void *samples, uint32_t n,
                              uint8_t *rgb)
{
    struct conversion *c = user;
    struct enn_error e;
    enum press_colour colour = page->colour == ARTWORK_LAB ? PRESS_LAB : PRESS_CMYK;
    if (!c->profile || c->icc != page->icc || c->colour != colour) { /* the images of a PDF may differ in it */
        profile_free(c->profile);
        *c = (struct conversion){.icc = page->icc, .colour = colour};
        enum enn_status st = profile_open(&c->profile, colour, page->icc, page->icc_size, &e);
        if (st) return st;
    }
    struct press_pixels px = {
        .colour = colour, .bits = (int)page->bits, .samples_per_pixel = (int)page->samples};
    profile_to_rgb8(c->profile, &px, samples, n, rgb);
    return ENN_OK;
}

static enum enn_status load(const struct enn_verify_options *o, const char *file, struct picture *pic,
                            struct enn_error *err)
{
    struct conversion conversion = {0};
    struct picture_options po = picture_options_default();
    po.limits = o->limits;
    po.max_keep_pixels = KEEP_PIXELS;
    po.to_rgb = to_rgb;
    po.to_rgb_user = &conversion;
    po.password = o->password;
    enum enn_status st = picture_read(file, &po, pic, err);
    profile_free(conversion.profile);
    /* A screened plate is looked at as what yellow ink does to a capture: only blue falls. */
    if (!st && !strcmp(pic->kind, "tiff") && strcmp(file, "-") && plate_is(file, &o->limits))
        for (uint32_t y = 0; y < pic->height; y++)
            for (uint32_t x = 0; x < pic->width; x++)
                memset(pic->rgb + y * pic->stride + 3 * (size_t)x, 255, 2);
    return st;
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
    answer(out, ENN_NOT_GENUINE, v->manifest_reason);
    snprintf(out->detail, sizeof out->detail, "%s", v->manifest_error.text);
    return 1;
}

static void finish(struct enn_verdict *out, const struct enn_verifier *v, const struct enn_verify_options *o)
{
    if (v->have_manifest && out->status != ENN_NO_MARK) judge_trust(out, v, o);
}

/* A plate of the manifest's set: the file itself is compared, nothing is read from it.  1: judged. */
static int judge_plate(struct enn_verdict *out, const struct enn_verifier *v, enum plates_match match, uint32_t plate)
{
    if (match == PLATES_OTHER) return 0;
    const char *ink = match == PLATES_CHANGED ? "" : v->manifest.pages[0].inks[plate].name;
    out->file_checked = 1;
    if (match == PLATES_EXACT) {
        out->p_false = 0; /* compared bit by bit */
        name_lot(out, v);
        snprintf(out->lot_id, sizeof out->lot_id, "%s", v->manifest.lot_id);
        snprintf(out->detail, sizeof out->detail, "plate %s of lot %s of GTIN %s, signed by %s", ink, out->lot, out->gtin,
                 out->issuer);
        return 1;
    }
    answer(out, ENN_NOT_GENUINE, match == PLATES_SAME ? ENN_REASON_FILE_HASH : ENN_REASON_SAMPLES_DIFFER);
    snprintf(out->detail, sizeof out->detail, match == PLATES_SAME ? "plate %s: the samples are those that were signed, "
                                                                     "other parts of the file are not"
             : match == PLATES_UNSIGNED ? "plate %s as it was before it was signed: it carries no mark"
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
    name_lot(out, v);
    snprintf(out->lot_id, sizeof out->lot_id, "%s", v->manifest.lot_id);
    snprintf(out->detail, sizeof out->detail, "lot %s of GTIN %s, signed by %s; its mark is too weak to be read", out->lot,
             out->gtin, out->issuer);
    return ENN_OK;
}

enum enn_status enn_verify_file(const struct enn_verifier *v, const struct enn_verify_options *o,
                                const char *file, struct enn_verdict *out, struct enn_error *err)
{
    struct timespec t0;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    struct enn_error scratch = {ENN_OK, ""};
    if (!err) err = &scratch;
    struct picture pic = {0};
    int final = begin(out, v);
    enum exact exact = NOT_THE_ARTWORK;
    enum plates_match match = PLATES_OTHER;
    uint32_t plate = 0;
    enum enn_status st = ENN_OK;
    if (!final && v->have_manifest && strcmp(file, "-"))
        st = plates_compare(&v->manifest, file, &o->limits, o->threads, &match, &plate, err);
    if (!st && match == PLATES_OTHER) st = load(o, file, &pic, err);
    if (!st && !final && judge_plate(out, v, match, plate)) {
        finish(out, v, o);
        final = 1;
    }
    if (!st && !final) st = read_picture(v, o, &pic, out, err);
    int artwork = !strcmp(pic.kind, "tiff") || !strcmp(pic.kind, "pdf");
    if (!st && !final && v->have_manifest && artwork && strcmp(file, "-"))
        st = out->status == ENN_NO_MARK ? judge_unread(out, v, file, err) : compare_artwork(v, o, file, &exact, err);
    picture_clear(&pic);
    if (st) {
        enn_verdict_clear(out);
        fault(out, err);
        out->p_false = 1;
    } else if (!final) {
        out->file_checked |= exact != NOT_THE_ARTWORK;
        if (exact == SAMPLES_DIFFER) {
            answer(out, ENN_NOT_GENUINE, ENN_REASON_SAMPLES_DIFFER);
            snprintf(out->detail, sizeof out->detail,
                     "the mark is there, but the samples are not those that were signed");
        } else if (exact == FILE_DIFFERS) {
            answer(out, ENN_NOT_GENUINE, ENN_REASON_FILE_HASH);
            snprintf(out->detail, sizeof out->detail,
                     "the samples are those that were signed, other parts of the file are not");
        }
        finish(out, v, o);
    }
    out->seconds = seconds_since(&t0);
    return out->status;
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
                                                        : read_picture(v, o, &pic, out, err);
        if (st)
            fault(out, err);
        else
            finish(out, v, o);
    }
    out->seconds = seconds_since(&t0);
    return out->status;
}
