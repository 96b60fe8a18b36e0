// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochWindow, ISubnets} from "./ISubnets.sol";
import {IWeights} from "./IWeights.sol";
import {IPermits} from "./pool/IPermits.sol";
import {Rows} from "./results/Rows.sol";
import {ValidatorWords} from "./results/SeatWords.sol";
import {WordTree} from "./results/WordTree.sol";

/// @title Validators' weights: committed blind, then revealed
/// @dev The commitment binds chain, contract, subnet, epoch and hotkey, so nobody can copy another's commitment and
///      open it as its own. One row an epoch is the rate; the spec that a commitment names is the version key.
contract Weights is IWeights {
    using ValidatorWords for bytes32;

    uint256 private constant ENTRY_BYTES = 4;
    uint256 private constant LANES = 16;
    uint256 private constant ROW_DEPTH = 4;
    /// @notice What {rowHashOf} holds for a revealed empty row.
    bytes32 public constant ABSTAINED = bytes32(uint256(1));
    /// @notice A row stands in for missing ones during so many epochs.
    uint8 public constant MAX_AGE = 8;
    /// @notice The age of no row.
    uint8 public constant NO_ROW = 255;
    /// @notice Longest sealed row: 249 bytes around a row of 256 entries, rounded up.
    uint256 public constant MAX_SEALED_BYTES = 1280;

    ISubnets public immutable subnets;
    IPermits public immutable permits;

    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address hotkey => bytes32))) private _commitments;
    mapping(uint32 netuid => mapping(uint64 epoch => mapping(address hotkey => bytes32))) private _rowHashes;

    constructor(ISubnets subnets_) {
        subnets = subnets_;
        permits = subnets_.permits();
    }

    /// @inheritdoc IWeights
    function commit(uint32 netuid, uint64 epoch, bytes32 commitment, bytes32 specHash, bytes calldata sealedRow) external {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.workCommitEndsAt || block.timestamp >= window.weightCommitEndsAt) {
            revert OutsideWeightCommit(block.timestamp, window.workCommitEndsAt, window.weightCommitEndsAt);
        }
        if (commitment == 0) revert CommitmentIsZero();
        if (sealedRow.length > MAX_SEALED_BYTES) revert SealedRowTooLong(sealedRow.length, MAX_SEALED_BYTES);
        bytes32 inForce = subnets.specHashAt(netuid, epoch);
        if (specHash != inForce) revert OtherSpec(inForce, specHash);
        if (permits.permittedStakeAt(netuid, msg.sender, window.startsAt) == 0) {
            revert NoValidatorPermit(netuid, epoch, msg.sender);
        }
        _commitments[netuid][epoch][msg.sender] = commitment;
        emit WeightsCommitted(netuid, epoch, msg.sender, commitment, sealedRow);
    }

    /// @inheritdoc IWeights
    function reveal(uint32 netuid, uint64 epoch, bytes calldata row, bytes32 salt) external {
        _reveal(netuid, epoch, msg.sender, row, salt);
    }

    /// @inheritdoc IWeights
    function revealFor(uint32 netuid, uint64 epoch, address hotkey, bytes calldata row, bytes32 salt) external {
        _reveal(netuid, epoch, hotkey, row, salt);
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

    /// @inheritdoc IWeights
    function rowHashesOf(uint32 netuid, uint64 epoch, bytes32[] calldata validators)
        external
        view
        returns (bytes32[] memory hashes)
    {
        hashes = new bytes32[](validators.length);
        uint256 knownAge = 0;
        mapping(address hotkey => bytes32) storage rows = _rowHashes[netuid][epoch];
        for (uint256 i = 0; i < validators.length;) {
            bytes32 word;
            // validators[i], below its length.
            assembly ("memory-safe") {
                word := calldataload(add(validators.offset, shl(5, i)))
            }
            uint256 age = word.age();
            if (age <= epoch && age != NO_ROW) {
                if (age != knownAge) (knownAge, rows) = (age, _rowHashes[netuid][uint64(epoch - age)]);
                // hashes[i] = rows[word.hotkey()], for 64 of which a dispute pays.
                assembly ("memory-safe") {
                    mstore(0, shr(96, word))
                    mstore(32, rows.slot)
                    mstore(add(add(hashes, 32), shl(5, i)), sload(keccak256(0, 64)))
                }
            }
            unchecked {
                ++i;
            }
        }
    }

    /// @inheritdoc IWeights
    function rowAgeOf(uint32 netuid, uint64 epoch, address hotkey) external view returns (uint8) {
        for (uint8 age = 0; age <= MAX_AGE && age <= epoch; ++age) {
            bytes32 rowHash = _rowHashes[netuid][epoch - age][hotkey];
            if (rowHash != 0) return rowHash == ABSTAINED ? NO_ROW : age;
        }
        return NO_ROW;
    }

    function _reveal(uint32 netuid, uint64 epoch, address hotkey, bytes calldata row, bytes32 salt) private {
        EpochWindow memory window = subnets.epochWindow(netuid, epoch);
        if (block.timestamp < window.weightCommitEndsAt || block.timestamp >= window.revealEndsAt) {
            revert OutsideWeightReveal(block.timestamp, window.weightCommitEndsAt, window.revealEndsAt);
        }
        if (_rowHashes[netuid][epoch][hotkey] != 0) revert AlreadyRevealed(netuid, epoch, hotkey);

        bytes32 expected = _commitments[netuid][epoch][hotkey];
        bytes32 actual = commitmentFor(netuid, epoch, hotkey, keccak256(row), salt);
        if (expected != actual) revert CommitmentMismatch(expected, actual);

        delete _commitments[netuid][epoch][hotkey];
        _rowHashes[netuid][epoch][hotkey] = _hashOf(row, subnets.maxNeuronsOf(netuid));
        emit WeightsRevealed(netuid, epoch, hotkey, row, salt);
    }

    /// @dev One spelling per row: ascending uids below `maxNeurons`, no zero weights. The length is a multiple of four, so
    ///      each four-byte read stays inside the row.
    function _hashOf(bytes calldata row, uint256 maxNeurons) private pure returns (bytes32) {
        if (row.length % ENTRY_BYTES != 0) revert RowLengthInvalid(row.length);
        if (row.length == 0) return ABSTAINED;
        bytes32[] memory words = new bytes32[](LANES);
        uint256 leastUid = 0;
        uint256 sum = 0;
        for (uint256 offset = 0; offset < row.length; offset += ENTRY_BYTES) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := shr(224, calldataload(add(row.offset, offset)))
            }
            (uint256 uid, uint256 weight) = (entry >> 16, entry & 0xffff);
            if (uid < leastUid || uid >= maxNeurons || weight == 0) revert RowEntryInvalid(offset / ENTRY_BYTES);
            leastUid = uid + 1;
            sum += weight;
            // At most 256 seats, so `uid / 16` is one of the words.
            words[uid >> 4] |= bytes32(weight << (240 - 16 * (uid & 15)));
        }
        return Rows.kept(WordTree.root(words, ROW_DEPTH), sum);
    }
}
