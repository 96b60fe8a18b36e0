// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IDepositCollector} from "../../src/payments/IDepositCollector.sol";

/// @dev Anyone mints.
contract PlainToken is ERC20 {
    constructor() ERC20("Plain", "PLAIN") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}

/// @dev Keeps one percent of every transfer.
contract FeeToken is ERC20 {
    constructor() ERC20("Fee", "FEE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0xfee), value / 100);
    }
}

/// @dev Reports failure by returning false once told to, and moves nothing then.
contract FalseToken is ERC20 {
    bool public refuses;

    constructor() ERC20("False", "FALSE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse() external {
        refuses = true;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        return refuses ? false : super.transfer(to, value);
    }

    function transferFrom(address from, address to, uint256 value) public override returns (bool) {
        return refuses ? false : super.transferFrom(from, to, value);
    }
}

/// @dev Calls back into a target on every transfer, as a token with hooks could.
contract ReentrantToken is ERC20 {
    address private _target;
    bytes private _data;
    bool public reentered;
    bytes public failure;

    constructor() ERC20("Reentrant", "RE") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function attackWith(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (_target == address(0) || from == address(0)) return;
        (bool success, bytes memory reason) = _target.call(_data);
        if (success) reentered = true;
        else failure = reason;
    }
}

/// @dev Pulls by allowance, like a collector for tokens that were approved to it.
contract AllowanceCollector is IDepositCollector {
    address private immutable _settlement;

    constructor(address settlement) {
        _settlement = settlement;
    }

    function collect(address payer, address token, uint256 amount, bytes32, bytes calldata) external {
        require(msg.sender == _settlement, "caller");
        require(ERC20(token).transferFrom(payer, _settlement, amount), "pull");
    }
}

/// @dev Brings nothing.
contract IdleCollector is IDepositCollector {
    function collect(address, address, uint256, bytes32, bytes calldata) external {}
}

/// @dev Tries to spend the escrow while it is being asked to fill it.
contract ReentrantCollector is IDepositCollector {
    bytes private _data;
    bytes public failure;

    function attackWith(bytes calldata data) external {
        _data = data;
    }

    function collect(address, address, uint256, bytes32, bytes calldata) external {
        (bool success, bytes memory reason) = msg.sender.call(_data);
        require(!success, "reentered");
        failure = reason;
    }
}
