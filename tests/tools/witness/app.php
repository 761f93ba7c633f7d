<?php
// Says how it was started, and stays: see ../README.
$words = array_slice(explode("\0", rtrim(file_get_contents("/proc/self/cmdline"), "\0")), 1);
echo "WITNESS ", json_encode([
    "interpreter" => PHP_BINARY,
    "prefix" => PHP_BINDIR,
    "argv" => $argv,
    "words" => $words,
    "cwd" => getcwd(),
    "env" => getenv(),
]), "\n";
if (getenv("WITNESS") !== "once") {
    sleep(100000);
}
