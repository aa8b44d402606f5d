/* The pointer to the manifest: in the packet as text, and in the TIFF file. */
#include "test/test_sign_kinds.h"
#include "artwork/artwork.h"
#include "artwork/xmp.h"

static const struct xmp_pointer pointer = {"a & \"b\".xml", "0123456789abcdef0123"};

static char *point(const char *packet, const struct xmp_pointer *p)
{
    uint8_t *out;
    size_t n = 0;
    struct enn_error err;
    assert_int_equal(xmp_point((const uint8_t *)packet, packet ? strlen(packet) : 0, p, &out, &n, &err),
                     ENN_OK);
    if (!out) return NULL;
    char *s = malloc(n + 1);
    assert_non_null(s);
    memcpy(s, out, n);
    s[n] = 0;
    free(out);
    return s;
}

static const char block[] =
    "<rdf:Description rdf:about=\"\" xmlns:enn=\"urn:enn:xmp:1:\" enn:Manifest=\"a &amp; "
    "&quot;b&quot;.xml\" enn:LotId=\"0123456789abcdef0123\" enn:Format=\"1\"/>\n ";

static void packets(void **state)
{
    (void)state;
    char id[XMP_LOT_ID], *made = point(NULL, &pointer);
    assert_true(made && strstr(made, block) && strstr(made, "<?xpacket end=\"w\"?>"));
    assert_true(xmp_find((uint8_t *)made, strlen(made), id) && !strcmp(id, pointer.lot_id));
    struct xmp_pointer other = {"second.xml", "ffffffffffffffffffff"};
    char *again = point(made, &other), *back = point(again, &pointer);
    assert_true(strstr(again, "second.xml") && !strstr(again, "a &amp;") && !strstr(again, pointer.lot_id));
    assert_string_equal(back, made); /* replaced, and nothing piles up */
    free(made);
    free(again);
    free(back);
}

/* Everything else stays, padding gives way, the packet keeps its length as long as there is some. */
static void packets_of_others(void **state)
{
    (void)state;
    static const char head[] =
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<r:Description r:about='uuid:7' xmlns:dc='d'><dc:t>x</dc:t></r:Description>",
                      tail[] = "</r:RDF></x:xmpmeta>";
    char packet[2000], expect[3000];
    for (int padding = 0; padding < 800; padding += 133) {
        snprintf(packet, sizeof packet, "%s%s%*s<?xpacket end='w'?>", head, tail, padding, "");
        char *out = point(packet, &pointer), *rest;
        assert_non_null(out);
        assert_memory_equal(out, head, sizeof head - 1);
        assert_memory_equal(out + sizeof head - 1, "<r:Description r:about=\"uuid:7\" xmlns:enn=", 42);
        rest = strstr(out, tail);
        assert_non_null(rest);
        size_t added = strlen(out) - (size_t)(strlen(rest)) - (sizeof head - 1);
        int left = padding > (int)added ? padding - (int)added : 0;
        snprintf(expect, sizeof expect, "%s%*s<?xpacket end='w'?>", tail, left, "");
        assert_string_equal(rest, expect);
        if (left) assert_int_equal(strlen(out), strlen(packet));
        free(out);
    }
    assert_null(point("", &pointer));
    assert_null(point("no packet at all", &pointer));
    assert_null(point("<rdf:RDF/>", &pointer));
    assert_null(point("</:RDF>", &pointer));
    snprintf(packet, sizeof packet, "%s<q enn:LotId='0123456789abcdef0123' xmlns:enn='urn:enn:xmp:1:'>%s",
             head, tail);
    assert_null(point(packet, &pointer)); /* rewritten by another program: left to it */
    char id[XMP_LOT_ID];
    assert_true(xmp_find((uint8_t *)packet, strlen(packet), id) && !strcmp(id, pointer.lot_id));
    assert_false(xmp_find((const uint8_t *)head, sizeof head, id));
}

