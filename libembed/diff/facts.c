/* Comparing: sizes, resolution, inks, profile and layout of two pages (facts.h). */
#include "diff/facts.h"
#include "press/profile.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = sizeof((struct enn_fact *)0)->before };

enum enn_status facts_add(struct enn_diff *d, enum enn_fact_group group, uint32_t page, const char *name,
                          const char *before, const char *after, int prints, struct enn_error *err)
{
    if (!strcmp(before, after)) return ENN_OK;
    if (!(d->n_facts & (d->n_facts - 1))) { /* 0 and the powers of two */
        struct enn_fact *more = realloc(d->facts, (d->n_facts ? 2 * (size_t)d->n_facts : 1) * sizeof *more);
        if (!more) return enn_fail(err, ENN_NOMEM, "out of memory");
        d->facts = more;
    }
    struct enn_fact *f = &d->facts[d->n_facts++];
    memset(f, 0, sizeof *f);
    f->group = group;
    f->page = page;
    f->prints = prints;
    snprintf(f->name, sizeof f->name, "%s", name);
    snprintf(f->before, sizeof f->before, "%s", before);
    snprintf(f->after, sizeof f->after, "%s", after);
    return ENN_OK;
}

static void resolution(const struct artwork_page *p, char text[TEXT])
{
    if (p->dpi_x > 0)
        snprintf(text, TEXT, "%.5g x %.5g dpi", p->dpi_x, p->dpi_y);
    else
        snprintf(text, TEXT, "none");
}

static void inks(const struct artwork_page *p, char text[TEXT])
{
    int separations = p->colour == ARTWORK_INKS;
    size_t n = (size_t)snprintf(text, TEXT, "%s", artwork_colour_word(p->colour));
    for (unsigned i = separations ? 0 : p->inks; i < p->samples && i < ARTWORK_MAX_SAMPLES && n < TEXT; i++)
        n += (size_t)snprintf(text + n, TEXT - n, " + %s",
                              p->names[i][0]       ? p->names[i]
                              : (int)i == p->alpha ? "transparency"
                                                   : "unnamed");
}

/* The description, and a number that tells profiles of the same name apart (32-bit FNV-1a). */
static enum enn_status profile(const struct artwork_page *p, char text[TEXT], struct enn_error *err)
{
    enum press_colour colour = p->colour == ARTWORK_CMYK   ? PRESS_CMYK
                               : p->colour == ARTWORK_RGB  ? PRESS_RGB
                               : p->colour == ARTWORK_GREY ? PRESS_GREY
                               : p->colour == ARTWORK_LAB  ? PRESS_LAB
                                                           : PRESS_GREY_INK;
    struct profile *icc;
    uint32_t hash = 2166136261u;
    if (!p->icc) {
        snprintf(text, TEXT, "none");
        return ENN_OK;
    }
    enum enn_status st = profile_open(&icc, colour, p->icc, p->icc_size, err);
    if (st) return st;
    for (size_t i = 0; i < p->icc_size; i++) hash = (hash ^ p->icc[i]) * 16777619u;
    snprintf(text, TEXT, "%.80s (%zu bytes, %08x)",
             profile_note(icc) ? "unusable profile" : profile_name(icc), p->icc_size, hash);
    profile_free(icc);
    return ENN_OK;
}

static double size_mm(uint32_t pixels, double own, double otherwise)
{
    double dpi = own > 0 ? own : otherwise;
    return dpi > 0 ? pixels * 25.4 / dpi : 0;
}

/* Sizes agree within one pixel of the coarser raster: what resampling rounds off. */
static enum enn_status boxes(struct enn_diff *d, uint32_t page, const struct artwork_page *a,
                             const struct artwork_page *b, double dpi, struct enn_error *err)
{
    char before[TEXT], after[TEXT];
    double aw = size_mm(a->width, a->dpi_x, dpi), ah = size_mm(a->height, a->dpi_y, dpi);
    double bw = size_mm(b->width, b->dpi_x, dpi), bh = size_mm(b->height, b->dpi_y, dpi);
    double px = fmax(aw / a->width, bw / b->width), py = fmax(ah / a->height, bh / b->height);
    if (fabs(aw - bw) <= 1.01 * px && fabs(ah - bh) <= 1.01 * py) return ENN_OK;
    snprintf(before, sizeof before, "%.2f x %.2f mm", aw, ah);
    snprintf(after, sizeof after, "%.2f x %.2f mm", bw, bh);
    return facts_add(d, ENN_FACT_BOXES, page, "size", before, after, 1, err);
}

