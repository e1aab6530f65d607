// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheckpointVerifier} from "../src/CheckpointVerifier.sol";
import {Distribution, ICheckpointVerifier, VerifierProfile} from "../src/interfaces/ICheckpointVerifier.sol";
import {Checkpoint} from "../src/libraries/SealedCheckpoints.sol";
import {VerifierTest} from "./base/VerifierTest.sol";

/// @notice Given a distribution that is no longer trusted: what the guardian can do, and when. And what a verifier
/// cannot be deployed with.
contract CheckpointVerifierGuardianTest is VerifierTest {
    bytes32 private constant STAKE = keccak256("a distribution");

    function _announce(uint256 epoch, uint256 total, bytes memory problem) private {
        if (problem.length != 0) vm.expectRevert(problem);
        vm.prank(GUARDIAN);
        verifier.announce(epoch, STAKE, total);
    }

    function test_announce_theGuardianAlone() external {
        vm.warp(LIVE_UNTIL);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointVerifier.NotGuardian.selector, address(this)));
        verifier.announce(EPOCH + 1, STAKE, 5);
    }

    function test_announce_notBeforeTheEndOfTrust() external {
        vm.warp(LIVE_UNTIL - 1);
        _announce(EPOCH + 1, 5, abi.encodeWithSelector(ICheckpointVerifier.StillLive.selector, LIVE_UNTIL));
        vm.warp(LIVE_UNTIL);
        _announce(EPOCH + 1, 5, "");
    }

    function test_announce_aLaterEpochThatHasCome() external {
        vm.warp(LIVE_UNTIL);
        uint256 current = verifier.currentEpoch();
        _announce(EPOCH, 5, abi.encodeWithSelector(ICheckpointVerifier.EpochGoesBack.selector, EPOCH, EPOCH));
        bytes memory problem =
            abi.encodeWithSelector(ICheckpointVerifier.EpochInFuture.selector, current + 1, current);
        _announce(current + 1, 5, problem);
        _announce(current, 0, abi.encodeWithSelector(ICheckpointVerifier.EmptyDistribution.selector));
        _announce(current, 2 ** 96, abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, 2 ** 96));
        vm.expectEmit(true, true, true, true);
        emit ICheckpointVerifier.DistributionAnnounced(current, STAKE, 5, LIVE_UNTIL + DELAY);
        _announce(current, 5, "");
        (Distribution memory announced, uint256 activeAt) = verifier.announcement();
        vm.assertEq(activeAt, LIVE_UNTIL + DELAY);
        vm.assertEq(announced.epoch, current);
        vm.assertEq(announced.stakeHash, STAKE);
        vm.assertEq(announced.stakeTotal, 5);
    }

    function test_activate_byAnyone_afterTheDelay() external {
        vm.expectRevert(ICheckpointVerifier.NothingAnnounced.selector);
        verifier.activate();
        vm.warp(LIVE_UNTIL);
        uint256 epoch = verifier.currentEpoch();
        _announce(epoch, 5, "");
        vm.warp(LIVE_UNTIL + DELAY - 1);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointVerifier.TooEarly.selector, LIVE_UNTIL + DELAY));
        verifier.activate();
        vm.warp(LIVE_UNTIL + DELAY);
        verifier.activate();
        vm.assertEq(verifier.distribution().epoch, epoch);
        vm.assertEq(verifier.distribution().stakeHash, STAKE);
        vm.assertEq(verifier.distribution().stakeTotal, 5);
        vm.assertEq(verifier.liveUntil(), GENESIS + epoch * EPOCH_LENGTH + TRUST);
        vm.expectRevert(ICheckpointVerifier.NothingAnnounced.selector);
        verifier.activate();
        bytes memory live =
            abi.encodeWithSelector(ICheckpointVerifier.StillLive.selector, GENESIS + epoch * EPOCH_LENGTH + TRUST);
        _announce(epoch + 1, 5, live);
    }

    function test_announce_againRestartsTheDelay() external {
        vm.warp(LIVE_UNTIL);
        _announce(EPOCH + 1, 5, "");
        vm.warp(LIVE_UNTIL + DELAY - 1);
        _announce(EPOCH + 2, 6, "");
        vm.warp(LIVE_UNTIL + DELAY);
        vm.expectRevert(abi.encodeWithSelector(ICheckpointVerifier.TooEarly.selector, LIVE_UNTIL + 2 * DELAY - 1));
        verifier.activate();
        vm.warp(LIVE_UNTIL + 2 * DELAY - 1);
        verifier.activate();
        vm.assertEq(verifier.distribution().epoch, EPOCH + 2);
    }

    /// @dev Numbers and records stay: nothing that was proven comes back otherwise.
    function test_activate_keepsNumbersAndRecords() external {
        Checkpoint memory next = _checkpoint();
        _submit(next, 31);
        vm.warp(LIVE_UNTIL);
        vm.prank(GUARDIAN);
        verifier.announce(EPOCH + 30, _stakeHash(_list()), TOTAL);
        vm.warp(LIVE_UNTIL + DELAY);
        verifier.activate();
        vm.assertEq(verifier.rootOf(1), next.recordsRoot);
        next.epoch = EPOCH + 30;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.NumberNotNewer.selector, 1, 1));
        next.number = 2;
        next.recordsCount = 2;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.CountGoesBack.selector, 2, 3));
        next.recordsCount = 3;
        _submit(next, 31);
    }

    // Deployment

    function _undeployable(address hub, Distribution memory genesis, address guardian, bytes memory problem) private {
        vm.expectRevert(problem);
        new CheckpointVerifier(HOME, hub, genesis, _profile(), guardian);
    }

    function test_deploy_refusals() external {
        Distribution memory genesis = _genesis();
        bytes memory zero = abi.encodeWithSelector(ICheckpointVerifier.ZeroAddress.selector);
        _undeployable(address(0), genesis, GUARDIAN, zero);
        _undeployable(HUB, genesis, address(0), zero);
        genesis.epoch = EPOCH + 1;
        bytes memory future = abi.encodeWithSelector(ICheckpointVerifier.EpochInFuture.selector, EPOCH + 1, EPOCH);
        _undeployable(HUB, genesis, GUARDIAN, future);
        genesis.epoch = 0;
        genesis.stakeTotal = 0;
        _undeployable(HUB, genesis, GUARDIAN, abi.encodeWithSelector(ICheckpointVerifier.EmptyDistribution.selector));
    }

    function _inconsistent(VerifierProfile memory profile, string memory relation) private {
        Distribution memory genesis = _genesis();
        vm.expectRevert(abi.encodeWithSelector(ICheckpointVerifier.ProfileInconsistent.selector, relation));
        new CheckpointVerifier(HOME, HUB, genesis, profile, GUARDIAN);
    }

    function test_deploy_profile() external {
        VerifierProfile memory profile = _profile();
        profile.genesisTime = block.timestamp + 1;
        _inconsistent(profile, "genesisTime <= now");
        profile = _profile();
        profile.epochLength = 0;
        _inconsistent(profile, "epochLength > 0");
        profile = _profile();
        profile.trustPeriod = 2 ** 40;
        _inconsistent(profile, "trustPeriod < 2^40");
        profile.trustPeriod = 2 * DELAY - 1;
        _inconsistent(profile, "guardianDelay <= trustPeriod / 2");
        profile.guardianDelay = type(uint256).max;
        _inconsistent(profile, "guardianDelay <= trustPeriod / 2");
        profile.guardianDelay = 0;
        _inconsistent(profile, "guardianDelay > 0");
    }
}
