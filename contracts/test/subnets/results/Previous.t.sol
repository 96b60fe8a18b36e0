// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../../../src/subnets/results/IDisputes.sol";
import {IEpochs, Posting, Result} from "../../../src/subnets/results/IEpochs.sol";
import {AmountWords} from "../../../src/subnets/results/SeatWords.sol";
import {vm} from "../../support/Vm.sol";
import {Round} from "./Round.sol";

/// @dev Nobody turns a signature against its signer by submitting another result first.
contract PreviousTest is Round {
    address private constant STRANGER = address(0x57A4);
    uint256 private constant VALIDATORS = 4;
    uint256 private constant SEATS = 10;
    Before private _first;
    bytes32[][] private _firstRows;

    function setUp() public {
        startRound(16, VALIDATORS);
        for (uint160 i = 0; i < SEATS - VALIDATORS; ++i) join(netuid, address(0x2000 + i));
        _fill(1);
        vote(1, 15);
        (_first.result, _first.posting) = honest(1, SEATS, none());
        _first.exists = true;
        _firstRows = _rows();
    }

    /// @dev Two sign epoch 1, which is no quorum; the fourth keeps its signature back until three have signed epoch 2 on top of nothing.
    function test_a_result_held_back_and_confirmed_later_turns_no_signature_against_its_signer() public {
        bytes[] memory late = _signaturesOf(11);
        (Result memory second, Posting memory posting, bytes[] memory signatures) = _second();
        uint256 before = _weights();

        vm.startPrank(STRANGER);
        epochs.submitRoot(_first.result, _first.posting, 11, late);
        disputes.confirm(_first.result, spec, _first.posting, _firstRows, halvesOf(none()));
        bytes32 active = epochs.resultDigest(_first.result);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PreviousMismatch.selector, active, bytes32(0)));
        epochs.submitRoot(second, posting, 7, signatures);
        bytes memory notOpen = abi.encodeWithSelector(IDisputes.NotDisputable.selector, epochs.resultDigest(second));
        vm.expectRevert(notOpen);
        disputes.disputeAmount(second, posting.seats, amountOf(posting, 6, _first));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NoOffence.selector, epochs.resultDigest(second)));
        epochs.punish(second, posting.validators, type(uint256).max);
        vm.stopPrank();
        eq(_weights(), before, "nobody lost anything");
    }

    function test_nor_does_one_that_becomes_active_by_waiting() public {
        bytes[] memory late = _signaturesOf(7);
        (Result memory second, Posting memory posting, bytes[] memory signatures) = _second();
        epochs.submitRoot(_first.result, _first.posting, 7, late);
        vm.warp(block.timestamp + 120);
        bytes32 active = epochs.resultDigest(_first.result);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PreviousMismatch.selector, active, bytes32(0)));
        epochs.submitRoot(second, posting, 7, signatures);
    }

    /// @dev What epoch 2 did not pay is not lost: the next epoch builds on what became active, and pays its own and as much of the backlog.
    function test_the_epoch_whose_result_lost_its_ground_is_paid_by_the_next() public {
        bytes[] memory late = _signaturesOf(7);
        _second();
        epochs.submitRoot(_first.result, _first.posting, 7, late);
        vm.warp(block.timestamp + 120);
        _fill(3);
        vote(3, 15);
        (Result memory third, Posting memory posting) = honest(3, SEATS, _first);
        eq(third.previousHash, epochs.resultDigest(_first.result), "on the one that became active");
        submit(third, posting, keys, VALIDATORS);
        uint256 own = emission.accrued(netuid, 4).miners - emission.accrued(netuid, 3).miners;
        uint256 skipped = emission.accrued(netuid, 3).miners - emission.accrued(netuid, 2).miners;
        eq(skipped, own, "epochs accrue alike");
        atMost(2 * own - SEATS, third.minersTotal - _first.result.minersTotal, "both epochs, less what rounding leaves");
        disputes.confirm(third, spec, posting, _rows(), halvesOf(_first));
    }

    /// @dev A corrected result of the same epoch is another ground than the one it replaced.
    function test_a_result_on_a_disabled_one_does_not_pass_for_one_on_its_correction() public {
        submit(_first.result, _first.posting, keys, VALIDATORS);
        bytes32 disabled = epochs.resultDigest(_first.result);
        epochs.objectRoot(netuid, 1, disabled, signedBy(keys, 0, 3, epochs.objectionDigest(netuid, 1, disabled)));
        Result memory corrected = _first.result;
        corrected.dataHash = keccak256("corrected");
        submit(corrected, _first.posting, keys, VALIDATORS);
        vm.warp(block.timestamp + 120);
        _fill(2);
        vote(2, 15);
        (Result memory second, Posting memory posting) = honest(2, SEATS, _first);
        bytes32 active = epochs.resultDigest(corrected);
        eq(second.previousHash, active, "on the correction");
        second.previousHash = disabled;
        bytes[] memory signatures = signedBy(keys, 0, VALIDATORS, epochs.resultDigest(second));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.PreviousMismatch.selector, active, disabled));
        epochs.submitRoot(second, posting, 15, signatures);
        second.previousHash = active;
        submit(second, posting, keys, VALIDATORS);
    }

    function test_two_results_of_an_epoch_are_an_offence_whatever_they_build_on() public {
        (Result memory one,, bytes[] memory signatures) = _second();
        Result memory other = abi.decode(abi.encode(one), (Result));
        other.previousHash = epochs.resultDigest(_first.result);
        bytes memory again = signed(keys[0], epochs.resultDigest(other));
        uint256 before = staking.weightOf(netuid, vm.addr(keys[0]));
        epochs.punishTwofold(one, signatures[0], other, again);
        eq(staking.weightOf(netuid, vm.addr(keys[0])), before - before / 5, "a fifth");
    }

    /// @dev A wrong result that became active may say anything of a seat: sums on top of it stop, so that the next result is checked.
    function test_amounts_on_top_of_the_largest_stop_there() public pure {
        bytes32 word = AmountWords.pack(uint256(type(uint128).max) + 5, uint256(type(uint128).max) + 1);
        eq(word, bytes32(type(uint256).max), "both at the most that fits");
        eq(AmountWords.pack(3, 4), bytes32(uint256(3) << 128 | 4), "as ever");
    }

    /// @dev Epoch 2, rightly on top of nothing, signed by three.
    function _second() private returns (Result memory result, Posting memory posting, bytes[] memory signatures) {
        _fill(2);
        vote(2, 15);
        (result, posting) = honest(2, SEATS, none());
        signatures = signedBy(keys, 0, 3, epochs.resultDigest(result));
    }

    function _signaturesOf(uint256 signers) private view returns (bytes[] memory signatures) {
        bytes32 digest = epochs.resultDigest(_first.result);
        signatures = new bytes[](3);
        uint256 used;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            if (signers >> i & 1 == 1) signatures[used++] = signed(keys[i], digest);
        }
    }

    function _weights() private view returns (uint256 sum) {
        for (uint256 i = 0; i < VALIDATORS; ++i) sum += staking.weightOf(netuid, vm.addr(keys[i]));
    }

    function _fill(uint256 seed) private {
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            uint16[] memory row = new uint16[](SEATS);
            for (uint256 uid = 0; uid < SEATS; ++uid) row[uid] = uint16(uint256(keccak256(abi.encode(seed, i, uid)))) | 1;
            setRow(vm.addr(keys[i]), row);
        }
    }

    function _rows() private view returns (bytes32[][] memory all) {
        all = new bytes32[][](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) all[i] = words(rows[vm.addr(keys[i])]);
    }
}
