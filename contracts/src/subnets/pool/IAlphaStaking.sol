// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnets} from "../ISubnets.sol";
import {IDelegation} from "./IDelegation.sol";
import {IPermits} from "./IPermits.sol";
import {IPools} from "./IPools.sol";

/// @dev Whoever begins to leave within that time of a slash is out of reach of the next.
uint256 constant REACTION_SECONDS = 1 days;

/// @dev What is stored of a hotkey in a subnet, beside its history. On the root (subnet 0) assets are KOIN.
struct HotkeyState {
    uint256 stakedAssets;
    uint256 stakedShares;
    uint256 leavingAssets;
    uint256 leavingShares;
    /// Alpha weight given to children and received from parents.
    uint256 given;
    uint256 received;
    /// All that counts for a permit: own alpha - given + received + the root's part.
    uint256 weight;
    bool registered;
    /// Whether the root stake of the hotkey counts in this subnet.
    bool countsRoot;
    /// Until here leaving is queued even without a permit: a child that ended may be slashed for the hotkey's part, and whoever shared in
    /// dividends stays as long as a validator's staker.
    uint48 slashableUntil;
}

/// @dev A queued departure.
struct Ticket {
    uint32 netuid;
    address hotkey;
    uint48 releaseAt;
    /// Of the leaving pool of (netuid, hotkey).
    uint256 shares;
}

/// @dev A parent's gift of weight to a child.
struct Edge {
    /// Part of the parent's own alpha in parts of 1e18; zero when it ended.
    uint64 proportion;
    /// Largest proportion that a slash of the child still reaches, until `tailUntil`.
    uint64 tailProportion;
    uint48 tailUntil;
    /// What it gives now, in base units of alpha.
    uint96 amount;
}

/// @title Alpha staked on hotkeys, KOIN staked on the root
/// @notice Subnet 0 is the root, its amounts are KOIN; amounts of all others are alpha of the subnet. Base units
///         (1e-18), Unix seconds, proportions in parts of 1e18, takes in 1/10,000.
/// @dev Rules: specs/0014-pools.md sections 4 to 7.
interface IAlphaStaking {
    /// @notice `amount` joined the hotkey's pool as `shares` of `staker`; then the pool.
    event Staked(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed staker,
        uint256 amount,
        uint256 shares,
        uint256 poolAssets,
        uint256 poolShares
    );
    /// @notice `shares` of `staker`, worth `amount`, left the hotkey's pool; then the pool.
    event Unstaked(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed staker,
        uint256 amount,
        uint256 shares,
        uint256 poolAssets,
        uint256 poolShares
    );
    /// @notice What was unstaked waits as ticket `ticketId` of the staker, `shares` of the leaving pool.
    event Queued(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed staker,
        uint256 ticketId,
        uint256 amount,
        uint256 shares,
        uint48 releaseAt
    );
    /// @notice A ticket was paid.
    event Withdrawn(
        uint32 indexed netuid, address indexed hotkey, address indexed staker, uint256 ticketId, uint256 amount
    );
    /// @notice The share price rose: `amount` joined the pool for all who stake there.
    event DividendsAdded(uint32 indexed netuid, address indexed hotkey, uint256 amount, uint256 poolAssets);
    /// @notice `amount` of subnet `netuid` became claimable by the root stakers of `hotkey`, as its payment `payment`.
    event RootDividendsAdded(
        uint32 indexed netuid, address indexed hotkey, uint256 amount, uint256 rate, uint48 payment
    );
    /// @notice Claimed up to and including the hotkey's payment `payment`.
    event RootClaimed(
        uint32 indexed netuid, address indexed hotkey, address indexed staker, uint256 amount, uint48 payment
    );
    /// @notice What a slash took of the staked and of the leaving pool: of the hotkey, its parents, and of the hotkey on the root.
    event Slashed(uint32 indexed netuid, address indexed hotkey, uint256 fromStaked, uint256 fromLeaving);
    /// @notice All that one slash took, and what of it `beneficiary` got; the rest was burned.
    event SlashPaid(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed beneficiary,
        uint256 alphaTaken,
        uint256 koinTaken,
        uint256 alphaReward,
        uint256 koinReward
    );
    /// @notice Weight of a hotkey and of its subnet after a change.
    event WeightChanged(uint32 indexed netuid, address indexed hotkey, uint256 weight, uint256 totalWeight);
    /// @notice The root stake of `hotkey` began or ceased to count in the subnet.
    event RootCounted(uint32 indexed netuid, address indexed hotkey, bool counts);
    /// @notice `parent` gives `proportion` of its alpha weight to `child`, now `amount`. Zero: no longer.
    event EdgeSet(
        uint32 indexed netuid, address indexed parent, address indexed child, uint256 proportion, uint256 amount
    );

