#!/bin/sh
# A mark carried over to other artwork reads as the lot it was taken from; the picture in the manifest tells.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
N="--nonce 00112233445566778899aabbccddeeff"
pressim artwork "$T/a.tif" --kind picture --width 90 --height 70 --seed 1
pressim artwork "$T/b.tif" --kind carton --width 100 --height 70 --seed 2
pressim artwork "$T/flat.tif" --kind tint --width 60 --height 60
# The same facts and nonce give the same message: what a perfect transplant of the mark of a would be on b.
for f in a b flat; do
    # shellcheck disable=SC2086
    sign "$T/i" A L1 "$T/$f.tif" "$T/$f-s.tif" -q --allow-barcode-mismatch $N
    pressim print "$T/$f-s.tif" "$T/$f-print.png" --dpi 600
    pressim photo "$T/$f-print.png" "$T/$f.jpg" --ppmm 14 --tilt 14 --rotation 6
done
V="ennverify --json -t $T/i/A.crt"
# answer WORD: what the last line says of the content.
answer() { has "$out" "\"content\":{\"verdict\":\"$1\""; }

# shellcheck disable=SC2086
{
exits 0 "a photo of the artwork" $V -m "$T/a-s.xml" "$T/a.jpg"
check "its content agrees" answer agrees
check "where it lies is told" grep -q '"view_mm":{"x":[-0-9.e]*,"y":[-0-9.e]*,"width":[0-9.]*,"height":[0-9.]*}' "$out"
exits 4 "the mark on other artwork" $V -m "$T/a-s.xml" "$T/b.jpg"
check "the message is that of the lot" has "$out" '"lot":"L1"'
check "reason other-artwork and no other" has "$out" '"reasons":["other-artwork"]'
check "its content differs" answer differs
exits 4 "the same as a file" $V -m "$T/a-s.xml" "$T/b-s.tif"
check "reason other-artwork for the file" reason other-artwork
exits 0 "that print with its own manifest" $V -m "$T/b-s.xml" "$T/b.jpg"
exits 4 "and the other way round" $V -m "$T/b-s.xml" "$T/a.jpg"
exits 0 "a tint without anything on it: the message alone counts" $V -m "$T/flat-s.xml" "$T/flat.jpg"
check "not measurable" answer not-measurable
exits 0 "the signed file" $V -m "$T/a-s.xml" "$T/a-s.tif"
check "agrees" answer agrees
exits 6 "without a manifest" $V "$T/a.jpg"
check "not checked" answer not-checked
}
ennverify -v -t "$T/i/A.crt" -m "$T/a-s.xml" "$T/a.jpg" > "$out" || :
check "people are told" has "$out" "agrees with the manifest's picture"
finish
