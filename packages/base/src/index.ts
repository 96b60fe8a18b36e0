export { boundedBytes, boundedText } from './bounded-body.ts'
export {
  type Address,
  base64UrlToBytes,
  bytesToBase64Url,
  bytesToHex,
  concatBytes,
  equalBytes,
  type Hex,
  hexToBytes,
  toAddress,
  utf8ToBytes,
  zeroAddress,
  zeroHash,
} from './bytes.ts'
export { type Clock, type Random, systemClock, systemRandom } from './clock.ts'
export { backoffMs, sleep, withDeadline } from './deadline.ts'
export { createSessionSigner, type SessionSigner, type VerifySession, verifySession } from './ed25519.ts'
export {
  addressWord,
  bytes32Word,
  domainSeparator,
  fixedBytes,
  integerWord,
  type TypedDataDomain,
  textWord,
  typedDigest,
  typeHash,
} from './eip712.ts'
export {
  type ErrorJson,
  errorFromJson,
  errorToJson,
  isKoinonError,
  KoinonError,
  type KoinonErrorOptions,
  type RetryPolicy,
} from './errors.ts'
export { maximumEvidenceLogBytes } from './evidence-log.ts'
export { fetchFailureReason, namingFetch } from './fetch-failure.ts'
export { sha256, sha256Hex } from './hash.ts'
export {
  type MerkleProof,
  merkleRoot,
  merkleRootFromProof,
  merkleTree,
} from './merkle.ts'
export {
  atomicToPicoUsd,
  dollarDecimals,
  formatAmount,
  formatUnits,
  parseUnits,
  picoUsdDecimals,
  picoUsdPerAtomic,
  picoUsdToAtomic,
  picoUsdToAtomicUp,
  tokenDecimals,
} from './money.ts'
export { keccak256, publicKeyToAddress, recoverAddress, secretKeyToAddress, signDigest } from './secp256k1.ts'
export { formatSpan } from './span.ts'
export {
  defineStruct,
  type FieldKind,
  type StructFields,
  type StructJson,
  type StructType,
  type StructValue,
} from './struct.ts'
