# shellcheck shell=bash disable=SC2016
# The table of mutants: name, file, tests that must notice, substitution (perl, on the whole file).
# Sourced by tools/mutants.sh. Write substitutions that compile without warnings.

# ---- apply: the order of the pipeline

mutant no_row_locks src/store/balances.c 'isolation/refusal_order isolation/opposite' \
    's/result = table_tuple_lock\(.*?&failure\);/result = TM_Ok; (void) tid; memset(&failure, 0, sizeof(failure));/s'
mutant payer_locked_first src/apply/load.c 'isolation/opposite' \
    's/(for \(size_t )i( = 0; )i( < call->id_count; )i(\+\+\)\n\t\{\n)/$1k$2k$3k$4\t\tsize_t i = batch->entries[0].event.debit > batch->entries[0].event.credit ? call->id_count - 1 - k : k;\n/'
mutant payer_locked_first_load src/apply/load.c 'tap/004_contention' \
    's/(for \(size_t )i( = 0; )i( < call->id_count; )i(\+\+\)\n\t\{\n)/$1k$2k$3k$4\t\tsize_t i = batch->entries[0].event.debit > batch->entries[0].event.credit ? call->id_count - 1 - k : k;\n/'
mutant ids_before_locks src/apply/pipeline.c 'isolation/refusal_order' \
    's/\twallet_load\(call\);/\tcall->batch.next_id = wallet_clock_take((int) call->batch.count, 0, call->call_start);\n\twallet_load(call);/; s/if \(has_undecided\(call\)\)\n(\t\tcall->batch.next_id = wallet_clock_take\(\(int\))/if (call->batch.next_id == 0)\n$1/'
mutant top_xid_after_ids src/apply/pipeline.c 'isolation/opening' \
    's/\(void\) GetTopTransactionId\(\);/(void) GetTopTransactionIdIfAny();/'
mutant no_command_counter src/apply/pipeline.c 'isolation/same_id' \
    's/\tCommandCounterIncrement\(\);/\t;/'
mutant no_rollback_on_conflict src/apply/pipeline.c 'isolation/same_id' \
    's/(\telse\n\t\{\n\t\t)RollbackAndReleaseCurrentSubTransaction/$1ReleaseCurrentSubTransaction/'
mutant no_rollback_on_error src/apply/pipeline.c 'isolation/cancel' \
    's/(FlushErrorState\(\);\n)\t\tRollbackAndReleaseCurrentSubTransaction\(\);/$1/'
mutant stale_read_committed src/apply/pipeline.c 'isolation/same_id isolation/opening' \
    's/PushActiveSnapshot\(GetLatestSnapshot\(\)\)/PushActiveSnapshot(GetActiveSnapshot())/'

# ---- apply: ids are looked up again

mutant single_tells_stale_refusal src/apply/save.c 'isolation/drain' \
    's/(entry->recorded = false;\n\t\tcurrent = )!wallet_events_probe\([^;]*?\) &&/$1/'
mutant single_tells_stale_name src/apply/save.c 'isolation/births' \
    's/ &&\n\t\t\twallet_names_are_current\(call, 0\);/;/'
mutant bulk_tells_stale_name src/apply/save.c 'isolation/births' \
    's/if \(!wallet_names_are_current\(call, i\)\)/if (!wallet_names_are_current(call, i) \&\& false)/'
mutant name_is_not_waited_for src/apply/save.c 'isolation/births' \
    's/if \(wallet_accounts_taken\(identity\.name, &identity\.currency\)\)/if (wallet_accounts_taken(identity.name, \&identity.currency) || true)/'
mutant code_is_not_waited_for src/apply/save.c 'isolation/births' \
    's/if \(wallet_currencies_taken\(&currency\)\)/if (wallet_currencies_taken(\&currency) || true)/'
argued code_does_not_wait src/apply/resolve.c 's/entry->prior == NULL && wallet_currencies_taken/entry->prior != NULL \&\& wallet_currencies_taken/' \
    'the saving of a code waits as well; the look before it only spares writing an event for nothing'
mutant bulk_tells_stale_refusal src/apply/save.c 'isolation/drain' \
    's/if \(!refusals_are_current\(call\)\)/if (!refusals_are_current(call) \&\& false)/'
mutant conflicts_ignored src/apply/save.c 'isolation/same_id' \
    's/return (wallet_events_insert_many\(call->events, rows, n\));/(void) $1;\n\treturn true;/'
