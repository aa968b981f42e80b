"""Publish a data set into a folder, in a process of its own: ``publish_once DATA TARGET [BYTES]``.

With BYTES no file may grow beyond them, as on a disk that is full. Prints the code of the error, if there is one.
"""

from __future__ import annotations

import sys


def main() -> int:
    if len(sys.argv) > 3:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    from dothi.engine.contract.ioc import PUBLISH
    from dothi.engine.jobs.ioc import publish
    from dothi.engine.run import as_dothi_error
    from dothi.layers.report import SILENT

    try:
        publish(PUBLISH.read({"data": sys.argv[1], "target": sys.argv[2]}), SILENT)
    except Exception as error:
        told = as_dothi_error(error)
        print(told.code)
        return told.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
