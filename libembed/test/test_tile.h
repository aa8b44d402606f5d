/* The tile of a message, for the tests of mark/ and capture/. */
#ifndef TEST_TILE_H
#define TEST_TILE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include "mark/tile.h"

static inline struct tile *tile_of(const uint8_t anchor[32], const uint8_t message[PAYLOAD_BYTES])
{
    int8_t chips[CODE_N];
    struct carrier *c = malloc(sizeof *c);
    struct tile *t = malloc(sizeof *t);
    assert_true(c && t);
    carrier_init(c, anchor);
    carrier_chips(c, message, chips);
    tile_render(t, c, chips);
    free(c);
    return t;
}
#endif
