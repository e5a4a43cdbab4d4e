"""The secrets and switches that a process of Huxing needs, for machines where nobody has set them."""

import base64
import os
import secrets
from pathlib import Path


def fresh(data: Path, database_url: str) -> dict[str, str]:
    """An environment with new secrets, for tests: nothing of it outlives the run."""
    return _environment(_made(), data, database_url)


def kept(data: Path, database_url: str) -> dict[str, str]:
    """An environment whose secrets are made once and kept in `data`; one that is set wins.

    What the keys have sealed cannot be read without them, so they live as long as the data.
    """
    file = data / "secrets.env"
    made = _made() | {"HUXING_DEMO_PASSWORD": secrets.token_urlsafe(12)}
    if file.exists():
        made |= dict(line.split("=", 1) for line in file.read_text().splitlines() if "=" in line)
    given = {name: os.environ[name] for name in made if name in os.environ}
    text = "".join(f"{name}={value}\n" for name, value in made.items())
    if not file.exists() or file.read_text() != text:
        _write_private(file, text)
    # What is printed beside the log-ins must go on opening them: a demo's people may set a second step
    # up, and nobody must.
    offered = {"HUXING_SECOND_FACTOR": os.environ.get("HUXING_SECOND_FACTOR", "offered")}
    return _environment(made | given | offered, data, database_url)


def _made() -> dict[str, str]:
    return {
        "HUXING_SECRET_KEY": secrets.token_urlsafe(48),
        "HUXING_MASTER_KEY": _key(),
        "HUXING_INDEX_KEY": _key(),
    }


def _environment(values: dict[str, str], data: Path, database_url: str) -> dict[str, str]:
    place = {"DATABASE_URL": database_url, "HUXING_DATA_DIR": str(data), "HUXING_TLS": "0"}
    # What is decided in a demo is nothing to the installation whose environment this may be.
    place["HUXING_LEDGER"] = str(data / "ledger.jsonl")
    return {**os.environ, **values, **place}


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def _write_private(file: Path, text: str) -> None:
    """Whole or not at all, and never readable by others in between."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
