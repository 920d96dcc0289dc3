# Builds core/ without PostgreSQL, under sanitizers, for tests and fuzzing:
#
#   make -f tools/core.mk unit   build/unit/test_* from test/unit/test_*.c, with gcc
#   make -f tools/core.mk fuzz   build/fuzz/fuzz_* from test/fuzz/fuzz_*.c, with clang
#
# A test may use OpenSSL's SHA-256 for the digest that core is handed.

CORE := $(patsubst src/core/%.c,%.o,$(sort $(wildcard src/core/*.c)))
# The program wallet-replay without its main().
REPLAY := $(patsubst src/%.c,%.o,$(filter-out src/replay/wallet_replay.c,$(sort $(wildcard src/replay/*.c))))
UNIT := $(patsubst test/unit/%.c,build/unit/%,$(sort $(wildcard test/unit/test_*.c)))
FUZZ := $(patsubst test/fuzz/%.c,build/fuzz/%,$(sort $(wildcard test/fuzz/fuzz_*.c)))

WARN = -std=gnu11 -Wall -Wextra -Wno-unused-parameter -Wdeclaration-after-statement -Werror
CORE_WARN = $(WARN) -Wconversion -Wshadow -Wpedantic
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
FLAGS = -g -O1 -Isrc -MMD -MP $(SANITIZE)

.PHONY: unit fuzz
.SECONDARY:
unit: $(UNIT)
fuzz: $(FUZZ)

build/unit/% : build/unit/%.o $(addprefix build/unit/core/,$(CORE))
	gcc $(SANITIZE) -o $@ $^ -Wl,--as-needed -lcrypto

build/unit/%.o: test/unit/%.c tools/core.mk
	@mkdir -p $(@D)
	gcc $(WARN) $(FLAGS) -c -o $@ $<

build/unit/core/%.o: src/core/%.c tools/core.mk
	@mkdir -p $(@D)
	gcc $(CORE_WARN) $(FLAGS) -c -o $@ $<

build/fuzz/%: build/fuzz/%.o $(addprefix build/fuzz/core/,$(CORE)) $(addprefix build/fuzz/,$(REPLAY))
	clang -fsanitize=fuzzer $(SANITIZE) -o $@ $^ -Wl,--as-needed -lcrypto

build/fuzz/%.o: test/fuzz/%.c tools/core.mk
	@mkdir -p $(@D)
	clang $(WARN) $(FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

build/fuzz/core/%.o: src/core/%.c tools/core.mk
	@mkdir -p $(@D)
	clang $(CORE_WARN) $(FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

build/fuzz/replay/%.o: src/replay/%.c tools/core.mk
	@mkdir -p $(@D)
	clang $(CORE_WARN) $(FLAGS) -fsanitize=fuzzer-no-link -c -o $@ $<

-include $(wildcard build/unit/*.d build/unit/core/*.d build/fuzz/*.d build/fuzz/core/*.d build/fuzz/replay/*.d)
