/* PDF: tokens, filters, places, samples and copies. */
#include "artwork/artwork.h"
#include "artwork/pdf_content.h"
#include "artwork/pdf_filter.h"
#include "artwork/pdf_scale.h"
#include "artwork/pdf_flate.h"
#include "artwork/picture.h"
#include "mark/carrier.h"
#include "test/sim_pdf.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

static char dir[] = "/tmp/enn-test-pdf-XXXXXX";

static const char *in_dir(const char *name)
{
    static char path[2][200];
    static int turn;
    turn = !turn;
    snprintf(path[turn], sizeof path[turn], "%s/%s", dir, name);
    return path[turn];
}

/* ---- content ---- */

struct seen {
    int n, n_inline, stop_at;
    char name[8][32];
    double m[8][6];
    size_t begin[8], end[8];
    struct pdf_inline_image image;
};

static int see(void *user, const char *name, const double m[6], size_t begin, size_t end)
{
    struct seen *s = user;
    assert_true(s->n < 8);
    snprintf(s->name[s->n], sizeof s->name[0], "%s", name);
    memcpy(s->m[s->n], m, sizeof s->m[0]);
    s->begin[s->n] = begin, s->end[s->n] = end;
    return ++s->n == s->stop_at;
}

static int see_inline(void *user, const struct pdf_inline_image *image, const double m[6])
{
    struct seen *s = user;
    s->image = *image;
    memcpy(s->m[7], m, sizeof s->m[7]);
    s->n_inline++;
    return 0;
}

static enum pdf_content_result look(const char *content, size_t n, struct seen *s, int *draws)
{
    struct pdf_content_events e = {s, see, see_inline};
    *draws = 0;
    return pdf_content_run((const uint8_t *)content, n, &e, draws);
}

static void content_is_followed(void **state)
{
    (void)state;
    static const char content[] =
        "q 2 0 0 3 10 20 cm % a comment /No Do\n"
        "q 0 1 -1 0 5 .5 cm /Im#31 Do Q\r"
        "/Im2\tDo Q(a string \\) /No Do (nested) ) Tj <2f4e6f20446f> Tj [/No (x) 1] TJ << /K /No >> /P BDC\n"
        "Q Q 1 0 0 1 -7 +8. cm/Im3 Do\n"
        "1 2 cm /Im4 Do\n"
        "q 4 0 0 4 0 0 cm BI /W 3 /H 2 /BPC 8 /CS /G ID abEI\200EI /No Do\n EI Q /Im5 Do";
    struct seen s = {.stop_at = -1};
    int draws;
    assert_int_equal(look(content, sizeof content - 1, &s, &draws), PDF_CONTENT_OK);
    assert_int_equal(draws, 1);
    assert_int_equal(s.n_inline, 1);
    assert_true(s.image.width == 3 && s.image.height == 2 && s.image.bits == 8 && !s.image.mask &&
                s.m[7][0] == 4);
    static const char *const names[] = {"Im1", "Im2", "Im3", "Im4", "Im5"};
    assert_int_equal(s.n, 5);
    for (int i = 0; i < 5; i++) assert_string_equal(s.name[i], names[i]);
    const double first[6] = {0, 3, -2, 0, 2 * 5 + 10, 3 * .5 + 20}, second[6] = {2, 0, 0, 3, 10, 20},
                 third[6] = {1, 0, 0, 1, -7, 8};
    for (int k = 0; k < 6; k++) {
        assert_float_equal(s.m[0][k], first[k], 1e-12);
        assert_float_equal(s.m[1][k], second[k], 1e-12);
        for (int i = 2; i < 5; i++) assert_float_equal(s.m[i][k], third[k], 1e-12);
    }
    assert_true(!memcmp(content + s.begin[0], "/Im#31", 6) && s.end[0] - s.begin[0] == 6);
}

