// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, Step} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PriceEmaPolicy} from "../../../src/subnets/emission/policies/PriceEmaPolicy.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev Random moves of founders, traders, stakers, people who step and the epoch contract.
contract EmissionHandler is EmissionNetwork {
    address private constant TRADER = address(0x7A);

    /// @dev Sums over everything that ever happened.
    uint256 public koinIssued;
    bool public priceMoved;
    bool public accrualChanged;
    mapping(bytes32 name => uint256) public done;
    uint256 private _readAt;
    bytes32 private _read;

    constructor() {
        deployEmission(new PriceEmaPolicy());
        openSubnet(1_000e18, 1_000e18);
        openSubnet(300e18, 900e18);
    }

    function open(uint256 alpha, uint256 koin) external {
        if (registry.subnetCount() >= 6) return;
        openSubnet(within(alpha, 1e9, 10_000e18), within(koin, 1e9, 10_000e18));
        ++done["open"];
    }

    function dissolve(uint256 seed) external {
        uint32[] memory living = registry.livingSubnets();
        if (living.length < 2) return;
        registry.dissolve(living[seed % living.length]);
        ++done["dissolve"];
    }

    function trade(uint256 seed, uint256 amount) external {
        uint32[] memory living = registry.livingSubnets();
        uint32 netuid = living[seed % living.length];
        uint256 held = pools.balanceOf(TRADER, netuid);
        if (held < 1e6 || amount % 3 != 0) {
            buy(netuid, TRADER, within(amount, 1e6, 500e18));
        } else {
            vm.prank(TRADER);
            pools.sell(netuid, within(amount, 1e6, held), 1);
        }
        ++done["trade"];
    }

    function root(uint256 amount) external {
        stakeRoot(TRADER, address(0x407), within(amount, 1, 10_000e18));
        ++done["root"];
    }

    function elapse(uint256 duration) external {
        skip(within(duration, 1, 2 * PERIOD));
        if (duration % 9 == 0) skip(20 days);
    }

    function step(uint256 most) external {
        Step memory before = lastStep();
        uint256[] memory prices = new uint256[](registry.subnetCount() + 1);
        uint32[] memory living = registry.livingSubnets();
        for (uint256 i = 0; i < living.length; ++i) {
            prices[living[i]] = pools.priceOf(living[i]);
        }
        emission.advance(most % 4);
        if (lastStep().end != before.end) koinIssued += lastStep().koinIssued;
        for (uint256 i = 0; i < living.length; ++i) {
            uint256 price = prices[living[i]];
            uint256 then = pools.priceOf(living[i]);
            uint256 reserve = pools.stateOf(living[i]).koin;
            if ((then > price ? then - price : price - then) > 2 + price / reserve + price * 2 / 1e18) priceMoved = true;
        }
        ++done["step"];
    }

    /// @dev Reads what accrued until a moment, and again later.
    function read() external {
        if (_readAt == 0) _readAt = emission.finalUntil() - (emission.finalUntil() - emission.startsAt()) / 3;
        bytes32 now_;
        for (uint32 netuid = 1; netuid <= 2; ++netuid) {
            now_ = keccak256(abi.encode(now_, emission.accruedUntil(netuid, _readAt)));
        }
        if (_read != 0 && now_ != _read) accrualChanged = true;
        _read = now_;
        ++done["read"];
    }

    function pay(uint256 seed, uint256 amount) external {
        uint32 netuid = uint32(1 + seed % registry.subnetCount());
        Accrued memory all = accruedNow(netuid);
        Accrued memory paid = emission.paidOf(netuid);
        vm.startPrank(EPOCHS);
        // Too much now and then: it must revert.
        if (seed % 3 == 0) emission.payMiner(netuid, address(0x401), amount % (all.miners - paid.miners + 2));
        if (seed % 3 == 1) {
            emission.payDividends(netuid, address(0x407), amount % (all.dividends - paid.dividends + 2));
        }
        if (seed % 3 == 2) emission.payOwner(netuid, registry.genesisOf(netuid) == 0 ? 0 : uint64(amount % 50));
        vm.stopPrank();
        ++done["pay"];
    }

    function check() external view {
        checkBooks();
        atMost(token.totalMinted(), GENESIS + koinIssued, "minted of issued");
        for (uint32 netuid = 1; netuid <= registry.subnetCount(); ++netuid) {
            (Accrued memory all, Accrued memory paid) = (accruedNow(netuid), emission.paidOf(netuid));
            atMost(paid.owner, all.owner, "owner");
            atMost(paid.miners, all.miners, "miners");
            atMost(paid.dividends, all.dividends, "dividends");
        }
    }
}
