#!/bin/sh
# Two issuers that are both trusted do not vouch for each other's marks: a manifest is for marks of its own issuer only.
. "$(dirname "$0")/expect.sh"
issuer "$T/one" Same
issuer "$T/two" Same
artwork "$T/a.tif" 4
nonce=00112233445566778899aabbccddeeff
exits 0 "the first issuer signs" sign "$T/one" Same L1 "$T/a.tif" "$T/1.tif" --nonce=$nonce
exits 0 "the second signs the same facts" sign "$T/two" Same L1 "$T/a.tif" "$T/2.tif" --nonce=$nonce
id() { sed -n 's/.*<lot-id>\([0-9a-f]*\)<.*/\1/p' "$1"; }
check "with the same lot id" test "$(id "$T/1.xml")" = "$(id "$T/2.xml")"
pressim print "$T/1.tif" "$T/p.png" && pressim scan "$T/p.png" "$T/scan.png" --dpi 300

V="ennverify --json -t $T/one/Same.crt -t $T/two/Same.crt"
# shellcheck disable=SC2086
{
exits 0 "a print of the first with its manifest" $V -m "$T/1.xml" "$T/scan.png"
exits 4 "and with the second's manifest" $V -m "$T/2.xml" "$T/scan.png"
check "reason other-lot" reason other-lot
}
finish
