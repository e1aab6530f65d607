// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Attestation, ICheckpoints} from "../src/interfaces/ICheckpoints.sol";
import {IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {Checkpoint} from "../src/libraries/SealedCheckpoints.sol";
import {SealTest} from "./base/SealTest.sol";
import {Vm} from "./base/Vm.sol";

/// @notice Given signatures over checkpoints, sealed and not: which are published, and which cost their node its bond.
contract ConsensusHubAttestTest is SealTest {
    Checkpoint private made;
    bytes32 private digest;

    function setUp() public override {
        super.setUp();
        (made,) = _seal(_all());
        digest = hub.checkpointDigestOf(1);
    }

    function _slash(Checkpoint memory shown, address node, bytes memory signature, bytes memory problem) private {
        if (problem.length != 0) vm.expectRevert(problem);
        hub.slashForgery(shown, node, signature);
    }

    function _bad(address node) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IConsensusHub.BadSignature.selector, node);
    }

    function test_attest_skipsWhatIsNotItsNodes() external {
        Attestation[] memory entries = new Attestation[](7);
        address node = vm.addr(keys[0]);
        entries[0] = Attestation(node, _signature(keys[0], digest));
        entries[1] = Attestation(vm.addr(keys[1]), entries[0].signature);
        entries[2] = Attestation(node, _highS(keys[0], digest));
        entries[3] = Attestation(node, _lowV(keys[0], digest));
        entries[4] = Attestation(node, _signature(keys[0], keccak256("other")));
        entries[5] = Attestation(address(0), new bytes(65));
        entries[6] = Attestation(node, bytes.concat(entries[0].signature, hex"00"));
        vm.recordLogs();
        bytes4[] memory refusals = hub.attest(1, entries);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 7);
        for (uint256 i = 0; i < 7; ++i) {
            vm.assertEq(bytes32(refusals[i]), i == 0 ? bytes4(0) : IConsensusHub.BadSignature.selector);
            bool good = i == 0;
            vm.assertEq(
                logs[i].topics[0], good ? ICheckpoints.Attested.selector : ICheckpoints.AttestationSkipped.selector
            );
            vm.assertEq(uint256(logs[i].topics[1]), 1);
            vm.assertEq(address(uint160(uint256(logs[i].topics[2]))), entries[i].node);
        }
        vm.assertEq(abi.decode(logs[0].data, (bytes)), entries[0].signature);
    }

    function test_attest_onlySealed() external {
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NotSealed.selector, 2));
        hub.attest(2, new Attestation[](0));
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NotSealed.selector, 0));
        hub.attest(0, new Attestation[](0));
    }

    function test_forgery_ofEachField() external {
        for (uint256 field = 0; field < 7; ++field) {
            Checkpoint memory forged = _altered(field);
            address node = vm.addr(keys[field % 3]);
            uint256 before = nodes.nodeOf(node).bonded;
            bytes memory signature = _signature(keys[field % 3], _digest(forged));
            if (field < 3) {
                _slash(forged, node, signature, "");
                vm.assertEq(nodes.nodeOf(node).bonded, before / 2);
                vm.assertTrue(nodes.nodeOf(node).tombstoned);
            } else {
                // One forgery counts, whatever it is a forgery of.
                _slash(forged, node, signature, abi.encodeWithSelector(ICheckpoints.ForgeryNotCounted.selector, node));
                vm.assertEq(nodes.nodeOf(node).bonded, before);
            }
        }
    }

    function _altered(uint256 field) private view returns (Checkpoint memory forged) {
        bytes32[7] memory words = abi.decode(abi.encode(made), (bytes32[7]));
        words[field] = bytes32(uint256(words[field]) + 1);
        return abi.decode(abi.encode(words), (Checkpoint));
    }

    function test_forgery_neverOfWhatWasSealed() external {
        bytes memory signature = _signature(keys[0], digest);
        bytes memory problem = abi.encodeWithSelector(ICheckpoints.CheckpointSealed.selector, 1);
        _slash(made, vm.addr(keys[0]), signature, problem);
        // Nor later, when there are newer ones.
        _pass(EPOCH_LENGTH);
        _seal(_all());
        _slash(made, vm.addr(keys[0]), signature, problem);
        _slash(made, vm.addr(keys[0]), "", problem);
    }

    function test_forgery_needsTheNodesSignature() external {
        Checkpoint memory forged = _altered(4);
        bytes32 content = _digest(forged);
        address node = vm.addr(keys[0]);
        _slash(forged, node, _signature(keys[1], content), _bad(node));
        _slash(forged, node, _highS(keys[0], content), _bad(node));
        _slash(forged, node, _lowV(keys[0], content), _bad(node));
        _slash(forged, node, "", _bad(node));
        _slash(forged, address(0), new bytes(65), _bad(address(0)));
        // In no other domain: another version, chain or hub is another network's matter.
        bytes32[3] memory others = [
            _separator(keccak256("2"), block.chainid, address(hub)),
            _separator(keccak256("1"), block.chainid + 1, address(hub)),
            _separator(keccak256("1"), block.chainid, address(nodes))
        ];
        for (uint256 i = 0; i < 3; ++i) {
            _slash(forged, node, _signature(keys[0], _digest(forged, others[i])), _bad(node));
        }
    }

    function test_forgery_ofACheckpointStillToCome() external {
        Checkpoint memory early = made;
        early.number = 2;
        _slash(early, vm.addr(keys[2]), _signature(keys[2], _digest(early)), "");
        vm.assertTrue(nodes.nodeOf(vm.addr(keys[2])).tombstoned);
    }

    function test_forgery_takesFromUnbondingToo() external {
        address node = vm.addr(keys[0]);
        uint256 bonded = nodes.nodeOf(node).bonded;
        nodes.unbond(node, bonded);
        Checkpoint memory forged = _altered(1);
        _slash(forged, node, _signature(keys[0], _digest(forged)), "");
        vm.assertEq(nodes.nodeOf(node).unbonding, bonded / 2);
    }

    function test_forgery_byWhoHasNothing_costsOnceThereIsSomething() external {
        address node = vm.addr(keys[0]);
        uint256 bonded = nodes.nodeOf(node).bonded;
        nodes.unbond(node, bonded);
        _pass(43 * EPOCH_LENGTH);
        nodes.withdraw(node, address(this));
        Checkpoint memory forged = _altered(1);
        bytes memory signature = _signature(keys[0], _digest(forged));
        _slash(forged, node, signature, abi.encodeWithSelector(ICheckpoints.ForgeryNotCounted.selector, node));
        nodes.bond(node, 10);
        _slash(forged, node, signature, "");
        vm.assertEq(nodes.nodeOf(node).bonded, 5);
        vm.assertTrue(nodes.nodeOf(node).tombstoned);
    }

    /// @dev It stays in the epoch's distribution, which is the registry's as it began.
    function test_forgery_leavesTheEpochSealable() external {
        _pass(EPOCH_LENGTH);
        Checkpoint memory forged = _altered(1);
        _slash(forged, vm.addr(keys[0]), _signature(keys[0], _digest(forged)), "");
        (Checkpoint memory next,) = _seal(_all());
        vm.assertEq(next.stakeTotal, 100);
    }

    function test_listGateway() external {
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.NotCurator.selector, address(this)));
        hub.listGateway(5, address(7));
        vm.assertEq(hub.listedFrom(5, address(7)), 0);
        vm.prank(CURATOR);
        vm.expectEmit(true, true, true, true);
        emit ICheckpoints.GatewayListed(5, address(7), NOW + LISTING_DELAY);
        hub.listGateway(5, address(7));
        vm.assertEq(hub.listedFrom(5, address(7)), NOW + LISTING_DELAY);
        vm.assertEq(hub.listedFrom(6, address(7)), 0);
        vm.assertEq(hub.listedFrom(5, address(8)), 0);
        vm.warp(NOW + LISTING_DELAY);
        vm.prank(CURATOR);
        vm.expectRevert(abi.encodeWithSelector(ICheckpoints.AlreadyListed.selector, 5, address(7)));
        hub.listGateway(5, address(7));
        vm.assertEq(hub.curator(), CURATOR);
    }
}
