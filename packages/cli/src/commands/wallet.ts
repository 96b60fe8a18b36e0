import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  dollarDecimals,
  formatAmount,
  formatUnits,
  parseUnits,
  systemClock,
  systemRandom,
  tokenDecimals,
} from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { accountKey, existingAccountKey, type Home, openHome } from '@koinon/node/home'
import { type Asset, networkOf, parseAsset, Wallet } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { confirm, runCommand, testYesHelp } from '../runner.ts'
import { facts } from '../table.ts'

const decimalsOf: Readonly<Record<Asset, number>> = { eth: 18, koin: tokenDecimals, dollar: dollarDecimals }

export function defineWallet(wallet: Command): void {
  defineNew(wallet)
  defineBalance(wallet)
  defineFaucet(wallet)
  defineSend(wallet)
}

function defineNew(wallet: Command): void {
  wallet
    .command('new')
    .description('make the account (keeps an existing one)')
    .action(
      runCommand(async (context) => {
        const home = openHome(context.home.path)
        const isNew = !existsSync(join(home.keys, 'wallet.json'))
        const { address } = accountKey(home, 'wallet', systemRandom)
        return {
          data: { address, isNew },
          text: `${isNew ? 'New' : 'Existing'} account ${address}\nIts key lies in ${home.keys}; back it up, nobody can restore it.`,
        }
      }),
    )
}

function defineBalance(wallet: Command): void {
  wallet
    .command('balance')
    .description('what the account holds')
    .action(
      runCommand(async ({ home }) => {
        const { owner, network } = await openWallet(home)
        const { nativeWei, koin, dollar } = await owner.balances()
        const data = { account: owner.address, nativeWei, koin, dollar }
        const unit = network.isTest ? 'test dollars' : 'dollars'
        return {
          data,
          text: facts([
            ['account', owner.address],
            ['dollars', `${formatUnits(dollar, dollarDecimals)} ${unit}`],
            ['KOIN', formatAmount(koin)],
            ['gas money', `${formatAmount(nativeWei)} ${network.isTest ? 'test ETH' : 'ETH'}`],
          ]),
        }
      }),
    )
}

function defineFaucet(wallet: Command): void {
  wallet
    .command('faucet')
    .description('get test money (test networks only)')
    .action(
      runCommand(async ({ home }) => {
        const { owner } = await openWallet(home)
        const gift = await owner.faucet()
        const lack = gift.koinAtomic === '0' ? '\nNo KOIN: the faucet has given all that strangers may have.' : ''
        return {
          data: { account: owner.address, ...gift },
          text: `Test money was sent to ${owner.address}. Worth nothing anywhere else.${lack}`,
        }
      }),
    )
}

function defineSend(wallet: Command): void {
  wallet
    .command('send')
    .description('send dollars, koin or eth')
    .argument('<amount>', 'for example 1.5')
    .argument('<asset>', 'dollar, koin or eth')
    .argument('<to>', 'account address')
    .option('-y, --yes', testYesHelp)
    .action(
      runCommand(async (context, amount: string, asset: string, to: string, options: { readonly yes?: boolean }) => {
        const known = parseAsset(asset)
        const { owner, network } = await openWallet(context.home)
        if (!network.isTest) await confirm(context, `Send ${amount} ${asset} to ${to}?`, options.yes === true)
        const transactionHash = await owner.send(known, to, parseUnits(amount, decimalsOf[known]))
        return { data: { transactionHash }, text: `Sent ${amount} ${asset} to ${to}.\nTransaction ${transactionHash}` }
      }),
    )
}

/** The home's wallet on the network it belongs to. */
export async function openWallet(home: Home): Promise<{ readonly owner: Wallet; readonly network: NetworkFile }> {
  const network = networkOf(home)
  return { network, owner: new Wallet({ home, network, key: existingAccountKey(home, 'wallet'), clock: systemClock }) }
}
