"""The command line as a user meets it: what it prints, how it ends, and never a traceback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import attrs
import pytest
from command import Ended, chainboy
from hypothesis import given
from hypothesis import strategies as st

from chainboy.cli.main import COMMANDS, main
from chainboy.consensus.proof import TaskProof
from chainboy.errors import ProofInvalid
from chainboy.testing import LocalNetwork


@attrs.frozen
class Proven:
    """A real task's proof, and what its checker knows from elsewhere."""

    text: bytes
    hub: str
    root: str
    chain_id: int
    task_id: str


@pytest.fixture(scope="module")
def proven() -> Iterator[Proven]:
    """The proof of a random number that three nodes drew."""
    with LocalNetwork(bonds=[4, 3, 2]) as network:
        task = network.client().random(price=10**16)
        task.result(timeout=120)
        proof = task.proof()
        root = network.deployment.hub_on(network.chain).at(proof.inclusion.block_number).records_root()
        yield Proven(
            text=proof.to_json().encode(),
            hub=network.deployment.hub,
            root=f"0x{root.hex()}",
            chain_id=network.chain.chain_id,
            task_id=f"0x{task.id.hex()}",
        )


@pytest.fixture
def file(proven: Proven, tmp_path: Path) -> Path:
    """The proof in a file."""
    path = tmp_path / "proof.json"
    path.write_bytes(proven.text)
    return path


class Verify:
    """``chainboy verify`` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: object) -> Ended:
        """Its exit code and output."""
        with pytest.raises(SystemExit) as caught:
            main(["verify", *map(str, arguments)])
        told = self._capsys.readouterr()
        assert isinstance(caught.value.code, int)
        return Ended(caught.value.code, told.out, told.err)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    """The command without the start of an interpreter."""
    return Verify(capsys)


def test_help_names_every_command() -> None:
    """With one line for each; so does a call without a command, which is misuse."""
    helped = chainboy("--help")
    assert helped.code == 0
    listed = {line.split()[0] for line in helped.out.partition("Commands:\n")[2].splitlines()}
    assert listed == set(COMMANDS)
    bare = chainboy()
    assert (bare.code, bare.err) == (2, helped.out)


@pytest.mark.parametrize(
    "command",
    [
        ["demo"],
        ["deploy"],
        ["deploy", "home"],
        ["deploy", "remote"],
        ["network"],
        ["network", "local"],
        ["node"],
        ["node", "run"],
        ["owner"],
        ["owner", "unbond"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_each_command_helps(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """What it does and what each option means."""
    with pytest.raises(SystemExit) as caught:
        main([*command, "-h"])
    assert caught.value.code == 0
    told = capsys.readouterr().out
    assert told.startswith(f"Usage: chainboy {' '.join(command)} ")
    assert len(told.splitlines()) > 5


def test_version() -> None:
    """The installed package's."""
    assert chainboy("--version").out.split()[-1] == version("chainboy")


