/* Barcodes as the tools tell them (codes.h). */
#include "codes.h"
#include "trust/gs1_elements.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ELEMENTS = 32 };

/* GTIN-8, -12, -13 as the 14 digits that AI (01) has. */
static void pad_gtin(const char *digits, size_t n, struct enn_element *e)
{
    size_t zeros = n < 14 ? 14 - n : 0;
    memset(e->value, '0', zeros);
    snprintf(e->value + zeros, sizeof e->value - zeros, "%.14s", digits);
    strcpy(e->ai, "01");
}

/* UPC-E as scanned (eight digits) to the twelve digits of its UPC-A. GS1 General Specifications, 5.2.2.4. */
static int expand_upce(const char *s, size_t n, char out[13])
{
    if (n != 8) return 0;
    char m[6], last = s[6];
    memcpy(m, s + 1, 6);
    if (last <= '2')
        snprintf(out, 13, "%c%c%c%c0000%c%c%c%c", s[0], m[0], m[1], last, m[2], m[3], m[4], s[7]);
    else if (last == '3')
        snprintf(out, 13, "%c%c%c%c00000%c%c%c", s[0], m[0], m[1], m[2], m[3], m[4], s[7]);
    else if (last == '4')
        snprintf(out, 13, "%c%c%c%c%c00000%c%c", s[0], m[0], m[1], m[2], m[3], m[4], s[7]);
    else
        snprintf(out, 13, "%c%c%c%c%c%c0000%c%c", s[0], m[0], m[1], m[2], m[3], m[4], last, s[7]);
    return 1;
}

/* Number of elements, and what is wrong with them in b->problem. -1: out of memory. */
static int split(const struct barcode *in, struct enn_barcode *b, struct enn_element e[MAX_ELEMENTS])
{
    char twelve[13];
    int n = 0;
    switch (in->kind) {
    case BARCODE_KIND_EAN13:
    case BARCODE_KIND_EAN8:
    case BARCODE_KIND_UPCA:
    case BARCODE_KIND_ITF14: /* the reader has checked the digit */
        pad_gtin(in->text, in->n, e);
        return 1;
    case BARCODE_KIND_UPCE:
        if (!expand_upce(in->text, in->n, twelve)) return 0;
        pad_gtin(twelve, 12, e);
        return 1;
    default:
        break;
    }
    if (in->gs1) {
        n = gs1_split_scanned(in->text, in->n, e, MAX_ELEMENTS, b->problem);
    } else if (in->n > 4 && in->text[0] == '(') {
        n = gs1_split_brackets(in->text, in->n, e, MAX_ELEMENTS, b->problem);
        b->bracketed = n > 0;
        if (n <= 0) b->problem[0] = 0; /* plain text that begins with a bracket */
    }
    if (n <= 0) return 0;
    return gs1_lint(e, n, b->problem) < 0 ? -1 : n;
}

/* Box of the page as box of the artwork: the corners where to_mm puts them. */
static void place(struct enn_barcode *b, const struct barcode *in, const double m[6], double dpi_x,
                  double dpi_y)
{
    double x0 = 1e9, x1 = -1e9, y0 = 1e9, y1 = -1e9;
    for (int k = 0; k < 4; k++) {
        double x = (in->x + (k & 1 ? in->width : 0)) * dpi_x / 25.4,
               y = (in->y + (k & 2 ? in->height : 0)) * dpi_y / 25.4;
        double u = m[0] * x + m[2] * y + m[4],
               v = m[1] * x + m[3] * y + m[5];
        x0 = fmin(x0, u), x1 = fmax(x1, u), y0 = fmin(y0, v), y1 = fmax(y1, v);
    }
    b->x = x0, b->y = y0, b->width = x1 - x0, b->height = y1 - y0;
}

static int add(struct enn_barcodes *to, const struct barcode *in, struct enn_barcode *b)
{
    struct enn_element e[MAX_ELEMENTS];
    int n = split(in, b, e);
    struct enn_barcode *items = n < 0 ? NULL : realloc(to->items, (to->n + (size_t)1) * sizeof *items);
    if (!items) return 0;
    to->items = items;
    b->text = malloc(in->n + 1);
    b->elements = malloc((size_t)(n ? n : 1) * sizeof *e);
    if (!b->text || !b->elements) {
        free(b->text);
        free(b->elements);
        return 0;
    }
    memcpy(b->text, in->text, in->n);
    b->text[in->n] = 0;
    memcpy(b->elements, e, (size_t)n * sizeof *e);
    b->n = in->n;
    b->n_elements = (uint32_t)n;
    items[to->n++] = *b;
    return 1;
}

