/*
 * minarea: how small a piece of a print can be and still be read, as a table and as a curve.
 *
 *   minarea ISSUER_DIR OUT.png        (testdata/manifest docs/minimum-area.png)
 *
 * Three sample artworks of 120 x 84 mm, a flat tint, a picture and a mostly white carton, are signed at
 * default strength, printed by the simulated press (AM, 175 lpi) and photographed whole by the simulated phone
 * at five resolutions, 10 degrees tilted and 5 turned, JPEG 85.  Square windows are cut out of the photographs
 * at random places, and the smallest side is looked for of which all PLACES windows are read: without a
 * manifest (the message is decoded) and with it (the message is confirmed).  It is found by bisection of
 * `sides`, which takes it that larger windows are read as well.
 *
 * Everything is a function of the key in ISSUER_DIR and of the seeds here: the same on every machine and with
 * any number of threads.
 */
#include "artwork/letters.h"
#include "artwork/picture.h"
#include "enn.h"
#include "test/sim.h"
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KINDS = 3, DENSITIES = 5, SIDES = 20, PLACES = 8, WINDOW = 10, THREADS = 8 };
static const double WIDTH_MM = 120, HEIGHT_MM = 84;
static const double densities[DENSITIES] = {7, 10, 14, 20, 25}; /* px/mm */
/* mm: steps of about 12 %; the last is the largest that fits into the turned photograph */
static const double sides[SIDES] = {8,  9,  10, 11, 12.5, 14, 16, 18, 20, 22.5,
                                    25, 28, 32, 36, 40,   45, 50, 56, 63, 70}; /* [WINDOW] is 25 */
static const struct {
    enum sim_artwork_kind kind;
    const char *name;
    uint8_t colour[3];
} kinds[KINDS] = {{SIM_TINT, "flat tint", {0, 140, 120}},
                  {SIM_PICTURE, "picture", {200, 80, 0}},
                  {SIM_CARTON, "white carton", {40, 70, 200}}};

/* One signed artwork: its print, and who may read it. */
struct sample {
    struct sim_image print;
    struct enn_verifier *blind, *named; /* without and with the manifest */
    char lot_id[21];
};

/* One photograph and what was found in it. */
struct point {
    int kind, density;
    int side[2];   /* index into sides, SIDES: not even the largest; without and with the manifest */
    int reads[2];  /* of PLACES windows of 25 mm */
    double energy; /* per cm2 of those read with the manifest, median; 0: none */
};

struct job {
    const char *dir; /* for temporary files */
    const struct sample *samples;
    struct point points[KINDS * DENSITIES];
    pthread_mutex_t lock;
    int next, bad;
};

static void complain(const struct enn_error *err)
{
    fprintf(stderr, "minarea: %s\n", err->text);
}

/* ---- the prints ---- */

static int sign(const char *issuer, const char *in, const char *out, const char *manifest, char lot_id[21])
{
    struct enn_sign_options o = enn_sign_options_default();
    struct enn_sign_report report = {0};
    struct enn_error err = {0};
    char key[4096], cert[4096];
    snprintf(key, sizeof key, "%s/issuer.key", issuer);
    snprintf(cert, sizeof cert, "%s/issuer.crt", issuer);
    o.key_file = key;
    o.cert_file = cert;
    o.gtin = "09506000134352";
    o.lot = "EN9459";
    o.expiry = "281231";
    o.nonce_hex = "000102030405060708090a0b0c0d0e0f";
    o.force = 1;
    int bad = enn_sign(&o, in, out, manifest, &report, &err) != ENN_OK;
    if (bad) complain(&err);
    memcpy(lot_id, report.lot_id, 21);
    enn_sign_report_clear(&report);
    return bad ? -1 : 0;
}

