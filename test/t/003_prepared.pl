# PREPARE TRANSACTION, and what becomes of it across a crash.
#
# Goal: a prepared call is neither done nor undone: its id is waited for, its rows are
# locked, ids stay above its own, the horizon below; COMMIT PREPARED makes it count,
# ROLLBACK PREPARED makes it never have happened, each also after kill -9.
# Method: six prepared transactions, ended in all ways before and after a crash.

use strict;
use warnings;
use lib 'test/t';
use Test::More;
use WalletTest;

my $node = wallet_node('main');

$node->safe_psql('postgres', 'CREATE DATABASE bank');
wallet_seed($node, 'bank', 100, qw(a b c d e f));

sub sql { return $node->safe_psql('bank', $_[0]); }
sub transfer { my ($from, $to, $amount, $n) = @_; return "SELECT status, from_balance, to_balance, replayed FROM wallet_transfer('$from', '$to', $amount, 'USD', '" . uuid($n) . "')"; }
sub bulk { my ($from, $to, $amount, $n) = @_; return "SELECT status, from_balance, to_balance, replayed FROM wallet_transfers(ARRAY['$from'], ARRAY['$to'], ARRAY[$amount], ARRAY['USD'], ARRAY['" . uuid($n) . "'::uuid])"; }
sub refused { my ($what, $setting, $statement, $error) = @_; my ($code, $out, $err) = $node->psql('bank', "SET $setting = '300ms'; $statement"); like($err, $error, $what); }

sub prepared { my ($gid, @statements) = @_; sql(join(';', 'BEGIN', @statements, "PREPARE TRANSACTION '$gid'")); }

# ---- Without a crash

prepared('one', transfer('a', 'b', 10, 1));
refused('the same id waits: statement_timeout', 'statement_timeout', transfer('c', 'd', 10, 1), qr/canceling statement due to statement timeout/);
refused('the same id waits: lock_timeout', 'lock_timeout', bulk('c', 'd', 10, 1), qr/canceling statement due to lock timeout/);
refused('its rows are locked', 'lock_timeout', transfer('a', 'c', 1, 2), qr/canceling statement due to lock timeout/);
is(sql(transfer('c', 'd', 1, 3)), 'success|99.00|101.00|f', 'other rows and ids are free');
is(sql("SELECT wallet_balance('a', 'USD')"), '100.00', 'nothing to be seen yet');
is(sql("SELECT wallet_horizon() < (SELECT event_id FROM wallet_get('${\ uuid(3)}'))"), 't', 'the horizon stays below it');
proof_ok($node, 'bank', 'while one is prepared');
sql("COMMIT PREPARED 'one'");
is(sql(transfer('a', 'b', 10, 1)), 'success|90.00|110.00|t', 'committed: it is replayed');
is(sql("SELECT wallet_horizon() >= (SELECT max(event_id) FROM wallet.event)"), 't', 'the horizon goes on');

prepared('two', bulk('a', 'b', 1000, 4));
sql("ROLLBACK PREPARED 'two'");
is(sql('SELECT count(*) FROM wallet_get(\'' . uuid(4) . "')"), '0', 'rolled back: no refusal is recorded');
is(sql(bulk('a', 'b', 1000, 4)), 'insufficient_funds|90.00|110.00|f', 'and the id was free');

# ---- Across a crash

prepared('three', transfer('a', 'b', 20, 5), "SELECT wallet_open('baby', 'USD', '" . uuid(6) . "')", transfer('b', 'baby', 5, 7));
prepared('four', bulk('c', 'd', 30, 8), bulk('c', 'd', 1000, 9));
prepared('five', "SELECT wallet_define_currency('GEMS', 2, '" . uuid(10) . "')");
prepared('six', transfer('e', 'f', 40, 11));
my $before = sql("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
crash($node);
start_again($node);
is(sql('SELECT count(*) FROM pg_prepared_xacts'), '4', 'all four have survived');
proof_ok($node, 'bank', 'after the crash');

refused('after the crash the same id waits', 'lock_timeout', bulk('@world', 'd', 1, 8), qr/canceling statement due to lock timeout/);
refused('and the rows are locked', 'lock_timeout', transfer('d', '@world', 1, 12), qr/canceling statement due to lock timeout/);
refused('and the name is taken', 'lock_timeout', "SELECT wallet_open('baby', 'USD', wallet_uuid())", qr/canceling statement due to lock timeout/);
is(sql("SELECT wallet_open('new', 'USD', '" . uuid(13) . "') > $before"), 't', 'a command after the crash has an id above all of theirs');
is(sql("SELECT COALESCE(wallet_horizon(), 0) < (SELECT event_id FROM wallet.event WHERE transaction_id = '${\ uuid(13)}')"), 't', 'the horizon stays below them, or is unknown');

sql("COMMIT PREPARED 'three'");
sql("ROLLBACK PREPARED 'four'");
sql("COMMIT PREPARED 'five'");
sql("ROLLBACK PREPARED 'six'");
is(sql("SELECT wallet_balance('a', 'USD'), wallet_balance('b', 'USD'), wallet_balance('baby', 'USD')"), '70.00|125.00|5.00', 'committed after the crash: done');
is(sql(transfer('a', 'b', 20, 5)), 'success|70.00|130.00|t', 'and remembered');
is(sql(transfer('@world', 'baby', 1, 14)), 'success|-601.00|6.00|f', 'its new account can be paid');
is(sql("SELECT wallet_open('gem', 'GEMS', '" . uuid(15) . "') > 0"), 't', 'its currency can be used');
is(sql("SELECT wallet_balance('c', 'USD'), wallet_balance('d', 'USD'), wallet_balance('e', 'USD')"), '99.00|101.00|100.00', 'rolled back after the crash: nothing');
is(sql(bulk('c', 'd', 31, 8)), 'success|68.00|132.00|f', 'and the ids are free, for other content too');
is(sql(transfer('e', 'f', 40, 11)), 'success|60.00|140.00|f', 'in both doors');
is(sql("SELECT wallet_horizon() >= (SELECT max(event_id) FROM wallet.event)"), 't', 'the horizon has passed them');

# ---- Only prepared: the newest ids of the table are those of a prepared transaction

prepared('seven', transfer('a', 'b', 1, 16));
crash($node);
start_again($node);
sql(transfer('c', 'd', 1, 17));
sql("COMMIT PREPARED 'seven'");
is(sql("SELECT (SELECT event_id FROM wallet.event WHERE transaction_id = '${\ uuid(17)}') > (SELECT event_id FROM wallet.event WHERE transaction_id = '${\ uuid(16)}')"), 't', 'ids after the crash are above the prepared one');
is(sql('SELECT count(*) = count(DISTINCT event_id) FROM wallet.event'), 't', 'no id twice');
proof_ok($node, 'bank', 'in the end');

$node->stop;
done_testing();
