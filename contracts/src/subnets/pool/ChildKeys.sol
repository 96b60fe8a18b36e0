// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Edge, IAlphaStaking} from "./IAlphaStaking.sol";
import {Delegation} from "./Delegation.sol";
import {Announcement, IDelegation} from "./IDelegation.sol";
import {StakeLedger} from "./StakeLedger.sol";

/// @title The weight that hotkeys lend to child keys
/// @dev A parent has no parents and a child no children, so no cycle can arise and no change travels further than one
///      step. A child must agree to each parent, which keeps strangers from filling its list of parents.
abstract contract ChildKeys is StakeLedger {
    /// @notice Parents of one hotkey in a subnet, with those that a slash may still reach.
    uint256 internal constant MAX_PARENTS = 8;
    /// @inheritdoc IAlphaStaking
    IDelegation public immutable delegation;

    mapping(uint32 netuid => mapping(address child => address[])) internal _parents;

    constructor() {
        delegation = new Delegation();
    }

    /// @inheritdoc IAlphaStaking
    function applyChildren(uint32 netuid, address parent) external {
        Announcement memory next = delegation.takeAnnouncement(netuid, parent);
        if (next.children.length > 0 && _hasParent(netuid, parent)) revert GenerationsTooMany(netuid, parent);

        address[] memory ended = _children[netuid][parent];
        delete _children[netuid][parent];
        for (uint256 i = 0; i < ended.length; ++i) {
            _endEdge(netuid, parent, ended[i]);
        }
        for (uint256 i = 0; i < next.children.length; ++i) {
            _beginEdge(netuid, parent, next.children[i], next.proportions[i]);
            _children[netuid][parent].push(next.children[i]);
        }
        _refresh(netuid, parent);
    }

    /// @inheritdoc IAlphaStaking
    function childrenOf(uint32 netuid, address parent) external view returns (address[] memory) {
        return _children[netuid][parent];
    }

    /// @inheritdoc IAlphaStaking
    function parentsOf(uint32 netuid, address child) external view returns (address[] memory) {
        return _parents[netuid][child];
    }

    /// @inheritdoc IAlphaStaking
    function edgeOf(uint32 netuid, address parent, address child) external view returns (Edge memory) {
        return _edges[netuid][parent][child];
    }

    /// @dev Proportion of the parent that a slash of the child reaches.
    function _reach(Edge storage edge) internal view returns (uint256) {
        bool tail = block.timestamp < edge.tailUntil && edge.tailProportion > edge.proportion;
        return tail ? edge.tailProportion : edge.proportion;
    }

    function _endEdge(uint32 netuid, address parent, address child) private {
        Edge storage edge = _edges[netuid][parent][child];
        edge.tailProportion = uint64(_reach(edge));
        edge.tailUntil = uint48(block.timestamp) + unbondingSeconds;
        edge.proportion = 0;
        _extendSlashable(_hotkeys[netuid][parent]);
        emit EdgeSet(netuid, parent, child, 0, 0);
        _give(netuid, parent, child, edge);
    }

    function _beginEdge(uint32 netuid, address parent, address child, uint64 proportion) private {
        if (!delegation.takesParent(netuid, child, parent)) revert ChildNotWilling(netuid, parent, child);
        if (_children[netuid][child].length > 0) revert GenerationsTooMany(netuid, child);
        address[] storage parents = _parents[netuid][child];
        _prune(netuid, child, parents);
        Edge storage edge = _edges[netuid][parent][child];
        // After pruning the list holds exactly the edges within reach; this one may still be, from before.
        if (_reach(edge) == 0) {
            if (parents.length >= MAX_PARENTS) revert ParentsTooMany(netuid, child);
            parents.push(parent);
        }
        edge.proportion = proportion;
        _give(netuid, parent, child, edge);
        emit EdgeSet(netuid, parent, child, proportion, edge.amount);
    }

    function _prune(uint32 netuid, address child, address[] storage parents) private {
        for (uint256 i = parents.length; i > 0; --i) {
            if (_reach(_edges[netuid][parents[i - 1]][child]) > 0) continue;
            parents[i - 1] = parents[parents.length - 1];
            parents.pop();
        }
    }

    function _hasParent(uint32 netuid, address hotkey) private view returns (bool) {
        address[] storage parents = _parents[netuid][hotkey];
        for (uint256 i = 0; i < parents.length; ++i) {
            if (_edges[netuid][parents[i]][hotkey].proportion > 0) return true;
        }
        return false;
    }
}
