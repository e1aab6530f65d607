// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../../src/ChainBoyToken.sol";
import {NodeRegistry} from "../../src/NodeRegistry.sol";
import {Node, RegistryProfile} from "../../src/interfaces/INodeRegistry.sol";
import {ForgeTest} from "./Vm.sol";

/// @notice What a test does with a registry of which it is the hub.
abstract contract RegistryUser is ForgeTest {
    uint256 internal constant GENESIS = 1_000_000;
    uint256 internal constant EPOCH = 1000; // seconds
    uint256 internal constant MIN_BOND = 100;
    uint256 internal constant MIN_ACTIVE = 300;
    uint256 internal constant SUPPLY = 2 ** 96 - 1;
    bytes32 internal constant REGISTER = keccak256("Register(address node,address owner,address payout)");
    bytes32 public constant domainSeparator = keccak256("the hub's domain");

    address internal immutable owner = address(0xA11CE);
    address internal immutable stranger = address(0xBAD);
    ChainBoyToken internal token;
    NodeRegistry internal registry;

    function _profile() internal pure returns (RegistryProfile memory) {
        return RegistryProfile({
            genesisTime: GENESIS,
            epochLength: EPOCH,
            unbondingEpochs: 5,
            idleEpochs: 3,
            maxActive: 4,
            minBond: MIN_BOND,
            minActiveWeight: MIN_ACTIVE,
            unrevealedShare: 100,
            randomShare: 1000,
            forgeryShare: 5000
        });
    }

    function _warpTo(uint256 epoch) internal {
        vm.warp(GENESIS + epoch * EPOCH);
    }

    function _payoutOf(address node) internal pure returns (address) {
        return address(uint160(node) ^ 1);
    }

    function _consent(uint256 key, address owner_, address payout) internal pure returns (bytes memory) {
        bytes32 content = keccak256(abi.encode(REGISTER, vm.addr(key), owner_, payout));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domainSeparator, content)));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Registered by `owner`, with nothing bonded.
    function _registered(uint256 key) internal returns (address node) {
        node = vm.addr(key);
        bytes memory consent = _consent(key, owner, _payoutOf(node));
        vm.prank(owner);
        registry.register(node, _payoutOf(node), consent);
    }

    function _bonded(uint256 key, uint256 amount) internal returns (address node) {
        node = _registered(key);
        _bond(node, amount);
    }

    /// @dev A member from the next epoch on.
    function _member(uint256 key, uint256 amount) internal returns (address node) {
        node = _bonded(key, amount);
        _enter(node, address(0));
    }

    function _bond(address node, uint256 amount) internal {
        vm.prank(owner);
        registry.bond(node, amount);
    }

    function _unbond(address node, uint256 amount) internal {
        vm.prank(owner);
        registry.unbond(node, amount);
    }

    function _enter(address node, address victim) internal {
        vm.prank(owner);
        registry.enter(node, victim);
    }

    function _node(address node) internal view returns (Node memory) {
        return registry.nodeOf(node);
    }

    function _weightAt(address node, uint256 epoch) internal view returns (uint256 weight) {
        (weight,) = registry.snapshotAt(node, epoch);
    }

    function _assertTotal(uint256 epoch, uint256 weight, uint256 count) internal view {
        (uint256 totalWeight, uint256 totalCount) = registry.totalAt(epoch);
        vm.assertEq(totalWeight, weight, "total weight");
        vm.assertEq(totalCount, count, "total count");
    }
}

/// @notice A registry with a short profile, whose hub and treasurer is the test itself.
abstract contract NodeRegistryTest is RegistryUser {
    function setUp() public virtual {
        vm.warp(GENESIS);
        token = new ChainBoyToken(address(this), SUPPLY);
        registry = new NodeRegistry(token, address(this), address(this), _profile());
        vm.prank(owner);
        token.approve(address(registry), type(uint256).max);
        token.transfer(owner, SUPPLY);
    }
}
