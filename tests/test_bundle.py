"""A model on disk comes back as it was, or is refused; nothing in between."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import mmap
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from policyclf import bundle as module
from policyclf.bundle import CARD, CODEBOOK, MANIFEST, METRICS, Bundle, read_bundle, unzip
from policyclf.exceptions import ModelError, OutputError
from policyclf.labeling import Labeler
from policyclf.training import TrainingData, train

MANY = 10
"""Times as many texts go in a batch."""

TEXTS = ["加大人才引进力度。", "扩大贷款规模。", "要认真抓好落实。", ""]

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def bundle(tiny_labeler: Labeler) -> Bundle:
    return tiny_labeler.bundle


@pytest.fixture(scope="module")
def files(bundle: Bundle) -> Files:
    return dict(bundle.files)


@pytest.fixture(scope="module")
def other(tiny_data: TrainingData) -> Bundle:
    """Train a model that is not the tiny one."""
    return train(tiny_data, min_df=3, C=0.1).bundle


def sealed(files: Files, change: Callable[[dict[str, Any]], None] = lambda _: None) -> Files:
    """Write the manifest anew with the hashes that the files now have."""
    manifest = json.loads(files[MANIFEST])
    rest = {name: content for name, content in files.items() if name != MANIFEST}
    manifest["files"] = {name: module._sha256(content) for name, content in rest.items()}
    change(manifest)
    return {**rest, MANIFEST: json.dumps(manifest).encode()}


def npy(array: npt.NDArray[Any], *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def zipped(members: list[tuple[str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return stream.getvalue()


def same(first: Bundle, second: Bundle) -> None:
    """Check that two bundles hold the same and score the same."""
    assert first.sha256 == second.sha256
    assert dict(first.files) == dict(second.files)
    np.testing.assert_array_equal(
        Labeler(first).predict_proba(TEXTS), Labeler(second).predict_proba(TEXTS)
    )


# --- Round trips -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model", "model.zip", "模型", "a/b/model"])
def test_round_trip(bundle: Bundle, tmp_path: Path, name: str) -> None:
    """Written and read, a folder or a zip is the same model."""
    bundle.write(tmp_path / name)
    same(read_bundle(tmp_path / name), bundle)


def test_round_trip_of_a_minimal_model(tiny_data: TrainingData, tmp_path: Path) -> None:
    """A model without codebook and lexicon needs neither to come back."""
    bundle = train(TrainingData(tiny_data.corpus), characters=None, words=(1, 1), min_df=1).bundle
    bundle.write(tmp_path / "model")
    assert not (tmp_path / "model" / CODEBOOK).exists()
    same(read_bundle(tmp_path / "model"), bundle)


def test_half_a_character_comes_back(bundle: Bundle, tmp_path: Path) -> None:
    """As a genre may have it, or what was said of the text; the card shows it escaped."""
    made = {"about": "\udcff", "kinds": {"genres": {"\ud800": 60}}}
    replace(bundle, provenance=made, card="\udcff").write(tmp_path / "model")
    read = read_bundle(tmp_path / "model")
    assert (read.provenance, read.card) == (made, r"\udcff")


def test_everything_comes_back(bundle: Bundle, tiny_folder: Path) -> None:
    """Calibration, chain, thresholds, codebook, provenance, metrics and card are kept."""
    read = read_bundle(tiny_folder)
    assert read.calibration == bundle.calibration
    assert read.chain == bundle.chain
    assert read.rule == bundle.rule
    assert read.codebook == bundle.codebook
    assert read.card == bundle.card
    assert read.provenance == json.loads(json.dumps(bundle.provenance))
    assert read.metrics == json.loads(json.dumps(bundle.metrics))


def test_equal_models_give_equal_bytes(bundle: Bundle, tiny_data: TrainingData) -> None:
    """Trained again, the model is the same zip byte for byte, whenever it is written."""
    again = train(tiny_data, words=(1, 2), min_df=1).bundle
    assert again.to_zip() == bundle.to_zip()
    assert again.sha256 == bundle.sha256


def test_size_and_hash(bundle: Bundle, tiny_folder: Path) -> None:
    """The size is that of the files; the hash is that of the manifest."""
    paths = [path for path in tiny_folder.rglob("*") if path.is_file()]
    assert bundle.size == sum(path.stat().st_size for path in paths)
    assert bundle.sha256 == module._sha256((tiny_folder / MANIFEST).read_bytes())


def test_unlisted_files_are_left_alone(files: Files, bundle: Bundle) -> None:
    """A note that somebody laid beside the files changes nothing."""
    same(Bundle.from_files({**files, "notes.txt": b"mine"}, name="m"), bundle)


# --- Writing -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_existing_model_is_replaced_whole(
    bundle: Bundle, other: Bundle, tmp_path: Path, name: str
) -> None:
    """A model in the same place goes away whole, and nothing else is left beside it."""
    other.write(tmp_path / name)
    bundle.write(tmp_path / name)
    same(read_bundle(tmp_path / name), bundle)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_files_beside_a_model_are_not_lost(bundle: Bundle, tmp_path: Path) -> None:
    """A model is not written over a folder in which more than a model lies."""
    bundle.write(tmp_path / "model")
    (tmp_path / "model" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="model"):
        bundle.write(tmp_path / "model")
    assert (tmp_path / "model" / "notes.txt").read_text(encoding="utf-8") == "mine"
    same(read_bundle(tmp_path / "model"), bundle)


def test_hash_is_of_what_was_read(bundle: Bundle, tmp_path: Path) -> None:
    """A model's hash is that of the manifest on disk, however that was written."""
    bundle.write(tmp_path / "model")
    manifest = tmp_path / "model" / MANIFEST
    manifest.write_bytes(manifest.read_bytes() + b"\n")
    digest = hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert read_bundle(tmp_path / "model", sha256=digest).sha256 == digest


