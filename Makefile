# enn: `make help` lists the targets.  CC, CFLAGS, LDFLAGS, PREFIX, DESTDIR and BUILD are the user's.

BUILD   ?= build
PREFIX  ?= /usr/local
CFLAGS  ?= -O3 -g
JOBS    ?= 2
FUZZ_SECONDS ?= 30

# The same bytes on every machine: no fused multiply-add, no reassociation (so no -ffast-math).
BASE_FLAGS = -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Ilibembed -Icmd \
             -ffp-contract=off -fno-math-errno -fno-trapping-math -pthread -MMD -MP
PC_NAMES   = libtiff-4 libpng openssl libxml-2.0 lcms2 libjpeg jansson zbar libdmtx libqpdf zlib libopenjp2
PC_FLAGS  := $(shell pkg-config --cflags $(PC_NAMES) 2>/dev/null)
LIBS      := $(shell pkg-config --libs $(PC_NAMES) 2>/dev/null) -lzint -lvl -lm -pthread
TEST_LIBS := $(shell pkg-config --libs cmocka 2>/dev/null)

PACKAGES = gcc libc6-dev make pkg-config libtiff-dev libpng-dev libssl-dev libxml2-dev libxml2-utils liblcms2-dev \
           libjpeg62-turbo-dev libjansson-dev libzint-dev libzbar-dev libdmtx-dev libcmocka-dev \
           libqpdf-dev libvlfeat-dev zlib1g-dev libopenjp2-7-dev openssl xmlsec1 mandoc git libtiff-tools libjpeg-turbo-progs qpdf poppler-utils
LINT_PACKAGES = clang shellcheck
VERSION := $(shell sed -n 's/^.define ENN_VERSION "\([^"]*\)".*/\1/p' libembed/enn.h)

