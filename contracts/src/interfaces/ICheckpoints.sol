// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Checkpoint} from "../libraries/SealedCheckpoints.sol";

/// @notice One node's EIP-712 signature over a sealed checkpoint, in the hub's domain.
struct Attestation {
    address node;
    bytes signature;
}

/// @notice What was sealed last; `number` 0: nothing yet.
struct Seal {
    uint256 number;
    uint256 epoch; // of the distribution
    bytes32 stakeHash;
    uint256 stakeTotal;
    uint256 sealedAt; // seconds
}

/// @title The part of the hub that other chains look at: checkpoints, who signed them, and genuine gateways
interface ICheckpoints {
    /// @notice A checkpoint was made. `words` are the distribution's (node << 96 | weight), empty when an earlier one
    /// is kept.
    event Sealed(uint256 indexed number, Checkpoint checkpoint, uint256[] words);
    event Attested(uint256 indexed number, address indexed node, bytes signature);
    /// @notice An entry of a batch was passed over; `reason` is the selector of the error it alone would deserve.
    event AttestationSkipped(uint256 indexed number, address indexed node, bytes4 reason);
    /// @notice Nodes may trust requests of `gateway` on chain `chainId` from then on (in seconds).
    event GatewayListed(uint256 indexed chainId, address indexed gateway, uint256 from);

    error ZeroAddress();
    error NotAscending(uint256 index);
    /// @notice So many nodes with so much weight are not the whole active set.
    error DistributionIncomplete(uint256 count, uint256 weight);
    error AlreadySealed(uint256 epoch);
    error NothingSealed();
    error SealTooSoon(uint256 earliest);
    error NotSealed(uint256 number);
    /// @notice The hub made this very checkpoint: signing it is no forgery.
    error CheckpointSealed(uint256 number);
    /// @notice The node is out for good already, or has nothing to lose.
    error ForgeryNotCounted(address node);
    error NotCurator(address sender);
    error AlreadyListed(uint256 chainId, address gateway);

    /// @notice Make the next checkpoint from the hub's own state before the call, by anyone. With nodes, all active ones
    /// in strictly ascending order: the current epoch's distribution, once per epoch and at any time. With none: the last
    /// distribution, dated to the current epoch if nothing changed since; not before `minSealInterval` after the last seal.
    function seal(address[] calldata nodes) external;

    /// @notice Publish signatures over a sealed checkpoint, by anyone; entries that are not their node's are skipped and
    /// reported. Whether a node counts is for whoever reads them to say.
    /// @return refusals per entry zero, or the selector of why it was skipped
    function attest(uint256 number, Attestation[] calldata entries) external returns (bytes4[] memory refusals);

    /// @notice Slash a node for its signature over a checkpoint that the hub did not seal, by anyone, whenever it was
    /// signed. One forgery counts, however many signatures show it. While nothing is bonded nothing is taken, and the
    /// evidence stays good.
    function slashForgery(Checkpoint calldata checkpoint, address node, bytes calldata signature) external;

    /// @notice Tell nodes of a genuine gateway; the curator's alone, and effective `listingDelay` later. For good.
    function listGateway(uint256 chainId, address gateway) external;

    function curator() external view returns (address);
    function lastSeal() external view returns (Seal memory);
    /// @notice The EIP-712 digest that nodes sign, or zero.
    function checkpointDigestOf(uint256 number) external view returns (bytes32);
    /// @notice From when on, in seconds, a gateway counts as genuine; zero: never.
    function listedFrom(uint256 chainId, address gateway) external view returns (uint256);
}
