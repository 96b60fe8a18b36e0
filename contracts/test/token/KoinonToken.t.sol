// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {Test} from "../support/Test.sol";
import {vm} from "../support/Vm.sol";

contract KoinonTokenTest is Test {
    address private constant HOLDER = address(0x401D);
    address private constant MINTER = address(0x3147);
    KoinonToken private _token;

    function setUp() public {
        _token = new KoinonToken(HOLDER, 1_000e18, address(this));
    }

    function test_describes_itself() public view {
        eq(_token.name(), "Koinon", "name");
        eq(_token.symbol(), "KOIN", "symbol");
        eq(_token.decimals(), 18, "decimals");
        eq(_token.CAP(), 21_000_000e18, "cap");
        eq(_token.balanceOf(HOLDER), 1_000e18, "genesis");
        eq(_token.CLOCK_MODE(), "mode=timestamp", "clock mode");
        eq(_token.clock(), block.timestamp, "clock");
    }

    function test_the_minter_is_set_once_by_the_setter_only() public {
        vm.prank(HOLDER);
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.NotMinterSetter.selector, HOLDER));
        _token.setMinter(HOLDER);
        vm.expectRevert(KoinonToken.MinterIsZero.selector);
        _token.setMinter(address(0));

        _token.setMinter(MINTER);
        eq(_token.minter(), MINTER, "minter");
        eq(_token.minterSetter(), address(0), "setter gave up");
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.NotMinterSetter.selector, address(this)));
        _token.setMinter(address(this));
    }

    function test_nobody_mints_before_or_beside_the_minter() public {
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.NotMinter.selector, address(this)));
        _token.mint(HOLDER, 1);
        _token.setMinter(MINTER);
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.NotMinter.selector, address(this)));
        _token.mint(HOLDER, 1);
        vm.prank(MINTER);
        _token.mint(HOLDER, 5);
        eq(_token.totalMinted(), 1_000e18 + 5, "minted");
    }

    function test_burning_frees_no_room_under_the_cap() public {
        _token.setMinter(MINTER);
        uint256 cap = _token.CAP();
        uint256 room = cap - _token.totalMinted();
        vm.prank(MINTER);
        _token.mint(HOLDER, room);
        vm.prank(HOLDER);
        _token.burn(500e18);
        vm.prank(MINTER);
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.CapExceeded.selector, cap + 1, cap));
        _token.mint(HOLDER, 1);
    }

    function test_genesis_beyond_the_cap_cannot_be_deployed() public {
        uint256 cap = _token.CAP();
        vm.expectRevert(abi.encodeWithSelector(KoinonToken.CapExceeded.selector, cap + 1, cap));
        new KoinonToken(HOLDER, cap + 1, address(this));
    }

    function test_votes_follow_delegation_by_timestamp() public {
        vm.prank(HOLDER);
        _token.delegate(HOLDER);
        uint256 delegatedAt = block.timestamp;
        vm.warp(delegatedAt + 100);
        vm.prank(HOLDER);
        require(_token.transfer(MINTER, 400e18));
        vm.warp(delegatedAt + 200);
        eq(_token.getPastVotes(HOLDER, delegatedAt + 99), 1_000e18, "before the transfer");
        eq(_token.getPastVotes(HOLDER, delegatedAt + 100), 600e18, "after the transfer");
        eq(_token.getPastTotalSupply(delegatedAt + 150), 1_000e18, "supply");
    }

    function test_permit_approves_once() public {
        (uint256 key, uint256 deadline) = (0xBEEF, block.timestamp + 1);
        address owner = vm.addr(key);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                owner,
                address(this),
                uint256(7),
                uint256(0),
                deadline
            )
        );
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", _token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        _token.permit(owner, address(this), 7, deadline, v, r, s);
        eq(_token.allowance(owner, address(this)), 7, "allowance");
        eq(_token.nonces(owner), 1, "nonce");
        vm.expectRevert();
        _token.permit(owner, address(this), 7, deadline, v, r, s);
    }

    function testFuzz_total_minted_never_passes_the_cap(uint256[8] memory amounts, uint256[8] memory burns) public {
        _token.setMinter(MINTER);
        for (uint256 i = 0; i < amounts.length; ++i) {
            vm.prank(MINTER);
            try _token.mint(HOLDER, within(amounts[i], 0, 8_000_000e18)) {} catch {}
            uint256 burned = within(burns[i], 0, _token.balanceOf(HOLDER));
            vm.prank(HOLDER);
            _token.burn(burned);
        }
        atMost(_token.totalMinted(), _token.CAP(), "minted");
        atMost(_token.totalSupply(), _token.totalMinted(), "supply");
    }
}
