# shellcheck shell=sh
# What the cli_*.sh tests share; they source it.  Prints "ok - what" or "not ok - what" for each promise.
#
# $T is a temporary directory; $out and $err hold what the last command run by `exits` printed.
set -eu
BUILD=$(cd "${BUILD:-build}" && pwd)
HERE=$(cd "$(dirname "$0")/../.." && pwd)
T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
trap 'exit 1' INT TERM
out=$T/.out err=$T/.err n_bad=0
PATH=$BUILD:$PATH
unset SOURCE_DATE_EPOCH || :
export HERE

ok() { echo "ok - $1"; }
no()
{
    echo "not ok - $1"
    n_bad=$((n_bad + 1))
    sed 's/^/    out: /' "$out" 2>/dev/null | head -n 8 | cut -c1-300 || :
    sed 's/^/    err: /' "$err" 2>/dev/null | head -n 8 | cut -c1-300 || :
}

# exits CODE WHAT COMMAND...: runs the command and compares its exit code.
exits()
{
    want=$1 what=$2 code=0
    shift 2
    "$@" > "$out" 2> "$err" < /dev/null || code=$?
    if [ "$code" -eq "$want" ]; then ok "$what"; else no "$what (exit code $code, not $want)"; fi
}

# check WHAT COMMAND...: the command succeeds.
check()
{
    what=$1
    shift
    if "$@" > /dev/null 2>&1; then ok "$what"; else no "$what"; fi
}
check_not()
{
    what=$1
    shift
    if "$@" > /dev/null 2>&1; then no "$what"; else ok "$what"; fi
}

# has FILE TEXT: the file holds this text.
has() { grep -qF -- "$2" "$1"; }
# reason WORD: the last --json line gives this reason.
reason() { grep -q "\"reasons\":\\[[^]]*\"$1\"" "$out"; }
# listing DIR: names in it, hidden ones, too.
listing() { (cd "$1" && find . | LC_ALL=C sort); }

# issuer DIR NAME: an issuer of testdata/issuers, or a new one where there is none of that name or chance is asked for.
# A capture is read with a margin that depends on the mark, that is on key and nonce: with both fixed a test says the same
# every time; ENN_RANDOM=1 looks at others.
issuer()
{
    if [ -n "${ENN_RANDOM:-}" ] || [ ! -f "$HERE/testdata/issuers/$2.key" ]; then
        ennsign -q --new-issuer "$2" --out-dir "$1"
    else
        mkdir -p "$1"
        (umask 077 && cp "$HERE/testdata/issuers/$2".* "$1")
    fi
}
# artwork FILE SEED: a small picture from edge to edge, 60 x 40 mm.
artwork() { pressim artwork "$1" --kind picture --width 60 --height 40 --seed "$2"; }
# sign DIR NAME LOT IN OUT ARGUMENT...
sign()
{
    dir=$1 name=$2 lot=$3 in=$4 to=$5
    shift 5
    case "${ENN_RANDOM:-} $*" in " "*--nonce* | [!\ ]*) ;; *) set -- --nonce 6a09e667bb67ae853c6ef372a54ff53a "$@" ;; esac
    ennsign -k "$dir/$name.key" -c "$dir/$name.crt" --gtin 09506000134352 --lot "$lot" "$@" "$in" -o "$to"
}

finish() { [ "$n_bad" -eq 0 ]; }
