/*
 * Barcodes as the tools tell them, and what signing asks of them: that they agree with the lot, and that they
 * read the same before and after.
 */
#ifndef ENN_CODES_H
#define ENN_CODES_H
#include "artwork/artwork.h"
#include "press/barcode.h"
#include "trust/lot.h"

/* Appends the codes of a page (number from 1) with their GS1 data split and judged. to_mm says where its
 * pixels lie on the artwork (artwork.h), dpi_x and dpi_y are those the list was measured with. ENN_NOMEM. */
enum enn_status codes_add(struct enn_barcodes *to, const struct barcode_list *l, uint32_t number,
                          const double to_mm[6], double dpi_x, double dpi_y, struct enn_error *err);

/* ENN_BARCODE_MISMATCH, naming both values, when GTIN, lot, expiry or serial in a barcode is another
 * than the lot's. What the lot does not say is not compared. A lot under GS1's prefix for examples
 * (9506000) names no product: codes that bear another GTIN are then counted in *others. */
enum enn_status codes_agree(const struct enn_barcodes *c, const struct lot_statement *lot, const char *name,
                            uint32_t *others, struct enn_error *err);

/* ENN_BARCODE_CHANGED when the codes of one page do not read the same after as before. */
enum enn_status codes_same(const struct barcode_list *before, const struct barcode_list *after,
                           const char *name, struct enn_error *err);
#endif
