#!/bin/sh
# --json: one line per input with the promised keys, on success and on failure, and nothing else on standard output.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 7
printf junk > "$T/junk.tif"
BASE="schema tool file verdict exit reasons lot gtin expiry unit lot_id p_false quality seconds"

# The top-level keys of a line: strings made harmless, nested objects and arrays taken out from the inside.
keys()
{
    sed 's/\\"//g; s/:"[^"]*"/:0/g; s/\[\("[^"]*",*\)*\]/0/g' | sed ':a; s/:{[^{}]*}/:0/g; s/\[[^][]*\]/0/g; ta; :b
s/\([[,]\){[^{}]*}/\10/g; s/\[[^][]*\]/0/g; s/:{[^{}]*}/:0/g; tb' | grep -o '"[a-z_0-9]*":' | tr -d '":' | tr '\n' ' '
}
# shape WHAT LINES MORE-KEYS
shape()
{
    check "$1: $2 line(s)" test "$(wc -l < "$out")" -eq "$2"
    while read -r line; do
        case $line in "{\"schema\":1,\"tool\":\""*"}") ok "$1: an object" ;; *) no "$1: not an object: $line" ;; esac
        found=$(printf '%s\n' "$line" | keys)
        if [ "$found" = "$BASE $3" ]; then ok "$1: the keys"; else no "$1: the keys are '$found'"; fi
    done < "$out"
}

exits 0 "ennsign" sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" --json
shape "ennsign" 1 "output manifest pages left_alone pages_left_alone jpeg_reencoded notes width_mm height_mm marked_cm2 white_cm2 mean_tint white_used yellow_added carrier carrier_ink xmp sealed coverage_change capacity barcodes plates missing_plates plate_carriers plate_reach plate_tone "
check "ennsign: the facts" has "$out" '"lot":"L1","gtin":"09506000134352","expiry":null,"unit":0'
exits 7 "ennsign fails" sign "$T/i" A L1 "$T/junk.tif" "$T/n.tif" --json
shape "ennsign fails" 1 "detail "
check "ennsign fails: exit and verdict" has "$out" '"verdict":"refused","exit":7,"reasons":["malformed"]'
exits 2 "wrong usage" ennsign --json --no-such
shape "wrong usage" 1 "detail "
check "wrong usage: exit and verdict" has "$out" '"file":null,"verdict":"failed","exit":2,"reasons":["usage"]'
exits 2 "wrong usage before --json" ennverify --no-such --json
shape "wrong usage before --json" 1 "detail "
exits 0 "new issuer" ennsign --json --new-issuer B --out-dir "$T/b"
shape "new issuer" 1 "key certificate seal pin "

MORE="box detail serial issuer file_checked content seal copy "
exits 0 "ennverify" ennverify --json -t "$T/i/A.crt" -m "$T/s.xml" "$T/s.tif"
shape "ennverify" 1 "$MORE"
check "ennverify: genuine" has "$out" '"verdict":"genuine","exit":0,"reasons":[],"lot":"L1"'
check "ennverify: quality" grep -q '"quality":{"px_per_mm":[0-9.e+]*,"tilt":[-0-9.e+]*,"tiles":[0-9.e+]*,"energy":[0-9.e+]*,"energy_needed":[0-9.e+]*}' "$out"
exits 8 "ennverify of five" ennverify --json -t "$T/i/A.crt" -m "$T/s.xml" "$T/s.tif" "$T/a.tif" "$T/junk.tif" "$T/none.tif" "$T/s.tif"
shape "ennverify of five" 5 "$MORE"
check "the verdicts" test "$(sed 's/.*"verdict":"\([a-z-]*\)","exit":\([0-9]\).*/\1 \2/' "$out" | tr '\n' ,)" = \
    "genuine 0,no-mark 3,refused 7,failed 8,genuine 0,"
exits 8 "missing anchor" ennverify --json -t "$T/none" "$T/s.tif" "$T/a.tif"
shape "missing anchor: a line for each file" 2 "detail "

exits 0 "enninspect" enninspect --json -t "$T/i/A.crt" "$T/s.tif"
shape "enninspect" 1 "box detail format pages inks capacity barcodes findings "
check "enninspect: inks" has "$out" '"inks":[{"name":"Cyan","mean_coverage":'
check "enninspect finds the mark" grep -q '"lot_id":"[0-9a-f]\{20\}"' "$out"
exits 0 "enninspect of unsigned artwork" enninspect --json "$T/a.tif"
check "no mark is no failure" has "$out" '"verdict":"no-mark","exit":0'
exits 7 "enninspect fails" enninspect --json "$T/junk.tif"
shape "enninspect fails" 1 "detail "

cp "$T/junk.tif" "$T/$(printf 'a"\\\001\377.tif')"
exits 7 "a file name with a quote, a control character and no UTF-8" ennverify --json -t "$T/i/A.crt" "$T/$(printf 'a"\\\001\377.tif')"
check "the name is escaped" has "$out" 'a\"\\\u0001?.tif"'
check_not "no control character reaches the terminal" grep -q "$(printf '\001')" "$err"
finish
