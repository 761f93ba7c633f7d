# Runs a program on its own terminal, enters the keys each time the question appears, prints the output, and
# exits like the program: python3 terminal.py QUESTION KEYS PROGRAM [ARGUMENT]... The terminal has $ROWS rows, if set.
import fcntl, os, pty, select, struct, sys, termios
question, keys, *words = sys.argv[1:]
child, terminal = pty.fork()
if child == 0:
    if "ROWS" in os.environ:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(os.environ["ROWS"]), 100, 0, 0))
    os.execv(words[0], words)
seen = b""
answered = 0
while True:
    # Some programs lose an interrupt between a question and the reading of its answer.
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
