// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnetTerms} from "../../src/subnets/ISubnetTerms.sol";
import {Challenge, Neuron, SubnetParams} from "../../src/subnets/ISubnets.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev Random people who register, challenge, match, leave and finalise in one small subnet.
contract SeatsHandler is Network {
    uint256 public constant PEOPLE = 14;
    uint256 public constant SEATS = 8;
    uint32 public netuid;
    uint256[] private _agents;
    uint256 public challenges;
    uint256 public matches;
    uint256 public evictions;
    bool public seatLostDuringNotice;

    constructor() {
        deployNetwork();
        SubnetParams memory small = params();
        (small.maxNeurons, small.rules.immunitySeconds) = (uint16(SEATS), 10 minutes);
        netuid = createSubnet(small);
        for (uint256 i = 0; i < PEOPLE; ++i) {
            fund(person(i), 100_000e18);
            vm.prank(person(i));
            _agents.push(identity.register());
            if (i < SEATS) register(i);
        }
    }

    function elapse(uint256 duration) external {
        vm.warp(block.timestamp + within(duration, 1, 40 minutes));
    }

    function register(uint256 who) public {
        who = who % PEOPLE;
        vm.prank(person(who));
        subnets.register(netuid, _agents[who], "", 100e18);
    }

    function challenge(uint256 who) external {
        who = who % PEOPLE;
        uint16 uid = subnets.challengeable(netuid);
        vm.prank(person(who));
        subnets.challenge(netuid, uid, _agents[who], "", 100e18);
        ++challenges;
    }

    function matchIt(uint256 uid) external {
        uid = uid % SEATS;
        vm.prank(subnets.neuron(netuid, uint16(uid)).hotkey);
        subnets.matchChallenge(netuid, uint16(uid), 100e18);
        ++matches;
    }

    function leave(uint256 who, uint256 chance) external {
        if (chance % 4 != 0) return;
        vm.prank(person(who % PEOPLE));
        subnets.deregister(netuid, person(who % PEOPLE));
    }

    function finalise(uint256 uid) external {
        uid = uid % SEATS;
        Challenge memory open = subnets.challengeOf(netuid, uint16(uid));
        address holder = subnets.neuron(netuid, uint16(uid)).hotkey;
        subnets.finaliseChallenge(netuid, uint16(uid));
        bool stays = subnets.isRegistered(netuid, holder);
        if (!stays && block.timestamp < open.endsAt) seatLostDuringNotice = true;
        if (!stays) ++evictions;
    }

    function person(uint256 index) public pure returns (address) {
        return address(uint160(0x1000 + index));
    }

    function held() external view returns (uint256 balance, uint256 deposits, uint256 open) {
        for (uint16 uid = 0; uid < SEATS; ++uid) {
            if (!subnets.neuron(netuid, uid).isChallenged) continue;
            deposits += subnets.challengeOf(netuid, uid).deposit;
            ++open;
        }
        return (token.balanceOf(address(subnets)), deposits, open);
    }

    function seats() external view returns (Neuron[] memory) {
        return subnets.neurons(netuid);
    }

    function seatOf(address hotkey) external view returns (uint16) {
        return subnets.uidOf(netuid, hotkey);
    }

    function price() external view returns (uint256) {
        return subnets.terms().burnPriceOf(netuid);
    }
}

contract SeatInvariants is Network {
    SeatsHandler private _handler;

    function setUp() public {
        _handler = new SeatsHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev Without this the invariants could hold because nothing ever happens.
    function test_the_handler_challenges_matches_and_evicts() external {
        _handler.elapse(20 minutes);
        _handler.challenge(8);
        _handler.challenge(9);
        _handler.matchIt(0);
        _handler.elapse(40 minutes - 1);
        _handler.finalise(1);
        yes(_handler.challenges() == 2 && _handler.matches() == 1 && _handler.evictions() == 1, "moves");
    }

    function invariant_the_registry_holds_the_deposits_of_open_challenges_and_nothing_else() external view {
        (uint256 balance, uint256 deposits, uint256 open) = _handler.held();
        eq(balance, deposits, "held");
        atMost(open, 6, "a quarter of the seats is out of reach");
    }

    function invariant_seats_and_hotkeys_stay_in_step() external view {
        Neuron[] memory seats = _handler.seats();
        atMost(seats.length, _handler.SEATS(), "seats");
        for (uint256 i = 0; i < seats.length; ++i) eq(_handler.seatOf(seats[i].hotkey), seats[i].uid, "uid");
    }

    function invariant_nobody_loses_a_seat_during_its_notice() external view {
        no(_handler.seatLostDuringNotice(), "lost");
    }

    function invariant_the_price_stays_within_its_bounds() external view {
        uint256 price = _handler.price();
        yes(price >= 0.0005e18 && price <= 100e18, "bounds");
    }
}
