/*
 * enninspect: what is in this artwork, how well would it carry a mark, and is there one in it?
 */
#include "cli.h"
#include "cli_json.h"
#include "cli_protection.h"
#include "diff.h"
#include "report.h"
#include "status.h"
#include "textconv.h"
#include <string.h>

struct inspect_args {
    struct cli_list trust;
    struct enn_inspect_options o;
    const char *protect_map, *capacity_map, *html;
    struct report_html *page_out; /* of --html */
    struct cli_list masks, regions, protect_regions, technical, allow_inks;
    struct enn_map_options map;
    uint64_t page;
    int force;
    struct diff_args diff;
    int textconv;
};

enum { PREVIEW_SIDE = 900 }; /* px */

static const char synopsis[] = "  enninspect [options] [-t TRUST.crt] FILE...\n"
                               "  enninspect --diff [options] [-t TRUST.crt] [-m MANIFEST] OLD NEW\n";

static int check_diff(struct cli *c)
{
    if (c->n_files != 2) return cli_usage(c, "--diff compares two files: OLD NEW");
    for (int i = 0; i < 2; i++)
        if (!strcmp(c->files[i], "-")) return cli_usage(c, "--diff reads its files twice: no standard input");
    return -1;
}

static int parse_map(struct cli *c, struct inspect_args *a, int n_stdin)
{
    int options = a->masks.n + a->regions.n + a->protect_regions.n + a->technical.n + a->allow_inks.n;
    int one = c->n_files == 1 && !n_stdin;
    if (a->capacity_map && !one)
        return cli_usage(c, "--capacity-map takes one FILE that is not standard input");
    if (a->page && !a->protect_map && !a->capacity_map)
        return cli_usage(c, "--page goes with --protect-map and --capacity-map");
    if (a->capacity_map || a->html) a->o.preview_side = PREVIEW_SIDE;
    if (!a->protect_map) {
        if (options) return cli_usage(c, "options of protection go with --protect-map");
        return -1;
    }
    if (!one) return cli_usage(c, "--protect-map takes one FILE that is not standard input");
    struct cli_protection given = {&a->masks, &a->regions, &a->protect_regions, &a->technical,
                                   &a->allow_inks};
    a->map = enn_map_options_default();
    a->map.page = (uint32_t)a->page;
    a->map.dpi = a->o.dpi;
    a->map.force = a->force;
    a->map.threads = (int)c->threads;
    a->map.limits = c->limits;
    a->map.pending = cli_pending();
    return cli_protection(c, &given, &a->map.protection);
}

static int parse(struct cli *c, struct inspect_args *a, int argc, char **argv)
{
    const struct cli_option own[] = {
        {"trust", 't', CLI_LIST, "TRUST.crt", "look for this issuer's mark, PEM (repeatable)", &a->trust, 0,
         0, 0},
        {"dpi", 0, CLI_REAL, "N", "resolution of artwork that names none", &a->o.dpi, 100, 20000, 0},
        {"tac-limit", 0, CLI_REAL, "PERCENT", "total area coverage that is too much (default 330)",
         &a->o.tac_limit, 100, 400, 0},
        {"capacity-map", 0, CLI_TEXT, "OUT.png", "a picture of where the mark will read how well",
         &a->capacity_map, 0, 0, 0},
        {"protect-map", 0, CLI_TEXT, "OUT.png", "a picture of what is left alone, and why", &a->protect_map,
         0, 0, 0},
        {"page", 0, CLI_COUNT, "N", "the page of --protect-map and --capacity-map (default 1)", &a->page, 1,
         65535, 0},
        {"protect", 0, CLI_LIST, "MASK", "with --protect-map, as in ennsign", &a->masks, 0, 0, 0},
        {"region", 0, CLI_LIST, "X,Y,W,H", "the same", &a->regions, 0, 0, 0},
        {"protect-region", 0, CLI_LIST, "X,Y,W,H", "the same", &a->protect_regions, 0, 0, 0},
        {"technical", 0, CLI_LIST, "INK", "the same", &a->technical, 0, 0, 0},
        {"allow-ink", 0, CLI_LIST, "INK", "the same", &a->allow_inks, 0, 0, 0},
        {"textconv", 0, CLI_FLAG, NULL, "print a stable text form of FILE, for git diff", &a->textconv, 0, 0, 0},
        {"diff", 0, CLI_FLAG, NULL, "compare two artworks: OLD NEW", &a->diff.diff, 0, 0, 0},
        {"manifest", 'm', CLI_TEXT, "MANIFEST", "--diff: names the lot of the mark in NEW", &a->diff.manifest,
         0, 0, 0},
        {"tolerance", 0, CLI_REAL, "DE", "--diff: count CIEDE2000 below this, do not list (default 0.5)",
         &a->diff.o.tolerance, 0, 100, 0},
        {"ignore-smaller", 0, CLI_REAL, "MM",
         "--diff: count what is less than a square of this (default 0.254)", &a->diff.o.ignore_mm, 0, 100, 0},
        {"heatmap", 0, CLI_TEXT, "OUT.png", "--diff: picture of the differences", &a->diff.heatmap, 0, 0, 0},
        {"html", 0, CLI_TEXT, "OUT.html", "the report, or what --diff finds, as a page with pictures",
         &a->html, 0, 0, 0},
        {"junit", 0, CLI_TEXT, "OUT.xml", "--diff: the result as a JUnit test", &a->diff.junit, 0, 0, 0},
        {"sarif", 0, CLI_TEXT, "OUT.json", "--diff: the changes in SARIF 2.1.0", &a->diff.sarif, 0, 0, 0},
        {"force", 0, CLI_FLAG, NULL, "let outputs replace existing files", &a->force, 0, 0, 0},
        {0},
    };
    int done = cli_parse(c, own, argc, argv);
    if (done >= 0) return done;
    if (a->diff.diff && (a->capacity_map || a->protect_map))
        return cli_usage(c, "--capacity-map and --protect-map show one file, --diff compares two");
    if (a->diff.diff) return check_diff(c);
    if (a->diff.manifest || a->diff.heatmap || a->diff.junit || a->diff.sarif)
        return cli_usage(c, "-m, --heatmap, --junit and --sarif go with --diff");
    if (!c->n_files) return cli_usage(c, "no FILE to inspect");
    if (a->textconv && (c->n_files > 1 || c->json || !strcmp(c->files[0], "-")))
        return cli_usage(c, "--textconv takes one FILE that is not standard input, and no --json");
    int n_stdin = 0;
    for (int i = 0; i < c->n_files; i++) n_stdin += !strcmp(c->files[i], "-");
    if (n_stdin > 1) return cli_usage(c, "standard input can be inspected once");
    return parse_map(c, a, n_stdin);
}

