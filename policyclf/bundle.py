"""A model on disk: a folder or a zip of arrays and JSON, checked when read.

Nothing in it is unpickled. What it replaces, measured at 188k features: a joblib
pickle of the estimator has twice the size and takes 0.6 s to load against 0.2 s, runs
code of whoever wrote it, and a scikit-learn pipeline pickled under 1.3 loads under 1.9
and then predicts without its IDF weights, silently; skops' format took 167 MB and 7 s.

===================  ============================================================
``manifest.json``    what the model is: format, labels, blocks, calibration,
                     thresholds, provenance, the SHA-256 of every other file, and
                     probe sentences with their scores
``arrays/*.npy``     vocabularies and weights; conformity scores, if there are
``codebook.toml``    the codebook, if it was trained with one
``metrics.json``     figures measured when it was trained
``README.md``        the model card
===================  ============================================================

Reading checks every hash, every shape, and that the probes score as they did when
the model was made. A hash inside shows that nothing is broken, not who made it: for
that, compare :attr:`Bundle.sha256` with one that you were told.

The arrays of a folder are mapped into memory, not copied (but on Windows, where a mapped file
cannot be replaced): 8 ms of the start, and one copy for all programs that use the model. So a
model is replaced as a whole, as `Bundle.write` does, not edited in place.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import mmap
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from policyclf.calibration import Calibration
from policyclf.chain import LabelChain
from policyclf.codebook import Codebook
from policyclf.conformal import Conformity
from policyclf.decision import DecisionRule
from policyclf.exceptions import ModelError, OutputError, PolicyclfError
from policyclf.features import BLOCKS, Block, Segment
from policyclf.features.ngrams import LONGEST
from policyclf.maps import STEEPEST, map_from, to_record
from policyclf.posterior import AS_IT_IS, Posterior, Recalibration
from policyclf.scoring import LinearModel

FORMAT = "policyclf model"
FORMAT_VERSION = 3
READ_VERSIONS = (1, 2, 3)
"""1 had no recalibration, 2 an n-gram in 16 bytes. Raise it when an older library would misread
a newer file, keep reading the old ones, and keep one of each version under ``tests/golden/``."""

_SIGNLESS, _INFINITE = 0x7FFF, 0x7C00
"""Bits of a 16-bit float: all but the sign, and those of infinity; no number has more."""

MANIFEST = "manifest.json"
CODEBOOK = "codebook.toml"
METRICS = "metrics.json"
CARD = "README.md"

MAX_BYTES = 2**30
MAX_FILES = 100
"""What a bundle may unpack to: a hundred times the shipped model, and no zip bomb."""

PROBES = (
    Segment("市里组织小分队赴沿海招商，与三家企业签订投资协议。"),
    Segment("简化审批环节，企业开办一个工作日办结。", previous="优化营商环境。"),
    Segment("沿著產(chǎn)業(yè)鏈補鏈強鏈，成效顯著。"),
    Segment("2024年，全区一般公共预算收入增长３.５％。"),
    Segment("第十二条　本办法自印发之日起施行。", heading="附则"),
    Segment("来源：本站  责任编辑：某某  http://www.example.com/a.html"),
    Segment(""),
)
"""Composed for this purpose: both scripts, glosses, width, digits, context, nothing."""

TAKEN = "{}: stands there already and is no model. Choose another name."

_PROVENANCE: Mapping[str, type] = {
    "n_segments": int,
    "n_documents": int,
    "label_counts": dict,
    "kinds": dict,
    "versions": dict,
}
"""What of the provenance is worked with, and not only shown."""

_PROBE_TOLERANCE = 1e-6
_LONGEST_HEAD = 10_000
"""Of the head of an array's file: numpy refuses longer ones."""
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest a zip can state, so that equal models give equal bytes."""

Files = Mapping[str, bytes | mmap.mmap]


@dataclass(frozen=True, eq=False)
class Bundle:
    """Everything a model is.

    Parameters
    ----------
    model : LinearModel
        Blocks and weights.
    calibration : Calibration
        How probabilities follow from scores.
    chain : LabelChain
        How labels follow one another in a document.
    rule : DecisionRule
        Thresholds.
    codebook : Codebook or None
        What the labels mean.
    provenance : dict
        What it was made from and with.
    metrics : dict
        Figures measured when it was trained.
    card : str
        The model card, Markdown.
    alone, document : Recalibration
        The last step to reported probabilities.
    """

    model: LinearModel
    calibration: Calibration
    chain: LabelChain
    rule: DecisionRule
    codebook: Codebook | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    card: str = ""
    alone: Recalibration = AS_IT_IS
    document: Recalibration = AS_IT_IS

    @property
    def posterior(self) -> Posterior:
        """How reported probabilities follow from scores."""
        return Posterior(self.calibration, self.chain, self.alone, self.document)

    @property
    def files(self) -> Mapping[str, bytes]:
        """The content of every file of the bundle, by name."""
        return {name: bytes(content) for name, content in self._files.items()}

    @cached_property
    def _files(self) -> Files:
        files: dict[str, bytes] = {}
        blocks = []
        for block, weights in zip(self.model.blocks, self.model.weights, strict=True):
            parameters, arrays = block.state()
            named = {**arrays, "weights": weights.astype(np.float16)}
            for name, array in named.items():
                files[_array_name(block.name, name)] = _npy(array)
            blocks.append({"name": block.name, "parameters": parameters, "arrays": sorted(named)})
        last_steps = {"alone": self.alone, "document": self.document}
        for place, step in last_steps.items():
            if step.conformity is not None:
                files[_array_name(place, "conformity")] = _npy(step.conformity.table)
        if self.codebook is not None:
            files[CODEBOOK] = self.codebook.source.encode()
        files[METRICS] = _json(self.metrics)
        files[CARD] = _written(self.card)
        scores = self.model.scores(PROBES)
        manifest = {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "labels": list(self.model.labels),
            "blocks": blocks,
            "intercept": self.model.intercept.tolist(),
            "calibration": {"slope": self.calibration.slope, "n": self.calibration.n},
            "chain": {
                "persistence": self.chain.persistence,
                "evenness": self.chain.evenness,
                "reach": self.chain.reach,
            },
            "recalibration": {place: to_record(step.map) for place, step in last_steps.items()},
            "length_slope": {place: step.length_slope for place, step in last_steps.items()},
            "decision": {
                "further": list(self.rule.further),
                "abstention": self.rule.abstention,
            },
            "provenance": dict(self.provenance),
            "probes": [
                {**probe._asdict(), "scores": [round(score, 9) for score in row]}
                for probe, row in zip(PROBES, scores.tolist(), strict=True)
            ],
            "files": {name: _sha256(content) for name, content in sorted(files.items())},
        }
        files[MANIFEST] = _json(manifest)
        return files

    @property
    def sha256(self) -> str:
        """The hash of the manifest, which holds the hashes of all other files."""
        return _sha256(self._files[MANIFEST])

    @property
    def size(self) -> int:
        """The bytes of all files together."""
        return sum(map(len, self._files.values()))

    @classmethod
    def from_files(cls, files: Files, *, name: str, sha256: str | None = None) -> Bundle:
        """Check and assemble the files of a bundle.

        Parameters
        ----------
        files : mapping of str to bytes
            The content of every file.
        name : str
            Where they are from, for messages.
        sha256 : str, optional
            What the hash of the manifest must be.

        Returns
        -------
        Bundle
            The model.

        Raises
        ------
        ModelError
            If a file is missing or broken, or the probes score otherwise.
        """
        manifest = _manifest(files, name, sha256)
        try:
            bundle = _assemble(manifest, files)
        except PolicyclfError as error:
            raise ModelError(f"{name}: {error}") from error
        except Exception as error:  # numpy's parser of headers alone has six kinds
            raise ModelError(
                f"{name}: {MANIFEST} does not fit its files ({type(error).__name__}: {error}). "
                "Get the model again."
            ) from error
        _check_probes(bundle.model, manifest, name)
        # What was read, to the letter: its hash is the one that was published.
        listed = (MANIFEST, *manifest["files"])
        bundle.__dict__["_files"] = {file: files[file] for file in listed}
        return bundle

    def to_zip(self) -> bytes:
        """Pack the files into a zip; equal models give equal bytes."""
        import zipfile  # noqa: PLC0415  9 ms, and a model in a folder needs none

        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            for name, content in sorted(self._files.items()):
                entry = zipfile.ZipInfo(name, _ZIP_DATE)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, bytes(content))
        return stream.getvalue()

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write a folder, or a zip if the name ends so.

        Nothing is half-written: what stands there already is replaced at the end,
        and only if it is a model.

        Parameters
        ----------
        path : str or path-like
            Where to.

        Raises
        ------
        OutputError
            If it cannot be written, or something else stands there.
        """
        target = Path(path)
        try:
            check_place(target)
            if target.suffix.lower() == ".zip":
                write_atomically(target, self.to_zip())
            else:
                self._write_folder(target)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written: {error.strerror or error}.") from error

    def _write_folder(self, target: Path) -> None:
        import shutil  # noqa: PLC0415  with tempfile 5 ms, and reading needs neither
        import tempfile  # noqa: PLC0415

        target = target.resolve()  # a link stays one
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            for name, content in self._files.items():
                (fresh / name).parent.mkdir(exist_ok=True)
                (fresh / name).write_bytes(content)
            fresh.chmod(0o755)  # mkdtemp's are for the owner alone
            if not target.exists():
                fresh.rename(target)
                return
            old = fresh.with_name(f"{fresh.name}.old")
            target.rename(old)
            try:
                fresh.rename(target)
            except BaseException:
                old.rename(target)
                raise
            shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def read_bundle(path: str | os.PathLike[str], *, sha256: str | None = None) -> Bundle:
    """Read a model from a folder or a zip.

    Parameters
    ----------
    path : str or path-like
        The folder or zip.
    sha256 : str, optional
        What the hash of the manifest must be.

    Returns
    -------
    Bundle
        The model.

    Raises
    ------
    ModelError
        If there is none, or it is broken.
    """
    source = Path(path)
    try:
        files = _read_folder(source) if source.is_dir() else unzip(source.read_bytes(), str(path))
    except OSError as error:
        raise ModelError(f"{source}: cannot be read: {error.strerror or error}.") from error
    return Bundle.from_files(files, name=str(path), sha256=sha256)