mutant content_not_compared src/core/batch.c 'isolation/same_id' \
    's/if \(entry->difference != NULL\)/if (entry->difference != NULL \&\& false)/'
mutant looks_up_committed_only src/store/events.c 'isolation/same_id' \
    's/&events->dirty, 2\)/GetActiveSnapshot(), 2)/'
mutant name_does_not_wait src/store/accounts.c 'isolation/opening' \
    's/taken = !wallet_table_wait_for_writer\(scan\.table, &dirty\);/taken = true;/'
mutant remembers_own_accounts src/store/accounts.c 'isolation/opening' \
    's/if \(is_committed\(scan\.table->slot\)\)/if (is_committed(scan.table->slot) || true)/'
mutant remembers_own_codes src/store/currencies.c 'isolation/opening' \
    's/\tif \(committed\)/\tif (committed || exponent >= 0)/'

# ---- whose ledger it is

mutant first_commands_take_no_turns src/store/instance.c 'isolation/first_command' \
    's/LockRelationOid\(wallet_relation_oid\(WALLET_REL_INSTANCE\), CLAIM_LOCK\)/(void) CLAIM_LOCK/'
mutant first_command_looks_once src/store/instance.c 'isolation/first_command' \
    's/(CLAIM_LOCK\);\n\treturn )is_unclaimed\(\)/$1true/'
mutant own_event_settles src/store/instance.c 'isolation/first_command' \
    's/if \(claimed && foreign\)/if (claimed || foreign)/'
mutant refusals_claim src/apply/pipeline.c 'isolation/first_command' \
    's/first && saved && has_recorded\(call\)/first \&\& (saved || has_recorded(call))/'
mutant never_claimed src/apply/pipeline.c 'isolation/first_command' \
    's/first && saved && has_recorded/first \&\& !saved \&\& has_recorded/'
mutant databases_not_compared src/store/instance.c 'tap/042_copies' \
    's/instance\.database != MyDatabaseId/instance.database == InvalidOid/'
mutant servers_not_compared src/store/instance.c 'tap/042_copies' \
    's/instance\.system_identifier != GetSystemIdentifier\(\)\)/instance.system_identifier == 0)/'
mutant instance_not_dumped sql/parts/45_instance.sql 'tap/042_copies' \
    's/SELECT pg_catalog\.pg_extension_config_dump\(.wallet\.instance., ..\);\n//'
mutant restored_without_a_row_works src/store/instance.c 'tap/042_copies' \
    's/if \(has_event\(&foreign\)\)\n/if (has_event(\&foreign) \&\& !foreign)\n/'
mutant later_sql_is_served src/store/catalog.c 'tap/040_upgrade' \
    's/if \(sql_is_newer\)/if (sql_is_newer \&\& sql_version[0] == 0)/'
mutant upgrade_forgets_a_comment sql/wallet--1.0--1.1.sql 'tap/040_upgrade' \
    's/COMMENT ON COLUMN wallet\.instance\.horizon_at [^\n]*\n//'
mutant upgrade_leaves_rights_to_public sql/wallet--1.0--1.1.sql 'tap/040_upgrade' \
    's/REVOKE ALL ON FUNCTION %s FROM PUBLIC/COMMENT ON FUNCTION %s IS NULL/'

# ---- isolation levels

mutant rr_follows_updates src/store/balances.c 'isolation/isolation_levels' \
    's/IsolationUsesXactSnapshot\(\) \? 0 : TUPLE_LOCK_FLAG_FIND_LAST_VERSION/TUPLE_LOCK_FLAG_FIND_LAST_VERSION/'
mutant rr_takes_new_ids src/store/events.c 'isolation/isolation_levels' \
    's/if \(IsolationUsesXactSnapshot\(\) &&/if (IsolationUsesXactSnapshot() \&\& events == NULL \&\&/'
mutant rr_reads_latest src/apply/pipeline.c 'isolation/isolation_levels' \
    's/if \(IsolationUsesXactSnapshot\(\)\)\n\t\tPushActiveSnapshot\(GetTransactionSnapshot\(\)\)/if (IsolationUsesXactSnapshot())\n\t\tPushActiveSnapshot(GetLatestSnapshot())/'
mutant refusal_moves_no_guard src/apply/save.c 'isolation/isolation_levels' \
    's/accounts\[i\]\.guard_event != call->rows\[i\]\.account\.guard_event/accounts[i].last_event != call->rows[i].account.last_event/'
