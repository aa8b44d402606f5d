/* press/profile: the built-in colours against the published measurements, and ICC data of every kind of
 * badness. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <lcms2.h>
#include "press/profile.h"

static void xyz_to_relative_lab(const double xyz[3], double lab[3])
{
    static const double paper[3] = {84.48, 87.62, 74.57};
    double f[3];
    for (int i = 0; i < 3; i++) f[i] = cbrt(xyz[i] / paper[i]);
    lab[0] = 116 * f[1] - 16;
    lab[1] = 500 * (f[0] - f[1]);
    lab[2] = 200 * (f[1] - f[2]);
}

/* XYZ of FOGRA39L patches as published, and their inks in percent. */
static void default_matches_published_patches(void **state)
{
    (void)state;
    static const struct {
        float ink[4];
        double xyz[3];
    } patch[] = {
        {{0, 0, 0, 0}, {84.48, 87.62, 74.57}},    {{100, 0, 0, 0}, {15.02, 22.93, 52.85}},
        {{0, 100, 0, 0}, {33.03, 16.79, 15.01}},  {{100, 100, 0, 0}, {5.67, 4.10, 15.67}},
        {{40, 40, 0, 0}, {34.16, 32.42, 43.15}},  {{20, 30, 10, 0}, {49.44, 47.39, 45.14}},
        {{70, 55, 10, 0}, {15.96, 15.71, 28.05}}, {{100, 0, 100, 10}, {7.13, 15.92, 5.88}},
    };
    struct profile *p;
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    assert_true(profile_is_default(p));
    assert_null(profile_note(p));
    for (size_t i = 0; i < sizeof patch / sizeof *patch; i++) {
        float dev[4], lab[3];
        double want[3], e = 0;
        for (int c = 0; c < 4; c++) dev[c] = patch[i].ink[c] / 100;
        profile_to_lab(p, dev, 1, lab);
        xyz_to_relative_lab(patch[i].xyz, want);
        for (int c = 0; c < 3; c++) e += (lab[c] - want[c]) * (lab[c] - want[c]);
        if (sqrt(e) > 1.0) fail_msg("patch %zu is off by a delta-E of %.2f", i, sqrt(e));
    }
    profile_free(p);
}

static void srgb_round_trip(void **state)
{
    (void)state;
    for (int v = 0; v < 4096; v++) {
        float rgb[3] = {(float)(v & 15) * 17, (float)(v >> 4 & 15) * 17, (float)(v >> 8) * 17}, lab[3],
              back[3];
        profile_srgb_to_lab(rgb, lab);
        profile_lab_to_srgb(lab, back);
        for (int c = 0; c < 3; c++) assert_true(fabsf(back[c] - rgb[c]) < 0.6f);
    }
}

static void rows_render_in_any_layout(void **state)
{
    (void)state;
    struct profile *p;
    assert_int_equal(profile_open(&p, PRESS_CMYK, NULL, 0, NULL), ENN_OK);
    enum { N = 1500 };
    static uint8_t plain[N * 4], wide[N * 6], rgb[3][N * 3];
    static uint16_t deep[N * 4];
    for (int i = 0; i < N * 4; i++) {
        plain[i] = (uint8_t)(i < 4 ? 0 : (i * 97 + i / 7) & 255);
        deep[i] = (uint16_t)(plain[i] * 257);
        wide[i / 4 * 6 + i % 4] = plain[i];
    }
    struct press_pixels px = {PRESS_CMYK, 8, 4, 0, 0, 0}, px6 = {PRESS_CMYK, 8, 6, 1, 0, 0},
                        px16 = {PRESS_CMYK, 16, 4, 0, 0, 0};
    profile_to_rgb8(p, &px, plain, N, rgb[0]);
    profile_to_rgb8(p, &px6, wide, N, rgb[1]);
    profile_to_rgb8(p, &px16, deep, N, rgb[2]);
    assert_memory_equal(rgb[0], rgb[1], sizeof rgb[0]);
    assert_memory_equal(rgb[0], rgb[2], sizeof rgb[0]);
    for (int c = 0; c < 3; c++) assert_int_equal(rgb[0][c], 255);
    profile_free(p);
}

static void grey_polarity(void **state)
{
    (void)state;
    for (int ink = 0; ink < 2; ink++) {
        struct profile *p;
        uint8_t v[2] = {0, 255}, rgb[6];
        float dev[2] = {0, 1}, lab[6];
        struct press_pixels px = {ink ? PRESS_GREY_INK : PRESS_GREY, 8, 1, 0, 0, 0};
        assert_int_equal(profile_open(&p, px.colour, NULL, 0, NULL), ENN_OK);
        profile_to_rgb8(p, &px, v, 2, rgb);
        profile_to_lab(p, dev, 2, lab);
        assert_int_equal(rgb[0], ink ? 255 : 0);
        assert_int_equal(rgb[3], ink ? 0 : 255);
        assert_true(fabsf(lab[ink ? 0 : 3] - 100) < 0.1f && lab[ink ? 3 : 0] < 0.1f);
        profile_free(p);
    }
}

