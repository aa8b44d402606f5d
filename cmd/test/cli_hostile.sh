#!/bin/sh
# Hostile files: every tool refuses or reads them in little time and memory, and signing one leaves nothing behind.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
mkdir "$T/w"
K="-k $T/i/A.key -c $T/i/A.crt --gtin 09506000134352 --lot L"

bound="prlimit --as=3000000000"
[ -z "${ENN_ASAN:-}" ] || bound="env"
# one FILE ALLOWED COMMAND...: 20 seconds and, where the memory is our own to bound, 3 GiB of address space.
one()
{
    file=$1 allowed=$2 code=0
    shift 2
    # shellcheck disable=SC2086
    timeout 20 $bound "$@" "$file" > "$out" 2> "$err" < /dev/null || code=$?
    case " $allowed " in
    *" $code "*) ok "$1 $(basename "$file"): $code" ;;
    *) no "$1 $(basename "$file"): exit code $code" ;;
    esac
}

n=0
for f in "$HERE"/testdata/hostile/*; do
    [ -f "$f" ] || continue
    n=$((n + 1))
    cp "$f" "$T/h(Yellow).tif"
    one "$f" "0 3 7" ennverify -t "$T/i/A.crt"
    if [ $code = 7 ]; then check "it is named" has "$err" "$(basename "$f")"; fi
    one "$f" "0 7" enninspect
    if [ $code = 7 ]; then check "it is named" has "$err" "$(basename "$f")"; fi
    one "$f" "0 7" enninspect --textconv
    one "$f" "0 7" enninspect --diff "$f"
    one "$f" "0 7" enninspect --html "$T/w/o.html"
    check "the report names it" has "$T/w/o.html" "$(basename "$f")"
    if [ $code = 7 ]; then check "as refused" has "$T/w/o.html" '<p class="level error">'; fi
    rm -f "$T/w/o.html"
    one "$f" "0 7" enninspect --protect-map "$T/w/o.png"
    if [ $code != 0 ]; then check "nothing is left" test -z "$(ls -A "$T/w")"; fi
    rm -f "$T/w/o.png"
    # shellcheck disable=SC2086
    one "$f" "0 7" ennsign $K --dpi 300 --force -o "$T/w/o.tif"
    if [ $code != 0 ]; then check "nothing is left" test -z "$(ls -A "$T/w")"; fi
    rm -f "$T/w/o.tif" "$T/w/o.xml"
    # shellcheck disable=SC2086
    one "$T/h(Yellow).tif" "7" ennsign $K --dpi 1200 --plates --out-dir "$T/w/set"
    check "nothing is left" test -z "$(ls -A "$T/w")"
done
check "there were hostile files" test $n -ge 10

# As anchor and as manifest.
artwork "$T/a.tif" 11
for f in empty.tif header-only.tif tiff-bomb.tif png-huge.png; do
    one "$T/a.tif" "7" ennverify -t "$HERE/testdata/hostile/$f"
    one "$T/a.tif" "3 4 7" ennverify -t "$T/i/A.crt" -m "$HERE/testdata/hostile/$f"
done
finish
