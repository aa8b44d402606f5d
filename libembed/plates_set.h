/* What the two halves of signing plates share: the set (plates.c), and the work on its rows (plates_rows.c). */
#ifndef ENN_PLATES_SET_H
#define ENN_PLATES_SET_H
#include "artwork/output.h"
#include "artwork/plate.h"
#include "press/descreen.h"
#include "press/dots.h"
#include "status.h"
#include "trust/manifest.h"
#include "trust/samplehash.h"

#define PLATES_MAX         ENN_MAX_INKS
#define PLATES_MAX_THREADS 16
#define PLATES_CHUNK       32 /* coverage rows that are made in one go */

enum { PLATES_YELLOW = 2 }; /* sample of the proof */

struct plate_job {
    char ink[64];
    const char *file;
    char out_path[4096];
    struct plate *plate;
    int sample; /* of the proof */
    struct output *out;
    int committed;
    int touched, carries; /* the proof's mark changes its ink; its dots are moved */
    double change;        /* of its ink, pixels */
    struct samplehash *hash;
    uint8_t source_sample[SHA256_BYTES], signed_sample[SHA256_BYTES];
    struct manifest_file source, output;
    struct descreen *descreen;
    uint8_t *rows;          /* a chunk of the plate */
    uint8_t *coverage;      /* rows of coverage that are ready: room for PLATES_CHUNK and the delay */
    uint32_t ready, first;  /* how many, and the number of the first */
    uint32_t y;             /* plate rows read */
    enum enn_status status; /* of the thread that works on it */
    struct enn_error error;
};

struct set {
    const struct enn_sign_options *o;
    struct plate_job job[PLATES_MAX];
    size_t n, yellow, at; /* yellow: n when there is none; at: the plate whose dots are moved */
    const char *dir, *manifest; /* names */
    uint32_t width, height, columns, rows; /* of the plates; of the proof */
    double dpi;
    unsigned scale, samples; /* plate pixels per proof pixel; samples per proof pixel */
    int threads;
    size_t row_bytes;
    int raw; /* descriptor of an unlinked file: the rows of plate `at` */
    char proof_path[4200];
    struct dots *dots;
    struct dots_want *want;
    int16_t *change; /* of the ink of each block, in pixels, but for dots on bare paper */
    double tone;     /* the most that the ink of any square of 1 cm changes by, 0..1 */
    uint32_t blocks_x, blocks_y;
    struct dots_sums sums;
    struct dots_sums *band_sums;
    double paper_wanted;            /* pixels */
    /* what all inks of the proof, yellow dots alone, and the dots of all plates do to the signal a detector reads */
    double squares, yellow_squares, plate_squares;
    double carried; /* share of the mark's energy that the moved plates have */
    struct enn_error *err;          /* of callbacks */
};

void plates_progress(const struct set *s, double share, const char *stage);

/* Reads all plates once: their sample hashes, the rows of the yellow one, or the first, into s->raw, the contone proof at
 * s->proof_path. */
enum enn_status plates_make_proof(struct set *s, struct enn_error *err);
/* The rows of plate `at` into s->raw. */
enum enn_status plates_fill_raw(struct set *s, struct enn_error *err);
/* From the proof and its signed copy to what each block of plate `at` should change by; and the squares. */
enum enn_status plates_plan(struct set *s, const char *signed_path, struct enn_error *err);
/* Lowers what is wanted of blocks (moved 0), or asks for changes to be taken back (moved 1: s->want becomes
 * that), where a square of 1 cm has too much of one side; *again: there was such a place. s->tone gets what
 * was found. ENN_NOMEM. */
enum enn_status plates_keep_tone(struct set *s, int moved, int *again, struct enn_error *err);
/* Changes the rows in s->raw. */
enum enn_status plates_move_dots(struct set *s, struct enn_error *err);

/* All n bytes at a place of a file, or ENN_IO. */
enum enn_status plates_io(int writing, int fd, void *bytes, size_t n, uint64_t at, struct enn_error *err);
#endif
