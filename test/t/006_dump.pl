# pg_dump and pg_restore.
#
# Goal: a restored ledger is the same ledger: it verifies, remembers every id, goes on with
# greater ids; currencies of the user are kept, built-in ones are there once.
# Method: a ledger with accounts in two currencies, refusals, groups, metadata and
# milestones goes through every format of pg_dump into a fresh database of a fresh server.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('old');
my $other = wallet_node('new');
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 1000, qw(alice bob));
$node->safe_psql('bank', <<"SQL");
SELECT wallet_define_currency('GEMS', 3, '${\ uuid(1)}');
SELECT wallet_open('mint', 'GEMS', wallet_uuid(), NULL);
SELECT wallet_open('alice', 'GEMS', '${\ uuid(2)}', 0.001, 99.999, 'mint', current_user, '{"vip": true}');
SELECT wallet_transfer('mint', 'alice', 12.345, 'GEMS', '${\ uuid(3)}', '{"note": "\\u00e9"}', '2020-01-01 00:00:00.000001+00');
SELECT count(*) FROM wallet_transfers(array_fill('alice'::text, ARRAY[300]), array_fill('bob'::text, ARRAY[300]), array_fill(1, ARRAY[300]), array_fill('USD'::text, ARRAY[300]),
	(SELECT array_agg(('00000007-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid) FROM generate_series(1, 300) i));
SELECT status FROM wallet_transfers(ARRAY['alice', 'alice'], ARRAY['bob', 'bob'], ARRAY[1, 100000], ARRAY['USD', 'USD'], ARRAY['${\ uuid(4)}', '${\ uuid(5)}']::uuid[], ARRAY[1, 1]);
SQL
my $state = <<'SQL';
SELECT * FROM wallet.event ORDER BY event_id;
SELECT * FROM wallet.account ORDER BY id;
SELECT * FROM wallet.balance ORDER BY account;
SELECT * FROM wallet.milestone ORDER BY account, event_id;
SELECT * FROM wallet.currency ORDER BY code, builtin;
SELECT * FROM wallet.status ORDER BY number;
SELECT * FROM wallet_replay() ORDER BY account;
SQL
my $before = $node->safe_psql('bank', $state);
my $newest = $node->safe_psql('bank', 'SELECT max(event_id) FROM wallet.event');
my %how = (
	custom => [ [ '-Fc', '-f', "$dir/c" ], [ 'pg_restore', '-d', 'X', "$dir/c" ] ],
	parallel => [ [ '-Fd', '-j', '2', '-f', "$dir/d" ], [ 'pg_restore', '-j', '2', '-d', 'X', "$dir/d" ] ],
	plain => [ [ '-f', "$dir/p.sql" ], [ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', 'X', '-f', "$dir/p.sql" ] ],
	inserts => [ [ '--rows-per-insert=10', '-f', "$dir/i.sql" ], [ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-o', '/dev/null', '-d', 'X', '-f', "$dir/i.sql" ] ]);

for my $name (sort keys %how)
{
	my ($dump, $restore) = @{ $how{$name} };
	my @restore = map { $_ eq 'X' ? $name : $_ } @$restore;
	my $at = sub { return $other->safe_psql($name, $_[0]); };

	command_ok([ 'pg_dump', '-h', $node->host, '-p', $node->port, @$dump, 'bank' ], "$name: dumped");
	$other->safe_psql('postgres', "CREATE DATABASE $name");
	command_ok([ shift @restore, '-h', $other->host, '-p', $other->port, @restore ], "$name: restored");
	is($at->($state), $before, "$name: all tables are the same, built-in currencies once");
	proof_ok($other, $name, "restored by $name");

	is($at->("SELECT status, replayed, event_id <= $newest FROM wallet_transfer('mint', 'alice', 12.345, 'GEMS', '${\ uuid(3)}', '{\"note\": \"\\u00e9\"}', '2020-01-01 00:00:00.000001+00')"), 'success|t|t', "$name: a success is remembered");
	is($at->("SELECT string_agg(status || replayed, ' ' ORDER BY ord) FROM wallet_transfers(ARRAY['alice', 'alice'], ARRAY['bob', 'bob'], ARRAY[1, 100000], ARRAY['USD', 'USD'], ARRAY['${\ uuid(4)}', '${\ uuid(5)}']::uuid[], ARRAY[1, 1])"),
		'group_failedtrue insufficient_fundstrue', "$name: refusals are remembered");
	my ($code, $out, $err) = $other->psql($name, "SELECT wallet_transfer('alice', 'bob', 2, 'USD', '00000007-0000-7000-8000-000000000001')");
	like($err, qr/transaction id was used for a different command/, "$name: other content is a conflict");
	is($at->("SELECT wallet_open('alice', 'GEMS', '${\ uuid(2)}', 0.001, 99.999, 'mint', current_user, '{\"vip\": true}') <= $newest"), 't', "$name: an opening is remembered");
	is($at->("SELECT status, event_id > $newest, from_balance FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 'success|t|699.00', "$name: transfers go on with greater ids");
	is($at->("SELECT wallet_open('carol', 'GEMS', wallet_uuid()) > $newest"), 't', "$name: the user's currency is known");
	($code, $out, $err) = $other->psql($name, "UPDATE wallet.event SET amount = 1");
	like($err, qr/is immutable/, "$name: events are guarded");
	proof_ok($other, $name, "after going on, $name");
}

# A copy by CREATE DATABASE ... TEMPLATE verifies as well.
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE bank');
is($node->safe_psql('copy', $state), $before, 'a template copy is the same');
is($node->safe_psql('copy', "SELECT status, event_id > $newest FROM wallet_transfer('alice', 'bob', 1, 'USD', wallet_uuid())"), 'success|t', 'and goes on');
proof_ok($node, 'copy', 'the template copy');

$_->stop for $node, $other;
done_testing();