static struct enn_verifier *verifier(const char *issuer, const char *manifest)
{
    struct enn_verifier *v = enn_verifier_new();
    struct enn_error err = {0};
    char cert[4096];
    snprintf(cert, sizeof cert, "%s/issuer.crt", issuer);
    if (v && !enn_verifier_trust(v, cert, &err) && (!manifest || !enn_verifier_manifest(v, manifest, &err)))
        return v;
    if (v) complain(&err);
    enn_verifier_free(v);
    return NULL;
}

static int make_sample(struct sample *s, int kind, const char *issuer, const char *dir)
{
    char in[64], out[64], manifest[64];
    struct sim_image art = {0};
    struct sim_press press = sim_press_default();
    snprintf(in, sizeof in, "%s/artwork.tif", dir);
    snprintf(out, sizeof out, "%s/signed.tif", dir);
    snprintf(manifest, sizeof manifest, "%s/signed.xml", dir);
    if (sim_make_artwork(&art, kinds[kind].kind, WIDTH_MM, HEIGHT_MM, 300, 1)) return -1;
    int bad = sim_tiff_write(in, &art);
    sim_image_free(&art);
    if (!bad) bad = sign(issuer, in, out, manifest, s->lot_id);
    if (!bad) bad = !(s->blind = verifier(issuer, NULL)) || !(s->named = verifier(issuer, manifest));
    if (!bad) bad = sim_tiff_read(out, &art) || sim_print(&art, &press, &s->print);
    sim_image_free(&art);
    remove(in);
    remove(out);
    remove(manifest);
    return bad ? -1 : 0;
}

/* ---- the windows ---- */

struct photo {
    const struct sample *sample;
    struct sim_camera camera;
    struct picture picture;
    double corner[4][2]; /* of the print, px */
    uint64_t seed;
};

static int take_photo(const char *dir, const struct point *p, const struct sample *s, struct photo *f)
{
    struct sim_image m = {0};
    struct picture_options o = picture_options_default();
    struct enn_error err = {0};
    char file[64];
    int n = p->kind * DENSITIES + p->density;
    *f = (struct photo){
        .sample = s, .camera = sim_camera_phone(densities[p->density]), .seed = 1000u + (unsigned)n};
    f->camera.tilt_deg = 10;
    f->camera.tilt_axis_deg = 30;
    f->camera.rotation_deg = 5;
    f->camera.seed = f->seed;
    snprintf(file, sizeof file, "%s/%d.jpg", dir, n);
    int bad = sim_capture(&s->print, &f->camera, &m) || sim_jpeg_write(file, &m, 85);
    sim_image_free(&m);
    if (!bad && (bad = picture_read(file, &o, &f->picture, &err) != ENN_OK)) complain(&err);
    remove(file);
    for (int i = 0; i < 4; i++)
        sim_project(&s->print, &f->camera, i == 1 || i == 2 ? WIDTH_MM : 0, i > 1 ? HEIGHT_MM : 0,
                    &f->corner[i][0], &f->corner[i][1]);
    return bad ? -1 : 0;
}

/* The print's outline is convex and runs clockwise. */
static int on_print(const struct photo *f, double x, double y)
{
    for (int i = 0; i < 4; i++) {
        const double *a = f->corner[i], *b = f->corner[(i + 1) % 4];
        if ((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]) < 0) return 0;
    }
    return 1;
}

/* Window number `place` of n px: its top-left corner.  0: none was found within the print. */
static int window(const struct photo *f, int place, uint32_t n, uint32_t *x, uint32_t *y)
{
    const struct picture *m = &f->picture;
    for (uint64_t i = 0; n <= m->width && n <= m->height && i < 5000; i++) {
        uint64_t at = 2 * ((uint64_t)place * 5000 + i);
        *x = (uint32_t)(sim_uniform(f->seed, at) * (m->width - n + 1));
        *y = (uint32_t)(sim_uniform(f->seed, at + 1) * (m->height - n + 1));
        if (on_print(f, *x, *y) && on_print(f, *x + n, *y) && on_print(f, *x, *y + n) &&
            on_print(f, *x + n, *y + n))
            return 1;
    }
    return 0;
}

