// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Who may vote in a subnet, and with what weight, remembered by second
/// @notice Weights are base units (1e-18) of alpha, times are Unix seconds. A permit is asked for: only a hotkey that said that it wants
///         one is looked at, so that stake put on it by others never makes it a validator.
/// @dev Rules: specs/0014-pools.md section 5.
interface IPermits {
    /// @notice The permitted (voting) weight of a hotkey changed, and with it the subnet's total.
    event PermittedStakeChanged(
        uint32 indexed netuid, address indexed hotkey, uint256 permittedStake, uint256 totalPermittedStake
    );
    /// @notice The hotkey began or ceased to want a permit.
    event PermitSought(uint32 indexed netuid, address indexed hotkey, bool seeks);

    error NotStaking(address caller);
    error SnapshotNotFinal(uint256 timestamp, uint256 nowAt);
    error NoSeatOrStake(uint32 netuid, address hotkey);

    /// @notice Says whether the caller, a hotkey, wants a permit; it gets or gives up at once what it is due. Only one with a
    ///         seat or weight may want it: events of all others would cost every reader.
    function seekPermit(uint32 netuid, bool seeks) external;

    /// @notice Gives or takes the permit that the hotkey is due now; anyone may call. Needed only when a place became free or
    ///         its holder weighs less: a hotkey that seeks, registers or gains weight is looked at by itself.
    function refreshPermit(uint32 netuid, address hotkey) external;

    /// @notice Called by the staking contract whenever weight or registration of a hotkey changed.
    /// @param before Weight until now.
    function onWeightChanged(uint32 netuid, address hotkey, uint256 before, uint256 weight, bool registered) external;

    /// @notice Whether the hotkey wants a permit.
    function isSeeking(uint32 netuid, address hotkey) external view returns (bool);

    /// @notice The hotkeys that hold a permit now, in no order.
    function validatorsOf(uint32 netuid) external view returns (address[] memory);

    /// @notice Permitted weight of a hotkey now; it may still change in this second.
    function permittedStakeOf(uint32 netuid, address hotkey) external view returns (uint256);

    /// @notice Weight of a hotkey at the end of second `timestamp`, which must be past, if it held a permit then, else 0.
    ///         A positive value IS the validator permit.
    function permittedStakeAt(uint32 netuid, address hotkey, uint256 timestamp) external view returns (uint256);

    /// @notice Sum of {permittedStakeAt} over all hotkeys: the denominator of every quorum.
    function totalPermittedStakeAt(uint32 netuid, uint256 timestamp) external view returns (uint256);

    /// @notice The last second in which the hotkey held a permit: now while it holds one, 0 if it never did.
    function heldUntil(uint32 netuid, address hotkey) external view returns (uint48);
}
