"""One target under Atheris, led by what inputs reach: ``python -m fuzz.guided NAME SECONDS FOLDER``.

``FOLDER`` holds the inputs kept so far and takes the new ones; libFuzzer's figures go to standard error. Ends
with another exit code than 0 at the first finding.
"""

from __future__ import annotations

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["chainboy", "jsonpath_rfc9535"]):
    from fuzz.targets import TARGETS

LONGEST = 4096
SLOWEST = 30
"""Seconds, on a machine that may be busy, after which an input is said to hang."""


def main(name: str, seconds: str, folder: Path) -> None:
    """Fuzz until the time is over."""
    target = TARGETS[name]
    words = folder.with_suffix(".dict")
    words.write_text("# tokens\n" + "".join(f'"{escaped(token)}"\n' for token in target.tokens))
    options = [
        *(f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={SLOWEST}", "-print_final_stats=1"),
        *(f"-dict={words}", f"-artifact_prefix={folder}/../{name}-", str(folder)),
    ]

    def check(data: bytes) -> None:
        target.check(data)

    atheris.Setup([sys.argv[0], *options], check)
    atheris.Fuzz()


def escaped(token: bytes) -> str:
    """As libFuzzer's dictionaries spell bytes."""
    return "".join(f"\\x{byte:02x}" for byte in token)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
