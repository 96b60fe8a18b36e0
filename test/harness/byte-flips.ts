/** Changing single bytes of a receipt, a request or a response, and what the checks say to that. */
import { verifyReceipt } from '@koinon/sdk'
import { type Check, parseBundle, type ReceiptBundle } from '@koinon/work'

/** The same bytes but for one bit; which bit differs from place to place, so that digits, letters and signs change into each other. */
export function flipped(bytes: Buffer, place: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[place] = (copy[place] as number) ^ (1 << (place % 7))
  return copy
}

/** Places, `distance` apart, at which a flip of the request or response does not fail the check of that name. */
export async function unnoticedInBody(
  bundle: ReceiptBundle,
  part: 'request' | 'response',
  bytes: Buffer,
  distance: number,
): Promise<readonly number[]> {
  const state = async (body: Buffer): Promise<string | undefined> => {
    const own = part === 'request' ? { ownRequest: body } : { ownResponse: body }
    const checks = await verifyReceipt({ bundle, evidence: undefined, ...own }, { level: 'L0' })
    return checks.find(({ name }) => name === part)?.state
  }
  if ((await state(bytes)) !== 'pass') throw new Error(`the untouched ${part} does not pass`)
  return placesWhere(bytes, distance, async (changed) => (await state(changed)) !== 'fail')
}

/** Places, `distance` apart, at which a flip in a receipt's JSON is neither refused as malformed nor failed by a check. */
export function unnoticedInReceipt(bytes: Buffer, chainId: number, distance: number): Promise<readonly number[]> {
  return placesWhere(bytes, distance, async (changed) => {
    const verdict = await judge(changed.toString('utf8'), chainId)
    return verdict !== 'malformed' && !verdict.some(({ state }) => state === 'fail')
  })
}

async function placesWhere(
  bytes: Buffer,
  distance: number,
  isUnnoticed: (changed: Buffer) => Promise<boolean>,
): Promise<readonly number[]> {
  const places: number[] = []
  for (let place = 0; place < bytes.length; place += distance) {
    if (await isUnnoticed(flipped(bytes, place))) places.push(place)
  }
  return places
}

async function judge(text: string, chainId: number): Promise<'malformed' | readonly Check[]> {
  let bundle: ReceiptBundle
  try {
    bundle = parseBundle(JSON.parse(text))
  } catch {
    return 'malformed'
  }
  return verifyReceipt({ bundle, evidence: undefined }, { level: 'L0', chainId })
}
