// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {TaskGateway} from "../../src/TaskGateway.sol";
import {Claim, ITaskGateway} from "../../src/interfaces/ITaskGateway.sol";
import {Record} from "../../src/libraries/Records.sol";
import {Request} from "../../src/libraries/Requests.sol";
import {MockVerifier} from "./MockVerifier.sol";
import {ProbeConsumer} from "./ProbeConsumer.sol";
import {ForgeTest} from "./Vm.sol";
import {Winner, Winners} from "./Winners.sol";

/// @notice The steps of a task's life, on a gateway whose verifier believes what it is told.
abstract contract GatewaySteps is ForgeTest {
    using Winners for Winner[];

    uint256 internal constant NOW = 1_800_000_000;
    uint256 internal constant COMMIT_WINDOW = 60;
    uint256 internal constant REVEAL_WINDOW = 900;
    uint256 internal constant SETTLE_TIME = 240;
    uint256 internal constant MAX_TASK_LIFE = 7 days;
    uint256 internal constant REFUND_MARGIN = 1 days;
    uint256 internal constant MIN_PRICE = 1_000;
    uint256 internal constant MAX_CALLBACK_GAS = 1_000_000;
    uint256 internal constant MAX_FUEL = 10 ** 12;
    uint256 internal constant EXPIRES_AT = NOW + 1 days;
    uint256 internal constant REFUNDABLE_AT = EXPIRES_AT + REFUND_MARGIN;
    uint256 internal constant PRICE = 1 ether;
    uint256 internal constant TIP = 7;
    uint256 internal constant CALLBACK_GAS = 300_000;
    bytes32 internal constant PROGRAM = keccak256("a program");
    bytes internal constant INPUT = abi.encode(uint256(42));

    address internal constant TREASURER = address(0x7EA5);
    address internal constant DELIVERER = address(0xDE11);
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    MockVerifier internal verifier;
    TaskGateway internal gateway;
    ProbeConsumer internal probe;

    /// @dev Written apart from the contracts' own layout, by multiplication.
    function _params(uint256 mode, uint256 tolerance, uint256 window, uint256 fuel, uint256 expiresAt)
        internal
        pure
        returns (uint256)
    {
        return expiresAt + fuel * 2 ** 64 + window * 2 ** 128 + tolerance * 2 ** 160 + mode * 2 ** 176 + 2 ** 184;
    }

    function _exact(uint256 expiresAt) internal pure returns (uint256) {
        return _params(0, 0, COMMIT_WINDOW, 10 ** 9, expiresAt);
    }

    function _task(address requester, uint256 number, uint256 price, uint256 tip, uint256 callbackGas)
        internal
        view
        returns (Request memory)
    {
        return Request({
            requester: requester,
            nonce: number,
            program: PROGRAM,
            inputHash: keccak256(INPUT),
            price: price,
            tip: tip,
            callbackGas: callbackGas,
            requestedAt: block.timestamp,
            params: _exact(EXPIRES_AT)
        });
    }

    function _request(address requester, uint256 price, uint256 tip, uint256 callbackGas)
        internal
        returns (Request memory task)
    {
        task = _task(requester, gateway.nonce(), price, tip, callbackGas);
        vm.prank(requester);
        bytes32 taskId = gateway.request{value: price + tip}(PROGRAM, INPUT, task.params, callbackGas, tip);
        vm.assertEq(taskId, _taskId(task), "task id");
    }

    function _request() internal returns (Request memory) {
        return _request(ALICE, PRICE, TIP, 0);
    }

    function _requestFromProbe() internal returns (Request memory) {
        return _request(address(probe), PRICE, TIP, CALLBACK_GAS);
    }

    /// @dev From the protocol's text, section 4.
    function _taskId(Request memory task) internal view returns (bytes32) {
        bytes32 requestHash = keccak256(
            bytes.concat(
                abi.encode(keccak256("ChainBoy.Request.v1"), block.chainid, address(gateway)),
                abi.encode(task.requester, task.nonce, task.program, task.inputHash),
                abi.encode(task.price, task.tip, task.callbackGas, task.requestedAt)
            )
        );
        return keccak256(abi.encode(keccak256("ChainBoy.Task.v1"), requestHash, task.params));
    }

    function _outcome() internal pure returns (bytes memory) {
        return abi.encode(uint8(0), uint64(1_234), abi.encode(uint256(99)));
    }

    function _winners(uint256 count) internal pure returns (Winner[] memory winners) {
        winners = new Winner[](count);
        for (uint256 rank = 0; rank < count; rank++) {
            winners[rank] = Winner({
                node: address(uint160(0xA0DE00 + rank)),
                payout: address(uint160(0xBA1000 + rank)),
                weight: 100 * (rank + 1)
            });
        }
    }

    function _record(bytes32 taskId, bytes memory outcome, Winner[] memory winners)
        internal
        pure
        returns (Record memory record)
    {
        record.taskId = taskId;
        record.outcomeHash = keccak256(outcome);
        record.agreeingWeight = winners.weight();
        record.totalWeight = record.agreeingWeight * 3 / 2;
        record.restWeight = winners.restWeight();
        record.winnersRoot = winners.root();
        record.winnersCount = winners.length;
    }

    function _noConsensus(bytes32 taskId) internal pure returns (Record memory record) {
        record.taskId = taskId;
        record.totalWeight = 1_000;
    }

    /// @dev A record that the verifier believes.
    function _proven(Request memory task, bytes memory outcome, Winner[] memory winners)
        internal
        returns (Record memory record)
    {
        record = _record(_taskId(task), outcome, winners);
        verifier.accept(record);
    }

    function _deliver(Request memory task, Winner[] memory winners) internal returns (Record memory record) {
        record = _proven(task, _outcome(), winners);
        vm.prank(DELIVERER);
        gateway.deliver(task, record, _outcome(), "");
    }

    /// @dev Field by field: one literal would hold too much on the stack.
    function _claim(Request memory task, Winner[] memory winners, uint256 rank)
        internal
        view
        returns (Claim memory entry)
    {
        entry.proof = winners.proof(rank);
        entry.winnersRoot = winners.root();
        entry.restWeight = winners.restWeight();
        entry.winnersCount = winners.length;
        entry.taskId = _taskId(task);
        entry.price = task.price;
        entry.rank = rank;
        entry.node = winners[rank].node;
        entry.payout = winners[rank].payout;
        entry.weight = winners[rank].weight;
    }

    function _allClaims(Request memory task, Winner[] memory winners) internal view returns (Claim[] memory claims) {
        claims = new Claim[](winners.length);
        for (uint256 rank = 0; rank < winners.length; rank++) {
            claims[rank] = _claim(task, winners, rank);
        }
    }

    function _claimAll(Request memory task, Winner[] memory winners) internal {
        gateway.claim(_allClaims(task, winners));
    }

    function _one(Claim memory entry) internal pure returns (Claim[] memory claims) {
        claims = new Claim[](1);
        claims[0] = entry;
    }

    function _bound(uint256 value, uint256 low, uint256 high) internal pure returns (uint256) {
        return low + value % (high - low + 1);
    }

    function _assertState(Request memory task, ITaskGateway.TaskState expected) internal view {
        vm.assertEq(uint256(gateway.stateOf(_taskId(task))), uint256(expected));
    }
}
