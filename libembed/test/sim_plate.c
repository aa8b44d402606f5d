/*
 * Simulated platesetter: the separations of an artwork, screened, and as TIFF files of one bit per pixel.
 *
 * AM: round dots that become round holes (the spot function of R. Adler's Euclidean screen), cyan at 15,
 * magenta at 75, yellow at 0 and black at 45 degrees. FM: error diffusion (Floyd and Steinberg 1976) with
 * noise in the threshold, in dots of 2 x 2 pixels, as 20 um screens have at 2400 dpi.
 */
#include "test/sim.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

static double coverage(const struct sim_image *m, int ink, double x_mm, double y_mm)
{
    uint32_t x = (uint32_t)fmin(m->width - 1, x_mm * m->ppmm),
             y = (uint32_t)fmin(m->height - 1, y_mm * m->ppmm);
    return m->data[((size_t)y * m->width + x) * 4 + (unsigned)ink] / 255.0;
}

static void set(uint8_t *row, uint32_t x)
{
    row[x / 8] |= (uint8_t)(0x80 >> x % 8);
}

/* Coverage below which the point (u, v) of a cell, 0..1 each, is ink: the area of the dot that reaches it. */
static double threshold(double u, double v)
{
    double a = fabs(u - 0.5), b = fabs(v - 0.5), r2 = a * a + b * b;
    double inner = 3.14159265 * r2, outer = 1 - 3.14159265 * ((0.5 - a) * (0.5 - a) + (0.5 - b) * (0.5 - b));
    return a + b < 0.5 ? fmin(inner, 0.5) : fmax(outer, 0.5);
}

static void am(struct sim_plate *p, const struct sim_image *m, int ink, double lpi)
{
    static const double degrees[] = {15, 75, 0, 45};
    double c = cos(degrees[ink] * 3.14159265 / 180), s = sin(degrees[ink] * 3.14159265 / 180),
           mm = 25.4 / p->dpi;
    for (uint32_t y = 0; y < p->height; y++)
        for (uint32_t x = 0; x < p->width; x++) {
            double px = (x + 0.5) * lpi / p->dpi, py = (y + 0.5) * lpi / p->dpi, u = c * px + s * py,
                   v = c * py - s * px, want = coverage(m, ink, x * mm, y * mm);
            if (want > 0 && want > threshold(u - floor(u), v - floor(v))) set(p->bits + y * p->pitch, x);
        }
}

static int fm(struct sim_plate *p, const struct sim_image *m, int ink)
{
    uint32_t w = p->width / 2;
    double *error = calloc(2 * ((size_t)w + 2), sizeof *error), mm = 25.4 / p->dpi;
    if (!error) return -1;
    for (uint32_t y = 0; y + 1 < p->height; y += 2) {
        double *here = error + (y / 2 % 2) * (w + 2), *next = error + (1 - y / 2 % 2) * (w + 2);
        memset(next, 0, (w + 2) * sizeof *next);
        for (uint32_t x = 0; x < w; x++) {
            double want = coverage(m, ink, 2 * x * mm, y * mm), v = want + here[x + 1],
                   level = 0.5 + 0.25 * (sim_uniform(77 + (unsigned)ink, (uint64_t)y * p->width + x) - 0.5);
            int on = want > 0 && v > level;
            double e = want > 0 ? v - on : 0;
            here[x + 2] += e * 7 / 16, next[x] += e * 3 / 16, next[x + 1] += e * 5 / 16,
                next[x + 2] += e / 16;
            for (unsigned k = 0; on && k < 4; k++) set(p->bits + (y + k / 2) * p->pitch, 2 * x + k % 2);
        }
    }
    free(error);
    return 0;
}

