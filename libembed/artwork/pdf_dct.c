/* JPEG in PDF (pdf_codecs.h): ITU-T T.81 (1992), ISO 32000-1:2008 7.4.8.
 *
 * What a signed JPEG loses must be what its first encoding had already given up: the quantisation tables
 * are taken over as they are, and chroma, which carries the mark, is kept at full resolution.  CMYK values
 * are those of the data; whether they are complemented is said by the image's Decode array and not by
 * Adobe's marker, as PDF has it.  libjpeg-turbo reports by longjmp: all that must survive it lives in one
 * struct outside the frame that calls setjmp. */
#include "artwork/pdf_codecs.h"
#include "status.h"
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

#define MAX_HELD  ((uint64_t)32 << 20)
#define MAX_SCANS 200 /* progressive files have some ten; thousands are an attack on time */

struct trap {
    struct jpeg_error_mgr errors;
    jmp_buf back;
    char text[JMSG_LENGTH_MAX];
    enum enn_status status;
    int incomplete;
};

struct pdf_dct {
    struct jpeg_decompress_struct j;
    struct trap trap;
    struct jpeg_progress_mgr progress;
    char *name;
};

struct pdf_dct_writer {
    struct jpeg_compress_struct j;
    struct trap trap;
    struct jpeg_destination_mgr to;
    uint8_t *out;
    size_t n, room;
    const char *name;
};

static void on_error(j_common_ptr c)
{
    struct trap *t = c->client_data;
    c->err->format_message(c, t->text);
    t->status = c->err->msg_code == JERR_OUT_OF_MEMORY ? ENN_NOMEM : ENN_FORMAT;
    longjmp(t->back, 1);
}

static void on_message(j_common_ptr c, int level)
{
    struct trap *t = c->client_data;
    if (level < 0 && (c->err->msg_code == JWRN_JPEG_EOF || c->err->msg_code == JWRN_HIT_MARKER))
        t->incomplete = 1;
}

static void on_progress(j_common_ptr c)
{
    struct trap *t = c->client_data;
    if (!c->is_decompressor || ((j_decompress_ptr)c)->input_scan_number <= MAX_SCANS) return;
    snprintf(t->text, sizeof t->text, "more than %d scans", MAX_SCANS);
    t->status = ENN_LIMIT;
    longjmp(t->back, 1);
}

static void trap_init(struct trap *t)
{
    jpeg_std_error(&t->errors);
    t->errors.error_exit = on_error;
    t->errors.emit_message = on_message;
    t->status = ENN_FORMAT;
}

static enum enn_status failed(const struct trap *t, const char *name, struct enn_error *err)
{
    return enn_fail(err, t->status, "%s: JPEG: %s", name, t->text);
}

/* ---- decoding ---- */

static enum enn_status begin(struct pdf_dct *d, const uint8_t *data, size_t n, unsigned components,
                             int color_transform, uint64_t max_memory, struct enn_error *err)
{
    struct jpeg_decompress_struct *j = &d->j;
    if (setjmp(d->trap.back)) return failed(&d->trap, d->name, err);
    jpeg_create_decompress(j);
    j->client_data = &d->trap;
    d->progress.progress_monitor = on_progress;
    j->progress = &d->progress;
    j->mem->max_memory_to_use = max_memory < LONG_MAX ? (long)max_memory : LONG_MAX;
    jpeg_mem_src(j, data, n);
    jpeg_read_header(j, TRUE);
    if ((unsigned)j->num_components != components)
        return enn_fail(err, ENN_FORMAT, "%s: JPEG: %d components instead of %u", d->name, j->num_components,
                        components);
    uint64_t pixels = (uint64_t)j->image_width * j->image_height;
    if (jpeg_has_multiple_scans(j) &&
        pixels * components * 2 > max_memory / 2) /* held whole, 2 bytes a coefficient */
        return enn_fail(err, ENN_LIMIT, "%s: JPEG: takes more memory than allowed", d->name);
    if (pixels / 64 / 32 / 8 > n) /* a block takes at least 2 bits, end-of-block runs aside */
        return enn_fail(err, ENN_FORMAT, "%s: JPEG: too few data for %u x %u pixels", d->name, j->image_width,
                        j->image_height);
    if (!j->saw_Adobe_marker && color_transform >= 0 && components == 3)
        j->jpeg_color_space = color_transform ? JCS_YCbCr : JCS_RGB;
    if (!j->saw_Adobe_marker && components == 4)
        j->jpeg_color_space = color_transform == 1 ? JCS_YCCK : JCS_CMYK;
    j->out_color_space = components == 4 ? JCS_CMYK : components == 3 ? JCS_RGB : JCS_GRAYSCALE;
    j->dct_method = JDCT_ISLOW;
    jpeg_start_decompress(j);
    return ENN_OK;
}

