# Answers with what it can do, see README.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Socket::INET;

my $beside = dirname(abs_path($0));
sub touch { my ($directory) = @_; open(my $file, '>', "$directory/written") or return 0; print $file 'x'; close $file }
sub report {
    my @words;
    push @words, 'reads' if open(my $data, '<', "$beside/data");
    push @words, 'state' if touch($ENV{STATE_DIRECTORY} // '/nowhere');
    push @words, 'directory' if touch('.');
    push @words, 'home' if -e '/home/ann/private';
    push @words, 'resolves' if gethostbyname('localhost');
    return join '', map { "$_\n" } @words;
}
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $ARGV[-1], Listen => 5, ReuseAddr => 1)
    or die "cannot listen: $!";
while (my $client = $server->accept) {
    while (my $line = <$client>) { last if $line =~ /^\s*$/ }
    print $client "HTTP/1.0 200 OK\r\n\r\n", report();
    close $client;
}
