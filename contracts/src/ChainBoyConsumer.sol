// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IChainBoyConsumer} from "./interfaces/IChainBoyConsumer.sol";
import {ITaskConsumer} from "./interfaces/ITaskConsumer.sol";
import {ITaskGateway} from "./interfaces/ITaskGateway.sol";
import {Record} from "./libraries/Records.sol";
import {Request} from "./libraries/Requests.sol";

/// @title Base of a contract that asks for results and is called back with them
/// @notice The inheriting contract decides who may ask, and what becomes of a result.
/// Warning: results can arrive in another order than they were asked for.
/// Warning: money that the gateway owes this contract (tasks without consensus, refunds) leaves through {_withdraw}
/// only; a contract that never calls it cannot get it back.
abstract contract ChainBoyConsumer is IChainBoyConsumer {
    /// @inheritdoc IChainBoyConsumer
    ITaskGateway public immutable override gateway;

    /// @inheritdoc IChainBoyConsumer
    mapping(bytes32 taskId => bool) public override isPending;

    constructor(ITaskGateway gateway_) {
        gateway = gateway_;
    }

    /// @inheritdoc ITaskConsumer
    function onTaskResult(
        bytes32 taskId,
        uint8 status,
        bytes calldata payload,
        uint256 agreeingWeight,
        uint256 totalWeight
    ) external override {
        if (msg.sender != address(gateway)) revert NotGateway(msg.sender);
        if (!isPending[taskId]) revert NotPending(taskId);
        isPending[taskId] = false;
        _onResult(taskId, status, payload, agreeingWeight, totalWeight);
    }

    /// @dev What becomes of a result; once per task. Reverting leaves the task pending, for a retry.
    function _onResult(
        bytes32 taskId,
        uint8 status,
        bytes calldata payload,
        uint256 agreeingWeight,
        uint256 totalWeight
    ) internal virtual;

    /// @dev Ask the gateway; `value` of this contract's wei pays price and tip.
    function _request(
        bytes32 program,
        bytes memory input,
        uint256 params,
        uint256 callbackGas,
        uint256 tip,
        uint256 value
    ) internal returns (bytes32 taskId) {
        taskId = gateway.request{value: value}(program, input, params, callbackGas, tip);
        isPending[taskId] = true;
    }

    /// @dev Have a failed callback made again, with what was delivered.
    function _retry(Request calldata task, Record calldata record, bytes calldata outcome, bytes calldata proof)
        internal
    {
        gateway.retry(task, record, outcome, proof);
    }

    /// @dev Send all that the gateway owes this contract to `to`.
    function _withdraw(address payable to) internal {
        gateway.withdraw(to);
    }
}
