/* PDF files for the tests (sim_pdf.h).  The picture is 60 x 40 mm at 150 dpi and lies, unless the sample
 * is about that, 15 mm from the left and 20 mm from the top of a page of 100 x 80 mm; type and a line are
 * below it. */
#include "test/sim_pdf.h"
#include "test/sim.h"
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PT (72 / 25.4)
#define SCREEN_RGB                                                                                             \
    "[/CalRGB << /WhitePoint [0.9505 1 1.089] /Gamma [2.2 2.2 2.2] /Matrix [0.4124 0.2126 0.0193 0.3576 "       \
    "0.7152 0.1192 0.1805 0.0722 0.9505] >>]"

enum { MAX_OBJECTS = 64 };

struct sim_pdf {
    FILE *f;
    char *text;
    size_t n, at[MAX_OBJECTS + 1];
    int objects, full;
};

struct sim_pdf *sim_pdf_new(void)
{
    struct sim_pdf *p = calloc(1, sizeof *p);
    if (p && !(p->f = open_memstream(&p->text, &p->n))) {
        free(p);
        return NULL;
    }
    if (p) fputs("%PDF-1.6\n%\xe2\xe3\xcf\xd3\n", p->f);
    return p;
}

static int begin(struct sim_pdf *p)
{
    if (p->objects >= MAX_OBJECTS) {
        p->full = 1;
        return p->objects;
    }
    p->at[++p->objects] = (size_t)ftell(p->f);
    fprintf(p->f, "%d 0 obj\n", p->objects);
    return p->objects;
}

int sim_pdf_add(struct sim_pdf *p, const char *format, ...)
{
    int number = begin(p);
    va_list ap;
    va_start(ap, format);
    vfprintf(p->f, format, ap);
    va_end(ap);
    fputs("\nendobj\n", p->f);
    return number;
}

int sim_pdf_stream(struct sim_pdf *p, const char *entries, const void *data, size_t n)
{
    int number = begin(p);
    fprintf(p->f, "<< %s /Length %zu >>\nstream\n", entries, n);
    fwrite(data, 1, n, p->f);
    fputs("\nendstream\nendobj\n", p->f);
    return number;
}

int sim_pdf_write(struct sim_pdf *p, const char *file, int root)
{
    return sim_pdf_write_as(p, file, root, "1.6", "");
}

int sim_pdf_write_as(struct sim_pdf *p, const char *file, int root, const char *version, const char *trailer)
{
    long xref = ftell(p->f);
    fprintf(p->f, "xref\n0 %d\n0000000000 65535 f \n", p->objects + 1);
    for (int i = 1; i <= p->objects; i++) fprintf(p->f, "%010zu 00000 n \n", p->at[i]);
    fprintf(p->f, "trailer\n<< /Size %d /Root %d 0 R %s >>\nstartxref\n%ld\n%%%%EOF\n", p->objects + 1, root,
            trailer, xref);
    int bad = p->full || fclose(p->f) != 0;
    if (!bad) memcpy(p->text + 5, version, 3);
    FILE *out = bad ? NULL : fopen(file, "wb");
    bad = bad || !out || fwrite(p->text, 1, p->n, out) != p->n;
    if (out) bad |= fclose(out) != 0;
    if (bad) fprintf(stderr, "%s: cannot be written\n", file);
    free(p->text);
    free(p);
    return bad ? -1 : 0;
}

/* ---- samples ---- */

struct sample {
    struct sim_pdf *p;
    struct sim_image cmyk, rgb;
    const char *file; /* of the sample */
};

static int add_text(struct sim_pdf *p, const char *content)
{
    return sim_pdf_stream(p, "", content, strlen(content));
}

static int add_picture(struct sample *s, const char *space, const void *data, size_t n)
{
    char entries[900];
    snprintf(entries, sizeof entries, "/Type /XObject /Subtype /Image /Width %u /Height %u %s", s->cmyk.width,
             s->cmyk.height, space);
    return sim_pdf_stream(s->p, entries, data, n);
}

static int add_cmyk(struct sample *s)
{
    return add_picture(s, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK", s->cmyk.data,
                       (size_t)s->cmyk.width * s->cmyk.height * 4);
}

