// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {VerifierProfile} from "../../src/interfaces/ICheckpointVerifier.sol";
import {Ballot, HubProfile} from "../../src/interfaces/IConsensusHub.sol";
import {RegistryProfile} from "../../src/interfaces/INodeRegistry.sol";
import {GatewayProfile} from "../../src/interfaces/ITaskGateway.sol";
import {Accumulator} from "../../src/libraries/Accumulator.sol";
import {Ballots} from "../../src/libraries/Ballots.sol";
import {Bits} from "../../src/libraries/Bits.sol";
import {GatewayProfiles} from "../../src/libraries/GatewayProfiles.sol";
import {HubProfiles} from "../../src/libraries/HubProfiles.sol";
import {OutcomeReader} from "../../src/libraries/OutcomeReader.sol";
import {Bounds, Mode, Params} from "../../src/libraries/Params.sol";
import {Record, Records} from "../../src/libraries/Records.sol";
import {RegistryProfiles} from "../../src/libraries/RegistryProfiles.sol";
import {Request, Requests} from "../../src/libraries/Requests.sol";
import {Rewards} from "../../src/libraries/Rewards.sol";
import {Checkpoint, SealedCheckpoints} from "../../src/libraries/SealedCheckpoints.sol";
import {Signatures} from "../../src/libraries/Signatures.sol";
import {StakeLists} from "../../src/libraries/StakeLists.sol";
import {Tally} from "../../src/libraries/Tally.sol";
import {VerifierProfiles} from "../../src/libraries/VerifierProfiles.sol";
import {WinnerTree} from "../../src/libraries/WinnerTree.sol";
import {Words} from "../../src/libraries/Words.sol";

/// @title Opens the libraries' internal functions to tests, one by one
contract LibraryHarness {
    using Accumulator for Accumulator.Tree;
    using Params for uint256;

    Accumulator.Tree private _records;

    function requestHash(Request memory request, uint256 chainId, address gateway) external pure returns (bytes32) {
        return Requests.hash(request, chainId, gateway);
    }

    function taskId(bytes32 hash, uint256 params) external pure returns (bytes32) {
        return Requests.taskId(hash, params);
    }

    function recordHash(Record memory record) external pure returns (bytes32) {
        return Records.hash(record);
    }

    function winnerLeaf(uint256 rank, address node, address payout, uint256 weight) external pure returns (bytes32) {
        return Records.winnerLeaf(rank, node, payout, weight);
    }

    function commitment(bytes32 task, uint256 attempt, address node, bytes32 outcomeHash, bytes32 salt)
        external
        pure
        returns (bytes32)
    {
        return Ballots.commitment(task, attempt, node, outcomeHash, salt);
    }

    function validate(uint256 params, Bounds memory bounds) external pure {
        params.validate(bounds);
    }

    function unpack(uint256 params) external pure returns (uint256, uint256, uint256, uint256, uint256) {
        return (uint256(params.mode()), params.tolerance(), params.commitWindow(), params.fuelLimit(), params.expiresAt());
    }

    function wordOf(Mode mode, bytes calldata outcome) external pure returns (bool, bytes32) {
        return Words.wordOf(mode, outcome, keccak256(outcome));
    }

    function readOutcome(bytes calldata outcome) external pure returns (uint8 status, bytes memory payload) {
        return OutcomeReader.read(outcome);
    }

    function decide(
        bytes32 task,
        uint256 params,
        uint256 totalWeight,
        bytes32[] calldata words,
        uint256[] memory weights,
        Ballot[] calldata ballots
    ) external pure returns (Record memory) {
        return Tally.decide(task, params, totalWeight, words, weights, ballots);
    }

    function winnersRoot(bytes32[] memory leaves) external pure returns (bytes32) {
        return WinnerTree.root(leaves, leaves.length);
    }

    function pushRecord(bytes32 hash) external returns (uint256 index) {
        return _records.push(hash);
    }

    function recordsRoot() external view returns (bytes32) {
        return _records.root();
    }

    function rewardOf(uint256 price, uint256 restWeight, uint256 winnersCount, uint256 rank, uint256 weight)
        external
        pure
        returns (uint256)
    {
        return Rewards.shareDown(price, restWeight, winnersCount, rank, weight);
    }

    function treasuryShareOf(uint256 price, uint256 winnersCount) external pure returns (uint256) {
        return Rewards.treasuryShareUp(price, winnersCount);
    }

    function requireRegistryProfile(RegistryProfile memory profile) external view {
        RegistryProfiles.requireConsistent(profile);
    }

    function requireHubProfile(HubProfile memory hub, RegistryProfile memory stake) external pure {
        HubProfiles.requireConsistent(hub, stake);
    }

    function requireGatewayProfile(GatewayProfile memory profile) external view {
        GatewayProfiles.requireConsistent(profile);
    }

    function requireVerifierProfile(VerifierProfile memory profile) external view {
        VerifierProfiles.requireConsistent(profile);
    }

    function stakeHash(uint256[] calldata words) external pure returns (bytes32 fromCalldata, bytes32 fromMemory) {
        return (StakeLists.hashCalldata(words), StakeLists.hash(words));
    }

    function stakeWords(address[] calldata nodes, uint256[] memory weights)
        external
        pure
        returns (uint256[] memory words, uint256 good, uint256 sum)
    {
        (good, sum) = StakeLists.fromWeights(weights, nodes);
        words = weights;
    }

    function stakeEntry(uint256 word) external pure returns (address node, uint256 weight) {
        return (StakeLists.nodeOf(word), StakeLists.weightOf(word));
    }

    function checkpointDigest(Checkpoint memory checkpoint, uint256 homeChainId, address hub)
        external
        pure
        returns (bytes32)
    {
        bytes32 domain = SealedCheckpoints.domainSeparator(homeChainId, hub);
        return MessageHashUtils.toTypedDataHash(domain, SealedCheckpoints.hash(checkpoint));
    }

    function isBy(bytes calldata signature, bytes32 digest, address signer) external pure returns (bool) {
        return Signatures.isBy(signature, digest, signer);
    }

    function countBits(uint256 word) external pure returns (uint256) {
        return Bits.count(word);
    }

    function rootAbove(bytes32 leaf, bytes32[32] memory siblings) external pure returns (bytes32) {
        return Accumulator.rootAbove(leaf, siblings);
    }
}
