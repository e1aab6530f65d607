"""The contracts from Python: their artifacts, thin typed wrappers, refusals in words, and deployment."""

from __future__ import annotations

from chainboy.contracts.artifacts import Artifact, load
from chainboy.contracts.checkpoint_verifier import CheckpointVerifier
from chainboy.contracts.deployment import Deployment, deploy
from chainboy.contracts.gateway import Claim, Gateway, TaskState
from chainboy.contracts.hub import (
    Attestation,
    BallotEntry,
    BallotState,
    CommitEntry,
    Hub,
    RevealEntry,
    RoundState,
    SealState,
)
from chainboy.contracts.profile import GatewayProfile, HubProfile, Profile, RegistryProfile, VerifierProfile
from chainboy.contracts.registry import NodeState, Registry
from chainboy.contracts.remote import RemoteDeployment, deploy_remote
from chainboy.contracts.reverts import error_name, explain
from chainboy.contracts.token import Token
from chainboy.contracts.verifier import Verifier

__all__ = [
    "Artifact",
    "Attestation",
    "BallotEntry",
    "BallotState",
    "CheckpointVerifier",
    "Claim",
    "CommitEntry",
    "Deployment",
    "Gateway",
    "GatewayProfile",
    "Hub",
    "HubProfile",
    "NodeState",
    "Profile",
    "Registry",
    "RegistryProfile",
    "RemoteDeployment",
    "RevealEntry",
    "RoundState",
    "SealState",
    "TaskState",
    "Token",
    "Verifier",
    "VerifierProfile",
    "deploy",
    "deploy_remote",
    "error_name",
    "explain",
    "load",
]
