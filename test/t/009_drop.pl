# DROP EXTENSION destroys a ledger: only on purpose.
#
# Goal: it is refused unless wallet.allow_drop = on, for a superuser too, whether or not the
# server has loaded the library, in a session that has not used wallet before.
# Method: each way to drop it, in a new session, with and without shared_preload_libraries.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;

my $node = wallet_node('main');

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 100, 'alice');

for my $loaded ('loaded', 'not loaded')
{
	for my $drop ('DROP EXTENSION wallet', 'DROP EXTENSION wallet CASCADE', 'DROP EXTENSION IF EXISTS amcheck, wallet', 'SET session_replication_role = replica; DROP EXTENSION wallet')
	{
		my ($code, $out, $err) = $node->psql('bank', "BEGIN; $drop");

		like($err, qr/would destroy its ledger/, "$loaded: $drop is refused");
	}
	$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
	$node->restart;
}
proof_ok($node, 'bank', 'it is still there');
$node->safe_psql('bank', "LOAD 'wallet'; SET wallet.allow_drop = on; DROP EXTENSION wallet");
is($node->safe_psql('bank', "SELECT count(*) FROM pg_namespace WHERE nspname = 'wallet'"), '0', 'on purpose it goes, with all it had');

$node->stop;
done_testing();
