"""A real IMAP server for a test, in its own process, and a front that speaks TLS."""

import imaplib
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "returned", "p/w:@ 7é"  # of a server that lives for one test
URL = "imap://returned:p%2Fw%3A%40%207%C3%A9@127.0.0.1:{}/INBOX"


class ImapServer:
    """pymap with one mailbox in memory."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        program = Path(sys.executable).with_name("pymap")
        words = [str(program), "--host", "127.0.0.1", "--port", str(self.port), "--no-tls", "dict"]
        user = ["--demo-user", USER, "--demo-password", PASSWORD]
        self._process = subprocess.Popen([*words, *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._wait()
        self.url = URL.format(self.port)

    def _wait(self) -> None:
        for _try in range(150):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.1)
        raise TimeoutError("pymap does not answer")

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    def client(self) -> imaplib.IMAP4:
        """Signed in as the owner of the mailbox, with INBOX open."""
        imap = imaplib.IMAP4("127.0.0.1", self.port, timeout=10)
        imap.authenticate("PLAIN", lambda _asked: f"\0{USER}\0{PASSWORD}".encode())
        imap.select("INBOX")
        return imap

    def put(self, *mails: bytes, folder: str = "INBOX") -> None:
        imap = self.client()
        for mail in mails:
            assert imap.append(folder, None, None, mail.replace(b"\n", b"\r\n"))[0] == "OK"
        imap.logout()

    def count(self, folder: str, criterion: str = "ALL") -> int:
        """How many mails are in a folder; none where there is no such folder."""
        imap = self.client()
        if imap.select(f'"{folder}"')[0] != "OK":
            return 0
        found = imap.search(None, criterion)[1][0]
        imap.logout()
        return len((found or b"").split())


class TlsFront:
    """Takes TLS off, in front of a server. Its certificate is signed by nobody else: `certificate` must be trusted."""

    def __init__(self, port: int, folder: Path) -> None:
        self.certificate = folder / "front.pem"
        self.certificate.write_bytes(_certificate())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        self._behind = port
        self._listening = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True)
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                front, _who = self._listening.accept()
            except ssl.SSLError:
                continue  # it did not trust us
            except OSError:
                return
            back = socket.create_connection(("127.0.0.1", self._behind))
            for one, other in ((front, back), (back, front)):
                threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while found := one.recv(65_536):
            other.sendall(found)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private + made.public_bytes(serialization.Encoding.PEM)
