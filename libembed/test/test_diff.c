/*
 * The stages of the comparison, each against what is known of it: the published colour differences, shifts,
 * regions, a mark found in a difference.
 */
#include "test/test_trust_common.h"
#include "test/sim.h"
#include "diff/pilots.h"
#include "diff/align.h"
#include "diff/colour.h"
#include "diff/marking.h"
#include "diff/register.h"
#include "diff/regions.h"
#include "diff/rows.h"
#include "diff/unfold.h"
#include "mark/tile.h"
#include <math.h>

/* From the supplementary data of Sharma, Wu and Dalal (2005): L a b, L a b, difference. */
static void ciede2000_is_as_published(void **state)
{
    static const float t[][7] = {
        {50, 2.6772f, -79.7751f, 50, 0, -82.7485f, 2.0425f},
        {50, 3.1571f, -77.2803f, 50, 0, -82.7485f, 2.8615f},
        {50, -1.3802f, -84.2814f, 50, 0, -82.7485f, 1.0000f},
        {50, 0, 0, 50, -1, 2, 2.3669f},
        {50, 2.4900f, -0.0010f, 50, -2.4900f, 0.0009f, 7.1792f},
        {50, 2.4900f, -0.0010f, 50, -2.4900f, 0.0011f, 7.2195f},
        {50, 2.5000f, 0, 73, 25, -18, 27.1492f},
        {50, 2.5000f, 0, 58, 24, 15, 19.4535f},
        {60.2574f, -34.0099f, 36.2677f, 60.4626f, -34.1751f, 39.4387f, 1.2644f},
        {63.0109f, -31.0961f, -5.8663f, 62.8187f, -29.7946f, -4.0864f, 1.2630f},
        {22.7233f, 20.0904f, -46.6940f, 23.0331f, 14.9730f, -42.5619f, 2.0373f},
        {90.8027f, -2.0831f, 1.4410f, 91.1528f, -1.6435f, 0.0447f, 1.4441f},
        {6.7747f, -0.2908f, -2.4247f, 5.8714f, -0.0985f, -2.2286f, 0.6377f},
        {2.0776f, 0.0795f, -1.1350f, 0.9033f, -0.0636f, -0.5514f, 0.9082f},
    };
    (void)state;
    for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
        assert_float_equal(colour_difference(t[i], t[i] + 3), t[i][6], 2e-3);
        assert_float_equal(colour_difference(t[i] + 3, t[i]), t[i][6], 2e-3);
    }
}

static void table_agrees_with_profile(void **state)
{
    struct profile *p;
    struct colour_table *t;
    struct enn_error e = {0};
    (void)state;
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, &e), ENN_OK);
    assert_int_equal(colour_new(&t, PRESS_CMYK, p, &e), ENN_OK);
    for (uint64_t i = 0; i < 500; i++) {
        uint8_t v[4];
        float device[4], exact[3], table[3];
        for (uint64_t c = 0; c < 4; c++) {
            v[c] = (uint8_t)(256 * sim_uniform(1, 4 * i + c));
            device[c] = v[c] / 255.f;
        }
        profile_to_lab(p, device, 1, exact);
        colour_lab(t, v, 8, table);
        assert_true(colour_difference(exact, table) < 1.0f);
    }
    colour_free(t);
    profile_free(p);
}

/* A smooth random picture, sampled with an offset. */
static double picture(double x, double y)
{
    double v = 128;
    for (uint64_t k = 0; k < 60; k++) {
        double fx = 0.4 * (sim_uniform(7, 3 * k) - 0.5), fy = 0.4 * (sim_uniform(7, 3 * k + 1) - 0.5);
        v += 12 * cos(2 * M_PI * (fx * x + fy * y + sim_uniform(7, 3 * k + 2)));
    }
    return v;
}

static void fill(uint8_t *to, double shift_x, double shift_y)
{
    for (int y = 0; y < REGISTER_SIDE; y++)
        for (int x = 0; x < REGISTER_SIDE; x++)
            to[y * REGISTER_SIDE + x] = (uint8_t)fmax(0, fmin(255, picture(x - shift_x, y - shift_y) + 0.5));
}

