/** Which model file a provider serves: the demo model of this repository, a file, or a hub name where there is internet. */
import { createHash } from 'node:crypto'
import { closeSync, createReadStream, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Hex, KoinonError } from '@koinon/base'
import { type Home, writeFileDurably } from '../home/home.ts'

/** `unsureBelow`: probability of the least probable of the first ten tokens under which answers are marked unsure, where the model's maker measured one. */
export type ModelFile = { readonly path: string; readonly id: string; readonly unsureBelow?: number }

/** What we read of `models/demo/manifest.json`. */
type DemoManifest = { readonly name: string; readonly file: string; readonly unsure: { readonly threshold: number } }
const ggufMagic = 'GGUF'

/** The committed demo model. Throws `model/missing`. */
export function defaultModel(): ModelFile {
  const folder = resolve(dirname(fileURLToPath(import.meta.url)), '../../../../models/demo')
  const manifestPath = join(folder, 'manifest.json')
  if (existsSync(manifestPath)) {
    const { name, file, unsure } = JSON.parse(readFileSync(manifestPath, 'utf8')) as DemoManifest
    const path = join(folder, file)
    if (existsSync(path)) return { path, id: name, unsureBelow: unsure.threshold }
  }
  throw new KoinonError({
    code: 'model/missing',
    message: 'The demo model is not in this installation',
    hint: 'Give a GGUF file with --model FILE.gguf.',
  })
}

/** A GGUF file, or `hf:owner/repository/file.gguf`, which is downloaded once. Throws `model/missing` or `model/not-gguf`. */
export async function resolveModel(source: string): Promise<ModelFile> {
  if (source.startsWith('hf:')) return downloadModel(source)
  const path = resolve(source)
  if (!existsSync(path)) {
    throw new KoinonError({
      code: 'model/missing',
      message: `There is no file ${path}`,
      hint: 'Check the path given with --model.',
    })
  }
  if (readMagic(path) !== ggufMagic) {
    throw new KoinonError({
      code: 'model/not-gguf',
      message: `${path} is not a GGUF model file`,
      hint: 'Convert the model to GGUF first, best with Q8_0 or Q4_0 weights: only those can be checked bit by bit.',
    })
  }
  return {
    path,
    id: basename(path)
      .replace(/\.gguf$/i, '')
      .toLowerCase(),
  }
}

/** SHA-256 of a model file, by which everybody means this very file. */
export async function modelManifest(path: string): Promise<Hex> {
  const hash = createHash('sha256')
  for await (const part of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(part as Buffer)
  return `0x${hash.digest('hex')}`
}

/** Path of the model to replay answers with: the given one, else the one this home served last, else the demo model. */
export async function resolveReplayModel(home: Home, source: string | undefined): Promise<string> {
  if (source !== undefined) return (await resolveModel(source)).path
  const noted = noteFile(home)
  const path = existsSync(noted) ? (JSON.parse(readFileSync(noted, 'utf8')) as ModelFile).path : undefined
  return path !== undefined && existsSync(path) ? path : defaultModel().path
}

/** Remembers which model this home serves. */
export function noteServedModel(home: Home, model: ModelFile): void {
  writeFileDurably(noteFile(home), `${JSON.stringify(model)}\n`)
}

function noteFile(home: Home): string {
  return join(home.path, 'model.json')
}

async function downloadModel(source: string): Promise<ModelFile> {
  const { resolveModelFile } = await import('node-llama-cpp')
  try {
    const path = await resolveModelFile(source, { cli: false })
    return {
      path,
      id: basename(path)
        .replace(/\.gguf$/i, '')
        .toLowerCase(),
    }
  } catch (cause) {
    throw new KoinonError({
      code: 'model/download-failed',
      message: `${source} could not be downloaded: ${(cause as Error).message}`,
      hint: 'Check the name and the internet connection, or download the file yourself and give its path.',
      retry: 'later',
      cause,
    })
  }
}

function readMagic(path: string): string {
  const file = openSync(path, 'r')
  const magic = Buffer.alloc(4)
  readSync(file, magic, 0, 4, 0)
  closeSync(file)
  return magic.toString('latin1')
}
