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
    uint256 jailedEpoch; // the last epoch in which it may not commit; 0: none
    uint256 lockedUntilEpoch; // cannot unbond before this epoch
    bool active; // member from the next epoch on
    bool tombstoned;
}

/// @title Who the nodes are and what they have bonded
/// @notice What is changed in epoch e counts from e + 1 on. In each epoch others can take at most a quarter of its
/// total weight, rounded down, or one node if none was taken yet: counted apart for eviction, idleness and jail, each
/// node with its weight in this epoch or the next, whichever is more.
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
    /// @notice `taken` is what others took before in this epoch and in this way; one more does not fit `budget`.
    error BudgetSpent(uint256 taken, uint256 budget);
    error NotIdle(address node, uint256 lastActiveEpoch);
    error EpochTooOld(uint256 epoch);
    error TreasuryTooSmall(uint256 treasury);

    /// @notice The caller becomes `node`'s owner for good.
    /// @param nodeSignature the node's EIP-712 `Register(address node,address owner,address payout)` in the hub's
    /// domain
    function register(address node, address payout, bytes calldata nodeSignature) external;

    /// @notice Add tokens to the bond; the owner's alone. A member weighs more from the next epoch on.
    function bond(address node, uint256 amount) external;

    /// @notice Take a seat in the active set, by the owner or the node: with room no victim (zero), else a victim of
    /// strictly smaller next-epoch weight. Who enters by evicting cannot unbond before the epoch after next, in the set
    /// or not. Entering counts as a sign of life.
    function enter(address node, address victim) external;

    /// @notice Start to take tokens out, all or so that the minimum bond stays; who takes all leaves the set. The whole
    /// unbonding bucket is released together, and slashable until then. The owner's alone.
    function unbond(address node, uint256 amount) external;

    /// @notice Send released tokens to `to`; the owner's alone.
    function withdraw(address node, address to) external;

    /// @notice Where rewards go, for rounds of later epochs; the owner's alone.
    function setPayout(address node, address payout) external;

    /// @notice Show that the node is there, by itself or its owner.
    function alive(address node) external;

    /// @notice Take a member out of the set whose last sign of life is more than `idleEpochs` epochs old, by anyone. It
    /// may enter again at once.
    function dropIdle(address node) external;

    /// @notice Send `amount` of slashed tokens to `to`; the treasurer's alone.
    function moveTreasury(address to, uint256 amount) external;

    /// @notice The hub's alone: note that `node` acts in a round of `epoch`, and tell what it had at that epoch. Weight
    /// zero: it may not commit (no member then, jailed, tombstoned, or the epoch is too old), and nothing is noted. It
    /// never reverts for the hub. Whether `epoch` has enough weight to count at all is {totalAt}'s to say.
    function noteCommit(address node, uint256 epoch) external returns (uint256 weight, address payout);

    /// @notice The hub's alone: take a share of what is bonded and of what is unbonding, each rounded down. For not
    /// revealing, jail until the next epoch starts, as far as the budget goes; for forgery, tombstone. UNREVEALED only
    /// if `roundEpoch` is later than that of the last such slash, forgery only once.
    /// @return amount zero also when the offence does not count
    function slash(address node, uint256 roundEpoch, Offence offence) external returns (uint256 amount);

    function version() external view returns (uint256);
    function token() external view returns (IERC20);
    function hub() external view returns (address);
    function treasurer() external view returns (address);
    function profile() external view returns (RegistryProfile memory);
    function treasury() external view returns (uint256);
    function currentEpoch() external view returns (uint256);
    function nodeOf(address node) external view returns (Node memory);
    /// @notice What `node` had in `epoch`; weight zero: not active. Whether `epoch` has enough weight to count at all
    /// is {totalAt}'s to say. Kept are the last three changes, so at least this epoch, the one before and the next;
    /// reverts with {EpochTooOld} beyond them.
    function snapshotAt(address node, uint256 epoch) external view returns (uint256 weight, address payout);
    /// @notice What each of `nodes` weighed in `epoch`, as {snapshotAt} tells for one.
    function weightsAt(address[] calldata nodes, uint256 epoch) external view returns (uint256[] memory weights);
    /// @notice Sum of the active weights of `epoch`, which may be any, and their number; both zero in epoch 0 and below
    /// the minimum active weight.
    function totalAt(uint256 epoch) external view returns (uint256 weight, uint256 count);
    /// @notice The newest epoch up to `epoch`, which may be any, from which weights or membership differ from before;
    /// zero if there is none. What was changed and changed back in one epoch counts too.
    function lastChange(uint256 epoch) external view returns (uint256);
    /// @notice Members from the next epoch on.
    function seatsTaken() external view returns (uint256);
}
