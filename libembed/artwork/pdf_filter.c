/* PDF stream filters (pdf_filter.h): a chain of stages, each pulling from the one before it.
 *
 * ISO 32000-1:2008, 7.4.2 - 7.4.5; LZW after T. Welch, "A technique for high-performance data
 * compression", Computer 17(6), 1984, with PDF's EarlyChange; predictors of TIFF 6.0 section 14 and of PNG
 * (ISO/IEC 15948, 9). */
#include "artwork/pdf_filter.h"
#include "artwork/pdf_flate.h"
#include <stdlib.h>
#include <string.h>

enum { IN_BYTES = 16384, LZW_CODES = 4096, LZW_CLEAR = 256, LZW_END = 257 };
#define MAX_ROW ((uint64_t)64 << 20) /* bytes of a predicted row */

struct lzw {
    uint16_t prefix[LZW_CODES];
    uint8_t last[LZW_CODES], first[LZW_CODES];
    uint8_t string[LZW_CODES]; /* of the current code, from the end */
    unsigned string_at, next, width, bit_count;
    uint32_t bits;
    int previous, early;
};

struct predictor {
    int kind;
    uint32_t colors, bits;
    size_t row_bytes, pixel_bytes, at, have;
    uint8_t *row, *above;
};

struct stage {
    size_t (*read)(struct stage *s, uint8_t *to, size_t n);
    struct stage *from; /* NULL: the data */
    const uint8_t *data;
    size_t left;
    uint8_t in[IN_BYTES];
    size_t in_at, in_n;
    int ended, damaged;
    uint8_t group[4]; /* ASCII85 */
    unsigned group_at, group_n;
    int run_left,
        run_value; /* run length: bytes left to copy (value < 0) or to repeat; ASCII85: 1 at the end */
    struct lzw *lzw;
    struct pdf_inflate *flate;
    struct predictor p;
};

struct pdf_filter {
    struct stage *stage[2 * PDF_MAX_FILTERS + 1];
    unsigned n;
};

static size_t pull(struct stage *s, uint8_t *to, size_t n)
{
    size_t done = 0;
    while (s && done < n) { /* a stage may give less than was asked for; only nothing is the end */
        size_t got = s->ended ? 0 : s->read(s, to + done, n - done);
        if (!got) break;
        done += got;
    }
    return done;
}

/* The next byte of the stage before, or -1. */
static int next_byte(struct stage *s)
{
    if (s->in_at == s->in_n) {
        s->in_n = pull(s->from, s->in, sizeof s->in);
        s->in_at = 0;
        if (!s->in_n) return -1;
    }
    return s->in[s->in_at++];
}

static size_t read_data(struct stage *s, uint8_t *to, size_t n)
{
    if (n > s->left) n = s->left;
    memcpy(to, s->data, n);
    s->data += n;
    s->left -= n;
    return n;
}

static int is_space(int c)
{
    return c == 0 || c == 9 || c == 10 || c == 12 || c == 13 || c == 32;
}