enum enn_status pdf_dct_open(const uint8_t *data, size_t n, uint32_t width, uint32_t height,
                             unsigned components, int color_transform, uint64_t max_memory, const char *name,
                             struct pdf_dct **out, struct enn_error *err)
{
    *out = NULL;
    struct pdf_dct *d = calloc(1, sizeof *d);
    if (d) d->name = strdup(name);
    if (!d || !d->name) {
        free(d);
        return enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    }
    trap_init(&d->trap);
    d->j.err = &d->trap.errors;
    d->j.client_data = &d->trap;
    enum enn_status s = begin(d, data, n, components, color_transform, max_memory, err);
    if (!s && (d->j.output_width != width || d->j.output_height != height))
        s = enn_fail(err, ENN_FORMAT, "%s: JPEG: %u x %u pixels instead of %u x %u", name, d->j.output_width,
                     d->j.output_height, width, height);
    if (s)
        pdf_dct_close(d);
    else
        *out = d;
    return s;
}

enum enn_status pdf_dct_row(struct pdf_dct *d, uint8_t *to, struct enn_error *err)
{
    if (setjmp(d->trap.back)) return failed(&d->trap, d->name, err);
    JSAMPROW row = to;
    if (d->j.output_scanline >= d->j.output_height || jpeg_read_scanlines(&d->j, &row, 1) != 1 ||
        d->trap.incomplete)
        return enn_fail(err, ENN_FORMAT, "%s: JPEG: the picture ends at row %u of %u", d->name,
                        d->j.output_scanline, d->j.output_height);
    return ENN_OK;
}

void pdf_dct_close(struct pdf_dct *d)
{
    if (!d) return;
    jpeg_destroy_decompress(&d->j);
    free(d->name);
    free(d);
}

/* ---- encoding ---- */

/* The memory destination of libjpeg loses its buffer when an error comes in between; this one does not. */
static void to_begin(j_compress_ptr c)
{
    (void)c;
}

static boolean to_grow(j_compress_ptr c)
{
    struct pdf_dct_writer *w = (struct pdf_dct_writer *)c; /* j is its first member */
    size_t room = w->room ? w->room * 2 : (size_t)1 << 16;
    uint8_t *out = realloc(w->out, room);
    if (!out) ERREXIT1(c, JERR_OUT_OF_MEMORY, 0);
    w->out = out;
    w->to.next_output_byte = out + w->room;
    w->to.free_in_buffer = room - w->room;
    w->room = room;
    return TRUE;
}

static void to_end(j_compress_ptr c)
{
    struct pdf_dct_writer *w = (struct pdf_dct_writer *)c;
    w->n = w->room - w->to.free_in_buffer;
}

/* The table of the k-th component, or of the last one that has its own. */
static int table_of(const struct pdf_dct *like, int k)
{
    int t = like->j.comp_info[k].quant_tbl_no;
    return t >= 0 && t < NUM_QUANT_TBLS && like->j.quant_tbl_ptrs[t] ? t : 0;
}

