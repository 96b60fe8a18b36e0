// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISubnets} from "../../src/subnets/ISubnets.sol";
import {IWork} from "../../src/subnets/IWork.sol";
import {Network} from "../support/Network.sol";
import {vm} from "../support/Vm.sol";

contract WorkTest is Network {
    address private constant MINER = address(0x3146);
    bytes32 private constant ROOT = keccak256("root");
    uint32 private _netuid;

    event WorkCommitted(
        uint32 indexed netuid,
        uint64 indexed epoch,
        address indexed hotkey,
        uint16 uid,
        bytes32 root,
        uint64 count,
        bytes32 dataHash
    );

    function setUp() public {
        deployNetwork();
        _netuid = createSubnet();
        join(_netuid, address(0x1));
        join(_netuid, MINER);
    }

    function test_a_registered_hotkey_commits_once_in_its_phase() public {
        uint256 endsAt = subnets.epochWindow(_netuid, 0).endsAt;
        vm.startPrank(MINER);
        vm.warp(endsAt - 1);
        vm.expectRevert(abi.encodeWithSelector(IWork.OutsideWorkCommit.selector, endsAt - 1, endsAt, endsAt + 60));
        work.commitWork(_netuid, 0, ROOT, 3, "");
        vm.warp(endsAt);
        vm.expectEmit(true, true, true, true);
        emit WorkCommitted(_netuid, 0, MINER, 1, ROOT, 3, keccak256("data"));
        work.commitWork(_netuid, 0, ROOT, 3, keccak256("data"));
        eq(work.workHashOf(_netuid, 0, MINER), keccak256(abi.encode(ROOT, uint64(3), keccak256("data"))), "stored");
        vm.expectRevert(abi.encodeWithSelector(IWork.WorkAlreadyCommitted.selector, _netuid, 0, MINER));
        work.commitWork(_netuid, 0, ROOT, 4, "");
        vm.warp(endsAt + EPOCH + 60);
        vm.expectRevert(
            abi.encodeWithSelector(
                IWork.OutsideWorkCommit.selector, block.timestamp, endsAt + EPOCH, endsAt + EPOCH + 60
            )
        );
        work.commitWork(_netuid, 1, ROOT, 3, "");
        vm.stopPrank();
    }

    function test_strangers_cannot_commit() public {
        toWorkCommit(_netuid, 0);
        vm.expectRevert(
            abi.encodeWithSelector(ISubnets.HotkeyNotRegistered.selector, _netuid, address(this))
        );
        work.commitWork(_netuid, 0, ROOT, 3, "");
    }

    function test_the_beacon_is_drawn_once_after_the_phase_by_anyone() public {
        toWorkCommit(_netuid, 0);
        uint256 opensAt = subnets.epochWindow(_netuid, 0).workCommitEndsAt;
        vm.expectRevert(abi.encodeWithSelector(IWork.BeaconTooEarly.selector, block.timestamp, opensAt));
        work.drawBeacon(_netuid, 0);
        toWeightCommit(_netuid, 0);
        vm.roll(500);
        vm.prevrandao(keccak256("randao"));
        bytes32 expected = keccak256(abi.encode(block.prevrandao, blockhash(499), _netuid, uint64(0)));
        eq(work.drawBeacon(_netuid, 0), expected, "formula");
        eq(work.beaconOf(_netuid, 0), expected, "stored");
        vm.prevrandao(keccak256("another"));
        vm.expectRevert(abi.encodeWithSelector(IWork.BeaconAlreadyDrawn.selector, _netuid, 0));
        work.drawBeacon(_netuid, 0);
    }

    function test_beacons_differ_per_epoch_and_subnet() public {
        uint32 other = createSubnet();
        vm.warp(subnets.epochWindow(_netuid, 1).workCommitEndsAt);
        bytes32 first = work.drawBeacon(_netuid, 0);
        no(first == work.drawBeacon(_netuid, 1), "per epoch");
        no(first == work.drawBeacon(other, 0), "per subnet");
    }
}
