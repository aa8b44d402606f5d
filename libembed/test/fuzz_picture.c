/* libFuzzer: pictures (PNG, JPEG, TIFF by content) of any bytes are refused or read, without harm.  See `make
 * fuzz`. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "artwork/picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct picture_options o = picture_options_default();
    struct picture p = {0};
    struct enn_error err;
    char path[64];
    int fd = memfd_create("picture", 0);
    if (fd < 0) return 0;
    if (write(fd, bytes, n) == (ssize_t)n) {
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        o.limits.max_pixels = 1000000;
        o.limits.max_memory = 64 << 20;
        o.max_keep_pixels = 100000;
        picture_read(path, &o, &p, &err);
        picture_clear(&p);
    }
    close(fd);
    return 0;
}
