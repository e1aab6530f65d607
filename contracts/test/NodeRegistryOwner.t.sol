// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {INodeRegistry, Node, Offence} from "../src/interfaces/INodeRegistry.sol";
import {NodeRegistryTest} from "./base/NodeRegistryTest.sol";

/// @notice What an owner does with a node and its tokens.
contract NodeRegistryOwnerTest is NodeRegistryTest {
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    function _refusesSignature(address node, address sender, address payout, bytes memory signature) private {
        vm.prank(sender);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BadSignature.selector, node));
        registry.register(node, payout, signature);
    }

    function _expect(bytes4 selector, address argument) private {
        vm.expectRevert(abi.encodeWithSelector(selector, argument));
    }

    function _expect(bytes4 selector, uint256 argument) private {
        vm.expectRevert(abi.encodeWithSelector(selector, argument));
    }

    // register

    function test_register_givenTheNodesConsent_makesTheCallerItsOwner() external {
        address node = _registered(1);
        Node memory seen = _node(node);
        vm.assertEq(seen.owner, owner);
        vm.assertEq(seen.payout, _payoutOf(node));
        vm.assertEq(seen.bonded + seen.unbonding + seen.weight, 0);
        vm.assertFalse(seen.active);
    }

    function test_register_givenAnOwner_reverts() external {
        address node = _registered(1);
        bytes memory consent = _consent(1, stranger, stranger);
        vm.prank(stranger);
        _expect(INodeRegistry.AlreadyRegistered.selector, node);
        registry.register(node, stranger, consent);
    }

    function test_register_givenNoPayout_reverts() external {
        bytes memory consent = _consent(1, owner, address(0));
        vm.prank(owner);
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        registry.register(vm.addr(1), address(0), consent);
    }

    function test_register_givenConsentToSomethingElse_reverts() external {
        bytes memory consent = _consent(1, owner, owner);
        _refusesSignature(vm.addr(1), stranger, owner, consent);
        _refusesSignature(vm.addr(1), owner, stranger, consent);
        _refusesSignature(vm.addr(2), owner, owner, consent);
    }

    function test_register_givenAMalleatedOrMalformedSignature_reverts() external {
        address node = vm.addr(1);
        bytes memory consent = _consent(1, owner, owner);
        (bytes32 r, bytes32 s) = abi.decode(consent, (bytes32, bytes32));
        uint8 v = uint8(consent[64]);
        _refusesSignature(node, owner, owner, abi.encodePacked(r, bytes32(ORDER - uint256(s)), v ^ 7));
        _refusesSignature(node, owner, owner, abi.encodePacked(r, s, v - 27));
        _refusesSignature(node, owner, owner, abi.encodePacked(r, s | bytes32(uint256(v - 27) << 255)));
        _refusesSignature(node, owner, owner, abi.encodePacked(consent, uint8(0)));
        _refusesSignature(node, owner, owner, "");
        _refusesSignature(address(0), owner, owner, abi.encodePacked(r, s, uint8(29)));
    }

    // bond

    function test_bond_givenATooSmallBond_isFineUntilEntry() external {
        address node = _bonded(1, 1);
        vm.assertEq(_node(node).bonded, 1);
        vm.assertEq(token.balanceOf(address(registry)), 1);
    }

    function test_bond_byAnybodyElse_reverts() external {
        address node = _registered(1);
        vm.prank(node);
        _expect(INodeRegistry.NotOwner.selector, node);
        registry.bond(node, 1);
        vm.prank(stranger);
        _expect(INodeRegistry.NotRegistered.selector, stranger);
        registry.bond(stranger, 1);
    }

    function test_bond_givenNothing_reverts() external {
        address node = _registered(1);
        vm.prank(owner);
        vm.expectRevert(INodeRegistry.ZeroAmount.selector);
        registry.bond(node, 0);
    }

    function test_bond_givenMoreThanTheOwnerHas_reverts() external {
        address node = _registered(1);
        vm.prank(owner);
        token.transfer(stranger, 1);
        vm.prank(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, owner, SUPPLY - 1, SUPPLY)
        );
        registry.bond(node, SUPPLY);
    }

    function test_bond_givenTheWholeSupply_fits() external {
        address node = _member(1, SUPPLY);
        _assertTotal(1, SUPPLY, 1);
        vm.assertEq(_weightAt(node, 1), SUPPLY);
    }

    function test_bond_ofAMember_countsFromTheNextEpoch() external {
        address node = _member(1, 400);
        _warpTo(1);
        _bond(node, 50);
        vm.assertEq(_weightAt(node, 1), 400);
        vm.assertEq(_weightAt(node, 2), 450);
        _assertTotal(1, 400, 1);
        _assertTotal(2, 450, 1);
    }

    // unbond and withdraw

    function test_unbond_givenARestBelowTheMinimum_reverts() external {
        address node = _bonded(1, 150);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondTooSmall.selector, 99, MIN_BOND));
        registry.unbond(node, 51);
        _unbond(node, 50);
        vm.assertEq(_node(node).bonded, 100);
        _unbond(node, 100);
        vm.assertEq(_node(node).unbonding, 150);
    }

    function test_unbond_givenTooMuchOrNothing_reverts() external {
        address node = _bonded(1, 150);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondTooLarge.selector, 151, 150));
        registry.unbond(node, 151);
        vm.prank(owner);
        vm.expectRevert(INodeRegistry.ZeroAmount.selector);
        registry.unbond(node, 0);
    }

    function test_unbond_byAnybodyElse_reverts() external {
        address node = _bonded(1, 150);
        vm.prank(node);
        _expect(INodeRegistry.NotOwner.selector, node);
        registry.unbond(node, 150);
    }

    function test_unbond_ofAll_leavesTheSetFromTheNextEpoch() external {
        address node = _member(1, 400);
        _warpTo(1);
        _unbond(node, 400);
        vm.assertFalse(_node(node).active);
        vm.assertEq(registry.seatsTaken(), 0);
        vm.assertEq(_weightAt(node, 1), 400);
        vm.assertEq(_weightAt(node, 2), 0);
    }

    function test_unbond_ofASlashedMemberBelowTheMinimum_mayTakeAllButNotPart() external {
        address node = _member(1, MIN_BOND);
        _warpTo(1);
        registry.slash(node, 1, Offence.UNREVEALED);
        vm.assertEq(_node(node).bonded, 99);
        vm.assertTrue(_node(node).active);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BondTooSmall.selector, 98, MIN_BOND));
        registry.unbond(node, 1);
        _unbond(node, 99);
        vm.assertFalse(_node(node).active);
    }

    function test_withdraw_givenTheReleaseEpoch_paysTheWholeBucket() external {
        address node = _bonded(1, 500);
        _unbond(node, 100);
        _warpTo(2);
        _unbond(node, 100);
        vm.assertEq(_node(node).releaseEpoch, 2 + 1 + 5);
        vm.warp(GENESIS + 8 * EPOCH - 1);
        vm.prank(owner);
        _expect(INodeRegistry.StillUnbonding.selector, uint256(8));
        registry.withdraw(node, stranger);
        _warpTo(8);
        vm.prank(owner);
        registry.withdraw(node, stranger);
        vm.assertEq(token.balanceOf(stranger), 200);
        vm.assertEq(token.balanceOf(address(registry)), 300);
    }

    function test_withdraw_givenNothingOrNobody_reverts() external {
        address node = _bonded(1, 500);
        vm.prank(owner);
        _expect(INodeRegistry.NothingToWithdraw.selector, node);
        registry.withdraw(node, owner);
        vm.prank(owner);
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        registry.withdraw(node, address(0));
        vm.prank(node);
        _expect(INodeRegistry.NotOwner.selector, node);
        registry.withdraw(node, node);
    }

    // setPayout and alive

    function test_setPayout_countsFromTheNextEpoch() external {
        address node = _member(1, 400);
        _warpTo(1);
        vm.prank(owner);
        registry.setPayout(node, stranger);
        (, address present) = registry.snapshotAt(node, 1);
        (uint256 weight, address next) = registry.snapshotAt(node, 2);
        vm.assertEq(present, _payoutOf(node));
        vm.assertEq(next, stranger);
        vm.assertEq(weight, 400);
        vm.assertEq(_node(node).payout, stranger);
    }

    function test_setPayout_byAnybodyElseOrToNobody_reverts() external {
        address node = _registered(1);
        vm.prank(node);
        _expect(INodeRegistry.NotOwner.selector, node);
        registry.setPayout(node, node);
        vm.prank(owner);
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        registry.setPayout(node, address(0));
    }

    function test_alive_byOwnerOrNode_storesTheEpoch() external {
        address node = _member(1, 400);
        _warpTo(2);
        vm.prank(node);
        registry.alive(node);
        vm.assertEq(_node(node).lastActiveEpoch, 2);
        _warpTo(3);
        vm.prank(owner);
        registry.alive(node);
        vm.assertEq(_node(node).lastActiveEpoch, 3);
        vm.prank(stranger);
        _expect(INodeRegistry.NotOwner.selector, stranger);
        registry.alive(node);
    }

    // moveTreasury

    function test_moveTreasury_movesSlashedTokensAlone() external {
        address node = _member(1, 400);
        _warpTo(1);
        registry.slash(node, 1, Offence.UNREVEALED);
        vm.assertEq(registry.treasury(), 4);
        _expect(INodeRegistry.TreasuryTooSmall.selector, uint256(4));
        registry.moveTreasury(stranger, 5);
        vm.expectRevert(INodeRegistry.ZeroAmount.selector);
        registry.moveTreasury(stranger, 0);
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        registry.moveTreasury(address(0), 4);
        vm.prank(owner);
        _expect(INodeRegistry.NotTreasurer.selector, owner);
        registry.moveTreasury(owner, 4);
        registry.moveTreasury(stranger, 4);
        vm.assertEq(registry.treasury(), 0);
        vm.assertEq(token.balanceOf(stranger), 4);
    }
}
