// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim, EpochRoot, IEpochs, Result} from "../../src/subnets/IEpochs.sol";
import {Epochs} from "../../src/subnets/Epochs.sol";
import {Merkle} from "../support/Merkle.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract EpochsTest is Network {
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    uint32 private _netuid;
    uint256[] private _keys;

    event RootDisabled(
        uint32 indexed netuid,
        uint64 indexed epoch,
        bytes32 indexed resultHash,
        uint256 objectingStake,
        uint256 totalPermittedStake
    );

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        _keys = addValidators(_netuid, 3, MIN_STAKE);
        toRoot(_netuid, 1);
    }

    function test_two_thirds_is_not_enough_and_all_is() public {
        Result memory result = _result(1, 0);
        bytes32 digest = epochs.resultDigest(result);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 2 * MIN_STAKE, 3 * MIN_STAKE)
        );
        epochs.submitRoot(result, signedBy(_keys, 0, 2, digest));
        epochs.submitRoot(result, signedBy(_keys, 0, 3, digest));
        EpochRoot memory stored = epochs.rootOf(_netuid, 1);
        eq(stored.resultHash, digest, "hash");
        eq(stored.activatesAt, block.timestamp + 120, "delay");
        (bool exists, uint64 newest) = epochs.lastRootEpoch(_netuid);
        yes(exists && newest == 1, "newest");
        no(epochs.isActive(_netuid, 1), "waiting");
    }

    function test_one_unit_above_two_thirds_is_enough() public {
        stakeOn(_netuid, vm.addr(_keys[0]), ANN, 1);
        toRoot(_netuid, 3);
        submit(_result(3, 0), _keys, 2);
    }

    function test_signers_are_ascending_distinct_and_permitted() public {
        Result memory result = _result(1, 0);
        bytes32 digest = epochs.resultDigest(result);
        bytes[] memory twice = signedBy(_keys, 0, 3, digest);
        twice[1] = twice[0];
        vm.expectRevert(
            abi.encodeWithSelector(
                IEpochs.SignersNotAscending.selector, vm.addr(_keys[0]), vm.addr(_keys[0])
            )
        );
        epochs.submitRoot(result, twice);
        bytes[] memory swapped = signedBy(_keys, 0, 3, digest);
        (swapped[0], swapped[1]) = (swapped[1], swapped[0]);
        vm.expectRevert(
            abi.encodeWithSelector(
                IEpochs.SignersNotAscending.selector, vm.addr(_keys[1]), vm.addr(_keys[0])
            )
        );
        epochs.submitRoot(result, swapped);
        bytes[] memory foreign = new bytes[](1);
        foreign[0] = signed(0xBAD, digest);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerNotPermitted.selector, vm.addr(0xBAD)));
        epochs.submitRoot(result, foreign);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 0, 3 * MIN_STAKE));
        epochs.submitRoot(result, new bytes[](0));
    }

    function test_malleated_and_short_signatures_are_refused() public {
        Result memory result = _result(1, 0);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        bytes memory good = signatures[2];
        signatures[2] = malleated(good);
        vm.expectRevert();
        epochs.submitRoot(result, signatures);
        signatures[2] = hex"1234";
        vm.expectRevert();
        epochs.submitRoot(result, signatures);
        signatures[2] = good;
        epochs.submitRoot(result, signatures);
    }

    function test_signatures_do_not_travel_to_another_chain_contract_or_epoch() public {
        Result memory result = _result(1, 0);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.resultDigest(result));
        Epochs twin = new Epochs(token, subnets, 1, HALVING);
        vm.expectRevert();
        twin.submitRoot(result, signatures);
        vm.chainId(1);
        vm.expectRevert();
        epochs.submitRoot(result, signatures);
        vm.chainId(424242);
        result.epoch = 0;
        vm.expectRevert();
        epochs.submitRoot(result, signatures);
    }

    function test_stake_moved_after_the_snapshot_does_not_vote() public {
        vm.warp(subnets.epochWindow(_netuid, 2).startsAt + 1);
        address late = vm.addr(0x1A7E);
        join(_netuid, late);
        stakeOn(_netuid, late, late, 1_000 * MIN_STAKE);
        toRoot(_netuid, 2);
        Result memory result = _result(2, 0);
        bytes32 digest = epochs.resultDigest(result);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signed(0x1A7E, digest);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.SignerNotPermitted.selector, late));
        epochs.submitRoot(result, signatures);
        epochs.submitRoot(result, signedBy(_keys, 0, 3, digest));
    }

    function test_stake_without_a_permit_does_not_count_in_the_quorum() public {
        stakeOn(_netuid, address(0xDEAD), ANN, 1_000 * MIN_STAKE);
        toRoot(_netuid, 3);
        submit(_result(3, 0), _keys, 3);
    }

    function test_an_epoch_without_validators_has_no_root() public {
        Result memory result = _result(0, 0);
        bytes[] memory signatures = signedBy(_keys, 0, 1, epochs.resultDigest(result));
        uint32 lonely = createSubnet();
        toRoot(lonely, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, 0, 0));
        epochs.submitRoot(resultFor(lonely, 0, 0, 0), new bytes[](0));
        signatures;
    }

    function test_a_root_is_refused_before_the_reveals_end() public {
        uint256 opensAt = subnets.epochWindow(_netuid, 2).revealEndsAt;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootTooEarly.selector, opensAt - 1, opensAt));
        epochs.submitRoot(_result(2, 0), new bytes[](0));
    }

    function test_totals_are_bounded_by_accrual_and_never_fall() public {
        uint256 accrued = emission.accrued(_netuid, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.CumulativeTotalExceedsAccrued.selector, accrued + 1, accrued)
        );
        epochs.submitRoot(_result(1, accrued + 1), new bytes[](0));
        submit(_result(1, accrued), _keys, 3);
        toRoot(_netuid, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.CumulativeTotalDecreased.selector, accrued - 1, accrued)
        );
        epochs.submitRoot(_result(2, accrued - 1), new bytes[](0));
    }

    function test_the_spec_must_be_the_one_in_force() public {
        Result memory result = _result(1, 0);
        result.specHash = keccak256("spec 2");
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.SpecHashMismatch.selector, SPEC, keccak256("spec 2"))
        );
        epochs.submitRoot(result, new bytes[](0));
    }

    function test_one_pending_root_at_a_time_and_epochs_only_forward() public {
        submit(_result(1, 0), _keys, 3);
        vm.expectRevert(
            abi.encodeWithSelector(IEpochs.RootPending.selector, 1, epochs.rootOf(_netuid, 1).activatesAt)
        );
        epochs.submitRoot(_result(1, 0), new bytes[](0));
        vm.warp(block.timestamp + 120);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.EpochNotAfter.selector, 1, 1));
        epochs.submitRoot(_result(1, 0), new bytes[](0));
        toRoot(_netuid, 5);
        submit(_result(5, 0), _keys, 3);
        vm.warp(block.timestamp + 120);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.EpochNotAfter.selector, 4, 5));
        epochs.submitRoot(_result(4, 0), new bytes[](0));
    }

    function test_an_objection_disables_the_result_for_ever_and_reopens_the_epoch() public {
        (Result memory result,) = _paying(1, 60e18, 40e18);
        submit(result, _keys, 3);
        bytes32 hash = epochs.resultDigest(result);
        bytes32 objection = epochs.objectionDigest(_netuid, 1, hash);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, MIN_STAKE, 3 * MIN_STAKE));
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 1, objection));
        vm.expectRevert();
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 3, hash));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ResultHashMismatch.selector, hash, bytes32(0)));
        epochs.objectRoot(_netuid, 1, 0, signedBy(_keys, 0, 2, objection));
        vm.expectEmit(true, true, true, true);
        emit RootDisabled(_netuid, 1, hash, 2 * MIN_STAKE, 3 * MIN_STAKE);
        epochs.objectRoot(_netuid, 1, hash, signedBy(_keys, 0, 2, objection));

        yes(epochs.isDisabled(hash), "disabled");
        (bool exists,) = epochs.lastRootEpoch(_netuid);
        no(exists, "no root left");
        bytes[] memory again = signedBy(_keys, 0, 3, hash);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ResultDisabled.selector, hash));
        epochs.submitRoot(result, again);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootNotFound.selector, _netuid, 1));
        epochs.claim(_netuid, 1, ANN, 60e18, new bytes32[](1));

        result.dataHash = keccak256("corrected");
        submit(result, _keys, 3);
    }

    function test_an_active_root_cannot_be_objected_to() public {
        Result memory result = _result(1, 0);
        submit(result, _keys, 3);
        bytes32 hash = epochs.resultDigest(result);
        bytes[] memory signatures = signedBy(_keys, 0, 3, epochs.objectionDigest(_netuid, 1, hash));
        vm.warp(block.timestamp + 120);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootAlreadyActive.selector, block.timestamp));
        epochs.objectRoot(_netuid, 1, hash, signatures);
    }

    function test_anyone_claims_for_anyone_once_the_root_is_active() public {
        (Result memory result, bytes32[] memory nodes) = _paying(1, 60e18, 40e18);
        submit(result, _keys, 3);
        bytes32[] memory proof = Merkle.proof(nodes, 0);
        vm.expectRevert(abi.encodeWithSelector(IEpochs.RootNotActive.selector, block.timestamp + 120));
        epochs.claim(_netuid, 1, ANN, 60e18, proof);
        vm.warp(block.timestamp + 120);
        yes(epochs.isActive(_netuid, 1), "active");
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(_netuid, 1, ANN, 60e18 + 1, proof);
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claim(_netuid, 1, BOB, 60e18, proof);
        vm.prank(BOB);
        eq(epochs.claim(_netuid, 1, ANN, 60e18, proof), 60e18, "amount");
        eq(token.balanceOf(ANN), 60e18, "paid to the account, not the caller");
        eq(epochs.paidTo(_netuid, ANN), 60e18, "recorded");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, ANN));
        epochs.claim(_netuid, 1, ANN, 60e18, proof);
    }

    function test_later_roots_pay_the_difference_and_older_ones_stay_claimable() public {
        (Result memory first, bytes32[] memory firstNodes) = _paying(1, 60e18, 40e18);
        submit(first, _keys, 3);
        toRoot(_netuid, 2);
        (Result memory second, bytes32[] memory secondNodes) = _paying(2, 75e18, 45e18);
        submit(second, _keys, 3);
        vm.warp(block.timestamp + 120);
        eq(epochs.claim(_netuid, 1, ANN, 60e18, Merkle.proof(firstNodes, 0)), 60e18, "old root");
        eq(epochs.claim(_netuid, 2, ANN, 75e18, Merkle.proof(secondNodes, 0)), 15e18, "difference");
        vm.expectRevert(abi.encodeWithSelector(IEpochs.NothingToClaim.selector, ANN));
        epochs.claim(_netuid, 1, ANN, 60e18, Merkle.proof(firstNodes, 0));
        eq(epochs.claim(_netuid, 2, BOB, 45e18, Merkle.proof(secondNodes, 1)), 45e18, "all at once");
        eq(epochs.totalPaid(_netuid), 120e18, "paid by the subnet");
    }

    function test_leaves_that_promise_more_than_the_total_stop_at_the_total() public {
        (Result memory result, bytes32[] memory nodes) = _paying(1, 60e18, 40e18);
        result.cumulativeTotal = 90e18;
        submit(result, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(_netuid, 1, ANN, 60e18, Merkle.proof(nodes, 0));
        vm.expectRevert(abi.encodeWithSelector(IEpochs.ClaimsExceedTotal.selector, 100e18, 90e18));
        epochs.claim(_netuid, 1, BOB, 40e18, Merkle.proof(nodes, 1));
    }

    function test_many_claims_skip_what_is_paid_but_not_what_is_false() public {
        (Result memory result, bytes32[] memory nodes) = _paying(1, 60e18, 40e18);
        submit(result, _keys, 3);
        vm.warp(block.timestamp + 120);
        epochs.claim(_netuid, 1, ANN, 60e18, Merkle.proof(nodes, 0));
        Claim[] memory claims = new Claim[](2);
        claims[0] = Claim(_netuid, 1, ANN, 60e18, Merkle.proof(nodes, 0));
        claims[1] = Claim(_netuid, 1, BOB, 40e18, Merkle.proof(nodes, 1));
        eq(epochs.claimMany(claims), 40e18, "the unpaid one");
        claims[1].cumulativeAmount = 41e18;
        vm.expectRevert(IEpochs.ProofInvalid.selector);
        epochs.claimMany(claims);
    }

    function testFuzz_any_tree_pays_exactly_its_leaves(uint96[7] memory amounts) public {
        uint256 total;
        bytes32[] memory leaves = new bytes32[](7);
        for (uint256 i = 0; i < 7; ++i) {
            amounts[i] = uint96(within(amounts[i], 1, 10e18));
            total += amounts[i];
            leaves[i] = epochs.leafOf(_netuid, address(uint160(0x9000 + i)), amounts[i]);
        }
        bytes32[] memory nodes = Merkle.tree(leaves);
        submit(_rooted(1, nodes[0], total), _keys, 3);
        vm.warp(block.timestamp + 120);
        for (uint256 i = 0; i < 7; ++i) {
            address account = address(uint160(0x9000 + i));
            eq(epochs.claim(_netuid, 1, account, amounts[i], Merkle.proof(nodes, i)), amounts[i], "leaf");
        }
        eq(emission.totalMinted(), total, "minted");
        eq(epochs.totalPaid(_netuid), total, "paid");
    }

    function testFuzz_a_quorum_is_strictly_more_than_two_thirds(uint96[3] memory extra, uint8 mask) public {
        uint256[3] memory stakes;
        for (uint256 i = 0; i < 3; ++i) {
            stakes[i] = MIN_STAKE + within(extra[i], 1, 1_000e18);
            stakeOn(_netuid, vm.addr(_keys[i]), ANN, stakes[i] - MIN_STAKE);
        }
        toRoot(_netuid, 3);
        Result memory result = _result(3, 0);
        bytes32 digest = epochs.resultDigest(result);
        (uint256 count, uint256 sum) = (0, 0);
        for (uint256 i = 0; i < 3; ++i) {
            if (mask >> i & 1 == 1) (count, sum) = (count + 1, sum + stakes[i]);
        }
        bytes[] memory signatures = new bytes[](count);
        uint256 next;
        for (uint256 i = 0; i < 3; ++i) {
            if (mask >> i & 1 == 1) signatures[next++] = signed(_keys[i], digest);
        }
        uint256 total = stakes[0] + stakes[1] + stakes[2];
        bool enough = 3 * sum > 2 * total;
        if (!enough) vm.expectRevert(abi.encodeWithSelector(IEpochs.QuorumNotReached.selector, sum, total));
        epochs.submitRoot(result, signatures);
    }

    function _result(uint64 epoch, uint256 total) private view returns (Result memory) {
        return _rooted(epoch, keccak256("root"), total);
    }

    function _rooted(uint64 epoch, bytes32 root, uint256 total) private view returns (Result memory) {
        return resultFor(_netuid, epoch, root, total);
    }

    function _paying(uint64 epoch, uint256 toAnn, uint256 toBob)
        private
        view
        returns (Result memory result, bytes32[] memory nodes)
    {
        bytes32[] memory leaves = new bytes32[](2);
        leaves[0] = epochs.leafOf(_netuid, ANN, toAnn);
        leaves[1] = epochs.leafOf(_netuid, BOB, toBob);
        nodes = Merkle.tree(leaves);
        result = _rooted(epoch, nodes[0], toAnn + toBob);
    }
}
