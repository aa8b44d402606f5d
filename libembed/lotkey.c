/* A lot's key of the seal, given out: manifest or lot id -> key -> file. */
#include "status.h"
#include "trust/hex.h"
#include "trust/manifest.h"
#include "trust/sealsecret.h"
#include <string.h>

static enum enn_status id_of_manifest(const char *file, char lot_id[21], struct enn_error *err)
{
    struct manifest m;
    struct cert_chain *chain = NULL;
    enum enn_reason why;
    enum enn_status st = manifest_read_file(file, &m, &chain, &why, err);
    if (st) return st;
    memcpy(lot_id, m.lot_id, sizeof m.lot_id);
    manifest_clear(&m);
    cert_chain_free(chain);
    return ENN_OK;
}

enum enn_status enn_export_lot_key(const char *secret_file, const char *lot, const char *to, const char *out,
                                   char lot_id[21], struct enn_error *err)
{
    uint8_t id[LOT_ID_BYTES];
    struct seal_key key;
    char text[21];
    enum enn_status st = ENN_OK;
    if (hex_decode(lot, 0, id, sizeof id)) {
        hex_encode(id, sizeof id, text);
    } else {
        st = id_of_manifest(lot, text, err);
        if (!st) hex_decode(text, 1, id, sizeof id); /* manifest_read has checked it */
    }
    if (!st) st = seal_key_derive(secret_file, id, &key, err);
    if (st) return st;
    st = seal_key_write(&key, out, to, err);
    seal_key_wipe(&key);
    if (!st && lot_id) memcpy(lot_id, text, sizeof text);
    return st;
}
