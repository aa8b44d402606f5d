/*
 * mark/: what is embedded, against docs/format.md.
 *
 * The vectors come from testdata/mark/make_vectors.py, a second implementation written from the document;
 * the tile is compared with the formula summed directly; the embedding rule with its promises.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "mark/embed.h"
#include "mark/keystream.h"
#include "mark/tile.h"
#include "test/sim.h"
#include "test/test_tile.h"

static const char VECTORS[] = "testdata/mark/vectors.txt";
enum { N_VECTORS = 3 };

/* ---- reading the vectors ---- */

static char *slurp(const char *file)
{
    FILE *f = fopen(file, "rb");
    if (!f) fail_msg("%s: cannot be opened (run from the top of the source)", file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    size_t n = fread(text, 1, (1 << 16) - 1, f);
    assert_true(n > 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/* The hex digits of field `name` of group `number` (0: before the groups), as values 0 .. 15; exactly n of
 * them. */
static void field(const char *text, int number, const char *name, uint8_t *digits, size_t n)
{
    char head[64];
    snprintf(head, sizeof head, "\nvector: %d\n", number);
    const char *p = number ? strstr(text, head) : text;
    assert_non_null(p);
    snprintf(head, sizeof head, "\n%s:", name);
    p = strstr(p, head);
    assert_non_null(p);
    size_t got = 0;
    for (p += strlen(head); *p && !(*p == '\n' && p[1] != ' '); p++) {
        if (digit(*p) < 0) {
            assert_true(*p == ' ' || *p == '\n');
            continue;
        }
        assert_true(got < n);
        digits[got++] = (uint8_t)digit(*p);
    }
    assert_int_equal(got, n);
}

static void field_bytes(const char *text, int number, const char *name, uint8_t *bytes, size_t n)
{
    uint8_t digits[64];
    assert_true(2 * n <= sizeof digits);
    field(text, number, name, digits, 2 * n);
    for (size_t i = 0; i < n; i++) bytes[i] = (uint8_t)(digits[2 * i] << 4 | digits[2 * i + 1]);
}

static void field_bits(const char *text, int number, const char *name, uint8_t bits[CODE_N])
{
    uint8_t digits[CODE_N / 4];
    field(text, number, name, digits, CODE_N / 4);
    for (int i = 0; i < CODE_N; i++) bits[i] = digits[i / 4] >> (3 - i % 4) & 1;
}

struct vector {
    uint8_t anchor[32], message[PAYLOAD_BYTES];
    struct payload payload;
};

static struct vector vector_read(const char *text, int number)
{
    struct vector v = {.payload.unit = 0};
    uint8_t unit[5];
    field_bytes(text, number, "anchor", v.anchor, 32);
    field_bytes(text, number, "message", v.message, PAYLOAD_BYTES);
    field_bytes(text, number, "lot-id", v.payload.lot_id, LOT_ID_BYTES);
    field_bytes(text, number, "unit", unit, 5);
    for (int i = 0; i < 5; i++) v.payload.unit = v.payload.unit << 8 | unit[i];
    return v;
}

/* ---- vectors ---- */

static void vectors_message_and_code(void **state)
{
    (void)state;
    char *text = slurp(VECTORS);
    for (int n = 1; n <= N_VECTORS; n++) {
        struct vector v = vector_read(text, n);
        uint8_t message[PAYLOAD_BYTES], code[CODE_N], expected[CODE_N];
        payload_pack(&v.payload, message);
        assert_memory_equal(message, v.message, PAYLOAD_BYTES);
        code_encode(message, code);
        field_bits(text, n, "code", expected);
        assert_memory_equal(code, expected, CODE_N);
    }
    free(text);
}

static void vectors_information_set(void **state)
{
    (void)state;
    char *text = slurp(VECTORS);
    uint8_t expected[CODE_N], got[CODE_N] = {0};
    field_bits(text, 0, "information", expected);
    for (int i = 0; i < PAYLOAD_BITS; i++) got[code_info[i]] = 1;
    assert_memory_equal(got, expected, CODE_N);
    free(text);
}

static void vectors_mapping(void **state)
{
    (void)state;
    char *text = slurp(VECTORS);
    struct carrier *c = malloc(sizeof *c);
    for (int n = 1; n <= N_VECTORS; n++) {
        struct vector v = vector_read(text, n);
        uint8_t place[48], expected[CODE_N];
        int8_t chips[CODE_N];
        carrier_init(c, v.anchor);
        field(text, n, "place", place, 48);
        for (int i = 0; i < 16; i++)
            assert_int_equal(c->chip_of_bit[i], place[3 * i] << 8 | place[3 * i + 1] << 4 | place[3 * i + 2]);
        field_bits(text, n, "flip", expected);
        assert_memory_equal(c->flip, expected, CODE_N);
        carrier_chips(c, v.message, chips);
        field_bits(text, n, "chips", expected);
        for (int i = 0; i < CODE_N; i++) assert_int_equal(chips[i], expected[i] ? -1 : 1);
    }
    free(c);
    free(text);
}

static void vectors_tile(void **state)
{
    (void)state;
    char *text = slurp(VECTORS);
    for (int n = 1; n <= N_VECTORS; n++) {
        struct vector v = vector_read(text, n);
        struct tile *t = tile_of(v.anchor, v.message);
        for (int band = 0; band < TILE_BANDS; band++) {
            uint8_t d[4 * 256];
            field(text, n, band == TILE_INK ? "tile" : "paper", d, sizeof d);
            for (int i = 0; i < 256; i++) {
                int expected =
                    (int16_t)(d[4 * i] << 12 | d[4 * i + 1] << 8 | d[4 * i + 2] << 4 | d[4 * i + 3]);
                assert_in_range(t->s[band][i / 16 * 32][i % 16 * 32] - expected + 1, 0, 2);
            }
        }
        free(t);
    }
    free(text);
}

/* ---- key stream ---- */

/* RFC 8439 section 2.3.2: key 00..1f, nonce 000000090000004a00000000, and the block of counter 1. */
static void chacha20_of_the_rfc(void **state)
{
    (void)state;
    static const uint32_t block[16] = {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3, 0xc7f4d1c7, 0x0368c033,
                                       0x9aaa2204, 0x4e6cd4c3, 0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
                                       0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2};
    uint8_t key[32];
    for (int i = 0; i < 32; i++) key[i] = (uint8_t)i;
    struct keystream k;
    keystream_init(&k, key, "\0\0\0\x09\0\0\0\x4a\0\0\0");
    for (int i = 0; i < 16; i++) keystream_u32(&k); /* the block of counter 0 */
    for (int i = 0; i < 16; i++) assert_int_equal(keystream_u32(&k), block[i]);
}

/* Uniform by rejection: every residue as often as the others (chi-square, 6 degrees of freedom, 1 in 10^6
 * at 38.3). */
static void below_is_uniform(void **state)
{
    (void)state;
    struct keystream k;
    int count[7] = {0};
    keystream_init(&k, (const uint8_t[32]){1}, "test-below-7");
    for (int i = 0; i < 70000; i++) count[keystream_below(&k, 7)]++;
    double chi = 0;
    for (int i = 0; i < 7; i++) chi += (count[i] - 1e4) * (count[i] - 1e4) / 1e4;
    assert_true(chi < 38.3);
    int low = 0; /* of 3 * 2^30 a third is below 2^30: without rejection it would be a half */
    for (int i = 0; i < 3000; i++) low += keystream_below(&k, 0xc0000000) < 0x40000000;
    assert_true(abs(low - 1000) < 5 * 26);
    for (int i = 0; i < 100; i++) assert_int_equal(keystream_below(&k, 1), 0);
}

/* ---- payload ---- */

static void crc_check_value(void **state)
{
    (void)state;
    assert_int_equal(payload_crc24((const uint8_t *)"123456789", 9), 0x4f9fd0);
    assert_int_equal(payload_crc24(NULL, 0), 0xffffff);
}

static void payload_round_trip(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 200; n++) {
        struct payload p = {.unit = sim_random(1, 100 * n) & 0xffffffffff}, q;
        uint8_t message[PAYLOAD_BYTES];
        for (int i = 0; i < LOT_ID_BYTES; i++)
            p.lot_id[i] = (uint8_t)sim_random(1, 100 * n + 1 + (uint64_t)i);
        payload_pack(&p, message);
        assert_int_equal(payload_unpack(message, &q), 1);
        assert_memory_equal(q.lot_id, p.lot_id, LOT_ID_BYTES);
        assert_int_equal(q.unit, p.unit);
    }
}

static void payload_wrong_bits_are_refused(void **state)
{
    (void)state;
    struct payload p = {.lot_id = "0123456789", .unit = 12345}, q;
    uint8_t good[PAYLOAD_BYTES], bad[PAYLOAD_BYTES];
    payload_pack(&p, good);
    for (int a = 0; a < PAYLOAD_BITS; a++)
        for (int b = a; b < PAYLOAD_BITS; b++) { /* one and two wrong bits */
            memcpy(bad, good, sizeof bad);
            bad[a / 8] ^= (uint8_t)(0x80 >> a % 8);
            if (b > a) bad[b / 8] ^= (uint8_t)(0x80 >> b % 8);
            assert_int_equal(payload_unpack(bad, &q), 0);
        }
    for (int byte = 0; byte < 19; byte++) { /* version, kind and reserved bits, even with a CRC that fits */
        if (byte >= 1 && byte < 16) continue;
        for (int bit = 0; bit < 8; bit++) {
            memcpy(bad, good, sizeof bad);
            bad[byte] ^= (uint8_t)(1 << bit);
            uint32_t crc = payload_crc24(bad, 19);
            for (int i = 0; i < 3; i++) bad[19 + i] = (uint8_t)(crc >> (16 - 8 * i));
            assert_int_equal(payload_unpack(bad, &q), 0);
        }
    }
}

/* ---- carrier and tile ---- */

static void carrier_is_a_permutation_in_the_band(void **state)
{
    (void)state;
    struct carrier *c = malloc(sizeof *c), *other = malloc(sizeof *other);
    uint8_t seen[CODE_N] = {0};
    double power = 0;
    int moved = 0, flips = 0;
    carrier_init(c, (const uint8_t[32]){1});
    carrier_init(other, (const uint8_t[32]){2});
    for (int i = 0; i < CODE_N; i++) {
        assert_int_equal(seen[c->chip_of_bit[i]]++, 0);
        moved += c->chip_of_bit[i] != other->chip_of_bit[i];
        flips += c->flip[i] != other->flip[i];
    }
    assert_true(moved > CODE_N - 20);              /* two random permutations agree once on average */
    assert_true(abs(flips - CODE_N / 2) < 6 * 32); /* six standard deviations */
    for (int j = 0; j < CARRIER_BINS; j++) {
        int kx = c->bins[j].kx, ky = c->bins[j].ky, r2 = kx * kx + ky * ky;
        assert_true(ky > 0 || (ky == 0 && kx > 0));
        assert_true(r2 >= 100 && r2 <= 1418 && abs(kx) < BIN_MAX && ky < BIN_MAX);
        for (int i = 0; i < N_PILOTS; i++)
            assert_false(carrier_pilots[i].kx == kx && carrier_pilots[i].ky == ky);
        power += (double)c->amplitude[j] * c->amplitude[j];
    }
    double pilots = N_PILOTS * carrier_pilot_amplitude() * carrier_pilot_amplitude() / 2;
    assert_true(fabs(power + pilots - 1) < 1e-5 && fabs(pilots - 0.4) < 1e-9);
    free(c);
    free(other);
}

/* s(u) as the document has it. */
static double direct(const struct carrier *c, const int8_t *chips, enum tile_band band, double x, double y)
{
    double s = 0;
    for (int j = 0; j < CARRIER_BINS; j++) {
        if (band == TILE_PAPER && hypot(c->bins[j].kx, c->bins[j].ky) > PAPER_RADIUS) continue;
        double t = 2 * M_PI * (c->bins[j].kx * x + c->bins[j].ky * y) / TILE_MM;
        s += c->amplitude[j] * (chips[2 * j] * cos(t) - chips[2 * j + 1] * sin(t));
    }
    for (int i = 0; i < N_PILOTS; i++)
        s +=
            carrier_pilot_amplitude() * cos(2 * M_PI *
                                            ((carrier_pilots[i].kx * x + carrier_pilots[i].ky * y) / TILE_MM +
                                             carrier_pilots[i].phase / 16.0));
    if (band == TILE_PAPER) s *= tile_paper_gain(c);
    return fmax(-TILE_PEAK, fmin(TILE_PEAK, s));
}

static void tile_is_the_direct_sum(void **state)
{
    (void)state;
    struct payload p = {.lot_id = "abcdefghij", .unit = 7};
    uint8_t message[PAYLOAD_BYTES], anchor[32] = {9};
    int8_t chips[CODE_N];
    payload_pack(&p, message);
    struct tile *t = tile_of(anchor, message);
    struct carrier *c = malloc(sizeof *c);
    carrier_init(c, anchor);
    carrier_chips(c, message, chips);
    for (uint64_t n = 0; n < 300; n++) {
        unsigned x = sim_random(2, n) % TILE_SIDE, y = sim_random(3, n) % TILE_SIDE;
        enum tile_band band = n & 1 ? TILE_PAPER : TILE_INK;
        double s = TILE_UNIT * direct(c, chips, band, x * TILE_MM / TILE_SIDE, y * TILE_MM / TILE_SIDE), v = t->s[band][y][x];
        if (band == TILE_INK)
            assert_true(fabs(v - s) < 0.51);
        else /* levelled */
            assert_true(v * s >= 0 && fabs(v) <= 1.33 * fabs(s) + 1 && fabs(v) > 0.55 * fabs(s) - 1);
    }
    free(c);
    free(t);
}

/* The tint that paper would carry, averaged over some 1.5 mm, is nowhere a quarter above its mean (1.16 times it is measured;
 * 1.5 times without levelling). */
static void paper_is_level(void **state)
{
    (void)state;
    struct payload p = {.lot_id = "abcdefghij", .unit = 8};
    uint8_t message[PAYLOAD_BYTES];
    payload_pack(&p, message);
    struct tile *t = tile_of((const uint8_t[32]){6}, message);
    double most = 0, sum = 0;
    for (int y = 0; y < TILE_SIDE; y += 8)
        for (int x = 0; x < TILE_SIDE; x += 8) {
            double tint = 0, weight = 0;
            for (int b = -48; b <= 48; b += 2)
                for (int a = -48; a <= 48; a += 2) {
                    double w = exp(-(a * a + b * b) / (2 * 17.5 * 17.5));
                    double s = t->s[TILE_PAPER][(y + b) & (TILE_SIDE - 1)][(x + a) & (TILE_SIDE - 1)] / (double)TILE_UNIT;
                    tint += w * fmax(0, fmin(s, 1.8) - 0.1);
                    weight += w;
                }
            most = fmax(most, tint / weight);
            sum += tint / weight / (TILE_SIDE / 8 * TILE_SIDE / 8);
        }
    print_message("  paper: tint %.3f on average, %.3f at most\n", sum, most);
    assert_true(most < 1.25 * sum && sum > 0.32 && sum < 0.35);
    free(t);
}

/* Ink: mean 0; power 1 less the 4.9 % that clipping takes from a normal signal; the peak as promised to the ink
 * model. */
static void tile_power_and_peak(void **state)
{
    (void)state;
    struct payload p = {.lot_id = "abcdefghij"};
    uint8_t message[PAYLOAD_BYTES];
    payload_pack(&p, message);
    struct tile *t = tile_of((const uint8_t[32]){5}, message);
    for (int band = 0; band < TILE_BANDS; band++) {
        double mean = 0, power = 0, n = TILE_SIDE * TILE_SIDE;
        int peak = 0;
        for (int i = 0; i < TILE_SIDE * TILE_SIDE; i++) {
            int v = t->s[band][i / TILE_SIDE][i % TILE_SIDE];
            mean += v / (TILE_UNIT * n);
            power += (double)v * v / (TILE_UNIT * (double)TILE_UNIT * n);
            if (abs(v) > peak) peak = abs(v);
        }
        print_message("  band %d: mean %.4f, power %.3f\n", band, mean, power);
        assert_true(fabs(mean) < (band == TILE_INK ? 0.005 : 0.05));
        assert_true(band == TILE_INK ? power > 0.935 && power < 0.965 : power > 0.91 && power < 0.955);
        assert_true(peak <= lrint(TILE_UNIT * TILE_PEAK) && peak > 2 * TILE_UNIT);
    }
    assert_true(TILE_PEAK <= INK_PEAK + 1e-6);
    free(t);
}

static void tile_rows_are_where_they_should_be(void **state)
{
    (void)state;
    enum { WIDE = 5000 };
    struct payload p = {.lot_id = "abcdefghij"};
    uint8_t message[PAYLOAD_BYTES];
    int16_t *row = malloc(sizeof *row * WIDE), *again = malloc(sizeof *again * WIDE);
    payload_pack(&p, message);
    struct tile *t = tile_of((const uint8_t[32]){5}, message);
    const double sample = TILE_MM / TILE_SIDE;
    tile_row(t, TILE_INK, 3.5 * sample, 0.5 * sample, sample, WIDE, row); /* one sample to a pixel */
    for (int i = 0; i < WIDE; i++) assert_int_equal(row[i], t->s[TILE_INK][3][i % TILE_SIDE]);
    tile_row(t, TILE_INK, 3.5 * sample - 4 * TILE_MM, 0.5 * sample + 9 * TILE_MM, sample, WIDE, again);
    assert_memory_equal(row, again, sizeof *row * WIDE);
    for (double dpi = 72; dpi <= 2400;
         dpi *= 1.7) { /* the sample at or before the place, to 0.02 of a sample */
        double dx = 25.4 / dpi;
        tile_row(t, TILE_PAPER, 100.5 * sample, 0.5 * dx, dx, WIDE, row);
        for (int i = 0; i < WIDE; i++) {
            double at = (i + 0.5) * dx / sample;
            long a = (long)floor(at - 0.02), b = (long)floor(at + 0.02);
            assert_true(row[i] == t->s[TILE_PAPER][100][a % TILE_SIDE] ||
                        row[i] == t->s[TILE_PAPER][100][b % TILE_SIDE]);
        }
    }
    free(t);
    free(row);
    free(again);
}

static void tile_lines_follow_any_direction(void **state)
{
    (void)state;
    enum { LONG = 3000 };
    struct payload p = {.lot_id = "abcdefghij"};
    uint8_t message[PAYLOAD_BYTES];
    int16_t line[LONG], row[LONG];
    payload_pack(&p, message);
    struct tile *t = tile_of((const uint8_t[32]){5}, message);
    const double sample = TILE_MM / TILE_SIDE;
    tile_row(t, TILE_PAPER, 7.3, 1.1, 0.083, LONG, row);
    tile_line(t, TILE_PAPER, 1.1, 7.3, 0.083, 0, LONG, line);
    assert_memory_equal(row, line, sizeof row);
    tile_line(t, TILE_INK, 20.5 * sample, 3.5 * sample, 0, sample, LONG, line); /* down a column */
    for (int i = 0; i < LONG; i++) assert_int_equal(line[i], t->s[TILE_INK][(3 + i) % TILE_SIDE][20]);
    for (int turn = 1; turn < 8; turn++) { /* the sample at or before the place, to 0.02 of a sample */
        double dx = 0.1 * cos(turn * M_PI / 3.7), dy = 0.1 * sin(turn * M_PI / 3.7);
        tile_line(t, TILE_INK, 0.31, 0.47, dx, dy, LONG, line);
        for (int i = 0; i < LONG; i++) {
            double x = (0.31 + i * dx) / sample, y = (0.47 + i * dy) / sample;
            int found = 0;
            for (int k = 0; k < 4; k++) {
                long a = (long)floor(x + (k & 1 ? 0.02 : -0.02)), b = (long)floor(y + (k & 2 ? 0.02 : -0.02));
                found |= line[i] == t->s[TILE_INK][b & (TILE_SIDE - 1)][a & (TILE_SIDE - 1)];
            }
            assert_true(found);
        }
    }
    free(t);
}

/* ---- embedding ---- */

enum { PIXELS = TILE_SIDE };

struct strip {
    struct ink_step step[PIXELS];
    uint8_t kind[PIXELS], tint[PIXELS], white[PIXELS];
    int16_t s[PIXELS], paper[PIXELS];
    uint16_t before[PIXELS * 5], after[PIXELS * 5]; /* 8 bits: the same memory as bytes */
};

/* Five samples to a pixel (a spot ink after CMYK), every kind of pixel, random levels that leave room. */
static void strip_fill(struct strip *t, unsigned bits, uint64_t seed)
{
    for (uint64_t i = 0; i < PIXELS; i++) {
        t->kind[i] = (uint8_t)(sim_random(seed, 4 * i) % 3);
        t->tint[i] =
            sim_random(seed, 4 * i + 1) % 4 ? 255 : (uint8_t)(sim_random(seed, 4 * i + 1) >> 32 & 127);
        t->white[i] = sim_random(seed, 4 * i + 2) % 5 ? 200 : 0;
        t->s[i] = (int16_t)lrint(TILE_UNIT * fmax(-2.2, fmin(2.2, sim_normal(seed, 4 * i + 3))));
        t->paper[i] = (int16_t)lrint(TILE_UNIT * fmax(-2.2, fmin(2.2, sim_normal(seed + 9, i))));
        t->step[i] = (struct ink_step){{(int16_t)-70, 35, 640, 0}};
        if (t->kind[i] == INK_WHITE) t->step[i] = (struct ink_step){{0, 0, 1900, 0}};
        for (uint64_t c = 0; c < 5; c++) {
            unsigned v = t->kind[i] == INK_WHITE ? 0 : 60 + sim_random(seed + 1, 5 * i + c) % 120;
            if (bits == 16)
                t->before[5 * i + c] = (uint16_t)(v * 257);
            else
                ((uint8_t *)t->before)[5 * i + c] = (uint8_t)v;
        }
    }
    memcpy(t->after, t->before, sizeof t->after);
}

static int level(const uint16_t *samples, unsigned bits, size_t i)
{
    return bits == 16 ? samples[i] : ((const uint8_t *)samples)[i];
}

static void embedding_follows_the_rule(void **state)
{
    (void)state;
    struct strip *t = malloc(sizeof *t);
    for (unsigned bits = 8; bits <= 16; bits += 8) {
        strip_fill(t, bits, bits);
        struct embed_row r = {t->step, t->kind, t->tint, t->white, t->s, t->paper, PIXELS, 4, 5, bits};
        struct embed_sums sums = {{0}, {0}, 0};
        size_t changed = embed_row(&r, t->after, &sums), seen = 0;
        int64_t moved[4] = {0}, tinted = 0;
        for (size_t i = 0; i < PIXELS; i++) {
            double s = t->s[i] / (double)TILE_UNIT, g = t->tint[i] / 255.0;
            if (t->kind[i] == INK_WHITE)
                s = fmax(0, fmin(t->paper[i] / (double)TILE_UNIT, 1.8) - 0.1), g = t->white[i] / 255.0;
            int any = 0;
            for (size_t c = 0; c < 5; c++) {
                int d = level(t->after, bits, 5 * i + c) - level(t->before, bits, 5 * i + c);
                double expected = t->kind[i] == INK_NONE || c == 4
                                      ? 0
                                      : g * s * t->step[i].d[c] / INK_UNIT * (bits == 16 ? 257 : 1);
                if (expected == 0) assert_int_equal(d, 0);
                assert_true(fabs(d - expected) <= (bits == 16 ? 0.51 : 0.501));
                any |= d != 0;
                if (c < 4) moved[c] += d;
                if (t->kind[i] == INK_WHITE) tinted += d;
            }
            seen += (size_t)any;
        }
        assert_int_equal(changed, seen);
        for (size_t c = 0; c < 4; c++) assert_int_equal(sums.change[c], moved[c]);
        assert_int_equal(sums.paper[2], tinted);
        assert_true(changed > PIXELS / 3);
    }
    free(t);
}

static void white_is_left_alone_when_told(void **state)
{
    (void)state;
    struct strip *t = malloc(sizeof *t);
    strip_fill(t, 8, 3);
    for (size_t i = 0; i < PIXELS; i++) t->kind[i] = INK_WHITE;
    struct embed_row r = {t->step, t->kind, t->tint, NULL, t->s, t->paper, PIXELS, 4, 5, 8};
    assert_int_equal(embed_row(&r, t->after, NULL), 0);
    assert_memory_equal(t->before, t->after, sizeof t->after);
    free(t);
}

/* Four interleaved channels take a path of their own: the same samples, sums and count as the general one. */
static void four_channels_are_moved_alike(void **state)
{
    (void)state;
    struct strip *t = malloc(sizeof *t);
    uint8_t *four = malloc(PIXELS * 4);
    strip_fill(t, 8, 21);
    struct embed_row r = {t->step, t->kind, t->tint, t->white, t->s, t->paper, PIXELS, 4, 5, 8};
    struct embed_sums a = {{0}, {0}, 0}, b = {{0}, {0}, 0};
    for (size_t i = 0; i < PIXELS; i++)
        for (size_t c = 0; c < 4; c++) four[4 * i + c] = (uint8_t)level(t->before, 8, 5 * i + c);
    size_t changed = embed_row(&r, t->after, &a);
    r.samples_per_pixel = 4;
    assert_int_equal(embed_row(&r, four, &b), changed);
    assert_memory_equal(&a, &b, sizeof a);
    for (size_t i = 0; i < PIXELS; i++)
        for (size_t c = 0; c < 4; c++) assert_int_equal(four[4 * i + c], level(t->after, 8, 5 * i + c));
    assert_true(changed > PIXELS / 10 && a.paper_pixels > 0);
    free(four);
    free(t);
}

/* Over a whole tile at full gain the mean of every ink stays: within 0.1 % of full coverage, docs/format.md
 * 9. */
static void means_stay(void **state)
{
    (void)state;
    struct payload p = {.lot_id = "abcdefghij"};
    uint8_t message[PAYLOAD_BYTES];
    struct strip *t = malloc(sizeof *t);
    payload_pack(&p, message);
    struct tile *tile = tile_of((const uint8_t[32]){8}, message);
    double shift[4] = {0}, rms = 0;
    for (int i = 0; i < PIXELS; i++) {
        t->kind[i] = INK_TINT;
        t->tint[i] = 255;
        t->step[i] = (struct ink_step){{-50, 20, 600, -9}};
    }
    for (int y = 0; y < TILE_SIDE; y++) {
        uint8_t samples[PIXELS][4];
        memset(samples, 128, sizeof samples);
        tile_row(tile, TILE_INK, (y + 0.5) * TILE_MM / TILE_SIDE, 0, TILE_MM / TILE_SIDE, PIXELS, t->s);
        struct embed_row r = {t->step, t->kind, t->tint, NULL, t->s, t->paper, PIXELS, 4, 4, 8};
        embed_row(&r, samples, NULL);
        for (int i = 0; i < PIXELS; i++) {
            for (int c = 0; c < 4; c++) shift[c] += (samples[i][c] - 128) / 255.0 / (PIXELS * PIXELS);
            rms += pow(samples[i][2] - 128, 2) / (PIXELS * PIXELS);
        }
    }
    for (int c = 0; c < 4; c++) assert_true(fabs(shift[c]) < 1e-3);
    assert_true(fabs(sqrt(rms) - 600.0 / INK_UNIT) < 0.3);
    free(tile);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_message_and_code),
        cmocka_unit_test(vectors_information_set),
        cmocka_unit_test(vectors_mapping),
        cmocka_unit_test(vectors_tile),
        cmocka_unit_test(chacha20_of_the_rfc),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(crc_check_value),
        cmocka_unit_test(payload_round_trip),
        cmocka_unit_test(payload_wrong_bits_are_refused),
        cmocka_unit_test(carrier_is_a_permutation_in_the_band),
        cmocka_unit_test(tile_is_the_direct_sum),
        cmocka_unit_test(paper_is_level),
        cmocka_unit_test(tile_power_and_peak),
        cmocka_unit_test(tile_rows_are_where_they_should_be),
        cmocka_unit_test(tile_lines_follow_any_direction),
        cmocka_unit_test(embedding_follows_the_rule),
        cmocka_unit_test(white_is_left_alone_when_told),
        cmocka_unit_test(four_channels_are_moved_alike),
        cmocka_unit_test(means_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
