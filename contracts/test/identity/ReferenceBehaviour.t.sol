// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {ReputationRegistry} from "../../src/identity/ReputationRegistry.sol";
import {ValidationRegistry} from "../../src/identity/ValidationRegistry.sol";
import {Test} from "../support/Test.sol";
import {Vm, vm} from "../support/Vm.sol";

/// @dev What the reference implementation of ERC-8004 is tested for, and what beyond that its code does and strangers may rely on, asked of
///      our registries (specs/0023 section 2, one test a row). Proofs of wallets are in IdentityRegistry.t.sol.
contract ReferenceBehaviourTest is Test {
    address private constant OWNER = address(0x0111);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    address private constant EVE = address(0xE);
    bytes32 private constant REQUEST = keccak256("request");
    IdentityRegistry private _identity;
    ReputationRegistry private _reputation;
    ValidationRegistry private _validation;
    uint256 private _agentId;

    event URIUpdated(uint256 indexed agentId, string newURI, address indexed updatedBy);
    event NewFeedback(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        int128 value,
        uint8 valueDecimals,
        string indexed indexedTag1,
        string tag1,
        string tag2,
        string endpoint,
        string feedbackURI,
        bytes32 feedbackHash
    );
    event FeedbackRevoked(uint256 indexed agentId, address indexed clientAddress, uint64 indexed feedbackIndex);
    event ResponseAppended(
        uint256 indexed agentId,
        address indexed clientAddress,
        uint64 feedbackIndex,
        address indexed responder,
        string responseURI,
        bytes32 responseHash
    );
    event ValidationRequest(
        address indexed validatorAddress, uint256 indexed agentId, string requestURI, bytes32 indexed requestHash
    );
    event ValidationResponse(
        address indexed validatorAddress,
        uint256 indexed agentId,
        bytes32 indexed requestHash,
        uint8 response,
        string responseURI,
        bytes32 responseHash,
        string tag
    );

    function setUp() public {
        _identity = new IdentityRegistry();
        _reputation = new ReputationRegistry(address(_identity));
        _validation = new ValidationRegistry(address(_identity));
        vm.prank(OWNER);
        _agentId = _identity.register("ipfs://agent");
    }

    function test_registering_logs_transfer_registration_and_wallet_in_that_order() public {
        vm.recordLogs();
        vm.prank(ANN);
        _identity.register();
        Vm.Log[] memory logs = vm.getRecordedLogs();
        eq(logs.length, 3, "events");
        eq(logs[0].topics[0], keccak256("Transfer(address,address,uint256)"), "transfer");
        eq(logs[1].topics[0], keccak256("Registered(uint256,string,address)"), "registered");
        eq(logs[2].topics[0], keccak256("MetadataSet(uint256,string,string,bytes)"), "wallet");
    }

    function test_any_scheme_of_uri_is_kept_as_given() public {
        string[3] memory uris = ["ipfs://QmTest", "https://example.org/agent.json", "data:application/json;base64,e30="];
        for (uint256 i = 0; i < uris.length; ++i) {
            vm.prank(OWNER);
            eq(_identity.tokenURI(_identity.register(uris[i])), uris[i], "uri");
        }
    }

    function test_a_uri_may_come_later_and_change() public {
        vm.startPrank(OWNER);
        uint256 agentId = _identity.register();
        eq(_identity.tokenURI(agentId), "", "none yet");
        vm.expectEmit(true, true, true, true);
        emit URIUpdated(agentId, "ipfs://later", OWNER);
        _identity.setAgentURI(agentId, "ipfs://later");
        eq(_identity.tokenURI(agentId), "ipfs://later", "set");
        vm.stopPrank();
    }

    function test_nobody_is_the_wallet_of_an_agent_that_does_not_exist() public view {
        eq(_identity.getAgentWallet(999), address(0), "wallet");
    }

    function test_asking_about_an_agent_that_does_not_exist_reverts() public {
        bytes memory unknown = abi.encodeWithSelector(IERC721Errors.ERC721NonexistentToken.selector, 999);
        vm.expectRevert(unknown);
        _identity.isAuthorizedOrOwner(OWNER, 999);
        vm.expectRevert(unknown);
        _identity.setAgentURI(999, "ipfs://x");
        vm.expectRevert(unknown);
        _give(999, ANN, 1, "", "");
        vm.expectRevert(unknown);
        _validation.validationRequest(BOB, 999, "", REQUEST);
    }

    function test_a_transferred_agent_keeps_uri_and_metadata_and_loses_only_its_wallet() public {
        vm.startPrank(OWNER);
        _identity.setMetadata(_agentId, "peer", hex"beef");
        _identity.transferFrom(OWNER, ANN, _agentId);
        vm.stopPrank();
        eq(_identity.getMetadata(_agentId, "agentWallet"), "", "raw wallet");
        eq(_identity.getMetadata(_agentId, "peer"), hex"beef", "metadata");
        eq(_identity.tokenURI(_agentId), "ipfs://agent", "uri");
        vm.prank(ANN);
        _identity.setAgentURI(_agentId, "ipfs://ann");
        vm.prank(OWNER);
        vm.expectRevert(abi.encodeWithSelector(IdentityRegistry.NotAgentOperator.selector, OWNER, _agentId));
        _identity.setAgentURI(_agentId, "ipfs://old owner");
    }

    function test_operators_of_all_agents_may_write() public {
        vm.prank(OWNER);
        _identity.setApprovalForAll(ANN, true);
        vm.startPrank(ANN);
        _identity.setMetadata(_agentId, "peer", hex"01");
        _identity.unsetAgentWallet(_agentId);
        vm.stopPrank();
        yes(_identity.isAuthorizedOrOwner(ANN, _agentId), "operator");
        no(_identity.isAuthorizedOrOwner(EVE, _agentId), "stranger");
    }

    function test_feedback_is_logged_whole() public {
        vm.expectEmit(true, true, true, true);
        emit NewFeedback(_agentId, ANN, 1, -32, 1, "yield", "yield", "week", "https://a/x", "ipfs://f", keccak256("f"));
        vm.prank(ANN);
        _reputation.giveFeedback(_agentId, -32, 1, "yield", "week", "https://a/x", "ipfs://f", keccak256("f"));
    }

    function test_zero_hundred_and_more_are_values_like_others() public {
        _give(_agentId, ANN, 0, "", "");
        _give(_agentId, ANN, 100, "", "");
        _give(_agentId, ANN, 101, "", "");
        (int128 value,,,,) = _reputation.readFeedback(_agentId, ANN, 3);
        yes(value == 101, "only the tag says what a value means");
    }

    function test_indexes_grow_with_each_feedback_and_begin_at_none() public {
        eq(_reputation.getLastIndex(_agentId, ANN), 0, "none");
        for (uint64 i = 1; i <= 3; ++i) {
            _give(_agentId, ANN, 1, "", "");
            eq(_reputation.getLastIndex(_agentId, ANN), i, "last");
        }
        for (uint64 index = 0; index <= 4; index += 4) {
            vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, ANN, index));
            _reputation.readFeedback(_agentId, ANN, index);
        }
    }

    function test_an_empty_tag_matches_all() public {
        _give(_agentId, ANN, 80, "quality", "service");
        _give(_agentId, ANN, 90, "speed", "service");
        _give(_agentId, ANN, 100, "speed", "support");
        _summary("", "service", 2, 85);
        _summary("speed", "", 2, 95);
        _summary("", "", 3, 90);
        _summary("none", "", 0, 0);
        (address[] memory clients,, int128[] memory values,,,,) =
            _reputation.readAllFeedback(_agentId, new address[](0), "", "support", false);
        yes(clients.length == 1 && values[0] == 100, "read all");
    }

    function test_reading_all_of_named_clients() public {
        _give(_agentId, ANN, 1, "", "");
        _give(_agentId, BOB, 2, "", "");
        (address[] memory clients,,,,,,) = _reputation.readAllFeedback(_agentId, _list(BOB), "", "", false);
        yes(clients.length == 1 && clients[0] == BOB, "bob alone");
        (clients,,,,,,) = _reputation.readAllFeedback(_agentId, _list(EVE), "", "", true);
        eq(clients.length, 0, "nobody");
    }

    function test_revoking_is_logged_and_seen() public {
        _give(_agentId, ANN, 1, "", "");
        vm.expectEmit(true, true, true, true);
        emit FeedbackRevoked(_agentId, ANN, 1);
        vm.prank(ANN);
        _reputation.revokeFeedback(_agentId, 1);
        (,,,, bool isRevoked) = _reputation.readFeedback(_agentId, ANN, 1);
        yes(isRevoked, "marked");
        eq(_reputation.getClients(_agentId).length, 1, "still a client");
        vm.prank(ANN);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, ANN, 0));
        _reputation.revokeFeedback(_agentId, 0);
    }

    function test_anyone_responds_also_to_revoked_feedback_and_again() public {
        _give(_agentId, ANN, 1, "", "");
        vm.prank(ANN);
        _reputation.revokeFeedback(_agentId, 1);
        vm.expectEmit(true, true, true, true);
        emit ResponseAppended(_agentId, ANN, 1, EVE, "ipfs://r", keccak256("r"));
        vm.startPrank(EVE);
        _reputation.appendResponse(_agentId, ANN, 1, "ipfs://r", keccak256("r"));
        _reputation.appendResponse(_agentId, ANN, 1, "ipfs://s", keccak256("s"));
        vm.stopPrank();
        eq(_reputation.getResponseCount(_agentId, ANN, 1, new address[](0)), 2, "both");
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, ANN, 0));
        _reputation.appendResponse(_agentId, ANN, 0, "ipfs://r", 0);
    }

    function test_responses_counted_by_responder_client_and_feedback() public {
        _give(_agentId, ANN, 1, "", "");
        _give(_agentId, BOB, 1, "", "");
        _respond(EVE, ANN);
        _respond(EVE, BOB);
        _respond(OWNER, ANN);
        eq(_reputation.getResponseCount(_agentId, address(0), 0, new address[](0)), 3, "all");
        eq(_reputation.getResponseCount(_agentId, address(0), 0, _list(EVE)), 2, "of one responder");
        eq(_reputation.getResponseCount(_agentId, ANN, 0, new address[](0)), 2, "about one client");
        eq(_reputation.getResponseCount(_agentId, ANN, 1, _list(OWNER)), 1, "about one feedback");
        eq(_reputation.getResponseCount(_agentId, ANN, 1, _list(BOB)), 0, "of nobody");
    }

    function test_validation_events_carry_everything() public {
        vm.expectEmit(true, true, true, true);
        emit ValidationRequest(BOB, _agentId, "ipfs://q", REQUEST);
        vm.prank(OWNER);
        _validation.validationRequest(BOB, _agentId, "ipfs://q", REQUEST);
        vm.expectEmit(true, true, true, true);
        emit ValidationResponse(BOB, _agentId, REQUEST, 42, "ipfs://r", keccak256("r"), "soft");
        vm.prank(BOB);
        _validation.validationResponse(REQUEST, 42, "ipfs://r", keccak256("r"), "soft");
    }

    function test_an_answer_of_zero_counts_and_an_unanswered_request_does_not() public {
        vm.startPrank(OWNER);
        _validation.validationRequest(BOB, _agentId, "", REQUEST);
        _validation.validationRequest(BOB, _agentId, "", keccak256("open"));
        vm.stopPrank();
        (uint64 count,) = _validation.getSummary(_agentId, new address[](0), "");
        eq(count, 0, "none answered");
        vm.prank(BOB);
        _validation.validationResponse(REQUEST, 0, "", 0, "");
        uint8 mean;
        (count, mean) = _validation.getSummary(_agentId, _list(BOB), "");
        yes(count == 1 && mean == 0, "failed");
        eq(_validation.getAgentValidations(_agentId).length, 2, "of the agent");
        eq(_validation.getValidatorRequests(BOB).length, 2, "of the validator");
    }

    function test_operators_may_ask_for_validation_and_all_registries_name_their_identity() public {
        vm.prank(OWNER);
        _identity.approve(ANN, _agentId);
        vm.prank(ANN);
        _validation.validationRequest(BOB, _agentId, "", REQUEST);
        eq(_validation.getIdentityRegistry(), address(_identity), "validation");
        eq(_reputation.getIdentityRegistry(), address(_identity), "reputation");
        eq(_reputation.getVersion(), "2.0.0", "version of reputation");
        eq(_validation.getVersion(), "2.0.0", "version of validation");
    }

    function _give(uint256 agentId, address client, int128 value, string memory tag1, string memory tag2) private {
        vm.prank(client);
        _reputation.giveFeedback(agentId, value, 0, tag1, tag2, "", "", 0);
    }

    function _respond(address responder, address client) private {
        vm.prank(responder);
        _reputation.appendResponse(_agentId, client, 1, "ipfs://r", 0);
    }

    function _summary(string memory tag1, string memory tag2, uint64 count, int128 mean) private view {
        (uint64 counted, int128 value,) = _reputation.getSummary(_agentId, _list(ANN), tag1, tag2);
        eq(counted, count, "count");
        yes(value == mean, "mean");
    }

    function _list(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
