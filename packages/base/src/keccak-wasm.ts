/**
 * Keccak-256 as WebAssembly, about ten times as fast as in JavaScript, which has no 64-bit words. The module is put together here from
 * the steps of FIPS 202 section 3.2, with the padding that Keccak had before it: a few hundred bytes that nobody has to build or trust.
 */
const rateBytes = 136
const rounds = 24
/** Addresses in the module's memory: 25 lanes of state, a block, the constants of the rounds. */
const [blockAt, constantsAt] = [200, 512]

/** Keccak-256, or undefined where WebAssembly is missing or forbidden. */
export function createWasmKeccak256(): ((bytes: Uint8Array) => Uint8Array) | undefined {
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes()))
    const memory = new Uint8Array((exports['memory'] as WebAssembly.Memory).buffer)
    return hashOver(memory, exports['absorb'] as () => void)
  } catch {
    return undefined
  }
}

function hashOver(memory: Uint8Array, absorb: () => void): (bytes: Uint8Array) => Uint8Array {
  const last = blockAt + rateBytes - 1
  return (bytes) => {
    memory.fill(0, 0, blockAt)
    let at = 0
    for (; bytes.length - at >= rateBytes; at += rateBytes) {
      memory.set(bytes.subarray(at, at + rateBytes), blockAt)
      absorb()
    }
    memory.set(at === 0 ? bytes : bytes.subarray(at), blockAt)
    memory.fill(0, blockAt + bytes.length - at, last + 1)
    memory[blockAt + bytes.length - at] = 1
    memory[last] = (memory[last] as number) | 0x80
    absorb()
    return memory.slice(0, 32)
  }
}

/** Instructions of WebAssembly 1.0. */
const [loop, end, branchIf, get, set, tee] = [0x03, 0x0b, 0x0d, 0x20, 0x21, 0x22]
const [load64, store64, const32, const64] = [0x29, 0x37, 0x41, 0x42]
const [add32, below32, and64, xor64, rotateLeft64] = [0x6a, 0x49, 0x83, 0x85, 0x89]
const [int32, int64, noResult] = [0x7f, 0x7e, 0x40]

/** Locals: the state from 0 on, the state after pi, the parities of the columns, what theta adds to them, the address of a constant. */
const [moved, parity, added, pointer] = [25, 50, 55, 60]

/** Exports its memory and `absorb`: adds the block to the state, both in memory, and permutes the state. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const code = [2, pointer, int64, 1, int32, ...absorbCode(), end]
  return Uint8Array.from([
    ...[0x00, ...text('asm').slice(1), 1, 0, 0, 0],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...text('memory'), 2, 0, ...text('absorb'), 0, 0]),
    ...section(10, [1, ...number(code.length), ...code]),
    ...section(11, [1, 0, const32, ...number(constantsAt), end, ...number(8 * rounds), ...roundConstants()]),
  ])
}

function section(id: number, content: readonly number[]): readonly number[] {
  return [id, ...number(content.length), ...content]
}

function text(name: string): readonly number[] {
  return [name.length, ...new TextEncoder().encode(name)]
}

/** LEB128 of a number that is not negative, the same number whether it is read as signed or not. */
function number(value: number): readonly number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...number(value >> 7)]
}

function absorbCode(): readonly number[] {
  const indices = Array.from({ length: 25 }, (_, index) => index)
  const address = (offset: number) => [3, ...number(offset)]
  const lane = (x: number, y: number) => (x % 5) + 5 * y
  const columns = [0, 1, 2, 3, 4]
  const loaded = indices.flatMap((i) => {
    const state = [const32, 0, load64, ...address(8 * i)]
    const block = [const32, 0, load64, ...address(blockAt + 8 * i), xor64]
    return [...state, ...(i < rateBytes / 8 ? block : []), set, i]
  })
  const parities = columns.flatMap((x) => [
    ...[get, x, get, x + 5, xor64, get, x + 10, xor64, get, x + 15, xor64, get, x + 20, xor64],
    ...[set, parity + x],
  ])
  const additions = columns.flatMap((x) => [
    ...[get, parity + ((x + 4) % 5), get, parity + ((x + 1) % 5), const64, 1, rotateLeft64, xor64],
    ...[set, added + x],
  ])
  const offsets = rotations()
  const moves = indices.flatMap((i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)]
    const turned = [const64, ...number(offsets[i] as number), rotateLeft64]
    return [get, i, get, added + x, xor64, ...turned, set, moved + lane(y, (2 * x + 3 * y) % 5)]
  })
  const chi = indices.flatMap((i) => {
    const [x, y] = [i % 5, Math.floor(i / 5)]
    const notNext = [get, moved + lane(x + 1, y), const64, 0x7f, xor64]
    return [get, moved + i, ...notNext, get, moved + lane(x + 2, y), and64, xor64, set, i]
  })
  const iota = [get, 0, get, pointer, load64, ...address(0), xor64, set, 0]
  const next = [get, pointer, const32, 8, add32, tee, pointer]
  const again = [const32, ...number(constantsAt + 8 * rounds), below32, branchIf, 0]
  const permuted = [loop, noResult, ...parities, ...additions, ...moves, ...chi, ...iota, ...next, ...again, end]
  const stored = indices.flatMap((i) => [const32, 0, get, i, store64, ...address(8 * i)])
  return [...loaded, const32, ...number(constantsAt), set, pointer, ...permuted, ...stored]
}

/** Of rho, by lane: the walk of FIPS 202 section 3.2.2. */
function rotations(): readonly number[] {
  const offsets = Array.from({ length: 25 }, () => 0)
  let [x, y] = [1, 0]
  for (let t = 0; t < 24; t++) {
    offsets[x + 5 * y] = (((t + 1) * (t + 2)) / 2) % 64
    ;[x, y] = [y, (2 * x + 3 * y) % 5]
  }
  return offsets
}

/** Of iota, 8 bytes little-endian a round: bits 2^j - 1 from the shift register of FIPS 202 section 3.2.5. */
function roundConstants(): readonly number[] {
  const bytes = Array.from({ length: 8 * rounds }, () => 0)
  let register = 1
  for (let bit = 0; bit < 7 * rounds; bit++) {
    const position = 2 ** (bit % 7) - 1
    const at = 8 * Math.floor(bit / 7) + (position >> 3)
    if ((register & 1) === 1) bytes[at] = (bytes[at] as number) | (1 << (position & 7))
    register = (register << 1) ^ (register >> 7 === 1 ? 0x171 : 0)
  }
  return bytes
}
