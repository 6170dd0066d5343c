"""A wheel has compiled loops where there is a compiler, and is pure Python where not."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock
from zlib import crc32

import pytest

ROOT = Path(__file__).parents[1]

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """Load what hatchling runs."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget what whoever runs the tests wants of the compiler."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("POLICYCLF_COMPILED", raising=False)


def built(hook: ModuleType, root: Path, version: str) -> tuple[dict[str, Any], list[str]]:
    """Run the hook as hatchling does: what it says of the wheel, and its warnings."""
    app = MagicMock()
    made = hook.CompiledLoops(str(root), {}, None, None, str(root), "wheel", app)
    build_data: dict[str, Any] = {"force_include": {}}
    made.initialize(version, build_data)
    there = {name: Path(name).is_file() for name in build_data["force_include"]}
    made.finalize(version, build_data, "")
    assert all(there.values())
    assert not any(Path(name).exists() for name in there)
    return build_data, [call.args[0] for call in app.display_warning.call_args_list]


@pytest.fixture
def tree(tmp_path: Path, hook: ModuleType) -> Path:
    """Make a source tree of the loops alone."""
    source = tmp_path / hook.SOURCE
    source.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / hook.SOURCE, source)
    return tmp_path


@needs_compiler
def test_wheel(hook: ModuleType, tree: Path) -> None:
    """A wheel takes the library in, names the platform, and leaves the tree as it was."""
    build_data, warnings = built(hook, tree, "standard")
    assert list(build_data["force_include"].values()) == ["policyclf/features/loops.so"]
    assert build_data["pure_python"] is False
    assert build_data["tag"] == f"py3-none-{hook.platform()}"
    assert not warnings
    assert [path.name for path in (tree / "policyclf/features").iterdir()] == ["loops.c"]


@needs_compiler
def test_editable(hook: ModuleType, tree: Path) -> None:
    """An editable installation has the library beside its source, with the sum of that."""
    build_data, warnings = built(hook, tree, "editable")
    assert build_data == {"force_include": {}}
    assert not warnings
    source, library = sorted((tree / "policyclf/features").iterdir())
    found = ctypes.CDLL(str(library)).source
    found.restype = ctypes.c_uint32
    assert found() == crc32(source.read_bytes())


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("POLICYCLF_COMPILED=0", "not wanted"),
        ("CC=no-such-compiler", "no C compiler"),
        ("CC=false --with-an-option", "false: it ended with 1"),
        ("CC=.", "no C compiler"),
    ],
)
def test_without(
    setting: str, reason: str, hook: ModuleType, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says why there is no library, and the wheel is pure Python."""
    monkeypatch.setenv(*setting.split("=", 1))
    build_data, warnings = built(hook, tree, "standard")
    assert build_data == {"force_include": {}}
    assert warnings == [f"without compiled loops: {reason}"]


@needs_compiler
def test_compiler_has_nothing_to_say(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loops compile without a warning."""
    monkeypatch.setenv("CC", "cc -Wall -Wextra -Wconversion -Wno-sign-conversion -Werror")
    hook.compile_library(ROOT / hook.SOURCE, tmp_path / "loops.so")
    assert (tmp_path / "loops.so").is_file()
