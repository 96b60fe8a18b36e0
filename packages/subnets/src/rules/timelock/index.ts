export {
  type BeaconChain,
  beaconChainHash,
  beaconTrust,
  firstRoundAt,
  localBeaconChain,
  quicknet,
  roundPublishedAtSeconds,
} from './beacon-chain.ts'
export { beaconChainFromJson, beaconChainToJson, roundFromJson, roundToJson } from './beacon-info.ts'
export { beaconPublicKey, beaconSecretKey, signRound, type VerifiedRound, verifyRound } from './beacon-round.ts'
export { openSealedRow, roundOfSealed, type SealedWeights, sealRow } from './sealed-row.ts'
