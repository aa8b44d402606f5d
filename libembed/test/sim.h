/*
 * A simulated press and camera, for the tests and the demo.  Not part of the library.
 *
 *   sim_make_artwork -> CMYK artwork      (sim_artwork.c, sim_font.c)
 *   sim_print        -> picture of the print, one pixel per 1/1200 inch        (sim_press.c)
 *   sim_capture      -> what a scanner or a phone makes of it                  (sim_camera.c)
 *
 * Everything is a function of its arguments: random numbers come from a seed through sim_random().  Functions
 * that return int return 0, or -1 when memory ran out or (files only) with a message on stderr.
 */
#ifndef ENN_SIM_H
#define ENN_SIM_H
#include <stddef.h>
#include <stdint.h>

struct sim_image {
    uint8_t *data; /* height rows of width * channels bytes */
    uint32_t width, height;
    int channels; /* 4: CMYK, 255 = full ink; 3: sRGB */
    double ppmm;  /* pixels per mm */
};
int sim_image_new(struct sim_image *m, uint32_t width, uint32_t height, int channels,
                  double ppmm); /* zeroed */
void sim_image_free(struct sim_image *m);

/* 64 random bits for place n of the stream named by seed (SplitMix64 as a counter mode), and from them a
 * uniform number in [0,1) and a roughly normal one (mean 0, variance 1, within +-4). */
uint64_t sim_random(uint64_t seed, uint64_t n);
double sim_uniform(uint64_t seed, uint64_t n);
double sim_normal(uint64_t seed, uint64_t n);

/* ---- artwork ---- */

enum sim_artwork_kind {
    SIM_CARTON, /* mostly white pharma carton: tint panels, a picture, text, EAN-13, Data Matrix */
    SIM_TINT,   /* one flat pastel tint */
    SIM_PICTURE /* a smooth, colourful picture from edge to edge */
};
/* width_mm x height_mm at dpi; the carton is laid out for 100 x 70 mm and is scaled.  The seed changes the
 * picture and the lot text. */
int sim_make_artwork(struct sim_image *cmyk, enum sim_artwork_kind kind, double width_mm, double height_mm,
                     double dpi, uint64_t seed);

/* Text in a stroke font: x, y is the left end of the base line, size the height of capitals, all in mm.
 * Returns the x at which the next character would begin. */
double sim_text(struct sim_image *cmyk, double x, double y, double size, double weight, const uint8_t ink[4],
                const char *text);
/* One thick line with round ends, antialiased; mm. */
void sim_stroke(struct sim_image *cmyk, const double from[2], const double to[2], double width,
                const uint8_t ink[4]);

enum sim_code_kind {
    SIM_EAN, SIM_UPCA, SIM_ITF14, SIM_CODE128, SIM_GS1_128, SIM_CODE39, SIM_DATABAR, SIM_DATABAR_EXPANDED,
    SIM_QR, SIM_GS1_QR, SIM_DATAMATRIX, SIM_GS1_DATAMATRIX
};
struct sim_code {
    enum sim_code_kind kind;
    const char *data;  /* GS1 data as "[01]...[10]..." */
    double x, y;       /* mm, the centre */
    double module;     /* mm */
    double height;     /* mm, of linear codes; 0: square modules */
    double angle_deg;  /* clockwise as seen */
    uint8_t ink[4];
};
/* Draws a barcode; *width and *height (NULL allowed) are its size in mm before it is turned. */
int sim_draw_code(struct sim_image *cmyk, const struct sim_code *c, double *width, double *height);

/* ---- press ---- */

struct sim_press {
    double lpi;            /* AM screen ruling; 0: no halftone (a contone proof) */
    double angle_deg[4];   /* screen angle of C, M, Y, K */
    double out_dpi;        /* of the picture of the print; dots are made at twice that */
    double softness_um;    /* sigma of the ink edge */
    double gain_um;        /* how far the ink spreads beyond the edge of the dot */
    double scatter_um;     /* sigma of the light scatter in the paper: optical dot gain */
    double misregister_um; /* sigma of each ink's shift in x and y */
    uint64_t seed;
};
struct sim_press sim_press_default(void); /* 175 lpi; 15, 75, 0, 45 degrees; 1200 dpi; coated paper */
int sim_print(const struct sim_image *cmyk, const struct sim_press *o, struct sim_image *rgb);

