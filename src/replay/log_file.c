/*
 * log_file.c
 *		A regular file is mapped, and must not be cut short meanwhile; anything else,
 *		a pipe, is read to its end first.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/wire.h"
#include "replay/log_file.h"
#include "replay/lookup_table.h"

#define READ_AT_ONCE ((size_t) 1 << 20)
#define TRAILER_BYTES (8 + WALLET_DIGEST_BYTES)

static bool
map_file(WalletLog *log, int fd, size_t length)
{
	void	   *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, fd, 0);

	if (bytes == MAP_FAILED)
		return false;
	(void) madvise(bytes, length, MADV_SEQUENTIAL);
	log->bytes = bytes;
	log->length = length;
	log->mapped = true;
	return true;
}

static bool
read_all(WalletLog *log, int fd)
{
	uint8_t    *bytes = NULL;
	size_t		room = 0;
	ssize_t		got;

	do
	{
		if (room - log->length < READ_AT_ONCE)
		{
			uint8_t    *more = realloc(bytes, room = 2 * room + READ_AT_ONCE);

			if (more == NULL)
			{
				free(bytes);
				return false;
			}
			bytes = more;
		}
		got = read(fd, bytes + log->length, READ_AT_ONCE);
		if (got > 0)
			log->length += (size_t) got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		free(bytes);
	else
		log->bytes = bytes;
	return got == 0;
}

bool
wallet_log_open(WalletLog *log, const char *path)
{
	struct stat about;
	int			fd = open(path, O_RDONLY | O_CLOEXEC);
	bool		ok;
	int			error;

	*log = (WalletLog) {0};
	if (fd < 0)
		return false;
	if (fstat(fd, &about) != 0)
		ok = false;
	else if (S_ISREG(about.st_mode) && about.st_size > 0)
		ok = map_file(log, fd, (size_t) about.st_size);
	else
		ok = read_all(log, fd);
	error = errno;
	close(fd);
	errno = error;
	return ok;
}

void
wallet_log_close(WalletLog *log)
{
	if (log->mapped)
		munmap((void *) log->bytes, log->length);
	else
		free((void *) log->bytes);
	*log = (WalletLog) {0};
}

WalletCursor
wallet_log_start(const WalletLog *log)
{
	WalletCursor cursor = {.at = log->bytes,.end = log->bytes + log->length};

	if (log->length < WALLET_LOG_MAGIC_BYTES ||
		memcmp(log->bytes, WALLET_LOG_MAGIC, WALLET_LOG_MAGIC_BYTES) != 0)
	{
		cursor.fault = "it does not begin as a log of format 1 does";
		cursor.at = cursor.end;
	}
	else
		cursor.at += WALLET_LOG_MAGIC_BYTES;
	return cursor;
}

static void
read_trailer(WalletCursor *cursor)
{
	WalletReader reader = wallet_reader(cursor->at, TRAILER_BYTES);

	if (cursor->end - cursor->at < TRAILER_BYTES)
		cursor->fault = "it ends in the middle of its trailer";
	else if (cursor->end - cursor->at > TRAILER_BYTES)
		cursor->fault = "bytes follow its trailer";
	else
	{
		cursor->trailer.events = wallet_read_unsigned(&reader, 8);
		memcpy(cursor->trailer.head, reader.at, WALLET_DIGEST_BYTES);
		cursor->complete = true;
	}
	cursor->at = cursor->end;
}

bool
wallet_log_next(WalletCursor *cursor, WalletBytes *event)
{
	WalletReader reader;
	uint32_t	length;

	if (cursor->at == cursor->end)
	{
		if (cursor->fault == NULL && !cursor->complete)
			cursor->fault = "it ends without a trailer";
		return false;
	}
	reader = wallet_reader(cursor->at, (size_t) (cursor->end - cursor->at));
	length = (uint32_t) wallet_read_unsigned(&reader, 4);
	cursor->at = reader.at;
	if (!reader.ok)
		cursor->fault = "it ends in the middle of a length";
	else if (length == 0)
		read_trailer(cursor);
	else if (length > (size_t) (cursor->end - cursor->at))
		cursor->fault = "it ends in the middle of an event";
	else
	{
		*event = (WalletBytes)
		{
			cursor->at, length
		};
		cursor->at += length;
		return true;
	}
	cursor->at = cursor->end;
	return false;
}
