/*
 * The message of a mark: 176 bits, most significant bit first.
 *
 *   bits   0..3    version   1
 *          4..7    kind      0 = lot
 *          8..87   lot id    80 bits: truncated SHA-256 of the canonical lot statement
 *         88..127  unit      40 bits, 0 = the whole lot
 *        128..151  reserved  zero
 *        152..175  CRC-24 of bits 0..151
 */
#ifndef MARK_PAYLOAD_H
#define MARK_PAYLOAD_H
#include <stdint.h>

#define PAYLOAD_BITS  176
#define PAYLOAD_BYTES 22
#define PAYLOAD_FREE_BITS                                                                                    \
    120 /* bits a valid message may choose: lot id and unit; the exponent of the union bound */
#define LOT_ID_BYTES 10

struct payload {
    uint8_t lot_id[LOT_ID_BYTES];
    uint64_t unit; /* 0 .. 2^40-1 */
};

/* CRC-24C of 3GPP TS 38.212 (polynomial 0xB2B117, chosen there for list decoding of polar codes), initial
 * value all ones. */
uint32_t payload_crc24(const uint8_t *bytes, unsigned n);

/* Bit i (0 .. PAYLOAD_BITS-1, most significant first) where every message has the same: 0 or 1; else -1. */
int payload_known_bit(int i);

void payload_pack(const struct payload *p, uint8_t message[PAYLOAD_BYTES]);

/* Returns 1 and fills *p when the CRC, the version, the kind and the reserved bits are right, else 0. */
int payload_unpack(const uint8_t message[PAYLOAD_BYTES], struct payload *p);
#endif
