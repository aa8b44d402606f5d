#!/bin/sh
# make bench: signing against tiffcp of the same file, verifying against djpeg of the same photo; best of RUNS.
# BENCH_MM is the side of the square artwork (300 dpi: 420 mm is 25 megapixels).
set -eu
BUILD=${BUILD:-build}
RUNS=${RUNS:-3}
MM=${BENCH_MM:-420}
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT INT TERM

# best COMMAND...: the shortest of RUNS wall-clock times, in ms.
best() {
    least=
    for _ in $(seq "$RUNS"); do
        begin=$(date +%s%N)
        "$@" > /dev/null 2>&1 || :
        ms=$((($(date +%s%N) - begin) / 1000000))
        if [ -z "$least" ] || [ "$ms" -lt "$least" ]; then least=$ms; fi
    done
    echo "$least"
}

row() { awk -v what="$1" -v a="$2" -v floor="$3" -v b="$4" \
    'BEGIN { printf "%-44s %7d ms   %-7s %7d ms   ratio %.2f\n", what, a, floor, b, a / (b > 0 ? b : 1) }'; }

"$BUILD/ennsign" -q --new-issuer Bench --out-dir "$D/issuer"
sign() {
    "$BUILD/ennsign" -q --force -j1 -k "$D/issuer/Bench.key" -c "$D/issuer/Bench.crt" --gtin 09506000134352 --lot EN9459 "$1" -o "$2"
}
"$BUILD/pressim" artwork "$D/large.tif" --kind picture --width "$MM" --height "$MM"
size=$(tiffinfo "$D/large.tif" | sed -n 's/.*Image Width: \([0-9]*\) Image Length: \([0-9]*\).*/\1 x \2/p')
sign "$D/large.tif" "$D/large-signed.tif"
row "sign $size px CMYK, LZW, 1 thread" "$(best sign "$D/large.tif" "$D/large-signed.tif")" \
    tiffcp "$(best tiffcp "$D/large.tif" "$D/copy.tif")"

"$BUILD/pressim" artwork "$D/carton.tif"
sign "$D/carton.tif" "$D/signed.tif"
for kind in signed carton; do
    "$BUILD/pressim" print "$D/$kind.tif" "$D/print.png"
    "$BUILD/pressim" photo "$D/print.png" "$D/$kind.jpg" --ppmm 26 --tilt 10 --rotation 20 --width 4000 --height 3000
    what="verify a 12-megapixel photo"
    [ $kind = signed ] || what="$what without a mark"
    row "$what, 1 thread" "$(best "$BUILD/ennverify" -q -j1 -t "$D/issuer/Bench.crt" "$D/$kind.jpg")" \
        djpeg "$(best djpeg -outfile /dev/null "$D/$kind.jpg")"
done
