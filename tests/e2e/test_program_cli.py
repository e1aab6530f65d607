"""``chainboy program`` as an author meets it: what it prints, how it ends, and never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import chainboy.demo
from chainboy.cli.main import main
from chainboy.consensus.outcome import Outcome, Status
from chainboy.content import DirectoryStore
from chainboy.sandbox.protocol import Job, Run
from chainboy.units import Fuel

COMMAND = Path(sys.executable).with_name("chainboy")
DEMO = Path(chainboy.demo.__file__).parent
EURO = ("--arg", "euros=1000", "--arg", "exchanges=1", "--arg", "fee_bps=25")


@attrs.frozen
class Ended:
    """How a command ended, and what it told."""

    code: int
    out: str
    err: str


def run(*arguments: str | Path) -> Ended:
    """The command in a process of its own."""
    done = subprocess.run(
        [COMMAND, "program", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    assert "Traceback" not in done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


class Here:
    """The command in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ended:
        """Its exit code and output."""
        with pytest.raises(SystemExit) as caught:
            main(["program", *map(str, arguments)])
        told = self._capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Ended(caught.value.code, told.out, told.err)


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str]) -> Here:
    """Without the start of an interpreter."""
    return Here(capsys)


@pytest.fixture
def write(tmp_path: Path) -> Path:
    """Where a test writes its program."""
    return tmp_path / "mine.py"


def source(body: str, *lines: str) -> str:
    """A program file."""
    head = ["# /// chainboy", '# runtime = "cpython-wasm:1"', *(f"# {line}" for line in lines), "# ///", body]
    return "\n".join(head)


def test_the_whole_way_of_an_author(tmp_path: Path) -> None:
    """Begin, check, run; the figures of check and run are the same."""
    begun = run("new", tmp_path / "begun")
    assert (begun.code, begun.err) == (0, "")
    file = tmp_path / "begun" / "begun.py"
    rates = ("--price-per-megafuel", "1000000000", "--gas-price", "1000000000", "--nodes", "7")
    checked = run("check", file, "--arg", "values=[3, 1, 2]", *rates, "--json")
    assert (checked.code, checked.err) == (0, "")
    report = json.loads(checked.out)
    assert report["findings"] == []
    assert len(report["places"]) == 2
    assert report["run"]["told"] == "returned 2"
    assert int(report["cost"]["total"]) > int(report["cost"]["price"]) > 10**9
    ran = run("run", file, "--arg", "values=[3, 1, 2]", "--fuel", str(report["cost"]["fuel_limit"]), "--json")
    assert json.loads(ran.out)["fuel"] == report["run"]["fuel"]
    again = run("new", tmp_path / "begun")
    assert (again.code, again.out) == (2, "")
    assert "there already" in again.err


def test_data_by_file_or_store(here: Here, tmp_path: Path) -> None:
    """The same answer from both; another file is refused by its hash."""
    program, rates = DEMO / "programs" / "euro_rates.py", DEMO / "data" / "ecb_rates.csv"
    store = DirectoryStore(tmp_path / "store")
    store.put(rates.read_bytes())
    by_file = here("run", program, *EURO, "--file", f"rates={rates}", "--json")
    by_store = here("run", program, *EURO, "--store", store.path, "--json")
    results = [{**json.loads(each.out), "seconds": 0} for each in (by_file, by_store)]
    assert results[0] == results[1]
    assert by_file.code == 0
    other = here("run", program, *EURO, "--file", f"rates={program}")
    assert (other.code, other.out) == (2, "")
    assert "bafkrei" in other.err
    assert here("run", program, *EURO, "--store", tmp_path / "empty").code == 1
    assert here("run", program, *EURO).code == 2


def test_values_by_hand(here: Here, write: Path) -> None:
    """What a source would say."""
    write.write_text(
        source(
            "from chainboy import values\ndef main(): return values['spot'] * 2",
            'outputs = ["int256"]',
            "[sources.spot]",
            'url = "https://example.org"',
            'pick = "$.price"',
        )
    )
    told = here("run", write, "--value", "spot=-21")
    assert told.code == 0
    assert "returned -42" in told.out
    assert here("check", write, "--value", "spot=-21").out.count("returned -42") == 1
    unasked = here("check", write)
    assert unasked.code == 0
    assert "not run: it was given none of the data" in unasked.out
    for wrong in (["--value", "spot=x"], ["--value", "spot"], ["--value", "spot=1", "--value", "spot=1"], []):
        told = here("run", write, *wrong)
        assert (told.code, told.out) == (2, "")


def test_findings_end_with_code_1(here: Here, write: Path) -> None:
    """Errors do; warnings do not."""
    write.write_text(source("import os\ndef main(): return os.getpid()", 'outputs = ["uint8"]'))
    told = here("check", write)
    assert told.code == 1
    assert "line 5: error [missing-module]" in told.out
    write.write_text(source("def main(): return id(1)", 'outputs = ["uint256"]'))
    told = here("check", write)
    assert told.code == 0
    assert "line 5: warning [identity]" in told.out
    write.write_text(source("def main(): return 1", 'outputs = ["uint"]', "nonsense"))
    told = here("check", write, "--arg", "n=1")
    assert told.code == 1
    assert "line 3: error [metadata]" in told.out
    assert "line 4: error [metadata]" in told.out
    assert json.loads(here("check", write, "--json").out)["ok"] is False


