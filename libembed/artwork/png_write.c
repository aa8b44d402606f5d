/* 8-bit RGB PNG out, for maps and drawings. */
#include "artwork/picture.h"
#include "status.h"
#include <errno.h>
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct writing {
    FILE *f;
    char error[200];
    png_structp png;
    png_infop info;
};

static void on_error(png_structp png, png_const_charp text)
{
    struct writing *w = png_get_error_ptr(png);
    snprintf(w->error, sizeof w->error, "%s", text);
    longjmp(png_jmpbuf(png), 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static int write_image(struct writing *w, const uint8_t *rgb, uint32_t width, uint32_t height, double dpi)
{
    if (setjmp(png_jmpbuf(w->png))) return 0;
    png_init_io(w->png, w->f);
    png_set_IHDR(w->png, w->info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (dpi > 0 && dpi < 1e6) {
        png_uint_32 per_metre = (png_uint_32)(dpi / 0.0254 + 0.5);
        png_set_pHYs(w->png, w->info, per_metre, per_metre, PNG_RESOLUTION_METER);
    }
    png_set_compression_level(w->png, 3); /* drawings are looked at once */
    png_write_info(w->png, w->info);
    for (uint32_t y = 0; y < height; y++) png_write_row(w->png, rgb + (size_t)y * width * 3);
    png_write_end(w->png, NULL);
    return 1;
}

enum enn_status picture_put_png(FILE *f, const char *name, const uint8_t *rgb, uint32_t width, uint32_t height,
                                double dpi, struct enn_error *err)
{
    if (!width || !height || width > 0x7fffffff || height > 0x7fffffff)
        return enn_fail(err, ENN_USAGE, "%s: cannot write %u x %u pixels as PNG", name, width, height);
    struct writing w = {.f = f};
    enum enn_status s = ENN_OK;
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, on_error, on_warning);
    if (w.png) w.info = png_create_info_struct(w.png);
    if (!w.info)
        s = enn_fail(err, ENN_NOMEM, "%s: out of memory", name);
    else {
        png_set_user_limits(w.png, 0x7fffffff, 0x7fffffff);
        if (!write_image(&w, rgb, width, height, dpi))
            s = enn_fail(err, ENN_IO, "%s: cannot write PNG: %s", name, w.error);
    }
    png_destroy_write_struct(&w.png, &w.info);
    if (fflush(f) && !s) s = enn_fail(err, ENN_IO, "%s: cannot write: %s", name, strerror(errno));
    return s;
}

enum enn_status picture_write_png(const char *path, const uint8_t *rgb, uint32_t width, uint32_t height,
                                  double dpi, struct enn_error *err)
{
    if (!width || !height || width > 0x7fffffff || height > 0x7fffffff)
        return enn_fail(err, ENN_USAGE, "%s: cannot write %u x %u pixels as PNG", path, width, height);
    FILE *f = fopen(path, "wbe");
    if (!f) return enn_fail(err, ENN_IO, "%s: cannot create: %s", path, strerror(errno));
    struct stat st;
    int regular = fstat(fileno(f), &st) == 0 && S_ISREG(st.st_mode);
    enum enn_status s = picture_put_png(f, path, rgb, width, height, dpi, err);
    if (fclose(f) && !s) s = enn_fail(err, ENN_IO, "%s: cannot write: %s", path, strerror(errno));
    if (s && regular) unlink(path); /* never a device or a pipe */
    return s;
}
