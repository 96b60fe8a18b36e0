/** What a provider's earnings are called where it is started, asked and stopped: the same words everywhere. */
import { type Address, dollarDecimals, formatAmount, formatUnits } from '@koinon/base'
import type { AlphaEarning, AlphaWithdrawal, ProviderEarnings, Withdrawal } from '@koinon/node/wallet'
import { impactPercent } from './format/percent.ts'
import { utcTime } from './format/time.ts'
import { alphaOf, worthSentence } from './pool-words.ts'

/** Label and value for `facts`: whose account, what it holds, what is owed to it, how to spend it. */
export function earningsFacts(
  earnings: ProviderEarnings,
  isTest: boolean,
  whose: { readonly role: string; readonly command: string } = {
    role: 'provider',
    command: 'koinon provider withdraw',
  },
): readonly (readonly [string, string])[] {
  const { account, held, unclaimedAtomic, alpha } = earnings
  return [
    ['account', `${account}, the ${whose.role}'s own: it holds its gas money and what it earns`],
    [
      'it holds',
      held === undefined
        ? 'not known: the ledger does not answer'
        : `${amounts(held.koin, held.dollar, isTest)}, ${formatAmount(held.nativeWei)} ETH of gas money`,
    ],
    ...(unclaimedAtomic === undefined
      ? []
      : ([['not yet claimed', dollars(unclaimedAtomic, isTest)]] as readonly (readonly [string, string])[])),
    ...alphaFacts(alpha ?? []),
    ['to spend it', whose.command],
  ]
}

/** One sentence of what an account holds, for the end of a provider. */
export function keptSentence({ account, held, alpha }: ProviderEarnings, isTest: boolean): string {
  const what =
    held === undefined
      ? 'what it earned'
      : [...(alpha ?? []).map((one) => alphaOf(one.netuid, one.alpha)), amounts(held.koin, held.dollar, isTest)].join(
          ', ',
        )
  return `The provider's account ${account} keeps ${what}; "koinon provider withdraw" sends it to your wallet.`
}

/** What a withdrawal did, and what its receiver lacks to spend it. */
export function withdrawalSentence(done: Withdrawal, roleName: string, isTest: boolean, lacksGas: boolean): string {
  if (done.from === done.to) return `${done.to} is the ${roleName}'s own account: nothing was sent.`
  const alpha = done.alpha.flatMap(outcomeLines)
  if (done.koin === 0n && done.dollar === 0n) {
    return [
      ...alpha,
      `The ${roleName}'s account ${done.from} holds no ${alpha.length === 0 ? '' : 'other '}money to send.`,
    ].join('\n')
  }
  const gas = lacksGas
    ? `\nThat account has no gas money yet; before it can send anything: ${isTest ? 'koinon wallet faucet' : 'have native currency sent to it'}`
    : ''
  const sent = `Sent ${amounts(done.koin, done.dollar, isTest)} from ${done.from} to ${done.to}.`
  return `${[...alpha, sent].join('\n')}\nIts gas money stays with the ${roleName}.${gas}`
}

/** What the alpha of a provider would bring if it were sold now, a line a subnet. */
export function saleFacts(alpha: readonly AlphaEarning[]): readonly (readonly [string, string])[] {
  return alpha.flatMap(({ netuid, terms }) =>
    terms === undefined
      ? []
      : [
          [
            `subnet ${netuid}`,
            `${alphaOf(netuid, terms.input)} would bring ${formatAmount(terms.output)} KOIN, at least ${formatAmount(terms.leastOutput)} or it is not sold; the sale moves the price by ${impactPercent(terms.impactPpm)}`,
          ] as const,
        ],
  )
}

function alphaFacts(alpha: readonly AlphaEarning[]): readonly (readonly [string, string])[] {
  if (alpha.length === 0) return []
  return [
    ...alpha.map(({ netuid, alpha: amount, worth, bound }) => {
      const waits = bound === 0n ? '' : `; ${formatAmount(bound)} of it leaves only after the unbonding time`
      return ['earned', `${alphaOf(netuid, amount)}, worth about ${formatAmount(worth)} KOIN${waits}`] as const
    }),
    ['', worthSentence],
  ]
}

function outcomeLines(done: AlphaWithdrawal): readonly string[] {
  const { netuid, alpha, outcome, koin, unpriced, leaving, freeAtSeconds } = done
  const what = alphaOf(netuid, alpha)
  const lines = {
    sold: `Sold ${what} for ${formatAmount(koin)} KOIN.`,
    redeemed: `Redeemed ${what} for ${formatAmount(koin)} KOIN; that subnet is dissolved.`,
    sent: `Sent ${what}.`,
    kept: alpha === 0n ? '' : `Kept ${what}: it is too little to sell, or more than the pool takes at once.`,
  } as const
  const waits =
    leaving === 0n || freeAtSeconds === undefined
      ? ''
      : `${alphaOf(netuid, leaving)} is on its way, free from ${utcTime(freeAtSeconds)}: run the same command again then.`
  const rest =
    unpriced === undefined
      ? ''
      : `Kept ${alphaOf(netuid, unpriced)}: you were shown no price for it, because it was bound or not yet there. Run the same command again to see one.`
  return [lines[outcome], rest, waits].filter((line) => line !== '')
}

function amounts(koin: bigint, dollar: bigint, isTest: boolean): string {
  return `${formatAmount(koin)} KOIN, ${dollars(dollar, isTest)}`
}

function dollars(atomic: bigint, isTest: boolean): string {
  return `${formatUnits(atomic, dollarDecimals)} ${isTest ? 'test dollars' : 'dollars'}`
}

/** What a home can do that has just joined, with the faucet where it has to be asked first. */
export function joinedSteps(isTest: boolean): readonly string[] {
  return [
    `To use the network: koinon pay <URL>, by the call and without a key${isTest ? ' (asks the faucet itself)' : ''}`,
    `To chat with its models: ${isTest ? 'koinon wallet faucet, ' : ''}koinon keys create, then koinon chat "..."`,
    `To serve it: koinon provider start${isTest ? ' (asks the faucet for its own account itself)' : ''}`,
  ]
}

/** Which account of a home is for what; `join` says it before the provider's exists. */
export function joinedAccounts(wallet: Address): string {
  return `Your wallet: ${wallet} pays for what you ask.\nA provider gets an account of its own at its first start, with gas money and earnings apart from the wallet.`
}
