// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IEmissionPolicy} from "../../../src/subnets/emission/IEmissionPolicy.sol";
import {Accrued, Step} from "../../../src/subnets/emission/IPoolEmission.sol";
import {PoolEmission} from "../../../src/subnets/emission/PoolEmission.sol";
import {UserCapitalPolicy} from "../../../src/subnets/emission/policies/UserCapitalPolicy.sol";
import {EqualPolicy} from "../../../src/subnets/emission/policies/EqualPolicy.sol";
import {NetFlowPolicy} from "../../../src/subnets/emission/policies/NetFlowPolicy.sol";
import {HillGatePolicy} from "../../../src/subnets/emission/policies/HillGatePolicy.sol";
import {PriceEmaPolicy} from "../../../src/subnets/emission/policies/PriceEmaPolicy.sol";
import {PoolState} from "../../../src/subnets/pool/IPools.sol";
import {vm} from "../../support/Vm.sol";
import {EmissionNetwork} from "./EmissionNetwork.sol";

/// @dev specs/vectors/pool-emission.json comes from the TypeScript twin; here the contracts play the same moves, to the bit.
contract PoolEmissionVectorsTest is EmissionNetwork {
    struct Moves {
        string[] kind;
        uint256[] elapsed;
        uint256[] netuid;
        uint256[] amount;
        uint256[] other;
    }

    address private constant TRADER = address(0x7A);
    string private _json;
    string private _at;
    uint256 private _row;
    uint256 private _steps;

    function test_one_subnet() external {
        _play(0, 3);
    }

    function test_a_trade_before_and_after_a_boundary() external {
        _play(1, 6);
    }

    function test_drawn_moves_equal() external {
        _play(2, 10);
    }

    function test_drawn_moves_price_average() external {
        _play(3, 10);
    }

    function test_drawn_moves_hill_gate() external {
        _play(4, 10);
    }

    function test_drawn_moves_net_flow() external {
        _play(5, 10);
    }

    function test_drawn_moves_user_capital() external {
        _play(6, 10);
    }

    function _play(uint256 scenario, uint256 least) private {
        _json = vm.readFile("specs/vectors/pool-emission.json");
        _at = string.concat(".scenarios[", Strings.toString(scenario), "]");
        _deploy();
        string memory at = string.concat(_at, ".moves");
        Moves memory moves = Moves(
            vm.parseJsonStringArray(_json, string.concat(at, ".kind")),
            vm.parseJsonUintArray(_json, string.concat(at, ".seconds")),
            vm.parseJsonUintArray(_json, string.concat(at, ".netuid")),
            vm.parseJsonUintArray(_json, string.concat(at, ".amount")),
            vm.parseJsonUintArray(_json, string.concat(at, ".other"))
        );
        for (uint256 i = 0; i < moves.kind.length; ++i) {
            skip(moves.elapsed[i]);
            _move(moves.kind[i], uint32(moves.netuid[i]), moves.amount[i], moves.other[i]);
        }
        eq(_steps, _column("steps", "from").length, "steps");
        eq(_row, _column("issues", "netuid").length, "issues");
        atMost(least, _steps, "enough steps");
    }

    function _deploy() private {
        PoolEmission.Schedules memory schedules = PoolEmission.Schedules(
            _value("koinPerSecond"), _value("alphaPerSecond"), _value("periodSeconds"), REST
        );
        deployEmission(_value("genesis"), _value("rootWeight"), _policy(), schedules);
    }

    function _policy() private returns (IEmissionPolicy) {
        bytes32 name = keccak256(bytes(vm.parseJsonString(_json, string.concat(_at, ".policy"))));
        if (name == keccak256("priceEma")) return new PriceEmaPolicy();
        if (name == keccak256("hillGate")) return new HillGatePolicy(3, 61);
        if (name == keccak256("netFlow")) return new NetFlowPolicy(0, 2);
        if (name == keccak256("userCapital")) return new UserCapitalPolicy(432_000e18);
        return new EqualPolicy();
    }

    function _move(string memory kind, uint32 netuid, uint256 amount, uint256 other) private {
        bytes32 name = keccak256(bytes(kind));
        if (name == keccak256("open")) {
            openSubnet(amount, other);
        } else if (name == keccak256("dissolve")) {
            registry.dissolve(netuid);
        } else if (name == keccak256("buy")) {
            buy(netuid, TRADER, amount);
        } else if (name == keccak256("sell")) {
            uint256 held = pools.balanceOf(TRADER, netuid);
            vm.prank(TRADER);
            if (held > 0) pools.sell(netuid, held < amount ? held : amount, 1);
        } else if (name == keccak256("root")) {
            stakeRoot(TRADER, address(0x407), amount);
        } else if (name == keccak256("parts")) {
            vm.prank(OWNER);
            emission.announceParts(netuid, amount, other);
        } else if (block.timestamp - emission.finalUntil() >= emission.periodSeconds()) {
            emission.advance(type(uint256).max);
            _checkStep();
        }
    }

    function _checkStep() private {
        Step memory step = lastStep();
        uint256 begin = emission.startsAt();
        uint256 index = _steps++;
        eq(step.from - begin, _column("steps", "from")[index], "from");
        eq(step.end - begin, _column("steps", "end")[index], "end");
        eq(step.koinIssued, _column("steps", "koinIssued")[index], "issued");
        eq(step.koinIssued - step.koinMinted, _column("steps", "koinRecycled")[index], "recycled");
        uint256[] memory numbers = _column("issues", "step");
        for (; _row < numbers.length && numbers[_row] == _steps; ++_row) {
            _checkSubnet(_row, index);
        }
    }

    function _checkSubnet(uint256 row, uint256 index) private view {
        uint32 netuid = uint32(_column("issues", "netuid")[row]);
        PoolState memory pool = pools.stateOf(netuid);
        eq(pool.alpha, _column("issues", "alphaReserve")[row], "alpha reserve");
        eq(pool.koin, _column("issues", "koinReserve")[row], "koin reserve");
        eq(pool.weightKoin, _column("issues", "weightKoin")[row], "weight");
        (int256 user, int256 protocol) = emission.flowsOf(netuid);
        eq(uint256(user), uint256(_signed("userFlow")[row]), "user flow");
        eq(uint256(protocol), uint256(_signed("protocolFlow")[row]), "protocol flow");
        eq(emission.capitalOf(netuid), _column("issues", "capitalAverage")[row], "capital average");
        Accrued memory was = emission.accruedUntil(netuid, emission.startsAt() + _column("steps", "from")[index]);
        Accrued memory now_ = accruedNow(netuid);
        eq(now_.owner - was.owner, _column("issues", "owner")[row], "owner");
        eq(now_.miners - was.miners, _column("issues", "miners")[row], "miners");
        eq(now_.dividends - was.dividends, _column("issues", "dividends")[row], "dividends");
    }

    function _value(string memory name) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(_at, ".", name));
    }

    function _column(string memory group, string memory name) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(_json, string.concat(_at, ".", group, ".", name));
    }

    function _signed(string memory name) private view returns (int256[] memory) {
        return vm.parseJsonIntArray(_json, string.concat(_at, ".issues.", name));
    }
}
