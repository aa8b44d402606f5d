/* What the user protects is honoured to the pixel: mask pictures, regions, on every Orientation and page. */
#include "test/test_sign_kinds.h"
#include "artwork/picture.h"
#include <math.h>

/* Pixels changed inside and outside of a set of pixels. */
struct split {
    size_t in, out;
};
typedef int (*inside_fn)(const struct kind *k, double x, double y); /* pixel centre */

static struct split compare(const struct kind *k, const char *file, uint16_t page, inside_fn inside)
{
    struct split s = {0, 0};
    size_t n;
    uint8_t *b = read_all(in_dir(file), page, &n);
    assert_int_equal(n, (size_t)k->width * k->height * k->samples);
    for (size_t i = 0; i < (size_t)k->width * k->height; i++)
        if (memcmp(b + i * k->samples, k->data + i * k->samples, k->samples))
            ++*(inside(k, (double)(i % k->width) + 0.5, (double)(i / k->width) + 0.5) ? &s.in : &s.out);
    free(b);
    return s;
}

static int in_region(const struct kind *k, double x, double y)
{
    (void)k;
    x *= 25.4 / 300, y *= 25.4 / 300;
    return (x >= 3.33 && x < 3.33 + 9.87 && y >= 5.01 && y < 5.01 + 20) ||
           (x >= 20 && x < 31.5 && y >= 2 && y < 2 + 7.77);
}

static const struct enn_rect regions[] = {{3.33, 5.01, 9.87, 20}, {20, 2, 11.5, 7.77}};

static void regions_to_the_pixel(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(21);
    struct enn_sign_options o = sign_options();
    struct enn_sign_report all, part;
    kind_write(&k, in_dir("r.tif"));
    sign_ok(&o, in_dir("r.tif"), "s.tif", &all);
    struct split base = compare(&k, "s.tif", 0, in_region);
    assert_true(base.in > 1000 && base.out > 1000);
    o.protection.regions = regions, o.protection.n_regions = 2;
    sign_ok(&o, in_dir("r.tif"), "s.tif", &part);
    struct split s = compare(&k, "s.tif", 0, in_region);
    assert_true(s.out == 0 && s.in > base.in / 2);
    assert_true(part.marked_cm2 < 0.6 * all.marked_cm2 && part.marked_cm2 > 0.1 * all.marked_cm2);
    assert_true(part.capacity.panel_20 < all.capacity.panel_20);
    o.protection.n_regions = 0;
    o.protection.protect_regions = regions, o.protection.n_protect_regions = 2;
    sign_ok(&o, in_dir("r.tif"), "s.tif", NULL);
    s = compare(&k, "s.tif", 0, in_region);
    assert_true(s.in == 0 && s.out > base.out / 2);
    o.protection.protect_regions = (struct enn_rect[]){{1, 1, 0, 5}};
    struct enn_error err;
    assert_int_equal(enn_sign(&o, in_dir("r.tif"), in_dir("s.tif"), NULL, NULL, &err), ENN_USAGE);
    free(k.data);
}

/* The upper edge of the mask is a slanted line; `scale` mask pixels for one of the artwork's. */
static int under_line(const struct kind *k, double x, double y)
{
    return y * k->width > x * k->height;
}

static void write_mask(const struct kind *k, const char *name, unsigned divide, uint8_t dark)
{
    uint32_t w = k->width / divide, h = k->height / divide;
    uint8_t *rgb = malloc((size_t)w * h * 3);
    struct enn_error err;
    assert_non_null(rgb);
    for (size_t i = 0; i < (size_t)w * h; i++)
        memset(rgb + 3 * i,
               under_line(k, ((double)(i % w) + 0.5) * divide, ((double)(i / w) + 0.5) * divide) ? dark : 200,
               3);
    assert_int_equal(picture_write_png(in_dir(name), rgb, w, h, 0, &err), ENN_OK);
    free(rgb);
}

static int near_line(const struct kind *k, double x, double y)
{
    return fabs(y - x * k->height / k->width) > 4 && under_line(k, x, y);
}

