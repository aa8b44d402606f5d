/*
 * Signing one artwork: the conductor.
 *
 *   facts -> lot id -> message -> code -> carrier -> tile
 *   artwork -> survey (mask, hashes, prediction) -> rows + steps + tile -> signed artwork -> read back ->
 * manifest
 */
#include "codes.h"
#include "sign.h"
#include "survey.h"
#include "artwork/output.h"
#include "artwork/xmp.h"
#include "mark/embed.h"
#include "trust/hex.h"
#include "trust/keys.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What a page needs in the second pass, and what it gives. */
struct page_job {
    struct survey survey;
    int readable, marked;
    struct samplehash *hash; /* of the samples as signed */
    uint8_t signed_hashes[ARTWORK_MAX_SAMPLES][SHA256_BYTES];
    struct embed_sums sums;
};

/* One thread of the second pass: every n_workers-th row of a band. */
struct worker {
    const struct signing *g;
    const struct page_job *job;
    uint8_t *band;
    uint32_t y, rows;
    unsigned index;
    struct ink_step *step;
    uint8_t *kind, *gain_tint, *gain_white;
    int16_t *s_ink, *s_paper;
    struct embed_sums sums;
};

struct signing {
    const struct enn_sign_options *o;
    const char *name, *manifest_name;
    struct signer *signer;
    struct lot_statement lot;
    struct payload payload;
    struct manifest manifest;
    struct artwork *artwork;
    struct page_job *pages;
    struct survey_models models;
    size_t n_pages;
    struct keepout *keepout;
    int white, luminance;
    struct tile *tile;
    uint8_t *icc; /* of --profile */
    size_t icc_size;
    struct enn_sign_report *report;
    const struct sign_hook *hook; /* or NULL */
    struct enn_error *err;
    struct worker *workers;
    unsigned n_workers;
};

static void progress(const struct signing *g, double share, const char *stage)
{
    if (g->o->progress) g->o->progress(g->o->progress_user, share, stage);
}

static void survey_progress(void *user, double share)
{
    progress(user, 0.4 * share, "reading");
}

/* ---- before any pixel ---- */

static const char *base_name(const char *path)
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
    struct carrier *c = malloc(sizeof *c);
    g->tile = malloc(sizeof *g->tile);
    if (c && g->tile) {
        uint8_t message[PAYLOAD_BYTES];
        int8_t chips[CODE_N];
        payload_pack(&g->payload, message);
        carrier_init(c, cert_chain_anchor(chain));
        carrier_chips(c, message, chips);
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
        g->report->reencoded += g->pages[i].marked && (p->lossy || p->jpeg_signable);
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

/* White is marked with yellow: not where that would be an ink more.  What else an image is printed with is not known where
 * it is placed by something bigger (PDF). */
static int yellow_prints(const struct signing *g)
{
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct survey *v = &g->pages[i].survey;
        if (g->pages[i].marked && (v->page->placed || v->page->colour != ARTWORK_CMYK || v->coverage[2] > 0)) return 1;
    }
    return 0;
}

/* --white=auto */
static int decide_white(const struct signing *g)
{
    if (g->luminance) return 0;
    if (g->o->white != ENN_WHITE_AUTO) return g->o->white == ENN_WHITE_ALWAYS;
    if (!yellow_prints(g)) return 0;
    for (size_t i = 0; i < g->n_pages; i++) {
        if (g->pages[i].marked && survey_needs_white(&g->pages[i].survey.without_white)) return 1;
    }
    return 0;
}

/* ---- second pass ---- */

enum { MAX_WORKERS = 16 };

static enum enn_status alloc_workers(struct signing *g)
{
    size_t w = 1;
    long cores = g->o->threads > 0 ? g->o->threads : sysconf(_SC_NPROCESSORS_ONLN);
    for (size_t i = 0; i < g->n_pages; i++)
        if (g->pages[i].marked && g->pages[i].survey.page->width > w) w = g->pages[i].survey.page->width;
    g->n_workers = cores < 1 ? 1 : cores > MAX_WORKERS ? MAX_WORKERS : (unsigned)cores;
    g->workers = calloc(g->n_workers, sizeof *g->workers);
    int ok = g->workers != NULL;
    for (unsigned i = 0; ok && i < g->n_workers; i++) {
        struct worker *k = &g->workers[i];
        k->g = g;
        k->index = i;
        k->step = malloc(w * sizeof *k->step);
        k->kind = malloc(w);
        k->gain_tint = malloc(w);
        k->gain_white = malloc(w);
        k->s_ink = malloc(w * sizeof *k->s_ink);
        k->s_paper = malloc(w * sizeof *k->s_paper);
        ok = k->step && k->kind && k->gain_tint && k->gain_white && k->s_ink && k->s_paper;
    }
    return ok ? ENN_OK : enn_fail(g->err, ENN_NOMEM, "out of memory");
}