static void hostile_content_ends(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "((((",  "<",          "<<",      "/",
        "BI",    "BI /W 1 ID", "BI ID E", "1 2 3 4 5 6 7 8 cm /A Do",
        "Q Q Q", "/A#",        "/A#4",    "99999999999999999999999999999999999999 0 0 0 0 0 cm /A Do",
        "%",     "\\",         "--1 cm"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct seen s = {.stop_at = -1};
        int draws;
        assert_int_equal(look(bad[i], strlen(bad[i]), &s, &draws), PDF_CONTENT_OK);
        assert_int_equal(draws, 0);
    }
    char *deep = malloc(100000);
    memset(deep, 'q', 100000);
    for (int i = 1; i < 100000; i += 2) deep[i] = ' ';
    struct seen s = {.stop_at = 1};
    int draws;
    assert_int_equal(look(deep, 100000, &s, &draws), PDF_CONTENT_TOO_DEEP);
    assert_int_equal(look("/A Do /B Do", 11, &s, &draws), PDF_CONTENT_STOPPED);
    assert_int_equal(s.n, 1);
    free(deep);
}

/* ---- filters ---- */

static void decodes(const void *data, size_t n, struct pdf_filter_spec spec, const void *want, size_t want_n,
                    int damaged)
{
    for (size_t piece = 1; piece < 100; piece += 13) { /* however it is pulled */
        uint8_t got[5000];
        size_t at = 0, m;
        struct pdf_filter *f = pdf_filter_open(data, n, &spec, 1);
        assert_non_null(f);
        while (at + piece <= sizeof got && (m = pdf_filter_read(f, got + at, piece)) > 0) at += m;
        assert_int_equal(at, want_n);
        assert_memory_equal(got, want, want_n);
        assert_int_equal(pdf_filter_damaged(f), damaged);
        pdf_filter_close(f);
    }
}

static void filters_of_the_specification(void **state)
{
    (void)state;
    static const uint8_t lzw[] = {0x80, 0x0B, 0x60, 0x50, 0x22,
                                  0x0C, 0x0C, 0x85, 0x01}; /* ISO 32000-1, 7.4.4.2, example */
    static const uint8_t plain[] = {45, 45, 45, 45, 45, 65, 45, 45, 45, 66};
    static const uint8_t runs[] = {2, 'a', 'b', 'c', 254, 'x', 128, 'y'};
    decodes(lzw, sizeof lzw, (struct pdf_filter_spec){.kind = PDF_LZW, .early_change = 1}, plain,
            sizeof plain, 0);
    decodes(lzw, 6, (struct pdf_filter_spec){.kind = PDF_LZW, .early_change = 1}, plain, 6, 1);
    decodes("68 65\n6C6c 6F7>xx", 17, (struct pdf_filter_spec){.kind = PDF_HEX}, "hellop", 6, 0);
    decodes("686", 3, (struct pdf_filter_spec){.kind = PDF_HEX}, "h`", 2, 1);
    decodes("6g", 2, (struct pdf_filter_spec){.kind = PDF_HEX}, "", 0, 1);
    decodes("87cUR D]i,\"Ebo7dz!!~>9jq", 24, (struct pdf_filter_spec){.kind = PDF_ASCII85},
            "Hello World\0\0\0\0\0\0", 17, 0);
    decodes(runs, sizeof runs, (struct pdf_filter_spec){.kind = PDF_RUN_LENGTH}, "abcxxx", 6, 0);
    decodes(runs, 3, (struct pdf_filter_spec){.kind = PDF_RUN_LENGTH}, "ab", 2, 1);
}

static void tiff_predictors(void **state)
{
    (void)state;
    static const struct {
        unsigned bits, colors, columns;
        uint8_t in[6], out[6];
    } cases[] = {{8, 1, 5, {1, 2, 1, 1, 255}, {1, 3, 4, 5, 4}},
                 {8, 2, 2, {1, 2, 1, 1}, {1, 2, 2, 3}},
                 {16, 1, 2, {0, 255, 1, 2}, {0, 255, 2, 1}},
                 {4, 1, 4, {0x12, 0xf0}, {0x13, 0x22}},
                 {1, 1, 8, {0xa0}, {0xc0}}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t row = (cases[i].bits * cases[i].colors * cases[i].columns + 7) / 8, n = 0;
        struct pdf_deflate *z = pdf_deflate_new(row, 0);
        uint8_t *out = NULL;
        assert_true(pdf_deflate_rows(z, cases[i].in, 1) && pdf_deflate_end(z, &out, &n));
        pdf_deflate_free(z);
        decodes(out, n,
                (struct pdf_filter_spec){.kind = PDF_FLATE,
                                         .predictor = 2,
                                         .colors = cases[i].colors,
                                         .bits = cases[i].bits,
                                         .columns = cases[i].columns},
                cases[i].out, row, 0);
        free(out);
    }
}

