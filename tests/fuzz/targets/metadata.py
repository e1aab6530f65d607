"""The metadata block: the host's grammar against the guest's reader and a TOML parser."""

from __future__ import annotations

import tomllib
from typing import Any

from fuzz.target import Target, text_of

from chainboy.cid import Cid
from chainboy.errors import ProgramError
from chainboy.programs.metadata import Metadata, parse
from chainboy.programs.types import parse_type
from chainboy.sandbox.guest import codec
from chainboy.sandbox.guest import metadata as guest

CID = str(Cid.of(b"rates"))
SEED = f"""# /// chainboy
# runtime = "cpython-wasm:1"  # a comment
# inputs  = ["uint256 n", "(bytes32,int8)[2][] pairs"]
# outputs = ["string", "address"]
#
# [files]
# rates = "{CID}"
# [sources.spot]
# url   = "https://example.org/v1/{{n}}"
# pick  = "$.price"
# scale = 8
# ///
def main(n, pairs): ...
""".encode()
SHORT = b'# /// chainboy\r\n# runtime = "r"\r\n# inputs=[]\n# ///'
WORDS = (
    *(
        b"# /// chainboy\n",
        b"# ///\n",
        b"\n# ",
        b"\r\n",
        b"\r",
        b"\t",
        b"[files]",
        b"[sources.a]",
        b"[[",
        b"]]",
    ),
    *(b'"', b"'", b'"""', b"\\u0041", b"=", b",", b"[", b"]", b"[]", b"#", b".", b"0", b"08", b"999999999"),
    *(
        b"runtime",
        b"inputs",
        b"outputs",
        b"url",
        b"pick",
        b"scale",
        b"uint8",
        b"bool b",
        b"true",
        b"\xc2\x85",
    ),
    *(b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\x0c", b"\x00", b"\xff", CID.encode()),
)


def check_block(data: bytes) -> bool:
    """What the host accepts is TOML of the same meaning, and its types are the guest's."""
    try:
        metadata = parse(data)
    except ProgramError:
        return False
    assert told(metadata) == whole(tomllib.loads(block(data.decode())))
    check_types_agree(metadata, data.decode())
    return True


def block(text: str) -> str:
    """The block's TOML, by the words of the documentation."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    start = lines.index("# /// chainboy") + 1
    return "\n".join(line[2:] for line in lines[start : lines.index("# ///", start)])


def told(metadata: Metadata) -> dict[str, Any]:
    """What the host read, in TOML's shape."""
    return {
        "runtime": metadata.runtime,
        "inputs": list(metadata.declared_inputs),
        "outputs": list(metadata.declared_outputs),
        "files": {name: str(cid) for name, cid in metadata.files.items()},
        "sources": {
            name: {"url": source.url, "pick": source.pick, "scale": source.scale}
            for name, source in metadata.sources.items()
        },
    }


def whole(table: dict[str, Any]) -> dict[str, Any]:
    """A block's TOML with the documented defaults."""
    sources = {name: {"scale": 0, **source} for name, source in table.get("sources", {}).items()}
    return {"inputs": [], "outputs": [], "files": {}, **table, "sources": sources}


def check_types_agree(metadata: Metadata, text: str) -> None:
    """Types that a requester can encode are types that the guest can decode."""
    try:
        inputs, outputs = metadata.inputs, metadata.outputs
    except ProgramError:
        return
    decoded, encoded = guest.signature(text)
    assert (len(decoded), len(encoded)) == (len(inputs), len(outputs))


def check_type(data: bytes) -> bool:
    """A type of the host is one of the guest's, with the same size."""
    text = text_of(data)
    try:
        host = str(parse_type(text))
    except ProgramError:
        host = None
    try:
        kind = codec.parse(text)
    except codec.AbiError:
        assert host is None
        return False
    if host is not None:
        assert host == text
        assert kind.dynamic == dynamic(text)
    return host is not None


def dynamic(text: str) -> bool:
    """By eth-abi."""
    from eth_abi.grammar import parse as reference  # noqa: PLC0415 - heavy

    parsed = reference(text)
    parsed.validate()
    return bool(parsed.is_dynamic)


TARGETS = (
    Target(name="metadata", check=check_block, seeds=(SEED, SHORT), tokens=WORDS),
    Target(
        name="types",
        check=check_type,
        seeds=(b"uint256", b"(bytes32,int8[],(bool,string))[2][]", b"address", b"bytes[65535]"),
        tokens=(
            b"uint",
            b"int",
            b"bytes",
            b"bool",
            b"string",
            b"address",
            b"8",
            b"256",
            b"32",
            b"[",
            b"]",
            b"[]",
        ),
    ),
)
