/* Artwork of any kind made from the simulator's picture, an issuer, and signing and verifying in one
 * call each. */
#ifndef TEST_SIGN_KINDS_H
#define TEST_SIGN_KINDS_H
#include "test/test_artwork_files.h"
#include "test/sim.h"
#include "enn.h"

/* A page of samples on its way to a file. */
struct kind {
    uint32_t width, height;
    unsigned bits, samples;
    int photometric, ink_set, orientation;
    float dpi_x, dpi_y;
    const char *names; /* NUL-separated and -ended: InkNames */
    size_t names_size;
    unsigned n_extra, extra;
    const uint8_t *photoshop, *xmp;
    uint32_t photoshop_size, xmp_size;
    int big_endian, big, compression, append;
    uint8_t *data; /* as stored */
};

/* The picture as 8-bit CMYK, 40 x 30 mm at 300 dpi. */
static UNUSED struct kind kind_cmyk(uint64_t seed)
{
    struct sim_image m;
    assert_int_equal(sim_make_artwork(&m, SIM_PICTURE, 40, 30, 300, seed), 0);
    return (struct kind){.width = m.width,
                         .height = m.height,
                         .bits = 8,
                         .samples = 4,
                         .photometric = PHOTOMETRIC_SEPARATED,
                         .dpi_x = 300,
                         .dpi_y = 300,
                         .data = m.data};
}

static UNUSED void kind_write(const struct kind *k, const char *path)
{
    char mode[8];
    snprintf(mode, sizeof mode, "%s%s%s", k->append ? "a" : "w", k->big_endian ? "b" : "l", k->big ? "8" : "");
    TIFF *t = TIFFOpen(path, mode);
    assert_non_null(t);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, k->width);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, k->height);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, k->bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, k->samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, k->photometric);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 16);
    TIFFSetField(t, TIFFTAG_COMPRESSION, k->compression ? k->compression : COMPRESSION_LZW);
    if (k->dpi_x > 0) {
        TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH);
        TIFFSetField(t, TIFFTAG_XRESOLUTION, k->dpi_x);
        TIFFSetField(t, TIFFTAG_YRESOLUTION, k->dpi_y);
    }
    if (k->orientation) TIFFSetField(t, TIFFTAG_ORIENTATION, k->orientation);
    uint16_t extra[8];
    for (int i = 0; i < 8; i++) extra[i] = (uint16_t)k->extra;
    if (k->n_extra) TIFFSetField(t, TIFFTAG_EXTRASAMPLES, k->n_extra, extra);
    if (k->ink_set) TIFFSetField(t, TIFFTAG_INKSET, k->ink_set);
    if (k->names) {
        TIFFSetField(t, TIFFTAG_NUMBEROFINKS, k->samples);
        assert_int_equal(TIFFSetField(t, TIFFTAG_INKNAMES, (uint16_t)k->names_size, k->names), 1);
    }
    if (k->photoshop) TIFFSetField(t, TIFFTAG_PHOTOSHOP, k->photoshop_size, k->photoshop);
    if (k->xmp) TIFFSetField(t, TIFFTAG_XMLPACKET, k->xmp_size, k->xmp);
    if (k->compression == COMPRESSION_JPEG && k->photometric == PHOTOMETRIC_YCBCR) {
        TIFFSetField(t, TIFFTAG_YCBCRSUBSAMPLING, 2, 2);
        TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    }
    size_t pitch = (size_t)k->width * k->samples * k->bits / 8;
    uint8_t *row = malloc(pitch);
    assert_non_null(row);
    for (uint32_t y = 0; y < k->height; y++) {
        memcpy(row, k->data + y * pitch, pitch); /* libtiff swaps bytes in place */
        assert_int_equal(TIFFWriteScanline(t, row, y, 0), 1);
    }
    free(row);
    TIFFClose(t);
}

/* Samples of 8 bits, `to` of them a pixel: sample i is from[i] of the old ones, or 0 where that is
 * negative. */
static UNUSED void kind_pick(struct kind *k, unsigned to, const int *from)
{
    uint8_t *data = calloc((size_t)k->width * k->height, to);
    assert_non_null(data);
    for (size_t i = 0; i < (size_t)k->width * k->height; i++)
        for (unsigned c = 0; c < to; c++)
            if (from[c] >= 0) data[i * to + c] = k->data[i * k->samples + (unsigned)from[c]];
    free(k->data);
    k->data = data;
    k->samples = to;
}

static UNUSED int copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    size_t n = in ? fread(bytes, 1, sizeof bytes, in) : 0;
    int ok = out && n && n < sizeof bytes && fwrite(bytes, 1, n, out) == n;
    if (in) fclose(in);
    return out && fclose(out) == 0 && ok ? 0 : -1;
}

/* T: the same every time, so that a test whose margin depends on the key always says the same; a new one with ENN_RANDOM. */
static UNUSED int make_issuer(void **state)
{
    struct enn_error err = {0};
    if (make_dir(state)) return -1;
    for (int i = 0; i < 3 && !getenv("ENN_RANDOM"); i++) {
        static const char *const ends[] = {"crt", "seal", "key"};
        char from[64], to[300];
        snprintf(from, sizeof from, "testdata/issuers/A.%s", ends[i]);
        snprintf(to, sizeof to, "%s/T.%s", test_dir, ends[i]);
        if (copy_file(from, to) || chmod(to, 0600)) return -1;
        if (i == 2) return 0;
    }
    struct enn_issuer_options o = {.name = "T", .out_dir = test_dir};
    return enn_issuer_create(&o, &err) == ENN_OK ? 0 : -1;
}

static UNUSED struct enn_sign_options sign_options(void)
{
    static char key[300], cert[300];
    snprintf(key, sizeof key, "%s/T.key", test_dir);
    snprintf(cert, sizeof cert, "%s/T.crt", test_dir);
    struct enn_sign_options o = enn_sign_options_default();
    o.key_file = key;
    o.cert_file = cert;
    o.gtin = "09506000134352";
    o.lot = "L1";
    o.nonce_hex = "000102030405060708090a0b0c0d0e0f";
    o.force = 1;
    o.threads = 1;
    return o;
}

static UNUSED void sign_ok(const struct enn_sign_options *o, const char *in, const char *out,
                           struct enn_sign_report *r)
{
    struct enn_error err = {0};
    enum enn_status s = enn_sign(o, in, in_dir(out), NULL, r, &err);
    if (s) fail_msg("%s: %s", in, err.text);
}

/* The verdict of the signed file with its manifest. */
static UNUSED enum enn_status verdict_of(const char *out, const char *manifest)
{
    struct enn_error err = {0};
    struct enn_verdict v = {0};
    struct enn_verifier *f = enn_verifier_new();
    struct enn_verify_options o = enn_verify_options_default();
    assert_non_null(f);
    assert_int_equal(enn_verifier_trust(f, in_dir("T.crt"), &err), ENN_OK);
    assert_int_equal(enn_verifier_manifest(f, in_dir(manifest), &err), ENN_OK);
    enum enn_status s = enn_verify_file(f, &o, in_dir(out), &v, &err);
    if (s) print_message("%s: %s %s\n", out, v.detail, err.text);
    enn_verdict_clear(&v);
    enn_verifier_free(f);
    return s;
}
#endif
