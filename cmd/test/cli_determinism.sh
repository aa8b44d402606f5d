#!/bin/sh
# The same input, key, facts, nonce and SOURCE_DATE_EPOCH give the same bytes, whatever the number of threads.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 8
N="--nonce 000102030405060708090a0b0c0d0e0f"
export SOURCE_DATE_EPOCH=1700000000
mkdir "$T/1" "$T/2" "$T/3"
# shellcheck disable=SC2086
{
exits 0 "first" sign "$T/i" A L1 "$T/a.tif" "$T/1/s.tif" $N -j 1
exits 0 "second" sign "$T/i" A L1 "$T/a.tif" "$T/2/s.tif" $N -j 3
exits 0 "third, without the nonce" sign "$T/i" A L1 "$T/a.tif" "$T/3/s.tif"
}
check "the same artwork" cmp -s "$T/1/s.tif" "$T/2/s.tif"
check "the same manifest" cmp -s "$T/1/s.xml" "$T/2/s.xml"
check_not "another nonce, another artwork" cmp -s "$T/1/s.tif" "$T/3/s.tif"
check "the manifest tells that time" grep -q '2023-11-14' "$T/1/s.xml"
exits 0 "simulator" pressim artwork "$T/b.tif" --kind picture --width 60 --height 40 --seed 8
check "the sample artwork is the same, too" cmp -s "$T/a.tif" "$T/b.tif"
SOURCE_DATE_EPOCH=soon
exits 2 "a SOURCE_DATE_EPOCH that is no number" sign "$T/i" A L1 "$T/a.tif" "$T/t.tif"
finish
