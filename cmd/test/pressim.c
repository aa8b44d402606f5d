/*
 * pressim: the simulated press and camera as a program, for the demo and the tests of the command line.
 *
 *   pressim artwork OUT.tif                     sample artwork
 *   pressim draw IN.tif OUT.tif                 a barcode, a box or a line of type more
 *   pressim edit IN.tif OUT.tif                 a part moved, an ink up, all of it shifted or resampled
 *   pressim print ARTWORK.tif PRINT.png         the halftoned print at 1200 dpi
 *   pressim scan PRINT.png OUT.png|jpg          what a flatbed makes of it
 *   pressim photo PRINT.png OUT.png|jpg         what a phone makes of it
 *   pressim pdf KIND OUT.pdf                    a sample of libembed/test/sim_pdf.c
 *   pressim plates ARTWORK.tif STEM             its four plates, STEM(Cyan).tif ...
 *   pressim proof STEM OUT.tif                  the coverage of four plates as an artwork that prints without screen
 *   pressim dots A.tif B.tif OUT.png            a detail of two plates: what is new, what is gone
 *   pressim compare A.tif B.tif OUT.png         both artworks, a detail of each, and their difference
 */
#include "artwork/picture.h"
#include "test/sim.h"
#include "test/sim_pdf.h"
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct settings {
    double lpi, dpi, ppmm, rotation, tilt, tilt_axis, cylinder, noise, blur, look_x, look_y, width, height,
        quality, seed;
    char kind[20];
    double x, y, module;
    const char *text, *ink;
};

static const char help[] =
    "pressim artwork OUT.tif          [--kind carton|tint|picture --width MM --height MM --dpi N --seed N]\n"
    "pressim draw IN.tif OUT.tif      --kind "
    "ean|upca|itf14|code128|gs1-128|code39|databar|databar-expanded|qr|gs1-qr|\n"
    "                                  datamatrix|gs1-datamatrix|box|type --text DATA --ink C,M,Y,K (%)\n"
    "                                  --x MM --y MM of the centre (type: left end) --module MM --rotation "
    "DEG\n"
    "                                  --width MM --height MM\n"
    "pressim edit IN.tif OUT.tif      --kind tint --ink C,M,Y,K (points more, where it prints) | shift --look-x PX --look-y PX |\n"
    "                                  move --x MM --y MM --width MM --height MM --module MM | resample --dpi N\n"
    "pressim print ARTWORK.tif OUT    [--lpi 175 (0: no screen) --dpi 1200 --seed N]\n"
    "pressim reprint SCAN.png OUT.tif\n"
    "pressim scan PRINT.png OUT       [--dpi 300 --rotation DEG --noise S --blur PX --seed N]\n"
    "pressim photo PRINT.png OUT      [--ppmm 20 --rotation DEG --tilt DEG --tilt-axis DEG --cylinder MM\n"
    "                                  --noise S --blur PX --look-x MM --look-y MM --width PX --height PX "
    "--seed N]\n"
    "pressim plates ARTWORK.tif STEM  [--dpi 2400 --lpi 175 (0: FM)]\n"
    "pressim proof STEM OUT.tif       [--dpi 1200]\n"
    "pressim dots A.tif B.tif OUT     [--x MM --y MM of the detail --width PX --height PX]\n"
    "pressim compare A.tif B.tif OUT  [--x MM --y MM of the detail]\n"
    "pressim pdf KIND OUT.pdf\n"
    "OUT ends with .png, .jpg (--quality 85) or .tif.\n";

enum { UNSET = -1000000 };

static int parse(struct settings *s, int argc, char **argv)
{
    const struct {
        const char *name;
        double *value;
    } numbers[] = {
        {"lpi", &s->lpi},
        {"dpi", &s->dpi},
        {"ppmm", &s->ppmm},
        {"rotation", &s->rotation},
        {"tilt", &s->tilt},
        {"tilt-axis", &s->tilt_axis},
        {"cylinder", &s->cylinder},
        {"noise", &s->noise},
        {"blur", &s->blur},
        {"look-x", &s->look_x},
        {"look-y", &s->look_y},
        {"width", &s->width},
        {"height", &s->height},
        {"quality", &s->quality},
        {"seed", &s->seed},
        {"x", &s->x},
        {"y", &s->y},
        {"module", &s->module},
    };
    enum { COUNT = sizeof numbers / sizeof *numbers };
    struct option longs[COUNT + 4] = {0};
    for (int i = 0; i < COUNT; i++) {
        longs[i] = (struct option){numbers[i].name, required_argument, NULL, 256 + i};
        *numbers[i].value = UNSET;
    }
    longs[COUNT] = (struct option){"kind", required_argument, NULL, 'k'};
    longs[COUNT + 1] = (struct option){"text", required_argument, NULL, 't'};
    longs[COUNT + 2] = (struct option){"ink", required_argument, NULL, 'i'};
    for (int code; (code = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
        char *end = NULL;
        if (code == 'k')
            snprintf(s->kind, sizeof s->kind, "%s", optarg);
        else if (code == 't')
            s->text = optarg;
        else if (code == 'i')
            s->ink = optarg;
        else if (code >= 256)
            *numbers[code - 256].value = strtod(optarg, &end);
        if (code == '?' || (end && *end)) return -1;
    }
    return 0;
}

static double given(double value, double otherwise)
{
    return value == UNSET ? otherwise : value;
}

static int ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && !strcmp(s + n - m, end);
}

