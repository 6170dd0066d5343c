"""``python -m policyclf``: the command."""

from __future__ import annotations

from policyclf.cli import main

if __name__ == "__main__":
    main()
