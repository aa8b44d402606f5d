/*
 * enninspect: what is in this artwork, how well would it carry a mark, and is there one in it?
 */
#include "cli.h"
#include "cli_json.h"
#include "cli_protection.h"
#include "cli_verdict.h"
#include "diff.h"
#include <string.h>

struct inspect_args {
    struct cli_list trust;
    double dpi;
    struct enn_verify_options o;
    const char *protect_map;
    struct cli_list masks, regions, protect_regions, technical, allow_inks;
    struct enn_map_options map;
    uint64_t page;
    int force;
    struct diff_args diff;
};

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
    int options =
        a->masks.n + a->regions.n + a->protect_regions.n + a->technical.n + a->allow_inks.n + a->page;
    if (!a->protect_map) {
        if (options) return cli_usage(c, "options of protection go with --protect-map");
        return -1;
    }
    if (c->n_files != 1 || n_stdin)
        return cli_usage(c, "--protect-map takes one FILE that is not standard input");
    struct cli_protection given = {&a->masks, &a->regions, &a->protect_regions, &a->technical,
                                   &a->allow_inks};
    a->map = enn_map_options_default();
    a->map.page = (uint32_t)a->page;
    a->map.dpi = a->dpi;
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
        {"dpi", 0, CLI_REAL, "N", "resolution of artwork that names none", &a->dpi, 100, 20000, 0},
        {"protect-map", 0, CLI_TEXT, "OUT.png", "a picture of what is left alone, and why", &a->protect_map,
         0, 0, 0},
        {"page", 0, CLI_COUNT, "N", "the page of --protect-map (default 1)", &a->page, 1, 65535, 0},
        {"protect", 0, CLI_LIST, "MASK", "with --protect-map, as in ennsign", &a->masks, 0, 0, 0},
        {"region", 0, CLI_LIST, "X,Y,W,H", "the same", &a->regions, 0, 0, 0},
        {"protect-region", 0, CLI_LIST, "X,Y,W,H", "the same", &a->protect_regions, 0, 0, 0},
        {"technical", 0, CLI_LIST, "INK", "the same", &a->technical, 0, 0, 0},
        {"allow-ink", 0, CLI_LIST, "INK", "the same", &a->allow_inks, 0, 0, 0},
        {"diff", 0, CLI_FLAG, NULL, "compare two artworks: OLD NEW", &a->diff.diff, 0, 0, 0},
        {"manifest", 'm', CLI_TEXT, "MANIFEST", "--diff: names the lot of the mark in NEW", &a->diff.manifest,
         0, 0, 0},
        {"tolerance", 0, CLI_REAL, "DE", "--diff: count CIEDE2000 below this, do not list (default 0.5)",
         &a->diff.o.tolerance, 0, 100, 0},
        {"ignore-smaller", 0, CLI_REAL, "MM",
         "--diff: count what is less than a square of this (default 0.254)", &a->diff.o.ignore_mm, 0, 100, 0},
        {"heatmap", 0, CLI_TEXT, "OUT.png", "--diff: picture of the differences", &a->diff.heatmap, 0, 0, 0},
        {"html", 0, CLI_TEXT, "OUT.html", "a page to look at, in one file", &a->diff.html, 0, 0, 0},
        {"junit", 0, CLI_TEXT, "OUT.xml", "--diff: the result as a JUnit test", &a->diff.junit, 0, 0, 0},
        {"sarif", 0, CLI_TEXT, "OUT.json", "--diff: the changes in SARIF 2.1.0", &a->diff.sarif, 0, 0, 0},
        {"force", 0, CLI_FLAG, NULL, "let outputs replace existing files", &a->force, 0, 0, 0},
        {0},
    };
    int done = cli_parse(c, own, argc, argv);
    if (done >= 0) return done;
    if (a->diff.diff) return check_diff(c);
    if (a->diff.manifest || a->diff.heatmap || a->diff.junit || a->diff.sarif)
        return cli_usage(c, "-m, --heatmap, --junit and --sarif go with --diff");
    if (!c->n_files) return cli_usage(c, "no FILE to inspect");
    int n_stdin = 0;
    for (int i = 0; i < c->n_files; i++) n_stdin += !strcmp(c->files[i], "-");
    if (n_stdin > 1) return cli_usage(c, "standard input can be inspected once");
    return parse_map(c, a, n_stdin);
}

/* "2.3 x   0.8 x" with a word that says what it means for reading. */
static void capacity_line(const char *what, double at_20, double at_10)
{
    printf("    %-22s %6.1f x %-9s %6.1f x %s\n", what, at_20, at_20 >= 1 ? "reads" : "too weak", at_10,
           at_10 >= 1 ? "reads" : "too weak");
}

static void print_capacity(const struct enn_page_info *p)
{
    printf("  capacity   mark energy over what a message needs, predicted\n");
    printf("    %-22s %-18s %s\n", "", "at 20 px/mm", "at 10 px/mm");
    capacity_line("whole page, white too", p->with_white.panel_20, p->with_white.panel_10);
    capacity_line("whole page, ink only", p->without_white.panel_20, p->without_white.panel_10);
    capacity_line("25 x 25 mm, white too", p->with_white.window25_20, p->with_white.window25_10);
    capacity_line("25 x 25 mm, ink only", p->without_white.window25_20, p->without_white.window25_10);
}

