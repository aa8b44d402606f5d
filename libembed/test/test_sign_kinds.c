/* Signing artwork of every kind: order and names of inks, technical and brand inks, grey, Lab,
 * Orientation. */
#include "test/test_sign_kinds.h"
#include "artwork/artwork.h"
#include "artwork/inks.h"

#define NAMES(k, text) ((k)->names = text, (k)->names_size = sizeof text)

static void names_have_roles(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum artwork_role role;
    } names[] = {
        {"Cyan", ARTWORK_PROCESS},
        {"process black", ARTWORK_PROCESS},
        {"K", ARTWORK_PROCESS},
        {"Orange", ARTWORK_GAMUT},
        {"Violet", ARTWORK_GAMUT},
        {"PANTONE 286 C", ARTWORK_SPOT},
        {"Pantone White", ARTWORK_SPOT},
        {"HKS 41", ARTWORK_SPOT},
        {"Brand Red", ARTWORK_SPOT},
        {"", ARTWORK_SPOT},
        {"Diesel Blue", ARTWORK_SPOT},
        {"Cutty Sark", ARTWORK_SPOT},
        {"Varnish", ARTWORK_TECHNICAL},
        {"UV Spot", ARTWORK_TECHNICAL},
        {"Die", ARTWORK_TECHNICAL},
        {"DIE-CUT 2", ARTWORK_TECHNICAL},
        {"CutContour", ARTWORK_TECHNICAL},
        {"Thru-cut", ARTWORK_TECHNICAL},
        {"Stanzkontur", ARTWORK_TECHNICAL},
        {"Opaque White", ARTWORK_TECHNICAL},
        {"Deckweiss", ARTWORK_TECHNICAL},
        {"Braille", ARTWORK_TECHNICAL},
        {"Fold lines", ARTWORK_TECHNICAL},
        {"Crease", ARTWORK_TECHNICAL},
        {"Perforation", ARTWORK_TECHNICAL},
        {"Glue_Area", ARTWORK_TECHNICAL},
        {"Klebefl\xc3\xa4"
         "che",
         ARTWORK_TECHNICAL},
        {"HotFoil Gold", ARTWORK_TECHNICAL},
        {"Dimensions", ARTWORK_TECHNICAL},
        {"Spot Gloss", ARTWORK_TECHNICAL},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ink_role(names[i].name) != names[i].role)
            fail_msg("%s: %s", names[i].name, ink_role_word(ink_role(names[i].name)));
    assert_true(ink_same("PANTONE 286 C", "pantone-286c") && !ink_same("", "") && !ink_same("a", "b"));
}

/* Black first: mapped by name, and marked exactly as the same picture in the usual order. */
static void inks_are_found_by_name(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(3);
    struct enn_sign_options o = sign_options();
    kind_write(&k, in_dir("plain.tif"));
    kind_pick(&k, 5, (const int[]){3, 2, -1, 0, 1});
    NAMES(&k, "Black\0Yellow\0Varnish\0Cyan\0Magenta");
    k.ink_set = INKSET_MULTIINK, k.n_extra = 1;
    kind_write(&k, in_dir("order.tif"));
    sign_ok(&o, in_dir("plain.tif"), "plain-s.tif", NULL);
    sign_ok(&o, in_dir("order.tif"), "order-s.tif", NULL);
    assert_int_equal(verdict_of("order-s.tif", "order-s.xml"), ENN_OK);
    size_t n, m;
    uint8_t *a = read_all(in_dir("plain-s.tif"), 0, &n), *b = read_all(in_dir("order-s.tif"), 0, &m);
    static const unsigned at[] = {3, 4, 1, 0};
    assert_int_equal(n / 4, m / 5);
    for (size_t i = 0; i < n / 4; i++)
        for (unsigned c = 0; c < 4; c++)
            if (a[i * 4 + c] != b[i * 5 + at[c]]) fail_msg("pixel %zu, ink %u", i, c);
    free(a);
    free(b);
    free(k.data);
}

