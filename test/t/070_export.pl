# The log leaves the database, and is replayed without it.
#
# Goal: wallet-replay makes of an exported file the balances and the head that the server has; no byte of it
# can be changed unnoticed; nothing but whole logs is ever seen under the name asked for.
# Method: ledgers of every kind of command (test/golden/make), a file changed at random places, exports under
# load, exports that are cancelled, killed, out of space or not allowed.

use strict;
use warnings;
use lib 'test/t';
use Fcntl ':mode';
use Test::More;
use Time::HiRes qw(sleep);
use WalletTest;
use PostgreSQL::Test::Utils;

my $node = wallet_node('node');
my $dir = PostgreSQL::Test::Utils::tempdir();
chmod 0755, $dir;
my $bindir = `${\ ($ENV{PG_CONFIG} // 'pg_config')} --bindir`;
chomp $bindir;
my $program = "$ENV{WALLET_STAGE}$bindir/wallet-replay";

# Exit code, standard output, standard error.
sub replay
{
	my ($file, @options) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ $program, $file, @options ], '>', \$out, '2>', \$err);
	return ($? & 127 ? "signal $?" : $? >> 8, $out, $err);
}

sub copy_out
{
	my ($db, $query) = @_;

	return $node->safe_psql($db, "COPY ($query) TO STDOUT") . "\n";
}

my $balances = "SELECT a.name, a.currency, b.balance, b.held, CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END, b.version FROM wallet.account a JOIN wallet.balance b ON b.account = a.id ORDER BY a.id";
my $accounts = "SELECT a.name, a.currency, b.balance, b.held, CASE b.status WHEN 1 THEN 'open' WHEN 2 THEN 'frozen' WHEN 3 THEN 'closed' END, b.version, a.id, a.parent, a.owner, b.floor, b.ceiling, b.spend_limit, CASE WHEN b.spend_limit IS NOT NULL THEN b.window_seconds END, b.last_event FROM wallet.account a JOIN wallet.balance b ON b.account = a.id ORDER BY a.id";

# ---- The same balances, the same head

for my $name (qw(every_kind groups repairs blocks))
{
	my $file = "$dir/$name.log";

	$node->safe_psql('postgres', "CREATE DATABASE $name");
	PostgreSQL::Test::Utils::system_or_bail('psql', '-qX', '-o', '/dev/null', '-h', $node->host, '-p', $node->port, '-d', $name, '-f', "test/golden/make/$name.sql");
	my $events = $node->safe_psql($name, 'SELECT count(*) FROM wallet.event');
	my $head = $node->safe_psql($name, "SELECT encode(wallet_head(), 'hex')");

	is($node->safe_psql($name, "SELECT wallet_export('$file')"), $events, "$name: all $events events are exported");
	my ($code, $out, $err) = replay($file, '--balances', '--verify-head', $head);
	is($code, 0, "$name: wallet-replay finds no difference") or diag($err);
	is($out, copy_out($name, $balances), "$name: and the same balances");
	like($err, qr/^wallet_head\t$head$/m, "$name: and the same head");
	($code, $out) = replay($file, '--accounts');
	is($out, copy_out($name, $accounts), "$name: limits, parents and owners too");

	# Every prefix is a log, also one that ends in the middle of a group.
	my @wrong;
	for my $until (split /\n/, $node->safe_psql($name, 'SELECT event_id FROM wallet.event ORDER BY md5(event_id::text) LIMIT 40'))
	{
		unlink "$dir/prefix.log";
		my $found = $node->safe_psql($name, "SELECT wallet_export('$dir/prefix.log', $until) - count(*) FROM wallet.event WHERE event_id <= $until");

		($code, $out, $err) = replay("$dir/prefix.log");
		push @wrong, "$until: $found $code $err" if $found != 0 || $code != 0;
		$head = $1 if $out =~ /^wallet_head\t(\w+)$/m;
		push @wrong, "$until: other head" if $node->safe_psql($name, "SELECT bool_and(ok) FROM wallet_verify_against('\\x$head')") ne 't';
	}
	is("@wrong", '', "$name: exports up to an event replay as well, and their heads are those of the ledger's beginning");
}

