// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Conviction} from "../../src/subnets/Conviction.sol";
import {ISubnets} from "../../src/subnets/ISubnets.sol";
import {AlphaStaking} from "../../src/subnets/pool/AlphaStaking.sol";
import {Pools} from "../../src/subnets/pool/Pools.sol";
import {SubnetTerms} from "../../src/subnets/SubnetTerms.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {IdentityRegistry} from "../../src/identity/IdentityRegistry.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev A token that calls back whenever it moves, which KOIN does not.
contract CallingToken {
    address public minter;
    mapping(address account => uint256) public balanceOf;
    address private _target;
    bytes private _data;
    bool public reentered;

    function give(address account, uint256 amount) external {
        balanceOf[account] += amount;
    }

    function attackWith(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function approve(address, uint256) external pure returns (bool) {
        return true;
    }

    function burnFrom(address account, uint256 amount) external {
        balanceOf[account] -= amount;
        _call();
    }

    function burn(uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        _call();
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
        _call();
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        balanceOf[from] -= amount;
        balanceOf[to] += amount;
        _call();
        return true;
    }

    function _call() private {
        if (_target == address(0)) return;
        (bool success,) = _target.call(_data);
        if (success) reentered = true;
    }
}

contract SeatReentrancyTest is Network {
    CallingToken private _token;
    Subnets private _subnets;

    function setUp() public {
        _token = new CallingToken();
        identity = new IdentityRegistry();
        Pools itsPools = new Pools(KoinonToken(address(_token)));
        _subnets = new Subnets(identity, new SubnetTerms(), new AlphaStaking(itsPools, 1 days, 1e18), new Conviction(itsPools), 1e9);
        _token.give(address(this), 1e18);
        _subnets.createSubnet(params(), 1e9);
        for (uint160 i = 0; i < 17; ++i) {
            address hotkey = address(0x1000 + i);
            _token.give(hotkey, 1_000e18);
            vm.startPrank(hotkey);
            uint256 agentId = identity.register();
            if (i < 16) _subnets.register(1, agentId, "", 100e18);
            else {
                vm.warp(block.timestamp + 1 days);
                _subnets.challenge(1, 0, agentId, "", 100e18);
            }
            vm.stopPrank();
        }
    }

    function test_finalising_from_within_a_refund_finds_no_challenge() public {
        _token.attackWith(address(_subnets), abi.encodeCall(ISubnets.finaliseChallenge, (1, 0)));
        vm.prank(address(0x1000));
        _subnets.matchChallenge(1, 0, 100e18);
        no(_token.reentered(), "reentered");
        eq(_token.balanceOf(address(_subnets)), 0, "paid once");
    }

    function test_creating_from_within_a_payment_makes_two_whole_subnets() public {
        _token.give(address(_token), 1e18);
        _token.attackWith(address(_subnets), abi.encodeCall(ISubnets.createSubnet, (params(), 1e18)));
        uint256 held = _token.balanceOf(address(_subnets));
        _subnets.createSubnet(params(), 1e18);
        uint32 count = _subnets.subnetCount();
        uint256 reserves;
        for (uint32 netuid = 1; netuid <= count; ++netuid) reserves += _subnets.pools().stateOf(netuid).koin;
        eq(_subnets.livingSubnets().length, count, "all of them live");
        eq(_token.balanceOf(address(_subnets.pools())), reserves, "each with its lock");
        eq(_token.balanceOf(address(_subnets)), held, "nothing stays behind");
    }

    function test_finalising_twice_burns_and_seats_once() public {
        vm.warp(block.timestamp + 1 hours);
        _token.attackWith(address(_subnets), abi.encodeCall(ISubnets.finaliseChallenge, (1, 0)));
        _subnets.finaliseChallenge(1, 0);
        no(_token.reentered(), "reentered");
        eq(_subnets.uidOf(1, address(0x1010)), 0, "seated");
        eq(_token.balanceOf(address(_subnets)), 0, "burned once");
    }
}
