// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochWindow, ISubnets} from "./ISubnets.sol";
import {IWork} from "./IWork.sol";

/// @title Commitments to the work of an epoch, and the epoch's beacon
/// @dev What the beacon is worth: it is keccak256(prevrandao, previous block hash, netuid, epoch) of whichever block
///      draws it. Whoever builds that block can choose among several values (on an embedded or single-sequencer
///      chain: among as many as it likes), and any caller can let its own draw revert when it dislikes the value.
///      Work is committed before, so a beacon can spare known bad work from sampling but not invent good work.
///      Honest nodes draw in the first block after the phase. Use a threshold beacon where this is not enough.
contract Work is IWork {
    ISubnets public immutable subnets;

    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address hotkey => bytes32))) private _workHashes;
    mapping(uint32 netuid => mapping(uint64 epoch => bytes32)) private _beacons;

    constructor(ISubnets subnets_) {
        subnets = subnets_;
    }

    /// @inheritdoc IWork
    function commitWork(uint32 netuid, uint64 epoch, bytes32 root, uint64 count, bytes32 dataHash) external {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.endsAt || block.timestamp >= window.workCommitEndsAt) {
            revert OutsideWorkCommit(block.timestamp, window.endsAt, window.workCommitEndsAt);
        }
        uint16 uid = subnets.uidOf(netuid, msg.sender);
        if (_workHashes[netuid][epoch][msg.sender] != 0) revert WorkAlreadyCommitted(netuid, epoch, msg.sender);
        _workHashes[netuid][epoch][msg.sender] = keccak256(abi.encode(root, count, dataHash));
        emit WorkCommitted(netuid, epoch, msg.sender, uid, root, count, dataHash);
    }

    /// @inheritdoc IWork
    function drawBeacon(uint32 netuid, uint64 epoch) external returns (bytes32 beacon) {
        uint256 opensAt = subnets.epochWindow(netuid, epoch).workCommitEndsAt;
        if (block.timestamp < opensAt) revert BeaconTooEarly(block.timestamp, opensAt);
        if (_beacons[netuid][epoch] != 0) revert BeaconAlreadyDrawn(netuid, epoch);
        beacon = keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), netuid, epoch));
        _beacons[netuid][epoch] = beacon;
        emit BeaconDrawn(netuid, epoch, beacon, msg.sender);
    }

    /// @inheritdoc IWork
    function workHashOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32) {
        return _workHashes[netuid][epoch][hotkey];
    }

    /// @inheritdoc IWork
    function beaconOf(uint32 netuid, uint64 epoch) external view returns (bytes32) {
        return _beacons[netuid][epoch];
    }
}
