/* Successive-cancellation list decoding of the message (mark/code.h), CRC-aided. */
#ifndef CAPTURE_DECODE_H
#define CAPTURE_DECODE_H
#include "mark/code.h"

struct decoder;                             /* working memory, about 1 MiB per 16 paths */
struct decoder *decoder_new(unsigned list); /* 1 <= list <= 64; NULL: out of memory */
void decoder_free(struct decoder *d);

/*
 * llr: CODE_N log-likelihood ratios ln P(0)/P(1), up to one common factor.
 * Returns 1 and the most likely candidate whose payload is valid (payload_unpack), else 0.
 */
int decoder_run(struct decoder *d, const float llr[CODE_N], uint8_t message[PAYLOAD_BYTES],
                struct payload *payload);
#endif
