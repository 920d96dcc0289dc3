/*
 * export.c
 *		wallet_export: the log as a file, in its canonical format (format-1.md, 3).
 *
 * Only what is complete leaves: events up to the horizon.  The file is written beside
 * its name, as NAME.tmp, and gets the name when all of it is on disk; so whoever
 * finds the name finds a whole log.  Nothing is ever overwritten: neither the name
 * nor NAME.tmp may be there.
 *
 * Whatever ends the work early, be it an error, a cancel or the end of the session,
 * removes NAME.tmp; a crash of the server leaves it.
 */
#include "postgres.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "access/xact.h"
#include "audit/seal.h"
#include "audit/stream.h"
#include "catalog/pg_authid.h"
#include "core/codec.h"
#include "core/wire.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "pg/datum.h"
#include "pg/error.h"
#include "pg/progress.h"
#include "storage/fd.h"
#include "storage/ipc.h"
#include "store/horizon.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(wallet_sql_export);

#define BUFFER_BYTES	(1024 * 1024)
#define TRAILER_BYTES	(4 + 8 + WALLET_DIGEST_BYTES)

static const char magic[16] = "wallet log 1\n";

typedef struct Export
{
	const char *path;
	char	   *temporary;
	int			fd;
	bool		created;		/* temporary is ours to remove */
	size_t		used;			/* bytes in buffer */
	uint8_t    *buffer;
	int64		until;
	WalletFold	fold;
} Export;

/* ----- the file ----- */

static void
refuse_existing(const char *path)
{
	ereport(ERROR,
			(errcode(ERRCODE_DUPLICATE_FILE),
			 errmsg("file \"%s\" already exists", path),
			 errdetail("An export never overwrites a file."),
			 errhint("Remove it, or give another path.")));
}

/* Others may read it and not write it: as COPY TO has it. */
static int
open_file(const char *path)
{
	mode_t		old = umask(S_IWGRP | S_IWOTH);
	int			fd;

	PG_TRY();
	{
		fd = OpenTransientFilePerm(path, O_CREAT | O_EXCL | O_WRONLY | PG_BINARY, 0666);
	}
	PG_FINALLY();
	{
		umask(old);
	}
	PG_END_TRY();
	return fd;
}

static void
create_file(Export *export)
{
	struct stat about;

	export->fd = open_file(export->temporary);
	if (export->fd < 0 && errno == EEXIST)
		refuse_existing(export->temporary);
	if (export->fd < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not create file \"%s\": %m", export->temporary)));
	export->created = true;
	/* Told now, not after an hour; whether it stays so the end will see. */
	if (lstat(export->path, &about) == 0)
		refuse_existing(export->path);
}

static void
write_bytes(const Export *export, const uint8_t *bytes, size_t length)
{
	while (length > 0)
	{
		ssize_t		written;

		errno = 0;
		written = write(export->fd, bytes, length);
		if (written < 0 && errno == EINTR)
		{
			CHECK_FOR_INTERRUPTS();
			continue;
		}
		if (written <= 0)
		{
			/* If it does not say why, there is no space. */
			if (errno == 0)
				errno = ENOSPC;
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not write to file \"%s\": %m", export->temporary)));
		}
		bytes += written;
		length -= (size_t) written;
	}
}

static void
flush_buffer(Export *export)
{
	write_bytes(export, export->buffer, export->used);
	export->used = 0;
}

/* Room for so many bytes, which the caller fills in. */
static uint8_t *
reserve(Export *export, size_t length)
{
	uint8_t    *at;

	if (length > BUFFER_BYTES - export->used)
		flush_buffer(export);
	at = export->buffer + export->used;
	export->used += length;
	return at;
}

/* All of it is on disk before it has its name, and the name is before anybody is told. */
static void
publish(Export *export)
{
	char	   *directory = pstrdup(export->path);

	flush_buffer(export);
	if (pg_fsync(export->fd) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not fsync file \"%s\": %m", export->temporary)));
	if (CloseTransientFile(export->fd) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not close file \"%s\": %m", export->temporary)));

	/* Not rename(): that would replace what somebody put there meanwhile. */
	if (link(export->temporary, export->path) != 0)
	{
		if (errno == EEXIST)
			refuse_existing(export->path);
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not link file \"%s\" to \"%s\": %m", export->temporary, export->path)));
	}
	if (unlink(export->temporary) != 0)
		ereport(WARNING,
				(errcode_for_file_access(),
				 errmsg("could not remove file \"%s\": %m", export->temporary)));
	export->created = false;
	get_parent_directory(directory);
	fsync_fname(directory, true);
}