int sim_screen(const struct sim_image *cmyk, int ink, double dpi, double lpi, struct sim_plate *p)
{
    memset(p, 0, sizeof *p);
    p->dpi = dpi;
    p->width = (uint32_t)(cmyk->width / cmyk->ppmm / 25.4 * dpi + 0.5);
    p->height = (uint32_t)(cmyk->height / cmyk->ppmm / 25.4 * dpi + 0.5);
    p->pitch = ((size_t)p->width + 7) / 8;
    p->bits = calloc(p->height, p->pitch);
    if (!p->bits) return -1;
    if (lpi > 0)
        am(p, cmyk, ink, lpi);
    else if (fm(p, cmyk, ink))
        return -1;
    return 0;
}

void sim_plate_free(struct sim_plate *p)
{
    free(p->bits);
    memset(p, 0, sizeof *p);
}

static int set_tags(TIFF *t, const struct sim_plate *p, const struct sim_plate_file *f)
{
    int ok = TIFFSetField(t, TIFFTAG_IMAGEWIDTH, p->width) &&
             TIFFSetField(t, TIFFTAG_IMAGELENGTH, p->height) && TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 1) &&
             TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1) &&
             TIFFSetField(t, TIFFTAG_PHOTOMETRIC, f->white_is_one) &&
             TIFFSetField(t, TIFFTAG_COMPRESSION, f->compression) &&
             TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) &&
             TIFFSetField(t, TIFFTAG_XRESOLUTION, p->dpi) && TIFFSetField(t, TIFFTAG_YRESOLUTION, p->dpi) &&
             TIFFSetField(t, TIFFTAG_ARTIST, "the platesetter");
    if (ok && f->lsb_first) ok = TIFFSetField(t, TIFFTAG_FILLORDER, FILLORDER_LSB2MSB);
    if (ok && f->group3_options) ok = TIFFSetField(t, TIFFTAG_GROUP3OPTIONS, (uint32_t)f->group3_options);
    if (ok && f->tile)
        return TIFFSetField(t, TIFFTAG_TILEWIDTH, f->tile) && TIFFSetField(t, TIFFTAG_TILELENGTH, f->tile);
    return ok &&
           TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, f->rows_per_strip ? (uint32_t)f->rows_per_strip : p->height);
}

static int put_tiles(TIFF *t, const struct sim_plate *p, uint32_t side, uint8_t flip)
{
    uint8_t *tile = malloc((size_t)side * side / 8);
    int ok = tile != NULL;
    for (uint32_t y = 0; ok && y < p->height; y += side)
        for (uint32_t x = 0; ok && x < p->width; x += side) {
            for (uint32_t r = 0; r < side; r++)
                for (uint32_t b = 0; b < side / 8; b++) {
                    int in = y + r < p->height && x / 8 + b < p->pitch;
                    tile[r * (side / 8) + b] =
                        (uint8_t)((in ? p->bits[(y + r) * p->pitch + x / 8 + b] : 0) ^ flip);
                }
            ok = TIFFWriteTile(t, tile, x, y, 0, 0) > 0;
        }
    free(tile);
    return ok;
}

int sim_plate_write(const char *file, const struct sim_plate *p, const struct sim_plate_file *f)
{
    TIFF *t = TIFFOpen(file, "w");
    uint8_t *row = malloc(p->pitch), flip = f->white_is_one ? 0xff : 0;
    int ok = t && row && set_tags(t, p, f);
    if (ok && f->tile)
        ok = put_tiles(t, p, (uint32_t)f->tile, flip);
    else
        for (uint32_t y = 0; ok && y < p->height; y++) {
            for (size_t i = 0; i < p->pitch; i++) row[i] = p->bits[y * p->pitch + i] ^ flip;
            ok = TIFFWriteScanline(t, row, y, 0) == 1;
        }
    if (t) TIFFClose(t);
    free(row);
    if (!ok) fprintf(stderr, "%s: cannot be written\n", file);
    return ok ? 0 : -1;
}

