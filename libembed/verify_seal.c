/*
 * Verifying the lot's seal in a picture whose message was read (capture/seal.h).
 *
 * Who knows the public parts can print the message; the seal he cannot.  The message in view says how strongly the seal
 * would show, so that its absence can be told from a capture that is too weak.
 */
#include "verify_seal.h"
#include "capture/seal.h"
#include "status.h"
#include "verifier.h"
#include "trust/hex.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * In captures of sealed prints z is normal about what the message lets expect, with a deviation of 0.9 (134 cells of 19 mm
 * in simulated scans and photographs, docs/measurements.md).  MISSING: expected at 10 and below 0.4 of it is 6.5
 * deviations off; BROKEN: of one cell, expected at SEAL_LOCAL, 6.
 */
static const double MISSING_EXPECTED = 10, BELOW = 0.4, ELSEWHERE = 6;
/* Of all in view: prints have 0.85 of the expected z and more (567 captures), their copies 0.68; a copy that the message was
 * printed over once more has 0.35 to 0.58.  Below WEAK of it by WEAK_BY deviations the message has a second source. */
static const double WEAK = 0.75, WEAK_BY = 4;
enum {
    PDF_CELLS = 64,
    MAX_PAGES = 256
}; /* an image may lie anywhere on a PDF's page; its size alone is in the manifest */

/* ---- keys and revoked lots ---- */

enum enn_status seal_ring_add(struct seal_ring *r, const char *key_file, struct enn_error *err)
{
    if (r->n_keys == VERIFIER_MAX_KEYS)
        return enn_fail(err, ENN_LIMIT, "%s: more than %d lot keys", key_file, VERIFIER_MAX_KEYS);
    if (!r->keys) r->keys = calloc(VERIFIER_MAX_KEYS, sizeof *r->keys);
    if (!r->keys) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = seal_key_load(key_file, &r->keys[r->n_keys], err);
    if (!st) r->n_keys++;
    return st;
}

static enum enn_status revoke_line(struct seal_ring *r, const char *file, int number, char *line,
                                   struct enn_error *err)
{
    line[strcspn(line, " \t\r\n#")] = 0;
    if (!*line) return ENN_OK;
    if (r->n_revoked == VERIFIER_MAX_REVOKED)
        return enn_fail(err, ENN_LIMIT, "%s: more than %d revoked lots", file, VERIFIER_MAX_REVOKED);
    if (!hex_decode(line, 0, r->revoked[r->n_revoked], LOT_ID_BYTES))
        return enn_fail(err, ENN_FORMAT, "%s: line %d: no lot id of 20 hex digits", file, number);
    r->n_revoked++;
    return ENN_OK;
}

enum enn_status seal_ring_revoke(struct seal_ring *r, const char *list_file, struct enn_error *err)
{
    char line[512];
    if (!r->revoked) r->revoked = calloc(VERIFIER_MAX_REVOKED, sizeof *r->revoked);
    if (!r->revoked) return enn_fail(err, ENN_NOMEM, "out of memory");
    FILE *f = fopen(list_file, "re");
    if (!f) return enn_fail(err, ENN_IO, "%s: %s", list_file, strerror(errno));
    enum enn_status st = ENN_OK;
    for (int n = 1; !st && fgets(line, sizeof line, f); n++) {
        if (!strchr(line, '\n') && !feof(f))
            st = enn_fail(err, ENN_FORMAT, "%s: line %d: too long", list_file, n);
        else
            st = revoke_line(r, list_file, n, line, err);
    }
    if (!st && ferror(f)) st = enn_fail(err, ENN_IO, "%s: cannot be read", list_file);
    fclose(f);
    return st;
}

int seal_ring_is_revoked(const struct seal_ring *r, const char *lot_id)
{
    uint8_t id[LOT_ID_BYTES];
    if (!r->n_revoked || !hex_decode(lot_id, 0, id, sizeof id)) return 0;
    for (int i = 0; i < r->n_revoked; i++)
        if (!memcmp(r->revoked[i], id, sizeof id)) return 1;
    return 0;
}

