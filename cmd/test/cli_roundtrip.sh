#!/bin/sh
# Sign, verify the file, and every way in which it must not be genuine.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" Genuine
issuer "$T/j" Other
artwork "$T/a.tif" 1
artwork "$T/b.tif" 2
V="ennverify --json -t $T/i/Genuine.crt"

exits 0 "artwork is signed" sign "$T/i" Genuine LOT1 "$T/a.tif" "$T/s.tif" --expiry 281231 --unit 7
check "the manifest stands beside it" test -s "$T/s.xml"
exits 0 "another lot is signed" sign "$T/i" Genuine LOT2 "$T/b.tif" "$T/s2.tif" -m "$T/second.xml"
exits 0 "the same lot number by another issuer" sign "$T/j" Other LOT1 "$T/a.tif" "$T/o.tif"
exits 0 "the manifest is valid against its schema" xmllint --noout --schema "$HERE/docs/manifest.xsd" "$T/s.xml"
exits 0 "xmlsec1 accepts the manifest's signature" xmlsec1 --verify --enabled-key-data x509 \
    --enabled-reference-uris empty --trusted-pem "$T/i/Genuine.crt" "$T/s.xml"
check_not "xmlsec1 does not accept it for another issuer" xmlsec1 --verify --enabled-key-data x509 \
    --enabled-reference-uris empty --trusted-pem "$T/j/Other.crt" "$T/s.xml"

# shellcheck disable=SC2086
{
exits 0 "the signed file is genuine" $V -m "$T/s.xml" "$T/s.tif"
check "its lot is told" has "$out" '"lot":"LOT1","gtin":"09506000134352","expiry":"281231","unit":7'
check "the file itself was compared" has "$out" '"file_checked":true'
exits 0 "two files of one lot" $V -m "$T/s.xml" "$T/s.tif" "$T/s.tif"
exits 0 "standard input" sh -c "cat '$T/s.tif' | $V -m '$T/s.xml' -"
exits 6 "without a manifest the lot is not proven" $V "$T/s.tif"
check "reason no-manifest" reason no-manifest
check "but it is named" grep -q '"lot_id":"[0-9a-f]\{20\}"' "$out"
exits 6 "an unknown issuer" ennverify --json -t "$T/j/Other.crt" -m "$T/s.xml" "$T/s.tif"
check "reason unknown-issuer" reason unknown-issuer
exits 6 "no anchor at all" ennverify --json -m "$T/s.xml" "$T/s.tif"
check "reason no-trust" reason no-trust
exits 3 "unsigned artwork" $V -m "$T/s.xml" "$T/a.tif"
exits 3 "a mark of another issuer, without its manifest" $V "$T/o.tif"
if reason other-issuer || reason too-weak; then ok "the reason"; else no "the reason"; fi
exits 4 "the artwork of another lot" $V -m "$T/s.xml" "$T/s2.tif"
check "reason other-lot" reason other-lot
exits 6 "a certificate that is not valid yet" $V --at 2001-01-01 -m "$T/s.xml" "$T/s.tif"
check "reason not-yet-valid" reason not-yet-valid
exits 6 "a certificate that has expired" $V --at 2180-01-01T00:00:00Z -m "$T/s.xml" "$T/s.tif"
check "reason expired" reason expired

# The pin is the SHA-256 of the public key, by another program.
pin=$(openssl x509 -in "$T/i/Genuine.crt" -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)
exits 0 "the right pin" $V --pin "$pin" -m "$T/s.xml" "$T/s.tif"
exits 6 "another pin" $V --pin "0000000000000000$(printf %s "$pin" | cut -c17-)" -m "$T/s.xml" "$T/s.tif"
check "reason pin-mismatch" reason pin-mismatch
exits 2 "a malformed pin" $V --pin 00ff -m "$T/s.xml" "$T/s.tif"
}

# Forgeries.
forged()
{
    exits 4 "$1" ennverify --json -t "$T/i/Genuine.crt" -m "$T/f.xml" "$T/s.tif"
    if reason bad-signature || reason manifest-format; then ok "$1: the reason"; else no "$1: the reason"; fi
}
sed 's/LOT1/LOT9/' "$T/s.xml" > "$T/f.xml"
forged "manifest with another lot number"
sed 's/281231/301231/' "$T/s.xml" > "$T/f.xml"
forged "manifest with another expiry date"
sed 's/<\/manifest>/<!-- x --><\/manifest>/; s/<\/\([a-z]*:\)manifest>/<!-- x --><\/\1manifest>/' "$T/s.xml" > "$T/f.xml"
cmp -s "$T/s.xml" "$T/f.xml" || forged "manifest with a comment"
head -c 900 "$T/s.xml" > "$T/f.xml"
forged "manifest cut short"
: > "$T/f.xml"
forged "empty manifest"
head -c 300000 /dev/zero | tr '\0' 'x' > "$T/f.xml"
forged "a manifest over the size limit"
# The signature of another manifest under this one's facts.
awk '/<(ds:)?Signature/ { exit } { print }' "$T/s.xml" > "$T/head"
sed -n '/<\(ds:\)\{0,1\}Signature /,$p' "$T/second.xml" > "$T/tail"
if [ -s "$T/head" ] && [ -s "$T/tail" ]; then
    cat "$T/head" "$T/tail" > "$T/f.xml"
    forged "the signature of another manifest"
fi

# Another key under the same name signs the same facts and nonce: the lot id is the genuine one.
ennsign -q --new-issuer Genuine --out-dir "$T/k"
N=00112233445566778899aabbccddeeff
exits 0 "a lot with a known nonce" sign "$T/i" Genuine LOT3 "$T/a.tif" "$T/n.tif" --nonce $N
exits 0 "an impostor signs the same facts" sign "$T/k" Genuine LOT3 "$T/a.tif" "$T/x.tif" --nonce $N
id() { ennverify --json -t "$1" -m "$2" "$3" | sed -n 's/.*"lot_id":"\([0-9a-f]*\)".*/\1/p'; }
check "the lot ids agree" test "$(id "$T/i/Genuine.crt" "$T/n.xml" "$T/n.tif")" = "$(id "$T/k/Genuine.crt" "$T/x.xml" "$T/x.tif")"
for pair in "x.xml n.tif" "n.xml x.tif" "x.xml x.tif"; do
    code=0
    # shellcheck disable=SC2086
    set -- $pair
    ennverify --json -t "$T/i/Genuine.crt" -m "$T/$1" "$T/$2" > "$out" 2> "$err" || code=$?
    case $code in 3 | 4 | 6) ok "impostor: $pair is not genuine ($code)" ;; *) no "impostor: $pair gives $code" ;; esac
done
finish
