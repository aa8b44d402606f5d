#!/bin/sh
# The progress bar is for terminals; standard output stays clean; a stopped job leaves nothing behind.
. "$(dirname "$0")/expect.sh"
issuer "$T/i" A
artwork "$T/a.tif" 10
exits 0 "not on a terminal" sign "$T/i" A L1 "$T/a.tif" "$T/1.tif"
check_not "no bar" grep -q '%' "$err"
exits 0 "--progress=always" sign "$T/i" A L1 "$T/a.tif" "$T/2.tif" --progress=always
check "a bar" has "$err" '[#'
check "that is erased at the end" sh -c "tail -c 4 '$err' | od -An -c | grep -q '033'"
check_not "and not on standard output" grep -q '\[#' "$out"
exits 0 "-q" sign "$T/i" A L1 "$T/a.tif" "$T/3.tif" -q
check "prints nothing" sh -c "test ! -s '$out' -a ! -s '$err'"
exits 0 "-v" sign "$T/i" A L1 "$T/a.tif" "$T/4.tif" -v
check "tells the stages" grep -Eq '^  stages +reading [0-9.]+ s, marking [0-9.]+ s, checking [0-9.]+ s' "$out"
cmd="ennsign -k $T/i/A.key -c $T/i/A.crt --gtin 09506000134352 --lot L1 --force $T/a.tif -o $T/1.tif"
# Where no terminal can be made (no script(1), no /dev/pts) this part is left out.
if script -qec true /dev/null > /dev/null 2>&1; then
    exits 0 "on a terminal" script -qec "$cmd 2>&1" /dev/null
    check "a bar" has "$out" '[#'
    exits 0 "--progress=never on a terminal" script -qec "$cmd --progress=never 2>&1" /dev/null
    check_not "no bar" grep -q '\[#' "$out"
    exits 0 "-q on a terminal" script -qec "$cmd -q 2>&1" /dev/null
    check_not "no bar with -q" grep -q '\[#' "$out"
fi

# Stopped half-way: the bar tells when the output is being written.
pressim artwork "$T/large.tif" --kind picture --width 220 --height 220
for signal in TERM INT; do
    mkdir "$T/w"
    : > "$T/bar"
    # A shell without job control starts background jobs with SIGINT ignored: env turns it on again.
    env --default-signal=INT,TERM ennsign -q -k "$T/i/A.key" -c "$T/i/A.crt" --gtin 09506000134352 --lot L --progress=always \
        "$T/large.tif" -o "$T/w/o.tif" 2> "$T/bar" &
    pid=$!
    tries=0
    while [ -z "$(ls -A "$T/w")" ] && [ $tries -lt 600 ] && kill -0 $pid 2> /dev/null; do
        sleep 0.05
        tries=$((tries + 1))
    done
    check "SIG$signal: a temporary was there" test -n "$(ls -A "$T/w")"
    kill -$signal $pid 2> /dev/null || :
    code=0
    wait $pid || code=$?
    check "SIG$signal ends the job by the signal" test $code -gt 128
    check "SIG$signal: nothing is left behind" test -z "$(ls -A "$T/w")"
    rm -rf "$T/w"
done
finish
