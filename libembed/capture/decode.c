/*
 * CRC-aided successive-cancellation list decoder.
 *
 * I. Tal, A. Vardy, "List decoding of polar codes", IEEE Trans. Inf. Theory 61(5), 2015, with path metrics on
 * LLRs (Balatsoukas- Stimming, Bastani Parizi, Burg, IEEE Trans. Signal Process. 63(19), 2015).  Layer t of a
 * path holds the 2^t LLRs and partial sums of the subtree being decoded; layers are shared between paths and
 * copied on write (reference counts).  Subtrees without information bits are not entered: their all-zero word
 * costs the sum of the negative llrs, which is what the leaves would have added.  At rate 0.043 that skips
 * nine leaves in ten.  Bits that are the same in every message do not fork.
 */
#include "capture/decode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = CODE_LOG2N + 1 }; /* layer t: 2^t values, t = CODE_LOG2N is the channel */

struct layer {
    float *llr;    /* 2^t */
    uint8_t *bits; /* 2 * 2^t: partial sums of the left and the right child word of this size */
    int refs;
};

struct decoder {
    unsigned list, paths;
    struct layer *pool[LAYERS]; /* list entries each */
    int (*at)[LAYERS];          /* per path: index into pool[t] */
    int (*at_next)[LAYERS];
    float *metric;               /* smaller is likelier */
    uint8_t (*u)[PAYLOAD_BYTES]; /* per path: message bits so far */
    uint8_t (*u_next)[PAYLOAD_BYTES];
    struct fork {
        float metric;
        unsigned path, bit;
    } * forks;
    float *next_metric;
    void *memory;
    int16_t info_index[CODE_N]; /* leaf -> message bit, or -1 */
};

/* Memory of the pools is one block, so that nothing is allocated while decoding. */
static int allocate(struct decoder *d)
{
    size_t n = d->list, bytes = 0;
    for (int t = 0; t < LAYERS; t++) bytes += n * ((size_t)1 << t) * (sizeof(float) + 2);
    d->memory = malloc(bytes);
    for (int t = 0; t < LAYERS; t++) d->pool[t] = calloc(n, sizeof *d->pool[t]);
    d->at = calloc(n, sizeof *d->at);
    d->at_next = calloc(n, sizeof *d->at_next);
    d->metric = calloc(n, sizeof *d->metric);
    d->next_metric = calloc(n, sizeof *d->next_metric);
    d->u = calloc(n, sizeof *d->u);
    d->u_next = calloc(n, sizeof *d->u_next);
    d->forks = calloc(2 * n, sizeof *d->forks);
    int ok = d->memory && d->at && d->at_next && d->metric && d->next_metric && d->u && d->u_next && d->forks;
    for (int t = 0; t < LAYERS; t++) ok = ok && d->pool[t];
    if (!ok) return 0;
    float *f = d->memory;
    for (int t = 0; t < LAYERS; t++)
        for (size_t i = 0; i < n; i++, f += (size_t)1 << t) d->pool[t][i].llr = f;
    uint8_t *b = (uint8_t *)f;
    for (int t = 0; t < LAYERS; t++)
        for (size_t i = 0; i < n; i++, b += (size_t)2 << t) d->pool[t][i].bits = b;
    return 1;
}

struct decoder *decoder_new(unsigned list)
{
    if (list < 1 || list > 64) return NULL;
    struct decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    d->list = list;
    memset(d->info_index, 0xff, sizeof d->info_index);
    for (int i = 0; i < PAYLOAD_BITS; i++) d->info_index[code_info[i]] = (int16_t)i;
    if (!allocate(d)) {
        decoder_free(d);
        return NULL;
    }
    return d;
}

void decoder_free(struct decoder *d)
{
    if (!d) return;
    for (int t = 0; t < LAYERS; t++) free(d->pool[t]);
    free(d->at);
    free(d->at_next);
    free(d->metric);
    free(d->next_metric);
    free(d->u);
    free(d->u_next);
    free(d->forks);
    free(d->memory);
    free(d);
}

/* Box-plus in its min-sum form: at this rate it loses nothing measurable, and it does not care for the scale
 * of the ratios. */
static float check_node(float a, float b)
{
    float m = fabsf(a) < fabsf(b) ? fabsf(a) : fabsf(b);
    return (a < 0) != (b < 0) ? -m : m;
}

/* The path's own copy of layer t: itself when unshared, else a free slot whose partial sums (not LLRs) are
 * copied. */
static struct layer *own_layer(struct decoder *d, unsigned path, int t)
{
    struct layer *l = &d->pool[t][d->at[path][t]];
    if (l->refs == 1) return l;
    for (unsigned i = 0; i < d->list; i++) {
        struct layer *f = &d->pool[t][i];
        if (f->refs) continue;
        memcpy(f->bits, l->bits, (size_t)2 << t);
        memcpy(f->llr, l->llr, sizeof(float) << t);
        l->refs--;
        f->refs = 1;
        d->at[path][t] = (int)i;
        return f;
    }
    abort(); /* cannot happen: at most `list` paths hold at most `list` slots of a layer */
}

