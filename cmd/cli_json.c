/*
 * JSON lines through Jansson.  The keys that all tools share are made in one place, base(), and stay in one
 * order.
 */
#include "cli_json.h"
#include "diff.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *cli_fault_word(enum enn_status s)
{
    switch (s) {
    case ENN_USAGE:
        return "usage";
    case ENN_FORMAT:
        return enn_reason_word(ENN_REASON_MALFORMED);
    case ENN_UNSUPPORTED:
        return enn_reason_word(ENN_REASON_UNSUPPORTED_INPUT);
    case ENN_LIMIT:
        return enn_reason_word(ENN_REASON_OVER_LIMIT);
    case ENN_IO:
        return enn_reason_word(ENN_REASON_IO_FAILED);
    case ENN_NOMEM:
        return enn_reason_word(ENN_REASON_NO_MEMORY);
    case ENN_INTERNAL:
        return "internal";
    case ENN_BARCODE_MISMATCH:
        return enn_reason_word(ENN_REASON_BARCODE_MISMATCH);
    case ENN_BARCODE_CHANGED:
        return enn_reason_word(ENN_REASON_BARCODE_CHANGED);
    default:
        return NULL;
    }
}

/* A string; null for NULL and for an empty one; bytes that are not UTF-8 (a file name may hold any) become
 * '?'. */
static json_t *text(const char *s)
{
    if (!s || !*s) return json_null();
    json_t *j = json_string(s);
    if (j) return j;
    char *copy = strdup(s);
    if (!copy) return NULL;
    for (char *p = copy; *p; p++)
        if ((unsigned char)*p >= 0x80) *p = '?';
    j = json_string(copy);
    free(copy);
    return j;
}

/* A number with at most nine significant digits; null for NaN and infinity, which JSON does not have. */
static json_t *number(double v)
{
    json_t *j = json_real(v);
    return j ? j : json_null();
}

static void set(json_t *o, const char *key, json_t *value)
{
    json_object_set_new(o, key, value ? value : json_null());
}

/* Text of n bytes, control characters and all (separators of GS1 data are U+001D); bytes that are not UTF-8 are taken
 * as Latin-1, what barcodes hold by default. */
static json_t *text_n(const char *s, size_t n)
{
    json_t *j = json_stringn(s, n);
    if (j) return j;
    char *copy = malloc(2 * n + 1), *to = copy;
    if (!copy) return NULL;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s[i];
        if (c >= 0x80) *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(c >= 0x80 ? 0x80 | (c & 0x3f) : c);
    }
    j = json_stringn(copy, (size_t)(to - copy));
    free(copy);
    return j;
}

/* Millimetres to three decimals; null when not measured (negative). */
static json_t *measured(double v)
{
    return v < 0 ? json_null() : number(round(v * 1000) / 1000);
}

static json_t *barcode(const struct enn_barcode *b)
{
    json_t *o = json_object(), *elements = json_array();
    set(o, "page", json_integer(b->page));
    set(o, "type", text(b->type));
    set(o, "text", text_n(b->text, b->n));
    set(o, "gs1", json_boolean(b->gs1));
    for (uint32_t i = 0; i < b->n_elements; i++) {
        json_t *e = json_object();
        set(e, "ai", text(b->elements[i].ai));
        set(e, "value", text(b->elements[i].value));
        json_array_append_new(elements, e);
    }
    set(o, "elements", elements);
    set(o, "problem", text(b->problem));
    set(o, "x", number(round(b->x * 100) / 100));
    set(o, "y", number(round(b->y * 100) / 100));
    set(o, "width", number(round(b->width * 100) / 100));
    set(o, "height", number(round(b->height * 100) / 100));
    set(o, "module", b->module_mm > 0 ? measured(b->module_mm) : json_null());
    set(o, "quiet_zone", measured(b->quiet_mm));
    set(o, "quiet_zone_needed", measured(b->quiet_needed_mm));
    set(o, "contrast", measured(b->contrast));
    return o;
}

static json_t *barcodes(const struct enn_barcodes *c)
{
    json_t *a = json_array();
    for (uint32_t i = 0; i < c->n; i++) json_array_append_new(a, barcode(&c->items[i]));
    return a;
}

