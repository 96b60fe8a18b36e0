import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { KoinonError } from '@koinon/base'
import type { Tensors } from './engine-step.ts'

/** A saved training state. `identity` names shape, data, seed and trainer; a run continues only from its own. */
export type Checkpoint = {
  readonly identity: string
  /** Steps done. */
  readonly step: number
  /** CPU seconds spent so far, over all processes of the run. */
  readonly cpuSeconds: number
  readonly losses: readonly number[]
  readonly tensors: Tensors
}

const magic = 'KOINCKPT'

/** Writes a checkpoint through a temporary file, so that kill -9 leaves the old one or the new one, never half of one. */
export function saveCheckpoint(path: string, checkpoint: Checkpoint): void {
  const entries = [...checkpoint.tensors].map(([name, { dimensions }]) => ({ name, dimensions }))
  const { identity, step, cpuSeconds, losses } = checkpoint
  const header = Buffer.from(JSON.stringify({ identity, step, cpuSeconds, losses, entries }))
  const lead = Buffer.alloc(12)
  lead.write(magic, 0, 'latin1')
  lead.writeUInt32LE(header.length, 8)
  const temporary = `${path}.tmp`
  const file = openSync(temporary, 'w')
  try {
    for (const part of [lead, header, ...[...checkpoint.tensors.values()].map((tensor) => bytesOf(tensor.values))]) {
      let written = 0
      while (written < part.length) written += writeSync(file, part, written)
    }
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(temporary, path)
}

/** Reads a checkpoint; undefined when there is none. Throws when the file is not a whole checkpoint. */
export function loadCheckpoint(path: string): Checkpoint | undefined {
  if (!existsSync(path)) return undefined
  const bytes = readFileSync(path)
  if (bytes.length < 12 || bytes.toString('latin1', 0, 8) !== magic)
    throw new KoinonError({ code: 'model/bad-checkpoint', message: `${path} is not a checkpoint` })
  const dataStart = 12 + bytes.readUInt32LE(8)
  const header = JSON.parse(bytes.toString('utf8', 12, dataStart)) as Omit<Checkpoint, 'tensors'> & {
    entries: { name: string; dimensions: number[] }[]
  }
  const tensors: Tensors = new Map()
  let at = dataStart
  for (const { name, dimensions } of header.entries) {
    const count = dimensions.reduce((product, dimension) => product * dimension, 1)
    if (at + count * 4 > bytes.length)
      throw new KoinonError({ code: 'model/bad-checkpoint', message: `${path} ends inside ${name}` })
    const values = new Float32Array(count)
    bytesOf(values).set(bytes.subarray(at, at + count * 4))
    tensors.set(name, { dimensions, values })
    at += count * 4
  }
  if (at !== bytes.length)
    throw new KoinonError({ code: 'model/bad-checkpoint', message: `${path} has ${bytes.length - at} bytes too many` })
  const { identity, step, cpuSeconds, losses } = header
  return { identity, step, cpuSeconds, losses, tensors }
}

function bytesOf(values: Float32Array): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}
