/*
 * test_status.c
 *
 * Goal: every status has the number, name, SQLSTATE and memory that users were
 * promised, and every kind its number: both are stored for ever.
 *
 * Method: the tables of the public contract and of format-1.md, 6, written out
 * by hand, compared over all numbers.
 */
#include "core/status.h"
#include "tap.h"

static const struct
{
	int			number;
	const char *name;
	const char *sqlstate;
	bool		remembered;
}			promised[] =

{
	{0, "success", "00000", true},
	{1, "insufficient_funds", "WA001", true},
	{2, "account_not_found", "WA002", false},
	{3, "account_frozen", "WA003", true},
	{4, "account_closed", "WA004", true},
	{5, "same_account", "WA005", false},
	{6, "invalid_amount", "WA006", false},
	{7, "invalid_scale", "WA007", false},
	{8, "amount_overflow", "WA008", false},
	{9, "unknown_currency", "WA009", false},
	{10, "transaction_id_conflict", "WA010", false},
	{11, "hold_not_found", "WA011", false},
	{12, "hold_settled", "WA012", true},
	{13, "hold_expired", "WA013", true},
	{14, "exceeds_hold", "WA014", true},
	{15, "exceeds_original", "WA015", true},
	{16, "not_reversible", "WA016", true},
	{17, "ceiling_exceeded", "WA017", true},
	{18, "spend_limit_exceeded", "WA018", true},
	{19, "group_failed", "WA019", true},
	{20, "account_exists", "WA020", false},
	{21, "account_not_empty", "WA021", true},
	{22, "version_conflict", "WA022", false},
	{23, "invalid_name", "WA023", false},
	{24, "invalid_argument", "WA024", false},
	{25, "invalid_effective_at", "WA025", false},
	{26, "metadata_too_large", "WA026", false},
	{27, "cancelled", "WA027", false},
	{28, "original_not_found", "WA028", false},
	{30, "queue_full", "WA030", false},
	{31, "engine_unavailable", "WA031", false},
	{32, "outcome_unknown", "WA032", false},
	{33, "wallet_in_transaction", "WA033", false},
	{34, "clock_unsafe", "WA034", false},
	{40, "shard_unavailable", "WA040", false},
	{41, "wrong_shard", "WA041", false},
	{42, "insufficient_privilege", "42501", false},
	{90, "ledger_corrupt", "WA090", false},
	{200, "queued", "", false}, /* never raised */
	{201, "pending", "", false} /* never raised */
};

#define PROMISED (sizeof(promised) / sizeof(promised[0]))

static const char *const kinds[] =
{
	"define_currency", "open", "transfer", "hold", "capture", "release", "expire",
	"reverse", "sweep", "freeze", "unfreeze", "close", "set_floor", "remove_floor",
	"set_ceiling", "set_spend_limit", "snapshot", "redact", "rebuild", "try_debit",
	"try_credit", "confirm_debit", "confirm_credit", "cancel_debit",
	"cancel_credit", "transit", "compensate"
};

#define KINDS ((int) (sizeof(kinds) / sizeof(kinds[0])))

static void
test_promised(void)
{
	for (size_t i = 0; i < PROMISED; i++)
	{
		const WalletStatusInfo *info = wallet_status_info(promised[i].number);

		if (!CHECK(info != NULL))
		{
			printf("# no status %d\n", promised[i].number);
			continue;
		}
		CHECK((int) info->status == promised[i].number);
		CHECK(strcmp(info->name, promised[i].name) == 0);
		CHECK(strcmp(info->sqlstate, promised[i].sqlstate) == 0);
		CHECK(info->remembered == promised[i].remembered);
		CHECK(wallet_status_remembered(promised[i].number) == promised[i].remembered);
		CHECK(strcmp(wallet_status_name(promised[i].number), promised[i].name) == 0);
	}
	tap_case("every promised status has its number, name, SQLSTATE and memory");
}

static void
test_nothing_else(void)
{
	size_t		found = 0;

	for (int number = -300; number <= 70000; number++)
	{
		if (wallet_status_info(number) != NULL)
			found++;
		else
			CHECK(wallet_status_name(number) == NULL && !wallet_status_remembered(number));
	}
	CHECK(found == PROMISED);
	tap_case("there are no other statuses");
}

/* Style of PostgreSQL: the primary message without full stop, sentences with. */
static void
test_words(void)
{
	for (size_t i = 0; i < PROMISED; i++)
	{
		const WalletStatusInfo *info = wallet_status_info(promised[i].number);
		size_t		length;

		if (info == NULL)
			continue;
		length = strlen(info->message);
		CHECK(length > 0 && info->message[length - 1] != '.');
		CHECK(info->message[0] >= 'a' && info->message[0] <= 'z');
		length = strlen(info->meaning);
		CHECK(length > 0 && info->meaning[length - 1] == '.');
		length = strlen(info->hint);
		CHECK(length == 0 || info->hint[length - 1] == '.');
		CHECK(strlen(info->sqlstate) == 5 || info->sqlstate[0] == '\0');
	}
	tap_case("messages are words, meanings and hints sentences");
}

static void
test_kinds(void)
{
	for (int i = 0; i < KINDS; i++)
	{
		const char *name = wallet_kind_name(i + 1);

		CHECK(name != NULL && strcmp(name, kinds[i]) == 0);
	}
	CHECK(KINDS == 27);
	CHECK(wallet_kind_name(0) == NULL);
	CHECK(wallet_kind_name(28) == NULL);
	CHECK(wallet_kind_name(-1) == NULL);
	CHECK(wallet_kind_name(65535) == NULL);
	tap_case("every kind has its number");
}

int
main(void)
{
	test_promised();
	test_nothing_else();
	test_words();
	test_kinds();
	return tap_end();
}
