# A streaming standby, and its promotion.
#
# Goal: a standby reads, verifies and replays what the primary committed; it takes no command;
# promoted, it goes on with greater ids, remembers every id, and lets prepared
# transactions be ended.
# Method: one primary, one standby; the primary dies without warning.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;

my $primary = wallet_node('primary', conf => "wal_log_hints = on\n");

$primary->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($primary, 'bank', 100, qw(alice bob carol));
$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

$primary->safe_psql('bank', <<"SQL");
SELECT wallet_transfer('alice', 'bob', 10, 'USD', '${\ uuid(1)}');
SELECT wallet_transfers(ARRAY['alice', 'bob'], ARRAY['bob', 'carol'], ARRAY[1000, 5], ARRAY['USD', 'USD'], ARRAY['${\ uuid(2)}', '${\ uuid(3)}']::uuid[]);
BEGIN;
SELECT wallet_transfer('carol', 'bob', 1, 'USD', '${\ uuid(4)}');
PREPARE TRANSACTION 'left';
SELECT wallet_open('dave', 'USD', '${\ uuid(5)}');
SQL
$primary->wait_for_catchup('standby', 'replay', $primary->lsn('insert'));

my $state = 'SELECT * FROM wallet.journal ORDER BY event_id; SELECT * FROM wallet_replay() ORDER BY name; SELECT * FROM wallet_verify(true); SELECT * FROM wallet.entry ORDER BY 1, 4';
$state .= "; SELECT * FROM wallet_statement('alice', 'USD'); SELECT wallet_balance_at('alice', 'USD', 'infinity'), wallet_balance_effective('alice', 'USD', now()); SELECT * FROM wallet_verify_account('alice', 'USD')";
is($standby->safe_psql('bank', $state), $primary->safe_psql('bank', $state), 'the standby reads, replays and verifies the same');
is($standby->safe_psql('bank', "SELECT wallet_balance('alice', 'USD'), (SELECT status FROM wallet_get('${\ uuid(2)}')), wallet_horizon()"), '90.00|insufficient_funds|', 'single reads; no horizon');
proof_ok($standby, 'bank', 'on the standby');

for my $command ("wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())", "wallet_transfer('alice', 'bob', 10, 'USD', '${\ uuid(1)}')",
	"wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[1], ARRAY['USD'], ARRAY[wallet_uuid()])",
	"wallet_open('eve', 'USD', wallet_uuid())", "wallet_define_currency('GEMS', 2, wallet_uuid())")
{
	my ($code, $out, $err) = $standby->psql('bank', "\\set VERBOSITY verbose\nSELECT $command");

	like($err, qr/ERROR:  25006: cannot execute .*(?:during recovery|in a read-only transaction)/, "refused on the standby: $command");
}
my ($code, $out, $err) = $standby->psql('bank', 'SELECT * FROM wallet_replay(1)');
like($err, qr/ERROR:  .*horizon is not known/, 'replay up to an event is refused there');

# On the primary a read-only transaction takes no command either.
($code, $out, $err) = $primary->psql('bank', "BEGIN READ ONLY; SELECT wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())");
like($err, qr/cannot execute .* in a read-only transaction/, 'nor does a read-only transaction');

# ---- Promotion

my $newest = $primary->safe_psql('bank', 'SELECT max(event_id) FROM wallet.event');
crash($primary);
$standby->promote;
is($standby->safe_psql('bank', "SELECT status, event_id > $newest, from_balance FROM wallet_transfer('alice', 'dave', 2, 'USD', '${\ uuid(6)}')"), 'success|t|88.00', 'promoted: transfers go on with greater ids');
is($standby->safe_psql('bank', "SELECT status, replayed FROM wallet_transfer('alice', 'bob', 10, 'USD', '${\ uuid(1)}')"), 'success|t', 'promoted: a success is remembered');
is($standby->safe_psql('bank', "SELECT status, replayed FROM wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[1000], ARRAY['USD'], ARRAY['${\ uuid(2)}'::uuid])"), 'insufficient_funds|t', 'promoted: a refusal is remembered');
($code, $out, $err) = $standby->psql('bank', "SET lock_timeout = '300ms'; SELECT wallet_transfer('carol', 'bob', 1, 'USD', '${\ uuid(4)}')");
like($err, qr/lock timeout/, 'promoted: the prepared one is still waited for');
$standby->safe_psql('bank', "COMMIT PREPARED 'left'");
is($standby->safe_psql('bank', "SELECT status, replayed FROM wallet_transfer('carol', 'bob', 1, 'USD', '${\ uuid(4)}')"), 'success|t', 'promoted: it can be committed');
is($standby->safe_psql('bank', "SELECT wallet_horizon() >= (SELECT max(event_id) FROM wallet.event)"), 't', 'promoted: there is a horizon');
proof_ok($standby, 'bank', 'after promotion');

$standby->stop;
done_testing();
