"""A preset's own modules on their way to other hosts: the files that it may import beside what is installed."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..files import make_private_dir
from ..preset.imports import ALLOWED

_MOST = 500
_LARGEST = 4 << 20
"""Files, and bytes of each, that are sent at most: what lies beside a module is not all code of its own."""


def copy_modules(folder: Path, allowed: tuple[str, ...], to: Path) -> dict[str, str]:
    """Copy the Python files that a preset's own modules may need; return them: `code/` and the name -> path.

    Hosts that come late get what the first ones got, whatever becomes of the files. Those are the files beside such a
    module, and all of such a package; none where the folder has none of the `allowed` modules.
    """
    copied = {}
    for file in _own(folder, [module.partition(".")[0] for module in allowed if module not in ALLOWED]):
        name = file.relative_to(folder).as_posix()
        make_private_dir((to / name).parent)
        shutil.copyfile(file, to / name)
        copied[f"code/{name}"] = str(to / name)
    return copied


def _own(folder: Path, roots: list[str]) -> list[Path]:
    packages = [folder / root for root in roots if (folder / root / "__init__.py").is_file()]
    if not packages and not any((folder / f"{root}.py").is_file() for root in roots):
        return []
    files = [*folder.glob("*.py"), *(file for package in packages for file in package.rglob("*.py"))]
    return [file for file in sorted(files) if file.is_file() and file.stat().st_size <= _LARGEST][:_MOST]
