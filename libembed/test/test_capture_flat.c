/*
 * One projective map through noise: from a seed that is a little wrong it comes within 0.1 mm of the truth over the whole of a
 * flat print, where single places say nothing; noise gives no field; and threads change nothing.
 */
#include "test/test_capture_common.h"
#include "capture/flat.h"
#include "capture/smooth.h"
#include "capture/windows.h"

enum { WIDTH = 900, HEIGHT = 700 };
static const double NOISE = 5; /* standard deviation; the mark's is 1 */

/* Where a place of the plane is on the artwork, mm: seen from the side, 4.5 to 3.6 samples per mm. */
static void truth(double x, double y, double u[2])
{
    double w = 1 + 1.5e-4 * x - 0.8e-4 * y;
    u[0] = (0.222 * x + 0.031 * y + 3) / w;
    u[1] = (-0.028 * x + 0.231 * y + 7) / w;
}

/* The print fills the plane, or ends at x = edge. */
static void print_seen(struct plane *p, const struct tile *t, double mark, int edge, uint64_t seed)
{
    *p = (struct plane){.width = WIDTH, .height = HEIGHT, .factor = 1};
    p->v = malloc(sizeof *p->v * WIDTH * HEIGHT);
    p->weight = malloc(sizeof *p->weight * WIDTH * HEIGHT);
    assert_true(p->v && p->weight);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            size_t i = (size_t)y * WIDTH + (size_t)x;
            double u[2];
            truth(x, y, u);
            int a = (int)lrint(u[0] * TILE_SIDE / TILE_MM) & (TILE_SIDE - 1), b = (int)lrint(u[1] * TILE_SIDE / TILE_MM) & (TILE_SIDE - 1);
            p->v[i] = (float)((x < edge ? mark : 0) * t->s[TILE_INK][b][a] / TILE_UNIT + NOISE * sim_normal(seed, i)) / 5;
            p->weight[i] = 1;
        }
}

/* The truth at the middle, off by what a window's search is off. */
static struct lock seed_at(double x, double y)
{
    struct lock l = {.x = x, .y = y, .z_power = 6, .z_phase = 5};
    double u[2], a[2], b[2];
    truth(x, y, u);
    truth(x + 1, y, a);
    truth(x, y + 1, b);
    for (int k = 0; k < 2; k++) {
        l.u[k] = u[k] + (k ? -0.1 : 0.1);
        l.j[k][0] = (a[k] - u[k]) * 1.004;
        l.j[k][1] = (b[k] - u[k]) * 0.997;
    }
    return l;
}

static struct tile *marked(void)
{
    uint8_t message[PAYLOAD_BYTES];
    lot_message(1, message);
    return tile_of(ISSUER[0], message);
}

static void a_flat_print_is_followed(void **state)
{
    (void)state;
    struct tile *t = marked();
    struct sync *s = sync_new();
    struct plane p;
    struct field f;
    float z;
    print_seen(&p, t, 1, WIDTH, 4);
    struct lock seed = seed_at(500, 300);
    assert_int_equal(field_flat(&f, s, &p, &seed, &z), 0);
    double worst = 0, sum = 0;
    for (int i = 0; i < f.columns * f.rows; i++) {
        double u[2];
        if (f.nodes[i].state != NODE_LOCKED) continue;
        truth(f.nodes[i].at.x, f.nodes[i].at.y, u);
        double d = hypot(u[0] - f.nodes[i].at.u[0], u[1] - f.nodes[i].at.u[1]);
        worst = fmax(worst, d);
        sum += d;
    }
    if (!(z >= SMOOTH_MIN_Z && f.locked > f.columns * f.rows / 2 && sum < 0.05 * f.locked && worst < 0.12))
        fail_msg("z %.1f, %d of %d nodes, off by %.3f mm, at most %.3f", z, f.locked, f.columns * f.rows, sum / f.locked, worst);
    field_free(&f);
    plane_free(&p);
    sync_free(s);
    free(t);
}

/* What lies beside a print agrees now and then by chance: the map must not wander off over it. */
static void the_map_ends_with_the_print(void **state)
{
    (void)state;
    enum { EDGE = 520 };
    struct tile *t = marked();
    struct sync *s = sync_new();
    for (uint64_t n = 0; n < 4; n++) {
        struct plane p;
        struct field f;
        float z;
        int beyond = 0, on = 0;
        print_seen(&p, t, 1.5, EDGE, 40 + n);
        struct lock seed = seed_at(260, 330);
        assert_int_equal(field_flat(&f, s, &p, &seed, &z), 0);
        for (int i = 0; i < f.columns * f.rows; i++) {
            if (f.nodes[i].state != NODE_LOCKED) continue;
            beyond += f.nodes[i].at.x > EDGE + TILE_MM * 4; /* a tile further out */
            on += f.nodes[i].at.x < EDGE;
        }
        if (!(on > 200 && beyond == 0)) fail_msg("%d nodes on the print, %d beyond it", on, beyond);
        field_free(&f);
        plane_free(&p);
    }
    sync_free(s);
    free(t);
}

static void noise_gives_no_field(void **state)
{
    (void)state;
    struct tile *t = marked();
    struct sync *s = sync_new();
    struct plane p;
    print_seen(&p, t, 0, WIDTH, 5);
    for (int i = 0; i < 12; i++) {
        struct field f;
        float z;
        struct lock seed = seed_at(200 + 50 * i, 150 + 35 * i);
        assert_int_equal(field_flat(&f, s, &p, &seed, &z), 0);
        assert_true(z < SMOOTH_MIN_Z && f.locked == 0);
        field_free(&f);
    }
    plane_free(&p);
    sync_free(s);
    free(t);
}

static void threads_change_nothing(void **state)
{
    (void)state;
    struct tile *t = marked();
    struct sync *s[3] = {sync_new(), sync_new(), sync_new()};
    struct plane p;
    struct windows one, three;
    struct lock a, b;
    int n = 0;
    print_seen(&p, t, 1, WIDTH, 6);
    assert_int_equal(windows_begin(&one, &p, s, 1), 0);
    assert_int_equal(windows_begin(&three, &p, s, 3), 0);
    while (windows_next(&one, &a)) {
        assert_int_equal(windows_next(&three, &b), 1);
        assert_true(a.x == b.x && a.y == b.y && a.z_power == b.z_power && a.z_phase == b.z_phase);
        n++;
    }
    assert_int_equal(windows_next(&three, &b), 0);
    assert_true(n == one.n && n > 40);
    windows_end(&one);
    windows_end(&three);
    struct lock seeds[3] = {seed_at(500, 300), seed_at(300, 400), seed_at(600, 500)};
    float za[3], zb[3];
    smooth_screen(s, 1, &p, seeds, 3, za);
    smooth_screen(s, 3, &p, seeds, 3, zb);
    assert_memory_equal(za, zb, sizeof za);
    assert_true(za[0] > SMOOTH_MIN_Z);
    plane_free(&p);
    for (int i = 0; i < 3; i++) sync_free(s[i]);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flat_print_is_followed),
        cmocka_unit_test(the_map_ends_with_the_print),
        cmocka_unit_test(noise_gives_no_field),
        cmocka_unit_test(threads_change_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
