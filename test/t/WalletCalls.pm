# Every function of the extension with a call that works, and who may make it.
package WalletCalls;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@calls @relations seed_calls);

# NAME, CALL, WHO. S. is the schema of the functions. A line per function, and more where the accounts
# matter. Who is not named is refused with 42501. A fourth column is what a superuser is told, if the call fails. owner and other are tellers, of whom owner owns the account 'owned'.
my $readers = 'reader teller auditor admin owner other';
my $tellers = 'teller admin owner other';

# One command in wallet_execute, whose status is the answer.
sub execute_call
{
	my ($fields) = @_;

	return qq{(S.wallet_execute(jsonb_build_array(jsonb '{$fields, "currency": "USD"}' || jsonb_build_object('transaction_id', ID)))).status};
}

our @calls = (
	[ 'wallet_uuid', q{S.wallet_uuid() IS NOT NULL}, $readers ],
	[ 'wallet_event_time', q{S.wallet_event_time(1)}, $readers ],
	[ 'wallet_balance', q{S.wallet_balance('plain', 'USD')}, $readers ],
	[ 'wallet_account', q{S.wallet_account('plain', 'USD')}, $readers ],
	[ 'wallet_get', q{S.wallet_get('00000001-0000-7000-8000-000000000001')}, $readers ],
	[ 'wallet_statement', q{count(*) FROM S.wallet_statement('plain', 'USD')}, $readers ],
	[ 'wallet_balance_at', q{S.wallet_balance_at('plain', 'USD', 'infinity')}, $readers ],
	[ 'wallet_balance_effective', q{S.wallet_balance_effective('plain', 'USD', 'infinity')}, $readers ],
	[ 'wallet_feed', q{count(*) FROM S.wallet_feed(0, 1)}, $readers ],
	[ 'wallet_horizon', q{S.wallet_horizon() > 0}, $readers ],
	[ 'wallet_holds', q{count(*) FROM S.wallet_holds('plain', 'USD')}, $readers ],
	[ 'expired', q{wallet.expired(PLAIN, 1)}, $readers ],
	[ 'wallet_tree_balance', q{S.wallet_tree_balance('plain', 'USD')}, $readers ],
	[ 'wallet_paused', q{S.wallet_paused()}, $readers ],
	[ 'wallet_wait_event', q{S.wallet_wait_event(1)}, $readers ],
	[ 'wallet_transfer', q{(S.wallet_transfer('plain', 'owned', 1, 'USD', ID)).status}, $tellers ],
	[ 'wallet_transfer', q{(S.wallet_transfer('owned', 'plain', 1, 'USD', ID)).status}, 'admin owner' ],
	[ 'wallet_transfer', q{(S.wallet_transfer('world', 'plain', 1, 'USD', ID)).status}, 'admin' ],
	[ 'wallet_transfer', q{(S.wallet_transfer('mint', 'plain', 1, 'USD', ID)).status}, 'admin owner' ],
	[ 'wallet_transfers', q{(S.wallet_transfers('{plain}', '{owned}', '{1}', '{USD}', ARRAY[ID])).status}, $tellers ],
	[ 'wallet_transfers', q{(S.wallet_transfers('{owned}', '{plain}', '{1}', '{USD}', ARRAY[ID])).status}, 'admin owner' ],
	[ 'wallet_transfers', q{(S.wallet_transfers('{world}', '{plain}', '{1}', '{USD}', ARRAY[ID])).status}, 'admin' ],
	[ 'wallet_transfers_by_id', q{(S.wallet_transfers_by_id('{PLAIN}', '{OWNED}', '{1}', ARRAY[ID])).status}, $tellers ],
	[ 'wallet_transfers_by_id', q{(S.wallet_transfers_by_id('{OWNED}', '{PLAIN}', '{1}', ARRAY[ID])).status}, 'admin owner' ],
	[ 'wallet_hold', q{(S.wallet_hold('plain', 'owned', 1, 'USD', ID)).status}, $tellers ],
	[ 'wallet_hold', q{(S.wallet_hold('owned', 'plain', 1, 'USD', ID)).status}, 'admin owner' ],
	[ 'wallet_hold', q{(S.wallet_hold('world', 'plain', 1, 'USD', ID)).status}, 'admin' ],
	# Placing the hold was the debit: whose account it is does not matter any more.
	[ 'wallet_capture', q{(S.wallet_capture('00000001-0000-7000-8000-000000000002', ID)).status}, $tellers ],
	[ 'wallet_capture', q{(S.wallet_capture('00000001-0000-7000-8000-000000000003', ID)).status}, $tellers ],
	[ 'wallet_release', q{(S.wallet_release('00000001-0000-7000-8000-000000000002', ID)).status}, $tellers ],
	[ 'wallet_release', q{(S.wallet_release('00000001-0000-7000-8000-000000000003', ID)).status}, $tellers ],
	# A reversal debits whom the original paid.
	[ 'wallet_reverse', q{(S.wallet_reverse('00000001-0000-7000-8000-000000000001', ID, 1)).status}, $tellers ],
	[ 'wallet_reverse', q{(S.wallet_reverse('00000001-0000-7000-8000-000000000004', ID)).status}, 'admin owner' ],
	[ 'wallet_sweep', q{(S.wallet_sweep('plain', 'owned', 1, 'USD', ID)).status}, $tellers ],
	[ 'wallet_sweep', q{(S.wallet_sweep('owned', 'plain', 1, 'USD', ID)).status}, 'admin owner' ],
	# Each command in it asks for the right to its own function.
	[ 'wallet_execute', execute_call('"command": "transfer", "from_account": "plain", "to_account": "owned", "amount": 1'), $tellers ],
	[ 'wallet_execute', execute_call('"command": "transfer", "from_account": "owned", "to_account": "plain", "amount": 1'), 'admin owner' ],
	[ 'wallet_execute', execute_call('"command": "freeze", "name": "plain"'), 'admin' ],
	[ 'wallet_execute', execute_call('"command": "open", "name": "new"'), 'admin' ],
	[ 'wallet_replay', q{count(*) FROM S.wallet_replay()}, 'auditor admin' ],
	[ 'wallet_verify', q{bool_and(ok) FROM S.wallet_verify(true)}, 'auditor admin' ],
	[ 'wallet_verify_account', q{count(*) FROM S.wallet_verify_account('plain', 'USD')}, 'auditor admin' ],
	[ 'wallet_verify_against', q{count(*) FROM S.wallet_verify_against(sha256('wallet format 1') || '\\x0000000000000000')}, 'auditor admin' ],
	[ 'wallet_head', q{length(S.wallet_head())}, 'auditor admin' ],
	[ 'long_work', q{count(*) FROM wallet.long_work()}, 'auditor admin' ],
	[ 'wallet_open', q{S.wallet_open('new', 'USD', ID) > 0}, 'admin' ],
	[ 'wallet_open', q{S.wallet_open('new', 'USD', ID, floor => NULL, owner => 'wr_other') > 0}, 'admin' ],
	[ 'wallet_define_currency', q{(S.wallet_define_currency('GEMS', 3, ID)).status}, 'admin' ],
	[ 'wallet_freeze', q{(S.wallet_freeze('plain', 'USD', ID)).status}, 'admin' ],
	[ 'wallet_unfreeze', q{(S.wallet_unfreeze('plain', 'USD', ID)).status}, 'admin' ],
	[ 'wallet_close', q{(S.wallet_close('empty', 'USD', ID)).status}, 'admin' ],
	[ 'wallet_set_floor', q{(S.wallet_set_floor('plain', 'USD', -5, ID)).status}, 'admin' ],
	[ 'wallet_remove_floor', q{(S.wallet_remove_floor('plain', 'USD', ID)).status}, 'admin' ],
	[ 'wallet_set_ceiling', q{(S.wallet_set_ceiling('plain', 'USD', 5000, ID)).status}, 'admin' ],
	[ 'wallet_set_spend_limit', q{(S.wallet_set_spend_limit('plain', 'USD', 50, 60, ID)).status}, 'admin' ],
	[ 'wallet_redact', q{(S.wallet_redact('00000001-0000-7000-8000-000000000001')).status}, 'admin' ],
	[ 'wallet_rebuild', q{count(*) FROM S.wallet_rebuild('plain', 'USD')}, 'admin' ],
	[ 'wallet_seal', q{S.wallet_seal()}, 'admin' ],
	[ 'wallet_resume', q{S.wallet_resume()}, 'admin' ],
	[ 'wallet_grant', q{S.wallet_grant('wr_nobody', 'reader')}, '' ],
	[ 'wallet_revoke', q{S.wallet_revoke('wr_reader', 'reader')}, '' ],
	[ 'wallet_export', q{S.wallet_export('/nowhere/log')}, '', '58P01' ],
	[ 'apply_grants', q{wallet.apply_grants()}, '' ],
	[ 'store_horizon', q{wallet.store_horizon() > 0}, '' ],
	# For PostgreSQL to call.
	[ 'refuse_change', q{wallet.refuse_change()}, '', 'XX000' ],
	[ 'load_guard', q{wallet.load_guard()}, '' ]);

