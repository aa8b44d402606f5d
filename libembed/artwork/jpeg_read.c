/* JPEG to rows of 8-bit RGB.
 *
 * ITU-T T.81 (1992); Adobe marker and inverted CMYK: Adobe Technical Note 5116 (1992).  The accurate integer
 * DCT, without the triangle filter for chroma: it costs a quarter of the time and moves nothing a detector
 * uses.  libjpeg-turbo reports by longjmp: everything that must survive it lives in one struct outside the
 * frame that calls setjmp.
 */
#include "artwork/picture_rows.h"
#include "status.h"
#include <limits.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

/* Progressive files have some ten scans; a file of thousands is an attack on time. */
#define MAX_SCANS 200

struct reading {
    struct jpeg_decompress_struct j;
    struct jpeg_error_mgr errors;
    struct jpeg_progress_mgr progress;
    jmp_buf back;
    char error[JMSG_LENGTH_MAX];
    enum enn_status status;
    int incomplete; /* the data ended before the picture did */
    uint8_t *row, *rgb;
    JOCTET *icc;
    struct artwork_page page; /* CMYK only */
};

static void on_error(j_common_ptr c)
{
    struct reading *r = c->client_data;
    c->err->format_message(c, r->error);
    r->status = c->err->msg_code == JERR_OUT_OF_MEMORY ? ENN_NOMEM : ENN_FORMAT;
    longjmp(r->back, 1);
}

static void on_message(j_common_ptr c, int level)
{
    struct reading *r = c->client_data;
    if (level >= 0) return;
    c->err->num_warnings++;
    if (c->err->msg_code == JWRN_JPEG_EOF || c->err->msg_code == JWRN_HIT_MARKER) r->incomplete = 1;
}

static void on_progress(j_common_ptr c)
{
    struct reading *r = c->client_data;
    if (r->j.input_scan_number <= MAX_SCANS) return;
    snprintf(r->error, sizeof r->error, "more than %d scans", MAX_SCANS);
    r->status = ENN_LIMIT;
    longjmp(r->back, 1);
}

static enum enn_status read_header(struct reading *r, struct picture_rows *rows, const uint8_t *data,
                                   size_t size, struct enn_error *err)
{
    struct jpeg_decompress_struct *j = &r->j;
    const struct enn_limits *limits = &rows->options->limits;
    if (setjmp(r->back)) return enn_fail(err, r->status, "%s: JPEG: %s", rows->name, r->error);
    jpeg_create_decompress(j);
    j->client_data = r; /* again: create clears the struct but for err and client_data in some versions */
    r->progress.progress_monitor = on_progress;
    j->progress = &r->progress;
    j->mem->max_memory_to_use = limits->max_memory < LONG_MAX ? (long)limits->max_memory : LONG_MAX;
    jpeg_mem_src(j, data, size);
    jpeg_save_markers(j, JPEG_APP0 + 2, 0xffff);
    jpeg_read_header(j, TRUE);
    if ((uint64_t)j->image_width * j->image_height > limits->max_pixels)
        return enn_fail(err, ENN_LIMIT, "%s: %u x %u pixels are over the limit", rows->name, j->image_width,
                        j->image_height);
    /* a progressive picture is held whole: 2 bytes per coefficient */
    uint64_t whole = (uint64_t)j->image_width * j->image_height * (unsigned)j->num_components * 2;
    if (jpeg_has_multiple_scans(j) && whole > limits->max_memory / 2)
        return enn_fail(err, ENN_LIMIT, "%s: JPEG: takes more memory than allowed", rows->name);
    /* a block of 64 samples takes at least 2 bits in every scan that holds it, end-of-block runs aside */
    if ((uint64_t)j->image_width * j->image_height / 64 / 32 / 8 > size)
        return enn_fail(err, ENN_FORMAT, "%s: JPEG: the file is too short for %u x %u pixels", rows->name,
                        j->image_width, j->image_height);
    int cmyk = j->jpeg_color_space == JCS_CMYK || j->jpeg_color_space == JCS_YCCK;
    if (!cmyk && j->num_components != 1 && j->num_components != 3)
        return enn_fail(err, ENN_UNSUPPORTED, "%s: JPEG: %d components", rows->name, j->num_components);
    j->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    j->dct_method = JDCT_ISLOW;
    j->do_fancy_upsampling = FALSE;
    return ENN_OK;
}