/* What is known of one photograph: windows[named][side][place] is 1: read, -1: not read, 0: not tried. */
struct found {
    const struct photo *photo;
    int8_t windows[2][SIDES][PLACES];
};

/* 1: the window is read.  What is decoded without the manifest is confirmed with it, too.  *energy: of the
 * message. */
static int reads(struct found *w, int side, int place, int named, double *energy)
{
    const struct photo *f = w->photo;
    struct enn_verify_options o = enn_verify_options_default();
    struct enn_verdict v = {0};
    struct enn_error err = {0};
    uint32_t x, y, n = (uint32_t)lrint(sides[side] * f->camera.ppmm);
    int8_t *known = &w->windows[named][side][place];
    if (named && w->windows[0][side][place] == 1) *known = 1;
    if (*known) return *known == 1;
    *known = -1;
    if (!window(f, place, n, &x, &y)) return 0;
    o.threads = 1;
    o.now = 2000000000; /* within the certificate's dates */
    enum enn_status st = enn_verify_rgb(named ? f->sample->named : f->sample->blind, &o,
                                        f->picture.rgb + y * f->picture.stride + 3 * (size_t)x, n, n,
                                        f->picture.stride, &v, &err);
    int read = (named ? st == ENN_OK : st == ENN_UNTRUSTED) && !strcmp(v.lot_id, f->sample->lot_id);
    if (read) *known = 1;
    if (read && energy) *energy = v.energy;
    enn_verdict_clear(&v);
    return read;
}

static int all_read(struct found *w, int side, int named)
{
    for (int i = 0; i < PLACES; i++)
        if (!reads(w, side, i, named, NULL)) return 0;
    return 1;
}

/* Index of the smallest side whose windows are all read; `most` (one that is known to be, or SIDES) when no
 * smaller is. */