static void free_workers(struct signing *g)
{
    for (unsigned i = 0; g->workers && i < g->n_workers; i++) {
        free(g->workers[i].step);
        free(g->workers[i].kind);
        free(g->workers[i].gain_tint);
        free(g->workers[i].gain_white);
        free(g->workers[i].s_ink);
        free(g->workers[i].s_paper);
    }
    free(g->workers);
}

static void mark_row(struct worker *k, uint32_t y, void *row)
{
    const struct survey *v = &k->job->survey;
    const struct tile *tile = k->g->tile;
    size_t w = v->page->width;
    struct survey_line l = survey_line(v, y);
    survey_swap(v, row, w);
    ink_steps(v->ink, &v->pixels, row, w, k->step, k->kind);
    mask_row(v->mask, y, k->gain_tint, k->gain_white);
    if (k->g->keepout) keepout_row(k->g->keepout, v->index, &v->place, y, w, k->gain_tint, k->gain_white);
    tile_line(tile, TILE_INK, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, w, k->s_ink);
    if (k->g->white) tile_line(tile, TILE_PAPER, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, w, k->s_paper);
    struct embed_row r = {.step = k->step,
                          .kind = k->kind,
                          .gain_tint = k->gain_tint,
                          .gain_white = k->g->white ? k->gain_white : NULL,
                          .s_ink = k->s_ink,
                          .s_paper = k->s_paper,
                          .n = w,
                          .channels = (unsigned)press_channels(v->pixels.colour),
                          .samples_per_pixel = v->page->samples,
                          .bits = v->page->bits};
    embed_row(&r, row, &k->sums);
    survey_swap(v, row, w);
}

static void *work(void *user)
{
    struct worker *k = user;
    const struct artwork_page *p = k->job->survey.page;
    size_t row_bytes = (size_t)p->width * p->samples * p->bits / 8;
    for (uint32_t i = k->index; i < k->rows; i += k->g->n_workers)
        mark_row(k, k->y + i, k->band + i * row_bytes);
    return NULL;
}

static enum enn_status filter(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    struct signing *g = user;
    struct page_job *j = &g->pages[page];
    const struct artwork_page *p = j->survey.page;
    pthread_t thread[MAX_WORKERS];
    int started[MAX_WORKERS] = {0};
    for (unsigned i = g->n_workers; i-- > 0;) {
        struct worker *k = &g->workers[i];
        k->job = j;
        k->band = samples;
        k->y = y;
        k->rows = rows;
        memset(&k->sums, 0, sizeof k->sums);
        if (i && rows > i) started[i] = !pthread_create(&thread[i], NULL, work, k);
        if (!started[i]) work(k); /* the caller's share, and that of a thread that could not be had */
    }
    for (unsigned i = 0; i < g->n_workers; i++) {
        if (started[i]) pthread_join(thread[i], NULL);
        for (int c = 0; c < 4; c++) {
            j->sums.change[c] += g->workers[i].sums.change[c];
            j->sums.paper[c] += g->workers[i].sums.paper[c];
        }
        j->sums.paper_pixels += g->workers[i].sums.paper_pixels;
    }
    progress(g, 0.4 + 0.4 * (double)(y + rows) / p->height, "marking");
    return samplehash_update(j->hash, samples, (size_t)rows * p->width, g->err);
}

/* One page of the written file, read again. */
struct again {
    struct samplehash *hash;
    struct barcode_finder *finder; /* NULL: there was no barcode before */
    const struct survey *survey;
    void *row; /* with the carrier in front */
    size_t width, row_bytes;
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
    return samplehash_update(h->hash, samples, rows * h->width, h->err);
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
        progress(g, 0.8 + 0.15 * (double)(i + 1) / g->n_pages, "checking");
    }
    artwork_close(a);
    return st;
}

