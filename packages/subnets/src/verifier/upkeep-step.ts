/** Small duties towards the network that nobody is paid for: one validator after the other looks for them when it has claimed. */
import { type SubnetLedger, type SubnetLedgerWriter, type Upkeep, unlessDone } from '../client/index.ts'

export type UpkeepOptions = {
  readonly netuid: number
  readonly ledger: Pick<SubnetLedger, 'upkeepDue'>
  readonly writer: Pick<SubnetLedgerWriter, 'hotkey' | 'burnFees' | 'countRoot'>
  readonly onDone?: (what: Upkeep) => void
}

/** Does what is due and returns; what another did meanwhile is no error. Throws the first failure when all were tried. */
export async function upkeepStep({ netuid, ledger, writer, onDone }: UpkeepOptions): Promise<void> {
  const due = (): Promise<readonly Upkeep[]> => ledger.upkeepDue(netuid, writer.hotkey)
  const failures: unknown[] = []
  for (const what of await due()) {
    const send = (): Promise<void> => (what === 'burnFees' ? writer.burnFees() : writer.countRoot(netuid))
    const isDone = async (): Promise<boolean> => !(await due()).includes(what)
    try {
      if (await unlessDone(send, isDone)) onDone?.(what)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
