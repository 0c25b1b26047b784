"""The two checksums OSS keeps of every object."""

from __future__ import annotations

import hashlib

import crcmod

# Built once: crcmod computes its table anew for every function it makes, which costs more than a small object.
_CRC = crcmod.mkCrcFun(0x142F0E1EBA9EA3693, initCrc=0, xorOut=0xFFFFFFFFFFFFFFFF, rev=True)


def crc64(data: bytes, before: int = 0) -> int:
    """CRC-64/ECMA-182 of `data` behind bytes whose CRC is `before`; b"123456789" gives 11051210869376104954."""
    return int(_CRC(data, before))


def md5(data: bytes) -> str:
    """Upper-case hex, as OSS writes an ETag."""
    return hashlib.md5(data).hexdigest().upper()
