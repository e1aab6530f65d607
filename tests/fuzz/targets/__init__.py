"""Every target by its name."""

from __future__ import annotations

from fuzz.targets import abi, cids, frames, metadata, programs

TARGETS = {
    target.name: target for module in (metadata, abi, frames, cids, programs) for target in module.TARGETS
}
