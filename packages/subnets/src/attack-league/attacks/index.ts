import type { Attack } from '../attack.ts'
import { bondOmission } from './bond-omission.ts'
import { burnKey } from './burn-key.ts'
import { capSplit } from './cap-split.ts'
import { collusionAbove, collusionBelow, collusionSmall } from './collusion.ts'
import { copierOpen, copierSealed } from './copier.ts'
import { lateWhaleNewKey, lateWhaleWarmKey } from './late-whale.ts'
import { scoreGaming } from './score-gaming.ts'
import { sybil } from './sybil.ts'
import { underWeighter } from './under-weighter.ts'

/** All attacks in the order of the report. */
export const attacks: readonly Attack[] = [
  copierOpen,
  copierSealed,
  underWeighter,
  collusionBelow,
  collusionSmall,
  collusionAbove,
  burnKey,
  capSplit,
  lateWhaleNewKey,
  lateWhaleWarmKey,
  bondOmission,
  sybil,
  scoreGaming,
]
