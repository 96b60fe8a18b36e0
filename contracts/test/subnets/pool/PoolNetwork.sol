// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {AlphaStaking} from "../../../src/subnets/pool/AlphaStaking.sol";
import {IDelegation} from "../../../src/subnets/pool/IDelegation.sol";
import {Pools} from "../../../src/subnets/pool/Pools.sol";
import {Network} from "../../support/Network.sol";
import {vm} from "../../support/Vm.sol";

/// @dev A network with pools beside it. The registry's calls are made in its name.
abstract contract PoolNetwork is Network {
    uint256 internal constant ROOT_WEIGHT = 0.18e18;
    uint256 internal constant OPENING = 1_000e18;
    address internal constant COINBASE = address(0xC01B);

    Pools internal pools;
    AlphaStaking internal alphaStaking;
    IDelegation internal delegation;

    function deployPools() internal {
        deployNetwork();
        pools = new Pools(ERC20Burnable(address(token)), subnets, address(epochs), COINBASE, UNBONDING, ROOT_WEIGHT);
        alphaStaking = AlphaStaking(address(pools.staking()));
        delegation = alphaStaking.delegation();
    }

    /// @dev A new subnet with a pool of {OPENING} on both sides.
    function openSubnet() internal returns (uint32 netuid) {
        netuid = createSubnet();
        fundPools(address(subnets), OPENING);
        vm.prank(address(subnets));
        pools.open(netuid, OPENING, OPENING);
    }

    /// @dev Gives `account` KOIN and lets pools and staking take it.
    function fundPools(address account, uint256 amount) internal {
        vm.prank(TREASURY);
        require(token.transfer(account, amount), "fund");
        vm.startPrank(account);
        token.approve(address(pools), type(uint256).max);
        token.approve(address(alphaStaking), type(uint256).max);
        vm.stopPrank();
    }

    function mintAlpha(uint32 netuid, address account, uint256 amount) internal {
        vm.prank(COINBASE);
        pools.mint(netuid, account, amount);
    }

    function stakeAlpha(uint32 netuid, address hotkey, address staker, uint256 amount) internal returns (uint256) {
        mintAlpha(netuid, staker, amount);
        vm.prank(staker);
        return alphaStaking.stake(netuid, hotkey, amount);
    }

    function stakeRoot(address hotkey, address staker, uint256 amount) internal returns (uint256) {
        fundPools(staker, amount);
        vm.prank(staker);
        return alphaStaking.stake(0, hotkey, amount);
    }

    function seat(uint32 netuid, address hotkey, bool registered) internal {
        vm.prank(address(subnets));
        alphaStaking.onRegistrationChanged(netuid, hotkey, registered);
    }

    function payDividends(uint32 netuid, address hotkey, uint256 amount) internal {
        mintAlpha(netuid, COINBASE, amount);
        vm.prank(COINBASE);
        alphaStaking.payDividends(netuid, hotkey, amount);
    }

    function slash(uint32 netuid, address hotkey, uint256 bps) internal {
        vm.prank(address(epochs));
        alphaStaking.slash(netuid, hotkey, bps);
    }

    function sharesOf(uint32 netuid, address hotkey, address staker) internal view returns (uint256 shares) {
        (shares,) = alphaStaking.positionOf(netuid, hotkey, staker);
    }

    function worthOf(uint32 netuid, address hotkey, address staker) internal view returns (uint256 amount) {
        (, amount) = alphaStaking.positionOf(netuid, hotkey, staker);
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
        alphaStaking.applyChildren(netuid, parent);
    }
}