static void print_inks(const struct enn_page_info *p)
{
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++)
        cli_line(i ? "" : "inks", "%-24.64s %5.1f %% mean coverage%s%s", p->inks[i].name,
                 p->inks[i].mean_coverage, *p->inks[i].role == 'p' ? "" : ", ",
                 *p->inks[i].role == 'p' ? "" : p->inks[i].role); /* all but process */
}

static void print_page(const struct enn_page_info *p, uint32_t number, uint32_t of)
{
    if (of > 1 || *p->name) printf(" page %u of %u%s%s\n", number, of, *p->name ? ": " : "", p->name);
    if (*p->sheet) cli_line("sheet", "%s", p->sheet);
    if (*p->place) cli_line("lies", "%s", p->place);
    if (!p->width) { /* a page of a PDF without an image */
        cli_line("signing", "not possible: %s", p->why);
        return;
    }
    cli_line("size", "%u x %u px", p->width, p->height);
    if (p->width_mm > 0)
        cli_line("", "%.1f x %.1f mm at %.5g x %.5g dpi", p->width_mm, p->height_mm, p->dpi_x, p->dpi_y);
    else
        cli_line("", "the file names no resolution: --dpi N tells it");
    cli_line("samples", "%s, %d bits, %s%s%s", p->colour, p->bits, p->compression, p->tiled ? ", tiled" : "",
             p->planar ? ", planar" : "");
    cli_line("profile", "%s", *p->profile ? p->profile : "none");
    print_inks(p);
    if (p->max_tac > 0) cli_line("coverage", "%.0f %% total at most", p->max_tac);
    if (p->signable)
        cli_line("area", "%.0f %% white paper, %.0f %% solid, %.0f %% protected", 100 * p->white_share,
                 100 * p->solid_share, 100 * p->protected_share);
    if (p->signable) print_capacity(p);
    cli_line("signing", "%s%s", p->signable ? "possible" : "not possible: ", p->signable ? "" : p->why);
}

/* Whether the lot is proven is not asked here: that is for ennverify with the manifest. */
static void print_mark(const struct cli *c, const struct enn_verdict *v)
{
    if (*v->lot_id) {
        cli_line("mark", "lot id %s", v->lot_id);
        cli_line("", "of issuer %s", v->issuer);
        if (v->have_unit && v->unit) cli_line("", "unit %llu", (unsigned long long)v->unit);
    } else {
        cli_line("mark", "none read: %s", v->n_reasons ? enn_reason_text(v->reasons[0]) : v->detail);
    }
    if (c->verbose) cli_verdict_quality(v);
}

static void print_report(const struct cli *c, const char *file, const struct enn_inspection *in)
{
    cli_put(stdout, file);
    printf(": %s, %u page%s\n", in->format, in->n_pages, in->n_pages == 1 ? "" : "s");
    for (uint32_t i = 0; i < in->n_pages; i++) print_page(&in->pages[i], i + 1, in->n_pages);
    print_mark(c, &in->mark);
    fflush(stdout);
}

static int inspect_one(struct cli *c, const struct inspect_args *a, const struct enn_verifier *v,
                       const char *file)
{
    struct enn_inspection in = {0};
    struct enn_error err = {0};
    enum enn_status s = enn_inspect_file(v, &a->o, file, a->dpi, &in, &err);
    if (s == ENN_OK && a->protect_map) s = enn_protect_map(&a->map, file, a->protect_map, &err);
    cli_progress_erase(c);
    if (s != ENN_OK) {
        cli_message(c, "%s", err.text);
        if (c->json) cli_json_failure(c, file, s, err.text);
    } else if (c->json) {
        cli_json_inspection(c, file, &in);
    } else if (!c->quiet) {
        print_report(c, file, &in);
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
    a->o.threads = (int)c->threads;
    a->o.limits = c->limits;
    a->o.password = c->password;
    a->o.progress = cli_progress;
    a->o.progress_user = c;
    int exit_code = 0;
    if (s != ENN_OK) {
        cli_message(c, "%s", v ? err.text : "out of memory");
        for (int i = 0; c->json && i < c->n_files; i++) cli_json_failure(c, c->files[i], s, err.text);
        exit_code = enn_status_exit(s);
    }
    if (a->diff.diff && s == ENN_OK) {
        a->diff.o.verify = a->o;
        a->diff.o.dpi = a->dpi;
        a->diff.force = a->force;
        exit_code = diff_run(c, &a->diff, a->trust.n || a->diff.manifest ? v : NULL);
    }
    for (int i = 0; i < c->n_files && s == ENN_OK && !a->diff.diff; i++)
        exit_code = cli_worse(exit_code, inspect_one(c, a, v, c->files[i]));
    enn_verifier_free(v);
    return exit_code;
}

int main(int argc, char **argv)
{
    struct cli c = {.tool = "enninspect",
                    .synopsis = synopsis,
                    .purpose = "what an artwork is, how well it carries a mark, and what mark is in it"};
    struct inspect_args a = {.o = enn_verify_options_default(), .diff = {.o = enn_diff_options_default()}};
    cli_start();
    int exit_code = parse(&c, &a, argc, argv);
    if (exit_code < 0) exit_code = run(&c, &a);
    cli_protection_free(&a.map.protection);
    return cli_end(&c, exit_code);
}
