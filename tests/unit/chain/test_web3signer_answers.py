"""Web3Signer's answers: what is used, and what every other answer is told as."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from eth_account import Account
from eth_keys.datatypes import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chainboy.chain.keys import RemoteKey
from chainboy.chain.tables import key_of
from chainboy.chain.web3signer import ATTEMPTS, Line, Web3Signer
from chainboy.consensus.encoding import keccak
from chainboy.errors import ConfigError, SignatureInvalid, SignerUnavailable
from chainboy.tables import Table
from chainboy.units import Address

KEY, OTHER = keccak(b"ours"), keccak(b"theirs")
ADDRESS = Address(Account.from_key(KEY).address)
ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
URL = "http://signer.invalid:9000"

Answer = Callable[[httpx.Request], httpx.Response]


def public(key: bytes) -> str:
    """As Web3Signer lists it."""
    return f"0x{PrivateKey(key).public_key.to_bytes().hex()}"


def signed(key: bytes, digest: bytes) -> str:
    """As Web3Signer writes it."""
    return f"0x{Account.unsafe_sign_hash(digest, key).signature.hex()}"


def signer(sign: Answer, listed: object = (public(OTHER), public(KEY)), **options: object) -> Web3Signer:
    """A signer that lists keys, and answers ``sign`` to what it is to sign."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=listed) if request.method == "GET" else sign(request)

    line = Line(url=URL, transport=httpx.MockTransport(answer), **options)  # type: ignore[arg-type]
    return Web3Signer(line, ADDRESS, bytes(32))


def saying(text: str, status: int = 200) -> Answer:
    """Always this answer."""
    return lambda _: httpx.Response(status, text=text)


def mirrored(text: str) -> str:
    """The same signature with the other s: valid on the curve, refused by the contracts."""
    raw = bytes.fromhex(text[2:])
    high = ORDER - int.from_bytes(raw[32:64])
    return "0x" + (raw[:32] + high.to_bytes(32) + bytes([55 - raw[64]])).hex()


GOOD = signed(KEY, keccak(b"m"))

LIES = {
    "another key's": signed(OTHER, keccak(b"m")),
    "over another message": signed(KEY, keccak(b"n")),
    "over the message unhashed": signed(KEY, b"m".rjust(32, b"\0")),
    "over a personal message": signed(KEY, keccak(b"\x19Ethereum Signed Message:\n1m")),
    "high s": mirrored(GOOD),
    "v of 0 or 1": GOOD[:-2] + f"{int(GOOD[-2:], 16) - 27:02x}",
    "short": GOOD[:-2],
    "long": GOOD + "00",
    "no prefix": GOOD[2:],
    "zeros": "0x" + "00" * 65,
    "nothing": "",
    "an error page": "<html>",
    "json": json.dumps({"signature": GOOD}),
}


def test_a_good_answer_is_used() -> None:
    """With or without a line's end; what is sent is the message, under the public key of the account."""
    asked: list[tuple[str, object]] = []

    def sign(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path, json.loads(request.content)))
        return httpx.Response(200, text=GOOD + "\n")

    assert signer(sign).sign(b"m") == bytes.fromhex(GOOD[2:])
    assert asked == [(f"/api/v1/eth1/sign/{public(KEY)}", {"data": "0x6d"})]


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_lying_signer_is_refused(lie: str) -> None:
    """Anything but the account's own low-s signature over this very message."""
    with pytest.raises(SignatureInvalid, match=f"gave no signature of {ADDRESS}"):
        signer(saying(lie)).sign(b"m")


@settings(max_examples=20)
@given(st.text(max_size=140))
def test_no_other_exception_leaves_it(text: str) -> None:
    """Whatever is answered, with whatever list of keys."""
    with pytest.raises(SignatureInvalid):
        signer(saying(text)).sign(b"m")
    with pytest.raises(SignerUnavailable):
        signer(saying(GOOD), listed=text).sign(b"m")


@pytest.mark.parametrize(
    "listed", [[], None, {}, [1], ["0x"], [public(OTHER)], [public(KEY)[:-2]], ["0x" + "b" * 96]]
)
def test_a_signer_without_the_key(listed: object) -> None:
    """Its list is read leniently: a key of another kind beside ours is no mistake, but ours must be there."""
    with pytest.raises(SignerUnavailable, match=f"holds no key of {ADDRESS}; load it there"):
        signer(saying(GOOD), listed=listed).sign(b"m")


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 500, 503])
def test_a_signer_that_does_not_want(status: int) -> None:
    """The status is told, and is not asked again at once."""
    asked = []

    def sign(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, text=GOOD, headers={"Location": "http://elsewhere.invalid"})

    with pytest.raises(SignerUnavailable, match=f"answers with status {status}; see its log"):
        signer(sign).sign(b"m")
    assert len(asked) == 1


