// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RulesVersion, SeatRules, SubnetParams, SubnetVersion} from "./ISubnets.sol";

/// @title What a subnet may be like, by what rules its seats are kept, who held them, and what the next one costs
interface ISubnetTerms {
    /// @notice The owner announced texts that take force at the start of `fromEpoch`.
    event SubnetUpdateAnnounced(uint32 indexed netuid, uint64 fromEpoch, string metadataURI, bytes32 specHash);
    /// @notice The owner announced rules that take force at the start of `fromEpoch`; until then the old ones hold.
    event RulesAnnounced(uint32 indexed netuid, uint64 fromEpoch, SeatRules old, SeatRules rules);

    error NotSubnets(address caller);
    error AlreadyBound(address subnets);
    error NotSubnetOwner(address caller, address owner);
    error SubnetNotFound(uint32 netuid);
    error SubnetIsDissolved(uint32 netuid);
    error ParameterOutOfRange(string parameter);
    /// @notice Two epochs and the activation delay of its results take `lasts` seconds: stake could be gone before it is slashed.
    error EpochOutlastsUnbonding(uint256 lasts, uint256 unbondingSeconds);
    error ChangePending(uint40 from);
    error PriceAboveMaximum(uint256 price, uint256 maximum);
    error RegistrationsExhausted(uint64 epoch);

    /// @notice Makes the caller the registry, once; called by its constructor.
    function bind() external;

    /// @notice Announces new texts; they take force two epochs later. The subnet's owner only. A later announcement
    ///         replaces one that is not yet in force, and starts its delay anew.
    function announceUpdate(uint32 netuid, string calldata metadataURI, bytes32 specHash) external;

    /// @notice Announces new rules; they take force two epochs later. The subnet's owner only; reverts while others wait.
    function announceRules(uint32 netuid, SeatRules calldata rules) external;

    /// @notice Keeps the terms of a new subnet, when they are within bounds; {subnets} only.
    function open(uint32 netuid, SubnetParams calldata params) external;

    /// @notice Counts one sale of a seat in `epoch` and raises the price; {subnets} only. Reverts above `maxBurn`.
    /// @return price What this sale costs.
    function sell(uint32 netuid, uint64 epoch, uint256 maxBurn) external returns (uint256 price);

    /// @notice Keeps that `hotkey` (zero for nobody) holds a seat from this second on; {subnets} only.
    function recordSeat(uint32 netuid, uint16 uid, address hotkey) external;

    /// @notice Who held a seat at the end of second `timestamp`, which must be past, and the second it came; zeros for a free seat.
    function seatAt(uint32 netuid, uint16 uid, uint256 timestamp) external view returns (address hotkey, uint48 since);

    /// @notice The texts in force during `epoch` (as announced so far, for a future epoch).
    function versionAt(uint32 netuid, uint64 epoch) external view returns (SubnetVersion memory);

    /// @notice The `specHash` of {versionAt}.
    function specHashAt(uint32 netuid, uint64 epoch) external view returns (bytes32);

    /// @notice The version key of the subnet's spec: how often its texts had changed by `epoch`.
    function versionKeyAt(uint32 netuid, uint64 epoch) external view returns (uint256);

    /// @notice KOIN base units that a registration or a challenge costs in this second.
    function burnPriceOf(uint32 netuid) external view returns (uint256);

    /// @notice The rules in force in this second.
    function rulesOf(uint32 netuid) external view returns (SeatRules memory);

    /// @notice All rules that ever held, oldest first; the last may still wait for its second `from`.
    function rulesHistoryOf(uint32 netuid) external view returns (RulesVersion[] memory);
}
