/*
 * The seal as embedded: keys and field against docs/format.md 13 (testdata/mark/seal.txt comes from
 * testdata/mark/make_vectors.py, a second implementation), rows against cells, lot key files.
 */
#include "test_manifest_common.h"
#include <math.h>
#include "mark/sealrows.h"
#include "mark/tile.h"
#include "trust/sealsecret.h"

/* ---- vectors ---- */

/* Exactly n bytes in hex of field `name` of group `number`. */
static void field(const char *text, int number, const char *name, uint8_t *bytes, size_t n)
{
    char head[64], digits[2];
    snprintf(head, sizeof head, "\nvector: %d\n", number);
    const char *p = strstr(text, head);
    assert_non_null(p);
    snprintf(head, sizeof head, "\n%s:", name);
    p = strstr(p, head);
    assert_non_null(p);
    size_t got = 0;
    for (p += strlen(head); *p && !(*p == '\n' && p[1] != ' '); p++) {
        if (*p == ' ' || *p == '\n') continue;
        assert_true(got < 2 * n);
        digits[got++ % 2] = *p;
        if (got % 2 == 0) bytes[got / 2 - 1] = (uint8_t)strtol((char[]){digits[0], digits[1], 0}, NULL, 16);
    }
    assert_int_equal(got, 2 * n);
}

static uint32_t number32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void compare_samples(const char *text, int number, const char *name, int16_t (*cell)[SEAL_SIDE])
{
    uint8_t want[512];
    field(text, number, name, want, sizeof want);
    for (int b = 0; b < 16; b++)
        for (int a = 0; a < 16; a++) {
            const uint8_t *p = want + 2 * (16 * b + a);
            int16_t v = (int16_t)(p[0] << 8 | p[1]);
            assert_in_range(cell[16 * b][16 * a] - v + 2, 0,
                            4); /* single precision and rounding: 2 of 4096 */
        }
}

static void vectors(void **state)
{
    (void)state;
    size_t size;
    char *text = (char *)read_all("testdata/mark/seal.txt", &size);
    assert_non_null(text);
    struct seal_layout *layout = malloc(sizeof *layout);
    struct seal_cell *cell = malloc(sizeof *cell);
    seal_layout_init(layout, SEAL_FRAGILE_LAST);
    for (int n = 1; n <= 2; n++) {
        uint8_t secret[32], id[LOT_ID_BYTES], b[8], want[32], bits[SEAL_BYTES];
        struct enn_error e = {0};
        struct seal_key key;
        struct seal_stream stream;
        struct seal_place place = {0};
        field(text, n, "secret", secret, 32);
        FILE *f = fopen(in_dir("vector.seal"), "wb");
        assert_true(f && PEM_write(f, "ENN SEAL SECRET", "", secret, 32) > 0);
        fclose(f);
        field(text, n, "lot-id", id, sizeof id);
        ASSERT_STATUS(seal_key_derive(in_dir("vector.seal"), id, &key, &e), ENN_OK, e);
        field(text, n, "lot-key", want, 32);
        assert_memory_equal(key.key, want, 32);
        field(text, n, "page", b, 4);
        place.page = number32(b);
        field(text, n, "step", b, 4);
        place.step = number32(b);
        field(text, n, "carrier", b, 1);
        place.luminance = b[0];
        ASSERT_STATUS(seal_stream_init(&stream, &key, &place, &e), ENN_OK, e);
        field(text, n, "field-key", want, 32);
        assert_memory_equal(stream.key, want, 32);
        field(text, n, "cell", b, 8);
        assert_int_equal(seal_stream_bits(&stream, (int32_t)number32(b), (int32_t)number32(b + 4), bits), 0);
        field(text, n, "stream", want, 32);
        assert_memory_equal(bits, want, 32);
        assert_int_equal(seal_render(cell, layout, bits), 0);
        compare_samples(text, n, "ink", cell->ink);
        compare_samples(text, n, "paper", cell->paper);
    }
    free(cell);
    free(layout);
    free(text);
}

/* ---- the field ---- */

