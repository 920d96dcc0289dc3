/*
 * tap.h
 *		What every unit test needs: checks that are gathered into named TAP
 *		cases, and random numbers that are the same in every run.
 *
 * A case is all CHECKs since the last tap_case().  The plan is printed last, so
 * that a test that dies in the middle is seen to have done so.
 */
#ifndef WALLET_TEST_TAP_H
#define WALLET_TEST_TAP_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More than a few broken checks of one case say nothing new. */
#define TAP_TOLD_MAX 8

static int	tap_cases;
static int	tap_cases_failed;
static int	tap_checks_failed;	/* of the running case */
static uint64_t tap_random_state = UINT64_C(0x9E3779B97F4A7C15);

#define CHECK(condition) tap_check((condition), #condition, __FILE__, __LINE__)

static inline bool
tap_check(bool good, const char *what, const char *file, int line)
{
	if (!good && tap_checks_failed++ < TAP_TOLD_MAX)
		printf("# %s:%d: %s\n", file, line, what);
	return good;
}

static inline void
tap_case(const char *name)
{
	tap_cases++;
	if (tap_checks_failed > 0)
		tap_cases_failed++;
	printf("%sok %d - %s\n", tap_checks_failed > 0 ? "not " : "", tap_cases, name);
	fflush(stdout);
	tap_checks_failed = 0;
}

static inline int
tap_end(void)
{
	printf("1..%d\n", tap_cases);
	return tap_cases_failed > 0 ? 1 : 0;
}

/* xorshift64*: the same sequence everywhere. */
static inline uint64_t
tap_random(void)
{
	tap_random_state ^= tap_random_state >> 12;
	tap_random_state ^= tap_random_state << 25;
	tap_random_state ^= tap_random_state >> 27;
	return tap_random_state * UINT64_C(2685821657736338717);
}

/* 0 ... limit - 1 */
static inline int
tap_pick(int limit)
{
	return (int) (tap_random() % (uint64_t) limit);
}

static inline bool
tap_chance(int percent)
{
	return tap_pick(100) < percent;
}

#endif