struct touched {
    size_t left, right,
        extra; /* pixels whose CMYK changed, left and right half; samples of extra inks that did */
};
static struct touched compare(const struct kind *k, const char *out)
{
    struct touched t = {0, 0, 0};
    size_t n;
    uint8_t *b = read_all(in_dir(out), 0, &n);
    assert_int_equal(n, (size_t)k->width * k->height * k->samples);
    for (size_t i = 0; i < (size_t)k->width * k->height; i++) {
        const uint8_t *p = k->data + i * k->samples, *q = b + i * k->samples;
        if (memcmp(p, q, 4)) ++*(i % k->width < k->width / 2 ? &t.left : &t.right);
        t.extra += memcmp(p + 4, q + 4, k->samples - 4) != 0;
    }
    free(b);
    return t;
}

/* A varnish over everything changes nothing; a brand ink over the left half keeps the mark out of there,
 * unless it is allowed or said to be technical. */
static void brand_and_technical_inks(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(4);
    struct enn_sign_options o = sign_options();
    kind_pick(&k, 7, (const int[]){0, 1, 2, 3, -1, -1, -1});
    for (size_t i = 0; i < (size_t)k.width * k.height; i++) {
        k.data[i * 7 + 4] = 255; /* varnish */
        k.data[i * 7 + 5] = i % k.width < k.width / 2 ? 90 : 0;
        k.data[i * 7 + 6] = i % 7 ? 0 : 255; /* orange belongs to the process inks */
    }
    NAMES(&k, "Cyan\0Magenta\0Yellow\0Black\0UV Varnish\0Acme Blue\0Orange");
    k.ink_set = INKSET_MULTIINK, k.n_extra = 3;
    kind_write(&k, in_dir("spots.tif"));
    sign_ok(&o, in_dir("spots.tif"), "s.tif", NULL);
    struct touched t = compare(&k, "s.tif");
    assert_true(t.left == 0 && t.right > (size_t)k.width * k.height / 10 && t.extra == 0);
    const char *acme[] = {"acme blue"}, *other[] = {"Acme Green"};
    o.protection.allow_inks = acme, o.protection.n_allow_inks = 1;
    sign_ok(&o, in_dir("spots.tif"), "s.tif", NULL);
    t = compare(&k, "s.tif");
    assert_true(t.left > (size_t)k.width * k.height / 10 && t.extra == 0);
    o.protection.n_allow_inks = 0, o.protection.technical = acme, o.protection.n_technical = 1;
    sign_ok(&o, in_dir("spots.tif"), "s.tif", NULL);
    assert_true(compare(&k, "s.tif").left == t.left);
    o.protection.technical = other;
    struct enn_error err;
    assert_int_equal(enn_sign(&o, in_dir("spots.tif"), in_dir("s.tif"), NULL, NULL, &err), ENN_USAGE);
    assert_non_null(strstr(err.text, "Acme Green"));
    free(k.data);
}

/* One Photoshop channel record: 1045 with one name, 1077 with its kind. */
static uint32_t photoshop(uint8_t *p, const char *name, unsigned kind)
{
    static const uint8_t head[] = {'8', 'B', 'I', 'M', 4, 0x15, 0, 0};
    size_t n = strlen(name), at = sizeof head;
    memcpy(p, head, at);
    uint32_t bytes = (uint32_t)(4 + 2 * (n + 1));
    p[at] = p[at + 1] = p[at + 2] = 0, p[at + 3] = (uint8_t)bytes, at += 4;
    p[at] = p[at + 1] = p[at + 2] = 0, p[at + 3] = (uint8_t)(n + 1), at += 4;
    for (size_t i = 0; i <= n; i++) p[at++] = 0, p[at++] = (uint8_t)name[i];
    memcpy(p + at, "8BIM\x04\x35\0\0\0\0\0\x11\0\0\0\x01", 16), at += 16; /* 1077, 17 bytes, version 1 */
    memset(p + at, 0, 14), p[at + 12] = (uint8_t)kind, at += 14;
    return (uint32_t)at;
}