def test_empty_folder_is_taken(bundle: Bundle, tmp_path: Path) -> None:
    """An empty folder may be written into."""
    (tmp_path / "model").mkdir()
    bundle.write(tmp_path / "model")
    same(read_bundle(tmp_path / "model"), bundle)


@pytest.mark.parametrize("name", ["thesis", "thesis.txt", "thesis.zip"])
def test_something_else_is_not_overwritten(bundle: Bundle, tmp_path: Path, name: str) -> None:
    """A folder, file or zip that is no model is left as it is."""
    target = tmp_path / name
    if name == "thesis":
        target.mkdir()
        (target / "chapter.txt").write_text("work of years", encoding="utf-8")
    else:
        target.write_bytes(zipped([("chapter.txt", b"work of years")]))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(OutputError, match=rf"{name}: stands there already and is no model"):
        bundle.write(target)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_unwritable_place(bundle: Bundle, tmp_path: Path) -> None:
    """A place below a file is an error of one sentence."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    for name in ("model", "model.zip"):
        with pytest.raises(OutputError, match=r"model\S*: cannot be written: "):
            bundle.write(tmp_path / "file" / name)


@pytest.mark.parametrize(
    "failure",
    [
        ("write_bytes", 1, "model"),
        ("write_bytes", 4, "model"),
        ("rename", 1, "model"),
        ("rename", 2, "model"),
        ("replace", 1, "model.zip"),
    ],
)
def test_failure_leaves_the_old_model(
    bundle: Bundle,
    other: Bundle,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    failure: tuple[str, int, str],
) -> None:
    """Wherever writing fails, the old model stands as it was and nothing beside it."""
    method, call, name = failure
    other.write(tmp_path / name)
    calls = 0
    original = getattr(Path, method)

    def failing(self: Path, *args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Path, method, failing)
        with pytest.raises(OutputError, match="cannot be written: No space left on device"):
            bundle.write(tmp_path / name)
    assert calls >= call
    same(read_bundle(tmp_path / name), other)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_written_files_can_be_read_by_others(bundle: Bundle, tmp_path: Path) -> None:
    """What is written is not for its owner alone, as temporary files are."""
    bundle.write(tmp_path / "model")
    bundle.write(tmp_path / "model.zip")
    assert (tmp_path / "model").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "model.zip").stat().st_mode & 0o777 == 0o644


# --- Broken files ------------------------------------------------------------------------------


def test_every_file_is_needed(files: Files) -> None:
    """A bundle that lacks any of its files is refused, and the file is named."""
    for name in files:
        rest = {other: content for other, content in files.items() if other != name}
        with pytest.raises(ModelError, match=rf"^m: .*{name.split('/')[-1]}"):
            Bundle.from_files(rest, name="m")


def test_every_file_is_hashed(files: Files) -> None:
    """One bit changed in any file but the manifest is refused, and the file is named."""
    for name, content in files.items():
        if name != MANIFEST:
            changed = content[:-1] + bytes([content[-1] ^ 1])
            with pytest.raises(ModelError, match=rf"{name} is not what manifest.json says"):
                Bundle.from_files({**files, name: changed}, name="m")


@pytest.mark.filterwarnings("ignore:Reading .*Python 2:UserWarning")
@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_changed_bytes_never_crash(files: Files, data: st.DataObject) -> None:
    """Bytes changed anywhere, under hashes that fit, are a model or a ModelError."""
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    changed = {**files, name: bytes(content)}
    try:
        read = Bundle.from_files(changed if name == MANIFEST else sealed(changed), name="m")
    except ModelError:
        return
    np.testing.assert_allclose(Labeler(read).predict_proba(TEXTS).sum(axis=1), 1.0)
    np.testing.assert_allclose(Labeler(read).predict_proba(TEXTS * MANY).sum(axis=1), 1.0)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the way to every value of a JSON document."""
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    found = [path] if path else []
    for key, entry in entries:
        below = (*path, key)
        found += places(entry, below) if isinstance(entry, dict | list) else [below]
    return found


