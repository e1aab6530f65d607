"""A refusal of the mirror: the custom error with which the contract would revert."""

from __future__ import annotations

from chainboy.errors import ContractRefused


class Refused(ContractRefused):
    """The contract would revert here; ``name`` and ``arguments`` are its custom error's.

    Raised before anything changed, as a revert leaves the contract. Trying the same again can help only
    when the reason is one of time.
    """

    def __init__(self, name: str, *arguments: object) -> None:
        listed = ", ".join(str(argument) for argument in arguments)
        message = f"the contract refuses this with {name}({listed}); see the error's meaning"
        super().__init__(message, name, arguments)
