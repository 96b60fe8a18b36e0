// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAlphaStaking} from "../pool/IAlphaStaking.sol";

/// @dev Alpha base units by whom they are for.
struct Accrued {
    uint96 owner;
    uint96 miners;
    /// Of validators, and of everybody whose stake they weigh with, on the root too.
    uint96 dividends;
}

/// @dev What a step's opening fixed for one subnet: its price average in parts of 1e18, which are the price's cap, its part of the KOIN in
///      parts of 2^64, and the KOIN that people keep in its pool. One slot.
struct SubnetShare {
    uint32 netuid;
    uint64 average;
    uint72 share;
    uint88 capital;
}

/// @dev What one step brought one subnet. `koinExcess` and `alphaRecycled` are never minted.
struct SubnetIssue {
    /// Injected together, in the proportion of the pool's reserves.
    uint256 koinIn;
    uint256 alphaIn;
    /// The rest of the subnet's share of KOIN.
    uint256 koinExcess;
    uint256 owner;
    uint256 miners;
    uint256 dividends;
    /// What rounding left of the alpha issued.
    uint256 alphaRecycled;
}

/// @dev All whole periods since the last step. Times are Unix seconds.
struct Step {
    uint48 from;
    uint48 end;
    /// Subnets that take part, and how many of them have been paid: the step is closed when the two are equal.
    uint16 count;
    uint16 paid;
    /// KOIN that the staking contract holds, at the opening.
    uint96 rootStake;
    /// KOIN of the schedule for this step, and how much of it was minted so far; the rest is recycled.
    uint96 koinIssued;
    uint96 koinMinted;
}

/// @title Emission of KOIN into pools and of alpha to owners and miners and as dividends of stake
/// @notice Amounts are base units (1e-18), times Unix seconds, shares parts of 2^64. Rules: specs/0020-pool-emission.md.
interface IPoolEmission {
    /// @notice What the policy was told of each subnet: its price average, parts of 1e18, and the KOIN that people keep in its pool.
    event StepOpened(
        uint256 indexed step,
        uint48 from,
        uint48 end,
        uint256 koinIssued,
        uint256 rootStake,
        uint32[] netuids,
        uint256[] averages,
        uint256[] capitals,
        uint256[] shares
    );
    /// @notice The policy reverted or gave shares that are none: no KOIN is minted in this step.
    event PolicyFailed(uint256 indexed step);
    event SubnetPaid(uint256 indexed step, uint32 indexed netuid, SubnetIssue issue);
    /// @notice The subnet was dissolved after the step had been opened: its part is recycled.
    event SubnetSkipped(uint256 indexed step, uint32 indexed netuid);
    event StepClosed(uint256 indexed step, uint256 koinMinted, uint256 koinRecycled);
    event MinerPaid(uint32 indexed netuid, address indexed hotkey, uint256 amount, bool staked);
    event DividendsPaid(uint32 indexed netuid, address indexed hotkey, uint256 amount);
    event OwnerPaid(uint32 indexed netuid, address indexed owner, uint256 amount, bool staked);
    /// @notice Alpha of a dissolved subnet that no result paid in time.
    event RestBurned(uint32 indexed netuid, uint256 alpha);
    /// @notice Steps that begin at `from` or later divide the subnet's alpha so; dividends get the rest of 10,000.
    event PartsAnnounced(uint32 indexed netuid, uint256 ownerBps, uint256 minersBps, uint48 from);

    error ParameterOutOfRange(string parameter);
    error TooEarly(uint256 nowAt, uint256 opensAt);
    error GasTooLow(uint256 gasLeft, uint256 needed);
    error NotSetter(address caller);
    error NotEpochs(address caller);
    error NotSubnetOwner(address caller, address owner);
    error PartsOutOfRange(uint256 ownerBps, uint256 minersBps);
    error AccrualNotFinal(uint256 timestamp, uint256 finalUntil);
    error PaymentExceedsAccrued(uint32 netuid, string part, uint256 wouldBePaid, uint256 accrued);
    error RestNotFree(uint32 netuid, uint256 freeAt);

    /// @notice Opens the next step when a period has passed, then pays up to `maxSubnets` of its subnets. Anyone may call.
    /// @return left Subnets of the step still to be paid.
    function advance(uint256 maxSubnets) external returns (uint256 left);

    /// @notice Announces how the caller's subnet divides its alpha from a week on. A later announcement replaces one not yet in force.
    function announceParts(uint32 netuid, uint256 ownerBps, uint256 minersBps) external;

    /// @notice Pays a miner, staked on the hotkey that it prefers; the epoch contract only.
    function payMiner(uint32 netuid, address hotkey, uint256 amount) external;

    /// @notice Pays a validator's dividends to its share pool, parents and root stakers, as they weigh now; the epoch contract only.
    function payDividends(uint32 netuid, address hotkey, uint256 amount) external;

    /// @notice Pays the subnet's owner what accrued to it before `epochExclusive`; the epoch contract only.
    function payOwner(uint32 netuid, uint64 epochExclusive) external returns (uint256 amount);

    /// @notice Burns what a dissolved subnet left unpaid, {restSeconds} after its end. Anyone may call.
    function burnRest(uint32 netuid) external returns (uint256 alpha);

    /// @notice Names the epoch contract, once and for ever; whoever was named at deployment only.
    function setEpochs(address epochs) external;

    /// @notice Who may pay; zero until it is named.
    function epochs() external view returns (address);

    function staking() external view returns (IAlphaStaking);

    /// @notice Alpha accrued from the subnet's genesis to the start of `epochExclusive`. Never changes once it can be read.
    function accrued(uint32 netuid, uint64 epochExclusive) external view returns (Accrued memory);

    /// @notice As {accrued} up to a second; reverts after {finalUntil}.
    function accruedUntil(uint32 netuid, uint256 timestamp) external view returns (Accrued memory);

    /// @notice End of the last closed step.
    function finalUntil() external view returns (uint256);

    /// @notice What was paid of it so far.
    function paidOf(uint32 netuid) external view returns (Accrued memory);

    /// @notice How steps that begin at `timestamp` divide the subnet's alpha, in 1/10,000; as announced so far, for a future one.
    function partsOf(uint32 netuid, uint256 timestamp)
        external
        view
        returns (uint256 ownerBps, uint256 minersBps, uint256 validatorsBps);

    /// @notice The last step that was opened, and its number, from 1; all zero before the first.
    function lastStep() external view returns (uint256 number, Step memory step);

    /// @notice What the opening of the last step fixed for each subnet that takes part in it, in their order.
    function lastShares() external view returns (SubnetShare[] memory);

    /// @notice Average KOIN a second that people brought into the pool, and that this contract did; negative: took out.
    function flowsOf(uint32 netuid) external view returns (int256 user, int256 protocol);

    /// @notice Average of the KOIN that people keep in the pool; what counts is the lesser of it and of what is there.
    function capitalOf(uint32 netuid) external view returns (uint256);
}
