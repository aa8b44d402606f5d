/* libFuzzer: XMP packets of any bytes are left alone, or hold the pointer that was put in.  See
 * `make fuzz`. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "artwork/xmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static const struct xmp_pointer p = {"fuzz.xml", "00112233445566778899"};
    char lot[XMP_LOT_ID];
    uint8_t *out = NULL;
    size_t size = 0;
    struct enn_error err;
    xmp_find(bytes, n, lot);
    if (xmp_point(bytes, n, &p, &out, &size, &err) == ENN_OK && out) {
        if (!xmp_find(out, size, lot) || strcmp(lot, p.lot_id)) abort();
        free(out);
    }
    return 0;
}
