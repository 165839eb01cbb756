"""A request that is still arriving: the part that is there, and whether it is whole (HTTP/1.1 framing, RFC 9112).

Nothing is judged here but the end: what is malformed counts as whole, so that the server's own parser refuses it.
"""

import re
import tempfile
from pathlib import Path
from typing import IO

MAX_HEAD = 64 * 1024
MAX_CHUNK_LINE = 1024
MAX_DIGITS = 15
IN_MEMORY = 128 * 1024
MAX_BODY = 1024 * 1024
MAX_UPLOAD = 64 * 1024 * 1024
"""More than the admin accepts. The application refuses larger bodies by their length alone."""
_LENGTH = re.compile(rb"^content-length[ \t]*:[ \t]*([0-9]+)[ \t]*$", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)
_EXPECT = re.compile(rb"^expect[ \t]*:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE | re.MULTILINE)
_UPLOADS = re.compile(rb"[A-Z]+ /(admin|api)/")


class TooLargeHead(Exception):
    """The headers are larger than `MAX_HEAD` bytes."""


class IncomingRequest:
    """The bytes of one request. Up to `IN_MEMORY` of them stay in memory; more go to a file without a name."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._bytes = bytearray()
        self._file: IO[bytes] | None = None
        self._scanned = 0
        self._needed: int | None = None
        self._chunk_at = 0
        self._is_last_chunk = False
        self.size = 0
        self.has_head = False
        self.is_whole = False
        self.expects_word = False
        """The client waits for "100 Continue" before it sends its body (RFC 9110 section 10.1.1)."""

    @property
    def on_disk(self) -> int:
        """How many bytes are in the file."""
        return self.size - len(self._bytes) if self._file else 0

    @property
    def expected(self) -> int:
        """How many bytes the whole request has, as far as it says."""
        return self._needed or self.size

    def feed(self, data: bytes) -> None:
        """Add what has arrived. Raises `TooLargeHead`."""
        if not self.size:
            data = data.lstrip(b"\r\n")  # RFC 9112 section 2.2: an empty line before a request is skipped
        self.size += len(data)
        if self._file:
            self._file.write(data)
        else:
            self._bytes += data
        if not self.has_head:
            self._read_head()
        if self.has_head and not self.is_whole:
            self._look_for_end()
        if not self.is_whole and not self._file and self._needed and len(self._bytes) > IN_MEMORY:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115  # lives as long as the request
            self._file.write(self._bytes)
            self._bytes.clear()

    def take(self) -> tuple[bytes, IO[bytes] | None]:
        """Hand over what has arrived: bytes, then the file, which the caller closes."""
        data, file = bytes(self._bytes), self._file
        self._bytes, self._file = bytearray(), None
        if file:
            file.seek(0)
        return data, file

    def close(self) -> None:
        """Drop what has arrived."""
        if self._file:
            self._file.close()
        self._bytes, self._file = bytearray(), None

    def _read_head(self) -> None:
        end = self._bytes.find(b"\r\n\r\n", max(0, self._scanned - 3))
        if end < 0:
            self._scanned = len(self._bytes)
            if self._scanned > MAX_HEAD:
                raise TooLargeHead
            return
        self.has_head = True
        head = bytes(self._bytes[: end + 2]).replace(b"\r\n", b"\n")
        if _EXPECT.search(self._bytes, 0, end + 2):
            # Answered at once instead: who waits for the word sends nothing that could be waited for.
            self.expects_word = True
            self._bytes[: end + 2] = _EXPECT.sub(b"", bytes(self._bytes[: end + 2]), count=1)
            self.size = len(self._bytes)
            end = self._bytes.find(b"\r\n\r\n")
        self._chunk_at = end + 4
        if _CHUNKED.search(head):
            return
        length = _LENGTH.search(head)
        self._needed = end + 4 + (int(length[1].lstrip(b"0")[:MAX_DIGITS] or b"0") if length else 0)
        most = MAX_UPLOAD if _UPLOADS.match(head) else MAX_BODY
        self.is_whole = self._needed - end > most

    def _look_for_end(self) -> None:
        if self._needed is not None:
            self.is_whole = self.size >= self._needed
            return
        self.is_whole = self.size > IN_MEMORY or self._has_last_chunk()

    def _has_last_chunk(self) -> bool:
        """Whether the chunks and their trailers are complete (RFC 9112 section 7.1)."""
        while True:
            line_end = self._bytes.find(b"\r\n", self._chunk_at)
            if line_end < 0:
                return len(self._bytes) - self._chunk_at > MAX_CHUNK_LINE
            line = bytes(self._bytes[self._chunk_at : line_end])
            if self._is_last_chunk:
                self._chunk_at = line_end + 2
                if not line:
                    return True
                continue
            try:
                size = int(line.partition(b";")[0].strip(), 16)
            except ValueError:
                return True
            if size == 0:
                self._is_last_chunk, self._chunk_at = True, line_end + 2
                continue
            if size < 0 or size > IN_MEMORY:
                return True
            if len(self._bytes) < line_end + 2 + size + 2:
                return False
            self._chunk_at = line_end + 2 + size + 2
