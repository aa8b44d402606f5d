/*
 * Second pass of signing: every row of every page is classified, gets its message and its seal, and goes out changed.
 * Rows are shared out among threads; what each does depends on the row alone, so the bytes are the same whatever the
 * number of threads.
 */
#include "sign_job.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One thread of the second pass: every n_workers-th row of a band. */
struct sign_worker {
    const struct signing *g;
    const struct page_job *job;
    uint8_t *band;
    uint32_t y, rows;
    unsigned index;
    struct ink_step *step;
    uint8_t *kind, *gain_tint, *gain_white;
    int16_t *s_ink, *s_paper;
    uint8_t *before; /* of pages with a colour key: the row as it was */
    struct embed_sums sums;
    int failed; /* of the seal */
};

enum { MAX_WORKERS = 16 };

enum enn_status sign_mark_begin(struct signing *g)
{
    size_t w = 1, keyed = 1;
    long cores = g->o->threads > 0 ? g->o->threads : sysconf(_SC_NPROCESSORS_ONLN);
    for (size_t i = 0; i < g->n_pages; i++) {
        const struct artwork_page *p = g->pages[i].survey.page;
        if (!g->pages[i].marked) continue;
        size_t bytes = p->n_key ? (size_t)p->width * p->samples * p->bits / 8 : 0;
        if (p->width > w) w = p->width;
        if (bytes > keyed) keyed = bytes;
    }
    g->n_workers = cores < 1 ? 1 : cores > MAX_WORKERS ? MAX_WORKERS : (unsigned)cores;
    g->workers = calloc(g->n_workers, sizeof *g->workers);
    int ok = g->workers != NULL;
    for (unsigned i = 0; ok && i < g->n_workers; i++) {
        struct sign_worker *k = &g->workers[i];
        k->g = g;
        k->index = i;
        k->step = malloc(w * sizeof *k->step);
        k->kind = malloc(w);
        k->gain_tint = malloc(w);
        k->gain_white = malloc(w);
        k->s_ink = malloc(w * sizeof *k->s_ink);
        k->s_paper = malloc(w * sizeof *k->s_paper);
        k->before = malloc(keyed);
        ok = k->before && k->step && k->kind && k->gain_tint && k->gain_white && k->s_ink && k->s_paper;
    }
    return ok ? ENN_OK : enn_fail(g->err, ENN_NOMEM, "out of memory");
}

void sign_mark_end(struct signing *g)
{
    for (unsigned i = 0; g->workers && i < g->n_workers; i++) {
        free(g->workers[i].step);
        free(g->workers[i].kind);
        free(g->workers[i].gain_tint);
        free(g->workers[i].gain_white);
        free(g->workers[i].s_ink);
        free(g->workers[i].s_paper);
        free(g->workers[i].before);
    }
    free(g->workers);
}

/* 1: the colour key makes this pixel transparent. */
static int is_keyed(const struct artwork_page *p, const void *row, size_t x)
{
    for (unsigned c = 0; c < p->n_key; c++) {
        size_t i = x * p->samples + c;
        unsigned v = p->bits == 16 ? ((const uint16_t *)row)[i] : ((const uint8_t *)row)[i];
        if (v < p->key[c][0] || v > p->key[c][1]) return 0;
    }
    return 1;
}

/* Pixels that are transparent, or would become so, are again what they were. */
static void keep_keyed(const struct artwork_page *p, const uint8_t *before, uint8_t *row)
{
    size_t pixel = (size_t)p->samples * p->bits / 8;
    for (size_t x = 0; x < p->width; x++)
        if (is_keyed(p, before, x) || is_keyed(p, row, x)) memcpy(row + x * pixel, before + x * pixel, pixel);
}

