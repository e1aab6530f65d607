// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice A request as its gateway took it; chain id and gateway are where it was made.
struct Request {
    address requester;
    uint256 nonce;
    bytes32 program;
    bytes32 inputHash;
    uint256 price;
    uint256 tip;
    uint256 callbackGas;
    uint256 requestedAt;
    uint256 params;
}

/// @title Preimages that name a request and its task
library Requests {
    bytes32 internal constant REQUEST = keccak256("ChainBoy.Request.v1");
    bytes32 internal constant TASK = keccak256("ChainBoy.Task.v1");

    /// @notice Binds every field but `params`.
    function hash(Request memory request, uint256 chainId, address gateway) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                REQUEST,
                chainId,
                gateway,
                request.requester,
                request.nonce,
                request.program,
                request.inputHash,
                request.price,
                request.tip,
                request.callbackGas,
                request.requestedAt
            )
        );
    }

    /// @notice Names the task, so that a hub cannot be made to tally it under other rules.
    function taskId(bytes32 requestHash, uint256 params) internal pure returns (bytes32) {
        return keccak256(abi.encode(TASK, requestHash, params));
    }
}
