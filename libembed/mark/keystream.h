/*
 * Keyed bits for permutation and scrambling: the ChaCha20 key stream (D. J. Bernstein 2008; layout of RFC
 * 8439 section 2.3, 32-bit block counter from 0).  Chosen because it needs no tables and no library, so that
 * mark/ and capture/ stay self-contained.
 */
#ifndef MARK_KEYSTREAM_H
#define MARK_KEYSTREAM_H
#include <stdint.h>

struct keystream {
    uint32_t state[16];
    uint32_t block[16];
    unsigned used; /* words of block already given out */
};

void keystream_init(struct keystream *k, const uint8_t key[32], const char nonce[12]);
uint32_t keystream_u32(struct keystream *k);
/* Uniform in 0 .. n-1, n >= 1, by rejection: no bias. */
uint32_t keystream_below(struct keystream *k, uint32_t n);
#endif
