"""Sealing to the server's public key: whoever seals cannot open it again (PROTOCOL.md, "Sealed").

`header (50 bytes) | HPKE output`: HPKE of RFC 9180, single-shot base mode, DHKEM(P-256, HKDF-SHA256),
HKDF-SHA256, AES-256-GCM, with the header as `info`, so that no entry can be moved to another place.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

FORMAT: Final = 1
OPERATION: Final = 1
ATTACHMENT: Final = 2

_SUITE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_HEADER = struct.Struct(">B8sB16s16sQ")
HEADER_SIZE: Final = _HEADER.size
# What sealing adds: the header, the ephemeral public key and the tag.
OVERHEAD: Final = HEADER_SIZE + 65 + 16


class Unopened(ValueError):
    """Not a sealed entry of a known format, or it does not open with the key that was given."""


@dataclass(frozen=True, slots=True)
class Header:
    """Where an entry belongs. `key` names the server's key; `about` is an operation's id.

    For an attachment `about` is the first 16 bytes of its SHA-256 and `seq` is 0.
    """

    key: bytes
    what: int
    device: UUID
    about: bytes
    seq: int = 0

    def encode(self) -> bytes:
        return _HEADER.pack(FORMAT, self.key, self.what, self.device.bytes, self.about, self.seq)


def key_id(public: bytes) -> bytes:
    """The first 8 bytes of SHA-256 over the public key, an uncompressed point of 65 bytes."""
    return hashlib.sha256(public).digest()[:8]


def new_key() -> tuple[bytes, bytes]:
    """A key pair: the secret number (32 bytes) and the public point (65 bytes)."""
    private = ec.generate_private_key(ec.SECP256R1())
    public = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return private.private_numbers().private_value.to_bytes(32, "big"), public


class Recipient:
    """A server's public key, read once. Raises `Unopened` for what is not a point of P-256."""

    def __init__(self, public: bytes) -> None:
        try:
            self._public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)
        except ValueError as error:
            raise Unopened("not a public key of P-256") from error
        self.key = key_id(public)

    def seal_operation(self, line: bytes, *, device: UUID, op: UUID, seq: int) -> bytes:
        return self._seal(line, Header(self.key, OPERATION, device, op.bytes, seq))

    def seal_attachment(self, content: bytes, *, device: UUID) -> bytes:
        about = hashlib.sha256(content).digest()[:16]
        return self._seal(content, Header(self.key, ATTACHMENT, device, about))

    def _seal(self, plain: bytes, header: Header) -> bytes:
        first = header.encode()
        return first + _SUITE.encrypt(plain, self._public, first)


def read_header(sealed: bytes) -> Header:
    """What can be known without the key. Raises `Unopened`."""
    if len(sealed) < OVERHEAD:
        raise Unopened("too short")
    format_, key, what, device, about, seq = _HEADER.unpack_from(sealed)
    if format_ != FORMAT:
        raise Unopened(f"format {format_} is not known")
    return Header(key, what, UUID(bytes=device), about, seq)


class Opener:
    """A server's private key, read once: the secret number of 32 bytes."""

    def __init__(self, private: bytes) -> None:
        self._private = ec.derive_private_key(int.from_bytes(private, "big"), ec.SECP256R1())

    def open(self, sealed: bytes) -> bytes:
        """The plain bytes. Raises `Unopened`."""
        try:
            return _SUITE.decrypt(sealed[HEADER_SIZE:], self._private, sealed[:HEADER_SIZE])
        except (InvalidTag, ValueError) as error:
            raise Unopened("it was changed, or sealed to another key") from error
