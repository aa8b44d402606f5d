/* Lot keys given out one by one (lotkey.h). */
#include "lotkey.h"
#include "cli_json.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int lotkey_beside(const char *key_file, char out[PATH_MAX])
{
    size_t n = strlen(key_file);
    if (n < 4 || strcmp(key_file + n - 4, ".key") || n + 2 > PATH_MAX) return 0;
    snprintf(out, PATH_MAX, "%.*s.seal", (int)(n - 4), key_file);
    return access(out, F_OK) == 0;
}

int lotkey_export(struct cli *c, const char *secret, const char *lot, const char *to, const char *out)
{
    char lot_id[21] = "";
    struct enn_error err = {0};
    enum enn_status s = enn_export_lot_key(secret, lot, to, out, lot_id, &err);
    if (s != ENN_OK) {
        cli_message(c, "%s", err.text);
        if (c->json) cli_json_failure(c, lot, s, err.text);
        return enn_status_exit(s);
    }
    if (c->json) cli_json_lot_key(c, lot_id, out, to != NULL);
    if (c->json || c->quiet) return 0;
    cli_put(stdout, out);
    printf(": lot key written\n");
    cli_line("lot id", "%s", lot_id);
    if (to)
        cli_line("key", "encrypted to %s", to);
    else
        cli_line("key", "secret: whoever has it can see, and forge, the seal of this lot");
    return 0;
}
