/*
 * A picture of the differences: the artwork light grey, CIEDE2000 from yellow over red to violet, the changes
 * numbered as in the list, a scale below.
 */
#include "diff.h"
#include "status.h"
#include "artwork/letters.h"
#include <stdlib.h>
#include <string.h>

enum { TOP = 10, MARGIN = 8, BAR = 14, FOOT = 44, LEAST_WIDTH = 220 }; /* TOP: CIEDE2000 of the last colour */

/* de in tenths, 1 .. 255. */
static void colour_of(unsigned de, uint8_t rgb[3])
{
    static const uint8_t stops[5][3] = {
        {255, 214, 0}, {255, 128, 0}, {230, 0, 38}, {170, 0, 120}, {84, 0, 140}};
    unsigned t = de > 10 * TOP ? 4 * 256 : de * 4 * 256 / (10 * TOP), i = t / 256 > 3 ? 3 : t / 256;
    for (int k = 0; k < 3; k++)
        rgb[k] = (uint8_t)((stops[i][k] * (256 * (i + 1) - t) + stops[i + 1][k] * (t - 256 * i)) / 256);
}

struct heat_picture {
    uint8_t *rgb;
    uint32_t width, art_height; /* px; below is the legend */
};

static void put(uint8_t *rgb, uint32_t width, uint32_t x, uint32_t y, const uint8_t c[3])
{
    memcpy(rgb + ((size_t)y * width + x) * 3, c, 3);
}

/* Digits and the few letters of the legend, 3 x 5 pixels each, drawn twice as large; bits row by row. */
static void put_text(uint8_t *rgb, uint32_t width, uint32_t x, uint32_t y, const char *text)
{
    static const char letters[] = "0123456789+CIED";
    static const uint16_t shape[] = {075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111,
                                     075757, 075717, 002720, 074447, 072227, 074647, 065556};
    static const uint8_t black[3] = {0, 0, 0};
    for (; *text; text++, x += 8) {
        const char *at = strchr(letters, *text);
        for (uint32_t j = 0; at && j < 10; j++)
            for (uint32_t i = 0; i < 6; i++)
                if (shape[at - letters] >> (14 - (j / 2 * 3 + i / 2)) & 1 && x + i < width)
                    put(rgb, width, x + i, y + j, black);
    }
}

static void legend(uint8_t *rgb, uint32_t width, uint32_t y)
{
    uint32_t bar = width - 2 * MARGIN - 24;
    for (uint32_t x = 0; x < bar; x++) {
        uint8_t c[3];
        colour_of(1 + x * 10 * TOP / bar, c);
        for (uint32_t j = 0; j < BAR; j++) put(rgb, width, MARGIN + x, y + MARGIN + j, c);
    }
    for (unsigned de = 0; de <= TOP; de += 5) {
        char text[8];
        snprintf(text, sizeof text, "%u%s", de, de == TOP ? "+" : "");
        put_text(rgb, width, MARGIN + de * bar / TOP, y + MARGIN + BAR + 4, text);
    }
    put_text(rgb, width, MARGIN + bar / 5, y + MARGIN + BAR + 4, "CIEDE2000");
}

/* ---- the changes of the list, in boxes with their numbers ---- */

static const uint8_t INK[3] = {0, 40, 130}, PAPER[3] = {255, 255, 255};

static void outline(const struct heat_picture *h, const long box[4])
{
    for (long y = box[1]; y <= box[3]; y++)
        for (long x = box[0]; x <= box[2]; x++) {
            int inside = x > box[0] && x < box[2] && y > box[1] && y < box[3];
            if (!inside && x >= 0 && y >= 0 && x < (long)h->width && y < (long)h->art_height)
                put(h->rgb, h->width, (uint32_t)x, (uint32_t)y, INK);
        }
}

/* To the right of the box, or to its left where the picture ends; on paper, so that it is read on any artwork. */
static void number(const struct heat_picture *h, const long box[4], uint32_t n)
{
    enum { SIZE = 2, GAP = 2 };
    char text[12];
    snprintf(text, sizeof text, "%u", n);
    long w = (long)strlen(text) * LETTERS_ADVANCE * SIZE, tall = LETTERS_HEIGHT * SIZE;
    long x = box[2] + 2 * GAP + w > (long)h->width ? box[0] - 2 * GAP - w : box[2] + 2 * GAP;
    long y = box[1] + tall + GAP > (long)h->art_height ? (long)h->art_height - tall - GAP : box[1];
    x = x < GAP ? GAP : x;
    y = y < GAP ? GAP : y;
    for (long j = y - GAP; j < y + tall + GAP; j++)
        for (long i = x - GAP; i < x + w && i < (long)h->width; i++)
            if (j < (long)h->art_height) put(h->rgb, h->width, (uint32_t)i, (uint32_t)j, PAPER);
    letters_draw(h->rgb, h->width, h->art_height, (uint32_t)x, (uint32_t)y, SIZE, INK, text);
}

static void number_changes(const struct heat_picture *h, const struct enn_diff *d, uint32_t page)
{
    uint32_t drawn = 0, step = d->pages[page].preview.reduction;
    for (uint32_t i = 0; i < d->n_changes && drawn < HEATMAP_NUMBERS; i++) {
        const uint32_t *px = d->changes[i].box;
        if (d->changes[i].page != page + 1) continue;
        const long box[4] = {(long)(px[0] / step) - 2, (long)(px[1] / step) - 2, (long)(px[2] / step) + 2,
                             (long)(px[3] / step) + 2};
        outline(h, box);
        number(h, box, i + 1);
        drawn++;
    }
}

enum enn_status diff_heatmap(const struct enn_diff *d, uint32_t page, uint8_t **rgb, uint32_t *width,
                             uint32_t *height, struct enn_error *err)
{
    const struct enn_diff_preview *v = &d->pages[page].preview;
    *width = v->width < LEAST_WIDTH ? LEAST_WIDTH : v->width;
    *height = v->height + FOOT;
    *rgb = malloc((size_t)*width * *height * 3); /* previews are some megapixels */
    if (!*rgb) return enn_fail(err, ENN_NOMEM, "out of memory");
    memset(*rgb, 255, (size_t)*width * *height * 3);
    for (uint32_t y = 0; y < v->height; y++)
        for (uint32_t x = 0; x < v->width; x++) {
            size_t i = (size_t)y * v->width + x;
            const uint8_t *p = v->after + 3 * i;
            uint8_t c[3];
            memset(c, 160 + (77 * p[0] + 150 * p[1] + 29 * p[2]) / 256 * 80 / 255, 3);
            if (v->heat[i]) colour_of(v->heat[i], c);
            put(*rgb, *width, x, y, c);
        }
    const struct heat_picture h = {*rgb, *width, v->height};
    if (v->reduction) number_changes(&h, d, page);
    legend(*rgb, *width, v->height);
    return ENN_OK;
}
