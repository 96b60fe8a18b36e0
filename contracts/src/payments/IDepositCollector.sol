// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Brings a payer's tokens into the channel contract
interface IDepositCollector {
    /// @notice Moves exactly `amount` of `token` from `payer` to the channel contract, which is the only caller.
    /// @param channelId The channel the payer's authorization must be bound to.
    /// @param collectorData The authorization, in the collector's own encoding.
    function collect(
        address payer,
        address token,
        uint256 amount,
        bytes32 channelId,
        bytes calldata collectorData
    ) external;
}
