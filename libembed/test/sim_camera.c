/*
 * The simulated scanner and phone: a picture of a print that lies on a table or is wrapped around a bottle.
 *
 * For every pixel, S x S rays are followed from the camera to the print (S about the pixels of the print per
 * pixel of the picture, so that the sensor integrates over its area), in linear light.  Then lens blur,
 * shading, white balance, sensor noise, sRGB coding, and the chroma resolution that a Bayer sensor leaves.
 *
 * Frames: the print's has its origin in the print's centre, x to the right, y down, z away from the camera.
 * A point P of it is at R (P - L) + (0, 0, distance) for the camera, which looks along +z; L is the point in
 * the picture's centre.
 */
#include "test/sim.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sim_camera sim_camera_scan(double dpi)
{
    return (struct sim_camera){.ppmm = dpi / 25.4,
                               .margin_mm = 6,
                               .blur_px = 0.55,
                               .noise = 0.006,
                               .cast = {0.98, 1, 0.97},
                               .seed = 1};
}

struct sim_camera sim_camera_phone(double ppmm)
{
    return (struct sim_camera){.ppmm = ppmm,
                               .distance_mm = 220,
                               .margin_mm = 9,
                               .blur_px = 0.8,
                               .noise = 0.012,
                               .vignette = 0.2,
                               .shade = 0.2,
                               .cast = {1, 0.98, 0.9},
                               .chroma_half = 1,
                               .table = 1,
                               .seed = 1};
}

/* ---- geometry ---- */

struct pose {
    double r[3][3], look[3];       /* look is L of the head */
    double focal, distance;        /* distance 0: orthographic, focal in px/mm */
    double half_w, half_h, radius; /* of the print and the bottle, mm */
    double centre_x, centre_y;     /* of the picture, px */
};

/* A point on the print's surface, mm from its centre along the paper, in the print's frame. */
static void on_surface(double radius, double x, double y, double p[3])
{
    p[0] = radius > 0 ? radius * sin(x / radius) : x;
    p[1] = y;
    p[2] = radius > 0 ? radius * (1 - cos(x / radius)) : 0;
}

/* R = tilt about an axis in the picture's plane (Rodrigues) after the rotation about z. */
static void rotation(const struct sim_camera *o, double r[3][3])
{
    double a = o->rotation_deg * M_PI / 180, t = o->tilt_deg * M_PI / 180, d = o->tilt_axis_deg * M_PI / 180;
    double kx = cos(d), ky = sin(d), c = cos(t), s = sin(t);
    double tilt[3][3] = {{c + kx * kx * (1 - c), kx * ky * (1 - c), ky * s},
                         {kx * ky * (1 - c), c + ky * ky * (1 - c), -kx * s},
                         {-ky * s, kx * s, c}};
    double turn[3][3] = {{cos(a), -sin(a), 0}, {sin(a), cos(a), 0}, {0, 0, 1}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            r[i][j] = 0;
            for (int k = 0; k < 3; k++) r[i][j] += tilt[i][k] * turn[k][j];
        }
}

static int to_picture(const struct pose *q, double x, double y, double *px, double *py)
{
    double p[3], v[3];
    on_surface(q->radius, x, y, p);
    for (int i = 0; i < 3; i++)
        v[i] = q->r[i][0] * (p[0] - q->look[0]) + q->r[i][1] * (p[1] - q->look[1]) +
               q->r[i][2] * (p[2] - q->look[2]);
    double z = q->distance > 0 ? v[2] + q->distance : 1;
    *px = q->centre_x + q->focal * v[0] / z;
    *py = q->centre_y + q->focal * v[1] / z;
    if (z <= 0) return 0;
    if (q->radius <= 0) return 1;
    double angle = x / q->radius, n[3] = {sin(angle), 0, -cos(angle)}, facing = 0; /* outward normal */
    for (int i = 0; i < 3; i++) {
        double to_camera = -v[i] - (i == 2 ? q->distance : 0), normal = q->r[i][0] * n[0] + q->r[i][2] * n[2];
        if (q->distance <= 0) to_camera = i == 2 ? -1 : 0;
        facing += to_camera * normal;
    }
    return facing > 0 && fabs(angle) < M_PI;
}

