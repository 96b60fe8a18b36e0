// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWeights} from "../../src/subnets/IWeights.sol";
import {Weights} from "../../src/subnets/Weights.sol";
import {WordTree} from "../../src/subnets/results/WordTree.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract WeightsTest is Network {
    address private constant VALIDATOR = address(0x7A1);
    address private constant SECOND = address(0x7A2);
    bytes32 private constant SALT = keccak256("salt");
    bytes private constant ROW = hex"0000ffff00030001000f8000";
    uint32 private _netuid;

    event WeightsRevealed(
        uint32 indexed netuid, uint64 indexed epoch, address indexed hotkey, bytes row, bytes32 salt
    );

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        addValidator(_netuid, VALIDATOR, MIN_STAKE);
        addValidator(_netuid, SECOND, MIN_STAKE - 1);
    }

    function test_commit_then_reveal() public {
        _commit(VALIDATOR, ROW, SALT);
        toReveal(_netuid, 1);
        vm.expectEmit(true, true, true, true);
        emit WeightsRevealed(_netuid, 1, VALIDATOR, ROW, SALT);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, ROW, SALT);
        bytes32[] memory words = new bytes32[](16);
        words[0] = bytes32(uint256(0xffff << 240 | 1 << 192 | 0x8000));
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), _kept(words, 65535 + 1 + 32768), "row hash");
        eq(weights.commitmentOf(_netuid, 1, VALIDATOR), bytes32(0), "cleared");
        vm.prank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.AlreadyRevealed.selector, _netuid, 1, VALIDATOR));
        weights.reveal(_netuid, 1, ROW, SALT);
    }

    function test_the_permit_is_read_at_the_start_of_the_epoch() public {
        vm.warp(subnets.epochWindow(_netuid, 1).startsAt + 1);
        stakeOn(_netuid, SECOND, SECOND, 1);
        (uint256 shares,) = staking.positionOf(_netuid, VALIDATOR, VALIDATOR);
        vm.prank(VALIDATOR);
        staking.unstake(_netuid, VALIDATOR, shares, 1);
        toWeightCommit(_netuid, 1);
        vm.prank(SECOND);
        vm.expectRevert(abi.encodeWithSelector(IWeights.NoValidatorPermit.selector, _netuid, 1, SECOND));
        weights.commit(_netuid, 1, SALT, SPEC, "");
        vm.prank(VALIDATOR);
        weights.commit(_netuid, 1, SALT, SPEC, "");
        toWeightCommit(_netuid, 2);
        vm.prank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.NoValidatorPermit.selector, _netuid, 2, VALIDATOR));
        weights.commit(_netuid, 2, SALT, SPEC, "");
        vm.prank(SECOND);
        weights.commit(_netuid, 2, SALT, SPEC, "");
    }

    function test_both_phases_are_half_open() public {
        uint256 opens = subnets.epochWindow(_netuid, 1).workCommitEndsAt;
        vm.startPrank(VALIDATOR);
        vm.warp(opens - 1);
        vm.expectRevert(abi.encodeWithSelector(IWeights.OutsideWeightCommit.selector, opens - 1, opens, opens + 60));
        weights.commit(_netuid, 1, SALT, SPEC, "");
        vm.warp(opens + 60);
        vm.expectRevert(abi.encodeWithSelector(IWeights.OutsideWeightCommit.selector, opens + 60, opens, opens + 60));
        weights.commit(_netuid, 1, SALT, SPEC, "");
        vm.warp(opens + 120);
        vm.expectRevert(
            abi.encodeWithSelector(IWeights.OutsideWeightReveal.selector, opens + 120, opens + 60, opens + 120)
        );
        weights.reveal(_netuid, 1, ROW, SALT);
        vm.stopPrank();
    }

    function test_the_last_commitment_counts() public {
        _commit(VALIDATOR, hex"00000001", SALT);
        _commit(VALIDATOR, ROW, SALT);
        toReveal(_netuid, 1);
        vm.startPrank(VALIDATOR);
        vm.expectRevert();
        weights.reveal(_netuid, 1, hex"00000001", SALT);
        weights.reveal(_netuid, 1, ROW, SALT);
        vm.stopPrank();
    }

    function test_a_copied_commitment_cannot_be_opened_by_another() public {
        stakeOn(_netuid, SECOND, SECOND, 1);
        bytes32 stolen = weights.commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT);
        _commit(VALIDATOR, ROW, SALT);
        vm.prank(SECOND);
        weights.commit(_netuid, 1, stolen, SPEC, "");
        toReveal(_netuid, 1);
        bytes32 own = weights.commitmentFor(_netuid, 1, SECOND, keccak256(ROW), SALT);
        vm.prank(SECOND);
        vm.expectRevert(abi.encodeWithSelector(IWeights.CommitmentMismatch.selector, stolen, own));
        weights.reveal(_netuid, 1, ROW, SALT);
    }

    function test_commitments_bind_chain_contract_subnet_and_epoch() public {
        bytes32 here = weights.commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT);
        no(here == weights.commitmentFor(_netuid + 1, 1, VALIDATOR, keccak256(ROW), SALT), "subnet");
        no(here == weights.commitmentFor(_netuid, 2, VALIDATOR, keccak256(ROW), SALT), "epoch");
        no(here == new Weights(subnets).commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT), "contract");
        vm.chainId(1);
        no(here == weights.commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT), "chain");
    }

    function test_rows_have_one_spelling() public {
        _refused(hex"000000", abi.encodeWithSelector(IWeights.RowLengthInvalid.selector, 3));
        _refused(hex"0001000100010001", abi.encodeWithSelector(IWeights.RowEntryInvalid.selector, 1));
        _refused(hex"0002000100010001", abi.encodeWithSelector(IWeights.RowEntryInvalid.selector, 1));
        _refused(hex"0001000000020001", abi.encodeWithSelector(IWeights.RowEntryInvalid.selector, 0));
        _refused(hex"00100001", abi.encodeWithSelector(IWeights.RowEntryInvalid.selector, 0));
    }

    function test_an_empty_row_abstains() public {
        _commit(VALIDATOR, "", SALT);
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, "", SALT);
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), weights.ABSTAINED(), "abstained");
        eq(weights.rowAgeOf(_netuid, 1, VALIDATOR), weights.NO_ROW(), "no row counts");
    }

    function test_without_a_commitment_nothing_opens() public {
        toReveal(_netuid, 1);
        bytes32 own = weights.commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT);
        vm.prank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.CommitmentMismatch.selector, bytes32(0), own));
        weights.reveal(_netuid, 1, ROW, SALT);
        toWeightCommit(_netuid, 2);
        vm.prank(VALIDATOR);
        vm.expectRevert(IWeights.CommitmentIsZero.selector);
        weights.commit(_netuid, 2, 0, SPEC, "");
    }

    function testFuzz_any_ascending_row_opens(uint256 seats, uint256 seed) public {
        bytes memory row;
        bytes32[] memory words = new bytes32[](16);
        uint256 sum;
        for (uint16 uid = 0; uid < 16; ++uid) {
            if (seats >> uid & 1 == 0) continue;
            uint16 weight = uint16(within(uint256(keccak256(abi.encode(seed, uid))), 1, 65535));
            row = abi.encodePacked(row, uid, weight);
            words[0] |= bytes32(uint256(weight) << (240 - 16 * uint256(uid)));
            sum += weight;
        }
        _commit(VALIDATOR, row, bytes32(seed));
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, row, bytes32(seed));
        bytes32 kept = row.length == 0 ? weights.ABSTAINED() : _kept(words, sum);
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), kept, "hash");
    }

    function test_anybody_who_knows_row_and_salt_reveals_in_time() public {
        _commit(VALIDATOR, ROW, SALT);
        toReveal(_netuid, 1);
        vm.prank(SECOND);
        vm.expectRevert();
        weights.revealFor(_netuid, 1, VALIDATOR, ROW, bytes32(0));
        vm.prank(SECOND);
        weights.revealFor(_netuid, 1, VALIDATOR, ROW, SALT);
        eq(weights.rowAgeOf(_netuid, 1, VALIDATOR), 0, "counts as its own");
        vm.expectRevert(abi.encodeWithSelector(IWeights.AlreadyRevealed.selector, _netuid, 1, VALIDATOR));
        weights.revealFor(_netuid, 1, VALIDATOR, ROW, SALT);
    }

    function test_a_row_stands_in_for_eight_epochs() public {
        _commit(VALIDATOR, ROW, SALT);
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, ROW, SALT);
        eq(weights.rowAgeOf(_netuid, 0, VALIDATOR), 255, "not before");
        eq(weights.rowAgeOf(_netuid, 2, VALIDATOR), 1, "one");
        eq(weights.rowAgeOf(_netuid, 9, VALIDATOR), 8, "eight");
        eq(weights.rowAgeOf(_netuid, 10, VALIDATOR), 255, "none after eight");
    }

    function test_a_commitment_names_the_spec_in_force_and_carries_a_sealed_row() public {
        toWeightCommit(_netuid, 1);
        vm.startPrank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.OtherSpec.selector, SPEC, SALT));
        weights.commit(_netuid, 1, SALT, SALT, "");
        vm.expectRevert(abi.encodeWithSelector(IWeights.SealedRowTooLong.selector, 1281, 1280));
        weights.commit(_netuid, 1, SALT, SPEC, new bytes(1281));
        weights.commit(_netuid, 1, SALT, SPEC, new bytes(1280));
        vm.stopPrank();
    }

    function _kept(bytes32[] memory words, uint256 sum) private pure returns (bytes32) {
        return bytes32(uint256(WordTree.root(words, 4)) & ~uint256(0xffffff) | sum);
    }

    function _commit(address hotkey, bytes memory row, bytes32 salt) private {
        toWeightCommit(_netuid, 1);
        bytes32 commitment = weights.commitmentFor(_netuid, 1, hotkey, keccak256(row), salt);
        vm.prank(hotkey);
        weights.commit(_netuid, 1, commitment, SPEC, "");
    }

    function _refused(bytes memory row, bytes memory failure) private {
        _commit(VALIDATOR, row, SALT);
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        vm.expectRevert(failure);
        weights.reveal(_netuid, 1, row, SALT);
    }
}
