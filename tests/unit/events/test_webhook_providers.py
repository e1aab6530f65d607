"""Each provider's deliveries: what they say, and that nothing forged, garbled or oversized gets through."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from deliveries import NOW, OTHER, SECRET, TX, alchemy, hexed, ipn, moralis, quicknode, tenderly
from hypothesis import given
from hypothesis import strategies as st

from chainboy.errors import WebhookRefused
from chainboy.events import Hint
from chainboy.events.payload import parsed
from chainboy.events.webhooks import PROVIDERS, Delivery, Notice
from chainboy.events.webhooks.provider import MOST_BYTES
from chainboy.events.webhooks.quicknode import MOST_INFLATED, inflated
from chainboy.tables import Table

Post = tuple[bytes, dict[str, str]]

GENUINE: dict[str, Callable[[], Post]] = {
    "alchemy": lambda: alchemy(TX, OTHER),
    "quicknode": lambda: quicknode([TX], [], [OTHER]),
    "moralis": lambda: moralis(TX, OTHER),
    "tenderly": tenderly,
    "ipn": ipn,
}
NAMES = sorted(GENUINE)


def hint(tx: str, chain_id: int | None = None) -> Hint:
    """A hint of the transaction with this hash in hexadecimal."""
    return Hint(tx_hash=bytes.fromhex(tx[2:]), chain_id=chain_id)  # type: ignore[arg-type]


def read(name: str, post: Post, *, secret: str = SECRET, tail: str | None = None) -> Notice:
    """What the provider ``name`` makes of a post."""
    body, headers = post
    tail = (SECRET if name == "ipn" else "") if tail is None else tail
    provider = PROVIDERS[name](Table({}, "test."))
    return provider.read(Delivery(body=body, headers=headers, tail=tail), secret)


def test_every_provider_is_tried() -> None:
    """A new one needs its deliveries here."""
    assert set(GENUINE) == set(PROVIDERS)


@pytest.mark.parametrize(
    ("name", "notice"),
    [
        ("alchemy", Notice(hints=(hint(TX), hint(OTHER)), nonce="whevt_1")),
        ("quicknode", Notice(hints=(hint(TX), hint(OTHER)), nonce="n-1", sent_at=NOW)),
        ("moralis", Notice(hints=(hint(TX, 31_337), hint(OTHER, 31_337)))),
        ("tenderly", Notice(hints=(hint(TX, 31_337),), nonce="d9f2-1", sent_at=NOW)),
        ("ipn", Notice(hints=(hint(TX),))),
    ],
)
def test_what_a_genuine_delivery_says(name: str, notice: Notice) -> None:
    """Its transactions, its chain where it has a number, its nonce and time."""
    assert read(name, GENUINE[name]()) == notice


@pytest.mark.parametrize("name", NAMES)
def test_another_secret_is_refused(name: str) -> None:
    """Whoever does not know ours cannot tell us anything."""
    with pytest.raises(WebhookRefused):
        read(name, GENUINE[name](), secret="x" * 22, tail=SECRET if name == "ipn" else None)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ipn"])
def test_a_changed_body_is_refused(name: str) -> None:
    """Not a byte more, though the JSON be the same."""
    body, headers = GENUINE[name]()
    zipped = name == "quicknode"
    changed = gzip.compress(gzip.decompress(body) + b" ") if zipped else body + b" "
    with pytest.raises(WebhookRefused, match="signature"):
        read(name, (changed, headers))


@pytest.mark.parametrize("name", [name for name in NAMES if name != "ipn"])
def test_every_header_is_needed(name: str) -> None:
    """A delivery without its signature, nonce or time is none."""
    body, headers = GENUINE[name]()
    for missing in headers.keys() - {"content-type", "content-encoding"}:
        with pytest.raises(WebhookRefused, match=f"no {missing} header"):
            read(name, (body, {key: value for key, value in headers.items() if key != missing}))


@pytest.mark.parametrize(("header", "name"), [("x-qn-timestamp", "quicknode"), ("date", "tenderly")])
def test_a_time_is_signed(header: str, name: str) -> None:
    """An old delivery cannot be made a new one."""
    body, headers = GENUINE[name]()
    later = {"x-qn-timestamp": str(int(NOW) + 60), "date": "Tue, 14 Nov 2023 22:14:20 GMT"}
    with pytest.raises(WebhookRefused, match="signature"):
        read(name, (body, {**headers, header: later[header]}))


@pytest.mark.parametrize(
    "post",
    [
        quicknode([TX], [OTHER], zipped=False),
        quicknode([TX, OTHER], bare=True),
        quicknode([TX], [OTHER], zipped=False, bare=True),
    ],
)
def test_quicknodes_other_shapes(post: Post) -> None:
    """Not compressed, and without metadata around the data."""
    assert read("quicknode", post).hints == (hint(TX), hint(OTHER))


def test_gzip_is_bounded() -> None:
    """A bomb is refused before it has taken memory, and so is what is no gzip or not one whole."""
    bomb = gzip.compress(bytes(20 * MOST_INFLATED), compresslevel=1)
    assert len(bomb) < MOST_BYTES
    whole = gzip.compress(b"[]")
    for body in (bomb, b"[]", b"", whole[:-1], whole + whole, whole + b"x"):
        with pytest.raises(WebhookRefused, match=r"gzip|cut off"):
            inflated(body)
    assert inflated(gzip.compress(bytes(MOST_INFLATED))) == bytes(MOST_INFLATED)


@pytest.mark.parametrize("stamp", ["", "soon", "-5", "1e9", "٣", "9" * 400])
def test_quicknode_needs_a_time(stamp: str) -> None:
    """In Unix seconds."""
    body, headers = quicknode([TX], zipped=False)
    signature = hexed(b"n-1" + stamp.encode() + body)
    with pytest.raises(WebhookRefused, match="no time"):
        read("quicknode", (body, {**headers, "x-qn-timestamp": stamp, "x-qn-signature": signature}))


def test_moralis_test_post() -> None:
    """The one that a new stream begins with: genuine, without anything to tell."""
    assert read("moralis", moralis(chain_id="")) == Notice()


@pytest.mark.parametrize("chain_id", ["1", "0x", "0x" + "f" * 17, "eth"])
def test_moralis_chain_is_a_number(chain_id: str) -> None:
    """In hexadecimal."""
    with pytest.raises(WebhookRefused, match="number of a chain"):
        read("moralis", moralis(TX, chain_id=chain_id))


@pytest.mark.parametrize(
    ("date", "moment"),
    [
        ("Tue, 14 Nov 2023 22:13:20 +0000", NOW),
        ("2023-11-14T22:13:20Z", NOW),
        ("2023-11-14T23:13:20+01:00", NOW),
    ],
)
def test_tenderlys_dates(date: str, moment: float) -> None:
    """As HTTP writes them, and as ISO 8601 does."""
    assert read("tenderly", tenderly(date=date)).sent_at == moment


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 99 Nov 2023 22:13:20 GMT"])
def test_what_is_no_date(date: str) -> None:
    """Is refused."""
    with pytest.raises(WebhookRefused, match="no date"):
        read("tenderly", tenderly(date=date))


def test_tenderlys_other_posts() -> None:
    """A test tells nothing; a chain that it names otherwise is left open."""
    assert read("tenderly", tenderly(kind="TEST")).hints == ()
    assert read("tenderly", tenderly(network="mainnet")).hints == (hint(TX),)


def test_ipn_field_names_are_the_operators() -> None:
    """A hash somewhere else, by names joined with dots."""
    provider = PROVIDERS["ipn"](Table({"hash_field": "data.tx"}, "test."))
    body = json.dumps({"data": {"tx": TX}}).encode()
    assert provider.read(Delivery(body=body, tail=SECRET), SECRET).hints == (hint(TX),)


SHAPES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(TX),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(
        st.sampled_from(
            ["event", "data", "block", "logs", "transaction", "hash", "id", "transactionHash", "chainId"]
        )
        | st.text(),
        inner,
        max_size=5,
    ),
)


def signed(name: str, body: bytes) -> Post:
    """The body, signed by its provider, whatever it is."""
    if name == "quicknode":
        return quicknode(plain=body, zipped=False)
    if name == "moralis":
        _, headers = moralis()
        from Crypto.Hash import keccak  # noqa: PLC0415 - for this alone

        digest = keccak.new(data=body + SECRET.encode(), digest_bits=256).hexdigest()
        return body, {**headers, "x-signature": digest}
    if name == "tenderly":
        date = "Tue, 14 Nov 2023 22:13:20 GMT"
        return body, {"x-tenderly-signature": hexed(body + date.encode()), "date": date}
    return body, {"x-alchemy-signature": hexed(body)}


@given(name=st.sampled_from(NAMES), body=st.binary() | SHAPES.map(lambda said: json.dumps(said).encode()))
def test_signed_garbage_is_refused(name: str, body: bytes) -> None:
    """Whatever a body is, it is read or refused, and never fails in another way."""
    try:
        notice = read(name, signed(name, body))
    except WebhookRefused:
        return
    assert all(len(each.tx_hash) == 32 for each in notice.hints)


@given(name=st.sampled_from(NAMES), data=st.data())
def test_a_genuine_body_with_a_part_replaced(name: str, data: st.DataObject) -> None:
    """Anything may stand anywhere in it."""
    body, _ = GENUINE[name]()
    said = json.loads(gzip.decompress(body) if name == "quicknode" else body)
    place = said
    while isinstance(place, dict | list) and place:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not place[key] or not isinstance(place[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
            place[key] = data.draw(SHAPES)
            break
        place = place[key]
    with suppress(WebhookRefused):
        read(name, signed(name, json.dumps(said).encode()))


HEADERS = st.sampled_from(
    [
        *("x-alchemy-signature", "x-signature", "x-tenderly-signature", "date"),
        *("x-qn-nonce", "x-qn-timestamp", "x-qn-signature", "content-encoding"),
    ]
)


@given(
    name=st.sampled_from(NAMES),
    headers=st.dictionaries(HEADERS, st.text(st.characters()) | st.just("gzip")),
    tail=st.text(st.characters()),
)
def test_any_headers(name: str, headers: dict[str, str], tail: str) -> None:
    """No header that somebody without the secret could think of gets through, or breaks anything."""
    with pytest.raises(WebhookRefused):
        read(name, (GENUINE[name]()[0], headers), tail=tail + "!")


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"1" * 10_000, b"\xff", b'{"a":' * 50_000],
    ids=["lists", "digits", "bytes", "objects"],
)
def test_bodies_that_break_parsers(body: bytes) -> None:
    """Nesting, numbers and bytes beyond reason are refused."""
    for name in NAMES:
        with pytest.raises(WebhookRefused):
            read(name, signed(name, body))


@given(said=SHAPES)
def test_ordinary_json_is_read(said: Any) -> None:
    """The bound on nesting looks at brackets outside of text alone."""
    body = json.dumps([said, "[[[" * 100, '\\"[' * 100])
    assert repr(parsed(body)) == repr(parsed(body.encode())) == repr(json.loads(body))


@pytest.mark.parametrize(
    "body",
    ['"' + '\\"' * 400_000, '"' * 800_000, "[]" * 400_000, "\\" * 800_000],
    ids=["escaped", "quotes", "brackets", "backslashes"],
)
def test_odd_text_is_refused_quickly(body: str) -> None:
    """In one pass, however it is quoted."""
    with pytest.raises(WebhookRefused):
        parsed(body)
