"""Compile ``policyclf/features/loops.c`` for the wheel, where there is a C compiler.

Without one, or with ``POLICYCLF_COMPILED=0``, the wheel is pure Python, and numpy does what
the loops do (see ``policyclf/features/compiled.py``). The library knows nothing of Python, so one
serves all versions of it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import sys_tags

SOURCE = Path("policyclf/features/loops.c")
LIBRARY = SOURCE.with_suffix(".so")

# No product and sum in one: what is rounded once on one machine would be rounded twice on another.
OPTIONS = ["-std=c11", "-O3", "-fno-math-errno", "-ffp-contract=off", "-fvisibility=hidden"]

_SECONDS = 120


class CompiledLoops(BuildHookInterface[Any]):
    """Puts the library into the wheel; for an editable installation, beside its source."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected, and name the platform if that went well."""
        source, in_tree = Path(self.root) / SOURCE, Path(self.root) / LIBRARY
        self._folder = tempfile.TemporaryDirectory()
        library = Path(self._folder.name) / LIBRARY.name
        try:
            compile_library(source, library)
        except NotCompiledError as reason:
            self.app.display_warning(f"without compiled loops: {reason}")
            return
        if version == "editable":
            shutil.copyfile(library, in_tree.with_suffix(".new"))
            in_tree.with_suffix(".new").replace(in_tree)  # one that is in use stays as it is
            return
        build_data["force_include"][str(library)] = LIBRARY.as_posix()
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{platform()}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Clear up."""
        del version, build_data, artifact_path
        self._folder.cleanup()


def platform() -> str:
    """Name the platform as pip does, for libraries of this machine alone."""
    named = (tag.platform for tag in sys_tags())
    return next(name for name in named if not name.startswith(("manylinux", "musllinux")))


def compile_library(source: Path, library: Path) -> None:
    """Compile.

    Parameters
    ----------
    source : Path
        Of the loops.
    library : Path
        Where to.

    Raises
    ------
    NotCompiledError
        If that cannot be, with the reason.
    """
    if os.environ.get("POLICYCLF_COMPILED") == "0":
        raise NotCompiledError("not wanted")
    if sys.platform == "win32":
        raise NotCompiledError("the loops are not written for compilers of Windows")
    command = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if shutil.which(command[0]) is None:
        raise NotCompiledError("no C compiler")
    # A Mac without its tools would ask in a window to install them.
    if sys.platform == "darwin":
        _run(["xcode-select", "-p"])
    command += [*OPTIONS, f"-DSOURCE={crc32(source.read_bytes())}u", "-shared", "-fPIC"]
    _run([*command, str(source), "-o", str(library), "-lm"])


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603  the compiler of whoever builds
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NotCompiledError(str(error)) from error
    if done.returncode:
        reason = done.stderr.strip() or f"it ended with {done.returncode}"
        raise NotCompiledError(f"{command[0]}: {reason}")


class NotCompiledError(Exception):
    """There will be no library."""
