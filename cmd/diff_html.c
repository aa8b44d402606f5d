/*
 * The comparison as one HTML page: both artworks under a slider, the heat map, tables of all that differs.
 *
 * The slider is a plain range input with a label, so arrow keys, touch and screen readers work; a few lines
 * of script in the page move the edge.  Without script both pictures are shown one below the other.
 */
#include "diff.h"
#include "html.h"
#include "status.h"
#include <stdlib.h>

static const char css[] =
    ".cut{position:relative;display:block;max-width:100%;width:fit-content;margin:0 auto}\n"
    ".cut img{display:block;border:0;width:100%}\n"
    ".js .cut .new{position:absolute;inset:0;clip-path:inset(0 0 0 var(--at,50%))}\n"
    ".js "
    ".cut::after{content:'';position:absolute;top:0;bottom:0;left:var(--at,50%);width:2px;margin-left:-1px;"
    "background:#d00;pointer-events:none}\n"
    ".slide{display:none}.js .slide{display:flex;gap:.75rem;align-items:center;margin:.75rem 0}\n"
    ".slide input{flex:1;min-width:0;height:2rem;accent-color:var(--note)}\n"
    ".slide input:focus-visible{outline:3px solid var(--note);outline-offset:2px}\n"
    ".slide output{min-width:4ch;text-align:right}\n"
    ".answer{font-size:1.15rem;font-weight:700}\n"
    ".frame{border:1px solid var(--rule);background:var(--soft);padding:.5rem}\n"
    "@media print{.slide{display:none!important}.js .cut .new{position:static;clip-path:none;margin-top:1rem}"
    ".js .cut::after{display:none}}\n";

static const char script[] =
    "<script>\ndocument.documentElement.classList.add('js');\n"
    "document.querySelectorAll('.slide input').forEach(function(i){\n"
    "var c=document.getElementById(i.dataset.for),o=i.parentNode.querySelector('output');\n"
    "function f(){c.style.setProperty('--at',i.value+'%');o.value=i.value+' %';"
    "i.setAttribute('aria-valuenow',i.value);i.setAttribute('aria-valuetext',i.value+' percent from the left "
    "is old, the rest new');}\n"
    "i.addEventListener('input',f);f();});\n</script>\n";

static enum enn_status put_slider(FILE *f, const struct enn_diff_preview *v, uint32_t page,
                                  struct enn_error *err)
{
    char alt[80];
    fprintf(f, "<h3>Before and after</h3>\n<div class=\"frame\"><div class=\"cut\" id=\"cut%u\">\n", page);
    snprintf(alt, sizeof alt, "Old artwork, page %u", page);
    enum enn_status s = html_image(f, v->before, v->width, v->height, alt, "class=\"old\"", err);
    snprintf(alt, sizeof alt, "New artwork, page %u", page);
    if (!s) s = html_image(f, v->after, v->width, v->height, alt, "class=\"new\"", err);
    fprintf(
        f,
        "</div></div>\n<div class=\"slide\"><label for=\"range%u\">Old | new</label>"
        "<input type=\"range\" id=\"range%u\" data-for=\"cut%u\" min=\"0\" max=\"100\" value=\"50\" "
        "step=\"1\" aria-label=\"Edge between the old and the new artwork of page %u\" aria-valuenow=\"50\">"
        "<output for=\"range%u\">50 %%</output></div>\n",
        page, page, page, page, page);
    return s;
}

static enum enn_status put_heat(FILE *f, const struct enn_diff *d, uint32_t page, struct enn_error *err)
{
    uint8_t *rgb;
    uint32_t width, height;
    char alt[120];
    enum enn_status s = diff_heatmap(d, page - 1, &rgb, &width, &height, err);
    if (s) return s;
    fputs("<h3>Differences</h3>\n<figure>", f);
    snprintf(alt, sizeof alt, "Map of the differences on page %u, numbered as in the table of changes below",
             page);
    s = html_image(f, rgb, width, height, alt, NULL, err);
    fputs("<figcaption>The new artwork in grey, differences that no mark explains in colour "
          "(CIEDE2000); the numbers are those of the changes.</figcaption>"
          "</figure>\n",
          f);
    free(rgb);
    return s;
}

