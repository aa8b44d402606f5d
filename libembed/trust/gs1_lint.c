/*
 * The GS1 rules for any element string, as libzint's lints know them (gs1.c does the same for the
 * four facts of a lot).
 *
 * The symbol that zint makes on the way is thrown away; Data Matrix holds the most. Data that are too
 * long for it are left unjudged: a symbol that was read holds less.
 */
#include <stdio.h>
#include <string.h>
#include <zint.h>
#include "trust/gs1_elements.h"

enum { TEXT_MAX = 3300 };

/* "Warning 261: AI (17) position 3: Invalid month '13'" -> "AI (17) position 3: Invalid month '13'" */
static const char *without_number(const char *text)
{
    const char *colon = strstr(text, ": ");
    return colon ? colon + 2 : text;
}

int gs1_lint(const struct enn_element *e, int n, char *problem)
{
    char text[TEXT_MAX];
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        for (const char *p = e[i].value; *p; p++)
            if (*p <= ' ' || *p > '~' || *p == '[' || *p == ']') {
                snprintf(problem, GS1_PROBLEM, "AI (%s): a character outside GS1 character set 82", e[i].ai);
                return 0;
            }
        int w = snprintf(text + used, sizeof text - used, "[%s]%s", e[i].ai, e[i].value);
        if (w < 0 || (size_t)w >= sizeof text - used) return 1;
        used += (size_t)w;
    }
    struct zint_symbol *symbol = ZBarcode_Create();
    if (!symbol) return -1;
    symbol->symbology = BARCODE_DATAMATRIX;
    symbol->input_mode = GS1_MODE;
    int result = ZBarcode_Encode(symbol, (const unsigned char *)text, (int)used), ok = 1;
    if (result == ZINT_ERROR_MEMORY) {
        ok = -1;
    } else if (result && result != ZINT_ERROR_TOO_LONG) {
        snprintf(problem, GS1_PROBLEM, "%s", without_number(symbol->errtxt));
        ok = 0;
    }
    ZBarcode_Delete(symbol);
    return ok;
}