/* Colour of one set of ink coverages 0..1 as linear light r, g, b, paper = 1. */
void sim_ink_colour(const double ink[4], double linear[3]);

/* ---- scanner and phone ---- */

struct sim_camera {
    double ppmm;         /* pixels per mm of the print at the centre of the picture */
    double rotation_deg; /* of the print, clockwise as seen */
    double tilt_deg;     /* angle between the optical axis and the normal of the print */
    double
        tilt_axis_deg;  /* direction of the axis of the tilt in the picture; 0 = horizontal: top tilts away */
    double distance_mm; /* from the camera to the print; 0: infinite (scanner) */
    double cylinder_mm; /* radius of the bottle that the print is wrapped around, axis along y; 0: flat */
    double look_x, look_y;  /* point of the print in the centre of the picture, mm from the print's centre */
    uint32_t width, height; /* of the picture; 0: as needed for the print and margin_mm around it */
    double margin_mm;
    double blur_px;  /* sigma of lens and motion blur */
    double noise;    /* sigma of the sensor noise at white, of full scale */
    double vignette; /* light lost in the corners, 0..1 */
    double shade;    /* light lost from one side to the other, 0..1 */
    double cast[3];  /* white balance: factor on r, g, b */
    int chroma_half; /* 1: chroma has half the resolution, as behind a Bayer sensor */
    int table;       /* 1: a table with a shadow shows around the print; 0: white */
    uint64_t seed;
};
struct sim_camera sim_camera_scan(double dpi);   /* flatbed, print straight */
struct sim_camera sim_camera_phone(double ppmm); /* hand-held phone, print straight: set rotation and tilt */
int sim_capture(const struct sim_image *print, const struct sim_camera *o, struct sim_image *rgb);

/* Where a point of the print (mm from its top-left corner) lies in the picture, in pixels; 0 when it is not
 * seen. */
int sim_project(const struct sim_image *print, const struct sim_camera *o, double x_mm, double y_mm,
                double *px, double *py);
/* Size that sim_capture gives the picture. */
void sim_picture_size(const struct sim_image *print, const struct sim_camera *o, uint32_t *width,
                      uint32_t *height);

/* ---- platesetter (sim_plate.c) ---- */

struct sim_plate {
    uint8_t *bits; /* height rows of pitch bytes, 1 = ink, first pixel in the most significant bit, 0 behind the last */
    uint32_t width, height;
    size_t pitch;
    double dpi;
};
/* One separation (0..3) of an artwork; lpi 0: FM. */
int sim_screen(const struct sim_image *cmyk, int ink, double dpi, double lpi, struct sim_plate *p);
void sim_plate_free(struct sim_plate *p);

struct sim_plate_file {
    int compression; /* as TIFF numbers it */
    int white_is_one, lsb_first, group3_options;
    int rows_per_strip, tile; /* 0: one strip; no tiles */
};
int sim_plate_write(const char *file, const struct sim_plate *p, const struct sim_plate_file *f);
int sim_plate_read(const char *file, struct sim_plate *p);
/* A detail of two plates of one size, each pixel `zoom` wide: grey what is ink in both, orange what is new in b, blue
 * what b has no more. */
int sim_plates_compare(const struct sim_plate *a, const struct sim_plate *b, const uint32_t from[4], uint32_t zoom,
                       struct sim_image *rgb);
/* The coverage of four plates as an artwork of dpi, a whole fraction of theirs. */
int sim_plates_proof(const struct sim_plate plates[4], double dpi, struct sim_image *cmyk);

/* ---- files ---- */

int sim_tiff_read(const char *file, struct sim_image *cmyk);     /* 8-bit contiguous CMYK; grey is black ink */
int sim_tiff_write(const char *file, const struct sim_image *m); /* CMYK or RGB, LZW */
uint8_t *sim_jpx(const struct sim_image *rgb, size_t *n); /* JPEG 2000 without loss, free() it; NULL: failed */
int sim_jpeg_write(const char *file, const struct sim_image *rgb, int quality); /* 4:2:0 */

#endif
