"""Which types are taken, told by a file's bytes and never by its name. Pure."""

from collections.abc import Iterator

PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_STARTS = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
)
# What begins like a recording and is a photograph of another kind.
_STILLS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")
_TRACK = b"hdlr"


def sniff(content: bytes) -> str | None:
    """The type of a file, None when it is not one that is taken."""
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "audio/mp4" if _only_sound(content) else None
    return next((type_ for start, type_ in _STARTS if content.startswith(start)), None)


def _only_sound(content: bytes) -> bool:
    """Telephones record speech into the same container as films and HEIC photographs."""
    if content[8:12] in _STILLS:
        return False
    tracks = set(_tracks(content))
    return b"soun" in tracks and b"vide" not in tracks


def _tracks(content: bytes) -> Iterator[bytes]:
    """The handler types of an MP4 file: 8 bytes behind each handler's name."""
    at = content.find(_TRACK)
    while at >= 0:
        yield content[at + 12 : at + 16]
        at = content.find(_TRACK, at + 4)
