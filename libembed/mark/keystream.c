/* ChaCha20 key stream (keystream.h). */
#include "mark/keystream.h"

static uint32_t rotl(uint32_t x, int n)
{
    return x << n | x >> (32 - n);
}
static uint32_t load32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static void quarter(uint32_t *a, uint32_t *b, uint32_t *c, uint32_t *d)
{
    *a += *b;
    *d = rotl(*d ^ *a, 16);
    *c += *d;
    *b = rotl(*b ^ *c, 12);
    *a += *b;
    *d = rotl(*d ^ *a, 8);
    *c += *d;
    *b = rotl(*b ^ *c, 7);
}

static void next_block(struct keystream *k)
{
    uint32_t x[16];
    for (int i = 0; i < 16; i++) x[i] = k->state[i];
    for (int r = 0; r < 10; r++) {
        for (int i = 0; i < 4; i++) quarter(x + i, x + i + 4, x + i + 8, x + i + 12);
        for (int i = 0; i < 4; i++)
            quarter(x + i, x + 4 + (i + 1) % 4, x + 8 + (i + 2) % 4, x + 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; i++) k->block[i] = x[i] + k->state[i];
    k->state[12]++;
    k->used = 0;
}

void keystream_init(struct keystream *k, const uint8_t key[32], const char nonce[12])
{
    static const uint32_t sigma[4] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
    for (int i = 0; i < 4; i++) k->state[i] = sigma[i];
    for (int i = 0; i < 8; i++) k->state[4 + i] = load32(key + 4 * i);
    k->state[12] = 0;
    for (int i = 0; i < 3; i++) k->state[13 + i] = load32((const uint8_t *)nonce + 4 * i);
    k->used = 16;
}

uint32_t keystream_u32(struct keystream *k)
{
    if (k->used == 16) next_block(k);
    return k->block[k->used++];
}

uint32_t keystream_below(struct keystream *k, uint32_t n)
{
    uint32_t limit =
        UINT32_MAX - UINT32_MAX % n; /* a multiple of n; values at or above it would favour small residues */
    uint32_t x;
    do x = keystream_u32(k);
    while (x >= limit);
    return x % n;
}