static void shifts_are_found(void **state)
{
    static const double shifts[][2] = {{0, 0}, {1, 0}, {-3, 7}, {0.5, -0.25}, {20.3, -11.7}, {60, 40}};
    uint8_t *a = malloc(REGISTER_SIDE * REGISTER_SIDE), *b = malloc(REGISTER_SIDE * REGISTER_SIDE);
    (void)state;
    fill(a, 0, 0);
    for (size_t i = 0; i < sizeof shifts / sizeof *shifts; i++) {
        struct shift s;
        fill(b, shifts[i][0], shifts[i][1]);
        assert_int_equal(register_pair(a, b, &s), 0);
        assert_float_equal(s.x, shifts[i][0], 0.05);
        assert_float_equal(s.y, shifts[i][1], 0.05);
        assert_true(s.quality > REGISTER_LEAST);
    }
    struct shift s;
    memset(b, 200, REGISTER_SIDE * REGISTER_SIDE);
    assert_int_equal(register_pair(b, b, &s), 0);
    assert_true(s.quality < REGISTER_LEAST);
    free(a);
    free(b);
}

static void most_places_agree_on_a_shift(void **state)
{
    const struct shift s[] = {{5, 0, 0.4}, {5.1, 0.1, 0.5}, {-40, 3, 0.9}, {4.9, -0.1, 0.4}, {0, 0, 0.01}};
    struct shift got = register_agree(s, 5);
    (void)state;
    assert_float_equal(got.x, 5, 0.1);
    assert_float_equal(got.y, 0, 0.1);
    got = register_agree(s + 4, 1);
    assert_true(got.quality == 0);
}

/* A page of letters: cells of one letter touch nearly, two words do not; a dot is too small. */
static void regions_join_and_part(void **state)
{
    static const char *const page[] = {
        ".x.x..xx..............xx.......",  ".xxx..x...............xxx......",
        "...............................",  "...............................",
        "...............................",  "...............................",
        "x...............................", "...............................",
        "..............................x",
    };
    const struct region_options o = {
        .columns = 31, .px_mm_x = 0.1, .px_mm_y = 0.1, .min_area = 0.02, .keep = 2};
    const float white[3] = {100, 0, 0}, black[3] = {0, 0, 0};
    struct regions *r;
    struct enn_error e = {0};
    const struct cell_sum *sums;
    uint32_t n;
    (void)state;
    assert_int_equal(regions_new(&r, &o, &e), ENN_OK);
    for (uint32_t y = 0; y < 9; y++) {
        struct cell_sum cells[31] = {{0}};
        for (uint32_t x = 0; x < 31; x++)
            if (page[y][x] == 'x') cell_sum_pixel(&cells[x], x, y, white, black, 100);
        assert_int_equal(regions_row(r, cells, &e), ENN_OK);
    }
    assert_int_equal(regions_finish(r, &sums, &n, &e), ENN_OK);
    assert_int_equal(n, 2);
    assert_int_equal(sums[0].n, 8);
    assert_int_equal(sums[0].x0, 1);
    assert_int_equal(sums[0].x1, 8);
    assert_int_equal(sums[0].y1, 2);
    assert_int_equal(sums[1].n, 5);
    assert_int_equal(sums[1].x0, 22);
    assert_int_equal(regions_small_pixels(r), 2);
    assert_int_equal(regions_kind(&sums[1], 0.3, 0.2), ENN_CHANGE_ADDED);
    regions_free(r);
}

/* A field laid over type is added, and taken off again removed; type taken from a dark ground is removed, although that is darker then. */
static void what_covers_type_is_added(void **state)
{
    (void)state;
    const float paper[3] = {98, 0, 0}, type[3] = {20, 0, 0}, field[3] = {55, 60, 40}, ground[3] = {40, 0, -30};
    struct cell_sum over = {0}, off = {0}, reversed = {0};
    for (uint32_t i = 0; i < 100; i++) {
        cell_sum_pixel(&over, i, 0, i % 5 ? paper : type, field, 50);
        cell_sum_pixel(&off, i, 0, field, i % 5 ? paper : type, 50);
        cell_sum_pixel(&reversed, i, 0, i % 10 ? ground : paper, ground, 50);
    }
    assert_int_equal(regions_kind(&over, 5, 5), ENN_CHANGE_ADDED);
    assert_int_equal(regions_kind(&off, 5, 5), ENN_CHANGE_REMOVED);
    assert_int_equal(regions_kind(&reversed, 5, 5), ENN_CHANGE_REMOVED);
}

