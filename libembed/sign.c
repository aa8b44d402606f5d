/*
 * Signing one artwork: the conductor.
 *
 *   facts -> lot id -> message -> code -> carrier -> tile
 *   artwork -> survey (mask, hashes, prediction) -> rows + steps + tile -> signed artwork -> read back ->
 * manifest
 */
#include "codes.h"
#include "sign_job.h"
#include "artwork/output.h"
#include "artwork/xmp.h"
#include "trust/hex.h"
#include "trust/sealsecret.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void sign_progress(const struct signing *g, double share, const char *stage)
{
    if (g->o->progress) g->o->progress(g->o->progress_user, share, stage);
}

static void survey_progress(void *user, double share)
{
    sign_progress(user, 0.4 * share, "reading");
}

/* ---- before any pixel ---- */

const char *sign_base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum enn_status check_options(const struct enn_sign_options *o, struct enn_error *err)
{
    if (!(o->strength >= 0.1 && o->strength <= 4))
        return enn_fail(err, ENN_USAGE, "strength must be 0.1 .. 4");
    if (o->unit >= (uint64_t)1 << 40) return enn_fail(err, ENN_USAGE, "unit must be below 2^40");
    if (o->dpi != 0 && !(o->dpi >= 100 && o->dpi <= 20000))
        return enn_fail(err, ENN_USAGE, "resolution must be 100 .. 20000 dpi");
    if (o->screen && strlen(o->screen) >= sizeof((struct manifest *)0)->screen)
        return enn_fail(err, ENN_USAGE, "screen: too long");
    if (o->step > 65535) return enn_fail(err, ENN_USAGE, "step must be 0 .. 65535");
    return ENN_OK;
}

static enum enn_status read_profile(struct signing *g)
{
    if (!g->o->profile_file) return ENN_OK;
    FILE *f = fopen(g->o->profile_file, "rb");
    if (!f) return enn_fail(g->err, ENN_IO, "%s: cannot be opened", g->o->profile_file);
    enum { MAX = 16 << 20 };
    g->icc = malloc(MAX);
    g->icc_size = g->icc ? fread(g->icc, 1, MAX, f) : 0;
    int bad = ferror(f) || !feof(f);
    fclose(f);
    if (!g->icc) return enn_fail(g->err, ENN_NOMEM, "out of memory");
    if (bad) return enn_fail(g->err, ENN_LIMIT, "%s: cannot be read, or over 16 MiB", g->o->profile_file);
    struct profile *p;
    enum enn_status st = profile_open(&p, PRESS_CMYK, g->icc, g->icc_size, g->err);
    if (st) return st;
    if (profile_note(p)) st = enn_fail(g->err, ENN_FORMAT, "%s: %s", g->o->profile_file, profile_note(p));
    profile_free(p);
    return st;
}

/* The ruling of "am:LPI"; 0 where there is none. */
static double screen_lpi(const char *screen)
{
    if (!screen) screen = DEFAULT_SCREEN;
    return strncmp(screen, "am:", 3) ? 0 : strtod(screen + 3, NULL);
}

/* At most a quarter of the memory limit is held in cells. */
static enum enn_status prepare_seal(struct signing *g)
{
    if (!g->o->seal_secret) return ENN_OK;
    enum enn_status st = seal_key_derive(g->o->seal_secret, g->payload.lot_id, &g->seal_key, g->err);
    if (st) return st;
    int top = seal_top(screen_lpi(g->o->screen));
    g->report->sealed = 1;
    g->report->seal_top = (top ? top : CARRIER_RADIUS_MAX) / TILE_MM;
    g->seal = seal_rows_new(top, g->o->limits.max_memory / 4);
    return g->seal ? ENN_OK : enn_fail(g->err, ENN_NOMEM, "out of memory");
}

