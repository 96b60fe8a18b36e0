// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnets} from "./ISubnets.sol";

/// @title By what seats are compared when one of them has to go
interface ISeatScores {
    /// @notice A score a hotkey; the lowest goes first.
    function seatScores(uint32 netuid, address[] calldata hotkeys) external view returns (uint256[] memory);
}

/// @title By what subnets are compared when one of them has to go
interface IPruningScore {
    /// @notice The score of a subnet; the lowest goes first.
    function scoreOf(ISubnets subnets, uint32 netuid) external view returns (uint256);
}