static int smallest(struct found *w, int named, int most)
{
    int least = 0;
    while (least < most) {
        int middle = (least + most) / 2;
        if (all_read(w, middle, named))
            most = middle;
        else
            least = middle + 1;
    }
    return most;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int measure(const char *dir, const struct sample *samples, struct point *p)
{
    struct photo f;
    struct found w = {.photo = &f};
    double energy[PLACES];
    int bad = take_photo(dir, p, &samples[p->kind], &f);
    for (int i = 0; i < PLACES && !bad; i++) {
        double e = 0;
        p->reads[0] += reads(&w, WINDOW, i, 0, &e);
        if (reads(&w, WINDOW, i, 1, &e)) energy[p->reads[1]++] = e;
    }
    if (p->reads[1]) {
        qsort(energy, (size_t)p->reads[1], sizeof *energy, by_size);
        p->energy = energy[p->reads[1] / 2] / (sides[WINDOW] * sides[WINDOW] / 100);
    }
    if (!bad) p->side[0] = smallest(&w, 0, SIDES);
    if (!bad) p->side[1] = smallest(&w, 1, p->side[0]);
    picture_clear(&f.picture);
    return bad;
}

/* Thread: takes photographs until there are no more; the large ones, which take longest, first. */
static void *work(void *user)
{
    struct job *j = user;
    for (;;) {
        pthread_mutex_lock(&j->lock);
        int n = j->next++;
        pthread_mutex_unlock(&j->lock);
        if (n >= KINDS * DENSITIES) return NULL;
        struct point p = {.kind = n % KINDS, .density = DENSITIES - 1 - n / KINDS};
        int bad = measure(j->dir, j->samples, &p);
        pthread_mutex_lock(&j->lock);
        j->points[p.kind * DENSITIES + p.density] = p;
        j->bad |= bad;
        pthread_mutex_unlock(&j->lock);
    }
}

static int measure_all(struct job *j)
{
    pthread_t thread[THREADS];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    int n = 0, want = cores < 1 ? 1 : cores > THREADS ? THREADS : (int)cores;
    pthread_mutex_init(&j->lock, NULL);
    while (n < want && !pthread_create(&thread[n], NULL, work, j)) n++;
    if (!n) work(j);
    while (n) pthread_join(thread[--n], NULL);
    pthread_mutex_destroy(&j->lock);
    return j->bad ? -1 : 0;
}

/* ---- the table and the curve ---- */

static void print_table(const struct job *j)
{
    puts("| artwork | px/mm | smallest side, no manifest | with it | 25 mm windows read, no manifest | with "
         "it | energy per cm2 |");
    puts("|---|---|---|---|---|---|---|");
    for (int i = 0; i < KINDS * DENSITIES; i++) {
        const struct point *p = &j->points[i];
        printf("| %s | %g |", kinds[p->kind].name, densities[p->density]);
        for (int k = 0; k < 2; k++)
            if (p->side[k] < SIDES)
                printf(" %g mm |", sides[p->side[k]]);
            else
                printf(" over %g mm |", sides[SIDES - 1]);
        printf(" %d of %d | %d of %d |", p->reads[0], PLACES, p->reads[1], PLACES);
        if (p->energy > 0)
            printf(" %.0f |\n", p->energy);
        else
            puts(" - |");
    }
}

/* Drawn twice as large as it is written. */
enum { W = 2000, H = 1400, LEFT = 150, RIGHT = 60, TOP = 190, BOTTOM = 170, LETTER = 4 };
static const double X_FROM = 6.5, X_TO = 27, Y_FROM = 7, Y_TO = 80;
static const uint8_t BLACK[3] = {30, 30, 30}, GREY[3] = {215, 215, 215};

static double plot_x(double density)
{
    return LEFT + log(density / X_FROM) / log(X_TO / X_FROM) * (W - LEFT - RIGHT);
}

static double plot_y(double side)
{
    return H - BOTTOM - log(side / Y_FROM) / log(Y_TO / Y_FROM) * (H - TOP - BOTTOM);
}

static void disc(uint8_t *rgb, double x, double y, double radius, const uint8_t colour[3])
{
    for (int j = (int)(y - radius); j <= (int)(y + radius + 1); j++)
        for (int i = (int)(x - radius); i <= (int)(x + radius + 1); i++)
            if (hypot(i - x, j - y) <= radius && i >= 0 && i < W && j >= 0 && j < H)
                memcpy(rgb + 3 * ((size_t)j * W + (size_t)i), colour, 3);
}

/* dash 0: a full line; else px drawn and left out in turn. */
static void line(uint8_t *rgb, const double a[2], const double b[2], double radius, double dash,
                 const uint8_t colour[3])
{
    double length = hypot(b[0] - a[0], b[1] - a[1]);
    for (double t = 0; t <= length; t++)
        if (!(dash > 0) || fmod(t, 2 * dash) < dash)
            disc(rgb, a[0] + (b[0] - a[0]) * t / length, a[1] + (b[1] - a[1]) * t / length, radius, colour);
}

static void text(uint8_t *rgb, double x, double y, const uint8_t colour[3], const char *s)
{
    letters_draw(rgb, W, H, (uint32_t)x, (uint32_t)y, LETTER, colour, s);
}

static void draw_axes(uint8_t *rgb)
{
    static const double marks[] = {8, 10, 12.5, 16, 20, 25, 32, 40, 50, 63};
    char s[24];
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        double y = plot_y(marks[i]), a[2] = {LEFT, y}, b[2] = {W - RIGHT, y};
        line(rgb, a, b, 1, 0, GREY);
        snprintf(s, sizeof s, "%4g", marks[i]);
        text(rgb, LEFT - 4.6 * LETTERS_ADVANCE * LETTER, y - LETTER * LETTERS_HEIGHT / 2.0, BLACK, s);
    }
    for (int i = 0; i < DENSITIES; i++) {
        double x = plot_x(densities[i]), a[2] = {x, TOP}, b[2] = {x, H - BOTTOM};
        line(rgb, a, b, 1, 0, GREY);
        int n = snprintf(s, sizeof s, "%g", densities[i]);
        text(rgb, x - n * LETTERS_ADVANCE * LETTER / 2.0, H - BOTTOM + 20, BLACK, s);
    }
    double a[2] = {LEFT, TOP}, b[2] = {LEFT, H - BOTTOM}, c[2] = {W - RIGHT, H - BOTTOM};
    line(rgb, a, b, 2, 0, BLACK);
    line(rgb, b, c, 2, 0, BLACK);
    text(rgb, 40, 30, BLACK, "side of the smallest square window that is read, mm (simulation)");
    text(rgb, LEFT + 500, H - 90, BLACK, "pixels per mm in the photograph");
}

