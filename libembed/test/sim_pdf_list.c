/* PDF files for the tests: a small one for every colour space, depth, filter, mask, page property and print standard that
 * docs/formats.md has a line for (sim_pdf.h).  The picture is 60 x 40 mm at 150 dpi on a page of 100 x 80 mm. */
#include "test/sim_pdf.h"
#include "test/sim.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* What the samples are. */
enum colours { CMYK, RGB, GREY, BLACK, TWO, LINES };
/* How they are coded. */
enum coding { PLAIN, FLATE, PNG, TIFF_LEFT, LZW, RUNS, HEX, A85_FLATE };
/* An object that comes first, and has number 1. */
enum before { NOTHING, ICC3, ICC_ANY, TINT1, TINT2, STENCIL, LAYER, PRINT };

#define MATRIX    "/Matrix [0.4124 0.2126 0.0193 0.3576 0.7152 0.1192 0.1805 0.0722 0.9505]"
#define CALRGB(m) "[/CalRGB << /WhitePoint [0.9505 1 1.089] " m " >>]"

static const struct list_item {
    enum colours colours;
    int bits;
    enum coding coding;
    enum before before;
    const char *space, *more, *page, *root, *version, *standard;
} how[] = {
#define IMAGE(c, b, k, o, s, m)                                                                              \
    {                                                                                                        \
        c, b, k, o, s, m, "", "", "1.6", ""                                                                  \
    }
#define PAGE(p, r, o)                                                                                        \
    {                                                                                                        \
        CMYK, 8, FLATE, o, "/DeviceCMYK", "", p, r, "1.6", ""                                                \
    }
#define X(version, standard, r)                                                                              \
    {                                                                                                        \
        CMYK, 8, FLATE, PRINT, "/DeviceCMYK", "", "/TrimBox [20 20 260 200] /BleedBox [12 12 268 208]",      \
            "/OutputIntents [<< /Type /OutputIntent /S /GTS_PDFX /OutputConditionIdentifier (FOGRA39) "      \
            "/DestOutputProfile 1 0 R >>] /Metadata 2 0 R " r,                                               \
            version, standard                                                                                \
    }
    IMAGE(RGB, 8, FLATE, NOTHING, "/DeviceRGB", ""),
    IMAGE(GREY, 8, FLATE, NOTHING, "/DeviceGray", ""),
    IMAGE(RGB, 8, FLATE, ICC3, "[/ICCBased 1 0 R]", ""),
    IMAGE(CMYK, 8, FLATE, ICC_ANY, "[/ICCBased 1 0 R]", ""),
    IMAGE(RGB, 8, PLAIN, NOTHING, CALRGB("/Gamma [2.2 2.2 2.2] " MATRIX), ""),
    IMAGE(RGB, 8, PLAIN, NOTHING, CALRGB(MATRIX), ""),
    IMAGE(RGB, 8, PLAIN, NOTHING, CALRGB("/Gamma [2.2 2.2 2.2]"), ""),
    IMAGE(GREY, 8, PLAIN, NOTHING, "[/CalGray << /WhitePoint [0.95 1 1.09] /Gamma 2.2 >>]", ""),
    IMAGE(GREY, 8, PLAIN, NOTHING, "[/CalGray << /WhitePoint [0.95 1 1.09] >>]", ""),
    IMAGE(BLACK, 8, FLATE, TINT1, "[/Separation /Black /DeviceCMYK 1 0 R]", ""),
    IMAGE(BLACK, 8, FLATE, TINT1, "[/Separation /PANTONE#20286#20C /DeviceCMYK 1 0 R]", ""),
    IMAGE(BLACK, 8, FLATE, TINT1, "[/Separation /Varnish /DeviceCMYK 1 0 R]", ""),
    IMAGE(TWO, 8, FLATE, TINT2, "[/DeviceN [/Magenta /Black] /DeviceCMYK 1 0 R]", ""),
    IMAGE(TWO, 8, FLATE, TINT2, "[/DeviceN [/Acme#20Red /Acme#20Blue] /DeviceCMYK 1 0 R]", ""),
    IMAGE(CMYK, 8, FLATE, NOTHING, "/Pattern", ""),
    IMAGE(LINES, 1, FLATE, NOTHING, "/DeviceGray", ""),
    IMAGE(CMYK, 2, FLATE, NOTHING, "/DeviceCMYK", ""),
    IMAGE(RGB, 4, FLATE, NOTHING, "/DeviceRGB", ""),
    IMAGE(RGB, 4, PNG, NOTHING, "/DeviceRGB", ""),
    IMAGE(RGB, 4, TIFF_LEFT, NOTHING, "/DeviceRGB", ""),
    IMAGE(CMYK, 16, FLATE, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 12, FLATE, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, PNG, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, TIFF_LEFT, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, LZW, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, RUNS, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, HEX, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, A85_FLATE, NOTHING, "/DeviceCMYK", ""),
    IMAGE(CMYK, 8, FLATE, NOTHING, "/DeviceCMYK", "/Decode [0.5 0.5 0 1 0 1 0 1]"),
    IMAGE(CMYK, 8, FLATE, STENCIL, "/DeviceCMYK", "/Mask 1 0 R"),
    PAGE("/Rotate 90", "", NOTHING),
    PAGE("/UserUnit 1.25", "", NOTHING),
    PAGE("/CropBox [5 5 275 220] /TrimBox [20 20 260 200] /BleedBox [12 12 268 208] /ArtBox [30 30 250 190]",
         "", NOTHING),
    PAGE("", "/OCProperties << /OCGs [1 0 R] /D << /Order [1 0 R] /ON [1 0 R] >> >>", LAYER),
    X("1.4", "PDF/X-1a:2003", ""),
    X("1.4", "PDF/X-3:2003", ""),
    X("1.6", "PDF/X-4", ""),
    X("1.6", "PDF/X-4", "/DPartRoot << /Type /DPartRoot >>"),
};

