"""Reports of receivers become figures, each once; what strangers pack into them does no harm."""

import gzip
import io
import time
import zipfile
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask
from sqlalchemy import func, select

from signup.bounces.dmarc.dmarc_figures import sources
from signup.bounces.dmarc.dmarc_report import DmarcCount, DmarcReport, forget_reports
from signup.bounces.dmarc.read_report import MAX_XML, BadReport, read_report, unpacked
from signup.bounces.intake.hand_on import hand_on
from signup.ground.db import db
from tests.cast import make_list

pytestmark = pytest.mark.both_engines
ROW = """<record><row><source_ip>{ip}</source_ip><count>{n}</count><policy_evaluated>
<disposition>{outcome}</disposition><dkim>{dkim}</dkim><spf>pass</spf></policy_evaluated></row><identifiers><header_from>example.org</header_from>
</identifiers></record>"""


def report(
    *rows: str, number: str = "1", org: str = "Google Inc.", domain: str = "example.org", days: int = 1
) -> bytes:
    begin = int(time.time() - days * 86_400)
    head = '<?xml version="1.0" encoding="UTF-8"?><feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">'
    return f"""{head}<report_metadata><org_name>{org}</org_name><report_id>{number}</report_id>
<date_range><begin>{begin}</begin><end>{begin + 86_399}</end></date_range></report_metadata>
<policy_published><domain>{domain}</domain><p>none</p></policy_published>{"".join(rows)}</feedback>""".encode()


def row(n: object = 3, ip: str = "192.0.2.7", dkim: str = "pass", outcome: str = "none") -> str:
    return ROW.format(n=n, ip=ip, dkim=dkim, outcome=outcome)


def zipped(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("report.xml", content)
    return made.getvalue()


def mail(
    content: bytes, name: str = "google.com!example.org!1764547200!1764633599.xml.gz", subject: str = "x"
) -> bytes:
    made = EmailMessage()
    made["From"], made["Subject"] = "noreply-dmarc@example.net", subject
    made.set_content("A report.")
    made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def counts() -> list[tuple[str, str, bool, int]]:
    db.session.rollback()
    query = select(DmarcCount).order_by(DmarcCount.source)
    return [(one.organisation, one.source, one.dkim, one.n) for one in db.session.scalars(query)]


@pytest.fixture
def letter(app: Flask) -> None:
    """A list whose sender is at example.org."""
    make_list()


@pytest.mark.parametrize("pack", [gzip.compress, zipped, bytes])
def test_a_report_is_counted_by_source_and_alignment_however_it_is_packed(letter: None, pack: object) -> None:
    content = report(row(3), row(2), row(5, "2001:db8::1", "fail", "reject"))
    assert hand_on(mail(pack(content)))  # type: ignore[operator]
    assert counts() == [("Google Inc.", "192.0.2.7", True, 5), ("Google Inc.", "2001:db8::1", False, 5)]
    assert [(one.source, one.n) for one in sources(7)] == [("192.0.2.7", 5), ("2001:db8::1", 5)]


def test_a_report_that_comes_twice_counts_once_and_another_one_adds(letter: None) -> None:
    assert [hand_on(mail(gzip.compress(report(row())))) for _each in range(2)] == [True, False]
    assert hand_on(mail(gzip.compress(report(row(), number="2"))))
    assert [one[3] for one in counts()] == [6]


def test_a_made_up_report_stands_under_the_name_that_it_gives_and_of_other_domains_nothing_is_kept(
    letter: None,
) -> None:
    assert hand_on(
        mail(gzip.compress(report(row(), org="Eve <b>& co</b>".replace("<", "&lt;").replace("& ", "&amp; "))))
    )
    assert not hand_on(mail(gzip.compress(report(row(), domain="example.net"))))
    assert not hand_on(mail(gzip.compress(report(row(), number="3", days=400))))
    assert [one[0] for one in counts()] == ["Eve <b>& co</b>"]


def test_a_mail_without_a_report_is_handed_on(letter: None) -> None:
    assert not hand_on(mail(b"\x89PNG", "picture.png"))
    assert counts() == []


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><feedback>&b;</feedback>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>'


@pytest.mark.parametrize(
    "content",
    [
        BOMB,
        BOMB.decode().encode("utf-16"),
        OUTSIDE,
        b"<feedback>" + b"<a>" * 500_000,
        b"<feedback>" + b"<a/>" * 500_000 + b"</feedback>",
        b"<feedback/>",
        b"<other/>",
        b"",
        b"\x1f\x8bbroken",
        b"PK\x03\x04broken",
        b'<?xml version="1.0" encoding="nonsense"?><feedback/>',
        report(row(ip="localhost")),
        report(row(n="-1")),
        report(row(n="1e9")),
        report(row(n="٣")),
    ],
)
def test_what_is_no_honest_report_is_refused_at_once(content: bytes) -> None:
    started = time.monotonic()
    with pytest.raises(BadReport):
        read_report(unpacked(content), datetime.now(UTC).date())
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("pack", [gzip.compress, zipped])
def test_a_bomb_is_not_unpacked(letter: None, pack: object) -> None:
    packed = pack(b" " * 20 * MAX_XML)  # type: ignore[operator]
    with pytest.raises(BadReport, match="too-big"):
        unpacked(packed)
    assert not hand_on(mail(packed))
    assert db.session.scalar(select(func.count()).select_from(DmarcReport)) == 0


def test_old_figures_are_deleted(letter: None) -> None:
    assert hand_on(mail(gzip.compress(report(row()))))
    assert forget_reports() == 0
    with db.session.begin():
        old = datetime.now(UTC) - timedelta(days=500)
        db.session.execute(db.update(DmarcCount).values(day=old.date()))
        db.session.execute(db.update(DmarcReport).values(received_at=old))
    assert forget_reports() == 2
    assert counts() == []
