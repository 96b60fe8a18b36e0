// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ChannelConfig} from "../../src/payments/IBatchSettlement.sol";
import {PlainToken} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";
import {ChannelFixture} from "./ChannelFixture.sol";

/// @dev Random moves of payers and receivers over four channels, two receivers and one token.
contract ChannelHandler is ChannelFixture {
    uint256 public constant CHANNELS = 4;

    PlainToken public token;
    uint256 public moves;
    mapping(uint256 number => uint256) public deposited;
    mapping(uint256 number => uint256) public returned;

    constructor() {
        deployChannels();
        token = new PlainToken();
    }

    function config(uint256 number) public view returns (ChannelConfig memory terms) {
        terms = configFor(address(token), number);
        terms.receiver = receiver(number);
    }

    function receiver(uint256 number) public pure returns (address) {
        return address(uint160(0x4EC0 + number % 2));
    }

    function state(uint256 number) external view returns (uint128 balance, uint128 totalClaimed) {
        return channels.channels(channels.getChannelId(config(number)));
    }

    function totals(address account) external view returns (uint128 totalClaimed, uint128 totalSettled) {
        return channels.receivers(account, address(token));
    }

    function escrow() external view returns (uint256) {
        return token.balanceOf(address(channels));
    }

    function deposit(uint256 seed, uint128 amount) external {
        uint256 number = seed % CHANNELS;
        amount = uint128(within(amount, 1, 1e18));
        ChannelConfig memory terms = config(number);
        token.mint(terms.payer, amount);
        open(terms, amount);
        deposited[number] += amount;
        ++moves;
    }

    function claim(uint256 seed, uint128 ceiling, uint128 total) external {
        ChannelConfig memory terms = config(seed % CHANNELS);
        uint128 balance = balanceOf(channels.getChannelId(terms));
        ceiling = uint128(within(ceiling, 0, uint256(balance) * 2));
        claimAs(terms.receiver, row(terms, ceiling, uint128(within(total, 0, ceiling))));
        ++moves;
    }

    function settle(uint256 seed) external {
        channels.settle(receiver(seed), address(token));
        ++moves;
    }

    function initiateWithdraw(uint256 seed, uint128 amount) external {
        ChannelConfig memory terms = config(seed % CHANNELS);
        bytes32 channelId = channels.getChannelId(terms);
        amount = uint128(within(amount, 0, balanceOf(channelId)));
        vm.prank(terms.payer);
        channels.initiateWithdraw(terms, amount);
        ++moves;
    }

    function finalizeWithdraw(uint256 seed) external {
        ChannelConfig memory terms = config(seed % CHANNELS);
        vm.warp(block.timestamp + DELAY);
        uint256 had = token.balanceOf(terms.payer);
        vm.prank(terms.payer);
        channels.finalizeWithdraw(terms);
        returned[seed % CHANNELS] += token.balanceOf(terms.payer) - had;
        ++moves;
    }

    function refund(uint256 seed, uint128 amount) external {
        ChannelConfig memory terms = config(seed % CHANNELS);
        uint256 had = token.balanceOf(terms.payer);
        vm.prank(terms.receiver);
        channels.refund(terms, amount);
        returned[seed % CHANNELS] += token.balanceOf(terms.payer) - had;
        ++moves;
    }
}

contract ChannelInvariants is ChannelFixture {
    ChannelHandler private _handler;

    function setUp() public {
        _handler = new ChannelHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_the_escrow_holds_exactly_what_it_owes() external view {
        uint256 owed;
        for (uint256 number = 0; number < _handler.CHANNELS(); ++number) {
            (uint128 balance, uint128 totalClaimed) = _handler.state(number);
            owed += balance - totalClaimed;
        }
        for (uint256 i = 0; i < 2; ++i) {
            (uint128 totalClaimed, uint128 totalSettled) = _handler.totals(_handler.receiver(i));
            owed += totalClaimed - totalSettled;
        }
        eq(_handler.escrow(), owed, "solvent");
    }

    function invariant_a_channel_never_pays_more_than_was_deposited() external view {
        for (uint256 number = 0; number < _handler.CHANNELS(); ++number) {
            (uint128 balance, uint128 totalClaimed) = _handler.state(number);
            atMost(totalClaimed + _handler.returned(number), _handler.deposited(number), "paid out");
            eq(balance + _handler.returned(number), _handler.deposited(number), "balance");
        }
    }

    function invariant_receivers_get_exactly_what_their_channels_claimed() external view {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 claimed;
            for (uint256 number = i; number < _handler.CHANNELS(); number += 2) {
                (, uint128 totalClaimed) = _handler.state(number);
                claimed += totalClaimed;
            }
            (uint128 counted, uint128 totalSettled) = _handler.totals(_handler.receiver(i));
            eq(counted, claimed, "claimed");
            eq(_handler.token().balanceOf(_handler.receiver(i)), totalSettled, "settled");
        }
    }
}
