// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EqualPolicy} from "../../../src/subnets/emission/policies/EqualPolicy.sol";
import {IEmissionPolicy} from "../../../src/subnets/emission/IEmissionPolicy.sol";
import {Accrued, Step} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PoolEmission} from "../../../src/subnets/emission/PoolEmission.sol";
import {EpochWindow} from "../../../src/subnets/ISubnets.sol";
import {AlphaStaking} from "../../../src/subnets/pool/AlphaStaking.sol";
import {IDelegation} from "../../../src/subnets/pool/IDelegation.sol";
import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {Pools} from "../../../src/subnets/pool/Pools.sol";
import {KoinonToken} from "../../../src/token/KoinonToken.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev What pools, stake and emission read of a registry, and nothing else: subnets of one clock, opened with a lock.
contract RegistryDouble {
    uint256 public constant EPOCH_SECONDS = 600;

    Pools private _pools;
    uint32[] private _living;
    mapping(uint32 netuid => address) public ownerOf;
    mapping(uint32 netuid => uint40) public genesisOf;
    mapping(uint32 netuid => uint40) public dissolvedAtOf;
    uint32 public subnetCount;

    function bind(Pools pools) external {
        _pools = pools;
        pools.bindSubnets();
        pools.token().approve(address(pools), type(uint256).max);
    }

    function open(address owner, uint256 alpha, uint256 koin) external returns (uint32 netuid) {
        netuid = ++subnetCount;
        (ownerOf[netuid], genesisOf[netuid]) = (owner, uint40(block.timestamp));
        _living.push(netuid);
        _pools.open(netuid, alpha, koin);
    }

    function dissolve(uint32 netuid) external {
        for (uint256 i = 0; i < _living.length; ++i) {
            if (_living[i] == netuid) _living[i] = _living[_living.length - 1];
        }
        _living.pop();
        dissolvedAtOf[netuid] = uint40(block.timestamp);
        _pools.dissolve(netuid);
    }

    function register(uint32 netuid, address hotkey) external {
        _pools.staking().onRegistrationChanged(netuid, hotkey, true);
    }

    function livingSubnets() external view returns (uint32[] memory) {
        return _living;
    }

    function minValidatorStakeOf(uint32) external pure returns (uint256) {
        return 1e18;
    }

    function maxValidatorsOf(uint32) external pure returns (uint16) {
        return 64;
    }

    function epochWindow(uint32 netuid, uint64 epoch) external view returns (EpochWindow memory window) {
        window.startsAt = uint48(genesisOf[netuid] + epoch * EPOCH_SECONDS);
        window.endsAt = uint48(window.startsAt + EPOCH_SECONDS);
    }
}

/// @dev Token, pools, stake, delegation and emission as they are; the registry and the epoch contract (an address) are doubles.
abstract contract EmissionNetwork is Test {
    uint256 internal constant GENESIS = 1_000_000e18;
    uint256 internal constant KOIN_PER_SECOND = 0.05e18;
    uint256 internal constant ALPHA_PER_SECOND = 0.1e18;
    uint256 internal constant PERIOD = 600;
    uint256 internal constant REST = 30 days;
    uint256 internal constant UNBONDING = 7 days;
    uint256 internal constant ROOT_WEIGHT = 0.18e18;
    address internal constant EPOCHS = address(0xE90C);
    address internal constant TREASURY = address(0x7EA5);
    address internal constant OWNER = address(0x0E0E);

    KoinonToken internal token;
    RegistryDouble internal registry;
    Pools internal pools;
    AlphaStaking internal alphaStaking;
    IDelegation internal delegation;
    PoolEmission internal emission;

    function deployEmission() internal {
        deployEmission(new EqualPolicy());
    }

    function deployEmission(IEmissionPolicy policy) internal {
        deployEmission(
            GENESIS, ROOT_WEIGHT, policy, PoolEmission.Schedules(KOIN_PER_SECOND, ALPHA_PER_SECOND, PERIOD, REST)
        );
    }

    function deployEmission(
        uint256 genesis,
        uint256 rootWeight,
        IEmissionPolicy policy,
        PoolEmission.Schedules memory schedules
    ) internal {
        token = new KoinonToken(TREASURY, genesis, address(this));
        registry = new RegistryDouble();
        pools = new Pools(token);
        alphaStaking = new AlphaStaking(pools, UNBONDING, rootWeight);
        delegation = alphaStaking.delegation();
        registry.bind(pools);
        emission = new PoolEmission(pools, address(this), policy, schedules);
        emission.setEpochs(EPOCHS);
        token.setMinter(address(emission));
    }

    function openSubnet(uint256 alpha, uint256 koin) internal returns (uint32) {
        give(address(registry), koin);
        return registry.open(OWNER, alpha, koin);
    }

    function give(address account, uint256 koin) internal {
        vm.prank(TREASURY);
        require(token.transfer(account, koin), "give");
        vm.startPrank(account);
        token.approve(address(pools), type(uint256).max);
        token.approve(address(alphaStaking), type(uint256).max);
        vm.stopPrank();
    }

    function buy(uint32 netuid, address account, uint256 koin) internal returns (uint256 alpha) {
        give(account, koin);
        vm.prank(account);
        return pools.buy(netuid, koin, 1);
    }

    function stake(uint32 netuid, address account, address hotkey, uint256 amount) internal returns (uint256 shares) {
        vm.prank(account);
        return alphaStaking.stake(netuid, hotkey, amount);
    }

    function stakeRoot(address account, address hotkey, uint256 koin) internal {
        give(account, koin);
        vm.prank(account);
        alphaStaking.stake(0, hotkey, koin);
    }

    /// @dev Waits for the end of the next period and pays everybody.
    function nextStep() internal {
        skip(PERIOD);
        eq(emission.advance(type(uint256).max), 0, "all paid");
    }

    function skip(uint256 elapsed) internal {
        vm.warp(block.timestamp + elapsed);
    }

    function lastStep() internal view returns (Step memory step) {
        (, step) = emission.lastStep();
    }

    function accruedNow(uint32 netuid) internal view returns (Accrued memory) {
        return emission.accruedUntil(netuid, emission.finalUntil());
    }

    function sumOf(Accrued memory parts) internal pure returns (uint256) {
        return uint256(parts.owner) + parts.miners + parts.dividends;
    }

    /// @dev What must hold at any moment of any network; while a step is being paid, more is held than may be paid.
    function checkBooks() internal view {
        uint256 reserves;
        Step memory step = lastStep();
        for (uint32 netuid = 1; netuid <= registry.subnetCount(); ++netuid) {
            PoolState memory pool = pools.stateOf(netuid);
            reserves += uint256(pool.koin) + pool.idleKoin;
            eq(pool.idleKoin + pool.idleAlpha, 0, "nothing idle");
            atMost(pool.minted, pools.ALPHA_CAP(), "alpha under its cap");
            uint256 held = pools.balanceOf(address(emission), netuid);
            uint256 owed = sumOf(accruedNow(netuid)) - sumOf(emission.paidOf(netuid));
            if (step.paid == step.count) eq(held, owed, "alpha held for payments");
            else atMost(owed, held, "alpha held for payments");
        }
        (uint256 waiting,) = pools.fees();
        eq(token.balanceOf(address(pools)), reserves + waiting, "KOIN of pools");
        eq(token.balanceOf(address(emission)), 0, "emission keeps no KOIN");
        atMost(token.totalMinted(), token.CAP(), "KOIN under its cap");
        atMost(step.koinMinted, step.koinIssued, "KOIN minted of what was issued");
    }
}
