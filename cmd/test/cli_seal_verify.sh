#!/bin/sh
# The seal in files and captures: present with the lot's key, missing where the message was made without it, revoked lots.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind picture --width 90 --height 60 --seed 5
N="--nonce 000102030405060708090a0b0c0d0e0f -q"
SOURCE_DATE_EPOCH=1800000000
export SOURCE_DATE_EPOCH
mkdir "$T/forger" "$T/other"
# shellcheck disable=SC2086
{
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" $N
sign "$T/i" A L1 "$T/a.tif" "$T/forger/s.tif" $N --no-seal
sign "$T/i" A L2 "$T/a.tif" "$T/other/s.tif" $N
}
key() { ennsign -q --export-lot-key "$1" -k "$T/i/A.key" -o "$2"; }
key "$T/s.xml" "$T/lot.key"
key "$T/other/s.xml" "$T/other.key"
for f in s forger/s; do
    pressim print "$T/$f.tif" "$T/$f.png" --seed 3
    pressim scan "$T/$f.png" "$T/$f.jpg" --rotation 2 --seed 4
done
verify() { ennverify --json -t "$T/i/A.crt" -m "$T/s.xml" "$@"; }
seal() { has "$out" "\"seal\":{\"verdict\":\"$1\""; }

exits 0 "the signed file with its key" verify --seal "$T/lot.key" "$T/s.tif"
check "the seal is present" seal present
check "and lies where it was put" grep -q '"page":1,"view_mm":{"x":-*[0-9]\.[0-9]*,"y":-*[0-9]\.' "$out"
exits 0 "a scan with its key" verify --seal "$T/lot.key" "$T/s.jpg"
check "the seal is present" seal present
exits 0 "keys of several lots: the manifest's counts" verify --seal "$T/other.key" --seal "$T/lot.key" "$T/s.jpg"
check "the seal is present" seal present
exits 0 "another lot's key" verify --seal "$T/other.key" "$T/s.jpg"
check "is no key" seal no-key
exits 0 "no key" verify "$T/s.jpg"
check "is no key" seal no-key
exits 4 "a scan of artwork made from the public parts, without the secret" verify --seal "$T/lot.key" "$T/forger/s.jpg"
check "seal-missing" reason seal-missing
check "the seal is missing" seal missing
exits 0 "which passes where no key is at hand" verify "$T/forger/s.jpg"
# Who prints the message once more over a copy that carries the seal makes the message stronger than the seal.
# shellcheck disable=SC2086
sign "$T/i" A L1 "$T/s.tif" "$T/again.tif" $N --no-seal --force
pressim print "$T/again.tif" "$T/again.png" --seed 3
pressim scan "$T/again.png" "$T/again.jpg" --rotation 2 --seed 4
exits 4 "a scan of sealed artwork with the message laid over it again" verify --seal "$T/lot.key" "$T/again.jpg"
check "seal-broken" reason seal-broken
check "the seal is broken" seal broken
# The lowest row of the seal's cells (from 38.4 mm on; 1063 pixels of four bytes a row) from artwork made without the secret.
for f in s forger/s; do tiffcp -c none -r 2000 "$T/$f.tif" "$T/$f-raw.tif"; done
cut=$((8 + 454 * 1063 * 4))
{ head -c $cut "$T/s-raw.tif"; tail -c +$((cut + 1)) "$T/forger/s-raw.tif"; } > "$T/both.tif"
# cells ABOVE|BELOW VERDICT: how many cells above, or below, 38 mm have this verdict.
cells()
{
    tr '{' '\n' < "$out" |
        sed -n 's/.*"y":\([-0-9.e]*\),"width":19.2,"height":19.2,"verdict":"'"$2"'".*/\1/p' |
        awk -v where="$1" '(where == "below") == ($1 > 38) { n++ } END { print n + 0 }'
}
exits 4 "a file whose lower third was made without the secret" verify --seal "$T/lot.key" --map "$T/both-map.png" "$T/both.tif"
check "seal-broken" reason seal-broken
check "cells below are broken" test "$(cells below broken)" -ge 2
check "and none of them has the seal" test "$(cells below present)" -eq 0
check "cells above have it" test "$(cells above present)" -ge 4
check "and none of them is broken" test "$(cells above broken)" -eq 0
# The height of a PNG, in bytes 20 to 23.
rows() { od -An -tu1 -j20 -N4 "$1" | awk '{ print $3 * 256 + $4 }'; }
exits 0 "a map of the whole print" verify --seal "$T/lot.key" --map "$T/map.png" "$T/s.jpg"
check "where the seal is in most of the cells" test "$(($(cells above present) + $(cells below present)))" -ge 6
exits 0 "the same without the key" verify --map "$T/plain.png" "$T/s.jpg"
check "the seal has two lines in the legend" test "$(rows "$T/map.png")" -eq $(($(rows "$T/plain.png") + 52))
check "and is drawn" sh -c "! cmp -s '$T/map.png' '$T/both-map.png'"
# A tint is too plain to be found by what it shows; the seal tells where it lies, so that changes are seen.
pressim artwork "$T/t.tif" --kind tint --width 60 --height 60 --seed 5
# shellcheck disable=SC2086
sign "$T/i" A L3 "$T/t.tif" "$T/tint.tif" $N
key "$T/tint.xml" "$T/tint.key"
pressim draw "$T/tint.tif" "$T/blot.tif" --kind box --x 30 --y 30 --width 5 --height 4 --ink 0,0,0,100
for f in tint blot; do
    pressim print "$T/$f.tif" "$T/$f.png" --seed 3
    pressim scan "$T/$f.png" "$T/$f.jpg" --rotation 2 --seed 4
