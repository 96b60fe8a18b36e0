// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Stake on hotkeys, per subnet, remembered by timestamp
/// @notice Amounts are KOIN base units, times are Unix seconds. All stake on a hotkey is one pool, of which stakers hold shares, and so
///         is all that waits in queues after leaving it: slashing takes a part of both, from every staker alike.
interface IStaking {
    /// @notice `amount` was added to `hotkey`; the last two are the totals after the change.
    event Staked(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed staker,
        uint256 amount,
        uint256 hotkeyStake,
        uint256 subnetStake
    );
    /// @notice `amount` left `hotkey` and waits in the staker's queue until `releaseAt`.
    event Unstaked(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed staker,
        uint256 amount,
        uint256 hotkeyStake,
        uint256 subnetStake,
        uint256 unbondingId,
        uint48 releaseAt
    );
    /// @notice Matured unbondings [firstUnbondingId, nextUnbondingId) were paid out.
    event Withdrawn(address indexed staker, uint256 amount, uint256 firstUnbondingId, uint256 nextUnbondingId);
    /// @notice The permitted (voting) stake of a hotkey changed, and with it the subnet's total.
    event PermittedStakeChanged(
        uint32 indexed netuid, address indexed hotkey, uint256 permittedStake, uint256 totalPermittedStake
    );

    /// @notice `amount` was taken from the pool of a hotkey and from what waits after leaving it: `reward` was paid to `beneficiary`,
    ///         the rest burned. The last two are the totals after the change.
    event Slashed(
        uint32 indexed netuid,
        address indexed hotkey,
        address indexed beneficiary,
        uint256 amount,
        uint256 reward,
        uint256 hotkeyStake,
        uint256 subnetStake
    );
    event SlasherSet(address slasher);

    error NotSubnets(address caller);
    error AlreadyBound(address subnets);
    error NotSlasher(address caller);
    error NotSetter(address caller);
    error SlashTooLarge(uint256 bps);
    error ZeroAmount();
    error HotkeyIsZero();
    error SubnetNotFound(uint32 netuid);
    error SubnetIsDissolved(uint32 netuid);
    error PositionTooSmall(uint256 requested, uint256 position);
    error NothingMatured(address staker);
    error SnapshotNotFinal(uint256 timestamp, uint256 nowAt);
    error UnbondingOutOfRange(uint256 seconds_);

    /// @notice Makes the caller the registry, once; called by its constructor.
    function bind() external;

    /// @notice Puts `amount` on `hotkey`; the tokens are pulled from the caller.
    function stake(uint32 netuid, address hotkey, uint256 amount) external;

    /// @notice Takes `amount` off `hotkey` into the caller's unbonding queue.
    /// @return unbondingId Position in the caller's queue.
    function unstake(uint32 netuid, address hotkey, uint256 amount) external returns (uint256 unbondingId);

    /// @notice Pays the caller's matured unbondings, oldest first, at most `maxEntries` of them.
    /// @return amount Base units paid.
    function withdraw(uint256 maxEntries) external returns (uint256 amount);

    /// @notice Takes `bps` ten-thousandths, at most {MAX_SLASH_BPS}, of all stake on `hotkey`, waiting stake included; pays
    ///         {REWARD_BPS} of that to `beneficiary` and burns the rest. The epoch contract only.
    /// @return amount Base units taken.
    function slash(uint32 netuid, address hotkey, uint256 bps, address beneficiary) external returns (uint256 amount);

    /// @notice Names the epoch contract, once and for ever; whoever deployed the subnet registry only.
    function setSlasher(address slasher) external;

    /// @notice Called by the subnet registry when a hotkey enters or leaves, so that its permit follows.
    function onRegistrationChanged(uint32 netuid, address hotkey, bool registered) external;

    /// @notice Gives or takes the permit that the hotkey's stake is due now; anyone may call. Needed only when a place became free:
    ///         staking, unstaking and registering look by themselves.
    function refreshPermit(uint32 netuid, address hotkey) external;

    /// @notice The hotkeys that hold a permit now, in no order.
    function validatorsOf(uint32 netuid) external view returns (address[] memory);

    /// @notice Stake on a hotkey now.
    function stakeOf(uint32 netuid, address hotkey) external view returns (uint256);

    /// @notice Stake on several hotkeys now.
    function stakesOf(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory);

    /// @notice Stake on a subnet now.
    function totalStakeOf(uint32 netuid) external view returns (uint256);

    /// @notice What the shares of `staker` in the pool of `hotkey` are worth now, rounded down.
    function positionOf(uint32 netuid, address hotkey, address staker) external view returns (uint256);

    /// @notice Stake on a hotkey at the end of second `timestamp`, which must be past.
    function stakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256);

    /// @notice Stake on all hotkeys of a subnet at the end of second `timestamp`, which must be past.
    function totalStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256);

    /// @notice As {stakeAt} while the hotkey was one of the subnet's validators, else 0.
    ///         A positive value IS the validator permit.
    function permittedStakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256);

    /// @notice Sum of {permittedStakeAt} over all hotkeys: the denominator of every quorum.
    function totalPermittedStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256);

    /// @notice The caller's queue: the next unbonding to be paid and the number ever queued.
    function unbondingRange(address staker) external view returns (uint256 next, uint256 count);

    /// @notice What left `hotkey` and was not withdrawn yet.
    function unbondingStakeOf(uint32 netuid, address hotkey) external view returns (uint256);

    /// @notice One queued unbonding and what it is worth now: a slash of the hotkey it left takes its part until it is withdrawn.
    function unbonding(address staker, uint256 unbondingId) external view returns (uint256 amount, uint48 releaseAt);
}
