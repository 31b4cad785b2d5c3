"""Runs code in a process that may take little memory beside the program's own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_MEGABYTES = 512
_PROGRAM = """
import json, pathlib, resource, sys, warnings
warnings.simplefilter("ignore")
import insonify.core.errors
{imports}
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[5])  # data and stack
limit = pages * resource.getpagesize() + {megabytes} * 2**20
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
verdicts = {{}}
for name, text in json.loads(sys.stdin.read()).items():
    path = pathlib.Path(text)
    try:
        {statement}
    except insonify.core.errors.InsonifyError as error:
        verdicts[name] = f"{{type(error).__name__}}: {{error}}"
    except BaseException as error:
        verdicts[name] = f"unexpected {{type(error).__name__}}: {{error}}"
    else:
        verdicts[name] = "taken"
print(json.dumps(verdicts))
"""


def in_little_memory(
    imports: str, statement: str, paths: Mapping[str, Path]
) -> dict[str, str]:
    """What becomes of each file: "taken", or the error's name and message.

    Args:
        imports: Lines that are run before the memory is limited.
        statement: A line that reads ``path``.
        paths: The files, by name.
    """
    program = _PROGRAM.format(
        imports=imports, statement=statement, megabytes=_MEGABYTES
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps({name: str(path) for name, path in paths.items()}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdicts: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return verdicts
