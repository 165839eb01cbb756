"""A log stream on standard error that never makes anybody wait.

Whoever reads our standard error may stop reading; once that pipe is full, a write waits for ever, and with it the
thread that sends mails. So threads hand their lines to one writer, and what does not fit is counted, not waited for.
"""

import contextlib
import os
import stat
import threading
from queue import SimpleQueue
from typing import TextIO

MAX_WAITING = 2_000
"""How many lines may wait. A traceback counts as one."""
FLUSH_SECONDS = 1.0


class LogStream:
    """A text stream that never blocks and never raises. A plain file is written at once, anything else by a thread."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_file = _is_file(stream)
        self._waiting: SimpleQueue[str | threading.Event] = SimpleQueue()
        self._start = threading.Lock()
        self._pid = 0
        self.dropped = 0
        """Lines that nobody will read, since the last one that told so."""

    def write(self, text: str) -> int:
        """Keep `text` for the writing thread, or count it as dropped when too much waits."""
        if self._is_file:
            self._put(text)
        elif self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(text)
            self._start_writer()
        else:
            self.dropped += 1
        return len(text)

    def flush(self) -> None:
        """Does nothing: the writing thread flushes each line."""

    def drain(self, seconds: float = FLUSH_SECONDS) -> None:
        """Wait a little for lines that are not written yet, before the process ends."""
        if self._pid == os.getpid():
            written = threading.Event()
            self._waiting.put(written)
            written.wait(seconds)

    def _start_writer(self) -> None:
        """Start the writing thread. Each process needs its own, as no thread survives a fork."""
        if self._pid == os.getpid() or not self._start.acquire(blocking=False):
            return
        try:
            self._pid = os.getpid()
            threading.Thread(target=self._work, name="log", daemon=True).start()
        finally:
            self._start.release()

    def _work(self) -> None:
        while True:
            text = self._waiting.get()
            if isinstance(text, threading.Event):
                text.set()
                continue
            dropped, self.dropped = self.dropped, 0
            if dropped:
                text += f'{{"event": "log.dropped", "lines": {dropped}, "level": "warning"}}\n'
            self._put(text)

    def _put(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # a full disk, a closed pipe: nobody's work ends for want of a log
            self.dropped += 1


def _is_file(stream: TextIO) -> bool:
    """Whether writing never waits: the stream is a plain file, or in a test's memory."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
    return True