const struct sim_pdf_item sim_pdf_list[] = {
    {"devicergb", NULL, NULL},
    {"devicegray", NULL, NULL},
    {"icc-rgb", NULL, NULL},
    {"icc-cmyk", NULL, NULL},
    {"calrgb", NULL, NULL},
    {"calrgb-linear", "Gamma 1, not a screen's", NULL},
    {"calrgb-primaries", "Matrix of CalRGB, not a screen's", NULL},
    {"calgray", NULL, NULL},
    {"calgray-linear", "Gamma 1, not a screen's", NULL},
    {"separation-black", NULL, NULL},
    {"separation-spot", "only brand or technical inks (PANTONE 286 C)", NULL},
    {"separation-varnish", "only brand or technical inks (Varnish)", NULL},
    {"devicen-two", NULL, NULL},
    {"devicen-brands", "only brand or technical inks (Acme Red, Acme Blue)", NULL},
    {"pattern", "page 1, image 1: Pattern colour space", NULL},
    {"bits1", "1-bit line art", NULL},
    {"bits2", NULL, "8 bits"},
    {"rgb4", NULL, "8 bits"},
    {"rgb4-png", NULL, "8 bits"},
    {"rgb4-tiff", NULL, "8 bits"},
    {"bits16-cmyk", NULL, NULL},
    {"bits12", "page 1, image 1: 12 bits", NULL},
    {"flate-png", NULL, NULL},
    {"flate-tiff", NULL, NULL},
    {"lzw", NULL, NULL},
    {"runlength", NULL, NULL},
    {"asciihex", NULL, NULL},
    {"ascii85-flate", NULL, NULL},
    {"decode-constant", "Decode", NULL},
    {"mask", NULL, NULL},
    {"rotate90", NULL, NULL},
    {"userunit", NULL, NULL},
    {"boxes", NULL, NULL},
    {"layers", NULL, NULL},
    {"pdfx1a", NULL, NULL},
    {"pdfx3", NULL, NULL},
    {"pdfx4", NULL, NULL},
    {"pdfvt", NULL, NULL},
    {NULL, NULL, NULL},
};

/* ---- samples ---- */

struct bytes {
    uint8_t *data;
    size_t n;
};

static unsigned level(const struct sim_image *m, enum colours colours, size_t pixel, unsigned c)
{
    const uint8_t *v = m->data + 4 * pixel;
    unsigned light = (255u - v[1]) * (255u - v[3]) / 255;
    switch (colours) {
    case CMYK:
        return v[c];
    case RGB:
        return (255u - v[c]) * (255u - v[3]) / 255;
    case GREY:
        return light;
    case BLACK:
        return 255 - light;
    case TWO:
        return c ? 40 + v[0] / 2u : v[1];
    default:
        return light > 128 ? 255 : 0;
    }
}

