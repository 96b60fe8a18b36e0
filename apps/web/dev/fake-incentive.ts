/** What the fake network says of its subnets' judgements and of who holds what: invented, and the same for the same clock. */
import type {
  ConcentrationJson,
  DecentralizationJson,
  MetagraphJson,
  RequirementJson,
  SubnetsJson,
  ValidatorsJson,
} from '@koinon/work/dashboard'
import { fakeNetwork } from './fake-ledger.ts'
import type { FakeState } from './fake-state.ts'

const token = 10n ** 18n
const names = ['inference', 'forecast', 'arena', 'scraping']

/** `/api/subnets`. */
export function fakeSubnets(state: FakeState): SubnetsJson {
  const current = fakeNetwork(state).subnets[0]
  return {
    emissionBy: 'by the KOIN that people keep in each pool; what that does not carry is not minted (userCapital)',
    asOfBlock: state.block(),
    subnets: names.map((name, index) => ({
      netuid: index + 1,
      name,
      owner: state.gateway.account,
      epochSeconds: 120,
      currentEpoch: current?.currentEpoch ?? 0,
      phase: current?.phase ?? 'open',
      seats: 6 - index,
      maximumSeats: 64,
      validators: 3,
      stakeAtomic: `${10_000n * token}`,
      emissionSharePpm: [520_000, 260_000, 170_000, 0][index] as number,
      // The last one is dissolved.
      ...(index === names.length - 1
        ? { potAtomic: `${30n * token}` }
        : {
            priceWad: `${(BigInt(100 + 60 * index) * token) / 2_000n}`,
            poolKoinAtomic: `${BigInt(100 + 60 * index) * token}`,
            poolAlphaAtomic: `${2_000n * token}`,
            flow: {
              sinceSeconds: Math.floor(state.startedAtMs / 1000) - 86_400,
              inAtomic: `${12n * token}`,
              outAtomic: `${BigInt(5 + 10 * index) * token}`,
              netAtomic: `${BigInt(7 - 10 * index) * token}`,
            },
            split: {
              ownerBps: 1_800,
              minersBps: 4_100,
              validatorsBps: 4_100,
              ...(index === 0
                ? {
                    epoch: (current?.currentEpoch ?? 1) - 1,
                    ownerAtomic: `${18n * token}`,
                    minersAtomic: `${41n * token}`,
                    validatorsAtomic: `${41n * token}`,
                  }
                : {}),
            },
          }),
      accruedAtomic: `${4_200n * token}`,
      paidAtomic: `${(4_000n - 700n * BigInt(index)) * token}`,
    })),
  }
}

/** `/api/subnets/{netuid}/metagraph`; the last subnet has no signed epoch yet. */
export function fakeMetagraph(state: FakeState, netuid: number): MetagraphJson {
  const asOfBlock = state.block()
  const nowSeconds = Math.floor(state.nowMs() / 1000)
  const nextResult = { epoch: 1, expectedAtSeconds: nowSeconds + 75, paysFromSeconds: nowSeconds + 105, passed: 0 }
  const seats = [...state.miners, ...state.validators].map(({ account: hotkey }, uid) => ({
    uid,
    hotkey,
    stakeAtomic:
      uid < state.miners.length ? `${12n * token}` : `${[5_000n, 3_000n, 2_000n][uid % 3] as bigint}${'0'.repeat(18)}`,
    hasPermit: uid >= state.miners.length,
    seeksPermit: uid >= state.miners.length - 1,
    registeredAtSeconds: nowSeconds - 4_000 * (uid + 1) ** 2,
    paidAtomic: `${40n * token * BigInt(uid)}`,
  }))
  if (netuid >= names.length) return { asOfBlock, nowSeconds, netuid, neurons: seats, nextResult }
  const consensus = [480_000, 330_000, 120_000]
  const rows = [
    [500_000, 350_000, 150_000],
    [480_000, 330_000, 190_000],
    [600_000, 280_000, 120_000],
  ]
  const emission = 100n * token
  const incentives = [516_000, 355_000, 129_000]
  const dividends = [502_000, 306_000, 192_000]
  return {
    asOfBlock,
    nowSeconds,
    netuid,
    neurons: seats.map((seat) => {
      const judge = seat.uid - state.miners.length
      return {
        ...seat,
        incentivePpm: incentives[seat.uid] ?? 0,
        dividendsPpm: dividends[judge] ?? 0,
        consensusPpm: consensus[seat.uid] ?? 0,
        rankPpm: consensus[seat.uid] ?? 0,
        earnedAtomic: `${(emission * BigInt(incentives[seat.uid] ?? dividends[judge] ?? 0)) / 2_000_000n}`,
      }
    }),
    nextResult: { ...nextResult, epoch: (fakeNetwork(state).subnets[0]?.currentEpoch ?? 2) - 1 },
    signedEpoch: (fakeNetwork(state).subnets[0]?.currentEpoch ?? 2) - 2,
    epoch: (fakeNetwork(state).subnets[0]?.currentEpoch ?? 2) - 2,
    aggregator: 'yuma3 1',
    explained: {
      rows: 'shares',
      agreed: 'what more than half of the stake gave it at least',
      miners: 'its shares in all rows, weighted by stake, each cut to the agreed value',
      validators: 'bonds that follow the weights it gave, and grow while it names a miner early and steadily',
    },
    emissionAtomic: `${emission}`,
    agreementPpm: 973_000,
    seats: state.miners.map((miner, uid) => ({
      uid,
      hotkey: miner.account,
      consensusPpm: consensus[uid] as number,
      incentivePpm: [516_000, 355_000, 129_000][uid] as number,
      asMinerAtomic: `${(emission * BigInt([516, 355, 129][uid] as number)) / 2_000n}`,
    })),
    validators: state.validators.map((validator, index) => ({
      hotkey: validator.account,
      uid: 3 + index,
      stakeAtomic: `${[5_000n, 3_000n, 2_000n][index] as bigint}${'0'.repeat(18)}`,
      dividendsPpm: [502_000, 306_000, 192_000][index] as number,
      asValidatorAtomic: `${(emission * BigInt([502, 306, 192][index] as number)) / 2_000n}`,
      weights: (rows[index] as number[]).map((share, uid) => [uid, share] as const),
      keptPpm: [930_000, 930_000, 880_000][index] as number,
    })),
  }
}

