/*
 * ennsign: embed a lot's mark in print-ready artwork and write its signed manifest; or make an issuer.
 *
 * Each ARTWORK is one job with an output and a manifest of its own, made by enn_sign(), which leaves nothing
 * behind when it fails.  A job that fails does not stop the others.
 */
#include "cli.h"
#include "cli_json.h"
#include "cli_protection.h"
#include "enrol.h"
#include "lotkey.h"
#include "secret.h"
#include "artwork/output.h"
#include "artwork/plate.h"
#include "trust/cert.h"
#include "trust/hex.h"
#include "trust/keys.h"
#include "trust/lot.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sign_args {
    struct enn_sign_options o;
    const char *out, *manifest, *out_dir;
    const char *passphrase_file;
    uint64_t passphrase_fd;
    const char *new_issuer;
    const char *lot_of_key, *to; /* --export-lot-key */
    int no_seal, enrol, enrol_all;
    const char *lot_key; /* --enrol */
    uint64_t step;
    char seal_beside[PATH_MAX];
    uint64_t valid_days;
    int white;
    struct cli_list masks, regions, protect_regions, technical, allow_inks;
    int plates; /* the artworks are the separations of one */
    struct cli_list inks; /* "Cyan=C.tif" */
    struct lot_statement facts; /* as they will stand in the manifest; the nonce is not the real one */
};

#define NO_FD 1000000 /* passphrase_fd when none was given */

static const char synopsis[] =
    "  ennsign [options] -k KEY -c CERT --gtin N --lot L ARTWORK -o OUT [-m MANIFEST]\n"
    "  ennsign [options] -k KEY -c CERT --gtin N --lot L ARTWORK... --out-dir DIR\n"
    "  ennsign [options] -k KEY -c CERT --gtin N --lot L --plates C.tif M.tif Y.tif K.tif --out-dir DIR [-m MANIFEST]\n"
    "  ennsign --new-issuer NAME --out-dir DIR [--valid-days N] [--passphrase-file FILE]\n"
    "  ennsign --export-lot-key MANIFEST --seal-secret FILE [--to CERT] -o KEYFILE\n"
    "  ennsign --enrol -k KEY -c CERT -m MANIFEST --lot-key KEYFILE CAPTURE... -o ENROLMENT\n";

