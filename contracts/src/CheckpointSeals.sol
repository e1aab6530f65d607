// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Attestation, ICheckpoints, Seal} from "./interfaces/ICheckpoints.sol";
import {HubProfile, IConsensusHub} from "./interfaces/IConsensusHub.sol";
import {INodeRegistry, Offence} from "./interfaces/INodeRegistry.sol";
import {Accumulator} from "./libraries/Accumulator.sol";
import {Checkpoint, SealedCheckpoints} from "./libraries/SealedCheckpoints.sol";
import {Registries} from "./libraries/Registries.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {StakeLists} from "./libraries/StakeLists.sol";

/// @title The part of the hub that knows records and checkpoints, but no rounds
abstract contract CheckpointSeals is IConsensusHub, EIP712 {
    using Accumulator for Accumulator.Tree;
    using SafeCast for uint256;
    using SealedCheckpoints for Checkpoint;
    using Signatures for bytes;

    /// @dev One slot; the distribution's hash has another.
    struct PackedSeal {
        uint64 number;
        uint32 epoch;
        uint64 sealedAt;
        uint96 stakeTotal;
    }

    /// @inheritdoc IConsensusHub
    INodeRegistry public immutable registry;
    /// @inheritdoc ICheckpoints
    address public immutable curator;

    uint256 internal immutable _minSealInterval;
    uint256 internal immutable _listingDelay;

    Accumulator.Tree internal _records;
    PackedSeal private _last;
    bytes32 private _stakeHash;
    /// @inheritdoc ICheckpoints
    mapping(uint256 number => bytes32 digest) public checkpointDigestOf;
    /// @inheritdoc ICheckpoints
    mapping(uint256 chainId => mapping(address gateway => uint256 from)) public listedFrom;

    constructor(INodeRegistry registry_, address curator_, HubProfile memory profile_) EIP712("ChainBoy", "1") {
        if (curator_ == address(0)) revert ZeroAddress();
        registry = registry_;
        curator = curator_;
        _minSealInterval = profile_.minSealInterval;
        _listingDelay = profile_.listingDelay;
    }

    /// @inheritdoc ICheckpoints
    function seal(address[] calldata nodes) external {
        uint256 current = registry.currentEpoch();
        (uint256 total, uint256 count) = registry.totalAt(current);
        if (total == 0) revert NoActiveNodes(current);
        PackedSeal memory last = _last;
        Checkpoint memory checkpoint;
        uint256[] memory words;
        if (nodes.length == 0) {
            (checkpoint.epoch, checkpoint.stakeTotal) = (_redated(last, current), last.stakeTotal);
            checkpoint.stakeHash = _stakeHash;
        } else {
            if (last.epoch == current) revert AlreadySealed(current);
            words = _distribution(nodes, current, total, count);
            (checkpoint.epoch, checkpoint.stakeTotal) = (current, total);
            checkpoint.stakeHash = _stakeHash = StakeLists.hash(words);
        }
        checkpoint.number = uint256(last.number) + 1;
        checkpoint.recordsRoot = _records.root();
        checkpoint.recordsCount = _records.count;
        checkpoint.homeBlock = block.number;

        _last = PackedSeal({
            number: checkpoint.number.toUint64(),
            epoch: checkpoint.epoch.toUint32(),
            sealedAt: block.timestamp.toUint64(),
            stakeTotal: checkpoint.stakeTotal.toUint96()
        });
        checkpointDigestOf[checkpoint.number] = _hashTypedDataV4(checkpoint.hash());
        emit Sealed(checkpoint.number, checkpoint, words);
    }

    /// @inheritdoc ICheckpoints
    function attest(uint256 number, Attestation[] calldata entries) external returns (bytes4[] memory refusals) {
        bytes32 digest = checkpointDigestOf[number];
        if (digest == 0) revert NotSealed(number);
        refusals = new bytes4[](entries.length);
        for (uint256 i = 0; i < entries.length; ++i) {
            Attestation calldata entry = entries[i];
            if (entry.signature.isBy(digest, entry.node)) {
                emit Attested(number, entry.node, entry.signature);
            } else {
                refusals[i] = BadSignature.selector;
                emit AttestationSkipped(number, entry.node, BadSignature.selector);
            }
        }
    }

    /// @inheritdoc ICheckpoints
    function slashForgery(Checkpoint calldata checkpoint, address node, bytes calldata signature) external {
        bytes32 digest = _hashTypedDataV4(checkpoint.hash());
        if (checkpointDigestOf[checkpoint.number] == digest) revert CheckpointSealed(checkpoint.number);
        if (!signature.isBy(digest, node)) revert BadSignature(node);
        // Counted before, or nothing is there to take: then the evidence stays good for when there is.
        if (registry.slash(node, registry.currentEpoch(), Offence.FORGERY) == 0) revert ForgeryNotCounted(node);
    }

    /// @inheritdoc ICheckpoints
    function listGateway(uint256 chainId, address gateway) external {
        if (msg.sender != curator) revert NotCurator(msg.sender);
        if (listedFrom[chainId][gateway] != 0) revert AlreadyListed(chainId, gateway);

        uint256 from = block.timestamp + _listingDelay;
        listedFrom[chainId][gateway] = from;
        emit GatewayListed(chainId, gateway, from);
    }

    /// @inheritdoc ICheckpoints
    function lastSeal() external view returns (Seal memory) {
        PackedSeal memory last = _last;
        return Seal({
            number: last.number,
            epoch: last.epoch,
            stakeHash: _stakeHash,
            stakeTotal: last.stakeTotal,
            sealedAt: last.sealedAt
        });
    }

    /// @inheritdoc IConsensusHub
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    /// @inheritdoc IConsensusHub
    function recordsCount() external view returns (uint256) {
        return _records.count;
    }

    /// @inheritdoc IConsensusHub
    function recordsRoot() external view returns (bytes32) {
        return _records.root();
    }

    /// @dev The current epoch if what was sealed last still holds in it, else the epoch it was sealed for.
    function _redated(PackedSeal memory last, uint256 current) private view returns (uint256) {
        if (last.number == 0) revert NothingSealed();
        uint256 earliest = last.sealedAt + _minSealInterval;
        if (block.timestamp < earliest) revert SealTooSoon(earliest);
        return registry.lastChange(current) <= last.epoch ? current : last.epoch;
    }

    /// @dev The words of `nodes`, which are all that are active in `epoch`.
    function _distribution(address[] calldata nodes, uint256 epoch, uint256 total, uint256 count)
        private
        view
        returns (uint256[] memory words)
    {
        words = Registries.weightsAt(registry, nodes, epoch);
        (uint256 good, uint256 sum) = StakeLists.fromWeights(words, nodes);
        if (good < nodes.length) {
            if (good != 0 && nodes[good] <= nodes[good - 1]) revert NotAscending(good);
            revert NotActive(nodes[good], epoch);
        }
        if (good != count || sum != total) revert DistributionIncomplete(good, sum);
    }
}
