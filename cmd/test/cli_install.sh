#!/bin/sh
# make install puts everything in its place, and a program builds against it.
. "$(dirname "$0")/expect.sh"
cd "$HERE" || exit 1
unset MAKEFLAGS MAKELEVEL || :
exits 0 "make install" make -s -o all install BUILD="$BUILD" DESTDIR="$T/root" PREFIX=/usr
for f in bin/ennsign bin/ennverify bin/enninspect lib/libenn.a include/enn.h share/man/man1/ennsign.1 \
    share/man/man1/ennverify.1 share/man/man1/enninspect.1 share/man/man3/libenn.3 lib/pkgconfig/enn.pc \
    share/bash-completion/completions/ennverify; do
    check "$f is installed" test -s "$T/root/usr/$f"
done
cat > "$T/p.c" <<'END'
#include <enn.h>
#include <stdio.h>
int main(void) { return puts(enn_status_word(ENN_NO_MARK)) < 0; }
END
libs=$(PKG_CONFIG_PATH="$T/root/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$T/root" pkg-config --cflags --libs enn)
# shellcheck disable=SC2086
exits 0 "a program builds with pkg-config" ${CC:-cc} ${ENN_ASAN:+-fsanitize=address,undefined} -o "$T/p" "$T/p.c" $libs
exits 0 "and runs" "$T/p"
check "and links the library" has "$out" no-mark
finish
