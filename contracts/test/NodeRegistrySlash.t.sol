// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {INodeRegistry, Node, Offence} from "../src/interfaces/INodeRegistry.sol";
import {NodeRegistryTest} from "./base/NodeRegistryTest.sol";

/// @notice What the hub tells the registry: commits and offences. The hub is the test.
contract NodeRegistrySlashTest is NodeRegistryTest {
    address private node;

    /// @dev 1000 bonded, 500 unbonding, 1000 of another member: a quarter of the total is 500.
    function setUp() public override {
        super.setUp();
        node = _member(1, 1500);
        _unbond(node, 500);
        _member(2, 1000);
        _warpTo(1);
    }

    function _commits(address who, uint256 epoch) private returns (bool) {
        (uint256 weight, address payout) = registry.noteCommit(who, epoch);
        vm.assertEq(payout, weight == 0 ? address(0) : _payoutOf(who));
        return weight != 0;
    }

    // noteCommit

    function test_noteCommit_byAnybodyElse_reverts() external {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotHub.selector, stranger));
        registry.noteCommit(node, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.NotHub.selector, stranger));
        registry.slash(node, 1, Offence.UNREVEALED);
    }

    function test_noteCommit_tellsTheRoundsEpochAndNotesThePresentOne() external {
        _bond(node, 7);
        _warpTo(2);
        (uint256 weight, address payout) = registry.noteCommit(node, 1);
        vm.assertEq(weight, 1000);
        vm.assertEq(payout, _payoutOf(node));
        vm.assertEq(_node(node).lastActiveEpoch, 2);
    }

    function test_noteCommit_givenNoMemberThen_tellsNothingAndStoresNothing() external {
        address young = _member(3, 100);
        _warpTo(2);
        vm.assertFalse(_commits(young, 1));
        vm.assertEq(_node(young).lastActiveEpoch, 1);
        vm.assertTrue(_commits(young, 2));
        vm.assertFalse(_commits(stranger, 2));
        vm.assertFalse(_commits(node, 0));
    }

    function test_noteCommit_givenWhoLeftInTheRound_tellsItsWeight() external {
        _unbond(node, 1000);
        vm.assertTrue(_commits(node, 1));
        _warpTo(2);
        vm.assertTrue(_commits(node, 1));
        vm.assertFalse(_commits(node, 2));
    }

    function test_noteCommit_givenAnEpochNoLongerKept_tellsNothing() external {
        for (uint256 epoch = 1; epoch < 4; ++epoch) {
            _warpTo(epoch);
            _bond(node, 1);
        }
        vm.assertFalse(_commits(node, 1));
        vm.assertTrue(_commits(node, 2));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.EpochTooOld.selector, 1));
        registry.snapshotAt(node, 1);
    }

    function test_noteCommit_readsTwoWordsAndWritesOneOnceAnEpoch() external {
        vm.record();
        registry.noteCommit(vm.addr(2), 1);
        (bytes32[] memory reads, bytes32[] memory writes) = vm.accesses(address(registry));
        vm.assertEq(_distinct(reads), 2);
        vm.assertEq(writes.length, 1);
        vm.record();
        registry.noteCommit(vm.addr(2), 1);
        (, writes) = vm.accesses(address(registry));
        vm.assertEq(writes.length, 0);
    }

    function _distinct(bytes32[] memory words) private pure returns (uint256 count) {
        for (uint256 i = 0; i < words.length; ++i) {
            uint256 k = 0;
            while (words[k] != words[i]) ++k;
            if (k == i) ++count;
        }
    }

    // slash

    function test_slash_takesTheShareOfBothRoundedDown() external {
        _bond(node, 99);
        _warpTo(2);
        vm.assertEq(registry.slash(node, 2, Offence.UNREVEALED), 10 + 5);
        Node memory seen = _node(node);
        vm.assertEq(seen.bonded, 1089);
        vm.assertEq(seen.unbonding, 495);
        vm.assertEq(registry.treasury(), 15);
        vm.assertEq(_weightAt(node, 2), 1099);
        vm.assertEq(_weightAt(node, 3), 1089);
        _assertTotal(2, 2099, 2);
        _assertTotal(3, 2089, 2);
    }

    function test_slash_ofWhoLeft_reachesTheUnbondingBucketAlone() external {
        _unbond(node, 1000);
        vm.assertEq(registry.slash(node, 1, Offence.UNREVEALED_RANDOM), 150);
        vm.assertEq(_node(node).unbonding, 1350);
        vm.assertEq(_weightAt(node, 2), 0);
        _assertTotal(2, 1000, 1);
    }

    function test_slash_unrevealed_countsOncePerRoundsEpoch() external {
        _warpTo(3);
        vm.assertGt(registry.slash(node, 2, Offence.UNREVEALED), 0);
        vm.assertEq(registry.slash(node, 2, Offence.UNREVEALED), 0);
        vm.assertEq(registry.slash(node, 1, Offence.UNREVEALED), 0);
        _warpTo(4);
        vm.assertEq(registry.slash(node, 2, Offence.UNREVEALED), 0);
        vm.assertEq(_node(node).jailedEpoch, 3);
        vm.assertGt(registry.slash(node, 3, Offence.UNREVEALED), 0);
    }

    function test_slash_inRandom_countsEachTimeAndApart() external {
        vm.assertEq(registry.slash(node, 1, Offence.UNREVEALED_RANDOM), 150);
        vm.assertEq(registry.slash(node, 1, Offence.UNREVEALED_RANDOM), 90 + 45);
        vm.assertGt(registry.slash(node, 1, Offence.UNREVEALED), 0);
    }

    function test_slash_neverRemovesFromTheSet() external {
        address poor = _member(3, MIN_BOND);
        _warpTo(2);
        for (uint256 i = 0; i < 60; ++i) {
            registry.slash(poor, 2, Offence.UNREVEALED_RANDOM);
        }
        vm.assertTrue(_node(poor).active);
        vm.assertEq(_node(poor).bonded, 9);
        vm.assertEq(_weightAt(poor, 3), 9);
    }

    // jail

    function test_jail_barsCommitsUntilTheNextEpoch() external {
        registry.slash(node, 1, Offence.UNREVEALED);
        vm.assertEq(_node(node).jailedEpoch, 1);
        vm.assertFalse(_commits(node, 1));
        _assertTotal(1, 2000, 2);
        vm.warp(GENESIS + 2 * EPOCH - 1);
        vm.assertFalse(_commits(node, 1));
        _warpTo(2);
        vm.assertTrue(_commits(node, 1));
        vm.assertTrue(_commits(node, 2));
    }

    function test_jail_beyondTheBudget_slashesOnly() external {
        registry.slash(node, 1, Offence.UNREVEALED);
        vm.assertGt(registry.slash(vm.addr(2), 1, Offence.UNREVEALED), 0);
        vm.assertEq(_node(vm.addr(2)).jailedEpoch, 0);
        vm.assertTrue(_commits(vm.addr(2), 1));
        _warpTo(2);
        registry.slash(vm.addr(2), 2, Offence.UNREVEALED);
        vm.assertEq(_node(vm.addr(2)).jailedEpoch, 2);
    }

    function test_jail_twiceInAnEpoch_spendsTheBudgetOnce() external {
        address first = _member(3, 300);
        address second = _member(4, 250);
        _warpTo(2);
        registry.slash(first, 2, Offence.UNREVEALED_RANDOM);
        registry.slash(first, 2, Offence.UNREVEALED_RANDOM);
        registry.slash(second, 2, Offence.UNREVEALED);
        vm.assertEq(_node(second).jailedEpoch, 2);
    }

    // forgery

    function test_forgery_tombstonesAtOnceAndForGood() external {
        vm.assertEq(registry.slash(node, 1, Offence.FORGERY), 500 + 250);
        Node memory seen = _node(node);
        vm.assertTrue(seen.tombstoned);
        vm.assertFalse(seen.active);
        vm.assertEq(seen.jailedEpoch, 0);
        vm.assertFalse(_commits(node, 1));
        vm.assertEq(_weightAt(node, 1), 1000);
        vm.assertEq(_weightAt(node, 2), 0);
        _assertTotal(1, 2000, 2);
        _assertTotal(2, 1000, 1);
    }

    function test_forgery_isSlashedOnce() external {
        registry.slash(node, 1, Offence.FORGERY);
        vm.assertEq(registry.slash(node, 1, Offence.FORGERY), 0);
        vm.assertGt(registry.slash(node, 1, Offence.UNREVEALED), 0);
    }

    function test_forgery_leavesTheRestToItsOwner() external {
        registry.slash(node, 1, Offence.FORGERY);
        _unbond(node, 500);
        _warpTo(1 + 1 + 5);
        vm.prank(owner);
        registry.withdraw(node, stranger);
        vm.assertEq(token.balanceOf(stranger), 500 + 250);
    }
}
