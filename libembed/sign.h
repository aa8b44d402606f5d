/*
 * Signing artwork whose file is not what is marked: a set of plates (plates.c) is signed as the contone proof
 * made of it, and the change of the proof is then carried over.
 */
#ifndef ENN_SIGN_H
#define ENN_SIGN_H
#include "enn.h"
#include "trust/manifest.h"

struct sign_hook {
    void *user;
    const char
        *name; /* a file, to name in messages; it is the `source` of the manifest until finish changes that */
    /* The signed copy lies complete at path, manifest and report are filled in: makes the real outputs, all
     * but the manifest, and changes manifest and report to describe those. */
    enum enn_status (*finish)(void *user, const char *path, struct manifest *m, struct enn_sign_report *r,
                              struct enn_error *err);
    enum enn_status (*commit)(void *user, struct enn_error *err); /* moves them into place; or none of them */
    void (*undo)(void *user); /* the manifest could not be put beside them: takes them away again */
};

/* enn_sign() when hook is NULL; else the copy of the artwork is thrown away in the end, `out` names a file in
 * a directory where it may lie until then. */
enum enn_status sign_artwork(const struct enn_sign_options *o, const char *artwork, const char *out,
                             const char *manifest, const struct sign_hook *hook,
                             struct enn_sign_report *report, struct enn_error *err);
#endif