static void photoshop_names_channels(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(5);
    uint8_t ps[200];
    struct artwork *a;
    struct enn_error err;
    kind_pick(&k, 5, (const int[]){0, 1, 2, 3, -1});
    k.n_extra = 1, k.photoshop = ps;
    for (unsigned kind = 0; kind < 3; kind++) {
        k.photoshop_size = photoshop(ps, kind < 2 ? "Alpha 1" : "Varnish", kind);
        kind_write(&k, in_dir("ps.tif"));
        assert_int_equal(artwork_open(in_dir("ps.tif"), NULL, &a, &err), ENN_OK);
        assert_string_equal(artwork_page(a, 0)->names[4], kind < 2 ? "Alpha 1" : "Varnish");
        assert_int_equal(artwork_page(a, 0)->role[4], kind < 2 ? ARTWORK_SELECTION : ARTWORK_TECHNICAL);
        artwork_close(a);
    }
    /* cut anywhere: read, or without names, never past the end */
    uint32_t whole = k.photoshop_size;
    for (uint32_t n = 1; n < whole; n++) {
        uint8_t *cut = malloc(n);
        assert_non_null(cut);
        memcpy(cut, ps, n);
        k.photoshop = cut, k.photoshop_size = n, k.height = 1;
        kind_write(&k, in_dir("ps.tif"));
        assert_int_equal(artwork_open(in_dir("ps.tif"), NULL, &a, &err), ENN_OK);
        artwork_close(a);
        free(cut);
    }
    free(k.data);
}

/* Light 0..255 of the picture, as one channel. */
static void to_grey(struct kind *k, int ink)
{
    for (size_t i = 0; i < (size_t)k->width * k->height; i++) {
        uint8_t *p = k->data + i * 4;
        int v = (255 - p[3]) * (255 - (77 * p[0] + 150 * p[1] + 28 * p[2]) / 255) / 255;
        p[0] = (uint8_t)(ink ? 255 - v : v);
    }
    kind_pick(k, 1, (const int[]){0});
}

static size_t changed(const struct kind *k, const char *out, uint8_t far_white, uint8_t *most)
{
    size_t n, changes = 0;
    uint8_t *b = read_all(in_dir(out), 0, &n);
    assert_int_equal(n, (size_t)k->width * k->height * k->samples);
    *most = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)abs(k->data[i] - b[i]);
        changes += d != 0;
        if (d > *most) *most = (uint8_t)d;
        if (k->data[i] == far_white || k->data[i] == 255 - far_white) assert_int_equal(d, 0);
    }
    free(b);
    return changes;
}

/* Grey of either polarity, and a lone black separation: marked in lightness, white and solid untouched. */
static void single_inks_are_marked_in_lightness(void **state)
{
    (void)state;
    static const int photometrics[] = {PHOTOMETRIC_MINISBLACK, PHOTOMETRIC_MINISWHITE, PHOTOMETRIC_SEPARATED};
    for (int i = 0; i < 3; i++) {
        struct kind k = kind_cmyk(6);
        struct enn_sign_options o = sign_options();
        struct enn_sign_report r;
        uint8_t most;
        to_grey(&k, i > 0);
        k.photometric = photometrics[i];
        if (i == 2) NAMES(&k, "Black"), k.ink_set = INKSET_MULTIINK;
        kind_write(&k, in_dir("grey.tif"));
        sign_ok(&o, in_dir("grey.tif"), "g.tif", &r);
        assert_int_equal(r.luminance, 1);
        assert_string_equal(r.carrier_ink, i == 2 ? "Black" : "Grey");
        assert_true(r.white_cm2 == 0 && r.capacity.panel_20 > 0);
        size_t n = changed(&k, "g.tif", 0, &most);
        assert_true(n > (size_t)k.width * k.height / 10 && most >= 1 && most <= 14);
        free(k.data);
    }
}