enum enn_status facts_page(struct enn_diff *d, uint32_t page, const struct artwork_page *a,
                           const struct artwork_page *b, double dpi, struct enn_error *err)
{
    char before[TEXT], after[TEXT];
    enum enn_status st = boxes(d, page, a, b, dpi, err);
    snprintf(before, sizeof before, "%u", a->orientation);
    snprintf(after, sizeof after, "%u", b->orientation);
    if (!st) st = facts_add(d, ENN_FACT_BOXES, page, "orientation", before, after, 1, err);
    resolution(a, before);
    resolution(b, after);
    if (!st) st = facts_add(d, ENN_FACT_RESOLUTION, page, "resolution", before, after, 0, err);
    snprintf(before, sizeof before, "%u x %u px", a->width, a->height);
    snprintf(after, sizeof after, "%u x %u px", b->width, b->height);
    if (!st) st = facts_add(d, ENN_FACT_RESOLUTION, page, "pixels", before, after, 0, err);
    inks(a, before);
    inks(b, after);
    if (!st) st = facts_add(d, ENN_FACT_INKS, page, "inks", before, after, 1, err);
    snprintf(before, sizeof before, "%u bits", a->bits);
    snprintf(after, sizeof after, "%u bits", b->bits);
    if (!st) st = facts_add(d, ENN_FACT_INKS, page, "depth", before, after, 0, err);
    if (!st) st = profile(a, before, err);
    if (!st) st = profile(b, after, err);
    if (!st) st = facts_add(d, ENN_FACT_PROFILE, page, "profile", before, after, 1, err);
    if (!st)
        st = facts_add(d, ENN_FACT_METADATA, page, "compression", a->compression, b->compression, 0, err);
    snprintf(before, sizeof before, "%s%s", a->tiled ? "tiles" : "strips", a->planar ? ", planar" : "");
    snprintf(after, sizeof after, "%s%s", b->tiled ? "tiles" : "strips", b->planar ? ", planar" : "");
    if (!st) st = facts_add(d, ENN_FACT_METADATA, page, "layout", before, after, 0, err);
    return st;
}

/* ---- notes of both files ---- */

struct noted {
    enum enn_fact_group group;
    char name[48], *value;
    int prints, side;
    size_t order;
};
struct notes {
    struct noted *n;
    size_t count, room;
    int side;
    struct enn_error *err;
};

static enum enn_status keep_note(void *user, const struct artwork_note *note)
{
    struct notes *all = user;
    if (all->count == all->room) {
        size_t room = all->room ? 2 * all->room : 64; /* at most 100 for a page */
        struct noted *p = realloc(all->n, room * sizeof *p);
        if (!p) return enn_fail(all->err, ENN_NOMEM, "out of memory");
        all->n = p;
        all->room = room;
    }
    struct noted *k = &all->n[all->count];
    *k = (struct noted){.group = note->group, .prints = note->prints, .side = all->side, .order = all->count};
    snprintf(k->name, sizeof k->name, "%s", note->name);
    if (!(k->value = strdup(note->value))) return enn_fail(all->err, ENN_NOMEM, "out of memory");
    all->count++;
    return ENN_OK;
}

static int by_name(const void *a, const void *b)
{
    const struct noted *p = a, *q = b;
    int d = (int)p->group - (int)q->group;
    if (!d) d = strcmp(p->name, q->name);
    return d ? d : p->order < q->order ? -1 : 1;
}

/* As much of a value as a fact holds, from a little before the first difference on. */
static void excerpt(const char *value, size_t same, char to[TEXT])
{
    const size_t BEFORE = 40;
    size_t from = strlen(value) < TEXT || same < BEFORE ? 0 : same - BEFORE;
    int cut = snprintf(to, TEXT, "%s%.*s", from ? "..." : "", TEXT - 8, value + from) < 0;
    if (cut || strlen(value + from) > TEXT - 8) strcpy(to + strlen(to) - 3, "...");
}

static enum enn_status compare_note(struct enn_diff *d, const struct noted *a, const struct noted *b,
                                    struct enn_error *err)
{
    static const char none[] = "none";
    const struct noted *k = a ? a : b;
    const char *was = a ? a->value : none, *is = b ? b->value : none;
    char before[TEXT], after[TEXT];
    size_t same = 0;
    if (!strcmp(was, is)) return ENN_OK;
    while (was[same] == is[same]) same++; /* they differ, so one of them does not end before */
    excerpt(was, same, before);
    excerpt(is, same, after);
    return facts_add(d, k->group, 0, k->name, before, after, k->prints, err);
}

enum enn_status facts_notes(struct enn_diff *d, struct artwork *before, struct artwork *after,
                            struct enn_error *err)
{
    struct notes all = {.err = err};
    enum enn_status st = artwork_notes(before, keep_note, &all, err);
    all.side = 1;
    if (!st) st = artwork_notes(after, keep_note, &all, err);
    if (!st && all.count) qsort(all.n, all.count, sizeof *all.n, by_name);
    for (size_t i = 0; !st && i < all.count;) {
        const struct noted *a = &all.n[i], *b = i + 1 < all.count ? a + 1 : NULL;
        int pair = b && a->group == b->group && !strcmp(a->name, b->name) && a->side != b->side;
        st = pair ? compare_note(d, a, b, err) : compare_note(d, a->side ? NULL : a, a->side ? a : NULL, err);
        i += pair ? 2 : 1;
    }
    for (size_t i = 0; i < all.count; i++) free(all.n[i].value);
    free(all.n);
    return st;
}
