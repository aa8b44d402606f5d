/* content_compare() on views of known geometry: what agrees, what differs, and what neither can be
 * said of. */
#include "test/test_view.h"

static struct content compare(const struct view *w, const struct content_reference *ref)
{
    struct content c;
    assert_int_equal(content_compare(&w->pic, &w->f, ref, &c), 0);
    return c;
}

static void the_same_agrees_and_is_placed(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    struct artwork one = artwork_of(1);
    for (int k = 0; k < 4; k++) {
        struct view w = view_of(&one, 10 + 6 * k, 20 + 9 * k, 55, k - 2, 3 * k - 1, 12);
        struct content c = compare(&w, &ref);
        if (c.answer != CONTENT_AGREES || c.agreement < 0.7 || c.tiles[0] != k - 2 || c.tiles[1] != 3 * k - 1)
            fail_msg("view %d: answer %d, %.2f, tiles %d %d", k, c.answer, c.agreement, c.tiles[0],
                     c.tiles[1]);
        view_free(&w);
    }
    free((void *)ref.grey);
}

static void another_differs(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1);
    for (unsigned n = 2; n < 8; n++) {
        struct artwork other = artwork_of(n);
        struct view w = view_of(&other, 12, 25, 60, 0, 0, 12);
        struct content c = compare(&w, &ref);
        if (c.answer != CONTENT_DIFFERS || c.agreement > 0.3)
            fail_msg("artwork %u: answer %d, %.2f", n, c.answer, c.agreement);
        view_free(&w);
    }
    struct artwork nothing = artwork_of(0);
    struct view blank = view_of(&nothing, 12, 25, 60, 0, 0, 12); /* the mark alone, on a tint */
    assert_int_equal(compare(&blank, &ref).answer, CONTENT_DIFFERS);
    view_free(&blank);
    free((void *)ref.grey);
}

static void little_is_not_measurable(void **state)
{
    (void)state;
    struct content_reference ref = thumbnail(1), blank = thumbnail(0);
    struct artwork a[3] = {artwork_of(0), artwork_of(1), artwork_of(2)};
    struct view part = view_of(&a[2], 30, 30, 25, 0, 0, 12), tint = view_of(&a[0], 10, 10, 60, 0, 0, 12),
                whole = view_of(&a[1], 10, 10, 60, 0, 0, 12);
    assert_int_equal(compare(&part, &ref).answer, CONTENT_NOT_MEASURABLE);
    assert_int_equal(compare(&tint, &blank).answer, CONTENT_NOT_MEASURABLE);
    struct content_reference odd = ref; /* as a hostile manifest might have them */
    odd.width_mm = 1e6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd.width_mm = odd.height_mm = 1e-6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd = ref;
    odd.x_mm = 1e6;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    odd = ref;
    odd.width = odd.height = 1;
    assert_int_equal(compare(&whole, &odd).answer, CONTENT_NOT_MEASURABLE);
    view_free(&part);
    view_free(&tint);
    view_free(&whole);
    free((void *)ref.grey);
    free((void *)blank.grey);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_agrees_and_is_placed),
        cmocka_unit_test(another_differs),
        cmocka_unit_test(little_is_not_measurable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
