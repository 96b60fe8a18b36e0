export {
  type BeaconChain,
  beaconChainHash,
  firstRoundAt,
  localBeaconChain,
  quicknet,
  roundPublishedAtSeconds,
} from './beacon-chain.ts'
export { beaconChainToJson, roundFromJson, roundToJson } from './beacon-info.ts'
export { beaconPublicKey, beaconSecretKey, ownRound, type VerifiedRound, verifyRound } from './beacon-round.ts'
export { openSealedRow, roundOfSealed, type SealedWeights, sealRow } from './sealed-row.ts'
