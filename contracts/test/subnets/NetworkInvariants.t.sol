// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Claim, Posting, Result} from "../../src/subnets/IEpochs.sol";
import {Subnets} from "../../src/subnets/Subnets.sol";
import {KoinonToken} from "../../src/token/KoinonToken.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev Random moves of stakers, validators and claimants; some of the claims are against disabled roots.
contract NetworkHandler is Network {
    struct Tree {
        uint32 netuid;
        uint64 epoch;
        bytes32 resultHash;
        uint256 toAnn;
        uint256 toBob;
        bool disabled;
    }

    uint256 public constant VALIDATORS = 3;
    uint256 public constant MAX_SUBNETS = 3;
    address public constant ANN = address(0xA);
    address public constant BOB = address(0xB);

    /// @dev Taken first in every subnet, and never left.
    uint16 private constant ANN_UID = 0;
    uint16 private constant BOB_UID = 1;

    uint256[] private _keys;
    mapping(uint32 netuid => uint48) private _since;
    Tree[] private _trees;
    uint256 public positions;
    uint256 public queued;
    uint256 public paid;
    uint256 public rootsAccepted;
    bool public disabledRootPaid;
    bool public paidWrongAmount;

    constructor() {
        deployNetwork();
        _keys = sortedKeys(VALIDATORS);
        _addSubnet();
    }

    function stake(uint256 seed, uint256 who, uint256 amount) external {
        amount = within(amount, 1, 50e18);
        stakeOn(_netuid(seed), _hotkey(who), ANN, amount);
        positions += amount;
    }

    function unstake(uint256 seed, uint256 who, uint256 amount) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(who));
        amount = within(amount, 0, staking.positionOf(netuid, hotkey, ANN));
        vm.prank(ANN);
        staking.unstake(netuid, hotkey, amount);
        positions -= amount;
        queued += amount;
    }

    function withdraw(uint256 portions) external {
        vm.prank(ANN);
        queued -= staking.withdraw(within(portions, 0, 5));
    }

    function elapse(uint256 duration) external {
        vm.warp(block.timestamp + within(duration, 1, 3 days));
    }

    function leaveOrJoin(uint256 seed, uint256 who) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(who));
        if (!subnets.isRegistered(netuid, hotkey)) {
            join(netuid, hotkey);
            return;
        }
        vm.prank(hotkey);
        subnets.deregister(netuid, hotkey);
    }

    function addSubnet() external {
        if (subnets.subnetCount() < MAX_SUBNETS) _addSubnet();
    }

    function submitRoot(uint256 seed, uint256 toAnn, uint256 toBob, bool object) external {
        uint32 netuid = _netuid(seed);
        vm.warp(block.timestamp + 3 * EPOCH);
        uint64 epoch = subnets.epochAt(netuid, block.timestamp) - 2;
        uint256 accrued = emission.accrued(netuid, epoch + 1);
        Tree memory tree = Tree(netuid, epoch, 0, within(toAnn, 0, accrued), 0, false);
        tree.toBob = within(toBob, 0, accrued - tree.toAnn);
        Posting memory posting = postingFor(netuid, epoch, _keys, _seats(tree));
        Result memory result = resultFor(netuid, epoch, posting, tree.toAnn + tree.toBob);
        tree.resultHash = epochs.resultDigest(result);
        bytes[] memory signatures = _permittedSignatures(netuid, epoch, tree.resultHash);
        epochs.submitRoot(result, posting, (1 << signatures.length) - 1, signatures);
        ++rootsAccepted;
        if (object) {
            bytes32 objection = epochs.objectionDigest(netuid, epoch, tree.resultHash);
            epochs.objectRoot(netuid, epoch, tree.resultHash, _permittedSignatures(netuid, epoch, objection));
            tree.disabled = true;
        }
        _trees.push(tree);
    }

    function claim(uint256 seed, bool forAnn) external {
        Tree memory tree = _trees[seed % _trees.length];
        (address account, uint16 uid) = forAnn ? (ANN, ANN_UID) : (BOB, BOB_UID);
        uint256 cumulative = forAnn ? tree.toAnn : tree.toBob;
        uint256 had = epochs.paidTo(tree.netuid, account, _since[tree.netuid]);
        Claim memory entry = claimOf(tree.netuid, tree.epoch, uid, _seats(tree));
        uint256 amount = epochs.claim(entry);
        paid += amount;
        bool replaced = epochs.rootOf(tree.netuid, tree.epoch).resultHash != tree.resultHash;
        if (tree.disabled || replaced) disabledRootPaid = true;
        if (amount != cumulative - had) paidWrongAmount = true;
    }

    function parts() external view returns (KoinonToken, Subnets) {
        return (token, subnets);
    }

    function stakingBalance() external view returns (uint256) {
        return token.balanceOf(address(staking));
    }

    function totalPaid(uint32 netuid) external view returns (uint256) {
        return epochs.totalPaid(netuid);
    }

    function emissionOf(uint32 netuid) external view returns (uint256) {
        return emission.accruedUntil(netuid, block.timestamp);
    }

    function minted() external view returns (uint256 mintedByEmission, uint256 issued) {
        return (emission.totalMinted(), emission.issuedUntil(block.timestamp));
    }

    /// @dev Sums over the hotkeys beside the totals the contract keeps, one second ago.
    function stakeSums(uint32 netuid) external view returns (uint256 all, uint256 sum, uint256 quorum, uint256 votes) {
        uint256 second = block.timestamp - 1;
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            sum += staking.stakeAt(netuid, _hotkey(i), second);
            votes += staking.permittedStakeAt(netuid, _hotkey(i), second);
        }
        return (staking.totalStakeAt(netuid, second), sum, staking.totalPermittedStakeAt(netuid, second), votes);
    }

    function _addSubnet() private {
        uint32 netuid = createSubnet();
        join(netuid, ANN);
        join(netuid, BOB);
        _since[netuid] = uint48(block.timestamp);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            join(netuid, _hotkey(i));
            stakeOn(netuid, _hotkey(i), ANN, 2 * MIN_STAKE);
            positions += 2 * MIN_STAKE;
        }
    }

    function _netuid(uint256 seed) private view returns (uint32) {
        return uint32(1 + seed % subnets.subnetCount());
    }

    function _hotkey(uint256 who) private view returns (address) {
        return vm.addr(_keys[who % VALIDATORS]);
    }

    function _seats(Tree memory tree) private pure returns (bytes32[] memory seats) {
        seats = new bytes32[](2);
        (seats[ANN_UID], seats[BOB_UID]) = (bytes32(tree.toAnn), bytes32(tree.toBob));
    }

    function _permittedSignatures(uint32 netuid, uint64 epoch, bytes32 digest)
        private
        view
        returns (bytes[] memory signatures)
    {
        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        uint256 count;
        signatures = new bytes[](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            if (staking.permittedStakeAt(netuid, _hotkey(i), startsAt) == 0) continue;
            signatures[count++] = signed(_keys[i], digest);
        }
        assembly ("memory-safe") {
            mstore(signatures, count)
        }
    }
}