static int parse_table(struct cli *c, struct sign_args *a, int argc, char **argv)
{
    struct enn_sign_options *o = &a->o;
    const struct cli_option own[] = {
        {"key", 'k', CLI_TEXT, "KEY", "the issuer's private key, PEM", &o->key_file, 0, 0, 0},
        {"cert", 'c', CLI_TEXT, "CERT", "the issuer's certificate, PEM; a chain ends with its anchor",
         &o->cert_file, 0, 0, 0},
        {"signer-cmd", 0, CLI_TEXT, "COMMAND", "sign with this program instead of a key file", &o->signer_cmd,
         0, 0, 0},
        {"passphrase-file", 0, CLI_TEXT, "FILE", "first line is the passphrase of the key",
         &a->passphrase_file, 0, 0, 0},
        {"passphrase-fd", 0, CLI_COUNT, "N", "the same from an open file descriptor", &a->passphrase_fd, 0,
         1023, 0},
        {"gtin", 0, CLI_TEXT, "N", "trade item number, GS1 AI 01: 8, 12, 13 or 14 digits", &o->gtin, 0, 0, 0},
        {"lot", 0, CLI_TEXT, "LOT", "lot number, GS1 AI 10: up to 20 characters", &o->lot, 0, 0, 0},
        {"expiry", 0, CLI_TEXT, "YYMMDD", "expiry date, GS1 AI 17", &o->expiry, 0, 0, 0},
        {"serial", 0, CLI_TEXT, "SERIAL", "serial number, GS1 AI 21", &o->serial, 0, 0, 0},
        {"gs1", 0, CLI_TEXT, "STRING", "the four together: '(01)...(10)...(17)...(21)...'", &o->gs1, 0, 0, 0},
        {"unit", 0, CLI_COUNT, "N", "unit index in the lot (default 0: the whole lot)", &o->unit, 0,
         1099511627775.0, 0},
        {"nonce", 0, CLI_TEXT, "HEX", "32 hex digits instead of a random lot nonce", &o->nonce_hex, 0, 0, 0},
        {"output", 'o', CLI_TEXT, "OUT", "the signed artwork", &a->out, 0, 0, 0},
        {"manifest", 'm', CLI_TEXT, "MANIFEST", "the manifest (default: OUT with .xml)", &a->manifest, 0, 0,
         0},
        {"out-dir", 0, CLI_TEXT, "DIR", "outputs go here under the artworks' names; made if missing",
         &a->out_dir, 0, 0, 0},
        {"allow-barcode-mismatch", 0, CLI_FLAG, NULL, "sign artwork whose barcodes name another lot",
         &o->allow_barcode_mismatch, 0, 0, 0},
        {"force", 0, CLI_FLAG, NULL, "replace existing outputs; mark what is marked already", &o->force, 0, 0, 0},
        {"plates", 0, CLI_FLAG, NULL, "the artworks are 1-bit separations of one: (Cyan), _C ... in their names",
         &a->plates, 0, 0, 0},
        {"ink", 0, CLI_LIST, "INK=FILE", "with --plates: a plate and its ink, whatever its name", &a->inks, 0, 0, 0},
        {"strength", 0, CLI_REAL, "S", "visibility budget, 0.1 to 4 (default 1)", &o->strength, 0.1, 4, 0},
        {"white", 0, CLI_CHOICE, "auto|never|always", "tint paper and colours without yellow (auto: if needed)",
         &a->white, 0, 0, 0},
        {"dpi", 0, CLI_REAL, "N", "resolution of artwork that names none", &o->dpi, 100, 20000, 0},
        {"profile", 0, CLI_TEXT, "FILE", "ICC output profile for artwork without one", &o->profile_file, 0, 0,
         0},
        {"screen", 0, CLI_TEXT, "SCREEN", "screening told to the printer: am:LPI or fm (default am:175)",
         &o->screen, 0, 0, 0},
        {"jpeg-reencode", 0, CLI_FLAG, NULL,
         "accept JPEG-compressed TIFF; recompressing weakens the mark a little", &o->jpeg_reencode, 0, 0, 0},
        {"protect", 0, CLI_LIST, "MASK", "picture whose dark places are not touched (one for all pages, or one each)",
         &a->masks, 0, 0, 0},
        {"region", 0, CLI_LIST, "X,Y,W,H", "mark inside this rectangle only, in mm (repeatable)", &a->regions, 0, 0, 0},
        {"protect-region", 0, CLI_LIST, "X,Y,W,H", "leave this rectangle alone, in mm (repeatable)",
         &a->protect_regions, 0, 0, 0},
        {"technical", 0, CLI_LIST, "INK", "this ink is varnish, a die line or the like (repeatable)", &a->technical, 0,
         0, 0},
        {"allow-ink", 0, CLI_LIST, "INK", "this brand ink may be marked (repeatable)", &a->allow_inks, 0, 0, 0},
        {"seal-secret", 0, CLI_TEXT, "FILE", "the issuer's seal secret (default: KEY with .seal, if it is there)",
         &o->seal_secret, 0, 0, 0},
        {"no-seal", 0, CLI_FLAG, NULL, "leave the lot's seal out", &a->no_seal, 0, 0, 0},
        {"step", 0, CLI_COUNT, "N", "position on a step-and-repeat sheet, 0 to 65535: a seal of its own", &a->step, 0,
         65535, 0},
        {"export-lot-key", 0, CLI_TEXT, "MANIFEST", "write the lot's key to -o KEYFILE; or a lot id of 20 hex digits",
         &a->lot_of_key, 0, 0, 0},
        {"to", 0, CLI_TEXT, "CERT", "encrypt the lot's key to this certificate", &a->to, 0, 0, 0},
        {"enrol", 0, CLI_FLAG, NULL, "sign what captures of good prints show, for ennverify --enrolment", &a->enrol, 0, 0, 0},
        {"lot-key", 0, CLI_TEXT, "KEYFILE", "with --enrol: key of the lot's seal", &a->lot_key, 0, 0, 0},
        {"enrol-all", 0, CLI_FLAG, NULL, "with --enrol: also captures that differ from the others", &a->enrol_all, 0, 0, 0},
        {"no-xmp", 0, CLI_FLAG, NULL, "put no pointer to the manifest into the XMP packet", &o->no_xmp, 0, 0, 0},
        {"new-issuer", 0, CLI_TEXT, "NAME", "make a key, a certificate and a seal secret in --out-dir",
         &a->new_issuer, 0, 0, 0},
        {"valid-days", 0, CLI_COUNT, "N", "validity of the new certificate (default 3650)", &a->valid_days, 1,
         36500, 0},
        {0},
    };
    return cli_parse(c, own, argc, argv);
}

