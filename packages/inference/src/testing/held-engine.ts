import type { EngineRequest } from '../provider/engine-port.ts'
import { ScriptedEngine } from './scripted-engine.ts'

/** An engine that answers nobody before it is told to. */
export class HeldEngine extends ScriptedEngine {
  /** Requests that have come, answered or not. */
  asked = 0
  #open: () => void = () => undefined
  readonly #opened = new Promise<void>((resolve) => {
    this.#open = resolve
  })

  open(): void {
    this.#open()
  }

  override async *generate(request: EngineRequest, signal: AbortSignal) {
    this.asked += 1
    await this.#opened
    yield* super.generate(request, signal)
  }
}
