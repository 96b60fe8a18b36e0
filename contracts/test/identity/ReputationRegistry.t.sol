// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {ReputationRegistry} from "../../src/identity/ReputationRegistry.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

contract ReputationRegistryTest is Test {
    address private constant OWNER = address(0x0111);
    address private constant ANN = address(0xA);
    address private constant BOB = address(0xB);
    IdentityRegistry private _identity;
    ReputationRegistry private _registry;
    uint256 private _agentId;

    function setUp() public {
        _identity = new IdentityRegistry();
        _registry = new ReputationRegistry(address(_identity));
        vm.prank(OWNER);
        _agentId = _identity.register("https://a");
    }

    function test_feedback_is_numbered_per_client_and_readable() public {
        eq(_give(ANN, 9977, 2, "uptime", "week"), 1, "first");
        eq(_give(ANN, -5, 0, "quality", ""), 2, "second");
        eq(_give(BOB, 1, 0, "", ""), 1, "bob's first");
        (int128 value, uint8 decimals, string memory tag1, string memory tag2, bool revoked) =
            _registry.readFeedback(_agentId, ANN, 1);
        yes(value == 9977 && decimals == 2 && !revoked, "fields");
        eq(tag1, "uptime", "tag1");
        eq(tag2, "week", "tag2");
        eq(_registry.getClients(_agentId).length, 2, "clients once each");
        eq(_registry.getIdentityRegistry(), address(_identity), "identity");
    }

    function test_owners_and_operators_cannot_rate_themselves() public {
        bytes memory refused = abi.encodeWithSelector(ReputationRegistry.SelfFeedback.selector, OWNER, _agentId);
        vm.expectRevert(refused);
        _give(OWNER, 100, 0, "", "");
        vm.prank(OWNER);
        _identity.setApprovalForAll(ANN, true);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.SelfFeedback.selector, ANN, _agentId));
        _give(ANN, 100, 0, "", "");
    }

    function test_limits() public {
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.TooManyDecimals.selector, 19));
        _give(ANN, 1, 19, "", "");
        int128 tooMuch = _registry.MAX_ABS_VALUE() + 1;
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.ValueOutOfRange.selector, tooMuch));
        _give(ANN, tooMuch, 0, "", "");
        vm.expectRevert();
        vm.prank(ANN);
        _registry.giveFeedback(77, 1, 0, "", "", "", "", 0);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, ANN, 1));
        _registry.readFeedback(_agentId, ANN, 1);
        vm.expectRevert(ReputationRegistry.IdentityRegistryIsZero.selector);
        new ReputationRegistry(address(0));
    }

    function test_only_the_author_revokes_and_only_once() public {
        _give(ANN, 10, 0, "", "");
        vm.prank(BOB);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, BOB, 1));
        _registry.revokeFeedback(_agentId, 1);
        vm.startPrank(ANN);
        _registry.revokeFeedback(_agentId, 1);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.AlreadyRevoked.selector, _agentId, 1));
        _registry.revokeFeedback(_agentId, 1);
        vm.stopPrank();
        (uint64 count,,) = _registry.getSummary(_agentId, _clients(ANN), "", "");
        eq(count, 0, "revoked feedback does not count");
    }

    function test_summary_takes_the_most_frequent_precision_and_filters_tags() public {
        _give(ANN, 90, 0, "uptime", "");
        _give(ANN, 9950, 2, "uptime", "");
        _give(BOB, 9850, 2, "uptime", "");
        _give(BOB, -100, 0, "quality", "");
        address[] memory both = new address[](2);
        (both[0], both[1]) = (ANN, BOB);
        (uint64 count, int128 mean, uint8 decimals) = _registry.getSummary(_agentId, both, "uptime", "");
        yes(count == 3 && mean == 9600 && decimals == 2, "mean of 90, 99.50 and 98.50");
        (count, mean, decimals) = _registry.getSummary(_agentId, both, "quality", "");
        yes(count == 1 && mean == -100 && decimals == 0, "negative values");
        vm.expectRevert(ReputationRegistry.ClientsRequired.selector);
        _registry.getSummary(_agentId, new address[](0), "", "");
    }

    function test_read_all_with_and_without_revoked() public {
        _give(ANN, 1, 0, "a", "");
        _give(ANN, 2, 0, "b", "");
        _give(BOB, 3, 0, "a", "");
        vm.prank(ANN);
        _registry.revokeFeedback(_agentId, 1);
        (address[] memory clients, uint64[] memory indexes, int128[] memory values,,,, bool[] memory revoked) =
            _registry.readAllFeedback(_agentId, new address[](0), "a", "", true);
        yes(clients.length == 2 && values[0] == 1 && revoked[0] && values[1] == 3 && indexes[1] == 1, "all");
        (clients,, values,,,,) = _registry.readAllFeedback(_agentId, new address[](0), "", "", false);
        yes(clients.length == 2 && values[0] == 2 && values[1] == 3, "unrevoked");
    }

    function test_responses_are_counted_by_client_index_and_responder() public {
        _give(ANN, 1, 0, "", "");
        _give(ANN, 2, 0, "", "");
        vm.startPrank(OWNER);
        _registry.appendResponse(_agentId, ANN, 1, "ipfs://x", 0);
        _registry.appendResponse(_agentId, ANN, 1, "ipfs://y", 0);
        vm.stopPrank();
        vm.startPrank(BOB);
        _registry.appendResponse(_agentId, ANN, 2, "ipfs://z", 0);
        vm.expectRevert(ReputationRegistry.EmptyResponseURI.selector);
        _registry.appendResponse(_agentId, ANN, 2, "", 0);
        vm.expectRevert(abi.encodeWithSelector(ReputationRegistry.FeedbackNotFound.selector, _agentId, ANN, 3));
        _registry.appendResponse(_agentId, ANN, 3, "ipfs://z", 0);
        vm.stopPrank();
        address[] memory anyone = new address[](0);
        eq(_registry.getResponseCount(_agentId, address(0), 0, anyone), 3, "all");
        eq(_registry.getResponseCount(_agentId, ANN, 0, _clients(BOB)), 1, "of bob");
        eq(_registry.getResponseCount(_agentId, ANN, 1, anyone), 2, "of the first");
    }

    function testFuzz_the_mean_lies_between_the_extremes(int128[5] memory values) public {
        int128 least = type(int128).max;
        int128 most = type(int128).min;
        for (uint256 i = 0; i < values.length; ++i) {
            int128 value = values[i] % 1e38;
            _give(ANN, value, 6, "", "");
            if (value < least) least = value;
            if (value > most) most = value;
        }
        (uint64 count, int128 mean, uint8 decimals) = _registry.getSummary(_agentId, _clients(ANN), "", "");
        yes(count == 5 && decimals == 6, "shape");
        yes(mean >= least && mean <= most, "between");
    }

    function _give(address client, int128 value, uint8 decimals, string memory tag1, string memory tag2)
        private
        returns (uint64)
    {
        vm.prank(client);
        _registry.giveFeedback(_agentId, value, decimals, tag1, tag2, "https://a", "ipfs://f", keccak256("f"));
        return _registry.getLastIndex(_agentId, client);
    }

    function _clients(address one) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
