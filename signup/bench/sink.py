"""A minimal SMTP server that accepts every mail and keeps nothing. It runs as a process of its own."""

import asyncio
import sys
from typing import cast

REPLIES = {b"EHLO": b"250-sink\r\n250 PIPELINING\r\n", b"HELO": b"250 sink\r\n", b"QUIT": b"221 bye\r\n"}
OK = b"250 ok\r\n"
GO_ON = b"354 go on\r\n"


class Sink(asyncio.Protocol):
    """One connection."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._buffer = b""
        self._in_mail = False
        self._transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = b"\r\n.\r\n" if self._in_mail else b"\r\n"
            line, found, rest = self._buffer.partition(end)
            if not found:
                return
            self._buffer = rest
            if self._in_mail:
                self._in_mail = False
                self._transport.write(OK)
                continue
            command = line[:4].upper()
            if command == b"DATA":
                self._in_mail = True
            self._transport.write(GO_ON if command == b"DATA" else REPLIES.get(command, OK))


async def serve(port: int) -> None:
    """Listen on the loopback until killed."""
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
