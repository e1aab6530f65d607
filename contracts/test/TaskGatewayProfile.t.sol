// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TaskGateway} from "../src/TaskGateway.sol";
import {GatewayProfile, ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {GatewayTest} from "./base/GatewayTest.sol";

contract TaskGatewayProfileTest is GatewayTest {
    function test_deployment_givenAConsistentProfile_keepsIt() external view {
        vm.assertEq(abi.encode(gateway.profile()), abi.encode(_profile()));
        vm.assertEq(address(gateway.verifier()), address(verifier));
        vm.assertEq(gateway.treasurer(), TREASURER);
        vm.assertEq(gateway.version(), 1);
    }

    function test_deployment_givenLimitsReachedExactly_isTaken() external {
        GatewayProfile memory profile = _profile();
        profile.maxTaskLife = 3600 + REVEAL_WINDOW + SETTLE_TIME;
        profile.bounds.minCommitWindow = 3600;
        profile.bounds.maxFuel = type(uint64).max;
        profile.maxCallbackGas = block.gaslimit / 4;
        profile.refundMargin = 1;
        new TaskGateway(verifier, TREASURER, profile);
    }

    function test_deployment_whenWindowsDoNotFitATasksLife_reverts() external {
        GatewayProfile memory profile = _profile();
        profile.maxTaskLife = 3600 + REVEAL_WINDOW + SETTLE_TIME - 1;
        _assertRefused(profile, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife");
        profile = _profile();
        profile.bounds.maxCommitWindow = type(uint256).max;
        _assertRefused(profile, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife");
        profile = _profile();
        profile.revealWindow = type(uint256).max;
        _assertRefused(profile, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife");
        profile = _profile();
        profile.settleTime = type(uint256).max;
        _assertRefused(profile, "maxCommitWindow + revealWindow + settleTime <= maxTaskLife");
    }

    function test_deployment_whenCommitWindowsAreDisordered_reverts() external {
        GatewayProfile memory profile = _profile();
        profile.bounds.minCommitWindow = 3601;
        _assertRefused(profile, "minCommitWindow <= maxCommitWindow");
        profile.bounds.minCommitWindow = 0;
        _assertRefused(profile, "minCommitWindow > 0");
    }

    function test_deployment_whenATimeIsZeroOrHuge_reverts() external {
        GatewayProfile memory profile = _profile();
        profile.revealWindow = 0;
        _assertRefused(profile, "revealWindow > 0");
        profile = _profile();
        profile.refundMargin = 0;
        _assertRefused(profile, "refundMargin > 0");
        profile.refundMargin = 2 ** 32;
        _assertRefused(profile, "refundMargin < 2^32");
        profile = _profile();
        profile.maxTaskLife = 2 ** 32;
        _assertRefused(profile, "maxTaskLife < 2^32");
    }

    function test_deployment_whenFuelIsOutOfRange_reverts() external {
        GatewayProfile memory profile = _profile();
        profile.bounds.maxFuel = 2 ** 64;
        _assertRefused(profile, "maxFuel < 2^64");
        profile.bounds.maxFuel = 0;
        _assertRefused(profile, "maxFuel > 0");
    }

    function test_deployment_whenCallbacksTakeMoreThanAQuarterOfABlock_reverts() external {
        GatewayProfile memory profile = _profile();
        profile.maxCallbackGas = block.gaslimit / 4 + 1;
        _assertRefused(profile, "maxCallbackGas <= block gas limit / 4");
    }

    function _assertRefused(GatewayProfile memory profile, string memory relation) private {
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.ProfileInconsistent.selector, relation));
        new TaskGateway(verifier, TREASURER, profile);
    }
}
