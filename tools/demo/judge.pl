#!/usr/bin/perl
# Compares what a ledger answered with what it should have, outside the database:
#
#   judge.pl EXPECTED AFTER [BEFORE]
#
# EXPECTED: lines of transaction_id|status, of predict.pl. AFTER: the ledger's answers to the whole file, lines of
# transaction_id|status|event_id|replayed. BEFORE: what had been acknowledged to an earlier sending of the same
# file that a crash cut short. Prints name=number lines for a shell:
#
#   as_expected  answers with the expected status, in the order of the file
#   recorded     answers that are events: done, or refused for good
#   new          events made by this sending
#   replayed     events that were there already
#   acknowledged answers given before the crash; acknowledged_events those that are events
#   kept         of these, those that this sending found: same event, same status
#   unasked      events that were there already though nobody had been told
#   twice        ids that were answered more than once

use strict;
use warnings;

my ($expected, $after, $before) = @ARGV;
my %n = map { ($_ => 0) } qw(as_expected recorded new replayed acknowledged acknowledged_events kept unasked twice);

sub records {
    my ($file) = @_;
    return unless defined $file;
    open my $in, '<', $file or die "$file: $!\n";
    return map { chomp; [ split /\|/, $_, -1 ] } <$in>;
}

my %told;
for (records($before)) {
    my ($id, $status, $event) = @$_;
    $n{acknowledged}++;
    next if $event eq '';
    $n{acknowledged_events}++;
    $told{$id} = "$status|$event";
}

my @expected = records($expected);
my %seen;
for (records($after)) {
    my ($id, $status, $event, $replayed) = @$_;
    my $want = shift @expected;
    $n{as_expected}++ if $want && $want->[0] eq $id && $want->[1] eq $status;
    $n{twice}++ if $seen{$id}++;
    next if $event eq '';
    $n{recorded}++;
    $n{ $replayed eq 't' ? 'replayed' : 'new' }++;
    if    (!defined $told{$id})                                       { $n{unasked}++ if $replayed eq 't' }
    elsif ($told{$id} eq "$status|$event" && $replayed eq 't')        { $n{kept}++ }
}
print "$_=$n{$_}\n" for sort keys %n;
