/*
 * Artwork as text (textconv.h): size, inks and profile of each page, the mean of each ink, and one line per square of
 * 10 mm with the means in it and a checksum of its samples.
 *
 * What does not print (compression, layout, dates, the file's name) is left out, so two files with the same text print
 * the same, and the lines that differ between two say where they differ.  A mark changes the checksums nearly everywhere
 * and the means hardly: `enninspect --diff` tells what it was.
 *
 * Checksum: 64-bit FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo 1991) over the samples, row by row; against accidents, not
 * against attackers.
 */
#include "textconv.h"
#include "artwork/artwork.h"
#include "press/profile.h"
#include "status.h"
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SQUARES = 4000 };

struct square {
    uint64_t hash, n, sum[ARTWORK_MAX_SAMPLES];
};

struct text_page {
    const struct artwork_page *page;
    double side; /* of a square, px */
    double side_mm;
    uint32_t columns, row; /* squares across; the row of squares in work */
    double px_per_mm_y;
    struct square *squares;
};

/* "label      text"; names come from hostile files. */
static void put_line(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put_line(const char *label, const char *format, ...)
{
    char text[ENN_ERROR_TEXT];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    printf("%-10s ", label);
    cli_put(stdout, text);
    putchar('\n');
}

static uint64_t value(const struct artwork_page *p, const uint8_t *samples, size_t i)
{
    return p->bits == 16 ? ((const uint16_t *)(const void *)samples)[i] : samples[i];
}

static void add_pixel(const struct artwork_page *p, struct square *s, const uint8_t *at)
{
    for (unsigned c = 0; c < p->samples; c++) {
        uint64_t v = value(p, at, c);
        s->hash = (s->hash ^ v) * 1099511628211u;
        s->sum[c] += v;
    }
    s->n++;
}

static void begin_row(struct text_page *t)
{
    memset(t->squares, 0, t->columns * sizeof *t->squares);
    for (uint32_t i = 0; i < t->columns; i++) t->squares[i].hash = 14695981039346656037u;
}

static double percent(const struct artwork_page *p, const struct square *s, unsigned c)
{
    double v = (double)s->sum[c] / (double)s->n / (p->bits == 16 ? 65535 : 255);
    return 100 * v;
}

static void put_row(const struct text_page *t)
{
    for (uint32_t i = 0; i < t->columns; i++) {
        const struct square *s = &t->squares[i];
        if (!s->n) continue;
        printf("  at %4.0f %4.0f mm ", i * t->side_mm, t->row * t->side_mm);
        for (unsigned c = 0; c < t->page->samples; c++) printf(" %5.1f", percent(t->page, s, c));
        printf("  %016llx\n", (unsigned long long)s->hash);
    }
}

static enum enn_status take_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct text_page *t = user;
    const struct artwork_page *p = t->page;
    size_t pixel = (size_t)p->samples * (p->bits / 8);
    const uint8_t *at = samples;
    for (uint32_t end = y + rows; y < end; y++) {
        uint32_t row = (uint32_t)((y + 0.5) / t->px_per_mm_y / t->side_mm);
        if (row != t->row) {
            put_row(t);
            t->row = row;
            begin_row(t);
        }
        for (uint32_t x = 0; x < p->width; x++, at += pixel)
            add_pixel(p, &t->squares[(uint32_t)((x + 0.5) / t->side)], at);
    }
    return ENN_OK;
}

static enum enn_status put_profile(const struct artwork_page *p, struct enn_error *err)
{
    static const enum press_colour colours[] = {[ARTWORK_CMYK] = PRESS_CMYK,
                                                [ARTWORK_RGB] = PRESS_RGB,
                                                [ARTWORK_GREY] = PRESS_GREY,
                                                [ARTWORK_LAB] = PRESS_LAB,
                                                [ARTWORK_INKS] = PRESS_GREY_INK};
    struct profile *icc;
    uint64_t hash = 14695981039346656037u;
    if (!p->icc || p->colour == ARTWORK_OTHER) {
        puts("profile    none");
        return ENN_OK;
    }
    enum enn_status s = profile_open(&icc, colours[p->colour], p->icc, p->icc_size, err);
    if (s) return s;
    for (size_t i = 0; i < p->icc_size; i++) hash = (hash ^ p->icc[i]) * 1099511628211u;
    put_line("profile", "%s  %016llx", profile_note(icc) ? "unusable" : profile_name(icc),
             (unsigned long long)hash);
    profile_free(icc);
    return ENN_OK;
}

/* Squares of 10 mm, or of as many tens as keep the text readable. */
static void set_squares(struct text_page *t, double dpi_x, double dpi_y)
{
    const struct artwork_page *p = t->page;
    double w = p->width * 25.4 / dpi_x, h = p->height * 25.4 / dpi_y;
    t->side_mm = 10 * ceil(fmax(1, sqrt(w * h / 100 / MOST_SQUARES)));
    t->side = t->side_mm * dpi_x / 25.4;
    t->px_per_mm_y = dpi_y / 25.4;
    t->columns = (uint32_t)(p->width / t->side) + 1;
}

static enum enn_status put_page(struct artwork *a, size_t index, double dpi, const char *file,
                                struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, index);
    struct text_page t = {.page = p};
    double dpi_x = p->dpi_x > 0 ? p->dpi_x : dpi, dpi_y = p->dpi_y > 0 ? p->dpi_y : dpi;
    put_line("page", "%zu%s%s", index + 1, *p->name ? ": " : "", p->name);
    if (!p->readable) {
        put_line("not read", "%s", p->why);
        return ENN_OK;
    }
    if (!(dpi_x > 0 && dpi_y > 0)) {
        puts("resolution none");
        dpi_x = dpi_y = 300; /* the squares must be of some size */
    } else {
        printf("size       %.2f x %.2f mm\nresolution %.6g x %.6g dpi\n", p->width * 25.4 / dpi_x,
               p->height * 25.4 / dpi_y, dpi_x, dpi_y);
    }
    printf("pixels     %u x %u\nsamples    %s, %u bits\n", p->width, p->height,
           artwork_colour_word(p->colour), p->bits);
    for (unsigned c = 0; c < p->samples; c++) put_line("channel", "%u %s", c + 1, p->names[c]);
    enum enn_status s = put_profile(p, err);
    if (s) return s;
    set_squares(&t, dpi_x, dpi_y);
    t.squares = malloc(t.columns * sizeof *t.squares);
    if (!t.squares) return enn_fail(err, ENN_NOMEM, "%s: out of memory", file);
    printf("squares    of %.0f mm: mean of each channel in percent, checksum\n", t.side_mm);
    begin_row(&t);
    s = artwork_read(a, index, take_band, &t, err);
    if (!s) put_row(&t);
    free(t.squares);
    return s;
}

int textconv_run(struct cli *c, double dpi)
{
    struct artwork *a = NULL;
    struct enn_error err = {0};
    enum enn_status s = artwork_open_locked(c->files[0], &c->limits, c->password, &a, &err);
    if (!s) artwork_set_threads(a, (int)c->threads);
    for (size_t i = 0; !s && i < artwork_pages(a); i++)
        if (!artwork_page(a, i)->reduced && artwork_page(a, i)->width)
            s = put_page(a, i, dpi, c->files[0], &err);
    artwork_close(a);
    if (s) cli_message(c, "%s", err.text);
    return enn_status_exit(s);
}
