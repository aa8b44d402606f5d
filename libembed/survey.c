/* First pass over a page (survey.h): hashes, mask, thumbnail, coverage. How well the mark will read is
 * predicted in capacity.c. */
#include "clones.h"
#include "thumbnail.h"
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct survey *s;
    const struct survey_options *o;
    struct samplehash *hash;
    struct barcode_finder *finder;
    double *sums; /* per channel */
    struct thumbnail *thumbnail;
    struct enn_error *err;
    uint8_t *swapped[2];
};

/* Sums of the four channels of n pixels, and the most ink of one of them in 8-bit levels: loops that become vectors. */
CLONED static unsigned cover_cmyk8(const uint8_t *p, size_t n, uint64_t sum[4])
{
    enum { LANES = 64, MOST = 16 * 256 }; /* 256 * 255 fit in 16 bits */
    unsigned max = 0;
    for (size_t at = 0, some; at < n; at += some) {
        uint16_t lane[LANES] = {0};
        const uint8_t *q = p + 4 * at;
        some = n - at < MOST ? n - at : MOST;
        size_t bytes = 4 * some, i = 0;
        for (; i + LANES <= bytes; i += LANES)
            for (size_t k = 0; k < LANES; k++) lane[k] = (uint16_t)(lane[k] + q[i + k]);
        for (size_t k = 0; k < LANES; k++) sum[k & 3] += lane[k];
        for (; i < bytes; i++) sum[i & 3] += q[i];
        for (size_t x = 0; x < some; x++) {
            unsigned t = (unsigned)q[4 * x] + q[4 * x + 1] + q[4 * x + 2] + q[4 * x + 3];
            max = t > max ? t : max;
        }
    }
    return max;
}

/* v / 257 is v * 65281 >> 24 for all v of 16 bits. */
CLONED static unsigned cover_cmyk16(const uint16_t *p, size_t n, uint64_t sum[4])
{
    enum { LANES = 32, MOST = 1024 };
    unsigned max = 0;
    for (size_t at = 0, some; at < n; at += some) {
        uint32_t lane[LANES] = {0};
        uint8_t level[4 * MOST];
        const uint16_t *q = p + 4 * at;
        some = n - at < MOST ? n - at : MOST;
        size_t samples = 4 * some, i = 0;
        for (; i + LANES <= samples; i += LANES)
            for (size_t k = 0; k < LANES; k++) lane[k] += q[i + k];
        for (size_t k = 0; k < LANES; k++) sum[k & 3] += lane[k];
        for (; i < samples; i++) sum[i & 3] += q[i];
        for (size_t k = 0; k < samples; k++) level[k] = (uint8_t)((uint16_t)(q[k] * 65281u >> 16) >> 8);
        for (size_t x = 0; x < some; x++) {
            unsigned t = (unsigned)level[4 * x] + level[4 * x + 1] + level[4 * x + 2] + level[4 * x + 3];
            max = t > max ? t : max;
        }
    }
    return max;
}

static void cover_cmyk(struct reader *r, const void *row)
{
    size_t n = (size_t)r->s->page->width;
    int wide = r->s->pixels.bits == 16;
    uint64_t sum[4] = {0};
    unsigned max = wide ? cover_cmyk16(row, n, sum) : cover_cmyk8(row, n, sum);
    for (int c = 0; c < 4; c++) r->sums[c] += (double)sum[c] / (wide ? 65535.0 : 255.0);
    r->s->max_tac = fmax(r->s->max_tac, (double)max / 255);
}

static void coverage_row(struct reader *r, const uint8_t *row)
{
    const struct survey *s = r->s;
    size_t n = (size_t)s->page->width, spp = s->page->samples;
    double max = 0;
    if (s->pixels.colour == PRESS_CMYK && spp == 4) {
        cover_cmyk(r, row);
        return;
    }
    for (size_t c = 0; c < spp && c < ARTWORK_MAX_SAMPLES; c++) {
        uint64_t sum = 0;
        if (s->pixels.bits == 16)
            for (size_t i = 0; i < n; i++) sum += ((const uint16_t *)row)[i * spp + c];
        else
            for (size_t i = 0; i < n; i++) sum += row[i * spp + c];
        r->sums[c] += (double)sum / (s->pixels.bits == 16 ? 65535.0 : 255.0);
    }
    int of_inks = s->pixels.colour == PRESS_CMYK || s->pixels.colour == PRESS_GREY_INK;
    for (size_t i = 0; i < n && of_inks; i++) {
        unsigned t = 0;
        for (size_t c = 0; c < spp && c < ARTWORK_MAX_SAMPLES; c++)
            if (s->role[c] <= ARTWORK_SPOT)
                t += s->pixels.bits == 16 ? ((const uint16_t *)row)[i * spp + c] / 257u : row[i * spp + c];
        if (t > max) max = t;
    }
    if (max / 255 > r->s->max_tac) r->s->max_tac = max / 255;
}

