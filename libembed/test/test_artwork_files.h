/* Small TIFF files made on the spot, and a reader of their skeletons that shares no code with the library. */
#ifndef TEST_ARTWORK_FILES_H
#define TEST_ARTWORK_FILES_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

/* A directory of our own below TMPDIR, removed with everything in it. */
static char test_dir[200];

static UNUSED int make_dir(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(test_dir, sizeof test_dir, "%s/enn-test-XXXXXX", base && *base ? base : "/tmp");
    return mkdtemp(test_dir) ? 0 : -1;
}

static UNUSED int count_files(void)
{
    int n = 0;
    DIR *d = opendir(test_dir);
    for (struct dirent *e; d && (e = readdir(d));) n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    if (d) closedir(d);
    return n;
}

static UNUSED int remove_dir(void **state)
{
    (void)state;
    char path[500];
    DIR *d = opendir(test_dir);
    for (struct dirent *e; d && (e = readdir(d));) {
        snprintf(path, sizeof path, "%s/%s", test_dir, e->d_name);
        unlink(path);
    }
    if (d) closedir(d);
    return rmdir(test_dir);
}

static UNUSED const char *in_dir(const char *name)
{
    static char path[4][300];
    static int next;
    char *p = path[next++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", test_dir, name);
    return p;
}

static UNUSED uint8_t *load(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    uint8_t *p = malloc(*size + 1);
    assert_non_null(p);
    assert_int_equal(fread(p, 1, *size, f), *size);
    fclose(f);
    return p;
}

static UNUSED void save(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* ---- making files ---- */

struct recipe {
    uint32_t width, height, rows; /* rows: per strip, or the tile height */
    unsigned bits, samples;
    int photometric, compression, predictor, tiled, planar, big_endian, big, fill_order;
    unsigned n_extra, extra; /* so many extra samples of this kind */
    int opaque;              /* the last sample has its highest value throughout */
    uint32_t seed;           /* 0: blank paper */
};

/* The sample at (x, y, c): smooth with noise, so that codecs have something to do. */
static UNUSED unsigned recipe_sample(const struct recipe *r, uint32_t x, uint32_t y, unsigned c)
{
    if (r->opaque && c == r->samples - 1) return r->bits == 8 ? 255 : 65535;
    if (!r->seed) return 0;
    uint32_t h = (x * 73856093u) ^ (y * 19349663u) ^ (c * 83492791u) ^ r->seed;
    h ^= h >> 13, h *= 0x5bd1e995u, h ^= h >> 15;
    unsigned v = 3 * x + 2 * y + 40 * c + (h & 7);
    return r->bits == 8 ? v & 255 : (v * 257u + (h & 255)) & 65535;
}

static UNUSED void recipe_put(const struct recipe *r, uint8_t *p, size_t i, uint32_t x, uint32_t y,
                              unsigned c)
{
    unsigned v = x < r->width && y < r->height ? recipe_sample(r, x, y, c) : 0;
    if (r->bits == 8)
        p[i] = (uint8_t)v;
    else
        ((uint16_t *)(void *)p)[i] = (uint16_t)v;
}

static UNUSED TIFF *recipe_open(const struct recipe *r, const char *path)
{
    char mode[8];
    snprintf(mode, sizeof mode, "w%s%s", r->big_endian ? "b" : "l", r->big ? "8" : "");
    TIFF *t = TIFFOpen(path, mode);
    assert_non_null(t);
    return t;
}

static UNUSED void recipe_tags(const struct recipe *r, TIFF *t)
{
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, r->width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, r->height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, r->bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, r->samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, r->photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, r->planar ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_COMPRESSION, r->compression);
    TIFFSetField(t, TIFFTAG_XRESOLUTION, 118.11);
    TIFFSetField(t, TIFFTAG_YRESOLUTION, 118.11);
    TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(t, TIFFTAG_SOFTWARE, "test");
    TIFFSetField(t, TIFFTAG_ICCPROFILE, 11, "not-a-icc-p");
    if (r->fill_order) TIFFSetField(t, TIFFTAG_FILLORDER, r->fill_order);
    if (r->predictor) TIFFSetField(t, TIFFTAG_PREDICTOR, r->predictor);
    uint16_t extra[8];
    for (unsigned i = 0; i < 8; i++) extra[i] = (uint16_t)r->extra;
    if (r->n_extra) TIFFSetField(t, TIFFTAG_EXTRASAMPLES, r->n_extra, extra);
    if (r->tiled)
        TIFFSetField(t, TIFFTAG_TILEWIDTH, 32), TIFFSetField(t, TIFFTAG_TILELENGTH, r->rows);
    else
        TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, r->rows);
}

static UNUSED void recipe_samples(const struct recipe *r, TIFF *t)
{
    uint32_t wide = r->tiled ? 32 : r->width, high = r->rows < r->height || r->tiled ? r->rows : r->height;
    uint8_t *p = malloc((size_t)wide * high * r->samples * 2);
    for (unsigned plane = 0; plane < (r->planar ? r->samples : 1); plane++)
        for (uint32_t y0 = 0; y0 < r->height; y0 += high)
            for (uint32_t x0 = 0; x0 < r->width; x0 += wide) {
                unsigned n = r->planar ? 1 : r->samples;
                uint32_t rows = r->tiled || r->height - y0 >= high ? high : r->height - y0;
                for (uint32_t y = 0; y < rows; y++)
                    for (uint32_t x = 0; x < wide; x++)
                        for (unsigned c = 0; c < n; c++)
                            recipe_put(r, p, ((size_t)y * wide + x) * n + c, x0 + x, y0 + y,
                                       r->planar ? plane : c);
                tmsize_t bytes = (tmsize_t)((size_t)rows * wide * n * r->bits / 8);
                if (r->tiled)
                    assert_true(TIFFWriteEncodedTile(t, TIFFComputeTile(t, x0, y0, 0, (uint16_t)plane), p,
                                                     bytes) > 0);
                else
                    assert_true(TIFFWriteEncodedStrip(t, TIFFComputeStrip(t, y0, (uint16_t)plane), p, bytes) >
                                0);
            }
    free(p);
}

