import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import insonify
from insonify.core.errors import ConfigError
from insonify.ingest.folder.scratch import Scratch, remove_leftovers


def test_what_is_in_it_is_private_and_goes_with_it(tmp_path: Path) -> None:
    with Scratch(tmp_path, outside=tmp_path / "store") as scratch:
        assert not list(tmp_path.iterdir())  # nothing was unpacked yet
        folder = scratch.folder("f-1")
        assert folder == scratch.folder("f-1")
        (folder / "file").touch()
        (root,) = tmp_path.iterdir()
        assert root.stat().st_mode & 0o777 == 0o700
        scratch.remove("f-1")
        assert not folder.exists()
        scratch.remove("f-1")
        scratch.folder("f-2")
    assert not list(tmp_path.iterdir())


def test_it_goes_after_an_error_too(tmp_path: Path) -> None:
    def interrupted() -> None:
        with Scratch(tmp_path, outside=tmp_path / "store") as scratch:
            scratch.folder("f-1")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not list(tmp_path.iterdir())


# Not by importing the package as a whole: with torch that takes seconds.
KILLED = """
import sys, time, types
from pathlib import Path
package = sys.modules["insonify"] = types.ModuleType("insonify")
package.__path__ = [sys.argv[2]]
from insonify.ingest.folder.scratch import Scratch
base = Path(sys.argv[1])
with Scratch(base, outside=base / "store") as scratch:
    (scratch.folder("f-1") / "file").touch()
    print("unpacked", flush=True)
    time.sleep(60)
"""


def test_the_next_run_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    (tmp_path / ".insonify-unpacked-being-made").mkdir()
    (tmp_path / ".insonify-unpacked-link").symlink_to(tmp_path)
    package = str(Path(insonify.__file__).parent)
    command = [sys.executable, "-c", KILLED, str(tmp_path), package]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        remove_leftovers(tmp_path)  # it is alive: nothing is left over
        assert len(list(tmp_path.glob("**/f-1/file"))) == 1
        os.kill(process.pid, signal.SIGKILL)
    assert len(list(tmp_path.iterdir())) == 3
    with Scratch(tmp_path, outside=tmp_path / "store"):
        assert len(list(tmp_path.iterdir())) == 2


def test_it_is_never_in_the_store(tmp_path: Path) -> None:
    (tmp_path / "store" / "x").mkdir(parents=True)
    with pytest.raises(ConfigError, match="in the store"):
        Scratch(tmp_path / "store" / "x", outside=tmp_path / "store")
    with pytest.raises(ConfigError, match="no such folder"):
        Scratch(tmp_path / "absent", outside=tmp_path / "store")


def test_a_full_disk_is_not_the_fault_of_a_file(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path, outside=tmp_path / "store")
    message = r"No space left.*--unpack-folder"
    with pytest.raises(ConfigError, match=message) as caught, scratch.room():
        raise OSError(28, "No space left on device", "Erika")
    assert "Erika" not in str(caught.value)
