# What the TAP tests share: nodes with wallet loaded, crashes, background clients, proofs.
package WalletTest;

use strict;
use warnings;
use Exporter 'import';
use IPC::Open2;
use POSIX ':sys_wait_h';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wallet_node wallet_seed crash crash_backend start_again proof_ok uuid shell
  connects session answer finish start_program end_program poll log_has);

# A node that is started, with wallet loaded by TEMP_CONFIG; conf: further settings.
sub wallet_node
{
	my ($name, %option) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init(allows_streaming => 1, extra => [ '--encoding=UTF8', '--locale=C.UTF-8' ]);
	$node->append_conf('postgresql.conf', "max_prepared_transactions = 20\nmax_connections = 40\nlog_statement = none\nrestart_after_crash = on\nautovacuum_naptime = 5s\n");
	$node->append_conf('postgresql.conf', $option{conf}) if $option{conf};
	$node->start;
	return $node;
}

# A transaction id of the test's own choice.
sub uuid { return sprintf('%08x-0000-7000-8000-%012x', $_[1] // 0, $_[0]); }

# The extension, @world without a floor, and the accounts with so much money each.
sub wallet_seed
{
	my ($node, $db, $money, @names) = @_;
	my $list = join(',', map { "'$_'" } @names);

	$node->safe_psql($db, <<"SQL");
CREATE EXTENSION IF NOT EXISTS wallet;
SELECT wallet_open('\@world', 'USD', wallet_uuid(), NULL);
SELECT count(wallet_open(name, 'USD', wallet_uuid())) FROM unnest(ARRAY[$list]::text[]) AS name;
SELECT count(wallet_transfer('\@world', name, $money, 'USD', wallet_uuid())) FROM unnest(ARRAY[$list]::text[]) AS name WHERE $money > 0;
SQL
}

sub processes_of
{
	my ($dir) = @_;

	return grep { (readlink("/proc/$_/cwd") // '') eq $dir } map { m{/proc/(\d+)/} } glob('/proc/[0-9]*/');
}

# kill -9 of the postmaster; returns when all its children are gone.
sub crash
{
	my ($node) = @_;
	my $dir = $node->data_dir;

	$node->kill9;
	for my $try (1 .. 300)
	{
		my @left = processes_of($dir) or last;

		kill 'KILL', @left if $try > 100;
		sleep 0.1;
	}
	is(scalar(processes_of($dir)), 0, 'no process survives');
	# Where nobody reaps orphans, the dead postmaster's number still looks taken.
	unlink "$dir/postmaster.pid", glob($node->host . '/.s.PGSQL.' . $node->port . '*');
}

# kill -9 of one backend: the server starts again by itself, with new shared memory.
sub crash_backend
{
	my ($node, $db) = @_;
	my $pid = $node->safe_psql($db, "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1");

	return 0 if $pid eq '';
	kill 'KILL', $pid;
	sleep 0.5;
	poll(sub { !system('psql', '-qX', '-h', $node->host, '-p', $node->port, '-d', $db, '-c', 'DO $$ BEGIN END $$', '-o', '/dev/null') }, 'the server is back');
	return 1;
}

# Does the server let somebody in?
sub connects
{
	my ($node, $db) = @_;

	return !system('psql', '-qX', '-h', $node->host, '-p', $node->port, '-d', $db, '-c', 'DO $$ BEGIN END $$', '-o', '/dev/null');
}

# A lock file of the dead postmaster may look alive: once more, then.
sub start_again
{
	my ($node) = @_;

	$node->start(fail_ok => 1) or do { sleep 1; $node->start; };
}

# wallet_verify says ok to every check, and has looked at something.
sub proof_ok
{
	my ($node, $db, $what, $thorough) = @_;

	$thorough //= 'true';
	is($node->safe_psql($db, "SELECT count(*) >= 8, bool_and(ok), bool_and(examined > 0 OR check_name IN ('refusals', 'currencies', 'milestones')), string_agg(check_name || ': ' || detail, '; ') FROM wallet_verify($thorough)"),
		't|t|t|', "verify: $what");
}

# ---- A psql that answers line by line

sub session
{
	my ($node, $db, %env) = @_;
	local @ENV{ keys %env } = values %env;
	my ($out, $in);
	my $pid = open2($out, $in, 'psql', '-qXAt', '-v', 'ON_ERROR_STOP=0', '-h', $node->host, '-p', $node->port, '-d', $db);

	$in->autoflush(1);
	return { in => $in, out => $out, pid => $pid };
}

# Sends SQL; the lines that come back, or nothing if the server has gone.
sub answer
{
	my ($session, $sql) = @_;
	my @lines;

	local $SIG{PIPE} = 'IGNORE';
	print { $session->{in} } "$sql\n\\echo -- done\n" or return;
	while (defined(my $line = readline $session->{out}))
	{
		chomp $line;
		return @lines if $line eq '-- done';
		push @lines, $line;
	}
	return;
}

sub finish
{
	my ($session) = @_;

	close $session->{in};
	close $session->{out};
	waitpid $session->{pid}, 0;
}

# ---- Programs in the background, their output in a file

sub start_program
{
	my ($log, @command) = @_;
	my $pid = fork() // die "fork: $!";

	return { pid => $pid, log => $log } if $pid;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', $log;
	open STDERR, '>&', \*STDOUT;
	exec @command or POSIX::_exit(127);
}

# Its exit code, and what it said.
sub end_program
{
	my ($program) = @_;

	waitpid $program->{pid}, 0;
	return ($? >> 8, slurp_file($program->{log}));
}

sub poll
{
	my ($condition, $what) = @_;
	my $until = time + 60;

	while (!$condition->())
	{
		die "waited in vain until $what" if time > $until;
		sleep 0.05;
	}
}

sub log_has
{
	my ($node, $pattern) = @_;

	return slurp_file($node->logfile) =~ $pattern;
}

1;
