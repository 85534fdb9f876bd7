/** Sending a form: a refusal stands in the form itself, at the fields that it names. */
import { ElMessage } from 'element-plus'
import { ref, shallowRef } from 'vue'
import { ApiError } from '@/api/errors'

export function useSending() {
  const busy = ref(false)
  const error = shallowRef<unknown>(null)

  /** True if it was done. `done`: what to say then. */
  async function send(what: () => Promise<unknown>, done: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      await what()
      ElMessage.success(done)
      return true
    } catch (reason) {
      error.value = reason
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