/* The samples at the depth asked for, each row from a whole byte on. */
static struct bytes samples(const struct sim_image *m, const struct list_item *i, unsigned *per)
{
    static const unsigned of[] = {[CMYK] = 4, [RGB] = 3, [GREY] = 1, [BLACK] = 1, [TWO] = 2, [LINES] = 1};
    unsigned bits = (unsigned)i->bits;
    *per = of[i->colours];
    size_t pitch = ((size_t)m->width * *per * bits + 7) / 8;
    struct bytes b = {calloc(m->height, pitch), m->height * pitch};
    if (!b.data) return b;
    for (uint32_t y = 0; y < m->height; y++)
        for (size_t x = 0; x < (size_t)m->width * *per; x++) {
            unsigned v = level(m, i->colours, (size_t)y * m->width + x / *per, (unsigned)(x % *per));
            uint8_t *row = b.data + y * pitch;
            if (bits == 16)
                row[2 * x] = (uint8_t)v, row[2 * x + 1] = (uint8_t)(x * 31);
            else if (bits == 8)
                row[x] = (uint8_t)v;
            else if (bits < 8)
                row[x * bits / 8] |= (uint8_t)(v >> (8 - bits) << (8 - bits - x * bits % 8));
        }
    return b;
}

/* ---- filters ---- */

static struct bytes flate(struct bytes in)
{
    uLongf n = compressBound((uLong)in.n);
    struct bytes out = {malloc(n), 0};
    if (out.data && compress2(out.data, &n, in.data, (uLong)in.n, 1) == Z_OK) out.n = n;
    return out;
}

/* The five predictors of PNG in turn; `back` bytes are one pixel, at least 1. */
static struct bytes png(struct bytes in, size_t pitch, size_t back)
{
    size_t rows = in.n / pitch;
    struct bytes out = {malloc(rows * (pitch + 1)), rows * (pitch + 1)};
    for (size_t y = 0; out.data && y < rows; y++) {
        const uint8_t *row = in.data + y * pitch, *above = y ? row - pitch : NULL;
        uint8_t *to = out.data + y * (pitch + 1);
        *to++ = (uint8_t)(y % 5);
        for (size_t x = 0; x < pitch; x++) {
            int a = x >= back ? row[x - back] : 0, b = above ? above[x] : 0,
                c = above && x >= back ? above[x - back] : 0;
            int p = a + b - c, paeth = abs(p - a) <= abs(p - b) && abs(p - a) <= abs(p - c) ? a
                                       : abs(p - b) <= abs(p - c)                           ? b
                                                                                            : c;
            const int guess[5] = {0, a, b, (a + b) / 2, paeth};
            to[x] = (uint8_t)(row[x] - guess[y % 5]);
        }
    }
    return out;
}

/* Samples of 8 or 4 bits, as differences to the pixel on the left. */
static struct bytes tiff_left(struct bytes in, size_t pitch, unsigned per, int bits)
{
    struct bytes out = {calloc(1, in.n), in.n};
    size_t each = 8 / (size_t)bits, mask = bits == 8 ? 255 : 15;
    for (size_t i = 0; out.data && i < in.n * each; i++) {
        size_t x = i % (pitch * each), shift = bits == 8 || i % 2 ? 0 : 4, j = i - per,
               old = bits == 8 || j % 2 ? 0 : 4;
        size_t left = x >= per ? in.data[j / each] >> old & mask : 0;
        out.data[i / each] |= (uint8_t)((((size_t)(in.data[i / each] >> shift) - left) & mask) << shift);
    }
    return out;
}

/* LZW without a table: literals of 9 bits, and a clear code before the table would need a tenth. */
static struct bytes lzw(struct bytes in)
{
    struct bytes out = {calloc(1, in.n + in.n / 4 + 16), 0};
    size_t bit = 0;
    for (size_t i = 0; out.data && i <= in.n; i++)
        for (int clear = i % 250 == 0; clear >= 0; clear--) {
            unsigned code = clear ? 256 : i < in.n ? in.data[i] : 257;
            for (int k = 8; k >= 0; k--, bit++)
                out.data[bit / 8] |= (uint8_t)((code >> k & 1) << (7 - bit % 8));
        }
    out.n = (bit + 7) / 8;
    return out;
}

