// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPruningScore} from "./IScores.sol";
import {IStaking} from "./IStaking.sol";
import {ISubnets} from "./ISubnets.sol";

/// @title A subnet is worth what people leave staked on it
/// @dev The lesser of the stake now and that of {MEMORY_SECONDS} ago, so that nobody saves or sinks a subnet on the day.
///      Emission paid is no part of it: it is split equally, so it says nothing of worth.
contract StakeScore is IPruningScore {
    uint256 public constant MEMORY_SECONDS = 7 days;

    /// @inheritdoc IPruningScore
    function scoreOf(ISubnets subnets, uint32 netuid) external view returns (uint256) {
        IStaking staking = subnets.staking();
        uint256 current = staking.totalStakeOf(netuid);
        uint256 before = staking.totalStakeAt(netuid, block.timestamp - MEMORY_SECONDS);
        return before < current ? before : current;
    }
}