static enum enn_status start(struct pdf_dct_writer *w, struct pdf_dct *like, struct enn_error *err)
{
    struct jpeg_compress_struct *j = &w->j;
    const struct jpeg_decompress_struct *from = &like->j;
    if (setjmp(w->trap.back)) return failed(&w->trap, w->name, err);
    jpeg_create_compress(j);
    j->client_data = &w->trap;
    w->to = (struct jpeg_destination_mgr){
        .init_destination = to_begin, .empty_output_buffer = to_grow, .term_destination = to_end};
    j->dest = &w->to;
    to_grow(j);
    j->image_width = from->output_width;
    j->image_height = from->output_height;
    j->input_components = from->num_components;
    j->in_color_space = from->out_color_space;
    jpeg_set_defaults(j);
    jpeg_set_colorspace(j, from->jpeg_color_space);
    for (int t = 0; t < NUM_QUANT_TBLS; t++) {
        if (!from->quant_tbl_ptrs[t]) continue;
        if (!j->quant_tbl_ptrs[t]) j->quant_tbl_ptrs[t] = jpeg_alloc_quant_table((j_common_ptr)j);
        memcpy(j->quant_tbl_ptrs[t]->quantval, from->quant_tbl_ptrs[t]->quantval,
               sizeof from->quant_tbl_ptrs[t]->quantval);
    }
    for (int k = 0; k < j->num_components; k++) {
        j->comp_info[k].h_samp_factor = j->comp_info[k].v_samp_factor = 1;
        j->comp_info[k].quant_tbl_no = table_of(like, k);
    }
    j->write_JFIF_header = from->saw_JFIF_marker;
    if (from->saw_JFIF_marker) {
        j->density_unit = from->density_unit;
        j->X_density = from->X_density;
        j->Y_density = from->Y_density;
    }
    /* without a marker the colour transform is what Decode parameters or the default say, which have not
     * changed */
    j->write_Adobe_marker = from->saw_Adobe_marker;
    j->dct_method = JDCT_ISLOW;
    /* both hold the coefficients of the whole picture */
    int small = (uint64_t)j->image_width * j->image_height * (unsigned)j->num_components < MAX_HELD;
    j->optimize_coding = small;
    if (small && from->progressive_mode) jpeg_simple_progression(j);
    jpeg_start_compress(j, TRUE);
    return ENN_OK;
}

enum enn_status pdf_dct_writer_new(struct pdf_dct *like, struct pdf_dct_writer **out, struct enn_error *err)
{
    *out = NULL;
    struct pdf_dct_writer *w = calloc(1, sizeof *w);
    if (!w) return enn_fail(err, ENN_NOMEM, "%s: out of memory", like->name);
    trap_init(&w->trap);
    w->name = like->name;
    w->j.err = &w->trap.errors;
    w->j.client_data = &w->trap;
    enum enn_status s = start(w, like, err);
    if (s)
        pdf_dct_writer_free(w);
    else
        *out = w;
    return s;
}

enum enn_status pdf_dct_writer_row(struct pdf_dct_writer *w, const uint8_t *row, struct enn_error *err)
{
    if (setjmp(w->trap.back)) return failed(&w->trap, w->name, err);
    JSAMPROW r = (JSAMPROW)row;
    jpeg_write_scanlines(&w->j, &r, 1);
    return ENN_OK;
}

enum enn_status pdf_dct_writer_end(struct pdf_dct_writer *w, uint8_t **out, size_t *n, struct enn_error *err)
{
    if (setjmp(w->trap.back)) return failed(&w->trap, w->name, err);
    jpeg_finish_compress(&w->j);
    *out = w->out;
    *n = w->n;
    w->out = NULL;
    return ENN_OK;
}

void pdf_dct_writer_free(struct pdf_dct_writer *w)
{
    if (!w) return;
    jpeg_destroy_compress(&w->j);
    free(w->out);
    free(w);
}