/** `/api/validators`: as the metagraphs have them; a subnet without a signed epoch has two that wait. */
export function fakeValidators(state: FakeState): ValidatorsJson {
  return {
    asOfBlock: state.block(),
    subnets: names.map((name, index) => {
      const netuid = index + 1
      const { epoch, validators } = fakeMetagraph(state, netuid)
      return {
        netuid,
        name,
        ...(epoch === undefined ? {} : { epoch }),
        results: epoch === undefined ? 0 : 16,
        validators: (validators ?? []).map(({ hotkey, uid, stakeAtomic, weights, ...judged }, place) => ({
          hotkey,
          ...(uid === undefined ? {} : { uid }),
          hasPermit: place < 2,
          stakeAtomic,
          takeBps: 1_800 - 450 * place,
          ...(place === 1 ? { pendingTake: { bps: 1_500, fromSeconds: Math.floor(state.nowMs() / 1000) + 600 } } : {}),
          ...(place < 2 ? { lastSignedEpoch: (epoch ?? 0) - place } : {}),
          signedResults: [16, 15, 0][place] as number,
          judged: { ...judged, ...(weights === undefined ? {} : { seats: weights.length }), agreementPpm: 973_000 },
        })),
      }
    }),
  }
}

/** `/api/decentralization`. */
export function fakeDecentralization(state: FakeState): DecentralizationJson {
  const binding: RequirementJson = {
    stage: 'S1',
    name: 'independent validators',
    state: 'failed',
    detail: '1 of at least 5 entities may set weights.',
  }
  return {
    asOfBlock: state.block(),
    stage: 'S0',
    binding,
    requirements: [
      { stage: 'S0', name: 'figures recomputed', state: 'met', detail: 'All figures were recomputed and agree.' },
      binding,
      { stage: 'S2', name: 'no guardian', state: 'met', detail: 'Nobody can stop or change the network.' },
    ],
    layers: [
      { name: 'stake', what: 'KOIN staked, by who staked it', byAddress: even(3), byOwner: even(2), byEntity: even(1) },
      { name: 'emission', what: 'KOIN claimed, by account', byAddress: even(6), byOwner: even(5), byEntity: even(1) },
      { name: 'workSold', what: 'Dollars collected from channels, by seat', byAddress: even(0), byEntity: even(0) },
      { name: 'votes', what: 'Nothing is voted on in this version.' },
    ],
    validators: [{ netuid: 1, epochSeconds: 120, validators: 3, owners: 2, entities: 1 }],
    audit: {
      ...{ atMs: state.startedAtMs, block: state.block(), agreed: 2_431, differs: 0, open: 12 },
      ...{ contradicted: 0, unanswered: 9, outcome: 'agrees' },
      isWhole: true,
    },
  }
}

/** Figures of that many equal holders. */
function even(holders: number): ConcentrationJson {
  return {
    holders,
    totalAtomic: `${BigInt(holders) * 1_000n * token}`,
    nakamotoThird: holders === 0 ? 0 : Math.floor(holders / 3) + 1,
    nakamotoHalf: holders === 0 ? 0 : Math.floor(holders / 2) + 1,
    giniPpm: 0,
    herfindahl: holders === 0 ? 0 : Math.floor(10_000 / holders),
    effectiveMilli: holders * 1_000,
    topOnePpm: holders === 0 ? 0 : Math.floor(1_000_000 / holders),
    topFivePpm: holders === 0 ? 0 : Math.min(1_000_000, Math.floor(5_000_000 / holders)),
  }
}
