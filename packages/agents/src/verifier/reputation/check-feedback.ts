/** Whether a feedback rests on settled money, checked in the reader's own process (specs/0023 section 3.2). */
import { equalBytes, type Hex, hexToBytes, isKoinonError, merkleRoot, type VerifySession } from '@koinon/base'
import {
  type Check,
  checkThat,
  fail,
  notChecked,
  pass,
  receiptType,
  type SignedReceipt,
  verifyDelegation,
  verifyReceiptSignature,
} from '@koinon/work'
import type { AgentRecord } from '../../client/identity/agent-registry.ts'
import type { LedgerFeedback } from '../../client/reputation/read-feedback.ts'
import type { SettledMoney } from '../../client/reputation/settled-money.ts'
import { type FeedbackFile, feedbackHash, parseFeedbackFile } from '../../rules/reputation/feedback-file.ts'

export type FeedbackCheckInput = {
  readonly feedback: LedgerFeedback
  readonly agent: AgentRecord
  /** The file's bytes; undefined where nobody gave them. */
  readonly file: Uint8Array | undefined
  readonly money: Pick<SettledMoney, 'channels' | 'transactions'>
  readonly verifySession: VerifySession
  /** Hashes of the receipts behind `calls`, in order, where the reviewer shows them. */
  readonly callHashes?: readonly Hex[]
}

/** `counts` is true only when a settled payment of the reviewer to the agent was found behind it and nothing failed. */
export type CheckedFeedback = { readonly checks: readonly Check[]; readonly counts: boolean }

/** Names of checks: `self hash file statement receipt settled transaction calls`. */
export function checkFeedback(input: FeedbackCheckInput): CheckedFeedback {
  const checks = feedbackChecks(input)
  const isBound = checks.some(({ name, state }) => (name === 'settled' || name === 'transaction') && state === 'pass')
  return { checks, counts: isBound && checks.every(({ state }) => state !== 'fail') }
}

function feedbackChecks({ feedback, agent, file: bytes, money, verifySession, callHashes }: FeedbackCheckInput) {
  const { client } = feedback
  const self = checkThat('self', client !== agent.owner && client !== agent.wallet, `${client} is not the agent itself`)
  const revoked = feedback.isRevoked ? [fail('revoked', 'the reviewer took it back')] : []
  if (bytes === undefined)
    return [self, ...revoked, notChecked('file', 'nobody gave the file, so nothing binds it to a payment')]
  const isSame = equalBytes(hexToBytes(feedback.hash), hexToBytes(feedbackHash(bytes)))
  const hash = checkThat('hash', isSame, `keccak256 of the file, on the ledger ${feedback.hash.slice(0, 12)}…`)
  const file = parsed(bytes)
  if (typeof file === 'string') return [self, ...revoked, hash, fail('file', file)]
  const { bundle, transaction } = file.evidence
  const hop = bundle?.hops[0]
  return [
    self,
    ...revoked,
    hash,
    checkThat('statement', saysTheSame(file, feedback, agent), 'the file says what the ledger says'),
    ...(hop === undefined ? [] : receiptChecks(hop, feedback, agent, money, verifySession)),
    ...(transaction === undefined ? [] : [transactionCheck(transaction, feedback, agent, money)]),
    ...(hop === undefined && transaction === undefined ? [fail('settled', 'the file names no payment')] : []),
    ...(file.evidence.calls === undefined ? [] : [callsCheck(file.evidence.calls, hop, callHashes)]),
  ]
}

function receiptChecks(
  hop: SignedReceipt,
  { client }: LedgerFeedback,
  agent: AgentRecord,
  money: FeedbackCheckInput['money'],
  verifySession: VerifySession,
): readonly Check[] {
  const { receipt, delegation } = hop
  const isSigned =
    verifyReceiptSignature(hop, verifySession) &&
    delegation.sessionKey === receipt.sessionKey &&
    delegation.signer === receipt.payee &&
    delegation.chainId === receipt.chainId &&
    verifyDelegation(delegation, receipt.endedAtMs)
  const isTheirs = receipt.payer === client && receipt.payee === agent.wallet && receipt.chainId === agent.ref.chainId
  const [signer, reviewer] = [receipt.payee, receipt.payer].map((account) => `${account.slice(0, 10)}…`)
  const channel = money.channels.get(receipt.channelId)
  const isSettled =
    channel !== undefined && channel.payer === client && channel.receiver === agent.wallet && channel.claimedAtomic > 0n
  return [
    isSigned && isTheirs
      ? pass('receipt', `signed by ${signer}, the agent's wallet, for the reviewer, ${reviewer}`)
      : fail('receipt', `signed by ${signer} for ${reviewer}; it should be the agent's wallet for the reviewer`),
    checkThat(
      'settled',
      isSettled,
      channel === undefined
        ? 'the ledger has no channel in dollars of that id'
        : `${channel.claimedAtomic} atomic units claimed on the channel from ${channel.payer.slice(0, 10)}… to ${channel.receiver.slice(0, 10)}…`,
    ),
  ]
}

function transactionCheck(
  transaction: Hex,
  { client }: LedgerFeedback,
  { wallet }: AgentRecord,
  { transactions }: FeedbackCheckInput['money'],
): Check {
  const amount = transactions.get(`${transaction} ${client} ${wallet}`) ?? 0n
  return checkThat(
    'transaction',
    amount > 0n,
    `${amount} atomic units signed over to the agent's wallet by the reviewer in ${transaction.slice(0, 12)}…`,
  )
}

function callsCheck(
  calls: NonNullable<FeedbackFile['evidence']['calls']>,
  hop: SignedReceipt | undefined,
  hashes: readonly Hex[] | undefined,
): Check {
  if (hashes === undefined) return notChecked('calls', `${calls.count} calls, whose receipts were not given`)
  const isWhole =
    hashes.length === calls.count && new Set(hashes).size === calls.count && merkleRoot(hashes) === calls.root
  const holdsBill = hop !== undefined && hashes.includes(receiptType.hash(hop.receipt))
  if (isWhole && !holdsBill) return notChecked('calls', `${calls.count} receipts, the bill is of an earlier epoch`)
  return isWhole
    ? pass('calls', `${calls.count} receipts lead to the root`)
    : fail('calls', 'the receipts do not lead to the root')
}

function saysTheSame(file: FeedbackFile, feedback: LedgerFeedback, { ref }: AgentRecord): boolean {
  return (
    file.agent.chainId === ref.chainId &&
    file.agent.registry === ref.registry &&
    file.agent.agentId === feedback.agentId &&
    ref.agentId === feedback.agentId &&
    file.client === feedback.client &&
    file.value === feedback.value &&
    file.valueDecimals === feedback.valueDecimals &&
    file.tag1 === feedback.tag1 &&
    file.tag2 === feedback.tag2
  )
}

function parsed(bytes: Uint8Array): FeedbackFile | string {
  try {
    return parseFeedbackFile(bytes)
  } catch (error) {
    if (isKoinonError(error)) return error.message
    throw error
  }
}
