// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {ResultKeeper} from "../src/examples/ResultKeeper.sol";
import {Claim} from "../src/interfaces/ITaskGateway.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";
import {Winner} from "./base/Winners.sol";

/// @notice What each step costs, the transaction and its calldata included, against its goal, on a gateway that has
/// been in use. Every call is a transaction of its own, so that storage is priced as on a chain.
/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract TaskGatewayGasTest is GatewayTest {
    uint256 private constant CLAIMS = 20;

    ResultKeeper private _keeper;

    event log_named_uint(string key, uint256 value);

    /// @dev Everybody has been here before: no slot but the task's own is written for the first time.
    function setUp() public override {
        super.setUp();
        _keeper = new ResultKeeper(gateway, ALICE, PROGRAM);
        _deliver(_ask(), _winners(CLAIMS));
    }

    function test_request_given32BytesOfInput() external {
        Request memory task = _task(ALICE, 0, PRICE, TIP, 0);
        bytes memory call = abi.encodeCall(gateway.request, (PROGRAM, INPUT, task.params, 0, TIP));
        _report("request", _gasOf(ALICE, PRICE + TIP, call), 75_000);
    }

    function test_deliver_given32Siblings() external {
        Request memory task = _request();
        _report("deliver, no callback, 32 siblings", _gasOf(DELIVERER, 0, _delivery(task)), 110_000);
        task = _ask();
        _report("deliver, callback that stores, 32 siblings", _gasOf(DELIVERER, 0, _delivery(task)), 110_000);
        vm.assertEq(_keeper.newest(), _taskId(task));
        vm.assertFalse(_keeper.isPending(_taskId(task)));
    }

    function test_claim_one() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(5);
        _deliver(task, winners);
        _report("claim, a payout's first", _gasOf(BOB, 0, _claims(_one(_claim(task, winners, 2)))), 60_000);
        _deliver(task = _request(), winners);
        _report("claim, a payout's next", _gasOf(BOB, 0, _claims(_one(_claim(task, winners, 2)))), 60_000);
    }

    function test_claim_twentyTasks_forOnePayout() external {
        Winner[] memory winners = _winners(5);
        Claim[] memory claims = new Claim[](CLAIMS);
        for (uint256 i = 0; i < CLAIMS; i++) {
            Request memory task = _request();
            _deliver(task, winners);
            claims[i] = _claim(task, winners, 2);
        }
        _report("claim, each of 20 tasks of one payout", _gasOf(BOB, 0, _claims(claims)) / CLAIMS, 25_000);
        vm.assertEq(gateway.creditOf(winners[2].payout), CLAIMS * (PRICE / 2 * 300 / 1_200));
    }

    function test_claim_twentyWinners_ofOneTask() external {
        // A payout's first credit takes a new slot: 20,000 each.
        _report("claim, each of 20 winners, first credits", _costOfAll(), 45_000);
        _report("claim, each of 20 winners", _costOfAll(), 25_000);
    }

    function _costOfAll() private returns (uint256) {
        Request memory task = _request();
        _deliver(task, _winners(CLAIMS));
        return _gasOf(BOB, 0, _claims(_allClaims(task, _winners(CLAIMS)))) / CLAIMS;
    }

    function _ask() private returns (Request memory task) {
        task = _task(address(_keeper), gateway.nonce(), PRICE, TIP, 60_000);
        vm.prank(ALICE);
        _keeper.ask{value: PRICE + TIP}(INPUT, task.params, 60_000, TIP);
    }

    /// @dev As from a remote chain's accumulator.
    function _delivery(Request memory task) private returns (bytes memory) {
        bytes32[] memory siblings = new bytes32[](32);
        for (uint256 i = 0; i < 32; i++) {
            siblings[i] = keccak256(abi.encode(i));
        }
        Record memory record = _record(_taskId(task), _outcome(), _winners(5));
        verifier.acceptUnder(record, siblings);
        return abi.encodeCall(gateway.deliver, (task, record, _outcome(), abi.encode(siblings)));
    }

    function _claims(Claim[] memory claims) private view returns (bytes memory) {
        return abi.encodeCall(gateway.claim, (claims));
    }

    function _gasOf(address sender, uint256 value, bytes memory data) private returns (uint256 used) {
        vm.prank(sender);
        used = gasleft();
        (bool success,) = address(gateway).call{value: value}(data);
        used -= gasleft();
        vm.assertTrue(success);
    }

    function _report(string memory step, uint256 gasUsed, uint256 goal) private {
        emit log_named_uint(step, gasUsed);
        vm.assertLe(gasUsed, goal, step);
    }
}
