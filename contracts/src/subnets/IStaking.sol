// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Stake on hotkeys, per subnet, remembered by timestamp
/// @notice Amounts are KOIN base units, times are Unix seconds. There is no slashing in this version.
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

    error NotSubnets(address caller);
    error AlreadyBound(address subnets);
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

    /// @notice What `staker` has on `hotkey` now.
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

    /// @notice One queued unbonding.
    function unbonding(address staker, uint256 unbondingId) external view returns (uint256 amount, uint48 releaseAt);
}
