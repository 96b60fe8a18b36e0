// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ValidatorWords} from "./SeatWords.sol";
import {WordTree} from "./WordTree.sol";

/// @title Revealed rows of weights: what the ledger keeps of them, and what an opening of one shows
/// @dev Shares are parts of 2^32 of all weights of a row, rounded down, as in the TypeScript.
library Rows {
    using ValidatorWords for bytes32;

    uint256 internal constant ROW_WORDS = 16;
    uint256 internal constant ROW_DEPTH = 4;
    uint256 private constant OPENING_WORDS = 1 + ROW_DEPTH;
    /// @dev Holds the sum of 256 weights of 16 bits.
    uint256 private constant SUM_MASK = 0xffffff;
    uint256 private constant ONE_BITS = 32;

    /// @dev A taken seat, and what the ledger keeps of every validator's row.
    struct Column {
        uint256 uid;
        address holder;
        uint256 tenure;
        bytes32[] rowHashes;
    }

    error RowMismatch(address hotkey);
    error OpeningsMissing(uint256 position);

    /// @notice A seat's share of a row: weight as part of the sum of all weights of the row.
    function share(uint256 weight, uint256 sum) internal pure returns (uint256) {
        return (weight << ONE_BITS) / sum;
    }

    /// @notice What the ledger keeps of a row: the first 29 bytes of its root, then the sum of its weights.
    function kept(bytes32 root, uint256 sum) internal pure returns (bytes32) {
        return bytes32(uint256(root) & ~SUM_MASK | sum);
    }

    /// @notice The weight of a seat in the word that holds it.
    function weightIn(bytes32 word, uint256 uid) internal pure returns (uint256) {
        return uint16(uint256(word) >> (240 - 16 * (uid & 15)));
    }

    /// @notice What each validator gives a seat, from openings of their rows: nothing to its own seat, nothing to a holder that came
    ///         after its row was made. Reverts unless each row is the one that the ledger keeps.
    /// @param stakes What counts of each validator: who has nothing, or no row, is not opened.
    function openedShares(
        Column memory column,
        bytes32[] calldata validators,
        uint256[] memory stakes,
        bytes32[] calldata openings
    ) internal pure returns (uint256[] memory shares) {
        shares = new uint256[](stakes.length);
        uint256 start;
        assembly {
            start := openings.offset
        }
        uint256 end = start + openings.length * 32;
        bytes32[] memory hashes = column.rowHashes;
        // Indices below the length of `stakes`, which is that of `validators` and of the hashes.
        unchecked {
            for (uint256 i = 0; i < stakes.length; ++i) {
                if (stakes[i] == 0) continue;
                bytes32 validator = wordAt(validators, i);
                if (validator.age() == ValidatorWords.NO_ROW) continue;
                if (start + OPENING_WORDS * 32 > end) revert OpeningsMissing(i);
                (uint256 weight, bytes32 root) = _opened(start, column.uid);
                start += OPENING_WORDS * 32;
                uint256 rowHash = uint256(hashes[i]);
                if ((uint256(root) ^ rowHash) > SUM_MASK) revert RowMismatch(validator.hotkey());
                if (validator.hotkey() != column.holder && validator.age() <= column.tenure) {
                    shares[i] = share(weight, rowHash & SUM_MASK);
                }
            }
        }
    }

    /// @dev Without the check of `i`: for loops over the length.
    function wordAt(bytes32[] calldata words, uint256 i) internal pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := calldataload(add(words.offset, shl(5, i)))
        }
    }

    /// @dev The seat's weight that an opening at `start` of the calldata shows, and the root of the row that it belongs to. The four
    ///      levels are written out: a dispute passes here 64 times.
    function _opened(uint256 start, uint256 uid) private pure returns (uint256 weight, bytes32 root) {
        assembly ("memory-safe") {
            let word := calldataload(start)
            let own := and(shl(1, uid), 32)
            mstore(own, word)
            mstore(xor(own, 32), calldataload(add(start, 32)))
            root := keccak256(0, 64)
            own := and(uid, 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 64)))
            root := keccak256(0, 64)
            own := and(shr(1, uid), 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 96)))
            root := keccak256(0, 64)
            own := and(shr(2, uid), 32)
            mstore(own, root)
            mstore(xor(own, 32), calldataload(add(start, 128)))
            root := keccak256(0, 64)
            weight := and(shr(sub(240, shl(4, and(uid, 15))), word), 0xffff)
        }
    }

    /// @notice Sum of a row's weights, and what the ledger keeps of it ({IWeights-rowHashOf}).
    function sumAndHash(bytes32[] calldata row) internal pure returns (uint256 sum, bytes32 hash) {
        for (uint256 i = 0; i < row.length; ++i) {
            for (uint256 rest = uint256(row[i]); rest != 0; rest >>= 16) {
                sum += uint16(rest);
            }
        }
        hash = kept(WordTree.root(row, ROW_DEPTH), sum);
    }
}
