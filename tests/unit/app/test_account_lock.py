"""One holder per account and role; the system frees a lock with its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmbot.app.account_lock import AccountBusyError, held, holder, lock_file

HOLD = """
import sys, time
from pathlib import Path
from mmbot.app.account_lock import held
with held(Path(sys.argv[1]), "k3"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def test_a_second_holder_is_refused_by_name_until_the_first_dies() -> None:
    path = lock_file("http://127.0.0.1:1", b"key", "bot")
    assert holder(path) is None
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"held\n"
        who = holder(path)
        assert who is not None
        assert (who.pid, who.run_id) == (first.pid, "k3")
        with pytest.raises(AccountBusyError, match=rf"another bot \(process {first.pid}, run k3\)"), held(path, "x"):
            pass
        first.send_signal(signal.SIGKILL)
    assert holder(path) is None
    with held(path, "x", wait_s=1.0):
        who = holder(path)
        assert who is not None
        assert who.pid == os.getpid()


def test_accounts_and_roles_do_not_share_a_lock() -> None:
    paths = {lock_file(rest, key, role) for rest in ("a", "b") for key in (b"1", b"2") for role in ("bot", "sweep")}
    assert len(paths) == 8


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mmbot").mkdir(mode=0o755)
    with pytest.raises(AccountBusyError, match="0700"):
        lock_file("a", b"1", "bot")
