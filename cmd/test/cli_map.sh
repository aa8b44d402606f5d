#!/bin/sh
# --map: a dose and a date that were changed after signing are found where they are; what was not changed is not.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind carton --width 100 --height 70
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" -q --allow-barcode-mismatch
# In the signed file: 20 mg becomes 80 mg; and, smaller than can be certain, the expiry date 12/2028 becomes 12/2031.
pressim draw "$T/s.tif" "$T/1.tif" --kind box --x 42.3 --y 17.3 --width 10 --height 6.6 --ink 0,0,0,0
pressim draw "$T/1.tif" "$T/2.tif" --kind type --text 80 --x 38 --y 19.6 --height 5 --width 0.9 --ink 0,45,90,0
pressim draw "$T/2.tif" "$T/3.tif" --kind box --x 21.6 --y 58.8 --width 4.6 --height 3.6 --ink 3,6,20,0
pressim draw "$T/3.tif" "$T/e.tif" --kind type --text 31 --x 19.6 --y 60 --height 2.4 --width 0.35 --ink 0,0,0,90
for f in s e; do
    pressim print "$T/$f.tif" "$T/$f-print.png" --dpi 600
    pressim scan "$T/$f-print.png" "$T/$f.png" --dpi 400 --rotation 2
done
pressim photo "$T/e-print.png" "$T/e.jpg" --ppmm 20 --tilt 12 --rotation -5
pressim photo "$T/s-print.png" "$T/bottle.jpg" --ppmm 16 --cylinder 35
V="ennverify --json -t $T/i/A.crt"
# place X Y CERTAIN [SIDE]: one alteration, of at most so many mm each way (15), covers this place.
place()
{
    tr '{' '\n' < "$out" | sed -n 's/^"x":\([-0-9.e]*\),"y":\([-0-9.e]*\),"width":\([0-9.e]*\),"height":\([0-9.e]*\),"score":[0-9.e]*,"certain":'"$3"'.*/\1 \2 \3 \4/p' |
        awk -v x="$1" -v y="$2" -v side="${4:-15}" '$1 <= x && $2 <= y && $1 + $3 >= x && $2 + $4 >= y && $3 <= side && $4 <= side { n++ }
            END { exit n != 1 }'
}

# shellcheck disable=SC2086
{
exits 0 "a scan of what was signed" $V -m "$T/s.xml" --map "$T/m.png" "$T/s.png"
check "nothing altered" has "$out" '"altered":[]'
check "most cells are intact" sh -c "sed 's/.*\"intact\":\([0-9]*\).*/\1/' '$out' | awk '{ exit !(\$1 > 500) }'"
check "the map is a PNG" sh -c "head -c 4 '$T/m.png' | grep -q PNG"
exits 2 "it is not overwritten" $V -m "$T/s.xml" --map "$T/m.png" "$T/s.png"
exits 4 "a scan of the changed carton" $V -m "$T/s.xml" --map "$T/m.png" --force "$T/e.png"
check "reason altered and no other" has "$out" '"reasons":["altered"]'
check "at the dose" place 40.3 17.3 true
check "the date is found, not for certain" place 21.6 58.8 false
exits 4 "a photograph of it" $V -m "$T/s.xml" --map "$T/m.png" --force "$T/e.jpg"
check "reason altered for the photograph" reason altered
check "at the dose, too" place 40.3 17.3 true
check "and at the date" place 21.6 58.8 false
exits 0 "without --map the mark alone counts" $V -m "$T/s.xml" "$T/e.png"
check_not "and nothing is said of cells" has "$out" '"map"'
exits 0 "the signed file" $V -m "$T/s.xml" --map "$T/m.png" --force "$T/s.tif"
exits 4 "the changed file" $V -m "$T/s.xml" --map "$T/m.png" --force "$T/e.tif"
check "reasons samples-differ and altered" has "$out" '"reasons":["altered","samples-differ"]'
exits 0 "a bottle is not measured, nor called altered" $V -m "$T/s.xml" --map "$T/m.png" --force "$T/bottle.jpg"
check_not "nothing is certain on it" has "$out" '"certain":true'
exits 3 "an unsigned picture" $V -m "$T/s.xml" --map "$T/none.png" "$T/a.tif"
check "its map says that nothing could be measured" has "$out" '"columns":0'
check "and is written" test -s "$T/none.png"
exits 2 "--map needs a manifest" $V --map "$T/n.png" "$T/s.png"
exits 2 "--map goes with one file" $V -m "$T/s.xml" --map "$T/n.png" "$T/s.png" "$T/e.png"
}
ennverify -t "$T/i/A.crt" -m "$T/s.xml" --map "$T/m.png" --force "$T/e.png" > "$out" || :
check "people are told the place" grep -q "altered *[0-9]* x [0-9]* mm at [0-9]*, [0-9]* mm" "$out"

# Longer: four edits of 5 mm each on six prints, words (a patch with two letters) and logos (a box), at pseudo-random places.
if [ -n "${ENN_LONG:-}" ]; then
    : > "$T/found"
    for n in 1 2 3 4 5 6; do
        cp "$T/s.tif" "$T/e.tif"
        awk -v n=$n 'BEGIN { srand(n); for (k = 0; k < 4; k++) printf "%d %.1f %.1f %d,%d,%d,%d\n", k,
            12 + 20 * k + 8 * rand(), 11 + 45 * rand(), 90 * rand(), 90 * rand(), 90 * rand(), 20 * rand() }' > "$T/edits"
        while read -r k x y ink; do
            pressim draw "$T/e.tif" "$T/1.tif" --kind box --x "$x" --y "$y" --width 5 --height 5 --ink "$ink"
            mv "$T/1.tif" "$T/e.tif"
            [ $((k % 2)) -eq 1 ] || continue
            pressim draw "$T/e.tif" "$T/1.tif" --kind type --text NR --x "$(echo "$x" | awk '{ print $1 - 2 }')" \
                --y "$(echo "$y" | awk '{ print $1 + 1.5 }')" --height 3 --width 0.5 --ink 0,0,0,100
            mv "$T/1.tif" "$T/e.tif"
        done < "$T/edits"
        pressim print "$T/e.tif" "$T/e-print.png" --dpi 1200 --seed $n
        pressim scan "$T/e-print.png" "$T/scan.png" --dpi 600 --rotation 2
        pressim photo "$T/e-print.png" "$T/photo.jpg" --ppmm 20 --tilt 15 --rotation 8 --seed $n
        for f in scan.png photo.jpg; do
            # shellcheck disable=SC2086
            $V -m "$T/s.xml" --map "$T/m.png" --force "$T/$f" > "$out" || :
            while read -r k x y ink; do
                if place "$x" "$y" '[a-z]*' 30; then echo "$f 1 $k $x $y $ink"; else echo "$f 0 $k $x $y $ink"; fi
            done < "$T/edits" >> "$T/found"
        done
    done
    cp "$T/found" "$out"
    share() { awk -v f="$1" -v want="$2" '$1 == f { n++; s += $2 } END { exit !(n == 24 && s >= want * n) }' "$T/found"; }
    check "of 24 edits a scan at 600 dpi shows 95 %" share scan.png 0.95
    check "a photo at 20 px/mm shows 80 %" share photo.jpg 0.8
fi
finish
