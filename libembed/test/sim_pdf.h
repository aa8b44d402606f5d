/* PDF files for the tests: a builder, and samples of what pre-press sends.  Not part of the library. */
#ifndef ENN_SIM_PDF_H
#define ENN_SIM_PDF_H
#include <stddef.h>

struct sim_pdf;                    /* objects are numbered 1, 2, 3 ... in the order they are added */
struct sim_pdf *sim_pdf_new(void); /* NULL: out of memory */
/* Adds "N 0 obj" with this text; printf format.  Returns N. */
int sim_pdf_add(struct sim_pdf *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a stream whose dictionary has these entries and its Length. */
int sim_pdf_stream(struct sim_pdf *p, const char *entries, const void *data, size_t n);
/* Writes the file with object `root` as the catalog and releases p.  0, or -1 with a message on stderr. */
int sim_pdf_write(struct sim_pdf *p, const char *file, int root);

/* The same with a version ("1.4") and further entries of the trailer. */
int sim_pdf_write_as(struct sim_pdf *p, const char *file, int root, const char *version, const char *trailer);

/* One of the list of what a PDF's image can be (sim_pdf_list.c), ended by a NULL name.  Picture and page are as those of the
 * samples below. */
struct sim_pdf_item {
    const char *name;
    const char *refused; /* part of the reason; NULL: it is signed */
    const char *note;    /* part of what the report says of how it is stored; NULL: nothing */
};
extern const struct sim_pdf_item sim_pdf_list[];
int sim_pdf_list_sample(const char *name, const char *file);

/* Writes one of the samples, or of the list; the list is in sim_pdf_kinds, ended by NULL. */
extern const char *const sim_pdf_kinds[];
int sim_pdf_sample(const char *kind, const char *file);
#endif