/* Another vocabulary's LotId, and a manifest's name that looks like one, are not taken for ours. */
static void other_lot_ids(void **state)
{
    (void)state;
    static const struct xmp_pointer tricky = {"a'>LotId='1>LotId>2\".xml", "0123456789abcdef0123"};
    char id[XMP_LOT_ID];
    char *out = point("<r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
                      "<r:Description r:about='' xmlns:q='urn:q' q:LotId=\"ffffffffffffffffffff\"/></r:RDF>",
                      &tricky);
    assert_non_null(out);
    assert_true(xmp_find((uint8_t *)out, strlen(out), id));
    assert_string_equal(id, tricky.lot_id);
    char *again = point(out, &tricky);
    assert_string_equal(again, out);
    free(again);
    free(out);
}

static void any_bytes_will_do(void **state)
{
    (void)state;
    char *made = point(NULL, &pointer);
    size_t whole = strlen(made);
    uint32_t h = 1;
    for (int round = 0; round < 3000; round++) {
        size_t n = round < (int)whole ? (size_t)round : whole, size;
        uint8_t *p = malloc(n ? n : 1), *out;
        char id[XMP_LOT_ID];
        struct enn_error err;
        assert_non_null(p);
        memcpy(p, made, n);
        for (int k = 0; n && round >= (int)whole && k < 3; k++)
            h = h * 1664525 + 1013904223, p[(h >> 8) % n] = (uint8_t) "<>/:\"'=RDF \0e"[h % 13];
        xmp_find(p, n, id);
        assert_int_equal(xmp_point(p, n, &pointer, &out, &size, &err), ENN_OK);
        free(out);
        free(p);
    }
    free(made);
}

/* Every tag but those that locate the samples and the packet itself, of page 0. */
static void assert_same_tags(const char *a, const char *b)
{
    static const uint32_t tags[] = {TIFFTAG_IMAGEWIDTH, TIFFTAG_IMAGELENGTH};
    TIFF *x = TIFFOpen(a, "r"), *y = TIFFOpen(b, "r");
    assert_true(x && y);
    for (size_t i = 0; i < 2; i++) {
        uint32_t v = 0, w = 1;
        TIFFGetField(x, tags[i], &v);
        TIFFGetField(y, tags[i], &w);
        assert_int_equal(v, w);
    }
    char *s = NULL, *t = NULL;
    uint32_t n = 0, m = 0;
    void *p = NULL, *q = NULL;
    assert_true(TIFFGetField(x, TIFFTAG_PHOTOSHOP, &n, &p) && TIFFGetField(y, TIFFTAG_PHOTOSHOP, &m, &q));
    assert_int_equal(n, m);
    assert_memory_equal(p, q, n);
    assert_int_equal(TIFFGetField(x, TIFFTAG_INKNAMES, &s), TIFFGetField(y, TIFFTAG_INKNAMES, &t));
    assert_string_equal(s, t);
    TIFFClose(x);
    TIFFClose(y);
}

static void check_file(const struct kind *k, int had_packet)
{
    struct enn_sign_options o = sign_options();
    struct enn_sign_report r;
    struct enn_error err;
    char id[XMP_LOT_ID], old[3000];
    kind_write(k, in_dir("x.tif"));
    sign_ok(&o, in_dir("x.tif"), "x-s.tif", &r);
    assert_int_equal(r.xmp, 1);
    assert_int_equal(verdict_of("x-s.tif", "x-s.xml"), ENN_OK);
    assert_same_tags(in_dir("x.tif"), in_dir("x-s.tif"));
    TIFF *t = TIFFOpen(in_dir("x-s.tif"), "r");
    uint32_t n = 0;
    void *p = NULL;
    assert_int_equal(TIFFGetField(t, TIFFTAG_XMLPACKET, &n, &p), 1);
    assert_true(xmp_find(p, n, id) && !strcmp(id, r.lot_id) && memmem(p, n, "x-s.xml", 7));
    if (had_packet) assert_non_null(memmem(p, n, "<dc:t>kept</dc:t>", 17));
    assert_true(n < sizeof old);
    memcpy(old, p, n);
    TIFFClose(t);
    /* without: the same samples, the metadata of the original */
    o.no_xmp = 1;
    sign_ok(&o, in_dir("x.tif"), "x-n.tif", &r);
    assert_int_equal(r.xmp, 0);
    assert_same_skeleton(in_dir("x.tif"), in_dir("x-n.tif"));
    size_t a, b;
    uint8_t *with = read_all(in_dir("x-s.tif"), 0, &a), *without = read_all(in_dir("x-n.tif"), 0, &b);
    assert_int_equal(a, b);
    assert_memory_equal(with, without, a);
    free(with);
    free(without);
    /* marked already */
    o.no_xmp = 0, o.force = 0;
    assert_int_equal(enn_sign(&o, in_dir("x-s.tif"), in_dir("x-2.tif"), NULL, NULL, &err), ENN_UNSUPPORTED);
    assert_non_null(strstr(err.text, "marked already"));
    assert_non_null(strstr(err.text, id));
    o.force = 1, o.lot = "L2";
    sign_ok(&o, in_dir("x-s.tif"), "x-2.tif", &r);
    t = TIFFOpen(in_dir("x-2.tif"), "r");
    assert_int_equal(TIFFGetField(t, TIFFTAG_XMLPACKET, &n, &p), 1);
    assert_true(!memmem(p, n, id, 20) && memmem(p, n, r.lot_id, 20) && memmem(p, n, "x-2.xml", 7));
    TIFFClose(t);
}

