// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Claim, ITaskGateway} from "../src/interfaces/ITaskGateway.sol";
import {Record} from "../src/libraries/Records.sol";
import {Request} from "../src/libraries/Requests.sol";
import {GatewayTest} from "./base/GatewayTest.sol";
import {Winner, Winners} from "./base/Winners.sol";

contract TaskGatewayClaimTest is GatewayTest {
    using Winners for Winner[];

    function test_claim_byAnyone_creditsThePayoutByRankAndWeight() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(4);
        _deliver(task, winners);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.RewardClaimed(_taskId(task), 2, winners[2].payout, 214_285_714_285_714_285);
        vm.prank(BOB);
        gateway.claim(_one(_claim(task, winners, 2)));
        vm.assertTrue(gateway.isClaimed(_taskId(task), 2));
        vm.assertFalse(gateway.isClaimed(_taskId(task), 3));
        _claimAll(task, winners);
        vm.assertEq(gateway.creditOf(winners[0].payout), 0.15 ether);
        vm.assertEq(gateway.creditOf(winners[1].payout), 0.15 ether);
        // The pool of 0.5 ether, by 300 and 400 of 700.
        vm.assertEq(gateway.creditOf(winners[2].payout), 214_285_714_285_714_285);
        vm.assertEq(gateway.creditOf(winners[3].payout), 285_714_285_714_285_714);
        vm.assertEq(gateway.creditOf(BOB), 0);
    }

    function test_claim_givenASingleWinner_needsNoSiblings() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(1);
        _deliver(task, winners);
        _claimAll(task, winners);
        vm.assertEq(gateway.creditOf(winners[0].payout), 0.15 ether);
    }

    function test_claim_given256Winners_paysTheLast() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(256);
        _deliver(task, winners);
        gateway.claim(_one(_claim(task, winners, 255)));
        vm.assertTrue(gateway.isClaimed(_taskId(task), 255));
        uint256 share = 0.5 ether * winners[255].weight / winners.restWeight();
        vm.assertEq(gateway.creditOf(winners[255].payout), share);
        vm.assertFalse(gateway.isClaimed(_taskId(task), 256));
        vm.assertFalse(gateway.isClaimed(_taskId(task), type(uint256).max));
    }

    function test_claim_aroundTheRanksThatShareTheTasksWord_marksJustItsOwn() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(100);
        _deliver(task, winners);
        bytes32 taskId = _taskId(task);
        uint256[5] memory ranks = [uint256(32), 31, 0, 99, 33];
        for (uint256 i = 0; i < ranks.length; i++) {
            gateway.claim(_one(_claim(task, winners, ranks[i])));
            _assertSkipped(_claim(task, winners, ranks[i]), ITaskGateway.AlreadyClaimed.selector);
        }
        for (uint256 rank = 0; rank < 100; rank++) {
            bool claimed = rank == 0 || (rank >= 31 && rank <= 33) || rank == 99;
            vm.assertTrue(gateway.isClaimed(taskId, rank) == claimed);
        }
        _assertState(task, ITaskGateway.TaskState.DELIVERED);
        _claimAll(task, winners);
        uint256 paid = gateway.treasury();
        for (uint256 rank = 0; rank < 100; rank++) {
            paid += gateway.creditOf(winners[rank].payout);
        }
        vm.assertGt(paid, PRICE - 98);
    }

    function test_isClaimed_beforeADelivery_isFalseForEveryRank() external {
        Request memory task = _request();
        for (uint256 rank = 0; rank < 256; rank++) {
            vm.assertFalse(gateway.isClaimed(_taskId(task), rank));
        }
        vm.warp(REFUNDABLE_AT);
        gateway.refund(task);
        for (uint256 rank = 0; rank < 256; rank++) {
            vm.assertFalse(gateway.isClaimed(_taskId(task), rank));
        }
    }

    function test_claim_whenClaimed_isSkipped() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(3);
        _deliver(task, winners);
        _claimAll(task, winners);
        _assertSkipped(_claim(task, winners, 1), ITaskGateway.AlreadyClaimed.selector);
        vm.assertEq(gateway.creditOf(winners[1].payout), 0.15 ether);
    }

    function test_claim_whenTwiceInOneBatch_isPaidOnce() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(3);
        _deliver(task, winners);
        Claim[] memory claims = new Claim[](2);
        (claims[0], claims[1]) = (_claim(task, winners, 0), _claim(task, winners, 0));
        gateway.claim(claims);
        vm.assertEq(gateway.creditOf(winners[0].payout), 0.15 ether);
    }

    function test_claim_beyondTheClaimMap_isSkipped() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(258);
        _deliver(task, winners);
        _assertSkipped(_claim(task, winners, 256), ITaskGateway.NotAWinner.selector);
        _assertSkipped(_claim(task, winners, 257), ITaskGateway.NotAWinner.selector);
    }

    function test_claim_whenNotDelivered_isSkipped() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(3);
        _assertSkipped(_claim(task, winners, 0), ITaskGateway.ClaimMismatch.selector);
        vm.warp(REFUNDABLE_AT);
        gateway.refund(task);
        _assertSkipped(_claim(task, winners, 0), ITaskGateway.ClaimMismatch.selector);
        _assertSkipped(_claim(_task(BOB, 77, PRICE, 0, 0), winners, 0), ITaskGateway.ClaimMismatch.selector);
    }

    function test_claim_whenThereWasNoConsensus_isSkipped() external {
        Request memory task = _request();
        Record memory record = _noConsensus(_taskId(task));
        verifier.accept(record);
        gateway.deliver(task, record, "", "");
        Winner[] memory winners = _winners(1);
        Claim memory entry = _claim(task, winners, 0);
        _assertSkipped(entry, ITaskGateway.ClaimMismatch.selector);
        (entry.winnersRoot, entry.winnersCount) = (0, 0);
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
    }

    function test_claim_whenAFigureOfTheRecordDiffers_isSkipped() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(4);
        _deliver(task, winners);
        Claim memory entry = _claim(task, winners, 3);
        entry.price *= 2;
        _assertSkipped(entry, ITaskGateway.ClaimMismatch.selector);
        entry = _claim(task, winners, 3);
        entry.restWeight = entry.weight;
        _assertSkipped(entry, ITaskGateway.ClaimMismatch.selector);
        entry = _claim(task, winners, 3);
        entry.winnersCount = 2;
        _assertSkipped(entry, ITaskGateway.ClaimMismatch.selector);
        entry = _claim(task, winners, 3);
        entry.winnersRoot = keccak256("another");
        _assertSkipped(entry, ITaskGateway.ClaimMismatch.selector);
    }

    function test_claim_whenTheLeafDiffers_isSkipped() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(4);
        _deliver(task, winners);
        Claim memory entry = _claim(task, winners, 3);
        entry.rank = 1;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry.rank = 4;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry.rank = type(uint256).max;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry = _claim(task, winners, 3);
        entry.weight += 1;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry = _claim(task, winners, 3);
        entry.payout = BOB;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry = _claim(task, winners, 3);
        entry.node = BOB;
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry = _claim(task, winners, 3);
        entry.proof[0] = ~entry.proof[0];
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        entry.proof = new bytes32[](0);
        _assertSkipped(entry, ITaskGateway.NotAWinner.selector);
        vm.assertEq(gateway.creditOf(BOB), 0);
    }

    function test_claim_whenOneEntryIsSpoiled_takesTheOthers() external {
        (Request memory first, Request memory second) = (_request(), _request());
        Winner[] memory winners = _winners(3);
        _deliver(first, winners);
        _deliver(second, winners);
        Claim[] memory claims = new Claim[](5);
        claims[0] = _claim(first, winners, 0);
        claims[1] = _claim(second, winners, 0);
        claims[2] = _claim(first, winners, 0);
        claims[3] = _claim(second, winners, 2);
        claims[4] = _claim(second, winners, 1);
        claims[4].weight = 1;
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.ClaimSkipped(_taskId(first), 0, ITaskGateway.AlreadyClaimed.selector);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.RewardClaimed(_taskId(second), 2, winners[2].payout, 0.5 ether);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.ClaimSkipped(_taskId(second), 1, ITaskGateway.NotAWinner.selector);
        gateway.claim(claims);
        vm.assertEq(gateway.creditOf(winners[0].payout), 0.3 ether);
        vm.assertEq(gateway.creditOf(winners[2].payout), 0.5 ether);
    }

    function test_claim_whenPayoutsAlternate_creditsEach() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(4);
        (winners[0].payout, winners[2].payout) = (ALICE, ALICE);
        (winners[1].payout, winners[3].payout) = (BOB, BOB);
        _deliver(task, winners);
        _claimAll(task, winners);
        vm.assertEq(gateway.creditOf(ALICE), 0.15 ether + 214_285_714_285_714_285);
        vm.assertEq(gateway.creditOf(BOB), 0.15 ether + 285_714_285_714_285_714);
    }

    function test_claim_givenNoEntries_doesNothing() external {
        gateway.claim(new Claim[](0));
    }

    function test_claim_whenARecordHoldsMoreWeightThanItsRest_paysNothing() external {
        Request memory task = _request();
        Winner[] memory winners = _winners(4);
        Record memory record = _record(_taskId(task), _outcome(), winners);
        record.restWeight = winners[3].weight - 1;
        verifier.accept(record);
        gateway.deliver(task, record, _outcome(), "");
        Claim memory entry = _claim(task, winners, 3);
        entry.restWeight = record.restWeight;
        gateway.claim(_one(entry));
        vm.assertEq(gateway.creditOf(winners[3].payout), 0);
    }

    function testFuzz_claim_paysThePriceAndNoMore(uint256 price, uint256 count, uint256 seed) external {
        price = _bound(price, MIN_PRICE, 900 ether);
        Winner[] memory winners = _winners(_bound(count, 1, 24));
        for (uint256 rank = 0; rank < winners.length; rank++) {
            winners[rank].weight = uint256(keccak256(abi.encode(seed, rank))) >> (160 + (seed >> rank) % 90);
        }
        Request memory task = _request(ALICE, price, TIP, 0);
        _deliver(task, winners);
        _claimAll(task, winners);
        uint256 paid = gateway.treasury();
        for (uint256 rank = 0; rank < winners.length; rank++) {
            paid += gateway.creditOf(winners[rank].payout);
        }
        vm.assertLe(paid, price);
        bool allPoolWeightZero = winners.length > 2 && winners.restWeight() == 0;
        uint256 dust = price - paid;
        if (allPoolWeightZero) vm.assertEq(dust, price * 50 / 100);
        else vm.assertLe(dust, winners.length > 2 ? winners.length - 3 : 0);
    }

    function _assertSkipped(Claim memory entry, bytes4 reason) private {
        uint256 credit = gateway.creditOf(entry.payout);
        vm.expectEmit(true, true, true, true);
        emit ITaskGateway.ClaimSkipped(entry.taskId, entry.rank, reason);
        gateway.claim(_one(entry));
        vm.assertEq(gateway.creditOf(entry.payout), credit);
    }
}
