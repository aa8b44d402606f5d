/* Content streams (pdf_content.h): a tokenizer, and the graphics state as far as it moves images.
 *
 * Only the current transformation matrix is kept.  Clipping is not: what a clip hides of an image is
 * marked all the same. */
#include "artwork/pdf_content.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_DEPTH 4096 /* of q; the specification asks readers for 28 */

enum kind { T_END, T_NUMBER, T_NAME, T_OPERATOR, T_OTHER };

struct token {
    enum kind kind;
    double number;
    char text[PDF_NAME_MAX]; /* name or operator; "" when too long */
    size_t begin, end;
};

struct lexer {
    const uint8_t *data;
    size_t at, n;
};

void pdf_matrix_multiply(const double m[6], const double t[6], double out[6])
{
    double r[6] = {m[0] * t[0] + m[1] * t[2],        m[0] * t[1] + m[1] * t[3],
                   m[2] * t[0] + m[3] * t[2],        m[2] * t[1] + m[3] * t[3],
                   m[4] * t[0] + m[5] * t[2] + t[4], m[4] * t[1] + m[5] * t[3] + t[5]};
    memcpy(out, r, sizeof r);
}

static int is_space(int c)
{
    return c == 0 || c == 9 || c == 10 || c == 12 || c == 13 || c == 32;
}
static int is_delimiter(int c)
{
    return c == '(' || c == ')' || c == '<' || c == '>' || c == '[' || c == ']' || c == '{' || c == '}' ||
           c == '/' || c == '%';
}
static int is_regular(int c)
{
    return !is_space(c) && !is_delimiter(c);
}

static void skip_space(struct lexer *l)
{
    while (l->at < l->n) {
        int c = l->data[l->at];
        if (c == '%')
            while (l->at < l->n && l->data[l->at] != '\n' && l->data[l->at] != '\r') l->at++;
        else if (is_space(c))
            l->at++;
        else
            break;
    }
}

