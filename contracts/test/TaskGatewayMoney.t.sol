// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";
import {ProbeConsumer} from "./base/ProbeConsumer.sol";

contract TaskGatewayMoneyTest is GatewayTest {
    address payable private constant SAFE = payable(address(0x5AFE));

    function test_withdraw_sendsAllCreditToWhomTheHolderNames() external {
        _deliver(_request(), _winners(1));
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.Withdrawn(DELIVERER, SAFE, TIP);
        vm.prank(DELIVERER);
        gateway.withdraw(SAFE);
        vm.assertEq(SAFE.balance, TIP);
        vm.assertEq(gateway.creditOf(DELIVERER), 0);
    }

    function test_withdraw_whenNothingIsOwed_reverts() external {
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.NothingToWithdraw.selector, BOB));
        vm.prank(BOB);
        gateway.withdraw(SAFE);
    }

    function test_withdraw_whenTheReceiverRefuses_revertsAndKeepsTheCredit() external {
        _deliver(_request(), _winners(1));
        address[2] memory refusing = [address(verifier), address(gateway)];
        for (uint256 i = 0; i < 2; i++) {
            vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TransferFailed.selector, refusing[i]));
            vm.prank(DELIVERER);
            gateway.withdraw(payable(refusing[i]));
        }
        vm.assertEq(gateway.creditOf(DELIVERER), TIP);
    }

    function test_withdraw_toNobody_reverts() external {
        _deliver(_request(), _winners(1));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TransferFailed.selector, address(0)));
        vm.prank(DELIVERER);
        gateway.withdraw(payable(0));
    }

    function test_moveTreasury_byTheTreasurer_sendsThatMuch() external {
        _deliver(_request(), _winners(3));
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.TreasuryMoved(SAFE, 0.05 ether);
        vm.prank(TREASURER);
        gateway.moveTreasury(SAFE, 0.05 ether);
        vm.assertEq(SAFE.balance, 0.05 ether);
        vm.assertEq(gateway.treasury(), 0.15 ether);
    }

    function test_moveTreasury_byAnybodyElse_reverts() external {
        _deliver(_request(), _winners(3));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.NotTreasurer.selector, BOB));
        vm.prank(BOB);
        gateway.moveTreasury(SAFE, 1);
    }

    function test_moveTreasury_beyondIt_revertsAndCannotTouchEscrow() external {
        _request();
        _deliver(_request(), _winners(3));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TreasuryTooSmall.selector, 0.2 ether));
        vm.prank(TREASURER);
        gateway.moveTreasury(SAFE, 0.2 ether + 1);
        vm.prank(TREASURER);
        gateway.moveTreasury(SAFE, 0.2 ether);
        vm.assertEq(gateway.treasury(), 0);
    }

    function test_moveTreasury_whenTheReceiverRefuses_reverts() external {
        _deliver(_request(), _winners(3));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.TransferFailed.selector, address(verifier)));
        vm.prank(TREASURER);
        gateway.moveTreasury(payable(address(verifier)), 1);
        vm.assertEq(gateway.treasury(), 0.2 ether);
    }

    function test_reentry_fromACallback_cannotDeliverAgain() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        probe.reenterWith(abi.encodeCall(gateway.deliver, (task, record, _outcome(), "")));
        vm.prank(DELIVERER);
        gateway.deliver(task, record, _outcome(), "");
        _assertReentryRefused(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, record.taskId));
        vm.assertEq(gateway.treasury(), 0.7 ether);
    }

    function test_reentry_fromACallback_cannotRetryItself() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        probe.become(ProbeConsumer.Manner.REVERT);
        gateway.deliver(task, record, _outcome(), "");
        vm.assertTrue(gateway.callbackFailed(record.taskId));
        probe.reenterWith(abi.encodeCall(gateway.retry, (task, record, _outcome(), "")));
        gateway.retry(task, record, _outcome(), "");
        _assertReentryRefused(abi.encodeWithSelector(ITaskGateway.NothingToRetry.selector, record.taskId));
        vm.assertFalse(gateway.callbackFailed(record.taskId));
    }

    function test_reentry_fromACallback_cannotRefund() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        probe.reenterWith(abi.encodeCall(gateway.refund, (task)));
        gateway.deliver(task, record, _outcome(), "");
        _assertReentryRefused(abi.encodeWithSelector(ITaskGateway.TaskNotOpen.selector, record.taskId));
    }

    function test_reentry_fromACallback_cannotClaimAShareTwice() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        probe.reenterWith(abi.encodeCall(gateway.claim, (_one(_claim(task, _winners(2), 0)))));
        gateway.deliver(task, record, _outcome(), "");
        vm.assertTrue(probe.reentrySucceeded());
        _claimAll(task, _winners(2));
        vm.assertEq(gateway.creditOf(_winners(2)[0].payout), 0.15 ether);
    }

    function test_reentry_fromAWithdrawal_getsNothingMore() external {
        Request memory task = _requestFromProbe();
        _request();
        vm.warp(REFUNDABLE_AT);
        gateway.refund(task);
        bytes memory withdrawal = abi.encodeCall(gateway.withdraw, (payable(address(probe))));
        uint256 balance = address(probe).balance;
        probe.reenterWith(withdrawal);
        probe.execute(address(gateway), 0, withdrawal);
        _assertReentryRefused(abi.encodeWithSelector(ITaskGateway.NothingToWithdraw.selector, address(probe)));
        vm.assertEq(address(probe).balance, balance + PRICE + TIP);
        vm.assertEq(address(gateway).balance, PRICE + TIP);
    }

    function _assertReentryRefused(bytes memory refusal) private view {
        vm.assertFalse(probe.reentrySucceeded());
        vm.assertEq(probe.reentryResult(), refusal);
    }
}
