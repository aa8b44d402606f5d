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

/* With so much of the power; 1: as without a seal. */
static inline struct tile *tile_of_share(const uint8_t anchor[32], const uint8_t message[PAYLOAD_BYTES], double power)
{
    int8_t chips[CODE_N];
    struct carrier *c = malloc(sizeof *c);
    struct tile *t = malloc(sizeof *t);
    assert_true(c && t);
    carrier_init(c, anchor);
    carrier_chips(c, message, chips);
    if (power < 1)
        tile_render_share(t, c, chips, power);
    else
        tile_render(t, c, chips);
    free(c);
    return t;
}

static inline struct tile *tile_of(const uint8_t anchor[32], const uint8_t message[PAYLOAD_BYTES])
{
    return tile_of_share(anchor, message, 1);
}
#endif
