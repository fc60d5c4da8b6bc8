"""python -m forecaster"""

from __future__ import annotations

from forecaster.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
