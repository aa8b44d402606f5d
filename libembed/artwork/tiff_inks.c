/* Artwork, step 2b: which ink each sample of a TIFF page is, and the samples in the order and polarity
 * that callers see.
 *
 * Names come from InkNames, else from the image resources that Photoshop keeps (tag 34377): 1045 and
 * 1006, the names of the channels behind the colour, and 1077, whether each is a spot ink or a saved
 * selection.  Four inks that are named cyan, magenta, yellow and black are CMYK in whatever order they
 * stand.
 *
 * TIFF Revision 6.0 (Adobe 1992), section 16 (InkSet, InkNames) and 23 (CIE L*a*b*); Adobe Photoshop
 * File Formats Specification (2019), image resources. */
#include "artwork/inks.h"
#include "artwork/tiff_file.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define TAG_PHOTOSHOP 34377

/*
 * InkNames: NUL-terminated names one after the other; returns how many. Unlike TIFFSetField, which takes
 * a length first, TIFFGetField of libtiff 4.5 gives the pointer alone; libtiff has checked that
 * NumberOfInks names are there, each terminated, and corrected NumberOfInks otherwise.
 */
static unsigned ink_names(TIFF *tif, const char **list)
{
    uint16_t n = 0;
    char *names = NULL;
    if (!TIFFGetField(tif, TIFFTAG_INKNAMES, &names) || !names) return 0;
    if (!TIFFGetField(tif, TIFFTAG_NUMBEROFINKS, &n)) return 0;
    *list = names;
    return n;
}