/* Long enough for all widths of codes: encoded here by a plain LZW encoder that clears its table when it
 * is full. */
static size_t lzw_encode(const uint8_t *data, size_t n, int early, uint8_t *out)
{
    static uint16_t child[4096][256];
    unsigned next = 258, width = 9, bits = 0;
    uint32_t word = 0;
    size_t at = 0;
#define PUT(code)                                                                                            \
    do {                                                                                                     \
        word = word << width | (uint32_t)(code);                                                             \
        for (bits += width; bits >= 8; bits -= 8) out[at++] = (uint8_t)(word >> (bits - 8));                 \
    } while (0)
    memset(child, 0, sizeof child);
    PUT(256);
    unsigned code = data[0];
    for (size_t i = 1; i < n; i++) {
        if (child[code][data[i]]) {
            code = child[code][data[i]];
            continue;
        }
        PUT(code);
        child[code][data[i]] = (uint16_t)next++;
        if (next + (unsigned)early > 1u << width && width < 12) width++;
        if (next == 4095) {
            PUT(256);
            memset(child, 0, sizeof child);
            next = 258, width = 9;
        }
        code = data[i];
    }
    PUT(code);
    if (++next + (unsigned)early > 1u << width && width < 12) width++;
    PUT(257);
    if (bits) out[at++] = (uint8_t)(word << (8 - bits));
#undef PUT
    return at;
}

static void long_lzw(void **state)
{
    (void)state;
    enum { N = 60000 };
    uint8_t *plain = malloc(N), *packed = malloc(2 * N), *got = malloc(N + 1);
    for (size_t i = 0; i < N; i++) plain[i] = (uint8_t)((i * i / 7) % 11 + i % 3);
    for (int early = 0; early < 2; early++) {
        size_t n = lzw_encode(plain, N, early, packed);
        struct pdf_filter_spec s = {.kind = PDF_LZW, .early_change = early};
        struct pdf_filter *f = pdf_filter_open(packed, n, &s, 1);
        assert_int_equal(pdf_filter_read(f, got, N + 1), N);
        assert_false(pdf_filter_damaged(f));
        assert_memory_equal(plain, got, N);
        pdf_filter_close(f);
    }
    free(plain);
    free(packed);
    free(got);
}

static void flate_goes_round(void **state)
{
    (void)state;
    enum { ROW = 300, ROWS = 40 };
    uint8_t rows[ROW * ROWS], got[ROW * ROWS + 1];
    for (int i = 0; i < ROW * ROWS; i++)
        rows[i] = (uint8_t)(i % ROW / 3 + i / ROW * (i % 3) + (i * 7919 >> 9) % 5);
    for (int predicted = 0; predicted < 2; predicted++) {
        struct pdf_deflate *z = pdf_deflate_new(ROW, predicted ? 3 : 0);
        uint8_t *out = NULL;
        size_t n = 0;
        assert_true(pdf_deflate_rows(z, rows, 7) && pdf_deflate_rows(z, rows + 7 * ROW, ROWS - 7));
        assert_true(pdf_deflate_end(z, &out, &n));
        pdf_deflate_free(z);
        struct pdf_filter_spec s = {
            .kind = PDF_FLATE, .predictor = predicted ? 15 : 1, .colors = 3, .bits = 8, .columns = ROW / 3};
        struct pdf_filter *f = pdf_filter_open(out, n, &s, 1);
        assert_int_equal(pdf_filter_read(f, got, sizeof got), sizeof rows);
        assert_false(pdf_filter_damaged(f));
        assert_memory_equal(rows, got, sizeof rows);
        pdf_filter_close(f);
        f = pdf_filter_open(out, n - 20, &s, 1); /* cut */
        assert_true(pdf_filter_read(f, got, sizeof got) < sizeof rows);
        assert_true(pdf_filter_damaged(f));
        pdf_filter_close(f);
        free(out);
    }
    struct pdf_filter_spec bad = {
        .kind = PDF_FLATE, .predictor = 15, .colors = 64, .bits = 16, .columns = INT32_MAX};
    assert_null(pdf_filter_open(rows, 10, &bad, 1));
    bad.colors = 0;
    assert_null(pdf_filter_open(rows, 10, &bad, 1));
}

