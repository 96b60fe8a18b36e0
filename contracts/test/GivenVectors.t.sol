// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ConvictionMath} from "../src/subnets/ConvictionMath.sol";
import {Coinbase} from "../src/subnets/emission/Coinbase.sol";
import {EmissionPolicies} from "../src/subnets/emission/EmissionPolicies.sol";
import {Halving} from "../src/subnets/emission/Halving.sol";
import {Q64} from "../src/subnets/emission/Q64.sol";
import {Pool, WeightedPool} from "../src/subnets/pool/WeightedPool.sol";
import {Prices} from "../src/subnets/Prices.sol";
import {IDisputes, SeatClaim} from "../src/subnets/results/IDisputes.sol";
import {Rows} from "../src/subnets/results/Rows.sol";
import {ValidatorWords} from "../src/subnets/results/SeatWords.sol";
import {Yuma} from "../src/subnets/results/Yuma.sol";
import {SeatTree} from "./support/SeatTree.sol";
import {Test} from "./support/Test.sol";
import {vm} from "./support/Vm.sol";

/// @dev specs/vectors/incentives.json holds figures of the chain that the rules come from; here the contracts must agree with those that
///      they compute: consensus and incentive of an epoch (bonds and dividends are not looked at), halvings, prices, pools, policies,
///      root proportion and decay. Not theirs: the scaling of weights, sigmoid and averages of bonds, a median for other than half.
contract GivenVectorsTest is Test {
    using WeightedPool for Pool;

    uint256 private constant WAD = 1e18;
    uint256 private constant ONE = 1 << 32;
    uint256 private constant VECTORS = 37;
    string private _json;
    /// @dev The rows of the epoch being read, which the next one may repeat.
    bytes32[16][] private _rows;

    struct Epoch {
        string path;
        uint256 count;
        /// @dev Stake of who has a permit and is active, by uid.
        uint256[] stakes;
        bytes32[] validators;
        bytes32[] rowHashes;
        uint256[] uids;
    }

    function setUp() public {
        _json = vm.readFile("specs/vectors/incentives.json");
    }

    function seatWord(Rows.Column memory column, bytes32[] calldata validators, SeatClaim calldata claim)
        external
        pure
        returns (bytes32)
    {
        return Yuma.seatWord(Yuma.YUMA2, column, validators, claim);
    }

    function incentive(bytes32[] calldata seats, uint256 uid) external pure returns (uint256) {
        return Yuma.incentive(seats, uid);
    }

    function test_what_miners_earn_in_the_epochs_of_yuma2() public {
        uint256 epochs;
        uint256 paid;
        for (uint256 i = 0; i < VECTORS; ++i) {
            if (!_begins(_label(i), "yuma2.")) continue;
            Epoch memory epoch = _epoch(_at(i));
            paid += _compare(epoch, _seatWords(epoch));
            ++epochs;
        }
        eq(epochs, 10, "epochs");
        eq(paid, 19, "seats that earned");
    }

    function test_halvings() public view {
        string memory path = string.concat(_path("halving.issuance_rao_to_block_emission_rao"), ".pairs");
        Halving.Schedule memory schedule = Halving.Schedule(21_000_000e9, 1e9);
        uint256 count;
        for (; vm.keyExistsJson(_json, _item(path, count)); ++count) {
            string memory pair = _item(path, count);
            eq(Halving.rate(schedule, _uint(_item(pair, 0))), _uint(_item(pair, 1)), "rate");
        }
        eq(count, 15, "pairs");
    }

    function test_prices_of_pools() public view {
        string memory path = string.concat(_path("pool.price"), ".rows");
        uint256 count;
        for (; vm.keyExistsJson(_json, _item(path, count)); ++count) {
            string memory row = _item(path, count);
            Pool memory pool =
                Pool(uint96(_uint(_item(row, 1))), uint96(_uint(_item(row, 2))), uint64(_parts(_item(row, 0))));
            _near(pool.price(), _parts(_item(row, 3)), WAD / 1e9, "price");
        }
        eq(count, 5, "rows");
    }

    function test_koin_to_a_price() public view {
        string memory path = _path("pool.quote_delta_in");
        uint256 koin = _uint(string.concat(path, ".tao_reserve"));
        uint256 weight = _parts(string.concat(path, ".w_quote"));
        uint256 alpha = (WAD - weight) * koin * WAD / (weight * _parts(string.concat(path, ".price")));
        Pool memory pool = Pool(uint96(alpha), uint96(koin), uint64(weight));
        eq(pool.price(), _parts(string.concat(path, ".price")), "price");
        eq(pool.koinToPrice(_parts(string.concat(path, ".target"))), _uint(string.concat(path, ".delta")), "in");
        eq(
            pool.koinToPrice(_parts(string.concat(path, ".impossible_target"))),
            _uint(string.concat(path, ".impossible_delta")),
            "a price that stands already"
        );
    }

    /// @dev Blocks of 12 s there, and a rate of its own for a block; here 3 millionths a block, in closed form.
    function test_the_average_of_a_price_by_age() public view {
        string memory path = _path("price_ema.age");
        eq(_uint(string.concat(path, ".halving_blocks")) * 12, WeightedPool.EMA_HALF_AGE, "half age");
        uint256 start = _uint(string.concat(path, ".start_block"));
        uint256 spot = _uint(string.concat(path, ".spot")) * WAD;
        uint256 base = _parts(string.concat(path, ".base_alpha"));
        uint256[2] memory averages;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 age = 12 * (_uint(_item(_item(string.concat(path, ".rows"), i), 0)) - start);
            uint256 moved = WeightedPool.movedAverage(0, spot, age, age + 12);
            averages[i] = moved * base / (12 * WAD / WeightedPool.EMA_SECONDS_PER_UNIT);
        }
        eq(vm.parseJsonString(_json, string.concat(path, ".rows[0][1]")), "<0.001", "a young pool");
        atMost(averages[0], 0.001e18, "a young pool");
        _near(averages[1], _parts(string.concat(path, ".rows[1][1]")), 0.001e18, "an old pool");
    }

    function test_shares_by_flow() public view {
        string memory path = _path("flow.pow_normalize_p1");
        uint256[] memory x = _uints(string.concat(path, ".x"));
        EmissionPolicies.Signals[] memory signals = _quiet(3);
        for (uint256 i = 0; i < 3; ++i) {
            signals[i].userFlow = int128(int256(x[i]));
        }
        uint256 halves = 2 * _uint(string.concat(path, ".p"));
        uint256[] memory shares = EmissionPolicies.netFlow(signals, 0, halves);
        for (uint256 i = 0; i < 3; ++i) {
            _near(_inWad(shares[i]), _parts(_item(string.concat(path, ".out"), i)), 0.001e18, "share");
        }
        path = _path("flow.negative_vs_positive");
        int256[] memory flows = vm.parseJsonIntArray(_json, string.concat(path, ".flow"));
        signals = _quiet(2);
        for (uint256 i = 0; i < 2; ++i) {
            signals[i].userFlow = int128(flows[i]);
        }
        shares = EmissionPolicies.netFlow(signals, int256(_uint(string.concat(path, ".cutoff"))), halves);
        for (uint256 i = 0; i < 2; ++i) {
            eq(shares[i], _uint(_item(string.concat(path, ".out"), i)) * Q64.ONE, "share");
        }
    }

    function test_shares_behind_the_gate() public view {
        string memory path = _path("gate.two_subnets");
        uint256[] memory prices = _uints(string.concat(path, ".prices"));
        EmissionPolicies.Signals[] memory signals = _priced(prices);
        uint256 steepness = _uint(string.concat(path, ".h"));
        uint256 demand = _parts(string.concat(path, ".q")) / 0.01e18;
        // The larger share alone is more than the demand, so the bar stands at it.
        _near(_inWad(EmissionPolicies.priceEma(signals)[1]), _parts(string.concat(path, ".bar")), 1e12, "bar");
        uint256[] memory shares = EmissionPolicies.hillGate(signals, steepness, demand);
        for (uint256 i = 0; i < 2; ++i) {
            _near(_inWad(shares[i]), _parts(_item(string.concat(path, ".shares"), i)), 1e12, "share");
        }
    }

    /// @dev Of the four bounds of an injection ({PoolEmission}) that by the price; the others are this network's own and would cut it.
    function test_alpha_goes_in_by_price() public view {
        string memory path = _path("coinbase.alpha_in_by_price");
        uint256[] memory koin = _uints(string.concat(path, ".tao"));
        uint256[] memory alpha = _uints(string.concat(path, ".alpha"));
        uint256[] memory expected = _uints(string.concat(path, ".alpha_in_after"));
        uint256[] memory shares =
            EmissionPolicies.priceEma(_priced(_uints(string.concat(path, ".moving_price"))));
        for (uint256 i = 0; i < 2; ++i) {
            uint256 koinIn = Q64.mul(_uint(string.concat(path, ".emission")), shares[i]);
            uint256 alphaIn = koinIn * alpha[i] / koin[i];
            Pool memory pool = Pool(uint96(alpha[i]), uint96(koin[i]), uint64(WAD / 2));
            uint256 price = pool.price();
            (Pool memory after_, bool fits) = pool.injected(alphaIn, alphaIn * koin[i] / alpha[i]);
            yes(fits, "fits");
            eq(after_.alpha, expected[i], "alpha");
            _near(after_.price(), price, 2, "the price does not move");
        }
    }

    function test_root_proportion() public view {
        string memory path = _path("coinbase.root_proportion");
        uint256 proportion = Coinbase.rootProportion(
            _uint(string.concat(path, ".root_tao")),
            _uint(string.concat(path, ".tao_weight_u64")),
            _uint(string.concat(path, ".alpha_issuance"))
        );
        _near(_inWad(proportion), _parts(string.concat(path, ".expected")), WAD / 1e9, "proportion");
    }

    /// @dev The bump of seats is a constant of its own here, x1.26; what follows a registration is the same.
    function test_a_price_that_falls_by_a_block() public view {
        string memory path = _path("burn.bump_and_decay");
        uint256 halfLife = _uint(string.concat(path, ".half_life"));
        uint256 bumped = _uint(string.concat(path, ".after_registration"));
        eq(bumped, _uint(string.concat(path, ".burn")) * _uint(string.concat(path, ".mult")), "bumped");
        uint256 later = Prices.decayed(bumped, 1, halfLife, Prices.decayFactor(halfLife));
        eq(later, _uint(string.concat(path, ".next_block")), "after a block");
    }

    function test_decay_of_locks() public view {
        string memory path = string.concat(_path("lock.exp_decay"), ".cases");
        for (uint256 i = 0; i < 3; ++i) {
            string memory row = _item(path, i);
            uint256 left = ConvictionMath.decay(_uint(_item(row, 0)), _uint(_item(row, 1)));
            _near(_inWad(left), _parts(_item(row, 2)), 0.001e18, "left");
        }
        no(vm.keyExistsJson(_json, _item(path, 3)), "no more cases");
    }

    /// @dev Each seat's consensus is the one claim that passes, of 0 and all that is given it.
    function _seatWords(Epoch memory epoch) private view returns (bytes32[] memory words) {
        words = new bytes32[](epoch.count);
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            Rows.Column memory column = Rows.Column(uid, _holder(uid), 200, epoch.rowHashes);
            SeatClaim memory claim;
            claim.uid = uint16(uid);
            claim.openings = _openings(epoch, uid);
            uint256 passed;
            bytes32 last = bytes32(type(uint256).max);
            for (uint256 i = 0; i <= epoch.validators.length; ++i) {
                claim.consensus = i == 0 ? 0 : _share(epoch.uids[i - 1], uid, epoch.rowHashes[i - 1]);
                try this.seatWord(column, epoch.validators, claim) returns (bytes32 word) {
                    if (word != last) ++passed;
                    last = words[uid] = word;
                } catch (bytes memory reason) {
                    eq(bytes32(bytes4(reason)), bytes32(IDisputes.NotTheMedian.selector), "reason");
                }
            }
            eq(passed, 1, "one consensus");
        }
    }

    /// @dev What a miner is paid is the emission by I over the sum of all I and D, in parts of 2^32.
    function _compare(Epoch memory epoch, bytes32[] memory words) private view returns (uint256 paid) {
        uint256[] memory given = _uints(string.concat(epoch.path, ".emission"));
        uint256 emission = _uint(string.concat(epoch.path, ".params.emission"));
        uint256[] memory incentives = new uint256[](epoch.count);
        uint256 sum = _dividends(epoch);
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            incentives[uid] = this.incentive(words, uid);
            sum += incentives[uid];
        }
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            if (incentives[uid] == 0) continue;
            yes(_isEmpty(this.rowHash(_row(uid))), "no validator earns as a miner");
            eq(emission * ((incentives[uid] << 32) / sum) >> 32, given[uid], epoch.path);
            ++paid;
        }
    }

    /// @dev From the decimals, each of which stands for one part of 2^32; where there are none, a whole, which they come to.
    function _dividends(Epoch memory epoch) private view returns (uint256 sum) {
        string memory path = string.concat(epoch.path, ".dividends");
        if (!vm.keyExistsJson(_json, path)) return ONE;
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            sum += (_parts(_item(path, uid)) * ONE + WAD / 2) / WAD;
        }
    }

    function _epoch(string memory path) private returns (Epoch memory epoch) {
        epoch.path = path;
        epoch.stakes = _uints(string.concat(path, ".stake"));
        epoch.count = epoch.stakes.length;
        uint256[] memory permits = _uints(string.concat(path, ".permits"));
        _readRows(epoch);
        uint256 counted;
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            if (permits[uid] == 0 || !_isActive(path, uid)) epoch.stakes[uid] = 0;
            if (epoch.stakes[uid] > 0) ++counted;
        }
        epoch.uids = new uint256[](counted);
        epoch.validators = new bytes32[](counted);
        epoch.rowHashes = new bytes32[](counted);
        counted = 0;
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            if (epoch.stakes[uid] == 0) continue;
            (epoch.uids[counted], epoch.rowHashes[counted]) = (uid, this.rowHash(_row(uid)));
            uint256 age = _isEmpty(epoch.rowHashes[counted]) ? ValidatorWords.NO_ROW : 0;
            epoch.validators[counted++] = bytes32(uint256(uint160(_holder(uid))) << 96 | age << 88 | epoch.stakes[uid]);
        }
    }

    function rowHash(bytes32[] calldata row) external pure returns (bytes32 hash) {
        (, hash) = Rows.sumAndHash(row);
    }

    /// @dev "same" are those of the vector before.
    function _readRows(Epoch memory epoch) private {
        string memory path = string.concat(epoch.path, ".weights");
        if (!vm.keyExistsJson(_json, _item(path, 0))) {
            eq(vm.parseJsonString(_json, path), "same", "weights");
            return;
        }
        delete _rows;
        for (uint256 uid = 0; uid < epoch.count; ++uid) {
            _rows.push();
            string memory row = _item(path, uid);
            for (uint256 i = 0; vm.keyExistsJson(_json, _item(row, i)); ++i) {
                uint256[] memory pair = _uints(_item(row, i));
                bytes32 weight = bytes32(pair[1] << (240 - 16 * (pair[0] & 15)));
                _rows[uid][pair[0] >> 4] |= weight;
            }
        }
    }

    function _isActive(string memory path, uint256 uid) private view returns (bool) {
        string memory block_ = string.concat(path, ".block");
        if (!vm.keyExistsJson(_json, block_)) return true;
        uint256 last = _uint(_item(string.concat(path, ".last_update"), uid));
        return last + _uint(string.concat(path, ".cutoff")) >= _uint(block_);
    }

    function _openings(Epoch memory epoch, uint256 uid) private view returns (bytes32[] memory openings) {
        openings = new bytes32[](5 * epoch.uids.length);
        uint256 used;
        for (uint256 i = 0; i < epoch.uids.length; ++i) {
            if (_isEmpty(epoch.rowHashes[i])) continue;
            bytes32[] memory row = _row(epoch.uids[i]);
            openings[used++] = row[uid >> 4];
            bytes32[] memory path = SeatTree.path(row, uid >> 4, 4);
            for (uint256 level = 0; level < 4; ++level) {
                openings[used++] = path[level];
            }
        }
    }

    /// @dev What a row gives a seat that is not its own.
    function _share(uint256 from, uint256 uid, bytes32 hash) private view returns (uint256) {
        if (from == uid || _isEmpty(hash)) return 0;
        return Rows.share(Rows.weightIn(_rows[from][uid >> 4], uid), uint24(uint256(hash)));
    }

    /// @dev The last three bytes are the sum of the weights.
    function _isEmpty(bytes32 hash) private pure returns (bool) {
        return uint24(uint256(hash)) == 0;
    }

    function _row(uint256 uid) private view returns (bytes32[] memory row) {
        row = new bytes32[](16);
        for (uint256 i = 0; i < 16; ++i) {
            row[i] = _rows[uid][i];
        }
    }

    function _holder(uint256 uid) private pure returns (address) {
        return address(uint160(0x1000 + uid));
    }

    function _quiet(uint256 count) private pure returns (EmissionPolicies.Signals[] memory signals) {
        signals = new EmissionPolicies.Signals[](count);
        for (uint256 i = 0; i < count; ++i) {
            signals[i].eligible = true;
        }
    }

    function _priced(uint256[] memory prices) private pure returns (EmissionPolicies.Signals[] memory signals) {
        signals = _quiet(prices.length);
        for (uint256 i = 0; i < prices.length; ++i) {
            signals[i].priceEma = uint128(prices[i] * Q64.ONE);
        }
    }

    function _inWad(uint256 q64) private pure returns (uint256) {
        return q64 * WAD / Q64.ONE;
    }

    function _near(uint256 actual, uint256 expected, uint256 tolerance, string memory what) private pure {
        atMost(actual > expected ? actual - expected : expected - actual, tolerance, what);
    }

    /// @dev Where the vector with this label stands.
    function _path(string memory label) private view returns (string memory) {
        for (uint256 i = 0; i < VECTORS; ++i) {
            if (keccak256(bytes(_label(i))) == keccak256(bytes(label))) return _at(i);
        }
        revert Expected(label);
    }

    function _label(uint256 index) private view returns (string memory) {
        return vm.parseJsonString(_json, string.concat(_at(index), ".label"));
    }

    function _at(uint256 index) private pure returns (string memory) {
        return _item(".vectors", index);
    }

    function _item(string memory path, uint256 index) private pure returns (string memory) {
        bytes memory digits = index < 10 ? new bytes(1) : new bytes(2);
        digits[digits.length - 1] = bytes1(uint8(48 + index % 10));
        if (index >= 10) digits[0] = bytes1(uint8(48 + index / 10));
        return string.concat(path, "[", string(digits), "]");
    }

    function _uint(string memory path) private view returns (uint256) {
        return vm.parseJsonUint(_json, path);
    }

    function _uints(string memory path) private view returns (uint256[] memory) {
        return vm.parseJsonUintArray(_json, path);
    }

    /// @dev A decimal that is not negative, in parts of 1e18; what is beyond is cut.
    function _parts(string memory path) private view returns (uint256 value) {
        bytes memory text = bytes(vm.parseJsonString(_json, path));
        uint256 scale = WAD;
        bool isPart;
        for (uint256 i = 0; i < text.length; ++i) {
            if (text[i] == ".") {
                isPart = true;
                continue;
            }
            yes(text[i] >= "0" && text[i] <= "9", string(text));
            if (isPart) scale /= 10;
            value = isPart ? value + (uint8(text[i]) - 48) * scale : value * 10 + (uint8(text[i]) - 48) * WAD;
        }
    }

    function _begins(string memory text, string memory with) private pure returns (bool) {
        bytes memory all = bytes(text);
        bytes memory first = bytes(with);
        if (all.length < first.length) return false;
        for (uint256 i = 0; i < first.length; ++i) {
            if (all[i] != first[i]) return false;
        }
        return true;
    }
}