static enum enn_status prepare_mark(struct signing *g)
{
    const struct enn_sign_options *o = g->o;
    struct signer_options so = {.cert_file = o->cert_file,
                                .key_file = o->key_file,
                                .passphrase = o->passphrase,
                                .signer_cmd = o->signer_cmd};
    enum enn_status st = signer_open(&so, &g->signer, g->err);
    if (st) return st;
    const struct cert_chain *chain = signer_chain(g->signer);
    struct lot_facts facts = {.issuer = cert_chain_name(chain),
                              .gtin = o->gtin,
                              .lot = o->lot,
                              .expiry = o->expiry,
                              .serial = o->serial,
                              .gs1 = o->gs1,
                              .nonce_hex = o->nonce_hex};
    st = lot_make(&facts, &g->lot, g->err);
    if (!st) st = lot_id(&g->lot, g->payload.lot_id, g->report->lot_id, g->err);
    if (st) return st;
    g->payload.unit = o->unit;
    st = prepare_seal(g);
    if (st) return st;
    struct carrier *c = malloc(sizeof *c);
    g->tile = malloc(sizeof *g->tile);
    if (c && g->tile) {
        uint8_t message[PAYLOAD_BYTES];
        int8_t chips[CODE_N];
        payload_pack(&g->payload, message);
        carrier_init(c, cert_chain_anchor(chain));
        carrier_chips(c, message, chips);
        if (g->seal)
            tile_render_share(g->tile, c, chips, 1 - SEAL_SHARE);
        else
            tile_render(g->tile, c, chips);
    } else {
        st = enn_fail(g->err, ENN_NOMEM, "out of memory");
    }
    free(c);
    return st;
}

/* A second mark on top of a first one would disturb both. */
static enum enn_status check_unmarked(struct signing *g)
{
    for (size_t i = 0; i < g->n_pages && !g->o->force; i++) {
        const struct artwork_page *p = artwork_page(g->artwork, i);
        if (p->marked)
            return enn_fail(g->err, ENN_UNSUPPORTED,
                            "%s: is marked already, with lot id %s: sign the artwork without mark (or --force)", g->name,
                            p->marked_lot[0] ? p->marked_lot : "unknown");
    }
    return ENN_OK;
}

/* What of a page goes out otherwise than one would expect. */
static enum enn_status note_page(struct signing *g, const struct artwork_page *p, int marked)
{
    enum { MOST = 500 };
    struct enn_sign_report *r = g->report;
    const char *text = p->left_alone        ? p->why
                       : marked && p->signable ? p->written_as
                       : marked             ? "JPEG again, of quality 95: a little loss"
                                            : "";
    if (!*text || r->n_notes >= MOST) return ENN_OK;
    struct enn_sign_note *more = realloc(r->notes, (r->n_notes + (size_t)1) * sizeof *more);
    if (!more) return enn_fail(g->err, ENN_NOMEM, "out of memory");
    r->notes = more;
    struct enn_sign_note *n = &r->notes[r->n_notes++];
    n->left_alone = p->left_alone != 0;
    snprintf(n->name, sizeof n->name, "%s", p->name);
    snprintf(n->text, sizeof n->text, "%s", text);
    return ENN_OK;
}

static enum enn_status survey_all(struct signing *g)
{
    struct survey_options so = {.models = &g->models,
                                .dpi = g->o->dpi,
                                .strength = g->o->strength,
                                .icc = g->icc,
                                .icc_size = g->icc_size,
                                .limits = &g->o->limits,
                                .protection = &g->o->protection,
                                .keepout = g->keepout,
                                .white_always = g->o->white == ENN_WHITE_ALWAYS,
                                .threads = g->o->threads,
                                .progress = survey_progress,
                                .progress_user = g};
    int any = 0;
    const struct artwork_page *blocked = NULL;
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct artwork_page *p = artwork_page(g->artwork, i);
        g->pages[i].marked = p->signable || (g->o->jpeg_reencode && p->jpeg_signable);
        if (!g->pages[i].marked && !p->reduced && !p->left_alone && !blocked) blocked = p;
        g->report->left_alone += p->left_alone != 0 && p->width;
        g->report->pages_left_alone += p->left_alone != 0 && !p->width;
        g->report->reencoded += g->pages[i].marked && ((p->lossy && !strcmp(p->compression, "jpeg")) || p->jpeg_signable);
        enum enn_status st = note_page(g, p, g->pages[i].marked);
        if (st) return st;
    }
    if (blocked) /* a page that would go out unmarked is never passed over in silence */
        return enn_fail(g->err, blocked->why_status ? blocked->why_status : ENN_UNSUPPORTED, "%s: %s%s%s",
                        g->name, blocked->name, blocked->name[0] ? ": " : "", blocked->why);
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct artwork_page *p = artwork_page(g->artwork, i);
        char name[4200];
        if (!g->pages[i].marked) continue;
        snprintf(name, sizeof name, "%s%s%s", g->name, p->name[0] ? ": " : "", p->name);
        enum enn_status st = survey_page(&g->pages[i].survey, g->artwork, i, &so, name, g->err);
        if (st) return st;
        any = 1;
    }
    g->luminance = 1;
    for (size_t i = 0; i < g->n_pages; i++)
        if (g->pages[i].marked) g->luminance &= press_is_luminance(g->pages[i].survey.pixels.colour);
    return any ? ENN_OK : enn_fail(g->err, ENN_UNSUPPORTED, "%s: no page that can be signed%s%s", g->name,
                                   artwork_page(g->artwork, 0)->why[0] ? ": page 1: " : "",
                                   artwork_page(g->artwork, 0)->why);
}

