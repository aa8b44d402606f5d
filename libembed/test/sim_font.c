/*
 * A small stroke font for the simulator's artwork.
 *
 * Each character is a list of polylines on a grid of digits "xy": x 0..4 from the left, y 0 (capital height)
 * to 6 (base line), 8 for descenders; a space ends a polyline, two equal points make a dot.
 */
#include "test/sim.h"
#include <math.h>
#include <string.h>

struct glyph {
    char c;
    const char *lines;
};

static const struct glyph glyphs[] = {
    {'A', "062046 1434"},
    {'B', "060030414233 033344454606 0333"},
    {'C', "413010010516364544"},
    {'D', "06003041453606"},
    {'E', "40000646 0333"},
    {'F', "400006 0333"},
    {'G', "4130100105163645433323"},
    {'H', "0006 4046 0343"},
    {'I', "1030 2026 1636"},
    {'J', "404536160504"},
    {'K', "0006 4003 0346"},
    {'L', "000646"},
    {'M', "0600234046"},
    {'N', "06004640"},
    {'O', "103041453616050110"},
    {'P', "06003041423303"},
    {'Q', "103041453616050110 2446"},
    {'R', "06003041423303 2346"},
    {'S', "4130100102133344453616 0516"},
    {'T', "0040 2026"},
    {'U', "000516364540"},
    {'V', "002640"},
    {'W', "0016233640"},
    {'X', "0046 4006"},
    {'Y', "002340 2326"},
    {'Z', "00400646"},
    {'a', "12324346 44341405163645"},
    {'b', "0006 0312324345361605"},
    {'c', "43321203051636 3645"},
    {'d', "4046 4332120305163645"},
    {'e', "04444332120305163645"},
    {'f', "413020112126 0232"},
    {'g', "42473818 4332120305163645"},
    {'h', "0006 0312324346"},
    {'i', "2226 2020"},
    {'j', "22271807 2020"},
    {'k', "0006 3205 1436"},
    {'l', "2026"},
    {'m', "0206 031223 2326 23324346"},
    {'n', "0206 0312324346"},
    {'o', "123243453616050312"},
    {'p', "0208 0312324345361605"},
    {'q', "4248 4332120305163645"},
    {'r', "0206 03123243"},
    {'s', "433212031434453616 0516"},
    {'t', "20253646 1232"},
    {'u', "020516364542 4246"},
    {'v', "022642"},
    {'w', "0216243642"},
    {'x', "0246 4206"},
    {'y', "0226 4208"},
    {'z', "02420646"},
    {'0', "103041453616050110 0541"},
    {'1', "112026 1636"},
    {'2', "01103041420646"},
    {'3', "01103041423323 334445361605"},
    {'4', "36300444"},
    {'5', "400003324345361605"},
    {'6', "4130100105163645443313 0413"},
    {'7', "004016"},
    {'8', "103041423313020110 133344453616050413"},
    {'9', "0516364541301001021333 3342"},
    {'.', "2626"},
    {',', "2617"},
    {':', "2323 2626"},
    {'-', "1333"},
    {'/', "0640"},
    {'(', "30212536"},
    {')', "10212516"},
    {'%', "0640 1010 3636"},
    {'+', "2125 0343"},
    {'*', "2125 0442 0244"},
    {'&', "46122130210405163644"},
};

/* Proportional: the grid columns that a character uses, and 1.8 columns between characters. */
double sim_text(struct sim_image *cmyk, double x, double y, double size, double weight, const uint8_t ink[4],
                const char *text)
{
    double unit_x = size / 6.6, unit_y = size / 6;
    for (; *text; text++) {
        const char *s = "";
        char low = '4', high = '0';
        for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
            if (glyphs[i].c == *text) s = glyphs[i].lines;
        for (const char *p = s; p[0] && p[1]; p += p[0] == ' ' ? 1 : 2) {
            if (p[0] != ' ' && p[0] < low) low = p[0];
            if (p[0] != ' ' && p[0] > high) high = p[0];
        }
        for (; s[0] && s[1]; s += s[0] == ' ' ? 1 : 2) {
            if (s[0] == ' ' || s[1] == ' ' || !s[2] || s[2] == ' ' || !s[3] || s[3] == ' ') continue;
            double a[2] = {x + (s[0] - low) * unit_x, y + (s[1] - '0' - 6) * unit_y};
            double b[2] = {x + (s[2] - low) * unit_x, y + (s[3] - '0' - 6) * unit_y};
            sim_stroke(cmyk, a, b, weight, ink);
        }
        x += (high < low ? 2.6 : high - low + 1.8) * unit_x;
    }
    return x;
}

/* Coverage falls from 1 to 0 over one pixel at the edge; ink is laid over what is there by its coverage. */
void sim_stroke(struct sim_image *m, const double from[2], const double to[2], double width,
                const uint8_t ink[4])
{
    double ax = from[0] * m->ppmm, ay = from[1] * m->ppmm, dx = to[0] * m->ppmm - ax,
           dy = to[1] * m->ppmm - ay;
    double half = width * m->ppmm / 2, len2 = dx * dx + dy * dy;
    long x0 = (long)floor(fmin(ax, ax + dx) - half - 1), x1 = (long)ceil(fmax(ax, ax + dx) + half + 1);
    long y0 = (long)floor(fmin(ay, ay + dy) - half - 1), y1 = (long)ceil(fmax(ay, ay + dy) + half + 1);
    for (long y = y0 < 0 ? 0 : y0; y <= y1 && y < (long)m->height; y++)
        for (long x = x0 < 0 ? 0 : x0; x <= x1 && x < (long)m->width; x++) {
            double px = (double)x + 0.5 - ax, py = (double)y + 0.5 - ay;
            double t = len2 > 0 ? (px * dx + py * dy) / len2 : 0;
            t = t < 0 ? 0 : t > 1 ? 1 : t;
            double cover = half + 0.5 - hypot(px - t * dx, py - t * dy);
            cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
            uint8_t *p = m->data + 4 * ((size_t)y * m->width + (size_t)x);
            for (int k = 0; k < 4; k++) p[k] = (uint8_t)(p[k] + cover * (ink[k] - p[k]) + 0.5);
        }
}