void seal_ring_clear(struct seal_ring *r)
{
    for (int i = 0; i < r->n_keys; i++) seal_key_wipe(&r->keys[i]);
    free(r->keys);
    free(r->revoked);
    free(r->enrolment);
    *r = (struct seal_ring){0};
}

enum enn_status seal_ring_enrol(struct seal_ring *r, const char *file, struct cert_chain **chain,
                                struct enn_error *err)
{
    *chain = NULL;
    if (r->enrolment) return enn_fail(err, ENN_USAGE, "%s: only one enrolment at a time", file);
    r->enrolment = malloc(sizeof *r->enrolment);
    if (!r->enrolment) return enn_fail(err, ENN_NOMEM, "out of memory");
    return enrolment_read_file(file, r->enrolment, chain, err);
}

/* ---- the seal of a picture ---- */

struct fields {
    int n;
    struct seal_page page[MAX_PAGES];
    struct seal_stream stream[MAX_PAGES];
};

static int cells_of(double mm)
{
    return mm < 1e5 ? (int)(mm / TILE_MM) + 1 : 1 << 14;
}

/* The pages that the manifest names; all of them as large as the largest, as it does not say which is which. */
static enum enn_status list_fields(struct fields *f, const struct manifest *m, const struct seal_key *key,
                                   struct enn_error *err)
{
    double w = 0, h = 0;
    int placed = !strcmp(m->output.format, "PDF");
    for (uint32_t i = 0; i < m->n_pages; i++) {
        w = fmax(w, m->pages[i].width_mm);
        h = fmax(h, m->pages[i].height_mm);
    }
    w = h = fmax(w, h); /* a page may be turned on its way */
    f->n = m->mark.seal.pages < MAX_PAGES ? (int)m->mark.seal.pages : MAX_PAGES;
    int side = cells_of(w), most = (int)sqrt((double)SEAL_MOST_CELLS / f->n);
    if (placed) side = PDF_CELLS < most ? PDF_CELLS : most;
    for (int i = 0; i < f->n; i++) {
        struct seal_place at = {
            .page = (uint32_t)i + 1, .step = m->mark.seal.step, .luminance = m->mark.luminance};
        enum enn_status st = seal_stream_init(&f->stream[i], key, &at, err);
        if (st) return st;
        f->page[i] = (struct seal_page){at.page, side, side, seal_stream_bits, &f->stream[i]};
    }
    return ENN_OK;
}

/* Where the message is strong and the seal is not there: printed over, or put there by somebody else. */
static int is_broken(const struct seal_view *v)
{
    return v->expected >= SEAL_LOCAL && v->z < BELOW * v->expected && v->elsewhere < ELSEWHERE;
}

static int broken_cells(const struct seal_found *f)
{
    int n = 0;
    for (int i = 0; i < f->n_views; i++) n += is_broken(&f->views[i]);
    return n;
}

/* Where a cell holds too little to tell, its neighbours help: each counts by what the message lets expect of it. */
static int is_there(const struct seal_found *f, const struct seal_view *v)
{
    double sum = 0, power = 0;
    if (v->z < BELOW * v->expected) return 0;
    if (v->expected >= SEAL_LOCAL) return 1;
    for (int i = 0; i < f->n_views; i++) {
        const struct seal_view *n = &f->views[i];
        if (abs(n->column - v->column) + abs(n->row - v->row) > 1) continue;
        sum += n->expected * n->z;
        power += n->expected * n->expected;
    }
    return power >= SEAL_LOCAL * SEAL_LOCAL && sum >= BELOW * power;
}

