/*
 * press: linear codes and QR Code, read by ZBar.
 *
 * ZBar scans along rows and columns, so codes that are turned by more than a few degrees are turned
 * back first, by the direction of their bars (structure tensor). Interleaved 2 of 5 and Code 39 have
 * no check of their own and appear in type: only ITF-14 with its check digit, and Code 39 of six
 * characters that several lines agree on, are taken.
 */
#include "press/barcode.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zbar.h>

enum { LINES_THAT_AGREE = 3, CODE39_MIN = 6 };
static const double UPRIGHT_RAD = 0.03; /* bars that lean less are followed to their ends */

static const struct {
    zbar_symbol_type_t type;
    enum barcode_kind kind;
} kinds[] = {{ZBAR_EAN13, BARCODE_KIND_EAN13},     {ZBAR_EAN8, BARCODE_KIND_EAN8},
             {ZBAR_UPCE, BARCODE_KIND_UPCE},       {ZBAR_I25, BARCODE_KIND_ITF14},
             {ZBAR_CODE128, BARCODE_KIND_CODE128}, {ZBAR_CODE39, BARCODE_KIND_CODE39},
             {ZBAR_DATABAR, BARCODE_KIND_DATABAR}, {ZBAR_DATABAR_EXP, BARCODE_KIND_DATABAR_EXPANDED},
             {ZBAR_QRCODE, BARCODE_KIND_QR}};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static zbar_image_scanner_t *scanner(void)
{
    zbar_image_scanner_t *s = zbar_image_scanner_create();
    if (!s) return NULL;
    zbar_image_scanner_set_config(s, ZBAR_NONE, ZBAR_CFG_ENABLE, 0);
    for (size_t i = 0; i < N_KINDS; i++) zbar_image_scanner_set_config(s, kinds[i].type, ZBAR_CFG_ENABLE, 1);
    zbar_image_scanner_set_config(s, ZBAR_I25, ZBAR_CFG_MIN_LEN, 14);
    zbar_image_scanner_set_config(s, ZBAR_I25, ZBAR_CFG_MAX_LEN, 14);
    zbar_image_scanner_set_config(s, ZBAR_CODE39, ZBAR_CFG_MIN_LEN, CODE39_MIN);
    return s;
}

/* GS1 General Specifications 7.9.1: weights 3 and 1 from the right. */
static int check_digit_ok(const char *digits, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[i] < '0' || digits[i] > '9') return 0;
        sum += (unsigned)(digits[i] - '0') * ((n - 1 - i) % 2 ? 3 : 1);
    }
    return sum % 10 == 0;
}

/* Fills kind, gs1, text; 0: not a code to believe in. */
static int describe(const zbar_symbol_t *s, struct barcode *b)
{
    zbar_symbol_type_t type = zbar_symbol_get_type(s);
    size_t i = 0;
    while (i < N_KINDS && kinds[i].type != type) i++;
    if (i == N_KINDS) return 0;
    b->kind = kinds[i].kind;
    b->text = (char *)zbar_symbol_get_data(s);
    b->n = zbar_symbol_get_data_length(s);
    b->gs1 = (zbar_symbol_get_modifiers(s) >> ZBAR_MOD_GS1) & 1;
    if (!b->n || b->n > BARCODE_TEXT_MAX) return 0;
    if (b->kind == BARCODE_KIND_QR) return 1;
    if (zbar_symbol_get_quality(s) < LINES_THAT_AGREE) return 0;
    if (b->kind == BARCODE_KIND_DATABAR || b->kind == BARCODE_KIND_DATABAR_EXPANDED) b->gs1 = 1;
    if (b->kind == BARCODE_KIND_ITF14 && !check_digit_ok(b->text, b->n)) return 0;
    if (b->kind == BARCODE_KIND_EAN13 && b->text[0] == '0') { /* UPC-A as its twelve digits */
        b->kind = BARCODE_KIND_UPCA;
        b->text++;
        b->n--;
    }
    return 1;
}