static void grid_row(struct reader *r, uint32_t y, const uint8_t *row, size_t pixel_bytes)
{
    struct survey *s = r->s;
    double mm_y = 25.4 / s->dpi_y, mm_x = 25.4 / s->dpi_x;
    uint32_t j = (uint32_t)(y * mm_y / s->grid_mm);
    if (j >= s->grid_rows || y != (uint32_t)ceil(j * s->grid_mm / mm_y))
        return; /* the first row of each grid line */
    for (uint32_t i = 0; i < s->grid_columns; i++) {
        uint32_t x = (uint32_t)((i + 0.5) * s->grid_mm / mm_x);
        if (x >= s->page->width) break;
        const uint8_t *px = row + x * pixel_bytes;
        size_t at = (size_t)j * s->grid_columns + i;
        struct ink_step step;
        ink_steps(s->ink, &s->pixels, px, 1, &step, &s->grid_kind[at]);
        s->grid_effect[at] = ink_effect_of(s->ink, &s->pixels, px).opponent;
    }
}

/* What the user protects, into the cells of the mask: those that are protected by more than half. */
static void keep_out(const struct reader *r)
{
    struct survey *s = r->s;
    uint32_t nx, ny;
    double cell_x, cell_y;
    if (!r->o->keepout) return;
    mask_size(s->mask, &nx, &ny, &cell_x, &cell_y);
    cell_x *= s->dpi_x / 25.4, cell_y *= s->dpi_y / 25.4; /* in pixels */
    for (uint32_t j = 0; j < ny; j++)
        for (uint32_t i = 0; i < nx; i++) {
            int n = 0;
            for (int k = 0; k < 9; k++)
                n += keepout_at(r->o->keepout, s->index, &s->place, (i + (k % 3 + 0.5) / 3) * cell_x,
                                (j + (k / 3 + 0.5) / 3) * cell_y);
            if (n > 4) mask_protect_cell(s->mask, i, j);
        }
}

/* What is done with a band, in two halves of about the same length that know nothing of each other. */
struct half {
    struct reader *r;
    const uint8_t *samples;
    uint32_t y, rows;
    uint8_t *swapped; /* a row with the carrier in front, when it is not there already */
    enum enn_status st;
    struct enn_error err;
};

static const uint8_t *line_of(const struct half *h, uint32_t i)
{
    const struct survey *s = h->r->s;
    size_t row_bytes = (size_t)s->page->width * s->page->samples * s->pixels.bits / 8;
    const uint8_t *row = h->samples + i * row_bytes;
    if (!s->carrier) return row;
    memcpy(h->swapped, row, row_bytes);
    survey_swap(s, h->swapped, s->page->width);
    return h->swapped;
}

static void *feed_mask(void *user)
{
    struct half *h = user;
    const struct survey *s = h->r->s;
    size_t row_bytes = (size_t)s->page->width * s->page->samples * s->pixels.bits / 8;
    h->st = samplehash_update_some(h->r->hash, SAMPLEHASH_ODD, h->samples, (size_t)h->rows * s->page->width, &h->err);
    for (uint32_t i = 0; !h->st && i < h->rows; i++)
        h->st = mask_feed(s->mask, line_of(h, i), row_bytes, 1, &h->err);
    return NULL;
}

static void *feed_others(void *user)
{
    struct half *h = user;
    struct reader *r = h->r;
    const struct survey *s = r->s;
    size_t pixel_bytes = (size_t)s->page->samples * s->pixels.bits / 8,
           row_bytes = pixel_bytes * s->page->width;
    h->st = samplehash_update_some(r->hash, SAMPLEHASH_EVEN, h->samples, (size_t)h->rows * s->page->width, &h->err);
    for (uint32_t i = 0; !h->st && i < h->rows; i++) {
        coverage_row(r, h->samples + i * row_bytes);
        const uint8_t *row = line_of(h, i);
        barcode_finder_rows(r->finder, row, row_bytes, 1);
        thumbnail_row(r->thumbnail, h->y + i, row);
        grid_row(r, h->y + i, row, pixel_bytes);
    }
    return NULL;
}