TOOLS     = ennsign ennverify enninspect
LIB_SRC  := $(sort $(wildcard libembed/*.c) $(filter-out libembed/test/%,$(wildcard libembed/*/*.c)))
SIM_SRC  := $(sort $(wildcard libembed/test/sim_*.c))
TEST_SRC := $(sort $(wildcard libembed/test/test_*.c))
FUZZ_SRC := $(sort $(wildcard libembed/test/fuzz_*.c))
CLI_SRC   = $(filter-out $(TOOLS:%=cmd/%.c),$(wildcard cmd/*.c))
ALL_SRC   = $(LIB_SRC) $(SIM_SRC) $(TEST_SRC) $(CLI_SRC) $(TOOLS:%=cmd/%.c) $(wildcard cmd/test/*.c)

BINS  = $(TOOLS:%=$(BUILD)/%)
TESTS = $(TEST_SRC:libembed/test/%.c=$(BUILD)/test/%)
obj   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

all: $(BINS) $(BUILD)/libenn.a

# Archives, so that a tool links only what it uses: ennverify no private-key code.
$(BINS): $(BUILD)/%: $(BUILD)/obj/cmd/%.o $(BUILD)/libcli.a $(BUILD)/libenn.a
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(LIBS)

$(BUILD)/libenn.a: $(call obj,$(LIB_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libcli.a: $(call obj,$(CLI_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

# The simulated press and camera, for the tests and the demo only; minarea draws docs/minimum-area.png with it.
$(BUILD)/libsim.a: $(call obj,$(SIM_SRC))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/pressim $(BUILD)/minarea: $(BUILD)/%: $(BUILD)/obj/cmd/test/%.o $(BUILD)/libsim.a $(BUILD)/libenn.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(TESTS): $(BUILD)/test/%: $(BUILD)/obj/libembed/test/%.o $(BUILD)/libsim.a $(BUILD)/libenn.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS) $(LIBS)

$(BUILD)/obj/%.o: %.c | $(BUILD)/.libraries
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(BASE_FLAGS) $(PC_FLAGS) $(CFLAGS) -c -o $@ $<

# A missing library stops the build here, with the line that installs it.
$(BUILD)/.libraries:
	@mkdir -p $(@D)
	@pkg-config --exists --print-errors $(PC_NAMES) cmocka && echo '#include <zint.h>' | $(CC) -E - >/dev/null || \
	  { echo "a library is missing; install all with:  make deps   or  apt-get install $(PACKAGES)" >&2; exit 1; }
	@touch $@

deps:
	@sh .ci/deps $(PACKAGES)

everything: $(BINS) $(TESTS) $(BUILD)/pressim $(BUILD)/minarea

# check and demo build in a second make, so that it sees the libraries that deps has just installed.
check: deps
	@$(MAKE) --no-print-directory -j$(JOBS) everything
	@BUILD=$(BUILD) JOBS=$(JOBS) sh cmd/test/run.sh $(TESTS) cmd/test/cli_*.sh

check-all: deps
	@ENN_LONG=1 $(MAKE) --no-print-directory check
	@$(MAKE) --no-print-directory asan

ASAN = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
asan: deps
	@ENN_ASAN=1 $(MAKE) --no-print-directory check BUILD=$(BUILD)/asan CFLAGS="$(ASAN)"

demo: deps
	@$(MAKE) --no-print-directory -j$(JOBS) everything
	@BUILD=$(BUILD) sh cmd/test/demo.sh

bench: deps
	@$(MAKE) --no-print-directory -j$(JOBS) everything
	@BUILD=$(BUILD) sh cmd/test/bench.sh

lint:
	@sh .ci/deps $(PACKAGES) $(LINT_PACKAGES)
	@bad=0; for cc in gcc clang; do echo "$$cc -Werror"; for f in $(ALL_SRC); do \
	  $$cc $(filter-out -MMD -MP,$(BASE_FLAGS)) -Werror -O2 `pkg-config --cflags $(PC_NAMES)` -c -o /dev/null $$f \
	  || bad=1; done; done; exit $$bad
	mandoc -Tlint -W warning man/*.[0-9]
	shellcheck -x -P cmd/test -s sh .ci/run .ci/deps cmd/test/*.sh
	shellcheck -s bash cmd/completion/enn.bash
	@if test -f docs/manifest.xsd; then xmllint --noout docs/manifest.xsd; fi

# One libFuzzer program per libembed/test/fuzz_*.c, each for FUZZ_SECONDS; it starts from testdata and keeps what it finds.
fuzz:
	@sh .ci/deps $(PACKAGES) clang
	@$(MAKE) --no-print-directory -j$(JOBS) BUILD=$(BUILD)/fuzz CC=clang \
	  CFLAGS="-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined" $(BUILD)/fuzz/libcli.a $(BUILD)/fuzz/libenn.a
	@for f in $(FUZZ_SRC); do n=`basename $$f .c`; mkdir -p $(BUILD)/fuzz/corpus-$$n && \
	  cp testdata/seeds/* testdata/hostile/* testdata/manifest/* $(BUILD)/fuzz/corpus-$$n && \
	  clang $(filter-out -MMD -MP,$(BASE_FLAGS)) $(PC_FLAGS) -O1 -g -fsanitize=address,undefined,fuzzer \
	    -o $(BUILD)/fuzz/$$n $$f $(BUILD)/fuzz/libcli.a $(BUILD)/fuzz/libenn.a $(LIBS) && echo "$$n: $(FUZZ_SECONDS) s" && \
	  $(BUILD)/fuzz/$$n -max_total_time=$(FUZZ_SECONDS) -timeout=60 -rss_limit_mb=2048 -close_fd_mask=3 -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/$$n- $(BUILD)/fuzz/corpus-$$n || exit 1; done

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include \
	  $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man3 \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions
	install -m 755 $(BINS) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/libenn.a $(DESTDIR)$(PREFIX)/lib && install -m 644 libembed/enn.h $(DESTDIR)$(PREFIX)/include
	install -m 644 man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1 && install -m 644 man/*.3 $(DESTDIR)$(PREFIX)/share/man/man3
	for t in $(TOOLS); do install -m 644 cmd/completion/enn.bash \
	  $(DESTDIR)$(PREFIX)/share/bash-completion/completions/$$t; done
	printf 'Name: enn\nDescription: sign packaging artwork and read the mark back\nVersion: %s\n%s\n%s\n' $(VERSION) \
	  'Cflags: -I$(PREFIX)/include' 'Libs: -L$(PREFIX)/lib -lenn $(LIBS)' > $(DESTDIR)$(PREFIX)/lib/pkgconfig/enn.pc

clean:
	rm -rf $(BUILD)

help:
	@echo 'make            build/ennsign build/ennverify build/enninspect build/libenn.a'
	@echo 'make demo       sign, print, photograph and verify a sample artwork; names the files to look at'
	@echo 'make check      all tests (installs missing Debian packages); ends with "N passed, N failed"'
	@echo 'make check-all  the same with the longer tests, and again under ASan and UBSan'
	@echo 'make asan       the tests under ASan and UBSan'
	@echo 'make lint       gcc and clang with -Werror, mandoc, shellcheck, xmllint'
	@echo 'make bench      times of signing against tiffcp and of verifying against djpeg'
	@echo 'make fuzz       libFuzzer targets, FUZZ_SECONDS=30 each'
	@echo 'make install    into DESTDIR and PREFIX=/usr/local'
	@echo 'make deps clean help'

-include $(shell find $(BUILD)/obj -name '*.d' 2>/dev/null)
.DELETE_ON_ERROR:
.PHONY: all deps everything check check-all asan demo bench lint fuzz install clean help
