"""The files of a satellite product, lying in a folder or in a zip, addressed by their path inside the product."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ....layers.errors import InputError
from .metadata_xml import MOST_BYTES

MOST_MEMBERS = 100_000


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
            with zipfile.ZipFile(self.root) as archive, archive.open(self.inner + name) as member:
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
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise InputError("change.damaged", path=str(path), reason=str(error)[:200]) from error
    if len(members) > MOST_MEMBERS:
        raise InputError("change.not_a_product", path=str(path))
    inner = _product_folder(members)
    return ProductFiles(path, frozenset(m[len(inner) :] for m in members if m.startswith(inner)), inner)


def _product_folder(members: list[str]) -> str:
    """The folder inside a zip that everything lies in, with its slash; empty where there is none."""
    tops = {member.split("/", 1)[0] for member in members}
    return f"{tops.pop()}/" if len(tops) == 1 and all("/" in member for member in members) else ""
