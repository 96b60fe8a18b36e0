import { agentRefOf, readAgent } from '@koinon/agents/client'
import { buildFeedbackFile, feedbackHash, ratedTags } from '@koinon/agents/rules'
import { KoinonError, systemClock } from '@koinon/base'
import { reputationRegistryAbi } from '@koinon/ledger/abis'
import { ensureGas, saveDocument } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { agentIdOf } from '../agent-view.ts'
import { openHotkey } from '../pool-account.ts'
import { confirm, runCommand, testYesHelp } from '../runner.ts'
import { facts } from '../table.ts'
import { findReceipt } from './receipt.ts'

type RateFlags = {
  readonly receipt?: string
  readonly transaction?: string
  readonly tag: string
  readonly account: string
  readonly yes?: boolean
}

/** `koinon agent rate ID VALUE`: feedback that names the payment it rests on. */
export function defineAgentRate(agent: Command): void {
  agent
    .command('rate')
    .description(
      'write what an agent was worth, with the payment that it rests on; without one no reader would count it',
    )
    .argument('<id>', 'agent')
    .argument('<percent>', 'from 0 to 100, with up to two decimals')
    .option('--receipt <id>', 'a receipt of an answer of the agent, or a file with one')
    .option('--transaction <hash>', 'a payment to the agent on the ledger')
    .option('--tag <tag>', `what the number means: ${[...ratedTags].join(', ')}`, 'starred')
    .option('--account <name>', "the home's key that paid", 'wallet')
    .option('-y, --yes', testYesHelp)
    .action(
      runCommand(async (context, id: string, percent: string, flags: RateFlags) => {
        const { home } = context
        const account = openHotkey(home, flags.account)
        const value = parsePercent(percent)
        if (!ratedTags.has(flags.tag)) throw badTag(flags.tag)
        const agentId = agentIdOf(account, id)
        const { wallet } = await readAgent(account, agentId)
        const evidence = await evidenceOf(flags, (receipt) => findReceipt(home, receipt))
        const receipt = evidence.bundle?.hops[0]?.receipt
        if (receipt !== undefined && (receipt.payer !== account.address || receipt.payee !== wallet)) {
          throw notTheirs(receipt.payer, receipt.payee, account.address, wallet)
        }
        const file = buildFeedbackFile({
          agent: agentRefOf(account, agentId),
          client: account.address,
          createdAt: new Date(systemClock.nowMs()).toISOString(),
          value,
          valueDecimals: 2,
          tag1: flags.tag,
          tag2: '',
          endpoint: '',
          evidence,
        })
        const question = `Write on the ledger, for all to see, that agent ${agentId} was worth ${percent.replace(/%$/, '')} %? It costs gas.`
        await confirm(context, question, flags.yes === true || account.network.isTest)
        await ensureGas(account.network, account.reader, account.address, home)
        const uri = saveDocument(home, file)
        const { gasUsed, transactionHash } = await account.sender.call({
          address: account.network.contracts.reputation,
          abi: reputationRegistryAbi,
          functionName: 'giveFeedback',
          args: [agentId, value, 2, flags.tag, '', '', uri, feedbackHash(file)],
        })
        return {
          data: { agentId, value: `${value}`, valueDecimals: 2, tag: flags.tag, uri, transactionHash, gasUsed },
          text: facts([
            ['agent', `${agentId}`],
            ['rated', `${percent} % (${flags.tag})`],
            ['file', uri],
            ['transaction', transactionHash],
            ['gas', `${gasUsed}`],
          ]),
        }
      }),
    )
}

async function evidenceOf(
  { receipt, transaction }: RateFlags,
  find: (id: string) => ReturnType<typeof findReceipt>,
): Promise<Parameters<typeof buildFeedbackFile>[0]['evidence']> {
  if ((receipt === undefined) === (transaction === undefined)) {
    throw new KoinonError({
      code: 'usage/one-of',
      message: 'A rating rests on one payment: --receipt or --transaction',
      hint: 'What paid by the call names its receipt in its last line; receipts of a key: koinon receipt list',
    })
  }
  if (receipt !== undefined) return { bundle: (await find(receipt)).bundle }
  if (/^0x[0-9a-f]{64}$/.test(transaction ?? '')) return { transaction: transaction as `0x${string}` }
  throw new KoinonError({
    code: 'usage/bad-hash',
    message: `"${transaction?.slice(0, 80)}" is not the hash of a transaction`,
    hint: 'A hash is 0x and 64 hexadecimal digits in lower case.',
  })
}

/** Hundredths of a per cent. */
function parsePercent(text: string): bigint {
  const [, whole, decimals = ''] = /^(\d{1,3})(?:\.(\d{1,2}))?%?$/.exec(text) ?? []
  const value = BigInt(whole ?? '101') * 100n + BigInt(decimals.padEnd(2, '0'))
  if (value <= 10_000n) return value
  throw new KoinonError({
    code: 'usage/bad-number',
    message: `A rating is 0 to 100 per cent, not "${text.slice(0, 40)}"`,
    hint: 'For example: koinon agent rate 3 97.5 --receipt ID',
  })
}

function badTag(tag: string): KoinonError {
  return new KoinonError({
    code: 'usage/unknown-tag',
    message: `"${tag.slice(0, 40)}" is not a tag whose values can be compared`,
    hint: `Tags: ${[...ratedTags].join(', ')}.`,
  })
}

function notTheirs(payer: string, payee: string, account: string, wallet: string | undefined): KoinonError {
  return new KoinonError({
    code: 'agents/not-payer',
    message: `The receipt is from ${payer} to ${payee}, the rating would be from ${account} about ${wallet ?? 'an agent without a wallet'}`,
    hint: 'A receipt of a gateway speaks about the gateway: rate its agent (koinon agent list), with the account that paid.',
  })
}