    error NotPermitted(address caller);
    error ZeroAmount();
    error HotkeyIsZero();
    error SubnetNotFound(uint32 netuid);
    /// @notice It takes no stake any more.
    error SubnetIsDissolved(uint32 netuid);
    error SharesTooFew(uint256 requested, uint256 position);
    /// @notice A least amount must be named, above zero.
    error Unprotected();
    error AmountTooSmall(uint256 amount, uint256 minimum);
    error NothingMatured(address staker);
    error UnbondingOutOfRange(uint256 seconds_);
    error RootWeightOutOfRange(uint256 rootWeight);
    /// @notice The stake backs a validator, or did not long ago: unstake it, wait and stake anew.
    error StillSlashable(uint32 netuid, address hotkey);
    error SameHotkey(address hotkey);
    error RootNotMovable();
    /// @notice Its root stake was slashed within the unbonding: until then no slash reaches it, so nobody adds to it.
    error RootSlashedLately(address hotkey, uint256 until);
    error NothingToClaim(uint32 netuid, address hotkey, address staker);
    error RootSlotsFull(address hotkey);
    error RootNotCountable(uint32 netuid, address hotkey);
    error ChildNotWilling(uint32 netuid, address parent, address child);
    error GenerationsTooMany(uint32 netuid, address hotkey);
    error ParentsTooMany(uint32 netuid, address child);

    /// @notice What hotkeys and accounts chose: takes, children, where gifts go.
    function delegation() external view returns (IDelegation);

    /// @notice Who may vote.
    function permits() external view returns (IPermits);

    /// @notice Where alpha is kept and traded.
    function pools() external view returns (IPools);

    /// @notice The registry, which is bound to {pools} once for ever.
    function subnets() external view returns (ISubnets);

    /// @notice What 1 KOIN on the root weighs in alpha, in parts of 1e18.
    function rootWeight() external view returns (uint256);

    /// @notice Seconds between leaving a slashable hotkey and the moment the tokens can be withdrawn.
    function unbondingSeconds() external view returns (uint48);

    /// @notice Stakes the caller's alpha, or on subnet 0 KOIN that is pulled from the caller.
    function stake(uint32 netuid, address hotkey, uint256 amount) external returns (uint256 shares);

    /// @notice Stakes the caller's alpha as a gift to `account`, on the hotkey it prefers (the delegation contract).
    function stakeFor(uint32 netuid, address account, uint256 amount) external returns (uint256 shares);

    /// @notice Takes the caller's shares out: at once when the hotkey is not slashable, else into the queue.
    /// @param minAmount Least worth of the shares now; what is queued can still be slashed.
    function unstake(uint32 netuid, address hotkey, uint256 shares, uint256 minAmount)
        external
        returns (uint256 amount, bool queued);

    /// @notice Pays the staker's matured tickets, oldest first, at most `maxTickets`. Anyone may call.
    function withdraw(address staker, uint256 maxTickets) external;

