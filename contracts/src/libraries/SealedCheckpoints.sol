// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

/// @notice What the hub knew when it was sealed: the tokens among nodes at `epoch`, and all records so far.
struct Checkpoint {
    uint256 number;
    uint256 epoch;
    bytes32 stakeHash;
    uint256 stakeTotal;
    bytes32 recordsRoot;
    uint256 recordsCount;
    uint256 homeBlock;
}

/// @title The preimage that nodes sign
library SealedCheckpoints {
    bytes32 internal constant CHECKPOINT = keccak256(
        "Checkpoint(uint256 number,uint256 epoch,bytes32 stakeHash,uint256 stakeTotal,bytes32 recordsRoot,uint256 recordsCount,uint256 homeBlock)"
    );

    bytes32 private constant DOMAIN =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    /// @notice The EIP-712 struct hash; the domain is the hub's, on every chain.
    function hash(Checkpoint memory checkpoint) internal pure returns (bytes32) {
        return keccak256(abi.encode(CHECKPOINT, checkpoint));
    }

    /// @notice What OpenZeppelin's EIP712 makes of ("ChainBoy", "1") in a hub on its own chain.
    function domainSeparator(uint256 homeChainId, address hub) internal pure returns (bytes32) {
        return keccak256(abi.encode(DOMAIN, keccak256("ChainBoy"), keccak256("1"), homeChainId, hub));
    }
}
