#!/bin/sh
# The pairs that docs/diff.md lists, each found or passed with its class and in its place; TABLE=1 prints them as its table.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
SOURCE_DATE_EPOCH=1800000000
export SOURCE_DATE_EPOCH
N="--nonce 000102030405060708090a0b0c0d0e0f -q --allow-barcode-mismatch"
pressim artwork "$T/0.tif" --kind carton --width 70 --height 50
type() { pressim draw "$1" "$2" --kind type --text "$3" --x "$4" --y "$5" --height "$6" --width "$7"; }
type "$T/0.tif" "$T/1.tif" "TAKE ONE DAILY" 8 40 1.6 0.2
type "$T/1.tif" "$T/2.tif" "LOT EN9459" 40 40 1.1 0.15
pressim draw "$T/2.tif" "$T/a.tif" --kind code128 --text EN9459 --x 52 --y 45 --module 0.34 --height 5
# shellcheck disable=SC2086
lot() { sign "$T/i" A "$1" "$2" "$3" $N ${4:-}; }
# pair NAME EXIT CLASS PATTERN OLD NEW [OPTION]...: compares, and checks class and what the JSON must hold.
pair()
{
    name=$1; want=$2; class=$3; pattern=$4; old=$5; new=$6
    shift 6
    exits "$want" "$name" enninspect --json --diff "$@" "$old" "$new"
    check "$name: $class" grep -q "\"class\":\"$class\"" "$out"
    check "$name: $pattern" grep -Eq "$pattern" "$out"
    [ -n "${TABLE:-}" ] || return 0
    first=$(sed -n 's/.*"changes":\[{"page":1,"kind":"\([a-z]*\)","box_mm":\[\([^]]*\)\],"area_mm2":[^,]*,"mean_de":\([^,]*\),"max_de":\([^,]*\),"inks":"\([^"]*\)".*/\1|\2|\3|\4|\5/p' "$out" |
        awk -F'[|,]' '{ printf "%s, %s, %.1f x %.1f mm at %.1f, %.1f mm, CIEDE2000 %.1f mean, %.1f at most", $1, $8, $4, $5, $2, $3, $6, $7 }')
    count=$(sed 's/.*"changes_in_all":\([0-9]*\).*/\1/' "$out")
    echo "| $name | $class | ${first:--} | $count |" >&3
}
exec 3>&1
[ -z "${TABLE:-}" ] || printf '| pair | answer | largest place first in the list | places |\n|---|---|---|---|\n'
one='"changes_in_all":1[,}]'
none='"changes_in_all":0[,}]'

