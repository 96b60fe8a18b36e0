/** What the last audit that was run from a home came to: kept in the home, so that page and command line can say when and what. */
import { readFileSync } from 'node:fs'
import type { AuditTotals } from '@koinon/work/dashboard'
import { type Home, writeFileDurably } from './home.ts'

export type LastAudit = AuditTotals & {
  readonly atMs: number
  /** The ledger that it looked at, so that an audit of another one is never shown for this. */
  readonly chainId: number
  readonly epochsContract: string
  /** Up to this block. */
  readonly block: number
  /** All subnets and epochs were asked for. */
  readonly isWhole: boolean
}

export function saveLastAudit(home: Home, audit: LastAudit): void {
  writeFileDurably(home.lastAudit, `${JSON.stringify({ v: 2, ...audit })}\n`)
}

type Ledger = { readonly chainId: number; readonly contracts: { readonly epochs: string } }

/** Undefined where none was run, or of another ledger than the home's, or a file cannot be read. */
export function readLastAudit(
  home: Pick<Home, 'lastAudit' | 'networkFile'>,
  ledger: Ledger | undefined = ledgerOf(home.networkFile),
): LastAudit | undefined {
  const audit = parse(home.lastAudit)
  if (audit === undefined || ledger === undefined) return undefined
  return audit.chainId === ledger.chainId && audit.epochsContract === ledger.contracts.epochs ? audit : undefined
}

/** Of the network file, which nobody checks here: small commands do without its library. */
function ledgerOf(networkFile: string): Ledger | undefined {
  try {
    const { chainId, contracts } = JSON.parse(readFileSync(networkFile, 'utf8')) as Ledger
    return { chainId, contracts: { epochs: contracts.epochs.toLowerCase() } }
  } catch {
    return undefined
  }
}

function parse(path: string): LastAudit | undefined {
  try {
    const { v, ...audit } = JSON.parse(readFileSync(path, 'utf8')) as LastAudit & { readonly v: number }
    const numbers = [
      audit.atMs,
      audit.block,
      audit.agreed,
      audit.differs,
      audit.open,
      audit.contradicted,
      audit.unanswered,
    ]
    const isOurs = v === 2 && numbers.every((value) => Number.isSafeInteger(value) && value >= 0)
    return isOurs && ['agrees', 'differs', 'open'].includes(audit.outcome) ? audit : undefined
  } catch {
    return undefined
  }
}
