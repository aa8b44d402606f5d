/* The report as one HTML page: a section for each file, tables first, pictures inside (html.h). */
#include "report.h"
#include "html.h"
#include "status.h"
#include "artwork/letters.h"
#include "artwork/output.h"
#include <errno.h>
#include <stdarg.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct report_html {
    struct output *output;
    FILE *f;
    unsigned n_files;
};

static const char css[] =
    ".weak{color:var(--error)}.scroll td.n{white-space:nowrap}\n"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;margin:.5rem 0}"
    "dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}\n"
    "nav ul{padding-left:1.2rem}a{color:var(--note)}\n";

enum enn_status report_html_begin(const char *path, int force, struct report_html **out,
                                  struct enn_error *err)
{
    struct report_html *h = *out = calloc(1, sizeof *h);
    if (!h) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status s = output_begin(path, force, cli_pending(), &h->output, err);
    if (!s) {
        h->f = fopen(output_path(h->output), "wbe");
        if (!h->f) s = enn_fail(err, ENN_IO, "%s: cannot be written: %s", path, strerror(errno));
    }
    if (!s) {
        html_begin(h->f, "Artwork report", css);
    } else {
        struct enn_error ignored;
        report_html_end(h, 0, &ignored);
        *out = NULL;
    }
    return s;
}

enum enn_status report_html_end(struct report_html *h, int keep, struct enn_error *err)
{
    if (!h) return ENN_OK;
    enum enn_status s = ENN_OK;
    if (h->f) {
        html_end(h->f);
        int bad = ferror(h->f);
        bad |= fclose(h->f) != 0;
        if (bad) s = enn_fail(err, ENN_IO, "the HTML page cannot be written");
    }
    if (!s && keep)
        s = output_commit(h->output, err);
    else
        output_abort(h->output);
    free(h);
    return s;
}

/* ---- pieces ---- */

static void fact(FILE *f, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));

static void fact(FILE *f, const char *name, const char *format, ...)
{
    char text[512];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (!*text) return;
    fprintf(f, "<dt>%s</dt><dd>", name);
    html_put(f, text);
    fputs("</dd>\n", f);
}

