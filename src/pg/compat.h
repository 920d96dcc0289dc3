/*
 * compat.h
 *		The only place that knows which PostgreSQL this is.
 */
#ifndef WALLET_COMPAT_H
#define WALLET_COMPAT_H

#include "postgres.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "catalog/pg_proc.h"
#include "executor/executor.h"
#include "utils/acl.h"
#if PG_VERSION_NUM >= 160000
#include "catalog/pg_type.h"
#include "varatt.h"
#endif
#include "utils/acl.h"

#if PG_VERSION_NUM < 150000
#error "wallet needs PostgreSQL 15 or later"
#endif

/* What an update asks of the indexes: a boolean until 15, an enum from 16 on. */
#if PG_VERSION_NUM >= 160000
typedef TU_UpdateIndexes WalletUpdateIndexes;
#define wallet_update_needs_indexes(u) ((u) != TU_None)
#define wallet_update_only_summarizing(u) ((u) == TU_Summarizing)
#else
typedef bool WalletUpdateIndexes;
#define wallet_update_needs_indexes(u) (u)
#define wallet_update_only_summarizing(u) false
#endif

static inline List *
wallet_insert_index_tuples(ResultRelInfo *rri, TupleTableSlot *slot, EState *estate,
						   bool update, bool no_dup_error, bool *conflict,
						   List *arbiters, bool only_summarizing)
{
#if PG_VERSION_NUM >= 160000
	return ExecInsertIndexTuples(rri, slot, estate, update, no_dup_error,
								 conflict, arbiters, only_summarizing);
#else
	return ExecInsertIndexTuples(rri, slot, estate, update, no_dup_error,
								 conflict, arbiters);
#endif
}

static inline bool
wallet_may_execute(Oid function, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(ProcedureRelationId, function, role, ACL_EXECUTE) == ACLCHECK_OK;
#else
	return pg_proc_aclcheck(function, role, ACL_EXECUTE) == ACLCHECK_OK;
#endif
}

/* May the role use the type? */
static inline bool
wallet_type_is_usable(Oid type, Oid role)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(TypeRelationId, type, role, ACL_USAGE) == ACLCHECK_OK;
#else
	return pg_type_aclcheck(type, role, ACL_USAGE) == ACLCHECK_OK;
#endif
}

static inline IndexScanDesc
wallet_index_beginscan(Relation heap, Relation index, Snapshot snapshot, int nkeys)
{
#if PG_VERSION_NUM >= 180000
	return index_beginscan(heap, index, snapshot, NULL, nkeys, 0);
#else
	return index_beginscan(heap, index, snapshot, nkeys, 0);
#endif
}

#endif