static void put_name(struct artwork_page *p, unsigned i, const char *name, size_t n)
{
    if (i >= p->samples || i >= ARTWORK_MAX_SAMPLES || p->names[i][0]) return;
    snprintf(p->names[i], sizeof p->names[i], "%.*s", (int)(n < ARTWORK_INK_NAME ? n : ARTWORK_INK_NAME - 1),
             name);
    for (char *c = p->names[i]; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
}

/* ---- Photoshop's image resources ---- */

static uint32_t be(const uint8_t *p, unsigned n)
{
    uint32_t v = 0;
    while (n--) v = v << 8 | *p++;
    return v;
}

/* The data of resource `id`; NULL: not there, or what leads to it is malformed. */
static const uint8_t *resource(const uint8_t *p, size_t n, unsigned id, size_t *size)
{
    for (size_t at = 0; n - at >= 12 && !memcmp(p + at, "8BIM", 4);) {
        unsigned this_id = be(p + at + 4, 2);
        size_t name = ((size_t)p[at + 6] + 2) & ~(size_t)1; /* Pascal string, padded to even */
        if (n - at - 6 < name + 4) return NULL;
        size_t bytes = be(p + at + 6 + name, 4);
        at += 10 + name;
        if (bytes > n - at) return NULL;
        if (this_id == id) {
            *size = bytes;
            return p + at;
        }
        bytes += bytes & 1;
        at = bytes > n - at ? n : at + bytes;
    }
    return NULL;
}

/* 1045: for each channel a count of UTF-16 units and the units, the last one 0.  As UTF-8, but for
 * surrogates. */
static unsigned unicode_names(struct artwork_page *p, const uint8_t *d, size_t n, unsigned first)
{
    unsigned k = 0;
    for (size_t at = 0; n - at >= 4; k++) {
        size_t units = be(d + at, 4), used = 0;
        char name[ARTWORK_INK_NAME + 4];
        at += 4;
        if (units > (n - at) / 2) break;
        for (size_t i = 0; i < units && used < ARTWORK_INK_NAME - 4; i++) {
            unsigned u = be(d + at + 2 * i, 2);
            if (!u) break;
            if (u >= 0xd800 && u < 0xe000) u = '?';
            if (u < 0x80)
                name[used++] = (char)u;
            else if (u < 0x800)
                name[used++] = (char)(0xc0 | u >> 6), name[used++] = (char)(0x80 | (u & 63));
            else
                name[used++] = (char)(0xe0 | u >> 12), name[used++] = (char)(0x80 | (u >> 6 & 63)),
                name[used++] = (char)(0x80 | (u & 63));
        }
        put_name(p, first + k, name, used);
        at += 2 * units;
    }
    return k;
}

/* 1006: Pascal strings in the encoding of the machine that wrote them: only ASCII is taken. */
static void pascal_names(struct artwork_page *p, const uint8_t *d, size_t n, unsigned first)
{
    for (size_t at = 0, k = 0; at < n && d[at] < n - at; at += 1u + d[at], k++) {
        char name[256];
        unsigned length = d[at];
        for (unsigned i = 0; i < length; i++) name[i] = d[at + 1 + i] < 0x80 ? (char)d[at + 1 + i] : '?';
        put_name(p, first + (unsigned)k, name, length);
    }
}

/* 1077 (version 1): 13 bytes a channel, the last one its kind; 1007: 14 bytes, the last but one.  0 and 1 are
 * selections, 2 is a spot ink. */
static void channel_kinds(struct artwork_page *p, const uint8_t *d, size_t n, unsigned each, unsigned kind_at,
                          unsigned first)
{
    for (size_t k = 0; (k + 1) * each <= n && first + k < p->samples && first + k < ARTWORK_MAX_SAMPLES; k++)
        if (d[k * each + kind_at] < 2 && p->role[first + k] != ARTWORK_ALPHA)
            p->role[first + k] = ARTWORK_SELECTION;
}

static void read_photoshop(TIFF *tif, struct artwork_page *p, unsigned first)
{
    uint32_t n = 0;
    const uint8_t *all = NULL, *d;
    size_t size = 0;
    if (!TIFFGetField(tif, TAG_PHOTOSHOP, &n, &all) || !all) return;
    if ((d = resource(all, n, 1045, &size))) unicode_names(p, d, size, first);
    if ((d = resource(all, n, 1006, &size))) pascal_names(p, d, size, first);
    if ((d = resource(all, n, 1077, &size)) && size > 4 && be(d, 4) == 1)
        channel_kinds(p, d + 4, size - 4, 13, 12, first);
    else if ((d = resource(all, n, 1007, &size)))
        channel_kinds(p, d, size, 14, 12, first);
}

/* ---- which ink is which ---- */

/* Where cyan, magenta, yellow and black stand among the names; 1 when all four do. */
static int find_process(const struct artwork_page *p, unsigned n, unsigned at[4])
{
    unsigned found = 0;
    for (unsigned i = n; i-- > 0;) {
        int c = p->names[i][0] ? ink_process(p->names[i]) : -1;
        if (c >= 0) at[c] = i, found |= 1u << c;
    }
    return found == 15;
}

/* CMYK first, in this order; the others behind, in theirs. */
static void order_inks(struct tiff_page *t, unsigned n, const unsigned first[4])
{
    struct artwork_page *p = &t->info;
    char names[ARTWORK_MAX_SAMPLES][ARTWORK_INK_NAME];
    uint8_t role[ARTWORK_MAX_SAMPLES];
    unsigned k = 4, taken = 0;
    for (unsigned c = 0; c < 4; c++) t->order[c] = (uint8_t)first[c], taken |= 1u << first[c];
    for (unsigned i = 0; i < n; i++)
        if (!(taken >> i & 1)) t->order[k++] = (uint8_t)i;
    memcpy(names, p->names, sizeof names);
    memcpy(role, p->role, sizeof role);
    for (unsigned i = 0; i < n; i++) {
        memcpy(p->names[i], names[t->order[i]], ARTWORK_INK_NAME);
        p->role[i] = role[t->order[i]];
        t->reordered |= t->order[i] != i;
    }
}

/* Separated pages: CMYK by their names or by InkSet, otherwise inks of any kind. */
static void judge_inks(TIFF *tif, struct tiff_page *t, unsigned n)
{
    struct artwork_page *p = &t->info;
    const char *list = NULL;
    unsigned named = ink_names(tif, &list), first[4] = {0, 1, 2, 3};
    uint16_t set = INKSET_CMYK;
    TIFFGetFieldDefaulted(tif, TIFFTAG_INKSET, &set);
    for (unsigned i = 0; i < n && i < named; i++) {
        put_name(p, i, list, strlen(list));
        list += strlen(list) + 1;
    }
    int by_name = find_process(p, n, first);
    if (by_name || (set == INKSET_CMYK && n >= 4)) {
        p->colour = ARTWORK_CMYK;
        p->inks = 4;
        if (by_name) order_inks(t, n, first);
    } else {
        p->colour = ARTWORK_INKS;
        p->inks = p->alpha > 0 ? (unsigned)p->alpha : n;
    }
}

/* Shares the samples' roles out; names of extra samples have been read. */
static void assign_roles(struct artwork_page *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (p->role[i] == ARTWORK_ALPHA || p->role[i] == ARTWORK_SELECTION) continue;
        if (i < p->inks && p->colour != ARTWORK_INKS)
            p->role[i] = ARTWORK_PROCESS;
        else
            p->role[i] = (uint8_t)ink_role(p->names[i]);
        /* one of CMYK that is not in its place, or red in a page that is not CMYK, is an ink like any
         * other */
        if (i >= p->inks && p->role[i] == ARTWORK_PROCESS) p->role[i] = ARTWORK_SPOT;
        if (p->role[i] == ARTWORK_GAMUT && p->colour != ARTWORK_CMYK) p->role[i] = ARTWORK_SPOT;
    }
}

