// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @title Merkle trees of a fixed depth over 32-byte words
/// @dev Leaf `i` is word `i` itself, words beyond the last are zero, a parent is keccak256(left, right) in order of place. The depth
///      is the caller's constant, so a word can never pass for an inner node.
library WordTree {
    error ProofLengthInvalid(uint256 length, uint256 depth);

    /// @notice Root over 2^depth words. Overwrites `words`, of which there are at most as many.
    function root(bytes32[] memory words, uint256 depth) internal pure returns (bytes32) {
        uint256 count = words.length;
        bytes32 zero;
        for (uint256 level = 0; level < depth; ++level) {
            uint256 parents = (count + 1) / 2;
            for (uint256 i = 0; i < parents; ++i) {
                bytes32 right = 2 * i + 1 < count ? words[2 * i + 1] : zero;
                words[i] = Hashes.efficientKeccak256(words[2 * i], right);
            }
            zero = Hashes.efficientKeccak256(zero, zero);
            count = parents;
        }
        return count == 0 ? zero : words[0];
    }

    /// @notice The root that `proof` leads to from `word` at `place`, siblings from the leaf upwards.
    function climb(bytes32 word, uint256 place, bytes32[] calldata proof, uint256 depth)
        internal
        pure
        returns (bytes32 node)
    {
        if (proof.length != depth || place >> depth != 0) revert ProofLengthInvalid(proof.length, depth);
        node = word;
        for (uint256 level = 0; level < depth; ++level) {
            node = place >> level & 1 == 0
                ? Hashes.efficientKeccak256(node, proof[level])
                : Hashes.efficientKeccak256(proof[level], node);
        }
    }
}