/* LLRs of the subtree of size 2^t that starts at leaf phi, for every path, from those of its parents. */
static void llrs_down(struct decoder *d, unsigned phi, int t)
{
    /* the largest subtree that starts anew at phi: parents above it are still valid */
    int top = phi ? __builtin_ctz(phi) : CODE_LOG2N - 1;
    for (unsigned p = 0; p < d->paths; p++)
        for (int s = top; s >= t; s--) {
            size_t n = (size_t)1 << s;
            const struct layer *up = &d->pool[s + 1][d->at[p][s + 1]];
            struct layer *l = own_layer(d, p, s);
            if (phi >> s & 1) {
                const uint8_t *left = l->bits;
                for (size_t i = 0; i < n; i++)
                    l->llr[i] = up->llr[i + n] + (left[i] ? -up->llr[i] : up->llr[i]);
            } else {
                for (size_t i = 0; i < n; i++) l->llr[i] = check_node(up->llr[i], up->llr[i + n]);
            }
        }
}

/* The word of the subtree of size 2^t at phi is in bits[side] of layer t: combine upwards while it is a right
 * child. */
static void bits_up(struct decoder *d, unsigned phi, int t)
{
    for (unsigned p = 0; p < d->paths; p++) {
        for (int s = t; s < CODE_LOG2N && (phi >> s & 1); s++) {
            size_t n = (size_t)1 << s;
            const struct layer *l = &d->pool[s][d->at[p][s]];
            struct layer *up = own_layer(d, p, s + 1);
            uint8_t *w = up->bits + (phi >> (s + 1) & 1) * 2 * n;
            for (size_t i = 0; i < n; i++) {
                w[i] = l->bits[i] ^ l->bits[n + i];
                w[n + i] = l->bits[n + i];
            }
        }
    }
}

static void frozen(struct decoder *d, unsigned phi, int t)
{
    size_t n = (size_t)1 << t;
    for (unsigned p = 0; p < d->paths; p++) {
        struct layer *l = own_layer(d, p, t);
        float m = 0;
        for (size_t i = 0; i < n; i++) m -= l->llr[i] < 0 ? l->llr[i] : 0;
        d->metric[p] += m;
        memset(l->bits + (phi >> t & 1) * n, 0, n);
    }
}

static int by_metric(const void *a, const void *b)
{
    const struct fork *x = a, *y = b;
    if (x->metric != y->metric) return x->metric < y->metric ? -1 : 1;
    return x->path != y->path ? (x->path < y->path ? -1 : 1) : (int)x->bit - (int)y->bit; /* deterministic */
}

/* An information bit: every path forks, the best `list` survive. */
static void information(struct decoder *d, unsigned phi, int bit_index)
{
    unsigned n = 0;
    int known = payload_known_bit(bit_index);
    for (unsigned p = 0; p < d->paths; p++) {
        float l = d->pool[0][d->at[p][0]].llr[0];
        for (unsigned b = 0; b < 2; b++)
            if (known < 0 || known == (int)b)
                d->forks[n++] = (struct fork){d->metric[p] + ((l < 0) != (b == 1) ? fabsf(l) : 0), p, b};
    }
    qsort(d->forks, n, sizeof *d->forks, by_metric);
    unsigned keep = n < d->list ? n : d->list;
    for (unsigned p = 0; p < d->paths; p++)
        for (int t = 0; t < LAYERS; t++) d->pool[t][d->at[p][t]].refs--;
    for (unsigned i = 0; i < keep; i++) {
        const struct fork *f = &d->forks[i];
        memcpy(d->at_next[i], d->at[f->path], sizeof *d->at);
        for (int t = 0; t < LAYERS; t++) d->pool[t][d->at_next[i][t]].refs++;
        memcpy(d->u_next[i], d->u[f->path], PAYLOAD_BYTES);
        if (f->bit) d->u_next[i][bit_index / 8] |= (uint8_t)(0x80 >> bit_index % 8);
        d->next_metric[i] = f->metric;
    }
    void *swap = d->at;
    d->at = d->at_next;
    d->at_next = swap;
    swap = d->u;
    d->u = d->u_next;
    d->u_next = swap;
    swap = d->metric;
    d->metric = d->next_metric;
    d->next_metric = swap;
    d->paths = keep;
    for (unsigned p = 0; p < keep; p++) own_layer(d, p, 0)->bits[phi & 1] = (uint8_t)d->forks[p].bit;
}

int decoder_run(struct decoder *d, const float llr[CODE_N], uint8_t message[PAYLOAD_BYTES],
                struct payload *payload)
{
    for (int t = 0; t < LAYERS; t++) {
        for (unsigned i = 0; i < d->list; i++) d->pool[t][i].refs = 0;
        d->pool[t][0].refs = 1;
        d->at[0][t] = 0;
    }
    memcpy(d->pool[CODE_LOG2N][0].llr, llr, CODE_N * sizeof *llr);
    memset(d->u[0], 0, PAYLOAD_BYTES);
    d->metric[0] = 0;
    d->paths = 1;
    for (unsigned phi = 0, next = 0; phi < CODE_N;) {
        while (next < PAYLOAD_BITS && code_info[next] < phi) next++;
        unsigned gap = (next < PAYLOAD_BITS ? code_info[next] : CODE_N) - phi;
        if (!gap) {
            llrs_down(d, phi, 0);
            information(d, phi, d->info_index[phi]);
            bits_up(d, phi, 0);
            phi++;
            continue;
        }
        int t = phi ? __builtin_ctz(phi) : CODE_LOG2N - 1; /* the largest aligned subtree inside the gap */
        while (1u << t > gap) t--;
        llrs_down(d, phi, t);
        frozen(d, phi, t);
        bits_up(d, phi, t);
        phi += 1u << t;
    }
    for (unsigned p = 0; p < d->paths; p++) /* paths are sorted by metric */
        if (payload_unpack(d->u[p], payload)) {
            memcpy(message, d->u[p], PAYLOAD_BYTES);
            return 1;
        }
    return 0;
}