# ---- No byte can be changed

my $bytes = slurp_file("$dir/every_kind.log", 0);
my %codes;
srand 7;
for my $round (1 .. 400)
{
	my $changed = $bytes;
	my $at = int rand length $changed;

	substr($changed, $at, 1) = chr(ord(substr($changed, $at, 1)) ^ (1 + int rand 255));
	# Or a piece is cut out, or the end is cut off.
	substr($changed, $at, 1 + int rand 300) = '' if $round % 10 == 0;
	$changed = substr($bytes, 0, $at) if $round % 10 == 1;
	open my $out, '>:raw', "$dir/changed.log" or die;
	print $out $changed;
	close $out;
	my ($code) = replay("$dir/changed.log");
	$codes{$code}++;
	diag("byte $at, round $round") if $code ne '1';
}
is_deeply(\%codes, { 1 => 400 }, 'whatever is changed or cut off is noticed');

# An event that was changed together with the trailer's head is noticed by the machine, or else by a head kept elsewhere.
my $kept = $node->safe_psql('every_kind', "SELECT encode(wallet_head(), 'hex')");
my $other = $node->safe_psql('groups', "SELECT encode(wallet_head(), 'hex')");
my ($code, $out, $err) = replay("$dir/groups.log", '--verify-head', $kept);
is($code, 1, 'a log is not that of another head');
like($err, qr/log: the head given is of 127 events, and here are only 74$/m, 'if only because that is of more');
($code, $out, $err) = replay("$dir/blocks.log", '--verify-head', $other);
is($code, 1, 'nor does it begin as another does');
like($err, qr/log: the head given is not that of its first 74 events$/m, 'and says so');
($code, $out, $err) = replay("$dir/blocks.log", '--verify-head', substr($other, 0, 64));
is($code, 1, 'nor is it all of it');
($code) = replay("$dir/groups.log", '--verify-head', substr($other, 0, 64));
is($code, 0, 'a head may be given without its count');
is((replay("$dir/nothing.log"))[0], 2, 'no file: exit code 2');
is((replay("$dir/groups.log", '--verify-head', 'abc'))[0], 2, 'no head: exit code 2');
is((replay("$dir/groups.log", '--nonsense'))[0], 2, 'no such option: exit code 2');
is((replay("/dev/null"))[0], 1, 'an empty file is no log');
is(IPC::Run::run([ 'cat', "$dir/groups.log" ], '|', [ $program, '/dev/stdin' ], '>', '/dev/null'), 1, 'a log may come through a pipe');

# ---- Names, rights, refusals

my $mode = (stat "$dir/groups.log")[2];
is(sprintf('%o', S_IMODE($mode)), '644', 'others may read it, and not write it');
ok(!-e "$dir/groups.log.tmp", 'nothing is left beside it');

sub refused
{
	my ($call, $pattern, $what) = @_;
	my (undef, undef, $error) = $node->psql('groups', "\\set VERBOSITY verbose\n$call");

	like($error, $pattern, $what);
}

