/*
 * Signing a set of plates: the conductor.
 *
 *   plates -> rows -> hashes, contone proof (descreened) -> sign_artwork: survey, mark, manifest facts
 *   proof, signed proof -> wanted change of each block -> dots move -> plate written, read back
 *   the other plates copied -> manifest of all plates -> everything renamed into place, the manifest last
 *
 * The yellow plate carries the mark: it shows least and reads best. The other plates are changed only where
 * yellow cannot carry enough of it, or is not there.
 */
#include "plates_set.h"
#include "plates.h"
#include "sign.h"
#include "artwork/xmp.h"
#include "trust/lot.h"
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const process[] = {"Cyan", "Magenta", "Yellow", "Black"};

void plates_progress(const struct set *s, double share, const char *stage)
{
    if (s->o->progress) s->o->progress(s->o->progress_user, share, stage);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* ---- the set ---- */

static enum enn_status name_inks(struct set *s, const struct enn_plate *plates, struct enn_error *err)
{
    unsigned spots = 0;
    s->yellow = s->n;
    for (size_t i = 0; i < s->n; i++) {
        struct plate_job *j = &s->job[i];
        j->file = plates[i].file;
        if (plates[i].ink)
            snprintf(j->ink, sizeof j->ink, "%s", plates[i].ink);
        else if (!plate_ink(j->file, j->ink) && !plate_ink_inside(j->file, &s->o->limits, j->ink))
            return enn_fail(err, ENN_USAGE, "%s: neither name nor tags tell the ink: (Cyan), _C ..., or use --ink",
                            j->file);
        char clean[64];
        text_clean(j->ink, clean, sizeof clean);
        snprintf(j->ink, sizeof j->ink, "%s", clean);
        j->sample = -1;
        for (int k = 0; k < 4; k++)
            if (!strcmp(j->ink, process[k])) j->sample = k;
        if (j->sample == PLATES_YELLOW) s->yellow = i;
        if (j->sample < 0) j->sample = 4 + (int)spots++;
        for (size_t k = 0; k < i; k++) {
            if (!strcmp(s->job[k].ink, j->ink))
                return enn_fail(err, ENN_USAGE, "%s and %s are both %s", s->job[k].file, j->file, j->ink);
            if (!strcmp(base_name(s->job[k].file), base_name(j->file)))
                return enn_fail(err, ENN_USAGE, "%s: another plate has the same name", j->file);
        }
    }
    s->samples = 4 + spots;
    s->at = s->yellow < s->n ? s->yellow : 0;
    if (s->yellow < s->n) return ENN_OK;
    for (size_t i = 0; i < s->n; i++) s->job[i].sample = (int)i; /* inks without yellow: in lightness of one */
    s->samples = (unsigned)s->n;
    return ENN_OK;
}

/* Plates of the process inks that the set has not: they will be printed, but no manifest names them. */
static void tell_missing(const struct set *s, struct enn_sign_report *r)
{
    r->missing_plates[0] = 0;
    for (int k = 0; k < 4; k++) {
        size_t i = 0, n = strlen(r->missing_plates);
        while (i < s->n && strcmp(s->job[i].ink, process[k])) i++;
        if (i < s->n) continue;
        snprintf(r->missing_plates + n, sizeof r->missing_plates - n, "%s%s", n ? ", " : "", process[k]);
    }
}

/* Plates with moved dots point to the manifest. */
static enum enn_status check_unmarked(const struct set *s, const struct plate_job *j, struct enn_error *err)
{
    const struct artwork_page *p = plate_page(j->plate);
    if (!p->marked || s->o->force) return ENN_OK;
    return enn_fail(err, ENN_UNSUPPORTED,
                    "%s: is marked already, with lot id %s: sign the plate without mark (or --force)", j->file,
                    p->marked_lot[0] ? p->marked_lot : "unknown");
}

static enum enn_status open_plates(struct set *s, struct enn_error *err)
{
    for (size_t i = 0; i < s->n; i++) {
        struct plate_job *j = &s->job[i];
        enum enn_status st = plate_open(j->file, &s->o->limits, s->o->dpi, s->o->threads, &j->plate, err);
        if (!st) st = check_unmarked(s, j, err);
        if (st) return st;
        const struct artwork_page *p = plate_page(j->plate);
        if (!i) {
            s->width = p->width, s->height = p->height, s->dpi = plate_dpi(j->plate);
        } else if (p->width != s->width || p->height != s->height) {
            return enn_fail(err, ENN_UNSUPPORTED, "%s: %u x %u pixels, but %s has %u x %u", j->file, p->width,
                            p->height, s->job[0].file, s->width, s->height);
        } else if (fabs(plate_dpi(j->plate) - s->dpi) > 1e-4 * s->dpi) {
            return enn_fail(err, ENN_UNSUPPORTED, "%s: %g dpi, but %s has %g", j->file, plate_dpi(j->plate),
                            s->job[0].file, s->dpi);
        }
        int n = snprintf(j->out_path, sizeof j->out_path, "%s/%s", s->dir, base_name(j->file));
        struct stat a, b;
        if (n >= (int)sizeof j->out_path) return enn_fail(err, ENN_USAGE, "%s: name too long", j->file);
        if (!stat(j->file, &a) && !stat(j->out_path, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino)
            return enn_fail(err, ENN_USAGE, "%s: the output would be the plate itself", j->file);
    }
    s->row_bytes = plate_row_bytes(s->job[0].plate);
    s->scale = descreen_scale(s->dpi);
    long cores = s->o->threads > 0 ? s->o->threads : sysconf(_SC_NPROCESSORS_ONLN);
    s->threads = cores < 1 ? 1 : cores > PLATES_MAX_THREADS ? PLATES_MAX_THREADS : (int)cores;
    return ENN_OK;
}

/* Takes the dots away and no more: two thirds of the period of the screen, when it is known. */
static double blur_mm(const struct enn_sign_options *o)
{
    double lpi = o->screen && !strncmp(o->screen, "am:", 3) ? strtod(o->screen + 3, NULL) : 0;
    return lpi > 0 ? fmin(fmax(0.69 * 25.4 / lpi, 0.08), 0.3) : 0.1;
}

static enum enn_status make_room(struct set *s, struct enn_error *err)
{
    for (size_t i = 0; i < s->n; i++) {
        struct plate_job *j = &s->job[i];
        j->descreen = descreen_new(s->width, s->height, s->dpi, blur_mm(s->o));
        if (!j->descreen) return enn_fail(err, ENN_NOMEM, "out of memory");
        descreen_size(j->descreen, &s->columns, &s->rows);
        j->rows = malloc((size_t)PLATES_CHUNK * s->scale * s->row_bytes);
        j->coverage = malloc((size_t)2 * PLATES_CHUNK * s->columns);
        if (!j->rows || !j->coverage) return enn_fail(err, ENN_NOMEM, "out of memory");
        enum enn_status st = samplehash_new(1, 8, &j->hash, err);
        if (st) return st;
    }
    s->blocks_x = (s->columns + 1) / 2, s->blocks_y = (s->rows + 1) / 2;
    uint64_t bytes = (uint64_t)s->blocks_x * s->blocks_y * (sizeof *s->want + sizeof *s->change);
    if (bytes > s->o->limits.max_memory)
        return enn_fail(err, ENN_LIMIT, "%s: too large a plate for --max-memory", s->job[0].file);
    s->want = calloc((size_t)s->blocks_x * s->blocks_y, sizeof *s->want);
    s->change = calloc((size_t)s->blocks_x * s->blocks_y, sizeof *s->change);
    s->dots = dots_new(s->dpi, s->scale);
    return s->want && s->change && s->dots ? ENN_OK : enn_fail(err, ENN_NOMEM, "out of memory");
}

/* A temporary beside the outputs that is gone when its descriptor is closed. */
static enum enn_status scratch(const struct set *s, int *fd, struct enn_error *err)
{
    char path[4200];
    struct output *o;
    snprintf(path, sizeof path, "%s/enn-plate", s->dir);
    enum enn_status st = output_begin(path, 1, s->o->pending, &o, err);
    if (st) return st;
    *fd = open(output_path(o), O_RDWR | O_CLOEXEC);
    if (*fd < 0) st = enn_fail(err, ENN_IO, "%s: %s", path, strerror(errno));
    output_abort(o);
    return st;
}

/* ---- files ---- */

static enum enn_status give_rows(void *user, uint32_t y, uint32_t n, uint8_t *rows)
{
    struct set *s = user;
    size_t bytes = n * s->row_bytes;
    enum enn_status st = plates_io(0, s->raw, rows, bytes, (uint64_t)y * s->row_bytes, s->err);
    return st ? st : samplehash_update(s->job[s->at].hash, rows, bytes, s->err);
}

/* Writes the marked plate and reads it back. */
static enum enn_status write_marked(struct set *s, struct enn_sign_report *r, struct enn_error *err)
{
    struct plate_job *j = &s->job[s->at];
    uint8_t meant[1][SHA256_BYTES], got[SHA256_BYTES];
    struct plate *written = NULL;
    samplehash_free(j->hash);
    j->hash = NULL;
    enum enn_status st = samplehash_new(1, 8, &j->hash, err);
    char name[256];
    text_clean(base_name(s->manifest), name, sizeof name);
    struct xmp_pointer pointer = {.manifest = name};
    memcpy(pointer.lot_id, r->lot_id, sizeof pointer.lot_id);
    s->err = err;
    if (!st)
        st = plate_rewrite(j->plate, output_path(j->out), give_rows, s, s->o->no_xmp ? NULL : &pointer, &r->xmp,
                           err);
    if (!st) st = samplehash_final(j->hash, meant, err);
    if (!st) st = plate_open(output_path(j->out), &s->o->limits, s->dpi, s->o->threads, &written, err);
    if (!st) st = plates_sample_hash(written, got, err);
    plate_close(written);
    if (!st && memcmp(meant[0], got, SHA256_BYTES))
        st = enn_fail(err, ENN_INTERNAL, "%s: the written plate does not read back", j->file);
    memcpy(j->signed_sample, meant[0], SHA256_BYTES);
    return st;
}

static enum enn_status copy_plate(struct plate_job *j, struct enn_error *err)
{
    enum { BLOCK = 1 << 18 };
    int in = open(j->file, O_RDONLY | O_CLOEXEC), out = open(output_path(j->out), O_WRONLY | O_CLOEXEC);
    uint8_t *block = malloc(BLOCK);
    enum enn_status st = !block ? enn_fail(err, ENN_NOMEM, "out of memory") : ENN_OK;
    if (!st && (in < 0 || out < 0)) st = enn_fail(err, ENN_IO, "%s: %s", j->file, strerror(errno));
    for (uint64_t at = 0; !st;) {
        ssize_t n = read(in, block, BLOCK);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) st = enn_fail(err, ENN_IO, "%s: %s", j->file, strerror(errno));
        if (n <= 0) break;
        st = plates_io(1, out, block, (size_t)n, at, err);
        at += (uint64_t)n;
    }
    free(block);
    if (in >= 0) close(in);
    if (out >= 0 && close(out) && !st) st = enn_fail(err, ENN_IO, "%s: %s", j->out_path, strerror(errno));
    memcpy(j->signed_sample, j->source_sample, SHA256_BYTES);
    return st;
}

static enum enn_status describe_file(struct manifest_file *f, const struct plate_job *j, const char *path,
                                     struct enn_error *err)
{
    text_clean(base_name(j->file), f->name, sizeof f->name);
    text_clean(plate_format(j->plate), f->format, sizeof f->format);
    text_clean(plate_page(j->plate)->compression, f->compression, sizeof f->compression);
    return sha256_file(path, f->sha256, &f->bytes, err);
}

static enum enn_status write_plates(struct set *s, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    for (size_t i = 0; !st && i < s->n; i++) {
        struct plate_job *j = &s->job[i];
        if (!j->carries) st = copy_plate(j, err);
        if (!st) st = describe_file(&j->source, j, j->file, err);
        if (!st) st = describe_file(&j->output, j, output_path(j->out), err);
        if (!st && !j->carries && memcmp(j->source.sha256, j->output.sha256, SHA256_BYTES))
            st = enn_fail(err, ENN_IO, "%s: has changed while it was copied", j->file);
        plates_progress(s, 0.8 + 0.2 * (double)(i + 1) / s->n, "writing");
    }
    return st;
}

/* ---- manifest and report ---- */

static void scale_capacity(struct enn_capacity *c, double share)
{
    c->window25_20 *= share, c->window25_10 *= share;
    c->panel_20 *= share, c->panel_10 *= share;
}

static void fill_report(struct set *s, struct enn_sign_report *r)
{
    double reach = s->sums.wanted_squares > 0 ? s->sums.met / s->sums.wanted_squares : 0;
    double pixels = (double)s->width * s->height;
    reach = fmin(1, fmax(0, reach));
    memset(r->coverage_change, 0, sizeof r->coverage_change);
    r->inks = (uint32_t)(s->n < 8 ? s->n : 8);
    for (size_t i = 0; i < s->n; i++) {
        size_t n = strlen(r->plate_carriers);
        if (i < 8) r->coverage_change[i] = 100 * s->job[i].change / pixels;
        if (s->job[i].carries)
            snprintf(r->plate_carriers + n, sizeof r->plate_carriers - n, "%s%s", n ? ", " : "", s->job[i].ink);
    }
    r->mean_tint *= s->paper_wanted > 0 ? (double)s->sums.paper / s->paper_wanted : 0;
    r->width_mm = s->width * 25.4 / s->dpi;
    r->height_mm = s->height * 25.4 / s->dpi;
    scale_capacity(&r->capacity, s->carried * reach * reach);
    r->plates = (uint32_t)s->n;
    tell_missing(s, r);
    r->plate_reach = reach;
    r->plate_tone = 100 * s->tone;
}

static enum enn_status fill_manifest(struct set *s, struct manifest *m, const struct enn_sign_report *r,
                                     struct enn_error *err)
{
    struct manifest_page *p = &m->pages[0];
    enum enn_status st = manifest_set_plates(m, (uint32_t)s->n, err);
    if (st) return st;
    size_t first = s->yellow < s->n ? s->yellow : 0;
    m->source = s->job[first].source;
    m->output = s->job[first].output;
    p->width = s->width, p->height = s->height;
    p->dpi_x = p->dpi_y = s->dpi;
    p->width_mm = r->width_mm, p->height_mm = r->height_mm;
    p->bits = 1;
    snprintf(p->colour, sizeof p->colour, "plates");
    p->n_inks = (uint32_t)s->n;
    for (size_t i = 0; i < s->n; i++) {
        const struct plate_job *j = &s->job[i];
        m->plates[i].source = j->source;
        m->plates[i].output = j->output;
        snprintf(p->inks[i].name, sizeof p->inks[i].name, "%s", j->ink);
        memcpy(p->inks[i].source_sha256, j->source_sample, SHA256_BYTES);
        memcpy(p->inks[i].signed_sha256, j->signed_sample, SHA256_BYTES);
    }
    m->mark.quality = r->capacity;
    m->mark.mean_tint = r->mean_tint;
    return ENN_OK;
}

/* Yellow alone, as long as that reads: the others show more. capacity: of the proof, at 20 px/mm. */
static void choose_carriers(struct set *s, double capacity)
{
    const double enough = 2, most = 0.8;
    double yellow = s->squares > 0 ? fmin(1, s->yellow_squares / s->squares) : 0;
    double all = s->squares > 0 ? fmin(1, s->plate_squares / s->squares) : 0;
    int alone = s->yellow < s->n && (capacity * yellow >= enough || yellow >= most || all < 1.2 * yellow);
    for (size_t i = 0; i < s->n; i++) s->job[i].carries = i == s->yellow || (!alone && s->job[i].touched);
    s->carried = alone ? yellow : all;
}

/* Moves the dots of plate i and writes it; planned: what is wanted of it is known. */
static enum enn_status mark_plate(struct set *s, size_t i, int planned, const char *path,
                                  struct enn_sign_report *r, struct enn_error *err)
{
    enum enn_status st = ENN_OK;
    double tone = s->tone;
    if (i != s->at) {
        s->at = i;
        st = plates_fill_raw(s, err);
    }
    if (!st && !planned) st = plates_plan(s, path, err);
    if (!st) st = plates_move_dots(s, err);
    if (!st) st = write_marked(s, r, err);
    s->tone = fmax(tone, s->tone);
    return st;
}

static enum enn_status finish(void *user, const char *path, struct manifest *m, struct enn_sign_report *r,
                              struct enn_error *err)
{
    struct set *s = user;
    enum enn_status st = plates_plan(s, path, err);
    size_t planned = s->at;
    if (st) return st;
    s->tone = 0;
    choose_carriers(s, r->capacity.panel_20);
    if (!s->job[planned].carries) planned = s->n, s->paper_wanted = 0;
    plates_progress(s, 0.65, "moving dots");
    if (planned < s->n) st = mark_plate(s, planned, 1, path, r, err);
    for (size_t i = 0; !st && i < s->n; i++)
        if (s->job[i].carries && i != planned) st = mark_plate(s, i, 0, path, r, err);
    if (!st && !s->sums.grown && !s->sums.shrunk && !s->sums.paper)
        st = enn_fail(err, ENN_UNSUPPORTED, "%s: the set has no dots that can carry the mark", s->job[0].file);
    plates_progress(s, 0.8, "writing");
    if (!st) st = write_plates(s, err);
    if (st) return st;
    fill_report(s, r);
    return fill_manifest(s, m, r, err);
}

/* ---- the whole ---- */

static void undo(void *user)
{
    struct set *s = user;
    for (size_t i = 0; i < s->n; i++)
        if (s->job[i].committed && !s->o->force) unlink(s->job[i].out_path);
}

static enum enn_status commit(void *user, struct enn_error *err)
{
    struct set *s = user;
    enum enn_status st = ENN_OK;
    for (size_t i = 0; !st && i < s->n; i++) {
        st = output_commit(s->job[i].out, err);
        s->job[i].out = NULL;
        s->job[i].committed = !st;
    }
    if (st) undo(s);
    return st;
}

static void release(struct set *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct plate_job *j = &s->job[i];
        plate_close(j->plate);
        output_abort(j->out);
        samplehash_free(j->hash);
        descreen_free(j->descreen);
        free(j->rows);
        free(j->coverage);
    }
    if (s->raw >= 0) close(s->raw);
    free(s->want);
    free(s->change);
    free(s->band_sums);
    dots_free(s->dots);
}

