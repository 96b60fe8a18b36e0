// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {JobStatus, JobTerms, Quote} from "../../src/jobs/IJobs.sol";
import {Verdict} from "../../src/jobs/IQuorumEvaluator.sol";
import {Jobs} from "../../src/jobs/Jobs.sol";
import {QuorumEvaluator} from "../../src/jobs/QuorumEvaluator.sol";
import {ISubnets} from "../../src/subnets/ISubnets.sol";
import {vm} from "../support/Vm.sol";
import {JobFixture} from "./JobFixture.sol";

/// @dev specs/vectors/jobs.json: hashes by viem, steps by the chapter's table; here the contracts play them.
contract JobVectorsTest is JobFixture {
    string private _json;

    function setUp() public {
        deployJobs();
        _json = vm.readFile("specs/vectors/jobs.json");
    }

    function permits() external pure returns (address) {
        return address(1);
    }

    function test_terms() public view {
        for (uint256 i = 0; i < 3; ++i) {
            string memory at = string.concat(".terms[", Strings.toString(i), "]");
            JobTerms memory read = JobTerms(
                _address(at, ".client"),
                _address(at, ".evaluator"),
                _address(at, ".hook"),
                _address(at, ".token"),
                _uint(at, ".expiredAt"),
                vm.parseJsonString(_json, string.concat(at, ".description"))
            );
            eq(jobs.hashTerms(read), _word(at, ".hash"), "terms");
        }
    }

    function test_quotes() public {
        Jobs placed = Jobs(vm.parseJsonAddress(_json, ".jobs"));
        // The domain's separator is computed anew wherever the code does not stand where it was built.
        vm.etch(address(placed), address(jobs).code);
        for (uint256 i = 0; i < 3; ++i) {
            string memory at = string.concat(".quotes[", Strings.toString(i), "]");
            Quote memory read = Quote(
                _word(at, ".termsHash"),
                _address(at, ".provider"),
                _uint(at, ".price"),
                _uint(at, ".deadline"),
                _uint(at, ".nonce")
            );
            eq(placed.quoteDigest(read), _word(at, ".digest"), "quote");
        }
    }

    function test_funding() public view {
        for (uint256 i = 0; i < 2; ++i) {
            string memory at = string.concat(".funding[", Strings.toString(i), "]");
            bytes memory optParams = vm.parseJsonBytes(_json, string.concat(at, ".optParams"));
            bytes32 nonce =
                jobs.fundingNonce(_word(at, ".termsHash"), _address(at, ".provider"), optParams, _word(at, ".salt"));
            eq(nonce, _word(at, ".nonce"), "funding");
        }
    }

    function test_verdicts() public {
        QuorumEvaluator placed = QuorumEvaluator(vm.parseJsonAddress(_json, ".evaluator"));
        vm.etch(address(placed), address(new QuorumEvaluator(jobs, ISubnets(address(this)), 1)).code);
        for (uint256 i = 0; i < 3; ++i) {
            string memory at = string.concat(".verdicts[", Strings.toString(i), "]");
            Verdict memory read = Verdict(
                _uint(at, ".jobId"),
                _word(at, ".deliverable"),
                i != 1,
                _word(at, ".reason"),
                uint8(_uint(at, ".round"))
            );
            eq(placed.verdictDigest(read), _word(at, ".digest"), "verdict");
        }
    }

    function test_every_step_by_everybody() public {
        uint256[] memory from = vm.parseJsonUintArray(_json, ".steps.from");
        uint256[] memory step = vm.parseJsonUintArray(_json, ".steps.step");
        uint256[] memory actor = vm.parseJsonUintArray(_json, ".steps.actor");
        uint256[] memory over = vm.parseJsonUintArray(_json, ".steps.over");
        uint256[] memory to = vm.parseJsonUintArray(_json, ".steps.to");
        eq(from.length, 6 * 7 * 4 * 2, "rows");
        address[4] memory actors = [client, provider, EVALUATOR, STRANGER];
        for (uint256 i = 0; i < from.length; ++i) {
            uint256 at = vm.snapshotState();
            uint256 jobId;
            if (step[i] == 0 && from[i] == 0) {
                vm.prank(client);
                jobId = jobs.createJob(address(0), EVALUATOR, ends(), "job", address(0));
            } else {
                jobId = jobIn(JobStatus(from[i]), address(0));
            }
            if (over[i] == 1) vm.warp(block.timestamp + 1 hours);
            vm.prank(actors[actor[i]]);
            (bool isDone,) = address(jobs).call(_callOf(step[i], jobId));
            eq(isDone ? statusOf(jobId) : 9, to[i], string.concat("row ", Strings.toString(i)));
            vm.revertToState(at);
        }
    }

    function _callOf(uint256 step, uint256 jobId) private view returns (bytes memory) {
        if (step == 0) return abi.encodeCall(jobs.setProvider, (jobId, provider, ""));
        if (step == 1) return abi.encodeCall(jobs.setBudget, (jobId, PRICE, ""));
        if (step == 2) return abi.encodeCall(jobs.fund, (jobId, PRICE, ""));
        if (step == 3) return abi.encodeCall(jobs.submit, (jobId, WORK, ""));
        if (step == 4) return abi.encodeCall(jobs.complete, (jobId, 0, ""));
        if (step == 5) return abi.encodeCall(jobs.reject, (jobId, 0, ""));
        return abi.encodeCall(jobs.claimRefund, (jobId));
    }

    function _address(string memory at, string memory field) private view returns (address) {
        return vm.parseJsonAddress(_json, string.concat(at, field));
    }

    function _word(string memory at, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, string.concat(at, field));
    }

    function _uint(string memory at, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_json, string.concat(at, field));
    }
}
