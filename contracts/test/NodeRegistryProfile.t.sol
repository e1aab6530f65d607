// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {NodeRegistry} from "../src/NodeRegistry.sol";
import {INodeRegistry, RegistryProfile} from "../src/interfaces/INodeRegistry.sol";
import {NodeRegistryTest} from "./base/NodeRegistryTest.sol";

contract NodeRegistryProfileTest is NodeRegistryTest {
    function _refused(RegistryProfile memory profile, string memory relation) private {
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.ProfileInconsistent.selector, relation));
        new NodeRegistry(token, address(this), address(this), profile);
    }

    function test_keepsWhatItWasGiven() external view {
        vm.assertEq(abi.encode(registry.profile()), abi.encode(_profile()));
        vm.assertEq(address(registry.token()), address(token));
        vm.assertEq(registry.hub(), address(this));
        vm.assertEq(registry.treasurer(), address(this));
        vm.assertEq(registry.version(), 1);
    }

    function test_refusesZeroAddresses() external {
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        new NodeRegistry(IERC20(address(0)), address(this), address(this), _profile());
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        new NodeRegistry(token, address(0), address(this), _profile());
        vm.expectRevert(INodeRegistry.ZeroAddress.selector);
        new NodeRegistry(token, address(this), address(0), _profile());
    }

    function test_refusesBrokenTimes() external {
        RegistryProfile memory profile = _profile();
        profile.genesisTime = GENESIS + 1;
        _refused(profile, "genesisTime <= now");
        profile = _profile();
        profile.epochLength = 0;
        _refused(profile, "epochLength > 0");
        profile = _profile();
        profile.unbondingEpochs = 3;
        _refused(profile, "unbondingEpochs > 3");
        profile.unbondingEpochs = 10_001;
        _refused(profile, "unbondingEpochs <= 10000");
        profile = _profile();
        profile.idleEpochs = 0;
        _refused(profile, "idleEpochs > 0");
    }

    function test_refusesBrokenSets() external {
        RegistryProfile memory profile = _profile();
        profile.maxActive = 0;
        _refused(profile, "maxActive > 0");
        profile.maxActive = 257;
        _refused(profile, "maxActive <= 256");
        profile = _profile();
        profile.minBond = 0;
        _refused(profile, "minBond > 0");
        profile = _profile();
        profile.minActiveWeight = MIN_BOND - 1;
        _refused(profile, "minActiveWeight >= minBond");
    }

    function test_refusesBrokenShares() external {
        RegistryProfile memory profile = _profile();
        profile.unrevealedShare = 1001;
        _refused(profile, "unrevealedShare <= randomShare");
        profile = _profile();
        profile.randomShare = 5001;
        _refused(profile, "randomShare <= forgeryShare");
        profile = _profile();
        profile.forgeryShare = 10_001;
        _refused(profile, "forgeryShare <= 10000");
        profile.forgeryShare = 10_000;
        profile.randomShare = 10_000;
        _refused(profile, "randomShare < 10000");
    }

    function test_acceptsTheBounds() external {
        RegistryProfile memory profile = _profile();
        profile.epochLength = 1;
        profile.unbondingEpochs = 4;
        profile.idleEpochs = 1;
        profile.maxActive = 256;
        profile.minBond = 1;
        profile.minActiveWeight = 1;
        profile.randomShare = 9999;
        profile.forgeryShare = 10_000;
        vm.assertEq(new NodeRegistry(token, address(this), address(this), profile).profile().maxActive, 256);
    }

    function test_fitsASmallBlock() external {
        uint256 before = gasleft();
        NodeRegistry deployed = new NodeRegistry(token, address(this), address(this), _profile());
        vm.assertLt(before - gasleft(), 4_000_000);
        vm.assertLt(address(deployed).code.length, 24_576);
    }

    function testFuzz_epochsAreHalfOpen(uint256 secondsSince) external {
        secondsSince = _between(secondsSince, 0, 10 ** 9);
        vm.warp(GENESIS + secondsSince);
        uint256 epoch = registry.currentEpoch();
        vm.assertLe(epoch * EPOCH, secondsSince);
        vm.assertLt(secondsSince, (epoch + 1) * EPOCH);
    }
}
