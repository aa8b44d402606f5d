/* PDF, step 5: opening, and the front for artwork.h.
 *
 * qpdf (Apache-2.0) reads the structure.  Its repair of damaged files is left off: what a press gets must
 * not depend on how a reader guesses. */
#include "artwork/pdf_file.h"
#include "status.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- page geometry ---- */

/* Reads a rectangle with its corners in order.  0: none. */
static int read_box(struct pdf_artwork *a, qpdf_oh page, const char *key, double box[4])
{
    double v[4];
    if (pdf_get_numbers(a, pdf_get_inherited(a, page, key), v, 4) != 4) return 0;
    for (int i = 0; i < 4; i++)
        if (!(fabs(v[i]) < 1e7)) return 0;
    box[0] = fmin(v[0], v[2]), box[1] = fmin(v[1], v[3]);
    box[2] = fmax(v[0], v[2]), box[3] = fmax(v[1], v[3]);
    return box[2] > box[0] && box[3] > box[1];
}

/* User space (y up) to mm as displayed (y down) from the top left corner, the page turned clockwise by
 * Rotate. */
static void place_sheet(struct pdf_sheet *s)
{
    const double k = 25.4 / 72 * s->unit, *b = s->media;
    const double maps[4][6] = {
        {k, 0, 0, -k, -k * b[0], k * b[3]},
        {0, k, k, 0, -k * b[1], -k * b[0]},
        {-k, 0, 0, k, k * b[2], -k * b[1]},
        {0, -k, -k, 0, k * b[3], k * b[2]},
    };
    memcpy(s->to_mm, maps[s->rotate / 90], sizeof s->to_mm);
}

static enum enn_status read_sheet(struct pdf_artwork *a, uint32_t index, struct enn_error *err)
{
    struct pdf_sheet *s = &a->sheets[index];
    qpdf_oh page = qpdf_get_page_n(a->q, index);
    if (!qpdf_oh_is_dictionary(a->q, page)) return pdf_fail(a, "a page is not a dictionary", err);
    if (!read_box(a, page, "/MediaBox", s->media))
        return enn_fail(err, ENN_FORMAT, "%s: PDF: page %u has no MediaBox", a->name, index + 1);
    if (!read_box(a, page, "/CropBox", s->crop)) memcpy(s->crop, s->media, sizeof s->crop);
    s->has_trim = read_box(a, page, "/TrimBox", s->trim);
    s->has_bleed = read_box(a, page, "/BleedBox", s->bleed);
    double turn = 0;
    qpdf_oh rotate = pdf_get_inherited(a, page, "/Rotate");
    if (!qpdf_oh_is_null(a->q, rotate) &&
        (!qpdf_oh_get_value_as_number(a->q, rotate, &turn) || fmod(turn, 90) != 0))
        return enn_fail(err, ENN_FORMAT, "%s: PDF: page %u: Rotate is not a multiple of 90", a->name,
                        index + 1);
    s->rotate = ((int)fmod(turn, 360) + 360) % 360;
    s->unit = pdf_get_number(a, page, "/UserUnit", 1);
    if (!(s->unit > 0 && s->unit <= 75000))
        return enn_fail(err, ENN_FORMAT, "%s: PDF: page %u: UserUnit out of range", a->name, index + 1);
    place_sheet(s);
    qpdf_oh_release_all(a->q);
    return ENN_OK;
}

enum enn_status pdf_sheets_read(struct pdf_artwork *a, struct enn_error *err)
{
    int n = qpdf_get_num_pages(a->q);
    if (n < 0 || qpdf_has_error(a->q)) return pdf_fail(a, "the page tree cannot be read", err);
    if (n == 0) return enn_fail(err, ENN_FORMAT, "%s: PDF: has no page", a->name);
    if ((unsigned)n > PDF_MAX_PAGES) return enn_fail(err, ENN_LIMIT, "%s: PDF: %d pages", a->name, n);
    a->sheets = calloc((size_t)n, sizeof *a->sheets);
    if (!a->sheets) return pdf_no_memory(a, err);
    enum enn_status s = ENN_OK;
    for (int i = 0; !s && i < n; i++, a->n_sheets++) s = read_sheet(a, (uint32_t)i, err);
    return s;
}

/* ---- digital signatures ---- */

/* SigFlags bit 1, a permissions dictionary (certified documents), or a signed field at the top level of
 * the form. */
