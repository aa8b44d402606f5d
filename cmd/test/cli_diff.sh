#!/bin/sh
# enninspect --diff: classes, exit codes, and the files it writes.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 3
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" -q --no-seal
sign "$T/i" A L1 "$T/a.tif" "$T/sealed.tif" -q
sign "$T/i" A L2 "$T/a.tif" "$T/s2.tif" -q
class() { grep -q "\"class\":\"$1\"" "$out"; }
D="enninspect --json --diff"

# shellcheck disable=SC2086
{
exits 0 "a file and itself" $D "$T/a.tif" "$T/a.tif"
check "identical" class identical
exits 0 "before and after signing" $D "$T/a.tif" "$T/s.tif"
check "mark-added" class mark-added
check "the mark is known to the last level" has "$out" '"mark_exact":true'
exits 0 "before and after signing with a seal" $D "$T/a.tif" "$T/sealed.tif"
check "mark-added, too" class mark-added
check "its mark only bounds the change: the seal is not known" has "$out" '"mark_exact":false'
exits 0 "after and before" $D "$T/s.tif" "$T/a.tif"
check "mark-removed" class mark-removed
# A strip of 7 x 1 mm shows too little of the tile to tell a mark by itself; the page before it tells.
pressim artwork "$T/strip.tif" --kind picture --width 7 --height 1 --seed 9
tiffcp "$T/a.tif" "$T/strip.tif" "$T/two.tif"
sign "$T/i" A L1 "$T/two.tif" "$T/two-s.tif" -q
exits 0 "two pages, one of them a strip" $D "$T/two.tif" "$T/two-s.tif"
check "mark-added on both" class mark-added
exits 0 "and the other way" $D "$T/two-s.tif" "$T/two.tif"
check "mark-removed" class mark-removed
tiffcp "$T/two-s.tif,1" "$T/strip-s.tif"
exits 4 "the strip alone" $D "$T/strip.tif" "$T/strip-s.tif"
pressim draw "$T/strip-s.tif" "$T/strip-e.tif" --kind box --x 3 --y 0.5 --width 1 --height 0.5 --ink 0,0,0,100
tiffcp "$T/two-s.tif,0" "$T/strip-e.tif" "$T/two-e.tif"
exits 4 "an edit in the strip" $D "$T/two.tif" "$T/two-e.tif"
check "artwork-changed" class artwork-changed
check "in one place" has "$out" '"changes_in_all":1'
check "of the second page" grep -q '"changes":\[{"page":2' "$out"
# The strip first: the mark is read from the largest page, which is compared first; the list is in the order of pages.
tiffcp "$T/strip.tif" "$T/a.tif" "$T/turned.tif"
pressim draw "$T/sealed.tif" "$T/drawn.tif" --kind box --x 9 --y 9 --width 1 --height 0.5 --ink 0,0,0,100
tiffcp "$T/strip-e.tif" "$T/drawn.tif" "$T/turned-s.tif"
pressim artwork "$T/wide.tif" --kind carton --width 190 --height 60 --seed 5
for l in 1 2; do sign "$T/i" A "W$l" "$T/wide.tif" "$T/wide-$l.tif" -q --allow-barcode-mismatch; done
exits 0 "two lots of a page that is read in part" $D -t "$T/i/A.crt" "$T/wide-1.tif" "$T/wide-2.tif"
check "mark-changed" class mark-changed
check "the mark of NEW is named" grep -q "\"lot_id\":\"$(sed -n 's/.*<lot-id>\(.*\)<.*/\1/p' "$T/wide-2.xml")\"" "$out"
check "the mark of OLD is named" grep -q "\"old_lot_id\":\"$(sed -n 's/.*<lot-id>\(.*\)<.*/\1/p' "$T/wide-1.xml")\"" "$out"
exits 0 "a page against itself" $D -t "$T/i/A.crt" "$T/wide-1.tif" "$T/wide-1.tif"
check "has the same mark twice" test "$(grep -o '"\(old_\)\?lot_id":"[0-9a-f]\{20\}"' "$out" | sed 's/.*://' | sort | uniq -d | wc -l)" -eq 1
exits 0 "its manifest" $D -t "$T/i/A.crt" -m "$T/wide-2.xml" "$T/wide-1.tif" "$T/wide-2.tif"
check "genuine, by its samples" has "$out" '"verdict":"genuine"'
tiffset -s 305 other "$T/wide-2.tif"
exits 0 "another program's name in the file" $D -t "$T/i/A.crt" -m "$T/wide-2.xml" "$T/wide-1.tif" "$T/wide-2.tif"
check "not genuine: the bytes" has "$out" '"reasons":["file-hash"]'
exits 4 "a strip before a page" $D -t "$T/i/A.crt" "$T/turned.tif" "$T/turned-s.tif"
check "its mark is named" grep -q '"lot_id":"[0-9a-f]\{20\}"' "$out"
check "a change of each, the first page first" grep -q '"changes":\[{"page":1[^{]*{"page":2[^{]*\]' "$out"
exits 0 "two lots of one artwork" $D "$T/s.tif" "$T/s2.tif"
check "mark-changed" class mark-changed
pressim artwork "$T/carton.tif" --width 70 --height 50
for l in 1 2; do sign "$T/i" A "L$l" "$T/carton.tif" "$T/carton-$l.tif" -q --allow-barcode-mismatch; done
exits 0 "two lots of a white carton, without -t" $D "$T/carton-1.tif" "$T/carton-2.tif"
check "mark-changed, too" class mark-changed
exits 0 "with issuer and manifest" $D -t "$T/i/A.crt" -m "$T/s.xml" "$T/a.tif" "$T/s.tif"
check "the lot is named" has "$out" '"lot":"L1"'
check "and genuine" has "$out" '"verdict":"genuine"'

# Other layouts of the same samples.
tiffcp -c none "$T/a.tif" "$T/raw.tif"
exits 0 "other compression" $D "$T/a.tif" "$T/raw.tif"
check "same-artwork" class same-artwork
check "the compression is told as metadata" has "$out" '"metadata":[{"page":1,"name":"compression"'
exits 0 "other compression and a mark" $D "$T/raw.tif" "$T/s.tif"
check "mark-added, too" class mark-added

# 30 x 4 black pixels in the middle of the picture, on the plain and on the signed file.
for f in a s; do
    tiffcp -c none -r 1 "$T/$f.tif" "$T/e.tif"
    rows=$(tiffinfo "$T/e.tif" | sed -n 's/.*Image Length: \([0-9]*\).*/\1/p')
    width=$(tiffinfo "$T/e.tif" | sed -n 's/.*Image Width: \([0-9]*\) .*/\1/p')
    first=$(tiffdump -m 1 "$T/e.tif" | sed -n 's/^StripOffsets.*<\([0-9]*\) .*/\1/p')
    for y in 200 201 202 203; do
        head -c 120 /dev/zero | tr '\0' '\377' |
            dd of="$T/e.tif" bs=1 seek=$((first + (y * width + 300) * 4)) conv=notrunc status=none
    done
    exits 4 "an edit, new file from $f" $D "$T/a.tif" "$T/e.tif"
    check "artwork-changed" class artwork-changed
    check "one region" test "$(grep -o '"box_mm"' "$out" | wc -l)" -eq 1
    check "where the edit is" grep -q '"box_mm":\[25\.[34][0-9]*,1[67]\.[0-9]*,2\.[45][0-9]*,0\.3[0-9]*\]' "$out"
done
check "the picture has these rows" test "$rows" -gt 204

exits 4 "text for people" enninspect --diff "$T/a.tif" "$T/e.tif"
check "says what" has "$out" "the artwork was changed"
check "the changes are numbered" grep -q '^  changes    1\. ' "$out"
check "in 80 columns" sh -c "sed 1d '$out' | awk 'length > 80 { exit 1 }'"
exits 4 "quiet" enninspect -q --diff "$T/a.tif" "$T/e.tif"
check "prints nothing" test ! -s "$out"
exits 0 "an edit smaller than asked for" $D --ignore-smaller 2 "$T/a.tif" "$T/e.tif"
check "is counted" grep -q '"below_size":[1-9]' "$out"

exits 4 "all outputs" $D --heatmap "$T/h.png" --html "$T/d.html" --junit "$T/j.xml" --sarif "$T/s.json" "$T/a.tif" "$T/e.tif"
exits 0 "a heat map of what is only counted" enninspect -q --diff --ignore-smaller 2 --heatmap "$T/counted.png" "$T/a.tif" "$T/e.tif"
check_not "has no box and no number" cmp -s "$T/h.png" "$T/counted.png"
check "the table has the numbers of the map" grep -q '<th scope="row">1</th>' "$T/d.html"
check "the heat map is a PNG" sh -c "head -c 4 '$T/h.png' | grep -q PNG"
check "JUnit is well-formed" xmllint --noout "$T/j.xml"
check "with one failure" has "$T/j.xml" 'failures="1"'
ant="count(/testsuites[not(@*)]/testsuite[@id='0' and @package and @name and @hostname and string-length(@timestamp)=19 and @time]
/*[1][self::properties]/following-sibling::*[1][self::testcase[@name and @classname and @time and failure[@type and @message]]]
/following-sibling::*[1][self::system-out]/following-sibling::*[1][self::system-err][not(following-sibling::*)])"
xmllint --xpath "$ant" "$T/j.xml" >"$T/ant.txt" || echo none >"$T/ant.txt"
check "JUnit has what Ant's schema asks for, in its order" grep -qx 1 "$T/ant.txt"
check "the slider says what it is and where it stands" grep -q 'aria-label="Edge between.*aria-valuenow="50"' "$T/d.html"
check "HTML has a labelled slider" grep -q '<label for="range1">.*<input type="range" id="range1"' "$T/d.html"
check_not "HTML fetches nothing" grep -Eq '(src|href)="?(https?:)?//' "$T/d.html"
check "SARIF 2.1.0" has "$T/s.json" '"version": "2.1.0"'
check "with a result in mm" has "$T/s.json" '"box_mm"'
sed -n 's/.*"ruleId": "\([^"]*\)".*/\1/p' "$T/s.json" | sort -u >"$T/used.txt"
sed -n 's/.*"id": "\([^"]*\)".*/\1/p' "$T/s.json" | sort -u >"$T/rules.txt"
check "every result has a rule" test -s "$T/used.txt" -a -z "$(comm -23 "$T/used.txt" "$T/rules.txt")"
check "and a level, a text and a place" test "$(grep -c '"ruleId"' "$T/s.json") $(grep -c '"level": "\(error\|note\)"' "$T/s.json")" = \
    "$(grep -c '"artifactLocation"' "$T/s.json") $(grep -c '"fullyQualifiedName"' "$T/s.json")"
exits 2 "outputs are not replaced" $D --junit "$T/j.xml" "$T/a.tif" "$T/e.tif"
exits 4 "unless forced" $D --force --junit "$T/j.xml" "$T/a.tif" "$T/e.tif"

exits 0 "text form" enninspect --textconv "$T/a.tif"
cp "$out" "$T/a.txt"
exits 0 "of other compression" enninspect --textconv "$T/raw.tif"
check "is the same" cmp -s "$out" "$T/a.txt"
exits 0 "of the edited file" enninspect --textconv "$T/e.tif"
check_not "is another" cmp -s "$out" "$T/a.txt"
exits 2 "text form of two files" enninspect --textconv "$T/a.tif" "$T/s.tif"

exits 0 "one lot signed again, by name" $D -t "$T/i/A.crt" "$T/s.tif" "$T/s2.tif"
check "mark-changed" class mark-changed
check "both are named" test "$(grep -o '"\(old_\)\?lot_id":"[0-9a-f]\{20\}"' "$out" | sort -u | wc -l)" -eq 2
# Where inks are nearly full the pilots tell a quarter of a strong mark; its bounds are found all the same.
pressim artwork "$T/t.tif" --kind tint --width 40 --height 40 --seed 4
pressim edit "$T/t.tif" "$T/full.tif" --kind tint --ink 0,60,80,0
sign "$T/i" A L1 "$T/full.tif" "$T/full-s.tif" -q --no-seal --strength 3 --white=never
exits 0 "a strong mark on full inks" $D "$T/full.tif" "$T/full-s.tif"
check "mark-added" class mark-added
check "its strength is above 2" grep -q '"mark_strength":[23]\.[0-9]' "$out"
exits 2 "one file" enninspect --diff "$T/a.tif"
exits 2 "three files" enninspect --diff "$T/a.tif" "$T/a.tif" "$T/a.tif"
exits 2 "standard input" enninspect --diff - "$T/a.tif"
exits 2 "--heatmap alone" enninspect --heatmap "$T/x.png" "$T/a.tif"
exits 8 "a missing file" $D "$T/a.tif" "$T/none.tif"
head -c 20000 "$T/a.tif" > "$T/cut.tif"
exits 7 "a damaged file" $D "$T/a.tif" "$T/cut.tif"
check "nothing half-written" test "$(listing "$T" | grep -c '/\..*\.')" -eq 0
}
finish
