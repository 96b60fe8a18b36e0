import { dollarDecimals, formatUnits, KoinonError, systemRandom } from '@koinon/base'
import { createLedgerReader, type NetworkFile } from '@koinon/ledger'
import { accountKey, openHome } from '@koinon/node/home'
import { delegateKey, networkOf, openHomeDelegation, readBalances } from '@koinon/node/wallet'
import { type GrantedDelegation, readDelegation } from '@koinon/payments/client'
import type { Command } from 'commander'
import { readGivenJson } from '../given-file.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

const hints = {
  noFile: 'Name the file with the delegation.',
  badJson: 'It is what a wallet answers to a request for permissions (ERC-7715), as JSON.',
}

/** `koinon budget delegate`: what the owner of a smart account grants this home, and whether a grant is good. */
export function defineBudgetDelegate(budget: Command): void {
  budget
    .command('delegate')
    .description('spend out of a smart account (ERC-7710): say what its owner grants, or check a delegation')
    .argument('[file]', 'delegation that the owner gave, as JSON; with it koinon pay and proxy take --delegation FILE')
    .action(
      runCommand(async (context, path: string | undefined) => {
        const network = networkOf(context.home)
        const home = openHome(context.home.path)
        const key = delegateKey(home)
        if (path === undefined)
          return { data: asked(key.address, network), text: context.typed(words(key.address, network)) }
        const given = readDelegationFile(path)
        const reader = createLedgerReader(network)
        context.say('looking at the account and the contracts of its delegation ...')
        const gasKey = accountKey(home, 'wallet', systemRandom)
        const { account, collector } = await openHomeDelegation(home, network, reader, given, gasKey)
        const { dollar } = await readBalances(reader, network, account)
        const conditions = given.delegations.reduce((sum, { caveats }) => sum + caveats.length, 0)
        if (conditions === 0)
          context.warn(
            'This delegation has no conditions: whoever has the key of this home can do anything with the account.',
          )
        return {
          data: { account, manager: given.manager, collector, conditions, dollarAtomic: dollar },
          text: `${facts([
            ['account', `${account}, ${formatUnits(dollar, dollarDecimals)} dollars`],
            ['for', `${key.address}, a key of this home`],
            ['conditions', `${conditions}; what they say is for the contracts to judge, at each deposit`],
            ['manager', given.manager],
            ['collector', collector],
          ])}\n\n${context.typed(`Pay with it: koinon pay URL --delegation ${path}`)}`,
        }
      }),
    )
}

/** What `--delegation` means for a payer. Throws `usage/one-of`, and as {@link readDelegationFile}. */
export function delegationOf({ budget, delegation }: { readonly budget?: string; readonly delegation?: string }) {
  if (delegation === undefined) return {}
  if (budget === undefined) return { delegation: readDelegationFile(delegation) }
  throw new KoinonError({
    code: 'usage/one-of',
    message: '--budget and --delegation both say whose money is spent',
    hint: 'Leave one of them out.',
  })
}

/** The delegation in a file that somebody named. Throws `usage/no-file`, `usage/bad-json`, `payments/bad-delegation`. */
export function readDelegationFile(path: string): GrantedDelegation {
  return readDelegation(readGivenJson({ path, hints }))
}

function asked(delegate: string, { chainId, contracts }: NetworkFile) {
  return { delegate, chainId, token: contracts.dollar, escrow: contracts.channels }
}

function words(delegate: string, { chainId, contracts }: NetworkFile): string {
  return [
    facts([
      ['delegate', `${delegate}, a key of this home`],
      ['chain', String(chainId)],
      ['token', `${contracts.dollar}, the dollar`],
      ['escrow', `${contracts.channels}, the only one who may get it`],
    ]),
    '',
    'The owner of a MetaMask smart account delegates to that key, with two conditions:',
    '- how much of the token it may transfer, in all (ERC20TransferAmount) or a period (ERC20PeriodTransfer);',
    '- that the first argument of the transfer is the escrow (AllowedCalldata, from byte 4).',
    'Then money of the account fills channels, and what is not spent comes back to it.',
    'Check what the owner gave: koinon budget delegate FILE. How to grant it: docs/payments.md, "Out of a smart account".',
  ].join('\n')
}
