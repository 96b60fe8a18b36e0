// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPruningScore} from "./IScores.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title A subnet is worth what people pay for its alpha
/// @dev The average of its pool's price, KOIN for one alpha in parts of 1e18: slow enough (half in about two months once a subnet is old
///      enough to go) that nobody saves or sinks a subnet on the day.
contract PriceScore is IPruningScore {
    /// @inheritdoc IPruningScore
    function scoreOf(ISubnets subnets, uint32 netuid) external view returns (uint256) {
        return subnets.pools().averageOf(netuid);
    }
}
