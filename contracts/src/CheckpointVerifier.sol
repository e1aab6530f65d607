// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Distribution, ICheckpointVerifier, VerifierProfile} from "./interfaces/ICheckpointVerifier.sol";
import {IRecordVerifier} from "./interfaces/IRecordVerifier.sol";
import {Accumulator} from "./libraries/Accumulator.sol";
import {Bits} from "./libraries/Bits.sol";
import {Record, Records} from "./libraries/Records.sol";
import {Checkpoint, SealedCheckpoints} from "./libraries/SealedCheckpoints.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {StakeLists} from "./libraries/StakeLists.sol";
import {VerifierProfiles} from "./libraries/VerifierProfiles.sol";

/// @title A remote chain's verifier: believes the checkpoints that a majority of tokens signed
contract CheckpointVerifier is ICheckpointVerifier {
    using Records for Record;
    using SafeCast for uint256;
    using SealedCheckpoints for Checkpoint;
    using Signatures for bytes;

    /// @dev All of the present that a checkpoint is held against, but for the two hashes, in one slot.
    struct State {
        uint64 number; // of the newest accepted checkpoint
        uint64 recordsCount; // of the same
        uint32 epoch; // of the distribution
        uint96 stakeTotal;
    }

    struct Announcement {
        uint64 activeAt;
        uint32 epoch;
        uint96 stakeTotal;
        bytes32 stakeHash;
    }

    /// @inheritdoc ICheckpointVerifier
    uint256 public constant version = 1;

    /// @dev A number, and a sibling for every level.
    uint256 private constant PROOF_LENGTH = 32 * (1 + Accumulator.DEPTH);

    /// @inheritdoc ICheckpointVerifier
    uint256 public immutable homeChainId;
    /// @inheritdoc ICheckpointVerifier
    address public immutable hub;
    /// @inheritdoc ICheckpointVerifier
    address public immutable guardian;
    /// @inheritdoc ICheckpointVerifier
    bytes32 public immutable domainSeparator;

    uint256 private immutable _genesisTime;
    uint256 private immutable _epochLength;
    uint256 private immutable _trustPeriod;
    uint256 private immutable _guardianDelay;

    State private _state;
    bytes32 private _stakeHash;
    Announcement private _announcement;
    /// @inheritdoc ICheckpointVerifier
    mapping(uint256 number => bytes32 recordsRoot) public rootOf;

    /// @param hub_ the consensus hub on chain `homeChainId_`
    /// @param genesis the first distribution, which all trust begins with
    /// @param guardian_ who may name another once the kept one is too old
    constructor(
        uint256 homeChainId_,
        address hub_,
        Distribution memory genesis,
        VerifierProfile memory profile_,
        address guardian_
    ) {
        if (hub_ == address(0) || guardian_ == address(0)) revert ZeroAddress();
        VerifierProfiles.requireConsistent(profile_);
        homeChainId = homeChainId_;
        hub = hub_;
        guardian = guardian_;
        domainSeparator = SealedCheckpoints.domainSeparator(homeChainId_, hub_);
        _genesisTime = profile_.genesisTime;
        _epochLength = profile_.epochLength;
        _trustPeriod = profile_.trustPeriod;
        _guardianDelay = profile_.guardianDelay;
        uint256 current = (block.timestamp - profile_.genesisTime) / profile_.epochLength;
        if (genesis.epoch > current) revert EpochInFuture(genesis.epoch, current);
        if (genesis.stakeTotal == 0) revert EmptyDistribution();
        (_state.epoch, _state.stakeTotal) = (genesis.epoch.toUint32(), genesis.stakeTotal.toUint96());
        _stakeHash = genesis.stakeHash;
        rootOf[0] = Accumulator.emptyRoot();
        emit DistributionActivated(genesis.epoch, genesis.stakeHash, genesis.stakeTotal);
    }

    /// @inheritdoc ICheckpointVerifier
    function submit(
        Checkpoint calldata checkpoint,
        uint256[] calldata storedList,
        uint256 bitmap,
        bytes calldata signatures
    ) external {
        State memory state = _state;
        uint256 end = _liveUntil(state.epoch);
        if (block.timestamp >= end) revert NotLive(end);
        bytes32 stakeHash = _stakeHash;
        if (StakeLists.hashCalldata(storedList) != stakeHash) revert DistributionMismatch();
        _requireNext(checkpoint, state, stakeHash);
        _requireSigned(checkpoint, storedList, state.stakeTotal, bitmap, signatures);

        _state = State({
            number: checkpoint.number.toUint64(),
            recordsCount: checkpoint.recordsCount.toUint64(),
            epoch: checkpoint.epoch.toUint32(),
            stakeTotal: checkpoint.stakeTotal.toUint96()
        });
        if (checkpoint.stakeHash != stakeHash) _stakeHash = checkpoint.stakeHash;
        rootOf[checkpoint.number] = checkpoint.recordsRoot;
        emit CheckpointAccepted(checkpoint.number, checkpoint);
    }

    /// @inheritdoc ICheckpointVerifier
    function announce(uint256 epoch, bytes32 stakeHash, uint256 stakeTotal) external {
        if (msg.sender != guardian) revert NotGuardian(msg.sender);
        uint256 stored = _state.epoch;
        uint256 end = _liveUntil(stored);
        if (block.timestamp < end) revert StillLive(end);
        if (epoch <= stored) revert EpochGoesBack(epoch, stored);
        uint256 current = currentEpoch();
        if (epoch > current) revert EpochInFuture(epoch, current);
        if (stakeTotal == 0) revert EmptyDistribution();

        uint256 activeAt = block.timestamp + _guardianDelay;
        _announcement = Announcement({
            activeAt: activeAt.toUint64(),
            epoch: epoch.toUint32(),
            stakeTotal: stakeTotal.toUint96(),
            stakeHash: stakeHash
        });
        emit DistributionAnnounced(epoch, stakeHash, stakeTotal, activeAt);
    }

    /// @inheritdoc ICheckpointVerifier
    function activate() external {
        Announcement memory announced = _announcement;
        if (announced.activeAt == 0) revert NothingAnnounced();
        if (block.timestamp < announced.activeAt) revert TooEarly(announced.activeAt);

        delete _announcement;
        (_state.epoch, _state.stakeTotal) = (announced.epoch, announced.stakeTotal);
        _stakeHash = announced.stakeHash;
        emit DistributionActivated(announced.epoch, announced.stakeHash, announced.stakeTotal);
    }

    /// @inheritdoc IRecordVerifier
    function requireRecord(Record calldata record, bytes calldata proof) external view {
        if (proof.length != PROOF_LENGTH) revert UnprovenRecord(record.taskId);
        (uint256 number, bytes32[32] memory siblings) =
            abi.decode(proof, (uint256, bytes32[32]));
        bytes32 recordsRoot = rootOf[number];
        if (recordsRoot == 0 || Accumulator.rootAbove(record.hash(), siblings) != recordsRoot) {
            revert UnprovenRecord(record.taskId);
        }
    }

    /// @inheritdoc IRecordVerifier
    function liveUntil() external view returns (uint256) {
        return _liveUntil(_state.epoch);
    }

    /// @inheritdoc ICheckpointVerifier
    function profile() external view returns (VerifierProfile memory) {
        return VerifierProfile({
            genesisTime: _genesisTime,
            epochLength: _epochLength,
            trustPeriod: _trustPeriod,
            guardianDelay: _guardianDelay
        });
    }

    /// @inheritdoc ICheckpointVerifier
    function lastNumber() external view returns (uint256) {
        return _state.number;
    }

    /// @inheritdoc ICheckpointVerifier
    function distribution() external view returns (Distribution memory) {
        return Distribution({epoch: _state.epoch, stakeHash: _stakeHash, stakeTotal: _state.stakeTotal});
    }

    /// @inheritdoc ICheckpointVerifier
    function recordsCount() external view returns (uint256) {
        return _state.recordsCount;
    }

    /// @inheritdoc ICheckpointVerifier
    function announcement() external view returns (Distribution memory announced, uint256 activeAt) {
        Announcement memory found = _announcement;
        announced = Distribution({epoch: found.epoch, stakeHash: found.stakeHash, stakeTotal: found.stakeTotal});
        activeAt = found.activeAt;
    }

    /// @inheritdoc ICheckpointVerifier
    function currentEpoch() public view returns (uint256) {
        return (block.timestamp - _genesisTime) / _epochLength;
    }

    /// @dev A later checkpoint of a hub whose epochs and records only grow.
    function _requireNext(Checkpoint calldata checkpoint, State memory state, bytes32 stakeHash) private view {
        (uint256 epoch, uint256 count) = (checkpoint.epoch, checkpoint.recordsCount);
        if (checkpoint.number <= state.number) revert NumberNotNewer(checkpoint.number, state.number);
        if (epoch < state.epoch) revert EpochGoesBack(epoch, state.epoch);
        uint256 current = currentEpoch();
        if (epoch > current) revert EpochInFuture(epoch, current);
        bool sameStake = checkpoint.stakeHash == stakeHash && checkpoint.stakeTotal == state.stakeTotal;
        if (epoch == state.epoch && !sameStake) revert SameEpochOtherStake(epoch);
        if (count < state.recordsCount) revert CountGoesBack(count, state.recordsCount);
        bool sameCount = count == state.recordsCount;
        if (sameCount && checkpoint.recordsRoot != rootOf[state.number]) revert SameCountOtherRoot(count);
        if (checkpoint.stakeTotal == 0) revert EmptyDistribution();
    }

    /// @dev More than half of `total` has signed, in the order of the list.
    function _requireSigned(
        Checkpoint calldata checkpoint,
        uint256[] calldata list,
        uint256 total,
        uint256 bitmap,
        bytes calldata signatures
    ) private view {
        bool matches = signatures.length == Signatures.LENGTH * Bits.count(bitmap) && bitmap >> list.length == 0;
        if (!matches) revert SignaturesMismatch();
        bytes32 digest = MessageHashUtils.toTypedDataHash(domainSeparator, checkpoint.hash());
        uint256 signed = 0;
        uint256 at = 0;
        // The map ends where the list does. Weights are below 2^96, so nothing overflows.
        unchecked {
            for (uint256 i = 0; bitmap != 0; ++i) {
                if (bitmap & 1 != 0) {
                    uint256 entry = list[i];
                    address node = StakeLists.nodeOf(entry);
                    if (!signatures.isByAt(at, digest, node)) revert BadSignature(node);
                    at += Signatures.LENGTH;
                    signed += StakeLists.weightOf(entry);
                }
                bitmap >>= 1;
            }
        }
        if (2 * signed <= total) revert NotEnoughWeight(signed, total);
    }

    function _liveUntil(uint256 epoch) private view returns (uint256) {
        return _genesisTime + epoch * _epochLength + _trustPeriod;
    }
}
