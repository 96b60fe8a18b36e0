// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {FixedPoint} from "../../../src/subnets/pool/FixedPoint.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev The oracle is Solady, which computes in other ways and to 18 digits.
contract FixedPointTest is Test {
    uint256 private constant WAD = 1e18;

    function test_vectors() public view {
        string memory json = vm.readFile("specs/vectors/pools.json");
        uint256[] memory n = vm.parseJsonUintArray(json, ".ln.n");
        uint256[] memory d = vm.parseJsonUintArray(json, ".ln.d");
        uint256[] memory result = vm.parseJsonUintArray(json, ".ln.result");
        for (uint256 i = 0; i < n.length; ++i) {
            eq(FixedPoint.lnDown(n[i], d[i]), result[i], "ln");
        }
        uint256[] memory z = vm.parseJsonUintArray(json, ".exp.z");
        uint256[] memory mantissa = vm.parseJsonUintArray(json, ".exp.mantissa");
        uint256[] memory k = vm.parseJsonUintArray(json, ".exp.k");
        uint256[] memory inverse = vm.parseJsonUintArray(json, ".exp.inverse");
        for (uint256 i = 0; i < z.length; ++i) {
            (uint256 m, uint256 shift) = FixedPoint.expDown(z[i]);
            yes(m == mantissa[i] && shift == k[i], "exp");
            eq(FixedPoint.expNegUp(z[i]), inverse[i], "inverse");
        }
        yes(n.length > 20 && z.length > 20, "not empty");
    }

    /// @dev lnWad is exact to a few units of 1e-18 for x in WAD.
    function testFuzz_logarithm_agrees_with_solady(uint256 value) public pure {
        uint256 n = within(value, WAD, (1 << 127) - 1);
        uint256 ours = (FixedPoint.lnDown(n, WAD) * WAD) >> 128;
        uint256 theirs = uint256(FixedPointMathLib.lnWad(int256(n)));
        _near(ours, theirs, 2);
    }

    function testFuzz_exponential_agrees_with_solady(uint256 value) public pure {
        uint256 wad = within(value, 0, 40e18);
        uint256 z = (wad << 128) / WAD;
        uint256 ours = (FixedPoint.expNegUp(z) * WAD) >> 128;
        _near(ours, uint256(FixedPointMathLib.expWad(-int256(wad))), 2);
        (uint256 mantissa, uint256 k) = FixedPoint.expDown(z);
        uint256 grown = FixedPointMathLib.fullMulDiv(mantissa << k, WAD, 1 << 128);
        uint256 theirs = uint256(FixedPointMathLib.expWad(int256(wad)));
        _near(grown, theirs, 2 + theirs / 1e17);
    }

    function testFuzz_logarithm_is_monotone_and_additive(uint256 a, uint256 b, uint256 c) public pure {
        c = within(c, 1, type(uint96).max);
        b = within(b, c, type(uint112).max);
        a = within(a, b, type(uint120).max);
        uint256 whole = FixedPoint.lnDown(a, c);
        yes(whole >= FixedPoint.lnDown(a, b), "monotone");
        _near(whole, FixedPoint.lnDown(a, b) + FixedPoint.lnDown(b, c), 512);
    }

    function testFuzz_never_reaches_zero(uint256 z) public pure {
        uint256 inverse = FixedPoint.expNegUp(z);
        yes(inverse >= 1 && inverse <= FixedPoint.ONE, "range");
    }

    function test_out_of_range_is_refused() public {
        uint256[2][4] memory bad = [[uint256(1), 2], [uint256(0), 0], [uint256(5), 0], [uint256(1) << 127, 1]];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(FixedPoint.LogarithmOutOfRange.selector, bad[i][0], bad[i][1])
            );
            this.logarithm(bad[i][0], bad[i][1]);
        }
    }

    function logarithm(uint256 n, uint256 d) external pure returns (uint256) {
        return FixedPoint.lnDown(n, d);
    }

    function _near(uint256 a, uint256 b, uint256 tolerance) private pure {
        atMost(a > b ? a - b : b - a, tolerance, "distance");
    }
}
