# dnsbld: `make` leaves build/dnsbld and build/feeder; `make help` lists the rest.
#
#	zones/*.c  -> libzones.a
#	dnsbld/*.c -> libdnsbld.a (all but main.c) + main.o + libzones.a -> dnsbld
#	dnsbld/dnstap.proto -> made/dnstap.pb-c.c and .h, by protoc-c, into libdnsbld.a
#	feeder/*.c -> libfeeder.a (all but main.c) + main.o + libzones.a -> feeder
#	tests/unit/FOLDER/test_*.c, tests/fuzz/fuzz_*.c and tests/bench/*.c -> one program each
#
# Sources are found by wildcard and headers by -MMD: a new file needs no change here.
#
# 1. Nothing is written outside $(BUILD).
# 2. A tree holds objects of one compiler and one set of flags: sanitizers build in $(BUILD)/san,
#    fuzzers in $(BUILD)/fuzz, and where the flags changed everything is compiled again.

VERSION := 0.1
PREFIX  := /usr/local
BUILD   := build
PORT    := 5353
TIME    := 5
ifeq ($(origin CC),default)
CC      := gcc
endif

# --- where and how ------------------------------------------------------------------------------

ifeq ($(FUZZ),1)
override CC := clang
O        := $(BUILD)/fuzz
SANITIZE := -fsanitize=fuzzer-no-link,address,undefined
DRIVER   := -fsanitize=fuzzer
else ifeq ($(SAN),1)
O        := $(BUILD)/san
SANITIZE := -fsanitize=address,undefined
else
O        := $(BUILD)
# Fortified string functions hide from ASan what they check themselves, so not with SANITIZE.
FORTIFY  := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif
ifdef SANITIZE
SANITIZE += -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla \
	-Wformat=2 -Wundef -Wwrite-strings -Wold-style-definition $(if $(filter 1,$(WERROR)),-Werror)
CPPFLAGS := -D_GNU_SOURCE $(FORTIFY) -DDNSBLD_VERSION='"$(VERSION)"' -Iinclude
CFLAGS   := -std=c11 -O2 -g $(WARNINGS) -fstack-protector-strong -fPIE $(SANITIZE)
LDFLAGS  := -pie -Wl,-z,relro -Wl,-z,now -Wl,--as-needed $(SANITIZE)

# What each folder may use. --as-needed leaves out of a program what it does not call.
ZONES_PKGS  := lmdb ldns libconfuse jansson libcrypto
DNSBLD_PKGS := libevent_core libseccomp libcap-ng libfstrm libprotobuf-c libsodium
FEEDER_PKGS := libevent_core jansson gmime-3.0 libzstd expat libzip libseccomp libcap-ng
TEST_PKGS   := cmocka

# Their headers are not ours to warn about.
pkg_cflags = $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $1 2>/dev/null))
pkg_libs   = $(shell pkg-config --libs $1 2>/dev/null)

ZONES_LIBS  := $(call pkg_libs,$(ZONES_PKGS))
DNSBLD_LIBS := $(ZONES_LIBS) $(call pkg_libs,$(DNSBLD_PKGS))
FEEDER_LIBS := $(ZONES_LIBS) $(call pkg_libs,$(FEEDER_PKGS))
TEST_LIBS   := $(DNSBLD_LIBS) $(FEEDER_LIBS)
CMOCKA_LIBS := $(call pkg_libs,$(TEST_PKGS))
# What protoc-c writes includes its header, and is no more ours than a library's.
PKG_CFLAGS  := $(call pkg_cflags,$(ZONES_PKGS) $(DNSBLD_PKGS) $(FEEDER_PKGS)) -isystem $O/made

# --- what from what -----------------------------------------------------------------------------

objs  = $(patsubst %.c,$O/obj/%.o,$1)
progs = $(patsubst %.c,$O/%,$1)