static struct bytes runs(struct bytes in)
{
    struct bytes out = {malloc(in.n + in.n / 128 + 2), 0};
    for (size_t i = 0, n; out.data && i < in.n; i += n) {
        n = in.n - i < 128 ? in.n - i : 128;
        out.data[out.n++] = (uint8_t)(n - 1);
        memcpy(out.data + out.n, in.data + i, n);
        out.n += n;
    }
    if (out.data) out.data[out.n++] = 128;
    return out;
}

static struct bytes hex(struct bytes in)
{
    struct bytes out = {malloc(2 * in.n + 2), 0};
    for (size_t i = 0; out.data && i < in.n; i++)
        out.n += (size_t)sprintf((char *)out.data + out.n, "%02X", in.data[i]);
    if (out.data) out.data[out.n++] = '>';
    return out;
}

static struct bytes ascii85(struct bytes in)
{
    struct bytes out = {malloc(in.n / 4 * 5 + 16), 0};
    for (size_t i = 0; out.data && i < in.n; i += 4) {
        size_t n = in.n - i < 4 ? in.n - i : 4;
        uint32_t v = 0;
        char five[5];
        for (size_t k = 0; k < 4; k++) v = v << 8 | (k < n ? in.data[i + k] : 0);
        for (int k = 4; k >= 0; k--, v /= 85) five[k] = (char)('!' + v % 85);
        if (n == 4 && !memcmp(five, "!!!!!", 5))
            out.data[out.n++] = 'z';
        else
            memcpy(out.data + out.n, five, n + 1), out.n += n + 1;
    }
    if (out.data) out.data[out.n++] = '~', out.data[out.n++] = '>';
    return out;
}

static struct bytes coded(const struct list_item *i, struct bytes in, size_t pitch, unsigned per)
{
    struct bytes first = {0}, out;
    if (i->coding == PNG) first = png(in, pitch, (per * (unsigned)i->bits + 7) / 8);
    if (i->coding == TIFF_LEFT) first = tiff_left(in, pitch, per, i->bits);
    if (i->coding == A85_FLATE) first = flate(in);
    switch (i->coding) {
    case FLATE:
        out = flate(in);
        break;
    case PNG:
    case TIFF_LEFT:
        out = flate(first);
        break;
    case LZW:
        out = lzw(in);
        break;
    case RUNS:
        out = runs(in);
        break;
    case HEX:
        out = hex(in);
        break;
    case A85_FLATE:
        out = ascii85(first);
        break;
    default:
        out = (struct bytes){malloc(in.n), in.n};
        if (out.data) memcpy(out.data, in.data, in.n);
    }
    free(first.data);
    return out;
}

/* ---- the file ---- */

static void add_before(struct sim_pdf *p, const struct list_item *i)
{
    static const char tint1[] = "{ 0 0 0 4 -1 roll }", tint2[] = "{ 0 0 4 2 roll }";
    uint8_t stencil[8 * 64], icc[4096];
    if (i->before == ICC3) {
        FILE *f = fopen("testdata/seeds/srgb.icc", "rb");
        size_t n = f ? fread(icc, 1, sizeof icc, f) : 0;
        if (f) fclose(f);
        sim_pdf_stream(p, "/N 3", icc, n);
    } else if (i->before == ICC_ANY || i->before == PRINT) {
        sim_pdf_stream(p, "/N 4", "not a profile", 13);
    } else if (i->before == TINT1) {
        sim_pdf_stream(p, "/FunctionType 4 /Domain [0 1] /Range [0 1 0 1 0 1 0 1]", tint1, strlen(tint1));
    } else if (i->before == TINT2) {
        sim_pdf_stream(p, "/FunctionType 4 /Domain [0 1 0 1] /Range [0 1 0 1 0 1 0 1]", tint2, strlen(tint2));
    } else if (i->before == STENCIL) {
        for (int k = 0; k < 8 * 64; k++) stencil[k] = k % 8 < 2 ? 255 : 0;
        sim_pdf_stream(
            p, "/Type /XObject /Subtype /Image /ImageMask true /Width 64 /Height 64 /BitsPerComponent 1",
            stencil, sizeof stencil);
    } else if (i->before == LAYER) {
        sim_pdf_add(p, "<< /Type /OCG /Name (Artwork) >>");
    }
    if (i->before == PRINT) {
        char packet[700];
        snprintf(packet, sizeof packet,
                 "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?><x:xmpmeta "
                 "xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
                 "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" "
                 "xmlns:pdfxid=\"http://www.npes.org/pdfx/ns/id/\" pdfxid:GTS_PDFXVersion=\"%s\"/></rdf:RDF>"
                 "</x:xmpmeta><?xpacket end=\"w\"?>",
                 i->standard);
        sim_pdf_stream(p, "/Type /Metadata /Subtype /XML", packet, strlen(packet));
    }
}