/* ---- files ---- */

static struct artwork *open_sample(const char *kind)
{
    struct artwork *a = NULL;
    struct enn_error err;
    char name[64];
    snprintf(name, sizeof name, "%s.pdf", kind);
    assert_int_equal(sim_pdf_sample(kind, in_dir(name)), 0);
    if (artwork_open(in_dir(name), NULL, &a, &err)) fail_msg("%s", err.text);
    assert_string_equal(artwork_format(a), "PDF");
    return a;
}

static void corner_is(const struct artwork_page *p, double x, double y, double mm_x, double mm_y)
{
    assert_float_equal(p->to_mm[0] * x + p->to_mm[2] * y + p->to_mm[4], mm_x, 2e-3);
    assert_float_equal(p->to_mm[1] * x + p->to_mm[3] * y + p->to_mm[5], mm_y, 2e-3);
}

static void images_are_where_they_are_painted(void **state)
{
    (void)state;
    struct artwork *a = open_sample("cmyk");
    const struct artwork_page *p = artwork_page(a, 0);
    assert_int_equal(artwork_pages(a), 1);
    assert_string_equal(p->name, "page 1, image 1");
    assert_true(p->signable && p->placed && p->colour == ARTWORK_CMYK);
    corner_is(p, 0, 0, 15, 20);
    corner_is(p, p->width, p->height, 75, 60);
    artwork_close(a);

    a = open_sample("rotated"); /* the file's comment says how */
    p = artwork_page(a, 0);
    assert_int_equal(artwork_pages(a), 1);
    double c = cos(M_PI / 6), s = sin(M_PI / 6), k = 1; /* user units of 1/36 inch, halved by the content */
    double from[3][2] = {
        {0, 40}, {-60, 40}, {0, 0}}; /* the image's corners before it is turned, y up, in mm */
    for (int i = 0; i < 3; i++) {
        double x = 90 + c * from[i][0] - s * from[i][1], y = 5 + s * from[i][0] + c * from[i][1];
        corner_is(p, i == 1 ? p->width : 0, i == 2 ? p->height : 0, k * y,
                  k * x); /* Rotate 90: x up becomes down */
    }
    artwork_close(a);
}

static void shared_images_become_pages_of_their_own(void **state)
{
    (void)state;
    struct artwork *a = open_sample("shared");
    assert_int_equal(artwork_pages(a), 3);
    corner_is(artwork_page(a, 0), 0, 0, 15, 20);
    corner_is(artwork_page(a, 1), 0, 0, 3, 7);
    corner_is(artwork_page(a, 2), 0, 0, 47, 36);
    assert_string_equal(artwork_page(a, 2)->name, "page 2, image 2");
    artwork_close(a);
    a = open_sample("form");
    assert_int_equal(artwork_pages(a), 2);
    double k = 25.4 / 72;
    const struct artwork_page *p = artwork_page(a, 0), *q = artwork_page(a, 1);
    assert_float_equal(q->to_mm[4] - p->to_mm[4], 120 * k, 1e-6);
    assert_float_equal(q->to_mm[5] - p->to_mm[5], -95 * k, 1e-6);
    assert_float_equal(p->to_mm[0] * p->width, 42, 1e-3);
    artwork_close(a);
}

/* A picture painted twice, whole tiles apart, is one page. */
static void whole_tiles_apart_is_one_page(void **state)
{
    (void)state;
    for (int whole = 0; whole < 2; whole++) {
        static uint8_t pixels[100 * 100 * 3];
        char content[300];
        struct sim_pdf *b = sim_pdf_new();
        double step = (2 * TILE_MM + (whole ? 0 : 0.1)) * 72 / 25.4;
        snprintf(content, sizeof content, "q 100 0 0 100 20 20 cm /A Do Q q 100 0 0 100 %.6f 20 cm /A Do Q",
                 20 + step);
        sim_pdf_stream(b,
                       "/Type /XObject /Subtype /Image /Width 100 /Height 100 /BitsPerComponent 8 "
                       "/ColorSpace /DeviceRGB",
                       pixels, sizeof pixels);
        sim_pdf_stream(b, "", content, strlen(content));
        sim_pdf_add(b, "<< /Type /Page /Parent 4 0 R /MediaBox [0 0 400 200] /Contents 2 0 R /Resources << "
                       "/XObject << /A 1 0 R >> >> >>");
        sim_pdf_add(b, "<< /Type /Pages /Count 1 /Kids [3 0 R] >>");
        int root = sim_pdf_add(b, "<< /Type /Catalog /Pages 4 0 R >>");
        assert_int_equal(sim_pdf_write(b, in_dir("tiles.pdf"), root), 0);
        struct artwork *a = NULL;
        struct enn_error err;
        if (artwork_open(in_dir("tiles.pdf"), NULL, &a, &err)) fail_msg("%s", err.text);
        assert_int_equal(artwork_pages(a), whole ? 1 : 2);
        artwork_close(a);
    }
}

