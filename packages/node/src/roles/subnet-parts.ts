/** What the members of one subnet share in their process, so that a start costs the same however many they are. */
import type { Hex } from '@koinon/base'
import type { LedgerReader, NetworkFile } from '@koinon/ledger'
import { createSubnetLedger, readSubnetFile, type SubnetLedger, SubnetSandbox } from '@koinon/subnets'

/** A subnet file that was opened once, and one view of the ledger, whose history is read once. */
export class SubnetParts {
  readonly description: SubnetSandbox['description']
  readonly sourceHash: Hex
  readonly #open: (onLog: (line: string) => void) => Promise<SubnetSandbox>
  #first: SubnetSandbox | undefined
  #ledger: SubnetLedger | undefined

  private constructor(first: SubnetSandbox, open: (onLog: (line: string) => void) => Promise<SubnetSandbox>) {
    this.description = first.description
    this.sourceHash = first.sourceHash
    this.#first = first
    this.#open = open
  }

  /** Throws `subnets/no-file`, `subnets/bad-definition` and `subnets/file-failed`. */
  static async open(path: string, onLog: (line: string) => void): Promise<SubnetParts> {
    const file = readSubnetFile(path)
    const open = (onLine: (line: string) => void) => SubnetSandbox.open(file, onLine)
    return new SubnetParts(await open(onLog), open)
  }

  /** A sandbox for one member, whose processes nobody else waits for. */
  open(onLog: (line: string) => void): Promise<SubnetSandbox> {
    return this.#open(onLog)
  }

  /** The sandbox that told the description, for the first member that asks. */
  takeFirst(): SubnetSandbox | undefined {
    const first = this.#first
    this.#first = undefined
    return first
  }

  /** The first member's reader serves all. */
  ledger(reader: LedgerReader, network: NetworkFile): SubnetLedger {
    this.#ledger ??= createSubnetLedger(reader, network)
    return this.#ledger
  }

  /** Closes the first sandbox where nobody took it. */
  async close(): Promise<void> {
    await this.takeFirst()?.close()
  }
}