static void mark_row(struct sign_worker *k, uint32_t y, void *row)
{
    const struct survey *v = &k->job->survey;
    const struct tile *tile = k->g->tile;
    size_t w = v->page->width;
    struct survey_line l = survey_line(v, y);
    if (v->page->n_key) memcpy(k->before, row, w * v->page->samples * v->page->bits / 8);
    survey_swap(v, row, w);
    ink_steps(v->ink, &v->pixels, row, w, k->step, k->kind);
    mask_row(v->mask, y, k->gain_tint, k->gain_white);
    if (k->g->keepout) keepout_row(k->g->keepout, v->index, &v->place, y, w, k->gain_tint, k->gain_white);
    tile_line(tile, TILE_INK, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, w, k->s_ink);
    if (k->g->white) tile_line(tile, TILE_PAPER, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, w, k->s_paper);
    if (k->g->seal && seal_line(k->g->seal, l.x_mm, l.y_mm, l.dx_mm, l.dy_mm, w, k->s_ink, k->g->white ? k->s_paper : NULL))
        k->failed = 1;
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
    if (v->page->n_key) keep_keyed(v->page, k->before, row);
}

static void *work(void *user)
{
    struct sign_worker *k = user;
    const struct artwork_page *p = k->job->survey.page;
    size_t row_bytes = (size_t)p->width * p->samples * p->bits / 8;
    for (uint32_t i = k->index; i < k->rows; i += k->g->n_workers)
        mark_row(k, k->y + i, k->band + i * row_bytes);
    return NULL;
}

uint32_t sign_page_number(const struct signing *g, size_t page)
{
    const struct artwork_page *p = artwork_page(g->artwork, page);
    return p->number ? p->number : (uint32_t)page + 1;
}

/* The row of the seal's cells that a row of the page lies in; 0 where rows of the page cross them. */
static int64_t seal_row(const struct survey *v, uint32_t y)
{
    struct survey_line l = survey_line(v, y);
    return l.dy_mm == 0 ? (int64_t)floor(l.y_mm / TILE_MM) : 0;
}

/* How many of the rows from y on lie in one row of cells: of a page of metres one such row takes 35 MiB. */
static uint32_t rows_of_a_seal_row(const struct signing *g, const struct survey *v, uint32_t y, uint32_t rows)
{
    uint32_t n = 1;
    while (n < rows && (!g->seal || seal_row(v, y + n) == seal_row(v, y))) n++;
    return n;
}

/* Another page has another field. */
static enum enn_status seal_page(struct signing *g, size_t page, uint32_t y)
{
    const struct survey *v = &g->pages[page].survey;
    if (!g->seal) return ENN_OK;
    if (y && seal_row(v, y) != seal_row(v, y - 1))
        seal_rows_clear(g->seal);
    else
        seal_rows_next(g->seal);
    if (g->seal_page == page + 1) return ENN_OK;
    struct seal_place at = {.page = sign_page_number(g, page), .step = g->o->step, .luminance = g->luminance};
    g->seal_page = page + 1;
    seal_rows_page(g->seal, seal_stream_bits, &g->seal_stream);
    return seal_stream_init(&g->seal_stream, &g->seal_key, &at, g->err);
}

static enum enn_status mark_rows(struct signing *g, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    struct page_job *j = &g->pages[page];
    pthread_t thread[MAX_WORKERS];
    int started[MAX_WORKERS] = {0}, failed = 0;
    enum enn_status st = seal_page(g, page, y);
    if (st) return st;
    for (unsigned i = g->n_workers; i-- > 0;) {
        struct sign_worker *k = &g->workers[i];
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
        failed |= g->workers[i].failed;
    }
    if (failed)
        return enn_fail(g->err, ENN_LIMIT, "%s: the seal of so wide a page needs more than a quarter of the memory limit "
                                           "(--max-memory; or --no-seal)", g->name);
    return ENN_OK;
}

enum enn_status sign_mark_band(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    struct signing *g = user;
    struct page_job *j = &g->pages[page];
    const struct artwork_page *p = j->survey.page;
    size_t row_bytes = (size_t)p->width * p->samples * p->bits / 8;
    for (uint32_t at = 0, n; at < rows; at += n) {
        n = rows_of_a_seal_row(g, &j->survey, y + at, rows - at);
        enum enn_status st = mark_rows(g, page, y + at, n, (uint8_t *)samples + at * row_bytes);
        if (st) return st;
    }
    sign_progress(g, 0.4 + 0.4 * (double)(y + rows) / p->height, "marking");
    return samplehash_update_beside(j->hash, g->o->threads, samples, (size_t)rows * p->width, g->err);
}

