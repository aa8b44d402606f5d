/* libFuzzer: manifests of any bytes are refused or read, without harm.  See `make fuzz`. */
#include <stdint.h>
#include <stdlib.h>
#include "trust/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct manifest m = {0};
    struct cert_chain *chain = NULL;
    enum enn_reason reason;
    struct enn_error err;
    manifest_read(bytes, n, "fuzz", &m, &chain, &reason, &err);
    manifest_clear(&m);
    cert_chain_free(chain);
    return 0;
}