static int check_issuer_args(struct cli *c, const struct sign_args *a)
{
    const struct enn_sign_options *o = &a->o;
    if (!a->out_dir) return cli_usage(c, "--new-issuer needs --out-dir DIR");
    if (c->n_files || o->key_file || o->cert_file || o->signer_cmd || o->gtin || o->lot || o->expiry ||
        o->serial || o->gs1 || o->nonce_hex || a->out || a->manifest || o->force || o->no_xmp || a->masks.n || a->regions.n ||
        a->protect_regions.n || a->technical.n || a->allow_inks.n || o->seal_secret || a->no_seal || a->step || a->to)
        return cli_usage(c, "--new-issuer goes with --out-dir, --valid-days and a passphrase only");
    return -1;
}

static int check_export_args(struct cli *c, struct sign_args *a)
{
    struct enn_sign_options *o = &a->o;
    if (!a->out) return cli_usage(c, "--export-lot-key needs -o KEYFILE");
    if (c->n_files || o->cert_file || o->signer_cmd || o->gtin || o->lot || o->expiry || o->serial || o->gs1 ||
        o->nonce_hex || a->out_dir || a->manifest || o->force || a->no_seal || a->step || a->new_issuer)
        return cli_usage(c, "--export-lot-key goes with --seal-secret (or -k), --to and -o only");
    if (!o->seal_secret && o->key_file && lotkey_beside(o->key_file, a->seal_beside)) o->seal_secret = a->seal_beside;
    if (!o->seal_secret) return cli_usage(c, "--export-lot-key needs --seal-secret FILE");
    return -1;
}

static int check_enrol_args(struct cli *c, const struct sign_args *a)
{
    const struct enn_sign_options *o = &a->o;
    if (!c->n_files) return cli_usage(c, "no CAPTURE to enrol");
    if (!a->manifest || !a->lot_key || !a->out || !o->cert_file || !o->key_file == !o->signer_cmd)
        return cli_usage(c, "--enrol needs -k KEY (or --signer-cmd), -c CERT, -m MANIFEST, --lot-key KEYFILE and -o ENROLMENT");
    if (o->gtin || o->lot || o->expiry || o->serial || o->gs1 || o->nonce_hex || a->out_dir || a->no_seal || a->step ||
        o->seal_secret || a->to || a->new_issuer || a->plates || a->inks.n)
        return cli_usage(c, "--enrol goes with -k, -c, -m, --lot-key, --enrol-all, -o and --force only");
    return -1;
}

