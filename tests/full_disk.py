"""A disk that takes nothing more: by a limit of this process, whose error reaches the code as a full disk's does."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_room(left: int = 0) -> Iterator[None]:
    """No file can become longer than `left` bytes meanwhile (EFBIG, as Python ignores the signal)."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
