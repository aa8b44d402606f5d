/*
 * The work on the rows of a set of plates: first pass (hashes, contone proof), what is wanted of each block,
 * and the dots moved band by band. Jobs that run side by side write to places of their own, so the result is
 * the same whatever the number of threads.
 */
#include "plates_set.h"
#include "artwork/tiff_rows.h"
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BARE        3    /* levels up to which a coverage pixel is bare paper (press/ink.c) */
#define TONE_ROUNDS 6    /* of taking back at most, after dots have moved */
#define TONE_MIN    0.02 /* coverage below which, and above 1 - which, nothing is moved */

enum enn_status plates_io(int writing, int fd, void *bytes, size_t n, uint64_t at, struct enn_error *err)
{
    for (size_t done = 0; done < n;) {
        uint8_t *p = (uint8_t *)bytes + done;
        ssize_t k = writing ? pwrite(fd, p, n - done, (off_t)(at + done))
                            : pread(fd, p, n - done, (off_t)(at + done));
        if (k < 0 && errno == EINTR) continue;
        if (k <= 0) return enn_fail(err, ENN_IO, "temporary file: %s", k ? strerror(errno) : "too short");
        done += (size_t)k;
    }
    return ENN_OK;
}

/* ---- first pass: hashes and the proof ---- */

struct crew {
    struct set *s;
    void (*job)(struct set *s, size_t i);
    size_t n, next;
    pthread_mutex_t lock;
};

static void *crew_work(void *user)
{
    struct crew *c = user;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        size_t i = c->next++;
        pthread_mutex_unlock(&c->lock);
        if (i >= c->n) return NULL;
        c->job(c->s, i);
    }
}

/* Runs job(s, i) for all i < n; the jobs are independent, so their order does not matter. */
static void in_parallel(struct set *s, size_t n, void (*job)(struct set *s, size_t i))
{
    struct crew c = {.s = s, .job = job, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t thread[PLATES_MAX_THREADS];
    int started[PLATES_MAX_THREADS] = {0};
    for (int i = 1; i < s->threads && (size_t)i < n; i++)
        started[i] = !pthread_create(&thread[i], NULL, crew_work, &c);
    crew_work(&c);
    for (int i = 1; i < PLATES_MAX_THREADS; i++)
        if (started[i]) pthread_join(thread[i], NULL);
}

static void keep_coverage(void *user, uint32_t row, const uint8_t *coverage)
{
    struct plate_job *j = user;
    uint32_t columns, rows;
    descreen_size(j->descreen, &columns, &rows);
    memcpy(j->coverage + (size_t)(row - j->first) * columns, coverage, columns);
    j->ready = row - j->first + 1;
}

/* The next chunk of one plate. */
static void read_chunk(struct set *s, size_t i)
{
    struct plate_job *j = &s->job[i];
    uint32_t left = s->height - j->y, most = PLATES_CHUNK * s->scale, n = left < most ? left : most;
    struct enn_error *err = &j->error;
    j->first += j->ready;
    j->ready = 0;
    j->status = plate_next(j->plate, n, j->rows, err);
    if (!j->status) j->status = samplehash_update(j->hash, j->rows, n * s->row_bytes, err);
    if (!j->status && i == s->at)
        j->status = plates_io(1, s->raw, j->rows, n * s->row_bytes, (uint64_t)j->y * s->row_bytes, err);
    if (!j->status) descreen_push(j->descreen, j->rows, s->row_bytes, n, keep_coverage, j);
    j->y += n;
}

static enum enn_status write_coverage(struct set *s, struct proof *proof, uint8_t *row, struct enn_error *err)
{
    for (uint32_t k = 0; k < s->job[0].ready; k++) {
        memset(row, 0, (size_t)s->columns * s->samples);
        for (size_t i = 0; i < s->n; i++) {
            const uint8_t *from = s->job[i].coverage + (size_t)k * s->columns;
            uint8_t *to = row + s->job[i].sample;
            for (uint32_t x = 0; x < s->columns; x++, to += s->samples) *to = from[x];
        }
        enum enn_status st = proof_row(proof, row, err);
        if (st) return st;
    }
    return ENN_OK;
}

enum enn_status plates_make_proof(struct set *s, struct enn_error *err)
{
    struct proof *proof = NULL;
    uint8_t *row = malloc((size_t)s->columns * s->samples);
    const char *names[PLATES_MAX + 4] = {"Cyan", "Magenta", "Yellow", "Black"};
    for (size_t i = 0; i < s->n; i++) names[s->job[i].sample] = s->job[i].ink;
    enum enn_status st = row ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st)
        st = proof_open(s->proof_path, s->columns, s->rows, s->samples, names, s->dpi / s->scale, &proof,
                        err);
    while (!st && s->job[0].y < s->height) {
        in_parallel(s, s->n, read_chunk);
        for (size_t i = 0; i < s->n && !st; i++)
            if (s->job[i].status) {
                if (err) *err = s->job[i].error;
                st = s->job[i].status;
            }
        if (!st) st = write_coverage(s, proof, row, err);
        plates_progress(s, 0.4 * s->job[0].y / s->height, "reading");
    }
    enum enn_status closed = proof_close(proof, st ? NULL : err);
    for (size_t i = 0; i < s->n && !st; i++)
        st = samplehash_final(s->job[i].hash, &s->job[i].source_sample, err);
    free(row);
    return st ? st : closed;
}

