#!/bin/bash
# Answers with what it can do, see README. Bash cannot listen: the program that does starts this script again.
set -u
beside=$(cd "$(dirname "$0")" && pwd)
if [ "${1-}" != answer ]; then
  exec perl -MSocket -e '
    socket(my $server, PF_INET, SOCK_STREAM, 0) or die; setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
    bind($server, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die; listen($server, 5) or die;
    while (accept(my $client, $server)) {
      if (!fork) { open(STDIN, "<&", $client); open(STDOUT, ">&", $client); exec("/bin/bash", $ARGV[1], "answer") }
      close $client; 1 while waitpid(-1, 1) > 0
    }' "${!#}" "$beside/serve.sh"
fi
while read -r line && [ -n "${line%$'\r'}" ]; do :; done
printf 'HTTP/1.0 200 OK\r\n\r\n'
[ -r "$beside/data" ] && echo reads
[ -n "${STATE_DIRECTORY-}" ] && (: >"$STATE_DIRECTORY/written") 2>/dev/null && echo state
(: >written) 2>/dev/null && echo directory
[ -e /home/ann/private ] && echo home
getent hosts localhost >/dev/null && echo resolves
exit 0
