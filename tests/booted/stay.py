#!/usr/bin/python3
"""Reports how it was started: argv, environment, directory, user, and input, as JSON, to its pipe.

The pipe is /var/told/NAME, with its first argument as the name and, for one of several, its number. Then it keeps running.
"""

import json
import os
import pwd
import signal
import sys

with open("/proc/self/cmdline", "rb") as cmdline:
    argv = cmdline.read().decode().split("\0")[:-1]
number = os.environ.get("PORT") or os.environ.get("NUMBER")
told = {
    "argv": argv,
    "environment": dict(os.environ),
    "directory": os.getcwd(),
    "account": pwd.getpwuid(os.getuid()).pw_name,
    "input": sys.stdin.read() if sys.argv[1] == "cron" else "",
}
pipe = "/var/told/" + sys.argv[1] + ("-" + number if number else "")
with open(pipe, "w") as report:
    json.dump(told, report)
if sys.argv[1] != "cron":
    signal.pause()
