/*
 * SHA-256 (FIPS 180-4) of buffers, files and, ink by ink, of decoded samples.
 *
 * Samples arrive interleaved.  A block of pixels that fits the first-level cache is read once per channel
 * into a small contiguous buffer, which is hashed while it is hot: the file is walked once, the hash never
 * sees a stride.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <openssl/evp.h>

#include "trust/samplehash.h"

/* 2048 pixels of 4 channels at 16 bits are 16 KiB: the block and its plane stay in a 32 KiB cache up to 7
 * channels */
#define BLOCK_PIXELS 2048
#define FILE_BLOCK   65536

struct samplehash {
    uint32_t n_channels;
    int bits;
    EVP_MD_CTX *ctx[SAMPLEHASH_MAX_CHANNELS];
};

enum enn_status sha256_buffer(const void *bytes, size_t n, uint8_t out[SHA256_BYTES], struct enn_error *err)
{
    if (EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL) == 1) return ENN_OK;
    return enn_fail(err, ENN_INTERNAL, "SHA-256 is not available");
}

static enum enn_status hash_descriptor(int fd, const char *name, EVP_MD_CTX *ctx, uint8_t *block,
                                       uint64_t *total, struct enn_error *err)
{
    for (;;) {
        ssize_t got = read(fd, block, FILE_BLOCK);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return enn_fail(err, ENN_IO, "%s: %s", name, strerror(errno));
        if (got == 0) return ENN_OK;
        if (EVP_DigestUpdate(ctx, block, (size_t)got) != 1)
            return enn_fail(err, ENN_INTERNAL, "SHA-256 failed");
        *total += (uint64_t)got;
    }
}

enum enn_status sha256_fd(int fd, const char *name, uint8_t out[SHA256_BYTES], uint64_t *bytes,
                          struct enn_error *err)
{
    uint64_t total = 0;
    enum enn_status st = ENN_OK;
    uint8_t *block = malloc(FILE_BLOCK);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    if (!block || !ctx) st = enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    if (st == ENN_OK && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) != 1)
        st = enn_fail(err, ENN_INTERNAL, "SHA-256 is not available");
    if (st == ENN_OK) st = hash_descriptor(fd, name, ctx, block, &total, err);
    if (st == ENN_OK && EVP_DigestFinal_ex(ctx, out, NULL) != 1)
        st = enn_fail(err, ENN_INTERNAL, "SHA-256 failed");
    if (st == ENN_OK && bytes) *bytes = total;
    EVP_MD_CTX_free(ctx);
    free(block);
    return st;
}

enum enn_status sha256_file(const char *file, uint8_t out[SHA256_BYTES], uint64_t *bytes,
                            struct enn_error *err)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return enn_fail(err, ENN_IO, "%s: %s", file, strerror(errno));
    enum enn_status st = sha256_fd(fd, file, out, bytes, err);
    close(fd);
    return st;
}

enum enn_status samplehash_new(uint32_t n_channels, int bits, struct samplehash **out, struct enn_error *err)
{
    *out = NULL;
    if (n_channels < 1 || n_channels > SAMPLEHASH_MAX_CHANNELS)
        return enn_fail(err, ENN_UNSUPPORTED, "%u channels: sample hashes take 1 to %d", n_channels,
                        SAMPLEHASH_MAX_CHANNELS);
    if (bits != 8 && bits != 16)
        return enn_fail(err, ENN_UNSUPPORTED, "%d bits per sample: sample hashes take 8 or 16", bits);
    struct samplehash *h = calloc(1, sizeof *h);
    if (!h) return enn_fail(err, ENN_NOMEM, "out of memory");
    h->n_channels = n_channels;
    h->bits = bits;
    for (uint32_t c = 0; c < n_channels; c++) {
        h->ctx[c] = EVP_MD_CTX_new();
        if (!h->ctx[c] || EVP_DigestInit_ex(h->ctx[c], EVP_sha256(), NULL) != 1) {
            samplehash_free(h);
            return enn_fail(err, ENN_NOMEM, "out of memory");
        }
    }
    *out = h;
    return ENN_OK;
}