static void layout_of_every_screen(void **state)
{
    (void)state;
    static const struct {
        double lpi;
        int top;
    } of[] = {{0, 64}, {20, 0}, {100, 0}, {133, 45}, {150, 51}, {175, 59}, {200, 64}, {400, 64}};
    struct seal_layout *full = malloc(sizeof *full), *l = malloc(sizeof *l);
    seal_layout_init(full, SEAL_FRAGILE_LAST);
    assert_int_equal(full->bins, CARRIER_BINS + 4172);
    assert_true(full->bins <= SEAL_BINS_MAX && 2 * full->bins <= 8 * SEAL_BYTES);
    for (size_t k = 0; k < sizeof of / sizeof *of; k++) {
        assert_int_equal(seal_top(of[k].lpi), of[k].top);
        seal_layout_init(l, of[k].top);
        assert_memory_equal(l->bin, full->bin,
                            (size_t)l->bins * sizeof *l->bin); /* no chip moves with the screen */
        double robust = 0, fragile = 0, paper = 0;
        for (int n = 0; n < l->bins; n++) {
            double p = (double)l->amplitude[n] * l->amplitude[n];
            *(n < l->robust ? &robust : &fragile) += p;
            paper += (double)l->paper[n] * l->paper[n];
            assert_true(hypot(l->bin[n].kx, l->bin[n].ky) <= (of[k].top ? of[k].top : CARRIER_RADIUS_MAX));
        }
        assert_float_equal(robust, SEAL_SHARE, 1e-4);
        assert_float_equal(fragile, of[k].top ? SEAL_FRAGILE : 0, 1e-4);
        assert_float_equal(paper, SEAL_SHARE, 1e-4);
    }
    free(full);
    free(l);
}

static double correlation(const uint8_t *a, const uint8_t *b)
{
    int agree = 0;
    for (int n = 0; n < 8 * SEAL_BYTES; n++) agree += seal_chip(a, n) == seal_chip(b, n);
    return 2.0 * agree / (8 * SEAL_BYTES) - 1;
}

/* Whatever differs, the fields do: their correlation is that of coins, within 5 standard deviations. */
static void fields_differ(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct seal_key key = {.key = {1}}, other = {.key = {2}};
    static const struct seal_place place[] = {{1, 0, 0}, {2, 0, 0}, {1, 1, 0}, {1, 0, 1}, {1, 0, 0}};
    uint8_t bits[8][SEAL_BYTES];
    struct seal_stream s;
    for (int k = 0; k < 5; k++) {
        ASSERT_STATUS(seal_stream_init(&s, k == 4 ? &other : &key, &place[k], &e), ENN_OK, e);
        assert_int_equal(seal_stream_bits(&s, 0, 0, bits[k]), 0);
    }
    ASSERT_STATUS(seal_stream_init(&s, &key, &place[0], &e), ENN_OK, e);
    assert_int_equal(seal_stream_bits(&s, 1, 0, bits[5]), 0);
    assert_int_equal(seal_stream_bits(&s, 0, 1, bits[6]), 0);
    assert_int_equal(seal_stream_bits(&s, -1, 0, bits[7]), 0);
    for (int a = 0; a < 8; a++)
        for (int b = 0; b < a; b++)
            assert_true(fabs(correlation(bits[a], bits[b])) < 5 / sqrt(8 * SEAL_BYTES));
    uint8_t again[SEAL_BYTES];
    assert_int_equal(seal_stream_bits(&s, 0, 0, again), 0);
    assert_memory_equal(again, bits[0], SEAL_BYTES);
}

/* ---- rows ---- */

enum { ROW = 3000 };

