/** Plays the moves of specs/vectors/pool-emission.json on a network without a ledger: pools, trades, root stake, steps. */
import {
  defaultEmissionParts,
  type EmissionNetworkState,
  type EmissionStep,
  type EmissionSubnet,
  nothingAccrued,
  type PoolEmissionRules,
  stepEmission,
} from '../rules/emission/pool-step.ts'
import { movePriceAverage } from '../rules/pool/price-average.ts'
import { poolPrice, quoteBuy, quoteSell, wad } from '../rules/pool/weighted-pool.ts'

/** A move waits `seconds` first. `open` takes alpha and KOIN, `parts` the owner's and the miners' part; a `sell` sells at most what was bought. */
export type EmissionMove = {
  readonly kind: 'open' | 'dissolve' | 'buy' | 'sell' | 'root' | 'parts' | 'step'
  readonly seconds: bigint
  readonly netuid: number
  readonly amount: bigint
  readonly other: bigint
}

const partsDelaySeconds = 604_800n

/** Every step that the moves bring about, in order. A step before its period has passed is none. */
export function playEmission(
  rules: PoolEmissionRules,
  koinMinted: bigint,
  moves: readonly EmissionMove[],
): readonly EmissionStep[] {
  const steps: EmissionStep[] = []
  const bought = new Map<number, bigint>()
  const announced: { netuid: number; from: bigint; ownerBps: number; minersBps: number }[] = []
  let now = 0n
  let opened = 0
  let state: EmissionNetworkState = { steppedUntil: 0n, koinMinted, rootStake: 0n, subnets: [] }

  const change = (netuid: number, to: (subnet: EmissionSubnet) => EmissionSubnet): void => {
    state = { ...state, subnets: state.subnets.map((subnet) => (subnet.netuid === netuid ? to(subnet) : subnet)) }
  }
  const trade = ({ kind, netuid, amount }: EmissionMove): void =>
    change(netuid, (subnet) => {
      const held = bought.get(netuid) ?? 0n
      if (kind === 'sell' && held === 0n) return subnet
      const average = movePriceAverage(
        subnet.average,
        poolPrice(subnet.pool),
        subnet.averagedAt - subnet.openedAt,
        now - subnet.openedAt,
      )
      const input = kind === 'sell' && held < amount ? held : amount
      const { output, pool } = kind === 'buy' ? quoteBuy(subnet.pool, input) : quoteSell(subnet.pool, input)
      bought.set(netuid, kind === 'buy' ? held + output : held - input)
      return { ...subnet, average, averagedAt: now, pool }
    })

  for (const move of moves) {
    now += move.seconds
    if (move.kind === 'open') {
      opened += 1
      state = { ...state, subnets: [...state.subnets, openedSubnet(opened, move, now)] }
    } else if (move.kind === 'dissolve') {
      state = { ...state, subnets: swappedOut(state.subnets, move.netuid) }
    } else if (move.kind === 'root') {
      state = { ...state, rootStake: state.rootStake + move.amount }
    } else if (move.kind === 'parts') {
      const [ownerBps, minersBps] = [Number(move.amount), Number(move.other)]
      announced.push({ netuid: move.netuid, from: now + partsDelaySeconds, ownerBps, minersBps })
    } else if (move.kind !== 'step') {
      trade(move)
    } else if (now - state.steppedUntil >= rules.periodSeconds) {
      for (const { netuid, from, ownerBps, minersBps } of announced) {
        if (from > state.steppedUntil) continue
        change(netuid, (subnet) => ({ ...subnet, ownerBps, minersBps, validatorsBps: 10_000 - ownerBps - minersBps }))
      }
      const step = stepEmission(rules, state, now)
      steps.push(step)
      state = step.next
    }
  }
  return steps
}

function openedSubnet(netuid: number, { amount, other }: EmissionMove, now: bigint): EmissionSubnet {
  return {
    netuid,
    pool: { alpha: amount, koin: other, weightKoin: wad / 2n },
    openedAt: now,
    average: 0n,
    averagedAt: now,
    minted: amount,
    ...defaultEmissionParts,
    userFlow: 0n,
    protocolFlow: 0n,
    capitalAverage: 0n,
    mark: undefined,
    accrued: nothingAccrued,
  }
}

/** As the registry does: the last takes the place of the one that goes. */
function swappedOut(subnets: readonly EmissionSubnet[], netuid: number): readonly EmissionSubnet[] {
  const rest = subnets.slice(0, -1)
  const last = subnets.at(-1) as EmissionSubnet
  return last.netuid === netuid ? rest : rest.map((subnet) => (subnet.netuid === netuid ? last : subnet))
}
