/* Inspecting one file: what it is, what it can carry, what is in it.  The conductor; everything is measured
 * elsewhere. */
#include "codes.h"
#include "findings.h"
#include "inspect_plain.h"
#include "artwork/inks.h"
#include "artwork/picture.h"
#include "status.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where an image of a PDF lies: its first pixel, and how its rows run from there. */
static void describe_place(struct enn_page_info *i, const struct artwork_page *p)
{
    const double *m = p->to_mm;
    double turn = atan2(m[1], m[0]) * 180 / M_PI;
    if (!p->placed) return;
    snprintf(i->place, sizeof i->place, "first pixel at %.2f, %.2f mm, rows %s%.1f degrees%s", m[4], m[5],
             fabs(turn) < 0.05 ? "at " : "turned by ", fabs(turn) < 0.05 ? 0 : turn,
             m[0] * m[3] - m[1] * m[2] < 0 ? ", mirrored" : "");
}

static void describe_layout(struct enn_page_info *i, const struct artwork_page *p)
{
    snprintf(i->name, sizeof i->name, "%s", p->name);
    snprintf(i->sheet, sizeof i->sheet, "%s", p->sheet);
    describe_place(i, p);
    i->width = p->width;
    i->height = p->height;
    i->dpi_x = p->dpi_x;
    i->dpi_y = p->dpi_y;
    i->width_mm = p->dpi_x > 0 ? p->width * 25.4 / p->dpi_x : 0;
    i->height_mm = p->dpi_y > 0 ? p->height * 25.4 / p->dpi_y : 0;
    snprintf(i->colour, sizeof i->colour, "%s", artwork_colour_word(p->colour));
    snprintf(i->compression, sizeof i->compression, "%s", p->compression);
    i->bits = (int)p->bits;
    i->tiled = p->tiled;
    i->planar = p->planar;
    i->n_inks = p->samples < ENN_MAX_INKS ? p->samples : ENN_MAX_INKS;
    for (uint32_t c = 0; c < i->n_inks; c++) {
        snprintf(i->inks[c].name, sizeof i->inks[c].name, "%s", p->names[c]);
        i->inks[c].role = ink_role_word((enum artwork_role)p->role[c]);
        i->inks[c].mean_coverage = -1;
    }
    i->signable = p->signable;
    snprintf(i->why, sizeof i->why, "%s", p->why);
}

static void describe_survey(struct enn_page_info *i, const struct survey *s)
{
    const double *of = s->areas.of, page = s->areas.page > 0 ? s->areas.page : 1;
    snprintf(i->profile, sizeof i->profile, "%s%s", profile_name(s->profile),
             s->page->icc ? "" : " (none embedded)");
    i->width_mm = s->page->width * 25.4 / s->dpi_x;
    i->height_mm = s->page->height * 25.4 / s->dpi_y;
    for (uint32_t c = 0; c < i->n_inks; c++) i->inks[c].mean_coverage = 100 * s->coverage[c];
    i->surveyed = 1;
    i->white_share = s->areas.white_share;
    i->type_share = of[MASK_TEXT] / page;
    i->barcode_share = of[MASK_BARCODE] / page;
    i->solid_share = of[MASK_SOLID] / page;
    i->protected_share =
        (of[MASK_EDGE] + of[MASK_TEXT] + of[MASK_BARCODE] + of[MASK_PAPER] + of[MASK_SPOT] + of[MASK_USER]) / page;
    i->max_tac = 100 * s->max_tac;
    i->with_white = s->with_white;
    i->without_white = s->without_white;
    i->white_needed = survey_yellow_prints(s) && survey_needs_white(&s->without_white);
}

/* What the survey found, and a second pass for the rest of the report. */
static enum enn_status report_page(struct artwork *a, const struct survey *s, const struct enn_inspect_options *o,
                                   struct enn_inspection *out, struct enn_error *err)
{
    uint32_t number = (uint32_t)s->index + 1, first = out->barcodes.n;
    struct enn_page_info *info = &out->pages[s->index];
    struct preflight_options po = {.tac_limit = o->tac_limit, .preview_side = o->preview_side};
    struct preflight p;
    describe_survey(info, s);
    enum enn_status st = s->black_only ? inspect_profile(s->page, info, err) : ENN_OK;
    if (!st) st = survey_predict_all(s, info, o->preview_side != 0, err);
    if (!st) st = codes_add(&out->barcodes, &s->codes, number, s->place.to_mm, s->dpi_x, s->dpi_y, err);
    if (st) return st;
    st = preflight_page(&p, a, s, &po, s->codes.n ? out->barcodes.items + first : NULL, err);
    info->preview = p.preview;
    info->over_tac_mm2 = p.over_tac_mm2;
    return st ? st : findings_of_page(out, number, s, &p, o, err);
}

