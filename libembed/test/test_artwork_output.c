/* Outputs appear whole or not at all. */
#include "artwork/output.h"
#include "test/test_artwork_files.h"
#include <sys/stat.h>

static void put(const char *path, const char *text)
{
    save(path, text, strlen(text));
}

static void expect(const char *path, const char *text)
{
    size_t n;
    uint8_t *p = load(path, &n);
    assert_int_equal(n, strlen(text));
    assert_memory_equal(p, text, n);
    free(p);
}

static void committed(void **state)
{
    (void)state;
    struct output *o;
    struct enn_error err = {0};
    struct stat st;
    const char *target = in_dir("a.tif");
    mode_t mask = umask(022);
    assert_int_equal(output_begin(target, 0, NULL, &o, &err), ENN_OK);
    umask(mask);
    assert_int_not_equal(access(target, F_OK), 0);
    put(output_path(o), "new");
    assert_int_equal(output_commit(o, &err), ENN_OK);
    expect(target, "new");
    assert_int_equal(stat(target, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    assert_int_equal(count_files(), 1);
    unlink(target);
}

/* With the thread that writes ahead: the same, also when it had something to do, when it had none, and when it is given up. */
static void written_early(void **state)
{
    (void)state;
    struct output *o;
    struct enn_error err = {0};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(output_begin(in_dir("a.tif"), 1, NULL, &o, &err), ENN_OK);
        output_write_early(o);
        output_write_early(o); /* once is enough */
        put(output_path(o), "new");
        if (i) usleep(250000);
        if (i == 2) {
            output_abort(o);
            continue;
        }
        assert_int_equal(output_commit(o, &err), ENN_OK);
        expect(in_dir("a.tif"), "new");
    }
    assert_int_equal(count_files(), 1);
    unlink(in_dir("a.tif"));
}

static void aborted(void **state)
{
    (void)state;
    struct output *o;
    struct enn_error err = {0};
    assert_int_equal(output_begin(in_dir("b.tif"), 0, NULL, &o, &err), ENN_OK);
    put(output_path(o), "new");
    output_abort(o);
    output_abort(NULL);
    assert_int_equal(count_files(), 0);
}

static void existing_files_are_safe(void **state)
{
    (void)state;
    struct output *o;
    struct enn_error err = {0};
    const char *target = in_dir("c.tif");
    put(target, "old");
    assert_int_equal(output_begin(target, 0, NULL, &o, &err), ENN_USAGE);
    assert_null(o);
    assert_int_equal(output_begin(target, 1, NULL, &o, &err), ENN_OK);
    put(output_path(o), "new");
    expect(target, "old");
    assert_int_equal(output_commit(o, &err), ENN_OK);
    expect(target, "new");
    unlink(target);
    /* made by someone else after we began */
    assert_int_equal(output_begin(target, 0, NULL, &o, &err), ENN_OK);
    put(target, "theirs");
    assert_int_equal(output_commit(o, &err), ENN_USAGE);
    expect(target, "theirs");
    assert_int_equal(count_files(), 1);
    unlink(target);
}

static void bad_places(void **state)
{
    (void)state;
    struct output *o;
    struct enn_error err = {0};
    assert_int_equal(output_begin(in_dir("none/d.tif"), 0, NULL, &o, &err), ENN_IO);
    assert_int_equal(output_begin(test_dir, 1, NULL, &o, &err), ENN_USAGE);
    assert_int_equal(output_begin("/dev/null", 1, NULL, &o, &err), ENN_USAGE); /* even by force */
    assert_int_equal(output_begin(in_dir(""), 1, NULL, &o, &err), ENN_USAGE);
    assert_int_equal(count_files(), 0);
}

static void interrupted(void **state)
{
    (void)state;
    struct output *o, *p;
    struct output_pending pending = {0};
    struct enn_error err = {0};
    assert_int_equal(output_begin(in_dir("e.tif"), 0, &pending, &o, &err), ENN_OK);
    assert_int_equal(output_begin(in_dir("f.tif"), 0, &pending, &p, &err), ENN_OK);
    assert_true(pending.path[0] == output_path(o) && pending.path[1] == output_path(p));
    assert_int_equal(output_commit(p, &err), ENN_OK);
    output_unlink_pending(&pending); /* what a signal handler does: f.tif is done and stays */
    assert_int_equal(count_files(), 1);
    output_abort(o);
    for (int i = 0; i < OUTPUT_MAX_PENDING; i++) assert_null(pending.path[i]);
    unlink(in_dir("f.tif"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(committed), cmocka_unit_test(aborted),
                                       cmocka_unit_test(written_early),
                                       cmocka_unit_test(existing_files_are_safe),
                                       cmocka_unit_test(bad_places), cmocka_unit_test(interrupted)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
