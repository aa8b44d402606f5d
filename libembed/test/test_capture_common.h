/* Marked artwork, prints and captures of it for the tests of capture/. */
#ifndef TEST_CAPTURE_COMMON_H
#define TEST_CAPTURE_COMMON_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "capture/detect.h"
#include "mark/embed.h"
#include "test/sim.h"
#include "test/test_tile.h"

static const uint8_t ISSUER[1][32] = {{'t', 'e', 's', 't', ' ', 'i', 's', 's', 'u', 'e', 'r'}};
static const uint8_t OTHER_ISSUER[1][32] = {{'a', 'n', 'o', 't', 'h', 'e', 'r'}};

/* The message of lot number n. */
static inline void lot_message(unsigned n, uint8_t message[PAYLOAD_BYTES])
{
    struct payload p = {.unit = 0};
    for (uint64_t i = 0; i < LOT_ID_BYTES; i++) p.lot_id[i] = (uint8_t)sim_random(n, i);
    payload_pack(&p, message);
}

/* Adds the mark in yellow alone, `percent` of full coverage rms, wherever there is some ink. */
static inline void mark_artwork(struct sim_image *cmyk, const struct tile *t, double percent)
{
    size_t w = cmyk->width;
    struct ink_step *step = calloc(w, sizeof *step);
    uint8_t *kind = malloc(w), *gain = malloc(w);
    int16_t *s = malloc(w * sizeof *s);
    assert_true(step && kind && gain && s);
    memset(gain, 255, w);
    for (size_t i = 0; i < w; i++) step[i].d[2] = (int16_t)lrint(percent * 2.55 * INK_UNIT);
    for (uint32_t y = 0; y < cmyk->height; y++) {
        uint8_t *row = cmyk->data + 4 * w * y;
        for (size_t i = 0; i < w; i++)
            kind[i] = row[4 * i] | row[4 * i + 1] | row[4 * i + 2] ? INK_TINT : INK_NONE;
        tile_row(t, TILE_INK, (y + 0.5) / cmyk->ppmm, 0.5 / cmyk->ppmm, 1 / cmyk->ppmm, w, s);
        struct embed_row r = {step, kind, gain, NULL, s, s, w, 4, 4, 8};
        embed_row(&r, row, NULL);
    }
    free(step);
    free(kind);
    free(gain);
    free(s);
}

struct scene {
    enum sim_artwork_kind kind;
    double width_mm, height_mm;
    double percent; /* rms of the mark; 0: unmarked */
    double lpi;     /* 0: contone */
    double out_dpi; /* of the print */
};

/* The print of lot 1 of ISSUER. */
static inline struct sim_image print_of(const struct scene *o)
{
    struct sim_image art, print;
    struct sim_press press = sim_press_default();
    press.lpi = o->lpi;
    press.out_dpi = o->out_dpi;
    assert_int_equal(sim_make_artwork(&art, o->kind, o->width_mm, o->height_mm, 300, 7), 0);
    if (o->percent > 0) {
        uint8_t message[PAYLOAD_BYTES];
        lot_message(1, message);
        struct tile *t = tile_of(ISSUER[0], message);
        mark_artwork(&art, t, o->percent);
        free(t);
    }
    if (!(o->lpi > 0)) press.gain_um = press.misregister_um = 0;
    assert_int_equal(sim_print(&art, &press, &print), 0);
    sim_image_free(&art);
    return print;
}

static inline struct sim_image capture_of(const struct sim_image *print, const struct sim_camera *camera)
{
    struct sim_image picture;
    assert_int_equal(sim_capture(print, camera, &picture), 0);
    return picture;
}

static inline struct detect_request request_of(const struct sim_image *picture)
{
    return (struct detect_request){.rgb = picture->data,
                                   .width = picture->width,
                                   .height = picture->height,
                                   .stride = 3 * (size_t)picture->width,
                                   .anchors = ISSUER,
                                   .n_anchors = 1,
                                   .p_false = 1e-9,
                                   .effort = 1};
}

/* Runs detect() and checks what holds for every answer. */
static inline struct detection look(const struct detect_request *r)
{
    struct detection d;
    assert_int_equal(detect(r, &d), 0);
    assert_true(d.p_false >= 0 && d.p_false <= 1);
    if (d.read) assert_true(d.p_false <= r->p_false && d.pilot && d.anchor >= 0 && d.anchor < r->n_anchors);
    return d;
}

/* Read, decoded, and it is lot 1. */
static inline int reads_lot_one(const struct detection *d)
{
    uint8_t message[PAYLOAD_BYTES];
    lot_message(1, message);
    if (d->read) assert_memory_equal(d->message, message, PAYLOAD_BYTES);
    return d->read && !d->matched;
}
#endif