static int read_upright(const struct grey *g, struct barcode_list *out)
{
    zbar_image_scanner_t *s = scanner();
    zbar_image_t *image = zbar_image_create();
    int ok = s && image;
    if (ok) {
        static const char format[4] = "Y800";
        zbar_image_set_format(image, (unsigned long)format[0] | (unsigned long)format[1] << 8 |
                                         (unsigned long)format[2] << 16 | (unsigned long)format[3] << 24);
        zbar_image_set_size(image, g->width, g->height);
        zbar_image_set_data(image, g->px, (unsigned long)g->width * g->height, NULL);
        ok = zbar_scan_image(s, image) >= 0;
    }
    for (const zbar_symbol_t *q = ok ? zbar_image_first_symbol(image) : NULL; q && ok;
         q = zbar_symbol_next(q)) {
        struct barcode b = {.module = 0};
        unsigned n = zbar_symbol_get_loc_size(q);
        if (!describe(q, &b) || !n) continue;
        if (b.kind == BARCODE_KIND_QR && n == 4) {
            double corner[4][2];
            for (unsigned i = 0; i < 4; i++) {
                corner[i][0] = zbar_symbol_get_loc_x(q, i);
                corner[i][1] = zbar_symbol_get_loc_y(q, i);
            }
            barcode_box_matrix(g, (const double(*)[2])corner, 0, &b);
        } else {
            double x0 = g->width, x1 = 0, y0 = g->height, y1 = 0;
            for (unsigned i = 0; i < n; i++) {
                x0 = fmin(x0, zbar_symbol_get_loc_x(q, i));
                x1 = fmax(x1, zbar_symbol_get_loc_x(q, i));
                y0 = fmin(y0, zbar_symbol_get_loc_y(q, i));
                y1 = fmax(y1, zbar_symbol_get_loc_y(q, i));
            }
            b.x = x0, b.y = y0, b.width = x1 - x0 + 1, b.height = y1 - y0 + 1;
            zbar_orientation_t o = zbar_symbol_get_orientation(q);
            barcode_box_linear(g, o == ZBAR_ORIENT_RIGHT || o == ZBAR_ORIENT_LEFT, &b);
        }
        ok = barcode_list_add(out, &b);
    }
    if (image) zbar_image_destroy(image);
    if (s) zbar_image_scanner_destroy(s);
    return ok;
}

/* The box of *b, found in the crop turned by -angle, as an upright box of the crop. */
static void turn_back(struct barcode *b, double angle, const struct grey *turned, const struct grey *crop)
{
    double c = cos(angle), s = sin(angle), x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
    for (int k = 0; k < 4; k++) {
        double u = b->x + (k == 1 || k == 2 ? b->width : 0) - turned->width / 2.0,
               v = b->y + (k >= 2 ? b->height : 0) - turned->height / 2.0;
        double x = c * u - s * v + crop->width / 2.0, y = s * u + c * v + crop->height / 2.0;
        x0 = fmin(x0, x), x1 = fmax(x1, x), y0 = fmin(y0, y), y1 = fmax(y1, y);
    }
    b->x = x0, b->y = y0, b->width = x1 - x0, b->height = y1 - y0;
    b->turned = 1;
}

/* The crop read again with its bars upright, into *out; nothing when they are upright already or there
 * are none. */
static int read_turned(const struct grey *crop, struct barcode_list *out)
{
    double coherence, angle = barcode_direction(crop, &coherence), off = fabs(angle);
    if (off > M_PI / 4) off = M_PI / 2 - off;
    if (coherence < 0.5 || off < UPRIGHT_RAD) return 1;
    struct grey turned;
    if (!barcode_turn(crop, angle, &turned)) return 0;
    int ok = read_upright(&turned, out);
    for (size_t i = 0; i < out->n; i++) turn_back(&out->item[i], angle, &turned, crop);
    free(turned.px);
    return ok;
}

static int has_matrix(const struct barcode_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (barcode_is_matrix(l->item[i].kind)) return 1;
    return 0;
}

int barcode_read_zbar(const struct grey *crop, struct barcode_list *out)
{
    struct barcode_list upright = {NULL, 0, 0}, turned = {NULL, 0, 0};
    int ok = read_upright(crop, &upright);
    if (ok && !has_matrix(&upright)) ok = read_turned(crop, &turned);
    /* a code that reads either way has the better box when its bars are upright */
    const struct barcode_list *l = turned.n && turned.n >= upright.n ? &turned : &upright;
    for (size_t i = 0; ok && i < l->n; i++) ok = barcode_list_add(out, &l->item[i]);
    barcode_list_clear(&upright);
    barcode_list_clear(&turned);
    return ok;
}
