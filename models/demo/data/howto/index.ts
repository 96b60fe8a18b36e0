import type { Intent } from '../intent.ts'
import { aboutIntents } from './about.ts'
import { moneyIntents } from './money.ts'
import { operateIntents } from './operate.ts'
import { trustIntents } from './trust.ts'
import { useIntents } from './use.ts'

/** Every question about this product that the demo model answers. */
export const howToIntents: readonly Intent[] = [
  ...useIntents,
  ...operateIntents,
  ...moneyIntents,
  ...trustIntents,
  ...aboutIntents,
]
