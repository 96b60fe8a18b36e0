// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PriceEmaPolicy} from "../../../src/subnets/emission/policies/PriceEmaPolicy.sol";
import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev A subnet's life with everybody in it, to the last unit.
contract EmissionEndToEndTest is EmissionNetwork {
    address private constant DELEGATOR = address(0xDE);
    address private constant ROOT_STAKER = address(0x500);
    address private constant VALIDATOR = address(0x7A1);
    address private constant MINER = address(0x301);
    address private constant AUTO_MINER = address(0x302);
    uint32 private _netuid;

    function setUp() public {
        deployEmission(new PriceEmaPolicy());
        _netuid = openSubnet(1_000e18, 2_000e18);
        openSubnet(1_000e18, 2_000e18);
        registry.register(_netuid, VALIDATOR);
        vm.prank(AUTO_MINER);
        delegation.setAutoStake(_netuid, VALIDATOR);
    }

    function test_from_lock_to_last_sale() external {
        uint256 alpha = buy(_netuid, DELEGATOR, 400e18);
        uint256 shares = stake(_netuid, DELEGATOR, VALIDATOR, alpha);
        stakeRoot(ROOT_STAKER, VALIDATOR, 5_000e18);
        nextStep();
        skip(300 days);
        nextStep();
        nextStep();
        Accrued memory all = accruedNow(_netuid);
        yes(all.dividends > 0 && lastStep().koinMinted > 0, "everybody earns");
        checkBooks();

        vm.startPrank(EPOCHS);
        emission.payMiner(_netuid, MINER, all.miners / 3);
        emission.payMiner(_netuid, AUTO_MINER, all.miners - all.miners / 3);
        emission.payDividends(_netuid, VALIDATOR, all.dividends);
        emission.payOwner(_netuid, uint64((emission.finalUntil() - registry.genesisOf(_netuid)) / 600));
        vm.stopPrank();
        eq(sumOf(emission.paidOf(_netuid)), sumOf(all), "all is paid");
        eq(pools.balanceOf(address(emission), _netuid), 0, "nothing left");
        checkBooks();

        (, uint256 worth) = alphaStaking.positionOf(_netuid, VALIDATOR, DELEGATOR);
        yes(worth > alpha, "the delegator's shares grew");
        uint256 claimable = alphaStaking.claimableRoot(_netuid, VALIDATOR, ROOT_STAKER, 10);
        yes(claimable > 0, "and the root has something to claim");

        uint256 before = _koinOfPeople();
        _leave(VALIDATOR, VALIDATOR);
        _leave(VALIDATOR, AUTO_MINER);
        _leave(MINER, MINER);
        _leave(OWNER, OWNER);
        vm.prank(DELEGATOR);
        alphaStaking.unstake(_netuid, VALIDATOR, shares, 1);
        vm.prank(ROOT_STAKER);
        eq(alphaStaking.claimRoot(_netuid, VALIDATOR, 10), claimable, "root claim");
        skip(UNBONDING);
        address[6] memory people = [VALIDATOR, AUTO_MINER, MINER, OWNER, DELEGATOR, ROOT_STAKER];
        uint256 reserve = pools.stateOf(_netuid).koin;
        for (uint256 i = 0; i < people.length; ++i) {
            _sellAll(people[i]);
        }
        yes(token.balanceOf(ROOT_STAKER) > 0 && token.balanceOf(MINER) > 0, "paid in KOIN in the end");
        eq(_koinOfPeople() - before, reserve - pools.stateOf(_netuid).koin, "KOIN of people came from the pool");

        // What is staked still is what the rounding of shares left.
        PoolState memory pool = pools.stateOf(_netuid);
        uint256 dust = pools.balanceOf(address(alphaStaking), _netuid);
        atMost(dust, 1_000, "dust of shares");
        eq(uint256(pool.minted) - pool.burned, pool.alpha + dust, "all other alpha is in the pool or burned as fees");
        pools.burnFees();
        (, uint256 burned) = pools.fees();
        uint256 held = token.balanceOf(address(pools)) + token.balanceOf(address(alphaStaking));
        eq(token.totalMinted(), held + burned + _koinOfPeople() + token.balanceOf(TREASURY), "KOIN to the unit");
        checkBooks();
    }

    function _leave(address hotkey, address staker) private {
        (uint256 shares,) = alphaStaking.positionOf(_netuid, hotkey, staker);
        vm.prank(staker);
        alphaStaking.unstake(_netuid, hotkey, shares, 1);
    }

    function _sellAll(address account) private {
        (uint256 next, uint256 count) = alphaStaking.ticketRange(account);
        if (next < count) alphaStaking.withdraw(account, 10);
        uint256 alpha = pools.balanceOf(account, _netuid);
        vm.prank(account);
        pools.sell(_netuid, alpha, 1);
    }

    function _koinOfPeople() private view returns (uint256) {
        return token.balanceOf(VALIDATOR) + token.balanceOf(AUTO_MINER) + token.balanceOf(MINER)
            + token.balanceOf(OWNER) + token.balanceOf(DELEGATOR) + token.balanceOf(ROOT_STAKER);
    }
}