/* "q a b c d e f cm /Im0 Do Q" with the picture's size, at x, y mm from the top left of a page of 80 mm. */
static void place(char *to, size_t n, double x, double y, double scale)
{
    snprintf(to, n, "q %.4f 0 0 %.4f %.4f %.4f cm /Im0 Do Q\n", 60 * PT * scale, 40 * PT * scale, x * PT,
             (80 - y - 40 * scale) * PT);
}

static const char rest[] =
    "0 0 0 1 K 0.5 w 20 20 m 200 20 l S BT /F0 12 Tf 20 30 Td (EN9459 \\(lot\\) % no comment) Tj ET\n";

/* Adds catalog, page tree and the pages; contents[i] draws with the resources given. */
static int finish(struct sample *s, const int *contents, int n_pages, const char *resources,
                  const char *page_entries, const char *root_entries)
{
    char kids[200] = "";
    int tree = s->p->objects + n_pages + 1;
    for (int i = 0; i < n_pages; i++) {
        int page = sim_pdf_add(
            s->p,
            "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %.4f %.4f] /Resources << %s /Font << /F0 << /Type "
            "/Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> /Contents %d 0 R %s >>",
            tree, 100 * PT, 80 * PT, resources, contents[i], page_entries);
        snprintf(kids + strlen(kids), sizeof kids - strlen(kids), "%d 0 R ", page);
    }
    sim_pdf_add(s->p, "<< /Type /Pages /Count %d /Kids [%s] >>", n_pages, kids);
    int root = sim_pdf_add(s->p, "<< /Type /Catalog /Pages %d 0 R %s >>", tree, root_entries);
    return sim_pdf_write(s->p, s->file, root);
}

/* One page with image object `image` where the picture usually is. */
static int simple(struct sample *s, int image, const char *page_entries, const char *root_entries)
{
    char content[600], resources[100];
    place(content, sizeof content, 15, 20, 1);
    strcat(content, rest);
    int c = add_text(s->p, content);
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R >>", image);
    return finish(s, &c, 1, resources, page_entries, root_entries);
}

static int make_cmyk(struct sample *s)
{
    return simple(s, add_cmyk(s), "", "");
}

static int jpeg_with(struct sample *s, const char *more)
{
    char name[4096], entries[200];
    snprintf(entries, sizeof entries, "/BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /DCTDecode %s", more);
    uint8_t *data = malloc(1 << 20);
    snprintf(name, sizeof name, "%s.jpg", s->file);
    FILE *f = data && !sim_jpeg_write(name, &s->rgb, 92) ? fopen(name, "rb") : NULL;
    size_t n = f ? fread(data, 1, 1 << 20, f) : 0;
    if (f) fclose(f);
    remove(name);
    int image = add_picture(s, entries, data, n);
    free(data);
    return simple(s, image, "", "");
}

static int make_dct(struct sample *s)
{
    return jpeg_with(s, "");
}

/* What JPEG changes a little would be in or out of the key. */
static int make_keyjpeg(struct sample *s)
{
    return jpeg_with(s, "/Mask [0 9 0 9 0 9]");
}

/* JPEG 2000 that says itself that it is RGB of 8 bits. */
static int make_jpx(struct sample *s)
{
    size_t n = 0;
    uint8_t *data = sim_jpx(&s->rgb, &n);
    int image = data ? add_picture(s, "/Filter /JPXDecode", data, n) : 0;
    free(data);
    return simple(s, image, "", "");
}
static int make_jpxcut(struct sample *s)
{
    size_t n = 0;
    uint8_t *data = sim_jpx(&s->rgb, &n);
    int image = data ? add_picture(s, "/Filter /JPXDecode", data, n / 2) : 0;
    free(data);
    return simple(s, image, "", "");
}

