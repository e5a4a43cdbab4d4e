"""The document as PDF/A-3, the archive's format that may carry a file inside: typst, with a font of our own.

The renderer reads files, so what it needs lies for a moment in a folder that nobody else can open.
"""

import io
import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import noto_cjk_sans_otc
import pypdf
import typst
from pypdf.errors import PyPdfError

from . import manifest

TEMPLATE = Path(__file__).with_name("dossier.typ")
FONTS = Path(noto_cjk_sans_otc.__file__).parent


def render(
    document: Mapping[str, Any], told: bytes, pictures: Mapping[str, bytes], *, now: datetime
) -> bytes:
    """A dossier with its manifest inside."""
    return typeset(
        TEMPLATE, "dossier.json", document, {manifest.NAME: told, **pictures}, now=now,
        standard="a-3b",
    )  # fmt: skip


def typeset(
    template: Path, data: str, document: Mapping[str, Any], files: Mapping[str, bytes] | None = None,
    *, now: datetime, standard: Literal["a-2b", "a-3b"] = "a-2b",
) -> bytes:  # fmt: skip
    """A template with what it reads as `data`. The same input gives the same bytes: nothing is read
    from the system, the time neither."""
    with tempfile.TemporaryDirectory(prefix="huxing-") as name:
        folder = Path(name)
        shutil.copyfile(template, folder / template.name)
        (folder / data).write_text(json.dumps(document, ensure_ascii=False), "utf-8")
        for file, content in (files or {}).items():
            (folder / file).write_bytes(content)
        made: bytes = typst.compile(
            str(folder / template.name), root=str(folder), font_paths=[str(FONTS)],
            ignore_system_fonts=True, timestamp=int(now.timestamp()), pdf_standards=standard,
        )  # fmt: skip
        return made


def pages(content: bytes) -> int:
    return len(pypdf.PdfReader(io.BytesIO(content)).pages)


def attached(content: bytes) -> bytes | None:
    """The manifest inside; None where there is none, or the file is no PDF any more."""
    try:
        found = pypdf.PdfReader(io.BytesIO(content)).attachments.get(manifest.NAME)
    except (PyPdfError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
    return bytes(found[0]) if found else None
