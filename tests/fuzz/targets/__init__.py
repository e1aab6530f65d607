"""Every target by its name."""

from __future__ import annotations

from fuzz.targets import abi, blocks, cids, frames, metadata, programs, sources, webhooks

TARGETS = {
    target.name: target
    for module in (metadata, abi, frames, cids, blocks, sources, webhooks, programs)
    for target in module.TARGETS
}
