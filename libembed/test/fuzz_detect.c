/* libFuzzer: small pictures of any content, size and stated resolution are searched for a mark without
 * harm, and none is found by chance.  See `make fuzz`. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "capture/detect.h"

/* The first bytes give width, height, resolution and how the rest is repeated over the picture. */
enum { HEAD = 8, MAX_SIDE = 300 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const uint8_t anchors[1][32] = {{1}};
    struct payload lot = {.lot_id = "fuzzfuzzf", .unit = 1};
    uint8_t expected[PAYLOAD_BYTES];
    if (n <= HEAD) return 0;
    uint32_t width = 1 + (bytes[0] | bytes[1] << 8) % MAX_SIDE,
             height = 1 + (bytes[2] | bytes[3] << 8) % MAX_SIDE;
    size_t stride = 3 * (size_t)width + bytes[4] % 4, period = 1 + (bytes[5] | bytes[6] << 8) % (n - HEAD);
    uint8_t *rgb =
        malloc(stride * height); /* exactly as large as promised, so that reading past it is seen */
    if (!rgb) return 0;
    for (size_t i = 0; i < stride * height; i++) rgb[i] = bytes[HEAD + i % period];
    payload_pack(&lot, expected);
    struct detect_request r = {.rgb = rgb,
                               .width = width,
                               .height = height,
                               .stride = stride,
                               .dpi = bytes[7] * 10.0,
                               .anchors = anchors,
                               .n_anchors = 1,
                               .expected = expected,
                               .p_false = 1e-9,
                               .effort = 0};
    struct detection d;
    detect(&r, &d);
    if (d.read) abort();
    detection_clear(&d);
    free(rgb);
    return 0;
}
