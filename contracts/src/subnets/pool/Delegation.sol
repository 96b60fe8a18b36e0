// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAlphaStaking} from "./IAlphaStaking.sol";
import {Announcement, IDelegation} from "./IDelegation.sol";

/// @title Choices of hotkeys and accounts
/// @dev Only the staking contract, its creator, takes announcements; everybody else writes entries of its own.
contract Delegation is IDelegation {
    /// @dev `bps` until second `nextFrom`, then `nextBps`; `nextFrom` is zero when it was never set.
    struct Take {
        uint16 bps;
        uint16 nextBps;
        uint48 nextFrom;
        uint48 raisedAt;
    }

    /// @notice Largest take, and the take of a hotkey that never set one.
    uint256 private constant MAX_TAKE_BPS = 1800;
    uint256 private constant TAKE_INCREASE_SECONDS = 30 days;
    uint256 private constant MAX_CHILDREN = 5;
    uint48 private constant CHILDREN_DELAY_SECONDS = 1 days;

    uint256 private constant WAD = 1e18;

    IAlphaStaking public immutable staking;

    mapping(address hotkey => Take) private _takes;
    mapping(address hotkey => Take) private _childTakes;
    mapping(uint32 netuid => mapping(address parent => Announcement)) private _announced;
    mapping(uint32 netuid => mapping(address child => mapping(address parent => bool))) private _takesParent;
    mapping(uint32 netuid => mapping(address account => address)) private _autoStake;

    constructor() {
        staking = IAlphaStaking(msg.sender);
    }

    /// @inheritdoc IDelegation
    function setAutoStake(uint32 netuid, address hotkey) external {
        _autoStake[netuid][msg.sender] = hotkey;
        emit AutoStakeSet(netuid, msg.sender, hotkey);
    }

    /// @inheritdoc IDelegation
    function setTake(uint256 takeBps) external {
        (uint256 current,) = takesOf(msg.sender);
        emit TakeSet(msg.sender, takeBps, _set(_takes[msg.sender], current, takeBps, 0));
    }

    /// @inheritdoc IDelegation
    function setChildTake(uint256 takeBps) external {
        (, uint256 current) = takesOf(msg.sender);
        uint48 from = _set(_childTakes[msg.sender], current, takeBps, CHILDREN_DELAY_SECONDS);
        emit ChildTakeSet(msg.sender, takeBps, from);
    }

    /// @inheritdoc IDelegation
    function setTakesParent(uint32 netuid, address parent, bool takes) external {
        _takesParent[netuid][msg.sender][parent] = takes;
        emit TakesParentSet(netuid, msg.sender, parent, takes);
    }

    /// @inheritdoc IDelegation
    function announceChildren(uint32 netuid, address[] calldata children, uint64[] calldata proportions) external {
        if (staking.subnets().genesisOf(netuid) == 0) revert SubnetNotFound(netuid);
        if (children.length > MAX_CHILDREN || children.length != proportions.length) revert ChildrenOutOfRange();
        uint256 sum;
        for (uint256 i = 0; i < children.length; ++i) {
            if (proportions[i] == 0 || children[i] == msg.sender || children[i] == address(0)) {
                revert ChildrenOutOfRange();
            }
            for (uint256 j = 0; j < i; ++j) {
                if (children[j] == children[i]) revert ChildrenOutOfRange();
            }
            sum += proportions[i];
        }
        if (sum > WAD) revert ChildrenOutOfRange();
        uint48 appliesAt = uint48(block.timestamp) + CHILDREN_DELAY_SECONDS;
        _announced[netuid][msg.sender] = Announcement(appliesAt, children, proportions);
        emit ChildrenAnnounced(netuid, msg.sender, children, proportions, appliesAt);
    }

    /// @inheritdoc IDelegation
    function takeAnnouncement(uint32 netuid, address parent) external returns (Announcement memory announced) {
        if (msg.sender != address(staking)) revert NotPermitted(msg.sender);
        announced = _announced[netuid][parent];
        if (announced.appliesAt == 0) revert NothingAnnounced(netuid, parent);
        if (block.timestamp < announced.appliesAt) revert ChildrenTooEarly(announced.appliesAt);
        delete _announced[netuid][parent];
    }

    /// @inheritdoc IDelegation
    function takesOf(address hotkey) public view returns (uint256 takeBps, uint256 childTakeBps) {
        Take memory take = _takes[hotkey];
        return (take.nextFrom == 0 ? MAX_TAKE_BPS : _now(take), _now(_childTakes[hotkey]));
    }

    /// @inheritdoc IDelegation
    function pendingTakesOf(address hotkey)
        external
        view
        returns (uint256 takeBps, uint48 takeFrom, uint256 childTakeBps, uint48 childTakeFrom)
    {
        Take memory take = _takes[hotkey];
        Take memory childTake = _childTakes[hotkey];
        if (block.timestamp < take.nextFrom) (takeBps, takeFrom) = (take.nextBps, take.nextFrom);
        if (block.timestamp < childTake.nextFrom) (childTakeBps, childTakeFrom) = (childTake.nextBps, childTake.nextFrom);
    }

    /// @inheritdoc IDelegation
    function autoStakeOf(uint32 netuid, address account) external view returns (address) {
        address hotkey = _autoStake[netuid][account];
        return hotkey == address(0) ? account : hotkey;
    }

    /// @inheritdoc IDelegation
    function takesParent(uint32 netuid, address child, address parent) external view returns (bool) {
        return _takesParent[netuid][child][parent];
    }

    /// @inheritdoc IDelegation
    function announcementOf(uint32 netuid, address parent) external view returns (Announcement memory) {
        return _announced[netuid][parent];
    }

    function _now(Take memory take) private view returns (uint256) {
        return block.timestamp < take.nextFrom ? take.bps : take.nextBps;
    }

    /// @dev What is lowered holds at once and takes back a raise that waits. A raise waits as long as leaving takes, so that whoever
    ///      disagrees is gone before it holds.
    /// @param notice What leaving takes beside the unbonding.
    function _set(Take storage take, uint256 current, uint256 wanted, uint48 notice) private returns (uint48 from) {
        if (wanted > MAX_TAKE_BPS) revert TakeOutOfRange(wanted);
        from = uint48(block.timestamp);
        if (wanted > current) {
            uint256 nextAt = take.raisedAt == 0 ? 0 : take.raisedAt + TAKE_INCREASE_SECONDS;
            if (from < nextAt) revert TakeRaisedTooSoon(nextAt);
            take.raisedAt = from;
            from += staking.unbondingSeconds() + notice;
        }
        (take.bps, take.nextBps, take.nextFrom) = (uint16(current), uint16(wanted), from);
    }
}