@pytest.mark.parametrize("wrong", [["dmeo"], ["node", "walk"], ["verify"], ["demo", "--jsn"], ["-x"]])
def test_misuse_ends_with_code_2(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown command or option, or a missing argument, with the usage."""
    with pytest.raises(SystemExit) as caught:
        main(wrong)
    assert caught.value.code == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("Usage: chainboy")
    assert "Error: " in told.err


def test_a_good_proof(proven: Proven, file: Path) -> None:
    """Offline, in another process, with all that can be pinned."""
    pins = ("--hub", proven.hub, "--root", proven.root, "--chain-id", str(proven.chain_id))
    for options in ((), pins):
        told = chainboy("verify", file, *options)
        assert (told.code, told.err) == (0, "")
        assert told.out.splitlines() == [f"task {proven.task_id}", "proven: 9 of 9 tokens agreed"]


@pytest.mark.parametrize("place", [0.0, 0.1, 0.5, 0.99])
def test_a_changed_byte_ends_with_code_1(verify: Verify, file: Path, proven: Proven, place: float) -> None:
    """One sentence, nothing on standard output."""
    text = bytearray(proven.text)
    text[int(place * len(text))] ^= 1
    file.write_bytes(text)
    told = verify(file)
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("chainboy: ")
    assert len(told.err.splitlines()) == 1


@given(data=st.data())
def test_no_changed_byte_is_believed(proven: Proven, data: st.DataObject) -> None:
    """Any byte for any other, anywhere; a byte more or less, too."""
    at = data.draw(st.integers(0, len(proven.text) - 1))
    instead = data.draw(
        st.one_of(
            st.integers(0, 255).filter(lambda byte: byte != proven.text[at]).map(lambda byte: bytes([byte])),
            st.just(b""),
            st.integers(0, 255).map(lambda byte: bytes([byte, proven.text[at]])),
        )
    )
    with pytest.raises(ProofInvalid):
        TaskProof.from_json(proven.text[:at] + instead + proven.text[at + 1 :]).verify()


def test_a_pin_that_does_not_fit_ends_with_code_1(verify: Verify, file: Path, proven: Proven) -> None:
    """Another hub, root or chain: a proof, but not of what was asked."""
    other_root = "0x" + "11" * 32
    for option, other in (("--hub", "0x" + "22" * 20), ("--root", other_root), ("--chain-id", "111111")):
        told = verify(file, option, other)
        assert (told.code, told.out) == (1, "")
        assert told.err.startswith("chainboy: ")
    assert verify(file, "--hub", proven.hub.lower()).code == 0


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--hub", "0x12"),
        ("--hub", "hub"),
        ("--hub", ""),
        ("--root", "0x" + "1" * 63),
        ("--root", "0x" + "g" * 64),
        ("--root", ""),
        ("--chain-id", "siberium"),
        ("--chain-id", "1.5"),
    ],
    ids=lambda text: text[:8] or "empty",
)
def test_a_malformed_option_ends_with_code_2(verify: Verify, file: Path, option: str, value: str) -> None:
    """Named in the message; a pin that says nothing is never taken for no pin."""
    told = verify(file, option, value)
    assert (told.code, told.out) == (2, "")
    assert option in told.err


def test_files_that_cannot_be_read(verify: Verify, tmp_path: Path) -> None:
    """Not there, a folder, no JSON, a proof cut short: code 1 and a sentence."""
    missing = verify(tmp_path / "proof.json")
    assert (missing.code, missing.out) == (1, "")
    assert "proof.json" in missing.err
    assert "No such file" in missing.err
    assert "Is a directory" in verify(tmp_path).err
    for text in (b"", b"\xff", b"null", b"[" * 10**5):
        (tmp_path / "odd.json").write_bytes(text)
        told = verify(tmp_path / "odd.json")
        assert (told.code, len(told.err.splitlines())) == (1, 1)


CONFIG = """
[chain]
url = "http://127.0.0.1:9"
chain_id = 1337
confirmations = 0
block_seconds = 1
[contracts]
deployment = "deployment.json"
[key]
keystore = "key.json"
password_file = "password"
[node]
content = "content"
journal = "journal.sqlite"
"""


@pytest.mark.parametrize(
    ("right", "wrong", "names"),
    [
        ("chain_id = 1337", 'chain_id = "home"', "chain.chain_id"),
        ("confirmations = 0", "", "chain.confirmations"),
        ('journal = "journal.sqlite"', 'journel = "journal.sqlite"', "node.journal"),
        ("[key]", "[keys]", "[key]"),
        ("[chain]", "[chain", "is not TOML"),
        ("", "", "the password file "),
    ],
    ids=["type", "missing", "unknown", "table", "TOML", "password"],
)
def test_a_bad_configuration_is_one_sentence(tmp_path: Path, right: str, wrong: str, names: str) -> None:
    """``node run`` names the key and ends with code 2; the last case is right but for a file it names."""
    assert right in CONFIG
    (tmp_path / "node.toml").write_text(CONFIG.replace(right, wrong, 1))
    told = chainboy("node", "run", folder=tmp_path)
    assert (told.code, told.out) == (2, "")
    assert told.err.startswith("chainboy node: ")
    assert len(told.err.splitlines()) == 1
    assert names in told.err


def test_a_configuration_that_is_not_there(tmp_path: Path) -> None:
    """Named, with code 2."""
    told = chainboy("node", "run", "--config", "mine.toml", folder=tmp_path)
    assert told.code == 2
    assert "mine.toml" in told.err


@pytest.mark.parametrize("key", [None, b"", b"{}", b"\xff", b'{"crypto": 5}'], ids=repr)
def test_a_bad_key_file(tmp_path: Path, key: bytes | None, capsys: pytest.CaptureFixture[str]) -> None:
    """A key file that is not there, or is no keystore."""
    (tmp_path / "node.toml").write_text(CONFIG)
    (tmp_path / "password").write_text("secret")
    if key is not None:
        (tmp_path / "key.json").write_bytes(key)
    with pytest.raises(SystemExit) as caught:
        main(["node", "run", "--config", str(tmp_path / "node.toml")])
    told = capsys.readouterr().err.splitlines()
    assert caught.value.code == 2
    assert "key.json" in told[-1]


def test_a_demo_that_cannot_write(tmp_path: Path) -> None:
    """Before anything is started: a folder under a file, or a file for a folder."""
    (tmp_path / "taken").write_text(json.dumps("not a folder"))
    assert chainboy("demo", "--directory", tmp_path / "taken").code == 2
    told = chainboy("demo", "--directory", tmp_path / "taken" / "below")
    assert (told.code, told.out) == (1, "")
    assert told.err.startswith("chainboy: ")
