/* Barcodes at any size and angle, antialiased as a rasteriser does it; modules from libzint. */
#include <math.h>
#include <stdio.h>
#include <zint.h>
#include "test/sim.h"

/* Is there ink at (u, v) mm from the symbol's centre? */
static int is_set(const struct zint_symbol *s, const struct sim_code *c, double u, double v)
{
    double w = s->width * c->module, h = c->height > 0 ? c->height : s->rows * c->module;
    if (!(fabs(u) < w / 2 && fabs(v) < h / 2)) return 0;
    int column = (int)((u + w / 2) / c->module), row = (int)((v + h / 2) / h * s->rows);
    return s->encoded_data[row][column / 8] >> (column % 8) & 1;
}

/* 4 x 4 samples a pixel. */
static void draw_pixel(struct sim_image *m, const struct zint_symbol *s, const struct sim_code *c, uint32_t x,
                       uint32_t y)
{
    double a = c->angle_deg * M_PI / 180, cosine = cos(a), sine = sin(a);
    int set = 0;
    for (int k = 0; k < 16; k++) {
        double px = (x + (k % 4 + 0.5) / 4) / m->ppmm - c->x, py = (y + (k / 4 + 0.5) / 4) / m->ppmm - c->y;
        set += is_set(s, c, cosine * px + sine * py, -sine * px + cosine * py);
    }
    uint8_t *to = m->data + 4 * ((size_t)y * m->width + x);
    for (int k = 0; k < 4 && set; k++) to[k] = (uint8_t)((to[k] * (16 - set) + c->ink[k] * set + 8) / 16);
}

int sim_draw_code(struct sim_image *m, const struct sim_code *c, double *width, double *height)
{
    static const int symbology[] = {BARCODE_EANX,    BARCODE_UPCA,   BARCODE_ITF14,      BARCODE_CODE128,
                                    BARCODE_GS1_128, BARCODE_CODE39, BARCODE_DBAR_OMN,   BARCODE_DBAR_EXP,
                                    BARCODE_QRCODE,  BARCODE_QRCODE, BARCODE_DATAMATRIX, BARCODE_DATAMATRIX};
    struct zint_symbol *s = ZBarcode_Create();
    if (!s) return -1;
    s->symbology = symbology[c->kind];
    int gs1 = c->kind == SIM_GS1_128 || c->kind == SIM_GS1_QR || c->kind == SIM_GS1_DATAMATRIX ||
              c->kind == SIM_DATABAR_EXPANDED;
    s->input_mode = gs1 ? GS1_MODE : DATA_MODE;
    if (symbology[c->kind] == BARCODE_DATAMATRIX) s->option_3 = DM_SQUARE;
    int bad = ZBarcode_Encode(s, (const unsigned char *)c->data, 0) >= ZINT_ERROR;
    if (bad) fprintf(stderr, "barcode %s: %s\n", c->data, s->errtxt);
    double w = s->width * c->module, h = c->height > 0 ? c->height : s->rows * c->module,
           reach = hypot(w, h) / 2 + 1;
    for (uint32_t y = 0; !bad && y < m->height; y++)
        for (uint32_t x = 0; x < m->width && fabs((y + 0.5) / m->ppmm - c->y) < reach; x++)
            if (fabs((x + 0.5) / m->ppmm - c->x) < reach) draw_pixel(m, s, c, x, y);
    if (width) *width = w;
    if (height) *height = h;
    ZBarcode_Delete(s);
    return bad ? -1 : 0;
}
