#!/bin/sh
# Watched folder for pre-press: what is dropped into IN is signed into OUT, checked, and moved to DONE or FAILED.
#
#   watch-folder.sh DIRECTORY           runs until it is stopped
#   watch-folder.sh --once DIRECTORY    works off what is there and ends
#
# DIRECTORY/in/GTIN_LOT_EXPIRY_anything.tif names the lot in its file name.  KEY and CERT come from the environment,
# further options of ennsign from SIGN_OPTIONS.  A file is taken when its size has not changed for a second, so one that
# is still being copied waits.  Only the standard tools are needed.
set -u
once=0
[ "${1-}" = --once ] && once=1 && shift
: "${1:?the directory to watch}" "${KEY:?the key}" "${CERT:?the certificate}"
cd "$1" || exit 1
mkdir -p in out 'done' failed || exit 1

settled()
{
    a=$(wc -c < "$1") || return 1
    sleep 1
    [ "$a" = "$(wc -c < "$1")" ]
}

sign()
{
    name=$(basename "$1") rest=${1##*/}
    gtin=${rest%%_*} rest=${rest#*_}
    lot=${rest%%_*} rest=${rest#*_}
    expiry=${rest%%_*}
    stem=${name%.*}
    # shellcheck disable=SC2086
    ennsign -q -k "$KEY" -c "$CERT" --gtin "$gtin" --lot "$lot" --expiry "$expiry" ${SIGN_OPTIONS-} \
        "$1" -o "out/$name" -m "out/$stem.xml" &&
        enninspect -q --diff -t "$CERT" -m "out/$stem.xml" "$1" "out/$name" &&
        ennverify -q -t "$CERT" -m "out/$stem.xml" "out/$name"
}

while :; do
    for f in in/*.tif in/*.tiff in/*.pdf; do
        [ -f "$f" ] || continue
        settled "$f" || continue
        if sign "$f" 2> "failed/.log"; then
            mv "$f" done/ && echo "signed: $f"
        else
            mv "$f" failed/ && mv failed/.log "failed/$(basename "$f").txt"
            echo "failed: $f" >&2
        fi
        rm -f failed/.log
    done
    [ "$once" = 0 ] || exit 0
    sleep 2
done