def unzip(data: bytes, name: str) -> dict[str, bytes]:
    """Unpack a zip of a bundle, refusing one that unpacks to too much.

    Parameters
    ----------
    data : bytes
        The zip.
    name : str
        Where it is from, for messages.

    Returns
    -------
    dict of str to bytes
        The content of every file.

    Raises
    ------
    ModelError
        If it is no zip, or holds too much.
    """
    import zipfile  # noqa: PLC0415  as in to_zip

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_size(len(members), sum(member.file_size for member in members), name)
            return {member.filename: archive.read(member) for member in members}
    except ModelError:
        raise
    except Exception as error:  # zipfile lets those of its parsers and packers through
        raise ModelError(f"{name}: is no model: {error}.") from error


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file under another name first, so that it is whole or not there."""
    import tempfile  # noqa: PLC0415  as in _write_folder

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, fresh = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(fresh).chmod(0o644)  # mkstemp's are for the owner alone
        Path(fresh).replace(path)
    finally:
        Path(fresh).unlink(missing_ok=True)


def versions() -> dict[str, str]:
    """Return the versions of the libraries that a model's scores depend on."""
    import importlib.metadata  # noqa: PLC0415  20 ms, and only training and bad news need it

    names = ("numpy", "scikit-learn", "jieba", "rjieba", "opencc-python-reimplemented")
    return {name: importlib.metadata.version(name) for name in names}


