/* Verifying plates (plates.h): the file, or failing that its pixels, against those of the manifest. */
#include "plates.h"
#include "artwork/plate.h"
#include "status.h"
#include "trust/samplehash.h"
#include <stdlib.h>
#include <string.h>

enum enn_status plates_sample_hash(struct plate *p, uint8_t out[SHA256_BYTES], struct enn_error *err)
{
    struct samplehash *h = NULL;
    size_t bytes = plate_row_bytes(p);
    uint32_t height = plate_page(p)->height, most = 64;
    uint8_t *rows = malloc(most * bytes), hash[1][SHA256_BYTES];
    enum enn_status st = rows ? samplehash_new(1, 8, &h, err) : enn_fail(err, ENN_NOMEM, "out of memory");
    plate_rewind(p);
    for (uint32_t y = 0, n; !st && y < height; y += n) {
        n = height - y < most ? height - y : most;
        st = plate_next(p, n, rows, err);
        if (!st) st = samplehash_update(h, rows, n * bytes, err);
    }
    if (!st) st = samplehash_final(h, hash, err);
    if (!st) memcpy(out, hash[0], SHA256_BYTES);
    samplehash_free(h);
    free(rows);
    return st;
}

static enum plates_match by_samples(const struct manifest *m, const uint8_t *hash, uint32_t *plate)
{
    const struct manifest_page *p = &m->pages[0];
    for (uint32_t i = 0; i < m->n_plates; i++) {
        *plate = i;
        if (!memcmp(p->inks[i].signed_sha256, hash, SHA256_BYTES)) return PLATES_SAME;
        if (!memcmp(p->inks[i].source_sha256, hash, SHA256_BYTES)) return PLATES_UNSIGNED;
    }
    return PLATES_CHANGED;
}

enum enn_status plates_compare(const struct manifest *m, const char *file, const struct enn_limits *limits,
                               int threads, enum plates_match *match, uint32_t *plate, struct enn_error *err)
{
    uint8_t hash[SHA256_BYTES];
    struct plate *p = NULL;
    struct enn_error ignored;
    *match = PLATES_OTHER;
    if (!m->n_plates || !plate_is(file, limits)) return ENN_OK;
    enum enn_status st = sha256_file(file, hash, NULL, err);
    for (uint32_t i = 0; !st && i < m->n_plates; i++)
        if (!memcmp(hash, m->plates[i].output.sha256, SHA256_BYTES)) {
            *match = PLATES_EXACT;
            *plate = i;
            return ENN_OK;
        }
    if (st || plate_open(file, limits, m->pages[0].dpi_x, threads, &p, &ignored)) return st;
    const struct artwork_page *page = plate_page(p);
    if (page->width == m->pages[0].width && page->height == m->pages[0].height) {
        st = plates_sample_hash(p, hash, err);
        if (!st) *match = by_samples(m, hash, plate);
    }
    plate_close(p);
    return st;
}
