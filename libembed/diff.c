/*
 * Comparing two artworks: the conductor.
 *
 *   pages -> one raster (align) -> pass 1 (scan): rows, mask, places -> shift (register)
 *         -> the mark in the difference (fit) -> pass 2 (compare): what it leaves -> regions -> answer
 *
 * The file and its facts; the page is diff_page.c.
 */
#include "diff/diff_page.h"
#include "diff/facts.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *word, *text;
    int exit;
} classes[] = {
#define ENN_X(name, word, exit, text) {word, text, exit},
    ENN_DIFF_LIST(ENN_X)
#undef ENN_X
};
const char *enn_diff_word(enum enn_diff_class c)
{
    return classes[c].word;
}
const char *enn_diff_text(enum enn_diff_class c)
{
    return classes[c].text;
}
int enn_diff_exit(enum enn_diff_class c)
{
    return classes[c].exit;
}
const char *enn_change_word(enum enn_change_kind k)
{
    static const char *const words[] = {"colour", "shape", "text", "added", "removed"};
    return words[k];
}
const char *enn_fact_group_word(enum enn_fact_group g)
{
    static const char *const words[] = {"metadata", "boxes", "profile", "resolution", "inks", "content"};
    return words[g];
}

struct enn_diff_options enn_diff_options_default(void)
{
    return (struct enn_diff_options){
        .tolerance = 0.5, .ignore_mm = 0.254, .max_changes = 1000, .verify = enn_verify_options_default()};
}

void enn_diff_clear(struct enn_diff *d)
{
    for (uint32_t i = 0; i < d->n_pages; i++) {
        free(d->pages[i].preview.before);
        free(d->pages[i].preview.after);
        free(d->pages[i].preview.heat);
    }
    free(d->pages);
    free(d->changes);
    free(d->facts);
    enn_verdict_clear(&d->before);
    enn_verdict_clear(&d->after);
    memset(d, 0, sizeof *d);
}

static int is_pdf(const struct artwork *a)
{
    return !strcmp(artwork_format(a), "PDF");
}

/* Numbers of the pages that are not copies of others, and hold a picture; *n of them.  What a PDF paints beside readable
 * images is compared by its digests. */
static size_t *real_pages(const struct artwork *a, uint32_t *n)
{
    int all = !is_pdf(a);
    size_t *list = malloc(artwork_pages(a) * sizeof *list);
    *n = 0;
    for (size_t i = 0; list && i < artwork_pages(a); i++)
        if (!artwork_page(a, i)->reduced && artwork_page(a, i)->width &&
            (all || artwork_page(a, i)->readable))
            list[(*n)++] = i;
    return list;
}

static enum enn_status page_count(struct enn_diff *d, uint32_t before, uint32_t after, struct enn_error *err)
{
    char a[16], b[16];
    snprintf(a, sizeof a, "%u", before);
    snprintf(b, sizeof b, "%u", after);
    return facts_add(d, ENN_FACT_BOXES, 0, "pages", a, b, 1, err);
}

/* By page, then from top to bottom. */
static int by_place(const void *a, const void *b)
{
    const struct enn_change *p = a, *q = b;
    if (p->page != q->page) return p->page < q->page ? -1 : 1;
    if (p->y != q->y) return p->y < q->y ? -1 : 1;
    if (p->x != q->x) return p->x < q->x ? -1 : 1;
    return p->height != q->height ? (p->height < q->height ? -1 : 1)
                                  : (p->width > q->width) - (p->width < q->width);
}

/* Makes room for comparing image i again, if it differs and no mark was seen in it; 0: it stays as it is.  n_changes: of
 * it, also those that are not listed. */
static int drop_page(struct enn_diff *d, uint32_t i, uint64_t n_changes)
{
    struct enn_diff_page *p = &d->pages[i];
    uint32_t kept = 0;
    if (p->differing == 0 || p->explained > 0) return 0;
    for (uint32_t k = 0; k < d->n_changes; k++)
        if (d->changes[k].page != i + 1) d->changes[kept++] = d->changes[k];
    d->all_changes -= n_changes;
    d->n_changes = kept;
    free(p->preview.before);
    free(p->preview.after);
    free(p->preview.heat);
    *p = (struct enn_diff_page){0};
    return 1;
}