done
tint() { ennverify --json -t "$T/i/A.crt" -m "$T/tint.xml" --map "$T/tint-map.png" --force "$@"; }
exits 0 "a map of a plain print" tint "$T/tint.jpg"
check "has nothing in it" has "$out" '"intact":0,"altered":0'
exits 0 "with the lot's key" tint --seal "$T/tint.key" "$T/tint.jpg"
check "it is intact" grep -q '"intact":[1-9][0-9]*,"altered":0,' "$out"
exits 0 "a blot on it" tint "$T/blot.jpg"
exits 4 "is seen with the key" tint --seal "$T/tint.key" "$T/blot.jpg"
check "altered" reason altered
exits 4 "a map of a print without the seal" verify --seal "$T/lot.key" --map "$T/none.png" "$T/forger/s.jpg"
check "is as long" test "$(rows "$T/none.png")" -eq "$(rows "$T/map.png")"
exits 0 "a lot without a seal" ennverify --json -t "$T/i/A.crt" -m "$T/forger/s.xml" --seal "$T/lot.key" "$T/forger/s.jpg"
check "is not checked" seal not-checked
exits 0 "people are told" ennverify -v -t "$T/i/A.crt" -m "$T/s.xml" --seal "$T/lot.key" "$T/s.jpg"
check "the seal" grep -q "seal.*present" "$out"

sed -n 's/.*<lot-id>\(.*\)<.*/\1 # recalled/p' "$T/s.xml" > "$T/revoked"
exits 6 "a revoked lot" verify --revoked-lots "$T/revoked" "$T/s.jpg"
check "lot-revoked" reason lot-revoked
exits 6 "also without its manifest" ennverify --json -t "$T/i/A.crt" --revoked-lots "$T/revoked" "$T/s.jpg"
check "lot-revoked" reason lot-revoked
echo "# none" > "$T/none"
exits 0 "another list" verify --revoked-lots "$T/none" "$T/s.jpg"
echo "8bfa2b9d" > "$T/bad"
exits 7 "a list with half an id" verify --revoked-lots "$T/bad" "$T/s.jpg"
check "its line is named" grep -q "line 1" "$err"
exits 8 "a missing list" verify --revoked-lots "$T/no-such" "$T/s.jpg"
exits 7 "no key file" verify --seal "$T/s.xml" "$T/s.jpg"
exits 2 "--seal needs the manifest" ennverify -t "$T/i/A.crt" --seal "$T/lot.key" "$T/s.jpg"
ennsign -q --export-lot-key "$T/s.xml" -k "$T/i/A.key" --to "$T/i/A.crt" -o "$T/lot.cms"
exits 7 "an encrypted key" verify --seal "$T/lot.cms" "$T/s.jpg"
check "says how to open it" has "$err" "openssl cms -decrypt"
finish
