/*
 * status.c
 *		The table made of status.def, and the names of kinds.
 */
#include "core/status.h"

static const WalletStatusInfo status_table[] =
{
#define WALLET_STATUS(name, number, sqlstate, remembered, message, meaning, hint) \
	{WALLET_##name, #name, sqlstate, remembered, message, meaning, hint},
#include "core/status.def"
#undef WALLET_STATUS
};

static const char *const kind_names[] =
{
	[WALLET_KIND_DEFINE_CURRENCY] = "define_currency",
	[WALLET_KIND_OPEN] = "open",
	[WALLET_KIND_TRANSFER] = "transfer",
	[WALLET_KIND_HOLD] = "hold",
	[WALLET_KIND_CAPTURE] = "capture",
	[WALLET_KIND_RELEASE] = "release",
	[WALLET_KIND_EXPIRE] = "expire",
	[WALLET_KIND_REVERSE] = "reverse",
	[WALLET_KIND_SWEEP] = "sweep",
	[WALLET_KIND_FREEZE] = "freeze",
	[WALLET_KIND_UNFREEZE] = "unfreeze",
	[WALLET_KIND_CLOSE] = "close",
	[WALLET_KIND_SET_FLOOR] = "set_floor",
	[WALLET_KIND_REMOVE_FLOOR] = "remove_floor",
	[WALLET_KIND_SET_CEILING] = "set_ceiling",
	[WALLET_KIND_SET_SPEND_LIMIT] = "set_spend_limit",
	[WALLET_KIND_SNAPSHOT] = "snapshot",
	[WALLET_KIND_REDACT] = "redact",
	[WALLET_KIND_REBUILD] = "rebuild",
	[WALLET_KIND_TRY_DEBIT] = "try_debit",
	[WALLET_KIND_TRY_CREDIT] = "try_credit",
	[WALLET_KIND_CONFIRM_DEBIT] = "confirm_debit",
	[WALLET_KIND_CONFIRM_CREDIT] = "confirm_credit",
	[WALLET_KIND_CANCEL_DEBIT] = "cancel_debit",
	[WALLET_KIND_CANCEL_CREDIT] = "cancel_credit",
	[WALLET_KIND_TRANSIT] = "transit",
	[WALLET_KIND_COMPENSATE] = "compensate",
};

const WalletStatusInfo *
wallet_status_info(int number)
{
	for (size_t i = 0; i < sizeof(status_table) / sizeof(status_table[0]); i++)
	{
		if ((int) status_table[i].status == number)
			return &status_table[i];
	}
	return NULL;
}

const char *
wallet_status_name(int number)
{
	const WalletStatusInfo *info = wallet_status_info(number);

	return info ? info->name : NULL;
}

bool
wallet_status_remembered(int number)
{
	const WalletStatusInfo *info = wallet_status_info(number);

	return info != NULL && info->remembered;
}

const char *
wallet_kind_name(int number)
{
	if (number < 1 || number >= (int) (sizeof(kind_names) / sizeof(kind_names[0])))
		return NULL;
	return kind_names[number];
}
