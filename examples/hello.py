"""A beginner's first daemon: says hello every few seconds, for ever."""

import itertools
import time

for number in itertools.count(1):
    print(f"Hello number {number}")
    time.sleep(5)