refused("SELECT wallet_export('$dir/groups.log')", qr/58P02: file ".*groups.log" already exists/, 'nothing is overwritten');
symlink '/nowhere', "$dir/link.log";
refused("SELECT wallet_export('$dir/link.log')", qr/58P02: file ".*link.log" already exists/, 'not even a link to nowhere');
open my $left, '>', "$dir/left.log.tmp" or die;
close $left;
refused("SELECT wallet_export('$dir/left.log')", qr/58P02: file ".*left.log.tmp" already exists/, 'nor what an export has left that was killed');
ok(-e "$dir/left.log.tmp", 'which is not removed either');
refused("SELECT wallet_export('here.log')", qr/WA024: relative path/, 'relative paths are refused');
refused("SELECT wallet_export(NULL)", qr/WA024: path must not be NULL/, 'NULL is no path');
refused("SELECT wallet_export('$dir/x.log', -1)", qr/WA024/, 'a negative event is refused');
refused("SELECT wallet_export('$dir/x.log', wallet_horizon() + 3600000000)", qr/WA024: until_event lies above the horizon/, 'and one above the horizon');
refused("SELECT wallet_export('$dir/no/x.log')", qr/58P01: could not create file .*: No such file/, 'a directory that is not there');
is($node->safe_psql('groups', "SELECT wallet_export('$dir/none.log', 0)"), '0', 'up to event 0 there is nothing');
is((replay("$dir/none.log"))[0], 0, 'and that replays');
$node->safe_psql('groups', "CREATE ROLE clerk LOGIN; GRANT EXECUTE ON FUNCTION wallet_export TO clerk");
refused("SET ROLE clerk; SELECT wallet_export('$dir/x.log')", qr/42501: permission denied to write a file/, 'who may not write files may not export');
ok(!-e "$dir/x.log" && !-e "$dir/x.log.tmp", 'and no refusal leaves a file');
$node->safe_psql('groups', 'GRANT pg_write_server_files TO clerk');
is($node->safe_psql('groups', "SET ROLE clerk; SELECT wallet_export('$dir/clerk.log') > 0"), 't', 'who may, may');
is($node->safe_psql('groups', "REVOKE EXECUTE ON FUNCTION wallet_export FROM clerk; SELECT has_function_privilege('clerk', 'wallet_export(text, bigint)', 'execute')"), 'f', 'only if it was granted');
is($node->safe_psql('groups', "BEGIN READ ONLY; SELECT wallet_export('$dir/readonly.log') > 0; ROLLBACK"), 't', 'a read-only transaction may');
ok(-s "$dir/readonly.log", 'and the file outlives its rollback');

# ---- Under load

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 100000, map { "a$_" } 1 .. 20);
my $load = "SELECT count(*) FROM (SELECT array_agg('a' || 1 + (i * random())::int % 10) AS f, array_agg('a' || 11 + i % 10) AS t, array_agg(1) AS a, array_agg('USD'::text) AS c, array_agg(wallet_uuid()) AS u FROM generate_series(1, 500) AS i) AS x, wallet_transfers(f, t, a, c, u);\n";
open my $sql, '>', "$dir/load.sql" or die;
print $sql $load x 100;
close $sql;
my @writers = map { start_program("$dir/load$_.out", 'psql', '-qX', '-h', $node->host, '-p', $node->port, '-d', 'bank', '-f', "$dir/load.sql") } 1 .. 2;
my ($rounds, @broken) = (0);
for my $round (1 .. 6)
{
	my $before = $node->safe_psql('bank', "SELECT encode(wallet_head(), 'hex')");
	my $count = $node->safe_psql('bank', "SELECT wallet_export('$dir/load$round.log')");

	($code, $out, $err) = replay("$dir/load$round.log", '--verify-head', $before);
	push @broken, "$round: $err" if $code != 0 || $out !~ /^events\t$count$/m;
	my ($after) = $out =~ /^wallet_head\t(\w+)$/m;
	push @broken, "$round: other head" if $node->safe_psql('bank', "SELECT bool_and(ok) FROM wallet_verify_against('\\x$after')") ne 't';
	$rounds++;
}
is("@broken", '', "$rounds exports under load are whole, begin with what was there before, and stay the ledger's beginning");
is((end_program($_))[0], 0, 'a writer was not disturbed') for @writers;
unlink "$dir/end.log";
is($node->safe_psql('bank', "SELECT wallet_export('$dir/end.log') - count(*) FROM wallet.event"), '0', 'the last one has it all');
($code, $out, $err) = replay("$dir/end.log", '--balances');
is($out, copy_out('bank', $balances), 'and the same balances');
my $size = -s "$dir/end.log";