static void in_the_file(void **state)
{
    (void)state;
    static const char packet[] =
        "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?><x:xmpmeta xmlns:x='adobe:ns:meta/'>"
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='' "
        "xmlns:dc='http://purl.org/dc/elements/1.1/'><dc:t>kept</dc:t></rdf:Description></rdf:RDF></"
        "x:xmpmeta>"
        "                                      <?xpacket end='w'?>";
    struct kind k = kind_cmyk(31);
    kind_pick(&k, 5, (const int[]){0, 1, 2, 3, -1});
    k.names = "Cyan\0Magenta\0Yellow\0Black\0Varnish", k.names_size = 34;
    k.n_extra = 1, k.ink_set = INKSET_MULTIINK, k.photoshop = (const uint8_t *)"8BIMxx", k.photoshop_size = 6;
    for (int way = 0; way < 8; way++) {
        k.big_endian = way & 1, k.big = way >> 1 & 1;
        k.compression = way & 1 ? COMPRESSION_NONE : COMPRESSION_LZW;
        k.xmp = way & 4 ? (const uint8_t *)packet : NULL, k.xmp_size = sizeof packet - 1;
        check_file(&k, way & 4);
    }
    free(k.data);
}

/* The first page's directory moves; the pages behind it stay in the chain. */
static void other_pages_stay(void **state)
{
    (void)state;
    static const uint8_t wide[] = "\xff\xfe<\0x\0"; /* UTF-16: not touched */
    struct kind k = kind_cmyk(32);
    struct enn_sign_options o = sign_options();
    struct enn_sign_report r;
    k.height = 250;
    kind_write(&k, in_dir("p.tif"));
    TIFF *t = TIFFOpen(in_dir("p.tif"), "a");
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, 100);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, 1);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, 8);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, 1);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
    TIFFSetField(t, TIFFTAG_SUBFILETYPE, FILETYPE_REDUCEDIMAGE);
    uint8_t row[100] = {7};
    TIFFWriteScanline(t, row, 0, 0);
    TIFFClose(t);
    sign_ok(&o, in_dir("p.tif"), "p-s.tif", &r);
    assert_int_equal(r.xmp, 1);
    size_t n;
    uint8_t *second = read_all(in_dir("p-s.tif"), 1, &n);
    assert_int_equal(n, 100);
    assert_int_equal(second[0], 7);
    free(second);
    k.xmp = wide, k.xmp_size = sizeof wide;
    kind_write(&k, in_dir("w.tif"));
    sign_ok(&o, in_dir("w.tif"), "w-s.tif", &r);
    assert_int_equal(r.xmp, 0);
    assert_same_skeleton(in_dir("w.tif"), in_dir("w-s.tif"));
    free(k.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packets),           cmocka_unit_test(packets_of_others),
        cmocka_unit_test(other_lot_ids),
        cmocka_unit_test(any_bytes_will_do), cmocka_unit_test(in_the_file),
        cmocka_unit_test(other_pages_stay),
    };
    return cmocka_run_group_tests(tests, make_issuer, remove_dir);
}
