#!/bin/sh
# The main job: print, scan and photograph a signed carton; the captures are read, others are not.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif"
pressim artwork "$T/b.tif" --seed 2
exits 0 "a carton is signed" sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" --allow-barcode-mismatch
exits 0 "another lot's carton is signed" sign "$T/i" A L2 "$T/b.tif" "$T/s2.tif" --allow-barcode-mismatch
for f in a s s2; do pressim print "$T/$f.tif" "$T/$f-print.png"; done
V="ennverify --json -t $T/i/A.crt"

photo() { from=$1 to=$2; shift 2; pressim photo "$T/$from-print.png" "$T/$to" "$@"; }
pressim scan "$T/s-print.png" "$T/scan.png" --dpi 300 --rotation 2
photo s photo.jpg --ppmm 20 --tilt 18 --tilt-axis 30 --rotation 25
photo s2 other.jpg --ppmm 20 --rotation -8 --tilt 10 --seed 3
photo a plain.jpg --ppmm 20 --tilt 18 --tilt-axis 30 --rotation 25
# shellcheck disable=SC2086
{
exits 0 "300 dpi scan" $V -m "$T/s.xml" "$T/scan.png"
exits 0 "photo at 20 px/mm, tilted by 18 degrees" $V -m "$T/s.xml" --draw "$T/drawn.png" "$T/photo.jpg"
check "the lot is told" has "$out" '"lot":"L1"'
check "the read is beyond chance" grep -Eq '"p_false":(0.0|[0-9.]+e-(9|[1-9][0-9]+))' "$out"
check "the resolution is about right" sh -c "sed 's/.*\"px_per_mm\":\([0-9.]*\).*/\1/' '$out' | awk '{ exit !(\$1 > 16 && \$1 < 24) }'"
check "the drawing is a PNG" sh -c "head -c 4 '$T/drawn.png' | grep -q PNG"
exits 2 "the drawing is not overwritten" $V -m "$T/s.xml" --draw "$T/drawn.png" "$T/photo.jpg"
exits 6 "photo without manifest: named, not proven" $V "$T/photo.jpg"
check "the lot id is told" grep -q '"lot_id":"[0-9a-f]\{20\}"' "$out"
exits 4 "photo of another lot's pack" $V -m "$T/s.xml" "$T/other.jpg"
check "reason other-lot" reason other-lot
exits 3 "photo of an unsigned pack" $V -m "$T/s.xml" "$T/plain.jpg"
check_not "no lot id is told for it" grep -q '"lot_id":"' "$out"
}
if [ -n "${ENN_LONG:-}" ]; then
    # name, expected, pressim arguments
    while read -r name arguments; do
        # shellcheck disable=SC2086
        photo s "$name.jpg" $arguments
        # shellcheck disable=SC2086
        exits 0 "$name" $V -m "$T/s.xml" "$T/$name.jpg"
    done <<END
straight --ppmm 20
turned-8 --ppmm 20 --rotation -8 --tilt 10
upside-down --ppmm 20 --rotation 180 --tilt 5
tilt-30 --ppmm 20 --rotation 100 --tilt 30 --tilt-axis 70
far --ppmm 12 --rotation 12 --tilt 10
bottle --ppmm 20 --cylinder 30 --rotation 3 --look-x 10
part --ppmm 24 --width 1200 --height 1200 --look-x 15 --rotation 40
END
fi
finish
