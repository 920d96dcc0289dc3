# Builds wallet with PGXS: make, make install [DESTDIR=], make installcheck.
# make check, demo, bench and the like are in GNUmakefile.
#
#   PG_CONFIG=...   another PostgreSQL
#   WERROR=1        warnings are errors
#   ASSERT=1        arms our assertions, on a server that has none
#   FAILPOINTS=1    compiles in what tests stop and kill at (src/pg/failpoint.h)
#   NO_REPLAY=1     without the program wallet-replay, which needs OpenSSL's headers
#
# To switch one of them run make clean first: objects do not depend on it.

PG_CONFIG ?= pg_config
# Not VERSION: that is PostgreSQL's own, once PGXS is included.
WALLET_VERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" wallet.control)

MODULE_big = wallet
EXTENSION = wallet
# src/replay is a program of its own: it shares core with the extension, and nothing else.
REPLAY_OBJS := $(patsubst %.c,%.o,$(sort $(wildcard src/replay/*.c)))
OBJS := $(filter-out $(REPLAY_OBJS),$(patsubst %.c,%.o,$(sort $(wildcard src/*.c src/*/*.c))))
# PGXS has no word for a program beside a module; a script is installed where programs are.
SCRIPTS_built := $(if $(filter 1,$(NO_REPLAY)),,wallet-replay)
EXTRA_CLEAN = $(REPLAY_OBJS)

SQL_PARTS := $(sort $(wildcard sql/parts/*.sql))
SQL_SCRIPT := sql/wallet--$(WALLET_VERSION).sql
# What is committed: older versions in full, because an upgrade is tested from them, and the way from each to the next.
DATA := $(filter-out $(SQL_SCRIPT),$(sort $(wildcard sql/wallet--*.sql)))
DATA_built = $(SQL_SCRIPT)

PG_CPPFLAGS = -Isrc -DWALLET_VERSION='"$(WALLET_VERSION)"' $(if $(filter 1,$(ASSERT)),-DUSE_ASSERT_CHECKING) $(if $(filter 1,$(FAILPOINTS)),-DWALLET_FAILPOINTS)
PG_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-unused-parameter $(if $(filter 1,$(WERROR)),-Werror)
ifneq (,$(findstring clang,$(CC)))
# PostgreSQL was configured for gcc: clang does not know all its flags and attributes.
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes
endif
CORE_CFLAGS = -Wconversion -Wshadow -Wpedantic

# Immediate, because PGXS asks with ifdef: an empty list means "no such suite".
REGRESS := $(patsubst test/sql/%.sql,%,$(sort $(wildcard test/sql/*.sql)))
ISOLATION := $(patsubst test/specs/%.spec,%,$(sort $(wildcard test/specs/*.spec)))
TAP_TESTS := $(if $(wildcard test/t/*.pl),1)
PROVE_TESTS = test/t/*.pl
# Expected output is in ./expected: found through outputdir on 15, by name later.
SUITE_OPTS = --inputdir=test --outputdir=. $(if $(filter-out 15,$(MAJORVERSION)),--expecteddir=.)
REGRESS_OPTS = $(SUITE_OPTS) --encoding=UTF8
ISOLATION_OPTS = $(SUITE_OPTS) --encoding=UTF8

# Debian leaves dependency tracking off, and would compile all a second time for JIT.
override autodepend := yes
override with_llvm := no

PGXS := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

src/core/%.o src/replay/%.o: override CFLAGS += $(CORE_CFLAGS)

$(OBJS) $(REPLAY_OBJS): Makefile wallet.control

wallet-replay: $(REPLAY_OBJS) $(filter src/core/%,$(OBJS))
	$(CC) $(CFLAGS) -o $@ $^ $(LDFLAGS_EX) -pthread -lcrypto

# The directory is a prerequisite so that a removed part counts as a change.
$(SQL_SCRIPT): $(SQL_PARTS) $(wildcard sql/parts) Makefile wallet.control
	{ printf '%s\n' '\echo Use "CREATE EXTENSION wallet" to load this file. \quit' && \
	  cat /dev/null $(SQL_PARTS); } > $@.new
	mv $@.new $@
