/* alter_find() on views of known geometry: what was altered is found where it is, and nothing else. */
#include "test/test_view.h"
#include "capture/alter.h"

struct found {
    int cells[3];
    struct alter_map map;
};

/* tiles of view_of are 2 and -1. */
static struct found find(const struct view *w, const struct content_reference *ref)
{
    struct residual r;
    struct found f = {{0, 0, 0}, {0}};
    const int tiles[2] = {2, -1};
    assert_int_equal(residual_make(&r, &w->pic, &w->f, tiles, ref, 1 << 28), 0);
    assert_int_equal(alter_find(&f.map, &r, ref), 0);
    for (int i = 0; i < f.map.columns * f.map.rows; i++) f.cells[f.map.state[i]]++;
    residual_free(&r);
    return f;
}

/* Without alterations: a warm lamp, another tone curve, noise, and a field that is out of place by up
 * to 0.6 mm. */
static void the_genuine_is_intact(void **state)
{
    (void)state;
    for (unsigned n = 1; n < 4; n++) {
        struct content_reference ref = thumbnail(n);
        struct artwork a = artwork_of(n);
        struct view w = view_of(&a, 5, 12, 80, 2, -1, 6);
        for (int i = 0; i < w.f.columns * w.f.rows; i++)
            w.f.nodes[i].at.u[0] += 0.6 * sin(i % w.f.columns / 4.0);
        struct found f = find(&w, &ref);
        if (f.cells[ALTER_INTACT] < 400 || 20 * f.cells[ALTER_CHANGED] > f.cells[ALTER_INTACT] ||
            (f.map.n_boxes && f.map.boxes[0].certain))
            fail_msg("artwork %u: %d cells intact, %d changed, %d not measurable", n, f.cells[ALTER_INTACT],
                     f.cells[ALTER_CHANGED], f.cells[ALTER_NOT_MEASURABLE]);
        alter_free(&f.map);
        view_free(&w);
        free((void *)ref.grey);
    }
}

/* A blot of 5 mm on it that was not there, of another light than its surroundings. */
static void edits_are_found(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    int found = 0, certain = 0, n = 0;
    for (int k = 0; k < 12; k++, n++) {
        struct artwork a = artwork_of(1);
        double x = 25 + 40 * sim_uniform(5, (uint64_t)(3 * k)),
               y = 30 + 40 * sim_uniform(5, (uint64_t)(3 * k + 1));
        a.light[BLOTS - 1] = light_at(&a, x, y) > 128 ? 40 : 230; /* the last blot lies on all others */
        a.x[BLOTS - 1] = x, a.y[BLOTS - 1] = y, a.r[BLOTS - 1] = 2.5;
        struct view w = view_of(&a, 5, 12, 80, 2, -1, 8);
        struct found f = find(&w, &ref);
        for (int i = 0; i < f.map.n_boxes; i++) {
            const struct alter_box *b = &f.map.boxes[i];
            int here = x > b->x_mm && x < b->x_mm + b->width_mm && y > b->y_mm && y < b->y_mm + b->height_mm;
            found += here;
            certain += here && b->certain;
            if (here && (b->width_mm > 18 || b->height_mm > 18))
                fail_msg("a blot of 5 mm was found as %.0f x %.0f mm", b->width_mm, b->height_mm);
        }
        alter_free(&f.map);
        view_free(&w);
    }
    if (found < n || certain < n - 3) fail_msg("of %d edits %d were found, %d certain", n, found, certain);
    free((void *)ref.grey);
}

/* The blot that moved is missed where it was, too: the last one of artwork 1 is left out here. */
static void what_is_missing_is_found(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    struct artwork a = artwork_of(1);
    int k = BLOTS - 1;
    while (k && (a.x[k] < 25 || a.x[k] > 65 || a.y[k] < 30 || a.y[k] > 70 || a.r[k] < 2)) k--;
    double x = a.x[k], y = a.y[k];
    struct view w;
    a.r[k] = 0;
    w = view_of(&a, 5, 12, 80, 2, -1, 8);
    struct found f = find(&w, &ref);
    int found = 0;
    for (int i = 0; i < f.map.n_boxes; i++) {
        const struct alter_box *b = &f.map.boxes[i];
        found |= x > b->x_mm && x < b->x_mm + b->width_mm && y > b->y_mm && y < b->y_mm + b->height_mm;
    }
    assert_true(found);
    alter_free(&f.map);
    view_free(&w);
    free((void *)ref.grey);
}

