#!/bin/sh
# Makes the pictures of docs/plates.md:  BUILD=build sh cmd/test/plates_pictures.sh docs
# Simulated plates of 2400 dpi, signed, four times as large: grey is ink before and after, orange is new, blue is gone.
. "$(dirname "$0")/expect.sh"
docs=$1
issuer "$T/i" A
sign_plates() # NAME LPI
{
    pressim plates "$T/$1.tif" "$T/$1" --lpi "$2"
    ennsign -q -k "$T/i/A.key" -c "$T/i/A.crt" --gtin 09506000134352 --lot L1 --nonce 000102030405060708090a0b0c0d0e0f \
        --allow-barcode-mismatch --white=always --plates "$T/$1(Cyan).tif" "$T/$1(Magenta).tif" "$T/$1(Yellow).tif" "$T/$1(Black).tif" \
        --out-dir "$T/$1"
}
picture() # NAME OUT X Y
{
    pressim dots "$T/$1(Yellow).tif" "$T/$1/$1(Yellow).tif" "$docs/$2" --x "$3" --y "$4" --width 200 --height 100
}
pressim artwork "$T/am.tif" --kind picture --width 60 --height 40 --seed 5
cp "$T/am.tif" "$T/fm.tif"
pressim artwork "$T/white.tif" --kind carton --width 100 --height 70 --seed 5
sign_plates am 175 && picture am plates-am.png 40 25
sign_plates fm 0 && picture fm plates-fm.png 44.4 12.7
sign_plates white 175 && picture white plates-white.png 42.3 65
