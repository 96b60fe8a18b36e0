/** What the fake network says of subnets and epochs: seeded, plausible, and the same for the same clock. */
import { bytesToHex } from '@koinon/base'
import { fail, notChecked, pass } from '@koinon/work'
import type { EpochDetailJson, EpochJson, NetworkJson, NeuronJson, SubnetJson } from '@koinon/work/dashboard'
import { fakeChainId, seedBytes } from './fake-actors.ts'
import { fakePrices } from './fake-receipts.ts'
import type { FakeState } from './fake-state.ts'

const epochSeconds = 120
const epochsBeforeStart = 37
const emissionAtomic = 100_000_000_000_000_000_000n
const token = 1_000_000_000_000_000_000n

/** The whole `/api/network` answer. */
export function fakeNetwork(state: FakeState): NetworkJson {
  return {
    asOfBlock: state.block(),
    asOfAtMs: state.nowMs(),
    chainId: fakeChainId,
    name: 'fake',
    chainKind: 'embedded',
    isTest: true,
    gateway: { account: state.gateway.account, version: '0.1.0' },
    beacon: { kind: 'local', trust: 'local stand-in: whoever runs this network can open rows early' },
    roles: ['chain', 'beacon', 'indexer', 'gateway', 'miner-attica', 'miner-boeotia', 'validator-delphi'].map(
      (name, index) => ({
        name,
        kind: name.split('-')[0] as string,
        state: 'running',
        pid: 4100 + index,
        startedAtMs: state.startedAtMs,
        restarts: index === 5 ? 1 : 0,
        rssBytes: 48_000_000 * (index + 1),
      }),
    ),
    subnets: [fakeSubnet(state)],
    models: [
      {
        id: state.modelId,
        name: 'Koinon Guide',
        quantisation: 'Q8_0',
        parameters: 135_000_000,
        manifest: bytesToHex(seedBytes(`manifest of ${state.modelId}`)),
        promptPricePicoUsdPerToken: fakePrices.prompt.toString(),
        outputPricePicoUsdPerToken: fakePrices.output.toString(),
        providers: 2,
      },
    ],
  }
}

/** The last `limit` epochs, newest first. */
export function fakeEpochs(state: FakeState, limit: number): readonly EpochJson[] {
  const { currentEpoch } = fakeSubnet(state)
  const wanted = Math.min(limit, currentEpoch + 1)
  return Array.from({ length: wanted }, (_, back) => epochOf(state, currentEpoch - back, currentEpoch))
}

/** One epoch with its payouts and reasons. */
export function fakeEpoch(state: FakeState, epoch: number): EpochDetailJson | undefined {
  const { currentEpoch } = fakeSubnet(state)
  if (epoch < 0 || epoch > currentEpoch) return undefined
  const summary = epochOf(state, epoch, currentEpoch)
  const shares = sharesOf(epoch)
  const paid = summary.state === 'active'
  const half = emissionAtomic / 2n
  return {
    ...summary,
    asOfBlock: state.block(),
    weights: state.validators.map((_, index) => ({
      validatorUid: 3 + index,
      row: shares.map((ppm, uid) => [uid, Math.floor((ppm * 65_535) / Math.max(...shares))] as const),
    })),
    payouts: paid
      ? [
          ...state.miners.map((miner, uid) => ({
            account: miner.account,
            uid,
            minedAtomic: ((half * BigInt(shares[uid] as number)) / 1_000_000n).toString(),
            dividendsAtomic: '0',
            amountAtomic: ((half * BigInt(shares[uid] as number)) / 1_000_000n).toString(),
            cumulativeAtomic: ((half * BigInt(shares[uid] as number) * BigInt(epoch)) / 1_000_000n).toString(),
            why: minerReason(uid, epoch, shares[uid] as number),
          })),
          ...state.validators.map((validator, index) => ({
            account: validator.account,
            uid: 3 + index,
            minedAtomic: '0',
            dividendsAtomic: ((half * BigInt(validatorStakes[index] as number)) / 100n).toString(),
            amountAtomic: ((half * BigInt(validatorStakes[index] as number)) / 100n).toString(),
            cumulativeAtomic: ((half * BigInt(epoch) * BigInt(validatorStakes[index] as number)) / 100n).toString(),
            why: `its weights agreed with the stake-weighted median in all 3 columns; it holds ${validatorStakes[index]} % of the stake`,
          })),
        ]
      : [],
    checks: paid ? checksOf(state) : [],
    checksLeftOut: 0,
  }
}

const validatorStakes = [50, 30, 20]

function fakeSubnet(state: FakeState): SubnetJson {
  const genesisSeconds = Math.floor(state.startedAtMs / 1000) - epochsBeforeStart * epochSeconds - 40
  const nowSeconds = Math.floor(state.nowMs() / 1000)
  const currentEpoch = Math.floor((nowSeconds - genesisSeconds) / epochSeconds)
  const startedAt = genesisSeconds + currentEpoch * epochSeconds
  const phases = ['workCommit', 'weightCommit', 'weightReveal', 'root']
  const phase = phases[Math.min(3, Math.floor(((nowSeconds - startedAt) * 4) / epochSeconds))] as string
  return {
    netuid: 1,
    name: 'inference',
    epochSeconds,
    currentEpoch,
    epochStartedAtSeconds: startedAt,
    epochEndsAtSeconds: startedAt + epochSeconds,
    phase,
    priceWad: (token / 20n).toString(),
    totalStakeAtomic: (10_000n * token).toString(),
    neurons: neuronsOf(state, currentEpoch),
    openedRows: { byOthers: 1, ofLast: 12 },
  }
}

