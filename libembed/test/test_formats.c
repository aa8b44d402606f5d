/*
 * docs/formats.md says what it is: every row of its table that a small file can show is made and tried,
 * and the words of the row are compared with what happens: what is signed is genuine and has no sample far from
 * what it was, what is not says why and leaves nothing behind.
 */
#include "test/test_sign_kinds.h"
#include "artwork/artwork.h"
#include "artwork/picture.h"

#define CMYK PHOTOMETRIC_SEPARATED
#define RGB  PHOTOMETRIC_RGB
#define ASSOCIATED    .n_extra = 1, .extra = EXTRASAMPLE_ASSOCALPHA, .opaque = 1
#define UNASSOCIATED  .n_extra = 1, .extra = EXTRASAMPLE_UNASSALPHA, .opaque = 1
#define UNASSOCIATED2 .n_extra = 2, .extra = EXTRASAMPLE_UNASSALPHA, .opaque = 1
#define PATCHED       0x10000 /* libtiff would not write it: put into the entry of the finished file */

static const struct trial {
    const char *row; /* how the row of the table begins */
    struct recipe r;
    uint32_t tag; /* one more field of one value; 0 none */
    int value;
    const char *why; /* part of the message of a refusal */
} trials[] = {
    {"byte order II, MM; classic, Big", {.samples = 4, .photometric = CMYK, .big_endian = 1}, 0, 0, ""},
    {"byte order II, MM; classic, Big", {.samples = 4, .photometric = CMYK, .big = 1}, 0, 0, ""},
    {"byte order II, MM; classic, Big",
     {.samples = 4, .photometric = CMYK, .big_endian = 1, .big = 1, .bits = 16},
     0,
     0,
     ""},
    {"strips, tiles; contiguous, planar",
     {.samples = 4, .photometric = CMYK, .tiled = 1, .planar = 1},
     0,
     0,
     ""},
    {"strips, tiles; contiguous, planar", {.samples = 4, .photometric = CMYK, .planar = 1}, 0, 0, ""},
    {"8 and 16 bits per sample, unsigned", {.samples = 3, .photometric = RGB, .bits = 16}, 0, 0, ""},
    {"signed samples, floating point",
     {.samples = 3, .photometric = RGB},
     TIFFTAG_SAMPLEFORMAT,
     SAMPLEFORMAT_INT,
     "SampleFormat 2"},
    {"signed samples, floating point",
     {.samples = 3, .photometric = RGB, .bits = 16},
     TIFFTAG_SAMPLEFORMAT,
     SAMPLEFORMAT_IEEEFP,
     "SampleFormat 3"},
    {"CMYK: Separated, InkSet 1 or absent", {.samples = 4, .photometric = CMYK}, 0, 0, ""},
    {"CMYK: Separated, InkSet 1 or absent",
     {.samples = 4, .photometric = CMYK},
     TIFFTAG_INKSET,
     INKSET_CMYK,
     ""},
    {"extra samples of kind 0, further inks",
     {.samples = 6, .photometric = CMYK, .n_extra = 2, .seed = 0},
     0,
     0,
     ""},
    {"separations that are not all of CMYK, unnamed",
     {.samples = 2, .photometric = CMYK},
     TIFFTAG_INKSET,
     INKSET_MULTIINK,
     "--allow-ink"},
    {"CIE L\\*a\\*b\\* (CIELab, ICCLab), 8 and 16 bits",
     {.samples = 3, .photometric = PHOTOMETRIC_CIELAB},
     0,
     0,
     ""},
    {"CIE L\\*a\\*b\\* (CIELab, ICCLab), 8 and 16 bits",
     {.samples = 3, .photometric = PHOTOMETRIC_ICCLAB, .bits = 16},
     0,
     0,
     ""},
    {"RGB", {.samples = 3, .photometric = RGB}, 0, 0, ""},
    {"grey, MinIsBlack and MinIsWhite", {.samples = 1, .photometric = PHOTOMETRIC_MINISBLACK}, 0, 0, ""},
    {"grey, MinIsBlack and MinIsWhite",
     {.samples = 1, .photometric = PHOTOMETRIC_MINISWHITE, .bits = 16},
     0,
     0,
     ""},
    {"alpha of RGB, CMYK and grey", {.samples = 4, .photometric = RGB, ASSOCIATED, .bits = 16}, 0, 0, ""},
    {"alpha of RGB, CMYK and grey", {.samples = 4, .photometric = RGB, UNASSOCIATED, .planar = 1}, 0, 0, ""},
    {"alpha of RGB, CMYK and grey", {.samples = 5, .photometric = CMYK, UNASSOCIATED, .tiled = 1}, 0, 0, ""},
    {"alpha of RGB, CMYK and grey",
     {.samples = 2, .photometric = PHOTOMETRIC_MINISBLACK, ASSOCIATED},
     0,
     0,
     ""},
    {"alpha of RGB, CMYK and grey",
     {.samples = 2, .photometric = PHOTOMETRIC_MINISWHITE, UNASSOCIATED},
     0,
     0,
     ""},
    {"alpha of RGB, CMYK and grey",
     {.samples = 4, .photometric = PHOTOMETRIC_CIELAB, UNASSOCIATED},
     0,
     0,
     ""},
    {"two alpha samples", {.samples = 5, .photometric = RGB, UNASSOCIATED2}, 0, 0, "more than one alpha"},
    {"two alpha samples", {.samples = 3, .photometric = RGB, UNASSOCIATED}, 0, 0, "colour samples as alpha"},
    {"two alpha samples",
     {.samples = 2, .photometric = PHOTOMETRIC_MINISWHITE, ASSOCIATED},
     0,
     0,
     "associated alpha sample of MinIsWhite"},
    {"two alpha samples",
     {.samples = 4, .photometric = PHOTOMETRIC_CIELAB, ASSOCIATED},
     0,
     0,
     "associated alpha sample of Lab"},
    {"two alpha samples",
     {.samples = 3, .photometric = CMYK, UNASSOCIATED},
     TIFFTAG_INKSET,
     INKSET_MULTIINK,
     "not CMYK): flatten"},
    {"two alpha samples",
     {.samples = 4, .photometric = RGB, UNASSOCIATED, .compression = COMPRESSION_LERC},
     0,
     0,
     "alpha sample) as lerc"},
    {"two alpha samples",
     {.samples = 4, .photometric = RGB, UNASSOCIATED, .compression = COMPRESSION_JPEG},
     0,
     0,
     "alpha sample) as jpeg"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 3, .photometric = PHOTOMETRIC_YCBCR},
     0,
     0,
     "YCbCr: convert"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 1, .photometric = PHOTOMETRIC_PALETTE},
     0,
     0,
     "palette: convert"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     PHOTOMETRIC_ITULAB,
     "ITULab: convert"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     PHOTOMETRIC_LOGLUV,
     "LogLuv (high dynamic range): convert"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 1, .photometric = 1},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     PHOTOMETRIC_LOGL,
     "LogL (high dynamic range): convert"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 1, .photometric = 1},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     PHOTOMETRIC_CFA,
     "CFA"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 1, .photometric = 1},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     34892,
     "linear raw"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 1, .photometric = 1},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     PHOTOMETRIC_MASK,
     "transparency mask"},
    {"palette, YCbCr without JPEG, ITULab",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_PHOTOMETRIC,
     40000,
     "PhotometricInterpretation 40000"},
    {"2 - 7, 9 - 15, 32 and more bits",
     {.samples = 1, .photometric = 1, .bits = 2},
     0,
     0,
     "2 bits per sample"},
    {"2 - 7, 9 - 15, 32 and more bits",
     {.samples = 1, .photometric = 1, .bits = 4},
     0,
     0,
     "4 bits per sample"},
    {"2 - 7, 9 - 15, 32 and more bits",
     {.samples = 4, .photometric = CMYK, .bits = 12},
     0,
     0,
     "12 bits per sample"},
    {"2 - 7, 9 - 15, 32 and more bits",
     {.samples = 3, .photometric = RGB, .bits = 32},
     0,
     0,
     "32 bits per sample"},
    {"2 - 7, 9 - 15, 32 and more bits",
     {.samples = 3, .photometric = RGB, .bits = 64},
     0,
     0,
     "64 bits per sample"},
    {"signed samples, floating point",
     {.samples = 3, .photometric = RGB, .bits = 32},
     TIFFTAG_SAMPLEFORMAT,
     SAMPLEFORMAT_IEEEFP,
     "32 bits per sample"},
    {"signed samples, floating point",
     {.samples = 3, .photometric = RGB},
     TIFFTAG_SAMPLEFORMAT,
     SAMPLEFORMAT_COMPLEXINT,
     "SampleFormat 5"},
    {"1 bit (plates, fax)",
     {.samples = 1, .photometric = 0, .bits = 1},
     0,
     0,
     "1 bit per sample (a screened plate)"},
    {"1 bit (plates, fax)",
     {.samples = 1, .photometric = 0, .bits = 1, .compression = COMPRESSION_CCITTFAX4},
     0,
     0,
     "1 bit per sample (a screened plate)"},
    {"CCITT, old JPEG, ThunderScan",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_COMPRESSION,
     COMPRESSION_OJPEG,
     "old-style JPEG"},
    {"CCITT, old JPEG, ThunderScan",
     {.samples = 1, .photometric = 1},
     PATCHED | TIFFTAG_COMPRESSION,
     COMPRESSION_THUNDERSCAN,
     "for artwork: number 32809"},
    {"CCITT, old JPEG, ThunderScan",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_COMPRESSION,
     COMPRESSION_PIXARLOG,
     "for artwork: number 32909"},
    {"compressions libtiff cannot read",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_COMPRESSION,
     COMPRESSION_JP2000,
     "cannot be read: jpeg2000"},
    {"compressions libtiff cannot read",
     {.samples = 3, .photometric = RGB},
     PATCHED | TIFFTAG_COMPRESSION,
     65000,
     "cannot be read: number 65000"},
    {"DotRange other than full", {.samples = 4, .photometric = CMYK}, TIFFTAG_DOTRANGE, 0, "DotRange"},
    {"Orientation 1 to 8", {.samples = 4, .photometric = CMYK}, TIFFTAG_ORIENTATION, 7, ""},
    {"different resolution in x and y; cm or inch",
     {.samples = 4, .photometric = CMYK},
     TIFFTAG_XRESOLUTION,
     200,
     ""},
    {"no resolution, or no unit",
     {.samples = 4, .photometric = CMYK},
     TIFFTAG_RESOLUTIONUNIT,
     RESUNIT_NONE,
     "--dpi"},
    {"less than 100 dpi", {.samples = 4, .photometric = CMYK}, TIFFTAG_XRESOLUTION, 30, "too coarse"},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_PACKBITS},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_LZW, .predictor = 2},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_DEFLATE},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4,
      .photometric = CMYK,
      .compression = COMPRESSION_ADOBE_DEFLATE,
      .bits = 16,
      .predictor = 2},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_LZMA},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_ZSTD},
     0,
     0,
     ""},
    {"compression none, PackBits, LZW, deflate",
     {.samples = 3, .photometric = RGB, .compression = COMPRESSION_LERC},
     0,
     0,
     ""},
    {"JPEG", {.samples = 4, .photometric = CMYK, .compression = COMPRESSION_JPEG}, 0, 0, "JPEG"},
    {"WebP", {.samples = 3, .photometric = RGB, .compression = COMPRESSION_WEBP}, 0, 0, "WebP"},
    {"reduced-resolution pages, mask pages",
     {.samples = 4, .photometric = CMYK},
     TIFFTAG_SUBFILETYPE,
     FILETYPE_REDUCEDIMAGE,
     "reduced"},
};