mutant refusal_sets_no_guard src/core/machine.c 'isolation/refusal_order' \
    's/(\tif \(wallet_status_remembered\(\(int\) status\))(\)\n\t\twallet_event_guard)/$1 \&\& event == 0$2/'
argued no_crosscheck src/store/balances.c 's/IsolationUsesXactSnapshot\(\) \? GetTransactionSnapshot\(\) : InvalidSnapshot/InvalidSnapshot/' \
    'the tuple lock before it raises 40001 for the same rows; crosscheck is for the day when rows are updated without one'

# ---- store: tables, indexes, clock

mutant writers_share_with_index_builds src/store/catalog.c 'isolation/create_index' \
    's/table_open\(wallet_relation_oid\(which\), lockmode\)/table_open(wallet_relation_oid(which), AccessShareLock)/'
mutant updates_skip_indexes src/store/balances.c 'isolation/create_index' \
    's/if \(wallet_update_needs_indexes\(update_indexes\)\)/if (wallet_update_needs_indexes(update_indexes) \&\& row == NULL)/'
mutant updates_skip_indexes_load src/store/balances.c 'tap/005_index' \
    's/if \(wallet_update_needs_indexes\(update_indexes\)\)/if (wallet_update_needs_indexes(update_indexes) \&\& row == NULL)/'
mutant any_unique_index_is_ours src/store/catalog.c 'isolation/create_index' \
    's/(ri_NumIndices > 0\)\n.*?wallet_insert_index_tuples\(table->indexes, slot, table->estate, false,\n\s*)arbiters != NIL, &conflict, arbiters/$1arbiters != NIL, \&conflict, NIL/s'
mutant horizon_ignores_the_running src/store/clock.c 'isolation/horizon' \
    's/if \(FullTransactionIdPrecedesOrEquals\(shared->pairs\[i\]\.xid, oldest\)\)/if (FullTransactionIdPrecedesOrEquals(shared->pairs[i].xid, oldest) || true)/'
mutant replay_ignores_the_horizon src/audit/verify.c 'isolation/horizon' \
    's/if \(until > horizon\)/if (until > horizon \&\& until < 0)/'
mutant clock_forgets_the_table src/store/clock.c 'tap/001_preload' \
    's/\traise_to\(newest\);/\t;/'
mutant clock_trusts_the_future src/store/clock.c 'tap/001_preload' \
    's/if \(newest > steady_now\(\)/if (newest < 0 \&\& newest > steady_now()/'
mutant clock_sees_committed_only src/store/clock.c 'tap/001_preload' \
    's/(wallet_index_beginscan\(event->rel, index, )SnapshotAny/$1GetActiveSnapshot()/'
mutant clock_remembers_an_unsafe_one src/store/clock.c 'tap/051_clock' \
    's/(\n\twall = )read_clock\(CLOCK_REALTIME\)(;\n\tcheck_clock)/$1steady_now()$2/'
mutant clock_drift_is_lost src/store/clock.c 'tap/051_clock' \
    's/\(now == wall \|\| passed >= REBASE_EVERY_US\)/(now == wall || passed >= 0)/'
mutant clock_is_not_followed_to_ids src/store/clock.c 'tap/051_clock' \
    's/wall > Max\(expected, last\) \+ step/wall > Max(expected, last * 0) + step/'
mutant clock_follows_every_step src/store/clock.c 'tap/051_clock' \
    's/now = expected \+ passed/now = wall + 0 * passed/'
mutant clock_warns_always src/store/clock.c 'tap/051_clock' \
    's/\tif \(due\)\n/\tdue = true;\n\tif (due)\n/'
mutant call_start_by_the_wall_clock src/store/clock.c 'tap/051_clock' \
    's/call_start = now - \(read_clock\(CLOCK_BOOTTIME\) - call_start_boot\)/call_start = read_clock(CLOCK_REALTIME) - (int64) wallet_clock_offset_ms * 1000 + 0 * call_start_boot/'
mutant pairs_by_ids src/store/clock.c 'tap/051_clock' \
    's/if \(pair_is_due\(now\)\)/if (pair_is_due(now) \&\& first - shared->pairs[Max(shared->pair_count, 1) - 1].last >= PAIR_EVERY_US)/'
mutant clock_forgets_the_stored_horizon src/store/clock.c 'tap/051_clock' \
    's/newest = Max\(event, stored\.horizon\)/newest = event/'
mutant promotion_without_a_jump src/store/clock.c 'tap/050_standby' \
    's/if \(timeline_is_stale\)\n\t\tjump\(timeline, wall, newest\)/if (timeline_is_stale \&\& wall < 0)\n\t\tjump(timeline, wall, newest)/'