    /// @notice Moves the caller's shares to another hotkey of the subnet; at least `minAmount` arrives.
    function move(uint32 netuid, address fromHotkey, address toHotkey, uint256 shares, uint256 minAmount)
        external
        returns (uint256 amount);

    /// @notice Sells the caller's shares and stakes what that buys of another subnet, at least `minAlphaOut`.
    function swap(
        uint32 fromNetuid,
        address fromHotkey,
        uint32 toNetuid,
        address toHotkey,
        uint256 shares,
        uint256 minAlphaOut
    ) external returns (uint256 alphaOut);

    /// @notice Claims the caller's root dividends in alpha, over at most `maxSteps` of its own changes of position.
    function claimRoot(uint32 netuid, address hotkey, uint256 maxSteps) external returns (uint256 amount);

    /// @notice Dividends of a hotkey: pulls `amount` alpha of the caller, the coinbase, and splits it between the
    ///         hotkey's pool, its parents and its root stakers, by weights as if a hotkey that left had kept its seat.
    function payDividends(uint32 netuid, address hotkey, uint256 amount) external;

    /// @notice Takes `bps` of what is staked on or leaving the hotkey, there and on the root, and its parents' part; pays {REWARD_BPS}
    ///         of each to `beneficiary` (alpha as free alpha) and burns the rest. The epoch contract only. Above {MAX_SLASH_BPS} counts
    ///         as that.
    /// @return alphaTaken Of the subnet, parents' part included.
    /// @return koinTaken Of the root.
    function slash(uint32 netuid, address hotkey, uint256 bps, address beneficiary)
        external
        returns (uint256 alphaTaken, uint256 koinTaken);

    /// @notice Puts the children that were announced to the delegation contract into force.
    function applyChildren(uint32 netuid, address parent) external;

    /// @notice Counts the hotkey's root stake in a subnet where it sits, when there is room.
    function countRoot(uint32 netuid, address hotkey) external;

    /// @notice Called by the subnet registry when a hotkey enters or leaves, so that its root stake and its permit follow.
    function onRegistrationChanged(uint32 netuid, address hotkey, bool registered) external;

    /// @notice Weight of a hotkey now.
    function weightOf(uint32 netuid, address hotkey) external view returns (uint256);

    /// @notice Weights of several hotkeys now.
    function weightsOf(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory);

    /// @notice Sum of all weights of a subnet now.
    function totalWeightOf(uint32 netuid) external view returns (uint256);

    /// @notice What `staker` has on `hotkey` now.
    function positionOf(uint32 netuid, address hotkey, address staker)
        external
        view
        returns (uint256 shares, uint256 amount);

    /// @notice Whether leaving the hotkey is queued now.
    function isSlashable(uint32 netuid, address hotkey) external view returns (bool);

    /// @notice Pools and weights of a hotkey.
    function hotkeyOf(uint32 netuid, address hotkey) external view returns (HotkeyState memory);

    /// @notice The staker's queue: the next ticket to be paid and the number ever queued.
    function ticketRange(address staker) external view returns (uint256 next, uint256 count);

    /// @notice One queued departure and its worth now.
    function ticketOf(address staker, uint256 ticketId) external view returns (Ticket memory ticket, uint256 amount);

    /// @notice Root dividends that {claimRoot} would pay with `maxSteps`.
    function claimableRoot(uint32 netuid, address hotkey, address staker, uint256 maxSteps)
        external
        view
        returns (uint256 amount);

    /// @notice Children in force.
    function childrenOf(uint32 netuid, address parent) external view returns (address[] memory);

    /// @notice Parents in force, and those that a slash may still reach.
    function parentsOf(uint32 netuid, address child) external view returns (address[] memory);

    /// @notice One parent's gift to one child.
    function edgeOf(uint32 netuid, address parent, address child) external view returns (Edge memory);

    /// @notice The subnets in which the root stake of a hotkey counts.
    function rootSubnetsOf(address hotkey) external view returns (uint32[] memory);
}
