#!/bin/sh
# Greyscale artwork: the mark is in lightness; file, scan and photo of the print are read, those of other prints are not.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind picture --width 80 --height 60 --seed 4
pressim print "$T/a.tif" "$T/a.jpg" --lpi 0 --dpi 300 --quality 95
djpeg -grayscale -pnm "$T/a.jpg" > "$T/a.pgm"
ppm2tiff -R 300 "$T/a.pgm" "$T/grey.tif"
exits 0 "grey artwork is signed" sign "$T/i" A L1 "$T/grey.tif" "$T/s.tif" --json
check "the carrier is told" has "$out" '"carrier":"luminance","carrier_ink":"Grey"'
check "the manifest follows the schema" xmllint --noout --schema "$HERE/docs/manifest.xsd" "$T/s.xml"
V="ennverify --json -t $T/i/A.crt"
# shellcheck disable=SC2086
{
exits 0 "the file is genuine" $V -m "$T/s.xml" "$T/s.tif"
check "itself" has "$out" '"file_checked":true'
exits 6 "without its manifest its mark reads" $V "$T/s.tif"
id=$(sed -n 's/.*<lot-id>\([0-9a-f]*\)<.*/\1/p' "$T/s.xml")
check "with its lot id" has "$out" "\"lot_id\":\"$id\""
exits 3 "nothing is found in the unsigned file" $V "$T/grey.tif"

pressim print "$T/s.tif" "$T/s.png"
pressim scan "$T/s.png" "$T/scan.png" --dpi 300 --rotation 2
pressim photo "$T/s.png" "$T/photo.jpg" --ppmm 20 --rotation 12 --tilt 10
exits 0 "a scan of the print is genuine" $V -m "$T/s.xml" "$T/scan.png"
exits 0 "a photo of the print is genuine" $V -m "$T/s.xml" "$T/photo.jpg"
exits 6 "without manifest the photo is read, not proven" $V "$T/photo.jpg"
check "its lot id, too" has "$out" "\"lot_id\":\"$id\""

pressim print "$T/grey.tif" "$T/grey.png"
pressim photo "$T/grey.png" "$T/plain.jpg" --ppmm 20 --rotation 12 --tilt 10
exits 3 "a photo of the unsigned print is not" $V -m "$T/s.xml" "$T/plain.jpg"
exits 0 "another lot's artwork is signed" sign "$T/i" A L2 "$T/grey.tif" "$T/s2.tif"
exits 4 "and is not this lot" $V -m "$T/s.xml" "$T/s2.tif"
}
finish
