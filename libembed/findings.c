/* What the report has to say (findings.h). Every threshold stands here, with where it comes from. */
#include "findings.h"
#include "trust/gs1_elements.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double DPI_GOOD = 250, /* contone images at 150 - 175 lpi need 1.5 - 2 pixels per screen line */
    DPI_POOR = 150,                 /* below one pixel per line, pixels show */
    TAC_SPECK_MM2 = 1,              /* less than this dries like the rest */
    WHITE_MOST = 0.6,
                    CONFIRMS =
                        0.25, /* energy that a manifest confirms, over what a message needs by itself */

    READS = 1,            /* energy over what a message needs, whole page at 10 and 20 px/mm */
    CONTRAST_POOR = 0.40, /* ISO/IEC 15416: grade C begins at 40 %, */
    CONTRAST_FAIL = 0.20, /* grade D at 20 % */
    QUIET_TOLERANCE = 0.9;

/* Smallest module in mm: GS1 General Specifications 5.12 (retail 80 %, logistics and healthcare ranges). */
static double module_needed(const char *type)
{
    static const struct {
        const char *type;
        double mm;
    } least[] = {{"ean-13", 0.264},          {"ean-8", 0.264},   {"upc-a", 0.264},     {"upc-e", 0.264},
                 {"itf-14", 0.250},          {"code-128", 0.17}, {"code-39", 0.17},    {"databar", 0.17},
                 {"databar-expanded", 0.17}, {"qr", 0.25},       {"data-matrix", 0.20}};
    for (size_t i = 0; i < sizeof least / sizeof *least; i++)
        if (!strcmp(least[i].type, type)) return least[i].mm;
    return 0;
}

static enum enn_status add(struct enn_inspection *in, struct enn_finding f, struct enn_error *err,
                           const char *format, ...) __attribute__((format(printf, 4, 5)));

static enum enn_status add(struct enn_inspection *in, struct enn_finding f, struct enn_error *err,
                           const char *format, ...)
{
    struct enn_finding *more = realloc(in->findings, (in->n_findings + (size_t)1) * sizeof *more);
    if (!more) return enn_fail(err, ENN_NOMEM, "out of memory");
    va_list ap;
    va_start(ap, format);
    vsnprintf(f.text, sizeof f.text, format, ap);
    va_end(ap);
    in->findings = more;
    more[in->n_findings++] = f;
    return ENN_OK;
}

static struct enn_finding about(enum enn_finding_id id, enum enn_level level, uint32_t page)
{
    return (struct enn_finding){.id = id, .level = level, .page = page};
}

/* Box of the stored page to box of the artwork. */
static void put_at(struct enn_finding *f, const struct survey *s, const struct preflight_place *p)
{
    const double *m = s->place.to_mm;
    double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
    for (int k = 0; k < 4; k++) {
        double x = (p->x + (k & 1 ? p->width : 0)) * s->dpi_x / 25.4,
               y = (p->y + (k & 2 ? p->height : 0)) * s->dpi_y / 25.4;
        double u = m[0] * x + m[2] * y + m[4], v = m[1] * x + m[3] * y + m[5];
        x0 = fmin(x0, u), x1 = fmax(x1, u), y0 = fmin(y0, v), y1 = fmax(y1, v);
    }
    f->placed = 1;
    f->x = x0, f->y = y0, f->width = x1 - x0, f->height = y1 - y0;
}

/* ---- layout ---- */

static enum enn_status resolution(struct enn_inspection *in, uint32_t n, const struct artwork_page *p,
                                  struct enn_error *err)
{
    double low = fmin(p->dpi_x, p->dpi_y);
    if (!(low > 0))
        return add(in, about(ENN_FINDING_NO_RESOLUTION, ENN_WARNING, n), err,
                   "the file names no resolution: sizes are unknown without --dpi");
    enum enn_status st = ENN_OK;
    if (low < DPI_GOOD)
        st = add(in, about(ENN_FINDING_LOW_RESOLUTION, low < DPI_POOR ? ENN_ERROR : ENN_WARNING, n), err,
                 "%.0f dpi: print needs 300, and %.0f at least", low, DPI_GOOD);
    if (!st && fabs(p->dpi_x - p->dpi_y) > 0.01 * low)
        st = add(in, about(ENN_FINDING_UNEQUAL_RESOLUTION, ENN_WARNING, n), err,
                 "%.5g dpi across, %.5g dpi down", p->dpi_x, p->dpi_y);
    return st;
}

