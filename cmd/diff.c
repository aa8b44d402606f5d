/*
 * enninspect --diff: the command.  The comparison is the library's; here its result becomes text and files.
 */
#include "diff.h"
#include "cli_json.h"
#include "report.h"
#include "artwork/output.h"
#include "artwork/picture.h"
#include "status.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_CHANGES = 20 }; /* told to people without -v */

void diff_describe(const struct enn_change *k, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s, %.1f x %.1f mm at %.1f, %.1f mm, CIEDE2000 %.1f mean, %.1f at most",
             enn_change_word(k->kind), *k->inks ? " in " : "", k->inks, k->width, k->height, k->x, k->y,
             k->mean_de, k->max_de);
}

void diff_describe_mark(const struct enn_verdict *v, char *text, size_t size)
{
    *text = 0;
    if (!*v->lot_id) return;
    if (*v->lot)
        snprintf(text, size, "lot %s of GTIN %s, %s", v->lot, v->gtin, v->issuer);
    else
        snprintf(text, size, "lot id %s%s%s", v->lot_id, *v->issuer ? " of " : "", v->issuer);
}

static void print_facts(const struct enn_diff *d)
{
    for (uint32_t i = 0; i < d->n_facts; i++) {
        const struct enn_fact *f = &d->facts[i];
        int first = !i || d->facts[i - 1].group != f->group;
        char page[24] = "";
        if (d->n_pages > 1 && f->page) snprintf(page, sizeof page, "page %u: ", f->page);
        report_line(first ? enn_fact_group_word(f->group) : "", "%s%s: %s -> %s", page, f->name, f->before,
                 f->after);
    }
}

static void print_page(const struct cli *c, const struct enn_diff_page *p, uint32_t number, uint32_t of)
{
    if (of > 1) printf(" page %u of %u\n", number, of);
    if (p->strength > 0)
        report_line("mark", "strength %.3g, %s", p->strength,
                 p->exact ? "gives its samples to the last level" : "bounds the change of its samples");
    if (p->below_size || p->below_tolerance)
        report_line("counted", "%llu px too small to print, %llu px below the tolerance",
                 (unsigned long long)p->below_size, (unsigned long long)p->below_tolerance);
    if (c->verbose)
        report_line("pixels", "%llu, %llu differ, %llu of these explained", (unsigned long long)p->pixels,
                 (unsigned long long)p->differing, (unsigned long long)p->explained);
}

static void print_result(const struct cli *c, const struct diff_result *r)
{
    const struct enn_diff *d = r->d;
    char text[ENN_ERROR_TEXT];
    cli_put(stdout, r->after);
    printf(": %s\n", enn_diff_text(d->answer));
    if (*d->note) report_line("note", "%s", d->note);
    diff_describe_mark(&d->before, text, sizeof text);
    if (*text) report_line("old mark", "%s", text);
    diff_describe_mark(&d->after, text, sizeof text);
    if (*text) report_line("new mark", "%s", text);
    print_facts(d);
    for (uint32_t i = 0; i < d->n_pages; i++) print_page(c, &d->pages[i], i + 1, d->n_pages);
    uint32_t shown = !c->verbose && d->n_changes > TEXT_CHANGES ? TEXT_CHANGES : d->n_changes;
    for (uint32_t i = 0; i < shown; i++) {
        char page[24] = "";
        if (d->n_pages > 1) snprintf(page, sizeof page, "page %u: ", d->changes[i].page);
        diff_describe(&d->changes[i], text, sizeof text);
        report_line(i ? "" : "changes", "%u. %s%s", i + 1, page, text);
    }
    if (d->all_changes > shown) report_line("", "and %llu more", (unsigned long long)(d->all_changes - shown));
    fflush(stdout);
}

static enum enn_status write_file(const struct diff_result *r, const char *path, diff_write_fn write,
                                  struct enn_error *err)
{
    struct output *to = NULL;
    enum enn_status s = output_begin(path, r->args->force, cli_pending(), &to, err);
    if (s) return s;
    FILE *f = fopen(output_path(to), "wbe");
    if (!f) s = enn_fail(err, ENN_IO, "%s: cannot create: %s", path, strerror(errno));
    if (!s) s = write(f, r, err);
    int bad = f && (fflush(f) != 0 || ferror(f));
    if (f) bad |= fclose(f) != 0;
    if (!s && bad) s = enn_fail(err, ENN_IO, "%s: cannot write: %s", path, strerror(errno));
    if (!s) return output_commit(to, err);
    output_abort(to);
    return s;
}

/* OUT.png, and OUT-2.png and so on for further pages. */
static enum enn_status write_heatmap(const struct diff_result *r, uint32_t page, struct enn_error *err)
{
    const char *path = r->args->heatmap, *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    char *name = NULL;
    uint8_t *rgb = NULL;
    uint32_t width, height;
    struct output *to = NULL;
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - path) : strlen(path);
    if (!page)
        name = strdup(path);
    else if (asprintf(&name, "%.*s-%u%s", (int)stem, path, page + 1, path + stem) < 0)
        name = NULL;
    if (!name) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status s = diff_heatmap(r->d, page, &rgb, &width, &height, err);
    if (!s) s = output_begin(name, r->args->force, cli_pending(), &to, err);
    if (!s) {
        s = picture_write_png(output_path(to), rgb, width, height, 25.4 * r->d->pages[page].preview.px_per_mm,
                              err);
        if (!s)
            s = output_commit(to, err);
        else
            output_abort(to);
    }
    free(rgb);
    free(name);
    return s;
}

static enum enn_status write_files(const struct diff_result *r, struct enn_error *err)
{
    const struct diff_args *a = r->args;
    enum enn_status s = ENN_OK;
    for (uint32_t i = 0; a->heatmap && i < r->d->n_pages && !s; i++) s = write_heatmap(r, i, err);
    if (!s && a->html) s = write_file(r, a->html, diff_write_html, err);
    if (!s && a->junit) s = write_file(r, a->junit, diff_write_junit, err);
    if (!s && a->sarif) s = write_file(r, a->sarif, diff_write_sarif, err);
    return s;
}

int diff_run(struct cli *c, const struct diff_args *a, const struct enn_verifier *v)
{
    struct enn_diff d = {0};
    struct enn_error err = {0};
    struct diff_result r = {c->files[0], c->files[1], &d, a};
    struct enn_diff_options o = a->o;
    o.preview_side = a->heatmap || a->html ? 1400 : 0;
    enum enn_status s = enn_diff_files(v, &o, r.before, r.after, &d, &err);
    cli_progress_erase(c);
    if (s == ENN_OK) s = write_files(&r, &err);
    int exit_code = s ? enn_status_exit(s) : enn_diff_exit(d.answer);
    if (s) {
        cli_message(c, "%s", err.text);
        if (c->json) cli_json_failure(c, r.after, s, err.text);
    } else if (c->json) {
        cli_json_diff(c, &r);
    } else if (!c->quiet) {
        print_result(c, &r);
    }
    enn_diff_clear(&d);
    return exit_code;
}