/* The row of the table that begins with `row`: its columns `read` and `sign`. */
static void find_row(const char *table, const char *row, char read[200], char sign[200])
{
    char begin[200];
    snprintf(begin, sizeof begin, "\n| %s", row);
    const char *at = strstr(table, begin);
    if (!at) fail_msg("docs/formats.md has no row '%s'", row);
    const char *a = strstr(at + 3, " | "), *b = a ? strstr(a + 3, " | ") : NULL,
               *c = b ? strstr(b + 3, " |") : NULL;
    if (!a || !b || !c) fail_msg("docs/formats.md: row '%s' has too few columns", row);
    snprintf(read, 200, "%.*s", (int)(b - a - 3), a + 3);
    snprintf(sign, 200, "%.*s", (int)(c - b - 3), b + 3);
}

/* Samples of depths that the recipe does not know: any bits will do. */
static void any_samples(const struct recipe *r, TIFF *tif)
{
    size_t bytes = (size_t)TIFFScanlineSize(tif);
    uint8_t *row = malloc(bytes);
    assert_non_null(row);
    for (uint32_t y = 0; y < r->height; y++) {
        for (size_t i = 0; i < bytes; i++) row[i] = (uint8_t)(i * 7 + y);
        assert_int_equal(TIFFWriteScanline(tif, row, y, 0), 1);
    }
    free(row);
}

