// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {ValidationRegistry} from "../../src/identity/ValidationRegistry.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

contract ValidationRegistryTest is Test {
    address private constant OWNER = address(0x0111);
    address private constant VALIDATOR = address(0x7A1);
    bytes32 private constant REQUEST = keccak256("request");
    IdentityRegistry private _identity;
    ValidationRegistry private _registry;
    uint256 private _agentId;

    function setUp() public {
        _identity = new IdentityRegistry();
        _registry = new ValidationRegistry(address(_identity));
        vm.prank(OWNER);
        _agentId = _identity.register("https://a");
    }

    function test_request_and_repeated_answers() public {
        _request(VALIDATOR, REQUEST);
        (address validator, uint256 agentId, uint8 response,,, uint256 updatedAt) = _registry.getValidationStatus(REQUEST);
        yes(validator == VALIDATOR && agentId == _agentId && response == 0 && updatedAt == block.timestamp, "requested");
        vm.warp(block.timestamp + 5);
        vm.startPrank(VALIDATOR);
        _registry.validationResponse(REQUEST, 60, "ipfs://r", keccak256("r"), "soft");
        _registry.validationResponse(REQUEST, 100, "ipfs://s", keccak256("s"), "final");
        vm.stopPrank();
        string memory tag;
        bytes32 hash;
        (,, response, hash, tag, updatedAt) = _registry.getValidationStatus(REQUEST);
        yes(response == 100 && hash == keccak256("s") && updatedAt == block.timestamp, "answered");
        eq(tag, "final", "tag");
        eq(_registry.getAgentValidations(_agentId)[0], REQUEST, "by agent");
        eq(_registry.getValidatorRequests(VALIDATOR)[0], REQUEST, "by validator");
    }

    function test_who_may_do_what() public {
        vm.expectRevert(
            abi.encodeWithSelector(ValidationRegistry.NotAgentOperator.selector, address(this), _agentId)
        );
        _registry.validationRequest(VALIDATOR, _agentId, "", REQUEST);
        vm.startPrank(OWNER);
        vm.expectRevert(ValidationRegistry.ValidatorIsZero.selector);
        _registry.validationRequest(address(0), _agentId, "", REQUEST);
        vm.stopPrank();
        _request(VALIDATOR, REQUEST);
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(ValidationRegistry.RequestExists.selector, REQUEST));
        _registry.validationRequest(VALIDATOR, _agentId, "", REQUEST);
        vm.expectRevert(
            abi.encodeWithSelector(ValidationRegistry.NotRequestedValidator.selector, address(this), VALIDATOR)
        );
        _registry.validationResponse(REQUEST, 1, "", 0, "");
        vm.startPrank(VALIDATOR);
        vm.expectRevert(abi.encodeWithSelector(ValidationRegistry.ResponseOutOfRange.selector, 101));
        _registry.validationResponse(REQUEST, 101, "", 0, "");
        vm.expectRevert(abi.encodeWithSelector(ValidationRegistry.RequestNotFound.selector, bytes32(0)));
        _registry.validationResponse(0, 1, "", 0, "");
        vm.stopPrank();
        vm.expectRevert(ValidationRegistry.IdentityRegistryIsZero.selector);
        new ValidationRegistry(address(0));
    }

    function test_summary_counts_answers_of_named_validators_and_tag() public {
        _answer(address(0x1), "a", 100, "tee");
        _answer(address(0x2), "b", 51, "tee");
        _answer(address(0x2), "c", 0, "replay");
        _request(address(0x3), "never answered");
        (uint64 count, uint8 mean) = _registry.getSummary(_agentId, new address[](0), "");
        yes(count == 3 && mean == 50, "all, floored");
        (count, mean) = _registry.getSummary(_agentId, new address[](0), "tee");
        yes(count == 2 && mean == 75, "by tag");
        address[] memory second = new address[](1);
        second[0] = address(0x2);
        (count, mean) = _registry.getSummary(_agentId, second, "");
        yes(count == 2 && mean == 25, "by validator");
    }

    function _request(address validator, bytes32 requestHash) private {
        vm.prank(OWNER);
        _registry.validationRequest(validator, _agentId, "ipfs://q", requestHash);
    }

    function _answer(address validator, bytes32 requestHash, uint8 response, string memory tag) private {
        _request(validator, requestHash);
        vm.prank(validator);
        _registry.validationResponse(requestHash, response, "", 0, tag);
    }
}