/* Area of a page of the new file in mm2, as far as it is known. */
static double area_of(const struct artwork_page *p)
{
    double px = (double)p->width * p->height;
    if (p->placed) return px * fabs(p->to_mm[0] * p->to_mm[3] - p->to_mm[1] * p->to_mm[2]);
    return p->dpi_x > 0 && p->dpi_y > 0 ? px * 25.4 * 25.4 / (p->dpi_x * p->dpi_y) : px;
}

/* The page whose mark is read, and that is compared first, so that the others know of it: the largest. */
static uint32_t largest(const struct artwork *a, const size_t *list, uint32_t n)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < n; i++)
        if (area_of(artwork_page(a, list[i])) > area_of(artwork_page(a, list[best]))) best = i;
    return best;
}

/* The changes of the page that was compared first go to their place among the others. */
static enum enn_status put_in_place(struct enn_diff *d, uint32_t page, struct enn_error *err)
{
    uint32_t n = 0, to;
    while (n < d->n_changes && d->changes[n].page == page) n++;
    for (to = n; to < d->n_changes && d->changes[to].page < page;) to++;
    if (!n || to == n) return ENN_OK;
    struct enn_change *moved = malloc(n * sizeof *moved);
    if (!moved) return enn_fail(err, ENN_NOMEM, "out of memory");
    memcpy(moved, d->changes, n * sizeof *moved);
    memmove(d->changes, d->changes + n, (to - n) * sizeof *moved);
    memcpy(d->changes + to - n, moved, n * sizeof *moved);
    free(moved);
    return ENN_OK;
}

static enum enn_status compare_pages(struct artwork *a, struct artwork *b, const char *const names[2],
                                     const struct enn_diff_options *o, struct fit_known *known,
                                     struct mark_reader *reader, struct enn_diff *d, struct page_marks *marks,
                                     struct enn_error *err)
{
    uint32_t n_a = 0, n_b = 0;
    size_t *list_a = real_pages(a, &n_a), *list_b = real_pages(b, &n_b);
    uint32_t n = n_a < n_b ? n_a : n_b;
    enum enn_status st = list_a && list_b ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st && !n && !(is_pdf(a) && is_pdf(b)))
        st = enn_fail(err, ENN_UNSUPPORTED, "%s: no page to compare", names[n_a ? 1 : 0]);
    if (!st) st = facts_add(d, ENN_FACT_METADATA, 0, "format", artwork_format(a), artwork_format(b), 0, err);
    if (!st) st = page_count(d, n_a, n_b, err);
    if (!st) st = facts_notes(d, a, b, err);
    uint64_t *changes_of = calloc((size_t)n + 1, sizeof *changes_of);
    if (!changes_of || (n && !(d->pages = calloc(n, sizeof *d->pages))))
        if (!st) st = enn_fail(err, ENN_NOMEM, "out of memory");
    for (uint32_t i = 0; i < n && !st; i++) {
        d->n_pages++;
        st = facts_page(d, i + 1, artwork_page(a, list_a[i]), artwork_page(b, list_b[i]), o->dpi, err);
    }
    uint32_t first = largest(b, list_b, n);
    if (!st && reader && !n) st = read_marks(reader, NULL, 0, err);
    for (int again = 0; again < 2 && !st; again++) {
        for (uint32_t k = 0; k < n && !st; k++) {
            uint32_t i = k == 0 ? first : k <= first ? k - 1 : k;
            struct page_job j = {.artwork = {a, b},
                                 .number = {list_a[i], list_b[i]},
                                 .names = {names[0], names[1]},
                                 .o = o,
                                 .known = known,
                                 .reader = k || again ? NULL : reader,
                                 .page = i + 1,
                                 .of = n};
            if (again && !drop_page(d, i, changes_of[i])) continue;
            uint64_t so_far = d->all_changes;
            st = diff_page(&j, d, &d->pages[i], marks, err);
            changes_of[i] = d->all_changes - so_far;
        }
        if (first && !again && !st) st = put_in_place(d, first + 1, err);
        known->elsewhere = marks->strength;
        known->changed = marks->changed;
        if (again && d->n_changes) qsort(d->changes, d->n_changes, sizeof *d->changes, by_place);
        if (n < 2 || (known->elsewhere == 0 && !known->changed))
            break; /* no image can tell another of a mark */
    }
    free(changes_of);
    free(list_a);
    free(list_b);
    return st;
}

