// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnets} from "../subnets/ISubnets.sol";
import {IJobs} from "./IJobs.sol";
import {QuorumEvaluator} from "./QuorumEvaluator.sol";

/// @title One evaluator a subnet, at an address known before it stands
/// @notice Anyone puts a subnet's evaluator in place; there is one only, and a job may name it before.
contract QuorumEvaluators {
    event EvaluatorCreated(uint32 indexed netuid, address evaluator);

    error SubnetNotFound(uint32 netuid);

    IJobs public immutable jobs;
    ISubnets public immutable subnets;

    constructor(IJobs jobs_, ISubnets subnets_) {
        (jobs, subnets) = (jobs_, subnets_);
    }

    /// @notice The subnet's evaluator, put in place if it was not.
    function create(uint32 netuid) external returns (address evaluator) {
        evaluator = evaluatorOf(netuid);
        if (evaluator.code.length != 0) return evaluator;
        if (netuid == 0 || netuid > subnets.subnetCount()) revert SubnetNotFound(netuid);
        new QuorumEvaluator{salt: bytes32(uint256(netuid))}(jobs, subnets, netuid);
        emit EvaluatorCreated(netuid, evaluator);
    }

    /// @notice Where the subnet's evaluator stands or would stand.
    function evaluatorOf(uint32 netuid) public view returns (address) {
        bytes memory creation = abi.encodePacked(type(QuorumEvaluator).creationCode, abi.encode(jobs, subnets, netuid));
        bytes32 hash =
            keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(uint256(netuid)), keccak256(creation)));
        return address(uint160(uint256(hash)));
    }
}