/* 6 x 6 x 6 colours, the table in a stream; turned: it is addressed from its end, by Decode. */
static int indexed(struct sample *s, int turned)
{
    size_t n = (size_t)s->rgb.width * s->rgb.height;
    uint8_t *data = malloc(n), table[216 * 3];
    char space[200];
    if (!data) return -1;
    for (int i = 0; i < 216; i++) {
        table[3 * i] = (uint8_t)(i / 36 * 51);
        table[3 * i + 1] = (uint8_t)(i / 6 % 6 * 51);
        table[3 * i + 2] = (uint8_t)(i % 6 * 51);
    }
    for (size_t i = 0; i < n; i++) {
        const uint8_t *c = s->rgb.data + 3 * i;
        data[i] = (uint8_t)((c[0] + 25) / 51 * 36 + (c[1] + 25) / 51 * 6 + (c[2] + 25) / 51);
        if (turned) data[i] = (uint8_t)(255 - data[i]);
    }
    int t = sim_pdf_stream(s->p, "", table, sizeof table);
    snprintf(space, sizeof space, "/BitsPerComponent 8 /ColorSpace [/Indexed /DeviceRGB 215 %d 0 R]%s", t,
             turned ? " /Decode [255 0]" : "");
    int image = add_picture(s, space, data, n);
    free(data);
    return simple(s, image, "", "");
}
static int make_indexed(struct sample *s)
{
    return indexed(s, 0);
}
static int make_turned(struct sample *s)
{
    return indexed(s, 1);
}

/* Samples that Decode stretches: cyan is clipped, magenta has a narrow range, yellow is turned round. */
static int make_stretched(struct sample *s)
{
    size_t n = (size_t)s->cmyk.width * s->cmyk.height * 4;
    uint8_t *data = malloc(n);
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) data[i] = i % 4 == 2 ? (uint8_t)~s->cmyk.data[i] : s->cmyk.data[i];
    int image = add_picture(s, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /Decode [-0.2 1.3 0.1 0.7 0.9 0.05 0 1]",
                            data, n);
    free(data);
    return simple(s, image, "", "");
}

/* Lab with the Range that the specification gives when there is none, 16 bits. */
static int make_lab(struct sample *s)
{
    size_t n = (size_t)s->rgb.width * s->rgb.height;
    uint8_t *data = malloc(n * 6);
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *c = s->rgb.data + 3 * i;
        uint8_t lab[6] = {(uint8_t)((c[0] + 2 * c[1] + c[2]) / 4), 0, (uint8_t)(128 + (c[0] - c[1]) / 4), (uint8_t)i,
                          (uint8_t)(128 + (c[1] - c[2]) / 4), 77};
        memcpy(data + 6 * i, lab, 6);
    }
    int image = add_picture(s, "/BitsPerComponent 16 /ColorSpace [/Lab << /WhitePoint [0.9642 1 0.8249] >>]", data,
                            n * 6);
    free(data);
    return simple(s, image, "", "");
}

/* A spot ink, then black, cyan, magenta, yellow. */
static int make_devicen(struct sample *s)
{
    static const char tint[] = "{ 5 1 roll 4 1 roll pop pop pop pop pop 0 0 0 0 }";
    size_t n = (size_t)s->cmyk.width * s->cmyk.height;
    uint8_t *data = malloc(n * 5);
    char space[300];
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *c = s->cmyk.data + 4 * i;
        uint8_t spot = i % s->cmyk.width < 40 ? 200 : 0, inks[5] = {spot, c[3], c[0], c[1], c[2]};
        memcpy(data + 5 * i, inks, 5);
    }
    int f = sim_pdf_stream(s->p, "/FunctionType 4 /Domain [0 1 0 1 0 1 0 1 0 1] /Range [0 1 0 1 0 1 0 1]",
                           tint, strlen(tint));
    snprintf(space, sizeof space,
             "/BitsPerComponent 8 /ColorSpace [/DeviceN [/PANTONE#20286#20C /Black /Cyan /Magenta /Yellow] "
             "/DeviceCMYK %d 0 R]",
             f);
    int image = add_picture(s, space, data, n * 5);
    free(data);
    return simple(s, image, "", "");
}

static int make_separation(struct sample *s)
{
    size_t n = (size_t)s->cmyk.width * s->cmyk.height;
    uint8_t *data = malloc(n);
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) data[i] = (uint8_t)(40 + s->cmyk.data[4 * i + 1] / 2);
    int image = add_picture(s,
                            "/BitsPerComponent 8 /ColorSpace [/Separation /Black /DeviceGray << "
                            "/FunctionType 2 /N 1 /Domain [0 1] "
                            "/C0 [1] /C1 [0] >>]",
                            data, n);
    free(data);
    return simple(s, image, "", "");
}

