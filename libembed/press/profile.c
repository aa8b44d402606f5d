/*
 * press: ICC profiles through Little CMS 2, and the built-in defaults that need none.
 *
 * A profile is two functions: device values to L* a* b* (relative colorimetric, for the ink model) and rows
 * of samples to 8-bit sRGB (for pictures). ICC data come from the artwork and are hostile: they are opened in
 * a context of their own, must be of the right colour space and must give a plausible paper and solid, else
 * the default is used and the reason noted.
 *
 * Refs: ICC.1:2022 (profiles); IEC 61966-2-1 (sRGB); CIE 15:2018 (L* a* b*).
 */
#include "press/profile.h"
#include <lcms2.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "press/default_cmyk.h"

#define SIDE    DEFAULT_CMYK_SIDE
#define CHUNK   512                /* pixels packed at a time */
#define MAX_ICC ((size_t)64 << 20) /* a 16-bit 33^4 CMYK table with both directions stays below this */

struct profile {
    enum press_colour colour;
    char name[80], note[160];
    cmsContext context; /* NULL: the default is used */
    cmsHTRANSFORM to_lab, to_rgb;
    float *default_rgb; /* CMYK default: coded sRGB at the nodes of default_cmyk_lab */
};

/* ---- colour arithmetic --------------------------------------------------------------------------------- */

static float srgb_decode(float v)
{
    return v <= 0.04045f ? v / 12.92f : powf((v + 0.055f) / 1.055f, 2.4f);
}
static float srgb_encode(float v)
{
    if (v <= 0) return 0;
    if (v >= 1) return 1;
    return v <= 0.0031308f ? v * 12.92f : 1.055f * powf(v, 1 / 2.4f) - 0.055f;
}
static float lab_f(float t)
{
    return t > 216.f / 24389 ? cbrtf(t) : (24389.f / 27 * t + 16) / 116;
}
static float lab_inverse_f(float f)
{
    return f > 6.f / 29 ? f * f * f : (116 * f - 16) * 27 / 24389;
}

/* The sRGB primaries adapted to D50 (Bradford), rows X Y Z over the white 0.9642 1 0.8249. */
static const float rgb_to_xyz[9] = {0.4360747f, 0.3850649f, 0.1430804f, 0.2225045f, 0.7168786f,
                                    0.0606169f, 0.0139322f, 0.0971045f, 0.7141733f};
static const float xyz_to_rgb[9] = {3.1338561f, -1.6168667f, -0.4906146f, -0.9787684f, 1.9161415f,
                                    0.0334540f, 0.0719453f,  -0.2289914f, 1.4052427f};
static const float white_d50[3] = {0.9642200f, 1.0f, 0.8252100f}; /* the sum of the rows above */

void profile_lab_to_srgb(const float lab[3], float rgb[3])
{
    float fy = (lab[0] + 16) / 116;
    float xyz[3] = {white_d50[0] * lab_inverse_f(fy + lab[1] / 500), lab_inverse_f(fy),
                    white_d50[2] * lab_inverse_f(fy - lab[2] / 200)};
    for (int i = 0; i < 3; i++) {
        const float *m = xyz_to_rgb + 3 * i;
        rgb[i] = 255 * srgb_encode(m[0] * xyz[0] + m[1] * xyz[1] + m[2] * xyz[2]);
    }
}