/* The ICC profile from APP2 markers; a damaged one is as good as none. */
static void describe_cmyk(struct reading *r)
{
    unsigned n = 0;
    static const char *const names[] = {"Cyan", "Magenta", "Yellow", "Black"};
    struct artwork_page *p = &r->page;
    *p = (struct artwork_page){.width = r->j.image_width,
                               .height = r->j.image_height,
                               .bits = 8,
                               .samples = 4,
                               .inks = 4,
                               .colour = ARTWORK_CMYK,
                               .orientation = 1,
                               .alpha = -1,
                               .readable = 1};
    for (int i = 0; i < 4; i++) strcpy(p->names[i], names[i]);
    strcpy(p->compression, "jpeg");
    if (jpeg_read_icc_profile(&r->j, &r->icc, &n)) p->icc = r->icc, p->icc_size = n;
}

static enum enn_status allocate(struct reading *r, struct picture_rows *rows, struct enn_error *err)
{
    size_t width = r->j.image_width;
    r->row = malloc(width * 4);
    r->rgb = malloc(width * 3);
    if (!r->row || !r->rgb) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    return picture_rows_begin(rows, r->j.image_width, r->j.image_height, err);
}

static enum enn_status convert_row(struct reading *r, struct picture_rows *rows)
{
    uint32_t n = r->j.output_width;
    if (r->j.out_color_space != JCS_CMYK) {
        picture_rows_add(rows, r->row);
        return ENN_OK;
    }
    if (r->j.saw_Adobe_marker) /* Adobe's inks are stored complemented */
        for (size_t i = 0; i < (size_t)n * 4; i++) r->row[i] = (uint8_t)~r->row[i];
    enum enn_status s = picture_cmyk(rows->options, &r->page, r->row, n, r->rgb);
    if (!s) picture_rows_add(rows, r->rgb);
    return s;
}

static enum enn_status read_image(struct reading *r, struct picture_rows *rows, struct enn_error *err)
{
    struct jpeg_decompress_struct *j = &r->j;
    if (setjmp(r->back)) return enn_fail(err, r->status, "%s: JPEG: %s", rows->name, r->error);
    if (j->out_color_space == JCS_CMYK) describe_cmyk(r);
    jpeg_start_decompress(j);
    while (j->output_scanline < j->output_height) {
        JSAMPROW row = r->row;
        if (jpeg_read_scanlines(j, &row, 1) != 1 || r->incomplete)
            return enn_fail(err, ENN_FORMAT, "%s: JPEG: the picture ends at row %u of %u", rows->name,
                            j->output_scanline, j->output_height);
        enum enn_status s = convert_row(r, rows);
        if (s) return s;
    }
    double unit = j->density_unit == 1 ? 1 : j->density_unit == 2 ? 2.54 : 0;
    if (j->saw_JFIF_marker) picture_rows_dpi(rows, j->X_density * unit, j->Y_density * unit);
    return ENN_OK;
}

enum enn_status picture_read_jpeg(struct picture_rows *rows, const uint8_t *data, size_t size,
                                  struct enn_error *err)
{
    struct reading *r = calloc(1, sizeof *r);
    if (!r) return enn_fail(err, ENN_NOMEM, "%s: out of memory", rows->name);
    r->status = ENN_FORMAT;
    r->j.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->j.client_data = r;
    enum enn_status s = read_header(r, rows, data, size, err);
    if (!s) s = allocate(r, rows, err);
    if (!s) s = read_image(r, rows, err);
    strcpy(rows->out->kind, "jpeg");
    jpeg_destroy_decompress(&r->j);
    free(r->row);
    free(r->rgb);
    free(r->icc);
    free(r);
    return s;
}
