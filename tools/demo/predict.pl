#!/usr/bin/perl
# Plays files of transfers on paper, to know what the ledger must say:
#
#   predict.pl ACCOUNTS FUNDS OUT FILE...
#
# ACCOUNTS users have been given FUNDS (whole units) each by @world. Writes OUT/FILE.expected, a line
# "transaction_id|status" per line of FILE, and OUT/balances.expected, "name|balance" in order of name.
# Shares nothing with the extension: whole cents in Perl's integers, three rules.

use strict;
use warnings;
use File::Basename;

my ($accounts, $funds, $out, @files) = @ARGV;
my %cents = map { (sprintf('user-%05d', $_) => $funds * 100) } 1 .. $accounts;
$cents{'@world'} = -$accounts * $funds * 100;

for my $file (@files) {
    open my $in, '<', $file or die "$file: $!\n";
    open my $answers, '>', "$out/" . basename($file) . '.expected' or die "$out: $!\n";
    while (<$in>) {
        chomp;
        my ($id, $from, $to, $amount) = split /,/;
        my $status = 'success';
        my ($whole, $cents) = $amount =~ /^(\d+)\.(\d\d)$/;
        if    (!defined $whole)                                { $status = 'invalid_scale' }
        elsif (!defined $cents{$from} || !defined $cents{$to}) { $status = 'account_not_found' }
        elsif ($cents{$from} < $whole * 100 + $cents)          { $status = 'insufficient_funds' }
        else {
            $cents{$from} -= $whole * 100 + $cents;
            $cents{$to}   += $whole * 100 + $cents;
        }
        print $answers "$id|$status\n";
    }
    close $answers or die "$out: $!\n";
}

open my $balances, '>', "$out/balances.expected" or die "$out: $!\n";
printf $balances "%s|%s%d.%02d\n", $_, $cents{$_} < 0 ? '-' : '', int(abs($cents{$_}) / 100), abs($cents{$_}) % 100
    for sort keys %cents;
close $balances or die "$out: $!\n";