struct kept { /* the samples of a page */
    uint8_t *data;
    size_t row, n;
};

static enum enn_status take(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct kept *k = user;
    (void)y;
    k->data = realloc(k->data, k->n + rows * k->row);
    memcpy(k->data + k->n, samples, rows * k->row);
    k->n += rows * k->row;
    return ENN_OK;
}

static struct kept read_page(struct artwork *a, size_t i)
{
    const struct artwork_page *p = artwork_page(a, i);
    struct kept k = {.row = (size_t)p->width * p->samples * p->bits / 8};
    struct enn_error err;
    if (artwork_read(a, i, take, &k, &err)) fail_msg("%s", err.text);
    assert_int_equal(k.n, k.row * p->height);
    return k;
}

static uint64_t hash(uint64_t x)
{
    x ^= x >> 31;
    x *= 0x7fb5d329728ea185u;
    return x ^ x >> 27;
}

/* Adds 0 .. 3 to each byte where there is room: another amount on each page. */
static void change(size_t page, size_t at, uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (data[i] < 250) data[i] = (uint8_t)(data[i] + (hash(at + i + 1000003 * page) & 3));
}

struct filtering {
    struct artwork *a;
};

static enum enn_status filter(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    struct filtering *f = user;
    const struct artwork_page *p = artwork_page(f->a, page);
    size_t row = (size_t)p->width * p->samples * p->bits / 8;
    change(page, y * row, samples, rows * row);
    return ENN_OK;
}

/* What the filter made of the samples is what the copy holds, for every kind that is written without loss. */
static void copies_hold_what_the_filter_gave(void **state)
{
    (void)state;
    static const char *const kinds[] = {"cmyk",   "indexed", "devicen", "separation", "bits4",
                                        "bits16", "decode",  "rotated", "shared",     "form",
                                        "smask",  "mixed",   "loop",    "jpx",        "some",   "inlines", "turned"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct artwork *a = open_sample(kinds[i]), *b = NULL;
        struct kept before[4] = {{0}};
        struct enn_error err;
        size_t n = artwork_pages(a);
        for (size_t k = 0; k < n && k < 4; k++)
            if (artwork_page(a, k)->readable) before[k] = read_page(a, k);
        struct filtering f = {a};
        if (artwork_rewrite(a, in_dir("copy.pdf"), filter, &f, NULL, &err))
            fail_msg("%s: %s", kinds[i], err.text);
        if (artwork_open(in_dir("copy.pdf"), NULL, &b, &err)) fail_msg("%s: %s", kinds[i], err.text);
        assert_int_equal(artwork_pages(b), n);
        for (size_t k = 0; k < n && k < 4; k++) {
            if (!before[k].data) continue;
            const struct artwork_page *p = artwork_page(a, k), *q = artwork_page(b, k);
            assert_true(p->colour == q->colour && p->samples == q->samples && p->bits == q->bits);
            assert_memory_equal(p->to_mm, q->to_mm, sizeof p->to_mm);
            assert_memory_equal(p->names, q->names, sizeof p->names);
            struct kept after = read_page(b, k);
            change(k, 0, before[k].data, before[k].n);
            assert_memory_equal(before[k].data, after.data, after.n);
            free(after.data);
            free(before[k].data);
        }
        artwork_close(a);
        artwork_close(b);
    }
}

/* What Decode or a Range of Lab stretches is delivered as what it means. Samples that nobody changes are stored as
 * they were, others as the nearest there is. */
