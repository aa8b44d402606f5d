/*
 * Comparing, step 4: colour.
 *
 * Linear interpolation in a table of the profile: 17 nodes along each of four inks, 33 along each of three
 * lights, 256 of grey.  Both sides of a comparison take the same table, so its error (below 0.5 between
 * nodes) nearly cancels in small differences.
 *
 * CIEDE2000: G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 color-difference formula: implementation notes,
 * supplementary test data, and mathematical observations", Color Research and Application 30 (2005).
 */
#include "diff/colour.h"
#include <math.h>
#include <stdlib.h>

struct colour_table {
    int channels, side;
    float *lab; /* side^channels nodes of 3, the last channel fastest */
};

enum enn_status colour_new(struct colour_table **out, enum press_colour colour, const struct profile *p,
                           struct enn_error *err)
{
    struct colour_table *t = calloc(1, sizeof *t);
    size_t n = 1;
    *out = NULL;
    if (!t) return enn_fail(err, ENN_NOMEM, "out of memory");
    t->channels = press_channels(colour);
    t->side = t->channels == 4 ? 17 : t->channels == 3 ? 33 : 256;
    for (int c = 0; c < t->channels; c++) n *= (size_t)t->side; /* 83521 at most */
    t->lab = malloc(n * 3 * sizeof *t->lab);
    float *device = malloc(n * (size_t)t->channels * sizeof *device);
    if (!t->lab || !device) {
        free(device);
        colour_free(t);
        return enn_fail(err, ENN_NOMEM, "out of memory");
    }
    for (size_t i = 0; i < n; i++) {
        size_t rest = i;
        for (int c = t->channels; c-- > 0; rest /= (size_t)t->side)
            device[i * (size_t)t->channels + (size_t)c] =
                (float)(rest % (size_t)t->side) / (float)(t->side - 1);
    }
    profile_to_lab(p, device, n, t->lab);
    free(device);
    *out = t;
    return ENN_OK;
}

void colour_free(struct colour_table *t)
{
    if (!t) return;
    free(t->lab);
    free(t);
}

void colour_lab(const struct colour_table *t, const void *samples, int bits, float lab[3])
{
    size_t node = 0, stride[4], step = 1;
    float weight[16] = {1};
    for (int c = t->channels; c-- > 0; step *= (size_t)t->side) stride[c] = step;
    for (int c = 0; c < t->channels; c++) {
        float v = bits == 16 ? (float)((const uint16_t *)samples)[c] / 65535
                             : (float)((const uint8_t *)samples)[c] / 255;
        float at = v * (float)(t->side - 1);
        int low = at >= (float)(t->side - 1) ? t->side - 2 : (int)at;
        node += (size_t)low * stride[c];
        at -= (float)low;
        for (int k = (1 << c) - 1; k >= 0; k--) {
            weight[k | 1 << c] = weight[k] * at;
            weight[k] *= 1 - at;
        }
    }
    lab[0] = lab[1] = lab[2] = 0;
    for (int k = 0; k < 1 << t->channels; k++) {
        if (weight[k] == 0) continue;
        size_t at = node;
        for (int c = 0; c < t->channels; c++) at += k >> c & 1 ? stride[c] : 0;
        for (int i = 0; i < 3; i++) lab[i] += weight[k] * t->lab[3 * at + (size_t)i];
    }
}

static float hue(float a, float b)
{
    if (a == 0 && b == 0) return 0;
    float h = atan2f(b, a) * (float)(180 / M_PI);
    return h < 0 ? h + 360 : h;
}

static float cos_deg(float d)
{
    return cosf(d * (float)(M_PI / 180));
}

static float pow7(float v)
{
    float v3 = v * v * v;
    return v3 * v3 * v;
}

float colour_difference(const float p[3], const float q[3])
{
    float c1 = hypotf(p[1], p[2]), c2 = hypotf(q[1], q[2]), c7 = pow7((c1 + c2) / 2);
    const float pow25_7 = 6103515625.f;
    float g = 0.5f * (1 - sqrtf(c7 / (c7 + pow25_7)));
    float a1 = (1 + g) * p[1], a2 = (1 + g) * q[1];
    c1 = hypotf(a1, p[2]), c2 = hypotf(a2, q[2]);
    float h1 = hue(a1, p[2]), h2 = hue(a2, q[2]), dh = h2 - h1, h = h1 + h2;
    if (c1 * c2 == 0) {
        dh = 0;
    } else if (fabsf(h1 - h2) > 180) {
        dh += dh > 0 ? -360 : 360;
        h += h < 360 ? 360 : -360;
        h /= 2;
    } else {
        h /= 2;
    }
    float dl = q[0] - p[0], dc = c2 - c1;
    float dH = 2 * sqrtf(c1 * c2) * sinf(dh / 2 * (float)(M_PI / 180));
    float l = (p[0] + q[0]) / 2 - 50, c = (c1 + c2) / 2;
    float t = 1 - 0.17f * cos_deg(h - 30) + 0.24f * cos_deg(2 * h) + 0.32f * cos_deg(3 * h + 6) -
              0.20f * cos_deg(4 * h - 63);
    float turn = (h - 275) / 25;
    c7 = pow7(c);
    float rt = -sinf(60 * expf(-turn * turn) * (float)(M_PI / 180)) * 2 * sqrtf(c7 / (c7 + pow25_7));
    float sl = 1 + 0.015f * l * l / sqrtf(20 + l * l), sc = 1 + 0.045f * c, sh = 1 + 0.015f * c * t;
    float x = dl / sl, y = dc / sc, z = dH / sh;
    return sqrtf(fmaxf(0, x * x + y * y + z * z + rt * y * z));
}
