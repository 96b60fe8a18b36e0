import { programVersion } from '@koinon/node/home'
import type { Command } from 'commander'
import { runCommand } from '../runner.ts'

export function defineVersion(version: Command): void {
  version.action(
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