static enum enn_status write_artwork(struct signing *g, const char *temporary)
{
    enum enn_status st = alloc_workers(g);
    for (size_t i = 0; !st && i < g->n_pages; i++)
        if (g->pages[i].marked)
            st = samplehash_new(g->pages[i].survey.page->samples, (int)g->pages[i].survey.page->bits,
                                &g->pages[i].hash, g->err);
    char name[256];
    text_clean(base_name(g->manifest_name), name, sizeof name);
    struct xmp_pointer pointer = {.manifest = name};
    memcpy(pointer.lot_id, g->report->lot_id, sizeof pointer.lot_id);
    struct artwork_rewrite_options ro = {.jpeg_reencode = g->o->jpeg_reencode,
                                         .pointer = g->o->no_xmp ? NULL : &pointer,
                                         .pointed = &g->report->xmp,
                                         .break_signature = g->o->force};
    if (!st) st = artwork_rewrite(g->artwork, temporary, filter, g, &ro, g->err);
    for (size_t i = 0; !st && i < g->n_pages; i++)
        if (g->pages[i].marked) st = samplehash_final(g->pages[i].hash, g->pages[i].signed_hashes, g->err);
    if (!st) st = read_back(g, temporary);
    return st;
}

/* ---- manifest and report ---- */

static enum enn_status describe_file(struct signing *g, struct manifest_file *f, const char *path,
                                     const char *shown)
{
    text_clean(base_name(shown), f->name, sizeof f->name);
    text_clean(artwork_format(g->artwork), f->format, sizeof f->format);
    text_clean(artwork_page(g->artwork, 0)->compression, f->compression, sizeof f->compression);
    return sha256_file(path, f->sha256, &f->bytes, g->err);
}

static void describe_page(struct manifest_page *m, const struct page_job *j)
{
    const struct survey *v = &j->survey;
    const struct artwork_page *p = v->page;
    m->width = p->width;
    m->height = p->height;
    m->dpi_x = v->dpi_x;
    m->dpi_y = v->dpi_y;
    m->width_mm = p->width * 25.4 / v->dpi_x;
    m->height_mm = p->height * 25.4 / v->dpi_y;
    m->bits = (int)p->bits;
    snprintf(m->colour, sizeof m->colour, "%s", artwork_colour_word(p->colour));
    text_clean(profile_is_default(v->profile) ? "built-in" : profile_name(v->profile), m->profile,
               sizeof m->profile);
    m->n_inks = p->samples < ENN_MAX_INKS ? p->samples : ENN_MAX_INKS;
    for (uint32_t c = 0; c < m->n_inks; c++) {
        char fallback[16];
        snprintf(fallback, sizeof fallback, "Extra%u", c + 1);
        text_clean(p->names[c][0] ? p->names[c] : fallback, m->inks[c].name, sizeof m->inks[c].name);
        memcpy(m->inks[c].source_sha256, v->hashes[c], SHA256_BYTES);
        memcpy(m->inks[c].signed_sha256, j->signed_hashes[c], SHA256_BYTES);
    }
}

/* The worst page counts; but a PDF's images lie on pages together, and the best of them is what reads. */
static void add_capacity(struct enn_capacity *c, const struct enn_capacity *p, int first, int placed)
{
    double (*pick)(double, double) = placed ? fmax : fmin;
    c->window25_20 = first ? p->window25_20 : pick(c->window25_20, p->window25_20);
    c->window25_10 = first ? p->window25_10 : pick(c->window25_10, p->window25_10);
    c->panel_20 = first ? p->panel_20 : pick(c->panel_20, p->panel_20);
    c->panel_10 = first ? p->panel_10 : pick(c->panel_10, p->panel_10);
}

