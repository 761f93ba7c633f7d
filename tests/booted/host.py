"""A throw-away host for scripts, as host.rs is for tests."""

import pathlib
import socket
import subprocess
import sys

ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
               "TERM": "dumb"}


class Host:
    """A booted host. As a context manager, it stops at the end of the block."""

    def __init__(self):
        script = pathlib.Path(__file__).with_name("host.sh").read_text()
        self.keeper = subprocess.Popen(
            ["unshare", "--mount", "--propagation=private", "--", "bash", "-c", script, "mkservice-host", "keep"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0,
        )
        try:
            self.report("ready")
            # systemd sends its state there.
            ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            ready.bind(f"/proc/{self.keeper.pid}/root/mnt/notify/socket")
            ready.settimeout(60)
            self.keeper.stdin.write("systemd\n")
            self.keeper.stdin.flush()
            self.pid = self.report("up")
            while b"READY=1" not in ready.recv(4096).split(b"\n"):
                pass
        except BaseException:
            self.end()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()

    def end(self):
        self.keeper.stdin.close()
        self.keeper.wait()

    def report(self, start):
        line = self.keeper.stdout.readline().strip()
        if not line.startswith(start):
            sys.exit(f"no test host: {line or 'it ended'}")
        return line[len(start):].strip()

    def inside(self, *command):
        """Returns the arguments that run a command inside as root."""
        enter = ["nsenter", f"--target={self.pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
        # In its own cgroup: processes in the one of PID 1 would keep systemd from managing it.
        return [*enter, "sh", "-c", 'echo 0 >/sys/fs/cgroup/commands/cgroup.procs && cd && exec "$@"', "sh", *command]

    def run(self, *command, **options):
        return subprocess.run(self.inside(*command), env=ENVIRONMENT, **options)

    def install(self, source, target, mode="755"):
        with open(source, "rb") as file:
            self.run("install", "-D", "-m", mode, "/dev/stdin", target, stdin=file, check=True)
