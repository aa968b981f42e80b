"""Start the engine from wherever the package lies, under whatever name its folder has.

``python -I -X utf8 engine/launch.py zoning check …``: registers the folder above this file as the package ``dothi``, so
neither a link in site-packages nor a change of ``sys.path`` is needed (QGIS's own ``processing`` stays importable).
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def load() -> None:
    """Make ``import dothi`` find this very folder."""
    spec = spec_from_file_location("dothi", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)])
    if spec is None or spec.loader is None:
        raise ImportError(f"no package at {ROOT}")
    module = module_from_spec(spec)
    sys.modules["dothi"] = module
    spec.loader.exec_module(module)


if __name__ == "__main__":
    load()
    from dothi.engine.cli import main

    sys.exit(main())
