import { dollarDecimals, formatUnits, KoinonError, parseUnits } from '@koinon/base'
import { existingAccountKey, type Home, isUnfinished, readApiKeys, type StoredApiKey } from '@koinon/node/home'
import type { Wallet } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { confirm, runCommand } from '../runner.ts'
import { table } from '../table.ts'
import { openWallet } from './wallet.ts'

export function defineKeys(keys: Command): void {
  defineCreate(keys)
  defineList(keys)
  defineRevoke(keys)
  defineWithdraw(keys)
  defineTopUp(keys)
}

function defineCreate(keys: Command): void {
  keys
    .command('create')
    .description('deposit dollars with the gateway and get a key that can spend them, and no more')
    .option('--label <text>', 'a name for you', 'key')
    .option('--deposit <dollars>', 'the most the key can ever spend', '1')
    .action(
      runCommand(async ({ home, say, typed }, options: { readonly label: string; readonly deposit: string }) => {
        const depositAtomic = parseUnits(options.deposit, dollarDecimals)
        if (depositAtomic === 0n)
          throw new KoinonError({
            code: 'usage/bad-deposit',
            message: 'A key needs a deposit above zero',
            hint: 'For example --deposit 1.',
          })
        const { owner } = await openWallet(home)
        say('opening a channel and registering the key ...')
        const key = await owner.createApiKey(options.label, depositAtomic)
        return {
          data: { apiKey: key.apiKey, keyHash: key.keyHash, channelId: key.channelId, baseUrl: `${key.gatewayUrl}/v1` },
          text: `${key.apiKey}\n\nBase URL ${key.gatewayUrl}/v1. Whoever has the key can spend up to ${options.deposit} dollars with it. ${typed(`Revoke: koinon keys revoke ${key.keyHash.slice(0, 10)}`)}`,
        }
      }),
    )
}

function defineList(keys: Command): void {
  keys
    .command('list')
    .description('keys of this home, without their secrets')
    .action(
      runCommand(async ({ home, typed }) => {
        const stored = readApiKeys(home)
        const list = stored.map(({ apiKey: _secret, ...key }) => key)
        const rows = stored.map((key) => [
          key.keyHash.slice(0, 12),
          key.label,
          key.revokedAtMs !== undefined ? 'revoked' : isUnfinished(key) ? 'unfinished' : 'usable',
          new Date(key.createdAtMs).toISOString().slice(0, 16).replace('T', ' '),
          key.gatewayUrl,
        ])
        return {
          data: { keys: list },
          text:
            rows.length === 0
              ? typed('No keys yet. Make one with "koinon keys create".')
              : `${table(['key', 'label', 'state', 'made', 'gateway'], rows)}${othersNote(home, list)}`,
        }
      }),
    )
}

function defineRevoke(keys: Command): void {
  keys
    .command('revoke')
    .description('end a key for good; take back what it did not spend with "koinon keys withdraw"')
    .argument('<key>', 'its hash, the beginning of it, or its label')
    .option('-y, --yes', 'do not ask')
    .action(
      runCommand(async (context, name: string, options: { readonly yes?: boolean }) => {
        await confirm(context, `Revoke the key "${name}"? Programs that use it will be refused.`, options.yes === true)
        const { owner } = await openWallet(context.home)
        const key = await owner.revokeApiKey(name)
        return {
          data: { keyHash: key.keyHash, revokedAtMs: key.revokedAtMs },
          text: `Revoked ${key.keyHash.slice(0, 12)} (${key.label}). ${context.typed(`Take back what it did not spend: koinon keys withdraw ${key.keyHash.slice(0, 12)}`)}`,
        }
      }),
    )
}

function defineWithdraw(keys: Command): void {
  keys
    .command('withdraw')
    .description(
      'take back what a revoked key did not spend: asks for it, and after the delay of its channel fetches it',
    )
    .argument('<key>', 'its hash, the beginning of it, or its label')
    .action(
      runCommand(async ({ home }, name: string) => {
        const { owner } = await openWallet(home)
        const outcome = await owner.takeBack(name)
        return { data: { key: name, ...outcome }, text: describeReturn(outcome, owner.address) }
      }),
    )
}

function defineTopUp(keys: Command): void {
  keys
    .command('top-up')
    .description('raise what a key can spend')
    .argument('<key>', 'its hash, the beginning of it, or its label')
    .argument('<dollars>', 'for example 2')
    .action(
      runCommand(async ({ home }, name: string, dollars: string) => {
        const amountAtomic = parseUnits(dollars, dollarDecimals)
        const { owner } = await openWallet(home)
        await owner.topUp(name, amountAtomic)
        return {
          data: { key: name, amountAtomic },
          text: `Added ${formatUnits(amountAtomic, dollarDecimals)} dollars to ${name}.`,
        }
      }),
    )
}

/** A local network's validators live in the owner's home. */
function othersNote(home: Home, keys: readonly Omit<StoredApiKey, 'apiKey'>[]): string {
  const { address } = existingAccountKey(home, 'wallet')
  const others = keys.filter((key) => key.channelConfig.payer !== address).map((key) => key.label)
  return others.length === 0
    ? ''
    : `\n\n${others.join(', ')}: not paid by your wallet, but by this network's validators, which ask the miners test questions with them`
}

function describeReturn(outcome: Awaited<ReturnType<Wallet['takeBack']>>, account: string): string {
  if (outcome.state === 'nothing') return 'Nothing is left in the channel of this key.'
  const dollars = formatUnits(outcome.amountAtomic, dollarDecimals)
  if (outcome.state === 'returned') return `${dollars} dollars came back to ${account}.`
  return `${dollars} dollars can be fetched from ${utcTime(outcome.availableAtMs / 1000)} on: run the same command again then.`
}