int sim_plate_read(const char *file, struct sim_plate *p)
{
    TIFF *t = TIFFOpen(file, "rm");
    uint16_t photometric = 0, bits = 0;
    float dpi = 0;
    memset(p, 0, sizeof *p);
    int ok = t && TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &p->width) &&
             TIFFGetField(t, TIFFTAG_IMAGELENGTH, &p->height) &&
             TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric) &&
             TIFFGetField(t, TIFFTAG_XRESOLUTION, &dpi) &&
             TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits) && bits == 1;
    p->dpi = dpi;
    p->pitch = ((size_t)p->width + 7) / 8;
    uint32_t side = 0;
    if (ok && TIFFIsTiled(t)) TIFFGetField(t, TIFFTAG_TILEWIDTH, &side);
    p->bits = ok ? calloc(p->height + side, p->pitch) : NULL;
    uint8_t *tile = side ? malloc((size_t)TIFFTileSize(t)) : NULL;
    ok = p->bits && (!side || tile);
    for (uint32_t y = 0; ok && !side && y < p->height; y++)
        ok = TIFFReadScanline(t, p->bits + y * p->pitch, y, 0) == 1;
    for (uint32_t y = 0; ok && side && y < p->height; y += side)
        for (uint32_t x = 0; ok && x < p->width; x += side) {
            ok = TIFFReadTile(t, tile, x, y, 0, 0) > 0;
            for (uint32_t r = 0; r < side; r++)
                for (uint32_t b = 0; b < side / 8 && x / 8 + b < p->pitch; b++)
                    p->bits[(y + r) * p->pitch + x / 8 + b] = tile[r * (side / 8) + b];
        }
    for (size_t i = 0; ok && photometric && i < p->height * p->pitch; i++) p->bits[i] ^= 0xff;
    for (uint32_t y = 0; ok && p->width % 8 && y < p->height; y++)
        p->bits[y * p->pitch + p->pitch - 1] &= (uint8_t)(0xff << (8 - p->width % 8));
    if (t) TIFFClose(t);
    free(tile);
    return ok ? 0 : -1;
}

int sim_plates_compare(const struct sim_plate *a, const struct sim_plate *b, const uint32_t from[4],
                       uint32_t zoom, struct sim_image *rgb)
{
    static const uint8_t colour[4][3] = {{255, 255, 255}, {0, 140, 255}, {230, 120, 0}, {60, 60, 60}};
    if (sim_image_new(rgb, from[2] * zoom, from[3] * zoom, 3, a->dpi / 25.4 * zoom)) return -1;
    for (uint32_t y = 0; y < rgb->height; y++)
        for (uint32_t x = 0; x < rgb->width; x++) {
            uint32_t px = from[0] + x / zoom, py = from[1] + y / zoom;
            if (px >= a->width || py >= a->height || px >= b->width || py >= b->height) continue;
            unsigned was = a->bits[py * a->pitch + px / 8] >> (7 - px % 8) & 1;
            unsigned is = b->bits[py * b->pitch + px / 8] >> (7 - px % 8) & 1;
            memcpy(rgb->data + 3 * ((size_t)y * rgb->width + x), colour[was + 2 * is], 3);
        }
    return 0;
}

int sim_plates_proof(const struct sim_plate plates[4], double dpi, struct sim_image *cmyk)
{
    const struct sim_plate *p = plates;
    unsigned n = (unsigned)(p->dpi / dpi + 0.5);
    if (!n || sim_image_new(cmyk, p->width / n, p->height / n, 4, p->dpi / n / 25.4)) return -1;
    for (uint32_t y = 0; y < cmyk->height; y++)
        for (uint32_t x = 0; x < cmyk->width; x++)
            for (int k = 0; k < 4; k++) {
                unsigned ones = 0;
                for (unsigned i = 0; i < n * n; i++) {
                    uint32_t px = x * n + i % n, py = y * n + i / n;
                    ones += plates[k].bits[py * plates[k].pitch + px / 8] >> (7 - px % 8) & 1;
                }
                cmyk->data[((size_t)y * cmyk->width + x) * 4 + (unsigned)k] = (uint8_t)(ones * 255 / (n * n));
            }
    return 0;
}