static UNUSED void recipe_make(const struct recipe *r, const char *path)
{
    TIFF *t = recipe_open(r, path);
    recipe_tags(r, t);
    recipe_samples(r, t);
    TIFFClose(t);
}

/* ---- reading skeletons ---- */

static UNUSED uint64_t get_int(const uint8_t *p, unsigned n, int big_endian)
{
    uint64_t v = 0;
    for (unsigned i = 0; i < n; i++) v |= (uint64_t)p[big_endian ? n - 1 - i : i] << (8 * i);
    return v;
}

/* Compares all directories of two files entry by entry, at the same offsets, but for what locates the
 * samples. */
static UNUSED void assert_same_skeleton(const char *before, const char *after)
{
    static const unsigned sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    size_t na, nb;
    uint8_t *a = load(before, &na), *b = load(after, &nb);
    int be = a[0] == 'M', big = get_int(a + 2, 2, be) == 43, dirs = 0;
    unsigned word = big ? 8 : 4, length = big ? 20 : 12, head = big ? 8 : 2;
    assert_memory_equal(a, b, big ? 16 : 8);
    for (uint64_t at = get_int(a + (big ? 8 : 4), word, be); at; dirs++) {
        uint64_t n = get_int(a + at, head, be);
        assert_true(at + head + n * length + word <= nb);
        assert_memory_equal(a + at, b + at, head);
        for (uint64_t i = 0; i < n; i++) {
            const uint8_t *e = a + at + head + i * length;
            unsigned tag = (unsigned)get_int(e, 2, be), type = (unsigned)get_int(e + 2, 2, be);
            if (tag == 273 || tag == 279 || tag == 324 || tag == 325) continue;
            assert_memory_equal(e, b + (e - a), length);
            uint64_t bytes = get_int(e + 4, word, be) * sizes[type], to = get_int(e + 4 + word, word, be);
            if (bytes <= word) continue;
            assert_true(to + bytes <= nb);
            assert_memory_equal(a + to, b + to, bytes);
        }
        assert_memory_equal(a + at + head + n * length, b + at + head + n * length, word);
        at = get_int(a + at + head + n * length, word, be);
    }
    assert_true(dirs > 0);
    free(a);
    free(b);
}

/* All samples of the current page of a file, interleaved, as libtiff gives them. */
static UNUSED uint8_t *read_all(const char *path, uint16_t page, size_t *size)
{
    TIFF *t = TIFFOpen(path, "r");
    assert_non_null(t);
    assert_true(TIFFSetDirectory(t, page));
    uint32_t w = 0, h = 0, tw = 0, th = 0;
    uint16_t bits = 0, n = 1, planar = 1;
    TIFFGetField(t, TIFFTAG_IMAGEWIDTH, &w);
    TIFFGetField(t, TIFFTAG_IMAGELENGTH, &h);
    TIFFGetFieldDefaulted(t, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetFieldDefaulted(t, TIFFTAG_SAMPLESPERPIXEL, &n);
    TIFFGetFieldDefaulted(t, TIFFTAG_PLANARCONFIG, &planar);
    unsigned unit = bits / 8, planes = planar == 2 ? n : 1, per = planar == 2 ? 1 : n;
    uint8_t *out = calloc((size_t)w * h, (size_t)n * unit);
    int tiled = TIFFIsTiled(t);
    if (tiled)
        TIFFGetField(t, TIFFTAG_TILEWIDTH, &tw), TIFFGetField(t, TIFFTAG_TILELENGTH, &th);
    else
        tw = w, TIFFGetFieldDefaulted(t, TIFFTAG_ROWSPERSTRIP, &th);
    if (th > h && !tiled) th = h;
    uint8_t *p = malloc((size_t)tw * th * per * unit);
    for (unsigned plane = 0; plane < planes; plane++)
        for (uint32_t y0 = 0; y0 < h; y0 += th)
            for (uint32_t x0 = 0; x0 < w; x0 += tw) {
                if (tiled)
                    assert_true(TIFFReadTile(t, p, x0, y0, 0, (uint16_t)plane) > 0);
                else
                    assert_true(TIFFReadEncodedStrip(t, TIFFComputeStrip(t, y0, (uint16_t)plane), p, -1) > 0);
                for (uint32_t y = 0; y < th && y0 + y < h; y++)
                    for (uint32_t x = 0; x < tw && x0 + x < w; x++)
                        memcpy(out + (((size_t)(y0 + y) * w + x0 + x) * n + plane) * unit,
                               p + ((size_t)y * tw + x) * per * unit, per * unit);
            }
    free(p);
    TIFFClose(t);
    *size = (size_t)w * h * n * unit;
    return out;
}
#endif