def _read_folder(folder: Path) -> Files:
    """Read the manifest and the files it lists, and nothing else that lies there."""
    if not (folder / MANIFEST).is_file():
        raise ModelError(f"{folder}: is no model: it has no {MANIFEST}.")
    manifest = (folder / MANIFEST).read_bytes()
    names = _listed(manifest)
    paths = {name: folder / name for name in names}
    inside = folder.resolve()
    found = {
        name: path
        for name, path in paths.items()
        if path.is_file() and path.resolve().is_relative_to(inside)
    }
    sizes = [path.stat().st_size for path in found.values()]
    _check_size(len(names) + 1, len(manifest) + sum(sizes), str(folder))
    return {MANIFEST: manifest} | {name: _content(path) for name, path in found.items()}


def _content(path: Path) -> bytes | mmap.mmap:
    if path.suffix != ".npy" or os.name == "nt" or not path.stat().st_size:
        return path.read_bytes()
    with path.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _listed(manifest: bytes) -> list[str]:
    """Say which files a manifest lists; none if it is no manifest of ours."""
    try:
        data = json.loads(manifest)
        return [str(name) for name in data["files"]] if data["format"] == FORMAT else []
    except (ValueError, KeyError, TypeError, RecursionError):
        return []


def check_place(target: Path, is_model: Callable[[Path], bool] | None = None) -> None:
    """Refuse to write where something stands that is no model, or where nothing can be written.

    Parameters
    ----------
    target : Path
        Where a model is to be written.
    is_model : callable, optional
        Whether a file there is one that may be replaced. Without it, ``.zip`` is a zipped model,
        and all else the folder of one.

    Raises
    ------
    OutputError
        Before any work is done for it.
    """
    if is_model is None:
        is_model = _is_zipped_model if target.suffix.lower() == ".zip" else _is_model_alone
    try:
        empty = target.is_dir() and is_model is _is_model_alone and not any(target.iterdir())
        if target.exists() and not empty and not is_model(target):
            raise OutputError(TAKEN.format(target))
        above = next(parent for parent in target.resolve().parents if parent.exists())
        if not (above.is_dir() and os.access(above, os.W_OK)):
            raise OutputError(f"{target}: cannot be written: {above} is no folder to write in.")
    except OSError as error:
        raise OutputError(f"{target}: cannot be written: {error.strerror or error}.") from error