static void coarse_and_large_are_not_measured(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1), odd = ref;
    struct artwork a = artwork_of(1);
    struct view w = view_of(&a, 5, 12, 80, 2, -1, 8);
    odd.width = 10;
    odd.height = 12;
    struct found f = find(&w, &odd);
    assert_int_equal(f.map.columns, 0);
    alter_free(&f.map);
    odd = ref;
    odd.width_mm = odd.height_mm = 1e6;
    f = find(&w, &odd);
    assert_int_equal(f.map.columns, 0);
    alter_free(&f.map);
    odd = ref;
    odd.width_mm = odd.height_mm = 1e-6;
    f = find(&w, &odd);
    assert_int_equal(f.cells[ALTER_INTACT] + f.cells[ALTER_CHANGED], 0);
    alter_free(&f.map);
    odd = ref;
    odd.x_mm = -1e6;
    f = find(&w, &odd);
    assert_int_equal(f.cells[ALTER_INTACT] + f.cells[ALTER_CHANGED], 0);
    alter_free(&f.map);
    view_free(&w);
    free((void *)ref.grey);
}

/* A bent print in a field that is flat: the comparison follows it by some millimetres, and says nothing. */
static void bent_is_not_measured(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(2);
    struct artwork a = artwork_of(2);
    struct view w = view_of(&a, 5, 12, 80, 2, -1, 6);
    for (int i = 0; i < w.f.columns * w.f.rows; i++) {
        double side = 2.0 * (i % w.f.columns) / (w.f.columns - 1) - 1;
        w.f.nodes[i].at.u[0] += 2.4 * side * side * side;
    }
    struct found f = find(&w, &ref);
    assert_int_equal(f.map.columns, 0);
    assert_int_equal(f.map.n_boxes, 0);
    alter_free(&f.map);
    view_free(&w);
    free((void *)ref.grey);
}

/* Where everything differs a little, as colours do whose lightness the reference tells wrongly, only what stands out is shown. */
static void a_change_stands_out(void **state)
{
    (void)state;
    const struct content_reference ref = {NULL, THUMB_W, THUMB_H, 0, 0, WIDTH_MM, HEIGHT_MM};
    struct residual r = {.width = THUMB_W, .height = THUMB_H, .pitch_mm = {0.5, 0.5}, .tone = 1};
    struct alter_map m;
    int spots = 0;
    r.z = malloc(THUMB_W * THUMB_H * sizeof *r.z);
    r.mask = malloc(THUMB_W * THUMB_H * sizeof *r.mask);
    assert_true(r.z && r.mask);
    for (int i = 0; i < THUMB_W * THUMB_H; i++) {
        int x = i % THUMB_W, y = i / THUMB_W, edited = x >= 60 && x < 70 && y >= 60 && y < 70;
        r.mask[i] = 1;
        r.z[i] = edited ? 2.6f : 1.15f * (float)sim_normal(7, (uint64_t)i);
    }
    assert_int_equal(alter_find(&m, &r, &ref), 0);
    for (int i = 0; i < m.columns * m.rows; i++) spots += m.state[i] == ALTER_CHANGED;
    assert_int_equal(m.state[10 * m.columns + 10], ALTER_CHANGED);
    if (spots < 4 || spots > 12) fail_msg("%d of %d cells are shown as changed", spots, m.columns * m.rows);
    alter_free(&m);
    for (int i = 0; i < THUMB_W * THUMB_H; i++)
        r.z[i] = 3; /* all of it is another picture: it does not hide itself */
    assert_int_equal(alter_find(&m, &r, &ref), 0);
    for (int i = 0; i < m.columns * m.rows; i++) assert_int_not_equal(m.state[i], ALTER_INTACT);
    alter_free(&m);
    free(r.z);
    free(r.mask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_genuine_is_intact),    cmocka_unit_test(edits_are_found),
        cmocka_unit_test(what_is_missing_is_found), cmocka_unit_test(coarse_and_large_are_not_measured),
        cmocka_unit_test(bent_is_not_measured),     cmocka_unit_test(a_change_stands_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