def test_a_key_that_moved_is_looked_for_again() -> None:
    """After a 404, as when the keys were loaded anew."""
    answers = iter([saying("", 404), saying(GOOD)])
    made = signer(lambda request: next(answers)(request))  # noqa: PLW0108 - each time the next one
    with pytest.raises(SignerUnavailable):
        made.sign(b"m")
    assert made.sign(b"m") == bytes.fromhex(GOOD[2:])


def test_connections_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are not made; one that breaks off may have signed, and is told at once."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    asked: list[str] = []

    def broken(error: type[httpx.TransportError]) -> Answer:
        def sign(_: httpx.Request) -> httpx.Response:
            asked.append("")
            raise error("no route")

        return sign

    for error, times in ((httpx.ConnectError, ATTEMPTS), (httpx.ReadTimeout, 1), (httpx.ReadError, 1)):
        asked.clear()
        with pytest.raises(SignerUnavailable, match=r"does not answer \(no route\); start it"):
            signer(broken(error)).sign(b"m")
        assert len(asked) == times


def test_an_answer_without_end_is_cut() -> None:
    """A megabyte is more than any list of keys here needs."""
    with pytest.raises(SignerUnavailable, match="answers without end"):
        signer(saying("x" * (2 << 20))).sign(b"m")


def test_the_token_goes_to_the_signer_alone() -> None:
    """In its header, and nowhere that is shown."""
    seen: list[str | None] = []

    def sign(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.get("authorization"))
        return httpx.Response(403)

    made = signer(sign, token="the-token")  # noqa: S106 - that is the point
    with pytest.raises(SignerUnavailable) as caught:
        made.sign(b"m")
    assert seen == ["Bearer the-token"]
    assert "the-token" not in repr(caught.value) + repr(made) + repr(vars(made))


def test_no_secret_no_salts() -> None:
    """Nothing is derived from a signature instead."""
    with pytest.raises(ConfigError, match=r"name key\.salt_secret_file"):
        Web3Signer(Line(url=URL), ADDRESS).derive(b"x")


TABLE = {"web3signer": URL, "address": ADDRESS.lower(), "salt_secret_file": "salt-secret"}


def test_the_table(tmp_path: Path) -> None:
    """Paths are relative to the file's folder; the file is opened with the key."""
    key = key_of(Table(TABLE, "key."), tmp_path, salts=True)
    assert key == RemoteKey(
        url=URL, address=ADDRESS, timeout=10.0, salt_secret_file=tmp_path / "salt-secret"
    )
    with pytest.raises(ConfigError, match=r"the salt secret .*salt-secret cannot be read: No such file"):
        key.signer()
    (tmp_path / "salt-secret").write_text("5e" * 31)
    with pytest.raises(ConfigError, match="has no salt secret; give 64 hexadecimal digits") as caught:
        key.signer()
    assert "5e5e" not in str(caught.value)
    (tmp_path / "salt-secret").write_text("5e" * 32 + "\n")
    assert key.signer().address == ADDRESS


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"web3signer": "ftp://x"}, "node.toml: key.web3signer: 'ftp://x' is not of the form http://"),
        ({"web3signer": "http://me:pass@x"}, "node.toml: key.web3signer: a URL with a user"),
        ({"address": "0x12"}, "node.toml: key.address"),
        ({"timeout": 0}, "node.toml: key.timeout"),
        ({"client_key": "k"}, "node.toml: key.client_certificate is missing"),
        ({"secret_env": "K"}, "node.toml: key names 2 keys"),
        ({"password_file": "K"}, "node.toml: key.password_file is not known"),
    ],
)
def test_mistakes_in_the_table(change: dict[str, object], message: str) -> None:
    """Each names its key."""
    with pytest.raises(ConfigError, match=message):
        key_of(Table(TABLE | change, "node.toml: key."), Path(), salts=True)


def test_a_node_needs_salts_a_relay_does_not() -> None:
    """A relay commits to nothing."""
    short = {key: value for key, value in TABLE.items() if key != "salt_secret_file"}
    assert isinstance(key_of(Table(short, "relay.toml: key."), Path()), RemoteKey)
    with pytest.raises(ConfigError, match=r"node\.toml: key\.salt_secret_file is missing"):
        key_of(Table(short, "node.toml: key."), Path(), salts=True)


@pytest.mark.parametrize("key", ["ca_file", "client_certificate"])
def test_certificates_that_cannot_be_used(tmp_path: Path, key: str) -> None:
    """Missing or no certificate: one sentence that names the file."""
    (tmp_path / "salt-secret").write_text("5e" * 32)
    made = key_of(Table(TABLE | {key: "cert.pem"}, "key."), tmp_path, salts=True)
    with pytest.raises(ConfigError, match=r"cert\.pem cannot be used"):
        made.signer()
    (tmp_path / "cert.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match=r"cert\.pem cannot be used"):
        made.signer()