ZONES_SRC  := $(sort $(wildcard zones/*.c))
DNSBLD_SRC := $(sort $(wildcard dnsbld/*.c))
DNSTAP     := $O/made/dnstap.pb-c
FEEDER_SRC := $(sort $(wildcard feeder/*.c))
UNIT_SRC   := $(sort $(wildcard tests/unit/*/test_*.c))
HELPER_SRC := $(sort $(wildcard tests/unit/*.c))
FUZZ_SRC   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
BENCH_SRC  := $(sort $(wildcard tests/bench/*.c))
ALL_SRC    := $(ZONES_SRC) $(DNSBLD_SRC) $(FEEDER_SRC) $(UNIT_SRC) $(HELPER_SRC) $(FUZZ_SRC) \
	$(BENCH_SRC) tests/fuzz/replay.c

LIBZONES  := $O/libzones.a
LIBDNSBLD := $O/libdnsbld.a
LIBFEEDER := $O/libfeeder.a
LIBHELPER := $O/libhelper.a
UNIT      := $(call progs,$(UNIT_SRC))
FUZZERS   := $(call progs,$(FUZZ_SRC))
BENCHES   := $(call progs,$(BENCH_SRC))

.PHONY: all unit fuzzers benches check check-long check-unit check-fuzz check-e2e fuzz bench run
.PHONY: bench-respond bench-data lint format install uninstall clean help packages FORCE
.SECONDARY:
.DELETE_ON_ERROR:

all: $O/dnsbld $O/feeder
unit: $(UNIT)
fuzzers: $(FUZZERS)
benches: $(BENCHES)

LINK = @echo '  LINK  $@' && mkdir -p $(@D) && $(CC) $(LDFLAGS) -o $@ $(filter %.o %.a,$^)

$O/dnsbld: $O/obj/dnsbld/main.o $(LIBDNSBLD) $(LIBZONES)
	$(LINK) $(DNSBLD_LIBS)
$O/feeder: $O/obj/feeder/main.o $(LIBFEEDER) $(LIBZONES)
	$(LINK) $(FEEDER_LIBS)

$(LIBZONES): $(call objs,$(ZONES_SRC))
$(LIBDNSBLD): $(call objs,$(filter-out dnsbld/main.c,$(DNSBLD_SRC))) $(DNSTAP).o
$(LIBFEEDER): $(call objs,$(filter-out feeder/main.c,$(FEEDER_SRC)))
$(LIBHELPER): $(call objs,$(HELPER_SRC))

# A member whose source has gone must go too, so each archive is made anew; the list of members
# ($O/members) changes when a source comes or goes.
$(LIBZONES) $(LIBDNSBLD) $(LIBFEEDER) $(LIBHELPER): $O/members
	@echo '  AR    $@' && rm -f $@
	@$(AR) rcs $@ $(filter %.o,$^)

$O/tests/unit/zones/%: $O/obj/tests/unit/zones/%.o $(LIBHELPER) $(LIBZONES)
	$(LINK) $(ZONES_LIBS) $(CMOCKA_LIBS)
$O/tests/unit/dnsbld/%: $O/obj/tests/unit/dnsbld/%.o $(LIBHELPER) $(LIBDNSBLD) $(LIBZONES)
	$(LINK) $(DNSBLD_LIBS) $(CMOCKA_LIBS)
$O/tests/unit/feeder/%: $O/obj/tests/unit/feeder/%.o $(LIBHELPER) $(LIBFEEDER) $(LIBZONES)
	$(LINK) $(FEEDER_LIBS) $(CMOCKA_LIBS)

# libFuzzer brings its own main; everywhere else replay.c is the main that feeds files.
$O/tests/fuzz/fuzz_%: $O/obj/tests/fuzz/fuzz_%.o $(if $(filter 1,$(FUZZ)),,$O/obj/tests/fuzz/replay.o) \
		$(LIBDNSBLD) $(LIBFEEDER) $(LIBZONES)
	$(LINK) $(DRIVER) $(TEST_LIBS)

$O/tests/bench/%: $O/obj/tests/bench/%.o $(LIBDNSBLD) $(LIBFEEDER) $(LIBZONES)
	$(LINK) $(TEST_LIBS)

# Tests may look at private headers: those of the folder they test, or, by path, any.
$O/obj/tests/%.o: CPPFLAGS += -iquote . -iquote tests/unit
$O/obj/tests/unit/zones/%.o: CPPFLAGS += -iquote zones
$O/obj/tests/unit/dnsbld/%.o: CPPFLAGS += -iquote dnsbld
$O/obj/tests/unit/feeder/%.o: CPPFLAGS += -iquote feeder

# Whoever includes what protoc-c writes: it changes so seldom that it may be everybody.
$O/obj/%.o: %.c $O/flags $(DNSTAP).h | packages
	@echo '  CC    $@' && mkdir -p $(@D)
	@$(CC) $(CPPFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP -c -o $@ $<

$(DNSTAP).c $(DNSTAP).h &: dnsbld/dnstap.proto | packages
	@echo '  PROTO $<' && mkdir -p $(@D) && protoc-c --proto_path=$(<D) --c_out=$(@D) $<
$(DNSTAP).o: $(DNSTAP).c $O/flags
	@echo '  CC    $<' && $(CC) $(CPPFLAGS) $(CFLAGS) -w $(PKG_CFLAGS) -c -o $@ $<

packages:
	@pkg-config --exists --print-errors $(sort $(ZONES_PKGS) $(DNSBLD_PKGS) $(FEEDER_PKGS)) && \
		command -v protoc-c >/dev/null || \
		{ echo "To install what the build needs, type: tests/deps build" >&2; exit 1; }

# Each is rewritten only when its content changes, and what depends on it is then made again.
$O/flags: CONTENT = $(CC) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$O/members: CONTENT = $(ZONES_SRC) $(DNSBLD_SRC) $(FEEDER_SRC) $(HELPER_SRC)
$O/flags $O/members: FORCE
	@mkdir -p $O
	@echo '$(CONTENT)' | cmp -s - $@ || echo '$(CONTENT)' >$@

-include $(patsubst %.c,$O/obj/%.d,$(ALL_SRC))

# --- tests --------------------------------------------------------------------------------------

# The programs under test, for everything below tests/ that runs some.
export DNSBLD_BUILD := $(abspath $O)
export FUZZ_BUILD   := $(abspath $(BUILD)/fuzz)

# A make of its own, because what pkg-config says changes when tests/deps installs something; on all
# processors unless -j says how many.
BUILT = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

check:
	@tests/deps build run test
	+@$(BUILT) all unit fuzzers
	+@$(BUILT) FUZZ=1 fuzzers
	@tests/run unit fuzz fuzz-short e2e
check-long: export DNSBLD_LONG := 1
check-long: check
check-unit:
	@tests/deps build unit
	+@$(BUILT) unit
	@tests/run unit
check-fuzz:
	@tests/deps build unit
	+@$(BUILT) fuzzers
	@tests/run fuzz
check-e2e:
	@tests/deps build run test
	+@$(BUILT) all
	@tests/run e2e
fuzz:
	@tests/deps build unit
	+@$(BUILT) FUZZ=1 fuzzers
	@TIME='$(TIME)' exec tests/run fuzz-long
bench bench-data:
	@tests/deps build bench
	+@$(BUILT) all benches
	@QUICK='$(QUICK)' exec tests/bench/run $(if $(findstring data,$@),data)
bench-respond:
	@tests/deps build bench
	+@$(BUILT) benches
	@$O/tests/bench/respond
	@tests/bench/stages

# --- running and installing ---------------------------------------------------------------------

run:
	@tests/deps build run
	+@$(BUILT) all
	@PORT='$(PORT)' exec tests/demo

SBIN  := $(DESTDIR)$(PREFIX)/sbin
BIN   := $(DESTDIR)$(PREFIX)/bin
MAN   := $(DESTDIR)$(PREFIX)/share/man
DOC   := $(DESTDIR)$(PREFIX)/share/doc/dnsbld
UNITS := $(DESTDIR)$(PREFIX)/lib/systemd/system
MAN_PAGES := $(wildcard dnsbld/*.[158] feeder/*.[158])
UNIT_FILES := $(wildcard dnsbld/*.service feeder/*.service feeder/*.timer)
man_path = $(MAN)/man$(patsubst .%,%,$(suffix $1))/$(notdir $1)

install: all
	install -D -m 755 $O/dnsbld $(SBIN)/dnsbld
	install -D -m 755 $O/feeder $(BIN)/feeder
	install -D -m 644 dnsbld/dnsbld.conf $(DOC)/dnsbld.conf.sample
	install -D -m 644 dnsbld/grafana.json $(DOC)/grafana.json
	install -D -m 644 feeder/fail2ban/dnsbld.conf $(DOC)/fail2ban/dnsbld.conf
	$(foreach page,$(MAN_PAGES),install -D -m 644 $(page) $(call man_path,$(page)) &&) :
	$(foreach unit,$(UNIT_FILES),install -D -m 644 $(unit) $(UNITS)/$(notdir $(unit)) &&) :
	$(foreach unit,$(UNIT_FILES),sed -i 's|/usr/local/|$(PREFIX)/|' $(UNITS)/$(notdir $(unit)) &&) :

uninstall:
	rm -f $(SBIN)/dnsbld $(BIN)/feeder $(DOC)/dnsbld.conf.sample $(DOC)/grafana.json $(DOC)/fail2ban/dnsbld.conf
	rm -f $(foreach page,$(MAN_PAGES),$(call man_path,$(page)))
	rm -f $(foreach unit,$(UNIT_FILES),$(UNITS)/$(notdir $(unit)))
	-rmdir $(DOC)/fail2ban $(DOC)

clean:
	rm -rf $(BUILD)

# --- style --------------------------------------------------------------------------------------

C_FILES = $(shell find include zones dnsbld feeder tests -name '*.[ch]')

lint:
	@tests/deps build unit lint
	@tests/lint
format:
	@tests/deps lint
	clang-format -i $(C_FILES)

help:
	@echo 'make               build/dnsbld and build/feeder (CC=clang WERROR=1 SAN=1 BUILD=folder)'
	@echo 'make run           a server with example data on loopback (PORT=5353)'
	@echo 'make check         all tests; check-unit, check-fuzz, check-e2e for parts; check-long'
	@echo 'make fuzz          each fuzzer for TIME=5 seconds'
	@echo 'make bench         measurements beside other servers (QUICK=1); bench-respond, bench-data for parts'
	@echo 'make lint, format  what the style asks'
	@echo 'make install       PREFIX=/usr/local DESTDIR=; uninstall'
	@echo 'make clean'
