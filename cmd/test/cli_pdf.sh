#!/bin/sh
# PDF artwork: signed in place, verified, refused with a reason; nothing changes but the images.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" Genuine
V="ennverify --json -t $T/i/Genuine.crt"
S="--nonce 00112233445566778899aabbccddeeff"
export SOURCE_DATE_EPOCH=1760000000

# the mean difference of two pictures, PPM, in levels
mean() { cmp -l "$1" "$2" | awk -v n="$(wc -c < "$1")" \
    'function o(s) { return int(s / 100) * 64 + int(s % 100 / 10) * 8 + s % 10 } { d = o($2) - o($3); t += d < 0 ? -d : d } END { print t / n }'; }

for kind in cmyk dct indexed devicen rgb4-png bits4 bits16 decode rotated shared form smask mixed elsewhere loop jpx xmp pdfa pages colorkey some inlines stretched turned lab; do
    pressim pdf $kind "$T/$kind.pdf"
    # shellcheck disable=SC2086
    exits 0 "$kind is signed" sign "$T/i" Genuine LOT1 "$T/$kind.pdf" "$T/$kind-s.pdf" $S --json
    case $kind in
    dct) check "$kind: the loss is told" has "$out" '"jpeg_reencoded":1' ;;
    mixed) check "$kind: line art, stencils and a small picture are left alone" has "$out" '"left_alone":4' ;;
    jpx) check "$kind: so is that it is no JPEG 2000 any more" has "$out" '"text":"Flate, not JPEG 2000: larger, without loss"' ;;
    some) check "$kind: what cannot carry the mark is named" has "$out" '{"name":"page 1, image 3","left_alone":true,"text":"JBIG2Decode data"}' ;;
    elsewhere) check "$kind: so are pictures of a pattern, a font, an annotation, a soft mask" has "$out" '"left_alone":4' ;;
    esac
    exits 0 "$kind: qpdf finds no fault" qpdf --check "$T/$kind-s.pdf"
    for f in $kind $kind-s; do pdftoppm -r 60 -l 1 "$T/$f.pdf" "$T/$f-whole"; done
    far=$(mean "$T/$kind-whole-1.ppm" "$T/$kind-s-whole-1.ppm")
    check "$kind: another program shows the same picture, $far levels apart" test "${far%.*}" = 0
    # shellcheck disable=SC2086
    exits 0 "$kind is genuine" $V -m "$T/$kind-s.xml" "$T/$kind-s.pdf"
    check "$kind: the file itself was compared" has "$out" '"file_checked":true'
done

# print standards: what makes a file conform stays, value by value; the packet too, where no pointer is wanted
conforms() { qpdf --qdf --object-streams=disable --no-original-object-ids --static-id "$1" - | tr -d '\000' |
    grep -a "^%PDF\|/OutputIntents\|/DestOutputProfile\|/OutputCondition\|/S /GTS\|GTS_PDFX\|/Trapped\|Box \[\|/OCGs\|/DPart\|not a profile\|/OC /L0" |
    sed 's/[0-9]* 0 R//g' | sort; }
for kind in pdfx1a pdfx3 pdfx4 pdfvt layers boxes; do
    pressim pdf $kind "$T/$kind.pdf"
    # shellcheck disable=SC2086
    exits 0 "$kind is signed" sign "$T/i" Genuine LOT1 "$T/$kind.pdf" "$T/$kind-s.pdf" $S --no-xmp
    exits 0 "$kind: qpdf finds no fault" qpdf --check "$T/$kind-s.pdf"
    conforms "$T/$kind.pdf" > "$T/before"
    conforms "$T/$kind-s.pdf" > "$T/after"
    check "$kind: has what its standard asks for" test "$(wc -l < "$T/before")" -ge 2
    check "$kind: and keeps it" cmp "$T/before" "$T/after"
    for f in $kind $kind-s; do pdftoppm -r 100 -x 0 -y 270 -W 390 -H 45 "$T/$f.pdf" "$T/$f-part"; done
    check "$kind: what is beside the image is rendered alike" cmp "$T/$kind-part-1.ppm" "$T/$kind-s-part-1.ppm"
done

# compared with what they were
for kind in colorkey inlines some turned lab; do
    exits 0 "$kind: only a mark was added" enninspect --json --diff "$T/$kind.pdf" "$T/$kind-s.pdf"
done

# what is printed outside the images: type, a line, what is left alone
for kind in cmyk shared mixed devicen inlines stretched; do
    for f in $kind $kind-s; do pdftoppm -r 100 -x 0 -y 270 -W 390 -H 45 "$T/$f.pdf" "$T/$f-part"; done
    n=0 same=1
    for part in "$T/$kind-part"*; do
        n=$((n + 1))
        cmp -s "$part" "$T/$kind-s-part${part##*-part}" || same=0
    done
    if [ $same = 1 ] && [ $n -ge 1 ]; then ok "$kind: nothing else is rendered differently"; else no "$kind: rendered differently"; fi
