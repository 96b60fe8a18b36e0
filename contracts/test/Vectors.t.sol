// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {BatchSettlement} from "../src/payments/BatchSettlement.sol";
import {ERC3009DepositCollector} from "../src/payments/ERC3009DepositCollector.sol";
import {ChannelConfig, Voucher, VoucherClaim} from "../src/payments/IBatchSettlement.sol";
import {Permit2DepositCollector} from "../src/payments/Permit2DepositCollector.sol";
import {ExactPermit2Proxy} from "../src/payments/permit2/ExactPermit2Proxy.sol";
import {SignatureTransfer} from "../src/payments/permit2/SignatureTransfer.sol";
import {UptoPermit2Proxy} from "../src/payments/permit2/UptoPermit2Proxy.sol";
import {Epochs} from "../src/subnets/results/Epochs.sol";
import {Result} from "../src/subnets/results/IEpochs.sol";
import {Weights} from "../src/subnets/Weights.sol";
import {Network} from "./support/Network.sol";
import {vm} from "./support/Vm.sol";

/// @dev specs/vectors/contracts.json is computed with viem; here the contracts must agree with it.
contract VectorsTest is Network {
    string private _json;

    function setUp() public {
        deployNetwork();
        _json = vm.readFile("specs/vectors/contracts.json");
        vm.chainId(_uint(".chainId"));
    }

    function test_result_and_objection_digests() public {
        address place = _address(".result.verifyingContract");
        vm.etch(place, address(epochs).code);
        Result memory result = Result({
            netuid: uint32(_uint(".result.netuid")),
            epoch: uint64(_uint(".result.epoch")),
            previousHash: _word(".result.previousHash"),
            root: _word(".result.root"),
            minersTotal: _uint(".result.minersTotal"),
            dividendsTotal: _uint(".result.dividendsTotal"),
            validatorsHash: _word(".result.validatorsHash"),
            carryHash: _word(".result.carryHash"),
            specHash: _word(".result.specHash"),
            dataHash: _word(".result.dataHash")
        });
        bytes32 digest = Epochs(place).resultDigest(result);
        eq(digest, _word(".result.digest"), "result digest");
        eq(ECDSA.recover(digest, _bytes(".result.signature")), _address(".signer"), "signer");
        eq(
            Epochs(place).objectionDigest(result.netuid, result.epoch, digest),
            _word(".objection.digest"),
            "objection digest"
        );
    }

    function test_weight_commitment() public {
        address place = _address(".weightCommitment.weightsContract");
        vm.etch(place, address(weights).code);
        bytes32 rowHash = keccak256(_bytes(".weightCommitment.row"));
        eq(rowHash, _word(".weightCommitment.rowHash"), "row hash");
        bytes32 commitment = Weights(place).commitmentFor(
            uint32(_uint(".weightCommitment.netuid")),
            uint64(_uint(".weightCommitment.epoch")),
            _address(".weightCommitment.hotkey"),
            rowHash,
            _word(".weightCommitment.salt")
        );
        eq(commitment, _word(".weightCommitment.commitment"), "commitment");
    }

    function test_channel_digests() public {
        address place = _address(".channel.verifyingContract");
        vm.etch(place, address(new BatchSettlement()).code);
        ChannelConfig memory config = ChannelConfig({
            payer: _address(".channel.config.payer"),
            payerAuthorizer: _address(".channel.config.payerAuthorizer"),
            receiver: _address(".channel.config.receiver"),
            receiverAuthorizer: _address(".channel.config.receiverAuthorizer"),
            token: _address(".channel.config.token"),
            withdrawDelay: uint40(_uint(".channel.config.withdrawDelay")),
            salt: _word(".channel.config.salt")
        });
        BatchSettlement channels = BatchSettlement(place);
        bytes32 channelId = channels.getChannelId(config);
        eq(channelId, _word(".channel.channelId"), "channel id");
        uint128 ceiling = uint128(_uint(".voucher.maxClaimableAmount"));
        bytes32 digest = channels.getVoucherDigest(channelId, ceiling);
        eq(digest, _word(".voucher.digest"), "voucher digest");
        eq(ECDSA.recover(digest, _bytes(".voucher.signature")), _address(".signer"), "signer");
        eq(
            channels.getRefundDigest(channelId, _uint(".refund.nonce"), uint128(_uint(".refund.amount"))),
            _word(".refund.digest"),
            "refund digest"
        );
        VoucherClaim[] memory batch = new VoucherClaim[](1);
        batch[0] = VoucherClaim(Voucher(config, ceiling), "", uint128(_uint(".claimBatch.totalClaimed")));
        eq(channels.getClaimBatchDigest(batch), _word(".claimBatch.digest"), "batch digest");
    }

    function test_predeployed_code_is_what_these_sources_compile_to() public {
        eq(keccak256(address(0x4e59b44847b379578588920cA78FbF26c0B4956C).code), _codeHash("0"), "create2 deployer");
        address settlement = _address(".predeploys[2].address");
        eq(keccak256(address(new BatchSettlement()).code), _codeHash("2"), "channels");
        eq(keccak256(address(new ERC3009DepositCollector(settlement)).code), _codeHash("3"), "collector");
        address permit2 = 0x000000000022D473030F116dDEE9F6B43aC78BA3;
        eq(keccak256(address(new Permit2DepositCollector(settlement, permit2)).code), _codeHash("4"), "permit2 collector");
        eq(keccak256(address(new SignatureTransfer()).code), _codeHash("5"), "permit2");
        eq(keccak256(address(new ExactPermit2Proxy()).code), _codeHash("6"), "exact proxy");
        eq(keccak256(address(new UptoPermit2Proxy()).code), _codeHash("7"), "upto proxy");
    }

    function _codeHash(string memory index) private view returns (bytes32) {
        return _word(string.concat(".predeploys[", index, "].codeHash"));
    }

    function _word(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(_json, key);
    }

    function _uint(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(_json, key);
    }

    function _address(string memory key) private view returns (address) {
        return vm.parseJsonAddress(_json, key);
    }

    function _bytes(string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(_json, key);
    }
}
