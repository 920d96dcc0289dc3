# pg_upgrade.
#
# Goal: a ledger that pg_upgrade carried over is the same, verifies, takes commands, remembers every id and
# goes on with greater ones; what works by itself is paused there, as in every copy, until wallet_resume(). An older
# SQL version is carried over as it is, and can be updated afterwards.
# Method: from this major version to itself, which pg_upgrade does as any other; by copying, so that the old
# cluster can be started again and is not paused.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;
use PostgreSQL::Test::Utils;

my $old = wallet_node('old', conf => "fsync = off\n");
my $new = PostgreSQL::Test::Cluster->new('new');

$new->init(extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
$new->append_conf('postgresql.conf', "fsync = off\n");
$old->safe_psql('postgres', 'CREATE ROLE clerk; CREATE DATABASE bank; CREATE DATABASE early; CREATE DATABASE unused');
$old->safe_psql('early', "CREATE EXTENSION wallet VERSION '1.0'");
$old->safe_psql('unused', 'CREATE EXTENSION wallet');
wallet_seed($old, $_, 1000, qw(alice bob)) for qw(bank early);
for my $db (qw(bank early))
{
	$old->safe_psql($db, <<"SQL");
SELECT wallet_define_currency('GEMS', 3, '${\ uuid(1)}');
SELECT wallet_open('carol', 'USD', '${\ uuid(2)}', owner => 'clerk', metadata => '{"a": [1, 2]}');
SELECT count(*) FROM wallet_transfers(array_fill('alice'::text, ARRAY[300]), array_fill('bob'::text, ARRAY[300]), array_fill(1, ARRAY[300]), array_fill('USD'::text, ARRAY[300]),
	(SELECT array_agg(('00000007-0000-7000-8000-' || lpad(i::text, 12, '0'))::uuid) FROM generate_series(1, 300) i));
SELECT status FROM wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[100000], ARRAY['USD'], ARRAY['${\ uuid(3)}'::uuid]);
GRANT EXECUTE ON FUNCTION wallet_balance(text, text) TO clerk;
CREATE INDEX event_debit ON wallet.event (debit);
SQL
}
my $state = 'SELECT * FROM wallet.event ORDER BY event_id; SELECT * FROM wallet.account ORDER BY id; SELECT * FROM wallet.balance ORDER BY account; SELECT * FROM wallet.milestone ORDER BY 1, 2; SELECT * FROM wallet.currency ORDER BY 1, 3; SELECT * FROM wallet_replay() ORDER BY account';
my %before = map { $_ => $old->safe_psql($_, $state) } qw(bank early);
my %newest = map { $_ => $old->safe_psql($_, 'SELECT max(event_id) FROM wallet.event') } qw(bank early);

is($old->safe_psql('bank', 'SELECT wallet_paused()'), '', 'the original is not paused');
$old->stop;
my $bin = $old->config_data('--bindir');
chdir $new->basedir or die $!;
command_ok([ 'pg_upgrade', '--no-sync', '-d', $old->data_dir, '-D', $new->data_dir, '-b', $bin, '-B', $bin, '-p', $old->port, '-P', $new->port, '-s', $new->host ], 'pg_upgrade');
$new->start;

my $system = $new->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()');
for my $db (qw(bank early))
{
	my $at = sub { return $new->safe_psql($db, $_[0]); };

	is($at->("SELECT extversion = '1.0' FROM pg_extension WHERE extname = 'wallet'"), $db eq 'early' ? 't' : 'f', "$db: the version is as it was");
	is($at->($state), $before{$db}, "$db: all tables are the same");
	proof_ok($new, $db, "$db, after pg_upgrade");
	is($at->("SELECT status, event_id > $newest{$db}, from_balance FROM wallet_transfer('alice', 'bob', 1, 'USD', '${\ uuid(4)}')"), 'success|t|699.00', "$db: transfers go on with greater ids");
	is($at->("SELECT wallet_open('carol', 'USD', '${\ uuid(2)}', owner => 'clerk', metadata => '{\"a\": [1, 2]}') <= $newest{$db}"), 't', "$db: an opening is remembered");
	is($at->("SELECT status, replayed FROM wallet_transfers(ARRAY['alice'], ARRAY['bob'], ARRAY[100000], ARRAY['USD'], ARRAY['${\ uuid(3)}'::uuid])"), 'insufficient_funds|t', "$db: a refusal is remembered");
	is($at->("SELECT has_function_privilege('clerk', 'wallet_balance(text, text)', 'EXECUTE'), has_function_privilege('clerk', 'wallet_uuid()', 'EXECUTE')"), 't|f', "$db: rights are as they were");
	my ($code, $out, $err) = $new->psql($db, 'TRUNCATE wallet.event');
	like($err, qr/is immutable/, "$db: events are guarded");
	($code, $out, $err) = $new->psql($db, 'DROP EXTENSION wallet');
	like($err, qr/would destroy its ledger/, "$db: and the extension");
}
like($new->safe_psql('bank', 'SELECT wallet_paused()'), qr/^the ledger belongs to the server with system identifier \d+, and this is $system: /, 'bank: it knows that it was carried over');
is($new->safe_psql('bank', 'SELECT wallet_resume()'), '', 'bank: resumed');
is($new->safe_psql('bank', "SELECT wallet_paused(), (SELECT system_identifier = $system AND database = (SELECT oid FROM pg_database WHERE datname = 'bank') FROM wallet.instance)"), '|t', 'bank: and works here');
$new->safe_psql('early', 'ALTER EXTENSION wallet UPDATE');
like($new->safe_psql('early', 'SELECT wallet_paused()'), qr/^the ledger has events and no row in wallet\.instance/, 'early: updated, it does not know whose it is');
is($new->safe_psql('early', 'SELECT wallet_resume()'), '', 'early: until it is told');
proof_ok($new, $_, "$_, in the end") for qw(bank early);

# A ledger that nobody had used is nobody's: it needs no resume.
is($new->safe_psql('unused', "SELECT wallet_paused(), wallet_open('alice', 'USD', wallet_uuid()) > 0, (SELECT system_identifier = $system FROM wallet.instance)"), '|t|', 'unused: not paused');
is($new->safe_psql('unused', "SELECT wallet_paused(), (SELECT system_identifier = $system FROM wallet.instance)"), '|t', 'unused: its first event claimed it for this server');

$new->stop;
$old->start;
is($old->safe_psql('bank', 'SELECT wallet_paused()'), '', 'the original is still not paused');
$old->stop;
done_testing();