static enum enn_status band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct reader *r = user;
    struct half mask = {.r = r, .samples = samples, .y = y, .rows = rows, .swapped = r->swapped[0]},
                others = mask;
    others.swapped = r->swapped[1];
    pthread_t thread;
    int beside = r->o->threads != 1 && !pthread_create(&thread, NULL, feed_mask, &mask);
    feed_others(&others);
    if (beside)
        pthread_join(thread, NULL);
    else
        feed_mask(&mask);
    if (r->o->progress) r->o->progress(r->o->progress_user, (double)(y + rows) / r->s->page->height);
    const struct half *failed = others.st ? &others : &mask;
    if (failed->st) *r->err = failed->err;
    return failed->st;
}

/* Solving an ink model takes a quarter of a second: the images of a PDF share those of the same profile. */
static enum enn_status open_model(struct survey *s, const struct survey_options *o, const uint8_t *icc,
                                  size_t icc_size, struct enn_error *err)
{
    struct survey_models *m = o->models;
    for (unsigned i = 0; m && i < m->n; i++)
        if (m->at[i].icc == icc && m->at[i].colour == s->pixels.colour) {
            s->profile = m->at[i].profile;
            s->ink = m->at[i].ink;
            s->shared = 1;
            return ENN_OK;
        }
    enum enn_status st = profile_open(&s->profile, s->pixels.colour, icc, icc_size, err);
    if (!st) st = ink_model_new(&s->ink, s->pixels.colour, s->profile, o->strength, 0, err);
    if (st || !m || m->n == SURVEY_MODELS) return st;
    m->at[m->n].icc = icc;
    m->at[m->n].colour = s->pixels.colour;
    m->at[m->n].profile = s->profile;
    m->at[m->n++].ink = s->ink;
    s->shared = 1;
    return ENN_OK;
}

void survey_models_clear(struct survey_models *m)
{
    for (unsigned i = 0; i < m->n; i++) {
        profile_free(m->at[i].profile);
        ink_model_free(m->at[i].ink);
    }
    memset(m, 0, sizeof *m);
}

static enum enn_status prepare(struct survey *s, const struct survey_options *o, const char *name,
                               struct enn_error *err)
{
    const struct artwork_page *p = s->page;
    s->dpi_x = p->dpi_x > 0 ? p->dpi_x : o->dpi;
    s->dpi_y = p->dpi_y > 0 ? p->dpi_y : o->dpi;
    if (!(s->dpi_x > 0 && s->dpi_y > 0))
        return enn_fail(err, ENN_UNSUPPORTED, "%s: the file names no resolution (give it with --dpi)", name);
    if (s->dpi_x < 100 || s->dpi_y < 100)
        return enn_fail(err, ENN_UNSUPPORTED,
                        "%s: %.5g x %.5g dpi is too coarse to hold the mark (100 at least)", name, s->dpi_x,
                        s->dpi_y);
    enum enn_status st = survey_inks(s, o->protection, name, err);
    if (st) return st;
    survey_place(s);
    const uint8_t *icc = p->icc ? p->icc : o->icc;
    st = open_model(s, o, icc, p->icc ? p->icc_size : o->icc_size, err);
    if (!st) st = mask_new(&s->mask, &s->pixels, p->width, p->height, s->dpi_x, s->dpi_y, o->limits, err);
    if (st) return st;
    mask_show_technical(s->mask, s->technical);
    s->grid_mm = survey_grid_mm(p->width * 25.4 / s->dpi_x, p->height * 25.4 / s->dpi_y);
    s->grid_columns = (uint32_t)fmax(1, p->width * 25.4 / s->dpi_x / s->grid_mm);
    s->grid_rows = (uint32_t)fmax(1, p->height * 25.4 / s->dpi_y / s->grid_mm);
    uint64_t n = (uint64_t)s->grid_columns * s->grid_rows;
    if (n * 5 > o->limits->max_memory)
        return enn_fail(err, ENN_LIMIT, "%s: too large a page for --max-memory", name);
    s->grid_effect = calloc(n, sizeof *s->grid_effect);
    s->grid_kind = calloc(n, 1);
    return s->grid_effect && s->grid_kind ? ENN_OK : enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
}

static void finish_means(struct survey *s, const struct reader *r)
{
    double pixels = (double)s->page->width * s->page->height;
    for (unsigned c = 0; c < s->page->samples && c < ARTWORK_MAX_SAMPLES; c++) {
        s->coverage[c] = r->sums[c] / pixels;
        if (c < s->page->inks && (s->pixels.colour == PRESS_RGB || s->pixels.colour == PRESS_GREY))
            s->coverage[c] = 1 - s->coverage[c];
    }
}

