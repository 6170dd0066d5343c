"""Compile ``policyclf/features/loops.c`` for the wheel, where there is a C compiler.

Without one, or with ``POLICYCLF_COMPILED=0``, the wheel is pure Python, and numpy does what
the loops do (see ``policyclf/features/compiled.py``). The library knows nothing of Python, so one
serves all versions of it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("policyclf/features/loops.c")
LIBRARY = SOURCE.with_suffix(".so")

# To the last bit the same on every machine: no product and sum in one.
OPTIONS = ["-std=c11", "-O3", "-fno-math-errno", "-ffp-contract=off", "-fvisibility=hidden"]


class CompiledLoops(BuildHookInterface[Any]):
    """Puts the library beside its source, also for an editable installation."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected, and name the platform if that went well."""
        library = Path(self.root) / LIBRARY
        failed = compile_library(Path(self.root) / SOURCE, library)
        if failed:
            self.app.display_warning(f"without compiled loops: {failed}")
            if version == "editable":  # one of before would be loaded
                library.unlink(missing_ok=True)
            return
        platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
        build_data["artifacts"].append(LIBRARY.as_posix())
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform}"


def compile_library(source: Path, library: Path) -> str | None:
    """Compile, and say why not if not."""
    if os.environ.get("POLICYCLF_COMPILED") == "0":
        return "not wanted"
    if sys.platform == "win32":
        return "the loops are not written for compilers of Windows"
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        return "no C compiler"
    new = library.with_suffix(".new")
    command = [compiler, *OPTIONS, "-shared", "-fPIC", str(source), "-o", str(new), "-lm"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  the compiler of whoever builds
    except OSError as error:
        return str(error)
    if done.returncode:
        new.unlink(missing_ok=True)
        return done.stderr.strip() or f"the compiler ended with {done.returncode}"
    new.replace(library)
    return None
