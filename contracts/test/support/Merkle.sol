// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";

/// @dev A complete tree with sorted pairs over leaves in the given order; proofs verify like StandardMerkleTree's.
library Merkle {
    function tree(bytes32[] memory leaves) internal pure returns (bytes32[] memory nodes) {
        uint256 count = leaves.length;
        nodes = new bytes32[](2 * count - 1);
        for (uint256 i = 0; i < count; ++i) {
            nodes[nodes.length - 1 - i] = leaves[i];
        }
        for (uint256 i = count - 1; i > 0; --i) {
            nodes[i - 1] = Hashes.commutativeKeccak256(nodes[2 * i - 1], nodes[2 * i]);
        }
    }

    function proof(bytes32[] memory nodes, uint256 leafIndex) internal pure returns (bytes32[] memory path) {
        uint256 start = nodes.length - 1 - leafIndex;
        uint256 depth;
        for (uint256 i = start; i > 0; i = (i - 1) / 2) {
            ++depth;
        }
        path = new bytes32[](depth);
        uint256 step;
        for (uint256 i = start; i > 0; i = (i - 1) / 2) {
            path[step++] = nodes[i % 2 == 1 ? i + 1 : i - 1];
        }
    }
}
