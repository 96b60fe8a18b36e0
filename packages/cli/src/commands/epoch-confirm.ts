import { existingAccountKey } from '@koinon/node/home'
import { deployedFiles, findSpecParts, openMembership } from '@koinon/node/joined'
import { networkOf } from '@koinon/node/wallet'
import {
  createSubnetLedger,
  createSubnetLedgerWriter,
  type PlannedConfirmation,
  pendingRoot,
  planConfirmation,
  sendConfirmation,
} from '@koinon/subnets'
import type { Command } from 'commander'
import { utcTime } from '../format/time.ts'
import { parseNetuid } from '../netuid.ts'
import { shellWord } from '../next-step.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { facts } from '../table.ts'

type ConfirmFlags = { readonly file: readonly string[]; readonly account: string; readonly dryRun?: boolean }

/** `koinon epoch confirm`: lets the ledger compute a whole pending result of a small subnet. */
export function defineEpochConfirm(epoch: Command): void {
  epoch
    .command('confirm')
    .description("have the ledger compute a small subnet's pending result, which makes it active without its delay")
    .argument('<netuid>', 'number of the subnet')
    .argument('[epoch]', 'number of the epoch (default: the one whose result waits)')
    .option(
      '--file <subnet.ts>',
      'file of the subnet (known: inference, templates, and what was deployed from this home); may be given several times',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .option('--account <name>', "the home's key that pays the gas", 'wallet')
    .option('--dry-run', 'only say what would be shown to the ledger, and what gas it takes')
    .addHelpText(
      'after',
      '\nAnybody may do it, for results of stakeMedian with up to 64 seats and 16 validators. A wrong result is not confirmed. From then on nobody can dispute it or object to it any more. Where gas is free, as on a local network, validators do it by themselves within seconds of a result, so that there is seldom one left.',
    )
    .action(
      runCommand(async (context, netuidText: string, epochText: string | undefined, flags: ConfirmFlags) => {
        const { home } = context
        const netuid = parseNetuid(netuidText)
        const number =
          epochText === undefined ? undefined : parseInteger(epochText, 'the epoch', 0, Number.MAX_SAFE_INTEGER)
        const network = networkOf(home)
        const { reader, sender } = openMembership(network, existingAccountKey(home, flags.account))
        const ledger = createSubnetLedger(reader, network)
        const writer = createSubnetLedgerWriter(sender, network)
        const root = await pendingRoot({ netuid, ledger }, number)
        const spec = await findSpecParts(root.result.specHash, [...flags.file, ...deployedFiles(home)])
        const plan = await planConfirmation({ netuid, ledger, writer }, root, spec)
        const data = jsonOf(plan)
        if (flags.dryRun === true) {
          const files = flags.file.map((file) => ` --file ${shellWord(file)}`).join('')
          const next = `koinon epoch confirm ${netuid} ${root.epoch}${files}`
          return {
            data: { ...data, confirmed: false },
            text: `${words(plan)}\n\nNothing was sent. Do it: ${context.typed(next)}`,
          }
        }
        context.say(words(plan))
        await sendConfirmation({ netuid, ledger, writer }, plan)
        return {
          data: { ...data, confirmed: true },
          text: context.typed(
            `The ledger computed all of it and agrees: the result of epoch ${root.epoch} is active. Validators claim for everybody; see it: koinon epoch show ${root.epoch} --netuid ${netuid}`,
          ),
        }
      }),
    )
}

function jsonOf({ root, confirmation, gas }: PlannedConfirmation): Record<string, unknown> {
  const { epoch, resultHash, activatesAtSeconds, posting } = root
  return {
    netuid: root.result.netuid,
    epoch,
    resultHash,
    activatesAtSeconds,
    seats: posting.seats.length,
    validators: posting.validators.length,
    rows: confirmation.rows.length,
    gas: Number(gas),
  }
}

function words({ root, confirmation, gas }: PlannedConfirmation): string {
  const { posting, result } = root
  const ground = /^0x0*$/.test(result.previousHash) ? 'nothing: it is the first' : `result ${result.previousHash}`
  return facts([
    ['subnet', String(result.netuid)],
    ['epoch', String(root.epoch)],
    ['result', root.resultHash],
    [
      'shown',
      `${posting.seats.length} seats, ${posting.validators.length} validators, ${confirmation.rows.length} revealed rows`,
    ],
    ['on top of', ground],
    ['gas', gas.toLocaleString('en-US')],
    [
      'changes',
      `active at once instead of ${utcTime(root.activatesAtSeconds)}: payouts can be claimed, disputes and objections end`,
    ],
  ])
}