/* What the barcodes of all pages say goes into the report, and must be this lot. */
static enum enn_status check_codes(struct signing *g)
{
    enum enn_status st = ENN_OK;
    for (size_t i = 0; !st && i < g->n_pages; i++) {
        const struct survey *v = &g->pages[i].survey;
        if (g->pages[i].marked)
            st = codes_add(&g->report->barcodes, &v->codes, (uint32_t)i + 1, v->place.to_mm, v->dpi_x, v->dpi_y, g->err);
    }
    if (st || g->o->allow_barcode_mismatch) return st;
    return codes_agree(&g->report->barcodes, &g->lot, g->name, &g->report->other_barcodes, g->err);
}

/* --white=auto */
static int decide_white(const struct signing *g)
{
    if (g->luminance) return 0;
    if (g->o->white != ENN_WHITE_AUTO) return g->o->white == ENN_WHITE_ALWAYS;
    int prints = 0;
    for (size_t i = 0; i < g->n_pages; i++) prints |= g->pages[i].marked && survey_yellow_prints(&g->pages[i].survey);
    if (!prints) return 0;
    for (size_t i = 0; i < g->n_pages; i++) {
        if (g->pages[i].marked && survey_needs_white(&g->pages[i].survey.without_white)) return 1;
    }
    return 0;
}

/* A file in which nothing would be changed is not signed: a manifest for it would promise a mark. */
static enum enn_status check_carries(const struct signing *g)
{
    double most = 0, white = 0;
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct survey *v = &g->pages[i].survey;
        if (!g->pages[i].marked) continue;
        most = fmax(most, (g->white ? v->with_white : v->without_white).panel_20);
        white = fmax(white, v->black_only ? v->areas.white_share : v->with_white.panel_20);
    }
    if (most > 0) return ENN_OK;
    return enn_fail(g->err, ENN_UNSUPPORTED, "%s: nothing in it can carry the mark: only type, solids, protected places and paper%s",
                    g->name, white > 0 && !g->white ? " (--white=always marks paper, with yellow)" : "");
}

/* ---- the written file, read again ---- */

/* One page of the written file, read again. */
struct again {
    struct samplehash *hash;
    struct barcode_finder *finder; /* NULL: there was no barcode before */
    const struct survey *survey;
    void *row; /* with the carrier in front */
    size_t width, row_bytes;
    int threads;
    struct enn_error *err;
};

static enum enn_status again_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct again *h = user;
    (void)y;
    for (uint32_t i = 0; h->finder && i < rows; i++) {
        memcpy(h->row, (const uint8_t *)samples + i * h->row_bytes, h->row_bytes);
        survey_swap(h->survey, h->row, h->width);
        barcode_finder_rows(h->finder, h->row, h->row_bytes, 1);
    }
    return samplehash_update_beside(h->hash, h->threads, samples, rows * h->width, h->err);
}

static enum enn_status codes_again(const struct signing *g, struct again *h, const struct survey *v)
{
    struct barcode_list after = {NULL, 0, 0};
    int complete;
    enum enn_status st = barcode_finder_end(h->finder, &after, &complete, g->err);
    if (!st) st = codes_same(&v->codes, &after, g->name, g->err);
    barcode_list_clear(&after);
    return st;
}

