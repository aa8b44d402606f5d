#!/bin/sh
# Files: missing, malformed, existing, unwritable; nothing is left behind and nothing is overwritten.
. "$(dirname "$0")/expect.sh"
mkdir "$T/w"
issuer "$T/i" A
artwork "$T/a.tif" 4
listing "$T/w" > "$T/before"
unchanged() { listing "$T/w" | cmp -s - "$T/before"; }
try() { want=$1 what=$2 in=$3; shift 3; exits "$want" "$what" sign "$T/i" A L1 "$in" "$T/w/o.tif" "$@"; check "$what: nothing left behind" unchanged; }

printf 'II*\000junk' > "$T/junk.tif"
: > "$T/empty.tif"
head -c 5000 "$T/a.tif" > "$T/cut.tif"
printf '\211PNG\r\n\032\n' > "$T/p.png"
try 8 "missing artwork" "$T/none.tif"
try 8 "artwork is a directory" "$T/i"
try 7 "empty artwork" "$T/empty.tif"
try 7 "junk artwork" "$T/junk.tif"
try 7 "truncated artwork" "$T/cut.tif"
try 7 "artwork that is no TIFF" "$T/p.png"
try 7 "artwork over --max-pixels" "$T/a.tif" --max-pixels 1000
try 8 "missing ICC profile" "$T/a.tif" --profile "$T/none.icc"
exits 8 "missing key" ennsign -k "$T/none" -c "$T/i/A.crt" --gtin 09506000134352 --lot L "$T/a.tif" -o "$T/w/o.tif"
exits 8 "missing certificate" ennsign -k "$T/i/A.key" -c "$T/none" --gtin 09506000134352 --lot L "$T/a.tif" -o "$T/w/o.tif"
exits 8 "output in a missing directory" sign "$T/i" A L1 "$T/a.tif" "$T/none/o.tif"
exits 8 "manifest in a missing directory" sign "$T/i" A L1 "$T/a.tif" "$T/w/o.tif" -m "$T/none/o.xml"
check "nothing left behind by these" unchanged

exits 0 "signing" sign "$T/i" A L1 "$T/a.tif" "$T/w/o.tif"
cp "$T/w/o.tif" "$T/o1.tif"
cp "$T/w/o.xml" "$T/o1.xml"
listing "$T/w" > "$T/before"
check "just the two outputs" test "$(wc -l < "$T/before")" -eq 3
try 2 "existing output without --force" "$T/a.tif"
check "the artwork was not touched" cmp -s "$T/w/o.tif" "$T/o1.tif"
check "the manifest was not touched" cmp -s "$T/w/o.xml" "$T/o1.xml"
rm "$T/w/o.tif"
listing "$T/w" > "$T/before"
try 2 "existing manifest without --force"  "$T/a.tif"
check "the manifest is the old one" cmp -s "$T/w/o.xml" "$T/o1.xml"
exits 0 "with --force" sign "$T/i" A L2 "$T/a.tif" "$T/w/o.tif" --force
check_not "the manifest is a new one" cmp -s "$T/w/o.xml" "$T/o1.xml"
cp "$T/w/o.xml" "$T/o2.xml"
listing "$T/w" > "$T/before"
try 7 "a failure with --force" "$T/junk.tif" --force
check "leaves the outputs that were there" cmp -s "$T/w/o.xml" "$T/o2.xml"

exits 8 "ennverify: missing file" ennverify -t "$T/i/A.crt" "$T/none.jpg"
check "the file is named" has "$err" "$T/none.jpg"
exits 8 "ennverify: missing anchor" ennverify -t "$T/none" "$T/w/o.tif"
exits 8 "ennverify: missing manifest" ennverify -t "$T/i/A.crt" -m "$T/none" "$T/w/o.tif"
exits 7 "ennverify: an anchor that is none" ennverify -t "$T/w/o.xml" "$T/w/o.tif"
exits 7 "ennverify: empty file" ennverify -t "$T/i/A.crt" "$T/empty.tif"
exits 7 "ennverify: junk" ennverify -t "$T/i/A.crt" "$T/junk.tif"
exits 7 "ennverify: over --max-pixels" ennverify --max-pixels 1k -t "$T/i/A.crt" "$T/w/o.tif"
exits 7 "ennverify: empty standard input" ennverify -t "$T/i/A.crt" -
exits 8 "enninspect: missing file" enninspect "$T/none.tif"
exits 7 "enninspect: junk" enninspect "$T/junk.tif"
exits 8 "enninspect: a full disk behind standard output" sh -c "enninspect '$T/a.tif' > /dev/full"
exits 8 "ennverify --json: a full disk" sh -c "ennverify --json -t '$T/i/A.crt' -m '$T/w/o.xml' '$T/w/o.tif' > /dev/full"
exits 8 "ennverify: standard output is closed" sh -c "ennverify --json -t '$T/i/A.crt' -m '$T/w/o.xml' '$T/w/o.tif' >&-"
exits 0 "ennsign: standard output and error are closed" sh -c "ennsign -q --progress=always -k '$T/i/A.key' -c '$T/i/A.crt' \
    --gtin 09506000134352 --lot L9 '$T/a.tif' -o '$T/w/closed.tif' >&- 2>&-"
exits 0 "the bar did not go into the artwork" ennverify -t "$T/i/A.crt" -m "$T/w/closed.xml" "$T/w/closed.tif"
finish
