/* libFuzzer: command lines of any words are parsed or refused, with an exit code as documented, and nothing
 * is signed.  The bytes are the arguments of ennsign, one a line; its options use all kinds of values.  See
 * `make fuzz`. */
#define main ennsign_main
#include "../../cmd/ennsign.c"
#undef main
#include <getopt.h>
#include <stdint.h>

enum { MAX_WORDS = 64 };

/* Words that name files are kept out of it: only --password-file is opened while parsing. */
static int opens_a_file(const char *word)
{
    return !strncmp(word, "--pass", 6);
}

static int words_of(char *text, char **argv)
{
    int argc = 0;
    argv[argc++] = "ennsign";
    for (char *at = text, *end; at && argc < MAX_WORDS; at = end) {
        end = strchr(at, '\n');
        if (end) *end++ = 0;
        argv[argc++] = opens_a_file(at) ? "-v" : at;
    }
    argv[argc] = NULL;
    return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct cli c = {.tool = "ennsign", .synopsis = synopsis, .purpose = "fuzz"};
    struct sign_args a = {.o = enn_sign_options_default(), .passphrase_fd = NO_FD};
    char *text = malloc(n + 1), *argv[MAX_WORDS + 1];
    int64_t seconds;
    if (!text) return 0;
    memcpy(text, bytes, n);
    text[n] = 0;
    cli_date(text, &seconds);
    optind = 0; /* getopt_long starts again */
    int code = parse(&c, &a, words_of(text, argv), argv);
    if (code != -1 && code != 0 && code != 2 && code != 7 && code != 8) abort();
    if (code == -1 && (!a.o.gtin && !a.o.gs1 && !a.new_issuer)) abort(); /* nothing to sign goes through */
    cli_protection_free(&a.o.protection);
    cli_end(&c, code < 0 ? 0 : code);
    free(text);
    return 0;
}
