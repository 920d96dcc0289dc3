/*
 * redo.h
 *		Every event of a log, decided again by the same wallet_step() that decided it.
 *
 * Recorded results are read for one purpose only: to be compared.  The state is
 * what the machine makes of the recorded inputs, from nothing.
 */
#ifndef WALLET_REDO_H
#define WALLET_REDO_H

#include "core/batch.h"
#include "replay/books.h"
#include "replay/log_file.h"
#include "replay/report.h"

typedef struct WalletRedo
{
	WalletBooks books;
	WalletReport report;
	uint64_t	events;
	int64_t		last_id;
	/* the group being collected */
	WalletEvent *members;
	size_t		member_count;
	size_t		member_room;
	/* what a group is run in; kept between groups */
	WalletEntry *entries;
	size_t		entry_room;
	WalletUndo *undo;
	size_t		undo_room;
} WalletRedo;

/* Replays the whole log into redo, which is all zero but for report.out. */
extern void wallet_redo_log(WalletRedo *redo, const WalletLog *log);
extern void wallet_redo_free(WalletRedo *redo);

/* --- between redo.c and redo_group.c --- */

/* Runs the group collected.  at_end: the log may have ended in its middle. */
extern void wallet_redo_group(WalletRedo *redo, bool at_end);

/* The command that the record is of: its identity and inputs. */
extern void wallet_redo_command(const WalletEvent *recorded, WalletEvent *command);
extern void wallet_redo_compare(WalletRedo *redo, const WalletEvent *again, const WalletEvent *recorded);

/* What an opening or a definition may ask. */
typedef struct WalletBirthView
{
	WalletDetail detail;
	WalletCurrency currency;
	bool		name_taken;
	bool		parent_found;
	bool		currency_defined;
} WalletBirthView;

extern WalletBirthView wallet_redo_birth_view(const WalletBooks *books, const WalletEvent *event);

/* An account was opened at the place, or a code defined: from now on it is known. */
extern void wallet_redo_enter_account(WalletRedo *redo, const WalletEvent *event, int32_t place);
extern void wallet_redo_enter_code(WalletRedo *redo, const WalletEvent *event);

/* The event is in the log: what is named as related, or as a cause, has been met. */
extern WalletReference *wallet_redo_meet(WalletRedo *redo, const WalletEvent *event);

/* Does an older event have the id that this one names? */
extern bool wallet_redo_is_met(const WalletRedo *redo, const WalletEvent *event);

/* After the decision of a hold: its place is kept only if it still counts. */
extern void wallet_redo_keep_hold(WalletRedo *redo, WalletReference *reference, int32_t place);

#endif
