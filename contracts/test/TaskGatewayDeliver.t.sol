// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRecordVerifier} from "../src/interfaces/IRecordVerifier.sol";
import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";

contract TaskGatewayDeliverTest is GatewayTest {
    function test_deliver_givenConsensus_paysTipAndTreasuryAndKeepsTheRest() external {
        Request memory task = _request();
        Record memory record = _proven(task, _outcome(), _winners(4));
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.TaskDelivered(record.taskId, record, _outcome(), DELIVERER);
        vm.prank(DELIVERER);
        gateway.deliver(task, record, _outcome(), "");
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
        vm.assertEq(gateway.creditOf(DELIVERER), TIP);
        vm.assertEq(gateway.treasury(), 0.2 ether);
        vm.assertEq(gateway.creditOf(ALICE), 0);
        vm.assertEq(address(gateway).balance, PRICE + TIP);
    }

    function test_deliver_givenFewWinners_givesTheirSharesToTheTreasury() external {
        _deliver(_request(), _winners(1));
        vm.assertEq(gateway.treasury(), 0.85 ether);
        _deliver(_request(), _winners(2));
        vm.assertEq(gateway.treasury(), 0.85 ether + 0.7 ether);
        _deliver(_request(), _winners(3));
        vm.assertEq(gateway.treasury(), 0.85 ether + 0.7 ether + 0.2 ether);
    }

    function test_deliver_givenNoConsensus_creditsAllBackAndTipsNobody() external {
        Request memory task = _requestFromProbe();
        Record memory record = _noConsensus(_taskId(task));
        verifier.accept(record);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.TaskDelivered(record.taskId, record, "", DELIVERER);
        vm.prank(DELIVERER);
        gateway.deliver(task, record, "", "");
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
        vm.assertEq(gateway.creditOf(address(probe)), PRICE + TIP);
        vm.assertEq(gateway.creditOf(DELIVERER), 0);
        vm.assertEq(gateway.treasury(), 0);
        vm.assertEq(probe.calls(), 0);
    }

    function test_deliver_givenNoConsensus_whenAnOutcomeIsShown_reverts() external {
        Request memory task = _request();
        Record memory record = _noConsensus(_taskId(task));
        verifier.accept(record);
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.OutcomeMismatch.selector, bytes32(0)));
        gateway.deliver(task, record, _outcome(), "");
    }

    function test_deliver_whenNeverRequested_reverts() external {
        Request memory task = _task(ALICE, 0, PRICE, TIP, 0);
        Record memory record = _proven(task, _outcome(), _winners(1));
        _assertNotOpen(task, record);
    }

    function test_deliver_whenAnyFieldOfTheRequestDiffers_reverts() external {
        Request memory task = _request();
        task.price += 1;
        _assertNotOpen(task, _proven(task, _outcome(), _winners(1)));
    }

    function test_deliver_whenDeliveredBefore_reverts() external {
        Request memory task = _request();
        Record memory record = _deliver(task, _winners(2));
        _assertNotOpen(task, record);
        Record memory other = _noConsensus(_taskId(task));
        verifier.accept(other);
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, _taskId(task)));
        gateway.deliver(task, other, "", "");
    }

    function test_deliver_whenDeliveredWithoutConsensusBefore_reverts() external {
        Request memory task = _request();
        Record memory record = _noConsensus(_taskId(task));
        verifier.accept(record);
        gateway.deliver(task, record, "", "");
        _assertNotOpen(task, _proven(task, _outcome(), _winners(1)));
    }

    function test_deliver_whenRefunded_reverts() external {
        Request memory task = _request();
        Record memory record = _proven(task, _outcome(), _winners(1));
        vm.warp(REFUNDABLE_AT);
        gateway.refund(task);
        _assertNotOpen(task, record);
    }

    function test_deliver_whenRefundable_revertsFromThatSecondOn() external {
        Request memory task = _request();
        Record memory record = _proven(task, _outcome(), _winners(1));
        vm.warp(REFUNDABLE_AT);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskGateway.DeliveryTooLate.selector, record.taskId, REFUNDABLE_AT)
        );
        gateway.deliver(task, record, _outcome(), "");
        vm.warp(REFUNDABLE_AT - 1);
        gateway.deliver(task, record, _outcome(), "");
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
    }

    function test_deliver_whenTheRecordIsAnotherTasks_reverts() external {
        Request memory task = _request();
        Record memory record = _proven(_request(), _outcome(), _winners(1));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.RecordOfAnotherTask.selector, record.taskId));
        gateway.deliver(task, record, _outcome(), "");
    }

    function test_deliver_whenTheVerifierDoesNotKnowTheRecord_reverts() external {
        Request memory task = _request();
        Record memory record = _proven(task, _outcome(), _winners(3));
        record.restWeight -= 1;
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, record.taskId));
        gateway.deliver(task, record, _outcome(), "");
    }

    function test_deliver_whenTheOutcomeIsAnother_reverts() external {
        Request memory task = _request();
        Record memory record = _proven(task, _outcome(), _winners(1));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.OutcomeMismatch.selector, record.outcomeHash));
        gateway.deliver(task, record, abi.encode(uint8(0), uint64(1_234), abi.encode(uint256(98))), "");
    }

    function test_deliver_handsTheProofOn() external {
        Request memory task = _request();
        Record memory record = _record(_taskId(task), _outcome(), _winners(2));
        bytes32[] memory siblings = new bytes32[](32);
        siblings[31] = keccak256("a sibling");
        verifier.acceptUnder(record, siblings);
        gateway.deliver(task, record, _outcome(), abi.encode(siblings));
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
    }

    function test_deliver_givenNoTip_creditsNobody() external {
        Request memory task = _request(ALICE, PRICE, 0, 0);
        _deliver(task, _winners(1));
        vm.assertEq(gateway.creditOf(DELIVERER), 0);
    }

    function test_refund_whenRefundable_creditsAllBack() external {
        Request memory task = _request();
        vm.warp(REFUNDABLE_AT);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.TaskRefunded(_taskId(task), ALICE, PRICE + TIP);
        vm.prank(BOB);
        gateway.refund(task);
        _assertState(task, ITaskGateway.TaskState.REFUNDED);
        vm.assertEq(gateway.creditOf(ALICE), PRICE + TIP);
        vm.assertEq(gateway.creditOf(BOB), 0);
    }

    function test_refund_whenTooEarly_revertsUntilThatSecond() external {
        Request memory task = _request();
        vm.warp(REFUNDABLE_AT - 1);
        vm.expectRevert(
            abi.encodeWithSelector(ITaskGateway.RefundTooEarly.selector, _taskId(task), REFUNDABLE_AT)
        );
        gateway.refund(task);
    }

    function test_refund_whenNotOpen_reverts() external {
        Request memory unasked = _task(ALICE, 9, PRICE, TIP, 0);
        Request memory refunded = _request();
        Request memory delivered = _request();
        _deliver(delivered, _winners(1));
        vm.warp(REFUNDABLE_AT);
        gateway.refund(refunded);
        Request[3] memory tasks = [unasked, refunded, delivered];
        for (uint256 i = 0; i < 3; i++) {
            vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, _taskId(tasks[i])));
            gateway.refund(tasks[i]);
        }
    }

    function _assertNotOpen(Request memory task, Record memory record) private {
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, _taskId(task)));
        gateway.deliver(task, record, _outcome(), "");
    }
}