static json_t *base(const struct cli *c, const char *file, enum enn_status s)
{
    static const char *const facts[] = {"lot", "gtin", "expiry", "unit", "lot_id"};
    json_t *o = json_object(), *reasons = json_array();
    set(o, "schema", json_integer(ENN_JSON_SCHEMA));
    set(o, "tool", text(c->tool));
    set(o, "file", text(file));
    set(o, "verdict", text(enn_status_word(s)));
    set(o, "exit", json_integer(enn_status_exit(s)));
    if (cli_fault_word(s)) json_array_append_new(reasons, text(cli_fault_word(s)));
    set(o, "reasons", reasons);
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) set(o, facts[i], json_null());
    set(o, "p_false", json_null());
    set(o, "quality", json_null());
    set(o, "seconds", json_null());
    return o;
}

static void print_line(struct cli *c, json_t *o)
{
    cli_progress_erase(c);
    json_dumpf(o, stdout,
               JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)); /* errors: ferror(stdout) */
    putchar('\n');
    fflush(stdout);
    json_decref(o);
}

void cli_json_failure(struct cli *c, const char *file, enum enn_status s, const char *detail)
{
    json_t *o = base(c, file, s);
    set(o, "detail", text(detail));
    print_line(c, o);
}

static json_t *corners(const struct enn_point box[4])
{
    json_t *a = json_array();
    for (int i = 0; i < 4; i++) {
        json_t *p = json_array();
        json_array_append_new(p, number(box[i].x));
        json_array_append_new(p, number(box[i].y));
        json_array_append_new(a, p);
    }
    return a;
}

static json_t *packs(const struct enn_verdict *v)
{
    json_t *a = json_array();
    for (int i = 0; i < v->n_packs; i++) {
        const struct enn_pack *p = &v->packs[i];
        json_t *o = json_object();
        set(o, "lot_id", text(p->lot_id));
        set(o, "unit", p->have_unit ? json_integer((json_int_t)p->unit) : json_null());
        set(o, "agrees", json_boolean(p->agrees));
        set(o, "p_false", number(p->p_false));
        set(o, "px_per_mm", number(p->px_per_mm));
        set(o, "box", corners(p->box));
        json_array_append_new(a, o);
    }
    return a;
}

static json_t *rectangle(const struct enn_rect *r)
{
    json_t *o = json_object();
    set(o, "x", number(r->x));
    set(o, "y", number(r->y));
    set(o, "width", number(r->width));
    set(o, "height", number(r->height));
    return o;
}

static json_t *content(const struct enn_verdict *v)
{
    json_t *o = json_object();
    set(o, "verdict", text(enn_content_word(v->content)));
    set(o, "agreement", v->content > ENN_CONTENT_UNCHECKED ? number(v->content_agreement) : json_null());
    set(o, "view_mm", v->view.width > 0 ? rectangle(&v->view) : json_null());
    return o;
}

static json_t *seal(const struct enn_verdict *v)
{
    json_t *o = json_object();
    int looked = v->seal_p > 0 || v->seal_z != 0;
    set(o, "verdict", text(enn_seal_word(v->seal)));
    set(o, "p", looked ? number(v->seal_p) : json_null());
    set(o, "z", looked ? number(v->seal_z) : json_null());
    set(o, "expected", looked ? number(v->seal_expected) : json_null());
    set(o, "page", v->seal_page ? json_integer(v->seal_page) : json_null());
    set(o, "view_mm", v->seal_page ? rectangle(&v->view) : json_null());
    json_t *cells = json_array();
    for (uint32_t i = 0; i < v->n_seal_cells; i++) {
        const struct enn_seal_cell *k = &v->seal_cells[i];
        json_t *c = rectangle(&k->at);
        set(c, "verdict", text(enn_seal_word(k->seal)));
        set(c, "z", number(k->z));
        set(c, "expected", number(k->expected));
        json_array_append_new(cells, c);
    }
    set(o, "cells", cells);
    return o;
}

