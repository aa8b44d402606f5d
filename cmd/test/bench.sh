#!/bin/sh
# make bench: signing against tiffcp of the same file, verifying against djpeg of the same photo, with all cores and with one thread;
# best of RUNS, and what the stages of the last run took.  BENCH_MM is the side of the square artwork (300 dpi: 420 mm is 25 megapixels).
set -eu
BUILD=${BUILD:-build}
RUNS=${RUNS:-3}
MM=${BENCH_MM:-420}
D=$(mktemp -d)
trap 'rm -rf "$D"' EXIT INT TERM

need() {
    command -v "$1" > /dev/null 2>&1 || { echo "bench: $1 is missing ($2): apt-get install $3" >&2; exit 1; }
}
need tiffcp "what signing is compared with" libtiff-tools
need djpeg "what verifying is compared with" libjpeg-turbo-progs
for program in ennsign ennverify pressim; do
    [ -x "$BUILD/$program" ] || { echo "bench: $BUILD/$program is missing: make everything" >&2; exit 1; }
done

# best EXIT COMMAND...: the shortest of RUNS wall-clock times, in ms; all must end with EXIT. What is printed goes to $D/said.
best() {
    want=$1 least=
    shift
    for _ in $(seq "$RUNS"); do
        begin=$(date +%s%N) code=0
        "$@" > "$D/said" 2> "$D/why" || code=$?
        ms=$((($(date +%s%N) - begin) / 1000000))
        if [ "$code" != "$want" ]; then
            echo "bench: $1 ended with $code instead of $want: $(tail -n 1 "$D/why")" >&2
            exit 1
        fi
        if [ -z "$least" ] || [ "$ms" -lt "$least" ]; then least=$ms; fi
    done
    echo "$least"
}

# row WHAT MS FLOOR MS: a line with the ratio, and the stages that the run before told of.
row() {
    awk -v what="$1" -v a="$2" -v floor="$3" -v b="$4" \
        'BEGIN { printf "%-50s %7d ms   %-6s %7d ms   ratio %.2f\n", what, a, floor, b, a / (b > 0 ? b : 1) }'
    sed -n 's/^ *stages */    /p' "$D/stages"
}

"$BUILD/ennsign" -q --new-issuer Bench --out-dir "$D/issuer"
sign() {
    "$BUILD/ennsign" -v --force "$1" -k "$D/issuer/Bench.key" -c "$D/issuer/Bench.crt" --gtin 09506000134352 --lot EN9459 "$2" -o "$3"
}
cores=$(nproc)
echo "$cores cores, best of $RUNS, $("$BUILD/ennsign" --version)"
"$BUILD/pressim" artwork "$D/large.tif" --kind picture --width "$MM" --height "$MM"
size=$(tiffinfo "$D/large.tif" | sed -n 's/.*Image Width: \([0-9]*\) Image Length: \([0-9]*\).*/\1 x \2/p')
floor=$(best 0 tiffcp "$D/large.tif" "$D/copy.tif")
for threads in "$cores" 1; do
    ms=$(best 0 sign "-j$threads" "$D/large.tif" "$D/large-signed.tif")
    mv "$D/said" "$D/stages"
    row "sign $size px CMYK, LZW, -j$threads" "$ms" tiffcp "$floor"
done
rm -f "$D"/large*.tif "$D/copy.tif"

"$BUILD/pressim" artwork "$D/carton.tif"
sign -j1 "$D/carton.tif" "$D/signed.tif" > /dev/null
for kind in signed carton; do
    "$BUILD/pressim" print "$D/$kind.tif" "$D/print.png"
    "$BUILD/pressim" photo "$D/print.png" "$D/$kind.jpg" --ppmm 26 --tilt 10 --rotation 20 --width 4000 --height 3000
    what="verify a 12-megapixel photo" code=6 # no manifest: read, not proven
    if [ $kind = carton ]; then what="$what without a mark" code=3; fi
    floor=$(best 0 djpeg -outfile /dev/null "$D/$kind.jpg")
    for threads in "$cores" 1; do
        ms=$(best $code "$BUILD/ennverify" -v "-j$threads" -t "$D/issuer/Bench.crt" "$D/$kind.jpg")
        mv "$D/said" "$D/stages"
        row "$what, -j$threads" "$ms" djpeg "$floor"
    done
done
