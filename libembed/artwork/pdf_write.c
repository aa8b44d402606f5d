/* PDF, step 8: the signed copy.
 *
 * Each signable image goes through the filter and back into a stream; pdf_split says which object becomes
 * it.  qpdf then writes all objects that are still reached: streams that were not touched with the very
 * bytes they had, object streams, version, encryption and linearisation as they were.  An incremental
 * update would leave the unsigned samples in the file. */
#include "artwork/pdf_rows.h"
#include "artwork/pdf_scale.h"
#include "artwork/pdf_flate.h"
#include "artwork/pdf_split.h"
#include "status.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct rewrite {
    struct pdf_artwork *a;
    const char *out;
    artwork_filter_fn filter;
    void *user;
    uint64_t encoded; /* bytes that qpdf holds of new streams */
    struct enn_error *err;
};

/* One image being encoded: DCT as DCT, everything else as Flate. */
struct encoder {
    const struct pdf_image *image;
    struct pdf_dct_writer *dct;
    struct pdf_deflate *flate;
    int predicted;
    uint8_t *row; /* as it will be stored */
};

/* ---- samples back to a stream ---- */

static void store(const struct pdf_image *i, const void *from, uint8_t *row)
{
    unsigned n = i->info.samples, wide = i->info.bits == 16;
    const uint8_t *f8 = from;
    const uint16_t *f16 = from;
    for (unsigned j = 0; j < n; j++) {
        unsigned to = i->order[j],
                 flip = i->invert[j] && !i->palette && !i->scaled ? (wide ? 65535 : 255) : 0;
        for (size_t x = 0; x < i->info.width; x++) {
            size_t at = x * n + to;
            unsigned v = (wide ? f16[x * n + j] : f8[x * n + j]) ^ flip;
            if (wide)
                row[2 * at] = (uint8_t)(v >> 8), row[2 * at + 1] = (uint8_t)v;
            else
                row[at] = (uint8_t)v;
        }
    }
}

static enum enn_status encoder_open(struct rewrite *w, struct encoder *e, struct pdf_rows *r)
{
    const struct pdf_image *i = r->image;
    const struct pdf_encoding *c = &i->encoding;
    size_t pixel = (size_t)i->info.samples * i->info.bits / 8, row = pixel * i->info.width;
    *e = (struct encoder){.image = i, .row = malloc(row)};
    e->predicted = c->n_filters && c->filters[c->n_filters - 1].kind >= PDF_LZW &&
                   c->filters[c->n_filters - 1].predictor > 1 && i->info.samples <= 32;
    if (!e->row) return pdf_no_memory(w->a, w->err);
    if (r->dct) return pdf_dct_writer_new(r->dct, &e->dct, w->err);
    e->flate = pdf_deflate_new(row, e->predicted ? pixel : 0);
    return e->flate ? ENN_OK : pdf_no_memory(w->a, w->err);
}

static void encoder_close(struct encoder *e)
{
    pdf_dct_writer_free(e->dct);
    pdf_deflate_free(e->flate);
    free(e->row);
}

/* plain: the rows as they were stored, of a scaled image. */
static enum enn_status encode_rows(struct rewrite *w, struct encoder *e, const uint8_t *plain, uint8_t *rows,
                                   uint32_t n)
{
    const struct artwork_page *p = &e->image->info;
    size_t pitch = (size_t)p->width * p->samples * p->bits / 8;
    enum enn_status s = ENN_OK;
    for (uint32_t i = 0; !s && i < n; i++) {
        if (plain) pdf_scale_back(e->image, plain + i * pitch, rows + i * pitch);
        store(e->image, rows + i * pitch, e->row);
        if (e->dct)
            s = pdf_dct_writer_row(e->dct, e->row, w->err);
        else if (!pdf_deflate_rows(e->flate, e->row, 1))
            s = pdf_no_memory(w->a, w->err);
    }
    uint64_t held = w->encoded + (e->flate ? pdf_deflate_size(e->flate) : 0);
    if (!s && held > w->a->limits.max_memory)
        s = enn_fail(w->err, ENN_LIMIT, "%s: the signed images take more memory than allowed", w->a->name);
    return s;
}

