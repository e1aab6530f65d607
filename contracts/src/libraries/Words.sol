// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Mode} from "./Params.sol";

/// @title The one word that an outcome counts as in the tally, and back
library Words {
    bytes32 internal constant RANDOM = keccak256("ChainBoy.Random.v1");
    uint256 internal constant MAX_OUTCOME = 1024;
    int256 internal constant MAX_VALUE = 2 ** 200;

    /// @dev Length of an encoded outcome whose payload is one word, and where in it the payload begins.
    uint256 private constant ONE_WORD_OUTCOME = 160;
    uint256 private constant PAYLOAD_OFFSET = 96;

    /// @notice The hash of `outcome` in EXACT, where its bytes are opaque; the value in MEDIAN and the contribution in
    /// RANDOM, where they must be the one encoding of status 0 with one word as payload.
    /// @param outcomeHash keccak256 of `outcome`
    /// @return wellFormed whether `outcome` is one that `mode` can tally
    function wordOf(Mode mode, bytes calldata outcome, bytes32 outcomeHash)
        internal
        pure
        returns (bool wellFormed, bytes32 word)
    {
        if (mode == Mode.EXACT) return (outcome.length <= MAX_OUTCOME, outcomeHash);
        if (outcome.length != ONE_WORD_OUTCOME) return (false, 0);
        uint256 status;
        uint256 fuel;
        uint256 offset;
        uint256 length;
        (status, fuel, offset, length, word) = abi.decode(outcome, (uint256, uint256, uint256, uint256, bytes32));
        wellFormed = status == 0 && offset == PAYLOAD_OFFSET && length == 32;
        if (mode == Mode.RANDOM) return (wellFormed && fuel == 0, word);
        int256 value = int256(uint256(word));
        wellFormed = wellFormed && fuel <= type(uint64).max && value >= -MAX_VALUE && value <= MAX_VALUE;
    }

    /// @notice Hash of the outcome (0, 0, abi.encode(word)).
    function outcomeHashOf(bytes32 word) internal pure returns (bytes32) {
        return keccak256(abi.encode(uint8(0), uint64(0), abi.encode(word)));
    }

    /// @notice What the contributions, in commit order, make together.
    function random(bytes32 taskId, bytes32[] memory contributions) internal pure returns (bytes32) {
        return keccak256(abi.encode(RANDOM, taskId, keccak256(abi.encodePacked(contributions))));
    }
}
