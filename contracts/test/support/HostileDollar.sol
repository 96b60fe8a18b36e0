// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {EIP3009} from "../../src/token/EIP3009.sol";

/// @dev EIP-3009 with bad manners, for tests: it keeps a part of each transfer, or calls somebody during one.
contract HostileDollar is ERC20, EIP3009 {
    uint256 public feeBps;
    address private _target;
    bytes private _data;
    bool public reentered;

    constructor() ERC20("Hostile Dollar", "HUSD") EIP712("Hostile Dollar", "1") {
        _mint(msg.sender, 1_000_000e6);
    }

    function decimals() public pure override returns (uint8) {
        return 6;
    }

    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    function attackWith(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from == address(0)) return;
        if (feeBps > 0) super._update(to, address(0xfee), (value * feeBps) / 10_000);
        if (_target == address(0)) return;
        (bool success,) = _target.call(_data);
        if (success) reentered = true;
    }
}