static int is_lossy(const char *compression)
{
    return strstr(compression, "jpeg") || strstr(compression, "dct") || strstr(compression, "jpx");
}

enum enn_status findings_of_layout(struct enn_inspection *in, uint32_t n, const struct artwork_page *p,
                                   struct enn_error *err)
{
    if (!p->width) return ENN_OK; /* a page of a PDF without an image */
    enum enn_status st = p->reduced ? ENN_OK : resolution(in, n, p, err);
    if (!st && p->colour == ARTWORK_RGB)
        st = add(in, about(ENN_FINDING_RGB_ARTWORK, ENN_WARNING, n), err,
                 "RGB: the colours are separated into inks later");
    if (!st && p->colour == ARTWORK_CMYK && !p->icc)
        st = add(in, about(ENN_FINDING_NO_PROFILE, ENN_NOTE, n), err,
                 "no profile: colours are taken for coated offset");
    if (!st && is_lossy(p->compression))
        st = add(in, about(ENN_FINDING_LOSSY, ENN_NOTE, n), err, "compressed with loss (%s)", p->compression);
    if (!st && p->alpha >= 0)
        st = add(in, about(ENN_FINDING_ALPHA, ENN_NOTE, n), err,
                 "sample %d is transparency: only what is opaque carries the mark", p->alpha + 1);
    for (unsigned c = 0; !st && c < p->samples && c < ARTWORK_MAX_SAMPLES; c++) {
        const char *name = p->names[c][0] ? p->names[c] : "(without a name)";
        if (p->role[c] == ARTWORK_TECHNICAL)
            st = add(in, about(ENN_FINDING_TECHNICAL_INK, ENN_NOTE, n), err, "%s is technical: never marked",
                     name);
        else if (p->role[c] == ARTWORK_SPOT)
            st =
                add(in, about(ENN_FINDING_SPOT_INK, ENN_NOTE, n), err, "%s is a brand ink: left alone", name);
    }
    return st;
}

/* ---- a page that could be read ---- */

static enum enn_status coverage(struct enn_inspection *in, uint32_t n, const struct survey *s,
                                const struct preflight *p, double limit, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (uint32_t i = 0; !st && i < p->n_over && i < PREFLIGHT_PLACES; i++) {
        if (p->over[i].value < TAC_SPECK_MM2) break;
        struct enn_finding f = about(ENN_FINDING_TAC_OVER_LIMIT, ENN_WARNING, n);
        put_at(&f, s, &p->over[i]);
        if (i + 1 == PREFLIGHT_PLACES && p->n_over > PREFLIGHT_PLACES)
            st =
                add(in, f, err,
                    "%.0f mm2 over %.0f %%, and %u smaller places (page: %.0f %% at most, %.0f mm2 over)",
                    p->over[i].value, limit, p->n_over - PREFLIGHT_PLACES, 100 * s->max_tac, p->over_tac_mm2);
        else
            st = add(in, f, err, "%.0f mm2 over %.0f %% (page: %.0f %% at most)", p->over[i].value, limit,
                     100 * s->max_tac);
    }
    return st;
}

static enum enn_status hairlines(struct enn_inspection *in, uint32_t n, const struct survey *s,
                                 const struct preflight *p, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (uint32_t i = 0; !st && i < p->n_lines && i < PREFLIGHT_PLACES; i++) {
        struct enn_finding f = about(ENN_FINDING_HAIRLINE, ENN_WARNING, n);
        put_at(&f, s, &p->line[i]);
        if (i + 1 == PREFLIGHT_PLACES && p->n_lines > PREFLIGHT_PLACES)
            st = add(in, f, err, "thinner than 0.11 mm, %.1f mm long, and %u more like it", p->line[i].value,
                     p->n_lines - PREFLIGHT_PLACES);
        else
            st = add(in, f, err, "thinner than 0.11 mm, %.1f mm long", p->line[i].value);
    }
    return st;
}

