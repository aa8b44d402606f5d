/* TIFF for the simulator: 8-bit contiguous CMYK or grey in, CMYK or RGB with LZW out. */
#include "test/sim.h"
#include <stdio.h>
#include <tiffio.h>

static int fail(TIFF *t, const char *file, const char *reason)
{
    fprintf(stderr, "%s: %s\n", file, reason);
    if (t) TIFFClose(t);
    return -1;
}

/* A row of light, at the front of its place, becomes one of black ink. */
static void grey_to_black(uint8_t *row, uint32_t width)
{
    for (uint32_t x = width; x-- > 0;) {
        row[4 * (size_t)x + 3] = (uint8_t)(255 - row[x]);
        row[4 * (size_t)x] = row[4 * (size_t)x + 1] = row[4 * (size_t)x + 2] = 0;
    }
}

int sim_tiff_read(const char *file, struct sim_image *cmyk)
{
    *cmyk = (struct sim_image){0};
    TIFF *t = TIFFOpen(file, "r");
    if (!t) return -1;
    uint32_t width = 0, height = 0;
    uint16_t bits = 0, samples = 0, planar = 1, unit = RESUNIT_INCH, photometric = 0;
    float resolution = 0;
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &height);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &samples);
    TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &planar);
    TIFFGetFieldDefaulted(t, TIFFTAG_RESOLUTIONUNIT, &unit);
    TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetField(t, TIFFTAG_XRESOLUTION, &resolution);
    int grey = samples == 1 && photometric == PHOTOMETRIC_MINISBLACK;
    int inks = samples == 4 && photometric == PHOTOMETRIC_SEPARATED && planar == PLANARCONFIG_CONTIG;
    if (bits != 8 || !(grey || inks) || TIFFIsTiled(t))
        return fail(t, file, "not 8-bit contiguous CMYK or grey in strips");
    if (!(resolution > 0)) return fail(t, file, "no resolution");
    if (sim_image_new(cmyk, width, height, 4,
                      unit == RESUNIT_CENTIMETER ? resolution / 10 : resolution / 25.4))
        return fail(t, file, "too large");
    for (uint32_t y = 0; y < height; y++) {
        uint8_t *row = cmyk->data + (size_t)y * width * 4;
        if (TIFFReadScanline(t, row, y, 0) < 0) {
            sim_image_free(cmyk);
            return fail(t, file, "damaged");
        }
        if (grey) grey_to_black(row, width);
    }
    TIFFClose(t);
    return 0;
}

int sim_tiff_write(const char *file, const struct sim_image *m)
{
    TIFF *t = TIFFOpen(file, "w");
    if (!t) return -1;
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, m->width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, m->height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, m->channels);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, m->channels == 4 ? PHOTOMETRIC_SEPARATED : PHOTOMETRIC_RGB);
    if (m->channels == 4) TIFFSetField(t, TIFFTAG_INKSET, INKSET_CMYK);
    TIFFSetField(t, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
    TIFFSetField(t, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 32);
    TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
    TIFFSetField(t, TIFFTAG_XRESOLUTION, m->ppmm * 25.4);
    TIFFSetField(t, TIFFTAG_YRESOLUTION, m->ppmm * 25.4);
    for (uint32_t y = 0; y < m->height; y++)
        if (TIFFWriteScanline(t, m->data + (size_t)y * m->width * (size_t)m->channels, y, 0) < 0)
            return fail(t, file, "cannot be written");
    TIFFClose(t);
    return 0;
}