/* Depths of 4 bits (CMYK) and 16 bits (RGB), and inverted Decode arrays. */
static int make_depth(struct sample *s, int bits)
{
    size_t n = (size_t)s->cmyk.width * s->cmyk.height * (bits == 16 ? 3 : 4);
    uint8_t *data = malloc(n * 2);
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) {
        if (bits == 16)
            data[2 * i] = s->rgb.data[i], data[2 * i + 1] = (uint8_t)(i * 37);
        else if (bits == 8)
            data[i] = (uint8_t)~s->cmyk.data[i];
        else if (i % 2 == 0)
            data[i / 2] = (uint8_t)((s->cmyk.data[i] & 0xf0) | s->cmyk.data[i + 1] >> 4);
    }
    static const char *const entries[] = {
        "/BitsPerComponent 4 /ColorSpace /DeviceCMYK", /* a row has whole bytes */
        "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /Decode [1 0 1 0 1 0 1 0]",
        "/BitsPerComponent 16 /ColorSpace " SCREEN_RGB};
    int image = add_picture(s, entries[bits / 8], data, bits == 4 ? n / 2 : bits == 8 ? n : 2 * n);
    free(data);
    return simple(s, image, "", "");
}
static int make_bits4(struct sample *s)
{
    return make_depth(s, 4);
}
static int make_decode(struct sample *s)
{
    return make_depth(s, 8);
}
static int make_bits16(struct sample *s)
{
    return make_depth(s, 16);
}

/* The page turned, in units of 1/144 inch, the picture turned by 30 degrees and mirrored. */
static int make_rotated(struct sample *s)
{
    char content[300], resources[100];
    snprintf(content, sizeof content,
             "q 0.5 0 0 0.5 0 0 cm 1 0 0 1 %.3f %.3f cm 0.866025 0.5 -0.5 0.866025 0 0 cm q -%.3f 0 0 %.3f "
             "0 0 cm /Im0 Do Q Q\n",
             90 * PT, 5 * PT, 60 * PT, 40 * PT);
    strcat(content, rest);
    int image = add_cmyk(s), c = add_text(s->p, content);
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R >>", image);
    return finish(s, &c, 1, resources, "/Rotate 90 /UserUnit 2 /TrimBox [10 10 200 200]", "");
}

/* One picture on two pages, at different places, and once more on the second. */
static int make_shared(struct sample *s)
{
    char content[900], more[300], resources[100];
    int image = add_cmyk(s), c[2];
    place(content, sizeof content, 15, 20, 1);
    strcat(content, rest);
    c[0] = add_text(s->p, content);
    place(content, sizeof content, 3, 7, 0.7);
    place(more, sizeof more, 47, 36, 0.8);
    strcat(strcat(content, more), rest);
    c[1] = add_text(s->p, content);
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R >>", image);
    return finish(s, c, 2, resources, "", "");
}

/* Type and a line on the first page, the picture on the second. */
static int make_pages(struct sample *s)
{
    char content[600], resources[100];
    int image = add_cmyk(s), c[2];
    c[0] = add_text(s->p, rest);
    place(content, sizeof content, 15, 20, 1);
    c[1] = add_text(s->p, strcat(content, rest));
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R >>", image);
    return finish(s, c, 2, resources, "", "");
}

/* A form in a form, painted twice; the picture is in the inner one. */
static int make_form(struct sample *s)
{
    char content[400], entries[300], resources[100];
    int image = add_cmyk(s);
    place(content, sizeof content, 0, 40, 1);
    snprintf(entries, sizeof entries,
             "/Type /XObject /Subtype /Form /BBox [0 0 400 400] /Resources << /XObject << /Im0 %d 0 R >> >>",
             image);
    int inner = sim_pdf_stream(s->p, entries, content, strlen(content));
    snprintf(entries, sizeof entries,
             "/Type /XObject /Subtype /Form /BBox [0 0 400 400] /Matrix [0.7 0 0 0.7 10 10] /Resources << "
             "/XObject << /In#6eer %d 0 R "
             ">> >>",
             inner);
    int outer = sim_pdf_stream(s->p, entries, "q /Inner Do Q", 13);
    strcpy(content, "q /Outer Do Q q 1 0 0 1 120 95 cm /Outer Do Q\n");
    strcat(content, rest);
    int c = add_text(s->p, content);
    snprintf(resources, sizeof resources, "/XObject << /Outer %d 0 R >>", outer);
    return finish(s, &c, 1, resources, "", "");
}