static void set_map(json_t *o, const struct enn_alterations *m)
{
    json_t *map = json_object(), *altered = json_array();
    json_int_t count[3] = {0, 0, 0};
    for (size_t i = 0; i < (size_t)m->columns * m->rows; i++) count[m->state[i]]++;
    set(map, "cell_mm", number(m->cell_mm));
    set(map, "columns", json_integer(m->columns));
    set(map, "rows", json_integer(m->rows));
    set(map, "intact", json_integer(count[ENN_CELL_INTACT]));
    set(map, "altered", json_integer(count[ENN_CELL_ALTERED]));
    set(map, "not_measurable", json_integer(count[ENN_CELL_UNKNOWN]));
    for (uint32_t i = 0; i < m->n; i++) {
        json_t *place = rectangle(&m->items[i].at);
        set(place, "score", number(m->items[i].score));
        set(place, "certain", json_boolean(m->items[i].certain));
        json_array_append_new(altered, place);
    }
    set(o, "map", map);
    set(o, "altered", altered);
}

static json_t *copy(const struct enn_verdict *v)
{
    json_t *o = json_object();
    int judged = v->copy_power > 0;
    json_t *response = json_array();
    set(o, "verdict", text(enn_copy_word(v->copy)));
    set(o, "why", v->copy == ENN_COPY_INCONCLUSIVE ? text(enn_copy_why_word(v->copy_why)) : json_null());
    set(o, "lost", judged ? number(v->copy_lost) : json_null());
    set(o, "clean", judged ? number(v->copy_clean) : json_null());
    set(o, "power", judged ? number(v->copy_power) : json_null());
    for (int b = 0; b < ENN_COPY_BANDS && v->response.px_per_mm > 0; b++)
        json_array_append_new(response, number(v->response.gain[b]));
    set(o, "edges", judged ? json_integer(v->copy_edges) : json_null());
    set(o, "captures", v->copy == ENN_COPY_UNCHECKED ? json_null() : json_integer(v->copy_captures));
    set(o, "response", response);
    set(o, "screen_lpi", v->response.lpi > 0 ? number(v->response.lpi) : json_null());
    return o;
}

static void set_verdict(json_t *o, const struct enn_verdict *v)
{
    json_t *reasons = json_array(), *q = json_object();
    for (int i = 0; i < v->n_reasons; i++)
        json_array_append_new(reasons, text(enn_reason_word(v->reasons[i])));
    if (!v->n_reasons && cli_fault_word(v->status))
        json_array_append_new(reasons, text(cli_fault_word(v->status)));
    set(o, "reasons", reasons);
    set(o, "lot", text(v->lot));
    set(o, "gtin", text(v->gtin));
    set(o, "expiry", text(v->expiry));
    set(o, "unit", v->have_unit ? json_integer((json_int_t)v->unit) : json_null());
    set(o, "lot_id", text(v->lot_id));
    set(o, "p_false", number(v->p_false));
    set(q, "px_per_mm", number(v->px_per_mm));
    set(q, "tilt", number(v->tilt_deg));
    set(q, "tiles", number(v->tiles));
    set(q, "energy", number(v->energy));
    set(q, "energy_needed", number(v->energy_needed));
    set(o, "quality", q);
    set(o, "box", v->n_cells ? corners(v->box) : json_null());
    if (v->n_packs) set(o, "packs", packs(v));
    set(o, "seconds", number(v->seconds));
    set(o, "detail", text(v->detail));
}

void cli_json_verdict(struct cli *c, const char *file, const struct enn_verdict *v)
{
    json_t *o = base(c, file, v->status);
    set_verdict(o, v);
    set(o, "serial", text(v->serial));
    set(o, "issuer", text(v->issuer));
    set(o, "file_checked", json_boolean(v->file_checked));
    set(o, "content", content(v));
    set(o, "seal", seal(v));
    set(o, "copy", copy(v));
    if (v->map) set_map(o, v->map);
    print_line(c, o);
}

static json_t *capacity(const struct enn_capacity *k)
{
    json_t *o = json_object();
    set(o, "window25_20", number(k->window25_20));
    set(o, "window25_10", number(k->window25_10));
    set(o, "panel_20", number(k->panel_20));
    set(o, "panel_10", number(k->panel_10));
    return o;
}