/* Also where a session ends at once: no error handler runs then. */
static void
abandon(int code, Datum arg)
{
	Export	   *export = (Export *) DatumGetPointer(arg);

	wallet_progress_abandon(code, (Datum) 0);

	if (export->created)
		(void) unlink(export->temporary);
	export->created = false;
}

/* ----- what is in it ----- */

static void
put_event(Export *export, const WalletEvent *event)
{
	size_t		size = wallet_event_size(event);
	uint8_t    *bytes = size <= BUFFER_BYTES / 2 ? reserve(export, 4 + size) : palloc(4 + size);
	uint8_t    *at = bytes;

	wallet_write_unsigned(&at, size, 4);
	wallet_event_encode(event, at);
	if (size > BUFFER_BYTES / 2)
	{
		flush_buffer(export);
		write_bytes(export, bytes, 4 + size);
		pfree(bytes);
	}
}

static bool
export_event(void *arg, const WalletEvent *event, const char *reason, TupleTableSlot *slot)
{
	Export	   *export = arg;

	if (reason != NULL)
		wallet_raise_corrupt("Event " INT64_FORMAT " cannot be read: %s.", event->event_id, reason);
	put_event(export, event);
	(void) wallet_fold_event(&export->fold, event);
	if ((export->fold.head.events & 0xff) == 0)
		wallet_progress_set((int64) export->fold.head.events);
	return true;
}

static void
put_trailer(Export *export)
{
	uint8_t    *at = reserve(export, TRAILER_BYTES);
	uint8_t		head[WALLET_DIGEST_BYTES];

	wallet_head_value(&export->fold.head, wallet_sha256, head);
	wallet_write_unsigned(&at, 0, 4);
	wallet_write_unsigned(&at, export->fold.head.events, 8);
	wallet_write_bytes(&at, head, WALLET_DIGEST_BYTES);
}

static void
export_stream(void *arg)
{
	Export	   *export = arg;

	memcpy(reserve(export, sizeof(magic)), magic, sizeof(magic));
	wallet_fold_start(&export->fold);

	/*
	 * What is below the horizon is committed by now: a snapshot taken now
	 * sees it.
	 */
	PushActiveSnapshot(IsolationUsesXactSnapshot() ? GetTransactionSnapshot() : GetLatestSnapshot());
	if (export->until > 0)
		wallet_stream_events(GetActiveSnapshot(), 0, export->until, export_event, export);
	PopActiveSnapshot();
	put_trailer(export);
}

/* ----- who may, and how far ----- */

static const char *
check_path(Datum arg)
{
	char	   *path = text_to_cstring(DatumGetTextPP(arg));

	if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to write a file on the server"),
				 errdetail("Only roles with privileges of the \"%s\" role may export to a file.", "pg_write_server_files")));
	if (!is_absolute_path(path))
		wallet_raise_argument("relative path not allowed for an export");
	canonicalize_path(path);
	return path;
}

/* Above the horizon an older event could still appear: the file would not stay true. */
static int64
check_until(bool asked, int64 until)
{
	int64		horizon = wallet_horizon();

	if (asked && until < 0)
		wallet_raise_argument("until_event must not be negative");
	if (horizon == 0)
		ereport(ERROR,
				(errcode(wallet_errcode(WALLET_invalid_argument)),
				 errmsg("the horizon is not known here, so nothing can be exported"),
				 errhint("On a standby wallet.store_horizon() on its primary makes it known; elsewhere wallet must be in shared_preload_libraries.")));
	if (asked && until > horizon)
		ereport(ERROR,
				(errcode(wallet_errcode(WALLET_invalid_argument)),
				 errmsg("until_event lies above the horizon"),
				 errdetail("Events up to " INT64_FORMAT " are complete.", horizon),
				 errhint("Wait for running transactions to end, or give a smaller event.")));
	return asked ? until : horizon;
}

Datum
wallet_sql_export(PG_FUNCTION_ARGS)
{
	Export	   *export = palloc0(sizeof(Export));

	if (PG_ARGISNULL(0))
		wallet_raise_argument("path must not be NULL");
	export->path = check_path(PG_GETARG_DATUM(0));
	export->temporary = psprintf("%s.tmp", export->path);
	export->until = check_until(!PG_ARGISNULL(1), PG_ARGISNULL(1) ? 0 : PG_GETARG_INT64(1));
	export->buffer = palloc(BUFFER_BYTES);

	wallet_progress_begin("export");
	PG_ENSURE_ERROR_CLEANUP(abandon, PointerGetDatum(export));
	{
		create_file(export);
		wallet_progress_phase("writing events", 0);
		wallet_sha256_share(export_stream, export);
		publish(export);
	}
	PG_END_ENSURE_ERROR_CLEANUP(abandon, PointerGetDatum(export));
	wallet_progress_end();
	PG_RETURN_INT64((int64) export->fold.head.events);
}
