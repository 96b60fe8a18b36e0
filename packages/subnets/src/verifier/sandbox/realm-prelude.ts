/**
 * Script that a realm begins with: takes away what is not the same everywhere and every time, and gives the two encoders that our own
 * modules need. Functions that throw say what to use instead.
 */
export const realmPrelude = `(() => {
  'use strict'
  const refuse = (name, instead) => { throw new Error(name + ' is not there in a subnet file: ' + instead) }
  const timeless = 'a score depends on its arguments only'
  const inexact = 'its result differs between machines; use whole numbers'
  const forbid = (owner, owned, name, instead) =>
    Object.defineProperty(owner, name, { value: () => refuse(owned + name, instead), writable: false, configurable: false })
  for (const name of ['acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp', 'expm1', 'hypot',
    'log', 'log10', 'log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh']) forbid(Math, 'Math.', name, inexact)
  forbid(Math, 'Math.', 'random', 'draw from the "random" of the context')
  // What comes out of the realm are its texts.
  Object.freeze(JSON)
  const NoDate = class Date { constructor() { refuse('Date', timeless) } static now() { refuse('Date', timeless) } }
  Object.defineProperty(globalThis, 'Date', { value: NoDate, writable: false, configurable: false })
  for (const name of ['fetch', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'require']) forbid(globalThis, '', name, timeless)
  for (const name of ['Intl', 'WebAssembly', 'SharedArrayBuffer', 'Atomics', 'WeakRef', 'FinalizationRegistry']) delete globalThis[name]
  for (const name of ['localeCompare', 'toLocaleLowerCase', 'toLocaleUpperCase']) forbid(String.prototype, 'String.', name, inexact)
  for (const type of [Number, BigInt, Array, Object]) forbid(type.prototype, type.name + '.', 'toLocaleString', inexact)

  const logs = []
  const log = (...parts) => {
    if (logs.length < 100) logs.push(parts.map((part) => {
      try { return typeof part === 'string' ? part : JSON.stringify(part) ?? String(part) } catch { return String(part) }
    }).join(' ').slice(0, 500))
  }
  globalThis.console = { log, info: log, warn: log, error: log, debug: log }
  Object.defineProperty(globalThis, '__takeLogs', { value: () => JSON.stringify(logs.splice(0)) })

  globalThis.TextEncoder = class TextEncoder {
    encode(text) {
      const bytes = []
      for (const character of String(text)) {
        const code = character.codePointAt(0)
        const point = code >= 0xd800 && code <= 0xdfff ? 0xfffd : code
        if (point < 0x80) bytes.push(point)
        else if (point < 0x800) bytes.push(0xc0 | point >> 6, 0x80 | point & 63)
        else if (point < 0x10000) bytes.push(0xe0 | point >> 12, 0x80 | point >> 6 & 63, 0x80 | point & 63)
        else bytes.push(0xf0 | point >> 18, 0x80 | point >> 12 & 63, 0x80 | point >> 6 & 63, 0x80 | point & 63)
      }
      return Uint8Array.from(bytes)
    }
  }
  globalThis.TextDecoder = class TextDecoder { decode() { refuse('TextDecoder', 'use strings') } }
})()`
