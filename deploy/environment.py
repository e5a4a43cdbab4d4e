"""The secrets and switches that a process of Huxing needs, for machines where nobody has set them."""

import base64
import os
import secrets
from pathlib import Path


def fresh(data: Path, database_url: str) -> dict[str, str]:
    """An environment with new secrets, for tests: nothing of it outlives the run."""
    return {
        **os.environ,
        "DATABASE_URL": database_url,
        "HUXING_DATA_DIR": str(data),
        "HUXING_SECRET_KEY": secrets.token_urlsafe(48),
        "HUXING_MASTER_KEY": _key(),
        "HUXING_INDEX_KEY": _key(),
        "HUXING_TLS": "0",
    }


def _key() -> str:
    return base64.b64encode(os.urandom(32)).decode()