static int write_picture(const struct settings *s, const char *file, const struct sim_image *m)
{
    struct enn_error err = {0};
    if (ends_with(file, ".jpg")) return sim_jpeg_write(file, m, (int)given(s->quality, 85));
    if (ends_with(file, ".tif")) return sim_tiff_write(file, m);
    if (picture_write_png(file, m->data, m->width, m->height, m->ppmm * 25.4, &err) == ENN_OK) return 0;
    fprintf(stderr, "pressim: %s\n", err.text);
    return -1;
}

static int read_print(const char *file, struct sim_image *m)
{
    struct picture_options o = picture_options_default();
    struct picture p = {0};
    struct enn_error err = {0};
    if (picture_read(file, &o, &p, &err) != ENN_OK) {
        fprintf(stderr, "pressim: %s\n", err.text);
        return -1;
    }
    int bad = sim_image_new(m, p.width, p.height, 3, p.dpi > 0 ? p.dpi / 25.4 : 1200 / 25.4);
    for (uint32_t y = 0; !bad && y < p.height; y++)
        memcpy(m->data + (size_t)y * p.width * 3, p.rgb + y * p.stride, 3 * (size_t)p.width);
    picture_clear(&p);
    return bad;
}

static int make_artwork(const struct settings *s, const char *out)
{
    struct sim_image m;
    enum sim_artwork_kind kind = !strcmp(s->kind, "tint")      ? SIM_TINT
                                 : !strcmp(s->kind, "picture") ? SIM_PICTURE
                                                               : SIM_CARTON;
    int bad = sim_make_artwork(&m, kind, given(s->width, 100), given(s->height, 70), given(s->dpi, 300),
                               (uint64_t)given(s->seed, 1));
    if (!bad) bad = sim_tiff_write(out, &m);
    sim_image_free(&m);
    return bad;
}

static void draw_box(struct sim_image *m, const struct settings *s, const uint8_t ink[4])
{
    double x0 = given(s->x, 0) - given(s->width, 5) / 2, y0 = given(s->y, 0) - given(s->height, 5) / 2;
    double x1 = x0 + given(s->width, 5), y1 = y0 + given(s->height, 5);
    for (uint32_t y = 0; y < m->height; y++)
        for (uint32_t x = 0; x < m->width; x++) {
            double u = (x + 0.5) / m->ppmm, v = (y + 0.5) / m->ppmm;
            if (u > x0 && u < x1 && v > y0 && v < y1)
                memcpy(m->data + 4 * ((size_t)y * m->width + x), ink, 4);
        }
}

static int draw(const struct settings *s, const char *in, const char *out)
{
    static const char *const codes[] = {"ean",     "upca",   "itf14",      "code128",
                                        "gs1-128", "code39", "databar",    "databar-expanded",
                                        "qr",      "gs1-qr", "datamatrix", "gs1-datamatrix"};
    struct sim_image m;
    uint8_t ink[4];
    double percent[4] = {0, 0, 0, 100};
    if (s->ink && sscanf(s->ink, "%lf,%lf,%lf,%lf", &percent[0], &percent[1], &percent[2], &percent[3]) != 4)
        return -1;
    for (int k = 0; k < 4; k++) ink[k] = (uint8_t)(2.55 * percent[k] + 0.5);
    if (sim_tiff_read(in, &m)) return -1;
    size_t k = 0, n = sizeof codes / sizeof *codes;
    while (k < n && strcmp(s->kind, codes[k])) k++;
    int bad = 0;
    if (k < n) {
        struct sim_code c = {.kind = (enum sim_code_kind)k,
                             .data = s->text ? s->text : "",
                             .x = given(s->x, 20),
                             .y = given(s->y, 20),
                             .module = given(s->module, 0.33),
                             .height = given(s->height, 0),
                             .angle_deg = given(s->rotation, 0)};
        memcpy(c.ink, ink, 4);
        bad = sim_draw_code(&m, &c, NULL, NULL);
    } else if (!strcmp(s->kind, "type")) {
        sim_text(&m, given(s->x, 5), given(s->y, 5), given(s->height, 2), given(s->width, 0.3), ink,
                 s->text ? s->text : "");
    } else {
        draw_box(&m, s, ink);
    }
    if (!bad) bad = sim_tiff_write(out, &m);
    sim_image_free(&m);
    return bad;
}