static void put_changes(FILE *f, const struct enn_diff *d)
{
    static const char *const heads[] = {"No.",  "Page",  "Kind",   "Inks",    "x mm",
                                        "y mm", "Width", "Height", "Mean DE", "Max DE"};
    if (!d->n_changes) return;
    fputs("<h2>Changes</h2>\n", f);
    html_table(f, "Regions that no mark explains; DE is CIEDE2000", heads, 10);
    for (uint32_t i = 0; i < d->n_changes; i++) {
        const struct enn_change *k = &d->changes[i];
        fputs("<tr>", f);
        html_head(f, "%u", i + 1);
        html_number(f, "%u", k->page);
        html_cell(f, "%s", enn_change_word(k->kind));
        html_cell(f, "%s", k->inks);
        html_number(f, "%.1f", k->x);
        html_number(f, "%.1f", k->y);
        html_number(f, "%.2f", k->width);
        html_number(f, "%.2f", k->height);
        html_number(f, "%.1f", k->mean_de);
        html_number(f, "%.1f", k->max_de);
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    if (d->all_changes > d->n_changes)
        html_printf(f, "and %llu more", (unsigned long long)(d->all_changes - d->n_changes));
}

static void put_facts(FILE *f, const struct enn_diff *d)
{
    static const char *const heads[] = {"Group", "What", "Page", "Old", "New", "Print"};
    if (!d->n_facts) return;
    fputs("<h2>Beside the samples</h2>\n", f);
    fputs("<div class=\"text\">", f);
    html_table(f, "Metadata, boxes, profile, resolution, inks and content", heads, 6);
    for (uint32_t i = 0; i < d->n_facts; i++) {
        const struct enn_fact *k = &d->facts[i];
        fputs("<tr>", f);
        html_cell(f, "%s", enn_fact_group_word(k->group));
        html_cell(f, "%s", k->name);
        if (k->page)
            html_number(f, "%u", k->page);
        else
            html_cell(f, "file");
        html_cell(f, "%s", k->before);
        html_cell(f, "%s", k->after);
        html_cell(f, "%s", k->prints ? "prints otherwise" : "prints the same");
        fputs("</tr>\n", f);
    }
    html_table_end(f);
    fputs("</div>\n", f);
}

static void put_summary(FILE *f, const struct diff_result *r)
{
    const struct enn_diff *d = r->d;
    char text[ENN_ERROR_TEXT];
    const char *first = enn_diff_text(d->answer);
    fprintf(f, "<p class=\"answer %s\">", enn_diff_exit(d->answer) ? "error" : "good");
    html_printf(f, "%c%s", *first >= 'a' && *first <= 'z' ? *first - 32 : *first, first + 1);
    fputs("</p>\n<p>Old: <code>", f);
    html_put(f, r->before);
    fputs("</code><br>New: <code>", f);
    html_put(f, r->after);
    fputs("</code></p>\n", f);
    const struct enn_verdict *marks[2] = {&d->before, &d->after};
    for (int i = 0; i < 2; i++) {
        diff_describe_mark(marks[i], text, sizeof text);
        if (!*text) continue;
        fprintf(f, "<p>Mark in the %s artwork: ", i ? "new" : "old");
        html_put(f, text);
        fputs("</p>\n", f);
    }
    if (!*d->note) return;
    fputs("<p class=\"note\">Note: ", f);
    html_put(f, d->note);
    fputs("</p>\n", f);
}

enum enn_status diff_write_html(FILE *f, const struct diff_result *r, struct enn_error *err)
{
    enum enn_status s = ENN_OK;
    html_begin(f, "Artwork comparison", css);
    put_summary(f, r);
    for (uint32_t i = 0; i < r->d->n_pages && !s; i++) {
        const struct enn_diff_page *p = &r->d->pages[i];
        fputs("<h2>", f);
        html_printf(f, "Page %u, %.1f x %.1f mm", i + 1, p->width_mm, p->height_mm);
        fputs("</h2>\n<p>", f);
        html_printf(
            f,
            "%llu pixels, %llu differ, a mark or resampling explains %llu; counted only: %llu too small to "
            "print, %llu below the tolerance.",
            (unsigned long long)p->pixels, (unsigned long long)p->differing, (unsigned long long)p->explained,
            (unsigned long long)p->below_size, (unsigned long long)p->below_tolerance);
        fputs("</p>\n", f);
        s = put_slider(f, &p->preview, i + 1, err);
        if (!s) s = put_heat(f, r->d, i + 1, err);
    }
    put_changes(f, r->d);
    put_facts(f, r->d);
    fputs(script, f);
    html_end(f);
    return s;
}