static void masks_to_the_pixel(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(22);
    struct enn_sign_options o = sign_options();
    const char *mask[] = {in_dir("mask.png")};
    char keep[300];
    snprintf(keep, sizeof keep, "%s", mask[0]);
    mask[0] = keep;
    kind_write(&k, in_dir("m.tif"));
    o.protection.masks = mask, o.protection.n_masks = 1;
    write_mask(&k, "mask.png", 1, 0);
    sign_ok(&o, in_dir("m.tif"), "s.tif", NULL);
    struct split s = compare(&k, "s.tif", 0, under_line);
    assert_true(s.in == 0 && s.out > (size_t)k.width * k.height / 8);
    write_mask(&k, "mask.png", 4, 120); /* smaller, and not quite black */
    sign_ok(&o, in_dir("m.tif"), "s.tif", NULL);
    s = compare(&k, "s.tif", 0, near_line);
    assert_true(s.in == 0 && s.out > (size_t)k.width * k.height / 8);
    write_mask(&k, "mask.png", 1, 140); /* lighter than half: protects nothing */
    sign_ok(&o, in_dir("m.tif"), "s.tif", NULL);
    assert_true(compare(&k, "s.tif", 0, under_line).in > (size_t)k.width * k.height / 8);
    struct enn_error err;
    const char *two[] = {keep, keep};
    o.protection.masks = two, o.protection.n_masks = 2;
    assert_int_equal(enn_sign(&o, in_dir("m.tif"), in_dir("no.tif"), NULL, NULL, &err), ENN_USAGE);
    assert_non_null(strstr(err.text, "2 masks"));
    two[1] = "/nonexistent.png";
    assert_int_equal(enn_sign(&o, in_dir("m.tif"), in_dir("no.tif"), NULL, NULL, &err), ENN_IO);
    free(k.data);
}

static int on_the_left(const struct kind *k, double x, double y)
{
    (void)y;
    return x < k->width / 2;
}

static void write_half(const struct kind *k, const char *name, int left)
{
    uint8_t *rgb = malloc((size_t)k->width * k->height * 3);
    struct enn_error err;
    assert_non_null(rgb);
    for (size_t i = 0; i < (size_t)k->width * k->height; i++)
        memset(rgb + 3 * i, (i % k->width < k->width / 2) == left ? 0 : 255, 3);
    assert_int_equal(picture_write_png(in_dir(name), rgb, k->width, k->height, 0, &err), ENN_OK);
    free(rgb);
}

/* One mask for all pages, or one for each. */
static void each_page_its_mask(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(25);
    struct enn_sign_options o = sign_options();
    char left[300], right[300];
    snprintf(left, sizeof left, "%s", in_dir("left.png"));
    snprintf(right, sizeof right, "%s", in_dir("right.png"));
    const char *masks[] = {left, right};
    kind_write(&k, in_dir("two.tif"));
    k.append = 1;
    kind_write(&k, in_dir("two.tif"));
    write_half(&k, "left.png", 1);
    write_half(&k, "right.png", 0);
    o.protection.masks = masks;
    for (int n = 1; n <= 2; n++) {
        o.protection.n_masks = n;
        sign_ok(&o, in_dir("two.tif"), "s.tif", NULL);
        struct split one = compare(&k, "s.tif", 0, on_the_left), two = compare(&k, "s.tif", 1, on_the_left);
        assert_true(one.in == 0 && one.out > 10000);
        if (n == 1) assert_true(two.in == 0 && two.out > 10000);
        if (n == 2) assert_true(two.out == 0 && two.in > 10000);
    }
    free(k.data);
}

/* Regions and masks are given as the artwork is looked at: stored upside down and mirrored, the same
 * part is kept. */
static int lower_right(const struct kind *k, double x, double y)
{
    return x * 25.4 / 300 >= k->width * 25.4 / 300 - 15 && y * 25.4 / 300 >= k->height * 25.4 / 300 - 10;
}

