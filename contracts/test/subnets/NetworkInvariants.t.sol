// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Accrued, Step} from "../../src/subnets/emission/IPoolEmission.sol";
import {Claim, Posting, Result} from "../../src/subnets/results/IEpochs.sol";
import {HotkeyState} from "../../src/subnets/pool/IAlphaStaking.sol";
import {PoolState} from "../../src/subnets/pool/IPools.sol";
import {AmountWords} from "../../src/subnets/results/SeatWords.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

/// @dev All that one subnet paid and holds.
struct Books {
    uint256 mined;
    uint256 dividends;
    Accrued accrued;
    Accrued paid;
    uint256 held;
    uint256 koin;
    uint256 weight;
    uint256 weights;
    uint256 quorum;
    uint256 votes;
}

/// @dev Random moves of stakers, traders, validators and claimants; some of the claims are against disabled roots.
contract NetworkHandler is Network {
    struct Tree {
        uint32 netuid;
        uint64 epoch;
        bytes32 resultHash;
        bytes32 ann;
        bytes32 bob;
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
    uint256 public received;
    uint256 public ownersPaid;
    uint256 public withdrawals;
    uint256 public trades;
    uint256 public rootsAccepted;
    bool public disabledRootPaid;
    bool public paidWrongAmount;

    constructor() {
        deployNetwork();
        _keys = sortedKeys(VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) stakeRoot(_hotkey(i), ANN, MIN_STAKE);
        _addSubnet();
    }

    function stakeKoin(uint256 who, uint256 amount) external {
        stakeRoot(_hotkey(who), ANN, within(amount, 1, 50e18));
    }

    function stakeAlpha(uint256 seed, uint256 who, uint256 amount) external {
        uint32 netuid = _netuid(seed);
        amount = within(amount, 1, pools.balanceOf(ANN, netuid));
        vm.prank(ANN);
        staking.stake(netuid, _hotkey(who), amount);
    }

    function unstake(uint256 seed, uint256 who, uint256 part) external {
        (uint32 netuid, address hotkey) = (uint32(seed % (subnets.subnetCount() + 1)), _hotkey(who));
        (uint256 shares,) = staking.positionOf(netuid, hotkey, ANN);
        vm.prank(ANN);
        staking.unstake(netuid, hotkey, within(part, shares / 10, shares), 1);
    }

    function withdraw(uint256 portions) external {
        staking.withdraw(ANN, within(portions, 1, 5));
        ++withdrawals;
    }

    function buy(uint256 seed, uint256 amount) external {
        uint32 netuid = _netuid(seed);
        amount = within(amount, 1e9, 20e18);
        fund(ANN, amount);
        vm.prank(ANN);
        pools.buy(netuid, amount, 1);
        ++trades;
    }

    function sell(uint256 seed, uint256 amount) external {
        uint32 netuid = _netuid(seed);
        amount = within(amount, 1e9, pools.balanceOf(ANN, netuid));
        vm.prank(ANN);
        pools.sell(netuid, amount, 1);
        ++trades;
    }

    function elapse(uint256 duration) external {
        vm.warp(block.timestamp + within(duration, 1, 3 days));
        if (duration % 2 == 0) advance();
    }

    function advanceSome(uint256 most) external {
        emission.advance(most % 3);
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

    function seekOrNot(uint256 seed, uint256 who, bool seeks) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(who));
        if (!subnets.isRegistered(netuid, hotkey) && staking.weightOf(netuid, hotkey) == 0) seeks = false;
        vm.prank(hotkey);
        permits.seekPermit(netuid, seeks);
    }

    function slashSome(uint256 seed, uint256 who, uint256 bps) external {
        (uint32 netuid, address hotkey) = (_netuid(seed), _hotkey(who));
        vm.prank(address(epochs));
        staking.slash(netuid, hotkey, within(bps, 1, 2_000), BOB);
    }

    function addSubnet() external {
        if (subnets.subnetCount() < MAX_SUBNETS) _addSubnet();
    }

    function submitRoot(uint256 seed, uint256[4] calldata amounts, bool object) external {
        uint32 netuid = _netuid(seed);
        vm.warp(block.timestamp + 3 * EPOCH);
        _finishStep();
        advance();
        uint64 epoch = subnets.epochAt(netuid, block.timestamp) - 2;
        Tree memory tree = _plan(netuid, epoch, amounts);
        Posting memory posting = _posting(tree);
        Result memory result = resultFor(
            netuid,
            epoch,
            posting,
            AmountWords.mined(tree.ann) + AmountWords.mined(tree.bob),
            AmountWords.dividends(tree.ann) + AmountWords.dividends(tree.bob)
        );
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
        (uint256 hadMined, uint256 hadDividends) = epochs.paidTo(tree.netuid, account, _since[tree.netuid]);
        Claim memory entry = claimOf(tree.netuid, tree.epoch, uid, _posting(tree));
        (uint256 mined, uint256 dividends) = epochs.claim(entry);
        received += mined + dividends;
        bool replaced = epochs.rootOf(tree.netuid, tree.epoch).resultHash != tree.resultHash;
        if (tree.disabled || replaced) disabledRootPaid = true;
        uint256 dueMined = _beyond(AmountWords.mined(entry.amounts), hadMined);
        uint256 dueDividends = _beyond(AmountWords.dividends(entry.amounts), hadDividends);
        if (mined != dueMined || dividends != dueDividends) paidWrongAmount = true;
    }

    function claimOwner(uint256 seed) external {
        ownersPaid += epochs.claimOwner(_netuid(seed));
    }

    function count() external view returns (uint32) {
        return subnets.subnetCount();
    }

    function booksOf(uint32 netuid) external view returns (Books memory books) {
        (books.mined, books.dividends) = epochs.totalPaid(netuid);
        books.accrued = emission.accruedUntil(netuid, emission.finalUntil());
        books.paid = emission.paidOf(netuid);
        books.held = pools.balanceOf(address(emission), netuid);
        PoolState memory pool = pools.stateOf(netuid);
        books.koin = uint256(pool.koin) + pool.idleKoin;
        books.weight = staking.totalWeightOf(netuid);
        books.quorum = permits.totalPermittedStakeAt(netuid, block.timestamp - 1);
        for (uint256 i = 0; i < VALIDATORS + 3; ++i) {
            books.weights += staking.weightOf(netuid, _anyHotkey(i));
            books.votes += permits.permittedStakeAt(netuid, _anyHotkey(i), block.timestamp - 1);
        }
    }

    /// @dev KOIN held by pools, fees in it, KOIN held by staking, and what the root owes there.
    function koin() external view returns (uint256 inPools, uint256 fees, uint256 staked, uint256 owed) {
        (fees,) = pools.fees();
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            HotkeyState memory root = staking.hotkeyOf(0, _hotkey(i));
            owed += root.stakedAssets + root.leavingAssets;
        }
        return (token.balanceOf(address(pools)), fees, token.balanceOf(address(staking)), owed);
    }

    function mints() external view returns (uint256 minted, uint256 cap, uint256 kept, bool isOpen) {
        (, Step memory step) = emission.lastStep();
        return (token.totalMinted(), token.CAP(), token.balanceOf(address(emission)), step.paid < step.count);
    }

    function _addSubnet() private {
        uint32 netuid = createSubnet();
        join(netuid, ANN);
        join(netuid, BOB);
        _since[netuid] = uint48(block.timestamp);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            join(netuid, _hotkey(i));
            seek(netuid, _hotkey(i));
        }
    }

    /// @dev A step that somebody left half paid.
    function _finishStep() private {
        (, Step memory step) = emission.lastStep();
        if (step.paid < step.count) emission.advance(type(uint256).max);
        vm.warp(block.timestamp + 1);
    }

    /// @dev Amounts within what accrued by then.
    function _plan(uint32 netuid, uint64 epoch, uint256[4] calldata amounts) private view returns (Tree memory tree) {
        Accrued memory accrued = emission.accrued(netuid, epoch + 1);
        uint256 annMined = within(amounts[0], 0, accrued.miners);
        uint256 annDividends = within(amounts[1], 0, accrued.dividends);
        tree = Tree(netuid, epoch, 0, AmountWords.pack(annMined, annDividends), 0, false);
        tree.bob = AmountWords.pack(
            within(amounts[2], 0, accrued.miners - annMined), within(amounts[3], 0, accrued.dividends - annDividends)
        );
    }

    function _posting(Tree memory tree) private view returns (Posting memory) {
        bytes32[] memory amounts = new bytes32[](2);
        (amounts[ANN_UID], amounts[BOB_UID]) = (tree.ann, tree.bob);
        return postingFor(tree.netuid, tree.epoch, _keys, new bytes32[](0), amounts);
    }

    function _netuid(uint256 seed) private view returns (uint32) {
        return uint32(1 + seed % subnets.subnetCount());
    }

    function _hotkey(uint256 who) private view returns (address) {
        return vm.addr(_keys[who % VALIDATORS]);
    }

    /// @dev All that anything is staked on: miners and the owner are paid on their own.
    function _anyHotkey(uint256 index) private view returns (address) {
        if (index < VALIDATORS) return _hotkey(index);
        return [ANN, BOB, FOUNDER][index - VALIDATORS];
    }

    function _beyond(uint256 cumulative, uint256 had) private pure returns (uint256) {
        return cumulative > had ? cumulative - had : 0;
    }

    function _permittedSignatures(uint32 netuid, uint64 epoch, bytes32 digest)
        private
        view
        returns (bytes[] memory signatures)
    {
        uint256 startsAt = subnets.epochWindow(netuid, epoch).startsAt;
        uint256 found;
        signatures = new bytes[](VALIDATORS);
        for (uint256 i = 0; i < VALIDATORS; ++i) {
            if (permits.permittedStakeAt(netuid, _hotkey(i), startsAt) == 0) continue;
            signatures[found++] = signed(_keys[i], digest);
        }
        assembly ("memory-safe") {
            mstore(signatures, found)
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
        uint256[4] memory amounts = [uint256(6e18), 4e18, 3e18, 2e18];
        _handler.submitRoot(0, amounts, true);
        vm.warp(block.timestamp + 1 days);
        vm.expectRevert();
        _handler.claim(0, true);
        eq(_handler.received(), 0, "a disabled root paid nothing");
        _handler.submitRoot(0, amounts, false);
        vm.warp(block.timestamp + 1 days);
        _handler.claim(1, true);
        _handler.claim(1, false);
        eq(_handler.received(), 15e18, "paid");
        _handler.claimOwner(0);
        yes(_handler.ownersPaid() > 0, "and the owner");
        _handler.buy(0, 5e18);
        _handler.stakeAlpha(0, 0, 1e18);
        _handler.unstake(0, 0, type(uint256).max);
        _handler.slashSome(0, 0, 1_000);
        vm.warp(block.timestamp + UNBONDING);
        _handler.withdraw(5);
        yes(_handler.withdrawals() == 1 && _handler.rootsAccepted() == 2 && _handler.trades() == 1, "moves");
        this.invariant_the_books_of_the_network_balance();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    /// @dev One campaign for all: every invariant of its own would run the same moves again.
    function invariant_the_books_of_the_network_balance() external {
        vm.warp(block.timestamp + 1);
        uint256 sumPaid;
        uint256 reserves;
        (uint256 minted, uint256 cap, uint256 kept, bool isOpen) = _handler.mints();
        for (uint32 netuid = 1; netuid <= _handler.count(); ++netuid) {
            Books memory books = _handler.booksOf(netuid);
            eq(books.mined, books.paid.miners, "every claim of a miner was paid of what accrued");
            eq(books.dividends, books.paid.dividends, "and every dividend");
            atMost(books.paid.miners, books.accrued.miners, "miners");
            atMost(books.paid.dividends, books.accrued.dividends, "dividends");
            atMost(books.paid.owner, books.accrued.owner, "owner");
            uint256 owed = _sum(books.accrued) - _sum(books.paid);
            if (isOpen) atMost(owed, books.held, "alpha held for payments");
            else eq(books.held, owed, "alpha held for payments");
            eq(books.weight, books.weights, "total weight");
            eq(books.quorum, books.votes, "total permitted weight");
            atMost(books.quorum, books.weight, "permitted is part of all");
            sumPaid += books.mined + books.dividends;
            reserves += books.koin;
        }
        eq(_handler.received(), sumPaid, "what was paid was received");
        (uint256 inPools, uint256 fees, uint256 staked, uint256 owedAtRoot) = _handler.koin();
        eq(inPools, reserves + fees, "KOIN of pools");
        eq(staked, owedAtRoot, "KOIN on the root");
        eq(kept, 0, "emission keeps no KOIN");
        atMost(minted, cap, "cap");
        no(_handler.disabledRootPaid(), "disabled root paid");
        no(_handler.paidWrongAmount(), "wrong amount");
    }

    function _sum(Accrued memory parts) private pure returns (uint256) {
        return uint256(parts.owner) + parts.miners + parts.dividends;
    }
}
