/* Reading the fields of a signed document one by one, in their fixed order: the manifest and the enrolment. */
#ifndef TRUST_XMLFIELDS_H
#define TRUST_XMLFIELDS_H
#include <libxml/tree.h>

#include "status.h"
#include <stddef.h>
#include <stdint.h>

/* Walks over the elements of one container; the first failure sticks, so calls can follow each other
 * unchecked. */
struct cursor {
    xmlNodePtr next;
    const char *name; /* of the file */
    enum enn_status status;
    struct enn_error *err;
};

void field_fail(struct cursor *c, const char *element, const char *why);
int field_is(struct cursor *c, const char *element); /* 1: the next element is this one */
/* The text of the next element, which must be this one; "" after a failure. */
const char *field_take(struct cursor *c, const char *element);
struct cursor field_enter(struct cursor *c, const char *element);
void field_leave(struct cursor *c, struct cursor *inner, const char *element);
void field_text(struct cursor *c, const char *element, char *out, size_t room);
void field_hex(struct cursor *c, const char *element, uint8_t *out, size_t n);
uint64_t field_integer(struct cursor *c, const char *element, uint64_t low, uint64_t high);
double field_decimal(struct cursor *c, const char *element, double low, double high);
/* One of the words; returns its index. */
int field_word(struct cursor *c, const char *element, const char *const *words, int n);
#endif