static int check_seal_args(struct cli *c, struct sign_args *a)
{
    struct enn_sign_options *o = &a->o;
    if (a->to) return cli_usage(c, "--to goes with --export-lot-key");
    if (a->lot_key) return cli_usage(c, "--lot-key goes with --enrol");
    if (a->enrol_all) return cli_usage(c, "--enrol-all goes with --enrol");
    if (a->no_seal && (o->seal_secret || a->step))
        return cli_usage(c, "--no-seal excludes --seal-secret and --step");
    if (!a->no_seal && !o->seal_secret && o->key_file && lotkey_beside(o->key_file, a->seal_beside))
        o->seal_secret = a->seal_beside;
    if (a->step && !o->seal_secret) return cli_usage(c, "--step needs --seal-secret FILE");
    o->step = (uint32_t)a->step;
    return -1;
}

/* "am:20" .. "am:400" with a fraction, or "fm". */
static int screen_ok(const char *s)
{
    if (!strcmp(s, "fm")) return 1;
    if (strncmp(s, "am:", 3) || !s[3] || strspn(s + 3, "0123456789.") != strlen(s + 3)) return 0;
    char *end;
    double lpi = strtod(s + 3, &end);
    return !*end && lpi >= 20 && lpi <= 400;
}

static int check_facts(struct cli *c, struct sign_args *a)
{
    const struct enn_sign_options *o = &a->o;
    struct enn_error err = {0};
    if (o->gs1 && (o->gtin || o->lot || o->expiry || o->serial))
        return cli_usage(c, "--gs1 replaces --gtin, --lot, --expiry and --serial");
    if (!o->gs1 && (!o->gtin || !o->lot)) return cli_usage(c, "--gtin and --lot (or --gs1) are needed");
    if (o->nonce_hex && !cli_is_hex(o->nonce_hex, 32))
        return cli_usage(c, "--nonce: 32 hex digits are needed");
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    if (epoch && (!*epoch || strlen(epoch) > 12 || strspn(epoch, "0123456789") != strlen(epoch)))
        return cli_usage(c, "SOURCE_DATE_EPOCH: '%s' is not a number of seconds", epoch);
    if (o->screen && !screen_ok(o->screen))
        return cli_usage(c, "--screen: '%s' is not am:LPI or fm", o->screen);
    struct lot_facts f = {.issuer = "-",
                          .gtin = o->gtin,
                          .lot = o->lot,
                          .expiry = o->expiry,
                          .serial = o->serial,
                          .gs1 = o->gs1,
                          .nonce_hex = "00000000000000000000000000000000"};
    enum enn_status s = lot_make(&f, &a->facts, &err);
    if (s == ENN_USAGE) return cli_usage(c, "%s", err.text);
    if (s == ENN_OK) return -1;
    cli_message(c, "%s", err.text);
    if (c->json) cli_json_failure(c, NULL, s, err.text);
    return enn_status_exit(s);
}

static int check_sign_args(struct cli *c, struct sign_args *a)
{
    const struct enn_sign_options *o = &a->o;
    if (!c->n_files && !(a->plates && a->inks.n)) return cli_usage(c, "no ARTWORK to sign");
    if (a->inks.n && !a->plates) return cli_usage(c, "--ink goes with --plates");
    if (a->plates && !a->out_dir) return cli_usage(c, "--plates needs --out-dir DIR");
    if (a->plates && c->n_files + a->inks.n > ENN_MAX_INKS)
        return cli_usage(c, "a set has at most %d plates", ENN_MAX_INKS);
    for (int i = 0; i < a->inks.n; i++) {
        const char *is = strchr(a->inks.item[i], '=');
        if (!is || is == a->inks.item[i] || !is[1] || is - a->inks.item[i] > 63)
            return cli_usage(c, "--ink: '%s' is not INK=FILE", a->inks.item[i]);
    }
    if (a->valid_days) return cli_usage(c, "--valid-days goes with --new-issuer");
    if (!o->cert_file) return cli_usage(c, "-c CERT is needed");
    if (!o->key_file == !o->signer_cmd)
        return cli_usage(c, "one of -k KEY and --signer-cmd COMMAND is needed");
    if (o->signer_cmd && (a->passphrase_file || a->passphrase_fd != NO_FD))
        return cli_usage(c, "a passphrase goes with -k KEY");
    if (!a->out == !a->out_dir) return cli_usage(c, "one of -o OUT and --out-dir DIR is needed");
    if (a->out && c->n_files > 1)
        return cli_usage(c, "several artworks need --out-dir DIR instead of -o OUT");
    if (a->manifest && !a->out && !a->plates) return cli_usage(c, "-m MANIFEST goes with -o OUT");
    for (int i = 0; i < c->n_files; i++)
        if (!strcmp(c->files[i], "-")) return cli_usage(c, "artwork cannot be read from standard input");
    if ((a->out && !strcmp(a->out, "-")) || (a->manifest && !strcmp(a->manifest, "-")))
        return cli_usage(c, "outputs cannot be written to standard output");
    return check_facts(c, a);
}

