/*
 * Blind synchronisation: a known rotation, scale and place comes back within 1 % of scale, 0.5 degrees and
 * 0.15 mm from one window of the mark under noise of twice its amplitude (3 % and 1.2 degrees where the
 * window spans little more than a tile, or is tilted), and noise alone scores clearly less.
 */
#include "test/test_capture_common.h"
#include "capture/sync.h"

enum { SIDE = SYNC_SIDE };
static const double NOISE = 2; /* standard deviation; the mark's is 1 */

struct view {
    double px_per_mm, rotation_deg, u[2]; /* u at the middle of the window */
    double squeeze;                       /* the plane's y is shortened by this: tilt */
};

/* The true J, mm per sample: artwork turned by rotation, clockwise as seen. */
static void jacobian(const struct view *w, double j[2][2])
{
    double t = w->rotation_deg * M_PI / 180, f = 1 / w->px_per_mm;
    j[0][0] = f * cos(t);
    j[0][1] = f * sin(t) / w->squeeze;
    j[1][0] = -f * sin(t);
    j[1][1] = f * cos(t) / w->squeeze;
}

static void synthesise(struct plane *p, const struct tile *t, const struct view *w, double noise,
                       uint64_t seed)
{
    double j[2][2];
    *p = (struct plane){.width = SIDE, .height = SIDE, .factor = 1};
    p->v = malloc(sizeof *p->v * SIDE * SIDE);
    p->weight = malloc(sizeof *p->weight * SIDE * SIDE);
    assert_true(p->v && p->weight);
    jacobian(w, j);
    for (int y = 0; y < SIDE; y++)
        for (int x = 0; x < SIDE; x++) {
            size_t i = (size_t)y * SIDE + (size_t)x;
            double dx = x - SIDE / 2, dy = y - SIDE / 2, s = 0;
            if (t) {
                double u = (w->u[0] + j[0][0] * dx + j[0][1] * dy) * TILE_SIDE / TILE_MM;
                double v = (w->u[1] + j[1][0] * dx + j[1][1] * dy) * TILE_SIDE / TILE_MM;
                s = (double)t->s[TILE_INK][lrint(v) & (TILE_SIDE - 1)][lrint(u) & (TILE_SIDE - 1)] / TILE_UNIT;
            }
            p->v[i] = (float)(s + noise * sim_normal(seed, i));
            p->weight[i] = 1;
        }
}

/* Distance of two places on the tile, mm. */
static double apart(const double a[2], const double b[2])
{
    double d[2];
    for (int k = 0; k < 2; k++) d[k] = a[k] - b[k] - TILE_MM * round((a[k] - b[k]) / TILE_MM);
    return hypot(d[0], d[1]);
}

static void check(struct sync *s, const struct tile *t, const struct view *w, uint64_t seed)
{
    struct plane p;
    struct lock l;
    double j[2][2];
    synthesise(&p, t, w, NOISE, seed);
    sync_window(s, &p, 0, 0, &l);
    plane_free(&p);
    jacobian(w, j);
    double u[2], det = l.j[0][0] * l.j[1][1] - l.j[0][1] * l.j[1][0];
    for (int k = 0; k < 2; k++)
        u[k] = w->u[k] + j[k][0] * (l.x - SIDE / 2) + j[k][1] * (l.y - SIDE / 2); /* the truth there */
    double scale = sqrt(fabs(det) * w->squeeze) * w->px_per_mm - 1;
    double turn =
        remainder(atan2(-l.j[1][0], l.j[0][0]) - w->rotation_deg * M_PI / 180, 2 * M_PI) * 180 / M_PI;
    double place = apart(l.u, u);
    int few = w->px_per_mm > 10 ||
              w->squeeze < 1; /* little more than one tile in the window, or a coarse grid of tilts */
    if (!(det > 0 && fabs(scale) < (few ? 0.03 : 0.01) && fabs(turn) < (few ? 1.2 : 0.5) && place < 0.15))
        fail_msg("%.1f px/mm, %.0f degrees, squeeze %.2f (seed %d): scale %+.2f %%, turn %+.2f, place %.3f "
                 "mm, z %.1f %.1f",
                 w->px_per_mm, w->rotation_deg, w->squeeze, (int)seed, 100 * scale, turn, place, l.z_power,
                 l.z_phase);
}

static void geometry_comes_back(void **state)
{
    (void)state;
    static const double scales[] = {3.5, 4.7, 6.3, 8.4, 11, 13}, turns[] = {0, 33, 77, 135, 180, 271, 359};
    uint8_t message[PAYLOAD_BYTES];
    struct sync *s = sync_new();
    lot_message(1, message);
    struct tile *t = tile_of(ISSUER[0], message);
    for (uint64_t i = 0; i < 14; i++) {
        struct view w = {.px_per_mm = scales[i % 6],
                         .rotation_deg = turns[i % 7],
                         .u = {TILE_MM * sim_uniform(5, 2 * i), TILE_MM * sim_uniform(5, 2 * i + 1)},
                         .squeeze = 1};
        check(s, t, &w, 100 + i);
    }
    free(t);
    sync_free(s);
}

static void tilt_comes_back(void **state)
{
    (void)state;
    uint8_t message[PAYLOAD_BYTES];
    struct sync *s = sync_new();
    lot_message(1, message);
    struct tile *t = tile_of(ISSUER[0], message);
    for (uint64_t i = 0; i < 4; i++) {
        struct view w = {.px_per_mm = 5 + 1.5 * (double)i,
                         .rotation_deg = 50.0 * (double)i,
                         .u = {3, 4},
                         .squeeze = i & 1 ? 0.87 : 0.94};
        check(s, t, &w, 200 + i);
    }
    free(t);
    sync_free(s);
}

/* A pilot must beat what nothing gives: scores of noise stay below those of marked windows, with room
 * between. */
static void noise_scores_low(void **state)
{
    (void)state;
    int windows = getenv("ENN_LONG") ? 400 : 40;
    uint8_t message[PAYLOAD_BYTES];
    struct sync *s = sync_new();
    struct view w = {.px_per_mm = 6, .rotation_deg = 10, .u = {1, 2}, .squeeze = 1};
    struct plane p;
    struct lock l;
    float top = 0;
    for (int i = 0; i < windows; i++) {
        synthesise(&p, NULL, &w, 1, 300 + (uint64_t)i);
        sync_window(s, &p, 0, 0, &l);
        plane_free(&p);
        if (sync_score(&l) > top) top = sync_score(&l);
    }
    lot_message(1, message);
    struct tile *t = tile_of(ISSUER[0], message);
    synthesise(&p, t, &w, NOISE, 1);
    sync_window(s, &p, 0, 0, &l);
    plane_free(&p);
    free(t);
    sync_free(s);
    if (!(top < 16 && sync_score(&l) > top + 3))
        fail_msg("noise reaches %.1f, the mark %.1f", top, sync_score(&l));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(geometry_comes_back),
        cmocka_unit_test(tilt_comes_back),
        cmocka_unit_test(noise_scores_low),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