mutant jump_from_the_newest_event_only src/store/clock.c 'tap/050_standby' \
    's/\(newest > wall \+ PROMOTION_JUMP_US \? newest : wall\) \+ PROMOTION_JUMP_US/wall + PROMOTION_JUMP_US/'
mutant timeline_is_not_recorded src/store/clock.c 'tap/050_standby' \
    's/if \(timeline_is_stale\)\n\t\trecord_timeline/if (timeline_is_stale \&\& now < 0)\n\t\trecord_timeline/; s/(\tint64\t\tnow)(;\n\tint64\t\tcall_start;)/$1 = 0$2/'
mutant wait_keeps_the_snapshot src/pg/statement.c 'tap/050_standby' \
    's/if \(IsolationUsesXactSnapshot\(\) \|\| query == NULL/if (true || query == NULL/'
mutant wait_keeps_the_lock src/store/arrival.c 'tap/050_standby' \
    's/table_close\(event, AccessShareLock\)/table_close(event, NoLock)/'
mutant horizon_goes_back src/store/horizon_row.c 'tap/050_standby' \
    's/if \(horizon > row->horizon\)/if (horizon != 0)/'
mutant horizon_store_waits src/store/horizon_row.c 'tap/050_standby' \
    's/LockWaitSkip/LockWaitBlock/'
argued readers_remember_through_promotion src/store/clock.c 's/x/x/' \
    'a standby never raises the clock, so there is nothing to remember; the timeline is compared for the day when something there does'
mutant works_without_preload src/apply/pipeline.c 'tap/001_preload' \
    's/errhint\("Add wallet/errhint("Do add wallet/'
mutant horizon_pair_swapped src/store/clock.c 'isolation/horizon_pair' \
    's/(\tpair\.last = .*?\n)(.*?)(\tpair\.xid = .*?\n)/$3$2$1/s'

# ---- audit: the past of an account, and following

mutant feed_ignores_the_horizon src/audit/feed.c 'isolation/feed' \
    's/horizon = wallet_horizon\(\);/horizon = wallet_horizon() > 0 ? PG_INT64_MAX : 0;/'
mutant feed_snapshot_before_horizon src/audit/feed.c 'isolation/feed' \
    's/(\thorizon = wallet_horizon\(\);\n)(\tPushActiveSnapshot[^\n]*\n)/$2$1/'
mutant horizon_beyond_an_old_snapshot src/store/clock.c 'isolation/feed' \
    's/snapshot = IsolationUsesXactSnapshot\(\) \? GetTransactionSnapshot\(\) : GetLatestSnapshot\(\);/snapshot = GetLatestSnapshot();/'
mutant chain_starts_too_early src/audit/chain.c 'pgtap/history' \
    's/wallet_milestones_first\(chain->account, moment \+ 1,/wallet_milestones_first(chain->account, moment - 5,/'
mutant chain_without_milestones src/audit/chain.c 'pgtap/history' \
    's/if \(moment < chain->last_event\)/if (moment < chain->last_event \&\& moment < 0)/'
mutant statement_until_inclusive src/audit/history.c 'pgtap/history' \
    's/range\.to = before\(wallet_moment_clamped\((PG_GETARG_TIMESTAMPTZ\(3\))\)\)/range.to = wallet_moment_clamped($1)/'
mutant statement_since_exclusive src/audit/history.c 'pgtap/history' \
    's/chain->event\.event_id >= range\.from/chain->event.event_id > range.from/'
mutant effective_forgets_known src/audit/effective.c 'pgtap/effective' \
    's/Min\(moment, known\)/moment/'
mutant effective_one_side src/audit/effective.c 'pgtap/effective' \
    's/\t\tadd_backdated\(&sum, chain, true, effective, known\);\n//'
mutant effective_38_digits src/audit/effective.c 'pgtap/effective' \
    's/\tsum_flush\(sum\);\n(\tsum->part = amount;)/$1/'
mutant refusals_in_effective_index sql/parts/52_history.sql 'pgtap/effective' \
    's/ AND status = 0//g'
mutant account_held_unchecked src/audit/verify_account.c 'pgtap/verify_account' \
    's/\t\tcheck_held\(audit, held\);/\t\tif (held < 0)\n\t\t\tcheck_held(audit, held);/'
mutant account_guard_unchecked src/audit/verify_account.c 'pgtap/verify_account' \
    's/\tif \(!sound\)\n/\tif (!sound \&\& audit->account == 0)\n/'
