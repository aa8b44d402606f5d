/* Elements read one by one (xmlfields.h). */
#include "trust/xmlfields.h"
#include <string.h>

#include "trust/hex.h"
#include "trust/lot.h"
#include "trust/numbers.h"
#include "trust/strictxml.h"

void field_fail(struct cursor *c, const char *element, const char *why)
{
    if (c->status != ENN_OK) return;
    c->status = enn_fail(c->err, ENN_FORMAT, "%s: <%s> %s", c->name, element, why);
}

int field_is(struct cursor *c, const char *element)
{
    c->next = strictxml_element(c->next);
    return c->status == ENN_OK && strictxml_is(c->next, element, MANIFEST_NS);
}

const char *field_take(struct cursor *c, const char *element)
{
    if (!field_is(c, element)) {
        field_fail(c, element, "is expected and not there");
        return "";
    }
    const char *text = strictxml_text(c->next);
    c->next = c->next->next;
    if (text) return text;
    field_fail(c, element, "holds elements");
    return "";
}

struct cursor field_enter(struct cursor *c, const char *element)
{
    struct cursor inner = {NULL, c->name, c->status, c->err};
    if (!field_is(c, element)) {
        field_fail(c, element, "is expected and not there");
        inner.status = c->status;
        return inner;
    }
    inner.next = c->next->children;
    c->next = c->next->next;
    return inner;
}

void field_leave(struct cursor *c, struct cursor *inner, const char *element)
{
    if (inner->status == ENN_OK && strictxml_element(inner->next))
        field_fail(inner, element, "holds something unknown");
    if (c->status == ENN_OK) c->status = inner->status;
}

void field_text(struct cursor *c, const char *element, char *out, size_t room)
{
    const char *text = field_take(c, element);
    if (c->status != ENN_OK) return;
    if (!text_ok(text, room - 1)) {
        field_fail(c, element, "is no clean text of the length it may have");
        return;
    }
    strcpy(out, text); /* text_ok checked its length */
}

void field_hex(struct cursor *c, const char *element, uint8_t *out, size_t n)
{
    if (!hex_decode(field_take(c, element), 1, out, n))
        field_fail(c, element, "is not lower-case hexadecimal of the right length");
}

uint64_t field_integer(struct cursor *c, const char *element, uint64_t low, uint64_t high)
{
    uint64_t v = low;
    if (!integer_parse(field_take(c, element), low, high, &v)) field_fail(c, element, "is no integer in its range");
    return v;
}

double field_decimal(struct cursor *c, const char *element, double low, double high)
{
    double v = low;
    if (!decimal_parse(field_take(c, element), low, high, &v))
        field_fail(c, element, "is no decimal number in its range");
    return v;
}

int field_word(struct cursor *c, const char *element, const char *const *words, int n)
{
    const char *text = field_take(c, element);
    for (int i = 0; i < n; i++)
        if (strcmp(text, words[i]) == 0) return i;
    field_fail(c, element, "is not one of its words");
    return 0;
}
