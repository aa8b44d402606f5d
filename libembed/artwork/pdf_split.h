/* Images painted at several places that need different marks: copies, and content that paints them. */
#ifndef ARTWORK_PDF_SPLIT_H
#define ARTWORK_PDF_SPLIT_H
#include "artwork/pdf_file.h"

struct pdf_object {
    int id, generation;
};

/* (*objects)[i] is the image object of a->shown[i]: the original where it serves one artwork page only,
 * otherwise, for signable ones, a new object that has the original's dictionary and no data yet.  free()
 * it. */
enum enn_status pdf_split_objects(struct pdf_artwork *a, struct pdf_object **objects, struct enn_error *err);

/* Makes pages and forms paint these objects: by an entry of their resources where one name has one image,
 * else by new names in the content.  A form that is painted with different images gets a copy for each set
 * of them. */
enum enn_status pdf_split_content(struct pdf_artwork *a, const struct pdf_object *objects,
                                  struct enn_error *err);
#endif
