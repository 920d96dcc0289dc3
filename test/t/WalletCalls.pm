# Every function of the extension with a call that works, and who may make it.
package WalletCalls;

use strict;
use warnings;
use Exporter 'import';

our @EXPORT = qw(@calls @relations seed_calls);

# NAME, CALL, WHO. S. is the schema of the functions. A line per function, and more where the accounts
# matter. Who is not named is refused with 42501. owner and other are tellers, of whom owner owns the account 'owned'.
my $readers = 'reader teller auditor admin owner other';
my $tellers = 'teller admin owner other';

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
	[ 'wallet_replay', q{count(*) FROM S.wallet_replay()}, 'auditor admin' ],
	[ 'wallet_verify', q{bool_and(ok) FROM S.wallet_verify(true)}, 'auditor admin' ],
	[ 'wallet_verify_account', q{count(*) FROM S.wallet_verify_account('plain', 'USD')}, 'auditor admin' ],
	[ 'long_work', q{count(*) FROM wallet.long_work()}, 'auditor admin' ],
	[ 'wallet_open', q{S.wallet_open('new', 'USD', ID) > 0}, 'admin' ],
	[ 'wallet_open', q{S.wallet_open('new', 'USD', ID, floor => NULL, owner => 'wr_other') > 0}, 'admin' ],
	[ 'wallet_define_currency', q{(S.wallet_define_currency('GEMS', 3, ID)).status}, 'admin' ],
	[ 'wallet_redact', q{(S.wallet_redact('00000001-0000-7000-8000-000000000001')).status}, 'admin' ],
	[ 'wallet_rebuild', q{count(*) FROM S.wallet_rebuild('plain', 'USD')}, 'admin' ],
	[ 'wallet_resume', q{S.wallet_resume()}, 'admin' ],
	[ 'wallet_grant', q{S.wallet_grant('wr_nobody', 'reader')}, '' ],
	[ 'wallet_revoke', q{S.wallet_revoke('wr_reader', 'reader')}, '' ],
	[ 'apply_grants', q{wallet.apply_grants()}, '' ],
	[ 'store_horizon', q{wallet.store_horizon() > 0}, '' ],
	# For PostgreSQL to call; the fourth column is what a superuser is told who calls it all the same.
	[ 'refuse_change', q{wallet.refuse_change()}, '', 'XX000' ],
	[ 'load_guard', q{wallet.load_guard()}, '' ]);

# RELATION, who may read it. Nobody may write it.
our @relations = (
	[ 'account', $readers ],
	[ 'balance', $readers ],
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
	wallet_open('mint', 'USD', wallet_uuid(), floor => NULL, owner => 'wr_owner');
SELECT wallet_transfer('world', 'plain', 100, 'USD', '00000001-0000-7000-8000-000000000001');
SELECT wallet_transfer('world', name, 100, 'USD', wallet_uuid()) FROM unnest('{owned,theirs}'::text[]) AS name;
SQL
}

1;