static struct pose make_pose(const struct sim_image *print, const struct sim_camera *o)
{
    struct pose q = {.distance = o->distance_mm,
                     .focal = o->ppmm * (o->distance_mm > 0 ? o->distance_mm : 1),
                     .half_w = print->width / print->ppmm / 2,
                     .half_h = print->height / print->ppmm / 2,
                     .radius = o->cylinder_mm};
    rotation(o, q.r);
    on_surface(q.radius, o->look_x, o->look_y, q.look);
    return q;
}

void sim_picture_size(const struct sim_image *print, const struct sim_camera *o, uint32_t *width,
                      uint32_t *height)
{
    struct pose q = make_pose(print, o);
    double w = 0, h = 0, x, y;
    for (int i = -8; i <= 8; i++)
        for (int j = -1; j <= 1; j++)
            if (to_picture(&q, i / 8.0 * q.half_w, j * q.half_h, &x, &y)) {
                if (fabs(x) > w) w = fabs(x);
                if (fabs(y) > h) h = fabs(y);
            }
    *width = o->width ? o->width : (uint32_t)(2 * (w + o->margin_mm * o->ppmm)) & ~1u;
    *height = o->height ? o->height : (uint32_t)(2 * (h + o->margin_mm * o->ppmm)) & ~1u;
}

int sim_project(const struct sim_image *print, const struct sim_camera *o, double x_mm, double y_mm,
                double *px, double *py)
{
    struct pose q = make_pose(print, o);
    uint32_t width, height;
    sim_picture_size(print, o, &width, &height);
    q.centre_x = width / 2.0;
    q.centre_y = height / 2.0;
    return to_picture(&q, x_mm - q.half_w, y_mm - q.half_h, px, py);
}

/* Where the ray of a pixel meets the print's surface (mm from its centre); 0 when it misses a bottle. */
static int to_print(const struct pose *q, double px, double py, double *x, double *y)
{
    double u = (px - q->centre_x) / q->focal, v = (py - q->centre_y) / q->focal;
    double from[3], dir[3], cam_from[3] = {0, 0, -q->distance}, cam_dir[3] = {u, v, 1};
    if (q->distance <= 0) {
        cam_from[0] = u, cam_from[1] = v, cam_from[2] = 0;
        cam_dir[0] = cam_dir[1] = 0;
    }
    for (int i = 0; i < 3; i++) {
        from[i] = q->r[0][i] * cam_from[0] + q->r[1][i] * cam_from[1] + q->r[2][i] * cam_from[2] + q->look[i];
        dir[i] = q->r[0][i] * cam_dir[0] + q->r[1][i] * cam_dir[1] + q->r[2][i] * cam_dir[2];
    }
    if (q->radius <= 0) {
        double t = -from[2] / dir[2];
        *x = from[0] + t * dir[0];
        *y = from[1] + t * dir[1];
        return dir[2] > 0.01;
    }
    double zr = from[2] - q->radius, a = dir[0] * dir[0] + dir[2] * dir[2],
           b = from[0] * dir[0] + zr * dir[2];
    double c = from[0] * from[0] + zr * zr - q->radius * q->radius, root = b * b - a * c;
    if (root < 0 || a <= 0) return 0;
    double t = (-b - sqrt(root)) / a;
    *x = q->radius * atan2(from[0] + t * dir[0], q->radius - (from[2] + t * dir[2]));
    *y = from[1] + t * dir[1];
    return 1;
}

/* ---- the table ---- */

static double lattice(uint64_t seed, double x, double y)
{
    double fx = floor(x), fy = floor(y), u = x - fx, v = y - fy;
    double c[4];
    for (int i = 0; i < 4; i++)
        c[i] = sim_uniform(seed, (uint64_t)((int64_t)fx + (i & 1) + 100000) * 1000003u +
                                     (uint64_t)((int64_t)fy + (i >> 1) + 100000));
    u = u * u * (3 - 2 * u);
    v = v * v * (3 - 2 * v);
    return (c[0] * (1 - u) + c[1] * u) * (1 - v) + (c[2] * (1 - u) + c[3] * u) * v;
}

/* Wood grain along x; mm, so that it is the same at every resolution.  out: distance (mm) outside the print.
 */
