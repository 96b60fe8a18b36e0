// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWeights} from "../../src/subnets/IWeights.sol";
import {Weights} from "../../src/subnets/Weights.sol";
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
        join(_netuid, VALIDATOR);
        join(_netuid, SECOND);
        stakeOn(_netuid, VALIDATOR, VALIDATOR, MIN_STAKE);
        stakeOn(_netuid, SECOND, SECOND, MIN_STAKE - 1);
    }

    function test_commit_then_reveal() public {
        _commit(VALIDATOR, ROW, SALT);
        toReveal(_netuid, 1);
        vm.expectEmit(true, true, true, true);
        emit WeightsRevealed(_netuid, 1, VALIDATOR, ROW, SALT);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, ROW, SALT);
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), keccak256(ROW), "row hash");
        eq(weights.commitmentOf(_netuid, 1, VALIDATOR), bytes32(0), "cleared");
        vm.prank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.AlreadyRevealed.selector, _netuid, 1, VALIDATOR));
        weights.reveal(_netuid, 1, ROW, SALT);
    }

    function test_the_permit_is_read_at_the_start_of_the_epoch() public {
        vm.warp(subnets.epochWindow(_netuid, 1).startsAt + 1);
        stakeOn(_netuid, SECOND, SECOND, 1);
        vm.prank(VALIDATOR);
        staking.unstake(_netuid, VALIDATOR, MIN_STAKE);
        toWeightCommit(_netuid, 1);
        vm.prank(SECOND);
        vm.expectRevert(abi.encodeWithSelector(IWeights.NoValidatorPermit.selector, _netuid, 1, SECOND));
        weights.commit(_netuid, 1, SALT);
        vm.prank(VALIDATOR);
        weights.commit(_netuid, 1, SALT);
        toWeightCommit(_netuid, 2);
        vm.prank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(IWeights.NoValidatorPermit.selector, _netuid, 2, VALIDATOR));
        weights.commit(_netuid, 2, SALT);
        vm.prank(SECOND);
        weights.commit(_netuid, 2, SALT);
    }

    function test_both_phases_are_half_open() public {
        uint256 opens = subnets.epochWindow(_netuid, 1).workCommitEndsAt;
        vm.startPrank(VALIDATOR);
        vm.warp(opens - 1);
        vm.expectRevert(abi.encodeWithSelector(IWeights.OutsideWeightCommit.selector, opens - 1, opens, opens + 60));
        weights.commit(_netuid, 1, SALT);
        vm.warp(opens + 60);
        vm.expectRevert(abi.encodeWithSelector(IWeights.OutsideWeightCommit.selector, opens + 60, opens, opens + 60));
        weights.commit(_netuid, 1, SALT);
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
        vm.prank(TREASURY);
        require(token.transfer(SECOND, 1));
        vm.prank(SECOND);
        staking.stake(_netuid, SECOND, 1);
        bytes32 stolen = weights.commitmentFor(_netuid, 1, VALIDATOR, keccak256(ROW), SALT);
        _commit(VALIDATOR, ROW, SALT);
        vm.prank(SECOND);
        weights.commit(_netuid, 1, stolen);
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
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), keccak256(""), "empty row hash");
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
        weights.commit(_netuid, 2, 0);
    }

    function testFuzz_any_ascending_row_opens(uint256 seats, uint256 seed) public {
        bytes memory row;
        for (uint16 uid = 0; uid < 16; ++uid) {
            if (seats >> uid & 1 == 0) continue;
            uint16 weight = uint16(within(uint256(keccak256(abi.encode(seed, uid))), 1, 65535));
            row = abi.encodePacked(row, uid, weight);
        }
        _commit(VALIDATOR, row, bytes32(seed));
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        weights.reveal(_netuid, 1, row, bytes32(seed));
        eq(weights.rowHashOf(_netuid, 1, VALIDATOR), keccak256(row), "hash");
    }

    function _commit(address hotkey, bytes memory row, bytes32 salt) private {
        toWeightCommit(_netuid, 1);
        bytes32 commitment = weights.commitmentFor(_netuid, 1, hotkey, keccak256(row), salt);
        vm.prank(hotkey);
        weights.commit(_netuid, 1, commitment);
    }

    function _refused(bytes memory row, bytes memory failure) private {
        _commit(VALIDATOR, row, SALT);
        toReveal(_netuid, 1);
        vm.prank(VALIDATOR);
        vm.expectRevert(failure);
        weights.reveal(_netuid, 1, row, SALT);
    }
}
