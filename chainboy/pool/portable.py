"""A sandbox that can be sent to other processes again and again, and is made only once in each.

Another process may be on another machine, with another engine or another processor: a sandbox that arrives
serves nothing before it has run the golden vectors of its runtime there. Rule: protocol, section 6 "Outcome".
"""

from __future__ import annotations

import atexit
import pickle
from functools import cached_property, lru_cache

import attrs

from chainboy.errors import ConfigError
from chainboy.sandbox.golden import self_test
from chainboy.sandbox.protocol import Job, Run, Sandbox
from chainboy.sandbox.runtimes import RUNTIMES

_MOST_SANDBOXES = 16
"""That one process keeps; a node has one for each kind of runtime."""


@attrs.frozen(slots=False)
class Portable:
    """A sandbox that is itself here, and once in each process it is sent to.

    The sandbox pickles to its configuration, without what it has loaded.
    """

    sandbox: Sandbox

    def serves(self, runtime: str) -> bool:
        """As the sandbox does."""
        return self.sandbox.serves(runtime)

    def run(self, job: Job) -> Run:
        """As the sandbox does."""
        return self.sandbox.run(job)

    @cached_property
    def packed(self) -> Packed:
        """The sandbox as others get it; raises :class:`~chainboy.errors.ConfigError` if it cannot travel."""
        try:
            return Packed(pickle.dumps(self.sandbox))
        except Exception as error:
            raise ConfigError(
                f"{type(self.sandbox).__name__} cannot be sent to another process ({error}); "
                'make it picklable, or choose kind = "threads" in [pool]'
            ) from error

    def __reduce__(self) -> tuple[type[Packed], tuple[bytes]]:
        return Packed, (self.packed.data,)


@attrs.frozen
class Packed:
    """A sandbox on its way, or where it arrived: made and tested when it is first asked for anything.

    Raises :class:`~chainboy.errors.SandboxError` when it does not run here as released.
    """

    data: bytes = attrs.field(repr=False)

    def serves(self, runtime: str) -> bool:
        """As the sandbox does."""
        return _unpacked(self.data).serves(runtime)

    def run(self, job: Job) -> Run:
        """As the sandbox does."""
        return _unpacked(self.data).run(job)


@lru_cache(maxsize=_MOST_SANDBOXES)
def _unpacked(data: bytes) -> Sandbox:
    """This process's own; the bytes are the node's, which this process trusts with whatever it runs."""
    sandbox: Sandbox = pickle.loads(data)  # noqa: S301 - see above
    for runtime in RUNTIMES:
        if sandbox.serves(runtime):
            self_test(sandbox, runtime)
    atexit.register(_unpacked.cache_clear)  # an engine cannot be let go any later
    return sandbox
