// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Network} from "../../support/Network.sol";
import {vm} from "../../support/Vm.sol";

/// @dev A network seen from its pools: calls of the registry, the coinbase and the epoch contract are made in their names.
abstract contract PoolNetwork is Network {
    uint256 internal constant ROOT_WEIGHT = 0.18e18;
    uint256 internal constant OPENING = 1_000e18;
    /// @dev Gets the reward of slashes.
    address internal constant FINDER = address(0x3A7);

    address internal coinbase;

    function deployPools() internal {
        deployNetwork();
        coinbase = address(emission);
    }

    function rootWeight() internal pure override returns (uint256) {
        return ROOT_WEIGHT;
    }

    /// @dev A new subnet with a pool of {OPENING} on both sides.
    function openSubnet() internal returns (uint32 netuid) {
        netuid = createSubnet();
        uint256 rest = OPENING - pools.stateOf(netuid).koin;
        fund(coinbase, rest);
        vm.prank(coinbase);
        pools.inject(netuid, rest, rest);
    }

    /// @dev The hotkey takes or leaves a seat; with a seat it seeks a permit.
    function seat(uint32 netuid, address hotkey, bool registered) internal {
        vm.prank(address(subnets));
        staking.onRegistrationChanged(netuid, hotkey, registered);
        if (registered) seek(netuid, hotkey);
    }

    function payDividends(uint32 netuid, address hotkey, uint256 amount) internal {
        mintAlpha(netuid, coinbase, amount);
        vm.prank(coinbase);
        staking.payDividends(netuid, hotkey, amount);
    }

    function slash(uint32 netuid, address hotkey, uint256 bps) internal returns (uint256 alphaTaken, uint256 koinTaken) {
        vm.prank(address(epochs));
        return staking.slash(netuid, hotkey, bps, FINDER);
    }

    function sharesOf(uint32 netuid, address hotkey, address staker) internal view returns (uint256 shares) {
        (shares,) = staking.positionOf(netuid, hotkey, staker);
    }

    function worthOf(uint32 netuid, address hotkey, address staker) internal view returns (uint256 amount) {
        (, amount) = staking.positionOf(netuid, hotkey, staker);
    }

    /// @dev `parent` gives `proportion` of its weight to `child`, at once.
    function adopt(uint32 netuid, address parent, address child, uint64 proportion) internal {
        vm.prank(child);
        delegation.setTakesParent(netuid, parent, true);
        address[] memory children = new address[](1);
        uint64[] memory proportions = new uint64[](1);
        (children[0], proportions[0]) = (child, proportion);
        if (proportion == 0) (children, proportions) = (new address[](0), new uint64[](0));
        vm.prank(parent);
        delegation.announceChildren(netuid, children, proportions);
        vm.warp(block.timestamp + 1 days);
        staking.applyChildren(netuid, parent);
    }
}