/* The dictionary entries that say how the samples lie in the stream. */
static void describe_stream(struct pdf_artwork *a, const struct encoder *e, qpdf_oh stream,
                            const uint8_t *data, size_t n)
{
    static const char *const names[] = {"", "/DeviceGray", "", "/DeviceRGB", "/DeviceCMYK"};
    const struct pdf_image *i = e->image;
    qpdf_oh dict = qpdf_oh_get_dict(a->q, stream), parms = qpdf_oh_new_null(a->q);
    if (i->palette) {
        qpdf_oh space = qpdf_oh_get_key(a->q, dict, "/ColorSpace");
        qpdf_oh_replace_key(a->q, dict, "/ColorSpace", qpdf_oh_get_array_item(a->q, space, 1));
    }
    if (i->palette || i->encoding.codec == PDF_CODEC_JPX) qpdf_oh_remove_key(a->q, dict, "/Decode");
    if (i->own_space)
        qpdf_oh_replace_key(a->q, dict, "/ColorSpace", qpdf_oh_new_name(a->q, names[i->own_space]));
    qpdf_oh_replace_key(a->q, dict, "/BitsPerComponent", qpdf_oh_new_integer(a->q, i->info.bits));
    if (e->predicted && e->flate) {
        parms = qpdf_oh_new_dictionary(a->q);
        qpdf_oh_replace_key(a->q, parms, "/Predictor", qpdf_oh_new_integer(a->q, 15));
        qpdf_oh_replace_key(a->q, parms, "/Colors", qpdf_oh_new_integer(a->q, i->info.samples));
        qpdf_oh_replace_key(a->q, parms, "/BitsPerComponent", qpdf_oh_new_integer(a->q, i->info.bits));
        qpdf_oh_replace_key(a->q, parms, "/Columns", qpdf_oh_new_integer(a->q, i->info.width));
    }
    if (e->dct && i->encoding.color_transform >= 0) {
        parms = qpdf_oh_new_dictionary(a->q);
        qpdf_oh_replace_key(a->q, parms, "/ColorTransform",
                            qpdf_oh_new_integer(a->q, i->encoding.color_transform));
    }
    qpdf_oh_remove_key(a->q, dict, "/DL");
    qpdf_oh_replace_stream_data(a->q, stream, data, n,
                                qpdf_oh_new_name(a->q, e->dct ? "/DCTDecode" : "/FlateDecode"), parms);
}

static enum enn_status finish_image(struct rewrite *w, struct encoder *e, int id, int generation)
{
    struct pdf_artwork *a = w->a;
    uint8_t *data = NULL;
    size_t n = 0;
    enum enn_status s = ENN_OK;
    if (e->dct)
        s = pdf_dct_writer_end(e->dct, &data, &n, w->err);
    else if (!pdf_deflate_end(e->flate, &data, &n))
        s = pdf_no_memory(a, w->err);
    if (!s) {
        describe_stream(a, e, qpdf_get_object_by_id(a->q, id, generation), data, n); /* copies the data */
        w->encoded += n;
        if (qpdf_has_error(a->q)) s = pdf_fail(a, "an image cannot be replaced", w->err);
    }
    free(data);
    qpdf_oh_release_all(a->q);
    return s;
}

static enum enn_status rewrite_image(struct rewrite *w, size_t index, int id, int generation)
{
    struct pdf_artwork *a = w->a;
    const struct pdf_shown *shown = &a->shown[index];
    const struct artwork_page *p = &shown->info;
    struct pdf_rows *r = NULL;
    struct encoder e = {0};
    enum enn_status s = pdf_rows_open(a, &a->images[shown->image], p->name, &r, w->err);
    if (!s) s = encoder_open(w, &e, r);
    uint32_t most = pdf_band_rows(p);
    size_t bytes = (size_t)p->width * p->samples * (p->bits / 8) * most;
    uint8_t *band = s ? NULL : malloc(bytes), *plain = NULL;
    if (!s && a->images[shown->image].scaled) r->plain = plain = malloc(bytes);
    if (!s && (!band || (a->images[shown->image].scaled && !plain))) s = pdf_no_memory(a, w->err);
    for (uint32_t y = 0, rows; !s && y < p->height; y += rows) {
        rows = p->height - y < most ? p->height - y : most;
        s = pdf_rows_next(r, band, rows, w->err);
        if (!s) s = w->filter(w->user, index, y, rows, band);
        if (!s) s = encode_rows(w, &e, plain, band, rows);
    }
    if (!s) s = finish_image(w, &e, id, generation);
    encoder_close(&e);
    free(band);
    free(plain);
    pdf_rows_close(r);
    return s;
}

