/*
 * Is this print the first, or the copy of one?  Whoever scans a print and prints it again loses fine detail twice, or
 * sharpens to win it back; the known chips of message and seal show what is left of every wave.
 */
#ifndef CAPTURE_COPY_H
#define CAPTURE_COPY_H
#include "capture/copy_edges.h"

/* Waves per tile: 0.6 - 0.9, 0.9 - 1.3, 1.3 - 1.6, 1.6 - 1.9, 2.0 - 2.3, 2.3 - 2.6, 2.6 - 2.9, 2.9 - 3.1 cycles/mm.  The first
 * four are of message and seal, the others of the seal's fragile band. */
#define COPY_BANDS 8

struct copy_bands {
    double gain
        [COPY_BANDS]; /* of print and capture, the reader's own taken out, over the mean of bands 2 and 3 */
    double deviation[COPY_BANDS]; /* of gain under random chips; 0: the band was not embedded */
    double norm;                  /* relative deviation of that mean */
    double px_per_mm;             /* of the capture */
    double screen;                /* contrast of the print's screen, screen.h; 0: none is seen */
    double lpi[2];                /* its ruling; of a reference the least and the greatest */
    double spread[COPY_BANDS]; /* of a reference: of gain from capture to capture, its deviation taken off */
    int captures;              /* that these are the mean of; 0 is one */
};

/* After seal_detect() has found the seal in it.  top: of the layout that was embedded, seal_top(). */
enum seal_status copy_measure(const struct seal_request *r, const struct seal_found *seal, int top,
                              struct copy_bands *out);

enum copy_capture { COPY_SCAN, COPY_PHOTO };
#define COPY_SCAN_PX_PER_MM  20.0 /* coarser captures do not show the fragile band: 500 dpi */
#define COPY_PHOTO_PX_PER_MM 25.0

/* 1: enough was in view to compare with. */
int copy_measured(const struct copy_bands *x);

/* Mean of n >= 1 captures of one print, of one kind: photographs of different distances are brought to the mean one. */
void copy_pool(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out);

/* Reference from n captures of good prints of one artwork.  1, or 0: fewer than COPY_ENROL_LEAST, or too little in view. */
#define COPY_ENROL_LEAST 2
int copy_enrol(enum copy_capture kind, const struct copy_bands *bands, int n, struct copy_bands *out);

/* How far each of n >= 2 captures of one kind, measured of one artwork, is from the median of the others, in deviations of good
 * prints and captures: apart[n].  -1: out of memory. */
int copy_apart(enum copy_capture kind, const struct copy_bands *bands, int n, double *apart);
#define COPY_APART                                                                                           \
    4.5 /* beyond it: not of the same kind; sets of 2 to 9 good ones stay below 4.3 (docs/measurements.md) */

enum copy_answer { COPY_INCONCLUSIVE, COPY_ORIGINAL, COPY_LOST, COPY_CLEAN };
enum copy_why {
    COPY_JUDGED,
    COPY_TOO_LITTLE,       /* in view, or enrolled */
    COPY_OTHER_RESOLUTION, /* than the enrolled captures' */
    COPY_OTHER_SCREEN,     /* another ruling, or none where one was enrolled: another print job */
    COPY_OTHER_SHARPNESS,  /* the screen is seen more dully or more sharply: another device, or paper */
    COPY_OTHER_QUALITY     /* as much is missing as compression or blur take */
};
struct copy_judgement {
    enum copy_answer answer;
    enum copy_why why;  /* COPY_JUDGED: compared; inconclusive is then in between */
    double lost;        /* fine waves missing beside the reference, standard deviations */
    double clean;       /* slow waves too weak beside the others, as after sharpening, the same */
    double power;       /* what `lost` would be for a reprint of the usual kind */
    double clean_power; /* what `clean` would be for a sharpened one */
};
/* Compares captures of one kind and about one resolution; the same kind of device is the caller's business, though one that
 * blurs much more is told from a copy. */
void copy_judge(enum copy_capture kind, const struct copy_bands *bands, const struct copy_bands *reference,
                struct copy_judgement *out);

/* The same with what the artwork's edges say, or NULL: each speaks as loudly as it can tell.  lost, clean and power are of both. */
void copy_judge_edges(enum copy_capture kind, const struct copy_bands *bands,
                      const struct copy_bands *reference, const struct edge_judgement *edges,
                      struct copy_judgement *out);

/* Can n captures of one kind all be of one print?  The mean of captures of a copy and of good prints is in between, so the good ones
 * must not speak for the other.  DIFFER: one is far from the others, or suspected alone; DOUBT: one alone is nearly.  -1: out of
 * memory.  edges: of each of them, or NULL. */
enum copy_harmony { COPY_AGREE, COPY_DOUBT, COPY_DIFFER };
int copy_compare(enum copy_capture kind, const struct copy_bands *bands, int n,
                 const struct copy_bands *reference, const struct edge_judgement *edges,
                 enum copy_harmony *out);
#endif
