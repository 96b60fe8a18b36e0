import { KoinonError } from '@koinon/base'
import { existingAccountKey } from '@koinon/node/home'
import { openMembership } from '@koinon/node/joined'
import { networkOf } from '@koinon/node/wallet'
import {
  createSubnetLedger,
  createSubnetLedgerWriter,
  type PlannedAccusation,
  planAccusation,
  signedResultFromJson,
} from '@koinon/subnets'
import type { Command } from 'commander'
import { readGivenJson } from '../given-file.ts'
import { type CommandContext, confirm, runCommand, testYesHelp } from '../runner.ts'
import { facts } from '../table.ts'

type AccuseFlags = {
  readonly in?: string
  readonly account: string
  readonly dryRun?: boolean
  readonly yes?: boolean
}

/** `koinon epoch accuse`: shows the ledger two results of one epoch that one validator signed, which slashes it. */
export function defineEpochAccuse(epoch: Command): void {
  epoch
    .command('accuse')
    .description('show the ledger two results of one epoch that one validator signed: it is slashed, and you are paid')
    .argument('[first]', 'file with a signed result, as validators serve it at /v1/attestations/NETUID/EPOCH')
    .argument('[second]', 'file with another result of that epoch')
    .option('--in <file>', 'both in one file: a JSON list of the two')
    .option('--account <name>', "the home's key that accuses and is paid", 'wallet')
    .option('--dry-run', 'only say who would be slashed, and what gas it takes')
    .option('-y, --yes', testYesHelp)
    .addHelpText(
      'after',
      '\nThe signer loses a fifth of the stake on it, a tenth of that is yours. It does not matter whether either result was submitted; one that was disabled does not count. Validators that run accuse by themselves.',
    )
    .action(
      runCommand(async (context, firstPath: string | undefined, secondPath: string | undefined, flags: AccuseFlags) => {
        const [first, second] = documentsOf(firstPath, secondPath, flags).map(signedResultFromJson) as [
          ReturnType<typeof signedResultFromJson>,
          ReturnType<typeof signedResultFromJson>,
        ]
        const { network, writer, ledger } = placeOf(context, flags.account)
        const plan = await planAccusation({ ledger, writer }, first, second)
        const data = { ...plan, gas: Number(plan.gas) }
        if (flags.dryRun === true)
          return { data: { ...data, accused: false }, text: `${words(plan)}\n\nNothing was sent.` }
        context.say(words(plan))
        if (!network.isTest) await confirm(context, `Have ${plan.signer} slashed?`, flags.yes === true)
        await writer.punishTwofold(first, second)
        return {
          data: { ...data, accused: true },
          text: `${plan.signer} was slashed for signing two results of epoch ${plan.epoch} of subnet ${plan.netuid}.`,
        }
      }),
    )
}

function placeOf({ home }: CommandContext, account: string) {
  const network = networkOf(home)
  const { reader, sender } = openMembership(network, existingAccountKey(home, account))
  return { network, ledger: createSubnetLedger(reader, network), writer: createSubnetLedgerWriter(sender, network) }
}

function words({ netuid, epoch, signer, resultHashes, gas }: PlannedAccusation): string {
  return facts([
    ['subnet', String(netuid)],
    ['epoch', String(epoch)],
    ['signer of both', signer],
    ['one result', resultHashes[0]],
    ['another', resultHashes[1]],
    ['gas', gas.toLocaleString('en-US')],
  ])
}

/** Throws `usage/two-documents`, `usage/no-file` and `usage/bad-json`. */
function documentsOf(first: string | undefined, second: string | undefined, flags: AccuseFlags): readonly unknown[] {
  const isOneFile = flags.in !== undefined && first === undefined
  if (!isOneFile && (flags.in !== undefined || first === undefined || second === undefined)) throw notTwoDocuments()
  if (!isOneFile) return [readDocument(first as string), readDocument(second as string)]
  const both = readDocument(flags.in as string)
  if (!Array.isArray(both) || both.length !== 2) throw notTwoDocuments()
  return both
}

function notTwoDocuments(): KoinonError {
  return new KoinonError({
    code: 'usage/two-documents',
    message: 'Two signed results are asked for, as two files or as one file with a list of both',
    hint: 'koinon epoch accuse FIRST.json SECOND.json, or koinon epoch accuse --in BOTH.json',
  })
}

function readDocument(path: string): unknown {
  const served = '/v1/attestations/NETUID/EPOCH'
  const hints = {
    noFile: `Keep what a validator serves in a file, for example with curl: its URL and ${served}.`,
    badJson: `Give a document as a validator serves it at ${served}.`,
  }
  return readGivenJson({ path, hints })
}
