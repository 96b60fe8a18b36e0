/** Serves the built page: hashed assets for ever, the document never cached, nothing outside the folder. */
import { createReadStream, existsSync, realpathSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { dirname, extname, join, normalize, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const contentTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** The page talks to its own origin only and cannot be framed. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** Folder of the built page in this repository or installation. */
export function pageFolder(): string {
  return resolve(dirname(fileURLToPath(import.meta.url)), '../../../../apps/web/dist')
}

/** Answers GET and HEAD for files of the folder; other paths without a dot get the document, as the page routes by itself. */
export function serveStatic(folder: string, request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const path = decodePath(request.url ?? '/')
  if (path === undefined) return false
  const wanted = join(folder, normalize(path))
  if (wanted !== folder && !wanted.startsWith(folder + sep)) return false
  const file = isFile(wanted) ? wanted : extname(path) === '' ? join(folder, 'index.html') : undefined
  if (file === undefined || !isFile(file) || !isWithin(folder, file)) return false
  const isHashed = path.startsWith('/assets/')
  response.writeHead(200, {
    ...securityHeaders,
    'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
    'content-length': statSync(file).size,
    'cache-control': isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  })
  if (request.method === 'HEAD') response.end()
  else
    createReadStream(file)
      .on('error', () => response.destroy())
      .pipe(response)
  return true
}

function decodePath(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split('?')[0] as string)
    return path.includes('\0') ? undefined : path
  } catch {
    return undefined
  }
}

/** A link inside the folder must not lead out of it. */
function isWithin(folder: string, file: string): boolean {
  return realpathSync(file).startsWith(realpathSync(folder) + sep)
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
