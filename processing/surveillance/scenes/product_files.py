"""The files of a satellite product, lying in a folder or in a zip, addressed by their path inside the product."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ....layers.errors import InputError
from .metadata_xml import MOST_BYTES

MOST_MEMBERS = 100_000
_MOST_UNPACKED, _SURELY_SMALL, _MOST_TIMES = 8 * 1024**3, 64 * 1024**2, 200
# A damaged zip fails in many ways; a password and an unknown method of packing are RuntimeErrors.
_DAMAGED = (
    zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError, KeyError, OverflowError, struct.error, zlib.error,
    lzma.LZMAError,
)  # fmt: skip


@dataclass(frozen=True)
class ProductFiles:
    """Names inside a product (POSIX, relative to the product's own folder) and how to reach them.

    ``root`` is the folder or the zip; ``inner`` the product's folder inside the zip, with its slash (else empty).
    """

    root: Path
    names: frozenset[str]
    inner: str = ""

    def read(self, name: str) -> bytes:
        """The bytes of a small file (metadata). Raises :class:`InputError` where it is missing or far too large."""
        self.require([name])
        if self.root.is_dir():
            with (self.root / name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        else:
            with _zip(self.root) as archive, archive.open(self.inner + name) as member:
                data = member.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise InputError("change.metadata_refused", path=name, reason=f"> {MOST_BYTES} B")
        return data

    def gdal(self, name: str) -> str:
        """What GDAL opens for ``name``: a plain path, or the member of the zip (read in place, never unpacked)."""
        if self.root.is_dir():
            return str(self.root / name)
        return f"/vsizip/{{{self.root}}}/{self.inner}{name}"

    def require(self, names: Iterable[str]) -> None:
        """Raise :class:`InputError` naming every file of ``names`` that is not there."""
        names = list(names)
        outside = [name for name in names if ".." in name.split("/") or name.startswith("/")]
        if outside:
            raise InputError("change.metadata_refused", path=str(self.root), reason=outside[0][:100])
        missing = [name for name in names if name not in self.names]
        if missing:
            raise InputError("change.product_incomplete", path=str(self.root), missing=missing)

    def ending(self, *endings: str) -> list[str]:
        """Names that end so, shortest first."""
        return sorted((name for name in self.names if name.endswith(endings)), key=lambda name: (len(name), name))


def product_files(path: Path) -> ProductFiles:
    """The files of the product in the folder or zip ``path``. Raises :class:`InputError`."""
    if path.is_dir():
        names: set[str] = set()
        for file in path.rglob("*"):
            # a link out of the product is no part of it
            if file.is_file() and file.resolve().is_relative_to(path.resolve()):
                names.add(file.relative_to(path).as_posix())
            if len(names) > MOST_MEMBERS:
                raise InputError("change.not_a_product", path=str(path))
        return ProductFiles(path, frozenset(names))
    with _zip(path) as archive:
        listed = archive.infolist()
    if len(listed) > MOST_MEMBERS:
        raise InputError("change.not_a_product", path=str(path))
    bomb = next((one for one in listed if _is_bomb(one)), None)
    if bomb is not None:
        raise InputError("change.metadata_refused", path=str(path), reason=f"{bomb.filename[:80]}: {bomb.file_size} B")
    members = [one.filename for one in listed]
    inner = _product_folder(members)
    return ProductFiles(path, frozenset(m[len(inner) :] for m in members if m.startswith(inner)), inner)


@contextmanager
def _zip(path: Path) -> Iterator[zipfile.ZipFile]:
    """The archive; whatever zipfile says of a damaged one is ``change.damaged``."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError("change.damaged", path=str(path), reason=str(error)[:200]) from error


def _is_bomb(member: zipfile.ZipInfo) -> bool:
    """Whether it unpacks to more than any image packs to: JPEG 2000 hardly packs, zeros pack a thousandfold."""
    return member.file_size > _MOST_UNPACKED or (
        member.file_size > _SURELY_SMALL and member.file_size > _MOST_TIMES * max(1, member.compress_size)
    )


def _product_folder(members: list[str]) -> str:
    """The folder inside a zip that everything lies in, with its slash; empty where there is none."""
    tops = {member.split("/", 1)[0] for member in members}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in member for member in members) else ""
