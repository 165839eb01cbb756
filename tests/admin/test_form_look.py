"""The look of a form: chosen in the editor, worn on our page, by the script, in the preview; its pictures."""

import io
import re
import struct
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from signup.admin.forms.ready_look import READY_LOOKS
from signup.forms.form import Definition
from signup.forms.looks.appearance import Appearance
from signup.forms.looks.contrast import contrasts
from signup.forms.looks.look import FONTS, Look
from signup.forms.looks.look_style import NAME, address, page_sheet, script_sheet
from signup.forms.looks.picture import MAX_PICTURE, BadPicture, keep, shape_of
from tests.admin.cast import post, signed_in
from tests.admin.test_forms import make_one, saved, typed, versions
from tests.cast import BLOG, WORDING, make_form

pytestmark = pytest.mark.one_engine

LOOK = "appearance-look-"


def png(width: int = 40, height: int = 20, rest: bytes = b"") -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x06\0\0\0" + rest


def jpeg(width: int = 640, height: int = 480) -> bytes:
    exif = b"\xff\xe1" + struct.pack(">H", 12) + b"Exif\0\0abcd"
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 17, 8, height, width, 3)
    return b"\xff\xd8" + exif + b"\xff" + frame + b"\0" * 9


def send(app: Flask, client: FlaskClient, content: bytes, **more: Any) -> Any:
    """Upload a logo without publishing."""
    files = {f"{LOOK}logo_file": (io.BytesIO(content), "logo.png")}
    return post(client, "/admin/forms/new", typed(make_one(app), do="upload", **more) | files)


def kept(page: str, name: str = "logo") -> str:
    found = re.search(rf'name="{LOOK}{name}" type="hidden" value="([0-9a-f]*)"', page)
    assert found, page
    return found[1]


def test_a_ready_look_fills_in_what_it_means_and_saves_nothing(app: Flask) -> None:
    opal = signed_in(app)
    page = post(opal, "/admin/forms/new", typed(make_one(app), do="look:editorial", **{f"{LOOK}layout": "row"})).text
    assert 'value="#111111"' in page
    assert re.search(r'<option selected value="serif">', page)
    assert re.search(rf'name="{LOOK}radius"[^>]* value="0"', page)
    assert re.search(r'checked[^>]* value="row"', page), "the layout stays"
    assert versions(app) == 0


@pytest.mark.parametrize("name", READY_LOOKS)
def test_every_ready_look_can_be_read(name: str) -> None:
    assert all(one.is_enough for one in contrasts(READY_LOOKS[name].colours))


def test_a_look_with_pictures_is_worn_everywhere(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app)
    page = send(app, opal, png(300, 60)).text
    logo = kept(page)
    look = {
        f"{LOOK}logo": logo,
        f"{LOOK}logo_alt": 'The "Letter" </style>',
        f"{LOOK}layout": "row",
        f"{LOOK}font": "mono",
        f"{LOOK}radius": "3",
        f"{LOOK}width": "wide",
        f"{LOOK}spacing": "airy",
        "appearance-accent": "#aa0044",
    }
    posted = post(opal, "/admin/forms/new", typed(saved_list(page), allowed_origins=BLOG, **look))
    assert posted.status_code == 303
    form = saved(app)
    with app.app_context():
        worn = form.version.definition.appearance.look
    assert worn.logo is not None
    assert (worn.layout, worn.font, worn.radius, worn.width, worn.spacing) == ("row", "mono", 3, "wide", "airy")
    assert (worn.logo.hash, worn.logo.type, worn.logo.width, worn.logo.height) == (logo, "png", 300, 60)

    hosted = client.get(f"/f/{form.public_id}").text
    assert f'<img class="logo" src="/picture/{logo}.png" alt="The &#34;Letter&#34; &lt;/style&gt;"' in hosted
    assert hosted.index('<button type="submit"') < hosted.index('id="consent"'), "the button stands beside the input"
    sheet = re.search(r'href="(/colours/[^"]+)"', hosted)
    assert sheet
    rules = client.get(sheet[1].replace("&amp;", "&"))
    assert rules.mimetype == "text/css"
    for rule in (FONTS["mono"], "--radius:3px", "max-width:42rem", "@container", "--accent:#aa0044"):
        assert rule in rules.text

    told = client.get(f"/f/{form.public_id}/embed", headers={"Origin": BLOG}).get_json()
    assert told["row"] is True
    for rule in (
        FONTS["mono"],
        "--r:var(--signup-radius,3px)",
        f"/picture/{logo}.png",
        'content:""/"The Letter /style"',
    ):
        assert rule in told["css"]

    preview = opal.get(f"/admin/forms/{form.public_id}/preview")
    assert f'src="/picture/{logo}.png"' in preview.text
    assert FONTS["mono"] in preview.text, "quotes of a font are no HTML here"
    shown = client.get(f"/picture/{logo}.png")
    assert (shown.data, shown.mimetype) == (png(300, 60), "image/png")
    assert "immutable" in shown.headers["Cache-Control"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    for wrong in (f"{logo}.gif", f"{logo}", "0" * 64 + ".png", "../x.png", logo.upper() + ".png"):
        assert client.get(f"/picture/{wrong}").status_code == 404


def saved_list(page: str) -> int:
    found = re.search(r'name="read_for"[^>]*value="(\d+)"', page)
    assert found
    return int(found[1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "Use a PNG, JPEG or GIF"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "Use a PNG, JPEG or GIF"),
        (b"<html>" + png(), "Use a PNG, JPEG or GIF"),
        (png()[:18], "Use a PNG, JPEG or GIF"),
        (png(100_000, 100_000), "at most 3,000 pixels"),
        (png(0, 5), "at most 3,000 pixels"),
    ],
)
def test_what_is_no_picture_for_us_is_refused_beside_its_input_and_nothing_is_lost(
    app: Flask, content: bytes, said: str
) -> None:
    page = send(app, signed_in(app), content, title="Keep this title").text
    assert said in page
    assert 'value="Keep this title"' in page
    assert kept(page) == ""


