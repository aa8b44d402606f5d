#!/bin/sh
# Protection on the command line: regions, masks and ink names are checked, the map is a picture.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 31
for bad in 1,2,3 1,2,3,4,5 a,b,c,d 1,2,0,4 1,2,3,-4 "1,2,3, 4" nan,0,1,1 1e9,0,1,1 ",,," "1,2,3,4 "; do
    exits 2 "--region '$bad'" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --region "$bad"
    exits 2 "--protect-region '$bad'" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --protect-region="$bad"
done
check "the option is named" has "$err" "--protect-region"
exits 2 "an ink that is not there" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --allow-ink Gold
check "is named" has "$err" "'Gold'"
exits 2 "a technical ink that is not there" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --technical Die
exits 8 "a mask that is not there" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --protect "$T/none.png"
exits 7 "a mask that is no picture" sign "$T/i" A L1 "$T/a.tif" "$T/no.tif" --protect "$T/i/A.crt"
check "no output" test ! -e "$T/no.tif"
exits 0 "two regions" sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" --region 0,0,30,40 --region 30.5,0,29.5,40 --protect-region 5,5,2,2
exits 0 "are genuine" ennverify -t "$T/i/A.crt" -m "$T/s.xml" "$T/s.tif"
exits 0 "the file as a mask of itself" sign "$T/i" A L1 "$T/a.tif" "$T/m.tif" --protect "$T/a.tif" --protect-region 0,0,1,1
exits 7 "marked artwork" sign "$T/i" A L2 "$T/s.tif" "$T/twice.tif"
check "says so" has "$err" "marked already"
exits 0 "without the pointer nobody knows" sign "$T/i" A L3 "$T/a.tif" "$T/n.tif" --no-xmp
check_not "none is in the file" grep -q urn:enn:xmp "$T/n.tif"
check "one is in the other" grep -q urn:enn:xmp "$T/s.tif"
check_not "with nothing secret" grep -q -e "$(sed -n 's/.*<nonce>\(.*\)<.*/\1/p' "$T/s.xml")" "$T/s.tif"

exits 0 "the map" enninspect -q --protect-map "$T/map.png" --protect-region 3,3,9,9 "$T/a.tif"
check "is a PNG" sh -c "head -c 4 '$T/map.png' | grep -q PNG"
exits 2 "an existing map stays" enninspect -q --protect-map "$T/map.png" "$T/a.tif"
exits 0 "with --force it does not" enninspect -q --force --protect-map "$T/map.png" "$T/a.tif"
exits 2 "a map of two files" enninspect --protect-map "$T/no.png" "$T/a.tif" "$T/s.tif"
exits 2 "protection without a map" enninspect --region 1,1,2,2 "$T/a.tif"
exits 2 "a page that is not there" enninspect --protect-map "$T/no.png" --page 2 "$T/a.tif"
exits 7 "a map of a picture" enninspect --protect-map "$T/no.png" "$T/map.png"
check "no map" test ! -e "$T/no.png"
finish