/* The pictures and the page that were asked for. */
static enum enn_status more_outputs(const struct inspect_args *a, const char *file,
                                    const struct enn_inspection *in, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    uint32_t page = a->page ? (uint32_t)a->page : 1;
    if (a->capacity_map && page > in->n_pages) s = enn_fail(err, ENN_USAGE, "%s: has no page %u", file, page);
    if (s == ENN_OK && a->capacity_map)
        s = report_map_file(&in->pages[page - 1], a->capacity_map, a->force, err);
    if (s == ENN_OK && a->protect_map) s = enn_protect_map(&a->map, file, a->protect_map, err);
    if (s == ENN_OK && a->page_out) s = report_html_file(a->page_out, file, in, err);
    return s;
}

static int inspect_one(struct cli *c, const struct inspect_args *a, const struct enn_verifier *v,
                       const char *file)
{
    struct enn_inspection in = {0};
    struct enn_error err = {0};
    enum enn_status s = enn_inspect_file(v, &a->o, file, &in, &err);
    if (s != ENN_OK && a->page_out) report_html_failure(a->page_out, file, err.text);
    if (s == ENN_OK) s = more_outputs(a, file, &in, &err);
    cli_progress_erase(c);
    if (s != ENN_OK) {
        cli_message(c, "%s", err.text);
        if (c->json) cli_json_failure(c, file, s, err.text);
    } else if (c->json) {
        cli_json_inspection(c, file, &in);
    } else if (!c->quiet) {
        report_text(c, file, &in);
    }
    enn_inspection_clear(&in);
    return enn_status_exit(s);
}

static int run(struct cli *c, struct inspect_args *a)
{
    struct enn_error err = {0};
    enum enn_status s = ENN_OK;
    struct enn_verifier *v = enn_verifier_new();
    if (!v) s = ENN_NOMEM;
    for (int i = 0; i < a->trust.n && s == ENN_OK; i++) s = enn_verifier_trust(v, a->trust.item[i], &err);
    if (a->diff.manifest && s == ENN_OK) s = enn_verifier_manifest(v, a->diff.manifest, &err);
    a->o.verify.threads = (int)c->threads;
    a->o.verify.limits = c->limits;
    a->o.verify.password = c->password;
    a->o.verify.progress = cli_progress;
    a->o.verify.progress_user = c;
    int exit_code = 0;
    if (s == ENN_OK && a->html && !a->diff.diff) s = report_html_begin(a->html, a->force, &a->page_out, &err);
    if (s != ENN_OK) {
        cli_message(c, "%s", v ? err.text : "out of memory");
        for (int i = 0; c->json && i < c->n_files; i++) cli_json_failure(c, c->files[i], s, err.text);
        exit_code = enn_status_exit(s);
    }
    if (a->diff.diff && s == ENN_OK) {
        a->diff.o.verify = a->o.verify;
        a->diff.o.dpi = a->o.dpi;
        a->diff.html = a->html;
        a->diff.force = a->force;
        exit_code = diff_run(c, &a->diff, a->trust.n || a->diff.manifest ? v : NULL);
    }
    for (int i = 0; i < c->n_files && s == ENN_OK && !a->diff.diff; i++)
        exit_code = cli_worse(exit_code, inspect_one(c, a, v, c->files[i]));
    s = report_html_end(a->page_out, s == ENN_OK, &err);
    if (s != ENN_OK) {
        cli_message(c, "%s", err.text);
        exit_code = cli_worse(exit_code, enn_status_exit(s));
    }
    enn_verifier_free(v);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct cli c = {.tool = "enninspect",
                    .synopsis = synopsis,
                    .purpose = "what an artwork is, how well it carries a mark, and what mark is in it"};
    struct inspect_args a = {.o = enn_inspect_options_default(), .diff = {.o = enn_diff_options_default()}};
    cli_start();
    int exit_code = parse(&c, &a, argc, argv);
    if (exit_code < 0) exit_code = a.textconv ? textconv_run(&c, a.o.dpi) : run(&c, &a);
    cli_protection_free(&a.map.protection);
    return cli_end(&c, exit_code);
}
