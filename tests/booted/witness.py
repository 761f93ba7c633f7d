#!/usr/bin/python3
"""Tells how it was started: argv, environment and folder, byte for byte, to whoever reads the pipe that REPORT names.

Then it ends: hundreds that stay make every reload of their manager slower.
"""

import os

with open("/proc/self/cmdline", "rb") as cmdline:
    words = cmdline.read()
variables = b"\0".join(name + b"=" + value for name, value in os.environb.items())
with open(os.environ["REPORT"], "w") as report:
    for part in words, variables, os.getcwdb():
        report.write(part.hex() + "\n")
