"""Prints the values in sources of systemd's tests, one a line: string literals of C files, and lines of unit files."""

import ast
import pathlib
import re
import sys

TOKEN = re.compile(r"""//[^\n]*|/\*.*?\*/|'(?:\\.[^']*|[^'\\])'|("(?:[^"\\\n]|\\.)*")|(\s+)|.""", re.S)


def literals(text):
    """The string literals; adjacent ones are one."""
    whole = []
    for match in TOKEN.finditer(text):
        literal, blank = match.groups()
        if literal:
            try:
                whole.append(ast.literal_eval(literal))
            except (SyntaxError, ValueError):
                whole.append("\n")
        elif not blank and whole:
            yield "".join(whole)
            whole = []


values = set()
for path in (path for directory in sys.argv[1:] for path in pathlib.Path(directory).rglob("*") if path.is_file()):
    if path.suffix == ".c":
        values.update(line for text in literals(path.read_text(errors="replace")) for line in text.splitlines())
    elif path.suffix in (".service", ".socket", ".timer", ".path"):
        values.update(path.read_text(errors="replace").splitlines())
for value in sorted({value.strip(" \t") for value in values}):
    if value and len(value) < 10_000 and not re.search("[\0\n\r\ud800-\udfff]", value):
        sys.stdout.buffer.write(value.encode() + b"\n")