@settings(deadline=None, max_examples=100)
@given(data=st.data())
@example(data=None).via("the unchanged manifest")
def test_changed_manifests_never_crash(files: Files, data: st.DataObject | None) -> None:
    """Any value of the manifest replaced or left out is a model or a ModelError."""

    def change(manifest: dict[str, Any]) -> None:
        if data is None:
            return
        *way, last = data.draw(st.sampled_from(places(manifest)))
        holder: Any = manifest
        for key in way:
            holder = holder[key]
        odd = [None, True, -1, 0, 3, 1e999, float("nan"), "", "x", [], {}, [[1]], {"x": 1}, 10**30]
        if data.draw(st.booleans()):
            holder[last] = data.draw(st.sampled_from(odd))
        else:
            del holder[last]

    try:
        read = Bundle.from_files(sealed(files, change), name="m")
    except ModelError:
        return
    labeler = Labeler(read)
    np.testing.assert_allclose(labeler.predict_proba(TEXTS).sum(axis=1), 1.0)
    np.testing.assert_allclose(labeler.predict_proba(TEXTS * MANY).sum(axis=1), 1.0)
    assert len(labeler.decide(TEXTS)) == len(TEXTS)


WEIGHTS = "arrays/characters.weights.npy"
IDF = "arrays/characters.idf.npy"


def changed_array(change: Callable[[npt.NDArray[Any]], Any]) -> Callable[[bytes], bytes]:
    return lambda content: npy(np.asarray(change(np.load(io.BytesIO(content)))))


