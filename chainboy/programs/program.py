"""A program file: its name, what it declares, and how its arguments and results are encoded."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import attrs
from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from chainboy.cid import Cid
from chainboy.errors import EncodingError, InputError, ProgramError
from chainboy.programs.metadata import Metadata, Parameter, parse
from chainboy.programs.types import fit, parse_type


@attrs.frozen(slots=False)
class Program:
    """A program by its file's bytes, as a requester needs it.

    Raises :class:`ProgramError` when its metadata is not valid, its input and output types included.
    """

    source: bytes = attrs.field(repr=lambda source: f"<{len(source)} bytes>")
    metadata: Metadata = attrs.field(init=False, eq=False, repr=False)
    inputs: tuple[Parameter, ...] = attrs.field(init=False, eq=False)
    outputs: tuple[str, ...] = attrs.field(init=False, eq=False)

    @metadata.default
    def _read(self) -> Metadata:
        return parse(self.source)

    @inputs.default
    def _read_inputs(self) -> tuple[Parameter, ...]:
        return self.metadata.inputs

    @outputs.default
    def _read_outputs(self) -> tuple[str, ...]:
        return self.metadata.outputs

    @classmethod
    def from_file(cls, path: str | Path) -> Program:
        """The program in the file ``path``."""
        try:
            return cls(Path(path).read_bytes())
        except OSError as error:
            raise ProgramError(f"the program file {path} cannot be read: {error.strerror}") from error

    @cached_property
    def cid(self) -> Cid:
        """The program's name on IPFS and, as its digest, in a request."""
        return Cid.of(self.source)

    def encode_input(self, /, *args: Any, **kwargs: Any) -> bytes:
        """The ABI encoding of the arguments, positional first, the rest by the inputs' names.

        Raises :class:`InputError` for a wrong count, name, type or range; nothing is converted.
        """
        values = self._bind(args, kwargs)
        inputs = self.inputs
        fitted = [fit(parse_type(p.type), value, p.name) for p, value in zip(inputs, values, strict=True)]
        return encode([parameter.type for parameter in inputs], fitted)

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[Any]:
        names = [parameter.name for parameter in self.inputs]
        signature = ", ".join(map(str, self.inputs)) or "nothing"
        if len(args) > len(names):
            raise InputError(f"the program takes {signature}; {len(args)} arguments are too many")
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name not in names or name in given:
                fault = "is given twice" if name in given else "is not one of its inputs"
                raise InputError(f"the program takes {signature}; {name!r} {fault}")
            given[name] = value
        if missing := [name for name in names if name not in given]:
            raise InputError(f"the program takes {signature}; {', '.join(missing)} is missing")
        return [given[name] for name in names]

    def decode_output(self, payload: bytes) -> Any:
        """What ``main`` returned: None, one value, or a tuple, as the outputs declare.

        Raises :class:`EncodingError` unless ``payload`` is the canonical encoding of the outputs.
        """
        outputs = self.outputs
        try:
            values = decode(outputs, payload)
            fitted = tuple(
                fit(parse_type(kind), value, "output") for kind, value in zip(outputs, values, strict=True)
            )
            canonical = encode(outputs, fitted) == payload
        except (DecodingError, InputError, OverflowError, UnicodeDecodeError) as error:
            raise EncodingError(f"the result does not decode as ({', '.join(outputs)}): {error}") from error
        if not canonical:
            raise EncodingError(f"the result is not the canonical encoding of ({', '.join(outputs)})")
        return fitted[0] if len(fitted) == 1 else fitted or None

    def __str__(self) -> str:
        return str(self.cid)
