#!/bin/sh
# run.sh TEST...: runs test programs and scripts, JOBS at a time, shows what each says of itself, and ends with
# "N passed, N failed".
#
# A test prints TAP-like lines, "ok - what" and "not ok - what" (cmocka does with CMOCKA_MESSAGE_OUTPUT=TAP); each is one
# result.  A test that ends with an error but admits to no failure, or that tests nothing, is one failure.
set -u
BUILD=${BUILD:-build}
JOBS=${JOBS:-2}
export BUILD CMOCKA_MESSAGE_OUTPUT=TAP
logs=$BUILD/test/log
rm -rf "$logs"
mkdir -p "$logs" || exit 1

# Runs one test and keeps its log and its counts.
cat > "$logs/one" <<'ONE'
name=$(basename "$2" .sh)
log=$1/$name.log
begin=$(date +%s)
case $2 in
*.sh) sh "$2" > "$log" 2>&1 ;;
*) "$2" > "$log" 2>&1 ;;
esac
code=$?
good=$(grep -c '^[[:space:]]*ok ' "$log")
bad=$(grep '^[[:space:]]*not ok ' "$log" | grep -vc '# SKIP') # cmocka calls a skipped test not ok
skipped=$(grep -c '# SKIP' "$log")
why=
if [ $code -ne 0 ] && [ "$bad" -eq 0 ]; then bad=1 why=" (ended with $code)"; fi
if [ $code -eq 0 ] && [ $((good + bad + skipped)) -eq 0 ]; then bad=1 why=" (tested nothing)"; fi
echo "$good $bad" > "$1/$name.count"
seconds=$(($(date +%s) - begin))
if [ "$bad" -eq 0 ]; then
    [ "$skipped" -eq 0 ] || why=", $skipped skipped"
    printf 'ok      %-28s %3d passed%s  %4d s\n' "$name" "$good" "$why" "$seconds"
else
    printf 'FAILED  %-28s %3d passed, %d failed%s  %4d s\n' "$name" "$good" "$bad" "$why" "$seconds"
    { grep -v '^[[:space:]]*ok ' "$log" || cat "$log"; } | tail -n 40 | sed 's/^/    /'
fi
ONE

for t in "$@"; do printf '%s\n' "$t"; done | xargs -P "$JOBS" -I{} sh "$logs/one" "$logs" {}

passed=0 failed=0
for t in "$@"; do
    good=0 bad=1
    count=$logs/$(basename "$t" .sh).count
    [ -f "$count" ] && read -r good bad < "$count"
    passed=$((passed + good)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
