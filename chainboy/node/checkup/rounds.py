"""Makes every check, one after the other; whatever goes wrong is a finding, nothing raises."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from chainboy.errors import ChainBoyError
from chainboy.node.checkup import probes
from chainboy.node.checkup.finding import Finding, doubtful, failed, told
from chainboy.node.checkup.patient import Patient, Unmet
from chainboy.node.config import NodeConfig


class Check(NamedTuple):
    """A probe and the name of what it looks at."""

    what: str
    probe: Callable[[Patient], Iterable[Finding]]


CHECKS = (
    Check("endpoint", probes.endpoints),
    Check("clock", probes.clock),
    Check("contracts", probes.contracts),
    Check("key", probes.key),
    Check("signer", probes.signer),
    Check("balance", probes.balance),
    Check("seat", probes.seat),
    Check("sandbox", probes.sandboxes),
    Check("content", probes.content),
    Check("sources", probes.sources),
    Check("events", probes.events),
    Check("journal", probes.journal),
    Check("disk", probes.disk),
)
"""In the order in which a node depends on them."""


def examine(config: NodeConfig, *, clock: Callable[[], float] = time.time) -> Iterator[Finding]:
    """What every check finds, as it is found."""
    patient, known = Patient(config=config, clock=clock), set()
    for check in CHECKS:
        try:
            yield from check.probe(patient)
        except Unmet as unmet:
            yield _unchecked(check, str(unmet))
        except (ChainBoyError, OSError) as error:
            if told(error) in known:
                yield _unchecked(check, "for the same reason")
            else:
                known.add(told(error))
                yield failed(check.what, *told(error))
        except Exception as error:  # noqa: BLE001 - a part may be anybody's, and the other checks count
            yield failed(check.what, f"{type(error).__name__}: {error}", "report it to who made this part")


def _unchecked(check: Check, why: str) -> Finding:
    return doubtful(check.what, f"not checked: {why}", "correct what failed above")
