// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../../src/ChainBoyToken.sol";
import {ConsensusHub} from "../../src/ConsensusHub.sol";
import {NodeRegistry} from "../../src/NodeRegistry.sol";
import {Mode} from "../../src/libraries/Params.sol";
import {RoundTest} from "./RoundTest.sol";

/// @notice The hub over the real registry; the test owns every node and is the treasurer.
abstract contract NetworkTest is RoundTest {
    ChainBoyToken internal token;
    NodeRegistry internal nodes;

    function setUp() public virtual override {
        vm.warp(NOW - EPOCH_LENGTH);
        vm.roll(BLOCK);
        token = new ChainBoyToken(address(this), 2 ** 96 - 1);
        address hubAddress = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        nodes = new NodeRegistry(token, hubAddress, address(this), _stake());
        hub = new ConsensusHub(nodes, CURATOR, _profile());
        token.approve(address(nodes), type(uint256).max);
        vm.warp(NOW);
        _useTask(Mode.EXACT, 0);
    }

    /// @dev In the epoch before, so that they count now.
    function _enrol(uint256[] memory weights) internal override {
        vm.warp(NOW - EPOCH_LENGTH);
        for (uint256 i = 0; i < weights.length; ++i) {
            bytes32 kind = keccak256("Register(address node,address owner,address payout)");
            bytes32 content = keccak256(abi.encode(kind, _node(i), address(this), _payout(i)));
            bytes32 digest = keccak256(abi.encodePacked(hex"1901", hub.domainSeparator(), content));
            (uint8 v, bytes32 r, bytes32 s) = vm.sign(_key(i), digest);
            nodes.register(_node(i), _payout(i), abi.encodePacked(r, s, v));
            nodes.bond(_node(i), weights[i]);
            nodes.enter(_node(i), address(0));
        }
        vm.warp(NOW);
    }
}