def test_failures_of_a_program(here: Here) -> None:
    """A run that fails ends with code 1 and its log; a check of it does not, for a failure is a result."""
    raises = DEMO / "programs" / "raises.py"
    told = here("run", raises, "--arg", "dividend=1", "--arg", "divisor=0")
    assert told.code == 1
    assert "raised ZeroDivisionError" in told.out
    assert "division by zero" in told.out
    assert here("check", raises, "--arg", "dividend=1", "--arg", "divisor=0").code == 0
    told = here("run", DEMO / "programs" / "endless.py", "--arg", "n=1", "--fuel", "10000000")
    assert told.code == 1
    assert "ran out of fuel" in told.out


def test_native(here: Here, write: Path) -> None:
    """This machine's Python shows what the order of a set did."""
    write.write_text(
        source("def main(): return '-'.join({str(n) for n in range(50)})", 'outputs = ["string"]')
    )
    told = here("check", write, "--native")
    assert told.code == 0
    assert told.out.count("elsewhere: WebAssembly returned") == 2


HOSTILE = {
    "NUL": source("x = 1").encode() + b"\0",
    "not UTF-8": b"\xff\xfe",
    "byte order mark": b"\xef\xbb\xbf" + source("def main(): pass").encode(),
    "deep": (source("x = ") + "-" * 100_000 + "1").encode(),
    "large": (source("") + "#" * (256 * 1024)).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("command", ["check", "run"])
def test_files_that_cannot_be_read(here: Here, write: Path, command: str, name: str) -> None:
    """Code 2 and one sentence; what only a runtime can judge is run, and is a SyntaxError there."""
    write.write_bytes(HOSTILE[name])
    told = here(command, write)
    if command == "run" and name in ("NUL", "deep"):
        assert told.code == 1
        assert "raised" in told.out
        return
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("chainboy: ")
    assert len(told.err.splitlines()) == 1


def test_crlf_is_no_fault(here: Here, write: Path) -> None:
    """As editors of other systems write it."""
    write.write_bytes(source("def main(): return 1", 'outputs = ["uint8"]').replace("\n", "\r\n").encode())
    told = here("check", write)
    assert told.code == 0
    assert "returned 1" in told.out


@pytest.mark.parametrize("command", ["check", "run"])
def test_misuse_ends_with_code_2(here: Here, tmp_path: Path, command: str) -> None:
    """A file that is not there, a folder, arguments and options that do not fit; in one process, too."""
    raises = DEMO / "programs" / "raises.py"
    for wrong in (
        [tmp_path / "nowhere.py"],
        [tmp_path],
        [raises, "--arg", "dividend=1"],
        [raises, "--arg", "dividend=x", "--arg", "divisor=1"],
        [raises, "--arg", "dividend=1", "--arg", "divisor=1", "--arg", "more=1"],
        [raises, "--arg", "dividend"],
        [raises, "--file", "rates"],
        [raises, "--file", f"rates={tmp_path / 'nowhere'}"],
        [raises, "--fuel", "-1"],
    ):
        told = here(command, *wrong)
        assert (told.code, told.out) == (2, ""), wrong
    assert here("check", raises, "--nodes", "0").code == 2
    assert run(command, tmp_path / "nowhere.py").code == 2


def test_docker(here: Here, write: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs of images go to the engine, those of WebAssembly do not."""
    engine = ModuleType("chainboy.sandbox.epicbox")
    engine.configured = lambda _table, _folder: Engine()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "chainboy.sandbox.epicbox", engine)
    image = "docker:any@sha256:" + "ab" * 32
    write.write_text(source("def main(): pass").replace("cpython-wasm:1", image))
    assert "raised FromTheEngine" in here("run", write, "--docker", image).out
    checked = here("check", write, "--docker", image, "--json")
    assert json.loads(checked.out)["places"] == ["Docker", "Docker again"]
    alone = here("check", write)
    assert (alone.code, alone.out) == (1, "")
    assert "not served" in alone.err
    write.write_text(source("def main(): pass"))
    assert "returned None" in here("run", write, "--docker", image).out


class Engine:
    """Stands for a Docker engine's sandbox."""

    def serves(self, runtime: str) -> bool:
        """Images."""
        return runtime.startswith("docker:")

    def run(self, _job: Job) -> Run:
        """Always the same."""
        return Run(outcome=Outcome(Status.RAISED, Fuel(0), b"FromTheEngine"))


SPOT = """# /// chainboy
# runtime = "cpython-wasm:1"
# inputs = ["string coin"]
# outputs = ["int256"]
# [files]
# factor = "{factor}"
# [sources.spot]
# url = "{url}/{{coin}}.json"
# pick = "$.price"
# scale = 2
# ///
from chainboy import files, values

def main(coin):
    return values["spot"] * int(files["factor"])
"""


@pytest.fixture
def web(tmp_path: Path) -> Iterator[str]:
    """A server on this machine with one price."""
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "sib.json").write_text('{"price": "1.509"}')
    handler = partial(SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_sources_and_content_as_a_node_has_them(tmp_path: Path, web: str) -> None:
    """Fetched from the web, behind the guard, and from a content store; the same in both commands."""
    factor = DirectoryStore(tmp_path / "store").put(b"7")
    file = tmp_path / "spot.py"
    file.write_text(SPOT.format(factor=factor, url=web))
    given = (file, "--arg", "coin=sib", "--store", tmp_path / "store", "--fetch")
    told = run("run", *given, "--allow-http", "--allow-loopback", "--json")
    assert (told.code, int(json.loads(told.out)["payload"], 16)) == (0, 1050)
    assert told.err == f"source spot: 150 from {web}/sib.json\n"
    assert run("check", *given, "--allow-http", "--allow-loopback").code == 0
    refused = run("run", *given)
    assert (refused.code, refused.out) == (1, "")
    assert "source spot: " in refused.err