static int make_smask(struct sample *s)
{
    uint8_t mask[64 * 64];
    char entries[200];
    for (int i = 0; i < 64 * 64; i++) mask[i] = (uint8_t)(i % 64 * 4);
    int m = sim_pdf_stream(
        s->p,
        "/Type /XObject /Subtype /Image /Width 64 /Height 64 /BitsPerComponent 8 /ColorSpace /DeviceGray",
        mask, sizeof mask);
    snprintf(entries, sizeof entries, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /SMask %d 0 R", m);
    int image = add_picture(s, entries, s->cmyk.data, (size_t)s->cmyk.width * s->cmyk.height * 4);
    return simple(s, image, "", "");
}

/* A picture beside 1-bit line art, a stencil mask, an inline stencil and a small picture, which all are
 * left alone. */
static int make_mixed(struct sample *s)
{
    static const char others[] =
        "q 90 0 0 40 180 10 cm /Im1 Do Q q 90 0 0 20 60 60 cm /Im2 Do Q q 20 0 0 20 5 5 cm /Im0 Do Q\n"
        "q 30 0 0 30 240 200 cm BI /W 8 /H 8 /IM true /BPC 1 ID \x01\x02 EI\x80 1234 EI Q\n";
    uint8_t bits[512];
    char content[900], resources[200];
    for (int i = 0; i < 512; i++) bits[i] = (uint8_t)(i * 31);
    int image = add_cmyk(s);
    int line = sim_pdf_stream(
        s->p,
        "/Type /XObject /Subtype /Image /Width 64 /Height 64 /BitsPerComponent 1 /ColorSpace /DeviceGray",
        bits, sizeof bits);
    int stencil = sim_pdf_stream(s->p, "/Type /XObject /Subtype /Image /Width 64 /Height 64 /ImageMask true",
                                 bits, sizeof bits);
    place(content, sizeof content, 15, 20, 1);
    size_t n = strlen(content);
    memcpy(content + n, others, sizeof others - 1);
    n += sizeof others - 1;
    memcpy(content + n, rest, sizeof rest - 1);
    int c = sim_pdf_stream(s->p, "", content, n + sizeof rest - 1);
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R /Im1 %d 0 R /Im2 %d 0 R >>", image, line,
             stencil);
    return finish(s, &c, 1, resources, "", "");
}

