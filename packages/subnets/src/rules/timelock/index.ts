export { ownRound, roundPublicKey, roundSecretKey, type VerifiedRound, verifyRound } from './round.ts'
export {
  firstRoundAt,
  localRoundChain,
  quicknet,
  type RoundChain,
  roundChainHash,
  roundPublishedAtSeconds,
} from './round-chain.ts'
export { roundChainToJson, roundFromJson, roundToJson } from './round-json.ts'
export { openSealedRow, roundOfSealed, type SealedWeights, sealRow } from './sealed-row.ts'