/* Compares the samples with what was meant to be written, and what the barcodes say with what they said before. */
static enum enn_status read_page_back(struct signing *g, struct artwork *a, size_t i)
{
    struct page_job *j = &g->pages[i];
    const struct artwork_page *p = artwork_page(a, i), *before = artwork_page(g->artwork, i);
    const struct survey *v = &j->survey;
    uint8_t got[ARTWORK_MAX_SAMPLES][SHA256_BYTES];
    struct again h = {.survey = v,
                      .width = p->width,
                      .row_bytes = (size_t)p->width * p->samples * p->bits / 8,
                      .threads = g->o->threads,
                      .err = g->err};
    h.row = malloc(h.row_bytes);
    enum enn_status st = h.row ? samplehash_new(p->samples, (int)p->bits, &h.hash, g->err)
                               : enn_fail(g->err, ENN_NOMEM, "out of memory");
    if (!st && v->codes.n)
        st = barcode_finder_new(&h.finder, &v->pixels, p->width, p->height, v->dpi_x, v->dpi_y, g->o->threads,
                                &g->o->limits, g->err);
    if (!st) st = artwork_read(a, i, again_band, &h, g->err);
    if (!st && h.finder) st = codes_again(g, &h, v);
    if (!st) st = samplehash_final(h.hash, got, g->err);
    if (!st && (before->lossy || (g->o->jpeg_reencode && before->jpeg_signable)))
        memcpy(j->signed_hashes, got, sizeof got); /* lossy: what was written is what counts */
    if (!st && memcmp(got, j->signed_hashes, p->samples * SHA256_BYTES))
        st = enn_fail(g->err, ENN_INTERNAL, "%s: the written samples do not read back", g->name);
    barcode_finder_free(h.finder);
    free(h.row);
    samplehash_free(h.hash);
    return st;
}

/* Reads the file just written. */
static enum enn_status read_back(struct signing *g, const char *path)
{
    struct artwork *a;
    enum enn_status st = artwork_open_locked(path, &g->o->limits, g->o->password, &a, g->err);
    if (st) return st;
    artwork_set_threads(a, g->o->threads);
    if (artwork_pages(a) != g->n_pages) {
        artwork_close(a);
        return enn_fail(g->err, ENN_INTERNAL, "%s: the written pages do not read back", g->name);
    }
    int found = !g->report->xmp;
    for (size_t i = 0; i < g->n_pages; i++)
        found |= artwork_page(a, i)->marked && !strcmp(artwork_page(a, i)->marked_lot, g->report->lot_id);
    if (!found) st = enn_fail(g->err, ENN_INTERNAL, "%s: the pointer to the manifest does not read back", g->name);
    for (size_t i = 0; !st && i < g->n_pages; i++) {
        if (!g->pages[i].marked) continue;
        st = read_page_back(g, a, i);
        sign_progress(g, 0.8 + 0.15 * (double)(i + 1) / g->n_pages, "checking");
    }
    artwork_close(a);
    return st;
}

static enum enn_status write_artwork(struct signing *g, const char *temporary)
{
    enum enn_status st = sign_mark_begin(g);
    for (size_t i = 0; !st && i < g->n_pages; i++)
        if (g->pages[i].marked)
            st = samplehash_new(g->pages[i].survey.page->samples, (int)g->pages[i].survey.page->bits,
                                &g->pages[i].hash, g->err);
    char name[256];
    text_clean(sign_base_name(g->manifest_name), name, sizeof name);
    struct xmp_pointer pointer = {.manifest = name};
    memcpy(pointer.lot_id, g->report->lot_id, sizeof pointer.lot_id);
    struct artwork_rewrite_options ro = {.jpeg_reencode = g->o->jpeg_reencode,
                                         .pointer = g->o->no_xmp ? NULL : &pointer,
                                         .pointed = &g->report->xmp,
                                         .break_signature = g->o->force};
    if (!st) st = artwork_rewrite(g->artwork, temporary, sign_mark_band, g, &ro, g->err);
    for (size_t i = 0; !st && i < g->n_pages; i++)
        if (g->pages[i].marked) st = samplehash_final(g->pages[i].hash, g->pages[i].signed_hashes, g->err);
    if (st) return st;
    sign_hash_begin(g, temporary);
    return read_back(g, temporary);
}

/* ---- the whole ---- */