def _is_model_alone(folder: Path) -> bool:
    """Whether a folder holds a model and nothing that would be lost with it."""
    if not (folder / MANIFEST).is_file():
        return False
    names = _listed((folder / MANIFEST).read_bytes())
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return bool(names) and files <= {MANIFEST, *names}


def _is_zipped_model(path: Path) -> bool:
    if not path.is_file():
        return False
    try:
        return bool(_listed(unzip(path.read_bytes(), str(path)).get(MANIFEST, b"")))
    except ModelError:
        return False


def _check_size(n_files: int, n_bytes: int, name: str) -> None:
    if n_files > MAX_FILES or n_bytes > MAX_BYTES:
        raise ModelError(
            f"{name}: a model has at most {MAX_FILES} files of {MAX_BYTES:,} bytes together. "
            f"Got {n_files} files of {n_bytes:,} bytes."
        )


def _manifest(files: Files, name: str, sha256: str | None) -> dict[str, Any]:
    if MANIFEST not in files:
        raise ModelError(f"{name}: is no model: it has no {MANIFEST}.")
    found = _sha256(files[MANIFEST])
    if sha256 is not None and found != sha256.lower():
        raise ModelError(f"{name}: is another model: its sha256 is {found}, not {sha256}.")
    try:
        manifest = json.loads(bytes(files[MANIFEST]))
    except (ValueError, RecursionError) as error:
        raise ModelError(
            f"{name}: {MANIFEST} is not JSON: {error}. Get the model again."
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(f'{name}: is no model: {MANIFEST} must say "format": {FORMAT!r}.')
    version = manifest.get("format_version")
    if isinstance(version, bool) or version not in READ_VERSIONS:
        raise ModelError(
            f"{name}: has format version {version!r}; this library reads "
            f"{', '.join(map(str, READ_VERSIONS))}. "
            "Upgrade policyclf, or train the model again."
        )
    hashes = manifest.get("files")
    if not isinstance(hashes, dict):
        raise ModelError(f"{name}: {MANIFEST}: 'files' must be an object. Get the model again.")
    for file, digest in hashes.items():
        if file not in files:
            raise ModelError(f"{name}: {file} is missing. Get the model again.")
        if _sha256(files[file]) != digest:
            raise ModelError(f"{name}: {file} is not what {MANIFEST} says. Get the model again.")
    return manifest


def _assemble(manifest: Mapping[str, Any], files: Files) -> Bundle:
    listed = {name: files[name] for name in manifest["files"]}
    labels = tuple(str(label) for label in manifest["labels"])
    blocks: list[Block] = []
    weights: list[npt.NDArray[np.floating]] = []
    for entry in manifest["blocks"]:
        if entry["name"] not in BLOCKS:
            raise ModelError(f"the block {entry['name']!r} is unknown. Upgrade policyclf.")
        arrays = {
            name: _array(listed[_array_name(entry["name"], name)]) for name in entry["arrays"]
        }
        lengths = entry["parameters"].get("ngram_range", [1])
        if min(lengths) < 1 or max(lengths) > LONGEST:  # before anything loops over them
            raise ModelError(f"the n-grams of {entry['name']} cannot have {lengths} items.")
        stored = arrays.pop("weights")
        block = BLOCKS[entry["name"]].from_state(entry["parameters"], arrays)
        needed = (block.n_columns, len(labels))
        if stored.dtype != np.float16 or stored.shape != needed or not _all_finite(stored):
            raise ModelError(
                f"the weights of {block.name} must be {block.n_columns} x {len(labels)} finite "
                f"16-bit floats. Got {stored.dtype} of shape {stored.shape}."
            )
        blocks.append(block)
        weights.append(stored)
    intercept = np.array(manifest["intercept"], np.float64)
    further = tuple(float(threshold) for threshold in manifest["decision"]["further"])
    if not labels or len(further) != len(labels) or intercept.shape != (len(labels),):
        raise ModelError(f"{MANIFEST} must have an intercept and a threshold for every label.")
    slope = float(manifest["calibration"]["slope"])
    persistence = float(manifest["chain"]["persistence"])
    evenness = manifest["chain"].get("evenness")
    evenness = None if evenness is None else float(evenness)
    reach = manifest["chain"].get("reach")
    abstention = float(manifest["decision"]["abstention"])
    if not (
        0 < slope < np.inf
        and 0 <= persistence < 1
        and (evenness is None or 0 < evenness < np.inf)
        and all(0 <= threshold <= 1 for threshold in (*further, abstention))
    ):
        raise ModelError(f"{MANIFEST} must have a slope over 0 and thresholds from 0 to 1.")
    if not (reach is None or (type(reach) is int and reach >= 0)):
        raise ModelError(f"{MANIFEST} must have a whole number from 0 as reach. Got {reach!r}.")
    codebook = Codebook.from_toml(bytes(listed[CODEBOOK]).decode()) if CODEBOOK in listed else None
    alien = set(labels) - set(codebook.ids) if codebook else set()
    if len(set(labels)) < len(labels) or alien:
        raise ModelError(f"{MANIFEST} must have each label once, and only those of {CODEBOOK}.")
    return Bundle(
        LinearModel(labels, tuple(blocks), tuple(weights), intercept),
        Calibration(slope, int(manifest["calibration"]["n"])),
        LabelChain(persistence, evenness, reach),
        DecisionRule(further, abstention),
        codebook,
        _provenance(manifest["provenance"]),
        json.loads(bytes(listed[METRICS])),
        bytes(listed[CARD]).decode(),
        _recalibration(manifest, listed, "alone", len(labels)),
        _recalibration(manifest, listed, "document", len(labels)),
    )


def _provenance(found: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(found)
    for key, kind in _PROVENANCE.items():
        if not isinstance(made.get(key, kind()), kind):
            needed = "a whole number" if kind is int else "an object"
            raise ModelError(f"{MANIFEST}: {key!r} of the provenance must be {needed}.")
    counts = made.get("label_counts", {}).values()
    if not all(isinstance(count, int) and count > 0 for count in counts):
        raise ModelError(f"{MANIFEST}: 'label_counts' must be whole numbers over 0.")
    return made


def _recalibration(
    manifest: Mapping[str, Any], listed: Files, place: str, n_labels: int
) -> Recalibration:
    if manifest["format_version"] == 1:
        return AS_IT_IS
    file = _array_name(place, "conformity")
    conformity = Conformity(_array(listed[file])) if file in listed else None
    if conformity is not None and not conformity.sound:
        raise ModelError(f"{file} must have ranks and distances from 0 to 1, both ascending.")
    slope = manifest.get("length_slope", {}).get(place, 0.0)  # there is none in older models
    if type(slope) is not float or not abs(slope) <= STEEPEST:
        raise ModelError(f"{MANIFEST}: a slope of length is a number from -1 to 1. Got {slope!r}.")
    return Recalibration(map_from(manifest["recalibration"][place], n_labels), conformity, slope)


def _check_probes(model: LinearModel, manifest: Mapping[str, Any], name: str) -> None:
    try:
        probes = [
            Segment(*(str(probe[key]) for key in Segment._fields)) for probe in manifest["probes"]
        ]
        expected = np.array([probe["scores"] for probe in manifest["probes"]], np.float64)
        worst = np.abs(model.scores(probes) - expected).max(initial=0.0)
    except Exception as error:  # as above
        raise ModelError(f"{name}: the probes of {MANIFEST} are broken: {error!r}.") from error
    if not worst <= _PROBE_TOLERANCE:
        made = json.dumps(manifest["provenance"].get("versions", {}))
        raise ModelError(
            f"{name}: its probe sentences score otherwise than when it was made (by {worst:.2g}). "
            f"Made with {made}, here are {json.dumps(versions())}. Train it again here."
        )


def _array_name(block: str, array: str) -> str:
    return f"arrays/{block}.{array}.npy"


def _npy(array: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=False)
    return stream.getvalue()


def _array(content: bytes | mmap.mmap) -> npt.NDArray[Any]:
    """Read a file of one array, as `numpy.load` does, but without a copy."""
    head = io.BytesIO(content[:_LONGEST_HEAD])
    version = np.lib.format.read_magic(head)
    if version != (1, 0):  # what numpy writes for all but records
        raise ModelError(f"an array is of format version {version}. Get the model again.")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(head)
    count = math.prod(shape)
    if head.tell() + count * dtype.itemsize != len(content):
        raise ModelError(f"an array of shape {shape} has {len(content)} bytes. Get it again.")
    if not count:
        return np.zeros(shape, dtype)
    flat: npt.NDArray[Any] = np.frombuffer(content, dtype, count, head.tell())
    return flat.reshape(shape[::-1]).T if fortran else flat.reshape(shape)


def _all_finite(halves: npt.NDArray[np.float16]) -> bool:
    """Do as `numpy.isfinite`, which works 16-bit floats out one by one, in a fifth of the time."""
    return bool((halves.view(np.uint16) & _SIGNLESS).max(initial=0) < _INFINITE)


def _json(value: Mapping[str, Any]) -> bytes:
    plain = np.generic.item  # of numpy's numbers, as a grid search over an array gives them
    return _written(json.dumps(value, ensure_ascii=False, indent=2, default=plain) + "\n")


def _written(text: str) -> bytes:
    """Encode a text; half a character stands escaped, as JSON has it."""
    return text.encode("utf-8", "backslashreplace")


def _sha256(content: bytes | mmap.mmap) -> str:
    return hashlib.sha256(content).hexdigest()
