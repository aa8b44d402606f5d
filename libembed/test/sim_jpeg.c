/* JPEG for the simulator: baseline, 4:2:0, as a phone writes it. */
#include <stdio.h>
#include "test/sim.h"
#include <jpeglib.h>

int sim_jpeg_write(const char *file, const struct sim_image *rgb, int quality)
{
    FILE *f = fopen(file, "wb");
    if (!f) {
        perror(file);
        return -1;
    }
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    c.err = jpeg_std_error(&errors); /* exits on an error: fit for a test program only */
    jpeg_create_compress(&c);
    jpeg_stdio_dest(&c, f);
    c.image_width = rgb->width;
    c.image_height = rgb->height;
    c.input_components = 3;
    c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, quality, TRUE);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW row = rgb->data + (size_t)c.next_scanline * rgb->width * 3;
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return fclose(f) ? -1 : 0;
}