static void table_colour(uint64_t seed, double x, double y, double out, float rgb[3])
{
    double grain = 0.5 * lattice(seed, x / 30, y / 1.2) + 0.3 * lattice(seed + 1, x / 9, y / 0.45) +
                   0.2 * lattice(seed + 2, x / 60, y / 12);
    double light = (0.55 + 0.6 * grain) * (1 - 0.55 * exp(-out / 1.6));
    rgb[0] = (float)(0.36 * light);
    rgb[1] = (float)(0.22 * light);
    rgb[2] = (float)(0.12 * light);
}

/* ---- the picture ---- */

struct scene {
    const struct sim_image *print;
    const struct sim_camera *o;
    struct pose pose;
    float linear[256];
};

static void print_colour(const struct scene *s, double x, double y, float rgb[3])
{
    const struct sim_image *m = s->print;
    double u = (x + s->pose.half_w) * m->ppmm - 0.5, v = (y + s->pose.half_h) * m->ppmm - 0.5;
    u = u < 0 ? 0 : u > m->width - 1 ? m->width - 1 : u;
    v = v < 0 ? 0 : v > m->height - 1 ? m->height - 1 : v;
    size_t i = (size_t)u, j = (size_t)v, i1 = i + 1 < m->width ? i + 1 : i,
           j1 = j + 1 < m->height ? j + 1 : j;
    float fu = (float)(u - (double)i), fv = (float)(v - (double)j);
    const uint8_t *a = m->data + 3 * (j * m->width), *b = m->data + 3 * (j1 * m->width);
    for (size_t k = 0; k < 3; k++) {
        float top = s->linear[a[3 * i + k]] * (1 - fu) + s->linear[a[3 * i1 + k]] * fu;
        float low = s->linear[b[3 * i + k]] * (1 - fu) + s->linear[b[3 * i1 + k]] * fu;
        rgb[k] = top * (1 - fv) + low * fv;
    }
}

static void ray_colour(const struct scene *s, double px, double py, float rgb[3])
{
    double x, y;
    int hit = to_print(&s->pose, px, py, &x, &y);
    double dx = fabs(x) - s->pose.half_w, dy = fabs(y) - s->pose.half_h;
    if (hit && dx <= 0 && dy <= 0) {
        print_colour(s, x, y, rgb);
    } else if (!s->o->table) {
        rgb[0] = rgb[1] = rgb[2] = 0.93f;
    } else if (hit && s->pose.radius > 0) {
        rgb[0] = rgb[1] = rgb[2] = 0.55f; /* bare bottle */
    } else {
        if (!hit) x = px / s->o->ppmm, y = py / s->o->ppmm, dx = dy = 40;
        table_colour(s->o->seed + 77, x, y, hypot(dx > 0 ? dx : 0, dy > 0 ? dy : 0), rgb);
    }
}

static void expose(const struct scene *s, float *light, uint32_t width, uint32_t height)
{
    int n = (int)ceil(s->print->ppmm / s->o->ppmm);
    n = n < 1 ? 1 : n > 6 ? 6 : n;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            float *to = light + 3 * ((size_t)y * width + x), rgb[3], sum[3] = {0};
            for (int i = 0; i < n * n; i++) {
                ray_colour(s, x + (i % n + 0.5) / n, y + (i / n + 0.5) / n, rgb);
                for (int k = 0; k < 3; k++) sum[k] += rgb[k];
            }
            for (int k = 0; k < 3; k++) to[k] = sum[k] / (float)(n * n);
        }
}

/* Gaussian along one direction: n values, `step` floats apart, through a line buffer with replicated ends. */
static void blur_line(float *at, size_t n, size_t step, const float *taps, int half, float *line)
{
    for (size_t i = 0; i < n + 2 * (size_t)half; i++) {
        size_t from = i < (size_t)half ? 0 : i - (size_t)half;
        line[i] = at[(from < n ? from : n - 1) * step];
    }
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (int k = 0; k <= 2 * half; k++) sum += taps[k] * line[i + (size_t)k];
        at[i * step] = sum;
    }
}

static int blur(float *light, uint32_t width, uint32_t height, double sigma)
{
    float taps[65];
    int half = (int)ceil(3 * sigma);
    half = half > 32 ? 32 : half;
    if (sigma <= 0) return 0;
    double sum = 0;
    for (int k = -half; k <= half; k++) sum += taps[k + half] = (float)exp(-0.5 * k * k / (sigma * sigma));
    for (int k = 0; k <= 2 * half; k++) taps[k] = (float)(taps[k] / sum);
    float *line = malloc(((size_t)(width > height ? width : height) + 65) * sizeof *line);
    if (!line) return -1;
    for (size_t k = 0; k < 3; k++) {
        for (size_t y = 0; y < height; y++) blur_line(light + 3 * y * width + k, width, 3, taps, half, line);
        for (size_t x = 0; x < width; x++)
            blur_line(light + 3 * x + k, height, 3 * (size_t)width, taps, half, line);
    }
    free(line);
    return 0;
}

