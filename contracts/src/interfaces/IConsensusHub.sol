// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bounds} from "../libraries/Params.sol";
import {Record} from "../libraries/Records.sol";
import {ICheckpoints} from "./ICheckpoints.sol";
import {INodeRegistry} from "./INodeRegistry.sol";

/// @notice One node's commitment. An empty `signature` means that the sender is the node; otherwise it is the node's
/// EIP-712 `Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)`, good until `deadline` (exclusive).
struct CommitEntry {
    address node;
    uint256 attempt;
    bytes32 commitment;
    uint256 deadline;
    bytes signature;
}

/// @notice The preimage of a commitment. `payout` and `weight` are those its `Committed` event gave.
struct RevealEntry {
    address node;
    address payout;
    uint256 weight;
    bytes outcome;
    bytes32 salt;
}

/// @dev The `choice` of a node that did not reveal.
uint256 constant UNREVEALED = type(uint256).max;

/// @notice One committed node, as `finalize` is shown it: `choice` indexes the words, or is {UNREVEALED}, and then
/// `payout` and `weight` do not matter.
struct Ballot {
    address node;
    address payout;
    uint256 weight;
    uint256 choice;
}

/// @notice Times in seconds. A commit phase lasts `phaseBlocks` at least, and at least as many blocks as fit its window:
/// a chain that stalls at the end of a long window then still has the reveal phase's blocks to come.
struct HubProfile {
    Bounds bounds;
    uint256 revealWindow;
    uint256 phaseBlocks;
    uint256 blockTime; // the shortest time between two blocks of this chain
    uint256 attemptLife;
    uint256 maxTaskLife;
    uint256 minSealInterval; // between a seal and the next one that brings no distribution
    uint256 listingDelay; // until a gateway that is listed counts
}

/// @notice A task's current attempt. `attempt` 0: none yet. `commitEndsAtBlock` 0: no quorum yet.
struct Round {
    uint256 attempt;
    uint256 epoch;
    uint256 committed; // number of nodes
    uint256 revealed; // number of nodes
    uint256 openedAt; // seconds; 0 once there is a quorum
    uint256 commitEndsAt; // seconds; 0 before the quorum
    uint256 commitEndsAtBlock; // block number; 0 before the quorum
    uint256 missingWeight; // before the quorum: until it; after: until every active token has committed
    uint256 mode;
}

/// @title Where nodes commit and reveal, and the majority of tokens decides
interface IConsensusHub is ICheckpoints {
    /// @notice Where a node's ballot stands in one attempt.
    enum BallotState {
        NONE,
        COMMITTED,
        REVEALED,
        SLASHED
    }

    event AttemptOpened(bytes32 indexed taskId, uint256 indexed attempt, uint256 indexed epoch, uint256 totalWeight);
    event Committed(
        bytes32 indexed taskId,
        address indexed node,
        uint256 attempt,
        uint256 position,
        address payout,
        uint256 weight,
        bytes32 commitment
    );
    /// @notice Committed weight exceeds half of the total: the clock runs.
    event QuorumReached(
        bytes32 indexed taskId, uint256 indexed attempt, uint256 commitEndsAt, uint256 commitEndsAtBlock
    );
    /// @notice A commitment was opened; whoever has this event and its `Committed` can check the one against the other.
    event Revealed(bytes32 indexed taskId, address indexed node, uint256 attempt, bytes outcome, bytes32 salt);
    /// @notice An entry of a batch was passed over; `reason` is the selector of the error it alone would deserve.
    event EntrySkipped(bytes32 indexed taskId, address indexed node, bytes4 reason);
    /// @notice The record and every word's weight: the proof of consensus. `unrevealed` has a bit for each position.
    event Finalized(
        bytes32 indexed taskId,
        uint256 indexed attempt,
        uint256 index,
        Record record,
        bytes32[] words,
        uint256[] weights,
        uint256 unrevealed
    );

    error ProfileInconsistent(string relation);
    error NoActiveNodes(uint256 epoch);
    error AlreadyFinalized(bytes32 taskId);
    /// @notice Too little is left before `expiresAt` for both windows.
    error TooLateToCommit(uint256 expiresAt);
    error ExpiresTooLate(uint256 expiresAt, uint256 latest);
    error WrongAttempt(uint256 attempt, uint256 current);
    error CommitPhaseOver(bytes32 taskId);
    error AlreadyCommitted(bytes32 taskId, address node);
    error BadSignature(address node);
    error SignatureExpired(uint256 deadline);
    error NotActive(address node, uint256 epoch);
    error RevealPhaseNotOpen(bytes32 taskId);
    error RoundOver(bytes32 taskId);
    error NotCommitted(bytes32 taskId, address node);
    error AlreadyRevealed(bytes32 taskId, address node);
    error CommitmentMismatch(address node);
    error OutcomeMalformed(address node);
    error RoundNotOver(bytes32 taskId);
    error NotFinalized(bytes32 taskId);
    error BallotsMismatch(uint256 position);
    /// @notice Words must be strictly ascending as int256, and each have a ballot.
    error WordsMismatch(uint256 index);
    error AlreadySlashed(bytes32 taskId, address node);
    error SlashTooLate(bytes32 taskId);

    /// @notice Commit for one or many nodes; entries that cannot be taken are skipped and reported.
    /// `commitment = keccak256(abi.encode(COMMITMENT, taskId, attempt, node, keccak256(outcome), salt))`.
    /// @return refusals per entry zero, or the selector of why it was skipped
    function commit(bytes32 requestHash, uint256 params, CommitEntry[] calldata entries)
        external
        returns (bytes4[] memory refusals);

    /// @notice Reveal for one or many nodes, by anyone; entries that cannot be taken are skipped and reported.
    function reveal(bytes32 taskId, RevealEntry[] calldata entries) external returns (bytes4[] memory refusals);

    /// @notice Tally, once all have revealed or the round is over. Everything is checked against what was committed
    /// and revealed: the caller only sorts.
    /// @param words the distinct revealed words, strictly ascending as int256: keccak256(outcome) in EXACT, the value
    /// in MEDIAN, the contribution in RANDOM
    /// @param ballots every committed node, in commit order
    function finalize(bytes32 requestHash, uint256 params, bytes32[] calldata words, Ballot[] calldata ballots) external;

    /// @notice Slash nodes that committed in a finalized task's round and did not reveal, until the end of the epoch
    /// after the round's last possible reveal; entries that cannot be taken are skipped and reported.
    function slashUnrevealed(bytes32 taskId, address[] calldata nodes) external returns (bytes4[] memory refusals);

    /// @notice Several calls of this contract in one transaction, each as if its sender had made it alone; when one
    /// reverts, all do, and for its reason.
    /// @param calls ABI-encoded calls, selectors included
    function multicall(bytes[] calldata calls) external;

    function version() external view returns (uint256);
    function registry() external view returns (INodeRegistry);
    function profile() external view returns (HubProfile memory);
    function domainSeparator() external view returns (bytes32);
    function roundOf(bytes32 taskId) external view returns (Round memory);
    function ballotOf(bytes32 taskId, uint256 attempt, address node) external view returns (BallotState);
    /// @notice keccak256 of the encoded record, or zero.
    function recordHashOf(bytes32 taskId) external view returns (bytes32);
    function recordsCount() external view returns (uint256);
    /// @notice Root of the accumulator of records: depth 32, empty leaf 0.
    function recordsRoot() external view returns (bytes32);
}
