#!/usr/bin/perl
# Writes a file of transfers, always the same for the same seed:
#
#   make-transfers.pl SEED COUNT ACCOUNTS > file.csv
#
# Each line is transaction_id,from_account,to_account,amount. Who pays and who is paid follows Zipf's law
# (the k-th busiest account takes part in 1/k as many transfers as the busiest), amounts are exponential
# with a mean of 20.00. One line in 400 names an account that nobody opened, one in 500 has an amount with
# three decimals: a ledger must say no to those, as it must to those who have spent their money.

use strict;
use warnings;

my ($seed, $count, $accounts) = @ARGV;
die "usage: make-transfers.pl SEED COUNT ACCOUNTS\n" unless defined $accounts && $accounts >= 2;
srand(1);

# Which account is how busy has nothing to do with its number, and is the same in all files.
my @by_rank = (1 .. $accounts);
for my $i (reverse 1 .. $#by_rank) {
    my $j = int(rand($i + 1));
    @by_rank[ $i, $j ] = @by_rank[ $j, $i ];
}
my @up_to;
my $sum = 0;
push @up_to, $sum += 1 / $_ for 1 .. $accounts;

sub somebody {
    my $x = rand($sum);
    my ($low, $high) = (0, $accounts - 1);
    while ($low < $high) {
        my $middle = int(($low + $high) / 2);
        if ($up_to[$middle] > $x) { $high = $middle } else { $low = $middle + 1 }
    }
    return $by_rank[$low];
}

# Version 7: 48 bits of milliseconds (here ten lines a millisecond from a fixed day on), then random bits.
my $first_ms = 1_767_225_600_000 + $seed * 86_400_000;

sub uuid {
    my $ms = $first_ms + int($_[0] / 10);
    return sprintf '%08x-%04x-7%03x-%04x-%06x%06x', int($ms / 65536), $ms % 65536, int(rand(4096)),
        0x8000 | int(rand(0x4000)), int(rand(1 << 24)), int(rand(1 << 24));
}

srand($seed);
for my $line (1 .. $count) {
    my $id   = uuid($line);
    my $from = somebody();
    my $to   = $from;
    $to = somebody() while $to == $from;
    my $cents = 1 + int(-2000 * log(1 - rand()));
    ($from, $to) = map { sprintf 'user-%05d', $_ } $from, $to;
    my $amount = sprintf '%d.%02d', int($cents / 100), $cents % 100;
    my $fault = rand();
    if    ($fault < 1 / 800)           { $from = 'nobody-' . int(rand(100)) }
    elsif ($fault < 1 / 400)           { $to   = 'nobody-' . int(rand(100)) }
    elsif ($fault < 1 / 400 + 1 / 500) { $amount .= 1 + int(rand(9)) }
    print "$id,$from,$to,$amount\n";
}
