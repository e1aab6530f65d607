// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {CheckpointVerifier} from "../src/CheckpointVerifier.sol";
import {Distribution, ICheckpointVerifier, VerifierProfile} from "../src/interfaces/ICheckpointVerifier.sol";
import {Checkpoint} from "../src/libraries/SealedCheckpoints.sol";
import {VerifierTest} from "./base/VerifierTest.sol";

/// @notice Given a distribution that is trusted: which checkpoints a verifier takes, each refusal by name and in order.
contract CheckpointVerifierTest is VerifierTest {
    function _error(bytes4 selector, uint256 a, uint256 b) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, a, b);
    }

    function test_new_views() external view {
        vm.assertEq(verifier.version(), 1);
        vm.assertEq(verifier.homeChainId(), HOME);
        vm.assertEq(verifier.hub(), HUB);
        vm.assertEq(verifier.guardian(), GUARDIAN);
        vm.assertEq(keccak256(abi.encode(verifier.profile())), keccak256(abi.encode(_profile())));
        vm.assertEq(keccak256(abi.encode(verifier.distribution())), keccak256(abi.encode(_genesis())));
        vm.assertEq(verifier.lastNumber(), 0);
        vm.assertEq(verifier.recordsCount(), 0);
        vm.assertEq(verifier.liveUntil(), LIVE_UNTIL);
        vm.assertEq(verifier.currentEpoch(), EPOCH);
        bytes32 empty = 0;
        for (uint256 level = 0; level < 32; ++level) {
            empty = keccak256(abi.encode(empty, empty));
        }
        vm.assertEq(verifier.rootOf(0), empty);
        vm.assertEq(verifier.rootOf(1), 0);
    }

    function test_accepted_byMoreThanHalf() external {
        Checkpoint memory next = _checkpoint();
        vm.expectEmit(true, true, true, true);
        emit ICheckpointVerifier.CheckpointAccepted(1, next);
        _submit(next, 0x13); // 10 + 15 + 30
        vm.assertEq(verifier.lastNumber(), 1);
        vm.assertEq(verifier.recordsCount(), 3);
        vm.assertEq(verifier.rootOf(1), next.recordsRoot);
    }

    function test_refused_byHalfOrFewer() external {
        Checkpoint memory next = _checkpoint();
        _refused(next, 0x14, _error(ICheckpointVerifier.NotEnoughWeight.selector, 50, 100)); // 20 + 30: half
        _refused(next, 0x03, _error(ICheckpointVerifier.NotEnoughWeight.selector, 25, 100));
        _refused(next, 0, _error(ICheckpointVerifier.NotEnoughWeight.selector, 0, 100));
        _submit(next, 0x15); // 60
    }

    function test_distribution_isReplacedByTheSignedOne() external {
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        uint256[] memory others = new uint256[](1);
        others[0] = uint256(uint160(vm.addr(99))) << 96 | 8;
        Checkpoint memory next = _checkpoint();
        (next.epoch, next.stakeHash, next.stakeTotal) = (EPOCH + 1, _stakeHash(others), 8);
        _submit(next, 31);
        vm.assertEq(verifier.liveUntil(), LIVE_UNTIL + EPOCH_LENGTH);
        next.number = 2;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.DistributionMismatch.selector));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(99, _digest(next));
        verifier.submit(next, others, 1, abi.encodePacked(r, s, v));
        vm.assertEq(verifier.lastNumber(), 2);
    }

    function test_list_mustBeTheOneKept() external {
        Checkpoint memory next = _checkpoint();
        bytes memory signatures = _signAll(31, _digest(next));
        uint256[] memory list = _list();
        list[4] += 1; // altered
        _mismatch(next, list, 31, signatures);
        list = _list();
        (list[0], list[1]) = (list[1], list[0]); // unsorted
        _mismatch(next, list, 31, signatures);
        list = new uint256[](6);
        for (uint256 i = 0; i < 5; ++i) list[i] = _list()[i];
        _mismatch(next, list, 31, signatures); // longer
        list = new uint256[](0);
        _mismatch(next, list, 0, "");
        list = new uint256[](1);
        list[0] = uint256(uint160(vm.addr(66))) << 96 | 100; // foreign
        _mismatch(next, list, 1, _sign(0, _digest(next)));
    }

    function _mismatch(Checkpoint memory next, uint256[] memory list, uint256 bitmap, bytes memory signatures) private {
        vm.expectRevert(ICheckpointVerifier.DistributionMismatch.selector);
        verifier.submit(next, list, bitmap, signatures);
    }

    function test_number_mustGrow() external {
        Checkpoint memory next = _checkpoint();
        next.number = 0;
        _refused(next, _error(ICheckpointVerifier.NumberNotNewer.selector, 0, 0));
        next.number = 5;
        _submit(next, 31);
        _refused(next, _error(ICheckpointVerifier.NumberNotNewer.selector, 5, 5));
        next.number = 4;
        _refused(next, _error(ICheckpointVerifier.NumberNotNewer.selector, 4, 5));
        next.number = 6;
        _submit(next, 31);
    }

    function test_epoch_neitherBackNorInTheFuture() external {
        Checkpoint memory next = _checkpoint();
        next.epoch = EPOCH - 1;
        _refused(next, _error(ICheckpointVerifier.EpochGoesBack.selector, EPOCH - 1, EPOCH));
        next.epoch = EPOCH + 1;
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH - 1);
        _refused(next, _error(ICheckpointVerifier.EpochInFuture.selector, EPOCH + 1, EPOCH));
        next.epoch = type(uint256).max;
        _refused(next, _error(ICheckpointVerifier.EpochInFuture.selector, type(uint256).max, EPOCH));
        next.epoch = EPOCH + 1;
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        _submit(next, 31);
    }

    function test_sameEpoch_sameStake() external {
        Checkpoint memory next = _checkpoint();
        next.stakeTotal = TOTAL + 1;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.SameEpochOtherStake.selector, EPOCH));
        next = _checkpoint();
        next.stakeHash = keccak256("other");
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.SameEpochOtherStake.selector, EPOCH));
        next.stakeTotal = 0; // before the distribution is found empty
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.SameEpochOtherStake.selector, EPOCH));
    }

    function test_count_neverBack_andSameCountSameRoot() external {
        Checkpoint memory next = _checkpoint();
        next.recordsCount = 0;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.SameCountOtherRoot.selector, 0));
        next.recordsRoot = verifier.rootOf(0);
        _submit(next, 31);
        next = _checkpoint();
        next.number = 2;
        _submit(next, 31);
        next.number = 3;
        next.recordsCount = 2;
        _refused(next, _error(ICheckpointVerifier.CountGoesBack.selector, 2, 3));
        next.recordsCount = 3;
        next.recordsRoot = keccak256("another root");
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.SameCountOtherRoot.selector, 3));
        next.recordsRoot = keccak256("a root");
        _submit(next, 31);
        next.number = 4;
        next.recordsCount = 4;
        next.recordsRoot = keccak256("another root");
        _submit(next, 31);
        vm.assertEq(verifier.rootOf(3), keccak256("a root"));
    }

    function test_emptyDistribution() external {
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        Checkpoint memory next = _checkpoint();
        next.epoch = EPOCH + 1;
        next.stakeTotal = 0;
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.EmptyDistribution.selector));
    }

    function test_signatures_mustMatchTheMap() external {
        Checkpoint memory next = _checkpoint();
        bytes32 digest = _digest(next);
        bytes memory all = _signAll(31, digest);
        _mapRefused(next, 15, all);
        _mapRefused(next, 31, _signAll(15, digest));
        _mapRefused(next, 31, bytes.concat(all, hex"1b"));
        _mapRefused(next, 0, hex"00");
        // Bits beyond the list.
        _mapRefused(next, 63, bytes.concat(all, _sign(0, digest)));
        _mapRefused(next, 1 << 5 | 15, all);
        _mapRefused(next, 1 << 255 | 15, all);
        _mapRefused(next, type(uint256).max, new bytes(256 * 65));
        _mapRefused(next, type(uint256).max, "");
    }

    function _mapRefused(Checkpoint memory next, uint256 bitmap, bytes memory signatures) private {
        uint256[] memory list = _list();
        vm.expectRevert(ICheckpointVerifier.SignaturesMismatch.selector);
        verifier.submit(next, list, bitmap, signatures);
    }

    function _badSignature(Checkpoint memory next, uint256 i, bytes memory signatures) private {
        uint256[] memory list = _list();
        bytes memory problem = abi.encodeWithSelector(ICheckpointVerifier.BadSignature.selector, vm.addr(keys[i]));
        vm.expectRevert(problem);
        verifier.submit(next, list, 31, signatures);
    }

    function test_signature_ofTheOtherHalfOrOfNoForm() external {
        Checkpoint memory next = _checkpoint();
        bytes32 digest = _digest(next);
        bytes memory before = _signAll(3, digest);
        bytes memory rest = _signAll(24, digest);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[2], digest);
        bytes memory high = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        _badSignature(next, 2, bytes.concat(before, high, rest));
        _badSignature(next, 2, bytes.concat(before, abi.encodePacked(r, s, v - 27), rest));
        _badSignature(next, 2, bytes.concat(before, abi.encodePacked(r, s, uint8(55) - v), rest));
        _badSignature(next, 2, bytes.concat(before, new bytes(65), rest));
        // Another node's, and in another order.
        _badSignature(next, 2, bytes.concat(before, _sign(3, digest), rest));
        _badSignature(next, 0, bytes.concat(_sign(1, digest), _sign(0, digest), _signAll(28, digest)));
        verifier.submit(next, _list(), 31, bytes.concat(before, abi.encodePacked(r, s, v), rest));
    }

    /// @dev A list with nobody in it, whose "signature" recovers to nobody.
    function test_signature_ofNobody() external {
        uint256[] memory list = new uint256[](1);
        list[0] = 100;
        Distribution memory genesis = Distribution({epoch: EPOCH, stakeHash: _stakeHash(list), stakeTotal: 100});
        verifier = new CheckpointVerifier(HOME, HUB, genesis, _profile(), GUARDIAN);
        Checkpoint memory next = _checkpoint();
        next.stakeHash = genesis.stakeHash;
        vm.expectRevert(abi.encodeWithSelector(ICheckpointVerifier.BadSignature.selector, address(0)));
        verifier.submit(next, list, 1, new bytes(65));
    }

    function test_signature_inAnotherDomain() external {
        Checkpoint memory next = _checkpoint();
        _badSignature(next, 0, _signAll(31, _digest(next, "2", HOME, HUB)));
        _badSignature(next, 0, _signAll(31, _digest(next, "1", REMOTE, HUB)));
        _badSignature(next, 0, _signAll(31, _digest(next, "1", HOME, address(verifier))));
        Checkpoint memory other = _checkpoint();
        ++other.homeBlock;
        _badSignature(next, 0, _signAll(31, _digest(other)));
    }

    /// @dev What is right on one remote chain is right on all of them, and on none of another network.
    function test_replay_onOtherChains() external {
        Checkpoint memory next = _checkpoint();
        _submit(next, 31);
        vm.chainId(REMOTE + 1);
        verifier = _deploy(HOME, HUB);
        _submit(next, 31);
        vm.assertEq(verifier.lastNumber(), 1);
        verifier = _deploy(HOME + 1, HUB);
        _badSignature(next, 0, _signAll(31, _digest(next)));
        verifier = _deploy(HOME, address(0x4C));
        _badSignature(next, 0, _signAll(31, _digest(next)));
    }

    function test_heldBack_pastTheTrustPeriod() external {
        Checkpoint memory next = _checkpoint();
        vm.warp(LIVE_UNTIL);
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.NotLive.selector, LIVE_UNTIL));
        // Not even one of a distribution of now.
        next.epoch = verifier.currentEpoch();
        _refused(next, abi.encodeWithSelector(ICheckpointVerifier.NotLive.selector, LIVE_UNTIL));
        next.epoch = EPOCH + 1;
        vm.warp(LIVE_UNTIL - 1);
        _submit(next, 31);
        vm.assertGt(verifier.liveUntil(), LIVE_UNTIL);
    }

    function test_widths() external {
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        Checkpoint memory next = _checkpoint();
        next.number = 2 ** 64;
        _refused(next, abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 64, 2 ** 64));
        next.number = 2 ** 64 - 1;
        next.recordsCount = 2 ** 64;
        _refused(next, abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 64, 2 ** 64));
        next.recordsCount = 2 ** 64 - 1;
        (next.epoch, next.stakeTotal) = (EPOCH + 1, 2 ** 96);
        _refused(next, abi.encodeWithSignature("SafeCastOverflowedUintDowncast(uint8,uint256)", 96, 2 ** 96));
        next.stakeTotal = 2 ** 96 - 1;
        _submit(next, 31);
        vm.assertEq(verifier.lastNumber(), 2 ** 64 - 1);
        vm.assertEq(verifier.distribution().stakeTotal, 2 ** 96 - 1);
    }

    // Against a straightforward re-implementation

    function testFuzz_submit_asWrittenDown(uint256 seed, uint256 bitmap, uint256 flaw) external {
        Checkpoint memory first = _checkpoint();
        if (seed % 2 == 0) _submit(first, 31);
        Checkpoint memory next = _checkpoint();
        vm.warp(seed % 16 == 0 ? LIVE_UNTIL - 1 + seed / 16 % 2 : GENESIS + (EPOCH + 2) * EPOCH_LENGTH);
        next.number = (seed >> 8) % 4;
        next.epoch = EPOCH - 1 + (seed >> 16) % 5;
        next.recordsCount = 2 + (seed >> 24) % 3;
        if ((seed >> 32) % 4 == 0) next.stakeTotal = (seed >> 34) % 2;
        if ((seed >> 40) % 4 == 0) next.recordsRoot = keccak256("another root");
        bitmap %= 32;
        bytes memory signatures = _signAll(bitmap, _digest(next));
        if (flaw % 4 == 0 && signatures.length != 0) signatures[flaw / 4 % signatures.length] ^= 0x04;
        if (flaw % 64 == 1) signatures = bytes.concat(signatures, hex"00");
        bytes memory expected = _expected(next, bitmap, signatures, seed % 2 == 0);
        try verifier.submit(next, _list(), bitmap, signatures) {
            vm.assertEq(expected.length, 0);
            vm.assertEq(verifier.rootOf(next.number), next.recordsRoot);
            vm.assertEq(verifier.lastNumber(), next.number);
        } catch (bytes memory problem) {
            vm.assertEq(problem, expected);
        }
    }

    function _expected(Checkpoint memory c, uint256 bitmap, bytes memory signatures, bool second)
        private
        view
        returns (bytes memory)
    {
        uint256 current = (block.timestamp - GENESIS) / EPOCH_LENGTH;
        uint256 last = second ? 1 : 0;
        uint256 count = second ? 3 : 0;
        if (block.timestamp >= LIVE_UNTIL) return abi.encodeWithSignature("NotLive(uint256)", LIVE_UNTIL);
        if (c.number <= last) return abi.encodeWithSignature("NumberNotNewer(uint256,uint256)", c.number, last);
        if (c.epoch < EPOCH) return abi.encodeWithSignature("EpochGoesBack(uint256,uint256)", c.epoch, EPOCH);
        if (c.epoch > current) return abi.encodeWithSignature("EpochInFuture(uint256,uint256)", c.epoch, current);
        if (c.epoch == EPOCH && c.stakeTotal != TOTAL) {
            return abi.encodeWithSignature("SameEpochOtherStake(uint256)", c.epoch);
        }
        if (c.recordsCount < count) {
            return abi.encodeWithSignature("CountGoesBack(uint256,uint256)", c.recordsCount, count);
        }
        if (second && c.recordsCount == 3 && c.recordsRoot != keccak256("a root")) {
            return abi.encodeWithSignature("SameCountOtherRoot(uint256)", 3);
        }
        if (c.stakeTotal == 0) return abi.encodeWithSignature("EmptyDistribution()");
        return _expectedOfSignatures(_digest(c), bitmap, signatures);
    }

    function _expectedOfSignatures(bytes32 digest, uint256 bitmap, bytes memory signatures)
        private
        view
        returns (bytes memory)
    {
        bytes memory good = _signAll(bitmap, digest);
        if (signatures.length != good.length) return abi.encodeWithSignature("SignaturesMismatch()");
        uint256 signed = 0;
        uint256 at = 0;
        for (uint256 i = 0; i < NODES; ++i) {
            if (bitmap & (1 << i) == 0) continue;
            for (uint256 k = 0; k < 65; ++k) {
                if (signatures[at + k] != good[at + k]) {
                    return abi.encodeWithSignature("BadSignature(address)", vm.addr(keys[i]));
                }
            }
            at += 65;
            signed += _weight(i);
        }
        if (2 * signed <= TOTAL) return abi.encodeWithSignature("NotEnoughWeight(uint256,uint256)", signed, TOTAL);
        return "";
    }
}
