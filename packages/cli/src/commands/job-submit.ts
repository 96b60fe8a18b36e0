import { submitWork } from '@koinon/agents/provider'
import { parseJobCheck } from '@koinon/agents/rules'
import { bytesToHex, sha256, systemClock } from '@koinon/base'
import { saveDocument } from '@koinon/node/wallet'
import type { Command } from 'commander'
import { readGivenBytes } from '../given-file.ts'
import { accountFlag, accountHelp, dryRunHelp, type JobFlags, openJobClient, parseJobId } from '../job-account.ts'
import { jobFacts, jobJson } from '../job-words.ts'
import { runCommand } from '../runner.ts'
import { facts } from '../table.ts'

/** `koinon job submit`: hands in work by its hash. */
export function defineJobSubmit(job: Command): void {
  job
    .command('submit')
    .description(
      'hand in the work for a job that you were awarded: the ledger gets its SHA-256, the file you give away yourself; for a job whose terms name a check this home shows it to everybody, so that validators can judge it',
    )
    .argument('<job>', 'number of the job')
    .argument('<file>', 'the work')
    .option(accountFlag, accountHelp, 'wallet')
    .option('--dry-run', dryRunHelp)
    .action(
      runCommand(async (context, number: string, file: string, flags: JobFlags) => {
        const { client, network, ensureGas } = openJobClient(context.home, flags)
        const jobId = parseJobId(number)
        const content = readGivenBytes(file, 'Name the file that holds the work.')
        const deliverable = bytesToHex(sha256(content))
        if (flags.dryRun === true) {
          await client.read(jobId)
          return { data: { made: false, deliverable }, text: `The ledger would get ${deliverable}.` }
        }
        await ensureGas()
        const isShown = parseJobCheck((await client.read(jobId)).description) !== undefined
        // Before the ledger hears of it: validators look at once.
        if (isShown) saveDocument(context.home, content)
        const done = await submitWork(client.account, jobId, content)
        const nowSeconds = Math.floor(systemClock.nowMs() / 1000)
        return {
          data: { made: true, deliverable, job: jobJson(done) },
          text: context.typed(facts(jobFacts(done, network.contracts.dollar, nowSeconds))),
        }
      }),
    )
}
