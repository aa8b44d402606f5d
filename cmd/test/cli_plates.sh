#!/bin/sh
# --plates: a set of screened separations is signed as one artwork; each file verifies, the print reads.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind picture --width 80 --height 56 --seed 5 # large enough for yellow alone to read
pressim plates "$T/a.tif" "$T/p"
set -- "$T/p(Cyan).tif" "$T/p(Magenta).tif" "$T/p(Yellow).tif" "$T/p(Black).tif"
facts="--gtin 09506000134352 --lot L1 --nonce 000102030405060708090a0b0c0d0e0f"
plates()
{
    # shellcheck disable=SC2086
    SOURCE_DATE_EPOCH=1700000000 ennsign --json -k "$T/i/A.key" -c "$T/i/A.crt" $facts --plates "$@"
}

exits 0 "four plates are signed" plates "$@" --out-dir "$T/o"
check "the report counts them" has "$out" '"plates":4'
check "yellow carries the mark" has "$out" '"plate_carriers":"Yellow"'
check "the directory has them and the manifest" test "$(listing "$T/o" | tr '\n' ' ')" = \
    ". ./p(Black).tif ./p(Cyan).tif ./p(Magenta).tif ./p(Yellow).tif ./p(Yellow).xml "
for k in Cyan Magenta Black; do check "$k is as it was, byte for byte" cmp "$T/p($k).tif" "$T/o/p($k).tif"; done
check_not "Yellow is not" cmp "$T/p(Yellow).tif" "$T/o/p(Yellow).tif"
exits 0 "without a pointer to the manifest" plates "$@" --out-dir "$T/plain" --no-xmp
tiffinfo "$T/p(Yellow).tif" 2> /dev/null | sed 1d > "$T/tags1"
tiffinfo "$T/plain/p(Yellow).tif" 2> /dev/null | sed 1d > "$T/tags2"
check "but has the same tags" cmp "$T/tags1" "$T/tags2"
check "and with it the pointer, too" grep -aq 'enn:Manifest="p(Yellow).xml"' "$T/o/p(Yellow).tif"
exits 7 "a signed set is not signed again" plates "$T/o/p(Cyan).tif" "$T/o/p(Yellow).tif" --out-dir "$T/twice"
check "naming the plate" has "$err" "p(Yellow).tif: is marked already, with lot id"
check_not "nothing is left behind" test -e "$T/twice"
exits 0 "a set without magenta and black" plates "$1" "$3" --out-dir "$T/two"
check "the report says so" has "$out" '"missing_plates":"Magenta, Black"'

check "the manifest follows the schema" xmllint --noout --schema "$HERE/docs/manifest.xsd" "$T/o/p(Yellow).xml"
exits 0 "the whole set is genuine" ennverify -t "$T/i/A.crt" -m "$T/o/p(Yellow).xml" "$T/o/p(Cyan).tif" \
    "$T/o/p(Magenta).tif" "$T/o/p(Yellow).tif" "$T/o/p(Black).tif"
exits 4 "the unsigned plate is not" ennverify --json -t "$T/i/A.crt" -m "$T/o/p(Yellow).xml" "$T/p(Yellow).tif"
check "and it says why" reason samples-differ
exits 6 "yellow alone reads without its manifest" ennverify --json -t "$T/i/A.crt" "$T/o/p(Yellow).tif"
id=$(sed -n 's/.*<lot-id>\([0-9a-f]*\)<.*/\1/p' "$T/o/p(Yellow).xml")
check "with its lot id" has "$out" "\"lot_id\":\"$id\""

pressim proof "$T/o/p" "$T/proof.tif" && pressim print "$T/proof.tif" "$T/print.png" --lpi 0
pressim scan "$T/print.png" "$T/scan.png" --dpi 300 --rotation 2
exits 0 "a scan of the print is genuine" ennverify -t "$T/i/A.crt" -m "$T/o/p(Yellow).xml" "$T/scan.png"

exits 0 "with two threads" plates "$@" --out-dir "$T/o2" -j 2
check "the plate is the same" cmp "$T/o/p(Yellow).tif" "$T/o2/p(Yellow).tif"
exits 2 "existing plates are not replaced" plates "$@" --out-dir "$T/o2"

cp "$T/p(Yellow).tif" "$T/strange.tif"
exits 0 "--ink names the ink of any file" plates "$1" "$2" "$4" --ink "Yellow=$T/strange.tif" --out-dir "$T/o3" -m "$T/m.xml"
check "-m says where the manifest goes" test -s "$T/m.xml"
exits 2 "a file whose name tells no ink" plates "$1" "$2" "$4" "$T/strange.tif" --out-dir "$T/o4"
check_not "leaves no directory" test -e "$T/o4"
tiffset -s 285 Yellow "$T/strange.tif"
exits 0 "whose PageName does" plates "$1" "$2" "$4" "$T/strange.tif" --out-dir "$T/o5" -m "$T/m5.xml"
check "the manifest has the ink" grep -q '<name>Yellow</name>' "$T/m5.xml"
exits 0 "a set without yellow" plates "$1" "$2" "$4" --out-dir "$T/three"
check "another plate carries the mark" has "$out" '"plate_carriers":"Black"'
check_not "which differs" cmp "$4" "$T/three/p(Black).tif"
check "the others do not" cmp "$1" "$T/three/p(Cyan).tif"
exits 0 "the set is genuine" ennverify -t "$T/i/A.crt" -m "$T/three/p(Cyan).xml" "$T/three/p(Cyan).tif" "$T/three/p(Black).tif"
exits 6 "the plate reads alone" ennverify --json -t "$T/i/A.crt" "$T/three/p(Black).tif"
exits 7 "a contone file in the set" plates "$1" "$2" --ink "Yellow=$T/a.tif" --out-dir "$T/o4"
exits 2 "--plates without --out-dir" plates "$@" -o "$T/x.tif"
exits 2 "--ink without --plates" ennsign -k "$T/i/A.key" -c "$T/i/A.crt" --gtin 09506000134352 --lot L1 \
    --ink "Yellow=$3" "$T/a.tif" -o "$T/x.tif"
head -c 20000 "$3" > "$T/cut(Yellow).tif"
exits 7 "a plate cut short" plates "$1" "$2" "$T/cut(Yellow).tif" --out-dir "$T/o4"
finish