static json_t *notes(const struct enn_sign_report *r)
{
    json_t *a = json_array();
    for (uint32_t i = 0; i < r->n_notes; i++) {
        json_t *o = json_object();
        set(o, "name", text(r->notes[i].name));
        set(o, "left_alone", json_boolean(r->notes[i].left_alone));
        set(o, "text", text(r->notes[i].text));
        json_array_append_new(a, o);
    }
    return a;
}

void cli_json_signed(struct cli *c, const struct cli_signed *s)
{
    const struct enn_sign_report *r = s->report;
    json_t *o = base(c, s->file, ENN_OK), *change = json_array();
    set(o, "lot", text(s->lot));
    set(o, "gtin", text(s->gtin));
    set(o, "expiry", text(s->expiry));
    set(o, "unit", json_integer((json_int_t)s->unit));
    set(o, "lot_id", text(r->lot_id));
    set(o, "seconds", number(r->seconds));
    set(o, "output", text(s->output));
    set(o, "manifest", text(s->manifest));
    set(o, "pages", json_integer(r->pages));
    set(o, "left_alone", json_integer(r->left_alone));
    set(o, "pages_left_alone", json_integer(r->pages_left_alone));
    set(o, "jpeg_reencoded", json_integer(r->reencoded));
    set(o, "notes", notes(r));
    set(o, "width_mm", number(r->width_mm));
    set(o, "height_mm", number(r->height_mm));
    set(o, "marked_cm2", number(r->marked_cm2));
    set(o, "white_cm2", number(r->white_cm2));
    set(o, "mean_tint", number(r->mean_tint));
    set(o, "white_used", json_boolean(r->white_used));
    set(o, "yellow_added", json_boolean(r->yellow_added));
    set(o, "carrier", text(r->luminance ? "luminance" : "yellow-blue"));
    set(o, "carrier_ink", text(r->carrier_ink));
    set(o, "xmp", json_boolean(r->xmp));
    set(o, "sealed", json_boolean(r->sealed));
    for (uint32_t i = 0; i < r->inks && i < 8; i++)
        json_array_append_new(change, number(r->coverage_change[i]));
    set(o, "coverage_change", change);
    set(o, "capacity", capacity(&r->capacity));
    set(o, "barcodes", barcodes(&r->barcodes));
    set(o, "plates", json_integer(r->plates));
    set(o, "missing_plates", text(r->missing_plates));
    set(o, "plate_carriers", text(r->plate_carriers));
    set(o, "plate_reach", r->plates ? number(r->plate_reach) : json_null());
    set(o, "plate_tone", r->plates ? number(r->plate_tone) : json_null());
    print_line(c, o);
}

void cli_json_enrolled(struct cli *c, const char *enrolment, int captures)
{
    json_t *o = base(c, NULL, ENN_OK);
    set(o, "enrolment", text(enrolment));
    set(o, "captures", json_integer(captures));
    print_line(c, o);
}

void cli_json_lot_key(struct cli *c, const char *lot_id, const char *key, int encrypted)
{
    json_t *o = base(c, NULL, ENN_OK);
    set(o, "lot_id", text(lot_id));
    set(o, "key", text(key));
    set(o, "encrypted", json_boolean(encrypted));
    print_line(c, o);
}

void cli_json_issuer(struct cli *c, const char *key, const char *certificate, const char *seal,
                     const char *pin)
{
    json_t *o = base(c, NULL, ENN_OK);
    set(o, "key", text(key));
    set(o, "certificate", text(certificate));
    set(o, "seal", text(seal));
    set(o, "pin", text(pin));
    print_line(c, o);
}

/* null: it was not measured. */
static json_t *if_measured(int was, double value)
{
    return was ? number(value) : json_null();
}

