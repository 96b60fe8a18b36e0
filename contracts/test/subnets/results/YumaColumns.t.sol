// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ColumnRules} from "../../../src/subnets/results/ColumnRules.sol";
import {IDisputes, SeatClaim} from "../../../src/subnets/results/IDisputes.sol";
import {Rows} from "../../../src/subnets/results/Rows.sol";
import {SeatWords} from "../../../src/subnets/results/SeatWords.sol";
import {Yuma} from "../../../src/subnets/results/Yuma.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev specs/vectors/seat-columns.json is what TypeScript computes.
contract YumaColumnsTest is Test {
    using SeatWords for bytes32;

    uint256 private constant CASES = 11;
    string private _json;

    struct Case {
        bytes32 aggregator;
        uint256 cap;
        bytes32[] validators;
        bytes32[] rowHashes;
        bytes32[] rowWords;
        bytes32[] seatWords;
    }

    function setUp() public {
        _json = vm.readFile("specs/vectors/seat-columns.json");
    }

    function seatWord(bytes32 aggregator, Rows.Column memory column, bytes32[] calldata validators, SeatClaim calldata claim)
        external
        pure
        returns (bytes32 word, uint256 settled)
    {
        settled = ColumnRules.settled(aggregator, column.holder, validators);
        word = ColumnRules.seatWord(aggregator, column, validators, claim);
    }

    function incentive(bytes32[] calldata seats, uint256 uid) external pure returns (uint256) {
        return Yuma.incentive(seats, uid);
    }

    function test_every_column_of_every_vector() public view {
        uint256 seats;
        for (uint256 i = 0; i < CASES; ++i) {
            Case memory given = _case(i);
            for (uint256 k = 0; vm.keyExistsJson(_json, _seatAt(i, k, ".uid")); ++k) {
                (Rows.Column memory column, SeatClaim memory claim) = _seat(given, i, k);
                (bytes32 word, uint256 settled) = this.seatWord(given.aggregator, column, given.validators, claim);
                bytes32 right = given.seatWords[column.uid];
                eq(uint256(word) & settled, uint256(right) & settled, "column");
                eq(uint256(right) & settled, uint256(right) & ~(uint256(type(uint40).max) << 168), "all but the rank");
                eq(this.incentive(given.seatWords, column.uid), right.rank(), "rank");
                ++seats;
            }
        }
        no(vm.keyExistsJson(_json, _at(CASES, ".cap")), "no more vectors");
        eq(seats, 59, "seats");
    }

    /// @dev Exactly one consensus, and one cap, passes.
    /// forge-config: default.fuzz.runs = 16
    /// forge-config: long.fuzz.runs = 400
    function testFuzz_no_other_consensus_or_cap_passes(uint256 seed, uint40 consensus, uint128 cap) public {
        uint256 index = seed % CASES;
        Case memory given = _case(index);
        uint256 count;
        while (vm.keyExistsJson(_json, _seatAt(index, count, ".uid"))) ++count;
        (Rows.Column memory column, SeatClaim memory claim) = _seat(given, index, (seed >> 8) % count);
        // Without any stake nothing is claimed.
        if (given.validators.length < 2) return;
        if (given.aggregator == Yuma.YUMA3_CAPPED && cap != claim.cap) {
            uint256 right = claim.cap;
            claim.cap = cap;
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotTheCap.selector, uint256(cap)));
            this.seatWord(given.aggregator, column, given.validators, claim);
            claim.cap = seed >> 255 == 0 ? right - 1 : right + 1;
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotTheCap.selector, claim.cap));
            this.seatWord(given.aggregator, column, given.validators, claim);
            claim.cap = right;
        }
        uint256[4] memory others = [uint256(consensus), claim.consensus + 1, claim.consensus - (claim.consensus > 0 ? 1 : 0), 1 << 200];
        for (uint256 i = 0; i < 4; ++i) {
            if (others[i] == given.seatWords[column.uid].consensus()) continue;
            claim.consensus = others[i];
            vm.expectRevert(abi.encodeWithSelector(IDisputes.NotTheMedian.selector, others[i]));
            this.seatWord(given.aggregator, column, given.validators, claim);
        }
    }

    function _case(uint256 index) private view returns (Case memory given) {
        given.aggregator = vm.parseJsonBytes32(_json, _at(index, ".specHash"));
        yes(Yuma.isKnown(given.aggregator), vm.parseJsonString(_json, _at(index, ".aggregator")));
        given.cap = vm.parseJsonUint(_json, _at(index, ".cap"));
        given.validators = _words(_at(index, ".validatorWords"));
        given.rowHashes = _words(_at(index, ".rowHashes"));
        given.rowWords = _words(_at(index, ".rowWords"));
        given.seatWords = _words(_at(index, ".seatWords"));
    }

    function _seat(Case memory given, uint256 index, uint256 place)
        private
        view
        returns (Rows.Column memory column, SeatClaim memory claim)
    {
        column.uid = vm.parseJsonUint(_json, _seatAt(index, place, ".uid"));
        column.holder = vm.parseJsonAddress(_json, _seatAt(index, place, ".holder"));
        column.tenure = vm.parseJsonUint(_json, _seatAt(index, place, ".tenure"));
        column.rowHashes = given.rowHashes;
        claim.uid = uint16(column.uid);
        claim.consensus = vm.parseJsonUint(_json, _seatAt(index, place, ".consensus"));
        claim.cap = given.cap;
        claim.openings = _openings(given, column.uid);
    }

    /// @dev Of all rows that count for anything.
    function _openings(Case memory given, uint256 uid) private pure returns (bytes32[] memory openings) {
        openings = new bytes32[](5 * given.validators.length);
        uint256 used;
        for (uint256 i = 0; i < given.validators.length; ++i) {
            uint256 age = uint8(uint256(given.validators[i]) >> 88);
            if (age == 255 || uint88(uint256(given.validators[i])) >> age == 0) continue;
            bytes32[] memory row = new bytes32[](16);
            for (uint256 k = 0; k < 16; ++k) {
                row[k] = given.rowWords[16 * i + k];
            }
            openings[used++] = row[uid >> 4];
            bytes32[] memory path = SeatTree.path(row, uid >> 4, 4);
            for (uint256 level = 0; level < 4; ++level) {
                openings[used++] = path[level];
            }
        }
    }

    function _words(string memory key) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(_json, key);
    }

    function _at(uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(".cases[", _decimal(index), "]", field);
    }

    function _seatAt(uint256 index, uint256 place, string memory field) private pure returns (string memory) {
        return string.concat(_at(index, ".seats["), _decimal(place), "]", field);
    }

    function _decimal(uint256 value) private pure returns (string memory text) {
        text = value < 10 ? "0" : "00";
        for (uint256 i = bytes(text).length; i > 0; --i) {
            bytes(text)[i - 1] = bytes1(uint8(48 + value % 10));
            value /= 10;
        }
    }
}
