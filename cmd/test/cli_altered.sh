#!/bin/sh
# Changes to the signed file are found: exact bytes and samples when the file is given.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 3
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" -q
V="ennverify --json -t $T/i/A.crt -m $T/s.xml"

# One sample changed: decompressed, one byte of the pixels replaced, so that only the samples tell.
tiffcp -c none "$T/s.tif" "$T/raw.tif"
cp "$T/raw.tif" "$T/changed.tif"
printf '\377\377\377\377' | dd of="$T/changed.tif" bs=1 seek=100000 conv=notrunc status=none
check_not "a byte was changed" cmp -s "$T/raw.tif" "$T/changed.tif"
# shellcheck disable=SC2086
{
exits 0 "the signed file" $V "$T/s.tif"
exits 4 "one pixel changed" $V "$T/changed.tif"
check "reason samples-differ" reason samples-differ
exits 4 "the same samples in another file" $V "$T/raw.tif"
check "reason file-hash" reason file-hash
}
# Cut short and damaged.
size=$(wc -c < "$T/s.tif")
for share in 1 10 50 90 99; do
    head -c $((size * share / 100)) "$T/s.tif" > "$T/cut.tif"
    # shellcheck disable=SC2086
    exits 7 "cut to $share %" $V "$T/cut.tif"
    # shellcheck disable=SC2086
    exits 7 "cut to $share %, enninspect" enninspect "$T/cut.tif"
done
finish
