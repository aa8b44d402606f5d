#!/bin/sh
# Barcodes and the lot: what they say must be the lot to be signed, and they are left as they were.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/plain.tif" --kind tint --width 70 --height 50
G='[01]09506000134352[17]281231[10]LOT7[21]S1'
pressim draw "$T/plain.tif" "$T/dm.tif" --kind gs1-datamatrix --text "$G" --x 20 --y 20 --module 0.25 --rotation 30
pressim draw "$T/plain.tif" "$T/ean.tif" --kind ean --text 400638133393 --x 35 --y 25 --height 12
pressim draw "$T/plain.tif" "$T/itf.tif" --kind itf14 --text 0950600013435 --x 35 --y 25 --height 12
pressim draw "$T/plain.tif" "$T/text.tif" --kind datamatrix --text '(01)09506000134352(10)OTHER' --x 20 --y 20 --module 0.4
pressim draw "$T/plain.tif" "$T/month.tif" --kind gs1-datamatrix --text '[01]09506000134352[17]280200' --x 20 --y 20 --module 0.4

# refused WHAT FACT IN-THE-CODE LOT-TO-BE-SIGNED COMMAND...: and both values are told.
refused()
{
    told=$1 fact=$2 is=$3 wanted=$4
    shift 4
    exits 7 "$told" "$@" --json
    check "$told: reason" reason barcode-mismatch
    check "$told: both values" has "$err" "says $fact $is, the lot to be signed says $wanted"
    check_not "$told: nothing is written" ls "$T/out.tif" "$T/out.xml"
}
refused "another lot" lot LOT7 LOT8 sign "$T/i" A LOT8 "$T/dm.tif" "$T/out.tif"
refused "another expiry" expiry 281231 281130 sign "$T/i" A LOT7 "$T/dm.tif" "$T/out.tif" --expiry 281130
refused "another serial" serial S1 S2 sign "$T/i" A LOT7 "$T/dm.tif" "$T/out.tif" --serial S2
refused "another GTIN in an EAN-13" GTIN 04006381333931 04012345123456 ennsign -k "$T/i/A.key" -c "$T/i/A.crt" \
    --gtin 04012345123456 --lot LOT7 "$T/ean.tif" -o "$T/out.tif"
exits 0 "a trial under the GTIN of an example" sign "$T/i" A LOT7 "$T/ean.tif" "$T/s5.tif"
check "says that a code bears another" has "$out" "1 name another GTIN than the example"
refused "bracketed text in a plain Data Matrix" lot OTHER LOT7 sign "$T/i" A LOT7 "$T/text.tif" "$T/out.tif"
refused "another month" expiry 280200 280331 sign "$T/i" A L "$T/month.tif" "$T/out.tif" --expiry 280331
check "the place is told" grep -q 'Data Matrix at [0-9.]*, [0-9.]* mm' "$err"

exits 0 "the right lot, expiry and serial" sign "$T/i" A LOT7 "$T/dm.tif" "$T/s.tif" --expiry 281231 --serial S1 --json
check "JSON tells the code" has "$out" '"barcodes":[{"page":1,"type":"data-matrix","text":"0109506000134352'
check "and its elements" has "$out" '"elements":[{"ai":"01","value":"09506000134352"},{"ai":"17","value":"281231"},{"ai":"10","value":"LOT7"},{"ai":"21","value":"S1"}]'
exits 0 "what the lot does not say is not compared" sign "$T/i" A LOT7 "$T/dm.tif" "$T/s2.tif"
check "people are told, too" has "$out" "1 read the same before and after"
exits 0 "the last day of a month is day 00" sign "$T/i" A L "$T/month.tif" "$T/s3.tif" --expiry 280229
exits 0 "a mismatch that is allowed by name" sign "$T/i" A LOT8 "$T/dm.tif" "$T/s4.tif" --allow-barcode-mismatch

# A turned 2-D code of 6.5 mm stays as it was, with its quiet zone: no sample of it changes.
exits 0 "the signed artwork has the code" enninspect --json "$T/s.tif"
check "as before" has "$out" '"barcodes":[{"page":1,"type":"data-matrix","text":"0109506000134352'
exits 0 "inspect the unsigned one" enninspect --json "$T/dm.tif"
cp "$out" "$T/before.json"
check "the same place and text" test "$(sed 's/.*"barcodes":\(\[.*\]\).*/\1/' "$T/before.json" | cut -c1-300)" = \
    "$(enninspect --json "$T/s.tif" | sed 's/.*"barcodes":\(\[.*\]\).*/\1/' | cut -c1-300)"
finish
