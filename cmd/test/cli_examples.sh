#!/bin/sh
# The examples in docs/examples, and artwork in git: each is run as far as it can run without a server.
. "$(dirname "$0")/expect.sh"
E=$HERE/docs/examples
issuer "$T/i" A
pressim artwork "$T/a.tif" --kind picture --width 40 --height 30 --seed 3
pressim artwork "$T/b.tif" --kind picture --width 40 --height 30 --seed 4
sign "$T/i" A L1 "$T/a.tif" "$T/s.tif" -q

# ---- git ----
G="git -C $T/repo -c user.name=n -c user.email=e@example.com"
git init -q "$T/repo"
echo '*.tif diff=enn' > "$T/repo/.gitattributes"
git -C "$T/repo" config diff.enn.textconv 'enninspect --textconv'
# shellcheck disable=SC2016
git -C "$T/repo" config difftool.enn.cmd 'enninspect --diff "$LOCAL" "$REMOTE"'
git -C "$T/repo" config difftool.prompt false
cp "$T/a.tif" "$T/repo/x.tif"
$G add -A && $G commit -q -m first
base=$($G rev-parse HEAD)
cp "$E/pre-commit" "$T/repo/.git/hooks/pre-commit"
cp "$T/s.tif" "$T/repo/x.tif"
# shellcheck disable=SC2086
{
exits 0 "git diff shows artwork as text" $G diff
check "lines of squares" grep -q '^[-+]  at ' "$out"
check_not "not as binary" has "$out" "Binary files"
exits 0 "git difftool" $G difftool -t enn -- x.tif
check "says that only a mark was added" has "$out" "only a mark was added"
$G add -A
exits 0 "the hook lets a signed file pass" $G commit -q -m signed
cp "$T/b.tif" "$T/repo/x.tif" && $G add -A
exits 1 "the hook stops a changed artwork" $G commit -q -m changed
check "and says why" has "$err" "x.tif: the artwork was changed"
$G checkout -q -b artwork/new
exits 0 "on a branch for it, it passes" $G commit -q -m changed
}

# ---- CI: the run lines as a runner would run them ----
# lines FILE MARK: the block that begins with "mkdir -p ...report", without its indentation.
# shellcheck disable=SC2016
lines() { sed -n '/mkdir -p .*report/,/exit \$bad/p' "$1" | sed 's/^ *//'; }
for f in github-actions gitlab-ci; do
    lines "$E/$f.yml" > "$T/run.sh"
    check "$f has a run block" test "$(wc -l < "$T/run.sh")" -gt 5
    rm -rf "$T/report" "$T/repo/report"
    exits 1 "$f: a changed artwork fails" sh -c "cd '$T/repo' && BASE=$base sh '$T/run.sh'"
    report=$T/report
    [ -d "$report" ] || report=$T/repo/report
    check "$f: HTML" has "$report/1.html" "<!doctype html>"
    check "$f: JUnit" xmllint --noout "$report/1.xml"
    check "$f: nothing else is left" test ! -e "$report/old"
    check_not "$f: no tabs" grep -q "$(printf '\t')" "$E/$f.yml"
done
cp "$T/s.tif" "$T/repo/x.tif"
rm -rf "$T/repo/report"
exits 0 "gitlab-ci: a signed artwork passes" sh -c "cd '$T/repo' && BASE=$base sh '$T/run.sh'"
if python3 -c 'import yaml' 2> /dev/null; then
    for f in github-actions gitlab-ci; do
        check "$f is YAML" python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$E/$f.yml"
    done
fi

# ---- watched folder ----
mkdir -p "$T/w/in"
cp "$T/a.tif" "$T/w/in/09506000134352_L7_281231_front.tif"
cp "$T/a.tif" "$T/w/in/123_L7_281231_wrong.tif"
exits 0 "watched folder" env KEY="$T/i/A.key" CERT="$T/i/A.crt" sh "$E/watch-folder.sh" --once "$T/w"
check "the artwork is signed" test -s "$T/w/out/09506000134352_L7_281231_front.tif"
check "with a manifest" has "$T/w/out/09506000134352_L7_281231_front.xml" "L7"
check "and moved away" test -s "$T/w/done/09506000134352_L7_281231_front.tif"
check "a wrong GTIN fails, with its reason" has "$T/w/failed/123_L7_281231_wrong.tif.txt" "ennsign:"
check "nothing is left over" test -z "$(ls "$T/w/in")"

# ---- catalogue ----
mkdir -p "$T/c/art" && cp "$T/a.tif" "$T/b.tif" "$T/c/art/"
printf 'file,gtin,lot,expiry\na.tif,09506000134352,L1,281231\nb.tif,09506000134352,L2,290131\n' > "$T/c/lots.csv"
M="env MAKEFLAGS= make --no-print-directory -C $T/c -f $E/catalogue.mk KEY=$T/i/A.key CERT=$T/i/A.crt"
# shellcheck disable=SC2086
{
exits 0 "catalogue" $M
check "both are signed and checked" test -e "$T/c/signed/a.ok" -a -e "$T/c/signed/b.ok"
check "each with its lot" has "$T/c/signed/b.xml" "L2"
exits 0 "a second time" $M
check "there is nothing to do" has "$out" "Nothing to be done"
touch "$T/c/art/b.tif"
exits 0 "one file newer" $M
check_not "the other one is left alone" has "$out" "signed/a.tif"
}
check "shell examples are clean" sh -c "! command -v shellcheck > /dev/null || shellcheck -s sh '$E/pre-commit' '$E/watch-folder.sh'"
finish