/* ---- the file ---- */

/* Creates the output, unless it is the artwork itself. */
static enum enn_status prepare_output(struct rewrite *w)
{
    struct stat in, out;
    int fd = open(w->out, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0) return enn_fail(w->err, ENN_IO, "%s: cannot create: %s", w->out, strerror(errno));
    int ok = fstat(w->a->fd, &in) == 0 && fstat(fd, &out) == 0 && S_ISREG(out.st_mode) &&
             (in.st_dev != out.st_dev || in.st_ino != out.st_ino) && ftruncate(fd, 0) == 0;
    close(fd);
    return ok ? ENN_OK
              : enn_fail(w->err, ENN_USAGE,
                         "%s: cannot be written: it is the artwork itself or not a regular file", w->out);
}

static enum enn_status write_file(struct rewrite *w)
{
    qpdf_data q = w->a->q;
    if (qpdf_init_write(q, w->out) & QPDF_ERRORS) return pdf_fail(w->a, "the copy cannot be written", w->err);
    qpdf_set_object_stream_mode(q, qpdf_o_preserve);
    qpdf_set_stream_data_mode(q, qpdf_s_preserve);
    qpdf_set_newline_before_endstream(q, 1); /* PDF/A asks for it */
    if (!qpdf_is_encrypted(q)) qpdf_set_deterministic_ID(q, 1);
    qpdf_set_linearization(q, qpdf_is_linearized(q));
    if (qpdf_write(q) & QPDF_ERRORS) {
        pdf_fail(w->a, "the copy cannot be written", w->err);
        return w->err->status = ENN_IO;
    }
    int fd = open(w->out, O_RDONLY | O_CLOEXEC);
    int bad = fd < 0 || fsync(fd);
    if (bad) enn_fail(w->err, ENN_IO, "%s: cannot write: %s", w->out, strerror(errno));
    if (fd >= 0) close(fd);
    return bad ? ENN_IO : ENN_OK;
}

static enum enn_status check(const struct rewrite *w, const struct artwork_rewrite_options *options)
{
    const struct pdf_artwork *a = w->a;
    if (a->is_signed && !(options && options->break_signature))
        return enn_fail(w->err, ENN_UNSUPPORTED,
                        "%s: carries a digital signature, which changing the file breaks (with --force it is "
                        "done all the same)",
                        a->name);
    for (size_t i = 0; i < a->n_shown; i++)
        if (a->shown[i].info.signable) return ENN_OK;
    const struct artwork_page *p = &a->shown[0].info;
    return enn_fail(w->err, p->why_status ? p->why_status : ENN_UNSUPPORTED, "%s: %s: %s", a->name, p->name,
                    p->why);
}

enum enn_status pdf_artwork_rewrite(struct artwork *base, const char *out_path, artwork_filter_fn filter,
                                    void *user, const struct artwork_rewrite_options *options,
                                    struct enn_error *err)
{
    struct enn_error local;
    struct rewrite w = {.a = (struct pdf_artwork *)base,
                        .out = out_path,
                        .filter = filter,
                        .user = user,
                        .err = err ? err : &local};
    struct pdf_object *objects = NULL;
    int pointed = 0;
    enum enn_status s = check(&w, options);
    if (!s) s = pdf_split_objects(w.a, &objects, w.err);
    for (size_t i = 0; !s && i < w.a->n_shown; i++)
        if (w.a->shown[i].info.signable) s = rewrite_image(&w, i, objects[i].id, objects[i].generation);
    if (!s) s = pdf_split_content(w.a, objects, w.err);
    if (!s && options && options->pointer) s = pdf_xmp_write(w.a, options->pointer, &pointed, w.err);
    if (!s) s = prepare_output(&w);
    if (!s) {
        s = write_file(&w);
        if (s) unlink(out_path);
    }
    if (options && options->pointed) *options->pointed = !s && pointed;
    free(objects);
    return s;
}
