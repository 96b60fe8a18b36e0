// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Deposit, IJobs, Job, JobStatus} from "../../src/jobs/IJobs.sol";
import {IQuorumEvaluator, Verdict} from "../../src/jobs/IQuorumEvaluator.sol";
import {Jobs} from "../../src/jobs/Jobs.sol";
import {QuorumEvaluators} from "../../src/jobs/QuorumEvaluators.sol";
import {TestDollar} from "../../src/token/TestDollar.sol";
import {Network} from "../support/Network.sol";
import {Wallet1271} from "../support/Wallets.sol";
import {vm} from "../support/Vm.sol";

/// @dev A hotkey that is a contract: it takes its agent's token and signs by its key.
contract HotkeyWallet is Wallet1271 {
    constructor(address key) Wallet1271(key) {}

    function onERC721Received(address, address, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC721Received.selector;
    }
}

contract QuorumEvaluatorTest is Network {
    address private constant CLIENT = address(0xC11E);
    address private constant PROVIDER = address(0x9407);
    uint256 private constant PRICE = 1_000_001;
    bytes32 private constant WORK = keccak256("work");
    uint256 private constant WINDOW = 120;

    Jobs private _jobs;
    TestDollar private _dollar;
    QuorumEvaluators private _evaluators;
    IQuorumEvaluator private _quorum;
    uint32 private _netuid;
    uint256[] private _keys;

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        _keys = addValidators(_netuid, 3, MIN_STAKE);
        _dollar = new TestDollar();
        _jobs = new Jobs(address(_dollar));
        _evaluators = new QuorumEvaluators(_jobs, subnets);
        address foreseen = _evaluators.evaluatorOf(_netuid);
        _quorum = IQuorumEvaluator(_evaluators.create(_netuid));
        eq(address(_quorum), foreseen, "foreseen");
        address[2] memory people = [CLIENT, PROVIDER];
        for (uint256 i = 0; i < 2; ++i) {
            _dollar.faucet(people[i], 10 * PRICE);
            vm.startPrank(people[i]);
            _dollar.approve(address(_jobs), type(uint256).max);
            _dollar.approve(address(_quorum), type(uint256).max);
            vm.stopPrank();
        }
        vm.warp(block.timestamp + 10);
    }

    function test_there_is_one_evaluator_a_subnet_and_none_for_others() public {
        eq(_evaluators.create(_netuid), address(_quorum), "the same");
        vm.expectRevert(abi.encodeWithSelector(QuorumEvaluators.SubnetNotFound.selector, 0));
        _evaluators.create(0);
        vm.expectRevert(abi.encodeWithSelector(QuorumEvaluators.SubnetNotFound.selector, 99));
        _evaluators.create(99);
    }

    function test_a_verdict_stands_after_its_window() public {
        uint256 jobId = _submitted();
        _decide(_verdict(jobId, true, 0), 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotFinal.selector, block.timestamp + WINDOW));
        _quorum.settle(jobId);
        vm.warp(block.timestamp + WINDOW);
        vm.prank(PROVIDER);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotDisputable.selector, jobId));
        _quorum.dispute(jobId);
        _quorum.settle(jobId);
        eq(_dollar.balanceOf(PROVIDER), 11 * PRICE, "paid");
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.AlreadySettled.selector, jobId));
        _quorum.settle(jobId);
    }

    function test_two_thirds_are_not_more_than_two_thirds() public {
        uint256 jobId = _submitted();
        Verdict memory verdict = _verdict(jobId, true, 0);
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, 0, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IQuorumEvaluator.QuorumNotReached.selector, 2 * MIN_STAKE, 3 * MIN_STAKE)
        );
        _quorum.decide(verdict, signers, signatures);
    }

    function test_nobody_signs_twice_unpermitted_or_something_else() public {
        uint256 jobId = _submitted();
        Verdict memory verdict = _verdict(jobId, true, 0);
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, 0, 3);
        signers[1] = signers[0];
        vm.expectRevert(
            abi.encodeWithSelector(IQuorumEvaluator.SignersNotAscending.selector, signers[0], signers[0])
        );
        _quorum.decide(verdict, signers, signatures);
        (signers, signatures) = _signatures(verdict, 0, 3);
        signers[2] = address(type(uint160).max);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.SignerNotPermitted.selector, signers[2]));
        _quorum.decide(verdict, signers, signatures);
        (signers, signatures) = _signatures(_verdict(jobId, false, 0), 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.SignatureInvalid.selector, signers[0]));
        _quorum.decide(verdict, signers, signatures);
        verdict.deliverable = keccak256("other");
        vm.expectRevert(
            abi.encodeWithSelector(IQuorumEvaluator.DeliverableMismatch.selector, WORK, verdict.deliverable)
        );
        _quorum.decide(verdict, signers, signatures);
    }

    function test_stake_that_came_with_the_work_has_no_vote_but_one_that_came_before_the_dispute_has() public {
        uint256 jobId = _submitted();
        uint256 late = 0xB16;
        addValidator(_netuid, vm.addr(late), 100 * MIN_STAKE);
        vm.warp(block.timestamp + 1);
        Verdict memory verdict = _verdict(jobId, true, 0);
        (address[] memory signers, bytes[] memory signatures) = _one(late, verdict);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.SignerNotPermitted.selector, vm.addr(late)));
        _quorum.decide(verdict, signers, signatures);
        _decide(verdict, 0, 3);
        vm.prank(CLIENT);
        _quorum.dispute(jobId);
        vm.warp(block.timestamp + 1);
        verdict = _verdict(jobId, false, 1);
        (signers, signatures) = _one(late, verdict);
        _quorum.decide(verdict, signers, signatures);
        eq(uint256(_jobs.getJob(jobId).status), 4, "rejected");
        eq(_dollar.balanceOf(CLIENT), 10 * PRICE, "money and bond back");
    }

    function test_a_dispute_that_fails_costs_its_bond() public {
        uint256 jobId = _submitted();
        uint256 bond = _quorum.bondOf(jobId);
        eq(bond, 100_001, "a tenth, rounded up");
        _decide(_verdict(jobId, false, 0), 0, 3);
        vm.prank(CLIENT);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotLosingSide.selector, CLIENT));
        _quorum.dispute(jobId);
        vm.startPrank(PROVIDER);
        _quorum.dispute(jobId);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotDisputable.selector, jobId));
        _quorum.dispute(jobId);
        vm.stopPrank();
        vm.warp(block.timestamp + 1);
        _decide(_verdict(jobId, false, 1), 0, 3);
        eq(_dollar.balanceOf(CLIENT), 10 * PRICE + bond, "refund and bond");
        eq(_dollar.balanceOf(PROVIDER), 10 * PRICE - bond, "lost");
        eq(_dollar.balanceOf(address(_quorum)) + _dollar.balanceOf(address(_jobs)), 0, "nothing kept");
    }

    /// @dev Else a client whose work was accepted would dispute and hope that nobody looks twice.
    function test_a_second_round_that_says_nothing_lets_the_first_verdict_stand() public {
        uint256 jobId = _submitted();
        uint256 bond = _quorum.bondOf(jobId);
        _decide(_verdict(jobId, true, 0), 0, 3);
        vm.warp(block.timestamp + WINDOW - 1);
        vm.prank(CLIENT);
        _quorum.dispute(jobId);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotFinal.selector, block.timestamp + WINDOW));
        _quorum.settle(jobId);
        vm.warp(block.timestamp + WINDOW);
        Verdict memory verdict = _verdict(jobId, false, 1);
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.WrongRound.selector, 1));
        _quorum.decide(verdict, signers, signatures);
        _quorum.settle(jobId);
        eq(_dollar.balanceOf(PROVIDER), 11 * PRICE + bond, "paid, and the bond");
    }

    function test_no_verdict_in_time_is_the_clients_money_back() public {
        uint256 jobId = _submitted();
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotJudged.selector, jobId));
        _quorum.settle(jobId);
        uint256 expiredAt = _jobs.getJob(jobId).expiredAt;
        vm.warp(expiredAt - 3 * WINDOW + 1);
        Verdict memory verdict = _verdict(jobId, true, 0);
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.TooLate.selector, expiredAt + 1, expiredAt));
        _quorum.decide(verdict, signers, signatures);
        vm.warp(expiredAt);
        _jobs.claimRefund(jobId);
        eq(_dollar.balanceOf(CLIENT), 10 * PRICE, "back");
    }

    function test_a_bond_comes_back_when_nobody_settled_in_time() public {
        uint256 jobId = _submitted();
        _decide(_verdict(jobId, true, 0), 0, 3);
        vm.prank(CLIENT);
        _quorum.dispute(jobId);
        vm.warp(_jobs.getJob(jobId).expiredAt);
        _jobs.claimRefund(jobId);
        _quorum.settle(jobId);
        eq(_dollar.balanceOf(CLIENT), 10 * PRICE, "all back");
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.AlreadySettled.selector, jobId));
        _quorum.settle(jobId);
    }

    function test_a_verdict_of_another_round_job_or_evaluator_counts_nowhere() public {
        uint256 jobId = _submitted();
        Verdict memory verdict = _verdict(jobId, true, 1);
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.WrongRound.selector, 1));
        _quorum.decide(verdict, signers, signatures);
        _decide(_verdict(jobId, true, 0), 0, 3);
        verdict = _verdict(jobId, false, 0);
        (signers, signatures) = _signatures(verdict, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.AlreadyJudged.selector, jobId));
        _quorum.decide(verdict, signers, signatures);
        vm.prank(CLIENT);
        uint256 foreign = _jobs.createJob(PROVIDER, address(0xE7A1), block.timestamp + 1 hours, "", address(0));
        verdict = _verdict(foreign, true, 0);
        (signers, signatures) = _signatures(verdict, 0, 3);
        vm.expectRevert(abi.encodeWithSelector(IQuorumEvaluator.NotEvaluatorOf.selector, foreign));
        _quorum.decide(verdict, signers, signatures);
    }

    function test_a_hotkey_that_is_a_contract_signs_by_erc1271() public {
        uint256 key = 0xACE;
        HotkeyWallet wallet = new HotkeyWallet(vm.addr(key));
        addValidator(_netuid, address(wallet), 100 * MIN_STAKE);
        vm.warp(block.timestamp + 1);
        uint256 jobId = _submitted();
        Verdict memory verdict = _verdict(jobId, true, 0);
        (address[] memory signers, bytes[] memory signatures) = _one(key, verdict);
        signers[0] = address(wallet);
        _quorum.decide(verdict, signers, signatures);
        yes(_quorum.judgementOf(jobId).accepted, "counted");
    }

    function _submitted() private returns (uint256 jobId) {
        vm.startPrank(CLIENT);
        jobId = _jobs.createJob(PROVIDER, address(_quorum), block.timestamp + 1 hours, "job", address(0));
        _jobs.setBudget(jobId, PRICE, "");
        _jobs.fund(jobId, PRICE, "");
        vm.stopPrank();
        vm.prank(PROVIDER);
        _jobs.submit(jobId, WORK, "");
    }

    function _verdict(uint256 jobId, bool accepted, uint8 round) private pure returns (Verdict memory) {
        return Verdict(jobId, WORK, accepted, keccak256("reason"), round);
    }

    function _decide(Verdict memory verdict, uint256 from, uint256 to) private {
        (address[] memory signers, bytes[] memory signatures) = _signatures(verdict, from, to);
        _quorum.decide(verdict, signers, signatures);
    }

    function _signatures(Verdict memory verdict, uint256 from, uint256 to)
        private
        view
        returns (address[] memory signers, bytes[] memory signatures)
    {
        signers = new address[](to - from);
        for (uint256 i = from; i < to; ++i) signers[i - from] = vm.addr(_keys[i]);
        signatures = signedBy(_keys, from, to, _quorum.verdictDigest(verdict));
    }

    function _one(uint256 key, Verdict memory verdict)
        private
        view
        returns (address[] memory signers, bytes[] memory signatures)
    {
        (signers, signatures) = (new address[](1), new bytes[](1));
        signers[0] = vm.addr(key);
        signatures[0] = signed(key, _quorum.verdictDigest(verdict));
    }
}
