import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'

const statusLine = /^VmRSS:\s*(\d+) kB$/m

/** Memory that a process has in use, MiB, as the system counts it; undefined when there is no such process. */
export async function residentMiB(pid: number): Promise<number | undefined> {
  const kibibytes = process.platform === 'linux' ? await fromStatus(pid) : await fromList(pid)
  return kibibytes === undefined ? undefined : Math.floor(kibibytes / 1_024)
}

async function fromStatus(pid: number): Promise<number | undefined> {
  try {
    const found = statusLine.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]
    return found === undefined ? undefined : Number(found)
  } catch {
    return undefined
  }
}

function fromList(pid: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', 'rss=', '-p', `${pid}`], { timeout: 1_000 }, (error, text) => {
      const kibibytes = Number.parseInt(text, 10)
      resolve(error !== null || Number.isNaN(kibibytes) ? undefined : kibibytes)
    })
  })
}