static int parse(struct cli *c, struct sign_args *a, int argc, char **argv)
{
    int done = parse_table(c, a, argc, argv);
    if (done >= 0) return done;
    if (a->passphrase_file && a->passphrase_fd != NO_FD)
        return cli_usage(c, "--passphrase-file and --passphrase-fd exclude each other");
    struct cli_protection given = {&a->masks, &a->regions, &a->protect_regions, &a->technical, &a->allow_inks};
    done = cli_protection(c, &given, &a->o.protection);
    if (done >= 0) return done;
    a->o.white = (enum enn_white)a->white;
    a->o.threads = (int)c->threads;
    a->o.limits = c->limits;
    a->o.password = c->password;
    a->o.pending = cli_pending();
    a->o.progress = cli_progress;
    a->o.progress_user = c;
    if (a->lot_of_key) return check_export_args(c, a);
    if (a->new_issuer) return check_issuer_args(c, a);
    if (a->enrol) return check_enrol_args(c, a);
    done = check_seal_args(c, a);
    return done >= 0 ? done : check_sign_args(c, a);
}

static int fail(struct cli *c, const char *file, enum enn_status s, const char *detail)
{
    cli_message(c, "%s", detail);
    if (c->json) cli_json_failure(c, file, s, detail);
    return enn_status_exit(s);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* The artwork's name with its extension replaced by .xml, as enn_sign() does by default. */
static int default_manifest(const char *out, char manifest[PATH_MAX])
{
    const char *dot = strrchr(base_name(out), '.');
    int n = (int)(dot && dot != base_name(out) ? dot - out : (long)strlen(out));
    return snprintf(manifest, PATH_MAX, "%.*s.xml", n, out) < PATH_MAX ? 0 : -1;
}

static int same_file(const char *a, const char *b)
{
    struct stat s, t;
    if (!strcmp(a, b)) return 1;
    return !stat(a, &s) && !stat(b, &t) && s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/* What is left as it was, or stored in another way, by name. */
static void tell_notes(const struct enn_sign_report *r, int all)
{
    enum { MOST = 12 };
    uint32_t n = all || r->n_notes <= MOST ? r->n_notes : MOST;
    for (uint32_t i = 0; i < n; i++)
        cli_line("", "%s%s%s%s", r->notes[i].name, r->notes[i].name[0] ? ": " : "",
                 r->notes[i].left_alone ? "left alone: " : "stored as ", r->notes[i].text);
    if (n < r->n_notes) cli_line("", "and %u more: -v or --json lists them", r->n_notes - n);
}

static void report(const struct cli *c, const struct cli_signed *s)
{
    const struct enn_sign_report *r = s->report;
    cli_put(stdout, s->output);
    printf(": SIGNED\n");
    cli_line("manifest", "%s", s->manifest);
    cli_line("lot", "%s, GTIN %s%s%s", s->lot, s->gtin, s->expiry && *s->expiry ? ", expiry " : "",
             s->expiry ? s->expiry : "");
    cli_line("lot id", "%s", r->lot_id);
    cli_line("artwork", "%.1f x %.1f mm, %u page%s; %.0f cm2 marked, %.0f cm2 of it by a tint of yellow", r->width_mm,
             r->height_mm, r->pages, r->pages == 1 ? "" : "s", r->marked_cm2, r->white_cm2);
    cli_line("reading", "%.1f times the energy needed at 20 px/mm, %.1f times at 10 px/mm",
             r->capacity.panel_20, r->capacity.panel_10);
    if (r->left_alone) cli_line("images", "%u left alone, without the mark", r->left_alone);
    if (r->pages_left_alone)
        cli_line("pages", "%u without an image large enough for the mark: left alone", r->pages_left_alone);
    if (r->reencoded) cli_line("jpeg", "%u image%s encoded again, a little lossy", r->reencoded, r->reencoded == 1 ? "" : "s");
    tell_notes(r, c->verbose);
    if (!r->xmp) cli_line("xmp", "no pointer to the manifest in the file");
    if (r->luminance)
        cli_line("carrier", "lightness of %s: reads worse than colour does", r->carrier_ink);
    if (r->barcodes.n)
        cli_line("barcodes", "%u read the same before and after", r->barcodes.n);
    if (r->other_barcodes)
        cli_line("", "%u name another GTIN than the example the lot is signed under", r->other_barcodes);
    if (r->sealed) cli_line("seal", "of this lot, to %.1f cycles/mm", r->seal_top);
    if (r->plates)
        cli_line("plates", "%u; the mark is in %s, whose dots could take %.0f %% of it; any cm2 keeps its tone to %.2f "
                 "points", r->plates, r->plate_carriers, 100 * r->plate_reach, r->plate_tone);
    if (r->plates && *r->missing_plates)
        cli_line("", "not in the set, and not in the manifest: %s", r->missing_plates);
    if (r->white_used) cli_line("white", "marked: %.2f %% yellow on average", r->mean_tint);
    if (r->yellow_added) cli_line("warning", "yellow prints nowhere else: a plate more (--white=never: without it)");
    if (r->capacity.panel_20 < 1)
        cli_line("warning", "this artwork holds too little mark to be read without its manifest");
    if (!c->verbose) return;
    cli_line("window", "25 x 25 mm: %.1f times at 20 px/mm, %.1f times at 10 px/mm", r->capacity.window25_20,
             r->capacity.window25_10);
    for (uint32_t i = 0; i < r->inks && i < 8; i++)
        cli_line("coverage", "ink %u: %+.3f points", i + 1, r->coverage_change[i]);
    cli_line("time", "%.2f s", r->seconds);
    cli_stages_line(c);
}

static int tell(struct cli *c, const struct sign_args *a, const char *file, const char *out,
                const char *manifest, struct enn_sign_report *r)
{
    struct cli_signed done = {.file = file,
                              .output = out,
                              .manifest = manifest,
                              .gtin = a->facts.gtin,
                              .lot = a->facts.lot,
                              .expiry = a->facts.expiry,
                              .unit = a->o.unit,
                              .report = r};
    cli_progress_erase(c);
    if (c->json)
        cli_json_signed(c, &done);
    else if (!c->quiet)
        report(c, &done);
    enn_sign_report_clear(r);
    return 0;
}

static int sign_one(struct cli *c, const struct sign_args *a, const char *file, const char *out)
{
    struct enn_sign_report r = {0};
    struct enn_error err = {0};
    char manifest[PATH_MAX], text[ENN_ERROR_TEXT];
    if (a->manifest)
        snprintf(manifest, sizeof manifest, "%s", a->manifest);
    else if (default_manifest(out, manifest))
        return fail(c, file, ENN_USAGE, "the output's name is too long");
    if (same_file(file, out) || same_file(file, manifest) || same_file(out, manifest)) {
        snprintf(text, sizeof text, "%s: input, output and manifest must be three files", file);
        return fail(c, file, ENN_USAGE, text);
    }
    cli_stages_begin(c);
    enum enn_status s = enn_sign(&a->o, file, out, manifest, &r, &err);
    if (s != ENN_OK) return fail(c, file, s, err.text);
    return tell(c, a, file, out, manifest, &r);
}

/* The plates in the order of the command line, those of --ink behind.  The manifest has by default the yellow
 * plate's name. */
static int sign_plates(struct cli *c, const struct sign_args *a)
{
    struct enn_plate set[ENN_MAX_INKS];
    char ink[ENN_MAX_INKS][64], manifest[PATH_MAX], out[PATH_MAX] = "", text[ENN_ERROR_TEXT];
    size_t n = 0;
    for (int i = 0; i < c->n_files; i++) set[n++] = (struct enn_plate){c->files[i], NULL};
    for (int i = 0; i < a->inks.n; i++, n++) {
        const char *is = strchr(a->inks.item[i], '=');
        snprintf(ink[n], sizeof ink[n], "%.*s", (int)(is - a->inks.item[i]), a->inks.item[i]);
        set[n] = (struct enn_plate){is + 1, ink[n]};
    }
    const char *yellow = set[0].file;
    for (size_t i = 0; i < n; i++) {
        if (!set[i].ink && !plate_ink(set[i].file, ink[i])) continue;
        if (!strcmp(ink[i], "Yellow")) yellow = set[i].file;
    }
    if (snprintf(out, sizeof out, "%s/%s", a->out_dir, base_name(yellow)) >= PATH_MAX ||
        default_manifest(out, manifest))
        return fail(c, yellow, ENN_USAGE, "the output's name is too long");
    if (a->manifest) snprintf(manifest, sizeof manifest, "%s", a->manifest);
    int made = !mkdir(a->out_dir, 0777);
    if (!made && errno != EEXIST) {
        snprintf(text, sizeof text, "%s: cannot be made: %s", a->out_dir, strerror(errno));
        return fail(c, NULL, ENN_IO, text);
    }
    struct enn_sign_report r = {0};
    struct enn_error err = {0};
    cli_stages_begin(c);
    enum enn_status s = enn_sign_plates(&a->o, set, n, a->out_dir, manifest, &r, &err);
    if (s != ENN_OK && made) rmdir(a->out_dir);
    return s != ENN_OK ? fail(c, yellow, s, err.text) : tell(c, a, yellow, out, manifest, &r);
}

/* Two artworks of one name, or that differ in the extension only, would overwrite each other's outputs. */
static const char *clash(const struct cli *c)
{
    for (int i = 0; i < c->n_files; i++)
        for (int j = 0; j < i; j++) {
            char a[PATH_MAX], b[PATH_MAX];
            if (default_manifest(base_name(c->files[i]), a) || default_manifest(base_name(c->files[j]), b) ||
                !strcmp(a, b))
                return c->files[i];
        }
    return NULL;
}

static int sign_into_dir(struct cli *c, const struct sign_args *a)
{
    const char *twice = clash(c);
    if (twice) return cli_usage(c, "%s: another artwork would have the same output in --out-dir", twice);
    int made = !mkdir(a->out_dir, 0777), exit_code = 0, n_signed = 0;
    if (!made && errno != EEXIST) {
        char text[ENN_ERROR_TEXT];
        snprintf(text, sizeof text, "%s: cannot be made: %s", a->out_dir, strerror(errno));
        return fail(c, NULL, ENN_IO, text);
    }
    for (int i = 0; i < c->n_files; i++) {
        char out[PATH_MAX];
        int n = snprintf(out, sizeof out, "%s/%s", a->out_dir, base_name(c->files[i])), code;
        if (n >= PATH_MAX)
            code = fail(c, c->files[i], ENN_USAGE, "the output's name is too long");
        else
            code = sign_one(c, a, c->files[i], out);
        n_signed += code == 0;
        exit_code = cli_worse(exit_code, code);
    }
    if (made && !n_signed) rmdir(a->out_dir);
    return exit_code;
}

/* The pin is told here because this is the moment when it can be passed on by a second way. */
static int new_issuer(struct cli *c, const struct sign_args *a, const char *passphrase)
{
    const struct enn_issuer_options o = {.name = a->new_issuer,
                                         .out_dir = a->out_dir,
                                         .passphrase = passphrase,
                                         .valid_days = (int)a->valid_days};
    struct enn_error err = {0};
    enum enn_status s = enn_issuer_create(&o, &err);
    if (s != ENN_OK) return fail(c, NULL, s, err.text);
    char base[65], key[PATH_MAX], crt[PATH_MAX], seal[PATH_MAX], pin[65] = "";
    issuer_base_name(a->new_issuer, base);
    snprintf(key, sizeof key, "%s/%s.key", a->out_dir, base);
    snprintf(crt, sizeof crt, "%s/%s.crt", a->out_dir, base);
    snprintf(seal, sizeof seal, "%s/%s.seal", a->out_dir, base);
    struct cert_chain *chain = NULL;
    s = cert_chain_load(crt, &chain, &err);
    if (s != ENN_OK) return fail(c, crt, s, err.text);
    hex_encode(cert_chain_anchor(chain), CERT_FINGERPRINT_BYTES, pin);
    cert_chain_free(chain);
    if (c->json) cli_json_issuer(c, key, crt, seal, pin);
    if (c->json || c->quiet) return 0;
    cli_put(stdout, a->new_issuer);
    printf(": issuer made\n");
    cli_line("key", "%s (secret%s)", key,
             passphrase ? ", encrypted" : ", not encrypted: see --passphrase-file");
    cli_line("seal", "%s (secret)", seal);
    cli_line("trust", "%s (give this to those who verify)", crt);
    cli_line("pin", "%s", pin);
    return 0;
}

static int enrol(struct cli *c, const struct sign_args *a)
{
    struct enn_enrol_options o = enn_enrol_options_default();
    o.manifest = a->manifest;
    o.lot_key = a->lot_key;
    o.key_file = a->o.key_file;
    o.cert_file = a->o.cert_file;
    o.passphrase = a->o.passphrase;
    o.signer_cmd = a->o.signer_cmd;
    o.out = a->out;
    o.force = a->o.force;
    o.all = a->enrol_all;
    return enrol_run(c, &o);
}

static int run(struct cli *c, struct sign_args *a)
{
    char passphrase[SECRET_MAX + 1];
    struct enn_error err = {0};
    enum enn_status s = ENN_OK;
    int given = a->passphrase_file || a->passphrase_fd != NO_FD, code;
    if (a->passphrase_file)
        s = secret_from_file(a->passphrase_file, passphrase, &err);
    else if (given)
        s = secret_from_fd((int)a->passphrase_fd, passphrase, &err);
    if (s != ENN_OK) return s == ENN_USAGE ? cli_usage(c, "%s", err.text) : fail(c, NULL, s, err.text);
    a->o.passphrase = given ? passphrase : NULL;
    if (a->lot_of_key)
        code = lotkey_export(c, a->o.seal_secret, a->lot_of_key, a->to, a->out);
    else if (a->enrol)
        code = enrol(c, a);
    else if (a->new_issuer)
        code = new_issuer(c, a, a->o.passphrase);
    else if (a->plates)
        code = sign_plates(c, a);
    else if (a->out_dir)
        code = sign_into_dir(c, a);
    else
        code = sign_one(c, a, c->files[0], a->out);
    explicit_bzero(passphrase, sizeof passphrase);
    return code;
}

int main(int argc, char **argv)
{
    struct cli c = {.tool = "ennsign",
                    .synopsis = synopsis,
                    .purpose = "embed a lot's mark in print-ready artwork and write its signed manifest"};
    struct sign_args a = {.o = enn_sign_options_default(), .passphrase_fd = NO_FD};
    cli_start();
    int exit_code = parse(&c, &a, argc, argv);
    if (exit_code < 0) exit_code = run(&c, &a);
    cli_protection_free(&a.o.protection);
    return cli_end(&c, exit_code);
}
