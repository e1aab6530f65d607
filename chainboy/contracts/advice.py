"""What each custom error means to whoever met it, and what to do next; ``{names}`` are its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

ADVICE: Mapping[str, str] = MappingProxyType({
    # requests
    "PriceBelowMinimum": "offer at least {minimum} wei",
    "TipAboveValue": "send price and tip together",
    "CallbackGasTooHigh": "ask for at most {maximum} gas",
    "ProgramMismatch": "name a program, except in RANDOM, which has none",
    "ExpiresTooSoon": "let the task expire at {earliest} or later",
    "ExpiresTooLate": "let the task expire at {latest} at the latest",
    "VerifierNotLive": "bring a fresh checkpoint first, or let the task expire sooner",
    "UnsupportedVersion": "use the version of this package that these contracts speak",
    "UnknownMode": "use EXACT, MEDIAN or RANDOM",
    "ToleranceOutOfRange": "only MEDIAN has a tolerance, of at most 10000",
    "CommitWindowOutOfRange": "choose a commit window within the contracts' bounds",
    "FuelLimitOutOfRange": "choose a fuel limit within the contracts' bounds, and zero for RANDOM",
    "NonzeroPadding": "leave the upper 64 bits of the params word zero",
    # delivery, refunds and rewards
    "TaskNotOpen": "the task was never requested here, or is delivered or refunded; look up its state",
    "DeliveryTooLate": "it was too late from {end} on; refund the task instead",
    "RefundTooEarly": "wait until {refundable_at}",
    "OutcomeMismatch": "bring the outcome that was revealed, unchanged",
    "RecordOfAnotherTask": "bring the record of this very task",
    "NotEnoughGas": "send more gas",
    "NothingToRetry": "only a failed callback can be called again",
    "UnprovenRecord": "the hub has no such record; wait for its finalization, and bring the proof for it",
    "ClaimMismatch": "give the price and the record with which the task was delivered",
    "AlreadyClaimed": "nothing is left to claim for this rank",
    "NotAWinner": "claim with the rank, weights and proof of the winners' tree",
    "NothingToWithdraw": "nothing is there; look at the credit or the unbonding tokens first",
    "TransferFailed": "withdraw to an address that accepts coins",
    # rounds
    "NoActiveNodes": "wait for an epoch with enough bonded tokens in the active set",
    "AlreadyFinalized": "the task has its record; read it from the hub",
    "TooLateToCommit": "leave this task; too little time is left for both windows",
    "WrongAttempt": "commit in attempt {current}",
    "CommitPhaseOver": "leave this task; only nodes that have committed go on",
    "AlreadyCommitted": "reveal when the commit phase is over",
    "BadSignature": "sign with the node's own key, in the hub's domain",
    "SignatureExpired": "sign again with a later deadline",
    "NotActive": "bond, enter the active set, and wait for the next epoch; a jailed node waits too",
    "RevealPhaseNotOpen": "wait until the commit phase is over",
    "RoundOver": "it is too late to reveal; let the round be finalized",
    "NotCommitted": "only a node that committed in this attempt can reveal",
    "AlreadyRevealed": "nothing is left to do until the record",
    "CommitmentMismatch": "reveal what was committed, with the payout and weight of its event",
    "OutcomeMalformed": "such an outcome can never be revealed; check its shape before committing",
    "RoundNotOver": "wait until all have revealed or the round is over",
    "NotFinalized": "finalize the task first",
    "BallotsMismatch": "give every committed node in commit order, as the events told",
    "WordsMismatch": "give the distinct revealed words in ascending order",
    "AlreadySlashed": "nothing is left to do",
    "SlashTooLate": "the time to slash for this round is over",
    # stake
    "NotOwner": "send this from the account that registered the node",
    "NotTreasurer": "send this from the treasurer's account",
    "AlreadyRegistered": "use the node as it is, or another key",
    "NotRegistered": "register the node first",
    "BondTooSmall": "keep or bring the bond to {minimum} at least",
    "BondTooLarge": "unbond at most {bonded}",
    "StillUnbonding": "wait for the start of epoch {release_epoch}",
    "LockedUntil": "who entered by eviction stays bonded; unbond from epoch {epoch} on",
    "AlreadyActive": "nothing is left to do",
    "NodeNotActive": "enter the active set first",
    "Tombstoned": "this node forged and is out for good; unbond, and use another key",
    "SetFull": "name a victim of smaller weight",
    "SetHasRoom": "enter without a victim",
    "VictimNotWeaker": "add to the bond, or choose a weaker victim",
    "BudgetSpent": "try again in the next epoch",
    "NotIdle": "it acted in epoch {last_active_epoch}; leave it",
    "EpochTooOld": "ask for a later epoch",
    "TreasuryTooSmall": "move at most {treasury}",
    "ZeroAmount": "give an amount above zero",
    "ZeroAddress": "give an address",
    # deployment and token
    "ProfileInconsistent": "choose figures for which this holds",
    "SupplyTooLarge": "choose a supply below 2**96",
    "ERC20InsufficientBalance": "get {needed} tokens first",
    "ERC20InsufficientAllowance": "approve {needed} tokens first",
    "ERC2612ExpiredSignature": "sign a permit with a later deadline",
    "InvalidAccountNonce": "sign with nonce {current_nonce}",
    # consumers
    "NotGateway": "results come from the gateway alone",
    "NotPending": "this contract did not ask for the task, or has its result",
})
"""Advice by the error's name; other errors speak for themselves."""

PANICS: Mapping[int, str] = MappingProxyType({
    0x01: "an assertion failed",
    0x11: "an overflow",
    0x12: "a division by zero",
    0x21: "a value that is no member of its enum",
    0x32: "an index out of bounds",
    0x41: "out of memory",
})
"""Solidity's panic codes."""
