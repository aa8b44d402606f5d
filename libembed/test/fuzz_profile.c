/* libFuzzer: ICC profiles of any bytes are used or set aside for the built-in default, without harm.  See
 * `make fuzz`. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include "press/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const float dev[2 * 4] = {0.1f, 0.9f, 0.5f, 0, 1, 0, 0.2f, 0.7f};
    static const enum press_colour colours[] = {PRESS_CMYK, PRESS_RGB, PRESS_GREY, PRESS_LAB, 0, 0};
    for (size_t i = 0; i < sizeof colours / sizeof *colours; i++) {
        struct profile *p = NULL;
        struct enn_error err;
        float lab[3 * 2];
        if (profile_open(&p, colours[i], bytes, n, &err) != ENN_OK) continue;
        profile_to_lab(p, dev, 2, lab);
        for (int j = 0; j < 6; j++)
            if (!isfinite(lab[j])) abort();
        profile_free(p);
    }
    return 0;
}