/* Sample c at (x, y) in pixels, centres at whole numbers, between the four around it; beyond the edges the edge. */
static double between(const struct sim_image *m, double x, double y, int c)
{
    x = fmin(m->width - 1.0, fmax(0, x));
    y = fmin(m->height - 1.0, fmax(0, y));
    uint32_t i = (uint32_t)x, j = (uint32_t)y, k = i + 1 < m->width ? i + 1 : i, l = j + 1 < m->height ? j + 1 : j;
    const uint8_t *up = m->data + (size_t)j * m->width * 4, *low = m->data + (size_t)l * m->width * 4;
    double u = x - i, v = y - j, a = up[4 * i + (size_t)c], b = up[4 * k + (size_t)c];
    double d = low[4 * i + (size_t)c], e = low[4 * k + (size_t)c];
    return (a * (1 - u) + b * u) * (1 - v) + (d * (1 - u) + e * u) * v;
}

/* One pixel of the edited artwork, (x, y) in its pixels; step: pixels of the artwork per pixel of it. */
static void edited_pixel(const struct settings *s, const struct sim_image *m, double x, double y, double step, uint8_t *to)
{
    enum { POINTS = 3 }; /* per pixel and direction, when pixels are joined */
    double dx = 0, dy = 0, add[4] = {0, 0, 0, 0};
    if (!strcmp(s->kind, "shift")) dx = given(s->look_x, 0), dy = given(s->look_y, 0);
    if (!strcmp(s->kind, "move") && fabs(x / m->ppmm - s->x) < s->width / 2 && fabs(y / m->ppmm - s->y) < s->height / 2)
        dx = rint(given(s->module, 0.2) * m->ppmm);
    if (!strcmp(s->kind, "tint") && s->ink) sscanf(s->ink, "%lf,%lf,%lf,%lf", &add[0], &add[1], &add[2], &add[3]);
    int n = step > 1 ? POINTS : 1;
    for (int c = 0; c < 4; c++) {
        double sum = 0;
        for (int k = 0; k < n * n; k++)
            sum += between(m, (x + 0.5 + (k % n + 0.5) / n - 0.5) * step - 0.5 - dx,
                           (y + 0.5 + (k / n + 0.5) / n - 0.5) * step - 0.5 - dy, c);
        sum = sum / (n * n) + (sum > 0 ? 2.55 * add[c] : 0);
        to[c] = (uint8_t)(fmin(255, sum) + 0.5);
    }
}

/* What programs and people do to artwork: a part moved, an ink up where it prints, all of it shifted or resampled. */
static int edit(const struct settings *s, const char *in, const char *out)
{
    struct sim_image m, to;
    if (sim_tiff_read(in, &m)) return -1;
    double ppmm = given(s->dpi, m.ppmm * 25.4) / 25.4, step = m.ppmm / ppmm;
    int bad = sim_image_new(&to, (uint32_t)rint(m.width / step), (uint32_t)rint(m.height / step), 4, ppmm);
    for (uint32_t y = 0; !bad && y < to.height; y++)
        for (uint32_t x = 0; x < to.width; x++)
            edited_pixel(s, &m, x, y, step, to.data + 4 * ((size_t)y * to.width + x));
    if (!bad) bad = sim_tiff_write(out, &to);
    sim_image_free(&m);
    sim_image_free(&to);
    return bad;
}

static int print(const struct settings *s, const char *in, const char *out)
{
    struct sim_image art, m;
    struct sim_press o = sim_press_default();
    o.lpi = given(s->lpi, o.lpi);
    o.out_dpi = given(s->dpi, o.out_dpi);
    o.seed = (uint64_t)given(s->seed, 1);
    if (sim_tiff_read(in, &art)) return -1;
    int bad = sim_print(&art, &o, &m);
    if (!bad) bad = write_picture(s, out, &m);
    sim_image_free(&art);
    sim_image_free(&m);
    return bad;
}