/* Lines join neighbours that are both read. */
static void draw_curve(uint8_t *rgb, const struct point *p, int named, const uint8_t colour[3])
{
    for (int i = 0; i < DENSITIES; i++) {
        if (p[i].side[named] == SIDES) continue;
        double a[2] = {plot_x(densities[i]), plot_y(sides[p[i].side[named]])};
        disc(rgb, a[0], a[1], 11, colour);
        if (i + 1 == DENSITIES || p[i + 1].side[named] == SIDES) continue;
        double b[2] = {plot_x(densities[i + 1]), plot_y(sides[p[i + 1].side[named]])};
        line(rgb, a, b, 4, named ? 22 : 0, colour);
    }
}

static void draw_legend(uint8_t *rgb)
{
    for (int k = 0; k < KINDS; k++) text(rgb, 40 + 340 * k, 100, kinds[k].colour, kinds[k].name);
    for (int named = 0; named < 2; named++) {
        double x = 1130, y = 88 + 44 * named, a[2] = {x, y + 14}, b[2] = {x + 130, y + 14};
        line(rgb, a, b, 4, named ? 22 : 0, BLACK);
        text(rgb, x + 160, y, BLACK, named ? "with the manifest" : "without the manifest");
    }
}

static int draw(const struct job *j, const char *out)
{
    struct enn_error err = {0};
    uint8_t *rgb = malloc(3 * (size_t)W * H), *half = malloc(3 * (size_t)(W / 2) * (H / 2));
    int bad = !rgb || !half;
    if (!bad) {
        memset(rgb, 255, 3 * (size_t)W * H);
        draw_axes(rgb);
        for (int i = 0; i < 2 * KINDS; i++)
            draw_curve(rgb, j->points + i / 2 * DENSITIES, i % 2, kinds[i / 2].colour);
        draw_legend(rgb);
        for (size_t y = 0; y < H / 2; y++)
            for (size_t x = 0; x < 3 * (W / 2); x++) {
                const uint8_t *p = rgb + 6 * W * y + 6 * (x / 3) + x % 3;
                half[3 * (W / 2) * y + x] = (uint8_t)((p[0] + p[3] + p[3 * W] + p[3 * W + 3] + 2) / 4);
            }
        if ((bad = picture_write_png(out, half, W / 2, H / 2, 0, &err) != ENN_OK)) complain(&err);
    }
    free(rgb);
    free(half);
    return bad ? -1 : 0;
}

int main(int argc, char **argv)
{
    char dir[] = "/tmp/minarea-XXXXXX";
    struct sample samples[KINDS] = {0};
    struct job job = {.dir = dir, .samples = samples};
    if (argc != 3) {
        fputs("minarea ISSUER_DIR OUT.png   (issuer.key and issuer.crt are in ISSUER_DIR)\n", stderr);
        return 2;
    }
    int bad = !mkdtemp(dir);
    for (int k = 0; k < KINDS && !bad; k++) bad = make_sample(&samples[k], k, argv[1], dir);
    if (!bad) bad = measure_all(&job);
    if (!bad) print_table(&job);
    if (!bad) bad = draw(&job, argv[2]);
    for (int k = 0; k < KINDS; k++) {
        sim_image_free(&samples[k].print);
        enn_verifier_free(samples[k].blind);
        enn_verifier_free(samples[k].named);
    }
    rmdir(dir);
    return bad ? 1 : 0;
}
