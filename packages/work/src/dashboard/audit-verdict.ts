/** What an audit came to, in the words of command line and page alike (specs/0019-audit.md section 2). */

export type AuditTotals = {
  readonly agreed: number
  readonly differs: number
  readonly open: number
  /** Answers that one validator calls withheld and another judged. */
  readonly contradicted: number
  /** Answers that did not reach one validator in time and that another judged. */
  readonly unanswered: number
  /** `open`: nothing differs, and some figures of the ledger could not be computed again. */
  readonly outcome: 'agrees' | 'differs' | 'open'
}

export type AuditVerdict = {
  readonly kind: 'pass' | 'warn' | 'fail'
  readonly words: string
  /** A whole sentence; absent where nothing is to be done. */
  readonly advice?: string
}

/** The gravest of what was found. */
export function auditVerdict({
  outcome,
  contradicted,
  unanswered,
}: Omit<AuditTotals, 'agreed' | 'differs' | 'open'>): AuditVerdict {
  if (outcome === 'differs') return { kind: 'fail', words: 'figures differ' }
  if (contradicted > 0) return { kind: 'warn', words: 'validators contradict each other', advice: contradictionAdvice }
  if (outcome === 'open') return { kind: 'warn', words: 'nothing differs, not all could be checked' }
  if (unanswered > 0)
    return { kind: 'warn', words: 'nothing differs, some probably slow or unreachable', advice: noAnswerAdvice }
  return { kind: 'pass', words: 'everything agrees' }
}

/** `3 figures agree, 0 differ, 2 could not be checked`. */
export function auditCounts({ agreed, differs, open }: Pick<AuditTotals, 'agreed' | 'differs' | 'open'>): string {
  const figures = `${agreed.toLocaleString('en')} ${agreed === 1 ? 'figure agrees' : 'figures agree'}`
  return `${figures}, ${differs.toLocaleString('en')} ${differs === 1 ? 'differs' : 'differ'}, ${open.toLocaleString('en')} could not be checked`
}

export const contradictionAdvice =
  'Ask that miner yourself: if it answers you, the validator withholds its verdict, so stake on another one; if it does not, it shows its answers to some only.'

export const noAnswerAdvice =
  'No figure of the ledger is wrong. See that the miner can be reached from that validator and that neither machine is overloaded, then audit again; a pair that stays in this list is worth asking about.'
