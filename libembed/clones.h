/*
 * Functions compiled twice on x86-64, plainly and for AVX2, the processor choosing when the program is loaded. Both give
 * the same bits: no fused multiplication, no reordered sum. Elsewhere the macro says nothing.
 */
#ifndef CLONES_H
#define CLONES_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(CLONES_NEVER)
#define CLONES_NEVER
#endif
#endif
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(CLONES_NEVER) &&                      \
    (!defined(__clang__) || __clang_major__ >= 14)
#define CLONED __attribute__((target_clones("avx2", "default")))
#else
#define CLONED
#endif
#define INTO_CLONES inline __attribute__((always_inline)) /* what they call, compiled with them */

#endif
