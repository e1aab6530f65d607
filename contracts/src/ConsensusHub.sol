// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {Ballot, CommitEntry, HubProfile, IConsensusHub, RevealEntry, Round} from "./interfaces/IConsensusHub.sol";
import {INodeRegistry, Offence, RegistryProfile} from "./interfaces/INodeRegistry.sol";
import {Accumulator} from "./libraries/Accumulator.sol";
import {Ballots} from "./libraries/Ballots.sol";
import {Counting} from "./libraries/Counting.sol";
import {HubProfiles} from "./libraries/HubProfiles.sol";
import {Bounds, Mode, Params} from "./libraries/Params.sol";
import {Record, Records} from "./libraries/Records.sol";
import {Requests} from "./libraries/Requests.sol";
import {Rounds} from "./libraries/Rounds.sol";
import {Tally} from "./libraries/Tally.sol";
import {Words} from "./libraries/Words.sol";

/// @title Where nodes commit and reveal, and the majority of tokens decides
contract ConsensusHub is IConsensusHub, EIP712 {
    using Accumulator for Accumulator.Tree;
    using Ballots for uint256;
    using Params for uint256;
    using Records for Record;
    using Rounds for Round;
    using Rounds for uint256;

    /// @inheritdoc IConsensusHub
    uint256 public constant version = 1;
    bytes32 private constant COMMIT_TYPEHASH =
        keccak256("Commit(bytes32 taskId,bytes32 commitment,uint256 attempt,uint256 deadline)");

    /// @inheritdoc IConsensusHub
    INodeRegistry public immutable registry;
    uint256 private immutable _genesisTime;
    uint256 private immutable _epochLength;
    uint256 private immutable _minCommitWindow;
    uint256 private immutable _maxCommitWindow;
    uint256 private immutable _maxFuel;
    uint256 private immutable _revealWindow;
    uint256 private immutable _phaseBlocks;
    uint256 private immutable _attemptLife;
    uint256 private immutable _maxTaskLife;

    mapping(bytes32 taskId => uint256 packedRound) private _rounds;
    mapping(bytes32 taskId => mapping(uint256 attempt => mapping(address node => uint256 ballot))) private _ballots;
    /// @inheritdoc IConsensusHub
    mapping(bytes32 taskId => bytes32 recordHash) public recordHashOf;
    Accumulator.Tree private _records;

    constructor(INodeRegistry registry_, HubProfile memory profile_) EIP712("ChainBoy", "1") {
        RegistryProfile memory stake = registry_.profile();
        HubProfiles.requireConsistent(profile_, stake);
        if (registry_.hub() != address(this)) revert ProfileInconsistent("registry.hub = this");
        registry = registry_;
        _genesisTime = stake.genesisTime;
        _epochLength = stake.epochLength;
        _minCommitWindow = profile_.bounds.minCommitWindow;
        _maxCommitWindow = profile_.bounds.maxCommitWindow;
        _maxFuel = profile_.bounds.maxFuel;
        _revealWindow = profile_.revealWindow;
        _phaseBlocks = profile_.phaseBlocks;
        _attemptLife = profile_.attemptLife;
        _maxTaskLife = profile_.maxTaskLife;
    }

    // Commit

    /// @inheritdoc IConsensusHub
    function commit(bytes32 requestHash, uint256 params, CommitEntry[] calldata entries)
        external
        returns (bytes4[] memory refusals)
    {
        params.validate(_bounds());
        bytes32 taskId = Requests.taskId(requestHash, params);
        (Round memory round, uint256 openingWeight) = _roundToCommitTo(taskId, params);
        uint256 committedBefore = round.committed;
        refusals = new bytes4[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            refusals[i] = _commit(taskId, params, round, openingWeight, entries[i]);
            if (refusals[i] != 0) emit EntrySkipped(taskId, entries[i].node, refusals[i]);
        }
        if (round.committed != committedBefore) _rounds[taskId] = round.pack();
    }

    /// @dev The current attempt, or the one that the first commit taken opens, then with its total weight.
    function _roundToCommitTo(bytes32 taskId, uint256 params)
        private
        view
        returns (Round memory round, uint256 openingWeight)
    {
        round = _rounds[taskId].unpack();
        if (round.isCommitPhaseOver(_phaseBlocks)) {
            if (recordHashOf[taskId] != 0) revert AlreadyFinalized(taskId);
            revert CommitPhaseOver(taskId);
        }
        if (round.hasQuorum()) return (round, 0);

        uint256 expiresAt = params.expiresAt();
        if (expiresAt > block.timestamp + _maxTaskLife) {
            revert ExpiresTooLate(expiresAt, block.timestamp + _maxTaskLife);
        }
        if (block.timestamp + params.commitWindow() + _revealWindow > expiresAt) revert TooLateToCommit(expiresAt);
        if (!round.isVoid(_attemptLife)) return (round, 0);

        uint256 epoch = registry.currentEpoch();
        (openingWeight,) = registry.totalAt(epoch);
        if (openingWeight == 0) revert NoActiveNodes(epoch);
        uint256 attempt = round.attempt + 1;
        round = Round({
            attempt: attempt,
            epoch: epoch,
            committed: 0,
            revealed: 0,
            openedAt: block.timestamp,
            commitEndsAt: 0,
            quorumBlock: 0,
            missingWeight: openingWeight / 2 + 1,
            mode: uint256(params.mode())
        });
    }

    /// @dev Takes one commit into `round`, or says why not. The registry notes a sign of life, so it is asked last.
    function _commit(
        bytes32 taskId,
        uint256 params,
        Round memory round,
        uint256 openingWeight,
        CommitEntry calldata entry
    ) private returns (bytes4) {
        if (entry.attempt != round.attempt) return WrongAttempt.selector;
        mapping(address => uint256) storage ballots = _ballots[taskId][round.attempt];
        if (ballots[entry.node] != 0) return AlreadyCommitted.selector;
        bytes4 refusal = _refuseSender(taskId, entry);
        if (refusal != 0) return refusal;
        (uint256 weight, address payout) = registry.noteCommit(entry.node, round.epoch);
        if (weight == 0) return NotActive.selector;

        uint256 position = round.committed++;
        ballots[entry.node] = Ballots.committed(position, entry.commitment, payout, weight);
        if (position == 0) emit AttemptOpened(taskId, round.attempt, round.epoch, openingWeight);
        emit Committed(taskId, entry.node, round.attempt, position, payout, weight, entry.commitment);
        _countTowardsQuorum(taskId, params, round, weight);
        return 0;
    }

    function _refuseSender(bytes32 taskId, CommitEntry calldata entry) private view returns (bytes4) {
        bytes calldata signature = entry.signature;
        if (signature.length == 0) return msg.sender == entry.node ? bytes4(0) : BadSignature.selector;
        if (block.timestamp >= entry.deadline) return SignatureExpired.selector;
        if (signature.length != 65) return BadSignature.selector;
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(COMMIT_TYPEHASH, taskId, entry.commitment, entry.attempt, entry.deadline))
        );
        (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecover(
            digest, uint8(signature[64]), bytes32(signature[0:32]), bytes32(signature[32:64])
        );
        bool good = problem == ECDSA.RecoverError.NoError && signer == entry.node;
        return good ? bytes4(0) : BadSignature.selector;
    }

    /// @dev The quorum starts the clock; from then on `missingWeight` is that of all active tokens.
    function _countTowardsQuorum(bytes32 taskId, uint256 params, Round memory round, uint256 weight) private {
        if (round.hasQuorum() || weight < round.missingWeight) {
            round.missingWeight -= weight;
            return;
        }
        (uint256 total,) = registry.totalAt(round.epoch);
        uint256 committedBefore = total / 2 + 1 - round.missingWeight;
        round.missingWeight = total - committedBefore - weight;
        round.openedAt = 0;
        round.commitEndsAt = block.timestamp + params.commitWindow();
        round.quorumBlock = block.number;
        emit QuorumReached(taskId, round.attempt, round.commitEndsAt);
    }

    // Reveal

    /// @inheritdoc IConsensusHub
    function reveal(bytes32 taskId, RevealEntry[] calldata entries) external returns (bytes4[] memory refusals) {
        Round memory round = _rounds[taskId].unpack();
        if (!round.isCommitPhaseOver(_phaseBlocks)) revert RevealPhaseNotOpen(taskId);
        if (round.isOver(_revealWindow, _phaseBlocks)) revert RoundOver(taskId);
        uint256 revealedBefore = round.revealed;
        refusals = new bytes4[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            refusals[i] = _reveal(taskId, round, entries[i]);
            if (refusals[i] != 0) emit EntrySkipped(taskId, entries[i].node, refusals[i]);
        }
        if (round.revealed != revealedBefore) _rounds[taskId] = round.pack();
    }

    function _reveal(bytes32 taskId, Round memory round, RevealEntry calldata entry) private returns (bytes4) {
        mapping(address => uint256) storage ballots = _ballots[taskId][round.attempt];
        uint256 ballot = ballots[entry.node];
        BallotState state = ballot.state();
        if (state == BallotState.NONE) return NotCommitted.selector;
        if (state != BallotState.COMMITTED) return AlreadyRevealed.selector;
        uint256 position = ballot.position();
        bytes32 outcomeHash = keccak256(entry.outcome);
        bytes32 commitment = Ballots.commitment(taskId, round.attempt, entry.node, outcomeHash, entry.salt);
        if (ballot != Ballots.committed(position, commitment, entry.payout, entry.weight)) {
            return CommitmentMismatch.selector;
        }
        (bool wellFormed, bytes32 word) = Words.wordOf(Mode(round.mode), entry.outcome, outcomeHash);
        if (!wellFormed) return OutcomeMalformed.selector;

        ++round.revealed;
        ballots[entry.node] = Ballots.revealed(position, word, entry.payout, entry.weight);
        emit Revealed(taskId, entry.node, round.attempt, entry.outcome, entry.salt);
        return 0;
    }

    // Finalize

    /// @inheritdoc IConsensusHub
    function finalize(bytes32 requestHash, uint256 params, bytes32[] calldata words, Ballot[] calldata ballots) external {
        bytes32 taskId = Requests.taskId(requestHash, params);
        if (recordHashOf[taskId] != 0) revert AlreadyFinalized(taskId);
        Round memory round = _rounds[taskId].unpack();
        bool allRevealed = round.revealed == round.committed && round.isCommitPhaseOver(_phaseBlocks);
        if (!allRevealed && !round.isOver(_revealWindow, _phaseBlocks)) revert RoundNotOver(taskId);

        if (ballots.length != round.committed) revert BallotsMismatch(ballots.length);
        (uint256[] memory weights, uint256 unrevealed) =
            Counting.weigh(_ballots[taskId][round.attempt], words, ballots);
        (uint256 total,) = registry.totalAt(round.epoch);
        Record memory record = Tally.decide(taskId, params, total, words, weights, ballots);
        bytes32 recordHash = record.hash();
        recordHashOf[taskId] = recordHash;
        uint256 index = _records.push(recordHash);
        emit Finalized(taskId, round.attempt, index, record, words, weights, unrevealed);
    }

    // Slash

    /// @inheritdoc IConsensusHub
    function slashUnrevealed(bytes32 taskId, address[] calldata nodes) external returns (bytes4[] memory refusals) {
        if (recordHashOf[taskId] == 0) revert NotFinalized(taskId);
        Round memory round = _rounds[taskId].unpack();
        uint256 lastEpoch = (round.commitEndsAt + _revealWindow - _genesisTime) / _epochLength + 1;
        if (registry.currentEpoch() > lastEpoch) revert SlashTooLate(taskId);
        refusals = new bytes4[](nodes.length);
        for (uint256 i = 0; i < nodes.length; ++i) {
            refusals[i] = _slash(taskId, round, nodes[i]);
            if (refusals[i] != 0) emit EntrySkipped(taskId, nodes[i], refusals[i]);
        }
    }

    function _slash(bytes32 taskId, Round memory round, address node) private returns (bytes4) {
        mapping(address => uint256) storage ballots = _ballots[taskId][round.attempt];
        uint256 ballot = ballots[node];
        BallotState state = ballot.state();
        if (state == BallotState.NONE) return NotCommitted.selector;
        if (state == BallotState.REVEALED) return AlreadyRevealed.selector;
        if (state == BallotState.SLASHED) return AlreadySlashed.selector;
        ballots[node] = ballot.slashed();
        bool random = Mode(round.mode) == Mode.RANDOM;
        registry.slash(node, round.epoch, random ? Offence.UNREVEALED_RANDOM : Offence.UNREVEALED);
        return 0;
    }

    // Views

    /// @inheritdoc IConsensusHub
    function profile() external view returns (HubProfile memory) {
        return HubProfile({
            bounds: _bounds(),
            revealWindow: _revealWindow,
            phaseBlocks: _phaseBlocks,
            attemptLife: _attemptLife,
            maxTaskLife: _maxTaskLife
        });
    }

    /// @inheritdoc IConsensusHub
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IConsensusHub
    function roundOf(bytes32 taskId) external view returns (Round memory) {
        return _rounds[taskId].unpack();
    }

    /// @inheritdoc IConsensusHub
    function ballotOf(bytes32 taskId, uint256 attempt, address node) external view returns (BallotState) {
        return _ballots[taskId][attempt][node].state();
    }

    /// @inheritdoc IConsensusHub
    function recordsCount() external view returns (uint256) {
        return _records.count;
    }

    /// @inheritdoc IConsensusHub
    function recordsRoot() external view returns (bytes32) {
        return _records.root();
    }

    function _bounds() private view returns (Bounds memory) {
        return Bounds({minCommitWindow: _minCommitWindow, maxCommitWindow: _maxCommitWindow, maxFuel: _maxFuel});
    }
}
