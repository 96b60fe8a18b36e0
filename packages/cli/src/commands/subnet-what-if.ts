import { deployedFiles, whatIfNetwork } from '@koinon/node/audit'
import { networkOf } from '@koinon/node/wallet'
import { parseWhatIf } from '@koinon/subnets'
import type { Command } from 'commander'
import { parseNetuid } from '../netuid.ts'
import { parseInteger, runCommand } from '../runner.ts'
import { whatIfJson, whatIfText } from '../what-if-words.ts'

type WhatIfFlags = { readonly set?: readonly string[]; readonly epochs: string; readonly file: readonly string[] }

/** `koinon subnet what-if`: the last epochs computed again with other parameters, from public chain data. */
export function defineSubnetWhatIf(subnet: Command): void {
  subnet
    .command('what-if')
    .description(
      'who would have earned what in the last epochs with other parameters: those of --set, else those its owner announced',
    )
    .argument('<netuid>', 'number of the subnet')
    .option(
      '--set <name=value...>',
      'what to try: aggregator, owner, miners (per cent), minBurn, maxBurn (KOIN), burnHalfLifeSeconds, immunitySeconds, noticeSeconds, maxRegistrationsPerEpoch',
    )
    .option('--epochs <n>', 'how many of the last epochs with a result', '10')
    .option(
      '--file <subnet.ts>',
      'file of a subnet whose definition was announced; may be given several times',
      (text: string, before: readonly string[]) => [...before, text],
      [],
    )
    .addHelpText(
      'after',
      '\nReads what koinon audit reads, from the JSON-RPC server of the network file, and computes it by the same functions. Example: koinon subnet what-if 1 --set aggregator=yuma3 miners=50',
    )
    .action(
      runCommand(async ({ home, say, typed }, number: string, flags: WhatIfFlags) => {
        const netuid = parseNetuid(number)
        const found = await whatIfNetwork(networkOf(home), {
          netuid,
          change: flags.set === undefined ? undefined : parseWhatIf(flags.set),
          epochs: parseInteger(flags.epochs, '--epochs', 1, 10_000),
          files: [...flags.file, ...deployedFiles(home)],
          onProgress: say,
        })
        const hint = `The owner of subnet ${netuid} announced no change. Try one: koinon subnet what-if ${netuid} --set miners=50`
        return {
          data: whatIfJson(found),
          text: found.isUnchanged ? typed(`${whatIfText(found)}\n\n${hint}`) : whatIfText(found),
        }
      }),
    )
}
