/*
 * rights.c
 *		Who may take money from which account.  The rules of the machine know no
 *		users; they are told which payers this one may not debit.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "store/accounts.h"
#include "apply/call.h"
#include "utils/acl.h"
#include "utils/rel.h"

static bool
is_admin(WalletCall *call)
{
	return superuser() ||
		has_privs_of_role(GetUserId(), call->balances.table->rel->rd_rel->relowner);
}

/* An account with an owner, or without a floor, is not everybody's to debit. */
static bool
is_restricted(const WalletBalanceRow *row)
{
	return row->owned || !row->account.has_floor;
}

/* Placing a hold is the debit; what was granted by it may be captured by whoever may capture. */
static bool
takes_money(const WalletEntry *entry)
{
	switch (entry->event.kind)
	{
		case WALLET_KIND_TRANSFER:
		case WALLET_KIND_HOLD:
		case WALLET_KIND_SWEEP:
		case WALLET_KIND_REVERSE:
			return true;
		default:
			return false;
	}
}

static bool
user_owns(WalletCall *call, int64 account)
{
	WalletIdentity identity;
	Oid			owner;

	if (!wallet_accounts_read(account, call->snapshot, &identity) ||
		identity.owner.data == NULL)
		return false;
	owner = get_role_oid(pnstrdup((const char *) identity.owner.data, identity.owner.length), true);
	return OidIsValid(owner) && has_privs_of_role(GetUserId(), owner);
}

void
wallet_check_rights(WalletCall *call)
{
	enum
	{
		UNKNOWN,
		ALLOWED,
		FORBIDDEN
	}		   *answers = NULL;

	for (size_t i = 0; i < call->batch.count; i++)
	{
		WalletEntry *entry = &call->batch.entries[i];

		if (entry->debit < 0 || !takes_money(entry) || !is_restricted(&call->rows[entry->debit]))
			continue;
		if (answers == NULL)
		{
			if (is_admin(call))
				return;
			answers = palloc0(call->id_count * sizeof(*answers));
		}
		if (answers[entry->debit] == UNKNOWN)
			answers[entry->debit] = user_owns(call, call->ids[entry->debit]) ? ALLOWED : FORBIDDEN;
		entry->forbidden = answers[entry->debit] == FORBIDDEN;
	}
}