/* Puts a value in place of that of a SHORT in the first directory of a little-endian classic file. */
static void patch(const char *path, unsigned tag, unsigned value)
{
    size_t n;
    uint8_t *b = load(path, &n), *e = b + get_int(b + 4, 4, 0) + 2;
    while (get_int(e, 2, 0) != tag) {
        e += 12;
        assert_true(e < b + n);
    }
    e[8] = (uint8_t)value, e[9] = (uint8_t)(value >> 8);
    save(path, b, n);
    free(b);
}

static void make(const struct trial *t, const char *path)
{
    static uint16_t map[256];
    struct recipe r = t->r;
    r.width = 480, r.height = 320, r.rows = r.tiled ? 32 : 16, r.seed = 9;
    if (!r.bits) r.bits = 8;
    if (!r.compression) r.compression = COMPRESSION_NONE;
    TIFF *tif = recipe_open(&r, path);
    recipe_tags(&r, tif);
    if (t->tag == TIFFTAG_DOTRANGE)
        TIFFSetField(tif, t->tag, 10, 240);
    else if (t->tag == TIFFTAG_XRESOLUTION)
        TIFFSetField(tif, t->tag, t->value / 2.54);
    else if (t->tag && !(t->tag & PATCHED))
        TIFFSetField(tif, t->tag, t->value);
    if (r.photometric == PHOTOMETRIC_PALETTE) TIFFSetField(tif, TIFFTAG_COLORMAP, map, map, map);
    if (r.bits == 8 || r.bits == 16)
        recipe_samples(&r, tif);
    else
        any_samples(&r, tif);
    TIFFClose(tif);
    if (t->tag & PATCHED) patch(path, t->tag & 0xffff, (unsigned)t->value);
}