static void regions_follow_the_orientation(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(23);
    struct enn_sign_options o = sign_options();
    o.protection.protect_regions = (struct enn_rect[]){{0, 0, 15, 10}};
    o.protection.n_protect_regions = 1;
    k.orientation = 3;
    kind_write(&k, in_dir("u.tif"));
    sign_ok(&o, in_dir("u.tif"), "s.tif", NULL);
    struct split s = compare(&k, "s.tif", 0, lower_right);
    assert_true(s.in == 0 && s.out > 10000);
    o.protection.protect_regions = (struct enn_rect[]){{0, 0, 10, 15}};
    k.orientation = 7; /* turned, and read from the lower right corner */
    kind_write(&k, in_dir("u.tif"));
    sign_ok(&o, in_dir("u.tif"), "s.tif", NULL);
    s = compare(&k, "s.tif", 0, lower_right);
    assert_true(s.in == 0 && s.out > 10000);
    free(k.data);
}

/* Nearer to magenta (by hand), orange (brand ink) or green (inked and marked)? */
static char look_of(const struct picture *p, double x, double y)
{
    const uint8_t *c = p->rgb + (size_t)y * p->stride + (size_t)x * 3;
    int r = c[0], g = c[1], b = c[2];
    return b > g + 40 && r > g + 40   ? 'u'
           : r > g + 20 && g > b + 20 ? 's'
           : g > r + 20 && g > b + 20 ? 'm'
                                      : '?';
}

/* A flat tint with a brand ink on the right: the map shows each in its place, turned as the page is
 * looked at. */
static void map_shows_what_is_left_alone(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(24);
    struct enn_map_options o = enn_map_options_default();
    struct enn_error err;
    struct picture p;
    kind_pick(&k, 5, (const int[]){0, 1, 2, 3, -1});
    for (size_t i = 0; i < (size_t)k.width * k.height; i++) {
        memcpy(k.data + i * 5, (const uint8_t[]){70, 40, 60, 0, 0}, 5);
        if (i % k.width > k.width * 2 / 3) k.data[i * 5 + 4] = 200;
    }
    k.names = "Cyan\0Magenta\0Yellow\0Black\0Acme Red", k.names_size = 35;
    k.n_extra = 1, k.ink_set = INKSET_MULTIINK;
    o.protection.protect_regions = (struct enn_rect[]){{2, 2, 8, 8}};
    o.protection.n_protect_regions = 1;
    o.force = 1;
    for (int turned = 0; turned < 2; turned++) {
        k.orientation = turned ? 6 : 1; /* 6: what is on the right of the stored page is below */
        kind_write(&k, in_dir("map.tif"));
        assert_int_equal(enn_protect_map(&o, in_dir("map.tif"), in_dir("map.png"), &err), ENN_OK);
        assert_int_equal(picture_read(in_dir("map.png"), NULL, &p, &err), ENN_OK);
        double w = turned ? 640 : 640 * 40 / 30.0, h = turned ? 640 * 40 / 30.0 : 640,
               mm = 640 / 30.0; /* and the margin */
        assert_true(p.width > w + 100 && p.height >= h + 30);
        assert_int_equal(look_of(&p, 16 + 6 * mm, 16 + 6 * mm), 'u');
        assert_int_equal(look_of(&p, 16 + 15 * mm, 16 + 15 * mm), 'm');
        assert_int_equal(look_of(&p, 16 + w - 2 * mm, 16 + 3 * mm), turned ? 'm' : 's');
        assert_int_equal(look_of(&p, 16 + 3 * mm, 16 + h - 2 * mm), turned ? 's' : 'm');
        picture_clear(&p);
    }
    o.force = 0;
    assert_int_equal(enn_protect_map(&o, in_dir("map.tif"), in_dir("map.png"), &err), ENN_USAGE);
    o.page = 2, o.force = 1;
    assert_int_equal(enn_protect_map(&o, in_dir("map.tif"), in_dir("map.png"), &err), ENN_USAGE);
    free(k.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_to_the_pixel),
        cmocka_unit_test(masks_to_the_pixel),
        cmocka_unit_test(each_page_its_mask),
        cmocka_unit_test(regions_follow_the_orientation),
        cmocka_unit_test(map_shows_what_is_left_alone),
    };
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
