#!/bin/sh
# Issuers: files and their modes, passphrases, external signers; and no private-key code in ennverify.
. "$(dirname "$0")/expect.sh"
artwork "$T/a.tif" 9
umask 022
exits 0 "a new issuer" ennsign --new-issuer 'Ennova Labs & Co.' --out-dir "$T/i" --valid-days 30
for f in key seal; do check "$f has mode 600" test "$(stat -c %a "$T/i/Ennova-Labs-Co.$f")" = 600; done
check "the certificate is there" openssl x509 -in "$T/i/Ennova-Labs-Co.crt" -noout -checkend 0
check_not "it is valid for the days asked for" openssl x509 -in "$T/i/Ennova-Labs-Co.crt" -noout -checkend 2700000
check "it may sign" sh -c "openssl x509 -in '$T/i/Ennova-Labs-Co.crt' -noout -ext keyUsage | grep -q 'Digital Signature'"
listing "$T/i" > "$T/before"
cp -r "$T/i" "$T/copy"
exits 2 "an existing issuer is not overwritten" ennsign --new-issuer 'Ennova Labs & Co.' --out-dir "$T/i"
check "its files are as before" diff -r "$T/i" "$T/copy"
exits 2 "a name with a control character" ennsign --new-issuer "$(printf 'a\nb')" --out-dir "$T/n"
exits 2 "a name of 65 bytes" ennsign --new-issuer "$(printf '%065d' 1)" --out-dir "$T/n"
check_not "nothing was made" test -e "$T/n/a-b.key"

printf 'right horse\nsecond line\n' > "$T/pass"
printf 'wrong horse\n' > "$T/wrong"
: > "$T/nothing"
exits 0 "an issuer with a passphrase" ennsign --new-issuer P --out-dir "$T/p" --passphrase-file "$T/pass"
check "the key is encrypted" has "$T/p/P.key" "BEGIN ENCRYPTED PRIVATE KEY"
exits 0 "the key opens with it" sign "$T/p" P L1 "$T/a.tif" "$T/s.tif" --passphrase-file "$T/pass"
exits 0 "or from a descriptor" sh -c "ennsign -q -k '$T/p/P.key' -c '$T/p/P.crt' --gtin 09506000134352 --lot L \
    --passphrase-fd 5 '$T/a.tif' -o '$T/s2.tif' 5< '$T/pass'"
exits 2 "not with another" sign "$T/p" P L1 "$T/a.tif" "$T/s3.tif" --passphrase-file "$T/wrong"
exits 2 "not without" sign "$T/p" P L1 "$T/a.tif" "$T/s3.tif"
exits 2 "an empty passphrase" sign "$T/p" P L1 "$T/a.tif" "$T/s3.tif" --passphrase-file "$T/nothing"
exits 8 "a missing passphrase file" sign "$T/p" P L1 "$T/a.tif" "$T/s3.tif" --passphrase-file "$T/none"
exits 8 "a closed descriptor" sign "$T/p" P L1 "$T/a.tif" "$T/s3.tif" --passphrase-fd 77
exits 2 "the key of another certificate" ennsign -k "$T/i/Ennova-Labs-Co.key" -c "$T/p/P.crt" --gtin 09506000134352 \
    --lot L "$T/a.tif" -o "$T/s3.tif"
check_not "nothing was signed" test -e "$T/s3.tif"

# An external signer: openssl, with the digest as last argument.
openssl pkcs8 -in "$T/p/P.key" -passin "file:$T/pass" -out "$T/plain.key" 2> /dev/null
cat > "$T/signer" <<END
#!/bin/sh
echo "\$1" | fold -w2 | while read -r h; do printf "\\\\\$(printf %03o "0x\$h")"; done > '$T/digest'
exec openssl pkeyutl -sign -inkey '$T/plain.key' -in '$T/digest'
END
chmod +x "$T/signer"
exits 0 "an external signer" ennsign --signer-cmd "$T/signer" -c "$T/p/P.crt" --gtin 09506000134352 --lot L "$T/a.tif" -o "$T/e.tif"
exits 0 "what it signed is genuine" ennverify -t "$T/p/P.crt" -m "$T/e.xml" "$T/e.tif"
exits 8 "a signer that fails" ennsign --signer-cmd false -c "$T/p/P.crt" --gtin 09506000134352 --lot L "$T/a.tif" -o "$T/f.tif"
check_not "leaves nothing" test -e "$T/f.tif"

# ennverify can not sign: neither our code nor OpenSSL's functions for private keys are in it.
# secret_from_file is: it reads the password of an encrypted PDF there, which opens a file and signs nothing.
nm "$BUILD/ennverify" | awk '{ print $NF }' | sed 's/@.*//' > "$T/symbols"
check "the symbols can be read" has "$T/symbols" enn_verify_file
for s in enn_sign enn_issuer_create signer_open signer_sign rfc6979_sign seal_load \
    PEM_read_bio_PrivateKey PEM_read_PrivateKey d2i_PrivateKey d2i_AutoPrivateKey EVP_PKEY_sign EVP_DigestSign \
    EVP_DigestSignFinal ECDSA_do_sign ECDSA_sign; do
    check_not "no $s in ennverify" grep -qx "$s" "$T/symbols"
done
nm "$BUILD/ennsign" | awk '{ print $NF }' > "$T/symbols"
check "they would be found: ennsign has them" grep -qx signer_sign "$T/symbols"
finish
