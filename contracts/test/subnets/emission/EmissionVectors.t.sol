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
        uint256[][] memory c = new uint256[][](8);
        string[8] memory names = ["base", "halving", "cap", "ema", "spot", "age", "elapsed", "after"];
        for (uint256 i = 0; i < 8; ++i) {
            c[i] = _column(".priceEma", names[i]);
        }
        for (uint256 i = 0; i < c[0].length; ++i) {
            uint256 price = Averages.priceAfter(c[0][i], c[1][i], c[2][i], c[3][i], c[4][i], c[5][i], c[6][i]);
            eq(price, c[7][i], "price average");
        }
        int256[] memory ema = vm.parseJsonIntArray(_json, ".flowEma.ema");
        int256[] memory flow = vm.parseJsonIntArray(_json, ".flowEma.flow");
        int256[] memory expected = vm.parseJsonIntArray(_json, ".flowEma.after");
        uint256[] memory elapsed = _column(".flowEma", "elapsed");
        uint256[] memory keep = _column(".flowEma", "keep");
        for (uint256 i = 0; i < ema.length; ++i) {
            yes(Averages.flowAfter(ema[i], flow[i], elapsed[i], keep[i]) == expected[i], "flow average");
        }
    }

    function test_policies() public view {
        for (uint256 set = 0; set < 12; ++set) {
            string memory path = string.concat(".policies[", _digits(set), "]");
            EmissionPolicies.Signals[] memory subnets = _signals(path);
            string memory shares = string.concat(path, ".shares");
            _same(EmissionPolicies.priceEma(subnets), _column(shares, "priceEma"), "priceEma");
            _same(EmissionPolicies.taoflow(subnets, 0, 2), _column(shares, "taoflow"), "taoflow");
            _same(EmissionPolicies.netFlow(subnets, 0, 2), _column(shares, "netFlow"), "netFlow");
            _same(EmissionPolicies.hillGate(subnets, 3, 61), _column(shares, "hillGate"), "hillGate");
            _same(EmissionPolicies.revenueWeighted(subnets), _column(shares, "revenueWeighted"), "revenueWeighted");
            _same(EmissionPolicies.equal(subnets), _column(shares, "equal"), "equal");
            _same(EmissionPolicies.taoflow(subnets, 0, 1), _column(shares, "taoflowHalf"), "power 1/2");
            _same(EmissionPolicies.taoflow(subnets, -1000, 4), _column(shares, "taoflowSquareCutoff"), "power 2");
            _same(EmissionPolicies.taoflow(subnets, 0, 5), _column(shares, "taoflowFiveHalves"), "power 5/2");
            _same(EmissionPolicies.hillGate(subnets, 1, 90), _column(shares, "hillGateWide"), "steepness 1");
            _same(EmissionPolicies.hillGate(subnets, 4, 75), _column(shares, "hillGateSteep"), "steepness 4");
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

    function test_coinbase() public view {
        for (uint256 i = 0; i < 11; ++i) {
            _checkPeriod(string.concat(".coinbase[", _digits(i), "]"));
        }
    }

    function _checkPeriod(string memory path) private view {
        string memory columns = string.concat(path, ".subnets");
        Halving.Schedule memory schedule = Halving.Schedule(_uint(path, "cap"), _uint(path, "base"));
        Coinbase.Rules memory rules = Coinbase.Rules({
            token: schedule,
            rootWeight: _uint(path, "rootWeightQ64"),
            ownerBps: _uint(path, "ownerBps"),
            minersBps: _uint(path, "minersBps"),
            validatorsBps: _uint(path, "validatorsBps")
        });
        uint256[] memory averages = _column(columns, "priceEmaQ64");
        uint256 averageSum = 0;
        for (uint256 i = 0; i < averages.length; ++i) {
            averageSum += averages[i];
        }
        Coinbase.Period memory period = Coinbase.Period({
            elapsed: _uint(path, "seconds"),
            koinIssued: Halving.issuedOver(schedule, _uint(path, "koinIssuance"), _uint(path, "seconds")),
            rootStake: _uint(path, "rootStake"),
            rootIsPaid: averageSum > Q64.ONE
        });
        eq(period.koinIssued, _uint(path, "koinIssued"), "issued");
        uint256[] memory share = _column(columns, "shareQ64");
        uint256[] memory price = _column(columns, "priceQ64");
        uint256[] memory issuance = _column(columns, "issuance");
        uint256 recycled = period.koinIssued;
        for (uint256 i = 0; i < share.length; ++i) {
            Coinbase.Parts memory parts = Coinbase.split(rules, period, share[i], price[i], issuance[i]);
            recycled -= parts.koinIn + parts.koinBuys;
            _checkParts(parts, columns, i);
        }
        eq(recycled, _uint(path, "recycledKoin"), "recycled");
    }

    function _checkParts(Coinbase.Parts memory parts, string memory columns, uint256 i) private view {
        eq(parts.koinIn, _column(columns, "koinIn")[i], "koinIn");
        eq(parts.tokensIn, _column(columns, "tokensIn")[i], "tokensIn");
        eq(parts.koinBuys, _column(columns, "koinBuys")[i], "koinBuys");
        eq(parts.tokensIssued, _column(columns, "tokensIssued")[i], "tokensIssued");
        eq(parts.owner, _column(columns, "owner")[i], "owner");
        eq(parts.miners, _column(columns, "miners")[i], "miners");
        eq(parts.validators, _column(columns, "validators")[i], "validators");
        eq(parts.root, _column(columns, "root")[i], "root");
        eq(parts.recycledTokens, _column(columns, "recycledTokens")[i], "recycledTokens");
    }

    function _signals(string memory path) private view returns (EmissionPolicies.Signals[] memory subnets) {
        uint256[] memory eligible = _column(path, "eligible");
        uint256[] memory price = _column(path, "priceEmaQ64");
        int256[] memory flow = vm.parseJsonIntArray(_json, string.concat(path, ".userFlowEma"));
        int256[] memory cost = vm.parseJsonIntArray(_json, string.concat(path, ".protocolCostEma"));
        uint256[] memory revenue = _column(path, "revenue");
        uint256[] memory burned = _column(path, "minerBurnedQ64");
        subnets = new EmissionPolicies.Signals[](eligible.length);
        for (uint256 i = 0; i < eligible.length; ++i) {
            subnets[i] = EmissionPolicies.Signals({
                eligible: eligible[i] == 1,
                priceEma: uint128(price[i]),
                userFlow: int128(flow[i]),
                protocolCost: int128(cost[i]),
                revenue: uint128(revenue[i]),
                minerBurned: burned[i]
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

    function _uint(string memory path, string memory name) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(path, ".", name));
    }

    function _digits(uint256 value) private pure returns (string memory) {
        bytes memory text = new bytes(2);
        text[0] = bytes1(uint8(48 + value / 10));
        text[1] = bytes1(uint8(48 + value % 10));
        return value < 10 ? string(abi.encodePacked(text[1])) : string(text);
    }
}
