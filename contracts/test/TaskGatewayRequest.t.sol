// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Params} from "../src/libraries/Params.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";

/// @dev Asks within its own constructor.
contract Newborn {
    bytes32 public immutable taskId;

    constructor(ITaskGateway gateway, bytes32 program, uint256 params) payable {
        taskId = gateway.request{value: msg.value}(program, "", params, 50_000, 0);
    }
}

contract TaskGatewayRequestTest is GatewayTest {
    uint256 private constant SOONEST = NOW + COMMIT_WINDOW + REVEAL_WINDOW + SETTLE_TIME;
    uint256 private constant LATEST = NOW + MAX_TASK_LIFE;

    function test_request_whenAcceptable_keepsTheMoneyAndTellsEverything() external {
        Request memory task = _task(ALICE, 0, PRICE, TIP, 5);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.TaskRequested(_taskId(task), PROGRAM, ALICE, 0, PRICE, TIP, 5, NOW, task.params, INPUT);
        vm.prank(ALICE);
        bytes32 taskId = gateway.request{value: PRICE + TIP}(PROGRAM, INPUT, task.params, 5, TIP);
        vm.assertEq(taskId, _taskId(task));
        vm.assertEq(gateway.taskIdOf(task), taskId);
        _assertState(task, ITaskGateway.TaskState.REQUESTED);
        vm.assertEq(address(gateway).balance, PRICE + TIP);
        vm.assertEq(gateway.nonce(), 1);
    }

    function test_request_whenAskedTwice_makesTwoTasks() external {
        vm.assertTrue(_taskId(_request()) != _taskId(_request()));
        vm.assertEq(gateway.nonce(), 2);
    }

    function test_request_givenAContractInConstruction_isTaken() external {
        Newborn newborn = new Newborn{value: PRICE}(gateway, PROGRAM, _exact(EXPIRES_AT));
        vm.assertEq(uint256(gateway.stateOf(newborn.taskId())), uint256(ITaskGateway.TaskState.REQUESTED));
    }

    function test_request_givenRandomWithoutProgram_isTaken() external {
        gateway.request{value: PRICE}(0, "", _params(2, 0, COMMIT_WINDOW, 0, EXPIRES_AT), 0, 0);
    }

    function test_request_givenMedianWithTolerance_isTaken() external {
        gateway.request{value: PRICE}(PROGRAM, "", _params(1, 10_000, COMMIT_WINDOW, 1, EXPIRES_AT), 0, 0);
    }

    function test_request_whenProgramAndModeDisagree_reverts() external {
        uint256 random = _params(2, 0, COMMIT_WINDOW, 0, EXPIRES_AT);
        _assertRefused(PROGRAM, random, 0, abi.encodeWithSelector(ITaskGateway.ProgramMismatch.selector, PROGRAM));
        bytes memory none = abi.encodeWithSelector(ITaskGateway.ProgramMismatch.selector, bytes32(0));
        _assertRefused(0, _exact(EXPIRES_AT), 0, none);
        _assertRefused(0, _params(1, 0, COMMIT_WINDOW, 1, EXPIRES_AT), 0, none);
    }

    function test_request_whenTipIsAboveValue_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TipAboveValue.selector, 11, 10));
        gateway.request{value: 10}(PROGRAM, INPUT, _exact(EXPIRES_AT), 0, 11);
    }

    function test_request_whenPriceIsBelowMinimum_reverts() external {
        vm.expectRevert(
            abi.encodeWithSelector(ITaskGateway.PriceBelowMinimum.selector, MIN_PRICE - 1, MIN_PRICE)
        );
        gateway.request{value: MIN_PRICE - 1 + TIP}(PROGRAM, INPUT, _exact(EXPIRES_AT), 0, TIP);
        gateway.request{value: MIN_PRICE + TIP}(PROGRAM, INPUT, _exact(EXPIRES_AT), 0, TIP);
    }

    function test_request_whenCallbackGasIsTooHigh_reverts() external {
        bytes memory refusal = abi.encodeWithSelector(
            ITaskGateway.CallbackGasTooHigh.selector, MAX_CALLBACK_GAS + 1, MAX_CALLBACK_GAS
        );
        _assertRefused(PROGRAM, _exact(EXPIRES_AT), MAX_CALLBACK_GAS + 1, refusal);
        gateway.request{value: PRICE}(PROGRAM, INPUT, _exact(EXPIRES_AT), MAX_CALLBACK_GAS, 0);
    }

    function test_request_whenExpiringTooSoon_revertsToTheSecond() external {
        bytes memory refusal = abi.encodeWithSelector(ITaskGateway.ExpiresTooSoon.selector, SOONEST - 1, SOONEST);
        _assertRefused(PROGRAM, _exact(SOONEST - 1), 0, refusal);
        gateway.request{value: PRICE}(PROGRAM, INPUT, _exact(SOONEST), 0, 0);
    }

    function test_request_whenExpiringTooLate_revertsToTheSecond() external {
        bytes memory refusal = abi.encodeWithSelector(ITaskGateway.ExpiresTooLate.selector, LATEST + 1, LATEST);
        _assertRefused(PROGRAM, _exact(LATEST + 1), 0, refusal);
        _assertRefused(
            PROGRAM,
            _exact(type(uint64).max),
            0,
            abi.encodeWithSelector(ITaskGateway.ExpiresTooLate.selector, type(uint64).max, LATEST)
        );
        gateway.request{value: PRICE}(PROGRAM, INPUT, _exact(LATEST), 0, 0);
    }

    function test_request_whenTheVerifierDiesBeforeTheRefund_revertsToTheSecond() external {
        verifier.setLiveUntil(REFUNDABLE_AT - 1);
        bytes memory refusal =
            abi.encodeWithSelector(ITaskGateway.VerifierNotLive.selector, REFUNDABLE_AT - 1, REFUNDABLE_AT);
        _assertRefused(PROGRAM, _exact(EXPIRES_AT), 0, refusal);
        verifier.setLiveUntil(REFUNDABLE_AT);
        gateway.request{value: PRICE}(PROGRAM, INPUT, _exact(EXPIRES_AT), 0, 0);
    }

    function test_request_whenParamsAreNotCanonical_reverts() external {
        uint256 good = _exact(EXPIRES_AT);
        _assertRefusedParams(good + 2 ** 192, Params.NonzeroPadding.selector, good + 2 ** 192);
        _assertRefusedParams(good + 2 ** 184, Params.UnsupportedVersion.selector, 2);
        _assertRefusedParams(_params(3, 0, COMMIT_WINDOW, 1, EXPIRES_AT), Params.UnknownMode.selector, 3);
        _assertRefusedParams(_params(0, 1, COMMIT_WINDOW, 1, EXPIRES_AT), Params.ToleranceOutOfRange.selector, 1);
        _assertRefusedParams(
            _params(1, 10_001, COMMIT_WINDOW, 1, EXPIRES_AT), Params.ToleranceOutOfRange.selector, 10_001
        );
        _assertRefusedParams(_params(0, 0, 59, 1, EXPIRES_AT), Params.CommitWindowOutOfRange.selector, 59);
        _assertRefusedParams(_params(0, 0, 3601, 1, EXPIRES_AT), Params.CommitWindowOutOfRange.selector, 3601);
        _assertRefusedParams(_params(0, 0, COMMIT_WINDOW, 0, EXPIRES_AT), Params.FuelLimitOutOfRange.selector, 0);
        _assertRefusedParams(
            _params(0, 0, COMMIT_WINDOW, MAX_FUEL + 1, EXPIRES_AT), Params.FuelLimitOutOfRange.selector, MAX_FUEL + 1
        );
    }

    function test_plainTransfer_isRefused() external {
        (bool sent,) = address(gateway).call{value: 1}("");
        vm.assertFalse(sent);
        (sent,) = address(gateway).call{value: 1}(hex"12345678");
        vm.assertFalse(sent);
    }

    function testFuzz_taskId_bindsEveryField(uint256 field, uint256 change) external view {
        Request memory task = _task(ALICE, 1, PRICE, TIP, 5);
        bytes32 taskId = gateway.taskIdOf(task);
        vm.assertEq(taskId, _taskId(task));
        change = _bound(change, 1, type(uint160).max);
        field %= 9;
        if (field == 0) task.requester = address(uint160(task.requester) ^ uint160(change));
        if (field == 1) task.nonce ^= change;
        if (field == 2) task.program ^= bytes32(change);
        if (field == 3) task.inputHash ^= bytes32(change);
        if (field == 4) task.price ^= change;
        if (field == 5) task.tip ^= change;
        if (field == 6) task.callbackGas ^= change;
        if (field == 7) task.requestedAt ^= change;
        if (field == 8) task.params ^= change;
        vm.assertTrue(gateway.taskIdOf(task) != taskId);
    }

    function test_taskId_bindsChain() external {
        Request memory task = _task(ALICE, 1, PRICE, TIP, 5);
        bytes32 taskId = gateway.taskIdOf(task);
        vm.chainId(block.chainid + 1);
        vm.assertTrue(gateway.taskIdOf(task) != taskId);
    }

    function _assertRefused(bytes32 program, uint256 params, uint256 callbackGas, bytes memory refusal) private {
        vm.expectRevert(refusal);
        gateway.request{value: PRICE}(program, INPUT, params, callbackGas, 0);
    }

    function _assertRefusedParams(uint256 params, bytes4 selector, uint256 argument) private {
        _assertRefused(PROGRAM, params, 0, abi.encodeWithSelector(selector, argument));
    }
}
