// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Averages} from "../../../src/subnets/emission/Averages.sol";
import {Coinbase} from "../../../src/subnets/emission/Coinbase.sol";
import {EmissionPolicies} from "../../../src/subnets/emission/EmissionPolicies.sol";
import {Halving} from "../../../src/subnets/emission/Halving.sol";
import {Q64} from "../../../src/subnets/emission/Q64.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev specs/vectors/emission.json comes from the TypeScript rules; here the libraries must agree to the bit.
contract EmissionVectorsTest is Test {
    string private _json;

    function setUp() public {
        _json = vm.readFile("specs/vectors/emission.json");
    }

    function test_q64() public view {
        int256[] memory x = vm.parseJsonIntArray(_json, ".q64.exp.x");
        uint256[] memory y = _column(".q64.exp", "y");
        for (uint256 i = 0; i < x.length; ++i) {
            eq(Q64.exp(x[i]), y[i], "exp");
        }
        uint256[] memory base = _column(".q64.power", "base");
        uint256[] memory exponent = _column(".q64.power", "exponent");
        uint256[] memory power = _column(".q64.power", "power");
        for (uint256 i = 0; i < base.length; ++i) {
            eq(Q64.power(base[i], exponent[i]), power[i], "power");
        }
    }

    function test_halving() public view {
        uint256[] memory cap = _column(".halving", "cap");
        uint256[] memory base = _column(".halving", "base");
        uint256[] memory issuance = _column(".halving", "issuance");
        uint256[] memory elapsed = _column(".halving", "seconds");
        uint256[] memory rate = _column(".halving", "rate");
        uint256[] memory issued = _column(".halving", "issued");
        yes(cap.length > 100, "cases");
        for (uint256 i = 0; i < cap.length; ++i) {
            Halving.Schedule memory schedule = Halving.Schedule(cap[i], base[i]);
            eq(Halving.rate(schedule, issuance[i]), rate[i], "rate");
            eq(Halving.issuedOver(schedule, issuance[i], elapsed[i]), issued[i], "issued");
        }
    }

    function test_averages() public view {
        int256[] memory ema = vm.parseJsonIntArray(_json, ".flowEma.ema");
        int256[] memory flow = vm.parseJsonIntArray(_json, ".flowEma.flow");
        int256[] memory expected = vm.parseJsonIntArray(_json, ".flowEma.after");
        uint256[] memory elapsed = _column(".flowEma", "elapsed");
        uint256[] memory keep = _column(".flowEma", "keep");
        for (uint256 i = 0; i < ema.length; ++i) {
            int256 after_ = Averages.flowAfter(ema[i], flow[i], elapsed[i], Averages.keepOver(keep[i], elapsed[i]));
            yes(after_ == expected[i], "flow average");
        }
    }

    function test_kept_capital() public view {
        uint256[][] memory c = new uint256[][](7);
        string[7] memory names = ["before", "heldBefore", "held", "protocolFlow", "elapsed", "average", "capital"];
        for (uint256 i = 0; i < 7; ++i) {
            c[i] = _column(".keptCapital", names[i]);
        }
        yes(c[0].length >= 50, "cases");
        for (uint256 i = 0; i < c[0].length; ++i) {
            (uint256 average, uint256 capital) = Averages.keptCapital(
                c[0][i], c[1][i], c[2][i], c[3][i], 3_739_465, Averages.keepOver(18446722932338324499, c[4][i])
            );
            eq(average, c[5][i], "average");
            eq(capital, c[6][i], "capital");
        }
    }

    function test_policies() public view {
        for (uint256 set = 0; set < 12; ++set) {
            string memory path = string.concat(".policies[", _digits(set), "]");
            EmissionPolicies.Signals[] memory subnets = _signals(path);
            string memory shares = string.concat(path, ".shares");
            _same(EmissionPolicies.priceEma(subnets), _column(shares, "priceEma"), "priceEma");
            _same(EmissionPolicies.netFlow(subnets, 0, 2), _column(shares, "netFlow"), "netFlow");
            _same(EmissionPolicies.hillGate(subnets, 3, 61), _column(shares, "hillGate"), "hillGate");
            _same(EmissionPolicies.equal(subnets), _column(shares, "equal"), "equal");
            _same(EmissionPolicies.hillGate(subnets, 1, 90), _column(shares, "hillGateWide"), "steepness 1");
            _same(EmissionPolicies.hillGate(subnets, 4, 75), _column(shares, "hillGateSteep"), "steepness 4");
            _same(EmissionPolicies.userCapital(subnets, 432_000e18), _column(shares, "userCapital"), "userCapital");
            _same(EmissionPolicies.userCapital(subnets, 0), _column(shares, "userCapitalUnbounded"), "without a bound");
            // A flow without costs is `taoflow`, which no contract has.
            for (uint256 i = 0; i < subnets.length; ++i) {
                subnets[i].protocolCost = 0;
            }
            _same(EmissionPolicies.netFlow(subnets, 0, 2), _column(shares, "taoflow"), "power 1");
            _same(EmissionPolicies.netFlow(subnets, 0, 1), _column(shares, "taoflowHalf"), "power 1/2");
            _same(EmissionPolicies.netFlow(subnets, -1000, 4), _column(shares, "taoflowSquareCutoff"), "power 2");
            _same(EmissionPolicies.netFlow(subnets, 0, 5), _column(shares, "taoflowFiveHalves"), "power 5/2");
        }
    }

    function test_root_proportion() public view {
        uint256[] memory stake = _column(".rootProportion", "rootStake");
        uint256[] memory weight = _column(".rootProportion", "weight");
        uint256[] memory issuance = _column(".rootProportion", "issuance");
        uint256[] memory proportion = _column(".rootProportion", "proportion");
        for (uint256 i = 0; i < stake.length; ++i) {
            eq(Coinbase.rootProportion(stake[i], weight[i], issuance[i]), proportion[i], "root proportion");
        }
    }

    function _signals(string memory path) private view returns (EmissionPolicies.Signals[] memory subnets) {
        uint256[] memory eligible = _column(path, "eligible");
        uint256[] memory price = _column(path, "priceEmaQ64");
        int256[] memory flow = vm.parseJsonIntArray(_json, string.concat(path, ".userFlowEma"));
        int256[] memory cost = vm.parseJsonIntArray(_json, string.concat(path, ".protocolCostEma"));
        uint256[] memory capital = _column(path, "capital");
        uint256[] memory burned = _column(path, "minerBurnedQ64");
        subnets = new EmissionPolicies.Signals[](eligible.length);
        for (uint256 i = 0; i < eligible.length; ++i) {
            subnets[i] = EmissionPolicies.Signals({
                eligible: eligible[i] == 1,
                priceEma: uint128(price[i]),
                userFlow: int128(flow[i]),
                protocolCost: int128(cost[i]),
                minerBurned: burned[i],
                capital: uint128(capital[i])
            });
        }
    }

    function _same(uint256[] memory actual, uint256[] memory expected, string memory what) private pure {
        eq(actual.length, expected.length, what);
        for (uint256 i = 0; i < actual.length; ++i) {
            eq(actual[i], expected[i], what);
        }
    }

    function _column(string memory path, string memory name) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(_json, string.concat(path, ".", name));
    }

    function _digits(uint256 value) private pure returns (string memory) {
        bytes memory text = new bytes(2);
        text[0] = bytes1(uint8(48 + value / 10));
        text[1] = bytes1(uint8(48 + value % 10));
        return value < 10 ? string(abi.encodePacked(text[1])) : string(text);
    }
}