static void rows_are_the_cells(void **state)
{
    (void)state;
    struct seal_stream s = {.key = {9}};
    struct seal_rows *rows = seal_rows_new(59, 64 << 20);
    struct seal_layout *l = malloc(sizeof *l);
    struct seal_cell *cell = malloc(sizeof *cell);
    int16_t *ink = calloc(ROW, sizeof *ink), *paper = calloc(ROW, sizeof *paper);
    seal_layout_init(l, 59);
    seal_rows_page(rows, seal_stream_bits, &s);
    /* a line that climbs through several cells, also left of and above the origin */
    const double x0 = -7.3, y0 = 30.1, dx = 0.0213, dy = -0.0171;
    assert_int_equal(seal_line(rows, x0, y0, dx, dy, ROW, ink, paper), 0);
    int last_i = 0, last_j = 0, have = 0, cells = 0;
    const int peak = (int)(TILE_PEAK * TILE_UNIT);
    for (int k = 0; k < ROW; k++) {
        double x = (x0 + k * dx) / TILE_MM, y = (y0 + k * dy) / TILE_MM;
        int i = (int)floor(x), j = (int)floor(y);
        if (!have || i != last_i || j != last_j) {
            uint8_t bits[SEAL_BYTES];
            assert_int_equal(seal_stream_bits(&s, i, j, bits), 0);
            assert_int_equal(seal_render(cell, l, bits), 0);
            last_i = i, last_j = j, have = 1;
            cells++;
        }
        int c = (int)((x - i) * SEAL_SIDE), r = (int)((y - j) * SEAL_SIDE);
        int v = cell->ink[r][c], p = cell->paper[r][c];
        assert_int_equal(ink[k], v > peak ? peak : v < -peak ? -peak : v);
        assert_int_equal(paper[k], p > peak ? peak : p < -peak ? -peak : p);
    }
    assert_true(cells >= 5);
    int16_t all[64];
    for (int k = 0; k < 64; k++) all[k] = k % 2 ? 32700 : -32700; /* message and seal together are limited */
    assert_int_equal(seal_line(rows, 1, 1, 0.1, 0, 64, all, NULL), 0);
    for (int k = 0; k < 64; k++) assert_int_equal(all[k], k % 2 ? peak : -peak);
    free(ink), free(paper), free(cell), free(l);
    seal_rows_free(rows);
}

/* Cells come and go; what a row gets stays the same, and memory is bounded. */
static void rows_forget(void **state)
{
    (void)state;
    struct seal_stream s = {.key = {3}}, t = {.key = {4}};
    struct seal_rows *rows = seal_rows_new(0, 3 * sizeof(struct seal_cell) + 4096);
    int16_t a[500], b[500];
    seal_rows_page(rows, seal_stream_bits, &s);
    memset(a, 0, sizeof a);
    assert_int_equal(seal_line(rows, 0, 5, 0.1, 0, 500, a, NULL), 0); /* three cells, all there is room for */
    memset(b, 0, sizeof b);
    assert_int_equal(seal_line(rows, 0, 50, 0.1, 0, 500, b, NULL), -1);
    seal_rows_next(rows); /* still used by the band before */
    seal_rows_next(rows);
    assert_int_equal(seal_line(rows, 0, 50, 0.1, 0, 500, b, NULL), 0);
    seal_rows_next(rows);
    seal_rows_next(rows);
    memset(b, 0, sizeof b);
    assert_int_equal(seal_line(rows, 0, 5, 0.1, 0, 500, b, NULL), 0);
    assert_memory_equal(a, b, sizeof a);
    seal_rows_page(rows, seal_stream_bits, &t);
    memset(b, 0, sizeof b);
    assert_int_equal(seal_line(rows, 0, 5, 0.1, 0, 500, b, NULL), 0);
    assert_memory_not_equal(a, b, sizeof a);
    assert_int_equal(seal_line(rows, NAN, 5, 0.1, 0, 1, b, NULL), -1);
    assert_int_equal(seal_line(rows, 1e9, 5, 0.1, 0, 1, b, NULL), -1);
    seal_rows_free(rows);
}

/* ---- key files ---- */

