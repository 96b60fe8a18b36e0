/** A validator of the doubling file as a process of its own, so that a test can kill it. Argument: JSON {network, privateKey, netuid, folder, port}. */
import type { Hex } from '@koinon/base'
import type { NetworkFile } from '@koinon/ledger'
import { patientDoubleFile } from './double-file.ts'
import { createTaskValidator } from './task-peers.ts'

const { network, privateKey, netuid, folder, port } = JSON.parse(process.argv[2] as string) as {
  network: NetworkFile
  privateKey: Hex
  netuid: number
  folder: string
  port: number
}
const validator = await createTaskValidator(network, privateKey, netuid, folder, patientDoubleFile, { port })
process.stdout.write(`${JSON.stringify({ kind: 'listening', endpoint: validator.endpoint })}\n`)
process.on('SIGTERM', () => void validator.close().then(() => process.exit(0)))
validator.start()
