// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IQuorumEvaluator, Verdict} from "../src/jobs/IQuorumEvaluator.sol";
import {Jobs} from "../src/jobs/Jobs.sol";
import {QuorumEvaluators} from "../src/jobs/QuorumEvaluators.sol";
import {TestDollar} from "../src/token/TestDollar.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @dev What the steps of a job cost, judged by a person and by a quorum. Run with --isolate, as GasSnapshot.t.sol.
contract JobGasSnapshotTest is Network {
    string private constant GROUP = "gas-snapshot";
    address private constant CLIENT = address(0xC11E);
    address private constant PROVIDER = address(0x9407);
    address private constant EVALUATOR = address(0xE7A1);
    uint256 private constant PRICE = 1_500_000;
    bytes32 private constant WORK = keccak256("work");
    IQuorumEvaluator private _quorum;
    TestDollar private _dollar;
    Jobs private _jobs;
    uint256[] private _keys;
    uint256 private _window;

    function setUp() public {
        deployNetwork();
        _dollar = new TestDollar();
        _jobs = new Jobs(address(_dollar));
        _dollar.faucet(CLIENT, 10 * PRICE);
        vm.prank(CLIENT);
        _dollar.approve(address(_jobs), type(uint256).max);
        uint32 netuid = createSubnet();
        _keys = addValidators(netuid, 3, MIN_STAKE);
        _window = subnets.activationDelayOf(netuid);
        QuorumEvaluators evaluators = new QuorumEvaluators(_jobs, subnets);
        evaluators.create(netuid);
        vm.snapshotGasLastCall(GROUP, "job, evaluator of a subnet");
        _quorum = IQuorumEvaluator(evaluators.evaluatorOf(netuid));
        vm.warp(block.timestamp + 10);
    }

    function test_gas_of_a_job_that_a_person_judges() public {
        vm.startPrank(CLIENT);
        uint256 jobId = _jobs.createJob(PROVIDER, EVALUATOR, block.timestamp + 1 hours, "a job of forty bytes or so, in plain words", address(0));
        vm.snapshotGasLastCall(GROUP, "job create");
        _jobs.setBudget(jobId, PRICE, "");
        vm.snapshotGasLastCall(GROUP, "job set budget");
        _jobs.fund(jobId, PRICE, "");
        vm.snapshotGasLastCall(GROUP, "job fund");
        vm.stopPrank();
        vm.prank(PROVIDER);
        _jobs.submit(jobId, WORK, "");
        vm.snapshotGasLastCall(GROUP, "job submit");
        vm.prank(EVALUATOR);
        _jobs.complete(jobId, 0, "");
        vm.snapshotGasLastCall(GROUP, "job complete");
    }

    function test_gas_of_a_job_that_three_validators_judge_twice() public {
        uint256 jobId = _judgedJob();
        _decide(jobId, true, 0, "job verdict, 3 signatures");
        vm.startPrank(CLIENT);
        _dollar.approve(address(_quorum), type(uint256).max);
        _quorum.dispute(jobId);
        vm.snapshotGasLastCall(GROUP, "job dispute");
        vm.stopPrank();
        vm.warp(block.timestamp + 1);
        _decide(jobId, false, 1, "job second verdict, overturned and settled, 3 signatures");
        uint256 other = _judgedJob();
        _decide(other, true, 0, "job verdict, 3 signatures");
        vm.warp(block.timestamp + _window);
        _quorum.settle(other);
        vm.snapshotGasLastCall(GROUP, "job settle");
    }

    function _judgedJob() private returns (uint256 jobId) {
        vm.startPrank(CLIENT);
        jobId = _jobs.createJob(PROVIDER, address(_quorum), block.timestamp + 1 hours, "job", address(0));
        _jobs.setBudget(jobId, PRICE, "");
        _jobs.fund(jobId, PRICE, "");
        vm.stopPrank();
        vm.prank(PROVIDER);
        _jobs.submit(jobId, WORK, "");
    }

    function _decide(uint256 jobId, bool accepted, uint8 round, string memory name) private {
        Verdict memory verdict = Verdict(jobId, WORK, accepted, keccak256("reason"), round);
        address[] memory signers = new address[](3);
        for (uint256 i = 0; i < 3; ++i) signers[i] = vm.addr(_keys[i]);
        bytes[] memory signatures = signedBy(_keys, 0, 3, _quorum.verdictDigest(verdict));
        _quorum.decide(verdict, signers, signatures);
        vm.snapshotGasLastCall(GROUP, name);
    }
}
