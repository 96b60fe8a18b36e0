// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {EIP3009} from "./EIP3009.sol";

/// @title Test dollar, for local and test networks only
/// @notice "Test Dollar" (tUSD), 6 decimals, EIP-712 version "1". Anyone mints from the faucet: it has no value.
contract TestDollar is ERC20, ERC20Permit, EIP3009 {
    /// @notice Base units one faucet call may give: 10,000 tUSD.
    uint256 public constant FAUCET_MAX_PER_CALL = 10_000e6;
    /// @notice Base units one recipient may get per UTC day: 100,000 tUSD.
    uint256 public constant FAUCET_MAX_PER_DAY = 100_000e6;

    mapping(address recipient => mapping(uint256 day => uint256)) private _given;

    /// @notice The faucet minted `amount` base units to `to`, at `caller`'s request.
    event FaucetGave(address indexed to, address indexed caller, uint256 amount);

    error FaucetCallLimit(uint256 amount, uint256 limit);
    error FaucetDayLimit(address to, uint256 remaining);

    constructor() ERC20("Test Dollar", "tUSD") ERC20Permit("Test Dollar") {}

    /// @notice 6, as of the dollar tokens it stands in for.
    function decimals() public pure override returns (uint8) {
        return 6;
    }

    /// @notice Mints `amount` base units (millionths of a test dollar) to `to`, within both limits.
    function faucet(address to, uint256 amount) external {
        if (amount > FAUCET_MAX_PER_CALL) revert FaucetCallLimit(amount, FAUCET_MAX_PER_CALL);
        uint256 remaining = faucetRemaining(to);
        if (amount > remaining) revert FaucetDayLimit(to, remaining);
        _given[to][block.timestamp / 1 days] += amount;
        _mint(to, amount);
        emit FaucetGave(to, msg.sender, amount);
    }

    /// @notice Base units the faucet would still give `to` today (UTC).
    function faucetRemaining(address to) public view returns (uint256) {
        return FAUCET_MAX_PER_DAY - _given[to][block.timestamp / 1 days];
    }
}