mutant account_milestones_one_way src/audit/verify_account.c 'pgtap/verify_account' \
    's/(miss_milestone\(Audit \*audit, const Due \*due\)\n\{\n)/$1\tif (due != NULL)\n\t\treturn;\n/'

# ---- core: rules, groups, milestones

mutant no_group_undo src/core/group.c 'isolation/refusal_order' \
    's/while \(batch->undo_count > 0\)/while (batch->undo_count > 0 \&\& batch->accounts == 0)/'
mutant no_cause src/core/group.c 'isolation/same_id' \
    's/ \| WALLET_HAS_CAUSE//'
mutant milestones_every_255 src/apply/save.c 'tap/004_contention' \
    's/% WALLET_MILESTONE_EVERY == 0/% 255 == 0/'
mutant milestones_all_255 src/core/types.h 'tap/004_contention' \
    's/(define WALLET_MILESTONE_EVERY\s+)256/${1}255/'
mutant floor_is_not_reached src/core/payment.h 'isolation/drain' \
    's/(payer->floor\)) >= amount/$1 > amount/'
mutant floor_ignored src/core/payment.h 'isolation/refusal_order' \
    's/return !payer->has_floor \|\|/return !payer->has_floor || amount > 0 ||/'
mutant ceiling_ignored src/core/payment.c 'isolation/refusal_order' \
    's/sum > payee->ceiling/(sum > payee->ceiling \&\& amount < 0)/'
mutant range_not_checked src/core/money.h 'unit/test_money' \
    's/__builtin_add_overflow\(a, b, &result\) \|\| !wallet_money_in_range\(result\)/__builtin_add_overflow(a, b, \&result)/'

mutant expires_a_microsecond_late src/core/types.h 'unit/test_expiry' \
    's/moment >= account->next_expiry/moment > account->next_expiry/'
mutant expired_is_settled src/core/rule_capture.c 'unit/test_expiry' \
    's/hold->state == WALLET_HOLD_SETTLED\)\n/hold->state != WALLET_HOLD_OPEN)\n/'
mutant next_expiry_stays src/core/rule_capture.c 'unit/test_expiry' \
    's/payer->next_expiry = wallet_expiry_next/(void) wallet_expiry_next/'
mutant payee_does_not_expire src/core/batch.h 'unit/test_expiry' \
    's/ \|\| wallet_batch_is_due\(batch, entry->credit\)//'
mutant group_does_not_expire src/core/group.c 'unit/test_expiry' \
    's/(\tif \()(!expire_all\(group\)\))/$1group == NULL \&\& $2/'
mutant overdue_is_decided src/core/machine.c 'unit/test_expiry' \
    's/ \|\| is_overdue\(view, event, moment\)\)\n/ || (is_overdue(view, event, moment) \&\& moment < 0))\n/'
mutant undone_hold_stays_queued src/core/group.c 'unit/test_references' \
    's/(before->state != WALLET_HOLD_OPEN && hold->queued)/$1 \&\& position < 0/'
mutant undone_hold_leaves_queue src/core/group.c 'unit/test_references' \
    's/(hold->state == WALLET_HOLD_OPEN && hold->expires_at != 0)/$1 \&\& position < 0/'
mutant bearer_is_remembered src/core/group.c 'unit/test_references' \
    's/hold->bearer = 0;/hold->bearer += 0;/'
mutant rest_is_spent src/core/rule_capture.c 'unit/test_rules' \
    's/wallet_event_moment\(event\), rest\)/wallet_event_moment(event), 0)/'
mutant reversed_is_not_counted src/core/rule_reverse.c 'unit/test_rules' \
    's/\tview->original->reversed \+= amount;\n//'
mutant sweep_spends_what_was_asked src/core/rule_sweep.c 'unit/test_rules' \
    's/(wallet_spending_count\(view->debit, event->event_id, )amount/$1event->requested/'
mutant limit_forgets_what_is_spent src/core/rule_limits.c 'unit/test_rules' \
    's/seconds != account->window_seconds/seconds >= 0/'

# ---- api: the words of a refusal

mutant overflow_blames_the_other src/api/refusal.c 'regress/messages' \
    's/is_payer = !wallet_money_subtract/is_payer = wallet_money_subtract/'
mutant spent_of_an_older_window src/api/refusal.c 'regress/messages' \
    's/payer->window_number == window \? payer->spent : 0/window > 0 ? payer->spent : 0/'