def one_nan(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = array.copy()
    array.flat[0] = np.nan
    return array


def one_nothing(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    array = array.copy()
    array[-1] = 0
    return array


def huge(_: bytes) -> bytes:
    """Write the header of an array of eight petabytes, and nothing behind it."""
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,), }\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        pytest.param(WEIGHTS, lambda content: content[:-100], id="truncated"),
        pytest.param(WEIGHTS, lambda content: content[:20], id="truncated in its header"),
        pytest.param(WEIGHTS, lambda _: b"", id="empty"),
        pytest.param(WEIGHTS, lambda _: b"not an array", id="no array"),
        pytest.param(WEIGHTS, huge, id="huge"),
        pytest.param(
            WEIGHTS, lambda _: npy(np.array([{}], object), pickled=True), id="array of objects"
        ),
        pytest.param(WEIGHTS, lambda _: zipped([("a.npy", b"")]), id="npz"),
        pytest.param(WEIGHTS, changed_array(np.transpose), id="transposed"),
        pytest.param(WEIGHTS, changed_array(lambda a: a[1:]), id="a row too few"),
        pytest.param(WEIGHTS, changed_array(lambda a: a[:, 1:]), id="a column too few"),
        pytest.param(WEIGHTS, changed_array(np.ravel), id="one dimension"),
        pytest.param(WEIGHTS, changed_array(one_nan), id="not a number"),
        pytest.param(WEIGHTS, changed_array(lambda a: a + np.inf), id="infinite"),
        pytest.param(WEIGHTS, changed_array(lambda a: a.astype(str)), id="strings"),
        pytest.param(WEIGHTS, changed_array(lambda a: a + 1), id="other weights"),
        pytest.param(WEIGHTS, changed_array(lambda a: a.astype(float)), id="wider weights"),
        pytest.param(IDF, changed_array(one_nan), id="idf not a number"),
        pytest.param(IDF, changed_array(lambda a: a[:-1]), id="idf too short"),
        pytest.param(IDF, changed_array(lambda a: a[:, None]), id="idf in two dimensions"),
        pytest.param(
            "arrays/characters.ids.npy", changed_array(lambda a: a[::-1]), id="n-grams out of order"
        ),
        pytest.param(
            "arrays/characters.ids.npy", changed_array(lambda a: a.astype(float)), id="no ids"
        ),
        pytest.param("arrays/characters.ids.npy", changed_array(lambda a: a[1:]), id="ids too few"),
        pytest.param("arrays/characters.ids.npy", changed_array(one_nothing), id="no id"),
        pytest.param("arrays/characters.rarity.npy", changed_array(lambda a: a + 99), id="no idf"),
        pytest.param(
            "arrays/characters.alphabet.npy", changed_array(lambda a: a + 2**21), id="no characters"
        ),
        pytest.param(
            "arrays/words.terms.npy", lambda _: npy(np.full(9, 255, np.uint8)), id="utf-8"
        ),
        pytest.param("arrays/lexicon.label.npy", changed_array(lambda a: a + 99), id="labels"),
        pytest.param("arrays/lexicon.weight.npy", changed_array(lambda a: a[1:]), id="lexicon"),
        pytest.param(CODEBOOK, lambda _: b"name = ", id="no TOML"),
        pytest.param(CODEBOOK, lambda _: b"\xff\xfe", id="codebook not UTF-8"),
        pytest.param(METRICS, lambda _: b"{", id="metrics no JSON"),
        pytest.param(METRICS, lambda _: b"[" * 100_000, id="metrics nested"),
        pytest.param(CARD, lambda _: b"\xff", id="card not UTF-8"),
    ],
)
def test_broken_file_under_a_fitting_hash(
    files: Files, name: str, broken: Callable[[bytes], bytes]
) -> None:
    """Whoever makes the hashes fit still has to have a file that holds what it should."""
    with pytest.raises(ModelError, match=r"^m: "):
        Bundle.from_files(sealed({**files, name: broken(files[name])}), name="m")


@pytest.mark.parametrize(
    "change",
    [
        lambda codes: codes[::-1],
        lambda codes: codes.astype(float),
        lambda codes: np.insert(codes[1:], 0, np.uint64(0)),
        lambda codes: np.append(codes[:-1], np.uint64(2**62)),
        lambda codes: np.append(codes[:-1], codes[-1] >> np.uint64(16) << np.uint64(16)),
    ],
    ids=["out of order", "no codes", "empty", "too long", "with a gap"],
)
def test_broken_codes_of_older_formats(change: Callable[[Any], Any]) -> None:
    """N-grams as models had them before format 3 are checked as well."""
    archive = Path(__file__).with_name("golden") / "model-format-2.zip"
    files = dict(unzip(archive.read_bytes(), "m"))
    name = "arrays/characters.codes.npy"
    files[name] = changed_array(change)(files[name])
    with pytest.raises(ModelError, match=r"^m: .*n-gram"):
        Bundle.from_files(sealed(files), name="m")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is no model"),
        (b'"policyclf model"', "is no model"),
        (b'{"format": "skops"}', "is no model"),
        (b'{"format": "policyclf model"}', "format version None; this library reads 1"),
        (b'{"format": "policyclf model", "format_version": 1}', "'files' must be an object"),
        (b'{"format": "policyclf model", "format_version": 1, "files": {}}', "does not fit"),
    ],
)
def test_broken_manifest(files: Files, content: bytes, message: str) -> None:
    """What is no manifest is refused, saying why."""
    with pytest.raises(ModelError, match=f"^m: .*{message}"):
        Bundle.from_files({**files, MANIFEST: content}, name="m")


