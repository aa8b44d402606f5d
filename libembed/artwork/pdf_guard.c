/* PDF, step 0: compressed structure that would swell.
 *
 * qpdf decodes object streams and cross-reference streams whole before anything can be asked of them; a
 * file of 1.5 MB made it take gigabytes.  So the file is gone through first: what follows a dictionary
 * that names ObjStm or XRef is decoded here, and only counted.  The scan knows no object boundaries: it
 * takes too many streams rather than too few, and data that are no Flate stream count nothing. */
#include "artwork/pdf_file.h"
#include "artwork/pdf_flate.h"
#include "status.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

struct guard {
    const struct pdf_artwork *a;
    uint8_t block[BLOCK];
    uint64_t at; /* of the next byte in the file */
    size_t i, n;
    int structure, other_filter, flates, after_filter; /* seen in this dictionary */
    uint64_t decoded, most;
    uint8_t in[BLOCK], out[BLOCK];
};

static int next(struct guard *g)
{
    if (g->i == g->n) {
        ssize_t got = pread(g->a->fd, g->block, sizeof g->block, (off_t)g->at);
        if (got <= 0) return -1;
        g->i = 0;
        g->n = (size_t)got;
        g->at += g->n;
    }
    return g->block[g->i++];
}

static int is_regular(int c)
{
    return c > 32 && !strchr("()<>[]{}/%", c);
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The word that begins with c, #xx resolved when it is a name; leaves what ends it in *c. */
static void word(struct guard *g, int *c, int name, char text[40])
{
    size_t n = 0;
    int escape = 0, high = 0;
    for (; *c >= 0 && is_regular(*c); *c = next(g)) {
        int v = *c, digit = hex_digit(v);
        if (escape && digit >= 0) {
            if (escape == 1)
                high = digit, escape = 2;
            else
                v = high << 4 | digit, escape = 0;
            if (escape) continue;
        } else if (name && v == '#') {
            escape = 1;
            continue;
        } else {
            escape = 0;
        }
        if (n < 39) text[n++] = (char)v;
    }
    text[n] = 0;
}

/* Decodes what begins at `at`, and counts. */
static enum enn_status measure(struct guard *g, uint64_t at, struct enn_error *err)
{
    struct pdf_inflate *z = pdf_inflate_new();
    size_t i = 0, n = 0;
    if (!z) return pdf_no_memory(g->a, err);
    for (enum pdf_inflate_state state = PDF_INFLATE_MORE;
         state == PDF_INFLATE_MORE && g->decoded <= g->most;) {
        size_t used = 0, made = 0;
        if (i == n) {
            ssize_t got = pread(g->a->fd, g->in, sizeof g->in, (off_t)at);
            if (got <= 0) break;
            i = 0, n = (size_t)got, at += n;
        }
        state = pdf_inflate_run(z, g->in + i, n - i, &used, g->out, sizeof g->out, &made);
        i += used;
        g->decoded += made;
    }
    pdf_inflate_free(z);
    if (g->decoded <= g->most) return ENN_OK;
    return enn_fail(err, ENN_LIMIT, "%s: PDF: object streams decode to more than %llu bytes", g->a->name,
                    (unsigned long long)g->most);
}

static enum enn_status stream(struct guard *g, int c, struct enn_error *err)
{
    if (c == '\r') c = next(g);
    uint64_t at = g->at - (g->n - g->i);
    if (c != '\n') at--; /* qpdf takes a lone carriage return, and nothing at all */
    if (g->other_filter || g->flates > 1)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: PDF: an object stream with other filters than one Flate",
                        g->a->name);
    return measure(g, at, err);
}

enum enn_status pdf_guard(const struct pdf_artwork *a, struct enn_error *err)
{
    static const char *const others[] = {"ASCIIHexDecode", "AHx", "ASCII85Decode",   "A85",
                                         "LZWDecode",      "LZW", "RunLengthDecode", "RL"};
    char text[40];
    struct guard *g = calloc(1, sizeof *g);
    if (!g) return pdf_no_memory(a, err);
    g->a = a;
    g->most = a->limits.max_memory / 16;
    enum enn_status s = ENN_OK;
    for (int c = next(g), name; !s && c >= 0;) {
        name = c == '/';
        if (!name && !is_regular(c)) {
            c = next(g);
            continue;
        }
        if (name) c = next(g);
        word(g, &c, name, text);
        if (name) {
            g->after_filter = !strcmp(text, "Filter");
            g->flates += !strcmp(text, "FlateDecode") || !strcmp(text, "Fl");
            g->structure |= !strcmp(text, "ObjStm") || !strcmp(text, "XRef");
            for (size_t i = 0; i < sizeof others / sizeof *others; i++)
                g->other_filter |= !strcmp(text, others[i]);
        } else if (!strcmp(text, "obj")) {
            g->structure = g->other_filter = g->flates = g->after_filter = 0;
        } else if (!strcmp(text, "stream") && g->structure) {
            s = stream(g, c, err);
            g->structure = g->other_filter = g->flates = 0;
        } else {
            g->other_filter |= g->after_filter; /* the filter is in another object */
            g->after_filter = 0;
        }
    }
    free(g);
    return s;
}
