/** A provider in a process of its own, to be killed. Arguments: folder, name, gateway account, piece delay in milliseconds, credit limit. */
import type { Hex } from '@koinon/base'
import { ScriptedEngine } from './scripted-engine.ts'
import { startTestProvider } from './test-provider.ts'

const [folder = '', name = '', gateway = '', pieceDelayMs = '0', credit = ''] = process.argv.slice(2)
const engine = new ScriptedEngine({ pieces: Array(12).fill('word '), pieceDelayMs: Number(pieceDelayMs) })
const { port, till } = await startTestProvider({
  name,
  engine,
  gateway: gateway as Hex,
  folder,
  ...(credit === '' ? {} : { creditLimitPicoUsd: BigInt(credit) }),
})
process.on('message', (message) => {
  if (message === 'books') process.send?.({ owed: `${till.book.list()[0]?.owedPicoUsd}` })
})
process.send?.({ port })
