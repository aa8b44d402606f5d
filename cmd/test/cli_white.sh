#!/bin/sh
# A mark that stands mostly on bare paper, which carries only the slow waves, reads by itself: without a manifest.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind carton --width 120 --height 90 --seed 5
exits 0 "a mostly white label is signed" sign "$T/i" A EN9459 "$T/a.tif" "$T/s.tif" --white=always
check_not "and white was marked" has "$out" " 0 cm2 of it by a tint"
exits 6 "it reads from the file" ennverify --json -t "$T/i/A.crt" "$T/s.tif"
check "with its lot id" grep -q '"lot_id":"[0-9a-f]\{20\}"' "$out"
exits 0 "and is genuine with the manifest" ennverify -t "$T/i/A.crt" -m "$T/s.xml" "$T/s.tif"

exits 0 "the same without white" sign "$T/i" A EN9459 "$T/a.tif" "$T/n.tif" --white=never
check "says so" has "$out" " 0 cm2 of it by a tint"

pressim print "$T/s.tif" "$T/p.png" && pressim scan "$T/p.png" "$T/scan.png" --dpi 300 --rotation 2
exits 6 "a scan of the print reads" ennverify --json -t "$T/i/A.crt" "$T/scan.png"
check "with the same lot id" grep -q "\"lot_id\":\"$(sed -n 's/.*<lot-id>\([0-9a-f]*\)<.*/\1/p' "$T/s.xml")\"" "$out"

# White with a blue bar: of cyan and magenta, and of cyan alone.
pressim artwork "$T/0.tif" --kind tint --width 60 --height 40
pressim draw "$T/0.tif" "$T/w.tif" --kind box --x 30 --y 20 --width 80 --height 60 --ink 0,0,0,0
pressim draw "$T/w.tif" "$T/cm.tif" --kind box --x 30 --y 4 --width 50 --height 6 --ink 90,45,0,10
pressim draw "$T/w.tif" "$T/c.tif" --kind box --x 30 --y 4 --width 50 --height 6 --ink 80,0,0,10
exits 0 "process colours without yellow" sign "$T/i" A L1 "$T/cm.tif" "$T/cm.s.tif"
check "yellow is added, with a warning" has "$out" "yellow prints nowhere else"
exits 0 "and read" ennverify -t "$T/i/A.crt" -m "$T/cm.s.xml" "$T/cm.s.tif"
exits 7 "not when white is never to be marked: then nothing carries it" sign "$T/i" A L1 "$T/cm.tif" "$T/never.tif" --white=never
exits 7 "one colour beside black gets no yellow, and has nothing to carry the mark" sign "$T/i" A L1 "$T/c.tif" "$T/c.s.tif"
check "which is said, with a way out" has "$err" "--white=always"
check_not "nothing is written" test -e "$T/c.s.tif"
exits 0 "asked for, it is marked" sign "$T/i" A L1 "$T/c.tif" "$T/c.s.tif" --white=always
check "with the warning" has "$out" "yellow prints nowhere else"

# A pale tint of cyan and magenta has no yellow that could move: it is treated as paper.
pressim draw "$T/0.tif" "$T/pale.tif" --kind box --x 30 --y 20 --width 80 --height 60 --ink 20,5,0,0
exits 0 "a pale tint without yellow" sign "$T/i" A L1 "$T/pale.tif" "$T/pale.s.tif" -v
check_not "is marked" has "$out" " 0 cm2 of it by a tint"
exits 0 "and read" ennverify -t "$T/i/A.crt" -m "$T/pale.s.xml" "$T/pale.s.tif"

# Nor has a deep blue, which fills the page here: with cyan and magenta alone it would be read from no photograph.
pressim draw "$T/0.tif" "$T/blue.tif" --kind box --x 0 --y 0 --width 120 --height 90 --ink 95,68,0,0
exits 0 "a deep blue without yellow" sign "$T/i" A L1 "$T/blue.tif" "$T/blue.s.tif" --json
check "gets yellow" has "$out" '"yellow_added":true'
exits 0 "is printed" pressim print "$T/blue.s.tif" "$T/blue.png"
exits 0 "is photographed" pressim photo "$T/blue.png" "$T/blue.jpg" --ppmm 14
exits 0 "and read" ennverify -t "$T/i/A.crt" -m "$T/blue.s.xml" "$T/blue.jpg"
finish
