#!/bin/sh
# --help, man page and completion agree; the pages are well-formed and name every exit code and every reason.
. "$(dirname "$0")/expect.sh"
M=$HERE/man

for t in ennsign ennverify enninspect; do
    $t --help | sed -n 's/^  .\{4\}--\([a-z0-9-]*\).*/\1/p; s/^  -., --\([a-z0-9-]*\).*/\1/p' | sort > "$T/help"
    sed -n 's/^\.It Fl -\([a-z0-9-]*\).*/\1/p; s/^\.It Fl . , -\([a-z0-9-]*\).*/\1/p' "$M/$t.1" | sort > "$T/man"
    check "$t --help lists options" test "$(wc -l < "$T/help")" -ge 10
    if cmp -s "$T/help" "$T/man"; then
        ok "$t: --help and man page have the same options"
    else
        no "$t: --help and man page differ: $(diff "$T/help" "$T/man" | grep '^[<>]' | tr '\n' ' ')"
    fi
    for code in 0 2 3 4 5 6 7 8; do check "$t.1 tells exit code $code" grep -q "^\.It $code\$" "$M/$t.1"; done
done
for p in ennsign.1 ennverify.1 enninspect.1 libenn.3; do
    check "$p is clean mdoc" sh -c "test -z \"\$(mandoc -Tlint -W warning '$M/$p')\""
    check "$p fits 80 columns" sh -c "mandoc -Tascii '$M/$p' | sed 's,.\x08,,g' | awk 'length > 80 { exit 1 }'"
done
sed -n '/define ENN_REASON_LIST/,/enum enn_reason/s/.*X([A-Z_]*, *"\([a-z-]*\)".*/\1/p' "$HERE/libembed/enn.h" > "$T/reasons"
check "reasons were found in the header" test "$(wc -l < "$T/reasons")" -ge 20
while read -r word; do
    check "ennverify.1 explains $word" grep -q "^\.It Cm $word\$" "$M/ennverify.1"
done < "$T/reasons"

cat > "$T/complete" <<'END'
. "$HERE/cmd/completion/enn.bash"
compopt() { :; }
COMP_WORDS=(ennverify --tr); COMP_CWORD=1; _enn ennverify; echo "${COMPREPLY[*]}"
COMP_WORDS=(ennsign --white = n); COMP_CWORD=3; _enn ennsign; echo "${COMPREPLY[*]}"
END
exits 0 "bash completion runs" bash "$T/complete"
check "bash completion knows the options" has "$out" --trust
check "bash completion knows the words of a choice" has "$out" never
finish