static void lot_key_files(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct seal_key k = {.lot_id = {1, 2, 3}, .key = {4, 5, 6}}, got;
    ASSERT_STATUS(seal_key_write(&k, in_dir("lot.key"), NULL, &e), ENN_OK, e);
    struct stat st;
    assert_int_equal(stat(in_dir("lot.key"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    ASSERT_STATUS(seal_key_load(in_dir("lot.key"), &got, &e), ENN_OK, e);
    assert_memory_equal(&got, &k, sizeof k);
    ASSERT_STATUS(seal_key_write(&k, in_dir("lot.key"), NULL, &e), ENN_USAGE, e); /* never overwritten */
    ASSERT_STATUS(seal_key_load(in_dir("none"), &got, &e), ENN_IO, e);
    static const char cut[] = "-----BEGIN ENN LOT KEY-----\nAbtUpf0n\n-----END ENN LOT KEY-----\n";
    write_file("short", cut, sizeof cut - 1);
    ASSERT_STATUS(seal_key_load(in_dir("short"), &got, &e), ENN_FORMAT, e);
    ASSERT_STATUS(seal_key_derive(in_dir("lot.key"), k.lot_id, &got, &e), ENN_FORMAT, e); /* no secret */
    ASSERT_STATUS(seal_key_write(&k, in_dir("x"), in_dir("lot.key"), &e), ENN_FORMAT, e); /* no certificate */
    assert_int_equal(access(in_dir("x"), F_OK), -1);
}

/* To a certificate: only its key opens the file, and then it is the plain one. */
static void lot_keys_for_somebody(void **state)
{
    (void)state;
    static const char *const kind[] = {"P-256", "RSA"};
    struct enn_error e = {0};
    struct seal_key k = {.lot_id = {1, 2, 3}, .key = {4, 5, 6}}, got;
    for (int i = 0; i < 2; i++) {
        struct test_cert c = make_cert(&(struct cert_spec){.name = "Printer", .kind = kind[i]}, NULL);
        const struct test_cert *const list[] = {&c};
        char command[1600], name[16];
        write_certs("printer.crt", list, 1);
        write_key("printer.key", c.key);
        snprintf(name, sizeof name, "lot%d.cms", i);
        ASSERT_STATUS(seal_key_write(&k, in_dir(name), in_dir("printer.crt"), &e), ENN_OK, e);
        ASSERT_STATUS(seal_key_load(in_dir(name), &got, &e), ENN_FORMAT, e);
        assert_non_null(strstr(e.text, "encrypted"));
        snprintf(command, sizeof command, "openssl cms -decrypt -inform PEM -in '%s' -inkey '%s' -out '%s'",
                 in_dir(name), in_dir("printer.key"), in_dir("opened"));
        assert_int_equal(system(command), 0);
        ASSERT_STATUS(seal_key_load(in_dir("opened"), &got, &e), ENN_OK, e);
        assert_memory_equal(&got, &k, sizeof k);
        unlink(in_dir("opened"));
        free_cert(&c);
    }
}

/* ---- manifest ---- */

static void manifest_says_so(void **state)
{
    (void)state;
    struct enn_error e = {0};
    struct signer *s = open_vector_signer();
    struct manifest m, got;
    struct cert_chain *chain;
    enum enn_reason why;
    uint8_t *out = NULL;
    size_t n;
    fill(&m, 2, cert_chain_name(signer_chain(s)));
    m.mark.seal = (struct manifest_seal){.version = 1, .step = 12, .pages = 3};
    ASSERT_STATUS(manifest_write(&m, s, &out, &n, &e), ENN_OK, e);
    ASSERT_STATUS(manifest_read(out, n, "t", &got, &chain, &why, &e), ENN_OK, e);
    assert_memory_equal(&got.mark.seal, &m.mark.seal, sizeof m.mark.seal);
    manifest_clear(&got);
    cert_chain_free(chain);
    char *text = calloc(1, n + 1);
    memcpy(text, out, n);
    static const char *const bad[][2] = {{"<step>12</step>", "<step>65536</step>"},
                                         {"<pages>3</pages>", "<pages>0</pages>"},
                                         {"<version>1</version>", "<version>2</version>"},
                                         {"<step>12</step>", ""},
                                         {"</pages>", "</pages><check>00</check>"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *changed = edit(text, bad[i][0], bad[i][1]);
        if (sign_again(changed, s))
            expect_refused(bad[i][1], changed, strlen(changed), ENN_REASON_MANIFEST_FORMAT);
        free(changed);
    }
    manifest_clear(&m);
    signer_free(s);
    free(text);
    free(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(layout_of_every_screen),
        cmocka_unit_test(fields_differ),
        cmocka_unit_test(rows_are_the_cells),
        cmocka_unit_test(rows_forget),
        cmocka_unit_test(lot_key_files),
        cmocka_unit_test(lot_keys_for_somebody),
        cmocka_unit_test(manifest_says_so),
    };
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