@pytest.mark.parametrize("version", [0, 4, 99, True, "1", None, 1.5])
def test_other_format_versions(files: Files, version: object) -> None:
    """Another format version is named, with what to do."""
    changed = sealed(files, lambda manifest: manifest.update(format_version=version))
    with pytest.raises(ModelError, match=rf"has format version {version!r}; .*Upgrade policyclf"):
        Bundle.from_files(changed, name="m")


def test_wrong_probes(files: Files) -> None:
    """Probe sentences that score otherwise than they did show another library at work."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["probes"][0]["scores"][0] += 0.001

    with pytest.raises(ModelError, match=r"score otherwise than when it was made \(by 0.001\)"):
        Bundle.from_files(sealed(files, change), name="m")


def test_model_that_says_no_reach(files: Files) -> None:
    """One from before there was a reach goes by the whole document, as it did when it was made."""

    def change(manifest: dict[str, Any]) -> None:
        del manifest["chain"]["reach"]

    assert Bundle.from_files(sealed(files, change), name="m").chain.reach is None


def test_model_that_says_no_slope_of_lengths(files: Files) -> None:
    """One from before there was one takes all texts for middling, as when it was made."""

    def change(manifest: dict[str, Any]) -> None:
        del manifest["length_slope"]

    read = Bundle.from_files(sealed(files, change), name="m")
    assert read.alone.length_slope == read.document.length_slope == 0


@pytest.mark.parametrize("slope", ["0.1", None, 2.0, float("nan"), True])
def test_slopes_of_lengths_that_nobody_learns(files: Files, slope: object) -> None:
    """What no training could have learned is refused."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["length_slope"]["alone"] = slope

    with pytest.raises(ModelError, match="a slope of length is a number from -1 to 1"):
        Bundle.from_files(sealed(files, change), name="m")


@pytest.mark.parametrize("lengths", [[1, 10**12], [-(10**12), 4], [0, 4], [1, 1e999], [1, 64]])
def test_lengths_that_would_never_end(files: Files, lengths: list[float]) -> None:
    """N-grams of absurd lengths are refused before they are counted."""

    def change(manifest: dict[str, Any]) -> None:
        manifest["blocks"][0]["parameters"]["ngram_range"] = lengths

    with pytest.raises(ModelError, match="the n-grams of characters cannot have"):
        Bundle.from_files(sealed(files, change), name="m")


@pytest.mark.parametrize(
    "change",
    [
        lambda manifest: manifest["calibration"].update(slope=0),
        lambda manifest: manifest["calibration"].update(slope=float("nan")),
        lambda manifest: manifest["calibration"].update(slope=float("inf")),
        lambda manifest: manifest["chain"].update(persistence=1.0),
        lambda manifest: manifest["chain"].update(reach=-1),
        lambda manifest: manifest["decision"].update(abstention=2),
        lambda manifest: manifest["decision"]["further"].pop(),
        lambda manifest: manifest["intercept"].pop(),
        lambda manifest: manifest["labels"].pop(),
        lambda manifest: manifest.update(labels=["talent"] * 4),
        lambda manifest: manifest.update(labels=["a", "b", "c", "d"]),
        lambda manifest: manifest["provenance"].update(n_segments="many"),
        lambda manifest: manifest["provenance"].update(versions="1.0"),
        lambda manifest: manifest["provenance"].update(label_counts={"talent": "x"}),
    ],
)
def test_values_that_cannot_be_worked_with(
    files: Files, change: Callable[[dict[str, Any]], None]
) -> None:
    """Whatever is none, or too few, or another's, is refused, not found out later."""
    with pytest.raises(ModelError, match=r"^m: .*(must have|must be)"):
        Bundle.from_files(sealed(files, change), name="m")


