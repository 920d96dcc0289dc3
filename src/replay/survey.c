/*
 * survey.c
 *		A first pass over the log: it looks at the kind and status of every event,
 *		and decodes only those that refer to another.
 */
#include "core/codec.h"
#include "core/wire.h"
#include "replay/survey.h"

#define KIND_AT 28				/* format-1.md, 3; the status follows */

static bool
refers(WalletBytes bytes)
{
	WalletReader reader;
	uint16_t	kind;

	if (bytes.length < KIND_AT + 4)
		return false;
	reader = wallet_reader(bytes.data + KIND_AT, 4);
	kind = (uint16_t) wallet_read_unsigned(&reader, 2);
	return kind == WALLET_KIND_CAPTURE || kind == WALLET_KIND_RELEASE ||
		kind == WALLET_KIND_REVERSE || kind == WALLET_KIND_REDACT ||
		wallet_read_unsigned(&reader, 2) == WALLET_group_failed;
}

void
wallet_survey(WalletBooks *books, const WalletLog *log)
{
	WalletCursor cursor = wallet_log_start(log);
	WalletBytes bytes;
	WalletEvent event;

	while (wallet_log_next(&cursor, &bytes))
	{
		if (!refers(bytes) || !wallet_event_decode(bytes.data, bytes.length, &event))
			continue;
		if (event.present & WALLET_HAS_RELATED)
			wallet_books_refer(books, &event.related, event.kind == WALLET_KIND_REVERSE);
		if ((event.present & WALLET_HAS_CAUSE) && event.cause < event.group_first)
			wallet_books_add_cause(books, event.cause);
	}
}