def test_a_picture_that_is_too_large_is_refused(context: Flask) -> None:
    with pytest.raises(BadPicture, match="large"):
        keep(png(rest=b"x" * MAX_PICTURE))


def test_a_removed_picture_is_gone_from_the_form_and_stays_where_it_was_shown(app: Flask, client: FlaskClient) -> None:
    opal = signed_in(app)
    page = send(app, opal, jpeg()).text
    logo, list_id = kept(page), saved_list(page)
    post(opal, "/admin/forms/new", typed(list_id, **{f"{LOOK}logo": logo}))
    public_id = saved(app).public_id
    gone = {f"{LOOK}logo": logo, f"{LOOK}logo_remove": "y", "seen_version": 1, "read_for": list_id}
    assert post(opal, f"/admin/forms/{public_id}", typed(list_id, **gone)).status_code == 303
    assert "/picture/" not in client.get(f"/f/{public_id}").text
    assert client.get(f"/picture/{logo}.jpeg").status_code == 200
    assert opal.get(f"/admin/forms/{public_id}/versions?before=1&after=2").status_code == 200


def test_a_form_of_long_ago_has_our_look_and_is_no_other_version(app: Flask) -> None:
    old = Definition.model_validate({"title": "Old", "wording": WORDING, "appearance": {"mode": "bar"}})
    assert old.appearance.look == Look()
    assert page_sheet(old.appearance) == ""
    with app.test_request_context():
        assert address(old.appearance) == ""
    form = make_form(magnet=False)
    with app.app_context():
        assert form.publish(form.version.definition).number == 1


def test_our_own_look_adds_nothing_and_a_width_holds_in_place_and_over_it() -> None:
    assert script_sheet(Appearance()) == ""
    full = script_sheet(Appearance(look=Look(width="full")))
    assert full == ".w:not(.o) .c{max-width:none}dialog{width:60rem}"


@given(st.binary(max_size=64) | st.binary(max_size=64).map(lambda rest: b"\xff\xd8\xff" + rest))
def test_no_bytes_break_the_look_at_a_picture(content: bytes) -> None:
    try:
        shape = shape_of(content)
    except BadPicture:
        return
    assert min(shape.width, shape.height) >= 0


def test_the_size_of_each_kind_of_picture_is_read() -> None:
    assert shape_of(jpeg(640, 480)) == ("jpeg", 640, 480)
    assert shape_of(png(12, 34)) == ("png", 12, 34)
    assert shape_of(b"GIF89a" + struct.pack("<HH", 56, 78)) == ("gif", 56, 78)


@pytest.mark.parametrize(
    "name", ["own-own-own-row", "own-own-own-row-comic-wide-airy-3", "own-own-own-row-mono-wide-airy-99"]
)
def test_an_address_that_names_no_look_leads_nowhere(client: FlaskClient, name: str) -> None:
    assert client.get(f"/colours/{name}.css").status_code == 404
    assert NAME.fullmatch("own-own-own"), "the addresses of before still lead to their colours"