/* Only the largest are kept, in the order of the page, and all are counted. */
static void the_largest_regions_are_kept(void **state)
{
    const struct region_options o = {.columns = 400, .px_mm_x = 1, .px_mm_y = 1, .min_area = 0, .keep = 10};
    const float white[3] = {100, 0, 0}, black[3] = {0, 0, 0};
    struct regions *r;
    struct enn_error e = {0};
    const struct cell_sum *sums;
    uint32_t n;
    (void)state;
    assert_int_equal(regions_new(&r, &o, &e), ENN_OK);
    for (uint32_t y = 0; y < 60; y++) {
        struct cell_sum cells[400] = {{0}};
        for (uint32_t x = 0; x < 400 && y % 6 == 0; x += 8)
            cell_sum_pixel(&cells[x], x, y, white, black, x == 200 ? 50.f : (float)(1 + x % 7));
        assert_int_equal(regions_row(r, cells, &e), ENN_OK);
    }
    assert_int_equal(regions_finish(r, &sums, &n, &e), ENN_OK);
    assert_int_equal(n, 10);
    assert_int_equal(regions_all(r), 500);
    for (uint32_t i = 0; i < n; i++) {
        assert_int_equal(sums[i].x0, 200);
        assert_int_equal(sums[i].y0, 6 * i);
    }
    regions_free(r);
}

/* A strip of 1.2 mm of a tile, and the same without the pilots: the one says how strong the mark is, the other nothing. */
static void pilots_are_seen_in_a_strip(void **state)
{
    static const uint8_t anchor[32] = {1};
    const int8_t none[CODE_N] = {0};
    struct carrier *c = malloc(sizeof *c);
    struct tile *mark = malloc(sizeof *mark), *pilots = malloc(sizeof *pilots);
    float *sum = calloc(TILE_SIDE * TILE_SIDE, sizeof *sum), *weights = calloc(TILE_SIDE * TILE_SIDE, sizeof *weights);
    int8_t chips[CODE_N];
    (void)state;
    assert_true(c && mark && pilots && sum && weights);
    carrier_init(c, anchor);
    tile_render(pilots, c, none);
    for (uint64_t seed = 1; seed <= 8; seed++) {
        for (uint64_t i = 0; i < CODE_N; i++) chips[i] = sim_random(seed, i) & 1 ? 1 : -1;
        tile_render(mark, c, chips);
        for (int without = 0; without < 2; without++) {
            for (int i = (int)seed * 32 * TILE_SIDE, n = 0; n < 32 * TILE_SIDE; i++, n++) {
                int x = i % TILE_SIDE, y = i / TILE_SIDE;
                float s = (float)(mark->s[TILE_INK][y][x] - (without ? pilots->s[TILE_INK][y][x] : 0)) / TILE_UNIT;
                weights[i] = (float)(1 + n % 3);
                sum[i] = weights[i] * (0.5f * s + 0.2f); /* half a mark, and all of it darker */
            }
            struct pilot_match m = pilots_match(sum, weights, pilots, TILE_INK, 1);
            if (without)
                assert_true(fabs(m.deviations) < 4);
            else
                assert_true(m.deviations > 4 && m.strength > 0.3 && m.strength < 0.7);
        }
        memset(weights, 0, TILE_SIDE * TILE_SIDE * sizeof *weights);
        memset(sum, 0, TILE_SIDE * TILE_SIDE * sizeof *sum);
    }
    struct pilot_match nothing = pilots_match(sum, weights, pilots, TILE_INK, 1);
    assert_true(nothing.strength == 0 && nothing.deviations == 0);
    free(c);
    free(mark);
    free(pilots);
    free(sum);
    free(weights);
}

static struct artwork *open_picture(const char *name, uint32_t width, uint32_t height, struct sim_image *m)
{
    char path[512];
    struct artwork *a;
    struct enn_error e = {0};
    snprintf(path, sizeof path, "%s/%s.tif", test_dir, name);
    assert_int_equal(sim_image_new(m, width, height, 4, 300 / 25.4), 0);
    for (int i = 0; i < 2; i++) { /* the encoder's predictor works in place */
        for (uint64_t k = 0; k < (uint64_t)width * height * 4; k++) m->data[k] = (uint8_t)sim_random(3, k);
        if (!i) assert_int_equal(sim_tiff_write(path, m), 0);
    }
    ASSERT_STATUS(artwork_open(path, NULL, &a, &e), ENN_OK, e);
    return a;
}

