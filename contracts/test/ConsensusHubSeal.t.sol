// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConsensusHub} from "../src/ConsensusHub.sol";
import {ICheckpoints, Seal} from "../src/interfaces/ICheckpoints.sol";
import {HubProfile, IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {Mode} from "../src/libraries/Params.sol";
import {Checkpoint} from "../src/libraries/SealedCheckpoints.sol";
import {SealTest} from "./base/SealTest.sol";

/// @notice Given nodes with tokens: what can be sealed, by anyone, and when.
contract ConsensusHubSealTest is SealTest {
    function _refused(address[] memory list, bytes memory problem) private {
        vm.expectRevert(problem);
        hub.seal(list);
    }

    function _none() private pure returns (address[] memory) {
        return new address[](0);
    }

    function test_list_fixesEveryFieldFromTheHubsState() external {
        vm.prank(address(0xbad));
        (Checkpoint memory made, uint256[] memory words) = _seal(_all());
        vm.assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(_words(EPOCH))));
        vm.assertEq(made.number, 1);
        vm.assertEq(made.epoch, EPOCH);
        vm.assertEq(made.stakeHash, _stakeHash(words));
        vm.assertEq(made.stakeTotal, 100);
        vm.assertEq(made.recordsRoot, hub.recordsRoot());
        vm.assertEq(made.recordsCount, 0);
        vm.assertEq(made.homeBlock, BLOCK);
        vm.assertEq(hub.checkpointDigestOf(1), _digest(made));
        vm.assertEq(hub.checkpointDigestOf(2), 0);
        Seal memory last = hub.lastSeal();
        vm.assertEq(
            keccak256(abi.encode(last)), keccak256(abi.encode(uint256(1), EPOCH, made.stakeHash, uint256(100), NOW))
        );
    }

    function test_list_records() external {
        Play memory play = _playOf(3);
        play.outcomes = _three(_text("a"), _text("a"), _text("a"));
        play.weights = _weights(40, 30, 30);
        _commitAll(1, play.outcomes);
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(_revealEntry(i, play.weights[i], play.outcomes[i]));
        }
        _finalize(play, Mode.EXACT);
        (Checkpoint memory made,) = _seal(_all());
        vm.assertEq(made.recordsCount, 1);
        vm.assertEq(made.recordsRoot, hub.recordsRoot());
    }

    function test_list_mustAscend() external {
        address[] memory list = _all();
        (list[1], list[2]) = (list[2], list[1]);
        _refused(list, abi.encodeWithSelector(ICheckpoints.NotAscending.selector, 2));
        list = _all();
        list[1] = list[0];
        _refused(list, abi.encodeWithSelector(ICheckpoints.NotAscending.selector, 1));
    }

    function test_list_mustBeActive() external {
        address[] memory list = _all();
        list[2] = address(type(uint160).max);
        _refused(list, abi.encodeWithSelector(IConsensusHub.NotActive.selector, list[2], EPOCH));
        list[0] = address(0);
        _refused(list, abi.encodeWithSelector(IConsensusHub.NotActive.selector, address(0), EPOCH));
    }

    function test_list_mustBeWhole() external {
        address[] memory list = new address[](2);
        (list[0], list[1]) = (_all()[0], _all()[2]);
        uint256 weight = _weightOf(list[0], EPOCH) + _weightOf(list[1], EPOCH);
        _refused(list, abi.encodeWithSelector(ICheckpoints.DistributionIncomplete.selector, 2, weight));
    }

    function test_list_ofDirtyAddresses() external {
        bytes memory call = abi.encodeCall(ICheckpoints.seal, (_all()));
        call[4 + 64] = 0x01;
        (bool success,) = address(hub).call(call);
        vm.assertFalse(success);
    }

    function test_list_oncePerEpoch_atAnyTime() external {
        _seal(_all());
        _refused(_all(), abi.encodeWithSelector(ICheckpoints.AlreadySealed.selector, EPOCH));
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH - 1);
        _seal(_none());
        vm.warp(GENESIS + (EPOCH + 1) * EPOCH_LENGTH);
        (Checkpoint memory made,) = _seal(_all());
        vm.assertEq(made.number, 3);
        vm.assertEq(made.epoch, EPOCH + 1);
    }

    /// @dev What counts is what weighed when the epoch began, changes in it or not.
    function test_list_ofAnEpochInWhichWeightsChange() external {
        nodes.bond(_node(0), 5);
        nodes.unbond(_node(1), 30);
        nodes.setPayout(_node(2), address(1));
        (Checkpoint memory made, uint256[] memory words) = _seal(_all());
        vm.assertEq(made.stakeTotal, 100);
        vm.assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(_words(EPOCH))));
        _pass(EPOCH_LENGTH);
        _refused(_all(), abi.encodeWithSelector(IConsensusHub.NotActive.selector, _node(1), EPOCH + 1));
    }

    function test_list_whenNobodyIsActive() external {
        vm.warp(GENESIS + 1);
        _refused(_all(), abi.encodeWithSelector(IConsensusHub.NoActiveNodes.selector, 0));
        _refused(_none(), abi.encodeWithSelector(IConsensusHub.NoActiveNodes.selector, 0));
    }

    function test_empty_needsADistribution() external {
        _refused(_none(), abi.encodeWithSelector(ICheckpoints.NothingSealed.selector));
    }

    function test_empty_fromTheIntervalOn() external {
        _seal(_all());
        uint256 earliest = NOW + MIN_SEAL_INTERVAL;
        vm.warp(earliest - 1);
        _refused(_none(), abi.encodeWithSelector(ICheckpoints.SealTooSoon.selector, earliest));
        vm.warp(earliest);
        (Checkpoint memory made, uint256[] memory words) = _seal(_none());
        vm.assertEq(words.length, 0);
        vm.assertEq(made.number, 2);
        vm.assertEq(made.epoch, EPOCH);
        _refused(_none(), abi.encodeWithSelector(ICheckpoints.SealTooSoon.selector, earliest + MIN_SEAL_INTERVAL));
    }

    function test_empty_isRedatedWhileNothingChanges() external {
        (Checkpoint memory first,) = _seal(_all());
        _pass(3 * EPOCH_LENGTH);
        nodes.setPayout(_node(2), address(1));
        (Checkpoint memory made,) = _seal(_none());
        vm.assertEq(made.epoch, EPOCH + 3);
        vm.assertEq(made.stakeHash, first.stakeHash);
        vm.assertEq(made.stakeTotal, first.stakeTotal);
        // The same as if it had been listed.
        _refused(_all(), abi.encodeWithSelector(ICheckpoints.AlreadySealed.selector, EPOCH + 3));
    }

    function test_empty_keepsItsEpochOnceSomethingChanged() external {
        _seal(_all());
        nodes.bond(_node(0), 1);
        _pass(MIN_SEAL_INTERVAL);
        (Checkpoint memory made,) = _seal(_none());
        vm.assertEq(made.epoch, EPOCH);
        _pass(2 * EPOCH_LENGTH);
        (made,) = _seal(_none());
        vm.assertEq(made.epoch, EPOCH);
        vm.assertEq(made.stakeTotal, 100);
        (made,) = _seal(_all());
        vm.assertEq(made.epoch, EPOCH + 2);
        vm.assertEq(made.stakeTotal, 101);
    }

    /// @dev A change that is undone in its epoch costs a list, nothing else.
    function test_empty_changedAndChangedBack() external {
        _seal(_all());
        nodes.bond(_node(0), 10);
        nodes.unbond(_node(0), 10);
        _pass(EPOCH_LENGTH);
        vm.assertEq(nodes.lastChange(EPOCH + 1), EPOCH + 1);
        (Checkpoint memory made,) = _seal(_none());
        vm.assertEq(made.epoch, EPOCH);
    }

    function test_lastChange_ofAnyEpoch() external {
        vm.assertEq(nodes.lastChange(EPOCH - 1), 0);
        uint256[5] memory changed = [uint256(2), 3, 5, 9, 10];
        uint256 at = EPOCH;
        for (uint256 i = 0; i < 5; ++i) {
            vm.warp(GENESIS + (EPOCH + changed[i] - 1) * EPOCH_LENGTH);
            nodes.bond(_node(0), 1);
        }
        for (uint256 epoch = EPOCH; epoch < EPOCH + 15; ++epoch) {
            for (uint256 i = 0; i < 5; ++i) {
                if (EPOCH + changed[i] <= epoch) at = EPOCH + changed[i];
            }
            vm.assertEq(nodes.lastChange(epoch), at);
        }
    }

    function test_weightsAt_asSnapshotAt() external {
        for (uint256 i = 0; i < 6; ++i) {
            _pass(EPOCH_LENGTH);
            nodes.bond(_node(0), 7);
            if (i == 3) nodes.bond(_node(1), 5);
            for (uint256 epoch = EPOCH + i; epoch < EPOCH + i + 3; ++epoch) {
                uint256[] memory found = nodes.weightsAt(_all(), epoch);
                for (uint256 k = 0; k < 3; ++k) {
                    vm.assertEq(found[k], _weightOf(_all()[k], epoch));
                }
            }
        }
        vm.expectRevert(abi.encodeWithSignature("EpochTooOld(uint256)", EPOCH));
        nodes.weightsAt(_all(), EPOCH);
        vm.assertEq(nodes.weightsAt(new address[](0), EPOCH).length, 0);
    }

    function test_curator_zero() external {
        vm.expectRevert(ICheckpoints.ZeroAddress.selector);
        new ConsensusHub(nodes, address(0), _profile());
    }

    function test_profile() external {
        string[4] memory relations =
            ["minSealInterval > 0", "minSealInterval < 2^40", "listingDelay > 0", "listingDelay < 2^40"];
        for (uint256 i = 0; i < 4; ++i) {
            HubProfile memory profile = _profile();
            uint256 value = i % 2 == 0 ? 0 : 2 ** 40;
            if (i < 2) profile.minSealInterval = value;
            else profile.listingDelay = value;
            vm.expectRevert(abi.encodeWithSelector(IConsensusHub.ProfileInconsistent.selector, relations[i]));
            new ConsensusHub(nodes, CURATOR, profile);
        }
    }
}
