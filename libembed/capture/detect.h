/* Reads the mark from a picture: whiten -> sync -> warp -> demod -> decode, and how sure that is. */
#ifndef CAPTURE_DETECT_H
#define CAPTURE_DETECT_H
#include "capture/content.h"
#include "capture/warp.h"
#include "mark/payload.h"
#include <stddef.h>

struct detect_request {
    const uint8_t *rgb; /* height rows of stride bytes, 8-bit R G B */
    uint32_t width, height;
    size_t stride;
    double dpi;                   /* hint: upright at this resolution (files, scans); 0: none */
    const uint8_t (*anchors)[32]; /* issuers whose messages are looked for */
    int n_anchors;
    const uint8_t
        *expected;       /* message of a manifest that may be matched where it cannot be decoded, or NULL */
    int expected_anchor; /* its issuer: index into anchors */
    const struct content_reference *artwork; /* the manifest's picture, to find a weak mark by; or NULL */
    int luminance;       /* the mark is in lightness: 1 yes, 0 no, -1 unknown */
    double p_false;      /* accept at or below */
    int threads;         /* that search; fewer than 1: one */
    int effort;          /* 0 quick, 1 default, 2 long */
    int whole;           /* 1: follow the mark to its borders, also where less is enough to read it */
    void (*progress)(void *user, double share); /* may be NULL */
    void *progress_user;
};

struct detection {
    int pilot;                 /* a pilot was found */
    int mirrored;              /* one was found in the mirror image: nothing is read from it */
    int read, matched, anchor; /* a message was accepted; it was matched, not decoded; whose */
    uint8_t message[PAYLOAD_BYTES];
    struct payload payload;
    double p_false;       /* of the best hypothesis, 1 when there was none */
    double energy, tiles; /* of the best field: struct chips */
    double px_per_mm, tilt_rad, rotation_rad;
    double box[4][2];   /* bounding box of the locked nodes along the artwork's axes, picture pixels */
    struct field field; /* the best field, plane samples; owned */
    int factor;         /* picture pixels per plane sample */
    enum carrier_kind kind; /* of that plane */
};

/* Returns 0 (the answer is in *d) or -1 when out of memory.  Release with detection_clear in both cases. */
int detect(const struct detect_request *r, struct detection *d);
void detection_clear(struct detection *d);
#endif
