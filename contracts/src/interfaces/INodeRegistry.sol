// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice Shares are in hundredths of a percent.
struct RegistryProfile {
    uint256 genesisTime; // seconds
    uint256 epochLength; // seconds
    uint256 unbondingEpochs;
    uint256 idleEpochs;
    uint256 maxActive; // at most 256
    uint256 minBond;
    uint256 minActiveWeight;
    uint256 unrevealedShare;
    uint256 randomShare;
    uint256 forgeryShare;
}

/// @notice Why a node is slashed.
enum Offence {
    UNREVEALED,
    UNREVEALED_RANDOM,
    FORGERY
}

/// @notice A node as its owner sees it now; `weight` is what counts from the next epoch on.
struct Node {
    address owner;
    address payout;
    uint256 bonded;
    uint256 unbonding;
    uint256 releaseEpoch;
    uint256 weight;
    uint256 lastActiveEpoch;
    uint256 jailedEpoch; // commits revert in this epoch; 0: none
    uint256 lockedUntilEpoch; // cannot unbond before this epoch
    bool active; // member from the next epoch on
    bool tombstoned;
}

/// @title Who the nodes are and what they have bonded
/// @notice What is changed in epoch e counts from e + 1 on.
interface INodeRegistry {
    event Registered(address indexed node, address indexed owner, address payout);
    event Bonded(address indexed node, uint256 amount);
    event Unbonding(address indexed node, uint256 amount, uint256 releaseEpoch);
    event BondWithdrawn(address indexed node, address indexed to, uint256 amount);
    event PayoutSet(address indexed node, address payout);
    event Entered(address indexed node, address indexed victim);
    /// @notice `node` is out of the active set from `fromEpoch` on.
    event Left(address indexed node, uint256 fromEpoch);
    event WeightChanged(address indexed node, uint256 indexed fromEpoch, uint256 weight);
    event Slashed(address indexed node, Offence offence, uint256 amount);
    event Jailed(address indexed node, uint256 epoch);
    event TreasuryMoved(address indexed to, uint256 amount);

    error ProfileInconsistent(string relation);
    error NotHub(address sender);
    error NotOwner(address sender);
    error NotTreasurer(address sender);
    error AlreadyRegistered(address node);
    error NotRegistered(address node);
    error BadSignature(address node);
    error ZeroAddress();
    error ZeroAmount();
    error BondTooSmall(uint256 bonded, uint256 minimum);
    error BondTooLarge(uint256 amount, uint256 bonded);
    error NothingToWithdraw(address node);
    error StillUnbonding(uint256 releaseEpoch);
    error LockedUntil(uint256 epoch);
    error AlreadyActive(address node);
    error NodeNotActive(address node);
    error Tombstoned(address node);
    error SetFull();
    error SetHasRoom();
    error VictimNotWeaker(address victim, uint256 victimWeight, uint256 weight);
    error BudgetSpent(uint256 taken, uint256 budget);
    error NotIdle(address node, uint256 lastActiveEpoch);
    error EpochTooOld(uint256 epoch);
    error TreasuryTooSmall(uint256 treasury);

    /// @notice The caller becomes `node`'s owner for good.
    /// @param nodeSignature the node's EIP-712 `Register(address node,address owner,address payout)` in the hub's domain
    function register(address node, address payout, bytes calldata nodeSignature) external;

    /// @notice Add tokens to the bond; the owner's alone.
    function bond(address node, uint256 amount) external;

    /// @notice Take a seat in the active set, by the owner or the node: with room no victim (zero), else a victim of
    /// strictly smaller next-epoch weight.
    function enter(address node, address victim) external;

    /// @notice Start to take tokens out; the whole unbonding bucket is released together. The owner's alone.
    function unbond(address node, uint256 amount) external;

    /// @notice Send released tokens to `to`; the owner's alone.
    function withdraw(address node, address to) external;

    /// @notice Where rewards go, for rounds of later epochs; the owner's alone.
    function setPayout(address node, address payout) external;

    /// @notice Show that the node is there, by itself or its owner.
    function alive(address node) external;

    /// @notice Take a silent node out of the set, by anyone.
    function dropIdle(address node) external;

    /// @notice Send `amount` of slashed tokens to `to`; the treasurer's alone.
    function moveTreasury(address to, uint256 amount) external;

    /// @notice The hub's alone: note that `node` acts in a round of `epoch`, and tell what it had at that epoch.
    /// Weight zero: it may not commit (no member then, jailed, or tombstoned).
    function noteCommit(address node, uint256 epoch) external returns (uint256 weight, address payout);

    /// @notice The hub's alone: slash, and jail for not revealing. In EXACT and MEDIAN only if `roundEpoch` is later
    /// than that of the last such slash.
    function slash(address node, uint256 roundEpoch, Offence offence) external returns (uint256 amount);

    function version() external view returns (uint256);
    function token() external view returns (IERC20);
    function hub() external view returns (address);
    function treasurer() external view returns (address);
    function profile() external view returns (RegistryProfile memory);
    function treasury() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    function nodeOf(address node) external view returns (Node memory);
    /// @notice What `node` had in `epoch`; weight zero: not active. Reverts with {EpochTooOld} beyond what is kept.
    function snapshotAt(address node, uint256 epoch) external view returns (uint256 weight, address payout);
    /// @notice Sum of the active weights of `epoch` and their number; both zero below the minimum active weight.
    function totalAt(uint256 epoch) external view returns (uint256 weight, uint256 count);
    /// @notice Members from the next epoch on.
    function seatsTaken() external view returns (uint256);
}
