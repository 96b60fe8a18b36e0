// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle trees of a fixed depth over 32-byte words
/// @dev Leaf `i` is word `i` itself, words beyond the last are zero, a parent is keccak256(left, right) in order of place. The depth
///      is the caller's constant, so a word can never pass for an inner node.
library WordTree {
    error ProofLengthInvalid(uint256 length, uint256 depth);
    error TooManyWords(uint256 length, uint256 depth);

    /// @notice Root over 2^depth words. Overwrites `words`; reverts when there are more.
    function root(bytes32[] memory words, uint256 depth) internal pure returns (bytes32 top) {
        if (words.length > 1 << depth) revert TooManyWords(words.length, depth);
        assembly ("memory-safe") {
            let count := mload(words)
            let first := add(words, 32)
            // A tree without words.
            let zero := 0
            for {} depth { depth := sub(depth, 1) } {
                let parents := shr(1, count)
                for { let i := 0 } lt(i, parents) { i := add(i, 1) } {
                    mstore(add(first, shl(5, i)), keccak256(add(first, shl(6, i)), 64))
                }
                if and(count, 1) {
                    mstore(0, mload(add(first, shl(6, parents))))
                    mstore(32, zero)
                    mstore(add(first, shl(5, parents)), keccak256(0, 64))
                    parents := add(parents, 1)
                }
                mstore(0, zero)
                mstore(32, zero)
                zero := keccak256(0, 64)
                count := parents
            }
            top := zero
            if count { top := mload(first) }
        }
    }

    /// @notice keccak256 of the words.
    function hashOf(bytes32[] calldata words) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let size := shl(5, words.length)
            calldatacopy(free, words.offset, size)
            hash := keccak256(free, size)
        }
    }

    /// @notice The root that `proof` leads to from `word` at `place`, siblings from the leaf upwards.
    function climb(bytes32 word, uint256 place, bytes32[] calldata proof, uint256 depth)
        internal
        pure
        returns (bytes32 node)
    {
        if (proof.length != depth || place >> depth != 0) revert ProofLengthInvalid(proof.length, depth);
        assembly ("memory-safe") {
            node := word
            let end := add(proof.offset, shl(5, depth))
            for { let sibling := proof.offset } lt(sibling, end) { sibling := add(sibling, 32) } {
                let own := shl(5, and(place, 1))
                mstore(own, node)
                mstore(xor(own, 32), calldataload(sibling))
                node := keccak256(0, 64)
                place := shr(1, place)
            }
        }
    }
}