function neuronsOf(state: FakeState, currentEpoch: number): readonly NeuronJson[] {
  const shares = sharesOf(currentEpoch - 2)
  const miners = state.miners.map((miner, uid): NeuronJson => {
    const online = uid !== 2
    const paid = (emissionAtomic * BigInt(shares[uid] as number) * BigInt(currentEpoch)) / 2_000_000n
    return {
      uid,
      hotkey: miner.account,
      name: miner.name,
      kind: 'miner',
      endpoint: `http://127.0.0.1:${9101 + uid}`,
      online,
      ...(online ? { latencyMs: 9 + 14 * uid } : {}),
      stakeAtomic: (100n * token).toString(),
      incentivePpm: shares[uid] as number,
      lastWeightPpm: online ? 990_000 - 60_000 * uid : 0,
      paidAtomic: paid.toString(),
      ...(online ? {} : { note: 'does not answer since 4 min' }),
    }
  })
  const validators = state.validators.map((validator, index): NeuronJson => {
    const paid = (emissionAtomic * BigInt(currentEpoch) * BigInt(validatorStakes[index] as number)) / 200n
    return {
      uid: 3 + index,
      hotkey: validator.account,
      name: validator.name,
      kind: 'validator',
      endpoint: `http://127.0.0.1:${9201 + index}`,
      online: true,
      latencyMs: 4 + 3 * index,
      stakeAtomic: (BigInt(validatorStakes[index] as number) * 97n * token).toString(),
      incentivePpm: 0,
      paidAtomic: paid.toString(),
    }
  })
  return [...miners, ...validators]
}

function epochOf(state: FakeState, epoch: number, currentEpoch: number): EpochJson {
  const genesisSeconds = Math.floor(state.startedAtMs / 1000) - epochsBeforeStart * epochSeconds - 40
  const kind =
    epoch === currentEpoch ? 'open' : epoch === currentEpoch - 1 ? 'pending' : epoch === 29 ? 'noResult' : 'active'
  return {
    netuid: 1,
    epoch,
    phase: kind === 'open' ? 'open' : 'root',
    startsAtSeconds: genesisSeconds + epoch * epochSeconds,
    state: kind,
    ...(kind === 'open' ? {} : { beacon: bytesToHex(seedBytes(`beacon ${epoch}`)) }),
    ...(kind === 'active'
      ? { root: bytesToHex(seedBytes(`root ${epoch}`)), signedStakeAtomic: (8_000n * token).toString() }
      : {}),
    ...(kind === 'noResult' ? { signedStakeAtomic: (5_000n * token).toString() } : {}),
    minersTotalAtomic: ((emissionAtomic * BigInt(epoch)) / 2n).toString(),
    dividendsTotalAtomic: ((emissionAtomic * BigInt(epoch)) / 2n).toString(),
    minedAtomic: kind === 'active' ? (emissionAtomic / 2n).toString() : '0',
    dividendsAtomic: kind === 'active' ? (emissionAtomic / 2n).toString() : '0',
    paidAtomic: kind === 'active' ? emissionAtomic.toString() : '0',
  }
}

/** Incentive of the three miners, parts per million, summing to a million. */
function sharesOf(epoch: number): readonly number[] {
  const swing = Math.round(60_000 * Math.sin(epoch / 3) + 20_000 * Math.sin(epoch * 1.7))
  const third = epoch > epochsBeforeStart - 4 ? 0 : 160_000
  const first = 500_000 + swing
  return [first, 1_000_000 - third - first, third]
}

function minerReason(uid: number, epoch: number, ppm: number): string {
  if (ppm === 0) return 'no share: it did not answer the audit, so all three validators scored it 0'
  const sampled = 4 + ((epoch + uid) % 3)
  return `${sampled} of ${sampled} sampled answers replayed bit for bit, median first byte ${180 + 40 * uid} ms, weight ${(ppm / 10_000).toFixed(1)} % in the median`
}

function checksOf(state: FakeState): EpochDetailJson['checks'] {
  const receiptId = state.records.at(-1)?.summary.id ?? '00'
  const good = [
    pass('signature', 'session key over the batch of 4 receipts'),
    pass('committed', 'the receipt is in the work that the miner committed'),
    pass('tokens', '96 of 96 tokens equal in the replay'),
    pass('text', 'the tokens spell the text that was sent'),
    notChecked('attestation', 'this miner offers no TEE quote'),
  ]
  return [
    { validatorUid: 3, minerUid: 0, receiptId, checks: good },
    { validatorUid: 3, minerUid: 1, receiptId, checks: good },
    {
      validatorUid: 4,
      minerUid: 2,
      receiptId,
      checks: [
        fail('evidence', 'the miner did not hand out the evidence within 10 s'),
        notChecked('tokens', 'no evidence'),
      ],
    },
  ]
}
