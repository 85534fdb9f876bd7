/** Sending something to the server: busy meanwhile, a word when it is done, the server's message when it is refused. */
import { ElMessage } from 'element-plus'
import { ref, shallowRef } from 'vue'
import { ApiError } from '@/api/errors'

/** True if it was done; false where it was refused, or the request before is not answered. `done`: what to say then. */
export type Send = (what: () => Promise<unknown>, done?: string) => Promise<boolean>

/** `error` is the last refusal, for a form that shows it at the fields it names. `refused` is told of each. */
export function useSending(refused?: (reason: unknown) => void) {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)

  const send: Send = async (what, done) => {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await what()
      if (done) ElMessage.success(done)
      return true
    } catch (reason) {
      error.value = reason
      refused?.(reason)
      return false
    } finally {
      busy.value = false
    }
  }

  /** What the server says about a field, or about one item of it (`name.0`): which one, where `items` are given. */
  function wrong(name: string, items: readonly string[] = []): string | undefined {
    if (!(error.value instanceof ApiError)) return undefined
    const detail = error.value.details.find(({ field }) => field === name || field?.startsWith(`${name}.`))
    const item = items[Number(detail?.field?.slice(name.length + 1) || NaN)]
    return item === undefined ? detail?.message : `${item}: ${detail?.message}`
  }

  return { busy, error, send, wrong }
}
