/*
 * SHA-256 of files, buffers and decoded samples.
 *
 * The sample hash of one ink is the SHA-256 of its samples in reading order (row 0 left to right, then row
 * 1, ...), one byte each for 8-bit samples, two bytes with the most significant first for 16-bit samples,
 * nothing between rows.  It is thus independent of compression, strips, tiles, planar layout and byte
 * order.
 */
#ifndef TRUST_SAMPLEHASH_H
#define TRUST_SAMPLEHASH_H
#include "status.h"

#define SHA256_BYTES 32
#define SAMPLEHASH_MAX_CHANNELS 64

/* SHA-256 of a buffer. Returns ENN_OK or ENN_INTERNAL (the crypto library failed). */
enum enn_status sha256_buffer(const void *bytes, size_t n, uint8_t out[SHA256_BYTES], struct enn_error *err);

/* SHA-256 and length of a file (regular file or pipe), read in blocks.  bytes may be NULL.  ENN_IO names
 * the file. */
enum enn_status sha256_file(const char *file, uint8_t out[SHA256_BYTES], uint64_t *bytes,
                            struct enn_error *err);

/* The same from the current position of an open descriptor to its end; `name` is for messages only. */
enum enn_status sha256_fd(int fd, const char *name, uint8_t out[SHA256_BYTES], uint64_t *bytes,
                          struct enn_error *err);

struct samplehash;

/* n_channels 1..64, bits 8 or 16; anything else is ENN_UNSUPPORTED.  *out is released by samplehash_free. */
enum enn_status samplehash_new(uint32_t n_channels, int bits, struct samplehash **out, struct enn_error *err);

/* Adds n_pixels pixels of n_channels interleaved samples each: uint8_t, or uint16_t in native byte order
 * (aligned). */
enum enn_status samplehash_update(struct samplehash *h, const void *samples, size_t n_pixels,
                                  struct enn_error *err);

/* The same, of some channels only (bit c: channel c), by which two threads may share the work. */
#define SAMPLEHASH_EVEN 0x5555555555555555u
#define SAMPLEHASH_ODD  0xaaaaaaaaaaaaaaaau
enum enn_status samplehash_update_some(struct samplehash *h, uint64_t channels, const void *samples,
                                       size_t n_pixels, struct enn_error *err);
/* All channels: the odd ones in a thread of their own where `threads` is not 1. */
enum enn_status samplehash_update_beside(struct samplehash *h, int threads, const void *samples, size_t n_pixels,
                                         struct enn_error *err);

/* Adds n samples of one channel alone (planar rows). */
enum enn_status samplehash_update_plane(struct samplehash *h, uint32_t channel, const void *samples, size_t n,
                                        struct enn_error *err);

/* Writes n_channels hashes; h can only be freed afterwards. */
enum enn_status samplehash_final(struct samplehash *h, uint8_t out[][SHA256_BYTES], struct enn_error *err);
void samplehash_free(struct samplehash *h);
#endif
