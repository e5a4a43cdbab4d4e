"""What a caller says to whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.protocol import ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A message of a `kind` of `messages.yaml` to one person.

    `key` says what it is about, so that who repeats herself says it once: the same key reaches the
    same person once, whatever else differs. `critical` ignores quiet hours. `county` is the code it
    happened in (six digits where it is one county's): whose webhooks hear it and whose administrators
    see that it could not be delivered. `subject` is the id of what it is about, never shown.
    """

    key: str
    person: UUID
    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)
    critical: bool = False
    county: str = ""
    subject: UUID | None = None

    @property
    def id(self) -> UUID:
        """The same for ever for the same key and person, also in a restored database."""
        return ids.derived(self.person, "notice", self.key)