/* What a copier makes of a scan to print it again: the mean of 3 x 3 pixels against the screen, light turned into ink. */
static int reprint(const char *in, const char *out)
{
    struct sim_image rgb, m;
    if (read_print(in, &rgb)) return -1;
    int bad = sim_image_new(&m, rgb.width, rgb.height, 4, rgb.ppmm);
    for (uint32_t y = 0; !bad && y < m.height; y++)
        for (uint32_t x = 0; x < m.width; x++)
            for (int c = 0; c < 4; c++) {
                unsigned sum = 0, n = 0;
                for (uint32_t j = y ? y - 1 : 0; j <= y + 1 && j < m.height; j++)
                    for (uint32_t i = x ? x - 1 : 0; i <= x + 1 && i < m.width; i++, n++)
                        sum += c < 3 ? 255u - rgb.data[((size_t)j * m.width + i) * 3 + (size_t)c] : 0;
                m.data[((size_t)y * m.width + x) * 4 + (size_t)c] = (uint8_t)(sum / n);
            }
    if (!bad) bad = sim_tiff_write(out, &m);
    sim_image_free(&rgb);
    sim_image_free(&m);
    return bad;
}

static int capture(const struct settings *s, struct sim_camera o, const char *in, const char *out)
{
    struct sim_image print, m;
    o.rotation_deg = given(s->rotation, 0);
    o.tilt_deg = given(s->tilt, 0);
    o.tilt_axis_deg = given(s->tilt_axis, 0);
    o.cylinder_mm = given(s->cylinder, 0);
    o.look_x = given(s->look_x, 0);
    o.look_y = given(s->look_y, 0);
    o.width = (uint32_t)given(s->width, 0);
    o.height = (uint32_t)given(s->height, 0);
    o.noise = given(s->noise, o.noise);
    o.blur_px = given(s->blur, o.blur_px);
    o.seed = (uint64_t)given(s->seed, 1);
    if (read_print(in, &print)) return -1;
    int bad = sim_capture(&print, &o, &m);
    if (!bad) bad = write_picture(s, out, &m);
    sim_image_free(&print);
    sim_image_free(&m);
    return bad;
}

/* ---- plates ---- */

static const char *const inks[] = {"Cyan", "Magenta", "Yellow", "Black"};

static int plates(const struct settings *s, const char *in, const char *stem)
{
    struct sim_image art;
    const struct sim_plate_file f = {.compression = 4}; /* Group 4 */
    char file[4096];
    if (sim_tiff_read(in, &art)) return -1;
    int bad = 0;
    for (int k = 0; k < 4 && !bad; k++) {
        struct sim_plate p;
        snprintf(file, sizeof file, "%s(%s).tif", stem, inks[k]);
        bad =
            sim_screen(&art, k, given(s->dpi, 2400), given(s->lpi, 175), &p) || sim_plate_write(file, &p, &f);
        sim_plate_free(&p);
    }
    sim_image_free(&art);
    return bad;
}

static int proof(const struct settings *s, const char *stem, const char *out)
{
    struct sim_plate p[4] = {0};
    struct sim_image m = {0};
    char file[4096];
    int bad = 0;
    for (int k = 0; k < 4 && !bad; k++) {
        snprintf(file, sizeof file, "%s(%s).tif", stem, inks[k]);
        bad = sim_plate_read(file, &p[k]) || p[k].width != p[0].width || p[k].height != p[0].height;
    }
    if (!bad) bad = sim_plates_proof(p, given(s->dpi, 1200), &m) || sim_tiff_write(out, &m);
    for (int k = 0; k < 4; k++) sim_plate_free(&p[k]);
    sim_image_free(&m);
    return bad;
}

static int dots(const struct settings *s, const char *file_a, const char *file_b, const char *out)
{
    struct sim_plate a = {0}, b = {0};
    struct sim_image m = {0};
    int bad = sim_plate_read(file_a, &a) || sim_plate_read(file_b, &b);
    const uint32_t from[4] = {(uint32_t)(given(s->x, 10) / 25.4 * a.dpi),
                              (uint32_t)(given(s->y, 10) / 25.4 * a.dpi), (uint32_t)given(s->width, 160),
                              (uint32_t)given(s->height, 100)};
    if (!bad) bad = sim_plates_compare(&a, &b, from, 4, &m) || write_picture(s, out, &m);
    sim_plate_free(&a);
    sim_plate_free(&b);
    sim_image_free(&m);
    return bad;
}

/* ---- compare ---- */

