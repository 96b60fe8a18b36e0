// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Children that a parent announced: each gets `proportions[i]` of 1e18 of the parent's alpha weight.
struct Announcement {
    /// Unix seconds; zero when nothing is announced.
    uint48 appliesAt;
    address[] children;
    uint64[] proportions;
}

/// @title What hotkeys and accounts choose: takes, children, where gifts of stake go
/// @notice Takes are in 1/10,000. Nothing here moves a token; specs/0014-pools.md section 6.
interface IDelegation {
    event AutoStakeSet(uint32 indexed netuid, address indexed account, address hotkey);
    /// @notice The hotkey takes `takeBps` from second `from` on: now when it is no raise, else when whoever leaves now has left.
    event TakeSet(address indexed hotkey, uint256 takeBps, uint48 from);
    event ChildTakeSet(address indexed hotkey, uint256 takeBps, uint48 from);
    event TakesParentSet(uint32 indexed netuid, address indexed child, address indexed parent, bool takes);
    /// @notice From `appliesAt` on anyone may put these children into force.
    event ChildrenAnnounced(
        uint32 indexed netuid, address indexed parent, address[] children, uint64[] proportions, uint48 appliesAt
    );

    error NotPermitted(address caller);
    error SubnetNotFound(uint32 netuid);
    error TakeOutOfRange(uint256 takeBps);
    error TakeRaisedTooSoon(uint256 nextAt);
    error ChildrenOutOfRange();
    error NothingAnnounced(uint32 netuid, address parent);
    error ChildrenTooEarly(uint48 appliesAt);

    /// @notice Where {IAlphaStaking-stakeFor} puts the caller's gifts; zero: on the hotkey that is the caller itself.
    function setAutoStake(uint32 netuid, address hotkey) external;

    /// @notice What the caller, a hotkey, takes of dividends before its stakers. Lowered at once, which also takes back a raise that
    ///         waits; raised once in 30 days, and in force {IAlphaStaking-unbondingSeconds} later.
    function setTake(uint256 takeBps) external;

    /// @notice What the caller, a hotkey, takes of the dividends of its parents' weight; as {setTake}, but a raise holds a day
    ///         later than that, the time that a parent needs to leave.
    function setChildTake(uint256 takeBps) external;

    /// @notice Whether `parent` may make the caller its child.
    function setTakesParent(uint32 netuid, address parent, bool takes) external;

    /// @notice Announces the caller's children; replaces an announcement not yet applied. Empty lists: none.
    function announceChildren(uint32 netuid, address[] calldata children, uint64[] calldata proportions) external;

    /// @notice Hands a due announcement to the staking contract, its only caller, and forgets it.
    function takeAnnouncement(uint32 netuid, address parent) external returns (Announcement memory);

    /// @notice Takes of a hotkey in this second.
    function takesOf(address hotkey) external view returns (uint256 takeBps, uint256 childTakeBps);

    /// @notice Raised takes of a hotkey that wait, and the seconds from which they hold; zeros when none does.
    function pendingTakesOf(address hotkey)
        external
        view
        returns (uint256 takeBps, uint48 takeFrom, uint256 childTakeBps, uint48 childTakeFrom);

    /// @notice The preferred hotkey of an account, itself by default.
    function autoStakeOf(uint32 netuid, address account) external view returns (address);

    /// @notice Whether `parent` may make `child` its child.
    function takesParent(uint32 netuid, address child, address parent) external view returns (bool);

    /// @notice What a parent announced and nobody applied yet.
    function announcementOf(uint32 netuid, address parent) external view returns (Announcement memory);
}
