/*
 * What is told of a page that the survey cannot take, being too coarse, without a resolution, of brand inks alone, or a
 * screened plate: the inks all the same.  Nothing here depends on where the pixels lie.
 */
#include "inspect_plain.h"
#include "artwork/plate.h"
#include "press/profile.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sums {
    const struct artwork_page *page;
    double of[ARTWORK_MAX_SAMPLES]; /* samples, 0..1 */
    double most;                    /* of the inks of one pixel */
};

static unsigned level(const struct artwork_page *p, const void *samples, size_t at)
{
    return p->bits == 16 ? ((const uint16_t *)samples)[at] : ((const uint8_t *)samples)[at];
}

static int is_ink(const struct artwork_page *p, unsigned c)
{
    return p->role[c] <= ARTWORK_SPOT;
}

static enum enn_status add_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct sums *s = user;
    const struct artwork_page *p = s->page;
    double full = p->bits == 16 ? 65535 : 255;
    (void)y;
    for (uint32_t j = 0; j < rows; j++) {
        uint64_t sum[ARTWORK_MAX_SAMPLES] = {0}; /* of a row: below 2^32 * 2^16 */
        for (uint32_t x = 0; x < p->width; x++) {
            size_t at = ((size_t)j * p->width + x) * p->samples;
            unsigned ink = 0;
            for (unsigned c = 0; c < p->samples; c++) {
                unsigned v = level(p, samples, at + c);
                sum[c] += v;
                ink += is_ink(p, c) ? v : 0;
            }
            if (ink > s->most) s->most = ink;
        }
        for (unsigned c = 0; c < p->samples; c++) s->of[c] += (double)sum[c] / full;
    }
    return ENN_OK;
}

static enum enn_status of_samples(struct artwork *a, size_t index, struct enn_page_info *info,
                                  struct enn_error *err)
{
    struct sums s = {.page = artwork_page(a, index)};
    const struct artwork_page *p = s.page;
    double pixels = (double)p->width * p->height;
    if (p->samples > ARTWORK_MAX_SAMPLES) return ENN_OK;
    enum enn_status st = artwork_read(a, index, add_band, &s, err);
    if (st) return st;
    int light = p->colour == ARTWORK_RGB || p->colour == ARTWORK_GREY;
    for (unsigned c = 0; c < info->n_inks; c++)
        info->inks[c].mean_coverage = 100 * (light && c < p->inks ? 1 - s.of[c] / pixels : s.of[c] / pixels);
    if (p->colour == ARTWORK_CMYK || p->colour == ARTWORK_INKS)
        info->max_tac = 100 * s.most / (p->bits == 16 ? 65535 : 255);
    return ENN_OK;
}

enum enn_status inspect_profile(const struct artwork_page *p, struct enn_page_info *info,
                                struct enn_error *err)
{
    static const enum press_colour colours[] = {[ARTWORK_CMYK] = PRESS_CMYK,
                                                [ARTWORK_RGB] = PRESS_RGB,
                                                [ARTWORK_GREY] = PRESS_GREY,
                                                [ARTWORK_LAB] = PRESS_LAB};
    struct profile *profile;
    if (p->colour == ARTWORK_OTHER || p->colour == ARTWORK_INKS) return ENN_OK;
    enum enn_status st = profile_open(&profile, colours[p->colour], p->icc, p->icc_size, err);
    if (st) return st;
    snprintf(info->profile, sizeof info->profile, "%s%s", profile_name(profile),
             p->icc ? "" : " (none embedded)");
    profile_free(profile);
    return ENN_OK;
}

/* The share of a plate that prints, and the ink that its name or the file tells. */
static enum enn_status of_plate(const char *file, const struct enn_limits *limits, struct enn_page_info *info,
                                struct enn_error *err)
{
    enum { ROWS = 64 };
    struct plate *p;
    enum enn_status st = plate_open(file, limits, 0, 1, &p, err);
    if (st) return st;
    const struct artwork_page *page = plate_page(p);
    size_t bytes = plate_row_bytes(p);
    uint8_t *rows = malloc(bytes * ROWS);
    uint64_t ink = 0;
    if (!rows) st = ENN_NOMEM;
    for (uint32_t y = 0; y < page->height && !st; y += ROWS) {
        uint32_t n = page->height - y < ROWS ? page->height - y : ROWS;
        st = plate_next(p, n, rows, err);
        for (size_t i = 0; i < n * bytes && !st; i++) ink += (uint64_t)__builtin_popcount(rows[i]);
    }
    if (!st) info->inks[0].mean_coverage = 100 * (double)ink / ((double)page->width * page->height);
    if (!st && !plate_ink(file, info->inks[0].name)) plate_ink_inside(file, limits, info->inks[0].name);
    free(rows);
    plate_close(p);
    return st;
}

enum enn_status inspect_plain(struct artwork *a, size_t index, const char *file,
                              const struct enn_limits *limits, struct enn_page_info *info,
                              struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, index);
    struct enn_error e = {ENN_OK, ""};
    enum enn_status st = ENN_OK;
    if (p->readable) {
        st = of_samples(a, index, info, &e);
        if (!st) st = inspect_profile(p, info, &e);
    } else if (p->bits == 1 && p->samples == 1 && artwork_pages(a) == 1 && strcmp(artwork_format(a), "PDF")) {
        st = of_plate(file, limits, info, &e);
    }
    if (st != ENN_NOMEM) return ENN_OK; /* it is not measured, which the report says */
    *err = e;
    return st;
}
