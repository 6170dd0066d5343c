"""Where the files lie that come with the library: model, codebook, lexicon.

A wheel carries them inside the package; in a checkout they lie beside it.
"""

from __future__ import annotations

from pathlib import Path

from policyclf.exceptions import ModelError

MODEL_NAME = "policyclf-zh"
MODEL = f"models/{MODEL_NAME}"
CODEBOOK = "labels/codebook.toml"


def shipped(name: str) -> Path:
    """Find a file or folder that comes with the library.

    Parameters
    ----------
    name : str
        Its path from the top of the repository.

    Returns
    -------
    Path
        Where it lies.

    Raises
    ------
    ModelError
        If it is not there, which means a broken installation.

    Examples
    --------
    >>> shipped(CODEBOOK).name
    'codebook.toml'
    """
    package = Path(__file__).parent
    for folder in (package, package.parent):
        if (folder / name).exists():
            return folder / name
    raise ModelError(f"{name} is missing from the installation. Install policyclf again.")