# ---- Ended early

sub ended
{
	my ($how, $end) = @_;
	my $file = "$dir/ended.log";
	my $session = session($node, 'bank');
	my ($pid) = answer($session, 'SELECT pg_backend_pid();');

	print { $session->{in} } "SELECT wallet_export('$file');\n";
	poll(sub { -e "$file.tmp" }, 'an export has begun');
	ok(!-e $file, "$how: the name is not there yet");
	$end->($pid);
	poll(sub { !-e "$file.tmp" }, 'it has ended');
	ok(!-e $file && !-e "$file.tmp", "$how: no file is left");
	finish($session);
}

cmp_ok($size, '>', 17_000_000, 'the log is long enough to be caught at it');
ended('cancel', sub { $node->safe_psql('bank', "SELECT pg_cancel_backend($_[0])") });
ended('end of the session', sub { $node->safe_psql('bank', "SELECT pg_terminate_backend($_[0])") });

# A limit on the size of files stands for a disk that is full; the server's own files, which it must not hit,
# have nothing left to write but segments of the WAL, of 16 MB.
$node->safe_psql('bank', 'VACUUM; CHECKPOINT');
my $session = session($node, 'bank');
my ($pid) = answer($session, 'SELECT pg_backend_pid();');
system_or_bail('prlimit', '--pid', $pid, '--fsize=16777216');
answer($session, "SELECT wallet_export('$dir/full.log');");
finish($session);
ok(log_has($node, qr/ERROR:  could not write to file ".*full.log.tmp": File too large/), 'a write that fails is an error that says why');
ok(!-e "$dir/full.log" && !-e "$dir/full.log.tmp", 'and leaves no file');

# ---- On a standby, up to what the primary stored

$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
my (undef, undef, $unknown) = $standby->psql('blocks', "SELECT wallet_export('$dir/standby.log')");
like($unknown, qr/ERROR:  the horizon is not known here/, 'a standby that knows no horizon exports nothing');
my $stored = $node->safe_psql('blocks', 'SELECT wallet.store_horizon()');
$node->safe_psql('blocks', "SELECT wallet_open('late', 'KRW', wallet_uuid())");
$node->wait_for_catchup('standby', 'replay', $node->lsn('insert'));
is($standby->safe_psql('blocks', "SELECT wallet_export('$dir/standby.log') - count(*) FROM wallet.event WHERE event_id <= $stored"), '0', 'with one it exports up to it');
is((replay("$dir/standby.log", '--verify-head', $1))[0], 0, 'which replays, and is the same log') if (replay("$dir/blocks.log"))[1] =~ /^wallet_head\t(\w+)$/m;
is($standby->safe_psql('blocks', "SELECT count(*) FROM wallet.account WHERE name = 'late'"), '1', 'though more has come');
$standby->stop;

# ---- Rows that were changed

my $newest = "WHERE event_id = (SELECT max(event_id) FROM wallet.event)";
$node->safe_psql('groups', "ALTER TABLE wallet.event DISABLE TRIGGER ALL; UPDATE wallet.event SET kind = 99 $newest");
is($node->safe_psql('groups', "SELECT wallet_export('$dir/kind.log') > 0"), 't', 'a row with a kind that nobody knows is exported as it is');
($code, $out, $err) = replay("$dir/kind.log");
is($code, 1, 'and replay');
like($err, qr/^log: event number \d+ is none of format 1$/m, 'names it');
$node->safe_psql('groups', "UPDATE wallet.event SET effective_at = 'infinity' $newest");
refused("SELECT wallet_export('$dir/x.log')", qr/WA090: .*Event \d+ cannot be read/s, 'a row that is no event cannot leave');
ok(!-e "$dir/x.log" && !-e "$dir/x.log.tmp", 'and leaves no file');

done_testing();