static void stretched_samples(void **state)
{
    (void)state;
    static const struct {
        double from, to, zero, one;
    } maps[] = {{-0.2, 1.3, 0, 1}, {0.1, 0.7, 0, 1}, {0.9, 0.05, 0, 1}, {0, 1, 0, 1}, {-100, 100, -128, 127}, {1, 0, 0, 1}};
    for (int wide = 0; wide < 2; wide++) {
        struct pdf_image i = {.info = {.width = 256, .samples = 6, .bits = wide ? 16 : 8}};
        uint16_t stored[256 * 6], row[256 * 6];
        uint8_t narrow[256 * 6], low[256 * 6];
        double top = wide ? 65535 : 255;
        for (unsigned j = 0; j < 6; j++)
            assert_true(pdf_scale_set(&i, j, maps[j].from, maps[j].to, maps[j].zero, maps[j].one));
        assert_true(i.scaled && i.invert[5] && !i.invert[2]);
        for (unsigned k = 0; k < 256 * 6; k++) stored[k] = (uint16_t)(wide ? k / 6 * 257 : k / 6), narrow[k] = low[k] = (uint8_t)(k / 6);
        memcpy(row, stored, sizeof row);
        pdf_scale_row(&i, wide ? (void *)row : low);
        for (unsigned k = 0; k < 256 * 6; k++) {
            unsigned j = k % 6, got = wide ? row[k] : low[k];
            double means = maps[j].from + stored[k] / top * (maps[j].to - maps[j].from);
            double want = fmin(fmax((means - maps[j].zero) / (maps[j].one - maps[j].zero) * top, 0), top);
            if (fabs(got - want) > 0.501) fail_msg("%u: sample %u is %u, not %g", j, k / 6, got, want);
        }
        for (unsigned k = 0; k < 256 * 6; k += 5) /* what the mark does */
            if (wide) row[k] = (uint16_t)(row[k] > 60000 ? row[k] - 771 : row[k] + 771);
            else low[k] = (uint8_t)(low[k] > 200 ? low[k] - 3 : low[k] + 3);
        uint16_t meant[256 * 6];
        for (unsigned k = 0; k < 256 * 6; k++) meant[k] = wide ? row[k] : low[k];
        pdf_scale_back(&i, wide ? (const void *)stored : narrow, wide ? (void *)row : low);
        for (unsigned k = 0; k < 256 * 6; k++)
            if (k % 5 && (wide ? row[k] : low[k]) != stored[k]) fail_msg("sample %u has changed", k);
        pdf_scale_row(&i, wide ? (void *)row : low);
        for (unsigned k = 0; k < 256 * 6; k += 5) {
            double step = fabs(i.scale[k % 6].step), has = wide ? row[k] : low[k];
            double ends = i.scale[k % 6].low, other = ends + i.scale[k % 6].step * top;
            double want = fmin(fmax(meant[k], fmin(ends, other)), fmax(ends, other));
            if (fabs(has - want) > step / 2 + 1) fail_msg("sample %u is %g, and %g was wanted", k, has, want);
        }
    }
    struct pdf_image i = {.info = {.bits = 8}};
    assert_false(pdf_scale_set(&i, 0, 0.5, 0.5, 0, 1));
    assert_false(pdf_scale_set(&i, 0, 0, 1e9, 0, 1));
}

/* A colour table that Decode addresses from its end shows the same picture. */
static void turned_tables(void **state)
{
    (void)state;
    struct artwork *a = open_sample("indexed");
    struct kept plain = read_page(a, 0);
    artwork_close(a);
    a = open_sample("turned");
    struct kept turned = read_page(a, 0);
    artwork_close(a);
    assert_int_equal(plain.n, turned.n);
    assert_memory_equal(plain.data, turned.data, plain.n);
    free(plain.data);
    free(turned.data);
}

/* Inline images are objects like any other; in the copy Do paints them. */
static void inline_images_are_read(void **state)
{
    (void)state;
    struct artwork *a = open_sample("inlines");
    assert_int_equal(artwork_pages(a), 2);
    const struct artwork_page *p = artwork_page(a, 0), *q = artwork_page(a, 1);
    assert_true(p->signable && p->colour == ARTWORK_RGB && p->width == 354 && p->height == 236 && !p->icc);
    assert_true(q->signable && q->colour == ARTWORK_RGB && q->width == 100 && q->height == 70);
    corner_is(p, 0, 0, 15, 15);
    corner_is(p, p->width, p->height, 75, 55);
    struct kept first = read_page(a, 0), second = read_page(a, 1);
    static const uint8_t table[2][3] = {{0x10, 0x40, 0x20}, {0x80, 0xc0, 0xff}};
    for (size_t i = 0; i < 7000; i++) assert_memory_equal(second.data + 3 * i, table[i % 3 == 0], 3);
    struct picture whole;
    struct enn_error err;
    assert_int_equal(picture_read(in_dir("inlines.pdf"), NULL, &whole, &err), ENN_OK);
    assert_int_equal(whole.width > 300, 1);
    picture_clear(&whole);
    free(first.data);
    free(second.data);
    artwork_close(a);
}

