"""Print the drawings of a project into PNG files; run by QGIS's own Python, without a screen.

``python3 scripts/render.py PLUGINS PROJECT OUT`` prints the path of each picture. PLUGINS is the profile's folder
``python/plugins``, from which the plugin is imported as QGIS does: the project's forms and styles name it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgis.core import QgsApplication, QgsLayoutExporter, QgsPrintLayout, QgsProject

DPI = 110  # a sheet of A3 then fits a screen


def draw(drawing: QgsPrintLayout, out: Path) -> list[Path]:
    """A picture of each page, named by the drawing's number. Raises ``OSError`` where one cannot be written."""
    path = out / f"{drawing.name().split()[0]}.png"
    settings = QgsLayoutExporter.ImageExportSettings()
    settings.dpi = DPI
    if QgsLayoutExporter(drawing).exportToImage(str(path), settings) != QgsLayoutExporter.ExportResult.Success:
        raise OSError(f"cannot write {path}")
    return [path, *(path.with_stem(f"{path.stem}_{n}") for n in range(2, drawing.pageCollection().pageCount() + 1))]


def main(plugins: str, project_file: str, folder: str) -> None:
    """Print every drawing of the project."""
    sys.path.insert(0, plugins)
    application = QgsApplication([], False)
    application.initQgis()
    try:
        project = QgsProject.instance()
        if not project.read(project_file):
            raise OSError(f"{project_file}: {project.error()}")
        out = Path(folder)
        out.mkdir(parents=True, exist_ok=True)
        for drawing in project.layoutManager().printLayouts():
            print(*draw(drawing, out), sep="\n")
        project.clear()
    finally:
        application.exitQgis()


if __name__ == "__main__":
    main(*sys.argv[1:])