static void rows_come_in_order_and_may_stop(void **state)
{
    struct sim_image m;
    struct artwork *a = open_picture("rows", 300, 3000, &m);
    struct rows *r;
    struct enn_error e = {0};
    const void *row;
    (void)state;
    ASSERT_STATUS(rows_open(a, 0, 1 << 30, NULL, &r, &e), ENN_OK, e);
    for (uint32_t y = 0; y < 3000; y++) {
        ASSERT_STATUS(rows_next(r, &row, &e), ENN_OK, e);
        assert_memory_equal(row, m.data + y * 1200, 1200);
    }
    assert_int_equal(rows_next(r, &row, &e), ENN_INTERNAL);
    rows_close(r);
    ASSERT_STATUS(rows_open(a, 0, 1 << 30, NULL, &r, &e), ENN_OK, e);
    ASSERT_STATUS(rows_next(r, &row, &e), ENN_OK, e);
    rows_close(r);
    assert_int_equal(rows_open(a, 0, 60000, NULL, &r, &e), ENN_LIMIT);
    artwork_close(a);
    sim_image_free(&m);
}

/* A page that fits is decoded once: the second time its rows come from memory, whatever the file holds by then. */
static void rows_that_fit_are_decoded_once(void **state)
{
    struct sim_image m, other;
    struct artwork *a = open_picture("once", 300, 3000, &m), *b = open_picture("other", 300, 3000, &other);
    struct rows_kept kept = {0}, none = {0};
    struct rows *r;
    struct enn_error e = {0};
    const void *row;
    (void)state;
    for (int time = 0; time < 3; time++) {
        if (time == 2) memset(kept.samples, 7, 1200), memset(m.data, 7, 1200); /* decoding would undo this */
        ASSERT_STATUS(rows_open(time == 2 ? b : a, 0, time ? 1 << 30 : 15 << 20, &kept, &r, &e), ENN_OK, e);
        for (uint32_t y = 0; y < (time ? 3000 : 100); y++) {
            ASSERT_STATUS(rows_next(r, &row, &e), ENN_OK, e);
            assert_ptr_equal(row, kept.samples + y * 1200);
            assert_memory_equal(row, m.data + y * 1200, 1200);
        }
        if (time) assert_int_equal(rows_next(r, &row, &e), ENN_INTERNAL);
        rows_close(r); /* the first time before the end: that does not count */
        if (time) assert_true(kept.complete);
    }
    rows_forget(&kept);
    ASSERT_STATUS(rows_open(a, 0, 13 << 20, &none, &r, &e), ENN_OK, e); /* a quarter is less than the page */
    for (uint32_t y = 0; y < 3000; y++) ASSERT_STATUS(rows_next(r, &row, &e), ENN_OK, e);
    rows_close(r);
    assert_null(none.samples);
    assert_false(none.complete);
    artwork_close(a);
    artwork_close(b);
    sim_image_free(&m);
    sim_image_free(&other);
}

static void whole_shifts_copy_samples(void **state)
{
    struct sim_image m;
    struct artwork *a = open_picture("copy", 200, 100, &m);
    struct align_plan p = {.width = 210,
                           .height = 90,
                           .channels = 4,
                           .bits = 8,
                           .scale_x = 1,
                           .scale_y = 1,
                           .off_x = -7,
                           .off_y = 12};
    struct aligned *in;
    struct enn_error e = {0};
    uint8_t row[210 * 4], zero[7 * 4] = {0};
    struct align_window w = align_window_of(&p, 200, 100);
    (void)state;
    assert_true(align_is_exact(&p));
    assert_int_equal(w.x0, 7);
    assert_int_equal(w.x1, 207);
    assert_int_equal(w.y0, 0);
    assert_int_equal(w.y1, 88);
    ASSERT_STATUS(aligned_open(a, 0, &p, 1 << 30, NULL, &in, &e), ENN_OK, e);
    for (uint32_t y = 0; y < 90; y++) {
        ASSERT_STATUS(aligned_next(in, row, &e), ENN_OK, e);
        if (y < 88) assert_memory_equal(row + 28, m.data + (y + 12) * 800, 800);
        assert_memory_equal(row, zero, sizeof zero);
    }
    aligned_close(in);
    artwork_close(a);
    sim_image_free(&m);
}