static int find_signature(struct pdf_artwork *a)
{
    char type[PDF_NAME_MAX + 1];
    qpdf_oh root = qpdf_get_root(a->q), form = qpdf_oh_get_key(a->q, root, "/AcroForm");
    int found = qpdf_oh_is_dictionary(a->q, qpdf_oh_get_key(a->q, root, "/Perms"));
    if (qpdf_oh_is_dictionary(a->q, form)) {
        found |= (int)(pdf_get_int(a, form, "/SigFlags", 0) & 1);
        qpdf_oh fields = qpdf_oh_get_key(a->q, form, "/Fields");
        int n = qpdf_oh_is_array(a->q, fields) ? qpdf_oh_get_array_n_items(a->q, fields) : 0;
        for (int i = 0; !found && i < n && i < 10000; i++) {
            qpdf_oh f = qpdf_oh_get_array_item(a->q, fields, i);
            if (qpdf_oh_is_dictionary(a->q, f))
                found = !strcmp(pdf_get_name(a, f, "/FT", type), "/Sig") &&
                        qpdf_oh_is_dictionary(a->q, qpdf_oh_get_key(a->q, f, "/V"));
        }
    }
    qpdf_oh_release_all(a->q);
    return found;
}

/* ---- the front ---- */

static void collect_warnings(struct pdf_artwork *a)
{
    while (qpdf_more_warnings(a->q)) {
        const char *text = qpdf_get_error_message_detail(a->q, qpdf_next_warning(a->q));
        size_t n = strlen(a->warnings);
        if (text && n + strlen(text) + 2 <= sizeof a->warnings)
            sprintf(a->warnings + n, "%s%s", n ? "\n" : "", text);
    }
    for (char *c = a->warnings; *c; c++)
        if (((unsigned char)*c < 0x20 && *c != '\n') || *c == 0x7f) *c = '?';
}

static void close_pdf(struct artwork *base)
{
    struct pdf_artwork *a = (struct pdf_artwork *)base;
    if (a->q) qpdf_cleanup(&a->q);
    for (size_t i = 0; i < a->n_images; i++) free(a->images[i].palette);
    for (size_t i = 0; i < a->n_units; i++) free(a->units[i].paints);
    for (size_t i = 0; i < a->n_icc; i++) free(a->icc[i].data);
    free(a->sheets);
    free(a->images);
    free(a->units);
    free(a->nodes);
    free(a->leaves);
    free(a->shown);
    free(a->icc);
    close(a->fd);
    free(a->name);
    free(a);
}

static void set_threads(struct artwork *base, int threads)
{
    ((struct pdf_artwork *)base)->threads = threads;
}
static size_t count_pages(const struct artwork *base)
{
    return ((const struct pdf_artwork *)base)->n_shown;
}
static const struct artwork_page *page_info(const struct artwork *base, size_t page)
{
    return &((const struct pdf_artwork *)base)->shown[page].info;
}
static const char *warnings(const struct artwork *base)
{
    return ((const struct pdf_artwork *)base)->warnings;
}
static const char *format(const struct artwork *base)
{
    (void)base;
    return "PDF";
}

static const struct artwork_ops pdf_ops = {
    .close = close_pdf,
    .set_threads = set_threads,
    .pages = count_pages,
    .page = page_info,
    .warnings = warnings,
    .format = format,
    .read = pdf_artwork_read,
    .rewrite = pdf_artwork_rewrite,
    .notes = pdf_artwork_notes,
};

/* qpdf wants a name; the descriptor has one under /proc, which is the same file even when it was renamed
 * since. */
static enum enn_status read_structure(struct pdf_artwork *a, const char *password, struct enn_error *err)
{
    char path[32];
    struct stat st;
    if (fstat(a->fd, &st)) return enn_fail(err, ENN_IO, "%s: %s", a->name, strerror(errno));
    if (!S_ISREG(st.st_mode)) return enn_fail(err, ENN_IO, "%s: is not a regular file", a->name);
    a->size = (uint64_t)st.st_size;
    enum enn_status s = pdf_guard(a, err);
    if (s) return s;
    a->q = qpdf_init();
    if (!a->q) return pdf_no_memory(a, err);
    qpdf_silence_errors(a->q);
    qpdf_set_suppress_warnings(a->q, 1);
    qpdf_set_attempt_recovery(a->q, 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", a->fd);
    if (qpdf_read(a->q, path, password) & QPDF_ERRORS) return pdf_fail(a, "cannot be read", err);
    return ENN_OK;
}

enum enn_status pdf_artwork_open(int fd, const char *name, const struct enn_limits *limits,
                                 const char *password, struct artwork **out, struct enn_error *err)
{
    *out = NULL;
    struct pdf_artwork *a = calloc(1, sizeof *a);
    if (a) a->name = strdup(name);
    if (!a || !a->name) {
        free(a);
        close(fd);
        return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    }
    a->base.ops = &pdf_ops;
    a->fd = fd;
    a->threads = 1;
    a->limits = *limits;
    enum enn_status s = read_structure(a, password, err);
    if (!s) s = pdf_sheets_read(a, err);
    if (!s) s = pdf_intents_read(a, err);
    if (!s) s = pdf_walk(a, err);
    if (!s) s = pdf_show(a, err);
    if (!s) s = pdf_elsewhere(a, err);
    if (!s) s = pdf_xmp_read(a, err);
    if (!s) a->is_signed = find_signature(a);
    if (!s) collect_warnings(a);
    if (s)
        close_pdf(&a->base);
    else
        *out = &a->base;
    return s;
}
