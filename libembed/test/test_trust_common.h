/* What the tests of trust share: a directory of their own, files in it, certificates of every kind. */
#ifndef TEST_TRUST_COMMON_H
#define TEST_TRUST_COMMON_H
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#define ASSERT_STATUS(call, expected, e)                                                                     \
    do {                                                                                                     \
        enum enn_status got_ = (call);                                                                       \
        if (got_ != (expected)) print_error("status %d: %s\n", (int)got_, (e).text);                         \
        assert_int_equal(got_, expected);                                                                    \
    } while (0)

static char test_dir[256];

static inline int make_dir(void **state)
{
    (void)state;
    const char *tmp = getenv("TMPDIR");
    snprintf(test_dir, sizeof test_dir, "%s/enn-trust-XXXXXX", tmp && strlen(tmp) < 200 ? tmp : "/tmp");
    return mkdtemp(test_dir) ? 0 : -1;
}

static inline void empty_dir(const char *dir)
{
    char path[768];
    DIR *d = opendir(dir);
    for (struct dirent *e = d ? readdir(d) : NULL; e; e = readdir(d)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        int n = snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (n < 0 || (size_t)n >= sizeof path) continue;
        if (unlink(path) != 0) empty_dir(path);
    }
    if (d) closedir(d);
    rmdir(dir);
}

static inline int remove_dir(void **state)
{
    (void)state;
    empty_dir(test_dir);
    return 0;
}

/* A path in the test directory; four of them may be in use at once. */
static inline const char *in_dir(const char *name)
{
    static char path[4][512];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", test_dir, name);
    return path[next];
}

static inline void write_file(const char *name, const void *bytes, size_t n)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* Owned by the caller, 0 after the last byte. */
static inline uint8_t *read_all(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    uint8_t *p = malloc((1 << 20) + 1);
    *n = fread(p, 1, 1 << 20, f);
    p[*n] = 0;
    fclose(f);
    return p;
}

/* ---- certificates ---- */

#define TEST_NOW INT64_C(1800000000) /* 2027-01-15 */

struct cert_spec {
    const char *name;
    int64_t from, to;     /* 0: a year around TEST_NOW */
    const char *usage;    /* keyUsage, NULL: none */
    const char *basic;    /* basicConstraints, NULL: none */
    const char *extended; /* extendedKeyUsage, NULL: none */
    const char *kind;     /* "P-256" (also NULL), "P-384", "RSA" */
};

struct test_cert {
    X509 *cert;
    EVP_PKEY *key;
};

static inline void add_ext(X509 *cert, int nid, const char *value)
{
    if (!value) return;
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    assert_non_null(e);
    X509_add_ext(cert, e, -1);
    X509_EXTENSION_free(e);
}

static inline struct test_cert make_cert(const struct cert_spec *spec, const struct test_cert *issuer)
{
    const char *kind = spec->kind ? spec->kind : "P-256";
    struct test_cert c = {X509_new(), strcmp(kind, "RSA") == 0 ? EVP_RSA_gen(2048) : EVP_EC_gen(kind)};
    assert_non_null(c.key);
    X509_set_version(c.cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(c.cert), 7);
    X509_NAME *name = X509_get_subject_name(c.cert);
    if (spec->name)
        X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8, (const uint8_t *)spec->name, -1, -1,
                                   0);
    X509_set_issuer_name(c.cert, issuer ? X509_get_subject_name(issuer->cert) : name);
    ASN1_TIME_set(X509_getm_notBefore(c.cert), (time_t)(spec->from ? spec->from : TEST_NOW - 15768000));
    ASN1_TIME_set(X509_getm_notAfter(c.cert), (time_t)(spec->to ? spec->to : TEST_NOW + 15768000));
    X509_set_pubkey(c.cert, c.key);
    add_ext(c.cert, NID_basic_constraints, spec->basic);
    add_ext(c.cert, NID_key_usage, spec->usage);
    add_ext(c.cert, NID_ext_key_usage, spec->extended);
    assert_true(X509_sign(c.cert, issuer ? issuer->key : c.key, EVP_sha256()) > 0);
    return c;
}

static inline void free_cert(struct test_cert *c)
{
    X509_free(c->cert);
    EVP_PKEY_free(c->key);
}

/* A PEM file of n certificates in the given order. */
static inline void write_certs(const char *name, const struct test_cert *const *certs, int n)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    for (int i = 0; i < n; i++) PEM_write_X509(f, certs[i]->cert);
    fclose(f);
}

static inline void write_key(const char *name, EVP_PKEY *key)
{
    FILE *f = fopen(in_dir(name), "wb");
    assert_non_null(f);
    PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}
#endif