/* JPEG loses at most what its tables gave up: chroma is not subsampled again. */
static void jpeg_stays_close(void **state)
{
    (void)state;
    struct artwork *a = open_sample("dct"), *b = NULL;
    struct enn_error err;
    assert_true(artwork_page(a, 0)->lossy && artwork_page(a, 0)->signable);
    struct kept before = read_page(a, 0);
    struct filtering f = {a};
    if (artwork_rewrite(a, in_dir("copy.pdf"), filter, &f, NULL, &err)) fail_msg("%s", err.text);
    if (artwork_open(in_dir("copy.pdf"), NULL, &b, &err)) fail_msg("%s", err.text);
    assert_string_equal(artwork_page(b, 0)->compression, "jpeg");
    struct kept after = read_page(b, 0);
    change(0, 0, before.data, before.n);
    double sum = 0;
    for (size_t i = 0; i < after.n; i++) sum += fabs((double)before.data[i] - after.data[i]);
    assert_true(sum / (double)after.n < 2);
    free(before.data);
    free(after.data);
    artwork_close(a);
    artwork_close(b);
}

static void reasons_are_given(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *why;
        int left_alone;
    } cases[] = {{"vector", "rasterise", 0},
                 {"keyjpeg", "a colour key mask of JPEG data", 0},
                 {"matte", "matte colour", 0},
                 {"huge", "pixels", 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct artwork *a = open_sample(cases[i].kind);
        struct enn_error err;
        const struct artwork_page *p = artwork_page(a, 0);
        assert_false(p->signable);
        assert_int_equal(p->left_alone, cases[i].left_alone);
        assert_non_null(strstr(p->why, cases[i].why));
        struct filtering f = {a};
        assert_int_not_equal(artwork_rewrite(a, in_dir("no.pdf"), filter, &f, NULL, &err), ENN_OK);
        assert_int_equal(access(in_dir("no.pdf"), F_OK), -1);
        artwork_close(a);
    }
    struct artwork *a = open_sample("some"); /* what cannot be signed is left alone beside what can */
    static const char *const some[] = {"", "a Decode array", "JBIG2Decode data"};
    assert_int_equal(artwork_pages(a), 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(artwork_page(a, i)->left_alone, i > 0);
        assert_int_equal(artwork_page(a, i)->signable, i == 0);
        assert_non_null(strstr(artwork_page(a, i)->why, some[i]));
    }
    artwork_close(a);
    a = open_sample("mixed");
    static const char *const why[] = {"", "1-bit line art", "a stencil mask", "too small", "inline 1-bit"};
    assert_int_equal(artwork_pages(a), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(artwork_page(a, i)->left_alone, i > 0);
        assert_non_null(strstr(artwork_page(a, i)->why, why[i]));
    }
    artwork_close(a);
    static const char *const where[] = {"", "tiling pattern", "annotation", "Type 3 font", "soft mask"};
    int found[5] = {0};
    a = open_sample("elsewhere");
    assert_int_equal(artwork_pages(a), 5);
    assert_true(artwork_page(a, 0)->signable);
    for (size_t i = 1; i < 5; i++)
        for (int k = 1; k < 5; k++)
            found[k] += artwork_page(a, i)->left_alone && strstr(artwork_page(a, i)->why, where[k]) != NULL;
    for (int k = 1; k < 5; k++) assert_int_equal(found[k], 1);
    artwork_close(a);
}