static void skip_string(struct lexer *l)
{
    unsigned depth = 0;
    for (; l->at < l->n; l->at++) {
        int c = l->data[l->at];
        if (c == '\\') l->at++;
        if (c == '(') depth++;
        if (c == ')' && !--depth) {
            l->at++;
            return;
        }
    }
    l->at = l->n;
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Copies regular characters; in names #xx is a byte. */
static void take_regular(struct lexer *l, struct token *t, int name)
{
    size_t n = 0;
    while (l->at < l->n && is_regular(l->data[l->at])) {
        int c = l->data[l->at++];
        if (name && c == '#' && l->n - l->at >= 2) {
            int high = hex_digit(l->data[l->at]), low = hex_digit(l->data[l->at + 1]);
            if (high >= 0 && low >= 0) c = high << 4 | low, l->at += 2;
        }
        if (n < sizeof t->text) t->text[n] = (char)c;
        n++;
    }
    t->text[n < sizeof t->text ? n : 0] = 0;
}

/* [+-]digits[.digits], as PDF has it: no exponent.  Readers take "1-2" and "--3" too; for us they are
 * numbers of value 0. */
static int parse_number(const char *s, double *v)
{
    double value = 0, scale = 1;
    int negative = *s == '-', digits = 0, point = 0;
    if (*s == '+' || *s == '-') s++;
    for (; *s; s++) {
        if (*s == '.' && !point) {
            point = 1;
        } else if (*s >= '0' && *s <= '9') {
            digits = 1;
            value = value * 10 + (*s - '0');
            if (point) scale *= 10;
        } else {
            return 0;
        }
    }
    *v = (negative ? -value : value) / scale;
    return (digits || point) && isfinite(*v);
}

static void next_token(struct lexer *l, struct token *t)
{
    skip_space(l);
    t->begin = l->at;
    t->text[0] = 0;
    t->kind = T_OTHER;
    if (l->at >= l->n) {
        t->kind = T_END;
    } else if (l->data[l->at] == '(') {
        skip_string(l);
    } else if (l->data[l->at] == '<' && l->at + 1 < l->n && l->data[l->at + 1] != '<') {
        while (l->at < l->n && l->data[l->at] != '>') l->at++;
        if (l->at < l->n) l->at++;
    } else if (l->data[l->at] == '/') {
        l->at++;
        take_regular(l, t, 1);
        t->kind = T_NAME;
    } else if (is_delimiter(l->data[l->at])) {
        l->at++; /* brackets: what is between them is read, and dropped by the next operator */
    } else {
        take_regular(l, t, 0);
        t->kind = parse_number(t->text, &t->number) ? T_NUMBER : T_OPERATOR;
    }
    t->end = l->at;
}

/* ---- inline images ---- */

/* EI ends the data when white space is before it and what follows looks like content: data may hold the
 * letters, too. */
static void skip_inline_data(struct lexer *l)
{
    if (l->at < l->n) l->at++; /* one white space after ID */
    for (; l->at + 1 < l->n; l->at++) {
        if (l->data[l->at] != 'E' || l->data[l->at + 1] != 'I' || !l->at || !is_space(l->data[l->at - 1]))
            continue;
        size_t i = l->at + 2, end = l->n - i < 20 ? l->n : i + 20;
        if (i < l->n && !is_space(l->data[i])) continue;
        while (i < end && (is_space(l->data[i]) || (l->data[i] > 32 && l->data[i] < 127))) i++;
        if (i < end) continue;
        l->at += 2;
        return;
    }
    l->at = l->n;
}

static void inline_dictionary(struct lexer *l, struct pdf_inline_image *image)
{
    struct token t;
    char key[PDF_NAME_MAX] = "";
    memset(image, 0, sizeof *image);
    for (;;) {
        next_token(l, &t);
        if (t.kind == T_END || (t.kind == T_OPERATOR && !strcmp(t.text, "ID"))) return;
        if (t.kind == T_NAME) {
            memcpy(key, t.text, sizeof key);
            continue;
        }
        if (!strcmp(key, "W") || !strcmp(key, "Width")) image->width = t.kind == T_NUMBER ? t.number : 0;
        if (!strcmp(key, "H") || !strcmp(key, "Height")) image->height = t.kind == T_NUMBER ? t.number : 0;
        if (!strcmp(key, "BPC") || !strcmp(key, "BitsPerComponent"))
            image->bits = t.kind == T_NUMBER ? t.number : 0;
        if (!strcmp(key, "IM") || !strcmp(key, "ImageMask")) image->mask = !strcmp(t.text, "true");
        key[0] = 0;
    }
}

/* ---- operators ---- */

struct run {
    struct lexer l;
    const struct pdf_content_events *events;
    double ctm[6], operand[6];
    unsigned n_operands; /* numbers since the last operator; the last six are kept */
    struct token name;   /* the last name since the last operator */
    int have_name;
    double (*stack)[6];
    size_t depth, room;
    int draws;
};

static enum pdf_content_result save(struct run *r)
{
    if (r->depth == MAX_DEPTH) return PDF_CONTENT_TOO_DEEP;
    if (r->depth == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        void *p = realloc(r->stack, room * sizeof *r->stack);
        if (!p) return PDF_CONTENT_TOO_DEEP;
        r->stack = p;
        r->room = room;
    }
    memcpy(r->stack[r->depth++], r->ctm, sizeof r->ctm);
    return PDF_CONTENT_OK;
}

static int is_painting(const char *op)
{
    static const char *const painting[] = {"f", "F",  "f*", "S",  "s",  "B", "B*",
                                           "b", "b*", "sh", "Tj", "TJ", "'", "\""};
    for (size_t i = 0; i < sizeof painting / sizeof *painting; i++)
        if (!strcmp(op, painting[i])) return 1;
    return 0;
}

static enum pdf_content_result operator(struct run *r, const char *op) {
    int stop = 0; if (!strcmp(op, "q")){enum pdf_content_result e = save(r); if (e) return e;}
else if (!strcmp(op, "Q"))
{
    if (r->depth) memcpy(r->ctm, r->stack[--r->depth], sizeof r->ctm);
}
else if (!strcmp(op, "cm"))
{
    if (r->n_operands >= 6) pdf_matrix_multiply(r->operand, r->ctm, r->ctm);
}
else if (!strcmp(op, "Do"))
{
    if (r->have_name)
        stop = r->events->paint(r->events->user, r->name.text, r->ctm, r->name.begin, r->name.end);
}
else if (!strcmp(op, "BI"))
{
    struct pdf_inline_image image;
    size_t begin = r->l.at - 2;
    inline_dictionary(&r->l, &image);
    image.begin = begin;
    image.data_begin = r->l.at + (r->l.at < r->l.n);
    skip_inline_data(&r->l);
    image.end = r->l.at;
    image.data_end = r->l.at >= image.data_begin + 3 ? r->l.at - 3 : image.data_begin; /* white space, EI */
    stop = r->events->inline_image(r->events->user, &image, r->ctm);
}
else
{
    r->draws |= is_painting(op);
}
r->n_operands = 0;
r->have_name = 0;
return stop ? PDF_CONTENT_STOPPED : PDF_CONTENT_OK;
}

enum pdf_content_result pdf_content_run(const uint8_t *data, size_t n,
                                        const struct pdf_content_events *events, int *draws)
{
    struct run r = {.l = {data, 0, n}, .events = events, .ctm = {1, 0, 0, 1, 0, 0}};
    enum pdf_content_result e = PDF_CONTENT_OK;
    while (!e) {
        struct token t;
        next_token(&r.l, &t);
        if (t.kind == T_END) break;
        if (t.kind == T_NUMBER) {
            if (r.n_operands >= 6) memmove(r.operand, r.operand + 1, 5 * sizeof *r.operand);
            r.operand[r.n_operands < 6 ? r.n_operands : 5] = t.number;
            r.n_operands += r.n_operands < 6;
        } else if (t.kind == T_NAME) {
            r.name = t;
            r.have_name = t.text[0] != 0;
        } else if (t.kind == T_OPERATOR) {
            e = operator(&r, t.text);
        }
    }
    *draws |= r.draws;
    free(r.stack);
    return e;
}

/* ---- all of it, token by token ---- */

int pdf_content_tokens(const uint8_t *data, size_t n, int (*token)(void *user, const struct pdf_token *t), void *user)
{
    struct lexer l = {data, 0, n};
    int stop = 0;
    while (!stop) {
        struct token t;
        struct pdf_inline_image image;
        next_token(&l, &t);
        if (t.kind == T_END) break;
        struct pdf_token out = {.number = t.kind == T_NUMBER ? t.number : 0, .text = t.text, .at = data + t.begin};
        out.kind = t.kind == T_NUMBER     ? PDF_TOKEN_NUMBER
                   : t.kind == T_NAME     ? PDF_TOKEN_NAME
                   : t.kind == T_OPERATOR ? PDF_TOKEN_OPERATOR
                   : *out.at == '(' || (*out.at == '<' && t.end > t.begin + 1) ? PDF_TOKEN_STRING
                                                                               : PDF_TOKEN_BRACKET;
        if (t.kind == T_OPERATOR && !strcmp(t.text, "BI")) {
            inline_dictionary(&l, &image);
            skip_inline_data(&l);
            out.kind = PDF_TOKEN_INLINE;
            t.end = l.at;
        }
        out.n = t.end - t.begin;
        stop = token(user, &out);
    }
    return stop;
}

static size_t hex_string(const struct pdf_token *t, uint8_t *to)
{
    size_t digits = 0;
    for (size_t i = 1; i < t->n; i++) {
        int v = hex_digit(t->at[i]);
        if (v < 0) continue;
        to[digits / 2] = (uint8_t)(digits & 1 ? to[digits / 2] | v : v << 4);
        digits++;
    }
    return (digits + 1) / 2;
}

/* One escape at i, behind its backslash; *used: bytes of it.  -1: stands for nothing (a line that goes on). */
static int escape(const struct pdf_token *t, size_t i, size_t *used)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    int c = t->at[i], v = 0;
    const char *known = c ? strchr(from, c) : NULL;
    *used = 1;
    if (known) return to[known - from];
    if (c == '\r' && i + 1 < t->n && t->at[i + 1] == '\n') *used = 2;
    if (c == '\n' || c == '\r') return -1;
    if (c < '0' || c > '7') return c;
    for (*used = 0; *used < 3 && i + *used < t->n && t->at[i + *used] >= '0' && t->at[i + *used] <= '7'; ++*used)
        v = v * 8 + t->at[i + *used] - '0';
    return v & 255;
}

size_t pdf_token_string(const struct pdf_token *t, uint8_t *to)
{
    size_t n = 0;
    if (*t->at == '<') return hex_string(t, to);
    size_t end = t->n > 1 && t->at[t->n - 1] == ')' ? t->n - 1 : t->n;
    for (size_t i = 1; i < end;) {
        size_t used = 1;
        int c = t->at[i++];
        if (c == '\\' && i < t->n) {
            c = escape(t, i, &used);
            i += used;
        }
        if (c >= 0) to[n++] = (uint8_t)c;
    }
    return n;
}
