/*
 * Hexadecimal and base64 (RFC 4648), written out so that every byte sequence has exactly one accepted
 * text: no missing padding, no stray characters, no unused bits.  A signed document must not have two
 * spellings.
 */
#include "trust/hex.h"

void hex_encode(const uint8_t *bytes, size_t n, char *out)
{
    static const char digit[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digit[bytes[i] >> 4];
        out[2 * i + 1] = digit[bytes[i] & 15];
    }
    out[2 * n] = 0;
}

static int hex_value(char c, int lower_only)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F' && !lower_only) return c - 'A' + 10;
    return -1;
}

int hex_decode(const char *text, int lower_only, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int high = hex_value(text[2 * i], lower_only);
        int low = high < 0 ? -1 : hex_value(text[2 * i + 1], lower_only);
        if (low < 0) return 0;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return text[2 * n] == 0;
}

size_t base64_size(size_t n)
{
    return (n + 2) / 3 * 4 + 1;
}

void base64_encode(const uint8_t *bytes, size_t n, char *out)
{
    static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < n; i += 3) {
        size_t have = n - i < 3 ? n - i : 3;
        uint32_t v = (uint32_t)bytes[i] << 16;
        if (have > 1) v |= (uint32_t)bytes[i + 1] << 8;
        if (have > 2) v |= bytes[i + 2];
        *out++ = digit[v >> 18];
        *out++ = digit[v >> 12 & 63];
        *out++ = have > 1 ? digit[v >> 6 & 63] : '=';
        *out++ = have > 2 ? digit[v & 63] : '=';
    }
    *out = 0;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    return c == '/' ? 63 : -1;
}

long base64_decode(const char *text, size_t length, uint8_t *out, size_t room)
{
    uint32_t v = 0;
    int digits = 0, padding = 0;
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
        int d = base64_value(c);
        if (c == '=') {
            if (digits < 2 || ++padding + digits > 4) return -1;
            continue;
        }
        if (d < 0 || padding) return -1;
        v = (v << 6 | (uint32_t)d) & 0xffffff;
        if (++digits < 4) continue;
        if (room - n < 3) return -1;
        out[n++] = (uint8_t)(v >> 16);
        out[n++] = (uint8_t)(v >> 8);
        out[n++] = (uint8_t)v;
        v = 0;
        digits = 0;
    }
    if (digits == 0) return padding ? -1 : (long)n;
    if (digits + padding != 4) return -1;
    /* 2 digits hold 12 bits for one byte, 3 digits 18 bits for two: what is left over must be 0 */
    if (digits == 2 ? (v & 15) != 0 : (v & 3) != 0) return -1;
    if (room - n < (size_t)(digits - 1)) return -1;
    if (digits == 2) {
        out[n++] = (uint8_t)(v >> 4);
    } else {
        out[n++] = (uint8_t)(v >> 10);
        out[n++] = (uint8_t)(v >> 2);
    }
    return (long)n;
}
