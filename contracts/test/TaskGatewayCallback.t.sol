// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IRecordVerifier} from "../src/interfaces/IRecordVerifier.sol";
import {ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";
import {ProbeConsumer} from "./base/ProbeConsumer.sol";
import {Vm} from "./base/Vm.sol";

contract TaskGatewayCallbackTest is GatewayTest {
    bytes32 private constant CALLBACK_DONE = keccak256("CallbackDone(bytes32,bool)");

    function test_callback_inTime_tellsResultAndWeights() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(3));
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.CallbackDone(record.taskId, true);
        gateway.deliver(task, record, _outcome(), "");
        vm.assertEq(probe.calls(), 1);
        bytes memory payload = abi.encode(uint256(99));
        bytes memory arguments = abi.encode(record.taskId, uint8(0), payload, uint256(600), uint256(900));
        vm.assertEq(probe.argumentsHash(), keccak256(arguments));
        vm.assertFalse(gateway.callbackFailed(record.taskId));
    }

    function test_callback_oneSecondBeforeExpiry_isMade() external {
        Request memory task = _requestFromProbe();
        vm.warp(EXPIRES_AT - 1);
        _deliver(task, _winners(1));
        vm.assertEq(probe.calls(), 1);
    }

    function test_callback_fromExpiryOn_isNotMade_andTheWinnersAreStillPaid() external {
        Request memory task = _requestFromProbe();
        vm.warp(EXPIRES_AT);
        _assertNoCallback(task);
        vm.assertEq(gateway.creditOf(DELIVERER), TIP);
    }

    function test_callback_givenNoCallbackGas_isNotMade() external {
        _assertNoCallback(_request(address(probe), PRICE, TIP, 0));
    }

    function test_callback_givenARequesterWithoutCode_isNotMade() external {
        _assertNoCallback(_request(ALICE, PRICE, TIP, CALLBACK_GAS));
    }

    function test_callback_givenAnAccountThatGotCodeSince_isMade() external {
        Request memory task = _request(ALICE, PRICE, TIP, CALLBACK_GAS);
        vm.etch(ALICE, address(probe).code);
        _deliver(task, _winners(1));
        vm.assertEq(ProbeConsumer(payable(ALICE)).calls(), 1);
    }

    function testFuzz_callback_getsExactlyItsGas_orTheDeliveryReverts(uint256 limit) external {
        _deliver(_requestFromProbe(), _winners(3));
        uint256 expected = probe.gasAtEntry();
        vm.assertGt(expected, CALLBACK_GAS - 2_000);

        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(3));
        limit = _bound(limit, 60_000, 500_000);
        try gateway.deliver{gas: limit}(task, record, _outcome(), "") {
            vm.assertEq(probe.gasAtEntry(), expected, "gas at entry");
            vm.assertEq(probe.calls(), 2);
        } catch {
            vm.assertEq(probe.calls(), 1);
            _assertState(task, ITaskGateway.TaskState.REQUESTED);
        }
    }

    function test_callback_whenTooLittleGasIsLeft_revertsByName() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(3));
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.NotEnoughGas.selector, CALLBACK_GAS));
        gateway.deliver{gas: CALLBACK_GAS + 50_000}(task, record, _outcome(), "");
    }

    function test_callback_whenItFails_leavesTheDeliveryDone() external {
        ProbeConsumer.Manner[3] memory failures =
            [ProbeConsumer.Manner.REVERT, ProbeConsumer.Manner.BURN_ALL_GAS, ProbeConsumer.Manner.REVERT_FLOOD];
        for (uint256 i = 0; i < failures.length; i++) {
            probe.become(failures[i]);
            Request memory task = _requestFromProbe();
            _deliver(task, _winners(2));
            _assertState(task, ITaskGateway.TaskState.DELIVERED);
            vm.assertTrue(gateway.callbackFailed(_taskId(task)));
            vm.assertEq(gateway.creditOf(DELIVERER), (i + 1) * TIP);
        }
        vm.assertEq(probe.calls(), 0);
    }

    function test_callback_thatFloodsReturnData_costsTheDelivererNothingMore() external {
        uint256 burnt = _costOf(ProbeConsumer.Manner.BURN_ALL_GAS);
        vm.assertLe(_costOf(ProbeConsumer.Manner.RETURN_FLOOD), burnt, "return");
        vm.assertLe(_costOf(ProbeConsumer.Manner.REVERT_FLOOD), burnt, "revert");
        vm.assertLe(burnt, CALLBACK_GAS + 150_000, "all the gas of the callback");
    }

    function test_callback_givenAnOutcomeThatIsNone_saysAborted() external {
        bytes memory payload = abi.encode(uint256(99));
        _assertAborted("");
        _assertAborted(new bytes(127));
        _assertAborted(abi.encode(uint8(4), uint64(0), payload));
        _assertAborted(abi.encode(uint8(0), uint256(2 ** 64), payload));
        _assertAborted(abi.encode(uint256(2 ** 255), uint64(0), payload));
        _assertAborted(bytes.concat(_outcome(), bytes1(0)));
        _assertAborted(bytes.concat(_outcome(), bytes32(0)));
        _assertAborted(abi.encode(uint256(0), uint256(1), uint256(128), uint256(32), payload));
        _assertAborted(abi.encode(uint256(0), uint256(1), uint256(96), type(uint256).max));
        _assertAborted(abi.encode(uint256(0), uint256(1), uint256(96), uint256(33), uint256(1)));
        _assertAborted(abi.encode(uint256(0), uint256(1), uint256(96), uint256(31), uint256(1)));
        _assertAborted(abi.encode(uint256(0), uint256(1), uint256(96), uint256(5), bytes5("12345"), uint256(1)));
    }

    function testFuzz_callback_readsEveryOutcome(uint8 status, uint64 fuel, bytes calldata payload) external {
        status %= 4;
        _assertRead(abi.encode(status, fuel, payload), status, payload);
    }

    function testFuzz_callback_readsNoisyOutcomesAsAborted(bytes calldata noise, uint256 position) external {
        vm.assume(noise.length != 0);
        bytes memory good = abi.encode(uint8(1), uint64(5), bytes("ValueError"));
        bytes memory noisy = bytes.concat(good, noise);
        position %= good.length;
        noisy[position] ^= 0x40;
        _assertRead(noisy, 3, "");
    }

    function test_retry_afterAFailure_callsAgainAndOnlyOnce() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        probe.become(ProbeConsumer.Manner.ACCEPT);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.CallbackDone(record.taskId, true);
        vm.prank(BOB);
        gateway.retry(task, record, _outcome(), "");
        vm.assertEq(probe.calls(), 1);
        vm.assertFalse(gateway.callbackFailed(record.taskId));
        _assertNothingToRetry(task, record);
        vm.assertEq(gateway.creditOf(DELIVERER), TIP);
        vm.assertEq(gateway.creditOf(BOB), 0);
    }

    function test_retry_whenItFailsAgain_canBeTriedAgain() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        gateway.retry(task, record, _outcome(), "");
        vm.assertTrue(gateway.callbackFailed(record.taskId));
        probe.become(ProbeConsumer.Manner.ACCEPT);
        gateway.retry(task, record, _outcome(), "");
        vm.assertEq(probe.calls(), 1);
    }

    function test_retry_fromExpiryOn_reverts() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        vm.warp(EXPIRES_AT);
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.DeliveryTooLate.selector, record.taskId, EXPIRES_AT));
        gateway.retry(task, record, _outcome(), "");
        vm.warp(EXPIRES_AT - 1);
        gateway.retry(task, record, _outcome(), "");
    }

    function test_retry_whenNothingFailed_reverts() external {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        _assertNothingToRetry(task, record);
        gateway.deliver(task, record, _outcome(), "");
        _assertNothingToRetry(task, record);
    }

    function test_retry_whenTheRequesterHasNoCodeAnyMore_reverts() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        vm.etch(address(probe), "");
        _assertNothingToRetry(task, record);
    }

    function test_retry_provesAgain() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        bytes memory lie = abi.encode(uint8(0), uint64(0), "");
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.OutcomeMismatch.selector, record.outcomeHash));
        gateway.retry(task, record, lie, "");
        record.outcomeHash = keccak256(lie);
        vm.expectRevert(abi.encodeWithSelector(IRecordVerifier.UnprovenRecord.selector, record.taskId));
        gateway.retry(task, record, lie, "");
        record.taskId = 0;
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.RecordOfAnotherTask.selector, bytes32(0)));
        gateway.retry(task, record, lie, "");
    }

    function test_retry_whenTooLittleGasIsLeft_revertsAndCanBeTriedAgain() external {
        (Request memory task, Record memory record) = _deliveredWithFailure();
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.NotEnoughGas.selector, CALLBACK_GAS));
        gateway.retry{gas: CALLBACK_GAS + 20_000}(task, record, _outcome(), "");
        vm.assertTrue(gateway.callbackFailed(record.taskId));
    }

    function _deliveredWithFailure() private returns (Request memory task, Record memory record) {
        probe.become(ProbeConsumer.Manner.REVERT);
        task = _requestFromProbe();
        record = _deliver(task, _winners(2));
    }

    function _assertNothingToRetry(Request memory task, Record memory record) private {
        vm.expectRevert(abi.encodeWithSelector(ITaskGateway.NothingToRetry.selector, record.taskId));
        gateway.retry(task, record, _outcome(), "");
    }

    function _assertNoCallback(Request memory task) private {
        vm.recordLogs();
        _deliver(task, _winners(1));
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
        vm.assertEq(probe.calls(), 0);
        vm.assertFalse(gateway.callbackFailed(_taskId(task)));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; i++) {
            vm.assertTrue(logs[i].topics[0] != CALLBACK_DONE);
        }
    }

    function _assertAborted(bytes memory outcome) private {
        _assertRead(outcome, 3, "");
    }

    function _assertRead(bytes memory outcome, uint8 status, bytes memory payload) private {
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, outcome, _winners(3));
        gateway.deliver(task, record, outcome, "");
        bytes memory arguments = abi.encode(record.taskId, status, payload, uint256(600), uint256(900));
        vm.assertEq(probe.argumentsHash(), keccak256(arguments));
    }

    function _costOf(ProbeConsumer.Manner manner) private returns (uint256 cost) {
        probe.become(manner);
        Request memory task = _requestFromProbe();
        Record memory record = _proven(task, _outcome(), _winners(2));
        cost = gasleft();
        gateway.deliver(task, record, _outcome(), "");
        cost -= gasleft();
    }
}
