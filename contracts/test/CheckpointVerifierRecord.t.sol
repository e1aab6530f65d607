// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleTree} from "@openzeppelin/contracts/utils/structs/MerkleTree.sol";
import {TaskGateway} from "../src/TaskGateway.sol";
import {IRecordVerifier} from "../src/interfaces/IRecordVerifier.sol";
import {GatewayProfile, ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Bounds} from "../src/libraries/Params.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {Checkpoint} from "../src/libraries/SealedCheckpoints.sol";
import {VerifierTest} from "./base/VerifierTest.sol";

/// @notice Given accepted checkpoints: which records are believed under them, by the verifier and by a gateway.
contract CheckpointVerifierRecordTest is VerifierTest {
    using MerkleTree for MerkleTree.Bytes32PushTree;

    uint256 private constant LEAVES = 5;

    MerkleTree.Bytes32PushTree private _tree;
    bytes32[] private _leaves;
    bytes32[32] private _empty;

    function setUp() public override {
        super.setUp();
        for (uint256 level = 1; level < 32; ++level) {
            _empty[level] = keccak256(abi.encode(_empty[level - 1], _empty[level - 1]));
        }
        _tree.setup(32, 0);
        for (uint256 i = 0; i < LEAVES; ++i) {
            _push(_hash(_record(i)));
        }
        _submit(_accepted(1, LEAVES), 31);
    }

    function _push(bytes32 leaf) private returns (bytes32 root) {
        _leaves.push(leaf);
        (, root) = _tree.push(leaf);
        _root = root;
    }

    bytes32 private _root;

    function _accepted(uint256 number, uint256 count) private view returns (Checkpoint memory checkpoint) {
        checkpoint = _checkpoint();
        (checkpoint.number, checkpoint.recordsCount, checkpoint.recordsRoot) = (number, count, _root);
    }

    function _record(uint256 i) private pure returns (Record memory record) {
        record = Record(keccak256(abi.encode("task", i)), keccak256("outcome"), 60, 100, 0, keccak256("winners"), 2);
    }

    function _hash(Record memory record) private pure returns (bytes32) {
        return keccak256(bytes.concat(keccak256("ChainBoy.Record.v1"), abi.encode(record)));
    }

    function _pair(bytes32 a, bytes32 b) private pure returns (bytes32) {
        return a < b ? keccak256(abi.encode(a, b)) : keccak256(abi.encode(b, a));
    }

    /// @dev Level by level over all leaves there are.
    function _siblings(uint256 index) private view returns (bytes32[32] memory found) {
        bytes32[] memory level = _leaves;
        for (uint256 height = 0; height < 32; ++height) {
            uint256 other = index ^ 1;
            found[height] = other < level.length ? level[other] : _empty[height];
            bytes32[] memory above = new bytes32[]((level.length + 1) / 2);
            for (uint256 i = 0; i < above.length; ++i) {
                above[i] = _pair(level[2 * i], 2 * i + 1 < level.length ? level[2 * i + 1] : _empty[height]);
            }
            (level, index) = (above, index / 2);
        }
    }

    function _proof(uint256 number, uint256 index) private view returns (bytes memory) {
        return abi.encode(number, _siblings(index));
    }

    function _unproven(Record memory record, bytes memory proof) private {
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, record.taskId));
        verifier.requireRecord(record, proof);
    }

    function test_everyRecord_isProven() external view {
        for (uint256 i = 0; i < LEAVES; ++i) {
            bytes memory proof = _proof(1, i);
            vm.assertEq(proof.length, 1_056);
            verifier.requireRecord(_record(i), proof);
        }
    }

    function test_otherRecords_areNot() external {
        Record memory record = _record(2);
        bytes memory proof = _proof(1, 2);
        _unproven(_record(1), proof);
        ++record.agreeingWeight;
        _unproven(record, proof);
        _unproven(_record(LEAVES), _proof(1, LEAVES - 1)); // of another hub, or not yet there
        _unproven(_record(2), _proof(1, 3));
        for (uint256 at = 32; at < 1_056; at += 32) {
            bytes memory altered = bytes.concat(proof);
            altered[at + 5] ^= 0x10;
            _unproven(_record(2), altered);
        }
    }

    function test_number_mustBeAccepted() external {
        _unproven(_record(0), _proof(0, 0));
        _unproven(_record(0), _proof(2, 0));
        _unproven(_record(0), _proof(type(uint256).max, 0));
    }

    function test_length_mustBeExact() external {
        bytes memory proof = _proof(1, 0);
        _unproven(_record(0), "");
        _unproven(_record(0), bytes.concat(proof, hex"00"));
        _unproven(_record(0), bytes.concat(proof, bytes32(0)));
        bytes memory shorter = new bytes(1_055);
        for (uint256 i = 0; i < 1_055; ++i) shorter[i] = proof[i];
        _unproven(_record(0), shorter);
        _unproven(_record(0), abi.encode(uint256(1)));
        // A list of 32 siblings is encoded otherwise than an array of 32.
        bytes32[] memory list = new bytes32[](32);
        _unproven(_record(0), abi.encode(uint256(1), list));
    }

    /// @dev The accumulator's nodes hash two words, a record eight: neither can stand for the other.
    function test_innerNode_isNoLeaf() external {
        Record memory record = _record(0);
        bytes32[32] memory siblings = _siblings(0);
        bytes32[32] memory lifted;
        for (uint256 i = 0; i < 31; ++i) lifted[i] = siblings[i + 1];
        lifted[31] = siblings[31];
        _unproven(record, abi.encode(uint256(1), lifted));
        // A leaf is no root either: not of a checkpoint that names it so.
        Checkpoint memory next = _accepted(2, LEAVES + 1);
        next.recordsRoot = _hash(record);
        _submit(next, 31);
        _unproven(record, abi.encode(uint256(2), siblings));
        bytes32[32] memory nothing;
        _unproven(record, abi.encode(uint256(2), nothing));
    }

    function test_olderCheckpoints_stayGood() external {
        bytes memory before = _proof(1, 2);
        _push(_hash(_record(LEAVES)));
        _submit(_accepted(2, LEAVES + 1), 31);
        verifier.requireRecord(_record(2), before);
        verifier.requireRecord(_record(2), _proof(2, 2));
        verifier.requireRecord(_record(LEAVES), _proof(2, LEAVES));
        _unproven(_record(2), _proof(1, 2)); // the newer siblings under the older number
        vm.warp(LIVE_UNTIL + 1);
        verifier.requireRecord(_record(2), before);
    }

    // At a gateway

    function test_gateway_takesARecordOnce_andRefusesWhileNotLive() external {
        TaskGateway gateway = new TaskGateway(verifier, GUARDIAN, _gatewayProfile());
        vm.deal(address(this), 10);
        uint256 params = block.timestamp + 1_000 + 5 * 2 ** 64 + 60 * 2 ** 128 + 2 ** 184;
        bytes32 taskId = gateway.request{value: 7}(keccak256("program"), "", params, 0, 1);
        Request memory task =
            Request(address(this), 0, keccak256("program"), keccak256(""), 6, 1, 0, block.timestamp, params);
        Record memory record = _record(9);
        (record.taskId, record.outcomeHash) = (taskId, keccak256("out"));
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, taskId));
        gateway.deliver(task, record, "out", _proof(1, 0));
        _push(_hash(record));
        _submit(_accepted(2, LEAVES + 1), 31);
        bytes memory proof = _proof(2, LEAVES);
        gateway.deliver(task, record, "out", proof);
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, taskId));
        gateway.deliver(task, record, "out", proof);
        vm.warp(LIVE_UNTIL - 1_000);
        // Not by block.timestamp: the compiler takes it for what it was before the warp.
        uint256 needed = LIVE_UNTIL + 100;
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.VerifierNotLive.selector, LIVE_UNTIL, needed));
        gateway.request{value: 1}(keccak256("program"), "", LIVE_UNTIL + 5 * 2 ** 64 + 60 * 2 ** 128 + 2 ** 184, 0, 0);
    }

    function _gatewayProfile() private pure returns (GatewayProfile memory) {
        return GatewayProfile({
            bounds: Bounds({minCommitWindow: 60, maxCommitWindow: 60, maxFuel: 10}),
            revealWindow: 60,
            settleTime: 60,
            maxTaskLife: 5_000,
            refundMargin: 100,
            minPrice: 1,
            maxCallbackGas: 100_000
        });
    }
}