static enum enn_status reversed_type(struct enn_inspection *in, uint32_t n, const struct survey *s,
                                     const struct preflight *p, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (uint32_t i = 0; !st && i < p->n_reversed && i < PREFLIGHT_PLACES; i++) {
        struct enn_finding f = about(ENN_FINDING_REVERSED_TYPE, ENN_WARNING, n);
        uint32_t more = i + 1 == PREFLIGHT_PLACES ? p->n_reversed - PREFLIGHT_PLACES : 0;
        put_at(&f, s, &p->reversed[i]);
        if (more)
            st = add(in, f, err, "light strokes under 0.3 mm in two or more inks, and %u more places", more);
        else
            st = add(in, f, err, "light strokes under 0.3 mm in two or more inks");
    }
    return st;
}

static enum enn_status capacity(struct enn_inspection *in, uint32_t n, const struct survey *s,
                                struct enn_error *err)
{
    const struct enn_capacity *c = &s->with_white;
    enum enn_status st = ENN_OK;
    if (s->areas.white_share > WHITE_MOST)
        st = add(in, about(ENN_FINDING_WHITE_SHARE, ENN_NOTE, n), err, "%.0f %% of the page is bare paper",
                 100 * s->areas.white_share);
    if (st) return st;
    if (c->panel_20 < READS)
        return add(in, about(ENN_FINDING_CAPACITY_LOW, ENN_ERROR, n), err,
                   "too little to mark: %.1f times the energy needed at 20 px/mm, white paper marked, too",
                   c->panel_20);
    if (c->window25_20 < CONFIRMS || c->panel_10 < CONFIRMS)
        return add(in, about(ENN_FINDING_CAPACITY_LOW, ENN_WARNING, n), err,
                   "reads from close by only: %.1f times the energy needed in 25 x 25 mm at 20 px/mm, %.1f "
                   "times over the "
                   "page at 10",
                   c->window25_20, c->panel_10);
    return ENN_OK;
}

enum enn_status findings_of_page(struct enn_inspection *in, uint32_t n, const struct survey *s,
                                 const struct preflight *p, const struct enn_inspect_options *o,
                                 struct enn_error *err)
{
    enum enn_status st = coverage(in, n, s, p, o->tac_limit, err);
    if (!st) st = hairlines(in, n, s, p, err);
    if (!st) st = reversed_type(in, n, s, p, err);
    if (!st) st = capacity(in, n, s, err);
    if (!st && !s->codes_complete)
        st = add(in, about(ENN_FINDING_BARCODE_UNSEARCHED, ENN_NOTE, n), err,
                 "more places look like barcodes than are searched: some may be missing here");
    return st;
}

/* ---- barcodes ---- */

static struct enn_finding about_code(enum enn_finding_id id, enum enn_level level,
                                     const struct enn_barcode *b)
{
    struct enn_finding f = about(id, level, b->page);
    f.placed = 1;
    f.x = b->x, f.y = b->y, f.width = b->width, f.height = b->height;
    return f;
}

static enum enn_status data_of(struct enn_inspection *in, const struct enn_barcode *b, struct enn_error *err)
{
    int n = (int)b->n_elements;
    if (*b->problem)
        return add(in, about_code(ENN_FINDING_BARCODE_GS1_INVALID, ENN_ERROR, b), err, "%s: %s", b->title,
                   b->problem);
    if (b->bracketed)
        return add(in, about_code(ENN_FINDING_BARCODE_GS1_PLAIN, ENN_WARNING, b), err,
                   "%s: brackets as plain text, not GS1 data: scanners will not split it", b->title);
    if (!b->gs1 || !strncmp(b->type, "databar", 7)) return ENN_OK;
    const char *missing = !gs1_value(b->elements, n, "01")   ? "GTIN (01)"
                          : !gs1_value(b->elements, n, "10") ? "lot (10)"
                                                             : NULL;
    if (!missing) return ENN_OK;
    return add(in, about_code(ENN_FINDING_BARCODE_INCOMPLETE, ENN_NOTE, b), err, "%s: no %s", b->title,
               missing);
}