static enum enn_status inspect_page(struct artwork *a, size_t index, const struct survey_options *so,
                                    const struct enn_inspect_options *o, const char *file, struct enn_inspection *out, struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, index);
    struct enn_page_info *info = &out->pages[index];
    describe_layout(info, p);
    enum enn_status st = findings_of_layout(out, (uint32_t)index + 1, p, err);
    if (!st && !p->readable) st = inspect_plain(a, index, file, &o->verify.limits, info, err);
    if (st || !p->readable) return st ? st : findings_of_signing(out, (uint32_t)index + 1, p, err);
    struct survey s;
    st = survey_page(&s, a, index, so, file, err);
    if (!st) {
        st = report_page(a, &s, o, out, err);
    } else if (st == ENN_UNSUPPORTED) { /* describes the page; not a fault of the inspection */
        info->signable = 0;
        size_t skip = !strncmp(err->text, file, strlen(file)) ? strlen(file) + 2 : 0;
        snprintf(info->why, sizeof info->why, "%.*s", (int)sizeof info->why - 1, err->text + skip);
        st = inspect_plain(a, index, file, &o->verify.limits, info, err);
    }
    survey_clear(&s);
    return st ? st : findings_of_signing(out, (uint32_t)index + 1, p, err);
}

/* PNG, JPEG: pictures, not artwork; only their size is told, and the mark in them. */
static enum enn_status inspect_picture(const struct enn_verify_options *o, const char *file,
                                       struct enn_inspection *out, struct enn_error *err)
{
    struct picture_options po = picture_options_default();
    struct picture pic;
    po.limits = o->limits;
    po.max_keep_pixels = 4000000;
    enum enn_status st = picture_read(file, &po, &pic, err);
    if (st) return st;
    out->pages = calloc(1, sizeof *out->pages);
    if (!out->pages) st = enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    if (!st) {
        struct enn_page_info *i = out->pages;
        out->n_pages = 1;
        snprintf(out->format, sizeof out->format, "%s",
                 !strcmp(pic.kind, "png")    ? "PNG"
                 : !strcmp(pic.kind, "jpeg") ? "JPEG"
                                             : "TIFF");
        i->width = pic.full_width;
        i->height = pic.full_height;
        i->dpi_x = i->dpi_y = pic.dpi * pic.reduced;
        if (pic.dpi > 0) i->width_mm = pic.width * 25.4 / pic.dpi, i->height_mm = pic.height * 25.4 / pic.dpi;
        i->bits = 8;
        snprintf(i->colour, sizeof i->colour, "rgb");
        snprintf(i->compression, sizeof i->compression, "%s", pic.kind);
        snprintf(i->why, sizeof i->why, "a %s picture is a capture, not print-ready artwork", out->format);
    }
    picture_clear(&pic);
    return st;
}

enum enn_status enn_inspect_file(const struct enn_verifier *v, const struct enn_inspect_options *o,
                                 const char *file, struct enn_inspection *out, struct enn_error *err)
{
    memset(out, 0, sizeof *out);
    struct artwork *a = NULL;
    struct survey_models models = {0};
    struct survey_options so = {.models = &models,
                                .dpi = o->dpi,
                                .strength = 1,
                                .limits = &o->verify.limits,
                                .threads = o->verify.threads};
    enum enn_status st = artwork_open_locked(file, &o->verify.limits, o->verify.password, &a, err);
    if (st == ENN_FORMAT) {
        st = inspect_picture(&o->verify, file, out, err);
    } else if (!st) {
        artwork_set_threads(a, o->verify.threads);
        snprintf(out->format, sizeof out->format, "%s", artwork_format(a));
        out->pages = calloc(artwork_pages(a), sizeof *out->pages);
        if (!out->pages) st = enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
        for (size_t i = 0; !st && i < artwork_pages(a); i++) {
            out->n_pages++;
            st = inspect_page(a, i, &so, o, file, out, err);
        }
    }
    survey_models_clear(&models);
    artwork_close(a);
    if (!st && v) {
        struct enn_error ignored;
        enn_verify_file(v, &o->verify, file, &out->mark, &ignored);
    }
    if (!st) st = findings_of_codes(out, err);
    if (!st) st = findings_of_mark(out, err);
    if (!st) findings_sort(out);
    if (st) enn_inspection_clear(out);
    return st;
}

void enn_inspection_clear(struct enn_inspection *i)
{
    for (uint32_t p = 0; i->pages && p < i->n_pages; p++) {
        free(i->pages[p].preview.rgb);
        free(i->pages[p].map.with_white);
        free(i->pages[p].map.without_white);
    }
    free(i->pages);
    free(i->findings);
    enn_barcodes_clear(&i->barcodes);
    enn_verdict_clear(&i->mark);
    memset(i, 0, sizeof *i);
}
