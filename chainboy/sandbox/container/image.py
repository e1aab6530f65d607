"""Names of images by digest, and whether what an engine holds under one may be run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import attrs

from chainboy.errors import RuntimeNotServed

SCHEME = "docker:"
GUEST_LABEL = "org.chainboy.guest"
MEMORY_LABEL = "org.chainboy.memory-mib"
GUEST = "1"
"""Version of the exchange between this package and the guest in an image."""

_NAME = r"[a-z0-9]+(?:[._:/-]+[a-z0-9]+)*"
_RUNTIME = re.compile(rf"docker:({_NAME})@(sha256:[0-9a-f]{{64}})")


@attrs.frozen(kw_only=True)
class ImageName:
    """``docker:NAME@sha256:DIGEST``: only the digest says what is run, the name says where to find it."""

    name: str
    digest: str
    """``sha256:`` and 64 hex digits: of a manifest, as registries name images, or of an image's
    configuration, as engines do. Either fixes every byte of the image and how it starts."""

    @classmethod
    def parse(cls, runtime: str) -> ImageName:
        """The image that a runtime names; :class:`RuntimeNotServed` for anything without a digest."""
        found = _RUNTIME.fullmatch(runtime)
        if found is None:
            raise RuntimeNotServed(f"{runtime!r} names no image; write docker:NAME@sha256:DIGEST")
        return cls(name=found[1], digest=found[2])

    @property
    def reference(self) -> str:
        """As a registry names it."""
        return f"{self.name}@{self.digest}"

    def names(self, image: Mapping[str, Any]) -> bool:
        """Whether an engine's own description of an image is of this one.

        ``image`` is what ``GET /images/{name}/json`` gives: its ``Id`` is the configuration's digest and
        ``RepoDigests`` has the manifests that the engine checked when it pulled or pushed them.
        """
        return self.digest == image.get("Id") or self.reference in (image.get("RepoDigests") or ())


def unfit(image: Mapping[str, Any], *, room_mib: int) -> str | None:
    """Why an image cannot be run although it is the right one; None if it can.

    ``room_mib`` is the memory of a container that is left for the program.
    """
    config: Mapping[str, Any] = image.get("Config") or {}
    labels: Mapping[str, str] = config.get("Labels") or {}
    if labels.get(GUEST_LABEL) != GUEST:
        return f"it has no guest of version {GUEST}; build it with `chainboy image context`"
    if config.get("Volumes"):
        return "it declares volumes, which would be writable without bound; build it without VOLUME"
    memory = labels.get(MEMORY_LABEL, "")
    if not memory.isdecimal() or int(memory) > room_mib:
        return f"its programs may use {memory or '?'} MiB, of {room_mib} there are; raise memory_mib"
    return None
