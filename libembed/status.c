/* Words for statuses and reasons: the tables behind the lists in enn.h, and the defaults of the option
 * structs. */
#include "status.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    int exit;
    const char *word, *text;
} statuses[] = {
#define ENN_X(name, exit, word, text) {exit, word, text},
    ENN_STATUS_LIST(ENN_X)
#undef ENN_X
};

static const struct {
    const char *word, *text;
} reasons[] = {
#define ENN_X(name, word, text) {word, text},
    ENN_REASON_LIST(ENN_X)
#undef ENN_X
};

int enn_status_exit(enum enn_status s)
{
    return statuses[s].exit;
}
const char *enn_status_word(enum enn_status s)
{
    return statuses[s].word;
}
const char *enn_status_text(enum enn_status s)
{
    return statuses[s].text;
}
const char *enn_reason_word(enum enn_reason r)
{
    return reasons[r].word;
}
const char *enn_reason_text(enum enn_reason r)
{
    return reasons[r].text;
}

static const char *const contents[] = {
#define ENN_X(name, word) word,
    ENN_CONTENT_LIST(ENN_X)
#undef ENN_X
};

static const char *const seals[] = {
#define ENN_X(name, word) word,
    ENN_SEAL_LIST(ENN_X)
#undef ENN_X
};

const char *enn_seal_word(enum enn_seal s)
{
    return seals[s];
}

static const char *const copies[] = {
#define ENN_X(name, word) word,
    ENN_COPY_LIST(ENN_X)
#undef ENN_X
};

static const char *const copy_whys[] = {
#define ENN_X(name, word) word,
    ENN_COPY_WHY_LIST(ENN_X)
#undef ENN_X
};

const char *enn_copy_word(enum enn_copy c)
{
    return copies[c];
}

const char *enn_copy_why_word(enum enn_copy_why w)
{
    return copy_whys[w];
}

const char *enn_content_word(enum enn_content c)
{
    return contents[c];
}

static const struct {
    const char *word, *text;
} findings[] = {
#define ENN_X(name, word, text) {word, text},
    ENN_FINDING_LIST(ENN_X)
#undef ENN_X
};

const char *enn_finding_word(enum enn_finding_id id)
{
    return findings[id].word;
}
const char *enn_finding_text(enum enn_finding_id id)
{
    return findings[id].text;
}
const char *enn_level_word(enum enn_level l)
{
    return l == ENN_NOTE ? "note" : l == ENN_WARNING ? "warning" : "error";
}

enum enn_status enn_fail(struct enn_error *err, enum enn_status s, const char *format, ...)
{
    if (!err) return s;
    err->status = s;
    va_list ap;
    va_start(ap, format);
    vsnprintf(err->text, sizeof err->text, format, ap);
    va_end(ap);
    for (char *p = err->text; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7f)
            *p = '?'; /* names inside a hostile file may hold control characters */
    return s;
}

struct enn_limits enn_limits_default(void)
{
    return (struct enn_limits){.max_pixels = 4000000000u, .max_memory = (uint64_t)1 << 30};
}

struct enn_sign_options enn_sign_options_default(void)
{
    return (struct enn_sign_options){.strength = 1.0, .limits = enn_limits_default()};
}

struct enn_inspect_options enn_inspect_options_default(void)
{
    return (struct enn_inspect_options){.tac_limit = 330, .verify = enn_verify_options_default()};
}

struct enn_verify_options enn_verify_options_default(void)
{
    return (struct enn_verify_options){.p_false = 1e-9, .effort = 1, .limits = enn_limits_default()};
}