static void fill_report(struct signing *g)
{
    struct enn_sign_report *r = g->report;
    double tint = 0, paper_pixels = 0;
    r->white_used = g->white;
    r->luminance = g->luminance;
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct page_job *j = &g->pages[i];
        const struct survey *v = &j->survey;
        if (!j->marked) continue;
        double full = v->page->bits == 16 ? 65535 : 255, pixels = (double)v->page->width * v->page->height;
        double towards_ink = v->pixels.colour == PRESS_RGB || v->pixels.colour == PRESS_GREY ? -1 : 1;
        if (!r->pages) {
            r->width_mm = v->page->width * 25.4 / v->dpi_x;
            r->height_mm = v->page->height * 25.4 / v->dpi_y;
            r->inks = v->page->inks < 8 ? v->page->inks : 8;
            for (unsigned c = 0; c < (unsigned)press_channels(v->pixels.colour); c++) {
                unsigned at = v->carrier ? v->carrier : c;
                if (at < 8) r->coverage_change[at] = 100 * towards_ink * (double)j->sums.change[c] / full / pixels;
            }
            if (g->luminance) snprintf(r->carrier_ink, sizeof r->carrier_ink, "%s", v->page->names[v->carrier]);
        }
        add_capacity(&r->capacity, g->white ? &v->with_white : &v->without_white, !r->pages, v->page->placed);
        r->pages++;
        r->white_cm2 += g->white ? v->areas.white_effective : 0;
        r->marked_cm2 += v->areas.tint_effective + (g->white ? v->areas.white_effective : 0);
        tint += towards_ink * (double)j->sums.paper[2] / full;
        paper_pixels += (double)j->sums.paper_pixels;
    }
    r->mean_tint = paper_pixels > 0 ? 100 * tint / paper_pixels : 0;
}

static int64_t creation_time(void)
{
    const char *e = getenv("SOURCE_DATE_EPOCH");
    char *end;
    long long t = e ? strtoll(e, &end, 10) : -1;
    return e && *e && !*end && t >= 0 ? t : (int64_t)time(NULL);
}

static enum enn_status fill_manifest(struct signing *g, const char *temporary, const char *out)
{
    struct manifest *m = &g->manifest;
    enum enn_status st = manifest_set_pages(m, g->report->pages, g->err);
    if (!st) st = describe_file(g, &m->source, g->name, g->name);
    if (!st) st = describe_file(g, &m->output, temporary, out);
    if (st) return st;
    uint32_t n = 0;
    for (size_t i = 0; i < g->n_pages; i++) {
        if (!g->pages[i].marked) continue;
        if (!n) m->thumbnail = g->pages[i].survey.thumbnail;
        describe_page(&m->pages[n++], &g->pages[i]);
    }
    m->created = creation_time();
    m->lot = g->lot;
    m->unit = g->payload.unit;
    m->mark = (struct manifest_mark){.format = ENN_MARK_FORMAT,
                                     .luminance = g->luminance,
                                     .strength = g->o->strength,
                                     .white = g->o->white,
                                     .white_used = g->white,
                                     .area_cm2 = g->report->marked_cm2,
                                     .quality = g->report->capacity,
                                     .mean_tint = g->report->mean_tint};
    payload_pack(&g->payload, m->mark.message);
    snprintf(m->screen, sizeof m->screen, "%s", g->o->screen ? g->o->screen : "am:175");
    return ENN_OK;
}

static enum enn_status write_manifest(struct signing *g, const char *path, struct enn_error *err)
{
    uint8_t *bytes = NULL;
    size_t n = 0;
    enum enn_status st = manifest_write(&g->manifest, g->signer, &bytes, &n, err);
    if (st) return st;
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n) st = enn_fail(err, ENN_IO, "%s: cannot be written", path);
    if (f && fclose(f) && !st) st = enn_fail(err, ENN_IO, "%s: cannot be written", path);
    free(bytes);
    return st;
}

/* ---- the whole ---- */

static void release(struct signing *g)
{
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
    free_workers(g);
}

static enum enn_status make(struct signing *g, const char *out, const char *artwork_tmp,
                            const char *manifest_tmp)
{
    enum enn_status st = survey_all(g);
    if (!st) st = check_codes(g);
    if (st) return st;
    g->white = decide_white(g);
    st = write_artwork(g, artwork_tmp);
    if (st) return st;
    fill_report(g);
    st = fill_manifest(g, artwork_tmp, out);
    if (!st && g->hook) st = g->hook->finish(g->hook->user, artwork_tmp, &g->manifest, g->report, g->err);
    if (!st) st = write_manifest(g, manifest_tmp, g->err);
    progress(g, 1, "done");
    return st;
}

static enum enn_status begin(const char *path, const struct enn_sign_options *o, struct output **out,
                             struct enn_error *err)
{
    enum enn_status st = output_begin(path, o->force, out, err);
    if (!st && o->pending) output_register(*out, o->pending);
    return st;
}

void enn_sign_report_clear(struct enn_sign_report *r)
{
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
    const char *dot = strrchr(base_name(out), '.');
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
    if (!st) st = begin(out, o, &image, err);
    if (!st) st = begin(manifest, o, &xml, err);
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
