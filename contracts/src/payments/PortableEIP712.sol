// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title EIP-712 domain without immutables
/// @dev The separator is computed on every use (about 400 gas), so the runtime bytecode is the same wherever it
///      stands and can be put into a genesis block at a fixed address.
abstract contract PortableEIP712 is IERC5267 {
    bytes32 private constant DOMAIN_TYPEHASH =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");

    function _domainName() internal pure virtual returns (string memory);

    function _domainVersion() internal pure virtual returns (string memory);

    function _hashTypedData(bytes32 structHash) internal view returns (bytes32) {
        bytes32 separator = keccak256(
            abi.encode(
                DOMAIN_TYPEHASH,
                keccak256(bytes(_domainName())),
                keccak256(bytes(_domainVersion())),
                block.chainid,
                address(this)
            )
        );
        return MessageHashUtils.toTypedDataHash(separator, structHash);
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