# ---- what only a death in the middle, or a checker that calculates for itself, shows

mutant kill_event_without_balances src/apply/save.c 'tap/030_kill' \
    's/\tsave_balances\(call\);/\tif (!call->single)\n\t\tsave_balances(call);/'
mutant kill_last_balance_forgotten src/apply/save.c 'tap/030_kill' \
    's/(save_balances\(WalletCall \*call\)\n\{\n\tfor \(size_t i = 0; i) < call->id_count/$1 + 3 < call->id_count + (call->single ? 3 : 2)/'
mutant kill_told_before_flush src/apply/transaction.c 'tap/030_kill' \
    's/\thas_written = true;/\thas_written = true;\n\tsynchronous_commit = SYNCHRONOUS_COMMIT_OFF;/'
mutant kill_row_without_index_entries src/store/catalog.c 'tap/030_kill' \
    's/for \(int i = 0; i < n && inserted; i\+\+\)/for (int i = n > 8 ? 1 : 0; i < n \&\& inserted; i++)/'
mutant kill_one_index_forgotten src/store/catalog.c 'tap/030_kill' \
    's/for \(int i = 0; i < all->ri_NumIndices; i\+\+\)/for (int i = arbiters == NIL ? 0 : 1; i < all->ri_NumIndices; i++)/'
mutant kill_arbiter_ignored src/store/catalog.c 'tap/030_kill' \
    's/(complete_speculative\(table->rel, slot, token, )inserted(\);.*?)return inserted;/$1true$2return inserted || true;/s'
mutant kill_undo_kept src/apply/pipeline.c 'tap/030_kill' \
    's/(\telse\n\t\{\n\t\t)RollbackAndReleaseCurrentSubTransaction/$1ReleaseCurrentSubTransaction/'
mutant kill_group_half_undone src/core/group.c 'tap/030_kill' \
    's/while \(batch->undo_count > 0\)/while (batch->undo_count > 1)/'

# ---- SQL

mutant event_trigger_not_always sql/parts/30_immutable.sql 'isolation/opening' \
    's/ALTER TABLE wallet\.event ENABLE ALWAYS TRIGGER immutable;\n//'
mutant currencies_dumped_twice sql/parts/10_tables.sql 'tap/006_dump' \
    's/WHERE NOT builtin//'
mutant balance_not_dumped sql/parts/10_tables.sql 'tap/006_dump' \
    's/SELECT pg_catalog\.pg_extension_config_dump\(.wallet\.balance., ..\);\n//'

# ---- redaction, rebuild, progress

mutant redact_keeps_account src/store/redaction.c 'pgtap/redact' \
    's/if \(event\.kind == WALLET_KIND_OPEN &&/if (event.kind == WALLET_KIND_TRANSFER \&\&/'
mutant redact_without_indexes src/store/rows.c 'pgtap/redact' \
    's/if \(wallet_update_needs_indexes\(update_indexes\)\)/if (wallet_update_needs_indexes(update_indexes) \&\& rel == NULL)/'
mutant redact_asks_no_target src/core/rule_redact.c 'pgtap/redact unit/test_repair' \
    's/return view->target_found \? WALLET_success : WALLET_original_not_found;/return view->target_found ? WALLET_success : WALLET_success;/'
mutant redact_waits_for_nobody src/store/redaction.c 'isolation/repair' \
    's/if \(!found \|\| !TransactionIdIsValid\(dirty\.xmin\)\)/if (!found || dirty.xmin != 77)/'
mutant verify_excuses_all_losses src/audit/redactions.c 'pgtap/redact' \
    's/if \(!entry->redacted\)/if (!entry->redacted \&\& entry->event_id == 0)/'
mutant verify_misses_leftovers src/audit/redactions.c 'pgtap/redact' \
    's/if \(wallet_event_slot_metadata\(slot\) != \(Datum\) 0 && findings != NULL\)/if (wallet_event_slot_metadata(slot) == (Datum) 1 \&\& findings != NULL)/'
mutant verify_misses_account_leftover src/audit/tables.c 'pgtap/redact' \
    's/if \(replayed->metadata_erased\)\n\t\treturn false;//'
mutant rebuild_believes_broken_events src/audit/rebuild.c 'pgtap/rebuild' \
    's/rebuild->replayed->broken_event == 0\)/rebuild->replayed->broken_event >= 0)/'
mutant rebuild_keeps_guard src/audit/rebuild.c 'pgtap/rebuild' \
    's/WalletView\tview = \{\.debit = &rebuild->account\};/WalletAccount copy = rebuild->account;\n\tWalletView\tview = {.debit = \&copy};/'