/* A picture of the page has the images at their places: 300 dpi at most, here the image's own 150. */
static void a_page_is_a_picture(void **state)
{
    (void)state;
    struct picture p, whole;
    struct enn_error err;
    assert_int_equal(sim_pdf_sample("cmyk", in_dir("a.pdf")), 0);
    assert_int_equal(sim_pdf_sample("rotated", in_dir("b.pdf")), 0);
    assert_int_equal(picture_read(in_dir("a.pdf"), NULL, &p, &err), ENN_OK);
    assert_string_equal(p.kind, "pdf");
    assert_int_equal(p.width, 354);
    assert_int_equal(p.height, 236);
    assert_float_equal(p.dpi, 150, 0.5);
    assert_int_equal(picture_read(in_dir("b.pdf"), NULL, &whole, &err), ENN_OK);
    /* the picture is 60 x 40 mm turned by 30 degrees: its bounds, with corners of white paper */
    assert_float_equal(whole.width / whole.dpi * 25.4, 60 * 0.5 + 40 * 0.866025, 0.3);
    assert_float_equal(whole.height / whole.dpi * 25.4, 60 * 0.866025 + 40 * 0.5, 0.3);
    assert_true(whole.rgb[0] == 255 && whole.rgb[1] == 255 && whole.rgb[2] == 255);
    picture_clear(&p);
    picture_clear(&whole);
}

/* 200 MB of structure in 200 kB, and filters that hide it. */
static void structure_that_swells_is_refused(void **state)
{
    (void)state;
    enum { ROW = 1 << 16 };
    static uint8_t blank[ROW];
    uint8_t *data = NULL;
    size_t n = 0;
    struct pdf_deflate *z = pdf_deflate_new(ROW, 0);
    for (int i = 0; i < 3200; i++) assert_true(pdf_deflate_rows(z, blank, 1));
    assert_true(pdf_deflate_end(z, &data, &n));
    pdf_deflate_free(z);
    static const struct {
        const char *entries;
        enum enn_status want;
        size_t n;
    } cases[] = {{"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", ENN_LIMIT, 0},
                 {"/Type /Obj#53tm /N 1 /First 4 /Filter [/FlateDecode]", ENN_LIMIT, 0},
                 {"/Type /XRef /Size 1 /Filter /FlateDecode", ENN_LIMIT, 0},
                 {"/Type /ObjStm /N 1 /First 4 /Filter [/FlateDecode /FlateDecode]", ENN_UNSUPPORTED, 100},
                 {"/Type /ObjStm /N 1 /First 4 /Filter [/A85 /FlateDecode]", ENN_UNSUPPORTED, 100},
                 {"/Type /ObjStm /N 1 /First 4 /Filter 9 0 R", ENN_UNSUPPORTED, 100},
                 {"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", ENN_OK, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sim_pdf *b = sim_pdf_new();
        struct artwork *a = NULL;
        struct enn_error err;
        sim_pdf_add(b, "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] >>");
        sim_pdf_add(b, "<< /Type /Pages /Count 1 /Kids [1 0 R] >>");
        sim_pdf_stream(b, cases[i].entries, data, cases[i].n ? cases[i].n : n);
        int root = sim_pdf_add(b, "<< /Type /Catalog /Pages 2 0 R >>");
        assert_int_equal(sim_pdf_write(b, in_dir("bomb.pdf"), root), 0);
        assert_int_equal(artwork_open(in_dir("bomb.pdf"), NULL, &a, &err), cases[i].want);
        artwork_close(a);
    }
    free(data);
}

static int make_dir(void **state)
{
    (void)state;
    return mkdtemp(dir) == NULL;
}
static int remove_dir(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_is_followed),
        cmocka_unit_test(hostile_content_ends),
        cmocka_unit_test(filters_of_the_specification),
        cmocka_unit_test(tiff_predictors),
        cmocka_unit_test(long_lzw),
        cmocka_unit_test(flate_goes_round),
        cmocka_unit_test(images_are_where_they_are_painted),
        cmocka_unit_test(shared_images_become_pages_of_their_own),
        cmocka_unit_test(whole_tiles_apart_is_one_page),
        cmocka_unit_test(copies_hold_what_the_filter_gave),
        cmocka_unit_test(stretched_samples), cmocka_unit_test(turned_tables), cmocka_unit_test(inline_images_are_read),
        cmocka_unit_test(jpeg_stays_close),
        cmocka_unit_test(reasons_are_given),
        cmocka_unit_test(a_page_is_a_picture),
        cmocka_unit_test(structure_that_swells_is_refused),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
