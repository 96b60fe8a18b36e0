// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC7821} from "solady/accounts/ERC7821.sol";
import {BudgetHashes} from "../../src/budgets/BudgetHashes.sol";
import {BudgetGrant, SignedGrant} from "../../src/budgets/IBudgetDelegate.sol";
import {ChannelConfig} from "../../src/payments/IBatchSettlement.sol";
import {vm} from "../support/Vm.sol";
import {DelegateFixture} from "./DelegateFixture.sol";

/// @dev A thief holds the keys of an agent and of a helper below it, signs any batch and any grant below, moves channel money as the
///      receivers do, and waits. The owner spends, too, and may revoke.
contract ThiefHandler is DelegateFixture {
    uint256 public start;
    uint256 public tries;
    uint256 public done;
    /// What the owner itself sent away.
    uint256 public spentByOwner;
    bool public isRevoked;
    uint256 public leftAtRevocation;
    mapping(uint256 day => uint256) public outIn;

    constructor() {
        deployDelegate();
        start = block.timestamp;
    }

    function grant() public view returns (BudgetGrant memory top) {
        top = grantOf();
        top.validFrom = uint64(start);
        top.validUntil = uint64(start + 10 days);
    }

    function left() public view returns (uint256) {
        return token.balanceOf(owner);
    }

    function held(address who) external view returns (uint256) {
        return token.balanceOf(who);
    }

    function jobBoard() external view returns (address) {
        return address(jobs);
    }

    function charged() external view returns (uint256) {
        return account.budgetSpent(BudgetHashes.ofGrant(grant())).total;
    }

    function allowances() external view returns (uint256) {
        return token.allowance(owner, address(jobs)) + token.allowance(owner, address(escrow))
            + token.allowance(owner, BOB) + token.allowance(owner, ALICE);
    }

    function transfer(uint256 seed, uint256 amount) external {
        _try(transferCall(_someone(seed), within(amount, 0, 150)), seed);
    }

    function deposit(uint256 seed, uint256 amount) external {
        address to = _someone(seed);
        address authorizer = vm.addr(seed % 3 == 0 ? AGENT_KEY : seed % 3 == 1 ? HELPER_KEY : THIEF_KEY);
        bytes memory data =
            abi.encodeCall(escrow.deposit, (channelTo(to, authorizer), uint128(within(amount, 0, 1_200)), owner, ""));
        _try(one(address(escrow), data), seed);
    }

    function fund(uint256 seed, uint256 approved, uint256 amount) external {
        jobs.beGreedy(seed % 2 == 0 ? 0 : within(amount, 0, 100));
        _try(fundCalls(within(approved, 0, 150), within(amount, 0, 150)), seed);
    }

    function anyCall(uint256 seed, address to, bytes calldata data) external {
        _try(one(seed % 4 == 0 ? address(token) : seed % 4 == 1 ? address(escrow) : to, data), seed);
    }

    function collectDirectly(uint256 seed, uint128 amount) external {
        ChannelConfig memory config = channelTo(BOB, vm.addr(THIEF_KEY));
        ++tries;
        try escrow.deposit(config, uint128(within(amount, 1, 1_000)), owner, "") {
            ++done;
        } catch {}
        seed;
    }

    function wait(uint256 span) external {
        vm.warp(block.timestamp + within(span, 1, 2 days));
    }

    function ownerSends(uint256 amount) external {
        amount = within(amount, 1, 10);
        vm.prank(owner);
        account.execute(BATCH, abi.encode(transferCall(address(0xFEED), amount)));
        spentByOwner += amount;
    }

    function ownerRevokes(uint256 seed) external {
        if (isRevoked || seed % 16 != 0) return;
        vm.prank(owner);
        account.revokeBudget(BudgetHashes.ofGrant(grant()));
        isRevoked = true;
        leftAtRevocation = left() + spentByOwner;
    }

    function _try(ERC7821.Call[] memory calls, uint256 seed) private {
        (SignedGrant[] memory grants, uint256 key) = _grants(seed);
        uint256 before = left();
        ++tries;
        try account.execute(BATCH, signedBatch(grants, calls, key)) {
            ++done;
        } catch {}
        outIn[(block.timestamp - start) / 1 days] += before - left();
    }

    /// @dev The agent's grant, or one below it that the thief made as wide as can be.
    function _grants(uint256 seed) private view returns (SignedGrant[] memory, uint256 key) {
        if ((seed >> 8) % 2 == 0) return (chainOf(grant()), AGENT_KEY);
        BudgetGrant memory child = grant();
        child.agent = vm.addr(HELPER_KEY);
        child.autonomy = "full";
        child.maxTotalAtomic = type(uint128).max;
        child.maxPerPeriodAtomic = type(uint128).max;
        child.maxPerCallAtomic = type(uint128).max - uint128((seed >> 16) % 4);
        return (chainOf(grant(), child), HELPER_KEY);
    }

    function _someone(uint256 seed) private pure returns (address) {
        return (seed >> 4) % 3 == 0 ? BOB : ALICE;
    }
}

contract BudgetInvariants is DelegateFixture {
    ThiefHandler private _handler;

    function setUp() public {
        _handler = new ThiefHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_the_owner_loses_at_most_what_was_charged_and_that_is_at_most_the_total() external view {
        uint256 lost = 1_000_000 - _handler.left() - _handler.spentByOwner();
        atMost(lost, _handler.charged(), "lost");
        atMost(_handler.charged(), 2_500, "charged");
    }

    function invariant_nobody_but_those_listed_gets_anything() external view {
        eq(_handler.held(address(0xB0B)), 0, "transfers to others");
        eq(_handler.held(vm.addr(THIEF_KEY)), 0, "the thief");
    }

    function invariant_a_period_costs_at_most_its_limit() external view {
        for (uint256 day = 0; day < 12; ++day) {
            atMost(_handler.outIn(day), 1_000, "period");
        }
    }

    function invariant_no_approval_stays() external view {
        eq(_handler.allowances(), 0, "approvals");
    }

    function invariant_nothing_goes_out_after_the_revocation() external view {
        if (_handler.isRevoked()) {
            eq(_handler.left() + _handler.spentByOwner(), _handler.leftAtRevocation(), "after revocation");
        }
    }
}
