/** Loads a subnet file and the modules it may import into a fresh realm (specs/0016-subnet-files.md section 2). Runs in the worker. */
import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import vm from 'node:vm'
import type { Realm } from './realm.ts'
import { realmPrelude } from './realm-prelude.ts'

export type FileToLoad = { readonly fileName: string; readonly source: string }

/** A realm as the worker holds it: calls go in and come out as texts, each with its own time limit. */
export type LoadedRealm = {
  /** Throws an error with code `ERR_SCRIPT_EXECUTION_TIMEOUT` when the time is over; the realm is then not to be used again. */
  call(method: string, input: string, timeoutMs: number): string
  /** What the file wrote to its console since the last time. */
  takeLogs(): readonly string[]
}

/** Sources, or what was built of them. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

/** The only modules that a subnet file may name. */
const allowed: Readonly<Record<string, string>> = {
  '@koinon/subnets/file': new URL(`../../file.${extension}`, import.meta.url).href,
  zod: import.meta.resolve('zod'),
}
const realmModule = new URL(`./realm.${extension}`, import.meta.url).href
const loadTimeoutMs = 10_000

/** `import(...)` and `import.meta`: what they give comes from outside of the realm. Keywords have one spelling, so a text search finds all. */
const importExpression = /\bimport(?:\s|\/\*[\s\S]*?\*\/|\/\/.*)*[(.]/

/** Resolves with the realm, or with the JSON text of what is wrong with the file. */
export async function loadRealm(file: FileToLoad): Promise<LoadedRealm | string> {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, {
    codeGeneration: { strings: false, wasm: false },
    microtaskMode: 'afterEvaluate',
  })
  vm.runInContext(realmPrelude, context)
  const link = linkerOf(context, file)
  const realm = await evaluated(link.library(realmModule), link.resolve)
  const { Realm: RealmOf, loadProblem } = realm.namespace as unknown as {
    readonly Realm: new (exported: object, fileName: string) => Realm
    readonly loadProblem: (error: unknown, fileName: string) => string
  }
  try {
    const subnet = await evaluated(link.founderFile(), link.resolve)
    const value = new RealmOf(subnet.namespace, file.fileName)
    Object.defineProperty(context, '__realm', { value })
  } catch (error) {
    return loadProblem(error, file.fileName)
  }
  return {
    call(method, input, timeoutMs) {
      Object.defineProperty(context, '__input', { value: input, configurable: true })
      return textOnly(vm.runInContext(`__realm.${method}(__input)`, context, { timeout: timeoutMs }))
    },
    takeLogs: () => JSON.parse(textOnly(vm.runInContext('__takeLogs()', context, { timeout: 1_000 }))) as string[],
  }
}

/** An object of the realm would run the file's code wherever it is read, without a limit. */
function textOnly(value: unknown): string {
  if (typeof value === 'string') return value
  throw new Error('The file changed what makes texts of values')
}

async function evaluated(
  module: vm.SourceTextModule,
  resolve: (specifier: string, parent: vm.Module) => vm.Module,
): Promise<vm.SourceTextModule> {
  await module.link(resolve)
  await module.evaluate({ timeout: loadTimeoutMs })
  return module
}

function linkerOf(context: vm.Context, { fileName, source }: FileToLoad) {
  const modules = new Map<string, vm.Module>()
  const library = (url: string): vm.SourceTextModule => {
    const known = modules.get(url)
    if (known !== undefined) return known as vm.SourceTextModule
    const module = new vm.SourceTextModule(libraryText(fileURLToPath(url)), { context, identifier: url })
    modules.set(url, module)
    return module
  }
  const founderFile = (): vm.SourceTextModule => {
    const at = importExpression.exec(source)?.index
    if (at !== undefined) {
      const line = source.slice(0, at).split('\n').length
      throw new Error(`It may not import while it runs (${fileName}:${line})`)
    }
    return new vm.SourceTextModule(withoutTypes(source, fileName), { context, identifier: fileName })
  }
  const resolve = (specifier: string, parent: vm.Module): vm.Module => {
    if (parent.identifier === fileName) {
      const url = allowed[specifier]
      if (url !== undefined) return library(url)
      throw new Error(
        `It imports "${specifier}"; a subnet file is one file and imports zod and @koinon/subnets/file only`,
      )
    }
    const url = import.meta.resolve(specifier, parent.identifier)
    // Our libraries look for the host's cryptography and go on without it.
    return url.startsWith('node:') ? new vm.SyntheticModule([], () => undefined, { context }) : library(url)
  }
  return { library, founderFile, resolve }
}

/** Texts of our own modules, for realms that are made anew. */
const libraryTexts = new Map<string, string>()

function libraryText(path: string): string {
  const text = libraryTexts.get(path) ?? withoutTypes(readFileSync(path, 'utf8'), path)
  libraryTexts.set(path, text)
  return text
}

/** Blanks types out, so that lines and columns stay. Throws with the line of what cannot be read. */
function withoutTypes(source: string, path: string): string {
  if (!/\.m?ts$/.test(path)) return source
  try {
    return stripTypeScriptTypes(source)
  } catch (cause) {
    const { message, stack } = cause as Error
    const line = /^[^\n]*:(\d+)\n/.exec(stack ?? '')?.[1]
    throw new Error(line === undefined ? message : `${message} (${path}:${line})`, { cause })
  }
}
