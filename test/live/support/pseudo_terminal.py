"""Runs a command on a pseudo terminal: COLUMNS ROWS COMMAND...

What it writes goes to standard output as it is. Standard input takes commands, one JSON object a line: {"type": TEXT},
{"size": [COLUMNS, ROWS]}, {"signal": NUMBER}. Standard error tells facts in the same form: {"stopped": true} when the command was
stopped, {"ended": CODE}; each with "mode", whether the terminal echoes and gathers lines, as it does for a shell.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios


def set_size(fd, columns, rows):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def tell(fact, fd):
    local = termios.tcgetattr(fd)[3]
    fact["mode"] = bool(local & termios.ECHO) and bool(local & termios.ICANON)
    sys.stderr.write(json.dumps(fact) + "\n")
    sys.stderr.flush()


def main():
    columns, rows, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    # Kept open on this side, so that the terminal outlives the command and its mode can be told.
    ours, theirs = pty.openpty()
    set_size(ours, columns, rows)
    pid = os.fork()
    if pid == 0:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)
        for fd in (0, 1, 2):
            os.dup2(theirs, fd)
        os.execvp(command[0], command)
    begun = b""
    inputs = [ours, sys.stdin.fileno()]
    while True:
        ready, _, _ = select.select(inputs, [], [], 0.02)
        if ours in ready:
            os.write(1, os.read(ours, 65536))
        if sys.stdin.fileno() in ready:
            read = os.read(sys.stdin.fileno(), 65536)
            if read == b"":
                inputs.remove(sys.stdin.fileno())
            *lines, begun = (begun + read).split(b"\n")
            for line in lines:
                asked = json.loads(line)
                if "type" in asked:
                    os.write(ours, asked["type"].encode())
                if "size" in asked:
                    set_size(ours, *asked["size"])
                if "signal" in asked:
                    os.kill(pid, asked["signal"])
        ended, status = os.waitpid(pid, os.WNOHANG | os.WUNTRACED)
        if ended == 0 or ours in ready:
            if ended == 0:
                continue
        if os.WIFSTOPPED(status):
            tell({"stopped": True}, theirs)
            continue
        while select.select([ours], [], [], 0.1)[0]:
            os.write(1, os.read(ours, 65536))
        tell({"ended": os.waitstatus_to_exitcode(status)}, theirs)
        return


main()
