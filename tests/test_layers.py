"""Imports point one way: down the list of modules, never up."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import policyclf

PACKAGE = Path(policyclf.__file__).parent

ORDER = [
    "exceptions",
    "spans",
    "extraction",
    "documents",
    "normalization",
    "segmentation",
    "tokenization",
    "codebook",
    "lexicon",
    "features",
    "corpus",
    "duplicates",
    "scoring",
    "vocabulary",
    "calibration",
    "maps",
    "crossfitting",
    "splitting",
    "reliability",
    "conformal",
    "chain",
    "posterior",
    "decision",
    "solver",
    "classifier",
    "agreement",
    "evaluation",
    "comparison",
    "baselines",
    "bundle",
    "card",
    "resources",
    "explanation",
    "labeling",
    "sampling",
    "prevalence",
    "tasks",
    "drift",
    "training",
    "recalibration",
    "auditing",
    "crossvalidation",
    "report",
    "",
    "cli",
    "__main__",
]
"""Modules and packages, from what knows none of the others to what knows all; "" is
``policyclf`` itself."""

HEAVY = {
    *("sklearn", "scipy", "pandas", "joblib", "jieba", "rjieba", "opencc", "matplotlib"),
    *("jinja2", "markupsafe"),
}
TRAINING = {
    *("classifier", "solver", "evaluation", "baselines", "training", "corpus"),
    *("splitting", "comparison", "crossvalidation", "recalibration", "auditing", "prevalence"),
}
"""What labelling does without."""


MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    .removesuffix("__init__")
    .rstrip("."): path
    for path in sorted(PACKAGE.rglob("*.py"))
}


def top(module: str) -> str:
    """Name the module or package of ``ORDER`` that a module lies in."""
    return module.split(".", maxsplit=1)[0]


def imports(path: Path, *, at_top_only: bool = False) -> Iterator[str]:
    """List the modules that a file imports, those of the package without its name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    nodes = tree.body if at_top_only else ast.walk(tree)
    for node in nodes:
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where they point"
            assert node.module
            yield node.module


def own(name: str) -> str | None:
    """Take the package's name off, or return None for other packages."""
    if name == "policyclf":
        return ""
    return name.removeprefix("policyclf.") if name.startswith("policyclf.") else None


def test_every_module_has_its_place() -> None:
    """The order names exactly the modules and packages that there are."""
    assert sorted(ORDER) == sorted({top(module) for module in MODULES})


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    """A module imports only from those before it, anywhere in its text."""
    earlier = ORDER[: ORDER.index(top(module))]
    for name in imports(MODULES[module]):
        imported = own(name)
        if imported is not None and top(imported) != top(module):
            assert top(imported) in earlier, f"{module or 'policyclf'} imports {name}"


def test_no_module_imports_itself_by_a_detour() -> None:
    """Within a package, too, imports have an order."""
    graph = {
        module: {imported for name in imports(path) if (imported := own(name)) is not None}
        for module, path in MODULES.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(MODULES)


@pytest.mark.parametrize("module", [name for name in MODULES if top(name) not in TRAINING])
def test_labelling_needs_no_training_stack(module: str) -> None:
    """Outside the modules that train, nothing heavy is imported when a module is."""
    for name in imports(MODULES[module], at_top_only=True):
        assert top(name) not in HEAVY, f"{module} imports {name}"
        imported = own(name)
        assert imported is None or top(imported) not in TRAINING, f"{module} imports {name}"


def test_only_the_edges_touch_files() -> None:
    """Only modules at the edges open files, and only commands print."""
    edges = {"documents", "codebook", "lexicon", "corpus", "bundle", "labeling", "resources"}
    for module, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
        assert "print" not in called, module
        if top(module) != "cli":
            assert "click" not in set(imports(path)), module
            methods = {name.rsplit(".", maxsplit=1)[-1] for name in called}
            opens = methods & {"open", "read_text", "read_bytes", "write_text", "write_bytes"}
            own_files = {"training", "normalization", "features.compiled"}  # of the installation
            assert not opens or module in edges | own_files, (module, opens)
