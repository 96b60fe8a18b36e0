// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title EIP-712 domain without immutables
/// @dev The separator is computed where it is needed (about 300 gas), so the runtime bytecode is the same wherever it
///      stands and can be put into a genesis block at a fixed address. A call that hashes twice computes it once.
abstract contract PortableEIP712 is IERC5267 {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function _domainName() internal pure virtual returns (string memory);

    function _domainVersion() internal pure virtual returns (string memory);

    /// @dev keccak256 of {_domainName} and of {_domainVersion}, as constants.
    function _domainHashes() internal pure virtual returns (bytes32 nameHash, bytes32 versionHash);

    function _domainSeparator() internal view returns (bytes32) {
        (bytes32 nameHash, bytes32 versionHash) = _domainHashes();
        return keccak256(abi.encode(DOMAIN_TYPEHASH, nameHash, versionHash, block.chainid, address(this)));
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", _domainName(), _domainVersion(), block.chainid, address(this), 0, new uint256[](0));
    }
}