static int hex_digit(int c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

static size_t read_hex(struct stage *s, uint8_t *to, size_t n)
{
    size_t done = 0;
    while (done < n && !s->ended) {
        int digit[2] = {0, 0};
        for (int i = 0; i < 2 && !s->ended;) {
            int c = next_byte(s);
            if (c < 0 || c == '>') {
                s->ended = 1;
                s->damaged |= c < 0;
                if (i == 0) return done;
            } else if (!is_space(c)) {
                if ((digit[i++] = hex_digit(c)) < 0) return s->ended = s->damaged = 1, done;
            }
        }
        to[done++] = (uint8_t)(digit[0] << 4 | digit[1]);
    }
    return done;
}

/* Fills the next group of up to four bytes. */
static void group85(struct stage *s)
{
    uint32_t v = 0;
    unsigned digits = 0;
    s->group_at = s->group_n = 0;
    while (digits < 5) {
        int c = next_byte(s);
        if (c >= 0 && is_space(c)) continue;
        if (c == 'z' && !digits) {
            memset(s->group, 0, 4);
            s->group_n = 4;
            return;
        }
        if (c < '!' || c > 'u') { /* "~>", the end of the data, or damage */
            s->run_left = 1;
            s->damaged |= c != '~';
            break;
        }
        v = v * 85 + (uint32_t)(c - '!'); /* a group beyond 2^32 - 1 is not valid; it wraps */
        digits++;
    }
    for (unsigned i = digits; digits > 1 && i < 5; i++) v = v * 85 + 84;
    s->group_n = digits > 1 ? digits - 1 : 0;
    for (unsigned i = 0; i < 4; i++) s->group[i] = (uint8_t)(v >> (24 - 8 * i));
}

static size_t read_85(struct stage *s, uint8_t *to, size_t n)
{
    size_t done = 0;
    while (done < n) {
        if (s->group_at == s->group_n) {
            s->group_n = s->group_at = 0;
            if (!s->run_left) group85(s);
            if (!s->group_n) return s->ended = 1, done;
        }
        to[done++] = s->group[s->group_at++];
    }
    return done;
}

static size_t read_runs(struct stage *s, uint8_t *to, size_t n)
{
    size_t done = 0;
    while (done < n) {
        if (!s->run_left) {
            int c = next_byte(s);
            if (c < 0 || c == 128) {
                s->damaged |= c < 0;
                s->ended = 1;
                break;
            }
            s->run_left = c < 128 ? c + 1 : 257 - c;
            s->run_value = c < 128 ? -1 : next_byte(s);
            if (c > 128 && s->run_value < 0) return s->ended = s->damaged = 1, done;
        }
        int c = s->run_value >= 0 ? s->run_value : next_byte(s);
        if (c < 0) return s->ended = s->damaged = 1, done;
        to[done++] = (uint8_t)c;
        s->run_left--;
    }
    return done;
}

static int lzw_code(struct stage *s)
{
    struct lzw *z = s->lzw;
    while (z->bit_count < z->width) {
        int c = next_byte(s);
        if (c < 0) return -1;
        z->bits = z->bits << 8 | (uint32_t)c;
        z->bit_count += 8;
    }
    z->bit_count -= z->width;
    return (int)(z->bits >> z->bit_count & ((1u << z->width) - 1));
}

/* Decodes one code into z->string.  Returns 0 at the end or at damage. */
static int lzw_step(struct stage *s)
{
    struct lzw *z = s->lzw;
    int code = lzw_code(s);
    while (code == LZW_CLEAR) {
        z->next = LZW_END + 1, z->width = 9, z->previous = -1;
        code = lzw_code(s);
    }
    if (code < 0 || code == LZW_END) return s->damaged |= code < 0, 0;
    if ((unsigned)code > z->next || ((unsigned)code == z->next && z->previous < 0) ||
        (z->previous < 0 && code > 255))
        return s->damaged = 1, 0;
    if (z->previous >= 0 && z->next < LZW_CODES) {
        z->prefix[z->next] = (uint16_t)z->previous;
        z->first[z->next] = z->first[z->previous];
        z->last[z->next] = z->first[(unsigned)code == z->next ? z->previous : code];
        z->next++;
    } else if ((unsigned)code >= z->next) {
        return s->damaged = 1, 0;
    }
    if (z->next + (unsigned)z->early >= 1u << z->width && z->width < 12) z->width++;
    z->previous = code;
    z->string_at = LZW_CODES; /* each prefix is an earlier code: at most 4096 steps */
    for (; code > 255; code = z->prefix[code]) z->string[--z->string_at] = z->last[code];
    z->string[--z->string_at] = (uint8_t)code;
    return 1;
}

static size_t read_lzw(struct stage *s, uint8_t *to, size_t n)
{
    struct lzw *z = s->lzw;
    size_t done = 0;
    while (done < n) {
        if (z->string_at == LZW_CODES && !lzw_step(s)) {
            s->ended = 1;
            break;
        }
        size_t m = LZW_CODES - z->string_at;
        if (m > n - done) m = n - done;
        memcpy(to + done, z->string + z->string_at, m);
        z->string_at += (unsigned)m;
        done += m;
    }
    return done;
}

static size_t read_flate(struct stage *s, uint8_t *to, size_t n)
{
    size_t done = 0;
    while (done < n && !s->ended) {
        if (s->in_at == s->in_n) {
            s->in_n = pull(s->from, s->in, sizeof s->in);
            s->in_at = 0;
        }
        size_t used = 0, made = 0;
        enum pdf_inflate_state state = pdf_inflate_run(s->flate, s->in + s->in_at, s->in_n - s->in_at, &used,
                                                       to + done, n - done, &made);
        s->in_at += used;
        done += made;
        if (state == PDF_INFLATE_END) s->ended = 1;
        if (state == PDF_INFLATE_DAMAGED || (state == PDF_INFLATE_MORE && !made && !used && !s->in_n))
            s->ended = s->damaged = 1;
    }
    return done;
}

/* ---- predictors ---- */

static void png_row(struct predictor *p, int type)
{
    uint8_t *r = p->row;
    const uint8_t *up = p->above;
    size_t bpp = p->pixel_bytes;
    for (size_t i = 0; i < p->row_bytes; i++) {
        int a = i >= bpp ? r[i - bpp] : 0, b = up[i], c = i >= bpp ? up[i - bpp] : 0, add = 0;
        if (type == 1) add = a;
        if (type == 2) add = b;
        if (type == 3) add = (a + b) / 2;
        if (type == 4) {
            int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
            add = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
        }
        r[i] = (uint8_t)(r[i] + add);
    }
}

static void tiff_row(struct predictor *p)
{
    uint8_t *r = p->row;
    if (p->bits == 8) {
        for (size_t i = p->colors; i < p->row_bytes; i++) r[i] = (uint8_t)(r[i] + r[i - p->colors]);
    } else if (p->bits == 16) {
        for (size_t i = 2 * (size_t)p->colors, d = i; i + 1 < p->row_bytes; i += 2) {
            unsigned v = (unsigned)(r[i] << 8 | r[i + 1]) + (unsigned)(r[i - d] << 8 | r[i - d + 1]);
            r[i] = (uint8_t)(v >> 8), r[i + 1] = (uint8_t)v;
        }
    } else { /* 1, 2 and 4 bits: sample by sample */
        size_t n = p->row_bytes * 8 / p->bits;
        unsigned mask = (1u << p->bits) - 1;
        for (size_t i = p->colors; i < n; i++) {
            size_t at = i * p->bits, before = (i - p->colors) * p->bits;
            unsigned shift = 8 - p->bits - (unsigned)(at & 7), old = 8 - p->bits - (unsigned)(before & 7);
            unsigned v = ((unsigned)r[at / 8] >> shift) + ((unsigned)r[before / 8] >> old);
            r[at / 8] = (uint8_t)((r[at / 8] & ~(mask << shift)) | (v & mask) << shift);
        }
    }
}

static size_t read_predicted(struct stage *s, uint8_t *to, size_t n)
{
    struct predictor *p = &s->p;
    size_t done = 0;
    while (done < n) {
        if (p->at == p->have) {
            uint8_t *t = p->above;
            p->above = p->row, p->row = t;
            int type = p->kind >= 10 ? next_byte(s) : 0;
            if (type < 0) return s->ended = 1, done;
            size_t got = 0;
            for (int c; got < p->row_bytes && (c = next_byte(s)) >= 0;) p->row[got++] = (uint8_t)c;
            if (!got) return s->ended = 1, s->damaged |= p->kind >= 10, done;
            if (type > 4) return s->ended = s->damaged = 1, done;
            memset(p->row + got, 0,
                   p->row_bytes - got); /* a last row cut short is delivered as far as it goes */
            if (p->kind >= 10)
                png_row(p, type);
            else
                tiff_row(p);
            p->at = 0, p->have = got;
        }
        size_t m = p->have - p->at < n - done ? p->have - p->at : n - done;
        memcpy(to + done, p->row + p->at, m);
        p->at += m;
        done += m;
    }
    return done;
}

static int predictor_init(struct stage *s, const struct pdf_filter_spec *f)
{
    struct predictor *p = &s->p;
    if (!f->colors || f->colors > 64 || !f->columns ||
        (f->bits != 1 && f->bits != 2 && f->bits != 4 && f->bits != 8 && f->bits != 16))
        return 0;
    uint64_t row = ((uint64_t)f->columns * f->colors * f->bits + 7) / 8;
    if (row > MAX_ROW) return 0;
    *p = (struct predictor){
        .kind = f->predictor, .colors = f->colors, .bits = f->bits, .row_bytes = (size_t)row};
    p->pixel_bytes = (f->colors * f->bits + 7) / 8; /* "rounding up to 1", and 4 bits of three colours to 2 */
    p->row = calloc(1, (size_t)row);
    p->above = calloc(1, (size_t)row);
    s->read = read_predicted;
    return p->row && p->above;
}

/* ---- the chain ---- */

static struct stage *add_stage(struct pdf_filter *f)
{
    struct stage *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->from = f->n ? f->stage[f->n - 1] : NULL;
    return f->stage[f->n++] = s;
}

static int add_filter(struct pdf_filter *f, const struct pdf_filter_spec *spec)
{
    static size_t (*const reads[])(struct stage *, uint8_t *, size_t) = {[PDF_HEX] = read_hex,
                                                                         [PDF_ASCII85] = read_85,
                                                                         [PDF_RUN_LENGTH] = read_runs,
                                                                         [PDF_LZW] = read_lzw,
                                                                         [PDF_FLATE] = read_flate};
    struct stage *s = add_stage(f);
    if (!s) return 0;
    s->read = reads[spec->kind];
    if (spec->kind == PDF_LZW) {
        if (!(s->lzw = calloc(1, sizeof *s->lzw))) return 0;
        *s->lzw = (struct lzw){.string_at = LZW_CODES,
                               .next = LZW_END + 1,
                               .width = 9,
                               .previous = -1,
                               .early = spec->early_change};
        for (int i = 0; i < 256; i++) s->lzw->first[i] = s->lzw->last[i] = (uint8_t)i;
    }
    if (spec->kind == PDF_FLATE && !(s->flate = pdf_inflate_new())) return 0;
    if ((spec->kind == PDF_LZW || spec->kind == PDF_FLATE) && spec->predictor > 1)
        return (s = add_stage(f)) && predictor_init(s, spec);
    return 1;
}

struct pdf_filter *pdf_filter_open(const uint8_t *data, size_t n, const struct pdf_filter_spec *specs,
                                   unsigned n_specs)
{
    struct pdf_filter *f = calloc(1, sizeof *f);
    struct stage *s = f && n_specs <= PDF_MAX_FILTERS ? add_stage(f) : NULL;
    int ok = s != NULL;
    if (s) s->read = read_data, s->data = data, s->left = n;
    for (unsigned i = 0; ok && i < n_specs; i++) ok = add_filter(f, &specs[i]);
    if (ok) return f;
    pdf_filter_close(f);
    return NULL;
}

size_t pdf_filter_read(struct pdf_filter *f, uint8_t *to, size_t n)
{
    return pull(f->stage[f->n - 1], to, n);
}

int pdf_filter_damaged(const struct pdf_filter *f)
{
    int damaged = 0;
    for (unsigned i = 0; i < f->n; i++) damaged |= f->stage[i]->damaged;
    return damaged;
}

void pdf_filter_close(struct pdf_filter *f)
{
    if (!f) return;
    for (unsigned i = 0; i < f->n; i++) {
        struct stage *s = f->stage[i];
        free(s->lzw);
        pdf_inflate_free(s->flate);
        free(s->p.row);
        free(s->p.above);
        free(s);
    }
    free(f);
}
