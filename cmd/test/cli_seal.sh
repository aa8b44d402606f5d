#!/bin/sh
# The seal: who gets one, what it changes, lot keys given out.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 5
N="--nonce 000102030405060708090a0b0c0d0e0f -q"
SOURCE_DATE_EPOCH=1800000000
export SOURCE_DATE_EPOCH

# shellcheck disable=SC2086
{
exits 0 "the secret beside the key is found" sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" $N
check "the manifest says so" has "$T/s.xml" "<seal>"
exits 0 "--no-seal" sign "$T/i" A L1 "$T/a.tif" "$T/u.tif" $N --no-seal
check_not "the manifest names no seal" has "$T/u.xml" "<seal>"
check_not "the samples differ" cmp "$T/s.tif" "$T/u.tif"
mkdir "$T/away"
cp "$T/i/A.key" "$T/i/A.crt" "$T/away"
exits 0 "no secret beside the key" ennsign --json -k "$T/away/A.key" -c "$T/away/A.crt" --gtin 09506000134352 --lot L1 $N \
    --no-xmp "$T/a.tif" -o "$T/w.tif"
check "is no seal" has "$out" '"sealed":false'
exits 0 "the secret named" ennsign --json -k "$T/away/A.key" -c "$T/away/A.crt" --gtin 09506000134352 --lot L1 $N \
    --seal-secret "$T/i/A.seal" "$T/a.tif" -o "$T/dir.tif" -m "$T/s2.xml"
check "is a seal" has "$out" '"sealed":true'
mkdir "$T/again" "$T/one"
exits 0 "the same again, other threads" sign "$T/i" A L1 "$T/a.tif" "$T/again/s.tif" $N -j 1
check "is the same, byte for byte" cmp "$T/s.tif" "$T/again/s.tif"
exits 0 "another step" sign "$T/i" A L1 "$T/a.tif" "$T/one/s.tif" $N --step 1
check_not "is another seal" cmp "$T/s.tif" "$T/one/s.tif"
check "and in the manifest" has "$T/one/s.xml" "<step>1</step>"
exits 0 "the fragile band follows the screen" sign "$T/i" A L1 "$T/a.tif" "$T/again/fm.tif" $N --screen fm
exits 0 "a sealed file verifies" ennverify -t "$T/i/A.crt" -m "$T/s.xml" "$T/s.tif"
exits 2 "--no-seal excludes --seal-secret" sign "$T/i" A L1 "$T/a.tif" "$T/x.tif" $N --no-seal --seal-secret "$T/i/A.seal"
exits 2 "--step needs a secret" ennsign -k "$T/away/A.key" -c "$T/away/A.crt" --gtin 09506000134352 --lot L1 --step 1 \
    "$T/a.tif" -o "$T/x.tif"
exits 8 "a missing secret" sign "$T/i" A L1 "$T/a.tif" "$T/x.tif" $N --seal-secret "$T/none"
exits 7 "a file that holds none" sign "$T/i" A L1 "$T/a.tif" "$T/x.tif" $N --seal-secret "$T/i/A.crt"
}
check_not "nothing was written" test -e "$T/x.tif"

exits 0 "a lot key" ennsign --json --export-lot-key "$T/s.xml" --seal-secret "$T/i/A.seal" -o "$T/lot.key"
check "its lot is named" has "$out" "\"lot_id\":\"$(sed -n 's/.*<lot-id>\(.*\)<.*/\1/p' "$T/s.xml")\""
check "mode 600" test "$(stat -c %a "$T/lot.key")" = 600
exits 0 "by lot id" ennsign -q --export-lot-key "$(sed -n 's/.*<lot-id>\(.*\)<.*/\1/p' "$T/s.xml")" -k "$T/i/A.key" -o "$T/lot2.key"
check "is the same" cmp "$T/lot.key" "$T/lot2.key"
exits 2 "never overwritten" ennsign --export-lot-key "$T/s.xml" --seal-secret "$T/i/A.seal" -o "$T/lot.key"
exits 0 "encrypted to a certificate" ennsign -q --export-lot-key "$T/s.xml" --seal-secret "$T/i/A.seal" --to "$T/i/A.crt" \
    -o "$T/lot.cms"
check_not "is not the plain key" has "$T/lot.cms" "ENN LOT KEY"
check "its owner opens it" openssl cms -decrypt -inform PEM -in "$T/lot.cms" -inkey "$T/i/A.key" -out "$T/opened.key"
check "and has the key" cmp "$T/lot.key" "$T/opened.key"
sed 's/<lot>L1</<lot>L2</' "$T/s.xml" > "$T/forged.xml"
exits 4 "not of a forged manifest" ennsign --export-lot-key "$T/forged.xml" --seal-secret "$T/i/A.seal" -o "$T/x.key"
exits 2 "no secret" ennsign --export-lot-key "$T/s.xml" -o "$T/x.key"
exits 2 "no output" ennsign --export-lot-key "$T/s.xml" --seal-secret "$T/i/A.seal"
exits 2 "--to alone" sign "$T/i" A L1 "$T/a.tif" "$T/x.tif" --to "$T/i/A.crt"
check_not "no key was written" test -e "$T/x.key"
check_not "nothing of the secret in artwork or manifest" sh -c "grep -qF \"\$(sed -n 2p '$T/i/A.seal' | cut -c1-20)\" '$T/s.xml' '$T/s.tif'"
# A page of three rows of 40 cells, of 257 KiB each, of which a quarter of the memory holds one row.
pressim artwork "$T/wide.tif" --kind tint --width 768 --height 50 --dpi 150
exits 0 "a wide page holds one row of cells at a time" sign "$T/i" A L1 "$T/wide.tif" "$T/wide.s.tif" --max-memory 60M
exits 7 "and needs room for that" sign "$T/i" A L1 "$T/wide.tif" "$T/wide.x.tif" --max-memory 36M
check "which it says" has "$err" "needs more than a quarter"
finish
