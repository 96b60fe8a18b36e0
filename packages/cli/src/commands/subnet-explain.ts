import { formatAmount, KoinonError } from '@koinon/base'
import { networkOf, requestJson } from '@koinon/node/wallet'
import type {
  EpochDetailJson,
  MetagraphJson,
  MetagraphSeatJson,
  MetagraphValidatorJson,
  SubnetsJson,
} from '@koinon/work/dashboard'
import type { Command } from 'commander'
import { ppmPercent } from '../format/percent.ts'
import { gatewayUrlOf } from '../gateway-url.ts'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { facts, table } from '../table.ts'

const epochsLookedBack = 5

/** `koinon subnet explain UID`. */
export function defineSubnetExplain(subnet: Command): void {
  subnet
    .command('explain')
    .description(
      'why a seat earned what it did in the last epoch with a result: which validator gave it how much, and why',
    )
    .argument('<uid>', 'number of the seat')
    .option('--netuid <n>', 'subnet', '1')
    .action(
      runCommand(async ({ home }, text: string, flags: { readonly netuid: string }) => {
        const uid = parseInteger(text, 'the seat', 0, 65_535)
        const netuid = parseNetuid(flags.netuid, '--netuid')
        const gatewayUrl = gatewayUrlOf(networkOf(home))
        const get = <answer>(path: string) => requestJson<answer>(`${gatewayUrl}${path}`, { method: 'GET' })
        const metagraph = await get<MetagraphJson>(`/api/subnets/${netuid}/metagraph`)
        if (metagraph.epoch === undefined) throw noResult(netuid)
        const seat = metagraph.seats?.find((one) => one.uid === uid)
        if (seat === undefined) throw noSeat(netuid, uid, metagraph.epoch)
        const [{ payouts, weights }, { subnets }] = await Promise.all([
          get<EpochDetailJson>(`/api/epochs/${netuid}/${metagraph.epoch}`),
          get<SubnetsJson>('/api/subnets'),
        ])
        const own = metagraph.validators?.find(({ hotkey }) => hotkey === seat.hotkey)
        const newKoin = subnets.find((subnet) => subnet.netuid === netuid)?.emissionWhy
        const why =
          payouts.find((payout) => payout.uid === uid)?.why ??
          (await earlierWhy((epoch) => get<EpochDetailJson>(`/api/epochs/${netuid}/${epoch}`), metagraph.epoch, uid))
        const openedByOthers = weights.filter(({ openedBy }) => openedBy !== undefined).length
        const rows = { revealed: weights.length, openedByOthers }
        const judgements = (metagraph.validators ?? []).map((validator) => {
          const sharePpm = validator.weights?.find(([other]) => other === uid)?.[1]
          const place = 1 + (validator.weights ?? []).filter(([, ppm]) => ppm > (sharePpm ?? 0)).length
          return { validator, sharePpm: validator.weights === undefined ? undefined : (sharePpm ?? 0), place }
        })
        return {
          data: {
            netuid,
            epoch: metagraph.epoch,
            ...seat,
            ...(own === undefined ? {} : { dividendsPpm: own.dividendsPpm, asValidatorAtomic: own.asValidatorAtomic }),
            rows,
            ...(metagraph.explained === undefined ? {} : { explained: metagraph.explained }),
            ...(why === undefined ? {} : { why }),
            ...(newKoin === undefined ? {} : { newKoin }),
            judgements: judgements.map(({ validator, sharePpm }) => ({
              hotkey: validator.hotkey,
              stakeAtomic: validator.stakeAtomic,
              ...(sharePpm === undefined ? {} : { sharePpm }),
            })),
          },
          text: explainSeat(netuid, metagraph, seat, judgements, rows, why, newKoin),
        }
      }),
    )
}

/** What the newest of the epochs before says, where nothing of this one was claimed yet. */
export async function earlierWhy(
  read: (epoch: number) => Promise<Pick<EpochDetailJson, 'payouts'>>,
  epoch: number,
  uid: number,
): Promise<string | undefined> {
  for (let earlier = epoch - 1; earlier > 0 && earlier >= epoch - epochsLookedBack; earlier--) {
    const { payouts } = await read(earlier)
    const why = payouts.find((payout) => payout.uid === uid)?.why
    if (why !== undefined) return `nothing of epoch ${epoch} was claimed yet; of epoch ${earlier}: ${why}`
  }
  return undefined
}

/** One validator's word on the seat; `place`: how many seats it put above this one, and one. */
export type Judgement = {
  readonly validator: Pick<MetagraphValidatorJson, 'uid' | 'hotkey' | 'stakeAtomic'>
  readonly sharePpm: number | undefined
  readonly place?: number | undefined
}

