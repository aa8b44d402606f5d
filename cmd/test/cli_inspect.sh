#!/bin/sh
# enninspect before plates: every finding with its level and place, the facts in JSON, text that fits 80 columns.
. "$(dirname "$0")/expect.sh"
pressim artwork "$T/plain.tif" --kind tint --width 70 --height 50
draw() { from=$1 to=$2; shift 2; pressim draw "$T/$from.tif" "$T/$to.tif" "$@"; }
inspect() { exits 0 "$1" enninspect --json "$T/$2.tif"; }
# found LEVEL ID WHAT: the last report has this finding;  at X Y W H: and there (mm, half a millimetre of slack).
found() { check "$3: $2" grep -q "{\"id\":\"$2\",\"level\":\"$1\"" "$out"; }
no_finding() { check_not "$2: no $1" grep -q "{\"id\":\"$1\"" "$out"; }
at()
{
    place=$(sed "s/.*{\"id\":\"$1\",[^}]*\"page\":1,\"x\":\([-0-9.]*\),\"y\":\([-0-9.]*\),\"width\":\([0-9.]*\),\"height\":\([0-9.]*\).*/\1 \2 \3 \4/" "$out")
    if echo "$place $2 $3 $4 $5" | awk '{ for (i = 1; i < 5; i++) { d = $i - $(i + 4); if (d > 1.1 || d < -1.1) exit 1 } exit NF != 8 }'; then
        ok "$1: its place"
    else
        no "$1: its place is $place"
    fi
}

inspect "a plain tint" plain
for id in low-resolution tac-over-limit hairline rgb-artwork unsignable barcode-colour barcode-no-quiet-zone; do
    no_finding $id "a plain tint"
done
found note no-profile "a plain tint"

# Print: too much ink, thin lines (and one that is thick enough), bars too red, too narrow, too close to a box.
draw plain print --kind box --ink 100,100,100,100 --x 12 --y 8 --width 10 --height 8
draw print print --kind box --x 40 --y 3.02 --width 20 --height 0.085
draw print print --kind box --x 66.03 --y 10 --width 0.085 --height 12
draw print print --kind box --x 40 --y 6 --width 20 --height 0.3
draw print print --kind ean --text 950600013435 --x 20 --y 25 --height 10 --ink 0,100,100,0
draw print print --kind ean --text 950600013435 --x 20 --y 42 --height 10 --module 0.21
draw print print --kind ean --text 950600013435 --x 50 --y 42 --height 10 --module 0.27
draw print print --kind box --x 64 --y 42 --width 1 --height 8
inspect "print" print
found warning tac-over-limit "four solids"
at tac-over-limit 7 4 10 8
check "its area" grep -q '"over_coverage_limit_mm2":\(79\|80\)' "$out"
found warning hairline "thin lines"
check "two of them, not the wider one" test "$(grep -o '"id":"hairline"' "$out" | wc -l)" -eq 2
found error barcode-colour "red bars"
at barcode-colour 4.3 20 31.4 10
check "only there" test "$(grep -o '"id":"barcode-colour"' "$out" | wc -l)" -eq 1
found warning barcode-small "narrow bars"
at barcode-small 10 37 20 10
check "only there" test "$(grep -o '"id":"barcode-small"' "$out" | wc -l)" -eq 1
found warning barcode-no-quiet-zone "a box beside a code"
at barcode-no-quiet-zone 37.2 37 25.7 10
exits 0 "a limit of 400 %" enninspect --json --tac-limit 400 "$T/print.tif"
no_finding tac-over-limit "a limit of 400 %"

draw plain ean --kind ean --text 950600013435 --x 35 --y 25 --height 12
inspect "an EAN-13" ean
check "it reads" has "$out" '"type":"ean-13","text":"9506000134352"'
check "its GTIN" has "$out" '"elements":[{"ai":"01","value":"09506000134352"}]'
for id in barcode-colour barcode-no-quiet-zone barcode-small barcode-gs1-invalid hairline; do no_finding $id "an EAN-13"; done

# Data: a wrong check digit, no month 13, no lot, brackets as text, two GTINs.
draw plain data --kind gs1-datamatrix --text '[01]09506000134353[10]L' --x 10 --y 10 --module 0.4
draw data data --kind gs1-datamatrix --text '[01]09506000134352[17]281301[10]L' --x 35 --y 10 --module 0.4
draw data data --kind gs1-datamatrix --text '[01]09506000134352[17]281201' --x 60 --y 10 --module 0.4
draw data data --kind datamatrix --text '(01)09506000134352(10)L' --x 10 --y 40 --module 0.4
draw data data --kind gs1-datamatrix --text '[01]04006381333931[10]L' --x 35 --y 40 --module 0.4
inspect "data" data
found error barcode-gs1-invalid "a wrong check digit"
at barcode-gs1-invalid 6.8 6.8 6.4 6.4
check "two rules are broken" test "$(grep -o '"id":"barcode-gs1-invalid"' "$out" | wc -l)" -eq 2
check "the rules are told" sh -c "grep -q 'Invalid month .13' '$out' && grep -q 'Bad checksum .3., expected .2' '$out'"
found note barcode-incomplete "no lot"
at barcode-incomplete 56.8 6.8 6.4 6.4
found warning barcode-gs1-plain "brackets as text"
found warning barcode-disagree "two GTINs"
check "a message names both" grep -q "says GTIN 04006381333931[^\"]*says 0950600013435" "$out"
exits 0 "text" enninspect "$T/data.tif"
check "text fits 80 columns" sh -c "sed 1d '$out' | awk 'length > 80 { exit 1 }'"
check "text tells findings" grep -q "^  warning    barcode-disagree at" "$out"
check "text tells elements" has "$out" "             (10) L"

