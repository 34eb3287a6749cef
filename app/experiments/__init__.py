"""A/B anything and hold-outs: who gets what, decided by a hash and therefore the same every time.

Front door: held_out(salt, person_key, percent) -> bool, share(salt, key) -> float in [0, 1).
"""
import hashlib


def share(salt: str, key: str) -> float:
    """A number in [0, 1) that belongs to this key under this salt: sha256, first 8 bytes."""
    return int.from_bytes(hashlib.sha256(f"{salt}:{key}".encode()).digest()[:8], "big") / 2**64


def held_out(salt: str, key: str, percent: int) -> bool:
    """Whether this key belongs to the `percent` left alone, so that the rest can be compared with them."""
    return share(f"hold-out:{salt}", key) < percent / 100


__all__ = ["held_out", "share"]
