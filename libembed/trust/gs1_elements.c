/*
 * Splitting the data of a GS1 barcode into AIs and values.
 *
 * An AI has two to four digits, told by the first two. Some values have a length that their prefix
 * fixes for ever and follow each other without a separator; all others end at a separator (FNC1,
 * scanned as 0x1d) or at the end. Whether a value is a good one is not asked here (gs1_lint.c).
 *
 * Ref: GS1 General Specifications 23.0, figures 7.8.1-1 (AI lengths) and 7.8.5-2 (predefined lengths).
 */
#include <stdio.h>
#include <string.h>
#include "trust/gs1_elements.h"

enum { SEPARATOR = 0x1d };

static int digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits of the AI that begins with these two; 0: there is none. */
static size_t ai_digits(const char *p)
{
    int two = 10 * (p[0] - '0') + p[1] - '0';
    if (two <= 22 || two == 30 || two == 37 || two >= 90) return 2;
    if (two == 23 || two == 24 || two == 25 || (two >= 40 && two <= 42) || two == 71) return 3;
    if ((two >= 31 && two <= 36) || two == 39 || two == 43 || two == 70 || two == 72 ||
        (two >= 80 && two <= 82))
        return 4;
    return 0;
}

/* Characters of AI and value together where the prefix fixes them; 0: up to the separator. */
static size_t fixed_length(const char *p)
{
    int two = 10 * (p[0] - '0') + p[1] - '0';
    if (two == 0) return 20;
    if (two >= 1 && two <= 3) return 16;
    if (two == 4) return 18;
    if (two >= 11 && two <= 19) return 8;
    if (two == 20) return 4;
    if (two >= 31 && two <= 36) return 10;
    return two == 41 ? 16 : 0;
}

static int put(struct enn_element *e, const char *ai, size_t n_ai, const char *value, size_t n, char *problem)
{
    if (!n || n >= sizeof e->value) {
        snprintf(problem, GS1_PROBLEM, "AI (%.*s) %s", (int)n_ai, ai,
                 n ? "is longer than 90 characters" : "is empty");
        return 0;
    }
    memcpy(e->ai, ai, n_ai);
    e->ai[n_ai] = 0;
    memcpy(e->value, value, n);
    e->value[n] = 0;
    return 1;
}

int gs1_split_scanned(const char *text, size_t n, struct enn_element *out, int room, char *problem)
{
    int count = 0;
    for (size_t i = 0; i < n;) {
        const char *p = text + i;
        size_t left = n - i, head = left >= 2 && digit(p[0]) && digit(p[1]) ? ai_digits(p) : 0;
        for (size_t k = 2; k < head; k++)
            if (k >= left || !digit(p[k])) head = 0;
        if (!head || head > left) {
            snprintf(problem, GS1_PROBLEM, "no application identifier at character %zu", i + 1);
            return -1;
        }
        const char *stop = memchr(p, SEPARATOR, left);
        size_t length = stop ? (size_t)(stop - p) : left, fixed = fixed_length(p);
        if (fixed && length > fixed) length = fixed;
        if (count == room) {
            snprintf(problem, GS1_PROBLEM, "more than %d element strings", room);
            return -1;
        }
        if (length < head) length = head;
        if (!put(&out[count], p, head, p + head, length - head, problem)) return -1;
        count++;
        i += length;
        if (i < n && text[i] == SEPARATOR) i++;
    }
    if (!count) snprintf(problem, GS1_PROBLEM, "no element string");
    return count ? count : -1;
}

/* "(dddd)" at p: its digits, 0: something else. */
static size_t bracketed(const char *p, const char *end)
{
    size_t n = 0;
    if (p >= end || *p != '(') return 0;
    while (p + 1 + n < end && n < 5 && digit(p[1 + n])) n++;
    return n >= 2 && n <= 4 && p + 1 + n < end && p[1 + n] == ')' ? n : 0;
}

int gs1_split_brackets(const char *text, size_t n, struct enn_element *out, int room, char *problem)
{
    const char *p = text, *end = text + n;
    int count = 0;
    while (p < end) {
        size_t head = bracketed(p, end);
        if (!head || count == room) {
            snprintf(problem, GS1_PROBLEM, "no bracketed application identifier at character %zu",
                     (size_t)(p - text) + 1);
            return -1;
        }
        const char *ai = p + 1, *value = p + head + 2;
        for (p = value; p < end && !bracketed(p, end);) p++;
        if (!put(&out[count], ai, head, value, (size_t)(p - value), problem)) return -1;
        count++;
    }
    return count ? count : -1;
}

const char *gs1_value(const struct enn_element *e, int n, const char *ai)
{
    for (int i = 0; i < n; i++)
        if (!strcmp(e[i].ai, ai)) return e[i].value;
    return NULL;
}
