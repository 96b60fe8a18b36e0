// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A contract wallet with one ECDSA key; one that burns does nothing but that when it is asked.
contract FactoryWallet {
    address private immutable _key;
    bool private immutable _burns;

    constructor(address key, bool burns) {
        (_key, _burns) = (key, burns);
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        while (_burns) {}
        (address recovered,,) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == _key ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }
}

/// @dev Makes wallets at addresses that are known before.
contract WalletFactory {
    function create(address key, bool burns) external returns (address wallet) {
        return address(new FactoryWallet{salt: 0}(key, burns));
    }

    function addressOf(address key, bool burns) external view returns (address) {
        bytes32 code = keccak256(abi.encodePacked(type(FactoryWallet).creationCode, abi.encode(key, burns)));
        return address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)))));
    }
}
