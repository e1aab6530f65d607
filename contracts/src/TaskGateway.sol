// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {GatewayRules} from "./GatewayRules.sol";
import {IRecordVerifier} from "./interfaces/IRecordVerifier.sol";
import {ITaskConsumer} from "./interfaces/ITaskConsumer.sol";
import {Claim, GatewayProfile, ITaskGateway} from "./interfaces/ITaskGateway.sol";
import {Callbacks} from "./libraries/Callbacks.sol";
import {Deliveries} from "./libraries/Deliveries.sol";
import {OutcomeReader} from "./libraries/OutcomeReader.sol";
import {Params} from "./libraries/Params.sol";
import {Record, Records} from "./libraries/Records.sol";
import {Request, Requests} from "./libraries/Requests.sol";
import {Rewards} from "./libraries/Rewards.sol";

/// @title Where tasks are asked for, paid, answered and rewarded
/// @dev Balance = escrow of requested tasks + credits + unclaimed shares (dust among them) + treasury.
contract TaskGateway is GatewayRules {
    using Params for uint256;
    using Requests for Request;
    using Deliveries for uint256;

    /// @inheritdoc ITaskGateway
    uint256 public constant override version = 1;

    /// @dev A task's word is zero, one of these two, or a delivery's.
    uint256 private constant REQUESTED = 1;
    uint256 private constant REFUNDED = 2;

    /// @dev A claim map has as many bits, and an active set at most as many nodes.
    uint256 private constant MAX_WINNERS = 256;

    /// @inheritdoc ITaskGateway
    address public immutable override treasurer;

    /// @inheritdoc ITaskGateway
    uint256 public override nonce;
    /// @inheritdoc ITaskGateway
    uint256 public override treasury;
    /// @inheritdoc ITaskGateway
    mapping(address holder => uint256) public override creditOf;
    /// @inheritdoc ITaskGateway
    mapping(bytes32 taskId => bool) public override callbackFailed;

    mapping(bytes32 taskId => uint256) private _words;
    /// @dev A bit for each rank that has none in the word.
    mapping(bytes32 taskId => uint256) private _lateClaims;

    constructor(IRecordVerifier verifier_, address treasurer_, GatewayProfile memory profile_)
        GatewayRules(verifier_, profile_)
    {
        treasurer = treasurer_;
    }

    /// @inheritdoc ITaskGateway
    function request(bytes32 program, bytes calldata input, uint256 params, uint256 callbackGas, uint256 tip)
        external
        payable
        override
        returns (bytes32 taskId)
    {
        if (tip > msg.value) revert TipAboveValue(tip, msg.value);
        uint256 price = msg.value - tip;
        _requireAcceptable(program, params, price, callbackGas);

        uint256 number = nonce++;
        taskId = _taskIdOf(
            Request({
                requester: msg.sender,
                nonce: number,
                program: program,
                inputHash: keccak256(input),
                price: price,
                tip: tip,
                callbackGas: callbackGas,
                requestedAt: block.timestamp,
                params: params
            })
        );
        _words[taskId] = REQUESTED;
        emit TaskRequested(
            taskId, program, msg.sender, number, price, tip, callbackGas, block.timestamp, params, input
        );
    }

    /// @inheritdoc ITaskGateway
    function deliver(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        external
        override
    {
        bytes32 taskId = _taskIdOf(task);
        if (_words[taskId] != REQUESTED) revert TaskNotOpen(taskId);
        uint256 end = _refundableAt(task.params);
        if (block.timestamp >= end) revert DeliveryTooLate(taskId, end);
        _requireProven(taskId, record, outcome, proof);

        _words[taskId] = Deliveries.word(task.price, record.winnersRoot, record.restWeight, record.winnersCount);
        bool consensus = record.agreeingWeight > 0;
        if (consensus) {
            treasury += Rewards.treasuryShareUp(task.price, record.winnersCount);
            if (task.tip > 0) creditOf[msg.sender] += task.tip;
        } else {
            creditOf[task.requester] += task.price + task.tip;
        }
        emit TaskDelivered(taskId, record, outcome, msg.sender);

        // Late data never reaches a consumer.
        bool due = consensus && task.callbackGas > 0 && block.timestamp < task.params.expiresAt();
        if (due && task.requester.code.length > 0) _callBack(taskId, task, record, outcome);
    }

    /// @inheritdoc ITaskGateway
    function retry(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        external
        override
    {
        bytes32 taskId = _taskIdOf(task);
        if (!callbackFailed[taskId] || task.requester.code.length == 0) revert NothingToRetry(taskId);
        uint256 end = task.params.expiresAt();
        if (block.timestamp >= end) revert DeliveryTooLate(taskId, end);
        _requireProven(taskId, record, outcome, proof);

        callbackFailed[taskId] = false;
        _callBack(taskId, task, record, outcome);
    }

    /// @inheritdoc ITaskGateway
    function refund(Request calldata task) external override {
        bytes32 taskId = _taskIdOf(task);
        if (_words[taskId] != REQUESTED) revert TaskNotOpen(taskId);
        uint256 start = _refundableAt(task.params);
        if (block.timestamp < start) revert RefundTooEarly(taskId, start);

        uint256 amount = task.price + task.tip;
        _words[taskId] = REFUNDED;
        creditOf[task.requester] += amount;
        emit TaskRefunded(taskId, task.requester, amount);
    }

    /// @inheritdoc ITaskGateway
    function claim(Claim[] calldata claims) external override {
        // Neighbours with the same payout are credited together: a node claims many tasks at once.
        address holder;
        uint256 owed;
        for (uint256 i = 0; i < claims.length; i++) {
            Claim calldata entry = claims[i];
            bytes4 refusal = _mark(entry);
            if (refusal != 0) {
                emit ClaimSkipped(entry.taskId, entry.rank, refusal);
                continue;
            }
            uint256 amount =
                Rewards.shareDown(entry.price, entry.restWeight, entry.winnersCount, entry.rank, entry.weight);
            if (entry.payout != holder) {
                if (owed > 0) creditOf[holder] += owed;
                (holder, owed) = (entry.payout, 0);
            }
            owed += amount;
            emit RewardClaimed(entry.taskId, entry.rank, entry.payout, amount);
        }
        if (owed > 0) creditOf[holder] += owed;
    }

    /// @inheritdoc ITaskGateway
    function withdraw(address payable to) external override {
        uint256 amount = creditOf[msg.sender];
        if (amount == 0) revert NothingToWithdraw(msg.sender);
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amount);
        _send(to, amount);
    }

    /// @inheritdoc ITaskGateway
    function moveTreasury(address payable to, uint256 amount) external override {
        if (msg.sender != treasurer) revert NotTreasurer(msg.sender);
        if (amount > treasury) revert TreasuryTooSmall(treasury);
        treasury -= amount;
        emit TreasuryMoved(to, amount);
        _send(to, amount);
    }

    /// @inheritdoc ITaskGateway
    function stateOf(bytes32 taskId) external view override returns (TaskState) {
        uint256 word = _words[taskId];
        if (word.isDelivery()) return TaskState.DELIVERED;
        if (word == REQUESTED) return TaskState.REQUESTED;
        return word == REFUNDED ? TaskState.REFUNDED : TaskState.NONE;
    }

    /// @inheritdoc ITaskGateway
    function isClaimed(bytes32 taskId, uint256 rank) external view override returns (bool) {
        uint256 word = _words[taskId];
        if (!word.isDelivery() || rank >= MAX_WINNERS) return false;
        uint256 claimed = rank < Deliveries.EARLY_RANKS ? word : _lateClaims[taskId];
        return claimed & (1 << rank) != 0;
    }

    /// @inheritdoc ITaskGateway
    function taskIdOf(Request calldata task) external view override returns (bytes32) {
        return _taskIdOf(task);
    }

    /// @inheritdoc ITaskGateway
    function rewardOf(uint256 price, uint256 restWeight, uint256 winnersCount, uint256 rank, uint256 weight)
        external
        pure
        override
        returns (uint256)
    {
        return Rewards.shareDown(price, restWeight, winnersCount, rank, weight);
    }

    /// @inheritdoc ITaskGateway
    function treasuryShareOf(uint256 price, uint256 winnersCount) external pure override returns (uint256) {
        return Rewards.treasuryShareUp(price, winnersCount);
    }

    function _callBack(bytes32 taskId, Request calldata task, Record calldata record, bytes calldata outcome) private {
        (uint8 status, bytes calldata payload) = OutcomeReader.read(outcome);
        bytes memory data = abi.encodeCall(
            ITaskConsumer.onTaskResult, (taskId, status, payload, record.agreeingWeight, record.totalWeight)
        );
        bool success = Callbacks.tryCall(task.requester, task.callbackGas, data);
        // Safe after the call: the flag is down during it, and nothing but a failure here raises it.
        if (!success) callbackFailed[taskId] = true;
        emit CallbackDone(taskId, success);
    }

    /// @dev Mark a share as claimed; zero, or the selector of why `entry` cannot be taken.
    function _mark(Claim calldata entry) private returns (bytes4 refusal) {
        (bytes32 taskId, uint256 rank, uint256 winnersCount) = (entry.taskId, entry.rank, entry.winnersCount);
        uint256 word = _words[taskId];
        uint256 shown = Deliveries.word(entry.price, entry.winnersRoot, entry.restWeight, winnersCount);
        if (!word.same(shown)) return ClaimMismatch.selector;
        if (rank >= winnersCount || rank >= MAX_WINNERS) return NotAWinner.selector;
        bool early = rank < Deliveries.EARLY_RANKS;
        uint256 claimed = early ? word : _lateClaims[taskId];
        if (claimed & (1 << rank) != 0) return AlreadyClaimed.selector;
        bytes32 leaf = Records.winnerLeaf(rank, entry.node, entry.payout, entry.weight);
        if (!MerkleProof.verifyCalldata(entry.proof, entry.winnersRoot, leaf)) return NotAWinner.selector;

        claimed |= 1 << rank;
        if (early) _words[taskId] = claimed;
        else _lateClaims[taskId] = claimed;
    }

    function _send(address payable to, uint256 amount) private {
        bool success = false;
        if (to != address(0)) (success,) = to.call{value: amount}("");
        if (!success) revert TransferFailed(to);
    }

    /// @dev The record is the hub's and this task's, and `outcome` is the record's.
    function _requireProven(bytes32 taskId, Record calldata record, bytes calldata outcome, bytes calldata proof)
        private
        view
    {
        if (record.taskId != taskId) revert RecordOfAnotherTask(record.taskId);
        verifier.requireRecord(record, proof);
        bool matches =
            record.agreeingWeight > 0 ? keccak256(outcome) == record.outcomeHash : outcome.length == 0;
        if (!matches) revert OutcomeMismatch(record.outcomeHash);
    }

    function _taskIdOf(Request memory task) private view returns (bytes32) {
        return Requests.taskId(task.hash(block.chainid, address(this)), task.params);
    }
}
