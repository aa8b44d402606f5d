/* libFuzzer: PDF of any bytes is refused, or its images are read, shown as a picture and written again,
 * without harm; the same bytes as a content stream and as the input of every filter.  See `make fuzz`. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "artwork/artwork.h"
#include "artwork/pdf_content.h"
#include "artwork/pdf_filter.h"
#include "artwork/picture.h"
#include "artwork/xmp.h"

static enum enn_status band(void *user, uint32_t y, uint32_t rows, const void *samples)
{
    (void)user, (void)y, (void)rows, (void)samples;
    return ENN_OK;
}

static enum enn_status keep(void *user, size_t page, uint32_t y, uint32_t rows, void *samples)
{
    (void)user, (void)page, (void)y, (void)rows, (void)samples;
    return ENN_OK;
}

static int on_paint(void *user, const char *name, const double matrix[6], size_t begin, size_t end)
{
    (void)user, (void)name, (void)matrix;
    return begin > end;
}

static int on_inline(void *user, const struct pdf_inline_image *image, const double matrix[6])
{
    (void)user, (void)image, (void)matrix;
    return 0;
}

static enum enn_status on_note(void *user, const struct artwork_note *note)
{
    (void)user;
    return strlen(note->name) < 48 && note->value ? ENN_OK : ENN_INTERNAL;
}

static void pieces(const uint8_t *bytes, size_t n)
{
    struct pdf_content_events events = {NULL, on_paint, on_inline};
    int draws = 0;
    pdf_content_run(bytes, n, &events, &draws);
    for (int kind = PDF_HEX; kind <= PDF_FLATE && n > 2; kind++) {
        struct pdf_filter_spec s = {.kind = (enum pdf_filter_kind)kind,
                                    .predictor = bytes[0] % 16,
                                    .early_change = bytes[1] & 1,
                                    .colors = 1 + bytes[1] % 5,
                                    .bits = 1u << bytes[2] % 5,
                                    .columns = 1 + bytes[0]};
        struct pdf_filter *f = pdf_filter_open(bytes, n, &s, 1);
        uint8_t to[1000];
        for (int i = 0; f && i < 100 && pdf_filter_read(f, to, sizeof to) == sizeof to; i++) continue;
        pdf_filter_close(f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct picture_options po = {.limits = {.max_pixels = 1000000, .max_memory = 64 << 20},
                                 .max_keep_pixels = 100000};
    static const struct xmp_pointer pointer = {"fuzz.xml", "00112233445566778899"};
    struct artwork_rewrite_options o = {.break_signature = 1, .pointer = &pointer};
    struct artwork *a = NULL;
    struct picture picture;
    struct enn_error err;
    char in[64], out[64];
    pieces(bytes, n);
    snprintf(in, sizeof in, "/tmp/enn-fuzz-%d.in", (int)getpid());
    snprintf(out, sizeof out, "/tmp/enn-fuzz-%d.pdf", (int)getpid());
    FILE *f = fopen(in, "wb");
    if (!f || fwrite(bytes, 1, n, f) != n || fclose(f)) return 0;
    if (picture_read(in, &po, &picture, &err) == ENN_OK) picture_clear(&picture);
    if (artwork_open_locked(in, &po.limits, "user", &a, &err) == ENN_OK) {
        for (size_t i = 0; i < artwork_pages(a) && i < 8; i++) artwork_read(a, i, band, NULL, &err);
        artwork_notes(a, on_note, NULL, &err);
        if (artwork_rewrite(a, out, keep, NULL, &o, &err) == ENN_OK) unlink(out);
        artwork_close(a);
    }
    unlink(in);
    return 0;
}
