/** A provider in a process of its own, to be killed. Arguments: folder, name, gateway account, piece delay in milliseconds. */
import type { Hex } from '@koinon/base'
import { ScriptedEngine } from './scripted-engine.ts'
import { startTestProvider } from './test-provider.ts'

const [folder = '', name = '', gateway = '', pieceDelayMs = '0'] = process.argv.slice(2)
const engine = new ScriptedEngine({ pieces: Array(12).fill('word '), pieceDelayMs: Number(pieceDelayMs) })
const { port } = await startTestProvider({ name, engine, gateway: gateway as Hex, folder })
process.send?.({ port })
