"""What a file really is, by its bytes; and what may be shown of a picture. Pure but for Pillow."""

import io
import warnings
from dataclasses import dataclass, field
from typing import Any

from PIL import ExifTags, Image, ImageOps

from .kinds import PICTURES, sniff

# A phone's camera has up to 50 million pixels; a bomb claims far more.
MAX_PIXELS = 60_000_000
# Other formats than JPEG have to be unpacked whole, four bytes a pixel, before they can shrink.
MAX_PIXELS_UNPACKED = 25_000_000
VIEW_EDGE, THUMBNAIL_EDGE = 2048, 320
# What a camera writes fits many times; what somebody hides in a picture does not.
MAX_NOTES, MAX_NOTE = 200, 500


class Refused(Exception):
    """The bytes are kept and not served; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Picture:
    """`view` and `thumbnail` are new JPEG files, turned upright, without what the camera wrote."""

    view: bytes
    thumbnail: bytes
    meta: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seen:
    """`type` is the one by content; `picture` is absent for recordings and papers."""

    type: str
    picture: Picture | None = None


def examine(content: bytes, *, declared: str) -> Seen:
    """What may be served. The declared subtype is the phone's word and does not count.

    Raises `Refused`: `attachment.kind` is not on the list, `.type` calls itself a picture and is
    none (or the reverse), `.pixels` too large to be opened, `.broken` cannot be decoded.
    """
    found = sniff(content)
    if found is None:
        raise Refused("attachment.kind")
    is_picture = found in PICTURES.values()
    if is_picture != declared.startswith("image/"):
        raise Refused("attachment.type")
    return Seen(found, _picture(content) if is_picture else None)


def _picture(content: bytes) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=list(PICTURES)) as image:
                _check_pixels(image)
                meta = _meta(image)
                view = _upright(image)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("attachment.pixels") from error
    except Exception as error:  # Pillow raises almost anything for bytes that are no picture
        raise Refused("attachment.broken") from error
    return Picture(_jpeg(view, VIEW_EDGE), _jpeg(view, THUMBNAIL_EDGE), meta)


def _check_pixels(image: Image.Image) -> None:
    limit = MAX_PIXELS if image.format == "JPEG" else MAX_PIXELS_UNPACKED
    if image.width * image.height > limit:
        raise Refused("attachment.pixels")


def _upright(image: Image.Image) -> Image.Image:
    """Shrunk first: a JPEG is decoded at a fraction of its size, and only what is small is turned."""
    image.draft("RGB", (VIEW_EDGE, VIEW_EDGE))
    image.thumbnail((VIEW_EDGE, VIEW_EDGE))
    return ImageOps.exif_transpose(image).convert("RGB")


def _meta(image: Image.Image) -> dict[str, str]:
    """EXIF by name, with the place; values as text, because nobody computes with them here."""
    exif = image.getexif()
    blocks = (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo)
    own = ((tag, value) for tag, value in exif.items() if tag not in blocks)
    named = {ExifTags.TAGS.get(tag, str(tag)): value for tag, value in own}
    for block in blocks:
        names: Any = ExifTags.GPSTAGS if block is ExifTags.IFD.GPSInfo else ExifTags.TAGS
        named |= {names.get(tag, str(tag)): value for tag, value in exif.get_ifd(block).items()}
    readable = [(name, value) for name, value in named.items() if not isinstance(value, bytes)]
    return {str(name): str(value)[:MAX_NOTE] for name, value in readable[:MAX_NOTES]}


def _jpeg(image: Image.Image, edge: int) -> bytes:
    """A copy within a square of `edge` pixels. Saved without any metadata."""
    copy = image.copy()
    copy.thumbnail((edge, edge))
    copy.info.clear()
    stored = io.BytesIO()
    copy.save(stored, "JPEG", quality=85, optimize=True)
    return stored.getvalue()
