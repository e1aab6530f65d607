// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ResultKeeper} from "../src/examples/ResultKeeper.sol";
import {IChainBoyConsumer} from "../src/interfaces/IChainBoyConsumer.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";

contract ChainBoyConsumerTest is GatewayTest {
    address private constant OWNER = address(0x0EE5);

    ResultKeeper private _keeper;

    function setUp() public override {
        super.setUp();
        _keeper = new ResultKeeper(gateway, OWNER, PROGRAM);
        vm.deal(OWNER, 1_000 ether);
    }

    function test_ask_byTheOwner_remembersTheTask() external {
        Request memory task = _ask();
        vm.assertTrue(_keeper.isPending(_taskId(task)));
        vm.assertEq(_keeper.newest(), _taskId(task));
        vm.assertEq(address(_keeper.gateway()), address(gateway));
    }

    function test_ask_byAnybodyElse_reverts() external {
        vm.deal(BOB, PRICE);
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB));
        vm.prank(BOB);
        _keeper.ask{value: PRICE}(INPUT, _exact(EXPIRES_AT), CALLBACK_GAS, 0);
    }

    function test_result_isKeptWithItsWeights() external {
        Request memory task = _ask();
        Record memory record = _proven(task, _outcome(), _winners(3));
        vm.expectEmit(true, true, true, true);
        emit ResultKeeper.ResultKept(record.taskId, 0, bytes32(uint256(99)));
        gateway.deliver(task, record, _outcome(), "");
        ResultKeeper.Result memory result = _keeper.latest();
        vm.assertEq(result.value, bytes32(uint256(99)));
        vm.assertEq(result.agreeingWeight, 600);
        vm.assertEq(result.totalWeight, 900);
        vm.assertEq(result.status, 0);
        vm.assertEq(result.receivedAt, NOW);
        vm.assertFalse(_keeper.isPending(_taskId(task)));
        vm.assertEq(_keeper.price(0), int256(99));
        vm.assertEq(_keeper.dice(6), 99 % 6 + 1);
    }

    function test_result_fromAnybodyButTheGateway_reverts() external {
        Request memory task = _ask();
        vm.expectRevert(abi.encodeWithSelector(IChainBoyConsumer.NotGateway.selector, BOB));
        vm.prank(BOB);
        _keeper.onTaskResult(_taskId(task), 0, "", 1, 1);
    }

    function test_result_ofATaskItDidNotAskFor_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(IChainBoyConsumer.NotPending.selector, keccak256("foreign")));
        vm.prank(address(gateway));
        _keeper.onTaskResult(keccak256("foreign"), 0, "", 1, 1);
    }

    function test_result_aSecondTime_reverts() external {
        Request memory task = _ask();
        _deliver(task, _winners(1));
        vm.expectRevert(abi.encodeWithSelector(IChainBoyConsumer.NotPending.selector, _taskId(task)));
        vm.prank(address(gateway));
        _keeper.onTaskResult(_taskId(task), 0, "", 1, 1);
    }

    function test_result_ofAnOlderQuestion_isDropped() external {
        Request memory older = _ask();
        Request memory newer = _ask();
        _deliver(newer, _winners(1));
        bytes memory stale = abi.encode(uint8(0), uint64(0), abi.encode(uint256(1)));
        gateway.deliver(older, _proven(older, stale, _winners(1)), stale, "");
        vm.assertEq(_keeper.latest().value, bytes32(uint256(99)));
        vm.assertFalse(_keeper.isPending(_taskId(older)));
    }

    function test_value_whenThereIsNone_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(ResultKeeper.NoValue.selector, 0));
        _keeper.price(0);
        Request memory task = _ask();
        bytes memory raised = abi.encode(uint8(1), uint64(9), bytes("ValueError"));
        gateway.deliver(task, _proven(task, raised, _winners(1)), raised, "");
        vm.assertEq(_keeper.latest().value, 0);
        vm.expectRevert(abi.encodeWithSelector(ResultKeeper.NoValue.selector, 1));
        _keeper.price(0);
    }

    function test_price_whenTooOld_revertsFromThatSecondOn() external {
        _deliver(_ask(), _winners(1));
        vm.warp(NOW + 61);
        vm.assertEq(_keeper.price(61), int256(99));
        vm.expectRevert(abi.encodeWithSelector(ResultKeeper.TooOld.selector, 61));
        _keeper.price(60);
    }

    function test_dice_givenARandomTask_isThrown() external {
        _keeper = new ResultKeeper(gateway, OWNER, 0);
        uint256 params = _params(2, 0, COMMIT_WINDOW, 0, EXPIRES_AT);
        vm.prank(OWNER);
        bytes32 taskId = _keeper.ask{value: PRICE}("", params, CALLBACK_GAS, 0);
        Request memory task = _task(address(_keeper), 0, PRICE, 0, CALLBACK_GAS);
        (task.program, task.inputHash, task.params) = (0, keccak256(""), params);
        vm.assertEq(taskId, _taskId(task));
        bytes memory outcome = abi.encode(uint8(0), uint64(0), abi.encode(uint256(type(uint256).max)));
        gateway.deliver(task, _proven(task, outcome, _winners(4)), outcome, "");
        // 2^256 − 1 is 3 modulo 6.
        vm.assertEq(_keeper.dice(6), 4);
    }

    function test_retry_afterACallbackWithTooLittleGas_stillNeedsMore() external {
        vm.prank(OWNER);
        _keeper.ask{value: PRICE}(INPUT, _exact(EXPIRES_AT), 10_000, 0);
        Request memory task = _task(address(_keeper), 0, PRICE, 0, 10_000);
        Record memory record = _deliver(task, _winners(1));
        vm.assertTrue(gateway.callbackFailed(record.taskId));
        vm.assertTrue(_keeper.isPending(record.taskId));
        _keeper.retry(task, record, _outcome(), "");
        vm.assertTrue(gateway.callbackFailed(record.taskId));
    }

    function test_withdraw_byTheOwner_takesBackARefund() external {
        Request memory task = _ask();
        vm.warp(REFUNDABLE_AT);
        gateway.refund(task);
        vm.prank(OWNER);
        _keeper.withdraw(payable(BOB));
        vm.assertEq(BOB.balance, PRICE);
    }

    function test_withdraw_byAnybodyElse_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, BOB));
        vm.prank(BOB);
        _keeper.withdraw(payable(BOB));
    }

    function _ask() private returns (Request memory task) {
        task = _task(address(_keeper), gateway.nonce(), PRICE, 0, CALLBACK_GAS);
        vm.prank(OWNER);
        _keeper.ask{value: PRICE}(INPUT, task.params, CALLBACK_GAS, 0);
    }
}
