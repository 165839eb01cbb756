"""Makes a picture fit for letters: no larger than they show it, without what a camera wrote into it, kept as any other.

Every one is decoded and written anew, so nothing that is no picture stays in the file; a film (an animated GIF) is kept
as it is, if it is small. SVG is refused: it can hold a script.
"""

import struct
from io import BytesIO

from PIL import Image, ImageOps

from signup.forms.looks import picture
from signup.forms.looks.picture import MAX_PICTURE, MAX_PIXELS, BadPicture, Picture

MAX_UPLOAD = 10 * 1024 * 1024
WIDEST = 1_200
"""Pixels: twice what the widest layout shows, for dense screens."""
MOST_PIXELS = 20_000_000
MOST_PIXELS_OF = {"JPEG": 50_000_000}
"""A telephone's largest photo; JPEG unpacks to less at once. A small file can unpack to more than any memory."""
FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
DRAWN = 4_096
"""Colours at most of what may be a drawing."""
QUALITIES = (84, 74, 62)
SMALLER = 0.7
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, struct.error)
"""What the decoders raise for files that are not what they say."""
Image.MAX_IMAGE_PIXELS = None  # judged here by MOST_PIXELS: a warning of a library stops nothing


def keep_for_letter(content: bytes) -> Picture:
    """Keep what was uploaded, resized. Raises `BadPicture`. Needs an open transaction."""
    if len(content) > MAX_UPLOAD:
        raise BadPicture("large")
    try:
        fit = _fit(content)
    except _BROKEN as error:
        if isinstance(error, BadPicture):
            raise
        raise BadPicture("type") from error
    return picture.keep(fit)


def _fit(content: bytes) -> bytes:
    with Image.open(BytesIO(content), formats=FORMATS) as opened:
        if opened.width * opened.height > MOST_PIXELS_OF.get(opened.format or "", MOST_PIXELS):
            raise BadPicture("pixels")
        if getattr(opened, "is_animated", False):
            return _film(opened, content)
        if opened.format == "JPEG":
            opened.draft("RGB", (2 * WIDEST, 2 * WIDEST))  # decodes no more than is needed
        return _written(_upright(opened))


def _film(opened: Image.Image, content: bytes) -> bytes:
    """A film as it came: only GIF runs in mail programs."""
    if opened.format != "GIF":
        raise BadPicture("film")
    if len(content) > MAX_PICTURE:
        raise BadPicture("large-film")
    return content


def _upright(opened: Image.Image) -> Image.Image:
    """As a viewer shows it, at the size that letters need, with plain colours."""
    turned = ImageOps.exif_transpose(opened)
    scale = min(1.0, WIDEST / turned.width, MAX_PIXELS / turned.height)
    plain = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    if scale == 1:
        return plain
    size = (max(1, round(turned.width * scale)), max(1, round(turned.height * scale)))
    return plain.resize(size, Image.Resampling.LANCZOS)


def _written(image: Image.Image) -> bytes:
    """As PNG what can be seen through, and drawings, of which PNG makes less; else as JPEG. Small enough to be kept."""
    png = _saved(image, "PNG", optimize=True) if image.mode == "RGBA" or image.getcolors(DRAWN) else b""
    if png and len(png) <= MAX_PICTURE and image.mode == "RGBA":
        return png
    jpeg = _small_jpeg(_on_white(image))
    return png if png and len(png) < len(jpeg) else jpeg


def _small_jpeg(flat: Image.Image) -> bytes:
    while True:
        for quality in QUALITIES:
            jpeg = _saved(flat, "JPEG", quality=quality, optimize=True, progressive=True)
            if len(jpeg) <= MAX_PICTURE:
                return jpeg
        flat = flat.resize((max(1, round(flat.width * SMALLER)), max(1, round(flat.height * SMALLER))))


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _saved(image: Image.Image, format_: str, **how: int | bool) -> bytes:
    out = BytesIO()
    image.save(out, format_, **how)
    return out.getvalue()
