// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "./IStaking.sol";
import {EpochWindow, ISubnets} from "./ISubnets.sol";
import {IWeights} from "./IWeights.sol";

/// @title Validators' weights: committed blind, then revealed
/// @dev The commitment binds chain, contract, subnet, epoch and hotkey, so nobody can copy another's commitment and
///      open it as its own.
contract Weights is IWeights {
    uint256 private constant ENTRY_BYTES = 4;

    ISubnets public immutable subnets;
    IStaking public immutable staking;

    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address hotkey => bytes32))) private _commitments;
    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address hotkey => bytes32))) private _rowHashes;

    constructor(ISubnets subnets_) {
        subnets = subnets_;
        staking = subnets_.staking();
    }

    /// @inheritdoc IWeights
    function commit(uint32 netuid, uint64 epoch, bytes32 commitment) external {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.workCommitEndsAt || block.timestamp >= window.weightCommitEndsAt) {
            revert OutsideWeightCommit(block.timestamp, window.workCommitEndsAt, window.weightCommitEndsAt);
        }
        if (commitment == 0) revert CommitmentIsZero();
        if (staking.permittedStakeAt(netuid, msg.sender, window.startsAt) == 0) {
            revert NoValidatorPermit(netuid, epoch, msg.sender);
        }
        _commitments[netuid][epoch][msg.sender] = commitment;
        emit WeightsCommitted(netuid, epoch, msg.sender, commitment);
    }

    /// @inheritdoc IWeights
    function reveal(uint32 netuid, uint64 epoch, bytes calldata row, bytes32 salt) external {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.weightCommitEndsAt || block.timestamp >= window.revealEndsAt) {
            revert OutsideWeightReveal(block.timestamp, window.weightCommitEndsAt, window.revealEndsAt);
        }
        if (_rowHashes[netuid][epoch][msg.sender] != 0) revert AlreadyRevealed(netuid, epoch, msg.sender);

        bytes32 rowHash = keccak256(row);
        bytes32 expected = _commitments[netuid][epoch][msg.sender];
        bytes32 actual = commitmentFor(netuid, epoch, msg.sender, rowHash, salt);
        if (expected != actual) revert CommitmentMismatch(expected, actual);
        _requireCanonical(row, subnets.maxNeuronsOf(netuid));

        delete _commitments[netuid][epoch][msg.sender];
        _rowHashes[netuid][epoch][msg.sender] = rowHash;
        emit WeightsRevealed(netuid, epoch, msg.sender, row, salt);
    }

    /// @inheritdoc IWeights
    function commitmentFor(uint32 netuid, uint64 epoch, address hotkey, bytes32 rowHash, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), netuid, epoch, hotkey, rowHash, salt));
    }

    /// @inheritdoc IWeights
    function commitmentOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32) {
        return _commitments[netuid][epoch][hotkey];
    }

    /// @inheritdoc IWeights
    function rowHashOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (bytes32) {
        return _rowHashes[netuid][epoch][hotkey];
    }

    /// @dev One spelling per row: ascending uids below `maxNeurons`, no zero weights. The length is a multiple of four, so
    ///      each four-byte read stays inside the row.
    function _requireCanonical(bytes calldata row, uint256 maxNeurons) private pure {
        if (row.length % ENTRY_BYTES != 0) revert RowLengthInvalid(row.length);
        uint256 leastUid = 0;
        for (uint256 offset = 0; offset < row.length; offset += ENTRY_BYTES) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := shr(224, calldataload(add(row.offset, offset)))
            }
            uint256 uid = entry >> 16;
            if (uid < leastUid || uid >= maxNeurons || entry & 0xffff == 0) revert RowEntryInvalid(offset / ENTRY_BYTES);
            leastUid = uid + 1;
        }
    }
}
