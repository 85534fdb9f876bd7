/**
 * Sending something to the server: the one state machine that every form, dialog and button of the page uses.
 *
 *     idle → sending → done | refused | unreachable → sending …
 *
 * What the page itself takes back is idle again.
 */
import { ElMessage } from 'element-plus'
import { computed, getCurrentScope, onScopeDispose, ref, shallowRef, type ComputedRef, type Ref } from 'vue'
import { ApiError, isTakenBack, isUnreachable } from '@/api/errors'
import { focusAgain } from '@/lib/focus'
import { showError } from '@/lib/showError'

export type Phase = 'idle' | 'sending' | 'done' | 'refused' | 'unreachable'

/** True if it was done; false where it was not, or the request before is not answered: nothing is sent twice.
 *
 * `done`: what to say then. `name`: which of several buttons sends, for `isSending`.
 */
export type Send = (what: () => Promise<unknown>, done?: string, name?: string) => Promise<boolean>

export interface Sending {
  phase: Readonly<Ref<Phase>>
  busy: ComputedRef<boolean>
  /** The last refusal, for a form that shows it at the fields it names. */
  error: Ref<unknown>
  send: Send
  /** Is it this button's request that is on its way? */
  isSending(name: string): boolean
  /** What the server says about a field, or about one item of it (`name.0`): which one, where `items` are given. */
  wrong(name: string, items?: readonly string[]): string | undefined
}

/** `refused` is told of everything that was not done. An answer that comes when the caller is gone is still told. */
export function useSending(refused?: (reason: unknown) => void): Sending {
  const phase = ref<Phase>('idle')
  const busy = computed(() => phase.value === 'sending')
  const error = shallowRef<unknown>(null)
  const sender = ref('')
  let isGone = false
  if (getCurrentScope()) onScopeDispose(() => (isGone = true))

  const send: Send = async (what, done, name = '') => {
    if (phase.value === 'sending') return false
    // A button that waits is disabled, and a disabled button loses the focus.
    const giveBack = focusAgain()
    phase.value = 'sending'
    sender.value = name
    error.value = null
    try {
      await what()
      phase.value = 'done'
      if (done) ElMessage.success(done)
      return true
    } catch (reason) {
      if (isTakenBack(reason)) {
        phase.value = 'idle'
        return false
      }
      phase.value = isUnreachable(reason) ? 'unreachable' : 'refused'
      error.value = reason
      if (isGone) showError(reason)
      else refused?.(reason)
      return false
    } finally {
      if (!isGone) giveBack()
    }
  }

  function isSending(name: string): boolean {
    return busy.value && sender.value === name
  }

  function wrong(name: string, items: readonly string[] = []): string | undefined {
    if (!(error.value instanceof ApiError)) return undefined
    const detail = error.value.details.find(({ field }) => field === name || field?.startsWith(`${name}.`))
    const item = items[Number(detail?.field?.slice(name.length + 1) || NaN)]
    return item === undefined ? detail?.message : `${item}: ${detail?.message}`
  }

  return { phase, busy, error, send, isSending, wrong }
}
