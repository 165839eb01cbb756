"""What is wrong with a sender's domain is named, each by its own name; what is right is left alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from signup.cli.main import main
from signup.deliverability.examine_domain import examine
from signup.deliverability.finding import Grade
from signup.ground.config import Settings
from signup.ground.db import db, transaction
from signup.ground.urls import settings
from signup.mailer.dkim_key import keys_of, make_key
from tests.cast import make_list
from tests.deliverability.dns_server import DnsServer, Zone

pytestmark = pytest.mark.one_engine
DOMAIN, RELAY, ADDRESS = "example.org", "mx.example.net", "1.2.3.4"


@pytest.fixture
def dns_server() -> Iterator[DnsServer]:
    server = DnsServer()
    yield server
    server.stop()


@pytest.fixture
def zone(app: Flask, dns_server: DnsServer) -> Zone:
    """A domain that is set up as it must be."""
    with transaction():
        key = make_key(DOMAIN, "s1")
        name, record = key.record_name, " ".join(f'"{part}"' for part in _split(key.record))
    dns_server.zone |= {
        (DOMAIN, "TXT"): ['"v=spf1 include:_spf.example.net -all"', '"something else"'],
        ("_spf.example.net", "TXT"): [f'"v=spf1 ip4:{ADDRESS} -all"'],
        (name, "TXT"): [record],
        (f"_dmarc.{DOMAIN}", "TXT"): ['"v=DMARC1; p=quarantine; rua=mailto:d@example.org"'],
        (DOMAIN, "MX"): [f"10 {RELAY}."],
        (RELAY, "A"): [ADDRESS],
        ("4.3.2.1.in-addr.arpa", "PTR"): [f"{RELAY}."],
        (f"_mta-sts.{DOMAIN}", "TXT"): ['"v=STSv1; id=1"'],
        (f"_smtp._tls.{DOMAIN}", "TXT"): ['"v=TLSRPTv1; rua=mailto:t@example.org"'],
    }
    return dns_server.zone


def _split(text: str) -> list[str]:
    return [text[at : at + 200] for at in range(0, len(text), 200)]


@pytest.fixture
def configured(dns_server: DnsServer) -> Settings:
    return settings().model_copy(update={"dns_server": dns_server.address, "smtp_url": _secret(f"smtp://{RELAY}:25")})


def _secret(url: str) -> Any:
    return type(settings().smtp_url)(url)


def wrong(configured: Settings) -> set[str]:
    return {one.code for one in examine(DOMAIN, configured) if one.grade in {Grade.WRONG, Grade.UNKNOWN}}


def test_a_domain_that_is_set_up_is_fine(zone: Zone, configured: Settings) -> None:
    found = examine(DOMAIN, configured)
    assert {one.grade for one in found} == {Grade.FINE}
    assert [one.check for one in found] == ["SPF", "DKIM", "DMARC", "alignment", "MX", "PTR", "MTA-STS", "TLS-RPT"]


SPF, DMARC, DKIM = (DOMAIN, "TXT"), (f"_dmarc.{DOMAIN}", "TXT"), (f"s1._domainkey.{DOMAIN}", "TXT")
BROKEN: dict[str, Callable[[Zone], Any]] = {
    "no-spf": lambda zone: zone.update({SPF: ['"hello"']}),
    "two-spf": lambda zone: zone.update({SPF: ['"v=spf1 -all"', '"v=spf1 a -all"']}),
    "spf-without-relay": lambda zone: zone.update({SPF: ['"v=spf1 ip4:9.9.9.9 -all"']}),
    "spf-too-many-lookups": lambda zone: zone.update({SPF: ['"v=spf1 ' + "a " * 11 + '-all"']}),
    "spf-broken-include": lambda zone: zone.update({SPF: ['"v=spf1 include:gone.example.net -all"']}),
    "spf-syntax": lambda zone: zone.update({SPF: ['"v=spf1 ipv4:1.2.3.4 -all"']}),
    "no-dkim-record": lambda zone: zone.pop(DKIM),
    "two-dkim-records": lambda zone: zone.update({DKIM: ['"v=DKIM1; p=AA"', '"v=DKIM1; p=BB"']}),
    "dkim-revoked": lambda zone: zone.update({DKIM: ['"v=DKIM1; p="']}),
    "other-dkim-key": lambda zone: zone.update({DKIM: ['"v=DKIM1; k=rsa; p=AAAA"']}),
    "no-dmarc": lambda zone: zone.pop(DMARC),
    "two-dmarc": lambda zone: zone.update({DMARC: ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"']}),
    "bad-dmarc": lambda zone: zone.update({DMARC: ['"v=DMARC1; policy=none"']}),
    "null-mx": lambda zone: zone.update({(DOMAIN, "MX"): ["0 ."]}),
    "no-mx": lambda zone: zone.pop((DOMAIN, "MX")),
    "no-ptr": lambda zone: zone.pop(("4.3.2.1.in-addr.arpa", "PTR")),
    "ptr-mismatch": lambda zone: zone.update({("4.3.2.1.in-addr.arpa", "PTR"): ["other.example.net."]}),
}


@pytest.mark.parametrize("code", BROKEN)
def test_what_is_broken_is_named(zone: Zone, configured: Settings, code: str) -> None:
    BROKEN[code](zone)
    assert wrong(configured) == {code}
    (finding,) = (one for one in examine(DOMAIN, configured) if one.code == code)
    assert finding.todo


def test_a_length_for_each_kind_of_address_is_understood(zone: Zone, configured: Settings) -> None:
    zone[SPF] = [f'"v=spf1 a:{RELAY}/24//64 -all"']
    assert wrong(configured) == set()


def test_a_relay_on_this_machine_says_nothing_of_where_mail_leaves(zone: Zone, configured: Settings) -> None:
    local = configured.model_copy(update={"smtp_url": _secret("smtp://127.0.0.1:25?starttls=no")})
    assert "relay-unknown" in {one.code for one in examine(DOMAIN, local)}


def test_a_record_for_a_key_that_nobody_made_is_no_key(zone: Zone, configured: Settings) -> None:
    with transaction():
        for one in keys_of(DOMAIN):
            db.session.delete(one)
    assert wrong(configured) == {"no-dkim-key"}
    assert "only-spf-aligned" in {one.code for one in examine(DOMAIN, configured)}


def test_a_domain_has_the_dmarc_of_the_domain_above(zone: Zone, configured: Settings) -> None:
    found = {one.check: one for one in examine(f"news.{DOMAIN}", configured)}
    assert found["DMARC"].grade == Grade.FINE


def test_dns_that_does_not_answer_is_no_fault_of_the_domain(app: Flask, dns_server: DnsServer) -> None:
    away = settings().model_copy(update={"dns_server": "127.0.0.1@1"})
    assert {one.code for one in examine(DOMAIN, away) if one.check in {"SPF", "MX"}} == {"dns-away"}


def test_the_console_says_what_to_do_and_what_to_copy(
    app: Flask, zone: Zone, configured: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_list()
    monkeypatch.setattr("signup.cli.serving.settings", lambda: configured)
    fine = CliRunner().invoke(main, ["doctor", "mail", "the-letter"], obj=lambda: app)
    assert fine.exit_code == 0, fine.output
    del zone[DKIM]
    broken = CliRunner().invoke(main, ["doctor", "mail", "--json"], obj=lambda: app)
    assert broken.exit_code == 1
    (row,) = (one for one in json.loads(broken.output) if one["code"] == "no-dkim-record")
    assert row["record"].startswith("s1._domainkey.example.org. IN TXT")
