"""Tick to order over loopback: the whole bot process against a blocking client that decodes nothing."""

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from tests.bench.conftest import RECORDING, Tell
from tests.bench.tap import BLOCKING_CLIENT, Tap, round_trips
from tests.bench.world import core_config

pytestmark = pytest.mark.bench

PYTHON = (sys.executable, "-m", "mmbot")


def bot_config(folder: Path, ready: dict[str, str], tap: Tap) -> Path:
    """A bot with hysteresis off whose sockets lead through the tap; HTTP goes directly."""
    core = json.loads(core_config())
    through = {
        name: ready[name].replace(ready["rest"].rpartition(":")[2], str(tap.port))
        for name in ready
        if name.startswith("ws_")
    }
    for name in ("api_key", "api_secret"):
        (folder / name).write_text(ready[name])
        (folder / name).chmod(0o600)
    document = {
        "venue": {"rest": ready["rest"], **through},
        "credentials": {"api_key_file": str(folder / "api_key"), "api_secret_file": str(folder / "api_secret")},
        **core,
        "files": {"capture": str(folder / "bench.mmcap"), "log": str(folder / "bot.log")},
    }
    path = folder / "bot.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_tick_to_order(data_dir: Path, tmp_path: Path, tell: Tell) -> None:
    words = ("exchange", "--data", str(data_dir / RECORDING), "--from", "60", "--fee-tier", "mm1")
    ready_file = tmp_path / "ready.json"
    with subprocess.Popen((*PYTHON, *words, "--ready-file", str(ready_file)), stdout=subprocess.DEVNULL) as exchange:
        while not ready_file.exists():
            assert exchange.poll() is None
            time.sleep(0.05)
        ready = json.loads(ready_file.read_text())
        tap = Tap(int(ready["rest"].rpartition(":")[2]))
        config = bot_config(tmp_path, ready, tap)
        with subprocess.Popen((*PYTHON, "run", "--config", str(config)), stdout=subprocess.DEVNULL) as bot:
            time.sleep(60)
            bot.send_signal(signal.SIGTERM)
            assert bot.wait(35) == 0
        tap.close()
        exchange.send_signal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = str(listener.getsockname()[1])
        with subprocess.Popen((sys.executable, "-c", BLOCKING_CLIENT, port)):
            floor = round_trips(listener, 3000)
    assert len(tap.reaction_us) > 100
    figures = {"mmbot, book in to order out": tap.reaction_us, "blocking Python client, decodes nothing": floor}
    tell("(c) tick -> order on the wire over loopback, seen by a tap between bot and exchange", figures)