# shellcheck disable=SC2086
{
lot L1 "$T/a.tif" "$T/s.tif"
lot L2 "$T/a.tif" "$T/s2.tif"
lot L1 "$T/a.tif" "$T/n.tif" --no-seal
pair "only the mark, sealed" 0 mark-added "$none" "$T/a.tif" "$T/s.tif"
pair "only the mark, without a seal" 0 mark-added "$none" "$T/a.tif" "$T/n.tif"
pair "two lots, sealed" 0 mark-changed "$none" "$T/s.tif" "$T/s2.tif"
tiffcp -c none "$T/a.tif" "$T/raw.tif"
pair "the same samples, other compression" 0 same-artwork "$none" "$T/a.tif" "$T/raw.tif"

# Edits, and the same before signing.
type "$T/0.tif" "$T/w1.tif" "TAKE TEN DAILY" 8 40 1.6 0.2
type "$T/w1.tif" "$T/w2.tif" "LOT EN9459" 40 40 1.1 0.15
pressim draw "$T/w2.tif" "$T/word.tif" --kind code128 --text EN9459 --x 52 --y 45 --module 0.34 --height 5
type "$T/1.tif" "$T/d.tif" "LOT EN9458" 40 40 1.1 0.15
pressim draw "$T/d.tif" "$T/digit.tif" --kind code128 --text EN9459 --x 52 --y 45 --module 0.34 --height 5
pressim draw "$T/a.tif" "$T/module.tif" --kind box --x 45.15 --y 45 --width 0.34 --height 4 --ink 0,0,0,0
for f in word digit module; do
    lot L1 "$T/$f.tif" "$T/$f-s.tif"
    pair "$f changed" 4 artwork-changed "$one" "$T/a.tif" "$T/$f.tif"
    pair "$f changed, then signed" 4 artwork-changed "$one" "$T/a.tif" "$T/$f-s.tif"
done
for ink in 2,0,0,0:Cyan 0,2,0,0:Magenta 0,0,2,0:Yellow 0,0,0,2:Black; do
    pressim edit "$T/a.tif" "$T/ink.tif" --kind tint --ink "${ink%:*}"
    pair "${ink#*:} up by 2 %" 4 artwork-changed "\"inks\":\"${ink#*:}\"" "$T/a.tif" "$T/ink.tif"
done
pressim edit "$T/a.tif" "$T/moved.tif" --kind move --x 30 --y 17 --width 16 --height 8 --module 0.2
pair "a logo moved by 0.2 mm" 4 artwork-changed '"box_mm":\[(2[0-9]|3[0-9])\.' "$T/a.tif" "$T/moved.tif"

# what programs do
tiffcp -c jpeg:90 -r 16 "$T/a.tif" "$T/jpeg.tif" 2> "$err" || :
pair "JPEG 90" 4 artwork-changed '"changes_in_all":[1-9]' "$T/a.tif" "$T/jpeg.tif"
pair "JPEG 90, --tolerance 8" 0 same-artwork "$none" "$T/a.tif" "$T/jpeg.tif" --tolerance 8
pressim edit "$T/a.tif" "$T/shift.tif" --kind shift --look-x 1 --look-y 0
pair "re-export shifted by a pixel" 0 same-artwork '"shift_x_mm":0.08' "$T/a.tif" "$T/shift.tif"
lot L1 "$T/shift.tif" "$T/shift-s.tif"
pair "shifted by a pixel, then signed" 0 mark-added '"shift_x_mm":0.08' "$T/a.tif" "$T/shift-s.tif"
pressim edit "$T/a.tif" "$T/part.tif" --kind shift --look-x 0.3 --look-y 0.4
pair "shifted by 0.3, 0.4 px" 0 same-artwork '"shift_x_mm":0.02' "$T/a.tif" "$T/part.tif"
pressim edit "$T/a.tif" "$T/200.tif" --kind resample --dpi 200
pair "at 200 dpi" 0 same-artwork '"resampled":true' "$T/a.tif" "$T/200.tif"

# a strip that shows no wave of a mark: the pilots as a picture
pressim artwork "$T/strip.tif" --kind picture --width 60 --height 1
lot L1 "$T/strip.tif" "$T/strip-s.tif"
lot L2 "$T/strip.tif" "$T/strip-s2.tif"
pair "a strip of 1 mm, only the mark" 0 mark-added "$none" "$T/strip.tif" "$T/strip-s.tif"
pair "a strip of 1 mm, the mark taken away" 0 mark-removed "$none" "$T/strip-s.tif" "$T/strip.tif"
pair "a strip of 1 mm, two lots" 0 mark-changed "$none" "$T/strip-s.tif" "$T/strip-s2.tif"
pressim edit "$T/strip-s.tif" "$T/strip-y.tif" --kind tint --ink 0,0,2,0
pair "a strip of 1 mm, signed, Yellow up by 2 %" 4 artwork-changed '"inks":"Yellow"' "$T/strip-s.tif" "$T/strip-y.tif"
pressim edit "$T/strip.tif" "$T/strip-c.tif" --kind tint --ink 2,0,0,0
pair "a strip of 1 mm, Cyan up by 2 %" 4 artwork-changed '"inks":"Cyan"' "$T/strip.tif" "$T/strip-c.tif"
}
finish
