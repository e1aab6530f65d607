// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INodeRegistry, Offence} from "../src/interfaces/INodeRegistry.sol";
import {NodeRegistryTest} from "./base/NodeRegistryTest.sol";

/// @notice Who takes a seat, and who loses one to others.
contract NodeRegistrySetTest is NodeRegistryTest {
    address[] private seated;

    /// @dev A full set, in epoch 1: 100, 200, 300 and 400, so that a quarter of the total is 250.
    function _fill() private {
        for (uint256 key = 1; key <= 4; ++key) {
            seated.push(_member(key, key * 100));
        }
        _warpTo(1);
    }

    function _refusedEntry(address node, address victim, bytes memory reason) private {
        vm.prank(owner);
        vm.expectRevert(reason);
        registry.enter(node, victim);
    }

    // enter

    function test_enter_givenRoom_countsFromTheNextEpoch() external {
        address node = _bonded(1, 400);
        _warpTo(2);
        vm.prank(node);
        registry.enter(node, address(0));
        vm.assertEq(registry.seatsTaken(), 1);
        vm.assertTrue(_node(node).active);
        vm.assertEq(_node(node).lastActiveEpoch, 2);
        vm.assertEq(_node(node).lockedUntilEpoch, 0);
        _assertTotal(2, 0, 0);
        _assertTotal(3, 400, 1);
        vm.assertEq(_weightAt(node, 2), 0);
        vm.assertEq(_weightAt(node, 3), 400);
    }

    function test_enter_givenTooLittleInAll_leavesTheEpochWithoutActiveNodes() external {
        _member(1, MIN_ACTIVE - 1);
        _assertTotal(1, 0, 0);
        _member(2, MIN_BOND);
        _assertTotal(1, MIN_ACTIVE - 1 + MIN_BOND, 2);
    }

    function test_enter_byAStranger_reverts() external {
        address node = _bonded(1, 400);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotOwner.selector, stranger));
        registry.enter(node, address(0));
        _refusedEntry(stranger, address(0), abi.encodeWithSelector(INodeRegistry.NotRegistered.selector, stranger));
    }

    function test_enter_givenTooSmallABond_reverts() external {
        address node = _bonded(1, 99);
        _refusedEntry(node, address(0), abi.encodeWithSelector(INodeRegistry.BondTooSmall.selector, 99, MIN_BOND));
    }

    function test_enter_givenAMember_reverts() external {
        address node = _member(1, 400);
        _refusedEntry(node, address(0), abi.encodeWithSelector(INodeRegistry.AlreadyActive.selector, node));
    }

    function test_enter_givenATombstone_reverts() external {
        address node = _bonded(1, 400);
        registry.slash(node, 0, Offence.FORGERY);
        _refusedEntry(node, address(0), abi.encodeWithSelector(INodeRegistry.Tombstoned.selector, node));
    }

    function test_enter_givenRoomAndAVictim_reverts() external {
        address victim = _member(1, 100);
        address node = _bonded(2, 400);
        _refusedEntry(node, victim, abi.encodeWithSelector(INodeRegistry.SetHasRoom.selector));
    }

    function test_enter_givenAFullSet_needsAWeakerMemberAsVictim() external {
        _fill();
        address node = _bonded(9, 200);
        _refusedEntry(node, address(0), abi.encodeWithSelector(INodeRegistry.SetFull.selector));
        _refusedEntry(node, stranger, abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, stranger));
        _refusedEntry(
            node, seated[1], abi.encodeWithSelector(INodeRegistry.VictimNotWeaker.selector, seated[1], 200, 200)
        );
        _enter(node, seated[0]);
        vm.assertEq(registry.seatsTaken(), 4);
    }

    function test_enter_comparesNextEpochsWeights() external {
        _fill();
        _bond(seated[0], 150);
        address node = _bonded(9, 250);
        _refusedEntry(
            node, seated[0], abi.encodeWithSelector(INodeRegistry.VictimNotWeaker.selector, seated[0], 250, 250)
        );
    }

    function test_enter_byEvicting_swapsFromTheNextEpoch() external {
        _fill();
        address node = _bonded(9, 500);
        _enter(node, seated[1]);
        _assertTotal(1, 1000, 4);
        _assertTotal(2, 1300, 4);
        vm.assertEq(_weightAt(seated[1], 1), 200);
        vm.assertEq(_weightAt(seated[1], 2), 0);
        vm.assertEq(_node(seated[1]).bonded, 200);
        vm.assertEq(_node(node).lockedUntilEpoch, 3);
    }

    function test_enter_byAnEvictedNode_worksInTheSameEpoch() external {
        _fill();
        _enter(_bonded(9, 500), seated[1]);
        _unbond(seated[0], 100);
        _enter(seated[1], address(0));
        vm.assertEq(_weightAt(seated[1], 1), 200);
        vm.assertEq(_weightAt(seated[1], 2), 200);
    }

    // the lock of who entered by evicting

    function test_unbond_afterEvicting_waitsForTheEndOfTheNextEpoch() external {
        _fill();
        address node = _bonded(9, 500);
        _enter(node, seated[0]);
        vm.warp(GENESIS + 3 * EPOCH - 1);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.LockedUntil.selector, 3));
        registry.unbond(node, 500);
        _warpTo(3);
        _unbond(node, 500);
    }

    function test_unbond_afterEvictingAndBeingEvicted_staysLocked() external {
        _fill();
        address node = _bonded(9, 150);
        _enter(node, seated[0]);
        _warpTo(2);
        _enter(_bonded(10, 1000), node);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.LockedUntil.selector, 3));
        registry.unbond(node, 150);
    }

    // the budget of evictions

    function test_enter_givenTheBudgetOfEvictionsIsSpent_reverts() external {
        _fill();
        address strong = _bonded(9, 1000);
        address stronger = _bonded(10, 2000);
        _enter(strong, seated[0]);
        _refusedEntry(stronger, seated[1], abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 100, 250));
        _warpTo(2);
        _enter(stronger, seated[1]);
    }

    function test_enter_givenNobodyTakenYet_mayTakeOneOfAnyWeight() external {
        _fill();
        _enter(_bonded(9, 1000), seated[3]);
        address next = _bonded(10, 1000);
        _refusedEntry(next, seated[0], abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 400, 250));
    }

    function test_enter_takesUpToExactlyAQuarter() external {
        _member(1, 100);
        _member(2, 150);
        _member(3, 350);
        _member(4, 400);
        _warpTo(1);
        _enter(_bonded(9, 1000), vm.addr(1));
        _enter(_bonded(10, 1000), vm.addr(2));
        address next = _bonded(11, 2000);
        _refusedEntry(next, vm.addr(3), abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 250, 250));
    }

    function test_enter_countsAVictimWithThePresentWeightThoughItHalvedItsBond() external {
        _fill();
        _unbond(seated[3], 300);
        _enter(_bonded(9, 1000), seated[3]);
        address next = _bonded(10, 2000);
        _refusedEntry(next, seated[0], abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 400, 250));
    }

    function test_enter_countsAVictimWithItsNextWeightThoughItIsNew() external {
        _fill();
        _unbond(seated[0], 100);
        address young = _member(8, 260);
        _enter(_bonded(9, 300), young);
        address next = _bonded(10, 2000);
        _refusedEntry(next, seated[1], abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 260, 250));
    }

    // dropIdle

    function test_dropIdle_givenSilenceForLonger_takesTheSeat() external {
        _fill();
        vm.warp(GENESIS + 4 * EPOCH - 1);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotIdle.selector, seated[0], 0));
        registry.dropIdle(seated[0]);
        _warpTo(4);
        vm.prank(stranger);
        registry.dropIdle(seated[0]);
        vm.assertEq(_weightAt(seated[0], 4), 100);
        vm.assertEq(_weightAt(seated[0], 5), 0);
        _assertTotal(5, 900, 3);
        _enter(seated[0], address(0));
        vm.assertEq(_node(seated[0]).lastActiveEpoch, 4);
        _assertTotal(5, 1000, 4);
    }

    function test_dropIdle_givenNoMember_reverts() external {
        address node = _bonded(1, 400);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NodeNotActive.selector, node));
        registry.dropIdle(node);
    }

    function test_dropIdle_hasABudgetOfItsOwn() external {
        _fill();
        _warpTo(4);
        _enter(_bonded(9, 1000), seated[3]);
        registry.dropIdle(seated[0]);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BudgetSpent.selector, 100, 250));
        registry.dropIdle(seated[1]);
        _warpTo(5);
        registry.dropIdle(seated[1]);
        registry.slash(seated[2], 5, Offence.UNREVEALED);
        vm.assertEq(_node(seated[2]).jailedEpoch, 5);
    }
}
