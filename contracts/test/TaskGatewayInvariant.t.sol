// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {GatewayHandler} from "./base/GatewayHandler.sol";
import {GatewayTest} from "./base/GatewayTest.sol";

/// @notice Random calls, valid and not, by requesters that misbehave, deliverers, winners and the treasurer.
contract TaskGatewayInvariantTest is GatewayTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    GatewayHandler private _handler;

    function setUp() public override {
        super.setUp();
        _handler = new GatewayHandler(gateway, verifier, probe);
    }

    /// @dev Forge calls these contracts only,
    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev and of them these functions.
    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(_handler), _handler.steps());
    }

    /// @notice Balance = open escrow + credits + unclaimed shares (dust among them) + treasury.
    function invariant_balanceIsWhatIsOwed() external view {
        uint256 owed = _handler.openEscrow() + _handler.unclaimed() + _handler.treasury();
        for (uint256 i = 0; i < _handler.holdersCount(); i++) {
            address holder = _handler.holders(i);
            vm.assertEq(gateway.creditOf(holder), _handler.owedTo(holder), "credit");
            owed += _handler.owedTo(holder);
        }
        vm.assertEq(gateway.treasury(), _handler.treasury(), "treasury");
        vm.assertEq(address(gateway).balance, owed, "balance");
        vm.assertEq(_handler.paidIn(), _handler.paidOut() + owed, "in and out");
    }

    /// @notice Each step succeeds just when it should; a task is paid out at most once.
    function invariant_everyStepGoesAsForetold() external view {
        vm.assertEq(bytes(_handler.broken()), "");
    }

    /// @notice requested → delivered | refunded, and no further; only what was delivered can be claimed.
    function invariant_statesOnlyMoveForward() external view {
        for (uint256 i = 0; i < _handler.tasksCount(); i++) {
            (bytes32 taskId, ITaskGateway.TaskState state) = _handler.taskAt(i);
            vm.assertEq(uint256(gateway.stateOf(taskId)), uint256(state), "state");
            if (state == ITaskGateway.TaskState.DELIVERED) continue;
            vm.assertFalse(gateway.isClaimed(taskId, 0));
            vm.assertFalse(gateway.callbackFailed(taskId));
        }
    }
}