# RELATION, who may read it. Nobody may write it.
our @relations = (
	[ 'account', $readers ],
	[ 'balance', $readers ],
	[ 'hold', $readers ],
	[ 'tree', $readers ],
	[ 'currency', $readers ],
	[ 'status', $readers ],
	[ 'kind', $readers ],
	[ 'accounts', $readers ],
	[ 'entry', $readers ],
	[ 'journal', $readers ],
	[ 'bundle', $readers ],
	[ 'bundle_object', $readers ],
	[ 'event', 'auditor admin' ],
	[ 'milestone', 'auditor admin' ],
	[ 'reversal', 'auditor admin' ],
	[ 'seal', 'auditor admin' ],
	[ 'instance', 'auditor admin' ],
	[ 'horizon_state', 'auditor admin' ],
	[ 'horizon_holders', 'auditor admin' ],
	[ 'progress', 'auditor admin' ],
	[ 'bundle_grant', 'auditor admin' ]);

# The accounts and roles that the calls speak of; the extension's functions are in the schema.
sub seed_calls
{
	my ($node, $db, $schema) = @_;

	$node->safe_psql($db, <<"SQL");
SET search_path = $schema;
SELECT wallet_open('world', 'USD', wallet_uuid(), NULL), wallet_open('plain', 'USD', wallet_uuid()),
	wallet_open('owned', 'USD', wallet_uuid(), owner => 'wr_owner'), wallet_open('theirs', 'USD', wallet_uuid(), owner => 'wr_other'),
	wallet_open('mint', 'USD', wallet_uuid(), floor => NULL, owner => 'wr_owner'),
	wallet_open('empty', 'USD', wallet_uuid());
SELECT wallet_transfer('world', 'plain', 100, 'USD', '00000001-0000-7000-8000-000000000001');
SELECT wallet_transfer('world', name, 100, 'USD', wallet_uuid()) FROM unnest('{owned,theirs}'::text[]) AS name;
SELECT wallet_hold('plain', 'owned', 2, 'USD', '00000001-0000-7000-8000-000000000002'), wallet_hold('owned', 'plain', 2, 'USD', '00000001-0000-7000-8000-000000000003');
SELECT wallet_transfer('plain', 'owned', 3, 'USD', '00000001-0000-7000-8000-000000000004');
SQL
}

1;