contract NetworkInvariants is Network {
    NetworkHandler private _handler;

    function setUp() public {
        _handler = new NetworkHandler();
        vm.warp(block.timestamp + 1);
    }

    /// @dev Without this the invariants could hold because nothing ever happens.
    function test_the_handler_reaches_accepted_disabled_and_paid_roots() external {
        _handler.submitRoot(0, 60e18, 40e18, true);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert();
        _handler.claim(0, true);
        eq(_handler.paid(), 0, "a disabled root paid nothing");
        _handler.submitRoot(0, 60e18, 40e18, false);
        vm.warp(block.timestamp + 1 days);
        _handler.claim(1, true);
        _handler.claim(1, false);
        eq(_handler.paid(), 100e18, "paid");
        _handler.unstake(0, 0, 50e18);
        vm.warp(block.timestamp + UNBONDING);
        _handler.withdraw(5);
        yes(_handler.queued() == 0 && _handler.rootsAccepted() == 2, "moves");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_claims_are_at_most_minted_are_at_most_accrued() external view {
        (, Subnets registry) = _handler.parts();
        uint256 sumPaid;
        uint256 sumAccrued;
        for (uint32 netuid = 1; netuid <= registry.subnetCount(); ++netuid) {
            atMost(_handler.totalPaid(netuid), _handler.emissionOf(netuid), "paid by the subnet");
            sumPaid += _handler.totalPaid(netuid);
            sumAccrued += _handler.emissionOf(netuid);
        }
        (uint256 minted, uint256 issued) = _handler.minted();
        eq(sumPaid, minted, "every paid unit was minted for it");
        eq(_handler.paid(), minted, "and was received");
        atMost(sumAccrued, issued, "accrued");
    }

    function invariant_the_token_cap_holds() external view {
        (KoinonToken coin,) = _handler.parts();
        (uint256 minted,) = _handler.minted();
        eq(coin.totalMinted(), GENESIS_SUPPLY + minted, "only genesis and emission");
        atMost(coin.totalMinted(), coin.CAP(), "cap");
        atMost(coin.totalSupply(), coin.totalMinted(), "supply");
    }

    function invariant_stake_is_conserved() external view {
        eq(_handler.stakingBalance(), _handler.positions() + _handler.queued(), "held");
        (, Subnets registry) = _handler.parts();
        for (uint32 netuid = 1; netuid <= registry.subnetCount(); ++netuid) {
            (uint256 all, uint256 sum, uint256 quorum, uint256 votes) = _handler.stakeSums(netuid);
            eq(all, sum, "total stake");
            eq(quorum, votes, "total permitted stake");
            atMost(quorum, all, "permitted is part of all");
        }
    }

    function invariant_a_disabled_root_never_pays_and_an_active_one_pays_its_leaves() external view {
        no(_handler.disabledRootPaid(), "disabled root paid");
        no(_handler.paidWrongAmount(), "wrong amount");
    }
}