static json_t *inks(const struct enn_page_info *p)
{
    json_t *a = json_array();
    for (uint32_t i = 0; i < p->n_inks && i < ENN_MAX_INKS; i++) {
        json_t *o = json_object();
        set(o, "name", text(p->inks[i].name));
        set(o, "mean_coverage", if_measured(p->inks[i].mean_coverage >= 0, p->inks[i].mean_coverage));
        set(o, "role", text(p->inks[i].role));
        json_array_append_new(a, o);
    }
    return a;
}

/* One object for each window and resolution; the side of the window is null for the whole page. */
static json_t *capacity_table(const struct enn_page_info *p)
{
    static const double side[] = ENN_WINDOWS_MM, px[] = ENN_PX_PER_MM;
    json_t *a = json_array();
    for (int i = 0; i < ENN_N_WINDOWS && p->signable; i++)
        for (int k = 0; k < ENN_N_PX_PER_MM && p->table_with_white[i][k] >= 0; k++) {
            json_t *o = json_object();
            set(o, "window_mm", side[i] > 0 ? number(side[i]) : json_null());
            set(o, "px_per_mm", number(px[k]));
            set(o, "with_white", number(p->table_with_white[i][k]));
            set(o, "without_white", number(p->table_without_white[i][k]));
            json_array_append_new(a, o);
        }
    return a;
}

static json_t *finding(const struct enn_finding *f)
{
    json_t *o = json_object();
    set(o, "id", text(enn_finding_word(f->id)));
    set(o, "level", text(enn_level_word(f->level)));
    set(o, "page", f->page ? json_integer(f->page) : json_null());
    set(o, "x", f->placed ? number(round(f->x * 100) / 100) : json_null());
    set(o, "y", f->placed ? number(round(f->y * 100) / 100) : json_null());
    set(o, "width", f->placed ? number(round(f->width * 100) / 100) : json_null());
    set(o, "height", f->placed ? number(round(f->height * 100) / 100) : json_null());
    set(o, "text", text(f->text));
    return o;
}

static json_t *page(const struct enn_page_info *p)
{
    json_t *o = json_object(), *k = json_object();
    set(o, "name", text(p->name));
    set(o, "sheet", text(p->sheet));
    set(o, "place", text(p->place));
    set(o, "width", json_integer(p->width));
    set(o, "height", json_integer(p->height));
    set(o, "width_mm", number(p->width_mm));
    set(o, "height_mm", number(p->height_mm));
    set(o, "dpi_x", number(p->dpi_x));
    set(o, "dpi_y", number(p->dpi_y));
    set(o, "colour", text(p->colour));
    set(o, "bits", json_integer(p->bits));
    set(o, "compression", text(p->compression));
    set(o, "tiled", json_boolean(p->tiled));
    set(o, "planar", json_boolean(p->planar));
    set(o, "profile", text(p->profile));
    set(o, "inks", inks(p));
    set(o, "max_total_coverage", number(p->max_tac));
    set(o, "white_share", if_measured(p->surveyed, p->white_share));
    set(o, "solid_share", if_measured(p->surveyed, p->solid_share));
    set(o, "type_share", if_measured(p->surveyed, p->type_share));
    set(o, "barcode_share", if_measured(p->surveyed, p->barcode_share));
    set(o, "protected_share", if_measured(p->surveyed, p->protected_share));
    set(o, "over_coverage_limit_mm2", if_measured(p->surveyed, p->over_tac_mm2));
    set(o, "signable", json_boolean(p->signable));
    set(o, "why_not", text(p->signable ? NULL : p->why));
    set(k, "with_white", capacity(&p->with_white));
    set(k, "without_white", capacity(&p->without_white));
    set(k, "table", capacity_table(p));
    set(o, "capacity", k);
    return o;
}

void cli_json_inspection(struct cli *c, const char *file, const struct enn_inspection *i)
{
    json_t *o = base(c, file, i->mark.status), *pages = json_array(), *found = json_array();
    set_verdict(o, &i->mark);
    set(o, "exit",
        json_integer(enn_status_exit(ENN_OK))); /* the report was made, whatever it says of a mark */
    set(o, "format", text(i->format));
    for (uint32_t p = 0; p < i->n_pages; p++) json_array_append_new(pages, page(&i->pages[p]));
    set(o, "pages", pages);
    set(o, "inks", i->n_pages ? inks(&i->pages[0]) : json_array());
    set(o, "capacity",
        i->n_pages ? json_deep_copy(json_object_get(json_array_get(pages, 0), "capacity")) : NULL);
    set(o, "barcodes", barcodes(&i->barcodes));
    for (uint32_t f = 0; f < i->n_findings; f++) json_array_append_new(found, finding(&i->findings[f]));
    set(o, "findings", found);
    print_line(c, o);
}