static uint8_t code_srgb(double v)
{
    v = v <= 0 ? 0 : v >= 1 ? 1 : v;
    return (uint8_t)(255 * (v <= 0.0031308 ? 12.92 * v : 1.055 * pow(v, 1 / 2.4) - 0.055) + 0.5);
}

/* Shading, white balance, noise (shot noise grows with the root of the light), coding.  Paper comes out at
 * 0.84. */
static void develop(const struct sim_camera *o, const float *light, struct sim_image *rgb)
{
    uint8_t coded[4097];
    for (int i = 0; i <= 4096; i++) coded[i] = code_srgb(i / 4096.0);
    double cx = rgb->width / 2.0, cy = rgb->height / 2.0, r2 = cx * cx + cy * cy;
    for (uint32_t y = 0; y < rgb->height; y++)
        for (uint32_t x = 0; x < rgb->width; x++) {
            double d2 = ((x - cx) * (x - cx) + (y - cy) * (y - cy)) / r2;
            double lamp = 0.84 * (1 - o->vignette * d2) *
                          (1 - o->shade * (x + 0.5 * y) / (rgb->width + 0.5 * rgb->height));
            for (size_t k = 0; k < 3; k++) {
                size_t i = 3 * ((size_t)y * rgb->width + x) + k;
                double v = light[i] * lamp * o->cast[k];
                if (o->noise > 0)
                    v += o->noise * sqrt(0.15 + 0.85 * (v > 0 ? v : 0)) * sim_normal(o->seed, i);
                v = v <= 0 ? 0 : v >= 1 ? 4096 : v * 4096 + 0.5;
                rgb->data[i] = coded[(int)v];
            }
        }
}

static uint8_t clip(double v)
{
    return (uint8_t)(v <= 0 ? 0 : v >= 255 ? 255 : v + 0.5);
}

/* Chroma (Cb, Cr of BT.601) averaged over 2 x 2 pixels, luma kept. */
static void halve_chroma(struct sim_image *m)
{
    for (uint32_t y = 0; y + 1 < m->height; y += 2)
        for (uint32_t x = 0; x + 1 < m->width; x += 2) {
            uint8_t *p[4];
            double mean[3] = {0}, luma = 0, own[4];
            for (uint32_t i = 0; i < 4; i++) {
                p[i] = m->data + 3 * ((size_t)(y + i / 2) * m->width + x + i % 2);
                own[i] = 0.299 * p[i][0] + 0.587 * p[i][1] + 0.114 * p[i][2];
                luma += own[i] / 4;
                for (int k = 0; k < 3; k++) mean[k] += p[i][k] / 4.0;
            }
            for (int i = 0; i < 4; i++)
                for (int k = 0; k < 3; k++) p[i][k] = clip(mean[k] + own[i] - luma);
        }
}

int sim_capture(const struct sim_image *print, const struct sim_camera *o, struct sim_image *rgb)
{
    uint32_t width, height;
    *rgb = (struct sim_image){0};
    if (print->channels != 3 || !(o->ppmm > 0)) return -1;
    sim_picture_size(print, o, &width, &height);
    struct scene s = {.print = print, .o = o, .pose = make_pose(print, o)};
    s.pose.centre_x = width / 2.0;
    s.pose.centre_y = height / 2.0;
    for (int i = 0; i < 256; i++) {
        double c = i / 255.0;
        s.linear[i] = (float)(c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4));
    }
    if (sim_image_new(rgb, width, height, 3, o->ppmm)) return -1;
    float *light = malloc(((size_t)width * height * 3 + 1) * sizeof *light);
    if (!light) {
        sim_image_free(rgb);
        return -1;
    }
    expose(&s, light, width, height);
    int bad = blur(light, width, height, o->blur_px);
    develop(o, light, rgb);
    if (o->chroma_half) halve_chroma(rgb);
    free(light);
    if (bad) sim_image_free(rgb);
    return bad;
}