static int add_image(struct sim_pdf *p, const struct sim_image *m, const struct list_item *i)
{
    static const char *const filters[] = {
        "",           "/FlateDecode",     "/FlateDecode",    "/FlateDecode",
        "/LZWDecode", "/RunLengthDecode", "/ASCIIHexDecode", "[/ASCII85Decode /FlateDecode]"};
    char entries[600], parms[120] = "";
    unsigned per;
    struct bytes plain = samples(m, i, &per), b = {0};
    if (plain.data) b = coded(i, plain, plain.n / m->height, per);
    if (i->coding == PNG || i->coding == TIFF_LEFT)
        snprintf(parms, sizeof parms,
                 "/DecodeParms << /Predictor %d /Colors %u /BitsPerComponent %d /Columns %u >>",
                 i->coding == PNG ? 15 : 2, per, i->bits, m->width);
    snprintf(entries, sizeof entries,
             "/Type /XObject /Subtype /Image /Width %u /Height %u /BitsPerComponent %d /ColorSpace %s "
             "%s%s %s %s",
             m->width, m->height, i->bits, i->space, *filters[i->coding] ? "/Filter " : "",
             filters[i->coding], parms, i->more);
    int image = b.data ? sim_pdf_stream(p, entries, b.data, b.n) : 0;
    free(plain.data);
    free(b.data);
    return image;
}

static int make(const struct sim_image *m, const struct list_item *i, const char *file)
{
    struct sim_pdf *p = sim_pdf_new();
    char trailer[200];
    const char *layer = i->before == LAYER ? "/OC /L0 BDC " : "", *end = i->before == LAYER ? " EMC" : "";
    if (!p) return -1;
    add_before(p, i);
    int image = add_image(p, m, i);
    char content[200];
    snprintf(content, sizeof content,
             "%sq 170.0787 0 0 113.3858 42.5197 56.6929 cm /Im0 Do Q%s\n"
             "0 0 0 1 K 20 20 m 200 20 l S BT /F0 12 Tf 20 30 Td (EN9459) Tj ET\n",
             layer, end);
    int c = sim_pdf_stream(p, "", content, strlen(content));
    int page = sim_pdf_add(
        p,
        "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 283.4646 226.7717] /Resources << /XObject << /Im0 %d "
        "0 R >> /Font << /F0 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> %s >> /Contents %d 0 "
        "R %s >>",
        c + 2, image, i->before == LAYER ? "/Properties << /L0 1 0 R >>" : "", c, i->page);
    sim_pdf_add(p, "<< /Type /Pages /Count 1 /Kids [%d 0 R] >>", page);
    int root = sim_pdf_add(p, "<< /Type /Catalog /Pages %d 0 R %s >>", page + 1, i->root);
    int info = sim_pdf_add(p, "<< /Title (Carton) /Trapped /False /GTS_PDFXVersion (%s) >>", i->standard);
    snprintf(trailer, sizeof trailer,
             "/Info %d 0 R /ID [<00112233445566778899aabbccddeeff> "
             "<00112233445566778899aabbccddeeff>]",
             info);
    return sim_pdf_write_as(p, file, root, i->version, *i->standard ? trailer : "");
}

int sim_pdf_list_sample(const char *name, const char *file)
{
    struct sim_image m;
    for (size_t i = 0; sim_pdf_list[i].name; i++) {
        if (strcmp(name, sim_pdf_list[i].name)) continue;
        if (sim_make_artwork(&m, SIM_PICTURE, 60, 40, 150, 3)) return -1;
        int bad = make(&m, &how[i], file);
        sim_image_free(&m);
        return bad;
    }
    return -1;
}
