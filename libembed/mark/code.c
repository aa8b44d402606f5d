/* Polar encoder (code.h). */
#include "mark/code.h"
#include <string.h>

void code_encode(const uint8_t message[PAYLOAD_BYTES], uint8_t bits[CODE_N])
{
    memset(bits, 0, CODE_N);
    for (unsigned i = 0; i < PAYLOAD_BITS; i++) bits[code_info[i]] = message[i / 8] >> (7 - i % 8) & 1;
    for (unsigned half = 1; half < CODE_N; half *= 2)
        for (unsigned base = 0; base < CODE_N; base += 2 * half)
            for (unsigned i = base; i < base + half; i++) bits[i] ^= bits[i + half];
}
