/** Every way to cheat that the league knows, with the checks that may name it. */
import type { Engines } from '../world/engines.ts'
import type { LedgerWorld } from '../world/ledger-world.ts'
import type { Dishonesty, Miner } from '../world/miner.ts'
import * as engine from './engine-cheats.ts'
import * as receipts from './receipt-cheats.ts'
import { dealsWithItself, refusing } from './self-dealing.ts'

export type Cheat = {
  readonly name: string
  /** One of these must have failed in each epoch of each validator; empty: it fails no check and must earn nothing all the same. */
  readonly namedBy: readonly string[]
  readonly dishonesty: Dishonesty
}

export function allCheats(context: {
  readonly world: LedgerWorld
  readonly engines: Engines
  readonly miner: (name: string) => Miner
}): readonly Cheat[] {
  const { world, engines, miner } = context
  const tokens = ['tokens']
  const replayed = ['tokens', 'finish']
  return [
    { name: 'other model', namedBy: tokens, dishonesty: { engine: engine.answeringWith(engines.otherModel) } },
    { name: 'Q4_0 for Q8_0', namedBy: tokens, dishonesty: { engine: engine.answeringWith(engines.fewerBits) } },
    { name: 'cut short as stop', namedBy: ['finish'], dishonesty: { engine: engine.cutShortAsStop } },
    { name: 'cut short as length', namedBy: ['finish'], dishonesty: { engine: engine.cutShortAsLength } },
    { name: 'cut short as abort', namedBy: [], dishonesty: { engine: engine.cutShortAsAbort } },
    { name: 'prompt count inflated', namedBy: ['counts'], dishonesty: { engine: engine.inflatedPromptCount } },
    { name: 'output padded', namedBy: replayed, dishonesty: { engine: engine.inflatedOutput } },
    { name: 'wrong seed', namedBy: tokens, dishonesty: { engine: engine.otherSeed } },
    { name: 'wrong seed, signed', namedBy: [], dishonesty: receipts.signsOtherSeed },
    { name: 'wrong temperature', namedBy: tokens, dishonesty: { engine: engine.otherTemperature } },
    { name: 'other prompt', namedBy: ['prompt'], dishonesty: { engine: engine.otherPrompt } },
    {
      name: 'copied receipts',
      namedBy: ['receipt', 'evidence'],
      dishonesty: receipts.copiesReceiptsOf(() => miner('honest 1')),
    },
    { name: 'receipts repeated', namedBy: ['list'], dishonesty: receipts.repeatsReceipts },
    {
      name: 'old receipts again',
      namedBy: ['epoch'],
      dishonesty: receipts.reusesOldReceipts(world, () => miner('old receipts again')),
    },
    { name: 'commits nothing', namedBy: ['committed'], dishonesty: receipts.commitsNothing },
    { name: 'leaves receipts out', namedBy: ['committed'], dishonesty: receipts.leavesReceiptsOut },
    {
      name: 'evidence of another',
      namedBy: ['request', 'response', 'evidence'],
      dishonesty: receipts.showsOtherEvidence(),
    },
    { name: 'evidence withheld', namedBy: ['evidence'], dishonesty: receipts.withholdsEvidence },
    { name: 'evidence delayed', namedBy: ['evidence'], dishonesty: receipts.delaysEvidence(60_000) },
    { name: 'times moved back', namedBy: ['clock'], dishonesty: receipts.signsOldTimes },
    { name: 'answers only itself', namedBy: [], dishonesty: dealsWithItself(world, refusing) },
    {
      name: 'thins out its sample',
      namedBy: tokens,
      dishonesty: dealsWithItself(world, engine.answeringWith(engines.otherModel)),
    },
  ]
}
