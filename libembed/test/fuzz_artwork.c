/* libFuzzer: TIFF of any bytes is refused, or its pages are read and written again, without harm.  See `make
 * fuzz`. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "artwork/artwork.h"
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

static enum enn_status on_note(void *user, const struct artwork_note *note)
{
    (void)user;
    return strlen(note->name) < 48 && note->value ? ENN_OK : ENN_INTERNAL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct enn_limits limits = {.max_pixels = 1000000, .max_memory = 64 << 20};
    static const struct xmp_pointer pointer = {"fuzz.xml", "00112233445566778899"};
    struct artwork_rewrite_options o = {.pointer = &pointer};
    struct artwork *a = NULL;
    struct enn_error err;
    char out[64];
    int fd = memfd_create("artwork", 0);
    if (fd < 0) return 0;
    if (write(fd, bytes, n) != (ssize_t)n) {
        close(fd);
        return 0;
    }
    if (artwork_open_fd(fd, "fuzz", &limits, &a, &err) != ENN_OK) return 0; /* the descriptor is gone, too */
    for (size_t i = 0; i < artwork_pages(a) && i < 8; i++) artwork_read(a, i, band, NULL, &err);
    artwork_notes(a, on_note, NULL, &err);
    snprintf(out, sizeof out, "/tmp/enn-fuzz-%d.tif", (int)getpid());
    if (artwork_rewrite(a, out, keep, NULL, &o, &err) == ENN_OK) unlink(out);
    artwork_close(a);
    return 0;
}