static enum enn_status print_of(struct enn_inspection *in, const struct enn_barcode *b, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    double module = module_needed(b->type);
    if (b->contrast >= 0 && b->contrast < CONTRAST_POOR)
        st = add(
            in,
            about_code(ENN_FINDING_BARCODE_COLOUR, b->contrast < CONTRAST_FAIL ? ENN_ERROR : ENN_WARNING, b),
            err, "%s: contrast of %.0f %% in red light (40 needed)", b->title, 100 * b->contrast);
    if (!st && b->quiet_mm >= 0 && b->quiet_mm < QUIET_TOLERANCE * b->quiet_needed_mm)
        st = add(in, about_code(ENN_FINDING_BARCODE_NO_QUIET_ZONE, ENN_WARNING, b), err,
                 "%s: %.1f mm clear beside it, %.1f needed", b->title, b->quiet_mm, b->quiet_needed_mm);
    if (!st && b->module_mm > 0 && b->module_mm < 0.93 * module)
        st = add(in, about_code(ENN_FINDING_BARCODE_SMALL, ENN_WARNING, b), err,
                 "%s: module of %.2f mm (%.2f needed)", b->title, b->module_mm, module);
    return st;
}

/* The first barcode before this one that says something else of the same AI. */
static enum enn_status disagreement(struct enn_inspection *in, uint32_t index, struct enn_error *err)
{
    static const char *const ais[] = {"01", "10", "17"}, *const names[] = {"GTIN", "lot", "expiry"};
    const struct enn_barcode *b = &in->barcodes.items[index];
    for (uint32_t i = 0; i < index; i++)
        for (int k = 0; k < 3; k++) {
            const struct enn_barcode *a = &in->barcodes.items[i];
            const char *one = gs1_value(a->elements, (int)a->n_elements, ais[k]),
                       *two = gs1_value(b->elements, (int)b->n_elements, ais[k]);
            if (!one || !two || !strcmp(one, two)) continue;
            return add(in, about_code(ENN_FINDING_BARCODE_DISAGREE, ENN_WARNING, b), err,
                       "%s says %s %s, %s at %.1f, %.1f mm says %s", b->title, names[k], two, a->title, a->x,
                       a->y, one);
        }
    return ENN_OK;
}

enum enn_status findings_of_codes(struct enn_inspection *in, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (uint32_t i = 0; !st && i < in->barcodes.n; i++) {
        const struct enn_barcode *b = &in->barcodes.items[i];
        st = data_of(in, b, err);
        if (!st) st = print_of(in, b, err);
        if (!st) st = disagreement(in, i, err);
    }
    return st;
}

/* ---- the rest ---- */

enum enn_status findings_of_signing(struct enn_inspection *in, uint32_t n, const struct artwork_page *p,
                                    struct enn_error *err)
{
    const struct enn_page_info *i = &in->pages[n - 1];
    if (i->signable) return ENN_OK;
    return add(in, about(ENN_FINDING_UNSIGNABLE, p->left_alone || p->reduced ? ENN_NOTE : ENN_ERROR, n), err,
               "%s", i->why);
}

enum enn_status findings_of_mark(struct enn_inspection *in, struct enn_error *err)
{
    if (!*in->mark.lot_id) return ENN_OK;
    return add(in, about(ENN_FINDING_ALREADY_MARKED, ENN_NOTE, 0), err, "carries the mark of lot id %s",
               in->mark.lot_id);
}

void findings_sort(struct enn_inspection *in)
{
    /* insertion: stable, and there are few */
    for (uint32_t i = 1; i < in->n_findings; i++) {
        struct enn_finding f = in->findings[i];
        uint32_t k = i;
        for (; k; k--) {
            const struct enn_finding *before = &in->findings[k - 1];
            if (before->level > f.level || (before->level == f.level && before->page <= f.page)) break;
            in->findings[k] = *before;
        }
        in->findings[k] = f;
    }
}
