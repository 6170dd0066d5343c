"""The wheel is built with compiled loops where there is a compiler, and without where not."""

from __future__ import annotations

import ctypes
import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

from policyclf.features import compiled

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """Load what hatchling runs."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_compiles(hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is of the version that Python's side asks for, and says nothing."""
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.delenv("POLICYCLF_COMPILED", raising=False)
    library = tmp_path / "loops.so"
    assert hook.compile_library(ROOT / hook.SOURCE, library) is None
    assert ctypes.CDLL(str(library)).interface() == compiled._INTERFACE
    assert [path.name for path in tmp_path.iterdir()] == ["loops.so"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ("POLICYCLF_COMPILED=0", "not wanted"),
        ("CC=no-such-compiler", "no C compiler"),
        ("CC=false", "the compiler ended with 1"),
    ],
)
def test_does_without(
    setting: str, reason: str, hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Says why there is no library, and leaves the one of before as it was."""
    monkeypatch.delenv("POLICYCLF_COMPILED", raising=False)
    monkeypatch.setenv(*setting.split("=", 1))
    library = tmp_path / "loops.so"
    library.write_bytes(b"of before")
    assert hook.compile_library(ROOT / hook.SOURCE, library) == reason
    assert library.read_bytes() == b"of before"
    assert [path.name for path in tmp_path.iterdir()] == ["loops.so"]
