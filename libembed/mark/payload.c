/* Message layout and its CRC (payload.h). */
#include "mark/payload.h"
#include <string.h>

enum { VERSION = 1, KIND_LOT = 0 };

uint32_t payload_crc24(const uint8_t *bytes, unsigned n)
{
    uint32_t crc = 0xffffff;
    for (unsigned i = 0; i < n; i++) {
        crc ^= (uint32_t)bytes[i] << 16;
        for (int b = 0; b < 8; b++) crc = (crc << 1) ^ (crc & 0x800000 ? 0x1b2b117u : 0);
    }
    return crc & 0xffffff;
}

void payload_pack(const struct payload *p, uint8_t m[PAYLOAD_BYTES])
{
    m[0] = VERSION << 4 | KIND_LOT;
    memcpy(m + 1, p->lot_id, LOT_ID_BYTES);
    for (int i = 0; i < 5; i++) m[11 + i] = (uint8_t)(p->unit >> (32 - 8 * i));
    memset(m + 16, 0, 3);
    uint32_t crc = payload_crc24(m, 19);
    for (int i = 0; i < 3; i++) m[19 + i] = (uint8_t)(crc >> (16 - 8 * i));
}

int payload_known_bit(int i)
{
    if (i < 8) return (VERSION << 4 | KIND_LOT) >> (7 - i) & 1;
    return i >= 128 && i < 152 ? 0 : -1;
}

int payload_unpack(const uint8_t m[PAYLOAD_BYTES], struct payload *p)
{
    uint32_t crc = (uint32_t)m[19] << 16 | (uint32_t)m[20] << 8 | m[21];
    if (crc != payload_crc24(m, 19) || m[0] != (VERSION << 4 | KIND_LOT) || m[16] || m[17] || m[18]) return 0;
    memcpy(p->lot_id, m + 1, LOT_ID_BYTES);
    p->unit = 0;
    for (int i = 0; i < 5; i++) p->unit = p->unit << 8 | m[11 + i];
    return 1;
}
