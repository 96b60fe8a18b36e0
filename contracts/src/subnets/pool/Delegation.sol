// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAlphaStaking} from "./IAlphaStaking.sol";
import {Announcement, IDelegation} from "./IDelegation.sol";

/// @title Choices of hotkeys and accounts
/// @dev Only the staking contract, its creator, takes announcements; everybody else writes entries of its own.
contract Delegation is IDelegation {
    struct Takes {
        uint16 takeBps;
        uint16 childTakeBps;
        bool isSet;
        uint48 raisedAt;
        uint48 childRaisedAt;
    }

    /// @notice Largest take, and the take of a hotkey that never set one.
    uint256 public constant MAX_TAKE_BPS = 1800;
    uint256 public constant TAKE_INCREASE_SECONDS = 30 days;
    uint256 public constant MAX_CHILDREN = 5;
    uint48 public constant CHILDREN_DELAY_SECONDS = 1 days;

    uint256 private constant WAD = 1e18;

    IAlphaStaking public immutable staking;

    mapping(address hotkey => Takes) private _takes;
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
        Takes storage takes = _takes[msg.sender];
        (uint256 current,) = takesOf(msg.sender);
        if (_isRaise(current, takeBps, takes.raisedAt)) takes.raisedAt = uint48(block.timestamp);
        takes.takeBps = uint16(takeBps);
        takes.isSet = true;
        emit TakeSet(msg.sender, takeBps);
    }

    /// @inheritdoc IDelegation
    function setChildTake(uint256 takeBps) external {
        Takes storage takes = _takes[msg.sender];
        if (_isRaise(takes.childTakeBps, takeBps, takes.childRaisedAt)) takes.childRaisedAt = uint48(block.timestamp);
        takes.childTakeBps = uint16(takeBps);
        emit ChildTakeSet(msg.sender, takeBps);
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
        Takes storage takes = _takes[hotkey];
        return (takes.isSet ? takes.takeBps : MAX_TAKE_BPS, takes.childTakeBps);
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

    function _isRaise(uint256 current, uint256 wanted, uint48 raisedAt) private view returns (bool) {
        if (wanted > MAX_TAKE_BPS) revert TakeOutOfRange(wanted);
        if (wanted <= current) return false;
        uint256 nextAt = raisedAt == 0 ? 0 : raisedAt + TAKE_INCREASE_SECONDS;
        if (block.timestamp < nextAt) revert TakeRaisedTooSoon(nextAt);
        return true;
    }
}
