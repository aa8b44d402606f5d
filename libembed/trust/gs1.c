/*
 * The GS1 rules (General Specifications, sections 3 and 7): check digit, dates, lengths, character set 82.
 *
 * None of them is written here: libzint holds the GS1 syntax dictionary as lints and runs them when a
 * symbol in GS1 mode is encoded.  A lint that fails is a *warning* there (ZINT_WARN_NONCOMPLIANT, the
 * symbol is still made); here any answer but 0 refuses the facts.  Data Matrix serves as the symbol
 * because the element string of all four facts is over the 48 characters of a GS1-128; the symbol itself
 * is thrown away.
 */
#include <stdio.h>
#include <string.h>

#include <zint.h>

#include "trust/lot.h"

/* "Warning 261: AI (17) position 3: Invalid month '13'" -> "AI (17) position 3: Invalid month '13'" */
static const char *without_number(const char *text)
{
    const char *colon = strstr(text, ": ");
    return colon ? colon + 2 : text;
}

enum enn_status gs1_check(const struct lot_statement *s, struct enn_error *err)
{
    const struct {
        const char *ai, *value, *what;
    } part[] = {{"01", s->gtin, "GTIN"},
                {"10", s->lot, "lot"},
                {"17", s->expiry, "expiry"},
                {"21", s->serial, "serial"}};
    char elements[128] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof part / sizeof part[0]; i++) {
        if (!*part[i].value) continue;
        for (const char *p = part[i].value; *p; p++)
            if (*p <= ' ' || *p > '~' || *p == '[' || *p == ']')
                return enn_fail(err, ENN_USAGE, "GS1 AI (%s) %s: a character outside GS1 character set 82",
                                part[i].ai, part[i].what);
        int w = snprintf(elements + n, sizeof elements - n, "[%s]%s", part[i].ai, part[i].value);
        if (w < 0 || (size_t)w >= sizeof elements - n)
            return enn_fail(err, ENN_USAGE, "GS1 facts are too long");
        n += (size_t)w;
    }
    struct zint_symbol *symbol = ZBarcode_Create();
    if (!symbol) return enn_fail(err, ENN_NOMEM, "out of memory");
    symbol->symbology = BARCODE_DATAMATRIX;
    symbol->input_mode = GS1_MODE;
    int result = ZBarcode_Encode(symbol, (const unsigned char *)elements, (int)n);
    enum enn_status st = ENN_OK;
    if (result == ZINT_ERROR_MEMORY)
        st = enn_fail(err, ENN_NOMEM, "out of memory");
    else if (result != 0)
        st = enn_fail(err, ENN_USAGE, "GS1 facts \"%s\": %s", elements, without_number(symbol->errtxt));
    ZBarcode_Delete(symbol);
    return st;
}

static enum enn_status set_element(const char *ai, const char *value, struct lot_statement *s,
                                   struct enn_error *err)
{
    struct {
        const char *ai;
        char *field;
        size_t room;
    } known[] = {{"01", s->gtin, sizeof s->gtin},
                 {"10", s->lot, sizeof s->lot},
                 {"17", s->expiry, sizeof s->expiry},
                 {"21", s->serial, sizeof s->serial}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(ai, known[i].ai) != 0) continue;
        if (*known[i].field) return enn_fail(err, ENN_USAGE, "GS1: AI (%s) is given twice", ai);
        if (!*value) return enn_fail(err, ENN_USAGE, "GS1: AI (%s) is empty", ai);
        if (strlen(value) >= known[i].room)
            return enn_fail(err, ENN_USAGE, "GS1: AI (%s) is longer than %zu characters", ai,
                            known[i].room - 1);
        strcpy(known[i].field, value); /* its length was just checked */
        return ENN_OK;
    }
    return enn_fail(err, ENN_USAGE, "GS1: AI (%s) is no part of a lot statement: (01), (10), (17), (21) are",
                    ai);
}

/* "(dddd" + ")" at p, 2 to 4 digits: copies them to ai and returns the length of the whole, else 0 */
static size_t read_ai(const char *p, char ai[5])
{
    size_t n = 0;
    if (*p != '(') return 0;
    while (n < 4 && p[1 + n] >= '0' && p[1 + n] <= '9') {
        ai[n] = p[1 + n];
        n++;
    }
    ai[n] = 0;
    return n >= 2 && p[1 + n] == ')' ? n + 2 : 0;
}

enum enn_status gs1_split(const char *text, struct lot_statement *s, struct enn_error *err)
{
    s->gtin[0] = s->lot[0] = s->expiry[0] = s->serial[0] = 0;
    const char *p = text;
    do {
        char ai[5], next[5], value[96];
        size_t n = 0, head = read_ai(p, ai);
        if (!head) return enn_fail(err, ENN_USAGE, "GS1: \"(AI)\" expected at \"%.20s\"", p);
        p += head;
        while (*p && !read_ai(p, next)) {
            if (p[0] == '\\' && p[1] == '(') p++;
            if (n + 1 >= sizeof value)
                return enn_fail(err, ENN_USAGE, "GS1: AI (%s) is longer than 90 characters", ai);
            value[n++] = *p++;
        }
        value[n] = 0;
        enum enn_status st = set_element(ai, value, s, err);
        if (st != ENN_OK) return st;
    } while (*p);
    return ENN_OK;
}
