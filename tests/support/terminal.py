# Runs a program on a terminal of its own, types the keys each time the question is asked, prints what
# was seen and ends as the program does: python3 terminal.py QUESTION KEYS PROGRAM [ARGUMENT]...
import os, pty, select, sys
question, keys, *words = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(words[0], words)
seen = b""
answered = 0
while True:
    # An interrupt that comes between a question and the reading of its answer is lost in some programs.
    while answered and keys == "\x03" and not select.select([terminal], [], [], 0.5)[0]:
        os.write(terminal, keys.encode())
    try:
        data = os.read(terminal, 4096)
    except OSError:
        break
    if not data:
        break
    seen += data
    if seen.count(question.encode()) > answered:
        answered += 1
        os.write(terminal, keys.encode())
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
