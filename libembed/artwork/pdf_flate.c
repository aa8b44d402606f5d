/* Flate (pdf_flate.h): RFC 1950 and 1951 by zlib; level 6, so that the same samples give the same bytes. */
#include "artwork/pdf_flate.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

struct pdf_inflate {
    z_stream z;
};

struct pdf_inflate *pdf_inflate_new(void)
{
    struct pdf_inflate *p = calloc(1, sizeof *p);
    if (p && inflateInit(&p->z) != Z_OK) {
        free(p);
        p = NULL;
    }
    return p;
}

enum pdf_inflate_state pdf_inflate_run(struct pdf_inflate *p, const uint8_t *in, size_t in_n, size_t *used,
                                       uint8_t *out, size_t out_n, size_t *made)
{
    if (in_n > INT_MAX) in_n = INT_MAX;
    if (out_n > INT_MAX) out_n = INT_MAX;
    p->z.next_in = (Bytef *)in;
    p->z.avail_in = (uInt)in_n;
    p->z.next_out = out;
    p->z.avail_out = (uInt)out_n;
    int r = inflate(&p->z, Z_NO_FLUSH);
    *used = in_n - p->z.avail_in;
    *made = out_n - p->z.avail_out;
    return r == Z_STREAM_END               ? PDF_INFLATE_END
           : r == Z_OK || r == Z_BUF_ERROR ? PDF_INFLATE_MORE
                                           : PDF_INFLATE_DAMAGED;
}

void pdf_inflate_free(struct pdf_inflate *p)
{
    if (!p) return;
    inflateEnd(&p->z);
    free(p);
}

struct pdf_deflate {
    z_stream z;
    size_t row_bytes, pixel_bytes;
    uint8_t *above, *tried[5]; /* of a predicted row: tag and bytes */
    uint8_t *out;
    size_t n, room;
};

struct pdf_deflate *pdf_deflate_new(size_t row_bytes, size_t pixel_bytes)
{
    struct pdf_deflate *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->row_bytes = row_bytes;
    p->pixel_bytes = pixel_bytes;
    int ok = deflateInit(&p->z, 6) == Z_OK;
    if (ok && pixel_bytes) {
        ok = (p->above = calloc(1, row_bytes)) != NULL;
        for (int i = 0; i < 5; i++) ok = (p->tried[i] = malloc(row_bytes + 1)) && ok;
    }
    if (ok) return p;
    pdf_deflate_free(p);
    return NULL;
}

static int grow(struct pdf_deflate *p)
{
    size_t room = p->room ? p->room + p->room / 2 : (size_t)1 << 16;
    uint8_t *out = room > p->room ? realloc(p->out, room) : NULL;
    if (!out) return 0;
    p->out = out;
    p->room = room;
    return 1;
}

static int run(struct pdf_deflate *p, const uint8_t *in, size_t n, int flush)
{
    for (;;) {
        if (p->n == p->room && !grow(p)) return 0;
        size_t take = n < INT_MAX ? n : INT_MAX, give = p->room - p->n < INT_MAX ? p->room - p->n : INT_MAX;
        p->z.next_in = (Bytef *)in;
        p->z.avail_in = (uInt)take;
        p->z.next_out = p->out + p->n;
        p->z.avail_out = (uInt)give;
        int r = deflate(&p->z, flush == Z_FINISH && take == n ? Z_FINISH : Z_NO_FLUSH);
        in += take - p->z.avail_in;
        n -= take - p->z.avail_in;
        p->n += give - p->z.avail_out;
        if (r == Z_STREAM_END || (flush == Z_NO_FLUSH && !n && p->z.avail_out)) return 1;
        if (r != Z_OK && r != Z_BUF_ERROR) return 0;
    }
}

/* The five filters of PNG; the one with the least sum of |difference| is taken (PNG, 12.8). */
static const uint8_t *predict(struct pdf_deflate *p, const uint8_t *row)
{
    size_t bpp = p->pixel_bytes;
    uint64_t sum[5] = {0};
    for (size_t i = 0; i < p->row_bytes; i++) {
        int a = i >= bpp ? row[i - bpp] : 0, b = p->above[i], c = i >= bpp ? p->above[i - bpp] : 0;
        int pa = abs(b - c), pb = abs(a - c), pc = abs(a + b - 2 * c);
        int from[5] = {0, a, b, (a + b) / 2, pa <= pb && pa <= pc ? a : pb <= pc ? b : c};
        for (int k = 0; k < 5; k++) {
            uint8_t d = (uint8_t)(row[i] - from[k]);
            p->tried[k][i + 1] = d;
            sum[k] += (uint64_t)abs((int8_t)d);
        }
    }
    int best = 0;
    for (int k = 1; k < 5; k++)
        if (sum[k] < sum[best]) best = k;
    p->tried[best][0] = (uint8_t)best;
    memcpy(p->above, row, p->row_bytes);
    return p->tried[best];
}

int pdf_deflate_rows(struct pdf_deflate *p, const uint8_t *rows, size_t n)
{
    if (!p->pixel_bytes) return run(p, rows, n * p->row_bytes, Z_NO_FLUSH);
    for (size_t i = 0; i < n; i++)
        if (!run(p, predict(p, rows + i * p->row_bytes), p->row_bytes + 1, Z_NO_FLUSH)) return 0;
    return 1;
}

size_t pdf_deflate_size(const struct pdf_deflate *p)
{
    return p->n;
}

int pdf_deflate_end(struct pdf_deflate *p, uint8_t **out, size_t *n)
{
    if (!run(p, NULL, 0, Z_FINISH)) return 0;
    *out = p->out;
    *n = p->n;
    p->out = NULL;
    return 1;
}

void pdf_deflate_free(struct pdf_deflate *p)
{
    if (!p) return;
    deflateEnd(&p->z);
    for (int i = 0; i < 5; i++) free(p->tried[i]);
    free(p->above);
    free(p->out);
    free(p);
}