@pytest.mark.skipif(os.name == "nt", reason="a mapped file cannot be replaced on Windows")
def test_arrays_are_mapped(bundle: Bundle, other: Bundle, tmp_path: Path) -> None:
    """Arrays of a folder are those of its files, without a copy, also when it is replaced."""
    bundle.write(tmp_path / "m")
    read = read_bundle(tmp_path / "m")
    whole: Any = read.model.weights[0]
    while isinstance(whole, np.ndarray):
        whole = whole.base
    assert isinstance(whole.obj if isinstance(whole, memoryview) else whole, mmap.mmap)
    other.write(tmp_path / "m")
    same(read, bundle)
    same(read_bundle(tmp_path / "m"), other)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content[:-1], "has .* bytes"),
        (lambda content: content + b"\0", "has .* bytes"),
        (lambda content: content.replace(b"NUMPY\x01", b"NUMPY\x02", 1), "format version"),
        (lambda content: content[:8], "ValueError"),
        (lambda _: b"", "ValueError"),
        (lambda _: npy(np.array([None]), pickled=True), "has .* bytes|ValueError"),
    ],
)
def test_array_that_is_no_array(
    change: Callable[[bytes], bytes], message: str, files: Files, tmp_path: Path
) -> None:
    """What is no plain array to the last byte is refused, from a folder and from a zip."""
    name = "arrays/lexicon.weights.npy"
    broken = sealed({**files, name: change(files[name])})
    for file, content in broken.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_bytes(content)
    with pytest.raises(ModelError, match=message):
        read_bundle(tmp_path)
    with pytest.raises(ModelError, match=message):
        Bundle.from_files(broken, name="m")


def test_expected_hash(tiny_folder: Path, bundle: Bundle) -> None:
    """With the hash that one was told, another model is refused, in either case of letters."""
    same(read_bundle(tiny_folder, sha256=bundle.sha256.upper()), bundle)
    with pytest.raises(ModelError, match=f"another model: its sha256 is {bundle.sha256}, not 00"):
        read_bundle(tiny_folder, sha256="00" * 32)


# --- Places that hold no model -----------------------------------------------------------------


def test_no_model_there(tmp_path: Path) -> None:
    """A missing path, an empty folder and some file are each no model."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("hello", encoding="utf-8")
    for name, message in [
        ("missing", "cannot be read: No such file"),
        ("folder", "has no manifest.json"),
        ("file", "is no model"),
    ]:
        with pytest.raises(ModelError, match=rf"{name}: .*{message}"):
            read_bundle(tmp_path / name)


def test_only_what_is_listed_is_read(bundle: Bundle, tmp_path: Path) -> None:
    """A model among much else, as in a checkout, is read; links out of it are not followed."""
    bundle.write(tmp_path / "model")
    for number in range(module.MAX_FILES):
        (tmp_path / "model" / f"{number}.txt").touch()
    same(read_bundle(tmp_path / "model"), bundle)
    card = tmp_path / "model" / "README.md"
    card.rename(tmp_path / "card")
    card.symlink_to(tmp_path / "card")
    with pytest.raises(ModelError, match=r"README\.md is missing"):
        read_bundle(tmp_path / "model")


def test_manifest_of_too_many_files(tmp_path: Path) -> None:
    """A manifest that lists more files than a model has is refused before they are read."""
    names = {f"{number}.npy": "" for number in range(module.MAX_FILES)}
    listing = {"format": module.FORMAT, "files": names}
    (tmp_path / MANIFEST).write_text(json.dumps(listing), encoding="utf-8")
    with pytest.raises(ModelError, match="at most 100 files"):
        read_bundle(tmp_path)


# --- Zips --------------------------------------------------------------------------------------


def test_zip_that_holds_too_much(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small zip that unpacks to too much is refused before it is unpacked."""
    bomb = zipped([*files.items(), ("zeros", bytes(50_000_000))])
    assert len(bomb) < 200_000
    monkeypatch.setattr(module, "MAX_BYTES", 10_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *_: pytest.fail("was unpacked"))
    with pytest.raises(ModelError, match=r"at most 100 files of 10,000,000 bytes together"):
        unzip(bomb, "m.zip")


