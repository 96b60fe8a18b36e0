/** The processes of `gateway.ts`: ours from gateway-roles.ts, and Portkey. */
import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export function start(
  children: ChildProcess[],
  args: readonly string[],
): Promise<[port: number, text: string, pid: number]> {
  const child = fork(join(import.meta.dirname, 'gateway-roles.ts'), args, {
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  children.push(child)
  return new Promise((resolve, reject) => {
    child.once('message', (message) => {
      const { port, text } = message as { port: number; text: string }
      resolve([port, text, child.pid as number])
    })
    child.once('exit', (code) => reject(new Error(`${args[0]} ended with ${code}`)))
  })
}

/** Portkey listens on all interfaces; a preload keeps it on loopback. */
export async function startPortkey(children: ChildProcess[]): Promise<{ readonly port: number; readonly pid: number }> {
  const entry = createRequire(import.meta.url).resolve('@portkey-ai/gateway/package.json')
  const port = 20_000 + Math.floor(Math.random() * 20_000)
  const onLoopback = `import net from 'node:net'; const listen = net.Server.prototype.listen; net.Server.prototype.listen = function (...args) { return listen.call(this, { port: typeof args[0] === 'object' ? args[0].port : args[0], host: '127.0.0.1' }, args.find((a) => typeof a === 'function')) }`
  const child = spawn(
    process.execPath,
    [
      '--import',
      `data:text/javascript,${encodeURIComponent(onLoopback)}`,
      join(dirname(entry), 'build/start-server.js'),
      `--port=${port}`,
      '--headless',
    ],
    { stdio: 'ignore' },
  )
  children.push(child)
  for (let look = 0; look < 200; look++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    )
    if (isUp) return { port, pid: child.pid as number }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('Portkey did not start')
}
