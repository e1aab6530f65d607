// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleTree} from "@openzeppelin/contracts/utils/structs/MerkleTree.sol";
import {Accumulator} from "../src/libraries/Accumulator.sol";
import {ForgeTest} from "./base/Vm.sol";

/// @notice Given an accumulator and OpenZeppelin's tree: when both are given the same leaves, their roots are the same.
contract AccumulatorTest is ForgeTest {
    using Accumulator for Accumulator.Tree;
    using MerkleTree for MerkleTree.Bytes32PushTree;

    event log_named_uint(string key, uint256 value);

    Accumulator.Tree private ours;
    MerkleTree.Bytes32PushTree private theirs;

    function setUp() external {
        bytes32 emptyRoot = theirs.setup(32, 0);
        vm.assertEq(ours.root(), emptyRoot);
    }

    function _pushBoth(bytes32 leaf) private returns (uint256 ourGas, uint256 theirGas) {
        uint256 start = gasleft();
        uint256 index = ours.push(leaf);
        ourGas = start - gasleft();
        start = gasleft();
        (uint256 theirIndex, bytes32 root) = theirs.push(leaf);
        theirGas = start - gasleft();
        vm.assertEq(index, theirIndex);
        vm.assertEq(ours.root(), root);
    }

    function test_roots_afterEachOf300Pushes() external {
        (uint256 ourGas, uint256 theirGas) = (0, 0);
        for (uint256 i = 0; i < 300; ++i) {
            (uint256 a, uint256 b) = _pushBoth(keccak256(abi.encode(i)));
            (ourGas, theirGas) = (ourGas + a, theirGas + b);
        }
        vm.assertEq(ours.count, 300);
        vm.assertLt(ourGas, theirGas / 5);
        emit log_named_uint("push, of 300, gas", ourGas / 300);
        emit log_named_uint("push of OpenZeppelin's tree, of 300, gas", theirGas / 300);
    }

    function testFuzz_roots_ofAnyLeaves(bytes32[12] memory leaves) external {
        for (uint256 i = 0; i < leaves.length; ++i) {
            _pushBoth(leaves[i]);
        }
    }

    function test_panics_whenFull() external {
        ours.count = type(uint32).max;
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        this.push(0);
    }

    function test_lastLeaf_isTaken() external {
        ours.count = type(uint32).max - 1;
        vm.assertEq(ours.push("leaf"), type(uint32).max - 1);
        ours.root();
    }

    function push(bytes32 leaf) external {
        ours.push(leaf);
    }
}