static void sign_progress(void *user, double share, const char *stage)
{
    if (share < 1) plates_progress(user, 0.4 + 0.2 * share, stage);
}

static enum enn_status sign_set(struct set *s, const char *manifest, struct enn_sign_report *report,
                                struct enn_error *err)
{
    struct output *proof = NULL;
    char path[4200];
    snprintf(path, sizeof path, "%s/enn-proof.tif", s->dir);
    enum enn_status st = output_begin(path, 1, s->o->pending, &proof, err);
    if (st) return st;
    snprintf(s->proof_path, sizeof s->proof_path, "%s", output_path(proof));
    snprintf(path, sizeof path, "%s/enn-signed-proof.tif", s->dir);
    struct enn_sign_options o = *s->o;
    o.progress = sign_progress;
    o.progress_user = s;
    struct sign_hook hook = {s, s->job[s->at].file, finish, commit, undo};
    st = plates_make_proof(s, err);
    if (!st) st = sign_artwork(&o, s->proof_path, path, manifest, &hook, report, err);
    output_abort(proof);
    return st;
}

enum enn_status enn_sign_plates(const struct enn_sign_options *o, const struct enn_plate *plates, size_t n,
                                const char *out_dir, const char *manifest, struct enn_sign_report *report,
                                struct enn_error *err)
{
    struct timespec t0, t1;
    clock_gettime(CLOCK_MONOTONIC, &t0);
    if (n < 1 || n > PLATES_MAX) return enn_fail(err, ENN_USAGE, "a set has 1 to %d plates", PLATES_MAX);
    if (strlen(out_dir) > 3800) return enn_fail(err, ENN_USAGE, "name of the directory too long");
    struct set *s = calloc(1, sizeof *s);
    struct enn_sign_report scratch_report;
    if (!s) return enn_fail(err, ENN_NOMEM, "out of memory");
    if (!report) report = &scratch_report;
    s->o = o, s->n = n, s->dir = out_dir, s->raw = -1;
    char beside[4200];
    enum enn_status st = name_inks(s, plates, err);
    if (!st) st = open_plates(s, err);
    if (!st) {
        const char *path = s->job[s->at].out_path, *dot = strrchr(base_name(path), '.');
        snprintf(beside, sizeof beside, "%.*s.xml", dot ? (int)(dot - path) : (int)strlen(path), path);
        if (!manifest) manifest = beside;
        s->manifest = manifest;
    }
    for (size_t i = 0; !st && i < n; i++) {
        if (!strcmp(manifest, s->job[i].out_path))
            st = enn_fail(err, ENN_USAGE, "%s: plate and manifest need different names", manifest);
        if (!st) st = output_begin(s->job[i].out_path, s->o->force, s->o->pending, &s->job[i].out, err);
    }
    if (!st) st = make_room(s, err);
    if (!st) st = scratch(s, &s->raw, err);
    if (!st) st = sign_set(s, manifest, report, err);
    release(s);
    free(s);
    clock_gettime(CLOCK_MONOTONIC, &t1);
    report->seconds = (double)(t1.tv_sec - t0.tv_sec) + 1e-9 * (double)(t1.tv_nsec - t0.tv_nsec);
    return st;
}
