/*
 * wallet.c
 *		Where the server meets the extension: settings, shared memory, hooks.
 */
#include "postgres.h"

#include "catalog/dependency.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/failpoint.h"
#include "pg/guc.h"
#include "pg/progress.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "store/clock.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void _PG_init(void);

static shmem_request_hook_type next_shmem_request = NULL;
static shmem_startup_hook_type next_shmem_startup = NULL;
static object_access_hook_type next_object_access = NULL;

static void
request_shared_memory(void)
{
	if (next_shmem_request)
		next_shmem_request();
	RequestAddinShmemSpace(wallet_clock_shmem_size());
	RequestAddinShmemSpace(wallet_progress_shmem_size());
}

static void
start_shared_memory(void)
{
	if (next_shmem_startup)
		next_shmem_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	wallet_clock_shmem_init();
	wallet_progress_shmem_init();
	LWLockRelease(AddinShmemInitLock);
}

/* Dropping the extension drops the ledger: only on purpose. */
static void
guard_extension(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id, void *arg)
{
	if (next_object_access)
		next_object_access(access, class_id, object_id, sub_id, arg);
	if (access == OAT_DROP && class_id == ExtensionRelationId && !wallet_allow_drop &&
		object_id == get_extension_oid("wallet", true))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("dropping the extension wallet would destroy its ledger"),
				 errhint("Take a dump, then SET wallet.allow_drop = on.")));
}

void
_PG_init(void)
{
	wallet_guc_define();
	next_object_access = object_access_hook;
	object_access_hook = guard_extension;
	if (!process_shared_preload_libraries_in_progress)
		return;
	next_shmem_request = shmem_request_hook;
	shmem_request_hook = request_shared_memory;
	next_shmem_startup = shmem_startup_hook;
	shmem_startup_hook = start_shared_memory;
}
