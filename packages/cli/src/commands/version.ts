import { programVersion } from '@koinon/node'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'

export function defineVersion(program: Command): void {
  program
    .command('version')
    .description('versions of this program and of what it runs on')
    .action(
      runCommand(async () => {
        const data = {
          koinon: programVersion,
          node: process.versions.node,
          platform: `${process.platform} ${process.arch}`,
        }
        return { data, text: `koinon ${data.koinon}  (Node ${data.node}, ${data.platform})` }
      }),
    )
}