enum enn_status plates_fill_raw(struct set *s, struct enn_error *err)
{
    struct plate_job *j = &s->job[s->at];
    uint32_t most = PLATES_CHUNK * s->scale;
    enum enn_status st = ENN_OK;
    plate_rewind(j->plate);
    for (uint32_t y = 0, n; !st && y < s->height; y += n) {
        n = s->height - y < most ? s->height - y : most;
        st = plate_next(j->plate, n, j->rows, err);
        if (!st) st = plates_io(1, s->raw, j->rows, n * s->row_bytes, (uint64_t)y * s->row_bytes, err);
    }
    return st;
}

/* ---- what is wanted of each block ---- */

/* By how many levels dots of this coverage can follow: they neither vanish nor close. */
static double follows(int level, int delta, int bare)
{
    double most = fmin(level, 255 - level) - TONE_MIN * 255;
    if (bare) return delta > 0 ? delta : 0;
    return most <= 0 ? 0 : fmax(-most, fmin(most, delta));
}

/* What a capture sees of the change: blue over red and green, or the lightness of the one ink that changes. */
static void add_squares(struct set *s, const uint8_t *before, const uint8_t *after, int bare)
{
    static const double weights[] = {-0.35, -0.45, 1, 0};
    double all = 0, plates = 0;
    for (size_t i = 0; i < s->n; i++) {
        int k = s->job[i].sample, delta = after[k] - before[k];
        double weight = s->yellow == s->n ? 1 : k < 4 ? weights[k] : 0, moved;
        if (!delta) continue;
        s->job[i].touched = 1;
        all += weight * delta;
        moved = weight * follows(before[k], delta, bare);
        plates += moved;
        if (i == s->yellow) s->yellow_squares += moved * moved;
    }
    s->squares += all * all;
    s->plate_squares += plates * plates;
}

/* Two rows of blocks' worth of proof pixels are not needed at once: each pixel adds to its block. */
static void want_pixel(struct set *s, uint32_t x, uint32_t y, const uint8_t *before, const uint8_t *after)
{
    struct dots_want *w = &s->want[(size_t)(y / 2) * s->blocks_x + x / 2];
    int k = s->job[s->at].sample, delta = after[k] - before[k], bare = 1;
    unsigned quarter = 1u << (2 * (y & 1) + (x & 1));
    if (!memcmp(before, after, s->samples)) return;
    for (unsigned i = 0; i < s->samples; i++) bare &= before[i] <= BARE;
    add_squares(s, before, after, bare);
    double pixels = follows(before[k], delta, bare) * s->scale * s->scale / 255;
    if (pixels == 0 || (bare && w->ink)) return; /* a block has dots or is paper */
    if (bare) {
        w->paper = (int16_t)(w->paper + lrint(pixels * DOTS_UNIT)); /* 4 * 256 * 64 / 8: far below 2^15 */
        s->paper_wanted += pixels;
    } else {
        if (w->paper) w->quarters = 0, w->paper = 0;
        w->ink = (int16_t)(w->ink + lrint(pixels * DOTS_UNIT)); /* at most 4 * 128 * 64 = 2^15 - 1 */
    }
    w->quarters |= (uint8_t)quarter;
}

