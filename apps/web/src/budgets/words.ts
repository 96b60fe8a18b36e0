/** Colours of what a budget is now. */
export const stateBadges = {
  usable: 'badge-pass',
  'not yet': 'badge-warn',
  ended: 'badge-warn',
  unknown: 'badge-warn',
  revoked: 'badge-fail',
} as const
