"""Where a local server keeps what it was told: tables of records and blobs of bytes, on disk or in memory.

Engines work on plain mappings and know nothing of disks. The HTTP skin commits once, just before it answers, so
nothing acknowledged is lost by a kill and nothing unacknowledged half remains.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator, MutableMapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

R = TypeVar("R")
"""A dataclass whose fields are JSON values."""

SCHEMA = 1


class Table(MutableMapping[str, R], Generic[R]):
    """One table: a mapping of names to records, all in memory, every change noted for the next commit."""

    def __init__(self, name: str, kind: type[R], rows: dict[str, R], changed: set[tuple[str, str]]) -> None:
        self.name, self.kind = name, kind
        self._rows, self._changed = rows, changed

    def __getitem__(self, key: str) -> R:
        return self._rows[key]

    def __setitem__(self, key: str, record: R) -> None:
        self._rows[key] = record
        self._changed.add((self.name, key))

    def __delitem__(self, key: str) -> None:
        del self._rows[key]
        self._changed.add((self.name, key))

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class State:
    """All that one server remembers. `folder=None` keeps it in memory, for simulation and tests."""

    def __init__(self, folder: Path | None = None) -> None:
        self._changed: set[tuple[str, str]] = set()
        self._tables: dict[str, Table[Any]] = {}
        self._db = _open(folder / "state.db") if folder else None
        self.blobs = FileBlobs(folder / "blobs") if folder else MemoryBlobs()

    def table(self, name: str, kind: type[R]) -> Table[R]:
        """The table `name` with what was committed to it; `kind` is the dataclass of its records."""
        if name not in self._tables:
            self._tables[name] = Table(name, kind, self._load(name, kind), self._changed)
        return self._tables[name]

    def commit(self) -> None:
        """Make every change since the last commit durable, then drop the blobs that no record names any more."""
        if self._db is not None and self._changed:
            with self._db:
                self._db.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", self._upserts())
                self._db.executemany("DELETE FROM record WHERE tab = ? AND name = ?", self._deletes())
        self._changed.clear()
        self.blobs.sweep()

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        if self._db is not None:
            self._db.close()

    def _load(self, name: str, kind: type[R]) -> dict[str, R]:
        if self._db is None:
            return {}
        rows = self._db.execute("SELECT name, value FROM record WHERE tab = ?", (name,))
        return {key: kind(**json.loads(value)) for key, value in rows}

    def _upserts(self) -> list[tuple[str, str, str]]:
        return [
            (tab, key, json.dumps(asdict(self._tables[tab][key])))
            for tab, key in self._changed
            if key in self._tables[tab]
        ]

    def _deletes(self) -> list[tuple[str, str]]:
        return [(tab, key) for tab, key in self._changed if key not in self._tables[tab]]


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    # One writer, one process; the skins call from uvicorn's loop or its worker threads, never two at once.
    db = sqlite3.connect(path, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")  # survives a killed process; a power cut may lose the last moment
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version not in (0, SCHEMA):
        raise RuntimeError(f"{path} was written by another version of cosdrop; start with `cosdrop up --fresh`")
    db.execute(f"PRAGMA user_version = {SCHEMA}")
    db.execute("CREATE TABLE IF NOT EXISTS record (tab TEXT, name TEXT, value TEXT, PRIMARY KEY (tab, name))")
    return db


class MemoryBlobs:
    """Bytes by name, in memory."""

    def __init__(self) -> None:
        self._held: dict[str, bytearray] = {}
        self._dropped: list[str] = []

    def write(self, data: bytes) -> str:
        """Keep `data`; returns the name to read it by."""
        name = str(len(self._held)) + uuid.uuid4().hex
        self._held[name] = bytearray(data)
        return name

    def append(self, name: str, size: int, data: bytes) -> None:
        """Add `data` behind the first `size` bytes, which are all that was acknowledged."""
        blob = self._held[name]
        del blob[size:]
        blob += data

    def read(self, name: str) -> bytes:
        """All bytes of `name`."""
        return bytes(self._held[name])

    def drop(self, name: str) -> None:
        """Forget `name` at the next commit: until then a record may still point to it."""
        self._dropped.append(name)

    def sweep(self) -> None:
        """Forget what was dropped."""
        for name in self._dropped:
            self._held.pop(name, None)
        self._dropped.clear()


class FileBlobs:
    """Bytes by name, one file each: written aside, then renamed, so a name never shows half a blob."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._dropped: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, data: bytes) -> str:
        """Keep `data`; returns the name to read it by."""
        name = uuid.uuid4().hex
        aside = self._folder / f"{name}.new"
        aside.write_bytes(data)
        aside.rename(self._folder / name)
        return name

    def append(self, name: str, size: int, data: bytes) -> None:
        """Add `data` behind the first `size` bytes, which are all that was acknowledged."""
        with (self._folder / name).open("r+b") as file:
            file.truncate(size)
            file.seek(size)
            file.write(data)

    def read(self, name: str) -> bytes:
        """All bytes of `name`."""
        return (self._folder / name).read_bytes()

    def drop(self, name: str) -> None:
        """Forget `name` at the next commit: until then a record may still point to it."""
        self._dropped.append(name)

    def sweep(self) -> None:
        """Forget what was dropped."""
        for name in self._dropped:
            (self._folder / name).unlink(missing_ok=True)
        self._dropped.clear()
