/*
 * First pass over a page, before its samples: which inks there are, which one may carry the mark, and
 * where the pixels lie on the artwork.
 *
 * CMYK, RGB and Lab carry the mark in blue-yellow.  Where there is one light channel, or separations
 * that are not all of CMYK, only lightness is left, and one ink carries it: the first that was allowed
 * by name, else black, cyan or magenta.  So it is where only the black of CMYK prints.  A brand colour
 * is never moved unasked, and pixels that hold one stay what they are.  So do pixels that are not wholly
 * opaque: what they look like is up to what lies behind, and whether a RIP looks at their alpha sample.
 */
#include "survey.h"
#include <stdio.h>
#include <string.h>
#include "artwork/inks.h"

static int named(const char *const *list, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (ink_same(list[i], name)) return 1;
    return 0;
}

enum enn_status survey_check_names(struct artwork *a, const struct enn_protection *p, const char *name,
                                   struct enn_error *err)
{
    for (int i = 0; i < p->n_technical + p->n_allow_inks; i++) {
        const char *want = i < p->n_technical ? p->technical[i] : p->allow_inks[i - p->n_technical];
        int found = 0;
        for (size_t k = 0; k < artwork_pages(a); k++) {
            const struct artwork_page *page = artwork_page(a, k);
            for (unsigned c = 0; c < page->samples && c < ARTWORK_MAX_SAMPLES; c++)
                found |= ink_same(want, page->names[c]);
        }
        if (!found) return enn_fail(err, ENN_USAGE, "%s: has no ink named '%s'", name, want);
    }
    return ENN_OK;
}

/* Roles of the samples, the user's word counted in; and which spots are in the way of the mark. */
static void assign_roles(struct survey *s, const struct enn_protection *p, int *allowed)
{
    const struct artwork_page *page = s->page;
    for (unsigned c = 0; c < page->samples; c++) {
        s->role[c] = page->role[c];
        if (page->role[c] == ARTWORK_ALPHA) continue; /* whatever its name */
        allowed[c] = p && named(p->allow_inks, p->n_allow_inks, page->names[c]);
        int inherent =
            c < page->inks && page->colour != ARTWORK_INKS; /* C, M, Y, K, R, G, B, L, a, b, grey */
        if (!inherent && allowed[c] && s->role[c] == ARTWORK_TECHNICAL) s->role[c] = ARTWORK_SPOT;
        if (!inherent && p && named(p->technical, p->n_technical, page->names[c]))
            s->role[c] = ARTWORK_TECHNICAL;
    }
}

/* The ink of a page of separations that carries the mark; -1: none may. */
static int choose_carrier(const struct survey *s, const struct enn_protection *p)
{
    const struct artwork_page *page = s->page;
    for (int i = 0; p && i < p->n_allow_inks; i++)
        for (unsigned c = 0; c < page->samples; c++)
            if (s->role[c] <= ARTWORK_SPOT && ink_same(p->allow_inks[i], page->names[c])) return (int)c;
    for (int c, k = 0; (c = ink_carrier(page, (unsigned)k)) >= 0; k++) { /* yellow has hardly any lightness to give */
        int process = s->role[c] == ARTWORK_PROCESS ? ink_process(page->names[c]) : -1;
        if (process >= 0 && process != 2) return c;
    }
    return -1;
}

static enum enn_status no_carrier(const struct survey *s, const char *name, struct enn_error *err)
{
    char list[200] = "";
    for (unsigned c = 0; c < s->page->samples; c++) {
        size_t n = strlen(list);
        if (n + strlen(s->page->names[c]) + 3 < sizeof list)
            sprintf(list + n, "%s%s", n ? ", " : "", s->page->names[c]);
    }
    return enn_fail(err, ENN_UNSUPPORTED,
                    "%s: only brand or technical inks (%s): --allow-ink NAME names the one that "
                    "may carry the mark",
                    name, list);
}