/* CMYK that prints with few inks gets no ink that it does not have; but process colours without yellow get it on paper. */
static void no_ink_is_added(void **state)
{
    (void)state;
    struct enn_sign_options o = sign_options();
    struct enn_sign_report r;
    for (int way = 0; way < 3; way++) {
        struct kind k = kind_cmyk(11);
        size_t n, pixels = (size_t)k.width * k.height, black = 0, yellow = 0;
        for (size_t i = 0; i < pixels; i++) {
            uint8_t *p = k.data + i * 4;
            int grey = (p[0] + p[1] + p[2]) / 3;
            if (i / k.width < k.height / 2) /* above: paper */
                memset(p, 0, 4);
            else if (way == 0)
                memcpy(p, (const uint8_t[]){0, 0, 0, (uint8_t)grey}, 4);
            else
                p[2] = 0, p[1] = way == 1 ? 0 : p[1];
        }
        kind_write(&k, in_dir("few.tif"));
        if (way == 1) { /* cyan beside paper: no yellow to move, and none is added unasked */
            struct enn_error err = {0};
            assert_int_equal(enn_sign(&o, in_dir("few.tif"), in_dir("few-c.tif"), NULL, NULL, &err), ENN_UNSUPPORTED);
            assert_non_null(strstr(err.text, "--white=always"));
            free(k.data);
            continue;
        }
        sign_ok(&o, in_dir("few.tif"), "few-s.tif", &r);
        uint8_t *b = read_all(in_dir("few-s.tif"), 0, &n);
        for (size_t i = 0; i < pixels; i++) {
            const uint8_t *p = k.data + i * 4, *q = b + i * 4;
            assert_true(q[2] == 0 || way == 2); /* on paper and on the tint */
            if (way == 0) assert_true(q[0] == 0 && q[1] == 0);
            yellow += q[2] != 0;
            black += p[3] != q[3];
        }
        assert_int_equal(r.luminance, way == 0);
        assert_true((yellow > 0) == (way == 2) && r.yellow_added == (way == 2));
        if (way == 0) assert_string_equal(r.carrier_ink, "Black");
        if (way == 0) assert_true(black > pixels / 20); /* half is paper */
        assert_int_equal(r.white_used, way == 2);
        free(b);
        free(k.data);
    }
}

static void brand_ink_alone_needs_leave(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(7);
    struct enn_sign_options o = sign_options();
    struct enn_sign_report r;
    struct enn_error err;
    kind_pick(&k, 3, (const int[]){3, -1, 1});
    for (size_t i = 0; i < (size_t)k.width * k.height; i++) k.data[i * 3] = (uint8_t)(i % 5 ? 0 : 255);
    NAMES(&k, "Die line\0Acme Red\0Acme Blue");
    k.ink_set = INKSET_MULTIINK;
    kind_write(&k, in_dir("spot.tif"));
    assert_int_equal(enn_sign(&o, in_dir("spot.tif"), in_dir("no.tif"), NULL, NULL, &err), ENN_UNSUPPORTED);
    assert_non_null(strstr(err.text, "Acme Blue"));
    assert_int_not_equal(access(in_dir("no.tif"), F_OK), 0);
    const char *blue[] = {"Acme Blue"};
    o.protection.allow_inks = blue, o.protection.n_allow_inks = 1;
    sign_ok(&o, in_dir("spot.tif"), "spot-s.tif", &r);
    assert_string_equal(r.carrier_ink, "Acme Blue");
    size_t n, changes = 0;
    uint8_t *b = read_all(in_dir("spot-s.tif"), 0, &n);
    for (size_t i = 0; i < n; i += 3) {
        assert_true(b[i] == k.data[i] && b[i + 1] == k.data[i + 1]);
        changes += b[i + 2] != k.data[i + 2];
    }
    assert_true(changes > n / 3 / 10);
    free(b);
    free(k.data);
}

/* Left third: from clear to all but opaque, with colours of its own below.  The samples of a picture with an alpha sample. */
static void add_alpha(struct kind *k, unsigned colours, int associated)
{
    kind_pick(k, colours + 1,
              colours == 1   ? (const int[]){0, 3}
              : colours == 3 ? (const int[]){0, 1, 2, 3}
                             : (const int[]){0, 1, 2, 3, 3});
    for (size_t i = 0; i < (size_t)k->width * k->height; i++) {
        uint8_t *p = k->data + i * k->samples;
        uint32_t x = (uint32_t)(i % k->width);
        p[colours] = (uint8_t)(x >= k->width / 3 ? 255 : x < 20 ? 0 : x * 3 < 254 ? x * 3 : 254);
        for (unsigned c = 0; associated && c < colours; c++) p[c] = (uint8_t)(p[c] * p[colours] / 255);
    }
    k->n_extra = 1, k->extra = associated ? EXTRASAMPLE_ASSOCALPHA : EXTRASAMPLE_UNASSALPHA;
}

