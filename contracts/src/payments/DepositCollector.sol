// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepositCollector} from "./IDepositCollector.sol";

/// @title A collector that serves one channel contract
/// @dev Only the channel contract may call: anyone else could make a signed authorization pay into thin air.
abstract contract DepositCollector is IDepositCollector {
    /// @notice The channel contract served.
    address public immutable x402BatchSettlement;

    error OnlyX402BatchSettlement();
    error InvalidX402BatchSettlementAddress();

    modifier onlyBatchSettlement() {
        if (msg.sender != x402BatchSettlement) revert OnlyX402BatchSettlement();
        _;
    }

    constructor(address batchSettlement) {
        if (batchSettlement == address(0)) revert InvalidX402BatchSettlementAddress();
        x402BatchSettlement = batchSettlement;
    }
}
