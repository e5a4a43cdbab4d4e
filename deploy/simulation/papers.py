"""What is attached to visits: contents by the seed, and an account of what was declared and brought."""

from dataclasses import dataclass, field
from random import Random

from sync.client.attachments import Attached

# Smaller and larger than what one request brings.
SMALL, LARGE = (2_000, 30_000), (70_000, 180_000)
Key = tuple[str, str]


def paper(random: Random) -> Attached:
    """A paper is given back as it came: a picture is made anew by the server, and could not be compared."""
    size = random.randint(*random.choice([SMALL, LARGE]))
    return Attached(content=b"%PDF-1.4\n" + random.randbytes(size), type="application/pdf")


@dataclass(frozen=True, slots=True)
class Paper:
    """One that an operation declares. `sealed`: it goes back to no phone."""

    op: str
    sha256: str
    file: str
    sealed: bool

    @property
    def key(self) -> Key:
        return self.op, self.sha256

    def __str__(self) -> str:
        return f"paper {self.sha256[:8]} of operation {self.op}"


@dataclass(slots=True)
class Papers:
    """`brought` are those that the server has said to be whole; of `unsure` the last piece is on its way,
    and whether it arrived nobody knows. `places` are the uploads by their address, with their length.
    """

    declared: dict[Key, Paper] = field(default_factory=dict)
    brought: set[Key] = field(default_factory=set)
    unsure: set[Key] = field(default_factory=set)
    places: dict[str, tuple[Key, int]] = field(default_factory=dict)

    def begins(self, key: Key, place: str, length: int) -> None:
        self.places[place] = key, length

    def sends(self, place: str, end: int) -> None:
        """A piece that ends there leaves."""
        if place in self.places and end >= self.places[place][1]:
            self.unsure.add(self.places[place][0])

    def stands(self, place: str, offset: int) -> None:
        """The server has said how far an upload is."""
        if place in self.places:
            key, length = self.places[place]
            self.unsure.discard(key)
            if offset == length:
                self.brought.add(key)
