/* What signing did: the report for people, and the manifest. */
#include "sign_job.h"
#include "thumbnail.h"
#include "artwork/artwork.h"
#include "trust/samplehash.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void *hash_files(void *user)
{
    struct file_hashes *f = user;
    for (int i = 0; i < 2 && !f->st; i++)
        f->st = sha256_file(f->path[i], f->sha256[i], &f->bytes[i], &f->err);
    return NULL;
}

void sign_hash_begin(struct signing *g, const char *temporary)
{
    g->files = (struct file_hashes){.path = {g->name, temporary}};
    g->files.running = g->o->threads != 1 && !pthread_create(&g->files.thread, NULL, hash_files, &g->files);
    if (!g->files.running) hash_files(&g->files);
}

enum enn_status sign_hash_end(struct signing *g)
{
    if (g->files.running) pthread_join(g->files.thread, NULL);
    g->files.running = 0;
    if (g->files.st) *g->err = g->files.err;
    return g->files.st;
}

static void describe_file(const struct signing *g, struct manifest_file *f, int which, const char *shown)
{
    text_clean(sign_base_name(shown), f->name, sizeof f->name);
    text_clean(artwork_format(g->artwork), f->format, sizeof f->format);
    text_clean(artwork_page(g->artwork, 0)->compression, f->compression, sizeof f->compression);
    memcpy(f->sha256, g->files.sha256[which], SHA256_BYTES);
    f->bytes = g->files.bytes[which];
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

void sign_fill_report(struct signing *g)
{
    struct enn_sign_report *r = g->report;
    double tint = 0, paper_pixels = 0;
    r->white_used = g->white;
    r->yellow_added = 1;
    r->luminance = g->luminance;
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct page_job *j = &g->pages[i];
        const struct survey *v = &j->survey;
        if (!j->marked) continue;
        r->yellow_added &= survey_adds_yellow(v);
        double full = v->page->bits == 16 ? 65535 : 255, pixels = (double)v->page->width * v->page->height;
        double towards_ink = v->pixels.colour == PRESS_RGB || v->pixels.colour == PRESS_GREY ? -1 : 1;
        if (!r->pages) {
            r->width_mm = v->page->width * 25.4 / v->dpi_x;
            r->height_mm = v->page->height * 25.4 / v->dpi_y;
            r->inks = v->page->inks < 8 ? v->page->inks : 8;
            for (unsigned c = 0; c < (unsigned)press_channels(v->pixels.colour); c++) {
                unsigned at = v->carrier ? v->carrier : c;
                if (at < 8)
                    r->coverage_change[at] = 100 * towards_ink * (double)j->sums.change[c] / full / pixels;
            }
            if (g->luminance)
                snprintf(r->carrier_ink, sizeof r->carrier_ink, "%s", v->page->names[v->carrier]);
        }
        add_capacity(&r->capacity, g->white ? &v->with_white : &v->without_white, !r->pages, v->page->placed);
        r->pages++;
        r->white_cm2 += g->white ? v->areas.white_effective : 0;
        r->marked_cm2 += v->areas.tint_effective + (g->white ? v->areas.white_effective : 0);
        tint += towards_ink * (double)j->sums.paper[2] / full;
        paper_pixels += (double)j->sums.paper_pixels;
    }
    r->mean_tint = paper_pixels > 0 ? 100 * tint / paper_pixels : 0;
    r->yellow_added &= g->white && tint > 0;
}

static int64_t creation_time(void)
{
    const char *e = getenv("SOURCE_DATE_EPOCH");
    char *end;
    long long t = e ? strtoll(e, &end, 10) : -1;
    return e && *e && !*end && t >= 0 ? t : (int64_t)time(NULL);
}

static uint32_t last_page(const struct signing *g)
{
    uint32_t last = 1;
    for (size_t i = 0; i < g->n_pages; i++) {
        uint32_t number = sign_page_number(g, i);
        if (g->pages[i].marked && number > last) last = number;
    }
    return last;
}

enum { MANY_PAGES = 16 }; /* from here on the manifest's 256 KiB are wanted for hashes */

enum enn_status sign_fill_manifest(struct signing *g, const char *out)
{
    struct manifest *m = &g->manifest;
    enum enn_status st = manifest_set_pages(m, g->report->pages, g->err);
    if (!st) st = sign_hash_end(g);
    if (st) return st;
    describe_file(g, &m->source, 0, g->name);
    describe_file(g, &m->output, 1, out);
    uint32_t n = 0;
    for (size_t i = 0; i < g->n_pages; i++) {
        if (!g->pages[i].marked) continue;
        if (!n) m->thumbnail = g->pages[i].survey.thumbnail;
        describe_page(&m->pages[n++], &g->pages[i]);
    }
    if (n > MANY_PAGES) thumbnail_halve(&m->thumbnail);
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
    if (g->seal)
        m->mark.seal = (struct manifest_seal){.version = 1, .step = g->o->step, .pages = last_page(g)};
    payload_pack(&g->payload, m->mark.message);
    snprintf(m->screen, sizeof m->screen, "%s", g->o->screen ? g->o->screen : DEFAULT_SCREEN);
    return ENN_OK;
}

enum enn_status sign_write_manifest(struct signing *g, const char *path, struct enn_error *err)
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
