/* Damaged and malicious files: refused with the right status, and no output is left behind. */
#include "artwork/artwork.h"
#include "artwork/picture.h"
#include "test/test_artwork_files.h"

static enum enn_status take(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    (void)user, (void)y, (void)rows, (void)samples;
    return ENN_OK;
}

static enum enn_status keep(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    (void)user, (void)page, (void)y, (void)rows, (void)samples;
    return ENN_OK;
}

/* Opens, reads all pages, rewrites.  The status of the first failure of open or rewrite. */
static enum enn_status try(const char *path)
{
    struct enn_error err = {.status = ENN_OK};
    struct artwork *a = NULL;
    enum enn_status s = artwork_open(path, NULL, &a, &err);
    if (s) {
        assert_null(a);
        assert_int_equal(err.status, s);
        assert_true(err.text[0]);
        return s;
    }
    for (size_t i = 0; i < artwork_pages(a); i++) artwork_read(a, i, take, NULL, &err);
    s = artwork_rewrite(a, in_dir("out.tif"), keep, NULL, NULL, &err);
    assert_int_equal(access(in_dir("out.tif"), F_OK) == 0, s == ENN_OK);
    if (!s) unlink(in_dir("out.tif"));
    artwork_close(a);
    return s;
}

static void known_files(void **state)
{
    static const struct {
        const char *name;
        enum enn_status artwork, picture;
    } files[] = {
        {"empty.tif", ENN_FORMAT, ENN_FORMAT},
        {"header-only.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-chain-loop.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-next-outside.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-entries-cut.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-zero-size.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-huge-page.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-bomb.tif", ENN_LIMIT, ENN_LIMIT},
        {"tiff-65535-samples.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-deflate-cut.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-strip-outside.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-strip-short.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-strip-is-directory.tif", ENN_FORMAT, ENN_OK},
        {"tiff-shared-strip.tif", ENN_FORMAT, ENN_OK},
        {"tiff-shared-array.tif", ENN_FORMAT, ENN_OK},
        {"tiff-two-offsets.tif", ENN_FORMAT, ENN_FORMAT},
        {"tiff-subifd-self.tif", ENN_OK, ENN_OK},
        {"bigtiff-counts.tif", ENN_FORMAT, ENN_OK},
        {"bigtiff-entries.tif", ENN_FORMAT, ENN_FORMAT},
        {"png-cut.png", ENN_FORMAT, ENN_FORMAT},
        {"png-crc.png", ENN_FORMAT, ENN_FORMAT},
        {"png-huge.png", ENN_FORMAT, ENN_FORMAT},
        {"png-interlaced-huge.png", ENN_FORMAT, ENN_FORMAT},
        {"png-long-text.png", ENN_FORMAT, ENN_FORMAT},
        {"jpeg-cut.jpg", ENN_FORMAT, ENN_FORMAT},
        {"jpeg-header-only.jpg", ENN_FORMAT, ENN_FORMAT},
        {"jpeg-huge.jpg", ENN_FORMAT, ENN_FORMAT},
        {"jpeg-many-scans.jpg", ENN_FORMAT, ENN_LIMIT},
    };
    (void)state;
    size_t n = sizeof files / sizeof *files, there = 0;
    for (size_t i = 0; i < n; i++) {
        char path[100];
        struct picture p;
        struct enn_error err;
        snprintf(path, sizeof path, "testdata/hostile/%s", files[i].name);
        if (try(path) != files[i].artwork) fail_msg("%s as artwork: %d", path, try(path));
        enum enn_status s = picture_read(path, NULL, &p, &err);
        if (s != files[i].picture) fail_msg("%s as picture: %d", path, s);
        if (s) assert_null(p.rgb);
        picture_clear(&p);
    }
    DIR *d = opendir("testdata/hostile");
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));) there += e->d_name[0] != '.';
    closedir(d);
    assert_int_equal(there, n); /* a file without an expectation */
}

/* libtiff writes the directory last: every cut destroys something. */
static void every_cut(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        struct recipe r = {.width = 40,
                           .height = 30,
                           .rows = k & 1 ? 16 : 5,
                           .bits = 8,
                           .samples = 4,
                           .big = k >> 1,
                           .photometric = PHOTOMETRIC_SEPARATED,
                           .compression = COMPRESSION_ADOBE_DEFLATE,
                           .tiled = k & 1,
                           .seed = 3};
        size_t n;
        recipe_make(&r, in_dir("in.tif"));
        assert_int_equal(try(in_dir("in.tif")), ENN_OK);
        uint8_t *file = load(in_dir("in.tif"), &n);
        for (size_t cut = 0; cut + 16 < n; cut += 1 + n / 150) {
            save(in_dir("cut.tif"), file, cut);
            enum enn_status s = try(in_dir("cut.tif"));
            if (s != ENN_FORMAT && s != ENN_LIMIT) fail_msg("cut at %zu of %zu: %d", cut, n, s);
        }
        free(file);
    }
}

/* Bytes changed at random from a fixed seed; what must hold is in try(), and under the sanitizers. */
static void random_damage(void **state)
{
    (void)state;
    uint32_t seed = 12345;
    for (unsigned k = 0; k < 6; k++) {
        struct recipe r = {.width = 40,
                           .height = 30,
                           .rows = k & 1 ? 16 : 5,
                           .bits = 8,
                           .samples = 4,
                           .big = k & 1,
                           .big_endian = k >> 1 & 1,
                           .photometric = PHOTOMETRIC_SEPARATED,
                           .compression = k & 4 ? COMPRESSION_NONE : COMPRESSION_LZW,
                           .tiled = k & 1,
                           .planar = k >> 1 & 1,
                           .seed = 3};
        size_t n;
        recipe_make(&r, in_dir("in.tif"));
        uint8_t *file = load(in_dir("in.tif"), &n), *copy = malloc(n);
        for (int i = 0; i < 150; i++) {
            memcpy(copy, file, n);
            for (int j = 0; j < 3; j++) {
                seed = seed * 1664525u + 1013904223u;
                size_t tail = n < 600 ? n : 600; /* mostly the directory */
                size_t at = i % 4 ? n - 1 - (seed >> 8) % tail : (seed >> 8) % n;
                copy[at] ^= (uint8_t)(1u << (seed & 7));
            }
            save(in_dir("damaged.tif"), copy, n);
            struct picture p;
            struct enn_error err;
            struct picture_options o = picture_options_default();
            o.limits.max_pixels = 1000000;
            try(in_dir("damaged.tif"));
            picture_read(in_dir("damaged.tif"), &o, &p, &err);
            picture_clear(&p);
        }
        free(file);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_files), cmocka_unit_test(every_cut),
                                       cmocka_unit_test(random_damage)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
