// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev An honest contract wallet with one ECDSA key.
contract Wallet1271 {
    address private immutable _key;

    constructor(address key) {
        _key = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered,,) = ECDSA.tryRecoverCalldata(hash, signature);
        return recovered == _key ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    function execute(address target, bytes calldata data) external {
        (bool success, bytes memory reason) = target.call(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(reason, 0x20), mload(reason))
            }
        }
    }
}

/// @dev A wallet that answers signature checks in hostile ways.
contract HostileWallet {
    enum Mode {
        ShortAnswer,
        WrongMagic,
        Reverts,
        HugeAnswer,
        BurnsGas
    }

    Mode public mode;

    function setMode(Mode next) external {
        mode = next;
    }

    fallback() external {
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) {
            while (true) {}
        }
        uint256 size = mode == Mode.ShortAnswer ? 4 : mode == Mode.HugeAnswer ? 100_000 : 32;
        bytes32 word = mode == Mode.WrongMagic ? bytes32(uint256(1)) : bytes32(bytes4(0x1626ba7e));
        if (mode == Mode.HugeAnswer) word = bytes32(type(uint256).max);
        assembly ("memory-safe") {
            let answer := mload(0x40)
            mstore(answer, word)
            return(answer, size)
        }
    }
}
