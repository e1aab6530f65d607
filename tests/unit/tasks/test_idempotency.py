"""One key, one task: over threads, crashes, lost transactions and several processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fake_network import FakeNetwork, FakeSender

from chainboy.contracts.deployment import Deployment
from chainboy.errors import ChainError, ContractRefused, InputError, JournalError
from chainboy.programs import Program
from chainboy.tasks import DirectorySubmissions, MemorySubmissions, Submission, Submissions, TaskClient
from chainboy.tasks.submissions import KeyTaken
from chainboy.units import Digest

ONE = Submission(fingerprint="f", nonce=3, tx_hash=Digest(b"\1" * 32), raw=b"raw")
OTHER = Submission(fingerprint="g", nonce=4, tx_hash=Digest(b"\2" * 32), raw=b"")


@pytest.fixture(params=["memory", "directory"])
def submissions(request: pytest.FixtureRequest, tmp_path: Path) -> Submissions:
    """Each implementation."""
    return MemorySubmissions() if request.param == "memory" else DirectorySubmissions(tmp_path / "keys")


def test_claims(submissions: Submissions) -> None:
    """The first claim holds until that very submission is dropped."""
    assert submissions.find("key") is None
    submissions.claim("key", ONE)
    assert submissions.find("key") == ONE
    with pytest.raises(KeyTaken):
        submissions.claim("key", OTHER)
    submissions.drop("key", OTHER)
    assert submissions.find("key") == ONE
    submissions.claim("another key", OTHER)
    submissions.drop("key", ONE)
    assert submissions.find("key") is None
    assert submissions.find("another key") == OTHER


def test_one_claim_of_many_threads(submissions: Submissions) -> None:
    """Of claims at the same time exactly one is taken, and read whole."""

    def claim(nonce: int) -> bool:
        try:
            submissions.claim("key", Submission(fingerprint="f", nonce=nonce, tx_hash=ONE.tx_hash, raw=b"r"))
        except KeyTaken:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(claim, range(40))) == 1


def test_files_survive(tmp_path: Path) -> None:
    """Another process finds the claim; nothing else lies about; damage is told."""
    DirectorySubmissions(tmp_path).claim("../key", ONE)
    assert DirectorySubmissions(tmp_path).find("../key") == ONE
    (file,) = tmp_path.iterdir()
    assert json.loads(file.read_text())["raw"] == b"raw".hex()
    file.write_text("{")
    with pytest.raises(JournalError, match="is damaged"):
        DirectorySubmissions(tmp_path).find("../key")


def test_files_that_cannot_be(tmp_path: Path) -> None:
    """A directory that is none is a JournalError, for finding and for claiming."""
    (tmp_path / "file").write_text("")
    for use in (lambda s: s.find("key"), lambda s: s.claim("key", ONE)):
        with pytest.raises(JournalError, match="nothing was sent"):
            use(DirectorySubmissions(tmp_path / "file"))


def test_asked_twice_sent_once(client: TaskClient, sender: FakeSender, program: Program) -> None:
    """The second call gives the first one's task, and does not run the program again."""
    first = client.submit(program, 5, price=1, idempotency_key="k")
    second = client.submit(program, 5, price=1, idempotency_key="k")
    assert first.id == second.id
    assert len(sender.sent) == 1
    assert client.submit(program, 5, price=1).id != first.id
    assert client.submit(program, 5, price=1, idempotency_key="l").id != first.id


def test_many_threads(client: TaskClient, sender: FakeSender, program: Program) -> None:
    """Threads with the same key make one task."""
    with ThreadPoolExecutor(8) as threads:
        made = threads.map(lambda _: client.submit(program, 5, price=1, idempotency_key="k").id, range(20))
        assert len(set(made)) == 1
    assert len(sender.sent) == 1


@pytest.mark.parametrize("change", [{"price": 2}, {"n": 6}, {"mode": "median"}, {"lifetime": 500}])
def test_another_request_under_the_same_key(
    client: TaskClient, program: Program, change: dict[str, int]
) -> None:
    """Reusing a key for something else is an error, not the wrong task."""
    asked = {"n": 5, "price": 1}
    client.submit(program, **asked, idempotency_key="k")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="used for another request"):
        client.submit(program, **(asked | change), idempotency_key="k")  # type: ignore[arg-type]


def test_a_crash_after_signing(
    make: Callable[..., TaskClient], sender: FakeSender, program: Program, tmp_path: Path
) -> None:
    """What was signed and never heard of again is sent by the next try, in a new process."""
    sender.lost = True
    with pytest.raises(ChainError):
        make(submissions=DirectorySubmissions(tmp_path)).submit(program, 5, price=1, idempotency_key="k")
    sender.lost = False
    again = make(submissions=DirectorySubmissions(tmp_path))
    task = again.submit(program, 5, price=1, idempotency_key="k")
    assert [each.id for each in again.tasks()] == [task.id]
    assert len(sender.sent) == 1


def test_a_transaction_that_can_never_be(client: TaskClient, sender: FakeSender, program: Program) -> None:
    """When its nonce went to another transaction, the request is signed anew."""
    sender.lost = True
    with pytest.raises(ChainError):
        client.submit(program, 5, price=1, idempotency_key="k")
    sender.lost, sender.replaced = False, True
    task = client.submit(program, 5, price=1, idempotency_key="k")
    assert [each.id for each in client.tasks()] == [task.id]


def test_a_refusal_frees_the_key(
    client: TaskClient, network: FakeNetwork, program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the gateway refused was not asked: the key can be used again."""

    def refuse(*_: object) -> None:
        raise ContractRefused("too cheap", "PriceBelowMinimum")

    monkeypatch.setattr(network, "execute", refuse)
    with pytest.raises(ContractRefused, match="too cheap"):
        client.submit(program, 5, price=1, idempotency_key="k")
    monkeypatch.undo()
    monkeypatch.setattr(Deployment, "check", lambda *_: None)
    assert client.submit(program, 5, price=2, idempotency_key="k").request.price == 2


def test_mined_and_reverted(
    make: Callable[..., TaskClient], network: FakeNetwork, sender: FakeSender, program: Program
) -> None:
    """A request found reverted later frees its key, too, and says so."""
    submissions = MemorySubmissions()
    client = make(submissions=submissions)
    sender.lost = True
    with pytest.raises(ChainError):
        client.submit(program, 5, price=1, idempotency_key="k")
    held = submissions.find("k")
    assert held is not None
    sender.lost = False
    sender.resend(held.nonce, held.raw)
    object.__setattr__(network.receipts[held.tx_hash], "status", False)
    with pytest.raises(ContractRefused, match="reverted; ask again"):
        client.submit(program, 5, price=1, idempotency_key="k")
    assert submissions.find("k") is None


def test_another_process_is_faster(
    make: Callable[..., TaskClient], sender: FakeSender, program: Program
) -> None:
    """Who loses the race for a key sends nothing and takes the winner's task."""

    class Raced(MemorySubmissions):
        def claim(self, key: str, submission: Submission) -> None:
            if not won:
                won.append(
                    make(submissions=self._later()).submit(program, 5, price=1, idempotency_key=key).id
                )
            super().claim(key, submission)

        def _later(self) -> MemorySubmissions:
            later = MemorySubmissions()
            later._held = self._held
            return later

    won: list[bytes] = []
    task = make(submissions=Raced()).submit(program, 5, price=1, idempotency_key="k")
    assert [task.id] == won
    assert len(sender.sent) == 1