static json_t *change(const struct enn_change *k)
{
    json_t *o = json_object(), *box = json_array();
    set(o, "page", json_integer(k->page));
    set(o, "kind", text(enn_change_word(k->kind)));
    json_array_append_new(box, number(k->x));
    json_array_append_new(box, number(k->y));
    json_array_append_new(box, number(k->width));
    json_array_append_new(box, number(k->height));
    set(o, "box_mm", box);
    set(o, "area_mm2", number(k->area));
    set(o, "mean_de", number(k->mean_de));
    set(o, "max_de", number(k->max_de));
    set(o, "inks", text(k->inks));
    set(o, "ink_change", number(k->ink_change));
    return o;
}

static json_t *facts(const struct enn_diff *d)
{
    json_t *o = json_object();
    for (int g = ENN_FACT_METADATA; g <= ENN_FACT_CONTENT; g++)
        set(o, enn_fact_group_word((enum enn_fact_group)g), json_array());
    for (uint32_t i = 0; i < d->n_facts; i++) {
        const struct enn_fact *f = &d->facts[i];
        json_t *one = json_object();
        set(one, "page", f->page ? json_integer(f->page) : NULL);
        set(one, "name", text(f->name));
        set(one, "before", text(f->before));
        set(one, "after", text(f->after));
        set(one, "prints", json_boolean(f->prints));
        json_array_append_new(json_object_get(o, enn_fact_group_word(f->group)), one);
    }
    return o;
}

static json_t *diff_page(const struct enn_diff_page *p)
{
    json_t *o = json_object();
    set(o, "width_mm", number(p->width_mm));
    set(o, "height_mm", number(p->height_mm));
    set(o, "shift_x_mm", number(p->shift_x));
    set(o, "shift_y_mm", number(p->shift_y));
    set(o, "resampled", json_boolean(p->resampled));
    set(o, "pixels", json_integer((json_int_t)p->pixels));
    set(o, "differing", json_integer((json_int_t)p->differing));
    set(o, "explained", json_integer((json_int_t)p->explained));
    set(o, "below_tolerance", json_integer((json_int_t)p->below_tolerance));
    set(o, "below_size", json_integer((json_int_t)p->below_size));
    set(o, "mark_strength", p->strength > 0 ? number(p->strength) : NULL);
    set(o, "mark_exact", json_boolean(p->exact));
    return o;
}

void cli_json_diff(struct cli *c, const struct diff_result *r)
{
    const struct enn_diff *d = r->d;
    json_t *o = base(c, r->after, d->after.status), *changes = json_array(), *pages = json_array();
    set_verdict(o, &d->after);
    if (!*d->after.detail) set(o, "verdict", NULL); /* no mark was looked for */
    set(o, "exit", json_integer(enn_diff_exit(d->answer)));
    set(o, "seconds", number(d->seconds));
    set(o, "detail", text(enn_diff_text(d->answer)));
    set(o, "old", text(r->before));
    set(o, "class", text(enn_diff_word(d->answer)));
    set(o, "note", text(d->note));
    set(o, "issuer", text(d->after.issuer));
    set(o, "old_lot_id", text(d->before.lot_id));
    for (uint32_t i = 0; i < d->n_changes; i++) json_array_append_new(changes, change(&d->changes[i]));
    set(o, "changes", changes);
    set(o, "changes_in_all", json_integer((json_int_t)d->all_changes));
    set(o, "facts", facts(d));
    for (uint32_t i = 0; i < d->n_pages; i++) json_array_append_new(pages, diff_page(&d->pages[i]));
    set(o, "pages", pages);
    print_line(c, o);
}
