// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Mass} from "./ConvictionMath.sol";
import {IPools} from "./pool/IPools.sol";

/// @dev One holder's alpha for one candidate, as of second `at`.
struct Lock {
    Mass kept;
    Mass leaving;
    /// Alpha that is kept here for it.
    uint128 held;
    uint48 at;
    /// From which leaving is nothing; zero while nothing was unlocked.
    uint48 endsAt;
}

/// @dev All locks for one candidate, as of second `at`.
struct Tally {
    Mass kept;
    Mass leaving;
    uint48 at;
}

/// @dev A claim to the ownership of a subnet; `candidate` is zero while there is none.
struct Contest {
    address candidate;
    uint48 endsAt;
}

/// @title Locks of alpha for who should own a subnet
/// @notice Amounts are base units of the subnet's alpha (1e-18), times are Unix seconds.
/// @dev Rules and rounding: specs/0021-conviction.md.
interface IConviction {
    /// @notice `amount` of the holder's alpha is kept for the candidate.
    event Locked(uint32 indexed netuid, address indexed holder, address indexed candidate, uint256 amount);
    /// @notice `amount` of it is let go of, by decay until `endsAt` at the latest.
    event Unlocked(
        uint32 indexed netuid, address indexed holder, address indexed candidate, uint256 amount, uint48 endsAt
    );
    /// @notice What no longer binds went back to the holder.
    event Withdrawn(uint32 indexed netuid, address indexed holder, address indexed candidate, uint256 amount);
    /// @notice The candidate has `counted` against the `locked` of the owner, who has until `endsAt` to lock more.
    event ContestOpened(
        uint32 indexed netuid,
        address indexed candidate,
        address indexed owner,
        uint256 counted,
        uint256 locked,
        uint48 endsAt
    );
    /// @notice The candidate did not keep the lead, or did not take the subnet in time, or gave way to another.
    event ContestEnded(uint32 indexed netuid, address indexed candidate);

    error ZeroAmount();
    error CandidateIsZero();
    error SubnetIsDissolved(uint32 netuid);
    error LockTooSmall(uint256 locked, uint256 wanted);
    error NothingFree();
    error SubnetTooYoung(uint48 until);
    error DoesNotLead(address candidate);
    error ContestStands(address candidate, uint48 endsAt);
    error NoContest(uint32 netuid);
    error NotCandidate(address caller, address candidate);
    error NoticeNotOver(uint48 endsAt);
    error TooLate(uint48 until);

    /// @notice Locks the caller's free alpha for whom it wants as the owner.
    function lock(uint32 netuid, address candidate, uint256 amount) external;

    /// @notice Begins to let go of alpha that the caller keeps locked; it comes free by decay. Cannot be undone.
    function unlock(uint32 netuid, address candidate, uint256 amount) external;

    /// @notice Pays the caller what no longer binds; of a dissolved subnet all of it.
    function withdraw(uint32 netuid, address candidate) external returns (uint256 amount);

    /// @notice Begins the notice after which `candidate`, who leads, may take the subnet. Anybody may.
    function contest(uint32 netuid, address candidate) external;

    /// @notice Ends a contest whose candidate does not lead, or let its time pass. Anybody may.
    function endContest(uint32 netuid) external;

    /// @notice Makes the caller the owner: the candidate of a contest whose notice is over, who still leads.
    function takeOver(uint32 netuid) external;

    /// @notice Whose alpha is locked, and whose registry owners stand in.
    function pools() external view returns (IPools);

    /// @notice A lock as it is now, and what of it could be withdrawn.
    function lockOf(uint32 netuid, address holder, address candidate)
        external
        view
        returns (Lock memory found, uint256 free);

    /// @notice All locks for a candidate as they are now, and what of them counts against an owner's mass.
    function tallyOf(uint32 netuid, address candidate) external view returns (Tally memory found, uint256 counted);

    /// @notice Conviction that a candidate must exceed, whoever owns the subnet.
    function gateOf(uint32 netuid) external view returns (uint256);

    /// @notice Whether a candidate has more than the gate and than the owner has locked.
    function leads(uint32 netuid, address candidate) external view returns (bool);

    /// @notice The open contest; it may be void already.
    function contestOf(uint32 netuid) external view returns (Contest memory);
}
