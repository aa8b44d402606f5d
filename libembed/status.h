/* How every module of the library reports a failure. */
#ifndef ENN_STATUS_H
#define ENN_STATUS_H
#include "enn.h"

/* Writes the detail line (control characters replaced) and returns s, so that callers can `return
 * enn_fail(...)`. */
enum enn_status enn_fail(struct enn_error *err, enum enn_status s, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
#endif
