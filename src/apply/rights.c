/*
 * rights.c
 *		Who may take money from which account.  The rules of the machine know no
 *		users; they are told which payers this one may not debit.
 *
 * Rights are those of the current user, so that a function that is SECURITY DEFINER
 * lends its owner's.  An admin is a superuser, the owner of the tables, or whoever
 * has USAGE on the type wallet.admin, which the bundle "admin" gives.  A privilege
 * as mark, because PostgreSQL keeps it: it follows membership, is undone by
 * ROLLBACK, seen by all sessions from the commit on, and costs two look-ups in
 * the syscache.  A type, because no GRANT ... ON ALL ... IN SCHEMA gives one by
 * accident.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "pg/compat.h"
#include "store/accounts.h"
#include "apply/call.h"
#include "utils/acl.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* A type without any list of rights is everybody's: then it marks nobody. */
static bool
has_admin_mark(void)
{
	Oid			schema = get_namespace_oid("wallet", true);
	HeapTuple	type = SearchSysCache2(TYPENAMENSP, CStringGetDatum("admin"), ObjectIdGetDatum(schema));
	bool		open_to_all;
	bool		usable;

	if (!HeapTupleIsValid(type))
		return false;
	(void) SysCacheGetAttr(TYPENAMENSP, type, Anum_pg_type_typacl, &open_to_all);
	usable = !open_to_all &&
		wallet_type_is_usable(((Form_pg_type) GETSTRUCT(type))->oid, GetUserId());
	ReleaseSysCache(type);
	return usable;
}

static bool
is_admin(WalletCall *call)
{
	return superuser() ||
		has_privs_of_role(GetUserId(), call->balances.table->rel->rd_rel->relowner) ||
		has_admin_mark();
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

/*
 * One line in the server's log for all that this call was refused.  An error may be
 * caught by the caller's own code, and a status in bulk is none.
 */
void
wallet_log_forbidden(const WalletCall *call)
{
	const WalletEntry *first = NULL;
	WalletIdentity identity;
	size_t		count = 0;

	for (size_t i = 0; i < call->batch.count; i++)
	{
		if (call->batch.entries[i].status != WALLET_insufficient_privilege)
			continue;
		if (first == NULL)
			first = &call->batch.entries[i];
		count++;
	}
	if (first == NULL)
		return;
	PushActiveSnapshot(GetLatestSnapshot());
	if (!wallet_accounts_read(first->event.debit, GetActiveSnapshot(), &identity))
		identity.name.length = identity.currency.code[0] = 0;
	PopActiveSnapshot();
	ereport(LOG_SERVER_ONLY,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to debit account \"%.*s\" in %.*s: session user \"%s\", current user \"%s\", commands refused in this call: %zu of %zu",
					(int) identity.name.length, (const char *) identity.name.data,
					WALLET_CURRENCY_MAX, identity.currency.code,
					GetUserNameFromId(GetSessionUserId(), true), GetUserNameFromId(GetUserId(), true),
					count, call->batch.count),
			 errhidestmt(true), errhidecontext(true)));
}
