// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {CheckpointSeals} from "./CheckpointSeals.sol";
import {Ballot, CommitEntry, HubProfile, IConsensusHub, RevealEntry, Round} from "./interfaces/IConsensusHub.sol";
import {INodeRegistry, Offence, RegistryProfile} from "./interfaces/INodeRegistry.sol";
import {Accumulator} from "./libraries/Accumulator.sol";
import {Ballots} from "./libraries/Ballots.sol";
import {Counting} from "./libraries/Counting.sol";
import {HubProfiles} from "./libraries/HubProfiles.sol";
import {Bounds, Mode, Params} from "./libraries/Params.sol";
import {Record, Records} from "./libraries/Records.sol";
import {Requests} from "./libraries/Requests.sol";
import {PackedRound, Rounds} from "./libraries/Rounds.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {Tally} from "./libraries/Tally.sol";
import {Words} from "./libraries/Words.sol";

/// @title Where nodes commit and reveal, and the majority of tokens decides
contract ConsensusHub is CheckpointSeals {
    using Accumulator for Accumulator.Tree;
    using Ballots for uint256;
    using Params for uint256;
    using Records for Record;
    using Signatures for bytes;

    /// @inheritdoc IConsensusHub
    uint256 public constant version = 1;
    bytes32 private constant COMMIT_TYPEHASH =
        keccak256("Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)");

    uint256 private immutable _genesisTime;
    uint256 private immutable _epochLength;
    uint256 private immutable _minCommitWindow;
    uint256 private immutable _maxCommitWindow;
    uint256 private immutable _maxFuel;
    uint256 private immutable _revealWindow;
    uint256 private immutable _phaseBlocks;
    uint256 private immutable _blockTime;
    uint256 private immutable _attemptLife;
    uint256 private immutable _maxTaskLife;

    mapping(bytes32 taskId => PackedRound) private _rounds;
    mapping(bytes32 taskId => mapping(uint256 attempt => mapping(address node => uint256 ballot))) private _ballots;
    /// @inheritdoc IConsensusHub
    mapping(bytes32 taskId => bytes32 recordHash) public recordHashOf;

    /// @param curator_ who may list gateways
    constructor(INodeRegistry registry_, address curator_, HubProfile memory profile_)
        CheckpointSeals(registry_, curator_, profile_)
    {
        RegistryProfile memory stake = registry_.profile();
        HubProfiles.requireConsistent(profile_, stake);
        if (registry_.hub() != address(this)) revert ProfileInconsistent("registry.hub = this");
        _genesisTime = stake.genesisTime;
        _epochLength = stake.epochLength;
        _minCommitWindow = profile_.bounds.minCommitWindow;
        _maxCommitWindow = profile_.bounds.maxCommitWindow;
        _maxFuel = profile_.bounds.maxFuel;
        _revealWindow = profile_.revealWindow;
        _phaseBlocks = profile_.phaseBlocks;
        _blockTime = profile_.blockTime;
        _attemptLife = profile_.attemptLife;
        _maxTaskLife = profile_.maxTaskLife;
    }

    // Commit

    /// @inheritdoc IConsensusHub
    function commit(bytes32 requestHash, uint256 params, CommitEntry[] calldata entries)
        external
        returns (bytes4[] memory refusals)
    {
        bytes32 taskId = Requests.taskId(requestHash, params);
        (PackedRound round, uint256 openingWeight) = _roundToCommitTo(taskId, params);
        uint256 committedBefore = round.committed();
        refusals = new bytes4[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            bytes4 refusal;
            (round, refusal) = _commit(taskId, params, round, openingWeight, entries[i]);
            if (refusal != 0) {
                refusals[i] = refusal;
                emit EntrySkipped(taskId, entries[i].node, refusal);
            }
        }
        if (round.committed() != committedBefore) _rounds[taskId] = round;
    }

    /// @dev The current attempt, or the one that the first commit taken opens, then with its total weight.
    function _roundToCommitTo(bytes32 taskId, uint256 params)
        private
        view
        returns (PackedRound round, uint256 openingWeight)
    {
        round = _rounds[taskId];
        // The first attempt's params stand for good: the taskId binds them.
        if (round.isNone()) params.validate(_bounds());
        if (round.isCommitPhaseOver()) {
            if (recordHashOf[taskId] != 0) revert AlreadyFinalized(taskId);
            revert CommitPhaseOver(taskId);
        }
        if (round.hasQuorum()) return (round, 0);

        _requireInTime(params);
        if (!round.isVoid(_attemptLife)) return (round, 0);

        uint256 epoch = registry.currentEpoch();
        (openingWeight,) = registry.totalAt(epoch);
        if (openingWeight == 0) revert NoActiveNodes(epoch);
        round = Rounds.open(round.attempt() + 1, epoch, openingWeight / 2 + 1, params.mode());
    }

    /// @dev Enough time is left for both windows, and no more than a task may live. No figure here reaches 2^64.
    function _requireInTime(uint256 params) private view {
        unchecked {
            uint256 expiresAt = params.expiresAt();
            uint256 latest = block.timestamp + _maxTaskLife;
            if (expiresAt > latest) revert ExpiresTooLate(expiresAt, latest);
            uint256 roundEnd = block.timestamp + params.commitWindow() + _revealWindow;
            if (roundEnd > expiresAt) revert TooLateToCommit(expiresAt);
        }
    }

    /// @dev Takes one commit into `round`, or says why not. The registry notes a sign of life, so it is asked last.
    function _commit(
        bytes32 taskId,
        uint256 params,
        PackedRound round,
        uint256 openingWeight,
        CommitEntry calldata entry
    ) private returns (PackedRound roundAfter, bytes4 refusal) {
        address node = entry.node;
        uint256 attempt = round.attempt();
        if (entry.attempt != attempt) return (round, WrongAttempt.selector);
        mapping(address => uint256) storage ballots = _ballots[taskId][attempt];
        if (ballots[node] != 0) return (round, AlreadyCommitted.selector);
        refusal = _refuseSender(taskId, entry);
        if (refusal != 0) return (round, refusal);
        uint256 epoch = round.epoch();
        (uint256 weight, address payout) = registry.noteCommit(node, epoch);
        if (weight == 0) return (round, NotActive.selector);

        uint256 position = round.committed();
        ballots[node] = Ballots.committed(position, entry.commitment, payout, weight);
        if (position == 0) emit AttemptOpened(taskId, attempt, epoch, openingWeight);
        emit Committed(taskId, node, attempt, position, payout, weight, entry.commitment);
        roundAfter = _countTowardsQuorum(taskId, params, round, weight);
    }

    function _refuseSender(bytes32 taskId, CommitEntry calldata entry) private view returns (bytes4) {
        bytes calldata signature = entry.signature;
        if (signature.length == 0) return msg.sender == entry.node ? bytes4(0) : BadSignature.selector;
        if (block.timestamp >= entry.deadline) return SignatureExpired.selector;
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(COMMIT_TYPEHASH, taskId, entry.commitment, entry.attempt, entry.deadline))
        );
        return signature.isBy(digest, entry.node) ? bytes4(0) : BadSignature.selector;
    }

    /// @dev The quorum starts the clock; from then on the weight that is missing is that of all active tokens.
    function _countTowardsQuorum(bytes32 taskId, uint256 params, PackedRound round, uint256 weight)
        private
        returns (PackedRound)
    {
        uint256 missing = round.missingWeight();
        if (weight < missing || round.hasQuorum()) return round.withCommit(missing - weight);
        (uint256 total,) = registry.totalAt(round.epoch());
        uint256 committedBefore = total / 2 + 1 - missing;
        uint256 commitWindow = params.commitWindow();
        uint256 commitEndsAt = block.timestamp + commitWindow;
        uint256 commitEndsAtBlock = block.number + Math.max(_phaseBlocks, Math.ceilDiv(commitWindow, _blockTime));
        emit QuorumReached(taskId, round.attempt(), commitEndsAt, commitEndsAtBlock);
        return round.withCommit(total - committedBefore - weight).withQuorum(commitEndsAt, commitEndsAtBlock);
    }

    // Reveal

    /// @inheritdoc IConsensusHub
    function reveal(bytes32 taskId, RevealEntry[] calldata entries) external returns (bytes4[] memory refusals) {
        PackedRound round = _rounds[taskId];
        if (!round.isCommitPhaseOver()) revert RevealPhaseNotOpen(taskId);
        if (round.isOver(_revealWindow, _phaseBlocks)) revert RoundOver(taskId);
        uint256 revealedBefore = round.revealed();
        refusals = new bytes4[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            bytes4 refusal = _reveal(taskId, round, entries[i]);
            if (refusal == 0) {
                round = round.withReveal();
            } else {
                refusals[i] = refusal;
                emit EntrySkipped(taskId, entries[i].node, refusal);
            }
        }
        if (round.revealed() != revealedBefore) _rounds[taskId] = round;
    }

    function _reveal(bytes32 taskId, PackedRound round, RevealEntry calldata entry) private returns (bytes4) {
        address node = entry.node;
        uint256 attempt = round.attempt();
        mapping(address => uint256) storage ballots = _ballots[taskId][attempt];
        uint256 ballot = ballots[node];
        uint256 position = ballot.position();
        (address payout, uint256 weight, bytes calldata outcome) = (entry.payout, entry.weight, entry.outcome);
        bytes32 outcomeHash = keccak256(outcome);
        bytes32 commitment = Ballots.commitment(taskId, attempt, node, outcomeHash, entry.salt);
        if (ballot != Ballots.committed(position, commitment, payout, weight)) return _refuseBallot(ballot);
        (bool wellFormed, bytes32 word) = Words.wordOf(round.mode(), outcome, outcomeHash);
        if (!wellFormed) return OutcomeMalformed.selector;

        ballots[node] = Ballots.revealed(position, word, payout, weight);
        emit Revealed(taskId, node, attempt, outcome, entry.salt);
        return 0;
    }

    /// @dev Why what is shown is not this ballot's commitment.
    function _refuseBallot(uint256 ballot) private pure returns (bytes4) {
        BallotState state = ballot.state();
        if (state == BallotState.NONE) return NotCommitted.selector;
        return state == BallotState.COMMITTED ? CommitmentMismatch.selector : AlreadyRevealed.selector;
    }

    // Finalize

    /// @inheritdoc IConsensusHub
    function finalize(bytes32 requestHash, uint256 params, bytes32[] calldata words, Ballot[] calldata ballots) external {
        bytes32 taskId = Requests.taskId(requestHash, params);
        if (recordHashOf[taskId] != 0) revert AlreadyFinalized(taskId);
        PackedRound round = _rounds[taskId];
        bool allRevealed = round.revealed() == round.committed() && round.isCommitPhaseOver();
        if (!allRevealed && !round.isOver(_revealWindow, _phaseBlocks)) revert RoundNotOver(taskId);

        if (ballots.length != round.committed()) revert BallotsMismatch(ballots.length);
        (uint256[] memory weights, uint256 unrevealed) =
            Counting.weigh(_ballots[taskId][round.attempt()], words, ballots);
        (uint256 total,) = registry.totalAt(round.epoch());
        Record memory record = Tally.decide(taskId, params, total, words, weights, ballots);
        bytes32 recordHash = record.hash();
        recordHashOf[taskId] = recordHash;
        uint256 index = _records.push(recordHash);
        emit Finalized(taskId, round.attempt(), index, record, words, weights, unrevealed);
    }

    // Slash

    /// @inheritdoc IConsensusHub
    function slashUnrevealed(bytes32 taskId, address[] calldata nodes) external returns (bytes4[] memory refusals) {
        if (recordHashOf[taskId] == 0) revert NotFinalized(taskId);
        PackedRound round = _rounds[taskId];
        uint256 lastEpoch = (round.commitEndsAt() + _revealWindow - _genesisTime) / _epochLength + 1;
        if (registry.currentEpoch() > lastEpoch) revert SlashTooLate(taskId);
        refusals = new bytes4[](nodes.length);
        for (uint256 i = 0; i < nodes.length; ++i) {
            refusals[i] = _slash(taskId, round, nodes[i]);
            if (refusals[i] != 0) emit EntrySkipped(taskId, nodes[i], refusals[i]);
        }
    }

    function _slash(bytes32 taskId, PackedRound round, address node) private returns (bytes4) {
        mapping(address => uint256) storage ballots = _ballots[taskId][round.attempt()];
        uint256 ballot = ballots[node];
        BallotState state = ballot.state();
        if (state == BallotState.NONE) return NotCommitted.selector;
        if (state == BallotState.REVEALED) return AlreadyRevealed.selector;
        if (state == BallotState.SLASHED) return AlreadySlashed.selector;
        ballots[node] = ballot.slashed();
        bool random = round.mode() == Mode.RANDOM;
        registry.slash(node, round.epoch(), random ? Offence.UNREVEALED_RANDOM : Offence.UNREVEALED);
        return 0;
    }

    // Batches

    /// @inheritdoc IConsensusHub
    function multicall(bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool success, bytes memory answer) = address(this).delegatecall(calls[i]);
            Address.verifyCallResult(success, answer);
        }
    }

    // Views

    /// @inheritdoc IConsensusHub
    function profile() external view returns (HubProfile memory) {
        return HubProfile({
            bounds: _bounds(),
            revealWindow: _revealWindow,
            phaseBlocks: _phaseBlocks,
            blockTime: _blockTime,
            attemptLife: _attemptLife,
            maxTaskLife: _maxTaskLife,
            minSealInterval: _minSealInterval,
            listingDelay: _listingDelay
        });
    }

    /// @inheritdoc IConsensusHub
    function roundOf(bytes32 taskId) external view returns (Round memory) {
        return _rounds[taskId].unpack();
    }

    /// @inheritdoc IConsensusHub
    function ballotOf(bytes32 taskId, uint256 attempt, address node) external view returns (BallotState) {
        return _ballots[taskId][attempt][node].state();
    }

    function _bounds() private view returns (Bounds memory) {
        return Bounds({minCommitWindow: _minCommitWindow, maxCommitWindow: _maxCommitWindow, maxFuel: _maxFuel});
    }
}
