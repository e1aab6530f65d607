"""The metadata block: the host's grammar against the guest's reader and a TOML parser."""

from __future__ import annotations

import tomllib
from typing import Any

from fuzz.target import Target, text_of, words

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
# [sources.other]
# url   = "http://example.net"
# pick  = "$[0]"
# scale = 8
# [combined.both]
# of    = ["spot", "other"]
# by    = "median"
# ///
def main(n, pairs): ...
""".encode()
SHORT = b'# /// chainboy\r\n# runtime = "r"\r\n# inputs=[]\n# ///'
WORDS = (
    *words(r'''
        #\x20///\x20chainboy\n #\x20///\n \n#\x20 \r\n \r \t [files] [sources.a] [combined.c]
        of\x20=\x20["spot",\x20"other"] least first-good [[ ]] " ' """ \\u0041 = , [ ] [] # . 0 08
        999999999 runtime inputs outputs url pick scale uint8 bool\x20b true \xc2\x85 \xe2\x80\xa8
        \xef\xbb\xbf \x0c \x00 \xff
    '''),
    CID.encode(),
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
        "combined": {
            name: {"of": list(each.of), "by": each.by.value, "least": each.least}
            for name, each in metadata.combined.items()
        },
    }


def whole(table: dict[str, Any]) -> dict[str, Any]:
    """A block's TOML with the documented defaults."""
    sources = {name: {"scale": 0, **source} for name, source in table.get("sources", {}).items()}
    combined = {name: {"least": least(each), **each} for name, each in table.get("combined", {}).items()}
    return {"inputs": [], "outputs": [], "files": {}, **table, "sources": sources, "combined": combined}


def least(combination: dict[str, Any]) -> int:
    """How many must answer when nothing is said."""
    return 1 if combination["by"] == "first-good" else len(combination["of"]) // 2 + 1


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
        tokens=words(r"""
        uint int bytes bool string address 8 256 32 [ ] []
    """),
    ),
)