/* The signed file is genuine, and no sample is further from what it was than a mark goes. */
static void signed_well(const struct trial *t)
{
    size_t n, m, changed = 0, deep = t->r.bits == 16;
    if (verdict_of("f-s.tif", "f-s.xml") != ENN_OK) fail_msg("'%s': the signed file is not genuine", t->row);
    uint8_t *a = read_all(in_dir("f.tif"), 0, &n), *b = read_all(in_dir("f-s.tif"), 0, &m);
    assert_int_equal(n, m);
    for (size_t i = deep; i < n;
         i += 1 + deep) { /* of 16 bits, the high byte; around the corner, as of Lab */
        int off = (int8_t)(b[i] - a[i]);
        if (abs(off) > 40) fail_msg("'%s': a sample went from %u to %u", t->row, a[i], b[i]);
        changed += off != 0;
    }
    assert_true(changed > 1000);
    free(a);
    free(b);
}

static void one(const struct trial *t, const char *table)
{
    char read[200], sign[200];
    struct artwork *a = NULL;
    struct picture p = {0};
    struct enn_error err = {0};
    find_row(table, t->row, read, sign);
    make(t, in_dir("f.tif"));
    int opens = artwork_open(in_dir("f.tif"), NULL, &a, &err) == ENN_OK;
    int readable = opens && artwork_page(a, 0)->readable;
    int as_picture = picture_read(in_dir("f.tif"), NULL, &p, &err) == ENN_OK;
    const char *did = readable && as_picture ? "yes" : as_picture ? "as picture" : "no";
    if (strncmp(read, did, strlen(did)) && !(strstr(read, "where libtiff can") && !readable))
        fail_msg("'%s' (%u bits): read is '%s' in the table, '%s' in truth: %s", t->row, t->r.bits, read, did,
                 err.text);
    artwork_close(a);
    picture_clear(&p);
    struct enn_sign_options o = sign_options();
    enum enn_status s = enn_sign(&o, in_dir("f.tif"), in_dir("f-s.tif"), NULL, NULL, &err);
    int should = !strncmp(sign, "yes", 3) || !strncmp(sign, "in lightness", 12);
    if (should && s && t->r.n_extra == 2 && strstr(err.text, "nothing in it can carry")) return; /* inks without a name all over it */
    if (should && s) fail_msg("'%s': sign is '%s' in the table: %s", t->row, sign, err.text);
    if (!should && (enn_status_exit(s) != 7 || !strstr(err.text, t->why)))
        fail_msg("'%s': sign is '%s' in the table, exit %d: %s", t->row, sign, enn_status_exit(s), err.text);
    if (should) {
        signed_well(t);
        return;
    }
    assert_non_null(strstr(err.text, "f.tif"));
    assert_int_not_equal(access(in_dir("f-s.tif"), F_OK), 0);
}

static void the_table_is_true(void **state)
{
    (void)state;
    size_t n;
    char *table = (char *)load("docs/formats.md", &n);
    table[n] = 0;
    for (size_t i = 0; i < sizeof trials / sizeof *trials; i++) {
        one(&trials[i], table);
        unlink(in_dir("f-s.tif"));
        unlink(in_dir("f-s.xml"));
    }
    free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_table_is_true)};
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
