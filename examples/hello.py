"""A first service: prints hello every few seconds."""

import itertools
import time

for number in itertools.count(1):
    print(f"Hello number {number}")
    time.sleep(5)
