/*
 * test_repair.c
 *
 * Goal: redact and rebuild are decided as format-1.md, 6, says (kinds 18, 19):
 * their checks in order, what a success records, that no account moves but by its
 * guard, and that both replay from their bytes.
 *
 * Method: one command of each kind against an account with 100, held 20; each
 * input taken away or spoilt; the event's fields by hand from the table.
 */
#include "core/batch.h"
#include "core/codec.h"
#include "core/detail.h"
#include "core/machine.h"
#include "core/shape.h"
#include "core/status.h"
#include "fixture.h"
#include "log.h"
#include "tap.h"

#define EVENT 100				/* the id that commands here take */

static WalletEvent
redact(void)
{
	return (WalletEvent)
	{
		.event_id = EVENT,
		.transaction_id = fixture_uuid(1),
		.related = fixture_uuid(7),
		.present = WALLET_HAS_RELATED,
		.kind = WALLET_KIND_REDACT,
		.actor = TEXT("app")
	};
}

/* Tag 13, 32 bytes of 1 ... 32: the detail of format-1.md, 4, by hand. */
static uint8_t digest_detail[37] = {13, 32, 0, 0, 0};

static WalletEvent
rebuild(void)
{
	WalletEvent event = {
		.event_id = EVENT,
		.transaction_id = fixture_uuid(2),
		.present = WALLET_HAS_DEBIT | WALLET_HAS_DETAIL,
		.kind = WALLET_KIND_REBUILD,
		.debit = 11,
		.detail = {digest_detail, sizeof(digest_detail)},
		.actor = TEXT("app")
	};

	for (int i = 0; i < WALLET_DIGEST_BYTES; i++)
		digest_detail[5 + i] = (uint8_t) (i + 1);
	return event;
}

static WalletAccount
account(void)
{
	WalletAccount a = fixture_account(11, 100);

	a.held = 20;
	a.version = 7;
	a.last_event = 70;
	a.guard_event = 71;
	return a;
}

static void
test_redact(void)
{
	WalletEvent event = redact();
	WalletView	view = {.target_found = true};

	CHECK(wallet_step(&view, &event) == WALLET_success);
	CHECK(event.status == WALLET_success);
	CHECK(event.present == WALLET_HAS_RELATED);
	CHECK(event.exponent == 0);
	CHECK(event.related.bytes[15] == 7);
	CHECK(wallet_event_shape_fault(&event) == NULL);
	tap_case("a redaction names its target and no account");

	event = redact();
	view.target_found = false;
	CHECK(wallet_step(&view, &event) == WALLET_original_not_found);
	CHECK(!wallet_status_remembered(event.status));
	tap_case("what has no event cannot be redacted, and nothing is remembered of it");

	event = redact();
	view.target_found = true;
	event.present = 0;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	tap_case("a redaction without a target is invalid");
}

static void
test_redact_content(void)
{
	WalletEvent event = redact();
	WalletEvent other = redact();
	WalletEvent transfer = fixture_transfer(1, 11, 22, 30);

	CHECK(wallet_content_difference(&event, &other) == NULL);
	other.related = fixture_uuid(8);
	CHECK(wallet_content_difference(&event, &other) != NULL);
	CHECK(wallet_content_difference(&event, &transfer) != NULL);
	tap_case("another target, or another kind, is other content");
}

/* Frozen and closed accounts have rows too. */
static void
test_rebuild(void)
{
	for (uint8_t status = WALLET_ACCOUNT_OPEN; status <= WALLET_ACCOUNT_CLOSED; status++)
	{
		WalletEvent event = rebuild();
		WalletAccount a = account();
		WalletAccount before;
		WalletView	view = {.debit = &a};

		a.status = status;
		before = a;
		CHECK(wallet_step(&view, &event) == WALLET_success);
		CHECK(event.present == (WALLET_HAS_DEBIT | WALLET_HAS_DETAIL | WALLET_HAS_DEBIT_BALANCE |
								WALLET_HAS_DEBIT_HELD | WALLET_HAS_DEBIT_VERSION));
		CHECK(event.debit_balance == 100 && event.debit_held == 20 && event.debit_version == 7);
		CHECK(event.exponent == 2);
		CHECK(wallet_event_shape_fault(&event) == NULL);
		before.guard_event = EVENT;
		CHECK(fixture_same_account(&a, &before));
	}
	tap_case("a rebuild tells the account as it is, is in no chain, and moves the guard");
}

static void
test_rebuild_refusals(void)
{
	WalletEvent event = rebuild();
	WalletAccount a = account();
	WalletAccount before = a;
	WalletView	view = {0};

	CHECK(wallet_step(&view, &event) == WALLET_account_not_found);
	tap_case("no account, no rebuild");

	view.debit = &a;
	event = rebuild();
	event.present &= ~WALLET_HAS_DETAIL;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	event = rebuild();
	event.detail.length = 36;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	event = rebuild();
	digest_detail[0] = WALLET_DETAIL_REASON;
	CHECK(wallet_step(&view, &event) == WALLET_invalid_argument);
	digest_detail[0] = WALLET_DETAIL_DIGEST;
	CHECK(fixture_same_account(&a, &before));
	tap_case("without the digest of the row as found it is invalid, and changes nothing");

	event = rebuild();
	event.event_id = 71;
	CHECK(wallet_step(&view, &event) == WALLET_ledger_corrupt);
	tap_case("its id must be newer than all that the account has seen");
}

/* As the calls run it, and again from the bytes. */
static void
test_batch(void)
{
	WalletAccount accounts[1] = {account()};
	WalletAccount again[1] = {account()};
	WalletEntry entries[2] = {
		{.event = redact(),.debit = -1,.credit = -1,.opened = -1,.group = -1,.same_as = -1,.target_found = true},
		{.event = rebuild(),.debit = 0,.credit = -1,.opened = -1,.group = -1,.same_as = -1}
	};
	WalletBatch batch = {.entries = entries,.count = 2,.accounts = accounts,.next_id = EVENT};
	Log			log = {0};

	CHECK(wallet_batch_run(&batch));
	CHECK(entries[0].recorded && entries[0].status == WALLET_success);
	CHECK(entries[1].recorded && entries[1].status == WALLET_success);
	CHECK(entries[1].event.event_id == EVENT + 1);
	CHECK(accounts[0].guard_event == EVENT + 1 && accounts[0].last_event == 70);
	tap_case("both run in a batch");

	log_append(&log, &entries[1].event);
	CHECK(log_replays(&log, again, 1));
	CHECK(fixture_same_account(&accounts[0], &again[0]));
	CHECK(log_same_bytes(&entries[0].event, &entries[0].event));
	free(log.events);
	tap_case("a rebuild replays from its inputs to the same bytes");
}

int
main(void)
{
	test_redact();
	test_redact_content();
	test_rebuild();
	test_rebuild_refusals();
	test_batch();
	return tap_end();
}