/* Transparency: what is opaque is marked, the rest and the alpha sample stay bit for bit. */
static void only_what_is_opaque_is_marked(void **state)
{
    (void)state;
    static const int photometrics[] = {
        [1] = PHOTOMETRIC_MINISBLACK, [3] = PHOTOMETRIC_RGB, [4] = PHOTOMETRIC_SEPARATED};
    for (int way = 0; way < 6; way++) {
        struct kind k = kind_cmyk(14);
        struct enn_sign_options o = sign_options();
        unsigned colours = way / 2 == 0 ? 1 : way / 2 == 1 ? 3 : 4;
        size_t n, marked = 0;
        for (size_t i = 0; i < (size_t)k.width * k.height * 4 && colours < 4; i++)
            k.data[i] = (uint8_t)(255 - k.data[i]);
        add_alpha(&k, colours, way & 1);
        k.photometric = photometrics[colours];
        kind_write(&k, in_dir("al.tif"));
        sign_ok(&o, in_dir("al.tif"), "al-s.tif", NULL);
        assert_int_equal(verdict_of("al-s.tif", "al-s.xml"), ENN_OK);
        uint8_t *b = read_all(in_dir("al-s.tif"), 0, &n);
        assert_int_equal(n, (size_t)k.width * k.height * k.samples);
        for (size_t i = 0; i < n; i += k.samples) {
            const uint8_t *p = k.data + i;
            assert_int_equal(b[i + colours], p[colours]);
            if (p[colours] < 255) assert_memory_equal(b + i, p, colours);
            marked += memcmp(b + i, p, colours) != 0;
        }
        assert_true(marked > n / k.samples / 10);
        free(b);
        free(k.data);
    }
}

/* CIE L*a*b*, from the picture by the eye's rule of thumb: any colours will do.  Only b* moves. */
static void lab_moves_in_b_only(void **state)
{
    (void)state;
    for (int deep = 0; deep < 2; deep++)
        for (int icc = 0; icc < 2; icc++) {
            struct kind k = kind_cmyk(8);
            struct enn_sign_options o = sign_options();
            size_t n, pixels = (size_t)k.width * k.height;
            int flip = icc ? 128 : 0;
            uint16_t *wide = malloc(pixels * 6);
            assert_non_null(wide);
            for (size_t i = 0; i < pixels; i++) {
                uint8_t *p = k.data + i * 4;
                int l = 255 - (80 * p[0] + 110 * p[1] + 40 * p[2]) / 255, a = (p[1] - p[0]) / 5,
                    b = (2 * p[2] - p[0] - p[1]) / 8;
                uint8_t lab[3] = {(uint8_t)l, (uint8_t)(a + flip), (uint8_t)(b + flip)};
                for (int c = 0; c < 3; c++)
                    wide[i * 3 + (size_t)c] = (uint16_t)(lab[c] << 8 | (c ? 0 : lab[c]));
                memcpy(p, lab, 3);
            }
            kind_pick(&k, 3, (const int[]){0, 1, 2});
            if (deep) free(k.data), k.data = (uint8_t *)wide, k.bits = 16;
            k.photometric = icc ? PHOTOMETRIC_ICCLAB : PHOTOMETRIC_CIELAB;
            kind_write(&k, in_dir("lab.tif"));
            sign_ok(&o, in_dir("lab.tif"), "lab-s.tif", NULL);
            assert_int_equal(verdict_of("lab-s.tif", "lab-s.xml"), ENN_OK);
            uint8_t *out = read_all(in_dir("lab-s.tif"), 0, &n);
            size_t changes = 0, unit = deep ? 2 : 1;
            for (size_t i = 0; i < pixels; i++) {
                assert_memory_equal(out + i * 3 * unit, k.data + i * 3 * unit, 2 * unit);
                changes += memcmp(out + (i * 3 + 2) * unit, k.data + (i * 3 + 2) * unit, unit) != 0;
            }
            assert_true(changes > pixels / 4);
            free(out);
            free(k.data);
            if (!deep) free(wide);
        }
}

