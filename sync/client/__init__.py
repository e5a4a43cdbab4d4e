"""A phone in Python: the reference client of PROTOCOL.md, on SQLite.

`Phone` is the library; `python -m sync.client` is the same on a command line.
"""

from .attachments import Attached
from .log import New
from .phone import Phone
from .session import Report

__all__ = ["Attached", "New", "Phone", "Report"]
