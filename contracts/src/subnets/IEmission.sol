// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title How new KOIN accrues to subnets
/// @notice Amounts are KOIN base units, times are Unix seconds.
interface IEmission {
    /// @notice From second `since` on `living` subnets share; `accruedPerSubnet` is the counter there.
    event SplitChanged(uint256 indexed index, uint40 since, uint16 living, uint256 accruedPerSubnet);
    /// @notice `amount` was minted to `account` out of what accrued to `netuid`.
    event Emitted(uint32 indexed netuid, address indexed account, uint256 amount);

    error NotEpochs(address caller);
    error RateIsZero();
    error HalvingTooShort(uint256 halvingSeconds);
    error BudgetExceeded(uint256 wouldIssue, uint256 budget);
    error SubnetNotFound(uint32 netuid);
    error AccrualNotFinal(uint256 timestamp, uint256 nowAt);
    error MintExceedsIssued(uint256 wouldBeMinted, uint256 issued);

    /// @notice Records changes of the number of living subnets since the last call, at most `maxChanges`; anyone may call. Only
    ///         saves gas.
    function sync(uint32 maxChanges) external;

    /// @notice Mints to `account` out of the subnet's accrual; {epochs} only.
    function mint(uint32 netuid, address account, uint256 amount) external;

    /// @notice Base units accrued to `netuid` over epochs [0, epochExclusive), all of which must be over.
    function accrued(uint32 netuid, uint64 epochExclusive) external view returns (uint256);

    /// @notice Base units accrued to `netuid` until `timestamp`, which must not be in the future; none after it
    ///         was dissolved.
    function accruedUntil(uint32 netuid, uint256 timestamp) external view returns (uint256);

    /// @notice Base units the schedule has released for all subnets until `timestamp` (any time).
    function issuedUntil(uint256 timestamp) external view returns (uint256);

    function totalMinted() external view returns (uint256);
    function startsAt() external view returns (uint48);
    function emissionPerSecond() external view returns (uint256);
    function halvingSeconds() external view returns (uint256);
    function epochs() external view returns (address);
}