/* The mark lies as the artwork is looked at: it reads whatever Orientation says, at unequal resolutions,
 * too. */
static void every_orientation_reads(void **state)
{
    (void)state;
    for (int orientation = 1; orientation <= 8; orientation++) {
        struct kind k = kind_cmyk(9);
        struct enn_sign_options o = sign_options();
        k.orientation = orientation;
        kind_write(&k, in_dir("o.tif"));
        sign_ok(&o, in_dir("o.tif"), "o-s.tif", NULL);
        if (verdict_of("o-s.tif", "o-s.xml") != ENN_OK) fail_msg("orientation %d", orientation);
        free(k.data);
    }
}

/* JPEG as most programs write RGB: YCbCr with halved chroma.  Only when asked for; the file keeps its
 * form. */
static void ycc_jpeg_when_asked_for(void **state)
{
    (void)state;
    struct kind k = kind_cmyk(10);
    struct enn_sign_options o = sign_options();
    struct enn_error err;
    for (size_t i = 0; i < (size_t)k.width * k.height; i++)
        for (int c = 0; c < 3; c++)
            k.data[i * 4 + (size_t)c] =
                (uint8_t)((255 - k.data[i * 4 + (size_t)c]) * (255 - k.data[i * 4 + 3]) / 255);
    kind_pick(&k, 3, (const int[]){0, 1, 2});
    k.photometric = PHOTOMETRIC_YCBCR, k.compression = COMPRESSION_JPEG;
    kind_write(&k, in_dir("ycc.tif"));
    assert_int_equal(enn_sign(&o, in_dir("ycc.tif"), in_dir("ycc-s.tif"), NULL, NULL, &err), ENN_UNSUPPORTED);
    assert_non_null(strstr(err.text, "--jpeg-reencode"));
    o.jpeg_reencode = 1;
    sign_ok(&o, in_dir("ycc.tif"), "ycc-s.tif", NULL);
    assert_int_equal(verdict_of("ycc-s.tif", "ycc-s.xml"), ENN_OK);
    TIFF *t = TIFFOpen(in_dir("ycc-s.tif"), "r");
    uint16_t photometric = 0, across = 0, down = 0;
    uint32_t *rgba = malloc((size_t)k.width * k.height * 4);
    assert_non_null(rgba);
    TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetField(t, TIFFTAG_YCBCRSUBSAMPLING, &across, &down);
    assert_true(photometric == PHOTOMETRIC_YCBCR && across == 2 && down == 2);
    assert_int_equal(TIFFReadRGBAImageOriented(t, k.width, k.height, rgba, ORIENTATION_TOPLEFT, 1), 1);
    double sum = 0;
    for (size_t i = 0; i < (size_t)k.width * k.height; i++)
        sum += abs((int)TIFFGetG(rgba[i]) - k.data[i * 3 + 1]);
    assert_true(sum / k.width / k.height < 4); /* the same picture to another reader */
    TIFFClose(t);
    free(rgba);
    free(k.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_roles),
        cmocka_unit_test(inks_are_found_by_name),
        cmocka_unit_test(brand_and_technical_inks),
        cmocka_unit_test(photoshop_names_channels),
        cmocka_unit_test(single_inks_are_marked_in_lightness),
        cmocka_unit_test(no_ink_is_added),
        cmocka_unit_test(brand_ink_alone_needs_leave),
        cmocka_unit_test(only_what_is_opaque_is_marked),
        cmocka_unit_test(lab_moves_in_b_only),
        cmocka_unit_test(every_orientation_reads),
        cmocka_unit_test(ycc_jpeg_when_asked_for),
    };
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
