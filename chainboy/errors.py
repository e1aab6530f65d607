"""Every error ChainBoy raises: one root, each leaf also a builtin.

A message is one sentence that says what is wrong and what to do next.
"""

from __future__ import annotations


class ChainBoyError(Exception):
    """Root of all errors of this package."""


class ConfigError(ChainBoyError, ValueError):
    """A configuration key or deployment profile is unusable; trying again cannot help."""


class EncodingError(ChainBoyError, ValueError):
    """Bytes or values do not have the shape the protocol fixes; trying again cannot help."""


class ProgramError(ChainBoyError, ValueError):
    """A program's source or metadata block is not valid; trying again cannot help."""


class InputError(ChainBoyError, ValueError):
    """The arguments of a program do not fit its declared inputs."""


class ContentNotFound(ChainBoyError, LookupError):
    """No store holds the content of this CID now; trying again may help."""


class ContentMismatch(ChainBoyError, ValueError):
    """A store returned bytes that do not hash to the CID asked for."""


class ContentUnavailable(ChainBoyError, OSError):
    """A store itself failed (full disk, no permission, daemon down); trying again may help."""


class SourceUnavailable(ChainBoyError, ConnectionError):
    """A source that a program declares gave no usable number; trying again may help."""


class SandboxError(ChainBoyError, RuntimeError):
    """The sandbox could not produce an outcome; the node abstains. Trying again may help."""


class RuntimeNotServed(SandboxError):
    """This sandbox does not serve the runtime that the program names."""


class SandboxFault(ChainBoyError, RuntimeError):
    """A sandbox failed as none may: a fault in it, and trying again cannot help; ``trace`` tells where."""

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace

    def __reduce__(self) -> tuple[type[SandboxFault], tuple[str, str]]:
        return type(self), (str(self), self.trace)


class ChainError(ChainBoyError, ConnectionError):
    """A chain's RPC endpoint failed; trying again may help."""


class SignerUnavailable(ChainBoyError, ConnectionError):
    """A signer in another process does not answer or does not sign now; trying again may help."""


class SignatureInvalid(ChainBoyError, ValueError):
    """A signer's answer is no signature of the account that was asked to sign; it is not used."""


class TooManyLogs(ChainError):
    """The endpoint will not list the logs of so many blocks at once; ask for fewer."""


class WebhookRefused(ChainBoyError, ValueError):
    """A webhook is not its provider's own, too old or malformed; sending it again cannot help."""


class TransactionPending(ChainBoyError, TimeoutError):
    """The transaction ``tx_hash`` was sent and is in no block yet; wait for it again."""

    def __init__(self, message: str, tx_hash: bytes) -> None:
        super().__init__(message)
        self.tx_hash = tx_hash


class TransactionReplaced(ChainBoyError, RuntimeError):
    """Another transaction took the nonce of ``tx_hash``, which will never be mined."""

    def __init__(self, message: str, tx_hash: bytes) -> None:
        super().__init__(message)
        self.tx_hash = tx_hash


class InsufficientFunds(ChainBoyError, ValueError):
    """The account cannot pay for value and gas; send coins to it."""


class WrongChain(ChainBoyError, ValueError):
    """The endpoint serves another chain than the configuration names."""


class VersionMismatch(ChainBoyError, ValueError):
    """The contracts speak another protocol version than this package."""


class ContractRefused(ChainBoyError, ValueError):
    """A contract reverted; ``name`` and ``arguments`` are its custom error's."""

    def __init__(self, message: str, name: str = "", arguments: tuple[object, ...] = ()) -> None:
        super().__init__(message)
        self.name = name
        self.arguments = arguments


class JournalError(ChainBoyError, OSError):
    """A journal could not be written; nothing was sent that it does not hold."""


class JournalUnavailable(JournalError):
    """The journal's database does not answer now; a node pauses and takes it up again by itself."""


class LeaseLost(JournalUnavailable):
    """Another replica of this node acts, or may by now; this one has to wait for its turn."""
class StoreConflict(ChainBoyError, RuntimeError):
    """Another call of a function has changed what it kept; nothing was put. The next call goes on."""


class StoreUnavailable(ChainBoyError, OSError):
    """What a function keeps cannot be read or put now; trying again may help."""


class CallFailed(ChainBoyError, RuntimeError):
    """A scheduled call of a function could not do its work; the next one goes on."""


class TaskNotFound(ChainBoyError, LookupError):
    """The gateway has no such task; check the task id, the chain and the gateway's address."""


class TaskPending(ChainBoyError, TimeoutError):
    """The task has no result yet; wait longer or ask again later."""


class TaskFailed(ChainBoyError, RuntimeError):
    """The program's agreed outcome is a failure: it raised, ran out of fuel or was aborted."""


class NoConsensus(ChainBoyError, RuntimeError):
    """The nodes did not agree by a majority of weight; price and tip are credited back at delivery."""


class TaskExpired(ChainBoyError, TimeoutError):
    """The task expired without a record; refund it to get price and tip credited back."""


class TaskRefunded(ChainBoyError, RuntimeError):
    """The task expired without a result; price and tip were credited back."""


class ProofInvalid(ChainBoyError, ValueError):
    """A proof file does not prove what it claims."""