enum enn_status codes_add(struct enn_barcodes *to, const struct barcode_list *l, uint32_t number,
                          const double to_mm[6], double dpi_x, double dpi_y, struct enn_error *err)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct barcode *in = &l->item[i];
        struct enn_barcode b = {.page = number,
                                .type = barcode_word(in->kind),
                                .title = barcode_title(in->kind),
                                .gs1 = in->gs1,
                                .turned = in->turned,
                                .module_mm = in->module,
                                .quiet_mm = in->quiet,
                                .quiet_needed_mm = in->quiet_needed,
                                .contrast = -1};
        place(&b, in, to_mm, dpi_x, dpi_y);
        if (!add(to, in, &b)) return enn_fail(err, ENN_NOMEM, "barcodes: out of memory");
    }
    return ENN_OK;
}

void enn_barcodes_clear(struct enn_barcodes *c)
{
    for (uint32_t i = 0; i < c->n; i++) {
        free(c->items[i].text);
        free(c->items[i].elements);
    }
    free(c->items);
    memset(c, 0, sizeof *c);
}

/* Equal, or a date of day 00 (the whole month) against its last day. */
static int same_value(const char *ai, const char *code, const char *lot)
{
    if (!strcmp(code, lot)) return 1;
    if (strcmp(ai, "17") || strlen(code) != 6 || strlen(lot) != 6 || strncmp(code, lot, 4)) return 0;
    const char *whole = !strcmp(code + 4, "00") ? lot : !strcmp(lot + 4, "00") ? code : NULL;
    if (!whole) return 0;
    int year = 2000 + 10 * (whole[0] - '0') + whole[1] - '0', month = 10 * (whole[2] - '0') + whole[3] - '0';
    static const char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12) return 0;
    int last = days[month - 1] + (month == 2 && year % 4 == 0);
    return atoi(whole + 4) == last;
}

/* Trial runs and demonstrations sign real artwork under a GTIN of the documentation. */
static int other_than_example(const struct enn_barcode *b, const struct lot_statement *lot)
{
    static const char EXAMPLES[] = "09506000";
    const char *said = gs1_value(b->elements, (int)b->n_elements, "01");
    return said && !strncmp(lot->gtin, EXAMPLES, sizeof EXAMPLES - 1) && strcmp(said, lot->gtin);
}

enum enn_status codes_agree(const struct enn_barcodes *c, const struct lot_statement *lot, const char *name,
                            uint32_t *others, struct enn_error *err)
{
    const struct {
        const char *ai, *what, *value;
    } fact[] = {{"01", "GTIN", lot->gtin},
                {"10", "lot", lot->lot},
                {"17", "expiry", lot->expiry},
                {"21", "serial", lot->serial}};
    *others = 0;
    for (uint32_t i = 0; i < c->n; i++) {
        const struct enn_barcode *b = &c->items[i];
        if (other_than_example(b, lot)) {
            ++*others;
            continue;
        }
        for (size_t k = 0; k < sizeof fact / sizeof *fact; k++) {
            const char *said = gs1_value(b->elements, (int)b->n_elements, fact[k].ai);
            if (!said || !*fact[k].value || same_value(fact[k].ai, said, fact[k].value)) continue;
            return enn_fail(err, ENN_BARCODE_MISMATCH,
                            "%s: the %s at %.1f, %.1f mm says %s %s, the lot to be signed says %s "
                            "(--allow-barcode-mismatch signs it all the same)",
                            name, b->title, b->x, b->y, fact[k].what, said, fact[k].value);
        }
    }
    return ENN_OK;
}

/* A code of the same kind, text and place. */
static int holds(const struct barcode_list *l, const struct barcode *b)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct barcode *a = &l->item[i];
        if (a->kind == b->kind && a->gs1 == b->gs1 && a->n == b->n && !memcmp(a->text, b->text, a->n) &&
            fabs(a->x + a->width / 2 - b->x - b->width / 2) < fmax(1, b->width / 2) &&
            fabs(a->y + a->height / 2 - b->y - b->height / 2) < fmax(1, b->height / 2))
            return 1;
    }
    return 0;
}

enum enn_status codes_same(const struct barcode_list *before, const struct barcode_list *after,
                           const char *name, struct enn_error *err)
{
    const struct barcode *lost = NULL;
    for (size_t i = 0; i < before->n && !lost; i++)
        if (!holds(after, &before->item[i])) lost = &before->item[i];
    if (lost)
        return enn_fail(err, ENN_BARCODE_CHANGED,
                        "%s: the %s at %.1f, %.1f mm (%.60s) does not read the same with the mark", name,
                        barcode_title(lost->kind), lost->x, lost->y, lost->text);
    for (size_t i = 0; i < after->n && !lost; i++)
        if (!holds(before, &after->item[i])) lost = &after->item[i];
    if (!lost) return ENN_OK;
    return enn_fail(err, ENN_BARCODE_CHANGED,
                    "%s: a %s that was not there before reads at %.1f, %.1f mm with the mark (%.60s)", name,
                    barcode_title(lost->kind), lost->x, lost->y, lost->text);
}