/* What was read as a barcode is protected with its quiet zone, whatever the cells look like. */
static enum enn_status protect_codes(struct survey *s, struct barcode_finder *f, struct enn_error *err)
{
    enum enn_status st = barcode_finder_end(f, &s->codes, &s->codes_complete, err);
    for (size_t i = 0; !st && i < s->codes.n; i++) {
        const struct barcode *b = &s->codes.item[i];
        double quiet = b->quiet_needed + b->module;
        mask_protect_code(s->mask, b->x - quiet, b->y - quiet, b->width + 2 * quiet, b->height + 2 * quiet);
    }
    return st;
}

static enum enn_status read_page(struct survey *s, struct artwork *a, const struct survey_options *o,
                                 const char *name, struct enn_error *err)
{
    if (!s->page->readable || s->page->samples > ARTWORK_MAX_SAMPLES)
        return enn_fail(err, s->page->why_status ? s->page->why_status : ENN_UNSUPPORTED, "%s: %s", name,
                        s->page->why);
    enum enn_status st = prepare(s, o, name, err);
    if (st) return st;
    double sums[ARTWORK_MAX_SAMPLES] = {0};
    struct reader r = {.s = s, .o = o, .sums = sums, .err = err};
    for (int i = 0; i < 2; i++)
        r.swapped[i] = malloc((size_t)s->page->width * s->page->samples * s->page->bits / 8);
    if (!r.swapped[0] || !r.swapped[1]) st = enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    if (!st) st = thumbnail_new(s, &r.thumbnail, err);
    if (!st) st = samplehash_new(s->page->samples, s->pixels.bits, &r.hash, err);
    if (!st)
        st = barcode_finder_new(&r.finder, &s->pixels, s->page->width, s->page->height, s->dpi_x, s->dpi_y,
                                o->threads, o->limits, err);
    if (!st) st = artwork_read(a, s->index, band, &r, err);
    if (!st) st = samplehash_final(r.hash, s->hashes, err);
    if (!st) keep_out(&r);
    if (!st) st = protect_codes(s, r.finder, err);
    barcode_finder_free(r.finder); /* its strips make room for what follows */
    r.finder = NULL;
    if (!st) st = mask_finish(s->mask, err);
    if (!st) {
        finish_means(s, &r);
        thumbnail_finish(r.thumbnail, &s->thumbnail);
        s->areas = mask_areas(s->mask);
        if (press_is_luminance(s->pixels.colour)) s->areas.white_effective = 0; /* paper has no ink to move */
        st = survey_predict(s, err);
    }
    samplehash_free(r.hash);
    barcode_finder_free(r.finder);
    thumbnail_free(r.thumbnail);
    free(r.swapped[0]);
    free(r.swapped[1]);
    return st;
}

/* What else an image is printed with is not known where it is placed by something bigger (PDF). */
int survey_adds_yellow(const struct survey *s)
{
    return !s->page->placed && s->page->colour == ARTWORK_CMYK && s->coverage[2] == 0;
}

int survey_yellow_prints(const struct survey *s)
{
    return !survey_adds_yellow(s) || (s->coverage[0] > 0 && s->coverage[1] > 0);
}

/* CMYK of which only black prints: a job for one plate.  The mark must not ask for a second one, so it is
 * made of lightness, as in any artwork of one ink. */
static int is_black_only(const struct survey *s)
{
    return s->pixels.colour == PRESS_CMYK && s->coverage[0] + s->coverage[1] + s->coverage[2] == 0 &&
           s->coverage[3] > 0;
}

enum enn_status survey_page(struct survey *s, struct artwork *a, size_t index, const struct survey_options *o,
                            const char *name, struct enn_error *err)
{
    *s = (struct survey){.page = artwork_page(a, index), .index = index};
    enum enn_status st = read_page(s, a, o, name, err);
    if (st || o->white_always || !is_black_only(s)) return st;
    survey_clear(s);
    *s = (struct survey){.page = artwork_page(a, index), .index = index, .black_only = 1};
    return read_page(s, a, o, name, err);
}

void survey_clear(struct survey *s)
{
    if (!s->shared) {
        profile_free(s->profile);
        ink_model_free(s->ink);
    }
    mask_free(s->mask);
    barcode_list_clear(&s->codes);
    free(s->grid_effect);
    free(s->grid_kind);
    memset(s, 0, sizeof *s);
}