static void resampling_keeps_the_mean(void **state)
{
    struct sim_image m;
    struct artwork *a = open_picture("scale", 300, 300, &m);
    struct align_plan p = {
        .width = 100, .height = 100, .channels = 4, .bits = 16, .scale_x = 3, .scale_y = 3};
    struct aligned *in;
    struct enn_error e = {0};
    uint16_t row[400];
    double mean = 0, want = 0;
    (void)state;
    for (size_t i = 0; i < 360000; i++) want += m.data[i] / 360000.0;
    assert_false(align_is_exact(&p));
    ASSERT_STATUS(aligned_open(a, 0, &p, 1 << 30, NULL, &in, &e), ENN_OK, e);
    for (uint32_t y = 0; y < 100; y++) {
        ASSERT_STATUS(aligned_next(in, row, &e), ENN_OK, e);
        for (int i = 0; i < 400; i++) mean += row[i] / 257.0 / 40000;
    }
    assert_float_equal(mean, want, 0.5);
    aligned_close(in);
    artwork_close(a);
    sim_image_free(&m);
}

/* ---- rows of bounds ---- */

enum { ROW = 1000 };
struct bounds_row {
    struct ink_step step[ROW];
    uint8_t kind[ROW], found[ROW], before[4 * ROW], after[4 * ROW];
    float signal[ROW];
};

/* Steps, kinds and changes as marks make them, most within the bounds, some not; pale paper among them. */
static void make_row(struct bounds_row *r, uint64_t seed)
{
    for (uint64_t x = 0, k = seed << 32; x < ROW; x++) {
        float s = (float)(sim_random(1, k++) % 5000) / 1000 - 2.5f;
        int pale = sim_random(1, k++) % 4 == 0, edited = sim_random(1, k++) % 8 == 0;
        r->kind[x] = (uint8_t)(sim_random(1, k++) % 3);
        for (size_t c = 0; c < 4; c++) {
            int step = sim_random(1, k++) % 4 ? (int)(sim_random(1, k++) % 640) - 320 : 0;
            int level = pale ? (int)(sim_random(1, k++) % 5) : 40 + (int)(sim_random(1, k++) % 176);
            int now = level + (int)lrintf(s * (float)step / INK_UNIT) + (edited ? (int)(sim_random(1, k++) % 7) - 3 : 0);
            r->step[x].d[c] = (int16_t)step;
            r->before[4 * x + c] = (uint8_t)level;
            r->after[4 * x + c] = (uint8_t)(now < 0 ? 0 : now > 255 ? 255 : now);
        }
    }
}

/* A row at a time, the bounds are those of each pixel to the last bit. */
static void bounds_of_rows_are_those_of_pixels(void **state)
{
    static const struct marking_room rooms[] = {{1.1f, 0, 0}, {1.4f, 2, 0}, {1.8f, 2, 0.35f}, {2.3f, 3, 0.35f}};
    const struct press_pixels px = {.colour = PRESS_CMYK, .bits = 8, .samples_per_pixel = 4};
    struct bounds_row *r = malloc(sizeof *r);
    struct marking_row row = {.step = r->step, .kind = r->kind, .found = r->found, .signal = r->signal};
    uint32_t seen[8] = {0};
    (void)state;
    for (uint64_t round = 0; round < 40; round++) {
        const struct marking_room *room = &rooms[round % 4];
        size_t from = round % 7, to = ROW - round % 5;
        make_row(r, round);
        memset(r->found, 99, sizeof r->found);
        marking_bounds_cmyk8(&row, from, to, r->before, r->after, room);
        for (size_t x = from; x < to; x++) {
            const uint8_t *b = r->before + 4 * x, *a = r->after + 4 * x;
            int32_t d[4] = {a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]};
            float signal = 0;
            int changed = d[0] || d[1] || d[2] || d[3];
            int may = marking_allows(&r->step[x], r->kind[x], d, 4, 8, room, &signal);
            int tells = may && changed && r->kind[x] == INK_TINT && !marking_is_tinted_paper(&px, b);
            assert_int_equal(r->found[x], changed * MARKING_CHANGED + may * MARKING_MAY + tells * MARKING_TELLS);
            assert_true(r->signal[x] == (tells ? signal : 0));
            seen[r->found[x]]++;
        }
        assert_true((!from || r->found[from - 1] == 99) && (to == ROW || r->found[to] == 99));
    }
    for (int k = 0; k < 4; k++) assert_true(seen[k] > 100 || k == 0); /* all cases but that of nothing at all */
    assert_true(seen[7] > 1000);
    free(r);
}

/* ---- waves where a part of the tile is seen ---- */

