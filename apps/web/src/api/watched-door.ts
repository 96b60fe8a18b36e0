import type { Door } from './request.ts'

/** The same door; `onSilence` hears when a request got no answer, unless the page itself broke it off. */
export function watchedDoor(door: Door, onSilence: () => void): Door {
  return {
    base: door.base,
    fetch: async (input, init) => {
      try {
        return await door.fetch(input, init)
      } catch (error) {
        if (!(error instanceof DOMException && error.name === 'AbortError')) onSilence()
        throw error
      }
    },
  }
}
