// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ResultTree} from "../../../src/subnets/results/ResultTree.sol";
import {AmountWords, SeatWords} from "../../../src/subnets/results/SeatWords.sol";
import {WordTree} from "../../../src/subnets/results/WordTree.sol";
import {SeatTree} from "../../support/SeatTree.sol";
import {Test} from "../../support/Test.sol";
import {vm} from "../../support/Vm.sol";

/// @dev specs/vectors/result-words.json is what TypeScript reads.
contract ResultTreeTest is Test {
    using AmountWords for bytes32;
    using SeatWords for bytes32;

    string private _json;

    function setUp() public {
        _json = vm.readFile("specs/vectors/result-words.json");
    }

    function climbSeat(bytes32 word, uint256 uid, bytes32[] calldata proof) external pure returns (bytes32) {
        return ResultTree.climbSeat(word, uid, proof);
    }

    function climbAmount(bytes32 word, uint256 uid, bytes32[] calldata proof) external pure returns (bytes32) {
        return ResultTree.climbAmount(word, uid, proof);
    }

    function climbHalf(bytes32 word, uint256 uid, bytes32[] calldata proof) external pure returns (bytes32) {
        return ResultTree.climbHalf(word, uid, proof);
    }

    function half(bytes32[] memory words) external pure returns (bytes32) {
        return ResultTree.half(words);
    }

    function test_roots_and_proofs_of_all_vectors() public view {
        uint256 count;
        for (; _exists(count); ++count) {
            string memory at = _at(count, "");
            bytes32[] memory seats = _words(string.concat(at, ".seatWords"));
            bytes32[] memory amounts = _words(string.concat(at, ".amountWords"));
            bytes32 root = _word(string.concat(at, ".root"));
            eq(SeatTree.half(seats), _word(string.concat(at, ".seatsRoot")), "seats");
            eq(SeatTree.half(amounts), _word(string.concat(at, ".amountsRoot")), "amounts");
            eq(SeatTree.root(seats, amounts), root, "root");
            for (uint256 i = 0; vm.keyExistsJson(_json, _proofAt(at, i, "")); ++i) {
                _checkProof(_proofAt(at, i, ""), seats, amounts, root);
            }
        }
        atMost(2, count, "vectors");
    }

    function testFuzz_words_are_packed_and_read_alike(uint8 tenure, uint40[3] memory shares, uint128[3] memory wide)
        public
        pure
    {
        bytes32 word = SeatWords.pack(tenure, shares[0], shares[1], shares[2]) | bytes32(uint256(wide[0]));
        eq(word.tenure(), tenure, "tenure");
        eq(word.consensus(), shares[0], "consensus");
        eq(word.rank(), shares[1], "rank");
        eq(word.dividend(), shares[2], "dividend");
        eq(word.aggregatorsOwn(), wide[0], "own");
        word = AmountWords.pack(wide[1], wide[2]);
        eq(word.mined(), wide[1], "mined");
        eq(word.dividends(), wide[2], "dividends");
    }

    function test_a_uid_beyond_the_last_seat_names_no_word_of_the_other_half() public {
        bytes32[] memory amounts = new bytes32[](6);
        amounts[5] = AmountWords.pack(7, 9);
        bytes32[] memory proof = SeatTree.amountProof(new bytes32[](0), amounts, 5);
        eq(this.climbAmount(amounts[5], 5, proof), SeatTree.root(new bytes32[](0), amounts), "its own");
        vm.expectRevert(abi.encodeWithSelector(ResultTree.UidOutOfRange.selector, 261));
        this.climbSeat(amounts[5], 261, proof);
        vm.expectRevert(abi.encodeWithSelector(ResultTree.UidOutOfRange.selector, 256));
        this.climbAmount(amounts[5], 256, proof);
        bytes32[] memory short = SeatTree.path(amounts, 5, 8);
        vm.expectRevert(abi.encodeWithSelector(WordTree.ProofLengthInvalid.selector, 8, 9));
        this.climbAmount(amounts[5], 5, short);
        vm.expectRevert(abi.encodeWithSelector(WordTree.ProofLengthInvalid.selector, 8, 8));
        this.climbHalf(amounts[5], 261, short);
    }

    function test_words_beyond_a_tree_are_refused() public {
        this.half(new bytes32[](256));
        vm.expectRevert(abi.encodeWithSelector(WordTree.TooManyWords.selector, 257, 8));
        this.half(new bytes32[](257));
    }

    function _checkProof(string memory at, bytes32[] memory seats, bytes32[] memory amounts, bytes32 root)
        private
        view
    {
        uint256 uid = vm.parseJsonUint(_json, string.concat(at, ".uid"));
        bytes32 seat = uid < seats.length ? seats[uid] : bytes32(0);
        bytes32 amount = uid < amounts.length ? amounts[uid] : bytes32(0);
        bytes32[] memory ofSeat = _words(string.concat(at, ".ofSeat"));
        bytes32[] memory ofAmount = _words(string.concat(at, ".ofAmount"));
        eq(this.climbSeat(seat, uid, ofSeat), root, "seat");
        eq(this.climbAmount(amount, uid, ofAmount), root, "amount");
        eq(this.climbHalf(amount, uid, _words(string.concat(at, ".ofAmountInHalf"))), ofSeat[8], "half");
        eq(keccak256(abi.encode(SeatTree.amountProof(seats, amounts, uid))), keccak256(abi.encode(ofAmount)), "path");
    }

    function _exists(uint256 index) private view returns (bool) {
        return vm.keyExistsJson(_json, _at(index, ".root"));
    }

    function _at(uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(".results[", _digit(index), "]", field);
    }

    function _proofAt(string memory at, uint256 index, string memory field) private pure returns (string memory) {
        return string.concat(at, ".proofs[", _digit(index), "]", field);
    }

    function _digit(uint256 value) private pure returns (string memory text) {
        text = "0";
        bytes(text)[0] = bytes1(uint8(48 + value));
    }

    function _word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, key);
    }

    function _words(string memory key) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(_json, key);
    }
}
