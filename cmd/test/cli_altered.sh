#!/bin/sh
# Changes to the signed file are found: exact bytes and samples when the file is given.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
issuer "$T/j" B
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
# A mark too weak to be read: the signed file is known by its bytes all the same, and only by them.
pressim artwork "$T/small.tif" --kind picture --width 5 --height 5
sign "$T/i" A L1 "$T/small.tif" "$T/weak.tif" -q
W="ennverify --json -t $T/i/A.crt -m $T/weak.xml"
cp "$T/weak.tif" "$T/longer.tif"
printf ' ' >> "$T/longer.tif"
# shellcheck disable=SC2086
{
exits 3 "a weak mark does not read" ennverify -t "$T/i/A.crt" "$T/weak.tif"
exits 0 "but the signed file is genuine" $W "$T/weak.tif"
check "by comparison, as it says" has "$out" "its mark is too weak to be read"
check "naming the lot" has "$out" '"lot":"L1"'
exits 3 "not with one byte more" $W "$T/longer.tif"
exits 3 "nor the unsigned file" $W "$T/small.tif"
exits 6 "nor trusted under another issuer's manifest" ennverify -t "$T/j/B.crt" -m "$T/weak.xml" "$T/weak.tif"
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