enum enn_status survey_inks(struct survey *s, const struct enn_protection *p, const char *name,
                            struct enn_error *err)
{
    static const enum press_colour colours[] = {[ARTWORK_CMYK] = PRESS_CMYK,
                                                [ARTWORK_RGB] = PRESS_RGB,
                                                [ARTWORK_GREY] = PRESS_GREY,
                                                [ARTWORK_LAB] = PRESS_LAB,
                                                [ARTWORK_INKS] = PRESS_GREY_INK};
    const struct artwork_page *page = s->page;
    int allowed[ARTWORK_MAX_SAMPLES] = {0};
    assign_roles(s, p, allowed);
    s->pixels = (struct press_pixels){.colour = colours[page->colour],
                                      .bits = (int)page->bits,
                                      .samples_per_pixel = (int)page->samples,
                                      .premultiplied = page->alpha_premultiplied};
    s->carrier = 0;
    if (page->colour == ARTWORK_INKS) {
        int carrier = choose_carrier(s, p);
        if (carrier < 0) return no_carrier(s, name, err);
        s->carrier = (unsigned)carrier;
    }
    if (s->black_only) {
        s->pixels.colour = PRESS_GREY_INK;
        s->carrier = 3;
    }
    unsigned first = (unsigned)press_channels(s->pixels.colour);
    for (unsigned i = first; i < page->samples; i++) {
        unsigned c = i == s->carrier ? 0 : i; /* the sample that stands there after survey_swap */
        if (s->role[c] == ARTWORK_ALPHA) s->pixels.opacity |= 1u << (i - first);
        if ((s->role[c] == ARTWORK_SPOT && !allowed[c]) || s->role[c] == ARTWORK_ALPHA)
            s->pixels.spots |= 1u << (i - first);
        if (s->role[c] == ARTWORK_TECHNICAL) s->technical |= 1u << (i - first);
    }
    return ENN_OK;
}

void survey_swap(const struct survey *s, void *row, size_t n)
{
    size_t step = s->page->samples, k = s->carrier;
    if (!k) return;
    if (s->pixels.bits == 16)
        for (uint16_t *v = row; n--; v += step) {
            uint16_t t = v[0];
            v[0] = v[k];
            v[k] = t;
        }
    else
        for (uint8_t *v = row; n--; v += step) {
            uint8_t t = v[0];
            v[0] = v[k];
            v[k] = t;
        }
}

/* ---- where the pixels lie ---- */

/* Stored to looked at, by TIFF Orientation: across = a[0] x + a[1] y (+ 1 when negative) of the unit
 * square. */
static const struct orientation {
    signed char across_x, across_y, down_x, down_y;
} orientations[9] = {{1, 0, 0, 1}, {1, 0, 0, 1},  {-1, 0, 0, 1},  {-1, 0, 0, -1}, {1, 0, 0, -1},
                     {0, 1, 1, 0}, {0, -1, 1, 0}, {0, -1, -1, 0}, {0, 1, -1, 0}};

void survey_place(struct survey *s)
{
    const struct artwork_page *p = s->page;
    struct orientation o = orientations[p->placed || p->orientation > 8 ? 1 : p->orientation];
    double w = p->width, h = p->height, mm_x = 25.4 / s->dpi_x, mm_y = 25.4 / s->dpi_y;
    double *u = s->place.to_unit, *m = s->place.to_mm;
    u[0] = o.across_x / w, u[2] = o.across_y / h, u[1] = o.down_x / w, u[3] = o.down_y / h;
    u[4] = o.across_x + o.across_y < 0 ? 1 : 0;
    u[5] = o.down_x + o.down_y < 0 ? 1 : 0;
    m[0] = o.across_x * mm_x, m[2] = o.across_y * mm_y, m[1] = o.down_x * mm_x, m[3] = o.down_y * mm_y;
    m[4] = u[4] * (o.across_x ? w * mm_x : h * mm_y);
    m[5] = u[5] * (o.down_x ? w * mm_x : h * mm_y);
    if (p->placed) memcpy(m, p->to_mm, sizeof p->to_mm);
}

struct survey_line survey_line(const struct survey *s, uint32_t y)
{
    const double *m = s->place.to_mm;
    if (!s->page->placed &&
        s->page->orientation <= 1) { /* the plain case, exactly as it always was computed */
        double dx = 25.4 / s->dpi_x;
        return (struct survey_line){0.5 * dx, (y + 0.5) * 25.4 / s->dpi_y, dx, 0};
    }
    return (struct survey_line){m[0] * 0.5 + m[2] * (y + 0.5) + m[4], m[1] * 0.5 + m[3] * (y + 0.5) + m[5],
                                m[0], m[1]};
}