static void release(struct signing *g)
{
    sign_hash_end(g);
    for (size_t i = 0; g->pages && i < g->n_pages; i++) {
        survey_clear(&g->pages[i].survey);
        samplehash_free(g->pages[i].hash);
    }
    free(g->pages);
    survey_models_clear(&g->models);
    artwork_close(g->artwork);
    manifest_clear(&g->manifest);
    signer_free(g->signer);
    free(g->tile);
    free(g->icc);
    keepout_free(g->keepout);
    seal_rows_free(g->seal);
    seal_key_wipe(&g->seal_key);
    sign_mark_end(g);
}

static enum enn_status make(struct signing *g, const char *out, const char *artwork_tmp,
                            const char *manifest_tmp)
{
    enum enn_status st = survey_all(g);
    if (!st) st = check_codes(g);
    if (st) return st;
    g->white = decide_white(g);
    st = check_carries(g);
    if (!st) st = write_artwork(g, artwork_tmp);
    if (st) return st;
    sign_fill_report(g);
    st = sign_fill_manifest(g, out);
    if (!st && g->hook) st = g->hook->finish(g->hook->user, artwork_tmp, &g->manifest, g->report, g->err);
    if (!st) st = sign_write_manifest(g, manifest_tmp, g->err);
    sign_progress(g, 1, "done");
    return st;
}


void enn_sign_report_clear(struct enn_sign_report *r)
{
    free(r->notes);
    enn_barcodes_clear(&r->barcodes);
    memset(r, 0, sizeof *r);
}

enum enn_status enn_sign(const struct enn_sign_options *o, const char *artwork, const char *out,
                         const char *manifest, struct enn_sign_report *report, struct enn_error *err)
{
    return sign_artwork(o, artwork, out, manifest, NULL, report, err);
}

enum enn_status sign_artwork(const struct enn_sign_options *o, const char *artwork, const char *out,
                             const char *manifest, const struct sign_hook *hook,
                             struct enn_sign_report *report, struct enn_error *err)
{
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    struct enn_sign_report scratch;
    struct signing g = {.o = o,
                        .name = hook ? hook->name : artwork,
                        .report = report ? report : &scratch,
                        .hook = hook,
                        .err = err};
    memset(g.report, 0, sizeof *g.report);
    char beside[4096];
    const char *dot = strrchr(sign_base_name(out), '.');
    snprintf(beside, sizeof beside, "%.*s.xml", dot ? (int)(dot - out) : (int)strlen(out), out);
    if (!manifest) manifest = beside;
    if (strlen(out) >= sizeof beside - 8) return enn_fail(err, ENN_USAGE, "output name too long");
    if (!strcmp(manifest, out))
        return enn_fail(err, ENN_USAGE, "%s: artwork and manifest need different names", out);

    g.manifest_name = manifest;
    struct output *image = NULL, *xml = NULL;
    enum enn_status st = check_options(o, err);
    if (!st) st = read_profile(&g);
    if (!st) st = prepare_mark(&g);
    if (!st) st = artwork_open_locked(artwork, &o->limits, o->password, &g.artwork, err);
    if (!st) {
        artwork_set_threads(g.artwork, o->threads);
        g.n_pages = artwork_pages(g.artwork);
        g.pages = calloc(g.n_pages, sizeof *g.pages);
        if (!g.pages) st = enn_fail(err, ENN_NOMEM, "out of memory");
    }
    if (!st) st = check_unmarked(&g);
    if (!st) st = survey_check_names(g.artwork, &o->protection, artwork, err);
    if (!st) st = keepout_new(&o->protection, &o->limits, &g.keepout, err);
    if (!st) st = keepout_check(g.keepout, g.n_pages, artwork, err);
    if (!st) st = output_begin(out, o->force, o->pending, &image, err);
    if (!st && !hook && o->threads != 1) output_write_early(image); /* of a hook, it is not what is kept */
    if (!st) st = output_begin(manifest, o->force, o->pending, &xml, err);
    if (!st) st = make(&g, out, output_path(image), output_path(xml));
    if (!st && hook) {
        st = hook->commit(hook->user, err);
    } else if (!st) {
        st = output_commit(image, err);
        image = NULL;
    }
    if (!st) {
        st = output_commit(xml, err);
        if (st && !o->force && hook) hook->undo(hook->user);
        if (st && !o->force && !hook) remove(out); /* an artwork without its manifest is not an output */
        xml = NULL;
    }
    output_abort(image);
    output_abort(xml);
    release(&g);
    if (st || !report) enn_sign_report_clear(g.report);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    g.report->seconds = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    return st;
}