/* Contone colours of the artwork, copied into `to` at x0, y0, each pixel `zoom` wide. */
static void place(struct sim_image *to, uint32_t x0, uint32_t y0, const struct sim_image *rgb,
                  const uint32_t from[4], uint32_t zoom)
{
    for (uint32_t y = 0; y < from[3] * zoom; y++)
        for (uint32_t x = 0; x < from[2] * zoom; x++) {
            uint32_t sx = from[0] + x / zoom, sy = from[1] + y / zoom;
            if (sx >= rgb->width || sy >= rgb->height || x0 + x >= to->width || y0 + y >= to->height)
                continue;
            memcpy(to->data + 3 * ((size_t)(y0 + y) * to->width + x0 + x),
                   rgb->data + 3 * ((size_t)sy * rgb->width + sx), 3);
        }
}

/* The difference of a and b, each ink 8 times, as ink on grey paper: what was added is darker, what was
 * removed lighter. */
static int difference(const struct sim_image *a, const struct sim_image *b, struct sim_image *rgb)
{
    if (sim_image_new(rgb, a->width, a->height, 3, a->ppmm)) return -1;
    static const double weight[4][3] = {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 1}};
    for (size_t i = 0; i < (size_t)a->width * a->height; i++)
        for (size_t k = 0; k < 3; k++) {
            double v = 160;
            for (size_t j = 0; j < 4; j++) v -= 8 * weight[j][k] * (b->data[4 * i + j] - a->data[4 * i + j]);
            rgb->data[3 * i + k] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
        }
    return 0;
}

static int compare(const struct settings *s, const char *file_a, const char *file_b, const char *out)
{
    struct sim_image a = {0}, b = {0}, rgb[3] = {0}, sheet = {0};
    struct sim_press o = sim_press_default();
    enum { GAP = 24, ZOOM = 3 };
    int bad = sim_tiff_read(file_a, &a) || sim_tiff_read(file_b, &b);
    if (!bad && (a.width != b.width || a.height != b.height)) {
        fprintf(stderr, "pressim: %s and %s differ in size\n", file_a, file_b);
        bad = -1;
    }
    o.lpi = o.misregister_um = o.scatter_um = o.softness_um = 0;
    o.out_dpi = a.ppmm * 25.4;
    if (!bad) bad = sim_print(&a, &o, &rgb[0]) || sim_print(&b, &o, &rgb[1]) || difference(&a, &b, &rgb[2]);
    uint32_t w = a.width, h = a.height;
    if (!bad) bad = sim_image_new(&sheet, 3 * w + 4 * GAP, 2 * h + 3 * GAP, 3, a.ppmm);
    if (!bad) {
        memset(sheet.data, 90, (size_t)sheet.width * sheet.height * 3);
        const uint32_t all[4] = {0, 0, w, h};
        const uint32_t detail[4] = {(uint32_t)(given(s->x, 62) * a.ppmm),
                                    (uint32_t)(given(s->y, 20) * a.ppmm), w / ZOOM, h / ZOOM};
        for (uint32_t i = 0; i < 3; i++) {
            place(&sheet, GAP + i * (w + GAP), GAP, &rgb[i], all, 1);
            place(&sheet, GAP + i * (w + GAP), h + 2 * GAP, &rgb[i], detail, ZOOM);
        }
        bad = write_picture(s, out, &sheet);
    }
    for (int i = 0; i < 3; i++) sim_image_free(&rgb[i]);
    sim_image_free(&a);
    sim_image_free(&b);
    sim_image_free(&sheet);
    return bad;
}

int main(int argc, char **argv)
{
    struct settings s = {.kind = "carton"};
    int bad = parse(&s, argc, argv), n = argc - optind;
    char **a = argv + optind;
    if (!bad && n == 2 && !strcmp(a[0], "artwork")) return make_artwork(&s, a[1]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "draw")) return draw(&s, a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "edit")) return edit(&s, a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "print")) return print(&s, a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "scan"))
        return capture(&s, sim_camera_scan(given(s.dpi, 300)), a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "photo"))
        return capture(&s, sim_camera_phone(given(s.ppmm, 20)), a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "reprint")) return reprint(a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "pdf")) return sim_pdf_sample(a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "plates")) return plates(&s, a[1], a[2]) ? 1 : 0;
    if (!bad && n == 3 && !strcmp(a[0], "proof")) return proof(&s, a[1], a[2]) ? 1 : 0;
    if (!bad && n == 4 && !strcmp(a[0], "dots")) return dots(&s, a[1], a[2], a[3]) ? 1 : 0;
    if (!bad && n == 4 && !strcmp(a[0], "compare")) return compare(&s, a[1], a[2], a[3]) ? 1 : 0;
    fputs(help, stderr);
    return 2;
}