mutant rebuild_leaves_extra_milestones src/audit/rebuild.c 'pgtap/rebuild' \
    's/\t\twallet_rows_delete\(rows\);/\t\t;/'
mutant rebuild_brings_redacted_back src/audit/rebuild.c 'pgtap/rebuild' \
    's/\|\| rebuild->replayed->metadata_erased//; s/(metadata == \(Datum\) 0 && found != NULL) &&/$1 \&\&/'
mutant rebuilds_side_by_side src/audit/rebuild.c 'isolation/repair' \
    's/\tlock_out_rebuilds\(rebuild\);/\tif (rebuild->id == 0)\n\t\tlock_out_rebuilds(rebuild);/'
mutant progress_survives_errors src/pg/progress.c 'pgtap/progress' \
    's/(wallet_progress_abandon\(int code, Datum arg\)\n\{\n)\twallet_progress_end\(\);/$1\tdepth--;/'
# ---- rights

mutant admin_bundle_is_nothing src/apply/rights.c 'tap/020_rights' \
    's/usable = !open_to_all &&/usable = false \&\& !open_to_all \&\&/'
mutant everybody_is_admin src/apply/rights.c 'tap/020_rights' \
    's/return usable;/return usable || schema != 0;/'
mutant forbidden_is_not_logged src/apply/pipeline.c 'tap/020_rights' \
    's/wallet_log_forbidden\(call\);/;/'
mutant actor_is_the_current_user src/api/command.c 'tap/020_rights' \
    's/GetSessionUserId\(\)/GetUserId()/'
mutant revoke_takes_too_much src/api/grant.c 'tap/020_rights' \
    's/EXCEPT SELECT o\.privilege, o\.name FROM object o JOIN holder h ON /$&false AND /'
mutant revoke_takes_usage_of_others src/api/grant.c 'tap/020_rights' \
    's/a\.grantee = r\.oid AND a\.privilege_type = .USAGE./false/'
mutant grants_of_an_upgrade_are_initial src/api/grant.c 'tap/020_rights' \
    's/creating_extension = false;/creating_extension = in_script;/'
mutant grants_do_not_wait src/api/grant.c 'tap/020_rights' \
    's/UPDATE wallet\.bundle SET name = name WHERE/SELECT name FROM wallet.bundle WHERE/'
mutant whoever_executes_grants src/api/grant.c 'tap/020_rights' \
    's/if \(!superuser\(\) && !has_privs/if (false \&\& !has_privs/'
mutant grants_not_dumped sql/parts/56_rights.sql 'tap/020_rights' \
    's/SELECT pg_catalog\.pg_extension_config_dump\(.wallet\.bundle_grant., ..\);\n//'
mutant default_privileges_stay sql/parts/60_grants.sql 'tap/020_rights' \
    's/a\.grantee OPERATOR\(pg_catalog\.<>\) o\.owner/a.grantee OPERATOR(pg_catalog.=) (0)::pg_catalog.oid/'
mutant script_trusts_operators sql/parts/60_grants.sql 'tap/020_search_path' \
    's/o\.class OPERATOR\(pg_catalog\.=\) d\.classid/o.class = d.classid/'
mutant reader_trusts_operators sql/parts/50_views.sql 'tap/020_search_path' \
    's/a\.name OPERATOR\(pg_catalog\.=\) \$1/a.name = \$1/'
mutant grants_trust_the_path src/api/grant.c 'tap/020_search_path' \
    's/\(void\) set_config_option\("search_path"/if (level < 0)\n\t\t$&/'
mutant verify_trusts_the_path src/audit/guards.c 'tap/020_search_path' \
    's/\(void\) set_config_option\("search_path"/if (level < 0)\n\t\t$&/'

# ---- holds, reversals, limits and wallet_execute through SQL

mutant queue_not_loaded src/apply/relate.c 'pgtap/holds' \
    's/if \(account->next_expiry != 0 && \(account->next_expiry <= last/if (account->next_expiry != 0 \&\& last < 0 \&\& (account->next_expiry <= last/'
mutant holds_not_saved src/apply/save.c 'pgtap/holds' \
    's/if \(hold->state != call->hold_rows\[i\]\.hold\.state \|\|/if (hold->state == WALLET_HOLD_OPEN \&\& hold->state != call->hold_rows[i].hold.state \&\&/'
