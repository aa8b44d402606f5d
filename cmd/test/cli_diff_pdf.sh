#!/bin/sh
# enninspect --diff of PDFs: what is beside the images counts as well; and of the text in TIFF tags.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
class() { grep -q "\"class\":\"$1\"" "$out"; }
D="enninspect --json --diff"
N="--nonce 00112233445566778899aabbccddeeff"
# edited SCRIPT FROM TO: a PDF with a change that sed makes in its text form.
edited()
{
    qpdf --qdf --object-streams=disable --static-id "$2" "$T/.qdf"
    LC_ALL=C sed "$1" "$T/.qdf" > "$T/.edited"
    fix-qdf "$T/.edited" > "$3"
    check "the change was made" test -n "$(cmp "$T/.qdf" "$T/.edited" || :)"
}

# shellcheck disable=SC2086
{
for kind in cmyk dct shared form mixed jpx indexed; do
    pressim pdf $kind "$T/$kind.pdf"
    exits 0 "$kind: signed" sign "$T/i" A LOT1 "$T/$kind.pdf" "$T/$kind-s.pdf" -q $N
    exits 0 "$kind: compared" $D "$T/$kind.pdf" "$T/$kind-s.pdf"
    check "$kind: mark-added" class mark-added
done
exits 0 "the other way" $D "$T/dct-s.pdf" "$T/dct.pdf"
check "mark-removed" class mark-removed
exits 0 "signed for another lot" sign "$T/i" A LOT2 "$T/cmyk.pdf" "$T/cmyk-2.pdf" -q
exits 0 "two lots" $D -t "$T/i/A.crt" "$T/cmyk-s.pdf" "$T/cmyk-2.pdf"
check "mark-changed" class mark-changed

# the same objects in another order, compressed otherwise
qpdf --object-streams=generate --recompress-flate --linearize "$T/cmyk.pdf" "$T/lin.pdf"
exits 0 "saved in another way" $D "$T/cmyk.pdf" "$T/lin.pdf"
check_not "not changed" class artwork-changed

for f in cmyk cmyk-s form-s; do
    edited 's/EN9459/EN9458/' "$T/$f.pdf" "$T/text.pdf"
    exits 4 "$f: a digit of its text" $D "$T/${f%-s}.pdf" "$T/text.pdf"
    check "$f: artwork-changed" class artwork-changed
    check "$f: with both texts" grep -q '"content":\[.*"before":"EN9459 (lot)[^"]*","after":"EN9458 (lot)' "$out"
done
edited 's/20 20 m 200 20 l/20 20 m 200 21 l/' "$T/cmyk-s.pdf" "$T/line.pdf"
exits 4 "a line moved" $D "$T/cmyk.pdf" "$T/line.pdf"
check "under content" has "$out" '"name":"operators"'
edited 's/Helvetica/Times-Bold/' "$T/cmyk-s.pdf" "$T/font.pdf"
exits 4 "another font" $D "$T/cmyk.pdf" "$T/font.pdf"
check "under fonts" has "$out" '"name":"fonts"'
edited 's|/Type /Page$|/Type /Page /TrimBox [10 10 200 150]|' "$T/cmyk-s.pdf" "$T/trim.pdf"
exits 4 "another TrimBox" $D "$T/cmyk.pdf" "$T/trim.pdf"
check "under boxes" has "$out" '"name":"TrimBox"'
check "in points" has "$out" '"after":"10 10 200 150 pt"'
edited 's|/Type /Page$|/Type /Page /Annots [ << /Type /Annot /Subtype /Square /Rect [0 0 50 50] /C [1 0 0] >> ]|' "$T/cmyk-s.pdf" "$T/note.pdf"
exits 4 "an annotation" $D "$T/cmyk.pdf" "$T/note.pdf"
check "under content" has "$out" '"name":"annotations"'
edited 's|^trailer <<|trailer << /Info << /Title (Another title) >>|' "$T/cmyk-s.pdf" "$T/info.pdf"
exits 0 "another title" $D "$T/cmyk.pdf" "$T/info.pdf"
check "is metadata" has "$out" '"name":"Title"'

# line art that is left alone, and a document without a picture
pressim pdf vector "$T/vector.pdf"
exits 0 "no picture" $D "$T/vector.pdf" "$T/vector.pdf"
check "identical" class identical
edited 's/EN9459/EN9458/' "$T/vector.pdf" "$T/v2.pdf"
exits 4 "no picture, another text" $D "$T/vector.pdf" "$T/v2.pdf"
exits 4 "its page for people" enninspect -q --diff --html "$T/v.html" --junit "$T/v.xml" "$T/vector.pdf" "$T/v2.pdf"
check "names the text" has "$T/v.html" "EN9458"
exits 4 "a picture against none" $D "$T/cmyk.pdf" "$T/vector.pdf"

# TIFF
artwork "$T/a.tif" 3
cp "$T/a.tif" "$T/b.tif"
tiffset -s 305 "Other 2.0" "$T/b.tif"
tiffset -s 33432 "Nobody" "$T/b.tif"
exits 0 "other text in tags" $D "$T/a.tif" "$T/b.tif"
check "same-artwork" class same-artwork
check "Software" grep -q '"metadata":\[.*"name":"Software".*"after":"Other 2.0"' "$out"
check "Copyright" grep -q '"name":"Copyright","before":"none","after":"Nobody"' "$out"
sign "$T/i" A LOT1 "$T/b.tif" "$T/s.tif" -q
exits 0 "and a mark" $D "$T/a.tif" "$T/s.tif"
check "mark-added" class mark-added
check "the pointer to the manifest is metadata" has "$out" '"name":"XMP"'
}
finish
