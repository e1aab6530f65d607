// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ChainBoyToken} from "../src/ChainBoyToken.sol";
import {NodeRegistry} from "../src/NodeRegistry.sol";
import {Node} from "../src/interfaces/INodeRegistry.sol";
import {NodeRegistryHandler} from "./base/NodeRegistryHandler.sol";
import {RegistryUser} from "./base/NodeRegistryTest.sol";

/// @notice What holds whatever anybody does to the registry.
contract NodeRegistryInvariantTest is RegistryUser {
    /// @dev How forge is told what to call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 private constant TOKENS = 5000;

    NodeRegistryHandler private handler;

    function setUp() external {
        vm.warp(GENESIS);
        handler = new NodeRegistryHandler();
        token = new ChainBoyToken(owner, TOKENS);
        registry = new NodeRegistry(token, address(handler), address(handler), _profile());
        handler.start(token, registry);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[11] memory selectors = [
            handler.bond.selector,
            handler.enter.selector,
            handler.unbond.selector,
            handler.withdraw.selector,
            handler.setPayout.selector,
            handler.alive.selector,
            handler.dropIdle.selector,
            handler.commit.selector,
            handler.slash.selector,
            handler.moveTreasury.selector,
            handler.passTime.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), new bytes4[](selectors.length));
        for (uint256 i = 0; i < selectors.length; ++i) {
            targets[0].selectors[i] = selectors[i];
        }
    }

    /// @dev Invariant 1: no token is lost or made.
    function invariant_balanceIsBondedAndUnbondingAndTreasury() external view {
        uint256 sum = registry.treasury();
        for (uint256 i = 0; i < handler.NODES(); ++i) {
            Node memory node = registry.nodeOf(handler.nodeAt(i));
            sum += node.bonded + node.unbonding;
        }
        vm.assertEq(token.balanceOf(address(registry)), sum);
        vm.assertEq(sum, handler.deposited() - handler.paidOut());
    }

    /// @dev Invariant 4: in each epoch a member weighs what was bonded when it began, and nobody else weighs anything.
    function invariant_weightsAreWhatWasBonded() external view {
        uint256 epoch = registry.currentEpoch();
        for (uint256 i = 0; i < handler.NODES(); ++i) {
            for (uint256 back = 0; back < 2; ++back) {
                address node = handler.nodeAt(i);
                (uint256 weight, address payout) = registry.snapshotAt(node, epoch - back);
                vm.assertEq(weight, handler.weightIn(node, epoch - back));
                vm.assertEq(payout, handler.payoutIn(node, epoch - back));
            }
        }
    }

    /// @dev Invariant 4, for every epoch there ever was.
    function invariant_totalsAreTheSumsOfTheWeights() external view {
        for (uint256 epoch = 0; epoch <= registry.currentEpoch(); ++epoch) {
            (uint256 weight, uint256 count) = registry.totalAt(epoch);
            bool enough = handler.totalIn(epoch) >= MIN_ACTIVE;
            vm.assertEq(weight, enough ? handler.totalIn(epoch) : 0);
            vm.assertEq(count, enough ? handler.countIn(epoch) : 0);
        }
    }

    /// @dev Seats change hands by entering, leaving, eviction, idleness and forgery alone, and there are never too
    /// many.
    function invariant_seatsAreThoseTaken() external view {
        uint256 count = 0;
        for (uint256 i = 0; i < handler.NODES(); ++i) {
            Node memory node = registry.nodeOf(handler.nodeAt(i));
            vm.assertTrue(node.active == handler.seated(handler.nodeAt(i)));
            vm.assertEq(node.weight, node.active ? node.bonded : 0);
            if (node.active) ++count;
        }
        vm.assertEq(registry.seatsTaken(), count);
        vm.assertLe(count, 4);
    }

    /// @dev Invariant 8: others take at most a quarter of an epoch's weight, or one node, in each of three ways.
    function invariant_othersTakeNoMoreThanTheBudget() external view {
        vm.assertFalse(handler.overBudget());
    }

    /// @dev Invariant 8: an eligible node's commit is always taken, and who acts is never dropped as idle.
    function invariant_nobodyIsSilenced() external view {
        vm.assertFalse(handler.silenced());
    }

    function invariant_locksHold() external view {
        vm.assertFalse(handler.lockBroken());
        vm.assertFalse(handler.releasedEarly());
    }
}
