/* libFuzzer: a plate of any bytes is refused, or read and written again with other rows, without harm.  See `make
 * fuzz`. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "artwork/plate.h"
#include "artwork/xmp.h"

static enum enn_status solid(void *user, uint32_t y, uint32_t n, uint8_t *rows)
{
    (void)y;
    memset(rows, 0xff, n * plate_row_bytes(user));
    return ENN_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct enn_limits limits = {.max_pixels = 4000000, .max_memory = 64 << 20};
    struct plate *p = NULL;
    struct enn_error err;
    static const struct xmp_pointer pointer = {"fuzz.xml", "00112233445566778899"};
    char path[64], out[64];
    int fd = memfd_create("plate", 0);
    if (fd < 0) return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, bytes, n) == (ssize_t)n && plate_open(path, &limits, 2400, 1, &p, &err) == ENN_OK) {
        uint8_t *row = malloc(plate_row_bytes(p));
        for (uint32_t y = 0; row && y < plate_page(p)->height; y++)
            if (plate_next(p, 1, row, &err)) break;
        free(row);
        snprintf(out, sizeof out, "/tmp/enn-fuzz-plate-%d.tif", (int)getpid());
        if (plate_rewrite(p, out, solid, p, &pointer, NULL, &err) == ENN_OK) unlink(out);
    }
    plate_close(p);
    close(fd);
    return 0;
}