/** The seat's epoch in words, each aggregator in its own. */
export function explainSeat(
  netuid: number,
  metagraph: Pick<MetagraphJson, 'epoch' | 'aggregator' | 'explained' | 'emissionAtomic' | 'validators'>,
  seat: MetagraphSeatJson,
  judgements: readonly Judgement[],
  opened: { readonly revealed: number; readonly openedByOthers: number },
  why: string | undefined,
  newKoin?: string,
): string {
  const { explained } = metagraph
  const own = metagraph.validators?.find(({ hotkey }) => hotkey === seat.hotkey)
  const head = facts([
    ['seat', `${seat.uid} of subnet ${netuid}, ${seat.hotkey}`],
    [
      'epoch',
      `${metagraph.epoch}, ${formatAmount(BigInt(metagraph.emissionAtomic ?? '0'))} alpha of subnet ${netuid} shared out by ${metagraph.aggregator}`,
    ],
    [
      own === undefined ? 'earned' : 'as a miner',
      `${formatAmount(BigInt(seat.asMinerAtomic))} alpha, ${ppmPercent(seat.incentivePpm)} of the miners' part`,
    ],
    ...(own === undefined ? [] : [['as a validator', dividendsSentence(own)] as const]),
    ...(own === undefined || explained === undefined ? [] : [['validators earn by', explained.validators] as const]),
    ['agreed', `${ppmPercent(seat.consensusPpm)}${explained === undefined ? '' : `: ${explained.agreed}`}`],
    ...(explained === undefined ? [] : [['miners earn by', explained.miners] as const]),
    [
      'weights',
      `of ${opened.revealed} validators are open${opened.openedByOthers === 0 ? '' : `, ${opened.openedByOthers} of them opened by others, because their validators fell silent`}`,
    ],
    ['why', why ?? 'no validator log is reachable, or nothing was claimed yet'],
    ...(newKoin === undefined ? [] : [['the pool gets', newKoin] as const]),
  ])
  const column = columns[explained?.rows ?? 'unknown']
  const rows = judgements.map((judgement) => [
    judgement.validator.uid === undefined ? 'left' : String(judgement.validator.uid),
    formatAmount(BigInt(judgement.validator.stakeAtomic)),
    judgement.sharePpm === undefined ? 'not revealed' : ppmPercent(judgement.sharePpm),
    judgement.sharePpm === undefined
      ? ''
      : column.say({ ...judgement, sharePpm: judgement.sharePpm }, seat.consensusPpm),
  ])
  return `${head}\n\n${table(['validator', 'stake weighs', 'of its row', column.title], rows)}`
}

/** What a validator earned, and of what that is made. */
function dividendsSentence({
  asValidatorAtomic,
  dividendsPpm,
  stakeAtomic,
  keptPpm,
}: Omit<MetagraphValidatorJson, 'hotkey'>): string {
  const row =
    keptPpm === undefined
      ? 'gave nobody weight or did not reveal it'
      : `gave a row of which the agreed values keep ${ppmPercent(keptPpm)}`
  return `${formatAmount(BigInt(asValidatorAtomic))} alpha, ${ppmPercent(dividendsPpm)} of the dividends, shared with who staked on it: its stake weighs ${formatAmount(BigInt(stakeAtomic))}, and it ${row}`
}

type RowKind = NonNullable<MetagraphJson['explained']>['rows']

type Column = {
  readonly title: string
  say(judgement: { readonly sharePpm: number; readonly place?: number | undefined }, agreedPpm: number): string
}

/** What of a row counts depends on what the aggregator reads it as. */
const columns: Readonly<Record<RowKind | 'unknown', Column>> = {
  shares: { title: 'against what was agreed', say: ({ sharePpm }, agreedPpm) => comparison(sharePpm - agreedPpm) },
  ranking: { title: 'place in its row', say: ({ place, sharePpm }) => (sharePpm === 0 ? 'last' : `${place}`) },
  // A row's sum says nothing there, so its shares and the agreed mark do not compare.
  marks: { title: 'its mark', say: ({ sharePpm }) => (sharePpm === 0 ? 'none' : 'counts for itself, not as a share') },
  proposal: {
    title: 'its row',
    // Both are rounded down to millionths, from different fractions.
    say: ({ sharePpm }, agreedPpm) => (Math.abs(sharePpm - agreedPpm) <= 1 ? 'as in the one that stands' : 'another'),
  },
  unknown: { title: '', say: () => '' },
}

function comparison(differencePpm: number): string {
  if (differencePpm === 0) return 'the same'
  return differencePpm > 0 ? `${ppmPercent(differencePpm)} more, cut` : `${ppmPercent(-differencePpm)} less`
}

function noResult(netuid: number): KoinonError {
  return new KoinonError({
    code: 'subnets/no-result',
    message: `No epoch of subnet ${netuid} has a signed result whose record a validator serves yet`,
    hint: `Epochs and their states: koinon epoch show --netuid ${netuid}`,
    retry: 'later',
  })
}

function noSeat(netuid: number, uid: number, epoch: number): KoinonError {
  return new KoinonError({
    code: 'subnets/no-seat',
    message: `Subnet ${netuid} had no seat ${uid} in epoch ${epoch}`,
    hint: `Seats and their hotkeys: koinon epoch show ${epoch} --netuid ${netuid}`,
  })
}