static enum enn_diff_class judge(const struct enn_diff *d, const struct page_marks *m)
{
    int prints = d->n_changes > 0, any = d->n_facts > 0;
    for (uint32_t i = 0; i < d->n_facts; i++) prints |= d->facts[i].prints;
    if (prints) return ENN_DIFF_CHANGED;
    if (m->changed || (m->added && m->removed)) return ENN_DIFF_MARK_CHANGED;
    if (m->added) return ENN_DIFF_MARK_ADDED;
    if (m->removed) return ENN_DIFF_MARK_REMOVED;
    for (uint32_t i = 0; i < d->n_pages; i++)
        any |= d->pages[i].differing > 0 || d->pages[i].shift_x != 0 || d->pages[i].shift_y != 0;
    return any ? ENN_DIFF_SAME : ENN_DIFF_IDENTICAL;
}

/* One line of what a reader should know besides the class. */
static void write_note(struct enn_diff *d)
{
    double most = 0, mean = 0, n = 0;
    uint64_t differing = 0, pixels = 0;
    for (uint32_t i = 0; i < d->n_changes; i++) {
        most = fmax(most, d->changes[i].max_de);
        mean += d->changes[i].mean_de * d->changes[i].area;
        n += d->changes[i].area;
    }
    for (uint32_t i = 0; i < d->n_pages; i++) {
        const struct enn_diff_page *p = &d->pages[i];
        differing += p->differing - p->explained;
        pixels += p->pixels;
        if ((p->shift_x != 0 || p->shift_y != 0) && !*d->note)
            snprintf(d->note, sizeof d->note, "page %u is shifted by %.3f, %.3f mm", i + 1, p->shift_x,
                     p->shift_y);
    }
    if (!*d->note && d->answer == ENN_DIFF_CHANGED && pixels && n > 0 && differing > pixels / 4 &&
        mean / n < 4)
        snprintf(
            d->note, sizeof d->note,
            "small differences nearly everywhere, as lossy compression or a colour conversion leaves them; "
            "--tolerance %.0f would pass them",
            ceil(most));
}

/* The facts of one group together, each group in the order in which it was found. */
static enum enn_status group_facts(struct enn_diff *d, struct enn_error *err)
{
    uint32_t n = 0;
    if (!d->n_facts) return ENN_OK;
    struct enn_fact *sorted = malloc(d->n_facts * sizeof *sorted);
    if (!sorted) return enn_fail(err, ENN_NOMEM, "out of memory");
    for (int g = ENN_FACT_METADATA; g <= ENN_FACT_CONTENT; g++)
        for (uint32_t i = 0; i < d->n_facts; i++)
            if ((int)d->facts[i].group == g) sorted[n++] = d->facts[i];
    free(d->facts);
    d->facts = sorted;
    return ENN_OK;
}

enum enn_status enn_diff_files(const struct enn_verifier *v, const struct enn_diff_options *o,
                               const char *old_file, const char *new_file, struct enn_diff *out,
                               struct enn_error *err)
{
    struct timespec t0, t1;
    struct artwork *a = NULL, *b = NULL;
    struct page_marks marks = {0};
    struct fit_known known = {0};
    struct mark_reader reader = {.v = v,
                                 .o = &o->verify,
                                 .names = {old_file, new_file},
                                 .verdict = {&out->before, &out->after},
                                 .known = &known};
    const char *const names[2] = {old_file, new_file};
    clock_gettime(CLOCK_MONOTONIC, &t0);
    memset(out, 0, sizeof *out);
    enum enn_status st = artwork_open_locked(old_file, &o->verify.limits, o->verify.password, &a, err);
    if (!st) st = artwork_open_locked(new_file, &o->verify.limits, o->verify.password, &b, err);
    if (!st) {
        artwork_set_threads(a, o->verify.threads);
        artwork_set_threads(b, o->verify.threads);
        st = compare_pages(a, b, names, o, &known, v ? &reader : NULL, out, &marks, err);
    }
    if (!st && v) read_marks_again(&reader, marks.removed || marks.changed, marks.added || marks.changed);
    artwork_close(a);
    artwork_close(b);
    free(known.chips);
    if (!st) st = group_facts(out, err);
    if (!st) {
        out->answer = judge(out, &marks);
        write_note(out);
    }
    clock_gettime(CLOCK_MONOTONIC, &t1);
    out->seconds = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    return st;
}
