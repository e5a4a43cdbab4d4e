"""What can go wrong on the phone's side. None of it loses an operation that was saved."""

from typing import ClassVar


class ClientError(Exception):
    """`code` is stable; `exit_code` is what the command line ends with."""

    code = "client.error"
    exit_code = 1


class NotEnrolled(ClientError):
    code = "client.not_enrolled"

    def __init__(self) -> None:
        super().__init__("this store is not enrolled: run `enrol --server URL --code CODE` first")


class Enrolled(ClientError):
    code = "client.enrolled"

    def __init__(self) -> None:
        super().__init__("this store is already enrolled; a new installation needs a new store")


class Unusable(ClientError):
    """The operation cannot be written to the log: nothing was saved."""

    code = "client.unusable"


class Unknown(ClientError):
    """No such record on this phone."""

    code = "client.unknown"


class Closed(ClientError):
    """The readable part of this phone is closed; `code` says by what. New work is still taken and sent."""

    exit_code = 5
    WHY: ClassVar[dict[str, str]] = {
        "client.locked": "this phone is locked: run `unlock` with a PIN",
        "client.ordered": "the office has locked this phone; ask an administrator to unlock it",
        "client.revoked": "this phone is revoked; what it still holds is sent, nothing is shown",
        "client.lease": "too long without a contact with the server: run `sync`",
        "client.wiped": "this phone was wiped; to read again enrol a new store",
    }

    def __init__(self, code: str) -> None:
        super().__init__(self.WHY[code])
        self.code = code


class NoPin(ClientError):
    """There is no PIN of this person, so nobody could open what would be closed."""

    code = "client.no_pin"

    def __init__(self) -> None:
        super().__init__("there is no PIN of this person on this phone: run `pin` first")


class WrongPin(ClientError):
    code = "client.pin"

    def __init__(self, left: int) -> None:
        said = f"{left} tries are left" if left > 0 else "the key that it opened is destroyed"
        super().__init__(f"wrong PIN; {said}")
        self.left = left


class Unsealed(ClientError):
    """Something unsent exists in readable form only; to remove it would lose it."""

    code = "client.unsealed"

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} operations are neither sent nor sealed yet: run `sync` first")


class TryLater(ClientError):
    """No answer, or one that says later (408, 429, 5xx). Everything is kept; `retry_after` in seconds."""

    code = "client.try_later"
    exit_code = 3

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Refused(ClientError):
    """The server will not take this request however often it is sent. Everything is kept."""

    exit_code = 4

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code