def with_size(data: bytes, size: int) -> bytes:
    """Write another unpacked size into the directory of a zip of one member."""
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", size) + data[at + 28 :]


def test_zip_that_claims_too_much() -> None:
    """A zip that says it unpacks to four gigabytes is refused for that alone."""
    with pytest.raises(ModelError, match=r"Got 1 files of 4,294,967,294 bytes"):
        unzip(with_size(zipped([(MANIFEST, b"{}")]), 2**32 - 2), "m.zip")


def test_zip_that_holds_more_than_it_claims() -> None:
    """A member is not read beyond the size that was checked."""
    with pytest.raises(ModelError, match="Bad CRC-32"):
        unzip(with_size(zipped([(MANIFEST, bytes(50_000_000))]), 10), "m.zip")


def test_zip_of_too_many_files(files: Files) -> None:
    """A hundred and more members are refused."""
    with pytest.raises(ModelError, match="Got 118 files"):
        unzip(zipped([*files.items(), *((f"{n}", b"") for n in range(118 - len(files)))]), "m.zip")


def test_names_that_climb_out_are_harmless(files: Files, bundle: Bundle, tmp_path: Path) -> None:
    """Nothing is written when a zip is read, whatever its members are called."""
    home = tmp_path / "home" / "models"
    home.mkdir(parents=True)
    climbing = [
        "../../evil.txt",
        "/evil.txt",
        "C:\\evil.txt",
        "../evil.txt",
        str(tmp_path / "evil"),
    ]
    path = home / "m.zip"
    path.write_bytes(zipped([*files.items(), *((name, b"evil") for name in climbing)]))
    same(read_bundle(path), bundle)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == [path]


@pytest.mark.parametrize(
    ("offset", "change"),
    [(8, b"\x01\x00"), (10, b"\x63\x00"), (10, b"\x0e\x00"), (10, b"\x0c\x00")],
    ids=["encrypted", "unknown method", "lzma", "bzip2"],
)
def test_zip_of_another_kind(offset: int, change: bytes) -> None:
    """A member that is encrypted or packed in a way it does not say is refused."""
    data = zipped([(MANIFEST, b"{}" * 50)])
    at = data.rindex(b"PK\x01\x02") + offset
    local = offset - 2
    broken = data[:at] + change + data[at + 2 :]
    broken = broken[:local] + change + broken[local + 2 :]
    with pytest.raises(ModelError, match=r"^m\.zip: is "):
        unzip(broken, "m.zip")


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_changed_zips_never_crash(bundle: Bundle, data: st.DataObject) -> None:
    """A zip with bytes changed or cut off is the same model or a ModelError."""
    packed = bytearray(bundle.to_zip())
    tail = len(packed) - data.draw(st.sampled_from([0, 1, 2000]))  # where the directory is
    place = data.draw(st.integers(max(tail - 2000, 0), len(packed) - 1) | st.integers(0, 300))
    if data.draw(st.booleans()):
        packed[place] ^= data.draw(st.integers(1, 255))
    else:
        del packed[place:]
    try:
        read = Bundle.from_files(unzip(bytes(packed), "m"), name="m")
    except ModelError:
        return
    assert read.sha256 == bundle.sha256


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x03\x04", b"PK\x05\x06" + bytes(18), b"hello"])
def test_no_zip(data: bytes) -> None:
    """What is no zip, or an empty one, is no model."""
    with pytest.raises(ModelError, match=r"^m: is no model"):
        Bundle.from_files(unzip(data, "m"), name="m")
