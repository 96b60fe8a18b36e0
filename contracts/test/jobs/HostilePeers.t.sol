// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IACPHook} from "../../src/jobs/IACPHook.sol";
import {IJobs, JobStatus, JobTerms, Quote} from "../../src/jobs/IJobs.sol";
import {FalseToken, FeeToken, PlainToken, ReentrantToken} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";
import {JobFixture} from "./JobFixture.sol";

/// @dev Writes down what it is told, and does what it is set to: pass, refuse, burn gas, answer with very much, or call back.
contract ScriptedHook is IACPHook {
    enum Mode {
        Passes,
        RefusesBefore,
        RefusesAfter,
        BurnsGas,
        RevertsHuge,
        CallsBack
    }

    Mode public mode;
    bytes4 public only;
    bytes public trace;
    bytes public lastData;
    address private _target;
    bytes private _call;
    bool public cameThrough;

    function set(Mode next, bytes4 selector) external {
        (mode, only) = (next, selector);
    }

    function callBackWith(address target, bytes calldata data) external {
        (mode, _target, _call) = (Mode.CallsBack, target, data);
    }

    function beforeAction(uint256, bytes4 selector, bytes calldata data) external {
        trace = abi.encodePacked(trace, selector, "b");
        lastData = data;
        _act(selector, Mode.RefusesBefore);
    }

    function afterAction(uint256, bytes4 selector, bytes calldata) external {
        trace = abi.encodePacked(trace, selector, "a");
        _act(selector, Mode.RefusesAfter);
    }

    function _act(bytes4 selector, Mode refusal) private {
        if (mode == Mode.CallsBack) {
            (bool success,) = _target.call(_call);
            if (success) cameThrough = true;
        }
        if (only != bytes4(0) && only != selector) return;
        if (mode == refusal) revert("no");
        if (mode == Mode.BurnsGas) {
            while (true) {}
        }
        if (mode == Mode.RevertsHuge) {
            assembly ("memory-safe") {
                revert(0, 1000000)
            }
        }
    }
}

