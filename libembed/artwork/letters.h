/* Capital letters, digits and a little punctuation for legends drawn into pictures: 5 x 7 pixels,
 * enlarged. */
#ifndef ARTWORK_LETTERS_H
#define ARTWORK_LETTERS_H
#include <stddef.h>
#include <stdint.h>

#define LETTERS_ADVANCE 6 /* pixels from letter to letter, before enlarging */
#define LETTERS_HEIGHT  7

/* Draws text (small letters as capitals, what has no shape as a blank) with its top left corner at (x,
 * y) into an 8-bit RGB picture of width x height, `size` pixels for each of a letter's.  What is outside
 * the picture is left out. Returns the x behind the last letter. */
uint32_t letters_draw(uint8_t *rgb, uint32_t width, uint32_t height, uint32_t x, uint32_t y, uint32_t size,
                      const uint8_t colour[3], const char *text);
#endif
