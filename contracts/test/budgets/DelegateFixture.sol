// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC7821} from "solady/accounts/ERC7821.sol";
import {BudgetDelegate} from "../../src/budgets/BudgetDelegate.sol";
import {BudgetHashes} from "../../src/budgets/BudgetHashes.sol";
import {BudgetGrant, ContractCall, IBudgetDelegate, SignedGrant} from "../../src/budgets/IBudgetDelegate.sol";
import {BatchSettlement} from "../../src/payments/BatchSettlement.sol";
import {ChannelConfig, IBatchSettlement} from "../../src/payments/IBatchSettlement.sol";
import {Test} from "../support/Test.sol";
import {PlainToken} from "../support/Tokens.sol";
import {vm} from "../support/Vm.sol";

/// @dev Takes what was approved to it, or less, or tries for more.
contract JobBoard {
    PlainToken private immutable _token;
    uint256 public extra;

    constructor(PlainToken token) {
        _token = token;
    }

    function fund(uint256, uint256 amount, bytes calldata) external {
        require(_token.transferFrom(msg.sender, address(this), amount + extra));
    }

    function other() external {}

    function beGreedy(uint256 more) external {
        extra = more;
    }
}

/// @dev An owner whose account holds our code, as EIP-7702 lets it, with an agent, a helper below it and somebody else.
abstract contract DelegateFixture is Test {
    uint256 internal constant OWNER_KEY = 0x0813;
    uint256 internal constant AGENT_KEY = 0xA6E7;
    uint256 internal constant HELPER_KEY = 0x4E19;
    uint256 internal constant THIEF_KEY = 0x7413F;
    bytes32 internal constant BATCH = bytes32(uint256(0x01000000000078210001) << 176);
    address internal constant ALICE = address(0xA11CE);
    address internal constant BOB = address(0xB0B);

    BatchSettlement internal escrow;
    PlainToken internal token;
    JobBoard internal jobs;
    BudgetDelegate internal account;
    address internal owner;
    uint256 private _salt;

    function deployDelegate() internal {
        escrow = new BatchSettlement();
        token = new PlainToken();
        jobs = new JobBoard(token);
        owner = vm.addr(OWNER_KEY);
        vm.etch(owner, address(new BudgetDelegate(address(escrow))).code);
        account = BudgetDelegate(payable(owner));
        token.mint(owner, 1_000_000);
    }

    function grantOf() internal view returns (BudgetGrant memory grant) {
        grant.owner = owner;
        grant.agent = vm.addr(AGENT_KEY);
        grant.autonomy = "limited";
        grant.asset = address(token);
        grant.receivers = new address[](1);
        grant.receivers[0] = ALICE;
        grant.contractCalls = new ContractCall[](1);
        grant.contractCalls[0] = ContractCall(address(jobs), JobBoard.fund.selector);
        grant.maxPerCallAtomic = 100;
        grant.maxPerPeriodAtomic = 1_000;
        grant.periodSeconds = 1 days;
        grant.maxTotalAtomic = 2_500;
        grant.validFrom = uint64(block.timestamp);
        grant.validUntil = uint64(block.timestamp + 10 days);
    }

    function chainOf(BudgetGrant memory grant) internal view returns (SignedGrant[] memory grants) {
        grants = new SignedGrant[](1);
        grants[0] = SignedGrant(grant, signed(OWNER_KEY, BudgetHashes.ofGrant(grant)));
    }

    function chainOf(BudgetGrant memory grant, BudgetGrant memory child)
        internal
        view
        returns (SignedGrant[] memory grants)
    {
        child.parentGrant = BudgetHashes.ofGrant(grant);
        grants = new SignedGrant[](2);
        grants[0] = SignedGrant(grant, signed(OWNER_KEY, child.parentGrant));
        grants[1] = SignedGrant(child, signed(AGENT_KEY, BudgetHashes.ofGrant(child)));
    }

    function transferCall(address to, uint256 amount) internal view returns (ERC7821.Call[] memory) {
        return one(address(token), abi.encodeCall(token.transfer, (to, amount)));
    }

    function depositCall(address receiver, uint128 amount) internal view returns (ERC7821.Call[] memory) {
        return one(
            address(escrow),
            abi.encodeCall(escrow.deposit, (channelTo(receiver, vm.addr(AGENT_KEY)), amount, owner, ""))
        );
    }

    function channelTo(address receiver, address authorizer) internal view returns (ChannelConfig memory) {
        return ChannelConfig(owner, authorizer, receiver, receiver, address(token), 15 minutes, 0);
    }

    function fundCalls(uint256 approved, uint256 amount) internal view returns (ERC7821.Call[] memory calls) {
        calls = new ERC7821.Call[](2);
        calls[0] = ERC7821.Call(address(token), 0, abi.encodeCall(token.approve, (address(jobs), approved)));
        calls[1] = ERC7821.Call(address(jobs), 0, abi.encodeCall(JobBoard.fund, (1, amount, "")));
    }

    function one(address to, bytes memory data) internal pure returns (ERC7821.Call[] memory calls) {
        calls = new ERC7821.Call[](1);
        calls[0] = ERC7821.Call(to, 0, data);
    }

    function digestOf(SignedGrant[] memory grants, ERC7821.Call[] memory calls, bytes32 salt, uint64 deadline)
        internal
        view
        returns (bytes32)
    {
        bytes32[] memory hashes = new bytes32[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            hashes[i] = keccak256(
                abi.encode(
                    keccak256("Call(address to,uint256 value,bytes data)"),
                    calls[i].to,
                    calls[i].value,
                    keccak256(calls[i].data)
                )
            );
        }
        return BudgetHashes.ofCalls(BudgetHashes.ofGrant(grants[grants.length - 1].grant), hashes, salt, deadline);
    }

    function signedBatch(SignedGrant[] memory grants, ERC7821.Call[] memory calls, uint256 key)
        internal
        returns (bytes memory)
    {
        bytes32 salt = bytes32(++_salt);
        uint64 deadline = uint64(block.timestamp + 600);
        bytes memory signature = signed(key, digestOf(grants, calls, salt, deadline));
        return abi.encode(calls, abi.encode(grants, salt, deadline, signature));
    }

    function run(BudgetGrant memory grant, ERC7821.Call[] memory calls) internal {
        account.execute(BATCH, signedBatch(chainOf(grant), calls, AGENT_KEY));
    }

    function refused(bytes32 code, uint256 level) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IBudgetDelegate.BudgetRefused.selector, code, level);
    }

    function runRefused(BudgetGrant memory grant, ERC7821.Call[] memory calls, bytes memory failure) internal {
        bytes memory batch = signedBatch(chainOf(grant), calls, AGENT_KEY);
        vm.expectRevert(failure);
        account.execute(BATCH, batch);
    }

    function notAllowed(uint256 index) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IBudgetDelegate.CallNotAllowed.selector, index);
    }
}