/* Four channels of 8 bits, CMYK, are what nearly every artwork has: 16 pixels at a time where SSE2 is there,
 * because the plain loop took a third of the time.  `first` is the channel's first sample.  Returns how many
 * samples were taken; the rest is for the plain loop. */
static size_t gather_cmyk8(const uint8_t *first, uint32_t channel, size_t n, uint8_t *plane)
{
    size_t i = 0;
#ifdef __SSE2__
    const uint8_t *pixels = first - channel;
    const __m128i shift = _mm_cvtsi32_si128((int)(8 * channel)), low = _mm_set1_epi32(255);
    for (; i + 16 <= n; i += 16) {
        __m128i quad[4];
        for (size_t k = 0; k < 4; k++) {
            __m128i four = _mm_loadu_si128((const __m128i *)(const void *)(pixels + 4 * i + 16 * k));
            quad[k] = _mm_and_si128(_mm_srl_epi32(four, shift), low);
        }
        __m128i half[2] = {_mm_packs_epi32(quad[0], quad[1]), _mm_packs_epi32(quad[2], quad[3])};
        _mm_storeu_si128((__m128i *)(void *)(plane + i), _mm_packus_epi16(half[0], half[1]));
    }
#else
    (void)first, (void)channel, (void)n, (void)plane;
#endif
    return i;
}

static void gather8(const uint8_t *first, uint32_t channel, size_t stride, size_t n, uint8_t *plane)
{
    size_t i = stride == 4 ? gather_cmyk8(first, channel, n, plane) : 0;
    for (; i < n; i++) plane[i] = first[i * stride];
}

/* The same of 16 bits, 8 pixels at a time: the sample of each pixel, then its bytes exchanged. */
static size_t gather_cmyk16(const uint16_t *first, uint32_t channel, size_t n, uint8_t *plane)
{
    size_t i = 0;
#ifdef __SSE2__
    const uint16_t *pixels = first - channel;
    const __m128i shift = _mm_cvtsi32_si128((int)(16 * channel));
    for (; i + 8 <= n; i += 8) {
        __m128i pair[4], quad[2];
        for (size_t k = 0; k < 4; k++) { /* two pixels: the sample lowest in each half */
            __m128i two = _mm_loadu_si128((const __m128i *)(const void *)(pixels + 4 * i + 8 * k));
            pair[k] = _mm_srl_epi64(two, shift);
        }
        for (size_t k = 0; k < 2; k++) { /* four samples in 32 bits each, their sign extended so that packing keeps them */
            __m128i a = _mm_shuffle_epi32(pair[2 * k], 8), b = _mm_shuffle_epi32(pair[2 * k + 1], 8);
            quad[k] = _mm_srai_epi32(_mm_slli_epi32(_mm_unpacklo_epi64(a, b), 16), 16);
        }
        __m128i all = _mm_packs_epi32(quad[0], quad[1]);
        all = _mm_or_si128(_mm_slli_epi16(all, 8), _mm_srli_epi16(all, 8));
        _mm_storeu_si128((__m128i *)(void *)(plane + 2 * i), all);
    }
#else
    (void)first, (void)channel, (void)n, (void)plane;
#endif
    return i;
}

static void gather16(const uint16_t *samples, uint32_t channel, size_t stride, size_t n, uint8_t *plane)
{
    size_t i = stride == 4 ? gather_cmyk16(samples, channel, n, plane) : 0;
    for (; i < n; i++) {
        uint16_t v = samples[i * stride];
        plane[2 * i] = (uint8_t)(v >> 8);
        plane[2 * i + 1] = (uint8_t)v;
    }
}

