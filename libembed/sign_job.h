/* What the files of signing share: sign.c conducts, sign_mark.c changes the rows, sign_report.c tells what was done. */
#ifndef ENN_SIGN_JOB_H
#define ENN_SIGN_JOB_H
#include "sign.h"
#include "survey.h"
#include "mark/embed.h"
#include "mark/sealrows.h"
#include "trust/keys.h"
#include "trust/sealkey.h"
#include <pthread.h>

#define DEFAULT_SCREEN "am:175"

/* What a page needs in the second pass, and what it gives. */
struct page_job {
    struct survey survey;
    int readable, marked;
    struct samplehash *hash; /* of the samples as signed */
    uint8_t signed_hashes[ARTWORK_MAX_SAMPLES][SHA256_BYTES];
    struct embed_sums sums;
};

/* SHA-256 of the source and of the written file, made while that is read again. */
struct file_hashes {
    const char *path[2];
    uint8_t sha256[2][SHA256_BYTES];
    uint64_t bytes[2];
    enum enn_status st;
    struct enn_error err;
    pthread_t thread;
    int running;
};

struct signing {
    const struct enn_sign_options *o;
    const char *name, *manifest_name;
    struct signer *signer;
    struct lot_statement lot;
    struct payload payload;
    struct manifest manifest;
    struct artwork *artwork;
    struct page_job *pages;
    struct survey_models models;
    size_t n_pages;
    struct keepout *keepout;
    int white, luminance;
    struct tile *tile;
    struct seal_key seal_key;       /* of the lot */
    struct seal_rows *seal;         /* NULL: not sealed */
    struct seal_stream seal_stream; /* of the page in work */
    size_t seal_page;               /* which that is, from 1; 0: none yet */
    uint8_t *icc;                   /* of --profile */
    size_t icc_size;
    struct enn_sign_report *report;
    const struct sign_hook *hook; /* or NULL */
    struct enn_error *err;
    struct sign_worker *workers;
    unsigned n_workers;
    struct file_hashes files;
};

void sign_progress(const struct signing *g, double share, const char *stage);

/* sign_mark.c: an artwork_filter_fn, user is the struct signing; between begin and end. */
enum enn_status sign_mark_begin(struct signing *g);
enum enn_status sign_mark_band(void *user, size_t page, uint32_t y, uint32_t rows, void *samples);
void sign_mark_end(struct signing *g); /* also after a failure, and when nothing was begun */

/* sign_report.c: the report, then the manifest (not yet written) of the artwork that lies at `temporary` and will be
 * called `out`. */
void sign_hash_begin(struct signing *g, const char *temporary); /* the written file, complete; as long as `temporary` lives */
enum enn_status sign_hash_end(struct signing *g);               /* a second call, and one without a begin, does nothing */
void sign_fill_report(struct signing *g);
enum enn_status sign_fill_manifest(struct signing *g, const char *out);
enum enn_status sign_write_manifest(struct signing *g, const char *path, struct enn_error *err);
uint32_t sign_page_number(const struct signing *g,
                          size_t page); /* of a page of the file, from 1: for the seal */
const char *sign_base_name(const char *path);
#endif