void tiff_judge_inks(TIFF *tif, struct tiff_page *t)
{
    static const char *const process[][4] = {
        [ARTWORK_OTHER] = {""},
        [ARTWORK_CMYK] = {"Cyan", "Magenta", "Yellow", "Black"},
        [ARTWORK_RGB] = {"Red", "Green", "Blue"},
        [ARTWORK_GREY] = {"Grey"},
        [ARTWORK_LAB] = {"L*", "a*", "b*"},
    };
    struct artwork_page *p = &t->info;
    unsigned n = p->samples < ARTWORK_MAX_SAMPLES ? p->samples : ARTWORK_MAX_SAMPLES;
    for (unsigned i = 0; i < ARTWORK_MAX_SAMPLES; i++) t->order[i] = (uint8_t)i;
    if (p->alpha >= 0 && (unsigned)p->alpha < n) p->role[p->alpha] = ARTWORK_ALPHA;
    if (t->shape.photometric == PHOTOMETRIC_SEPARATED) judge_inks(tif, t, n);
    read_photoshop(tif, p, p->inks);
    for (unsigned i = 0; i < p->inks && i < n && p->colour != ARTWORK_INKS; i++)
        put_name(p, i, process[p->colour][i], strlen(process[p->colour][i]));
    for (unsigned i = 0; i < p->inks && i < n && p->colour == ARTWORK_INKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "Ink %u", i + 1);
        put_name(p, i, name, strlen(name));
    }
    assign_roles(p, n);
    for (unsigned i = 0; i < n; i++)
        if (p->role[i] == ARTWORK_ALPHA) p->alpha = (int)i;
}

/* ---- between the samples as stored and as delivered ---- */

static void complement(const struct tiff_page *p, void *samples, uint64_t n_pixels)
{
    unsigned step = p->shape.samples; /* only the first sample is grey; alpha and spots have no polarity */
    if (p->shape.bits == 8)
        for (uint8_t *v = samples; n_pixels--; v += step) *v = (uint8_t) ~*v;
    else
        for (uint16_t *v = samples; n_pixels--; v += step) *v = (uint16_t) ~*v;
}

/* CIELab keeps a* and b* signed, ICCLab unsigned: two's complement to offset binary and back. */
static void shift_lab(const struct tiff_page *p, void *samples, uint64_t n_pixels)
{
    unsigned step = p->shape.samples;
    if (p->shape.bits == 8)
        for (uint8_t *v = samples; n_pixels--; v += step) v[1] ^= 0x80, v[2] ^= 0x80;
    else
        for (uint16_t *v = samples; n_pixels--; v += step) v[1] ^= 0x8000, v[2] ^= 0x8000;
}

static void reorder(const struct tiff_page *p, void *samples, uint64_t n_pixels, int store)
{
    unsigned n = p->shape.samples, unit = p->shape.bits / 8;
    uint8_t pixel[ARTWORK_MAX_SAMPLES * 2];
    for (uint8_t *v = samples; n_pixels--; v += (size_t)n * unit) {
        memcpy(pixel, v, (size_t)n * unit);
        for (unsigned i = 0; i < n; i++) {
            unsigned to = store ? p->order[i] : i, from = store ? i : p->order[i];
            memcpy(v + (size_t)to * unit, pixel + (size_t)from * unit, unit);
        }
    }
}

void tiff_deliver(const struct tiff_page *p, void *samples, uint64_t n_pixels)
{
    if (p->info.inverted) complement(p, samples, n_pixels);
    if (p->info.colour == ARTWORK_LAB && p->shape.photometric == PHOTOMETRIC_CIELAB)
        shift_lab(p, samples, n_pixels);
    if (p->reordered) reorder(p, samples, n_pixels, 0);
}

void tiff_store(const struct tiff_page *p, void *samples, uint64_t n_pixels)
{
    if (p->reordered) reorder(p, samples, n_pixels, 1);
    if (p->info.colour == ARTWORK_LAB && p->shape.photometric == PHOTOMETRIC_CIELAB)
        shift_lab(p, samples, n_pixels);
    if (p->info.inverted) complement(p, samples, n_pixels);
}
