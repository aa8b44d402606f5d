/*
 * Clean text: the one rule for every free text in a lot statement, a manifest or a certificate name.
 *
 * Well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF) that prints in one line
 * and cannot reorder the text around it: no C0 or C1 controls, no line or paragraph separators, no
 * bidirectional controls (Unicode TR 36, section 2.5), no noncharacters, no byte-order mark.
 */
#include <string.h>

#include "trust/lot.h"

/* Length of the sequence that starts at s, its code point in *cp; 0 when it is not well-formed. */
static size_t utf8_next(const uint8_t *s, uint32_t *cp)
{
    uint32_t c = s[0];
    if (c < 0x80) return *cp = c, 1;
    size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
    if (c < 0xc2 || c > 0xf4) return 0;
    c &= 0xffu >> (n + 1);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0; /* stops at the terminating 0 as well */
        c = c << 6 | (s[i] & 0x3fu);
    }
    static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return 0;
    *cp = c;
    return n;
}

static int code_point_ok(uint32_t c)
{
    if (c < 0x20 || (c >= 0x7f && c <= 0x9f)) return 0;
    if (c == 0x61c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
        (c >= 0x2060 && c <= 0x206f))
        return 0;
    if (c == 0xfeff || (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe) return 0;
    return 1;
}

int text_ok(const char *s, size_t max)
{
    size_t n = 0, step;
    while (s[n]) {
        uint32_t c;
        step = utf8_next((const uint8_t *)s + n, &c);
        if (!step || !code_point_ok(c)) return 0;
        n += step;
        if (n > max) return 0;
    }
    return n > 0 && s[0] != ' ' && s[n - 1] != ' ';
}

void text_clean(const char *src, char *dst, size_t room)
{
    size_t n = 0;
    while (*src == ' ') src++;
    while (*src) {
        uint32_t c = 0;
        size_t step = utf8_next((const uint8_t *)src, &c);
        int good = step && code_point_ok(c);
        size_t add = good ? step : 1;
        if (n + add + 1 > room) break;
        if (good)
            memcpy(dst + n, src, add);
        else
            dst[n] = '?';
        n += add;
        src += step ? step : 1;
    }
    while (n > 0 && dst[n - 1] == ' ') n--;
    if (n == 0 && room > 1) dst[n++] = '-';
    if (room) dst[n] = 0;
}
