"""Every target by its name."""

from __future__ import annotations

from fuzz.targets import abi, blocks, cids, frames, metadata, programs, sources

TARGETS = {
    target.name: target
    for module in (metadata, abi, frames, cids, blocks, sources, programs)
    for target in module.TARGETS
}
