// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A contract that one key signs for (ERC-1271), and that does what it says; for tests of TypeScript.
contract KeyAccount {
    address public immutable KEY;

    constructor(address key) {
        KEY = key;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address signer,,) = ECDSA.tryRecover(hash, signature);
        return signer == KEY ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    function run(address to, bytes calldata data) external {
        require(msg.sender == KEY, "key");
        (bool isDone, bytes memory reason) = to.call(data);
        require(isDone, string(reason));
    }
}