/* ENN_NOMEM */
static enum enn_status list_cells(struct enn_verdict *out, const struct seal_found *f, struct enn_error *err)
{
    free(out->seal_cells);
    out->n_seal_cells = 0;
    out->seal_cells = calloc((size_t)f->n_views + 1, sizeof *out->seal_cells);
    if (!out->seal_cells) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (int i = 0; i < f->n_views; i++) {
        const struct seal_view *v = &f->views[i];
        out->seal_cells[out->n_seal_cells++] =
            (struct enn_seal_cell){{v->column * TILE_MM, v->row * TILE_MM, TILE_MM, TILE_MM},
                                   is_broken(v)     ? ENN_SEAL_BROKEN
                                   : is_there(f, v) ? ENN_SEAL_PRESENT
                                                    : ENN_SEAL_UNKNOWN,
                                   v->z,
                                   v->expected};
    }
    return ENN_OK;
}

/* ENN_NOMEM */
static enum enn_status judge(struct enn_verdict *out, const struct seal_found *f, const struct detection *d,
                             struct enn_error *err)
{
    enum enn_seal seal = ENN_SEAL_UNKNOWN;
    int broken = f->present && (broken_cells(f) || WEAK * f->expected - f->z > WEAK_BY);
    if (f->present)
        seal = broken ? ENN_SEAL_BROKEN : ENN_SEAL_PRESENT;
    else if (f->possible >= MISSING_EXPECTED && f->z < BELOW * f->possible)
        seal = ENN_SEAL_MISSING;
    if (seal < out->seal) return ENN_OK; /* of several prints in a picture the worst counts */
    out->seal = seal;
    out->seal_p = f->p;
    out->seal_z = f->z;
    out->seal_expected = f->present ? f->expected : f->possible;
    if (!f->present) return ENN_OK;
    out->seal_page = f->page;
    verdict_view(out, d, (const int[2]){-f->shift[0], -f->shift[1]});
    return list_cells(out, f, err);
}

void verdict_seal(struct enn_verdict *out)
{
    if (out->seal != ENN_SEAL_MISSING && out->seal != ENN_SEAL_BROKEN) return;
    enum enn_reason r = out->seal == ENN_SEAL_MISSING ? ENN_REASON_SEAL_MISSING : ENN_REASON_SEAL_BROKEN;
    if (out->status == ENN_OK) snprintf(out->detail, sizeof out->detail, "%s", enn_reason_text(r));
    verdict_answer(out, ENN_NOT_GENUINE, r);
}

enum enn_status verify_seal(const struct seal_ring *r, const struct manifest *m, const struct picture *pic,
                            const struct detection *d, struct enn_verdict *out, struct enn_error *err)
{
    const struct seal_key *key = NULL;
    uint8_t id[LOT_ID_BYTES];
    if (!m->mark.seal.version || !d->field.nodes || !hex_decode(m->lot_id, 1, id, sizeof id)) return ENN_OK;
    for (int i = 0; i < r->n_keys; i++)
        if (!memcmp(r->keys[i].lot_id, id, sizeof id)) key = &r->keys[i];
    if (!key) {
        if (out->seal < ENN_SEAL_NO_KEY) out->seal = ENN_SEAL_NO_KEY;
        return ENN_OK;
    }
    struct fields *f = calloc(1, sizeof *f);
    if (!f) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = list_fields(f, m, key, err);
    if (!st) {
        struct seal_request q = {.source = {pic->rgb, pic->width, pic->height, pic->stride,
                                            m->mark.luminance ? CARRIER_LUMINANCE : CARRIER_YELLOW_BLUE, d},
                                 .anchor = m->mark.anchor,
                                 .pages = f->page,
                                 .n_pages = f->n};
        struct seal_found found;
        enum seal_status got = seal_detect(&q, &found);
        if (got == SEAL_OK) st = judge(out, &found, d, err);
        if (!st && got == SEAL_OK && found.present) st = verify_copy(r, m, pic, &q, &found, out, err);
        if ((got == SEAL_NOTHING || got == SEAL_TOO_LARGE) && out->seal < ENN_SEAL_UNKNOWN)
            out->seal = ENN_SEAL_UNKNOWN;
        if (got == SEAL_NO_MEMORY) st = enn_fail(err, ENN_NOMEM, "out of memory");
        seal_found_clear(&found);
    }
    for (int i = 0; i < f->n; i++) seal_stream_wipe(&f->stream[i]);
    free(f);
    return st;
}
