#!/bin/sh
# Several artworks are several jobs; the exit code is that of the most alarming result.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 5
artwork "$T/b.tif" 6
printf junk > "$T/junk.tif"
mkdir "$T/sub"
cp "$T/a.tif" "$T/sub/a.tif"
S="ennsign -k $T/i/A.key -c $T/i/A.crt --gtin 09506000134352 --lot L1"
# shellcheck disable=SC2086
{
exits 0 "two artworks" $S "$T/a.tif" "$T/b.tif" --out-dir "$T/d"
check "four outputs under their names" test "$(listing "$T/d" | tr '\n' ' ')" = ". ./a.tif ./a.xml ./b.tif ./b.xml "
exits 2 "two artworks of one name" $S "$T/a.tif" "$T/sub/a.tif" --out-dir "$T/e"
check_not "no directory is made for wrong usage" test -e "$T/e"
exits 7 "one bad among good" $S "$T/junk.tif" "$T/a.tif" --out-dir "$T/f"
check "the good one was made" test -s "$T/f/a.tif" -a -s "$T/f/a.xml"
check_not "the bad one was not" test -e "$T/f/junk.tif"
exits 7 "only bad ones" $S "$T/junk.tif" --out-dir "$T/g"
check_not "no directory is left" test -e "$T/g"
exits 8 "--out-dir is a file" $S "$T/a.tif" --out-dir "$T/junk.tif"
}
V="ennverify -t $T/i/A.crt -m $T/d/a.xml"
# shellcheck disable=SC2086
{
exits 0 "genuine" $V "$T/d/a.tif"
exits 3 "genuine, nothing found" $V "$T/d/a.tif" "$T/b.tif"
exits 7 "nothing found, refused" $V "$T/b.tif" "$T/junk.tif"
exits 8 "refused, failed" $V "$T/junk.tif" "$T/none.tif"
exits 8 "failed, genuine" $V "$T/none.tif" "$T/d/a.tif"
exits 0 "the same lot in another artwork's manifest" ennverify -t "$T/i/A.crt" -m "$T/d/b.xml" "$T/d/b.tif"
}
exits 0 "another lot" ennsign -q -k "$T/i/A.key" -c "$T/i/A.crt" --gtin 09506000134352 --lot L2 "$T/b.tif" -o "$T/l2.tif"
# shellcheck disable=SC2086
exits 4 "not genuine is worse than failed" $V "$T/l2.tif" "$T/none.tif" "$T/d/a.tif"
exits 0 "enninspect of several" enninspect "$T/a.tif" "$T/b.tif"
check "both are reported" test "$(grep -c 'signing' "$out")" -eq 2
finish
