// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {SystemHandler} from "./base/SystemHandler.t.sol";
import {SystemTest} from "./base/SystemTest.sol";

/// @notice What holds whatever anybody does to registry, hub and gateway together.
/// forge-config: default.invariant.fail-on-revert = true
/// forge-config: ci.invariant.fail-on-revert = true
contract SystemInvariantTest is SystemTest {
    /// @dev How forge is told what to call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() external {
        handler = new SystemHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), handler.steps());
    }

    /// @dev One campaign for all: a campaign each would only play the same games again.
    function invariant_system() external {
        _check(4);
    }

    /// @dev Invariants 1 and 8: every round with quorum ends in a record, and no escrow, reward or bond is stuck.
    function afterInvariant() external {
        handler.settle();
        _check(type(uint256).max);
        _checkSettled();
    }
}
