/** What a provider's earnings are called where it is started, asked and stopped: the same words everywhere. */
import { type Address, dollarDecimals, formatUnits, tokenDecimals } from '@koinon/base'
import type { ProviderEarnings, Withdrawal } from '@koinon/node'

/** Label and value for `facts`: whose account, what it holds, what is owed to it, how to spend it. */
export function earningsFacts(earnings: ProviderEarnings, isTest: boolean): readonly (readonly [string, string])[] {
  const { account, held, unclaimedAtomic } = earnings
  return [
    ['account', `${account}, the provider's own: it holds its gas money and what it earns`],
    [
      'it holds',
      held === undefined
        ? 'not known: the ledger does not answer'
        : `${amounts(held.koin, held.dollar, isTest)}, ${formatUnits(held.nativeWei, 18)} ETH of gas money`,
    ],
    ...(unclaimedAtomic === undefined
      ? []
      : ([['not yet claimed', dollars(unclaimedAtomic, isTest)]] as readonly (readonly [string, string])[])),
    ['to spend it', 'koinon provider withdraw'],
  ]
}

/** One sentence of what an account holds, for the end of a provider. */
export function keptSentence({ account, held }: ProviderEarnings, isTest: boolean): string {
  const what = held === undefined ? 'what it earned' : amounts(held.koin, held.dollar, isTest)
  return `The provider's account ${account} keeps ${what}; "koinon provider withdraw" sends it to your wallet.`
}

/** What a withdrawal did, and what its receiver lacks to spend it. */
export function withdrawalSentence(done: Withdrawal, isTest: boolean, lacksGas: boolean): string {
  if (done.from === done.to) return `${done.to} is the provider's own account: nothing was sent.`
  if (done.koin === 0n && done.dollar === 0n) return `The provider's account ${done.from} holds nothing to send.`
  const gas = lacksGas
    ? `\nThat account has no gas money yet; before it can send anything: ${isTest ? 'koinon wallet faucet' : 'have native currency sent to it'}`
    : ''
  return `Sent ${amounts(done.koin, done.dollar, isTest)} from ${done.from} to ${done.to}.\nIts gas money stays with the provider.${gas}`
}

function amounts(koin: bigint, dollar: bigint, isTest: boolean): string {
  return `${formatUnits(koin, tokenDecimals)} KOIN, ${dollars(dollar, isTest)}`
}

function dollars(atomic: bigint, isTest: boolean): string {
  return `${formatUnits(atomic, dollarDecimals)} ${isTest ? 'test dollars' : 'dollars'}`
}

/** Which account of a home is for what; `join` says it before the provider's exists. */
export function joinedAccounts(wallet: Address): string {
  return `Your wallet: ${wallet} pays for what you ask.\nA provider gets an account of its own at its first start, with gas money and earnings apart from the wallet.`
}
