/* What the comparison of artworks asks a verifier: whose messages, and which message the manifest names. */
#ifndef ENN_VERIFIER_H
#define ENN_VERIFIER_H
#include "enn.h"
#include "mark/payload.h"

#define VERIFIER_MAX_ANCHORS 64
/* Fingerprints of the anchors whose marks the verifier reads; returns how many. */
int verifier_anchors(const struct enn_verifier *v, uint8_t fingerprint[VERIFIER_MAX_ANCHORS][32]);
/* The message of a manifest that is in order; 0: there is none. */
int verifier_message(const struct enn_verifier *v, uint8_t message[PAYLOAD_BYTES]);
#endif
