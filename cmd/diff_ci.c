/*
 * The comparison for continuous integration: a JUnit test suite of one test case, in the form of Ant's schema, which is
 * the narrowest that is about (https://github.com/windyroad/JUnit-Schema), and SARIF 2.1.0 (OASIS 2020, errata 01) with one
 * result per change.
 */
#include "diff.h"
#include "html.h"
#include "status.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_LINES = 200 }; /* of changes in the failure text of JUnit */

/* XML needs the same characters escaped as HTML: html_put. */
static void attribute(FILE *f, const char *name, const char *value)
{
    fprintf(f, " %s=\"", name);
    html_put(f, value);
    putc('"', f);
}

static void property(FILE *f, const char *name, const char *value)
{
    fputs("      <property", f);
    attribute(f, "name", name);
    attribute(f, "value", value);
    fputs("/>\n", f);
}

static void put_failure(FILE *f, const struct enn_diff *d)
{
    char text[ENN_ERROR_TEXT];
    snprintf(text, sizeof text, "%s: %llu change%s", enn_diff_text(d->answer),
             (unsigned long long)d->all_changes, d->all_changes == 1 ? "" : "s");
    fputs("      <failure", f);
    attribute(f, "message", text);
    attribute(f, "type", enn_diff_word(d->answer));
    fputs(">", f);
    for (uint32_t i = 0; i < d->n_facts; i++) {
        const struct enn_fact *k = &d->facts[i];
        if (!k->prints) continue;
        snprintf(text, sizeof text, "%s: %s -> %s\n", k->name, k->before, k->after);
        html_put(f, text);
        putc('\n', f);
    }
    for (uint32_t i = 0; i < d->n_changes && i < MAX_LINES; i++) {
        diff_describe(&d->changes[i], text, sizeof text);
        fprintf(f, "page %u: ", d->changes[i].page);
        html_put(f, text);
        putc('\n', f);
    }
    if (d->n_changes > MAX_LINES)
        fprintf(f, "and %llu more\n", (unsigned long long)(d->all_changes - MAX_LINES));
    fputs("</failure>\n", f);
}

/* When it was compared, in UTC, or what SOURCE_DATE_EPOCH says; the host is no reader's business. */
static void put_when(FILE *f)
{
    const char *epoch = getenv("SOURCE_DATE_EPOCH");
    time_t now = epoch && *epoch ? (time_t)strtoll(epoch, NULL, 10) : time(NULL);
    struct tm tm;
    char text[32];
    if (!gmtime_r(&now, &tm) || tm.tm_year < 0 || tm.tm_year > 8099 || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm))
        strcpy(text, "1970-01-01T00:00:00");
    attribute(f, "timestamp", text);
    attribute(f, "hostname", "localhost");
}

enum enn_status diff_write_junit(FILE *f, const struct diff_result *r, struct enn_error *err)
{
    const struct enn_diff *d = r->d;
    int failed = enn_diff_exit(d->answer) != 0;
    char mark[ENN_ERROR_TEXT];
    (void)err;
    fprintf(f,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite id=\"0\" package=\"enninspect\" "
            "name=\"diff\" tests=\"1\" failures=\"%d\" errors=\"0\" skipped=\"0\" time=\"%.3f\"",
            failed, d->seconds);
    put_when(f);
    fputs(">\n    <properties>\n", f);
    property(f, "old", r->before);
    property(f, "class", enn_diff_word(d->answer));
    if (*d->note) property(f, "note", d->note);
    diff_describe_mark(&d->after, mark, sizeof mark);
    if (*mark) property(f, "mark", mark);
    fputs("    </properties>\n    <testcase classname=\"artwork\"", f);
    attribute(f, "name", r->after);
    fprintf(f, " time=\"%.3f\"%s>\n", d->seconds, failed ? "" : "/");
    if (failed) {
        put_failure(f, d);
        fputs("    </testcase>\n", f);
    }
    fputs("    <system-out/>\n    <system-err/>\n  </testsuite>\n</testsuites>\n", f);
    return ENN_OK;
}

/* ---- SARIF ---- */

