/* The report as text: facts under short labels, what has to be said first, nothing over 80 columns. */
#include "report.h"
#include "cli_verdict.h"
#include <stdarg.h>
#include <string.h>

enum { COLUMNS = 80, INDENT = 13 };

void report_line(const char *label, const char *format, ...)
{
    char text[ENN_ERROR_TEXT], line[COLUMNS + 1];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    for (const char *p = text; *p; label = "") {
        size_t n = strlen(p), most = COLUMNS - INDENT;
        if (n > most) {
            n = most;
            while (n > most / 2 && p[n] != ' ') n--;
            if (p[n] != ' ') n = most; /* a long word */
            while (n > 1 && (p[n] & 0xc0) == 0x80) n--; /* letters of UTF-8 stay whole */
        }
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        cli_line(label, "%s", line);
        p += n;
        while (*p == ' ') p++;
    }
}

static void print_findings(const struct enn_inspection *in)
{
    for (uint32_t i = 0; i < in->n_findings; i++) {
        const struct enn_finding *f = &in->findings[i];
        char where[96] = "";
        if (f->page && in->n_pages > 1) snprintf(where, sizeof where, " page %u", f->page);
        size_t n = strlen(where);
        if (f->placed)
            snprintf(where + n, sizeof where - n, " at %.1f, %.1f mm (%.1f x %.1f)", f->x, f->y, f->width,
                     f->height);
        report_line(enn_level_word(f->level), "%s%s: %s", enn_finding_word(f->id), where, f->text);
    }
}

/* Blanks that fill a name of UTF-8 up to so many columns. */
static int padding(const char *name, int columns)
{
    for (; *name; name++) columns -= (*name & 0xc0) != 0x80;
    return columns > 0 ? columns : 0;
}

static void print_inks(const struct enn_page_info *p)
{
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++)
    {
        const struct enn_ink_info *k = &p->inks[i];
        char cover[40] = "coverage not measured";
        if (k->mean_coverage >= 0) snprintf(cover, sizeof cover, "%5.1f %% mean coverage", k->mean_coverage);
        cli_line(i ? "" : "inks", "%s%*s %s%s%s", k->name, padding(k->name, 24), "", cover,
                 *k->role == 'p' ? "" : ", ", *k->role == 'p' ? "" : k->role); /* all but process */
    }
}

static void times(double v)
{
    if (v < 0)
        printf("%10s", "-");
    else
        printf("%8.1f x", v);
}

static void print_capacity(const struct enn_page_info *p)
{
    static const double side[] = ENN_WINDOWS_MM, px[] = ENN_PX_PER_MM;
    cli_line("capacity", "predicted energy of the mark over what a reading needs:");
    cli_line("", "from 1 on it reads without a manifest");
    printf("    %-14s %-30s %s\n    %-14s", "", "ink and yellow tint", "ink only", "seen");
    for (int white = 1; white >= 0; white--)
        for (int k = 0; k < ENN_N_PX_PER_MM; k++) printf("%5.0f/mm  ", px[k]);
    putchar('\n');
    for (int i = 0; i < ENN_N_WINDOWS; i++) {
        if (p->table_with_white[i][0] < 0) continue;
        char what[24] = "whole page";
        if (side[i] > 0) snprintf(what, sizeof what, "%.0f x %.0f mm", side[i], side[i]);
        printf("    %-12s", what);
        for (int k = 0; k < ENN_N_PX_PER_MM; k++) times(p->table_with_white[i][k]);
        for (int k = 0; k < ENN_N_PX_PER_MM; k++) times(p->table_without_white[i][k]);
        putchar('\n');
    }
}

static void print_page(const struct enn_page_info *p, uint32_t number, uint32_t of)
{
    if (of > 1 || *p->name) printf(" page %u of %u%s%s\n", number, of, *p->name ? ": " : "", p->name);
    if (*p->sheet) report_line("sheet", "%s", p->sheet);
    if (*p->place) report_line("lies", "%s", p->place);
    if (!p->width) { /* a page of a PDF without an image */
        report_line("signing", "not possible: %s", p->why);
        return;
    }
    cli_line("size", "%u x %u px", p->width, p->height);
    if (p->width_mm > 0)
        cli_line("", "%.1f x %.1f mm at %.5g x %.5g dpi", p->width_mm, p->height_mm, p->dpi_x, p->dpi_y);
    else
        cli_line("", "the file names no resolution: --dpi N tells it");
    cli_line("samples", "%s, %d bits, %s%s%s", p->colour, p->bits, p->compression, p->tiled ? ", tiled" : "",
             p->planar ? ", planar" : "");
    report_line("profile", "%s", *p->profile ? p->profile : "none");
    print_inks(p);
    if (p->max_tac > 0) cli_line("coverage", "%.0f %% total at most", p->max_tac);
    if (p->surveyed) {
        cli_line("area", "%.0f %% white paper, %.0f %% solid, %.0f %% type, %.1f %% barcodes",
                 100 * p->white_share, 100 * p->solid_share, 100 * p->type_share, 100 * p->barcode_share);
        cli_line("", "%.0f %% protected in all", 100 * p->protected_share);
    }
    if (p->signable) print_capacity(p);
    report_line("signing", "%s%s", p->signable ? "possible" : "not possible: ", p->signable ? "" : p->why);
}

static void print_barcode(const struct enn_barcode *b, int pages)
{
    char page[24] = "";
    if (pages) snprintf(page, sizeof page, "page %u, ", b->page);
    report_line("barcode", "%s%s, %sat %.1f, %.1f mm, %.1f x %.1f mm",
            b->gs1 && strncmp(b->title, "GS1", 3) ? "GS1 " : "", b->title, page, b->x, b->y, b->width,
            b->height);
    if (!b->n_elements) {
        report_line("", "%.400s", b->text);
    } else {
        for (uint32_t i = 0; i < b->n_elements; i++)
            report_line("", "(%s) %s", b->elements[i].ai, b->elements[i].value);
    }
}

/* Whether the lot is proven is not asked here: that is for ennverify with the manifest. */
static void print_mark(const struct cli *c, const struct enn_verdict *v)
{
    if (*v->lot_id) {
        cli_line("mark", "lot id %s", v->lot_id);
        cli_line("", "of issuer %s", v->issuer);
        if (v->have_unit && v->unit) cli_line("", "unit %llu", (unsigned long long)v->unit);
    } else {
        report_line("mark", "none read: %s", v->n_reasons ? enn_reason_text(v->reasons[0]) : v->detail);
    }
    if (c->verbose) cli_verdict_quality(v);
}

void report_text(const struct cli *c, const char *file, const struct enn_inspection *in)
{
    uint32_t count[3] = {0, 0, 0};
    for (uint32_t i = 0; i < in->n_findings; i++) count[in->findings[i].level]++;
    cli_put(stdout, file);
    printf(": %s, %u page%s; %u error%s, %u warning%s, %u note%s\n", in->format, in->n_pages,
           in->n_pages == 1 ? "" : "s", count[ENN_ERROR], count[ENN_ERROR] == 1 ? "" : "s",
           count[ENN_WARNING], count[ENN_WARNING] == 1 ? "" : "s", count[ENN_NOTE],
           count[ENN_NOTE] == 1 ? "" : "s");
    print_findings(in);
    for (uint32_t i = 0; i < in->n_pages; i++) print_page(&in->pages[i], i + 1, in->n_pages);
    for (uint32_t i = 0; i < in->barcodes.n; i++) print_barcode(&in->barcodes.items[i], in->n_pages > 1);
    print_mark(c, &in->mark);
    fflush(stdout);
}
