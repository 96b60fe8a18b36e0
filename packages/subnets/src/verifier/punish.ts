import { type Offence, type SubnetLedger, type SubnetLedgerWriter, unlessDone } from '../client/index.ts'
import { isRefusal } from './refusal.ts'

type Punisher = {
  readonly netuid: number
  readonly ledger: Pick<SubnetLedger, 'offences'>
  readonly writer: Pick<SubnetLedgerWriter, 'punish'>
}

/**
 * Slashes those of the signers that nobody slashed meanwhile. With eight parents and stake in many subnets a signer costs up to 3,100,000
 * gas, so what the ledger refuses is halved: whoever cannot be slashed alone holds up nobody else. Resolves with whether this account
 * slashed anyone; throws the first failure after all were tried.
 */
export async function punishSigners(
  by: Punisher,
  offence: Offence,
  signers: readonly number[] = offence.signers,
): Promise<boolean> {
  const arePunished = async (): Promise<boolean> => {
    const left = (await by.ledger.offences(by.netuid)).find(({ resultHash }) => resultHash === offence.resultHash)
    return left === undefined || !left.signers.some((place) => signers.includes(place))
  }
  try {
    return await unlessDone(() => by.writer.punish(offence, signers), arePunished)
  } catch (error) {
    if (!isRefusal(error) || signers.length < 2) throw error
  }
  const half = Math.ceil(signers.length / 2)
  const failures: unknown[] = []
  let isOwn = false
  for (const part of [signers.slice(0, half), signers.slice(half)]) {
    try {
      isOwn = (await punishSigners(by, offence, part)) || isOwn
    } catch (failure) {
      failures.push(failure)
    }
  }
  if (failures.length > 0) throw failures[0]
  return isOwn
}
