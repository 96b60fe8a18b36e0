/** How much KOIN the faucet of a home has given to strangers in all, kept in the home. */
import { existsSync, readFileSync } from 'node:fs'
import { type Home, writeFileDurably } from '../home/home.ts'
import { faucetKoinInAll } from './parameters.ts'

/**
 * Notes a gift and returns it: `wanted` (1e-18 KOIN), or nothing once that would be more than strangers may have in all. On disk
 * before it is sent, so that no crash gives it twice. A book that cannot be read counts as full.
 */
export function takeKoin(home: Home, wanted: bigint): bigint {
  const given = readGiven(home)
  if (given === undefined || given + wanted > faucetKoinInAll) return 0n
  writeFileDurably(home.faucetBook, `${JSON.stringify({ v: 1, koinAtomic: `${given + wanted}` })}\n`)
  return wanted
}

function readGiven(home: Home): bigint | undefined {
  if (!existsSync(home.faucetBook)) return 0n
  try {
    const { koinAtomic } = JSON.parse(readFileSync(home.faucetBook, 'utf8')) as { koinAtomic?: unknown }
    return typeof koinAtomic === 'string' && /^[0-9]{1,40}$/.test(koinAtomic) ? BigInt(koinAtomic) : undefined
  } catch {
    return undefined
  }
}
