"""SIGHUP: read the policy anew; but when the terminal of this process has gone, it is what it always was: the end.

A person who closes a terminal does not expect that what ran in it goes on; a service has none.
"""

import asyncio
import os
import signal
from collections.abc import Callable


def on_hangup(*, reload: Callable[[], None], stop: Callable[[], None]) -> None:
    """Answer SIGHUP from now on, in the running event loop. Who ignored it before (``nohup``) meant the terminal:
    there is nothing to stop for then."""
    had_terminal = _has_terminal() and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN

    def hung_up() -> None:
        (stop if had_terminal and not _has_terminal() else reload)()

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hung_up)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True
