/** Every way to cheat that the league knows, with the checks that may name it. */
import type { Engines } from '../world/engines.ts'
import type { LedgerWorld } from '../world/ledger-world.ts'
import type { Dishonesty, Miner } from '../world/miner.ts'
import * as engine from './engine-cheats.ts'
import * as receipts from './receipt-cheats.ts'
import { dealsWithItself, refusing } from './self-dealing.ts'

export type Cheat = {
  readonly name: string
  /** One of these must fail; empty: no check fails, and what it earns follows from the answers that count. */
  readonly namedBy: readonly string[]
  /** Nothing unless said otherwise. `asHonest`: the lie is of no use, so it is paid like the truth. */
  readonly earns?: 'asHonest'
  /** Only some answers or samples show it: one epoch in three is enough. */
  readonly isByChance?: true
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
    { name: 'wrong seed', isByChance: true, namedBy: tokens, dishonesty: { engine: engine.otherSeed } },
    { name: 'wrong seed, signed', namedBy: [], dishonesty: receipts.signsOtherSeed },
    { name: 'wrong temperature', isByChance: true, namedBy: tokens, dishonesty: { engine: engine.otherTemperature } },
    {
      name: 'cheap model, named',
      namedBy: [],
      dishonesty: { engine: engine.cheapModelUnderTheName(engines.otherModel) },
    },
    {
      name: 'foreign class claimed',
      namedBy: [],
      dishonesty: { engine: engine.beyondReplay(engines.otherModel, { determinismClass: `0x${'77'.repeat(32)}` }) },
    },
    {
      name: 'tokens untold',
      namedBy: [],
      dishonesty: { engine: engine.beyondReplay(engines.otherModel, { rung: 0 }, engine.withoutTokens) },
    },
    { name: 'other prompt', namedBy: ['prompt'], dishonesty: { engine: engine.otherPrompt } },
    {
      name: 'copied receipts',
      namedBy: ['receipt'],
      dishonesty: receipts.copiesReceiptsOf(
        () => miner('honest 1'),
        () => miner('copied receipts'),
      ),
    },
    { name: 'receipts repeated', namedBy: ['list'], dishonesty: receipts.repeatsReceipts },
    {
      name: 'old receipts again',
      namedBy: ['epoch'],
      dishonesty: receipts.reusesOldReceipts(world, () => miner('old receipts again')),
    },
    { name: 'commits nothing', namedBy: ['committed'], dishonesty: receipts.commitsNothing },
    { name: 'leaves receipts out', namedBy: ['links'], dishonesty: receipts.leavesReceiptsOut },
    {
      name: 'evidence of another',
      namedBy: ['request', 'response', 'evidence'],
      dishonesty: receipts.showsOtherEvidence(),
    },
    { name: 'evidence withheld', namedBy: ['evidence'], dishonesty: receipts.withholdsEvidence },
    { name: 'evidence delayed', namedBy: ['evidence'], dishonesty: receipts.delaysEvidence(60_000) },
    { name: 'times moved back', namedBy: ['clock'], dishonesty: receipts.signsOldTimes },
    { name: 'boasts of speed', namedBy: [], earns: 'asHonest', dishonesty: receipts.boastsOfSpeed },
    {
      name: 'knows own questions',
      namedBy: ['links'],
      dishonesty: {
        engine: engine.knowingProbes(engines.otherModel),
        ...receipts.listsProbesOnly(() => miner('knows own questions')),
      },
    },
    {
      name: 'knows them, lists all',
      isByChance: true,
      namedBy: replayed,
      dishonesty: { engine: engine.knowingProbes(engines.otherModel) },
    },
    { name: 'answers only itself', namedBy: ['channels'], dishonesty: dealsWithItself(world, refusing) },
    {
      name: 'thins out its sample',
      namedBy: ['channels'],
      dishonesty: dealsWithItself(world, engine.answeringWith(engines.otherModel)),
    },
  ]
}
