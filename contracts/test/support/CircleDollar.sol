// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EIP3009} from "../../src/token/EIP3009.sol";

/// @dev A dollar as tokens of Circle are made: EIP-3009 under version "2", `version()` and `DOMAIN_SEPARATOR()` but nothing at ERC-5267's
///      `eip712Domain()`. The decimals and what `version()` says are the deployer's, to be wrong in tests. The deployer holds a million.
contract CircleDollar is ERC20, EIP3009 {
    uint8 private immutable _decimals;
    string public version;

    constructor(uint8 decimals_, string memory version_) ERC20("USD Coin", "USDC") EIP712("USD Coin", "2") {
        (_decimals, version) = (decimals_, version_);
        _mint(msg.sender, 1_000_000e6);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32) {
        return _domainSeparatorV4();
    }

    function eip712Domain()
        public
        pure
        override
        returns (bytes1, string memory, string memory, uint256, address, bytes32, uint256[] memory)
    {
        assembly ("memory-safe") {
            revert(0, 0)
        }
    }
}
