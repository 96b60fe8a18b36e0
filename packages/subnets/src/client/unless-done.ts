/**
 * Sends a transaction that others may send too. When it fails and the ledger shows that what it was for has happened anyway, that is
 * not an error: resolves with false. Resolves with true when this one did it; any other failure is passed on.
 */
export async function unlessDone(send: () => Promise<void>, isDone: () => Promise<boolean>): Promise<boolean> {
  try {
    await send()
    return true
  } catch (error) {
    if (await isDone().catch(() => false)) return false
    throw error
  }
}