/* Pictures in a tiling pattern, an annotation, a Type 3 font of a form and a soft mask, beside one that is painted. */
static int make_elsewhere(struct sample *s)
{
    char grey[100 * 100], content[700], resources[300], annotation[200], entries[300];
    int holder[4];
    for (size_t i = 0; i < sizeof grey; i++) grey[i] = (char)(i * 7);
    for (int i = 0; i < 4; i++) {
        static const char *const kinds[] = {
            "/Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /XStep 90 /YStep 90",
            "/Type /XObject /Subtype /Form", "",
            "/Type /XObject /Subtype /Form /Group << /S /Transparency /CS /DeviceGray >>"};
        int image = sim_pdf_stream(s->p,
                                   "/Type /XObject /Subtype /Image /Width 100 /Height 100 /BitsPerComponent "
                                   "8 /ColorSpace /DeviceGray",
                                   grey, sizeof grey);
        snprintf(entries, sizeof entries, "%s /BBox [0 0 90 90] /Resources << /XObject << /A %d 0 R >> >>",
                 kinds[i], image);
        holder[i] =
            i == 2
                ? sim_pdf_add(s->p,
                              "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 1 1] /FontMatrix [1 0 0 1 0 0] "
                              "/CharProcs << >> /Encoding << >> %s >>",
                              entries + 1)
                : sim_pdf_stream(s->p, entries, "q 90 0 0 90 0 0 cm /A Do Q", 26);
    }
    snprintf(entries, sizeof entries,
             "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /T %d 0 R >> >>",
             holder[2]);
    int form = sim_pdf_stream(s->p, entries, "n", 1), image = add_cmyk(s);
    place(content, sizeof content, 15, 20, 1);
    strcat(content, "/Fm0 Do /Pattern cs /P0 scn 5 5 50 9 re f\n");
    strcat(content, rest);
    int c = add_text(s->p, content);
    snprintf(resources, sizeof resources,
             "/XObject << /Im0 %d 0 R /Fm0 %d 0 R >> /Pattern << /P0 %d 0 R >> /ExtGState << /G0 "
             "<< /SMask << /S /Luminosity /G %d 0 R >> >> >>",
             image, form, holder[0], holder[3]);
    snprintf(annotation, sizeof annotation,
             "/Annots [<< /Type /Annot /Subtype /Stamp /Rect [5 5 40 40] /AP << /N %d 0 R >> >>]", holder[1]);
    return finish(s, &c, 1, resources, annotation, "");
}

/* A page with nothing but a bitmap. */
static int make_lineart(struct sample *s)
{
    size_t n = ((size_t)s->cmyk.width + 7) / 8 * s->cmyk.height;
    uint8_t *data = calloc(n, 1);
    if (!data) return -1;
    for (size_t i = 0; i < n; i++) data[i] = (uint8_t)(i * 41);
    int image = add_picture(s, "/BitsPerComponent 1 /ColorSpace /DeviceGray", data, n);
    free(data);
    return simple(s, image, "", "");
}