static void put_findings(FILE *f, const struct enn_inspection *in)
{
    static const char *const heads[] = {"#", "Level", "Finding", "Where", "What"};
    if (!in->n_findings) {
        fputs("<p class=\"good\">Nothing to report.</p>\n", f);
        return;
    }
    fputs("<div class=\"text\">", f);
    html_table(f, "Findings", heads, 5);
    for (uint32_t i = 0; i < in->n_findings; i++) {
        const struct enn_finding *d = &in->findings[i];
        const char *level = enn_level_word(d->level);
        fputs("<tr>", f);
        html_number(f, "%u", i + 1);
        fprintf(f, "<td class=\"level %s\">%s</td><td><code>", level, level);
        html_put(f, enn_finding_word(d->id));
        fputs("</code></td>", f);
        if (d->placed)
            html_cell(f, "page %u, %.1f, %.1f mm (%.1f x %.1f mm)", d->page, d->x, d->y, d->width, d->height);
        else if (d->page)
            html_cell(f, "page %u", d->page);
        else
            html_cell(f, "file");
        html_cell(f, "%s", d->text);
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    fputs("</div>\n", f);
}

static void put_barcodes(FILE *f, const struct enn_barcodes *c)
{
    static const char *const heads[] = {"Type", "Says", "Where", "Module", "Quiet zone", "Contrast"};
    if (!c->n) return;
    fputs("<h3>Barcodes</h3>\n", f);
    fputs("<div class=\"wide\">", f);
    html_table(f, "Barcodes: contrast and quiet zone as a scanner with red light would find them", heads, 6);
    for (uint32_t i = 0; i < c->n; i++) {
        const struct enn_barcode *b = &c->items[i];
        fputs("<tr>", f);
        html_head(f, "%s%s", b->gs1 && strncmp(b->title, "GS1", 3) ? "GS1 " : "", b->title);
        fputs("<td>", f);
        for (uint32_t k = 0; k < b->n_elements; k++) {
            html_printf(f, "(%s) %s", b->elements[k].ai, b->elements[k].value);
            fputs("<br>", f);
        }
        if (!b->n_elements) html_printf(f, "%.400s", b->text);
        if (*b->problem) {
            fputs("<span class=\"level error\">", f);
            html_put(f, b->problem);
            fputs("</span>", f);
        }
        fputs("</td>", f);
        html_cell(f, "page %u, %.1f, %.1f mm (%.1f x %.1f mm)", b->page, b->x, b->y, b->width, b->height);
        if (b->module_mm > 0)
            html_number(f, "%.2f mm", b->module_mm);
        else
            html_number(f, "-");
        if (b->quiet_mm >= 0)
            html_number(f, "%.1f of %.1f mm", b->quiet_mm, b->quiet_needed_mm);
        else
            html_number(f, "not measured");
        if (b->contrast >= 0)
            html_number(f, "%.0f %%", 100 * b->contrast);
        else
            html_number(f, "-");
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    fputs("</div>\n", f);
}

static void put_inks(FILE *f, const struct enn_page_info *p)
{
    static const char *const heads[] = {"Ink", "Kind", "Mean coverage"};
    html_table(f, "Inks", heads, 3);
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++) {
        fputs("<tr>", f);
        html_head(f, "%s", *p->inks[i].name ? p->inks[i].name : "(without a name)");
        html_cell(f, "%s", p->inks[i].role ? p->inks[i].role : "");
        if (p->inks[i].mean_coverage >= 0)
            html_number(f, "%.1f %%", p->inks[i].mean_coverage);
        else
            html_number(f, "not measured");
        fputs("</tr>\n", f);
    }
    html_table_end(f);
}

static void put_times(FILE *f, double v)
{
    if (v < 0)
        fputs("<td class=\"n\">-</td>", f);
    else
        fprintf(f, "<td class=\"n%s\">%.1f %s</td>", v < 1 ? " weak" : "", v, v < 1 ? "weak" : "reads");
}

static void put_capacity(FILE *f, const struct enn_page_info *p)
{
    static const char *const heads[] = {"Seen",
                                        "10 px/mm, white marked",
                                        "14 px/mm, white marked",
                                        "20 px/mm, white marked",
                                        "10 px/mm, ink only",
                                        "14 px/mm, ink only",
                                        "20 px/mm, ink only"};
    static const double side[] = ENN_WINDOWS_MM;
    html_table(f, "Read quality: predicted energy of the mark over what a reading without a manifest needs",
               heads, 7);
    for (int i = 0; i < ENN_N_WINDOWS; i++) {
        if (p->table_with_white[i][0] < 0) continue;
        fputs("<tr>", f);
        if (side[i] > 0)
            html_head(f, "%.0f x %.0f mm", side[i], side[i]);
        else
            html_head(f, "whole page");
        for (int k = 0; k < ENN_N_PX_PER_MM; k++) put_times(f, p->table_with_white[i][k]);
        for (int k = 0; k < ENN_N_PX_PER_MM; k++) put_times(f, p->table_without_white[i][k]);
        fputs("</tr>\n", f);
    }
    html_table_end(f);
}

/* ---- pictures ---- */

static void outline(uint8_t *rgb, const struct enn_preview *v, const long box[4], const uint8_t colour[3])
{
    for (long y = box[1] - 1; y <= box[3] + 1; y++)
        for (long x = box[0] - 1; x <= box[2] + 1; x++) {
            int inside = x > box[0] && x < box[2] && y > box[1] && y < box[3];
            if (inside || x < 0 || y < 0 || x >= (long)v->width || y >= (long)v->height) continue;
            memcpy(rgb + 3 * ((size_t)y * v->width + (size_t)x), colour, 3);
        }
}

/* A box in mm as pixels of the preview; far away ones are cut at its border. */
static void to_pixels(const struct enn_page_info *p, const struct enn_finding *d, long box[4])
{
    double sx = p->preview.width / p->width_mm, sy = p->preview.height / p->height_mm;
    const double edge[4] = {d->x * sx, d->y * sy, (d->x + d->width) * sx, (d->y + d->height) * sy};
    for (int k = 0; k < 4; k++)
        box[k] = (long)fmax(-8, fmin(edge[k], (k & 1 ? p->preview.height : p->preview.width) + 8.0));
}

static enum enn_status put_preview(FILE *f, const struct enn_inspection *in, uint32_t number,
                                   struct enn_error *err)
{
    const struct enn_page_info *p = &in->pages[number - 1];
    const struct enn_preview *v = &p->preview;
    size_t n = (size_t)v->width * v->height * 3;
    uint8_t *rgb = v->rgb && p->width_mm > 0 && p->height_mm > 0 ? malloc(n) : NULL;
    if (!rgb) return v->rgb && p->width_mm > 0 ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
    memcpy(rgb, v->rgb, n);
    int boxes = 0;
    for (uint32_t i = 0; i < in->n_findings; i++) {
        static const uint8_t colour[3][3] = {{29, 95, 168}, {200, 110, 0}, {200, 20, 50}};
        const struct enn_finding *d = &in->findings[i];
        char text[12];
        long box[4];
        if (!d->placed || d->page != number || *p->place) continue; /* an image's own place is not drawn */
        to_pixels(p, d, box);
        outline(rgb, v, box, colour[d->level]);
        snprintf(text, sizeof text, "%u", i + 1);
        long x = box[2] + 4 + 12 * (long)strlen(text) > (long)v->width ? box[0] - 2 - 12 * (long)strlen(text)
                                                                       : box[2] + 4;
        letters_draw(rgb, v->width, v->height, x < 0 ? 0 : (uint32_t)x, box[1] < 0 ? 0 : (uint32_t)box[1], 2,
                     colour[d->level], text);
        boxes++;
    }
    char alt[200];
    snprintf(alt, sizeof alt, "Page %u as it prints%s", number,
             boxes ? ", with numbered boxes where the findings of the table above are" : "");
    fputs("<figure>\n", f);
    enum enn_status s = html_image(f, rgb, v->width, v->height, alt, NULL, err);
    fprintf(f, "<figcaption>Page %u%s</figcaption>\n</figure>\n", number,
            boxes ? "; the numbers are those of the findings" : "");
    free(rgb);
    return s;
}

static enum enn_status put_map(FILE *f, const struct enn_page_info *p, uint32_t number, struct enn_error *err)
{
    uint8_t *rgb = NULL;
    uint32_t width, height;
    if (!p->map.with_white || !p->preview.rgb) return ENN_OK;
    enum enn_status s = report_map(p, &rgb, &width, &height, err);
    if (s) return s;
    char alt[160];
    snprintf(alt, sizeof alt,
             "Map of page %u: where a photo of 25 x 25 mm would be read, orange weak, blue well", number);
    fputs("<figure>\n", f);
    s = html_image(f, rgb, width, height, alt, NULL, err);
    fputs("<figcaption>Where a photo of 25 x 25 mm at 20 px/mm would be read: orange is too weak, blue "
          "reads.</figcaption>\n"
          "</figure>\n",
          f);
    free(rgb);
    return s;
}

/* ---- a page, a file ---- */

static void put_facts(FILE *f, const struct enn_page_info *p)
{
    fputs("<dl>\n", f);
    fact(f, "Sheet", "%s", p->sheet);
    fact(f, "Lies", "%s", p->place);
    if (!p->width)
        fact(f, "Size", "no image");
    else if (p->width_mm > 0)
        fact(f, "Size", "%.1f x %.1f mm (%u x %u px, %.5g x %.5g dpi)", p->width_mm, p->height_mm, p->width,
             p->height, p->dpi_x, p->dpi_y);
    else
        fact(f, "Size", "%u x %u px, no resolution named", p->width, p->height);
    if (p->width)
        fact(f, "Samples", "%s, %d bits, %s%s%s", p->colour, p->bits, p->compression,
             p->tiled ? ", tiled" : "", p->planar ? ", planar" : "");
    if (p->width) fact(f, "Profile", "%s", *p->profile ? p->profile : "none");
    if (p->max_tac > 0) fact(f, "Total coverage", "%.0f %% at most", p->max_tac);
    if (p->surveyed)
        fact(f, "Area",
             "%.0f %% white paper, %.0f %% solid, %.0f %% type, %.1f %% barcodes; %.0f %% protected in all",
             100 * p->white_share, 100 * p->solid_share, 100 * p->type_share, 100 * p->barcode_share,
             100 * p->protected_share);
    fact(f, "Signing", "%s%s", p->signable ? "possible" : "not possible: ", p->signable ? "" : p->why);
    fputs("</dl>\n", f);
}

static enum enn_status put_page(FILE *f, const struct enn_inspection *in, uint32_t number,
                                struct enn_error *err)
{
    const struct enn_page_info *p = &in->pages[number - 1];
    fprintf(f, "<h3>Page %u", number);
    if (*p->name) html_printf(f, ": %s", p->name);
    fputs("</h3>\n", f);
    put_facts(f, p);
    enum enn_status s = put_preview(f, in, number, err);
    if (p->n_inks) put_inks(f, p);
    if (p->signable && p->width_mm > 0) put_capacity(f, p);
    return s ? s : put_map(f, p, number, err);
}

enum enn_status report_html_file(struct report_html *h, const char *file, const struct enn_inspection *in,
                                 struct enn_error *err)
{
    FILE *f = h->f;
    fprintf(f, "<section aria-labelledby=\"file%u\">\n<h2 id=\"file%u\">", h->n_files, h->n_files);
    h->n_files++;
    html_put(f, file);
    fputs("</h2>\n<dl>\n", f);
    fact(f, "Format", "%s, %u page%s", in->format, in->n_pages, in->n_pages == 1 ? "" : "s");
    if (*in->mark.lot_id)
        fact(f, "Mark", "lot id %s of issuer %s", in->mark.lot_id, in->mark.issuer);
    else
        fact(f, "Mark", "none read: %s",
             in->mark.n_reasons ? enn_reason_text(in->mark.reasons[0]) : in->mark.detail);
    fputs("</dl>\n", f);
    put_findings(f, in);
    put_barcodes(f, &in->barcodes);
    enum enn_status s = ENN_OK;
    for (uint32_t i = 0; !s && i < in->n_pages; i++) s = put_page(f, in, i + 1, err);
    fputs("</section>\n", f);
    return s;
}

void report_html_failure(struct report_html *h, const char *file, const char *why)
{
    fputs("<section>\n<h2>", h->f);
    html_put(h->f, file);
    fputs("</h2>\n<p class=\"level error\">", h->f);
    html_put(h->f, why);
    fputs("</p>\n</section>\n", h->f);
}
