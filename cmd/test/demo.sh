#!/bin/sh
# make demo: an issuer, a carton, its signature, a simulated print, a scan and two photos of it, and what ennverify says.
set -eu
BUILD=${BUILD:-build}
D=$BUILD/demo
rm -rf "$D"
mkdir -p "$D"
unexpected=0

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
[ -t 1 ] || say() { printf '\n== %s\n' "$1"; }

# verify EXPECTED-EXIT WHAT ARGUMENT...: shows the command, its answer and whether it is the right one.
verify() {
    want=$1 what=$2
    shift 2
    say "$what"
    echo "\$ ennverify $*"
    code=0
    "$BUILD/ennverify" "$@" || code=$?
    if [ "$code" -eq "$want" ]; then
        echo "  exit code $code, as it should be"
    else
        echo "  exit code $code, BUT IT SHOULD BE $want"
        unexpected=$((unexpected + 1))
    fi
}

say "1. An issuer: key, certificate, seal secret"
"$BUILD/ennsign" --new-issuer Demo --out-dir "$D/issuer"

say "2. The artwork of a lot is signed"
"$BUILD/pressim" artwork "$D/carton.tif"
echo "\$ ennsign -k Demo.key -c Demo.crt --gtin 09506000134352 --lot EN9459 --expiry 281231 carton.tif -o signed.tif"
"$BUILD/ennsign" -k "$D/issuer/Demo.key" -c "$D/issuer/Demo.crt" --gtin 09506000134352 --lot EN9459 --expiry 281231 \
    "$D/carton.tif" -o "$D/signed.tif"

say "3. It is printed (AM screen, 175 lpi), scanned and photographed: a simulated press, scanner and phone"
"$BUILD/pressim" print "$D/signed.tif" "$D/print.png"
"$BUILD/pressim" scan "$D/print.png" "$D/scan.png" --dpi 300 --rotation 2
"$BUILD/pressim" photo "$D/print.png" "$D/photo.jpg" --ppmm 20 --tilt 18 --tilt-axis 30 --rotation 25
"$BUILD/pressim" compare "$D/carton.tif" "$D/signed.tif" "$D/before-after.png"
"$BUILD/pressim" print "$D/carton.tif" "$D/unsigned-print.png"
"$BUILD/pressim" photo "$D/unsigned-print.png" "$D/unsigned-photo.jpg" --ppmm 20 --tilt 18 --tilt-axis 30 --rotation 25
rm "$D/unsigned-print.png"
du -k "$D/scan.png" "$D/photo.jpg" | sed 's/^\([0-9]*\)[[:space:]]*/  \1 KiB  /'

T="-t $D/issuer/Demo.crt"
# shellcheck disable=SC2086
{
verify 0 "4. The file at the printer's: genuine" $T -m "$D/signed.xml" "$D/signed.tif"
verify 0 "5. A scan of a proof: genuine" $T -m "$D/signed.xml" "$D/scan.png"
verify 0 "6. A photo of a pack: genuine" -v $T -m "$D/signed.xml" --draw "$D/photo-read.png" "$D/photo.jpg"
verify 6 "7. The same photo without the manifest: the lot is named, not proven" $T "$D/photo.jpg"
verify 3 "8. A photo of a pack that was never signed: nothing found" $T -m "$D/signed.xml" "$D/unsigned-photo.jpg"
}

say "Files to look at"
cat <<END
  $D/before-after.png   the artwork before, after, and their difference 8 times enlarged
  $D/photo-read.png     the photo with the places drawn that the mark was read from
  $D/photo.jpg          the photo itself;  $D/scan.png  the scan
  $D/signed.xml         the signed manifest for the printer;  $D/signed.tif  the signed artwork
END
if [ "$unexpected" -ne 0 ]; then
    echo "$unexpected answers are not what they should be" >&2
    exit 1
fi
echo "All five answers are what they should be."