/* An opacity whose picture is blended with a matte colour already. */
static int make_matte(struct sample *s)
{
    char grey[64 * 64] = "", entries[200];
    int mask =
        sim_pdf_stream(s->p,
                       "/Type /XObject /Subtype /Image /Width 64 /Height 64 /BitsPerComponent 8 /ColorSpace "
                       "/DeviceGray /Matte [0 0 0 0]",
                       grey, sizeof grey);
    snprintf(entries, sizeof entries, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /SMask %d 0 R", mask);
    return simple(s, add_picture(s, entries, s->cmyk.data, (size_t)s->cmyk.width * s->cmyk.height * 4), "",
                  "");
}

static int make_signed(struct sample *s)
{
    return simple(s, add_cmyk(s), "", "/AcroForm << /SigFlags 3 /Fields [] >>");
}

static int make_vector(struct sample *s)
{
    int c = add_text(s->p, rest);
    return finish(s, &c, 1, "", "", "");
}

/* A packet as editors write them; the title is there to be found again. */
static int add_packet(struct sim_pdf *p, const char *more)
{
    char packet[1200];
    snprintf(
        packet, sizeof packet,
        "<?xpacket begin=\"\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n"
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<rdf:Description "
        "rdf:about=\"\" "
        "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"%s><dc:title>Carton</dc:title></rdf:Description>\n"
        "</rdf:RDF>\n</x:xmpmeta>\n%400s\n<?xpacket end=\"w\"?>",
        more, "");
    return sim_pdf_stream(p, "/Type /Metadata /Subtype /XML", packet, strlen(packet));
}

static int make_xmp(struct sample *s)
{
    char entry[40];
    snprintf(entry, sizeof entry, "/Metadata %d 0 R", add_packet(s->p, ""));
    return simple(s, add_cmyk(s), "", entry);
}

static int make_pdfa(struct sample *s)
{
    char entry[40];
    snprintf(entry, sizeof entry, "/Metadata %d 0 R",
             add_packet(s->p, " xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\" pdfaid:part=\"2\""));
    return simple(s, add_cmyk(s), "", entry);
}

static int make_colorkey(struct sample *s)
{
    int image = add_picture(s, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /Mask [0 255 0 255 90 120 0 255]",
                            s->cmyk.data, (size_t)s->cmyk.width * s->cmyk.height * 4);
    return simple(s, image, "", "");
}

/* Some of these cannot be signed: each is named. */
static int make_some(struct sample *s)
{
    static const char *const entries[] = {"/BitsPerComponent 8 /ColorSpace /DeviceCMYK",
                                          "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /Decode [0.5 0.5 0 1 0 1 0 1]",
                                          "/BitsPerComponent 8 /ColorSpace /DeviceCMYK /Filter /JBIG2Decode"};
    char content[900] = "", resources[200] = "/XObject << ";
    size_t n = (size_t)s->cmyk.width * s->cmyk.height * 4;
    for (int i = 0; i < 3; i++) {
        int image = add_picture(s, entries[i], s->cmyk.data, n);
        snprintf(resources + strlen(resources), sizeof resources - strlen(resources), "/Im%d %d 0 R ", i, image);
        snprintf(content + strlen(content), sizeof content - strlen(content),
                 "q %.4f 0 0 %.4f %.4f %.4f cm /Im%d Do Q\n", i ? 25 * PT : 60 * PT, i ? 16 * PT : 40 * PT,
                 (i == 2 ? 60 : 15) * PT, (i ? 5 : 25) * PT, i);
    }
    strcat(resources, ">>");
    int c = add_text(s->p, content);
    return finish(s, &c, 1, resources, "", "");
}

/* The picture as an inline image, in a form and on the page, with a named space and a colour table. */
static int make_inlines(struct sample *s)
{
    size_t n = (size_t)s->rgb.width * s->rgb.height, at = 0, size = 4 * n * 2 + 2000;
    char *content = malloc(size);
    if (!content) return -1;
    at += (size_t)snprintf(content, size, "q %.4f 0 0 %.4f %.4f %.4f cm BI /W %u /H %u /BPC 8 /CS /Own /I true ID ",
                           60 * PT, 40 * PT, 15 * PT, 25 * PT, s->rgb.width, s->rgb.height);
    memcpy(content + at, s->rgb.data, 3 * n);
    at += 3 * n;
    at += (size_t)snprintf(content + at, size - at, "\nEI Q\nq %.4f 0 0 %.4f %.4f %.4f cm BI /Width %u/Height %u/BPC "
                           "8/CS[/I /RGB 1 <10402080c0ff>]/F[/AHx] ID ", 20 * PT, 14 * PT, 15 * PT, 5 * PT, 100, 70);
    for (int i = 0; i < 7000; i++, at += 2) memcpy(content + at, i % 3 ? "00" : "01", 2);
    at += (size_t)snprintf(content + at, size - at, ">\nEI Q\n%s", rest);
    int c = sim_pdf_stream(s->p, "", content, at);
    free(content);
    return finish(s, &c, 1, "/ColorSpace << /Own " SCREEN_RGB " >>", "", "");
}

static int make_inline(struct sample *s)
{
    static const char content[] =
        "q 200 0 0 150 10 40 cm BI /W 80 /H 2 /CS /G /BPC 8 ID "
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678"
        "0123456789012345678901234567890123456789012345678901234567890123456789012345678 EI Q\n";
    int c = add_text(s->p, content);
    return finish(s, &c, 1, "", "", "");
}

/* A form that paints itself, besides the picture. */
static int make_loop(struct sample *s)
{
    char content[400], entries[300], resources[100];
    int image = add_cmyk(s), form = image + 1;
    place(content, sizeof content, 15, 20, 1);
    strcat(content, "/Me Do /Me Do\n");
    snprintf(entries, sizeof entries,
             "/Type /XObject /Subtype /Form /BBox [0 0 400 400] /Resources << /XObject << /Im0 %d 0 R /Me %d "
             "0 R >> >>",
             image, form);
    sim_pdf_stream(s->p, entries, content, strlen(content));
    int c = add_text(s->p, "/Me Do\n");
    snprintf(resources, sizeof resources, "/XObject << /Me %d 0 R >>", form);
    return finish(s, &c, 1, resources, "", "");
}

/* Forms that paint the next one ten times each: 10^8 paintings. */
static int make_bush(struct sample *s)
{
    char content[400] = "", entries[300], resources[100];
    int target = add_cmyk(s);
    for (int i = 0; i < 10; i++) strcat(content, "/Im0 Do ");
    for (int level = 0; level < 8; level++) {
        snprintf(entries, sizeof entries,
                 "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /Im0 %d 0 R >> >>",
                 target);
        target = sim_pdf_stream(s->p, entries, content, strlen(content));
    }
    int c = add_text(s->p, content);
    snprintf(resources, sizeof resources, "/XObject << /Im0 %d 0 R >>", target);
    return finish(s, &c, 1, resources, "", "");
}

static int make_huge(struct sample *s)
{
    int image = sim_pdf_stream(
        s->p,
        "/Type /XObject /Subtype /Image /Width 2000000000 /Height 2000000000 /BitsPerComponent 8 "
        "/ColorSpace /DeviceCMYK",
        "1234", 4);
    return simple(s, image, "", "");
}

static int make_cut(struct sample *s)
{
    return simple(s, add_picture(s, "/BitsPerComponent 8 /ColorSpace /DeviceCMYK", s->cmyk.data, 100000), "",
                  "");
}

static const struct {
    const char *name;
    int (*make)(struct sample *s);
} samples[] = {
    {"cmyk", make_cmyk},         {"elsewhere", make_elsewhere},
    {"matte", make_matte},       {"xmp", make_xmp},
    {"pdfa", make_pdfa},         {"pages", make_pages},
    {"dct", make_dct},           {"indexed", make_indexed},
    {"devicen", make_devicen},   {"separation", make_separation},
    {"bits4", make_bits4},       {"bits16", make_bits16},
    {"decode", make_decode},     {"rotated", make_rotated},
    {"shared", make_shared},     {"form", make_form},
    {"smask", make_smask},       {"mixed", make_mixed},
    {"signed", make_signed},     {"vector", make_vector},
    {"colorkey", make_colorkey}, {"inline", make_inline},
    {"loop", make_loop},         {"bush", make_bush},
    {"huge", make_huge},         {"cut", make_cut},
    {"jpx", make_jpx},           {"jpxcut", make_jpxcut},
    {"some", make_some},         {"keyjpeg", make_keyjpeg},
    {"inlines", make_inlines},   {"turned", make_turned},
    {"stretched", make_stretched}, {"lab", make_lab},
    {"lineart", make_lineart},
};
enum { N_SAMPLES = sizeof samples / sizeof *samples };

const char *const sim_pdf_kinds[] = {"cmyk",   "dct",    "indexed",   "devicen",  "separation", "bits4",
                                     "bits16", "decode", "rotated",   "shared",   "form",       "smask",
                                     "mixed",  "signed", "vector",    "colorkey", "inline",     "loop",
                                     "bush",   "huge",   "cut",       "jpx",      "jpxcut",     "xmp",
                                     "pdfa",   "pages",  "elsewhere", "matte",    "some",
                                     "keyjpeg", "inlines", "turned", "stretched", "lab", "lineart", NULL};

/* The picture in light, by the plain formula. */
static int to_rgb(const struct sim_image *cmyk, struct sim_image *rgb)
{
    if (sim_image_new(rgb, cmyk->width, cmyk->height, 3, cmyk->ppmm)) return -1;
    for (size_t i = 0; i < (size_t)cmyk->width * cmyk->height; i++)
        for (int c = 0; c < 3; c++)
            rgb->data[3 * i + (size_t)c] =
                (uint8_t)((255 - cmyk->data[4 * i + (size_t)c]) * (255 - cmyk->data[4 * i + 3]) / 255);
    return 0;
}

int sim_pdf_sample(const char *kind, const char *file)
{
    struct sample s = {.file = file};
    int bad = -1;
    for (int i = 0; i < N_SAMPLES; i++)
        if (!strcmp(kind, samples[i].name) && !sim_make_artwork(&s.cmyk, SIM_PICTURE, 60, 40, 150, 3) &&
            !to_rgb(&s.cmyk, &s.rgb) && (s.p = sim_pdf_new()))
            bad = samples[i].make(&s);
    sim_image_free(&s.cmyk);
    sim_image_free(&s.rgb);
    return bad ? sim_pdf_list_sample(kind, file) : 0;
}