contract HostilePeersTest is JobFixture {
    ScriptedHook private _hook;

    function setUp() public {
        deployJobs();
        _hook = new ScriptedHook();
    }

    function test_a_fee_on_transfer_token_funds_nothing() public {
        FeeToken token = new FeeToken();
        token.mint(client, 1_000);
        uint256 jobId = _jobIn(address(token), 1_000);
        vm.prank(client);
        vm.expectRevert(abi.encodeWithSelector(IJobs.TransferMismatch.selector, address(token), 1_000));
        jobs.fund(jobId, 1_000, "");
        eq(statusOf(jobId), 0, "open");
    }

    function test_a_token_that_says_false_moves_no_status() public {
        FalseToken token = new FalseToken();
        token.mint(client, 100);
        uint256 jobId = _jobIn(address(token), 100);
        vm.prank(client);
        jobs.fund(jobId, 100, "");
        vm.prank(provider);
        jobs.submit(jobId, WORK, "");
        token.refuse();
        vm.prank(EVALUATOR);
        vm.expectRevert(abi.encodeWithSelector(SafeERC20.SafeERC20FailedOperation.selector, address(token)));
        jobs.complete(jobId, 0, "");
        eq(statusOf(jobId), 2, "as before");
    }

    function test_a_token_with_hooks_is_paid_once() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(client, 300);
        uint256 victim = _jobIn(address(token), 200);
        vm.prank(client);
        jobs.fund(victim, 200, "");
        uint256 jobId = _jobIn(address(token), 100);
        vm.prank(client);
        jobs.fund(jobId, 100, "");
        vm.warp(block.timestamp + 1 hours);
        token.attackWith(address(jobs), abi.encodeCall(jobs.claimRefund, (jobId)));
        jobs.claimRefund(jobId);
        no(token.reentered(), "reentered");
        eq(
            token.failure(),
            abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector),
            "guard"
        );
        eq(token.balanceOf(client), 100, "once");
        eq(token.balanceOf(address(jobs)), 200, "the other job's");
    }

    function test_a_token_cannot_open_and_fund_while_it_is_collected() public {
        ReentrantToken token = new ReentrantToken();
        token.mint(client, 100);
        uint256 jobId = _jobIn(address(token), 100);
        token.attackWith(address(jobs), abi.encodeCall(jobs.reject, (jobId, 0, "")));
        vm.prank(client);
        jobs.fund(jobId, 100, "");
        no(token.reentered(), "reentered");
        eq(statusOf(jobId), 1, "funded");
    }

    function test_one_tokens_job_does_not_spend_anothers_escrow() public {
        jobIn(JobStatus.Funded, address(0));
        PlainToken token = new PlainToken();
        uint256 jobId = _jobIn(address(token), PRICE);
        vm.prank(client);
        vm.expectRevert();
        jobs.fund(jobId, PRICE, "");
        eq(held(), PRICE, "untouched");
    }

    function test_a_hook_hears_of_every_step_in_order() public {
        uint256 jobId = jobIn(JobStatus.Submitted, address(_hook));
        eq(_hook.lastData(), abi.encode(WORK, bytes("")), "submit's data");
        vm.prank(EVALUATOR);
        jobs.complete(jobId, keccak256("r"), hex"aa");
        eq(_hook.lastData(), abi.encode(keccak256("r"), bytes(hex"aa")), "complete's data");
        bytes memory expected;
        bytes4[4] memory selectors =
            [IJobs.setBudget.selector, IJobs.fund.selector, IJobs.submit.selector, IJobs.complete.selector];
        for (uint256 i = 0; i < 4; ++i) expected = abi.encodePacked(expected, selectors[i], "b", selectors[i], "a");
        eq(_hook.trace(), expected, "trace");
    }

    function test_a_quote_asks_the_hook_for_provider_budget_and_money() public {
        JobTerms memory asked = terms(address(_hook), "hooked");
        Quote memory quote = quoteFor(jobs.hashTerms(asked), PRICE, 1);
        bytes memory signature = signedQuote(quote);
        _hook.set(ScriptedHook.Mode.RefusesBefore, IJobs.setProvider.selector);
        vm.startPrank(client);
        vm.expectRevert(
            abi.encodeWithSelector(IJobs.HookFailed.selector, address(_hook), IJobs.setProvider.selector)
        );
        jobs.hire(asked, quote, signature, noDeposit(), "");
        _hook.set(ScriptedHook.Mode.Passes, 0);
        jobs.hire(asked, quote, signature, noDeposit(), hex"beef");
        vm.stopPrank();
        eq(_hook.lastData(), hex"beef", "fund's data");
    }

    function test_no_hook_stands_between_a_client_and_its_refund() public {
        for (uint8 mode = 1; mode < 5; ++mode) {
            _hook.set(ScriptedHook.Mode.Passes, 0);
            uint256 jobId = jobIn(JobStatus.Submitted, address(_hook));
            _hook.set(ScriptedHook.Mode(mode), 0);
            vm.prank(EVALUATOR);
            vm.expectRevert(
                abi.encodeWithSelector(IJobs.HookFailed.selector, address(_hook), IJobs.complete.selector)
            );
            jobs.complete(jobId, 0, "");
            vm.warp(block.timestamp + 1 hours);
            uint256 gasBefore = gasleft();
            jobs.claimRefund(jobId);
            atMost(gasBefore - gasleft(), 100_000, "refund's gas");
        }
        eq(held(), 0, "all back");
    }

    function test_a_griefing_hook_burns_no_more_than_its_bound() public {
        uint256 jobId = jobIn(JobStatus.Submitted, address(_hook));
        _hook.set(ScriptedHook.Mode.BurnsGas, 0);
        bytes memory data = abi.encodeCall(jobs.complete, (jobId, 0, ""));
        vm.prank(EVALUATOR);
        uint256 gasBefore = gasleft();
        (bool isDone,) = address(jobs).call{gas: 5_000_000}(data);
        no(isDone, "refused");
        atMost(gasBefore - gasleft(), 600_000, "gas");
    }

    function test_nobody_makes_a_hook_fail_by_starving_it() public {
        uint256 jobId = jobIn(JobStatus.Submitted, address(_hook));
        bytes memory data = abi.encodeCall(jobs.complete, (jobId, 0, ""));
        vm.prank(EVALUATOR);
        (bool isDone, bytes memory reason) = address(jobs).call{gas: 400_000}(data);
        no(isDone, "refused");
        yes(bytes4(reason) == IJobs.HookGasShort.selector, "short");
    }

    function test_a_hook_cannot_move_the_job_that_it_is_asked_about() public {
        uint256 jobId = jobIn(JobStatus.Submitted, address(_hook));
        vm.prank(client);
        uint256 other = jobs.createJob(provider, address(_hook), ends(), "its own", address(0));
        _hook.callBackWith(address(jobs), abi.encodeCall(jobs.reject, (jobId, 0, "")));
        vm.prank(EVALUATOR);
        jobs.complete(jobId, 0, "");
        no(_hook.cameThrough(), "came through");
        eq(dollar.balanceOf(provider), PRICE, "paid once");
        eq(statusOf(other), 0, "untouched");
    }

    function test_a_hook_without_code_fails() public {
        vm.startPrank(client);
        uint256 jobId = jobs.createJob(provider, EVALUATOR, ends(), "job", address(0xdead));
        vm.expectRevert(
            abi.encodeWithSelector(IJobs.HookFailed.selector, address(0xdead), IJobs.setBudget.selector)
        );
        jobs.setBudget(jobId, PRICE, "");
        vm.stopPrank();
    }

    function _jobIn(address token, uint256 amount) private returns (uint256 jobId) {
        vm.startPrank(client);
        PlainToken(token).approve(address(jobs), type(uint256).max);
        jobId = jobs.createJobIn(token, provider, EVALUATOR, ends(), "job", address(0));
        jobs.setBudget(jobId, amount, "");
        vm.stopPrank();
    }
}
