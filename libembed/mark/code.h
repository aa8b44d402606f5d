/*
 * Error correction of the message: CRC-aided polar code, length 4096, 176 information bits (rate 0.043).
 *
 * E. Arikan, "Channel polarization", IEEE Trans. Inf. Theory 55(7), 2009; list decoding: I. Tal and A. Vardy,
 * "List decoding of polar codes", IEEE Trans. Inf. Theory 61(5), 2015.  One native low-rate code, not a
 * repeated rate-1/2 code: measured gap in docs/measurements.md.  The decoder is capture/decode.c.
 */
#ifndef MARK_CODE_H
#define MARK_CODE_H
#include "mark/payload.h"
#include <stdint.h>

#define CODE_LOG2N 12
#define CODE_N     (1 << CODE_LOG2N)

/* Total energy (sum over chips of squared amplitude over noise variance) at which one message in a thousand
 * is lost with 32 paths and the constant bits known: docs/measurements.md. */
#define CODE_ENERGY_NEEDED 400.0

/* Positions of the information bits, ascending: message bit i (MSB first) is u[code_info[i]], all other u are
 * 0. */
extern const uint16_t code_info[PAYLOAD_BITS];

/* x = u F^(x12), F = [1 0; 1 1], natural order.  bits: CODE_N values of 0 or 1. */
void code_encode(const uint8_t message[PAYLOAD_BYTES], uint8_t bits[CODE_N]);
#endif
