const wires: Readonly<Record<string, string>> = { x402: 'x402', mpp: 'MPP' }
const backEnds: Readonly<Record<string, string>> = { channel: 'on a channel', exact: 'exact', upTo: 'up to a ceiling' }

/** A wire's name for people. */
export function wireWords(wire: string): string {
  return wires[wire] ?? wire
}

/** How value moved, after a comma. */
export function backEndWords(backEnd: string): string {
  return backEnds[backEnd] ?? backEnd
}
