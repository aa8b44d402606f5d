#!/bin/sh
# enninspect --html and --capacity-map: one page that needs nothing else, names escaped; pictures that appear whole or not.
. "$(dirname "$0")/expect.sh"
pressim artwork "$T/carton.tif"
pressim draw "$T/carton.tif" "$T/a<b>&\".tif" --kind box --ink 100,100,100,100 --x 30 --y 40 --width 6 --height 4
printf junk > "$T/junk.tif"
H=$T/r.html
exits 0 "a page" enninspect -q "$T/a<b>&\".tif" --html "$H"
check "it is HTML with a language" sh -c "head -n 2 '$H' | tr '\n' ' ' | grep -q '<!doctype html> <html lang=\"en\">'"
check "phones are thought of" has "$H" '<meta name="viewport" content="width=device-width'
check "light, dark and print" sh -c "grep -q prefers-color-scheme '$H' && grep -q '@media print' '$H'"
check_not "no network" grep -qE '(src|href)="?(https?:)?//|@import|url\(' "$H"
check_not "no script" grep -qi '<script' "$H"
check "two pictures inside" test "$(grep -o 'src="data:image/png;base64,iVBORw0KGgo' "$H" | wc -l)" -eq 2
check "pictures have texts" test "$(grep -o '<img alt="[^"]\{20,\}"' "$H" | wc -l)" -eq 2
check "the name is escaped" has "$H" 'a&lt;b&gt;&amp;&quot;.tif</h2>'
check_not "and not raw" grep -q 'a<b>' "$H"
check "headings in order" test "$(grep -o '<h[1-6]' "$H" | sort -u | tr '\n' ' ')" = "<h1 <h2 <h3 "
check "findings" has "$H" '<code>tac-over-limit</code>'
check "barcodes" has "$H" '(10) EN9459'
check "tables can be scrolled by keyboard" has "$H" 'tabindex="0" role="region"'
for tag in table section figure dl thead tbody main; do
    check "<$tag> is closed" test "$(grep -o "<${tag}[ >]" "$H" | wc -l)" -eq "$(grep -o "</$tag>" "$H" | wc -l)"
done
sed -n 's/.*base64,\([A-Za-z0-9+\/=]*\)".*/\1/p' "$H" | head -n 1 | base64 -d > "$T/first.png"
exits 0 "the picture is a PNG" sh -c "enninspect --json '$T/first.png' | grep -q '\"format\":\"PNG\"'"
exits 2 "an existing page is not replaced" enninspect -q "$T/carton.tif" --html "$H"
exits 0 "unless forced" enninspect -q "$T/carton.tif" --html "$H" --force
exits 7 "one bad file of two" enninspect -q "$T/carton.tif" "$T/junk.tif" --html "$T/two.html"
check "the page tells both" test "$(grep -c '<h2' "$T/two.html")" -eq 2
check "and the reason" grep -q 'class="level error">[^<]*junk.tif' "$T/two.html"

exits 0 "a capacity map" enninspect -q "$T/carton.tif" --capacity-map "$T/map.png"
exits 0 "it is a PNG" sh -c "enninspect --json '$T/map.png' | grep -q '\"format\":\"PNG\"'"
exits 2 "an existing map is not replaced" enninspect -q "$T/carton.tif" --capacity-map "$T/map.png"
exits 2 "one file only" enninspect "$T/carton.tif" "$T/junk.tif" --capacity-map "$T/m.png"
exits 2 "no page 2" enninspect "$T/carton.tif" --capacity-map "$T/m.png" --page 2
exits 2 "--page alone" enninspect "$T/carton.tif" --page 2
exits 7 "nothing to draw" enninspect "$T/map.png" --capacity-map "$T/m.png"
check_not "nothing is left behind" sh -c "ls -A '$T' | grep -v '^\.\(out\|err\)\$' | grep '^\.\|m\.png'"
cp "$H" "$T/r1.html"
exits 0 "the page is the same again" enninspect -q -j 2 "$T/carton.tif" --html "$T/r2.html"
check "byte by byte" cmp "$T/r1.html" "$T/r2.html"
finish
