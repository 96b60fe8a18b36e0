import { parseUnits } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import type { NetworkParameters } from '@koinon/ledger/deploy'
import type { Prices } from '../roles/role-config.ts'

/** Chain id of every local network; keys are random per home, so nothing signed for one home is of use in another. */
export const localChainId = 402_402

const localEpochSeconds = 60
const koin = (text: string): bigint => parseUnits(text, 18)
const dollar = (text: string): bigint => parseUnits(text, 6)

/** What the local ledger starts with. Emission: a twentieth of a KOIN a second, and as much alpha in every subnet. */
export const localNetworkParameters: NetworkParameters = {
  genesisAmount: koin('1000000'),
  koinPerSecond: koin('0.05'),
  alphaPerSecond: koin('0.05'),
  periodSeconds: 12n,
  restSeconds: 7n * 86_400n,
  minimumLock: koin('100'),
  unbondingSeconds: 300n,
  rootWeight: koin('1'),
}

/** Stake leaves a network on a chain of others in a day: room for epochs of up to eleven hours, and for slow blocks. */
export const externalUnbondingSeconds = 86_400
/** The registry demands a little more than two; five leave time for a late result. */
const unbondingEpochs = 5

/**
 * Parameters of a new network whose first subnets have epochs of `epochSeconds`: stake leaves it when the results that it signed are long
 * active. Five minutes where epochs last a minute, the default of a local network.
 */
export function networkParametersFor(
  kind: NetworkFile['chainKind'],
  epochSeconds: number = localEpochSeconds,
): NetworkParameters {
  const least = kind === 'embedded' ? Number(localNetworkParameters.unbondingSeconds) : externalUnbondingSeconds
  return { ...localNetworkParameters, unbondingSeconds: BigInt(Math.max(least, unbondingEpochs * epochSeconds)) }
}

/** Subnet 1 of a local network, with epochs short enough to watch. */
export const localSubnet = {
  name: 'inference',
  metadataURI: 'https://koinon.invalid/subnets/inference.json',
  epochSeconds: localEpochSeconds,
  workCommitSeconds: 10,
  weightCommitSeconds: 20,
  weightRevealSeconds: 10,
  activationDelaySeconds: 10,
  maxNeurons: 64,
  minValidatorStake: koin('1000'),
  maxValidators: 64,
  initialBurn: koin('0.2'),
  /** Ten seats in a row cost 7 KOIN in all; an hour later the price is back at its floor. */
  rules: {
    minBurn: koin('0.1'),
    maxBurn: koin('100'),
    burnHalfLifeSeconds: 600,
    immunitySeconds: 600,
    noticeSeconds: 300,
    maxRegistrationsPerEpoch: 64,
  },
} as const

const blocksPerPhase = 5

/** Shortest epoch that a local network may be given: every phase then has four seconds. */
export const shortestEpochSeconds = 24

/**
 * A subnet with epochs of `epochSeconds`, its phases in the proportions of subnet 1. Where blocks are slow its epochs are longer, so that
 * every phase sees at least five blocks.
 */
export function subnetFor(
  blockIntervalSeconds: number,
  epochSeconds: number = localSubnet.epochSeconds,
): Omit<typeof localSubnet, keyof EpochSeconds> & EpochSeconds {
  const scaled = (seconds: number): number => Math.floor((seconds * epochSeconds) / localSubnet.epochSeconds)
  const shortestSeconds = scaled(localSubnet.workCommitSeconds)
  const factor = Math.max(1, Math.ceil((blockIntervalSeconds * blocksPerPhase) / shortestSeconds))
  return {
    ...localSubnet,
    epochSeconds: epochSeconds * factor,
    workCommitSeconds: shortestSeconds * factor,
    weightCommitSeconds: scaled(localSubnet.weightCommitSeconds) * factor,
    weightRevealSeconds: scaled(localSubnet.weightRevealSeconds) * factor,
    activationDelaySeconds: scaled(localSubnet.activationDelaySeconds) * factor,
  }
}

type EpochSeconds = {
  readonly epochSeconds: number
  readonly workCommitSeconds: number
  readonly weightCommitSeconds: number
  readonly weightRevealSeconds: number
  readonly activationDelaySeconds: number
}

/** What each role account holds at least before its role starts, besides gas money. */
export const localFunding = {
  miner: { koin: koin('10'), dollar: 0n },
  validator: { koin: koin('5100'), dollar: dollar('50') },
  gateway: { koin: koin('10'), dollar: dollar('500') },
  wallet: { koin: koin('100'), dollar: dollar('100') },
} as const

/** KOIN that each validator of the local network stakes on the root. */
export const localValidatorStake = koin('5000')

/** Deposits behind the API keys that a local network makes by itself. */
export const localKeyDeposits = { demo: dollar('5'), validator: dollar('5') } as const

/** What the faucet of a test network gives at once; gas money as on an embedded chain. */
export const faucetGift = { nativeWei: parseUnits('1', 18), koin: koin('5'), dollar: dollar('50') } as const

/** KOIN that strangers get from the faucet in all, ever: a tenth of what two local validators stake, so that staked it decides nothing. */
export const faucetKoinInAll = koin('1000')

/** Prices of the local miners: 0.05 dollar a million prompt tokens, 0.20 dollar a million output tokens. */
export const localPrices: Prices = { promptPricePicoUsdPerToken: 50_000n, outputPricePicoUsdPerToken: 200_000n }
