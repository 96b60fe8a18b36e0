// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title One seat's numbers in an epoch's result, in one word
/// @dev From the highest bit: uint8 tenure, uint40 consensus, uint40 rank, uint40 dividend (each in parts of 2^32), uint128
///      aggregator's own. A free seat's word is zero.
library SeatWords {
    /// @notice Longest tenure that is told apart, in epochs.
    uint256 internal constant MAX_TENURE = 255;
    uint256 internal constant TENURE_BITS = uint256(type(uint8).max) << 248;
    uint256 internal constant CONSENSUS_BITS = SHARE << 208;
    uint256 internal constant RANK_BITS = SHARE << 168;
    uint256 internal constant DIVIDEND_BITS = SHARE << 128;
    uint256 internal constant OWN_BITS = type(uint128).max;
    uint256 private constant SHARE = type(uint40).max;

    /// @notice Epochs since the one in which the holder took the seat, at most {MAX_TENURE}.
    function tenure(bytes32 word) internal pure returns (uint256) {
        return uint256(word) >> 248;
    }

    function consensus(bytes32 word) internal pure returns (uint256) {
        return uint256(word) >> 208 & SHARE;
    }

    /// @notice By which the miners' part of the subnet's alpha is divided.
    function rank(bytes32 word) internal pure returns (uint256) {
        return uint256(word) >> 168 & SHARE;
    }

    /// @notice By which the dividends are divided.
    function dividend(bytes32 word) internal pure returns (uint256) {
        return uint256(word) >> 128 & SHARE;
    }

    /// @notice What the aggregator keeps of the seat; zero where it keeps nothing.
    function aggregatorsOwn(bytes32 word) internal pure returns (uint256) {
        return uint128(uint256(word));
    }

    function pack(uint256 tenure_, uint256 consensus_, uint256 rank_, uint256 dividend_)
        internal
        pure
        returns (bytes32)
    {
        return bytes32(tenure_ << 248 | consensus_ << 208 | rank_ << 168 | dividend_ << 128);
    }
}

/// @title What the holder of a seat was paid since it took it, in one word
/// @dev uint128 as a miner, uint128 as a validator: alpha base units, of which there are fewer than 2^85. A free seat's word is zero.
///      A result that nobody disputed may say more; on top of it a sum stops at the most that fits.
library AmountWords {
    function mined(bytes32 word) internal pure returns (uint256) {
        return uint256(word) >> 128;
    }

    function dividends(bytes32 word) internal pure returns (uint256) {
        return uint128(uint256(word));
    }

    function pack(uint256 mined_, uint256 dividends_) internal pure returns (bytes32) {
        return bytes32(_fitting(mined_) << 128 | _fitting(dividends_));
    }

    function _fitting(uint256 amount) private pure returns (uint256) {
        return amount > type(uint128).max ? type(uint128).max : amount;
    }
}

/// @title One permitted validator's numbers in an epoch's result, in one word
/// @dev address hotkey, uint8 age of the row that counts for it, uint88 permitted stake.
library ValidatorWords {
    uint256 internal constant NO_ROW = 255;

    function hotkey(bytes32 word) internal pure returns (address) {
        return address(bytes20(word));
    }

    function age(bytes32 word) internal pure returns (uint256) {
        return uint8(uint256(word) >> 88);
    }

    function stake(bytes32 word) internal pure returns (uint256) {
        return uint88(uint256(word));
    }

    /// @notice What its row weighs: the stake, halved for each epoch of age; nothing without a row.
    function vote(bytes32 word) internal pure returns (uint256) {
        uint256 epochs = age(word);
        return epochs == NO_ROW ? 0 : stake(word) >> epochs;
    }
}
