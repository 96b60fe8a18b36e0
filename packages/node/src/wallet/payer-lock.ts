import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { KoinonError, sleep, systemClock } from '@koinon/base'

/** A process that ends has this long to let go. */
const patienceMs = 15_000

/** Takes a payer's store for this process, waiting for another one to end; a lock of a process that is gone is taken over. Throws `wallet/payer-in-use`. */
export function holdPayerStore(path: string): Promise<() => void> {
  return hold(path, patienceMs, 'wallet/payer-in-use', (owner) => ({
    message: `Process ${owner} pays from this home already`,
    hint: 'Wait until it ends, or stop it; two payers would not know of each other.',
  }))
}

/** Takes the till of a home's account for this process, as {@link holdPayerStore}. Throws `paywall/till-in-use`. */
export function holdTill(path: string, waitMs = patienceMs): Promise<() => void> {
  return hold(path, waitMs, 'paywall/till-in-use', (owner) => ({
    message: `Process ${owner} sells for the account of this home already`,
    hint: 'Stop it, or give this seller a home of its own with --home: two tills of one account would take one voucher twice.',
  }))
}

/** Takes an agent's tasks and its name on the ledger for this process, as {@link holdPayerStore}. Throws `agents/already-running`. */
export function holdAgent(path: string, waitMs = patienceMs): Promise<() => void> {
  return hold(path, waitMs, 'agents/already-running', (owner) => ({
    message: `Process ${owner} runs this agent from this home already`,
    hint: 'Stop it, or run this one with a home of its own (--home).',
  }))
}

async function hold(
  path: string,
  waitMs: number,
  code: string,
  words: (owner: number | 'unknown') => { readonly message: string; readonly hint: string },
): Promise<() => void> {
  const until = systemClock.nowMs() + waitMs
  for (;;) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx', mode: 0o600 })
      return () => rmSync(path, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const owner = ownerOf(path)
    if (owner !== undefined && !isAlive(owner)) {
      rmSync(path, { force: true })
      continue
    }
    if (systemClock.nowMs() >= until) throw new KoinonError({ code, ...words(owner ?? 'unknown'), retry: 'later' })
    await sleep(50)
  }
}

function ownerOf(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    return Number.isInteger(pid) && pid > 0 ? pid : undefined
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  if (pid === process.pid) return true
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
