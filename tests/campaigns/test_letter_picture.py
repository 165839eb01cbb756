"""Pictures for letters: made small, stripped of what a camera wrote, and no picture if they are none."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from threading import Barrier

import pytest
from flask import Flask
from PIL import Image

from signup.campaigns import letter_picture
from signup.campaigns.letter_picture import keep_for_letter
from signup.forms.looks.picture import MAX_PICTURE, BadPicture, Picture
from signup.ground.db import transaction

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def drawn(format_: str = "PNG", size: tuple[int, int] = (40, 20), mode: str = "RGB", **how: object) -> bytes:
    out = BytesIO()
    Image.new(mode, size, None if mode == "RGBA" else "red").save(out, format_, **how)
    return out.getvalue()


def noise(size: tuple[int, int], format_: str = "JPEG", **how: object) -> bytes:
    out = BytesIO()
    Image.effect_noise(size, 80).convert("RGB").save(out, format_, **how)
    return out.getvalue()


def kept(content: bytes) -> Picture:
    with transaction():
        found = keep_for_letter(content)
        return Picture(hash=found.hash, type=found.type, width=found.width, height=found.height, content=found.content)


def why_not(content: bytes) -> str:
    with pytest.raises(BadPicture) as told, transaction():
        keep_for_letter(content)
    return told.value.reason


@pytest.mark.one_engine
def test_a_photo_is_made_as_small_as_letters_need(app: Flask) -> None:
    found = kept(noise((3_000, 2_000), quality=95))
    assert (found.type, found.width, found.height) == ("jpeg", 1_200, 800)
    assert len(found.content) <= MAX_PICTURE


@pytest.mark.one_engine
def test_where_and_by_what_it_was_taken_does_not_stay_and_it_stands_upright(app: Flask) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera of mine"
    exif.get_ifd(0x8825)[1] = "N"
    content = noise((300, 200), exif=exif)
    assert b"A camera of mine" in content
    found = kept(content)
    assert (found.width, found.height) == (200, 300)
    assert b"Exif" not in found.content
    assert b"camera" not in found.content


@pytest.mark.one_engine
@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (drawn("PNG"), "png"),
        (drawn("PNG", mode="RGBA"), "png"),
        (drawn("PNG", mode="P"), "png"),
        (drawn("PNG", mode="L"), "png"),
        (drawn("JPEG", mode="CMYK"), "png"),
        (drawn("GIF"), "png"),
        (drawn("WEBP", lossless=True), "png"),
        (noise((300, 200), "WEBP"), "jpeg"),
        (noise((300, 200), "PNG"), "jpeg"),
    ],
)
def test_each_kind_becomes_one_that_every_mail_program_shows(app: Flask, content: bytes, type_: str) -> None:
    assert kept(content).type == type_


@pytest.mark.one_engine
def test_what_can_be_seen_through_and_is_too_large_gets_a_white_ground(app: Flask) -> None:
    out = BytesIO()
    image = Image.effect_noise((1_100, 900), 90).convert("RGBA")
    image.putalpha(Image.effect_noise((1_100, 900), 90))
    image.save(out, "PNG")
    assert kept(out.getvalue()).type == "jpeg"


@pytest.mark.one_engine
def test_a_small_film_stays_one(app: Flask) -> None:
    out = BytesIO()
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    assert kept(out.getvalue()).content == out.getvalue()
    assert why_not(out.getvalue() + b"\0" * MAX_PICTURE) == "large-film"
    webp = BytesIO()
    frames[0].save(webp, "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert why_not(webp.getvalue()) == "film"


@pytest.mark.one_engine
@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"<html><script>alert(1)</script>",
        b"GIF89a<script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"BM" + b"\0" * 60,
        b"%PDF-1.4",
        b"RIFF\0\0\0\0WEBPVP8 ",
        drawn("PNG")[:50],
        drawn("JPEG", size=(900, 900))[:300],
        drawn("TIFF"),
        drawn("BMP"),
        b"x",
    ],
)
def test_what_is_no_picture_is_refused_by_what_it_holds(app: Flask, content: bytes) -> None:
    assert why_not(content) == "type"


@pytest.mark.one_engine
def test_what_follows_a_picture_in_its_file_does_not_stay(app: Flask) -> None:
    found = kept(drawn("PNG") + b"<script>alert(1)</script>")
    assert b"script" not in found.content


@pytest.mark.one_engine
def test_a_small_file_that_unpacks_to_a_huge_picture_is_not_unpacked(app: Flask) -> None:
    content = drawn("PNG", size=(8_000, 8_000), mode="1")
    assert len(content) < 100_000
    assert why_not(content) == "pixels"
    assert why_not(b"\0" * (letter_picture.MAX_UPLOAD + 1)) == "large"


@pytest.mark.one_engine
def test_a_very_long_one_fits_too(app: Flask) -> None:
    found = kept(drawn("PNG", size=(30, 9_000)))
    assert found.height == 3_000
    assert found.width >= 1


@pytest.mark.one_engine
def test_the_same_picture_is_kept_once(app: Flask) -> None:
    content = noise((2_000, 1_000))
    assert kept(content).hash == kept(content).hash


@pytest.mark.both_engines
def test_two_who_keep_the_same_picture_at_once_both_have_it(app: Flask) -> None:
    content, together = drawn("PNG", size=(33, 33)), Barrier(4)

    def keep(_nth: int) -> str:
        with app.app_context():
            together.wait(10)
            return kept(content).hash

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(keep, range(4)))) == 1
