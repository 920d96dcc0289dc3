/*
 * rights.c
 *		Who may take money from which account.  The rules of the machine do not
 *		know users; this is asked after accounts are known and before they decide.
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "miscadmin.h"
#include "pg/datum.h"
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

static void
refuse(const WalletIdentity *identity, const char *why)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to debit account \"%.*s\"",
					(int) identity->name.length, (const char *) identity->name.data),
			 errdetail("%s", why)));
}

static void
check_payer(WalletCall *call, const WalletBalanceRow *row)
{
	WalletIdentity identity;
	char	   *owner;

	if (!wallet_accounts_read(row->account.id, call->snapshot, &identity))
		return;					/* the audit's business */
	if (identity.owner.data == NULL)
	{
		refuse(&identity, "Only its owner or an admin may debit an account without a floor.");
		return;
	}
	owner = pnstrdup((const char *) identity.owner.data, identity.owner.length);
	if (!OidIsValid(get_role_oid(owner, true)) ||
		!has_privs_of_role(GetUserId(), get_role_oid(owner, true)))
		refuse(&identity, psprintf("Only its owner \"%s\" or an admin may debit it.", owner));
}

void
wallet_check_rights(WalletCall *call)
{
	bool	   *checked = NULL;

	for (size_t i = 0; i < call->batch.count; i++)
	{
		const WalletEntry *entry = &call->batch.entries[i];
		const WalletBalanceRow *row;

		if (entry->debit < 0)
			continue;
		row = &call->rows[entry->debit];
		if (!row->owned && row->account.has_floor)
			continue;
		if (checked == NULL)
		{
			if (is_admin(call))
				return;
			checked = palloc0(call->id_count * sizeof(bool));
		}
		if (!checked[entry->debit])
			check_payer(call, row);
		checked[entry->debit] = true;
	}
}
