#!/bin/sh
# Enrolled prints, and prints that differ from them.
. "$(dirname "$0")/expect.sh"
mkdir "$T/i"
cp "$HERE/testdata/manifest/issuer.key" "$T/i/A.key"
cp "$HERE/testdata/manifest/issuer.crt" "$T/i/A.crt"
issuer "$T/p" Printer
pressim artwork "$T/a.tif" --kind picture --width 80 --height 60 --seed 7
# with a fixed key and a fixed secret the figures are the same in every run
printf '%s\n' '-----BEGIN ENN SEAL SECRET-----' 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=' \
    '-----END ENN SEAL SECRET-----' > "$T/i/A.seal"
N="--nonce 000102030405060708090a0b0c0d0e0f -q"
SOURCE_DATE_EPOCH=1800000000
export SOURCE_DATE_EPOCH
# shellcheck disable=SC2086
{
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" $N
sign "$T/i" A L2 "$T/a.tif" "$T/s2.tif" $N
}
ennsign -q --export-lot-key "$T/s.xml" -k "$T/i/A.key" -o "$T/lot.key"
for k in 1 2 3; do
    pressim print "$T/s.tif" "$T/print.png" --seed $k
    pressim scan "$T/print.png" "$T/q$k.png" --dpi 600 --rotation $k --seed $k
    pressim photo "$T/print.png" "$T/p$k.jpg" --ppmm 28 --tilt 6 --rotation ${k}0 --width 2400 --height 1800 --seed $k
done
pressim scan "$T/print.png" "$T/dull.png" --dpi 600 --blur 2 --seed 8
pressim scan "$T/print.png" "$T/coarse.png" --dpi 300 --seed 9
pressim scan "$T/print.png" "$T/copier.png" --dpi 600 --seed 21
pressim reprint "$T/copier.png" "$T/copier.tif"
pressim print "$T/copier.tif" "$T/print.png" --seed 22
pressim scan "$T/print.png" "$T/lost.png" --dpi 600 --rotation 1 --seed 23
pressim photo "$T/print.png" "$T/lost.jpg" --ppmm 28 --tilt 6 --rotation 15 --width 2400 --height 1800 --seed 5
enrol() { ennsign --enrol -k "$T/p/Printer.key" -c "$T/p/Printer.crt" -m "$T/s.xml" --lot-key "$T/lot.key" "$@"; }
verify() { ennverify --json -t "$T/i/A.crt" -t "$T/p/Printer.crt" -m "$T/s.xml" --seal "$T/lot.key" "$@"; }
copy() { has "$out" "\"copy\":{\"verdict\":\"$1\""; }

exits 0 "two scans are enrolled" enrol --json "$T/q1.png" "$T/q2.png" -o "$T/e.xml"
check "so many" has "$out" '"captures":2'
check "xmlsec1 agrees with the signature" xmlsec1 --verify --enabled-key-data x509 --enabled-reference-uris empty \
    --trusted-pem "$T/p/Printer.crt" "$T/e.xml"
check_not "no picture is in it" has "$T/e.xml" "<thumbnail>"
exits 0 "a third print" verify --enrolment "$T/e.xml" "$T/q3.png"
check_not "is not suspected" copy suspected
exits 5 "a print scanned and printed again" verify --enrolment "$T/e.xml" "$T/lost.png"
check "is suspected" copy suspected
check "and why" reason fine-detail-lost
exits 5 "two pictures of it together" verify --together --enrolment "$T/e.xml" "$T/lost.png" "$T/lost.png"
check "are one answer" has "$out" '"captures":2'
check_not "for both" has "$out" '"exit":0'
exits 0 "one of it beside two good ones" verify --together --enrolment "$T/e.xml" "$T/lost.png" "$T/q1.png" "$T/q3.png"
check_not "is not hidden by them" copy original
check "and why" has "$out" '"why":"captures-differ"'
exits 0 "a coarse one beside a good one" verify --together --enrolment "$T/e.xml" "$T/coarse.png" "$T/q3.png"
check "stays alone" has "$out" '"captures":1'
check_not "and is not counted" has "$out" '"captures":2'
exits 2 "--together needs an enrolment" verify --together "$T/q1.png" "$T/q3.png"
exits 0 "the same without the enrolment" verify "$T/lost.png"
check "is not judged" copy inconclusive
check "because nothing was enrolled" has "$out" '"why":"not-enrolled"'
exits 0 "a scan at 300 dpi" verify --enrolment "$T/e.xml" "$T/coarse.png"
check "does not show enough" copy inconclusive
check "and why" has "$out" '"why":"too-coarse"'
exits 0 "the signed file" verify --enrolment "$T/e.xml" "$T/s.tif"
check "is no print" copy not-checked

