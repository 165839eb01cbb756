"""A DNS server on the loopback that holds the records it is given."""

import socketserver
import threading
from typing import Any

import dns.message
import dns.rcode
import dns.rrset

Zone = dict[tuple[str, str], list[str]]


class DnsServer:
    """Answers from `zone`: name and kind to texts as a zone file has them; a name it does not hold does not exist."""

    def __init__(self) -> None:
        self.zone: Zone = {}
        outer = self

        class Answer(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                data, sender = self.request
                asked = dns.message.from_wire(data)
                sender.sendto(outer.answer(asked).to_wire(max_size=4096), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Answer)
        self.address = f"127.0.0.1@{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def answer(self, asked: Any) -> Any:
        answer = dns.message.make_response(asked)
        question = asked.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        texts = self.zone.get((name, kind))
        if texts:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, texts))
        elif not any(one == name for one, _kind in self.zone):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        return answer

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
