import { isKoinonError, KoinonError } from '@koinon/base'

export function busy(): KoinonError {
  return new KoinonError({
    code: 'engine/busy',
    message: 'All sequences of this engine are taken and its queue is full.',
    hint: 'Try again in a moment, or ask another provider.',
    retry: 'later',
  })
}

export function stopped(): KoinonError {
  return new KoinonError({
    code: 'engine/stopped',
    message: 'The engine was stopped before the answer was complete.',
    retry: 'later',
  })
}

export function notStarted(): KoinonError {
  return new KoinonError({ code: 'engine/not-started', message: 'The engine has not been started.' })
}

export function late(timeoutMs: number): KoinonError {
  return new KoinonError({
    code: 'engine/deadline',
    message: `The request took longer than ${timeoutMs} ms.`,
    hint: 'Ask for fewer tokens, or try again when the provider is less busy.',
    retry: 'later',
  })
}

export function badRequest(message: string): KoinonError {
  return new KoinonError({ code: 'engine/bad-request', message })
}

/** Why a model could not be loaded, in our words; `log` holds the engine's last lines. */
export function loadFailure(error: unknown, modelPath: string, log: readonly string[]): KoinonError {
  if (isKoinonError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  const isMemory = /InsufficientMemory|out of memory|failed to allocate|bad_alloc|VRAM|insufficient memory/i.test(
    `${error instanceof Error ? error.name : ''} ${reason} ${log.join(' ')}`,
  )
  return new KoinonError({
    code: isMemory ? 'engine/out-of-memory' : 'engine/bad-model',
    message: isMemory
      ? `There is not enough memory for the model ${modelPath} with these settings.`
      : `The model ${modelPath} could not be loaded: ${reason}.`,
    hint: isMemory
      ? 'Use fewer parallel sequences, a shorter context or a smaller model.'
      : 'Check the sha256 of the file; it must be a llama.cpp compatible GGUF.',
    details: { log },
    cause: error,
  })
}