/* A relative reference or, for an absolute path, a file: URI (RFC 3986, RFC 8089). */
static json_t *uri(const char *path)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
    size_t n = strlen(path);
    char *text = malloc(3 * n + 16), *p = text;
    if (!text) return NULL;
    if (*path == '/') p += sprintf(p, "file://");
    for (; *path; path++)
        if (strchr(plain, *path))
            *p++ = *path;
        else
            p += sprintf(p, "%%%02X", (unsigned char)*path);
    *p = 0;
    json_t *j = json_string(text);
    free(text);
    return j;
}

static json_t *message(const char *text)
{
    json_t *j = json_string(text); /* NULL: not UTF-8 */
    return json_pack("{s:o}", "text", j ? j : json_string("a text that is not UTF-8"));
}

static json_t *rule(const char *id, const char *text)
{
    return json_pack("{s:s,s:o}", "id", id, "shortDescription", message(text));
}

static json_t *location(const struct diff_result *r, uint32_t page, const char *where)
{
    char name[96];
    snprintf(name, sizeof name, "page %u%s%s", page ? page : 1, *where ? ", " : "", where);
    return json_pack("{s:{s:{s:o}},s:[{s:s,s:s}]}", "physicalLocation", "artifactLocation", "uri",
                     uri(r->after), "logicalLocations", "fullyQualifiedName", name, "kind", "region");
}

static json_t *change_result(const struct diff_result *r, const struct enn_change *k)
{
    char text[ENN_ERROR_TEXT], where[64];
    diff_describe(k, text, sizeof text);
    snprintf(where, sizeof where, "%.1f,%.1f mm", k->x, k->y);
    return json_pack("{s:s,s:s,s:o,s:[o],s:{s:[f,f,f,f],s:f,s:f,s:s}}", "ruleId", enn_change_word(k->kind),
                     "level", "error", "message", message(text), "locations", location(r, k->page, where),
                     "properties", "box_mm", k->x, k->y, k->width, k->height, "mean_de", k->mean_de, "max_de",
                     k->max_de, "inks", k->inks);
}

static json_t *fact_result(const struct diff_result *r, const struct enn_fact *k)
{
    char text[ENN_ERROR_TEXT];
    snprintf(text, sizeof text, "%s: %s -> %s", k->name, k->before, k->after);
    return json_pack("{s:s,s:s,s:o,s:[o]}", "ruleId", enn_fact_group_word(k->group), "level",
                     k->prints ? "error" : "note", "message", message(text), "locations",
                     location(r, k->page, ""));
}

static json_t *rules(void)
{
    static const char *const changes[] = {"the same shape in another colour", "another shape",
                                          "another shape, of the size of text", "something was added",
                                          "something was removed"};
    static const char *const facts[] = {"metadata", "page size or orientation", "colour profile",
                                        "resolution", "inks or colour space", "what a PDF page paints beside its images"};
    json_t *list = json_array();
    for (int i = ENN_CHANGE_COLOUR; i <= ENN_CHANGE_REMOVED; i++)
        json_array_append_new(list, rule(enn_change_word((enum enn_change_kind)i), changes[i]));
    for (int i = ENN_FACT_METADATA; i <= ENN_FACT_CONTENT; i++)
        json_array_append_new(list, rule(enn_fact_group_word((enum enn_fact_group)i), facts[i]));
    return list;
}

enum enn_status diff_write_sarif(FILE *f, const struct diff_result *r, struct enn_error *err)
{
    const struct enn_diff *d = r->d;
    json_t *results = json_array();
    for (uint32_t i = 0; i < d->n_changes; i++)
        json_array_append_new(results, change_result(r, &d->changes[i]));
    for (uint32_t i = 0; i < d->n_facts; i++) json_array_append_new(results, fact_result(r, &d->facts[i]));
    json_t *log = json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:s,s:o}},s:o,s:{s:s}}]}", "$schema",
                            "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs",
                            "tool", "driver", "name", "enninspect", "version", ENN_VERSION, "rules", rules(),
                            "results", results, "properties", "class", enn_diff_word(d->answer));
    if (!log) return enn_fail(err, ENN_NOMEM, "out of memory");
    json_dumpf(log, f, JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(9)); /* errors: ferror(f) */
    putc('\n', f);
    json_decref(log);
    return ENN_OK;
}
