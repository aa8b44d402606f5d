/*
 * Verifying a file by its bytes: the samples of an artwork against the manifest's hashes; and any file as
 * a picture.
 */
#include "artwork/plate.h"
#include "press/profile.h"
#include "status.h"
#include "verifier.h"
#include "trust/samplehash.h"
#include <stdlib.h>
#include <string.h>

static const uint64_t KEEP_PIXELS = 32000000; /* larger pictures are averaged down while they are read */

struct hasher {
    struct samplehash *hash;
    uint32_t width;
    struct enn_error *err;
};
static enum enn_status hash_band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    struct hasher *h = user;
    (void)y;
    return samplehash_update(h->hash, samples, (size_t)rows * h->width, h->err);
}

static int same_geometry(const struct artwork_page *p, const struct manifest_page *m)
{
    return p->readable && p->width == m->width && p->height == m->height && p->bits == (unsigned)m->bits &&
           (p->samples < ENN_MAX_INKS ? p->samples : ENN_MAX_INKS) == m->n_inks &&
           !strcmp(m->colour, artwork_colour_word(p->colour));
}

/* The pages that the manifest lists: reduced copies and what is not meant to carry the mark are not
 * among them. */
static int is_compared(const struct artwork_page *p)
{
    return !p->reduced && !p->left_alone;
}

/* Compares the samples of a page; *same stays as it is or becomes 0. */
static enum enn_status compare_page(struct artwork *a, size_t i, const struct manifest_page *m, int *same,
                                    struct enn_error *err)
{
    const struct artwork_page *p = artwork_page(a, i);
    uint8_t(*got)[SHA256_BYTES] = calloc(ARTWORK_MAX_SAMPLES, SHA256_BYTES);
    struct hasher h = {NULL, p->width, err};
    enum enn_status st = got ? samplehash_new(p->samples, (int)p->bits, &h.hash, err)
                             : enn_fail(err, ENN_NOMEM, "out of memory");
    if (!st) st = artwork_read(a, i, hash_band, &h, err);
    if (!st) st = samplehash_final(h.hash, got, err);
    for (uint32_t c = 0; !st && c < m->n_inks; c++)
        if (memcmp(got[c], m->inks[c].signed_sha256, SHA256_BYTES)) *same = 0;
    samplehash_free(h.hash);
    free(got);
    return st;
}

enum enn_status verify_samples(const struct enn_verifier *v, const struct enn_verify_options *o,
                               const char *file, enum verify_exact *exact, struct enn_error *err)
{
    struct artwork *a = NULL;
    uint8_t sha256[SHA256_BYTES];
    *exact = NOT_THE_ARTWORK;
    enum enn_status st = sha256_file(file, sha256, NULL, err);
    if (st) return st;
    if (!memcmp(sha256, v->manifest.output.sha256, SHA256_BYTES)) { /* byte by byte, and so sample by sample */
        *exact = EXACT;
        return ENN_OK;
    }
    st = artwork_open_locked(file, &o->limits, o->password, &a, err);
    if (st) return ENN_OK; /* whatever is wrong with it, reading it as a picture will say so */
    artwork_set_threads(a, o->threads);
    uint32_t n = 0, agree = 1;
    for (size_t i = 0; i < artwork_pages(a); i++)
        if (is_compared(artwork_page(a, i)))
            agree =
                agree && n < v->manifest.n_pages && same_geometry(artwork_page(a, i), &v->manifest.pages[n]),
            n++;
    int same = 1;
    if (agree && n == v->manifest.n_pages) {
        n = 0;
        for (size_t i = 0; !st && i < artwork_pages(a); i++)
            if (is_compared(artwork_page(a, i))) st = compare_page(a, i, &v->manifest.pages[n++], &same, err);
        if (!st) *exact = same ? FILE_DIFFERS : SAMPLES_DIFFER;
    }
    artwork_close(a);
    return st;
}

struct conversion { /* the profile of the last page */
    struct profile *profile;
    const uint8_t *icc;
    enum press_colour colour;
};

static enum enn_status to_rgb(void *user, const struct artwork_page *page, const void *samples, uint32_t n,
                              uint8_t *rgb)
{
    struct conversion *c = user;
    struct enn_error e;
    enum press_colour colour = page->colour == ARTWORK_LAB ? PRESS_LAB : PRESS_CMYK;
    if (!c->profile || c->icc != page->icc ||
        c->colour != colour) { /* the images of a PDF may differ in it */
        profile_free(c->profile);
        *c = (struct conversion){.icc = page->icc, .colour = colour};
        enum enn_status st = profile_open(&c->profile, colour, page->icc, page->icc_size, &e);
        if (st) return st;
    }
    struct press_pixels px = {
        .colour = colour, .bits = (int)page->bits, .samples_per_pixel = (int)page->samples};
    profile_to_rgb8(c->profile, &px, samples, n, rgb);
    return ENN_OK;
}

enum enn_status verify_load(const struct enn_verify_options *o, const char *file, unsigned ink, struct picture *pic,
                            struct enn_error *err)
{
    struct conversion conversion = {0};
    struct picture_options po = picture_options_default();
    po.limits = o->limits;
    po.max_keep_pixels = KEEP_PIXELS;
    po.to_rgb = to_rgb;
    po.to_rgb_user = &conversion;
    po.password = o->password;
    po.ink = ink;
    enum enn_status st = picture_read(file, &po, pic, err);
    profile_free(conversion.profile);
    /* A screened plate is looked at as what its ink does to a capture: of yellow, only blue falls. */
    if (!st && !strcmp(pic->kind, "tiff") && strcmp(file, "-") && plate_is(file, &o->limits)) {
        char ink[64];
        int yellow = !plate_ink(file, ink) || !strcmp(ink, "Yellow");
        pic->one_ink = 1;
        for (uint32_t y = 0; y < pic->height && yellow; y++)
            for (uint32_t x = 0; x < pic->width; x++)
                memset(pic->rgb + y * pic->stride + 3 * (size_t)x, 255, 2);
    }
    return st;
}
