// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnetTerms} from "../../src/subnets/ISubnetTerms.sol";
import {Posting} from "../../src/subnets/results/IEpochs.sol";
import {Challenge, ISubnets, Outcome, SeatRules, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {AmountWords} from "../../src/subnets/results/SeatWords.sol";
import {SeatHistory} from "../../src/subnets/SeatHistory.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract SeatsTest is Network {
    address private constant OWNER = address(0x0E0E);
    address private constant NEWCOMER = address(0x4E3);
    uint256 private constant SEATS = 16;
    uint256 private _agentId;
    uint32 private _netuid;

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        fund(NEWCOMER, 10_000e18);
        vm.prank(NEWCOMER);
        _agentId = identity.register();
    }

    function test_each_registration_raises_the_price_and_time_lowers_it() public {
        eq(_price(), 1e18, "first");
        join(_netuid, _holder(0));
        eq(_price(), 1.26e18, "second, in the same second");
        join(_netuid, _holder(1));
        eq(_price(), 1.5876e18, "third");
        vm.warp(block.timestamp + 4320);
        eq(_price(), 0.7938e18, "half");
        vm.warp(block.timestamp + 365 days);
        eq(_price(), 0.0005e18, "floor");
    }

    function test_nobody_pays_more_than_it_said() public {
        join(_netuid, _holder(0));
        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.PriceAboveMaximum.selector, 1.26e18, 1.26e18 - 1));
        subnets.register(_netuid, _agentId, "", 1.26e18 - 1);
        subnets.register(_netuid, _agentId, "", 1.26e18);
        vm.stopPrank();
        eq(token.balanceOf(NEWCOMER), 10_000e18 - 1.26e18, "price, not maximum");
    }

    function test_the_price_stops_at_its_ceiling() public {
        SubnetParams memory chosen = params();
        (chosen.initialBurn, chosen.rules.maxBurn) = (999e18, 1_000e18);
        uint32 netuid = createSubnet(chosen);
        join(netuid, _holder(0));
        eq(subnets.terms().burnPriceOf(netuid), 1_000e18, "ceiling");
        join(netuid, _holder(1));
        eq(subnets.terms().burnPriceOf(netuid), 1_000e18, "still");
    }

    function test_an_epoch_has_so_many_registrations_and_challenges() public {
        SubnetParams memory chosen = params();
        chosen.rules.maxRegistrationsPerEpoch = 2;
        uint32 netuid = createSubnet(chosen);
        join(netuid, _holder(0));
        join(netuid, _holder(1));
        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.RegistrationsExhausted.selector, 0));
        subnets.register(netuid, _agentId, "", 10e18);
        vm.warp(block.timestamp + EPOCH);
        subnets.register(netuid, _agentId, "", 10e18);
        vm.stopPrank();
    }

    function test_only_the_lowest_exposed_seat_of_a_full_subnet_is_challenged() public {
        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetNotFull.selector, _netuid));
        subnets.challenge(_netuid, 0, _agentId, "", 100e18);
        vm.stopPrank();
        _fill();
        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.SubnetFull.selector, _netuid));
        subnets.register(_netuid, _agentId, "", 100e18);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoSeatToChallenge.selector, _netuid));
        subnets.challenge(_netuid, 0, _agentId, "", 100e18);
        vm.warp(block.timestamp + 1 hours);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotTheLowest.selector, 1, 0));
        subnets.challenge(_netuid, 1, _agentId, "", 100e18);
        uint256 price = _price();
        subnets.challenge(_netuid, 0, _agentId, "https://new", price);
        vm.stopPrank();
        eq(token.balanceOf(address(subnets)), price, "deposit");
        eq(_price(), (price * 126) / 100, "a challenge raises the price");
        yes(subnets.neuron(_netuid, 0).isChallenged, "told");
        yes(subnets.isRegistered(_netuid, _holder(0)), "it works on during the notice");
        eq(subnets.challengeable(_netuid), 1, "the next one");
    }

    function test_what_was_earned_lately_decides_and_not_the_stake() public {
        address[] memory paid = new address[](2);
        uint256[] memory keys = _fillWithValidator();
        vm.warp(block.timestamp + 1 hours);
        stakeOn(_netuid, _holder(3), _holder(3), 1_000e18);
        (paid[0], paid[1]) = (vm.addr(keys[0]), _holder(1));
        uint64 epoch = subnets.epochAt(_netuid, block.timestamp) - 2;
        _pay(keys, epoch, paid, 1e18);
        eq(subnets.challengeable(_netuid), 2, "uids 0 and 1 earned; of the rest the oldest, staked or not");
        for (uint160 i = 2; i < SEATS - 2; ++i) _challenge(uint16(i), address(0x9000 + i));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoSeatToChallenge.selector, _netuid));
        subnets.challengeable(_netuid);
        yes(!subnets.neuron(_netuid, 0).isChallenged && !subnets.neuron(_netuid, 1).isChallenged, "who earned stays");
    }

    function test_earnings_of_long_ago_do_not_keep_a_seat() public {
        uint256[] memory keys = _fillWithValidator();
        vm.warp(block.timestamp + 1 hours);
        address[] memory paid = new address[](1);
        paid[0] = _holder(1);
        uint64 first = subnets.epochAt(_netuid, block.timestamp) - 2;
        _pay(keys, first, paid, 5e18);
        address[] memory hotkeys = new address[](2);
        (hotkeys[0], hotkeys[1]) = (_holder(1), _holder(2));
        eq(epochs.seatScores(_netuid, hotkeys)[0], 5e18, "fresh");
        vm.warp(block.timestamp + uint256(33) * EPOCH);
        eq(epochs.seatScores(_netuid, hotkeys)[0], 5e18, "nobody else has earned since");
        paid[0] = _holder(2);
        _pay(keys, first + 33, paid, 1e18);
        uint256[] memory scores = epochs.seatScores(_netuid, hotkeys);
        yes(scores[0] == 0 && scores[1] == 1e18, "forgotten");
    }

    function test_who_held_a_seat_when_is_remembered_also_when_it_changes_hands_in_one_second() public {
        _fillAndAge();
        uint256 joined = block.timestamp - 2 days;
        _challenge(0, NEWCOMER);
        vm.warp(block.timestamp + 30 minutes);
        uint256 changed = block.timestamp;
        subnets.finaliseChallenge(_netuid, 0);
        vm.warp(changed + 10);
        vm.prank(NEWCOMER);
        subnets.deregister(_netuid, NEWCOMER);
        vm.warp(changed + 20);
        _heldBy(0, changed - 1, _holder(0), joined);
        _heldBy(0, changed, NEWCOMER, changed);
        _heldBy(0, changed + 9, NEWCOMER, changed);
        _heldBy(0, changed + 10, address(0), 0);
        _heldBy(0, joined - 1, address(0), 0);
        vm.expectRevert(abi.encodeWithSelector(SeatHistory.SecondNotPast.selector, changed + 20, changed + 20));
        terms.seatAt(_netuid, 0, changed + 20);
    }

    function test_a_holder_matches_and_loses_nothing_else() public {
        _fillAndAge();
        uint256 price = _challenge(0, NEWCOMER);
        uint256 before = token.balanceOf(NEWCOMER);
        uint256 supply = token.totalSupply();
        fund(_holder(0), price);
        vm.startPrank(_holder(0));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.PriceAboveMaximum.selector, price, price - 1));
        subnets.matchChallenge(_netuid, 0, price - 1);
        vm.warp(subnets.challengeOf(_netuid, 0).endsAt - 1);
        subnets.matchChallenge(_netuid, 0, price);
        vm.stopPrank();
        eq(token.balanceOf(NEWCOMER), before + price - price / 10, "refunded but for a tenth");
        eq(token.balanceOf(_holder(0)), price / 10, "which the holder need not burn");
        eq(token.totalSupply(), supply - price, "one burn");
        eq(token.balanceOf(address(subnets)), 0, "nothing kept");
        no(subnets.neuron(_netuid, 0).isChallenged, "free of it");
        eq(subnets.neuron(_netuid, 0).immuneFrom, block.timestamp, "immune again");
        eq(subnets.uidOf(_netuid, _holder(0)), 0, "same seat");
        eq(subnets.challengeable(_netuid), 1, "the next lowest");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoChallenge.selector, _netuid, 0));
        subnets.finaliseChallenge(_netuid, 0);
    }

    function test_matching_ends_with_the_notice() public {
        _fillAndAge();
        uint256 price = _challenge(0, NEWCOMER);
        uint40 endsAt = subnets.challengeOf(_netuid, 0).endsAt;
        eq(endsAt, block.timestamp + 30 minutes, "notice");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoticeNotOver.selector, endsAt));
        subnets.finaliseChallenge(_netuid, 0);
        vm.warp(endsAt);
        fund(_holder(0), price);
        vm.prank(_holder(0));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoticeOver.selector, endsAt));
        subnets.matchChallenge(_netuid, 0, price);
        uint256 supply = token.totalSupply();
        yes(subnets.finaliseChallenge(_netuid, 0) == Outcome.Seated, "anybody finalises");
        eq(token.totalSupply(), supply - price, "burned");
        no(subnets.isRegistered(_netuid, _holder(0)), "out");
        eq(subnets.uidOf(_netuid, NEWCOMER), 0, "in");
        eq(subnets.neuron(_netuid, 0).endpoint, "https://new", "endpoint");
    }

    function test_a_seat_that_became_free_spares_the_challenged() public {
        _fillAndAge();
        _challenge(0, NEWCOMER);
        vm.prank(_holder(7));
        subnets.deregister(_netuid, _holder(7));
        yes(subnets.finaliseChallenge(_netuid, 0) == Outcome.SeatedElsewhere, "at once");
        eq(subnets.uidOf(_netuid, NEWCOMER), 7, "the free one");
        eq(subnets.uidOf(_netuid, _holder(0)), 0, "stays");
        eq(token.balanceOf(address(subnets)), 0, "burned");
    }

    function test_a_challenged_holder_that_leaves_hands_its_seat_over() public {
        _fillAndAge();
        _challenge(0, NEWCOMER);
        vm.prank(_holder(0));
        subnets.deregister(_netuid, _holder(0));
        eq(subnets.uidOf(_netuid, NEWCOMER), 0, "seated");
        eq(subnets.subnet(_netuid).neuronCount, SEATS, "full");
        eq(token.balanceOf(address(subnets)), 0, "burned");
    }

    function test_a_challenger_cannot_come_in_twice() public {
        _fillAndAge();
        _challenge(0, NEWCOMER);
        vm.startPrank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.HotkeyIsChallenging.selector, _netuid, NEWCOMER));
        subnets.challenge(_netuid, 1, _agentId, "", 100e18);
        vm.stopPrank();
        vm.prank(_holder(7));
        subnets.deregister(_netuid, _holder(7));
        vm.prank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.HotkeyIsChallenging.selector, _netuid, NEWCOMER));
        subnets.register(_netuid, _agentId, "", 100e18);
    }

    function test_spam_of_challenges_costs_more_each_time_and_leaves_seats_alone() public {
        _fillAndAge();
        uint256 last;
        uint256 opened;
        for (uint160 i = 0; i < SEATS - 4; ++i) {
            uint256 price = _challenge(uint16(i), address(0x9000 + i));
            yes(price > last, "dearer");
            (last, opened) = (price, opened + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NoSeatToChallenge.selector, _netuid));
        subnets.challengeable(_netuid);
        eq(opened, 12, "a quarter of the seats is never challenged at once");
        vm.warp(block.timestamp + 30 minutes);
        for (uint16 i = 0; i < SEATS - 4; ++i) subnets.finaliseChallenge(_netuid, i);
        eq(token.balanceOf(address(subnets)), 0, "all deposits are burned");
    }

    function test_challenging_oneself_costs_one_burn_whichever_way_it_ends() public {
        _fillAndAge();
        uint256 supply = token.totalSupply();
        vm.prank(_holder(0));
        uint256 second = identity.register();
        vm.startPrank(NEWCOMER);
        uint256 price = _price();
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotAgentController.selector, NEWCOMER, second));
        subnets.challenge(_netuid, 0, second, "", price);
        vm.stopPrank();
        fund(_holder(0), 2 * price);
        vm.startPrank(_holder(0));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.HotkeyAlreadyRegistered.selector, _netuid, _holder(0)));
        subnets.challenge(_netuid, 0, second, "", price);
        vm.stopPrank();
        _challenge(0, NEWCOMER);
        vm.prank(_holder(0));
        subnets.matchChallenge(_netuid, 0, price);
        eq(token.totalSupply(), supply - price, "one burn");
    }

    function test_whoever_bought_the_agent_meanwhile_may_match_and_the_seat_stays_with_its_hotkey() public {
        _fillAndAge();
        uint256 agentId = subnets.neuron(_netuid, 0).agentId;
        uint256 price = _challenge(0, NEWCOMER);
        address buyer = address(0xB0B);
        fund(buyer, price);
        vm.prank(_holder(0));
        identity.transferFrom(_holder(0), buyer, agentId);
        vm.prank(buyer);
        subnets.matchChallenge(_netuid, 0, price);
        eq(subnets.uidOf(_netuid, _holder(0)), 0, "hotkey");
    }

    function test_a_newcomer_that_sold_its_agent_meanwhile_is_seated_with_the_wallet_it_had() public {
        _fillAndAge();
        _challenge(0, NEWCOMER);
        vm.prank(NEWCOMER);
        identity.transferFrom(NEWCOMER, address(0xB0B), _agentId);
        vm.warp(block.timestamp + 30 minutes);
        subnets.finaliseChallenge(_netuid, 0);
        eq(subnets.uidOf(_netuid, NEWCOMER), 0, "seated");
    }

    function test_owners_protect_a_bounded_number_of_hotkeys_with_notice() public {
        _fillAndAge();
        vm.prank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnets.NotSubnetOwner.selector, NEWCOMER, OWNER));
        subnets.nameOwnerHotkey(_netuid, NEWCOMER);
        vm.startPrank(OWNER);
        subnets.nameOwnerHotkey(_netuid, _holder(0));
        subnets.nameOwnerHotkey(_netuid, _holder(1));
        vm.expectRevert(abi.encodeWithSelector(ISubnets.OwnerHotkeysFull.selector, 2));
        subnets.nameOwnerHotkey(_netuid, _holder(2));
        eq(subnets.challengeable(_netuid), 0, "not yet");
        vm.warp(block.timestamp + 2 * EPOCH);
        eq(subnets.challengeable(_netuid), 2, "protected");
        subnets.dropOwnerHotkey(_netuid, _holder(0));
        eq(subnets.challengeable(_netuid), 0, "at once");
        vm.expectRevert(abi.encodeWithSelector(ISubnets.OwnerHotkeyUnknown.selector, _holder(0)));
        subnets.dropOwnerHotkey(_netuid, _holder(0));
        vm.stopPrank();
        (address[] memory hotkeys,) = subnets.ownerHotkeysOf(_netuid);
        yes(hotkeys.length == 1 && hotkeys[0] == _holder(1), "list");
    }

    function test_naming_a_challenged_hotkey_does_not_save_it() public {
        _fillAndAge();
        vm.prank(OWNER);
        subnets.nameOwnerHotkey(_netuid, _holder(0));
        _challenge(0, NEWCOMER);
        vm.warp(block.timestamp + 3 * EPOCH);
        subnets.finaliseChallenge(_netuid, 0);
        no(subnets.isRegistered(_netuid, _holder(0)), "out");
    }

    function test_rules_change_with_notice_one_at_a_time_and_the_price_follows() public {
        join(_netuid, _holder(0));
        SeatRules memory next = rules();
        (next.minBurn, next.maxBurn, next.burnHalfLifeSeconds) = (2e18, 50e18, 60);
        vm.prank(NEWCOMER);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.NotSubnetOwner.selector, NEWCOMER, OWNER));
        terms.announceRules(_netuid, next);
        uint256 from = block.timestamp + 2 * EPOCH;
        vm.startPrank(OWNER);
        terms.announceRules(_netuid, next);
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.ChangePending.selector, from));
        terms.announceRules(_netuid, next);
        SeatRules memory bad = next;
        bad.noticeSeconds = 7 days + 1;
        vm.expectRevert(abi.encodeWithSelector(ISubnetTerms.ParameterOutOfRange.selector, "noticeSeconds"));
        terms.announceRules(_netuid, bad);
        vm.warp(from - 1);
        eq(terms.rulesOf(_netuid).minBurn, 0.0005e18, "old rules");
        yes(terms.burnPriceOf(_netuid) < 1.26e18, "old decay");
        vm.warp(from);
        eq(terms.burnPriceOf(_netuid), 2e18, "new floor");
        eq(terms.rulesHistoryOf(_netuid).length, 2, "history");
        terms.announceRules(_netuid, rules());
        vm.stopPrank();
    }

    function _price() private view returns (uint256) {
        return subnets.terms().burnPriceOf(_netuid);
    }

    function _holder(uint160 index) private pure returns (address) {
        return address(0x1000 + index);
    }

    function _fill() private {
        for (uint160 i = 0; i < SEATS; ++i) join(_netuid, _holder(i));
    }

    /// @dev Full, all past immunity, and the price back to less than 1 KOIN.
    function _fillAndAge() private {
        _fill();
        vm.warp(block.timestamp + 2 days);
    }

    /// @dev Seat 0 is a validator's.
    function _fillWithValidator() private returns (uint256[] memory keys) {
        keys = addValidators(_netuid, 1, MIN_STAKE);
        for (uint160 i = 1; i < SEATS; ++i) join(_netuid, _holder(i));
    }

    function _challenge(uint16 uid, address newcomer) private returns (uint256 price) {
        price = _price();
        if (newcomer != NEWCOMER) fund(newcomer, price);
        vm.startPrank(newcomer);
        uint256 agentId = newcomer == NEWCOMER ? _agentId : identity.register();
        subnets.challenge(_netuid, uid, agentId, "https://new", price);
        vm.stopPrank();
    }

    function _heldBy(uint16 uid, uint256 timestamp, address hotkey, uint256 since) private view {
        (address holder, uint48 from) = terms.seatAt(_netuid, uid, timestamp);
        eq(holder, hotkey, "holder");
        eq(uint256(from), since, "since");
    }

    /// @dev A result of `epoch` that owes `each` to the accounts beyond nothing, half as miners, active and claimed.
    function _pay(uint256[] memory keys, uint64 epoch, address[] memory accounts, uint256 each) private {
        advance();
        bytes32[] memory amounts = new bytes32[](SEATS);
        for (uint256 i = 0; i < accounts.length; ++i) {
            amounts[subnets.uidOf(_netuid, accounts[i])] = AmountWords.pack(each / 2, each - each / 2);
        }
        Posting memory posting = postingFor(_netuid, epoch, keys, new bytes32[](0), amounts);
        // Totals never fall, so later results name at least what earlier ones did.
        submit(resultFor(_netuid, epoch, posting, 10e18, 10e18), posting, keys, 1);
        vm.warp(block.timestamp + 120);
        for (uint256 i = 0; i < accounts.length; ++i) {
            epochs.claim(claimOf(_netuid, epoch, subnets.uidOf(_netuid, accounts[i]), posting));
        }
    }
}
