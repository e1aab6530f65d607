// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ChainBoyConsumer} from "../ChainBoyConsumer.sol";
import {ITaskGateway} from "../interfaces/ITaskGateway.sol";
import {Record} from "../libraries/Records.sol";
import {Request} from "../libraries/Requests.sol";

/// @title An example consumer: keeps the last result of one program, such as a price; or of none, random dice
/// @notice Its owner (a person, or a backend's account) asks; everyone can read. Only the newest question counts: an
/// answer to an earlier one is dropped.
contract ResultKeeper is ChainBoyConsumer, Ownable {
    /// @notice The value is the payload's first word. Weights fit 96 bits, as the token's supply does.
    struct Result {
        bytes32 value;
        uint96 agreeingWeight;
        uint96 totalWeight;
        uint8 status;
        uint56 receivedAt; // seconds
    }

    event ResultKept(bytes32 indexed taskId, uint8 status, bytes32 value);

    /// @notice There is no result with a value yet.
    error NoValue(uint8 status);
    /// @notice The result is `age` seconds old.
    error TooOld(uint256 age);

    uint8 private constant OK = 0;

    /// @notice What it asks for; zero: random numbers.
    bytes32 public immutable program;
    /// @notice The task whose result is waited for, or is kept.
    bytes32 public newest;

    Result private _latest;

    constructor(ITaskGateway gateway_, address owner_, bytes32 program_) ChainBoyConsumer(gateway_) Ownable(owner_) {
        program = program_;
    }

    /// @notice Ask; the value sent with the call pays price and tip. The owner's alone.
    function ask(bytes calldata input, uint256 params, uint256 callbackGas, uint256 tip)
        external
        payable
        onlyOwner
        returns (bytes32 taskId)
    {
        taskId = _request(program, input, params, callbackGas, tip, msg.value);
        newest = taskId;
    }

    /// @notice Have a failed callback made again.
    function retry(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        external
    {
        _retry(task, record, outcome, proof);
    }

    /// @notice Take back what the gateway returned. The owner's alone.
    function withdraw(address payable to) external onlyOwner {
        _withdraw(to);
    }

    function latest() external view returns (Result memory) {
        return _latest;
    }

    /// @notice The price, as the program scaled it, if it is at most `maxAge` seconds old.
    function price(uint256 maxAge) external view returns (int256) {
        return int256(uint256(_value(maxAge)));
    }

    /// @notice A throw of a die, 1 … `sides`, from the random number kept.
    function dice(uint256 sides) external view returns (uint256) {
        return uint256(_value(type(uint256).max)) % sides + 1;
    }

    /// @inheritdoc ChainBoyConsumer
    function _onResult(
        bytes32 taskId,
        uint8 status,
        bytes calldata payload,
        uint256 agreeingWeight,
        uint256 totalWeight
    ) internal override {
        if (taskId != newest) return;
        bytes32 value = payload.length >= 32 ? bytes32(payload[:32]) : bytes32(0);
        _latest = Result({
            value: value,
            agreeingWeight: uint96(agreeingWeight),
            totalWeight: uint96(totalWeight),
            status: status,
            receivedAt: uint56(block.timestamp)
        });
        emit ResultKept(taskId, status, value);
    }

    function _value(uint256 maxAge) private view returns (bytes32) {
        Result memory result = _latest;
        if (result.receivedAt == 0 || result.status != OK) revert NoValue(result.status);
        uint256 age = block.timestamp - result.receivedAt;
        if (age > maxAge) revert TooOld(age);
        return result.value;
    }
}
