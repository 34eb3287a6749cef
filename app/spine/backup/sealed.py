"""A file nobody reads without the keys, and of which no piece can be changed, moved or left out.

`RAB1`, the key id, eight random bytes; then pieces: four bytes of length, one that says whether it is the last, and the
piece under AES-256-GCM with its number and that flag bound to it.
"""
import os
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.kit import crypto

MARK, PIECE = b"RAB1", 1 << 20


class CannotRestore(ValueError):
    """The copy does not fit here; says why."""


class Damaged(CannotRestore):
    """The file is no copy, was sealed with a key we do not hold, or was changed or cut off."""


def write(file, first: bytes, pieces) -> None:
    """Seal `first`, then every piece, to the open file."""
    key_id, key = next(iter(crypto.keyring().items()))
    salt, cipher = os.urandom(8), AESGCM(crypto.derived(key, b"revenueangel backup"))
    file.write(MARK + struct.pack(">B", len(key_id)) + key_id.encode() + salt)
    number, waiting = 0, first
    for piece in even(pieces):
        _put(file, cipher, salt, number, waiting, last=False)
        number, waiting = number + 1, piece
    _put(file, cipher, salt, number, waiting, last=True)


def even(pieces):
    """Pieces of at most PIECE bytes, none empty."""
    for piece in pieces:
        for at in range(0, len(piece), PIECE):
            yield piece[at:at + PIECE]


def _put(file, cipher, salt, number, piece, last) -> None:
    body = cipher.encrypt(salt + struct.pack(">I", number), piece, bytes([last]))
    file.write(struct.pack(">IB", len(body), last) + body)


def read(file):
    """The pieces as they were written, the first one first; Damaged when anything is not as it was."""
    if file.read(4) != MARK:
        raise Damaged("this is no copy made by `flask backup`")
    key_id = file.read(file.read(1)[0]).decode("ascii", "replace")
    key = crypto.keyring().get(key_id)
    if key is None:
        raise Damaged(f"it was sealed with the key {key_id}, which is not among ENCRYPTION_KEYS or SECRET_KEY here")
    salt, cipher, number, last = file.read(8), AESGCM(crypto.derived(key, b"revenueangel backup")), 0, False
    while not last:
        head = file.read(5)
        if len(head) < 5:
            raise Damaged("it is cut off")
        length, last = struct.unpack(">IB", head)
        try:
            yield cipher.decrypt(salt + struct.pack(">I", number), file.read(length), bytes([last]))
        except (InvalidTag, ValueError):
            raise Damaged(f"it was changed or cut off in piece {number}") from None
        number += 1
