/* Where new strips may go: against a map of every byte of small random files. */
#include "artwork/tiff_space.h"
#include "test/test_artwork_files.h"

enum { SIZE = 400 };

static uint32_t seed = 2026;

static uint32_t draw(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 10) % below;
}

static int mark_kept(void *map, uint64_t begin, uint64_t end)
{
    for (; begin < end; begin++) ((uint8_t *)map)[begin]++;
    return 1;
}

/* One file of random pieces: kept and free ones overlap as they like, the others keep to themselves. */
static void one_file(int round)
{
    struct tiff_space s = {.size = SIZE};
    uint8_t kept[SIZE] = {0}, over[SIZE] = {0}, is_free[SIZE] = {0}, copied[SIZE] = {0}, hole[SIZE] = {0};
    int shared = 0;
    for (unsigned i = 0, n = 1 + draw(12); i < n; i++) {
        enum tiff_use use = (enum tiff_use[]){TIFF_FREE, TIFF_FREE,  TIFF_FREE, TIFF_KEEP,
                                              TIFF_KEEP, TIFF_PATCH, TIFF_PLACE}[draw(round % 2 ? 5 : 7)];
        uint64_t begin = draw(SIZE), end = begin + draw(60);
        assert_true(tiff_space_add(&s, begin, end, use));
        for (uint64_t b = begin; b < end && b < SIZE; b++) {
            if (use == TIFF_FREE)
                is_free[b] = 1;
            else if (use == TIFF_KEEP)
                kept[b] = 1, shared |= over[b];
            else
                shared |= kept[b] | over[b], over[b] = 1;
        }
    }
    assert_int_equal(tiff_space_settle(&s), !shared);
    if (!shared) {
        uint64_t last = 0;
        for (size_t i = 0; i < s.n_holes; i++) {
            assert_true(s.holes[i].begin >= last && s.holes[i].begin < s.holes[i].end);
            last = s.holes[i].end;
            for (uint64_t b = s.holes[i].begin; b < s.holes[i].end && b < SIZE; b++) hole[b] = 1;
        }
        assert_true(last == UINT64_MAX);
        assert_true(tiff_space_each_kept(&s, mark_kept, copied));
        for (int b = 0; b < SIZE; b++) {
            if (kept[b] || over[b])
                assert_int_equal(hole[b], 0);
            else if (is_free[b])
                assert_int_equal(hole[b], 1);
            assert_int_equal(copied[b], !hole[b]);
        }
        /* what is handed out is disjoint and lies in holes */
        for (int i = 0; i < 40; i++) {
            uint64_t n = 1 + draw(30), at = tiff_space_take(&s, n);
            assert_true(at + n <= s.used_end);
            for (uint64_t b = at; b < at + n && b < SIZE; b++) assert_int_equal(hole[b]--, 1);
        }
    }
    tiff_space_clear(&s);
}

static void random_files(void **state)
{
    (void)state;
    for (int i = 0; i < 20000; i++) one_file(i);
}

/* Strips behind each other, padded to even: one hole, filled from the start; the rest goes to the end. */
static void usual_file(void **state)
{
    (void)state;
    struct tiff_space s = {.size = 1000};
    tiff_space_add(&s, 0, 8, TIFF_KEEP);
    for (uint64_t i = 0; i < 9; i++) tiff_space_add(&s, 8 + i * 100, 8 + i * 100 + 99, TIFF_FREE);
    tiff_space_add(&s, 908, 1000, TIFF_KEEP);
    assert_int_equal(tiff_space_settle(&s), 1);
    assert_int_equal(tiff_space_take(&s, 500), 8);
    assert_int_equal(tiff_space_take(&s, 399), 508);
    assert_int_equal(tiff_space_take(&s, 10), 1000);
    assert_int_equal(tiff_space_tail(&s), 1010);
    assert_int_equal(s.kept_end, 1000);
    tiff_space_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(usual_file), cmocka_unit_test(random_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