void profile_srgb_to_lab(const float rgb[3], float lab[3])
{
    float l[3], f[3];
    for (int i = 0; i < 3; i++) l[i] = srgb_decode(rgb[i] / 255);
    for (int i = 0; i < 3; i++) {
        const float *m = rgb_to_xyz + 3 * i;
        f[i] = lab_f((m[0] * l[0] + m[1] * l[1] + m[2] * l[2]) / white_d50[i]);
    }
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

static float unit(float v)
{
    return v > 0 ? (v < 1 ? v : 1) : 0;
} /* NaN becomes 0 */

/* Position of a 4-D grid point below ink[], and the weights of its 16 corners (bit i set: next node along ink
 * i). */
static int grid_weights(const float *ink, float w[16])
{
    int node = 0;
    w[0] = 1;
    for (int i = 0; i < 4; i++) {
        float at = unit(ink[i]) * (SIDE - 1);
        int low = at >= SIDE - 1 ? SIDE - 2 : (int)at;
        float t = at - (float)low;
        node = node * SIDE + low;
        for (int c = (1 << i) - 1; c >= 0; c--) {
            w[c | 1 << i] = w[c] * t;
            w[c] *= 1 - t;
        }
    }
    return node;
}

static int corner_offset(int corner)
{
    return (corner & 1) * SIDE * SIDE * SIDE + (corner >> 1 & 1) * SIDE * SIDE + (corner >> 2 & 1) * SIDE +
           (corner >> 3);
}

static void default_cmyk_to_lab(const float *ink, float *lab)
{
    float w[16], sum[3] = {0, 0, 0};
    int node = grid_weights(ink, w);
    for (int c = 0; c < 16; c++) {
        const int16_t *v = default_cmyk_lab + 3 * (node + corner_offset(c));
        for (int i = 0; i < 3; i++) sum[i] += w[c] * (float)v[i];
    }
    for (int i = 0; i < 3; i++) lab[i] = sum[i] * 0.1f;
}

static void default_to_lab(enum press_colour colour, const float *dev, float *lab)
{
    if (colour == PRESS_CMYK) {
        default_cmyk_to_lab(dev, lab);
        return;
    }
    if (colour == PRESS_LAB) {
        for (int i = 0; i < 3; i++) lab[i] = i ? 255 * unit(dev[i]) - 128 : 100 * unit(dev[0]);
        return;
    }
    float rgb[3];
    for (int i = 0; i < 3; i++) rgb[i] = 255 * unit(dev[colour == PRESS_RGB ? i : 0]);
    if (colour == PRESS_GREY_INK)
        for (int i = 0; i < 3; i++) rgb[i] = 255 - rgb[i];
    profile_srgb_to_lab(rgb, lab);
}

/* ---- opening ------------------------------------------------------------------------------------------- */

static void drop_icc(struct profile *p)
{
    if (p->to_lab) cmsDeleteTransform(p->to_lab);
    if (p->to_rgb) cmsDeleteTransform(p->to_rgb);
    if (p->context) cmsDeleteContext(p->context);
    p->to_lab = p->to_rgb = NULL;
    p->context = NULL;
}

void profile_free(struct profile *p)
{
    if (!p) return;
    drop_icc(p);
    free(p->default_rgb);
    free(p);
}

static void copy_ascii(char *to, size_t size, const char *from)
{
    size_t n = 0;
    for (; *from && n + 1 < size; from++)
        if (*from >= ' ' && *from <= '~') to[n++] = *from;
    to[n] = 0;
}

static void read_name(struct profile *p, cmsHPROFILE icc)
{
    char text[sizeof p->name] = "";
    cmsGetProfileInfoASCII(icc, cmsInfoDescription, "en", "US", text, sizeof text);
    text[sizeof text - 1] = 0;
    copy_ascii(p->name, sizeof p->name, text);
    if (!p->name[0]) strcpy(p->name, "unnamed profile");
}

/* Paper (or full light) must be light and near neutral, everything finite, and full ink (no light) darker. */
static const char *implausible(const struct profile *p)
{
    int n = press_channels(p->colour), light = p->colour == PRESS_RGB || p->colour == PRESS_GREY;
    float dev[12], lab[9];
    for (int i = 0; i < 3 * n; i++) dev[i] = i < n ? 0.f : i < 2 * n ? 0.5f : 1.f;
    profile_to_lab(p, dev, 3, lab);
    for (int i = 0; i < 9; i++)
        if (!isfinite(lab[i]) || fabsf(lab[i]) > 200) return "its colours are out of range";
    const float *paper = light ? lab + 6 : lab, *dark = light ? lab : lab + 6;
    if (paper[0] < 90 || hypotf(paper[1], paper[2]) > 15) return "its paper white is not white";
    if (dark[0] > paper[0] - 20) return "its darkest colour is not dark";
    return NULL;
}

static const char *open_transforms(struct profile *p, cmsHPROFILE icc)
{
    cmsUInt32Number lab_in = p->colour == PRESS_CMYK  ? TYPE_CMYK_FLT
                             : p->colour == PRESS_RGB ? TYPE_RGB_FLT
                                                      : TYPE_GRAY_FLT;
    cmsUInt32Number rgb_in = p->colour == PRESS_CMYK  ? TYPE_CMYK_8
                             : p->colour == PRESS_RGB ? TYPE_RGB_8
                                                      : TYPE_GRAY_8;
    cmsHPROFILE lab = cmsCreateLab4ProfileTHR(p->context, NULL), srgb = cmsCreate_sRGBProfileTHR(p->context);
    if (lab && srgb) {
        /* No cache: a transform is then read-only and may be used by several threads. */
        p->to_lab =
            cmsCreateTransformTHR(p->context, icc, lab_in, lab, TYPE_Lab_FLT, INTENT_RELATIVE_COLORIMETRIC,
                                  cmsFLAGS_NOCACHE | cmsFLAGS_NOOPTIMIZE);
        p->to_rgb = cmsCreateTransformTHR(p->context, icc, rgb_in, srgb, TYPE_RGB_8,
                                          INTENT_RELATIVE_COLORIMETRIC, cmsFLAGS_NOCACHE);
    }
    if (lab) cmsCloseProfile(lab);
    if (srgb) cmsCloseProfile(srgb);
    return p->to_lab && p->to_rgb ? implausible(p) : "it has no usable colour table";
}

/* Returns why the data cannot be used, or NULL. */
static const char *open_icc(struct profile *p, const uint8_t *data, size_t n)
{
    if (n < 132 || n > MAX_ICC) return "its size is out of range";
    p->context = cmsCreateContext(NULL, NULL);
    if (!p->context) return "out of memory";
    cmsHPROFILE icc = cmsOpenProfileFromMemTHR(p->context, data, (cmsUInt32Number)n);
    if (!icc) return "it is not an ICC profile";
    cmsColorSpaceSignature space = cmsGetColorSpace(icc);
    cmsColorSpaceSignature wanted = p->colour == PRESS_CMYK  ? cmsSigCmykData
                                    : p->colour == PRESS_RGB ? cmsSigRgbData
                                                             : cmsSigGrayData;
    cmsProfileClassSignature class = cmsGetDeviceClass(icc);
    const char *why = NULL;
    if (space != wanted)
        why = "it is for another colour space";
    else if (class != cmsSigInputClass && class != cmsSigOutputClass && class != cmsSigDisplayClass)
        why = "it is not a device profile";
    else
        why = open_transforms(p, icc);
    if (!why) read_name(p, icc);
    cmsCloseProfile(icc);
    return why;
}

static enum enn_status set_default(struct profile *p, struct enn_error *err)
{
    static const char *const names[] = {"built-in coated offset (FOGRA39)", "sRGB", "sRGB grey", "sRGB grey", "CIE L*a*b*"};
    strcpy(p->name, names[p->colour]);
    if (p->colour != PRESS_CMYK) return ENN_OK;
    p->default_rgb = malloc(sizeof *p->default_rgb * DEFAULT_CMYK_NODES * 3);
    if (!p->default_rgb) return enn_fail(err, ENN_NOMEM, "profile: out of memory");
    for (int i = 0; i < DEFAULT_CMYK_NODES; i++) {
        const int16_t *v = default_cmyk_lab + 3 * i;
        float lab[3] = {(float)v[0] * 0.1f, (float)v[1] * 0.1f, (float)v[2] * 0.1f};
        profile_lab_to_srgb(lab, p->default_rgb + 3 * i);
    }
    return ENN_OK;
}

enum enn_status profile_open(struct profile **out, enum press_colour colour, const uint8_t *icc, size_t n,
                             struct enn_error *err)
{
    *out = NULL;
    struct profile *p = calloc(1, sizeof *p);
    if (!p) return enn_fail(err, ENN_NOMEM, "profile: out of memory");
    p->colour = colour;
    const char *why = icc && n && colour != PRESS_LAB ? open_icc(p, icc, n) : NULL;
    if (why) {
        static const char lead[] = "the ICC profile is not used: ";
        drop_icc(p);
        memcpy(p->note, lead, sizeof lead);
        strncat(p->note, why, sizeof p->note - sizeof lead);
    }
    if (!p->context) {
        enum enn_status s = set_default(p, err);
        if (s) {
            profile_free(p);
            return s;
        }
    }
    *out = p;
    return ENN_OK;
}

const char *profile_name(const struct profile *p)
{
    return p->name;
}
const char *profile_note(const struct profile *p)
{
    return p->note[0] ? p->note : NULL;
}
int profile_is_default(const struct profile *p)
{
    return !p->context;
}

/* ---- using --------------------------------------------------------------------------------------------- */

void profile_to_lab(const struct profile *p, const float *dev, size_t n, float *lab)
{
    size_t channels = (size_t)press_channels(p->colour);
    if (!p->context) {
        for (size_t i = 0; i < n; i++) default_to_lab(p->colour, dev + i * channels, lab + 3 * i);
        return;
    }
    float in[CHUNK * 4], scale = p->colour == PRESS_CMYK ? 100.f : 1.f; /* lcms ink floats are percent */
    for (size_t done = 0, m; done < n; done += m) {
        m = n - done < CHUNK ? n - done : CHUNK;
        for (size_t i = 0; i < m * channels; i++) {
            float v = unit(dev[done * channels + i]);
            in[i] = scale * (p->colour == PRESS_GREY_INK ? 1 - v : v);
        }
        cmsDoTransform(p->to_lab, in, lab + 3 * done, (cmsUInt32Number)m);
    }
}

/* The colour's channels of m pixels as 8 bits, densely packed. */
static void pack8(const struct press_pixels *px, const void *samples, size_t at, size_t m, uint8_t *to)
{
    size_t channels = (size_t)press_channels(px->colour), step = (size_t)px->samples_per_pixel;
    uint8_t flip = px->colour == PRESS_GREY_INK ? 255 : 0;
    for (size_t i = 0; i < m; i++)
        for (size_t c = 0; c < channels; c++) {
            size_t k = (at + i) * step + c;
            unsigned v = px->bits == 16 ? (((const uint16_t *)samples)[k] * 255u + 32767u) / 65535u
                                        : ((const uint8_t *)samples)[k];
            to[i * channels + c] = (uint8_t)v ^ flip;
        }
}

static void default_cmyk_rgb8(const struct profile *p, const uint8_t *ink, size_t m, uint8_t *rgb)
{
    for (size_t i = 0; i < m; i++, ink += 4, rgb += 3) {
        if (i && !memcmp(ink, ink - 4, 4)) {
            memcpy(rgb, rgb - 3, 3);
            continue;
        }
        float w[16], dev[4], sum[3] = {0.5f, 0.5f, 0.5f};
        for (int c = 0; c < 4; c++) dev[c] = (float)ink[c] / 255;
        const float *node = p->default_rgb + 3 * grid_weights(dev, w);
        for (int c = 0; c < 16; c++)
            for (int k = 0; k < 3; k++) sum[k] += w[c] * node[3 * corner_offset(c) + k];
        for (int k = 0; k < 3; k++) rgb[k] = (uint8_t)sum[k];
    }
}

static void lab_rgb8(const uint8_t *packed, size_t m, uint8_t *rgb)
{
    for (size_t i = 0; i < m; i++, packed += 3, rgb += 3) {
        float lab[3] = {(float)packed[0] / 2.55f, (float)packed[1] - 128, (float)packed[2] - 128}, out[3];
        profile_lab_to_srgb(lab, out);
        for (int k = 0; k < 3; k++) rgb[k] = (uint8_t)(out[k] + 0.5f);
    }
}

void profile_to_rgb8(const struct profile *p, const struct press_pixels *px, const void *samples, size_t n,
                     uint8_t *rgb)
{
    uint8_t packed[CHUNK * 4];
    for (size_t done = 0, m; done < n; done += m, rgb += 3 * m) {
        m = n - done < CHUNK ? n - done : CHUNK;
        pack8(px, samples, done, m, packed);
        if (p->context)
            cmsDoTransform(p->to_rgb, packed, rgb, (cmsUInt32Number)m);
        else if (px->colour == PRESS_CMYK)
            default_cmyk_rgb8(p, packed, m, rgb);
        else if (px->colour == PRESS_LAB)
            lab_rgb8(packed, m, rgb);
        else if (px->colour == PRESS_RGB)
            memcpy(rgb, packed, 3 * m);
        else
            for (size_t i = 0; i < m; i++) memset(rgb + 3 * i, packed[i], 3);
    }
}