static cmsInt32Number inks_to_lab(const cmsUInt16Number in[], cmsUInt16Number out[], void *cargo)
{
    (void)cargo;
    double light = 1;
    for (int c = 0; c < 4; c++) light *= 1 - 0.6 * in[c] / 65535.0;
    out[0] = (cmsUInt16Number)(65535 * light);
    out[1] = (cmsUInt16Number)(32896 + in[1] / 4 - in[0] / 4);
    out[2] = (cmsUInt16Number)(32896 + in[2] / 4);
    return TRUE;
}

/* A small valid CMYK output profile. */
static uint8_t *make_cmyk_profile(cmsUInt32Number *n)
{
    cmsHPROFILE h = cmsCreateProfilePlaceholder(NULL);
    cmsSetProfileVersion(h, 4.3);
    cmsSetDeviceClass(h, cmsSigOutputClass);
    cmsSetColorSpace(h, cmsSigCmykData);
    cmsSetPCS(h, cmsSigLabData);
    cmsWriteTag(h, cmsSigMediaWhitePointTag, cmsD50_XYZ());
    cmsPipeline *lut = cmsPipelineAlloc(NULL, 4, 3);
    cmsStage *clut = cmsStageAllocCLut16bit(NULL, 3, 4, 3, NULL);
    cmsStageSampleCLut16bit(clut, inks_to_lab, NULL, 0);
    cmsPipelineInsertStage(lut, cmsAT_END, cmsStageAllocToneCurves(NULL, 4, NULL));
    cmsPipelineInsertStage(lut, cmsAT_END, clut);
    cmsPipelineInsertStage(lut, cmsAT_END, cmsStageAllocToneCurves(NULL, 3, NULL));
    cmsWriteTag(h, cmsSigAToB1Tag, lut);
    cmsWriteTag(h, cmsSigAToB0Tag, lut);
    cmsMLU *mlu = cmsMLUalloc(NULL, 1);
    cmsMLUsetASCII(mlu, "en", "US", "Test\nInks");
    cmsWriteTag(h, cmsSigProfileDescriptionTag, mlu);
    cmsMLUfree(mlu);
    cmsPipelineFree(lut);
    assert_true(cmsSaveProfileToMem(h, NULL, n));
    uint8_t *data = malloc(*n);
    assert_true(cmsSaveProfileToMem(h, data, n));
    cmsCloseProfile(h);
    return data;
}

static void embedded_profile_is_used(void **state)
{
    (void)state;
    cmsUInt32Number n;
    uint8_t *data = make_cmyk_profile(&n);
    struct profile *p;
    assert_int_equal(profile_open(&p, PRESS_CMYK, data, n, NULL), ENN_OK);
    assert_null(profile_note(p));
    assert_false(profile_is_default(p));
    assert_string_equal(profile_name(p), "TestInks");
    float dev[12] = {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1}, lab[9];
    profile_to_lab(p, dev, 3, lab);
    assert_true(fabsf(lab[0] - 100) < 0.5f && fabsf(lab[3] - 40) < 1 && lab[5] > 50 &&
                fabsf(lab[6] - 40) < 1);
    profile_free(p);
    /* The same data are not an RGB profile. */
    assert_int_equal(profile_open(&p, PRESS_RGB, data, n, NULL), ENN_OK);
    assert_true(profile_is_default(p));
    assert_non_null(strstr(profile_note(p), "another colour space"));
    profile_free(p);
    free(data);
}

static void damaged_profiles_do_no_harm(void **state)
{
    (void)state;
    cmsUInt32Number n;
    uint8_t *data = make_cmyk_profile(&n), *copy = malloc(n);
    uint32_t r = 12345;
    for (int k = 0; k < 120; k++) {
        struct profile *p;
        size_t size = n;
        memcpy(copy, data, n);
        r = r * 1664525 + 1013904223;
        if (k % 4 == 0)
            size = (r >> 8) % n;
        else
            for (int j = 0; j < k % 4; j++) {
                r = r * 1664525 + 1013904223;
                copy[(r >> 8) % (k % 2 ? n : 300)] ^= (uint8_t)(1 << (r & 7));
            }
        assert_int_equal(profile_open(&p, PRESS_CMYK, copy, size, NULL), ENN_OK);
        float dev[4] = {0.1f, 0.5f, 0.3f, NAN}, lab[3];
        profile_to_lab(p, dev, 1, lab);
        assert_true(profile_is_default(p) == (profile_note(p) != NULL));
        profile_free(p);
    }
    free(copy);
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(default_matches_published_patches), cmocka_unit_test(srgb_round_trip),
        cmocka_unit_test(rows_render_in_any_layout),         cmocka_unit_test(grey_polarity),
        cmocka_unit_test(embedded_profile_is_used),          cmocka_unit_test(damaged_profiles_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