done
pdftoppm -r 100 "$T/cmyk.pdf" "$T/all"
pdftoppm -r 100 "$T/cmyk-s.pdf" "$T/all-s"
check_not "but the image is" cmp -s "$T/all-1.ppm" "$T/all-s-1.ppm"

# objects that were not touched
qpdf --qdf --object-streams=disable --no-original-object-ids --static-id "$T/cmyk.pdf" "$T/a.qdf"
# shellcheck disable=SC2086
exits 0 "without a pointer to the manifest" sign "$T/i" Genuine LOT1 "$T/cmyk.pdf" "$T/plain-s.pdf" $S --no-xmp
qpdf --qdf --object-streams=disable --no-original-object-ids --static-id "$T/plain-s.pdf" "$T/b.qdf"
objects() { tr -d '\000' < "$1" | sed -n '/ obj$/,/endobj/p' | grep -av "Length\|^[^ -~]" | grep -a "^[ -~]*$" | grep -a "/Type\|/Font\|/MediaBox\|BT\|Tj"; }
objects "$T/a.qdf" > "$T/a.objects"
objects "$T/b.qdf" > "$T/b.objects"
check "objects were compared" test "$(wc -l < "$T/a.objects")" -ge 6
check "objects that are no image are the same" cmp "$T/a.objects" "$T/b.objects"

# the same bytes each time, whatever the file is like
# shellcheck disable=SC2086
{
mkdir "$T/again"
exits 0 "signed again" sign "$T/i" Genuine LOT1 "$T/shared.pdf" "$T/again/shared-s.pdf" $S -j 3
check "it gives the same file" cmp "$T/shared-s.pdf" "$T/again/shared-s.pdf"
qpdf --linearize --object-streams=generate "$T/dct.pdf" "$T/lin.pdf"
exits 0 "linearised with object streams" sign "$T/i" Genuine LOT1 "$T/lin.pdf" "$T/lin-s.pdf" $S
check "stays linearised" qpdf --check-linearization "$T/lin-s.pdf"
check "keeps object streams" grep -aq /ObjStm "$T/lin-s.pdf"
check "keeps the version" sh -c "test \"\$(head -c 8 '$T/lin-s.pdf')\" = \"\$(head -c 8 '$T/lin.pdf')\""
exits 0 "is genuine" $V -m "$T/lin-s.xml" "$T/lin-s.pdf"
}

# marked already: the catalogue's XMP packet points to the manifest, whether there was a packet or not
xmp() { qpdf --qdf --object-streams=disable "$1" - | tr -d '\000' | grep -a "$2"; }
check "the packet names the manifest" sh -c "qpdf --qdf '$T/cmyk-s.pdf' - | grep -aq 'enn:Manifest=\"cmyk-s.xml\"'"
check_not "not with --no-xmp" xmp "$T/plain-s.pdf" "urn:enn:xmp"
check "a packet that was there keeps what it holds" xmp "$T/xmp-s.pdf" "<dc:title>Carton</dc:title>"
check "and gets the pointer" xmp "$T/xmp-s.pdf" "enn:Manifest"
check_not "a packet of PDF/A is left alone" xmp "$T/pdfa-s.pdf" "enn:Manifest"
# shellcheck disable=SC2086
{
exits 7 "a signed file is not signed again" sign "$T/i" Genuine LOT1 "$T/xmp-s.pdf" "$T/twice.pdf" $S
check "naming the lot id" has "$err" "marked already, with lot id $(sed -n 's/.*<lot-id>\([0-9a-f]*\)<.*/\1/p' "$T/xmp-s.xml")"
check_not "nothing is left behind" ls "$T/twice.pdf"
exits 0 "but with --force it is" sign "$T/i" Genuine LOT1 "$T/xmp-s.pdf" "$T/twice.pdf" $S --force
check "with one pointer" test "$(xmp "$T/twice.pdf" "enn:Manifest" | grep -c twice.xml)" = 1
}

# pages with type only, beside one that carries the mark
# shellcheck disable=SC2086
exits 0 "a page without image is left alone" sign "$T/i" Genuine LOT1 "$T/pages.pdf" "$T/pages2.pdf" $S --json
check "and the report says how many" has "$out" '"left_alone":0,"pages_left_alone":1'
exits 0 "enninspect notes it" enninspect --json "$T/pages.pdf"
check "with the reason" has "$out" "no image large enough for the mark"

