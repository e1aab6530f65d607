// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Bounds} from "../libraries/Params.sol";
import {Record} from "../libraries/Records.sol";
import {Request} from "../libraries/Requests.sol";
import {IRecordVerifier} from "./IRecordVerifier.sol";

/// @notice One winner's share of one delivered task. `price` … `winnersCount` are the delivered record's.
struct Claim {
    bytes32 taskId;
    uint256 price;
    bytes32 winnersRoot;
    uint256 restWeight;
    uint256 winnersCount;
    uint256 rank;
    address node;
    address payout;
    uint256 weight;
    bytes32[] proof;
}

/// @notice Times in seconds, amounts in wei. `settleTime` is what a result needs from the end of its round to here.
struct GatewayProfile {
    Bounds bounds;
    uint256 revealWindow;
    uint256 settleTime;
    uint256 maxTaskLife;
    uint256 refundMargin;
    uint256 minPrice;
    uint256 maxCallbackGas;
}

/// @title Where tasks are asked for, paid, answered and rewarded; one on every supported chain
interface ITaskGateway {
    /// @notice `NONE` was never requested here.
    enum TaskState {
        NONE,
        REQUESTED,
        DELIVERED,
        REFUNDED
    }

    /// @notice All that a node needs to know of a task.
    event TaskRequested(
        bytes32 indexed taskId,
        bytes32 indexed program,
        address indexed requester,
        uint256 nonce,
        uint256 price,
        uint256 tip,
        uint256 callbackGas,
        uint256 requestedAt,
        uint256 params,
        bytes input
    );
    /// @notice The result is here. `winnersCount` zero: no consensus, price and tip were credited back.
    event TaskDelivered(bytes32 indexed taskId, Record record, bytes outcome, address deliverer);
    /// @notice The requester's callback ended; `success` false can be tried again.
    event CallbackDone(bytes32 indexed taskId, bool success);
    event TaskRefunded(bytes32 indexed taskId, address indexed requester, uint256 amount);
    event RewardClaimed(bytes32 indexed taskId, uint256 indexed rank, address indexed payout, uint256 amount);
    /// @notice An entry of a batch was passed over; `reason` is the selector of the error it alone would deserve.
    event ClaimSkipped(bytes32 indexed taskId, uint256 indexed rank, bytes4 reason);
    event Withdrawn(address indexed holder, address indexed to, uint256 amount);
    event TreasuryMoved(address indexed to, uint256 amount);

    error ProfileInconsistent(string relation);
    error PriceBelowMinimum(uint256 price, uint256 minimum);
    error TipAboveValue(uint256 tip, uint256 value);
    error CallbackGasTooHigh(uint256 callbackGas, uint256 maximum);
    /// @notice RANDOM has no program, the other modes have one.
    error ProgramMismatch(bytes32 program);
    error ExpiresTooSoon(uint256 expiresAt, uint256 earliest);
    error ExpiresTooLate(uint256 expiresAt, uint256 latest);
    error VerifierNotLive(uint256 liveUntil, uint256 needed);
    error TaskNotOpen(bytes32 taskId);
    /// @notice `end` (exclusive): refundable from then on; for a retry, expired.
    error DeliveryTooLate(bytes32 taskId, uint256 end);
    error RefundTooEarly(bytes32 taskId, uint256 refundableAt);
    error OutcomeMismatch(bytes32 outcomeHash);
    error RecordOfAnotherTask(bytes32 taskId);
    /// @notice Too little gas is left to hand the requester all it was promised.
    error NotEnoughGas(uint256 callbackGas);
    error NothingToRetry(bytes32 taskId);
    error ClaimMismatch(bytes32 taskId);
    error AlreadyClaimed(bytes32 taskId, uint256 rank);
    error NotAWinner(bytes32 taskId, uint256 rank);
    error NothingToWithdraw(address holder);
    /// @notice `to` does not take money, or is nobody.
    error TransferFailed(address to);
    error NotTreasurer(address sender);
    error TreasuryTooSmall(uint256 treasury);

    /// @notice Ask for `program` to be run on `input` under `params`; price = value − tip.
    /// @param program sha2-256 of the program file: the digest in its CIDv1 (raw)
    /// @param callbackGas 0, or what the requester's own `onTaskResult` is called with
    /// @param tip for whoever delivers the result, in wei
    function request(bytes32 program, bytes calldata input, uint256 params, uint256 callbackGas, uint256 tip)
        external
        payable
        returns (bytes32 taskId);

    /// @notice Bring the hub's record, by anyone, before `refundableAt`. Consensus: rewards become claimable, the tip
    /// goes to the sender; and before `expiresAt` the requester is called. No consensus: price and tip are credited back.
    /// Warning: an outcome that is not `abi.encode(uint8 status, uint64 fuel, bytes payload)` counts as aborted.
    function deliver(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        external;

    /// @notice Call the requester again after its callback failed, before `expiresAt`.
    function retry(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        external;

    /// @notice Credit price and tip back, from `refundableAt` = expiresAt + refund margin on.
    function refund(Request calldata task) external;

    /// @notice Credit winners' shares to their payouts; entries that cannot be taken are skipped and reported.
    function claim(Claim[] calldata claims) external;

    /// @notice Send the caller's credit to `to`.
    function withdraw(address payable to) external;

    /// @notice Send `amount` of the treasury to `to`; the treasurer's alone.
    function moveTreasury(address payable to, uint256 amount) external;

    function version() external view returns (uint256);
    function verifier() external view returns (IRecordVerifier);
    function treasurer() external view returns (address);
    function profile() external view returns (GatewayProfile memory);
    function nonce() external view returns (uint256);
    function treasury() external view returns (uint256);
    function creditOf(address holder) external view returns (uint256);
    function stateOf(bytes32 taskId) external view returns (TaskState);
    function callbackFailed(bytes32 taskId) external view returns (bool);
    function isClaimed(bytes32 taskId, uint256 rank) external view returns (bool);
    function taskIdOf(Request calldata task) external view returns (bytes32);
    /// @notice A winner's share in wei, rounded down.
    function rewardOf(uint256 price, uint256 restWeight, uint256 winnersCount, uint256 rank, uint256 weight)
        external
        pure
        returns (uint256);
    /// @notice What stays in the treasury at delivery, in wei.
    function treasuryShareOf(uint256 price, uint256 winnersCount) external pure returns (uint256);
}
