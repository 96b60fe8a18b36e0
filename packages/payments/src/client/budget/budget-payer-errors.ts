import { type Address, dollarDecimals, formatUnits, type Hex, isKoinonError, KoinonError } from '@koinon/base'

/** A refusal of the budget, with the reason's code in the sentence and the next step as hint; other errors as they are. */
export function withNextStep(error: unknown, grantHash: Hex): unknown {
  if (!isKoinonError(error) || !error.code.startsWith('payments/budget-')) return error
  const reason = error.details?.['reason']
  const explain = `What it says and what is left: koinon budget explain ${grantHash.slice(0, 12)}`
  return new KoinonError({
    code: error.code,
    message: typeof reason === 'string' ? `${error.message} (${reason})` : error.message,
    hint: error.code === 'payments/budget-refused' && error.hint !== undefined ? `${error.hint} ${explain}` : explain,
    retry: error.retry,
    details: { ...error.details, grantHash },
    cause: error,
  })
}

/** The owner reads it first. */
export function waits(grantHash: Hex, intentHash: Hex): KoinonError {
  const name = grantHash.slice(0, 12)
  return new KoinonError({
    code: 'payments/budget-waits',
    message: 'The owner of the budget must approve this payment first; nothing was paid',
    hint: `The owner sees it with "koinon budget explain ${name}" and approves it with "koinon budget approve ${name} ID". Then send the same call again.`,
    retry: 'later',
    details: { grantHash, intentHash },
  })
}

/** The owner's account has no code that lets session keys deposit. */
export function cannotDeposit(owner: Address): KoinonError {
  return new KoinonError({
    code: 'payments/budget-cannot-deposit',
    message: `The account ${owner} does not let keys of budgets put its money into channels`,
    hint: 'Its owner allows it once with "koinon budget grant ... --on-chain"; "koinon budget explain BUDGET" says what the budget allows.',
  })
}

/** A grant of services alone names nobody whom deposits may go to. */
export function receiverUnnamed(receiver: Address, service: string): KoinonError {
  return new KoinonError({
    code: 'payments/budget-cannot-deposit',
    message: `The grant names services and not the account ${receiver}, and deposits go to named accounts alone`,
    hint: `Its owner names the account with a new grant: koinon budget grant --to ${receiver} --service ${service} --on-chain. Or send the session key's own account a small balance for exact payments.`,
  })
}

/** Under `propose` the chain lets no key deposit, whatever the owner approved here. */
export function proposesOnly(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-cannot-deposit',
    message: 'Under "propose" the account of the owner lets no session key put its money into channels',
    hint: "Send the session key's own account a small balance for exact payments, each of which the owner approves; see koinon budget explain.",
  })
}

/** Exact payments come from the key's own account. */
export function keyEmpty(agent: Address, holdsAtomic: bigint, priceAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/budget-key-empty',
    message: `The session key's own account ${agent} holds ${dollars(holdsAtomic)}, less than the price of ${dollars(priceAtomic)}`,
    hint: 'Send it a small balance, or pay sellers that take channels: those are filled from the account of the owner.',
  })
}

/** The owner has less than the deposit. */
export function ownerEmpty(owner: Address, holdsAtomic: bigint, depositAtomic: bigint): KoinonError {
  return new KoinonError({
    code: 'payments/budget-owner-empty',
    message: `The account ${owner}, whose budget this is, holds ${dollars(holdsAtomic)}, less than the deposit of ${dollars(depositAtomic)}`,
    hint: 'Have dollars sent to the account, then try again.',
    retry: 'later',
  })
}

/** What the owner approves must still be good then; a challenge of MPP is not. */
export function nonceFixed(): KoinonError {
  return new KoinonError({
    code: 'payments/budget-nonce-fixed',
    message:
      'The seller sets the nonce of the payment (MPP charge) for minutes, and under "propose" the owner reads it first',
    hint: 'Pay this seller by channel or by x402.',
  })
}

/** Something that a budget has no intent for. */
export function notByBudget(what: string): KoinonError {
  return new KoinonError({
    code: 'payments/budget-no-intent',
    message: `A budget does not sign for this: ${what}`,
    hint: 'The owner does it with the account itself; "koinon budget explain BUDGET" says what the budget allows.',
  })
}

function dollars(atomic: bigint): string {
  return `${formatUnits(atomic, dollarDecimals)} dollars`
}