# altered
cp "$T/cmyk-s.pdf" "$T/byte.pdf"
printf ' ' >> "$T/byte.pdf"
# shellcheck disable=SC2086
{
exits 4 "one byte more" $V -m "$T/cmyk-s.xml" "$T/byte.pdf"
check "reason file-hash" reason file-hash
qpdf --recompress-flate --compression-level=1 "$T/cmyk-s.pdf" "$T/re.pdf"
exits 4 "another type on the pack" $V -m "$T/cmyk-s.xml" "$T/re.pdf"
exits 4 "the images of another lot" $V -m "$T/cmyk-s.xml" "$T/decode-s.pdf"
exits 3 "unsigned" $V -m "$T/cmyk-s.xml" "$T/cmyk.pdf"
exits 0 "standard input" sh -c "$V -m '$T/cmyk-s.xml' - < '$T/cmyk-s.pdf'"
}
pdftoppm -r 300 -png -singlefile "$T/shared-s.pdf" "$T/raster"
# shellcheck disable=SC2086
exits 0 "a rendering of the page reads" $V -m "$T/shared-s.xml" "$T/raster.png"

# encrypted
qpdf --encrypt open owner 256 -- "$T/cmyk.pdf" "$T/locked.pdf"
echo open > "$T/password"
echo closed > "$T/wrong"
# shellcheck disable=SC2086
{
exits 7 "encrypted without password" sign "$T/i" Genuine LOT1 "$T/locked.pdf" "$T/locked-s.pdf" $S
check "the option is named" has "$err" --password-file
exits 7 "encrypted with the wrong password" sign "$T/i" Genuine LOT1 "$T/locked.pdf" "$T/locked-s.pdf" $S --password-file "$T/wrong"
exits 0 "encrypted with its password" sign "$T/i" Genuine LOT1 "$T/locked.pdf" "$T/locked-s.pdf" $S --password-file "$T/password"
check "the copy is encrypted" qpdf --is-encrypted "$T/locked-s.pdf"
exits 0 "and whole" qpdf --password=open --check "$T/locked-s.pdf"
exits 0 "and genuine" $V -m "$T/locked-s.xml" --password-file "$T/password" "$T/locked-s.pdf"
exits 7 "with the password only" $V -m "$T/locked-s.xml" "$T/locked-s.pdf"
exits 0 "inspected" enninspect --json --password-file "$T/password" "$T/locked-s.pdf"
}

# refused, and why
refused()
{
    pressim pdf "$1" "$T/$1.pdf"
    # shellcheck disable=SC2086
    exits 7 "$1 is refused" sign "$T/i" Genuine LOT1 "$T/$1.pdf" "$T/$1-s.pdf" $S
    check "$1: the reason: $2" has "$err" "$2"
    check_not "$1: nothing is left behind" ls "$T/$1-s.pdf"
}
refused signed --force
sed 's/^startxref$/startxref 9/' "$T/cmyk.pdf" > "$T/damaged.pdf"
exits 7 "a damaged cross-reference is refused" sign "$T/i" Genuine LOT1 "$T/damaged.pdf" "$T/damaged-s.pdf"
check "with what repairs it" has "$err" "(damaged: qpdf IN OUT repairs it; look at what that gives)"
refused vector "gs -q -o OUT.tif"
refused lineart "(image 1: 1-bit line art): rasterise it first: gs -q -o OUT.tif -sDEVICE=tiff32nc -r600 IN.pdf"
refused keyjpeg "page 1, image 1: a colour key mask of JPEG data"
refused inline "too coarse"
refused matte "matte colour"
refused bush "more than 20000"
refused huge "pixels"
refused cut "end at row 70"
refused jpxcut "JPEG 2000"
# shellcheck disable=SC2086
exits 0 "signed, with --force" sign "$T/i" Genuine LOT1 "$T/signed.pdf" "$T/signed-s.pdf" $S --force
head -c 200000 "$T/cmyk.pdf" > "$T/half.pdf"
# shellcheck disable=SC2086
exits 7 "half a file" sign "$T/i" Genuine LOT1 "$T/half.pdf" "$T/half-s.pdf" $S
listing "$T" > "$T/names"
check_not "no temporaries" grep -q '\.enn\|tmp' "$T/names"

# inspected
exits 0 "enninspect" enninspect --json "$T/rotated.pdf"
check "names the image" has "$out" '"name":"page 1, image 1"'
check "its sheet" has "$out" '"sheet":"200.0 x 160.0 mm, turned by 90 degrees, TrimBox 134.1 x 134.1 mm"'
check "and its place" grep -q '"place":"first pixel at [0-9.]*, [0-9.]* mm, rows turned by' "$out"
finish
