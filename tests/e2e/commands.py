"""The `mmbot` command as a person runs it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any


def command(config: Path | None, *words: str) -> tuple[int, dict[str, Any], str]:
    """Exit code, what it printed (JSON), and what it said on stderr."""
    where = () if config is None else ("--config", str(config))
    done = subprocess.run([sys.executable, "-m", "mmbot", *words, *where], capture_output=True, check=False, timeout=60)
    return done.returncode, json.loads(done.stdout or b"{}"), done.stderr.decode()
