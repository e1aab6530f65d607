// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ConsensusHub} from "../src/ConsensusHub.sol";
import {HubProfile, IConsensusHub} from "../src/interfaces/IConsensusHub.sol";
import {INodeRegistry, RegistryProfile} from "../src/interfaces/INodeRegistry.sol";
import {HubTest} from "./base/HubTest.sol";
import {MockRegistry} from "./base/MockRegistry.sol";

/// @notice Given a profile of which one relation does not hold: when the hub is deployed, it refuses by name.
contract ConsensusHubProfileTest is HubTest {
    function _expectRefused(HubProfile memory profile, RegistryProfile memory stake, string memory relation) private {
        MockRegistry other = new MockRegistry(stake);
        vm.expectRevert(abi.encodeWithSelector(IConsensusHub.ProfileInconsistent.selector, relation));
        new ConsensusHub(INodeRegistry(address(other)), CURATOR, profile);
    }

    function _expectRefused(HubProfile memory profile, string memory relation) private {
        _expectRefused(profile, _stake(), relation);
    }

    function test_good_isKept() external view {
        vm.assertEq(keccak256(abi.encode(hub.profile())), keccak256(abi.encode(_profile())));
        vm.assertEq(hub.version(), 1);
        vm.assertEq(address(hub.registry()), address(registry));
        vm.assertEq(hub.recordsCount(), 0);
    }

    function test_windows() external {
        HubProfile memory profile = _profile();
        profile.bounds.minCommitWindow = 0;
        _expectRefused(profile, "minCommitWindow > 0");
        profile = _profile();
        profile.bounds.minCommitWindow = profile.bounds.maxCommitWindow + 1;
        _expectRefused(profile, "minCommitWindow <= maxCommitWindow");
        profile = _profile();
        profile.bounds.maxCommitWindow = type(uint256).max;
        _expectRefused(profile, "maxCommitWindow < 2^31");
        profile = _profile();
        profile.revealWindow = 0;
        _expectRefused(profile, "revealWindow > 0");
        profile.revealWindow = type(uint256).max;
        _expectRefused(profile, "revealWindow < 2^40");
    }

    function test_fuel() external {
        HubProfile memory profile = _profile();
        profile.bounds.maxFuel = 2 ** 64;
        _expectRefused(profile, "maxFuel < 2^64");
        profile.bounds.maxFuel = 0;
        _expectRefused(profile, "maxFuel > 0");
    }

    function test_phaseBlocks() external {
        HubProfile memory profile = _profile();
        profile.phaseBlocks = 19;
        _expectRefused(profile, "phaseBlocks >= 20");
        profile.phaseBlocks = 2 ** 31;
        _expectRefused(profile, "phaseBlocks < 2^31");
    }

    function test_blockTime() external {
        HubProfile memory profile = _profile();
        profile.blockTime = 0;
        _expectRefused(profile, "blockTime > 0");
    }

    function test_attemptLife() external {
        HubProfile memory profile = _profile();
        profile.attemptLife = 0;
        _expectRefused(profile, "attemptLife > 0");
        profile.attemptLife = type(uint256).max;
        _expectRefused(profile, "attemptLife < 2^40");
        profile.attemptLife = EPOCH_LENGTH - 1 hours - REVEAL_WINDOW + 1;
        _expectRefused(profile, "attemptLife + maxCommitWindow + revealWindow <= epochLength");
        profile.attemptLife = 6;
        _expectRefused(profile, "maxTaskLife / attemptLife < 2^16 - 1");
    }

    function test_maxTaskLife() external {
        HubProfile memory profile = _profile();
        profile.maxTaskLife = 1 hours + REVEAL_WINDOW - 1;
        _expectRefused(profile, "maxCommitWindow + revealWindow <= maxTaskLife");
        profile.maxTaskLife = 2 ** 40;
        _expectRefused(profile, "maxTaskLife < 2^40");
    }

    function test_registry() external {
        RegistryProfile memory stake = _stake();
        stake.maxActive = 257;
        _expectRefused(_profile(), stake, "maxActive <= 256");
        vm.expectRevert(abi.encodeWithSelector(IConsensusHub.ProfileInconsistent.selector, "registry.hub = this"));
        new ConsensusHub(INodeRegistry(address(registry)), CURATOR, _profile());
    }
}
