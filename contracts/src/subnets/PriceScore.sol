// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IEpochs} from "./results/IEpochs.sol";
import {IPruningScore} from "./IScores.sol";
import {ISubnets} from "./ISubnets.sol";
import {ICoinbase, IPools} from "./pool/IPools.sol";

/// @title A subnet that works is worth what people pay for its alpha
/// @dev The average of its pool's price, KOIN for one alpha in parts of 1e18: slow enough (half in about six weeks once a subnet is old
///      enough to go) that nobody saves or sinks a subnet on the day. A price that nobody trades at says nothing, and a pool begins at
///      1: so a subnet without results is worth nothing.
contract PriceScore is IPruningScore {
    /// @notice How long ago the newest epoch with a result may have ended.
    uint256 public constant QUIET_SECONDS = 90 days;

    /// @inheritdoc IPruningScore
    function scoreOf(ISubnets subnets, uint32 netuid) external view returns (uint256) {
        IPools pools = subnets.pools();
        IEpochs epochs = IEpochs(ICoinbase(pools.coinbase()).epochs());
        (bool exists, uint64 epoch) = epochs.lastRootEpoch(netuid);
        if (!exists || subnets.epochWindow(netuid, epoch).endsAt + QUIET_SECONDS < block.timestamp) return 0;
        return pools.averageOf(netuid);
    }
}
