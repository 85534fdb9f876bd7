/** Saving what somebody else may have saved meanwhile. */
import { isStale } from '@/api/errors'

/** What is being sent. Where it is refused because it was of an older revision, `reload` has the newer one shown first. */
export async function reloadingStale<T>(sending: Promise<T>, reload: () => Promise<void>): Promise<T> {
  try {
    return await sending
  } catch (reason) {
    if (isStale(reason)) await reload()
    throw reason
  }
}