mutant single_writes_no_expire src/apply/save.c 'pgtap/holds' \
    's/\n\tsave_expires\(call\);/\n\t(void) save_expires;/'
mutant reversed_not_saved src/apply/save.c 'pgtap/reversals' \
    's/if \(original->reversed != call->reversal_rows\[i\]\.reversed\)/if (original->reversed < 0)/'
mutant group_keeps_holds src/core/group.c 'pgtap/execute' \
    's/\n\tpush_hold\(batch, member\);/\n\t(void) push_hold;/'
mutant births_not_met src/core/batch.c 'pgtap/execute' \
    's/\*place = born_at\(batch, birth\);/*place = born_at(batch, -1);/'
mutant execute_asks_no_right src/api/execute.c 'pgtap/execute' \
    's/if \(!place->allowed\[form->kind\]\)/if (!place->allowed[form->kind] \&\& false)/'
mutant expired_counts_in_reads sql/parts/51_commands.sql 'pgtap/holds' \
    's/h\.expires_at OPERATOR\(pg_catalog\.<=\) pg_catalog\.clock_timestamp\(\)\), 0\)/h.expires_at OPERATOR(pg_catalog.<) \x27epoch\x27::timestamptz), 0)/'
mutant rest_stays_spent src/core/rule_capture.c 'pgtap/holds' \
    's/wallet_event_moment\(event\), rest\)/wallet_event_moment(event), 0)/'
mutant window_change_keeps_spent src/core/rule_limits.c 'pgtap/lifecycle' \
    's/if \(seconds != account->window_seconds\)/if (account->window_seconds == 0)/'
# ---- export, and the program wallet-replay

mutant export_leaves_file src/audit/export.c 'tap/070_export' \
    's/\(void\) unlink\(export->temporary\)/(void) export/'
mutant export_needs_no_right src/audit/export.c 'tap/070_export' \
    's/if \(!has_privs_of_role\(GetUserId\(\), ROLE_PG_WRITE_SERVER_FILES\)\)/if (!has_privs_of_role(GetUserId(), ROLE_PG_WRITE_SERVER_FILES) \&\& path == NULL)/'
mutant export_above_horizon src/audit/export.c 'tap/070_export' \
    's/if \(asked && until > horizon\)/if (asked \&\& until < 0)/'
mutant export_past_horizon src/audit/export.c 'tap/070_export' \
    's/return asked \? until : horizon;/return asked ? until : PG_INT64_MAX;/'
mutant export_named_at_once src/audit/export.c 'tap/070_export' \
    's/psprintf\("%s\.tmp", export->path\)/pstrdup(export->path)/'
mutant replay_compares_nothing src/replay/redo.c 'golden/forge.py' \
    's/if \(is_same\(again, recorded\)\)/if (is_same(again, recorded) || again != NULL)/'
mutant replay_forgets_a_field src/replay/redo.c 'golden/forge.py' \
    's/ && a->debit_held == b->debit_held//; s/a->debit_held == b->debit_held && //'
mutant replay_believes_causes src/replay/redo_group.c 'golden/forge.py' \
    's/if \(cause >= first->group_first \|\| known == NULL \|\| !known->refused\)/if (cause == 0 || (known == NULL \&\& cause < 0))/'
mutant replay_takes_any_order src/replay/redo.c 'golden/forge.py' \
    's/if \(event->event_id <= redo->last_id\)/if (event->event_id < 0)/'
mutant replay_ids_come_twice src/replay/redo.c 'golden/forge.py' \
    's/\tif \(reference->decided\)\n/\tif (reference->decided \&\& event->event_id < 0)\n/'
mutant replay_drops_expired_holds src/replay/redo.c 'golden/check.sh' \
    's/(if \(wallet_books_reference\(books, &books->holds\[place\]\.transaction_id\) == NULL)\)/$1 || count > 0)/'
mutant replay_ignores_its_trailer src/replay/wallet_replay.c 'tap/070_export' \
    's/if \(folding->complete && memcmp/if (folding->complete \&\& folding->events == 0 \&\& memcmp/'
mutant replay_ignores_heads src/replay/wallet_replay.c 'tap/070_export' \
    's/else if \(memcmp\(options->head, folding->wanted_head/else if (report == NULL \&\& memcmp(options->head, folding->wanted_head/'
argued export_renames src/audit/export.c \
    's/link\(export->temporary, export->path\) != 0/rename(export->temporary, export->path) != 0/' \
    'whether the name is there is looked at first; that nobody makes it meanwhile only link(2) guarantees'