enum { CELLS = TILE_SIDE * TILE_SIDE, SPECTRUM = TILE_SIDE * (TILE_SIDE / 2 + 1) };
struct seen {
    struct carrier carrier;
    int8_t chips[2][CODE_N];
    struct tile tile[2];
    float sum[CELLS], weight[CELLS];
    struct cplx sums[SPECTRUM], weights[SPECTRUM], z[UNFOLD_WAVES], raw[UNFOLD_WAVES];
};

/* Two marks' difference, or noise, in less than half of the tile that lies in blocks as letters do. */
static void see(struct seen *s, int marks)
{
    struct fft2 *fft = fft2_new(TILE_SIDE);
    double all = 0;
    assert_non_null(fft);
    for (int i = 0; i < CELLS; i++) {
        int x = i % TILE_SIDE, y = i / TILE_SIDE;
        float noise = (float)(sim_uniform(5, (uint64_t)i) - 0.5),
              d = (float)(s->tile[1].s[TILE_INK][y][x] - s->tile[0].s[TILE_INK][y][x]) / TILE_UNIT;
        s->weight[i] = sim_uniform(6, (uint64_t)(y / 24 * 64 + x / 16)) < 0.45 ? 4 : 0;
        s->sum[i] = s->weight[i] * (noise + (marks ? d : 3 * noise));
        all += s->weight[i];
    }
    fft2_forward(fft, s->sum, s->sums);
    fft2_forward(fft, s->weight, s->weights);
    assert_int_equal(unfold(s->sums, s->weights, &s->carrier, 1.0 / 12, s->z), 0);
    for (int j = 0; j < CARRIER_BINS; j++) {
        const struct bin *b = &s->carrier.bins[j];
        int u = b->kx < 0 ? -b->kx : b->kx, v = ((b->kx < 0 ? -b->ky : b->ky) + TILE_SIDE) % TILE_SIDE;
        struct cplx x = s->sums[v * (TILE_SIDE / 2 + 1) + u];
        s->raw[j] = (struct cplx){x.re * 2 / (float)all, (b->kx < 0 ? -x.im : x.im) * 2 / (float)all};
    }
    fft2_free(fft);
}

static void waves_are_told_apart_in_a_part_of_the_tile(void **state)
{
    static const uint8_t anchor[32] = {7};
    struct seen *s = calloc(1, sizeof *s);
    int wrong = 0, differ = 0;
    (void)state;
    assert_non_null(s);
    carrier_init(&s->carrier, anchor);
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < CODE_N; i++)
            s->chips[k][i] = sim_random((uint64_t)k + 1, (uint64_t)i) & 1 ? 1 : -1;
        tile_render(&s->tile[k], &s->carrier, s->chips[k]);
    }
    see(s, 1);
    for (int i = 0; i < CODE_N; i++) {
        int d = s->chips[1][i] - s->chips[0][i];
        float got = i & 1 ? s->z[i / 2].im : s->z[i / 2].re;
        differ += d != 0;
        wrong += d != 0 && (got > 0) != (d > 0);
    }
    assert_true(differ > CODE_N / 3 && wrong * 100 < differ);
    struct unfolded x = unfold_judge(&s->carrier, s->z);
    assert_true(x.evidence > 8 && fabs(x.pilot) < 0.05 && x.level > 1.2 && x.level < 1.5);
    assert_true(unfold_judge(&s->carrier, s->raw).evidence <
                5); /* each wave by itself is lost in the others' leaks */
    see(s, 0);
    x = unfold_judge(&s->carrier, s->z);
    assert_true(x.evidence < 5 && x.evidence > -5);
    free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ciede2000_is_as_published),
        cmocka_unit_test(table_agrees_with_profile),
        cmocka_unit_test(shifts_are_found),
        cmocka_unit_test(most_places_agree_on_a_shift),
        cmocka_unit_test(regions_join_and_part),
        cmocka_unit_test(what_covers_type_is_added),
        cmocka_unit_test(the_largest_regions_are_kept),
        cmocka_unit_test(bounds_of_rows_are_those_of_pixels),
        cmocka_unit_test(waves_are_told_apart_in_a_part_of_the_tile),
        cmocka_unit_test(pilots_are_seen_in_a_strip),
        cmocka_unit_test_setup_teardown(rows_come_in_order_and_may_stop, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(rows_that_fit_are_decoded_once, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(whole_shifts_copy_samples, make_dir, remove_dir),
        cmocka_unit_test_setup_teardown(resampling_keeps_the_mean, make_dir, remove_dir),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
