// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

/// @title The part of the ERC-8004 identity registry that other contracts read
interface IIdentityRegistry is IERC721 {
    /// @notice The wallet that proved it speaks for the agent; zero when unset or after a transfer.
    function getAgentWallet(uint256 agentId) external view returns (address);

    /// @notice True when `spender` owns the agent or is approved for it; reverts for an unknown agent.
    function isAuthorizedOrOwner(address spender, uint256 agentId) external view returns (bool);
}
