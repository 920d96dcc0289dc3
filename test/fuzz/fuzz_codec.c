/*
 * fuzz_codec.c
 *
 * Goal: there is exactly one byte string for an event and for a detail: whatever
 * bytes are taken for one are those that it is written as.
 *
 * Method: arbitrary bytes are decoded as an event, its detail and all bytes as a
 * detail; what decodes is encoded again.  A first byte of 0xff asks for the
 * detail alone, so that the fuzzer need not find an event around it.
 */
#include <stdlib.h>

#include "core/codec.h"
#include "core/detail.h"
#include "core/money.h"

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
try_detail(WalletBytes bytes)
{
	WalletDetail detail;
	uint8_t    *again;

	if (!wallet_detail_decode(bytes, &detail))
		return;
	require(wallet_detail_size(&detail) == bytes.length);
	require(detail.exponent <= 30 && wallet_money_in_range(detail.floor) &&
			wallet_money_in_range(detail.ceiling));
	again = malloc((size_t) bytes.length + 1);
	wallet_detail_encode(&detail, again);
	require(bytes.length == 0 || memcmp(again, bytes.data, bytes.length) == 0);
	free(again);
}

static void
try_event(const uint8_t *data, size_t size)
{
	WalletEvent event;
	uint8_t    *again;

	if (!wallet_event_decode(data, size, &event))
		return;
	require(wallet_event_size(&event) == size);
	require(event.event_id > 0 && event.exponent <= 30 && event.final <= 1);
	require(wallet_money_in_range(event.requested) && wallet_money_in_range(event.amount) &&
			wallet_money_in_range(event.debit_balance) && wallet_money_in_range(event.credit_balance) &&
			wallet_money_in_range(event.debit_held));
	again = malloc(size);
	wallet_event_encode(&event, again);
	require(memcmp(again, data, size) == 0);
	require(wallet_content_difference(&event, &event) == NULL);
	try_detail(event.detail);
	free(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	WalletBytes detail = {data, (uint32_t) size};

	if (size == 0 || data[0] != 0xff)
		try_event(data, size);
	else
	{
		detail.data++;
		detail.length--;
		try_detail(detail);
	}
	return 0;
}