/* n <= BLOCK_PIXELS samples of one channel, `stride` samples apart */
static int hash_block(struct samplehash *h, uint32_t channel, const void *samples, size_t stride, size_t n)
{
    uint8_t plane[2 * BLOCK_PIXELS];
    if (h->bits == 8) {
        if (stride == 1) return EVP_DigestUpdate(h->ctx[channel], samples, n);
        gather8(samples, channel, stride, n, plane);
        return EVP_DigestUpdate(h->ctx[channel], plane, n);
    }
    gather16(samples, channel, stride, n, plane);
    return EVP_DigestUpdate(h->ctx[channel], plane, 2 * n);
}

enum enn_status samplehash_update_some(struct samplehash *h, uint64_t channels, const void *samples,
                                       size_t n_pixels, struct enn_error *err)
{
    const uint8_t *p = samples;
    size_t sample_bytes = (size_t)h->bits / 8;
    while (n_pixels > 0) {
        size_t n = n_pixels < BLOCK_PIXELS ? n_pixels : BLOCK_PIXELS;
        for (uint32_t c = 0; c < h->n_channels; c++)
            if (channels >> c & 1 && hash_block(h, c, p + c * sample_bytes, h->n_channels, n) != 1)
                return enn_fail(err, ENN_INTERNAL, "SHA-256 failed");
        p += n * h->n_channels * sample_bytes;
        n_pixels -= n;
    }
    return ENN_OK;
}

enum enn_status samplehash_update(struct samplehash *h, const void *samples, size_t n_pixels,
                                  struct enn_error *err)
{
    return samplehash_update_some(h, UINT64_MAX, samples, n_pixels, err);
}

struct share {
    struct samplehash *h;
    const void *samples;
    size_t n;
    enum enn_status st;
    struct enn_error err;
};

static void *hash_odd(void *user)
{
    struct share *s = user;
    s->st = samplehash_update_some(s->h, SAMPLEHASH_ODD, s->samples, s->n, &s->err);
    return NULL;
}

enum enn_status samplehash_update_beside(struct samplehash *h, int threads, const void *samples, size_t n_pixels,
                                         struct enn_error *err)
{
    struct share odd = {.h = h, .samples = samples, .n = n_pixels};
    pthread_t thread;
    int beside = threads != 1 && h->n_channels > 1 && !pthread_create(&thread, NULL, hash_odd, &odd);
    enum enn_status st = samplehash_update_some(h, SAMPLEHASH_EVEN, samples, n_pixels, err);
    if (beside)
        pthread_join(thread, NULL);
    else
        hash_odd(&odd);
    if (st || !odd.st) return st;
    if (err) *err = odd.err;
    return odd.st;
}

enum enn_status samplehash_update_plane(struct samplehash *h, uint32_t channel, const void *samples, size_t n,
                                        struct enn_error *err)
{
    const uint8_t *p = samples;
    if (channel >= h->n_channels) return enn_fail(err, ENN_INTERNAL, "sample hash of channel %u", channel);
    while (n > 0) {
        size_t m = n < BLOCK_PIXELS ? n : BLOCK_PIXELS;
        if (hash_block(h, channel, p, 1, m) != 1) return enn_fail(err, ENN_INTERNAL, "SHA-256 failed");
        p += m * ((size_t)h->bits / 8);
        n -= m;
    }
    return ENN_OK;
}

enum enn_status samplehash_final(struct samplehash *h, uint8_t out[][SHA256_BYTES], struct enn_error *err)
{
    for (uint32_t c = 0; c < h->n_channels; c++)
        if (EVP_DigestFinal_ex(h->ctx[c], out[c], NULL) != 1)
            return enn_fail(err, ENN_INTERNAL, "SHA-256 failed");
    return ENN_OK;
}

void samplehash_free(struct samplehash *h)
{
    if (!h) return;
    for (uint32_t c = 0; c < h->n_channels; c++) EVP_MD_CTX_free(h->ctx[c]);
    free(h);
}