pressim artwork "$T/low.tif" --kind tint --width 70 --height 50 --dpi 200
inspect "200 dpi" low
found warning low-resolution "200 dpi"
pressim artwork "$T/poor.tif" --kind tint --width 70 --height 50 --dpi 120
inspect "120 dpi" poor
found error low-resolution "120 dpi"
# What is too coarse to be signed has the same inks, and so has a plate, within what its dots of 0.1 mm leave.
inks() { grep -o '"mean_coverage":[0-9.]*\|"max_total_coverage":[0-9.]*' "$out" | cut -d: -f2 | awk '{ printf "%.3f ", $1 }'; }
inspect "300 dpi" print
fine=$(inks)
cp "$T/print.tif" "$T/coarse.tif"
tiffset -s 282 72 "$T/coarse.tif" && tiffset -s 283 72 "$T/coarse.tif"
inspect "72 dpi" coarse
check "72 dpi: the same inks: $fine" test -n "$fine" -a "$(inks)" = "$fine"
check "but no shares" has "$out" '"white_share":null'
pressim artwork "$T/sep.tif" --kind tint --width 30 --height 20
pressim plates "$T/sep.tif" "$T/sep"
inspect "separations" sep
cyan=$(inks | cut -d' ' -f1)
exits 0 "a plate" enninspect --json "$T/sep(Cyan).tif"
check "its ink by the file's name" has "$out" '"inks":[{"name":"Cyan"'
check "its coverage is that of the separation, $cyan" \
    sh -c "sed 's/.*\"mean_coverage\":\([0-9.]*\).*/\1/' '$out' | awk '{ d = \$1 - $cyan; exit d > 8 || d < -8 || \$1 < 1 }'"
pressim edit "$T/sep.tif" "$T/black.tif" --kind tint --ink -99,-99,-99,40
inspect "black alone" black
check "its total coverage is that of black" grep -q '"max_total_coverage":[4-9][0-9]\.' "$out"
check "its profile is one of CMYK" has "$out" '"profile":"built-in coated offset'
pressim artwork "$T/tiny.tif" --kind tint --width 12 --height 9
inspect "a tiny label" tiny
check "a tiny label: capacity-low" grep -q '"id":"capacity-low"' "$out"
pressim artwork "$T/carton.tif" && inspect "a carton" carton
check "a carton: both barcodes" test "$(grep -o '"type":"[a-z0-9-]*","text"' "$out" | tr '\n' ' ')" = '"type":"ean-13","text" "type":"data-matrix","text" '
check "the shares" grep -q '"type_share":0\.[0-9]*,"barcode_share":0\.[0-9]*' "$out"
check "the table" has "$out" '"table":[{"window_mm":10.0,"px_per_mm":10.0,"with_white":'
pressim print "$T/plain.tif" "$T/rgb.tif" --dpi 300 --lpi 0
inspect "RGB" rgb
found warning rgb-artwork "RGB"
tiffcp -c jpeg:95 "$T/plain.tif" "$T/lossy.tif"
inspect "JPEG inside" lossy
found note lossy "JPEG inside"
found error unsignable "JPEG inside"
issuer "$T/i" A
exits 0 "signing" sign "$T/i" A L "$T/plain.tif" "$T/signed.tif"
exits 0 "signed artwork" enninspect --json -t "$T/i/A.crt" "$T/signed.tif"
found note already-marked "signed artwork"
check "errors come first" sh -c "enninspect --json '$T/lossy.tif' | grep -q '\"findings\":\\[{\"id\":\"[a-z0-9-]*\",\"level\":\"error\"'"
check "the keys of a finding" grep -q '{"id":"[a-z-]*","level":"[a-z]*","page":[0-9a-z]*,"x":[0-9a-z.]*,"y":[0-9a-z.]*,"width":[0-9a-z.]*,"height":[0-9a-z.]*,"text":"[^"]*"}' "$out"

# Every id is in the man page.
sed -n '/define ENN_FINDING_LIST/,/enum enn_finding_id/s/.*X([A-Z0-9_]*, *"\([a-z0-9-]*\)".*/\1/p' "$HERE/libembed/enn.h" > "$T/ids"
check "ids were found in the header" test "$(wc -l < "$T/ids")" -ge 20
while read -r id; do check "enninspect.1 explains $id" grep -q "^\.It Cm $id\$" "$HERE/man/enninspect.1"; done < "$T/ids"
finish
