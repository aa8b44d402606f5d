#!/bin/sh
# Wrong usage: exit code 2, a message that names the mistake, nothing done.
. "$(dirname "$0")/expect.sh"
: > "$T/a.tif"
K="-k $T/k -c $T/c --gtin 09506000134352 --lot L"

for t in ennsign ennverify enninspect; do
    exits 0 "$t --help" $t --help
    check "$t --help says what it is" has "$out" "$t: "
    exits 0 "$t --version" $t --version
    version=$(sed -n 's/^.define ENN_VERSION "\([^"]*\)".*/\1/p' "$HERE/libembed/enn.h")
    check "$t --version is that of the header" has "$out" " $version,"
    exits 2 "$t without arguments" $t
    check "$t points at --help" has "$err" "--help"
    exits 2 "$t: unknown long option" $t --no-such-option
    check "$t names the unknown option" has "$err" "--no-such-option"
    exits 2 "$t: unknown short option" $t -Z
    exits 2 "$t: value for a flag" $t --json=yes x
    exits 2 "$t: missing value" $t -j
    exits 2 "$t: repeated option" $t -j 1 -j 2 x
    check "$t names the repeated option" has "$err" "--threads is given twice"
    for bad in 0 -1 257 1.5 1x '' 99999999999999999999; do
        exits 2 "$t: -j '$bad'" $t -j "$bad" x
    done
    for bad in 0 3Q 1kk k ' 5' 20000000000000000G; do
        exits 2 "$t: --max-memory '$bad'" $t --max-memory "$bad" x
    done
    exits 2 "$t: --progress with another word" $t --progress=sometimes x
    exits 2 "$t: empty file name" $t -t x ''
    exits 2 "$t: -q and -v" $t -q -v -t x y
done

for bad in nan inf 0x1p-30 1e-31 0.5 1e-9x '' -1e-9; do
    exits 2 "ennverify --p-false '$bad'" ennverify --p-false "$bad" -t x y
done
for bad in 2026-02-30 2026-13-01 26-01-01 2026-1-1 '2026-01-01 ' 2026-01-01T25:00:00Z 2026-01-01T12:00:00 now; do
    exits 2 "ennverify --at '$bad'" ennverify --at "$bad" -t x y
done
exits 2 "ennverify without anchor and manifest" ennverify "$T/a.tif"
exits 2 "ennverify --pin without -t" ennverify -m x --pin 00 y
exits 2 "ennverify --effort with another word" ennverify --effort=hard -t x y
exits 2 "ennverify --draw with two files" ennverify --draw "$T/o.png" -t x y z
exits 2 "ennverify: standard input twice" ennverify -t x - -

# shellcheck disable=SC2086
{
exits 2 "ennsign without key" ennsign -c c --gtin 1 --lot L "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign without certificate" ennsign -k k --gtin 1 --lot L "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign without lot" ennsign -k k -c c --gtin 09506000134352 "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign with key and signer" ennsign $K --signer-cmd x "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign without output" ennsign $K "$T/a.tif"
exits 2 "ennsign with two places for the output" ennsign $K "$T/a.tif" -o "$T/b.tif" --out-dir "$T/d"
exits 2 "ennsign: several artworks, one output" ennsign $K "$T/a.tif" "$T/c.tif" -o "$T/b.tif"
exits 2 "ennsign: standard input" ennsign $K - -o "$T/b.tif"
exits 2 "ennsign: --gs1 beside --gtin" ennsign $K --gs1 '(01)09506000134352(10)L' "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign: output is the input" ennsign $K "$T/a.tif" -o "$T/a.tif"
exits 2 "ennsign: manifest is the output" ennsign $K "$T/a.tif" -o "$T/b.tif" -m "$T/b.tif"
for bad in 2 5 0.01 x; do exits 2 "ennsign --strength $bad$bad" ennsign $K --strength $bad$bad "$T/a.tif" -o "$T/b.tif"; done
for bad in am am: am:x am:5000 fm:1 AM:175; do
    exits 2 "ennsign --screen $bad" ennsign $K --screen $bad "$T/a.tif" -o "$T/b.tif"
done
exits 2 "ennsign --nonce too short" ennsign $K --nonce 00 "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign --unit too large" ennsign $K --unit 1099511627776 "$T/a.tif" -o "$T/b.tif"
exits 2 "ennsign --white with another word" ennsign $K --white=yes "$T/a.tif" -o "$T/b.tif"
}
G="-k k -c c $T/a.tif -o $T/b.tif"
# shellcheck disable=SC2086
{
exits 2 "GTIN with a wrong check digit" ennsign $G --gtin 09506000134353 --lot L
exits 2 "GTIN of a wrong length" ennsign $G --gtin 12345 --lot L
exits 2 "expiry in month 13" ennsign $G --gtin 09506000134352 --lot L --expiry 281301
exits 2 "lot of 21 characters" ennsign $G --gtin 09506000134352 --lot 123456789012345678901
exits 2 "lot with a character outside GS1 set 82" ennsign $G --gtin 09506000134352 --lot 'L 1'
exits 2 "malformed --gs1" ennsign $G --gs1 '(01)09506000134352(10'
}
exits 2 "--new-issuer without --out-dir" ennsign --new-issuer X
exits 2 "--new-issuer with artwork" ennsign --new-issuer X --out-dir "$T/i" "$T/a.tif"
exits 2 "--valid-days without --new-issuer" ennsign --valid-days 3 "$T/a.tif" -o "$T/b.tif"
check_not "nothing was made" test -e "$T/b.tif"
check_not "no directory was made" test -e "$T/d"
check_not "no issuer was made" test -e "$T/i"
finish