enum enn_status plates_plan(struct set *s, const char *signed_path, struct enn_error *err)
{
    struct artwork *a = NULL, *b = NULL;
    struct tiff_rows *before = NULL, *after = NULL;
    uint8_t *row[2] = {NULL, NULL};
    memset(s->want, 0, (size_t)s->blocks_x * s->blocks_y * sizeof *s->want);
    memset(s->change, 0, (size_t)s->blocks_x * s->blocks_y * sizeof *s->change);
    s->squares = s->yellow_squares = s->plate_squares = 0;
    enum enn_status st = artwork_open(s->proof_path, &s->o->limits, &a, err);
    if (!st) st = artwork_open(signed_path, &s->o->limits, &b, err);
    if (!st) st = tiff_rows_open(a, 0, &before, err);
    if (!st) st = tiff_rows_open(b, 0, &after, err);
    for (int i = 0; !st && i < 2; i++) {
        row[i] = malloc((size_t)s->columns * s->samples);
        if (!row[i]) st = enn_fail(err, ENN_NOMEM, "out of memory");
    }
    for (uint32_t y = 0; !st && y < s->rows; y++) {
        st = tiff_rows_next(before, 1, row[0], err);
        if (!st) st = tiff_rows_next(after, 1, row[1], err);
        for (uint32_t x = 0; !st && x < s->columns; x++)
            want_pixel(s, x, y, row[0] + (size_t)x * s->samples, row[1] + (size_t)x * s->samples);
    }
    int again;
    if (!st) st = plates_keep_tone(s, 0, &again, err);
    free(row[0]), free(row[1]);
    tiff_rows_close(before), tiff_rows_close(after);
    artwork_close(a), artwork_close(b);
    return st;
}

/* ---- dots ---- */

static uint32_t band_rows(const struct set *s)
{
    return DOTS_BAND_BLOCKS * dots_block(s->dots);
}

static int is_wanted(const struct set *s, size_t i)
{
    size_t n = (size_t)DOTS_BAND_BLOCKS * s->blocks_x, end = (size_t)s->blocks_x * s->blocks_y;
    end = (i + 1) * n < end ? (i + 1) * n : end;
    for (i *= n; i < end; i++)
        if (s->want[i].ink || s->want[i].paper) return 1;
    return 0;
}

/* One band of the plate: read, marked, written back. */
static void mark_band(struct set *s, size_t i)
{
    if (!is_wanted(s, i)) return;
    uint32_t most = band_rows(s), y = (uint32_t)i * most, n = s->height - y < most ? s->height - y : most;
    size_t pitch = dots_pitch(s->width), bytes = n * s->row_bytes;
    uint8_t *padded = calloc(n + 1, pitch), *packed = malloc(bytes);
    struct dots_band b = {.rows = padded + DOTS_PAD,
                          .width = s->width,
                          .height = n,
                          .want = s->want + (size_t)i * DOTS_BAND_BLOCKS * s->blocks_x,
                          .change = s->change + (size_t)i * DOTS_BAND_BLOCKS * s->blocks_x,
                          .columns = s->blocks_x};
    int ok = padded && packed && !plates_io(0, s->raw, packed, bytes, (uint64_t)y * s->row_bytes, NULL);
    for (uint32_t k = 0; ok && k < n; k++)
        memcpy(b.rows + k * pitch, packed + k * s->row_bytes, s->row_bytes);
    ok = ok && dots_band(s->dots, &b, &s->band_sums[i]);
    for (uint32_t k = 0; ok && k < n; k++)
        memcpy(packed + k * s->row_bytes, b.rows + k * pitch, s->row_bytes);
    if (!ok || plates_io(1, s->raw, packed, bytes, (uint64_t)y * s->row_bytes, NULL))
        s->band_sums[i].grown = UINT64_MAX;
    free(padded);
    free(packed);
}

/* What was asked for first is what the reach is measured by; what is taken back later only counts. */
static enum enn_status add_sums(struct set *s, size_t n, int first, struct enn_error *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct dots_sums *b = &s->band_sums[i];
        if (b->grown == UINT64_MAX)
            return enn_fail(err, ENN_IO, "a band of the plate could not be worked on");
        s->sums.grown += b->grown, s->sums.shrunk += b->shrunk, s->sums.paper += b->paper;
        s->job[s->at].change += (double)b->grown + (double)b->paper - (double)b->shrunk;
        if (!first) continue;
        s->sums.lost += b->lost;
        s->sums.wanted_squares += b->wanted_squares, s->sums.met += b->met;
    }
    return ENN_OK;
}

enum enn_status plates_move_dots(struct set *s, struct enn_error *err)
{
    size_t n = ((size_t)s->height + band_rows(s) - 1) / band_rows(s);
    free(s->band_sums);
    s->band_sums = calloc(n, sizeof *s->band_sums);
    if (!s->band_sums) return enn_fail(err, ENN_NOMEM, "out of memory");
    enum enn_status st = ENN_OK;
    for (int round = 0, again = 1; !st && again && round <= TONE_ROUNDS; round++) {
        memset(s->band_sums, 0, n * sizeof *s->band_sums);
        in_parallel(s, n, mark_band);
        st = add_sums(s, n, round == 0, err);
        if (!st) st = plates_keep_tone(s, 1, &again, err);
    }
    return st;
}
