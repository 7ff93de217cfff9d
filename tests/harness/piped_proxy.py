"""A real proxy process whose stdout is a pipe, which can be left unread or broken."""

import fcntl
import json
import os
import subprocess
from typing import Self

from harness.proxy import ProxyProcess

_BYTES = 4096


class PipedProxy(ProxyProcess):
    """The ready line is read, and nothing after it."""

    def start(self) -> Self:
        self._reader, self._writer = os.pipe()
        fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, _BYTES)
        with self.stderr_path.open("ab") as err:
            self._process = subprocess.Popen(self._command, stdout=self._writer, stderr=err, env=self._environment)
        line = b""
        while not line.endswith(b"\n"):
            line += os.read(self._reader, 1)
        self.ready = json.loads(line)
        return self

    def fill(self) -> None:
        """Let nothing more go in."""
        # By a file of its own: the proxy shares the flags of the other.
        descriptor = os.open(f"/proc/self/fd/{self._writer}", os.O_WRONLY | os.O_NONBLOCK)
        try:
            while True:
                os.write(descriptor, b"x")
        except BlockingIOError:
            os.close(descriptor)

    def leave(self) -> None:
        """Nobody is at the other end any more."""
        os.close(self._reader)
        os.close(self._writer)