exits 0 "two photographs are enrolled" enrol "$T/p1.jpg" "$T/p2.jpg" -o "$T/p.xml"
check "with the edges of the artwork" has "$T/p.xml" "<edges>"
exits 0 "one photograph of a third print" verify --enrolment "$T/p.xml" "$T/p3.jpg"
check "is enough" copy original
check "for its edges" grep -q '"edges":[1-9]' "$out"
exits 5 "one photograph of the print scanned and printed again" verify --enrolment "$T/p.xml" "$T/lost.jpg"
check "is suspected" copy suspected
check "and why" reason fine-detail-lost
exits 5 "two pictures of it together" verify --together --enrolment "$T/p.xml" "$T/lost.jpg" "$T/lost.jpg"
exits 0 "one of it beside a good one" verify --together --enrolment "$T/p.xml" "$T/lost.jpg" "$T/p3.jpg"
check "is not hidden by it" has "$out" '"why":"captures-differ"'
sed 's/<version>2</<version>1</' "$T/p.xml" > "$T/forged.xml"
exits 7 "an enrolment whose version was changed" verify --enrolment "$T/forged.xml" "$T/p3.jpg"

exits 6 "a printer who is not trusted" ennverify --json -t "$T/i/A.crt" -m "$T/s.xml" --seal "$T/lot.key" --enrolment "$T/e.xml" \
    "$T/q3.png"
ennsign -q --export-lot-key "$T/s2.xml" -k "$T/i/A.key" -o "$T/lot2.key"
exits 7 "the enrolment of another lot" ennverify --json -t "$T/i/A.crt" -t "$T/p/Printer.crt" -m "$T/s2.xml" \
    --seal "$T/lot2.key" --enrolment "$T/e.xml" "$T/q3.png"
sed 's/<captures>2</<captures>3</' "$T/e.xml" > "$T/forged.xml"
exits 7 "a forged enrolment" verify --enrolment "$T/forged.xml" "$T/q3.png"
exits 7 "a manifest is no enrolment" verify --enrolment "$T/s.xml" "$T/q3.png"
exits 2 "--enrolment needs the lot key" ennverify -t "$T/p/Printer.crt" -m "$T/s.xml" --enrolment "$T/e.xml" "$T/q3.png"
exits 2 "an existing enrolment is not overwritten" enrol "$T/q1.png" "$T/q2.png" -o "$T/e.xml"
exits 4 "a blurred scan among good ones is not enrolled" enrol "$T/q1.png" "$T/dull.png" "$T/q2.png" "$T/q3.png" -o "$T/x.xml"
check "it is named" grep -q "dull.png: is [0-9.]* deviations from the other scans" "$err"
exits 0 "unless it is asked for" enrol --enrol-all "$T/q1.png" "$T/dull.png" "$T/q2.png" -o "$T/all.xml"
exits 0 "good ones are enrolled" enrol "$T/q1.png" "$T/q2.png" "$T/q3.png" -o "$T/good.xml"
exits 2 "--enrol-all goes with --enrol" ennsign --enrol-all "$T/a.tif" -o "$T/x.tif"
exits 7 "one scan is too few" enrol "$T/q1.png" -o "$T/x.xml"
exits 7 "300 dpi are too coarse" enrol "$T/coarse.png" "$T/q1.png" -o "$T/x.xml"
exits 4 "unmarked artwork is not enrolled" enrol "$T/a.tif" "$T/q1.png" -o "$T/x.xml"
exits 2 "no lot key" ennsign --enrol -k "$T/p/Printer.key" -c "$T/p/Printer.crt" -m "$T/s.xml" "$T/q1.png" -o "$T/x.xml"
exits 2 "facts of a lot" enrol --lot L3 "$T/q1.png" -o "$T/x.xml"
check_not "nothing was written" test -e "$T/x.xml"
finish
