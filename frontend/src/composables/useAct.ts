/** Doing something on a click: a refusal is shown in a message of its own. */
import { useSending, type Send, type Sending } from '@/composables/useSending'
import { showError } from '@/lib/showError'

export function useAct(): Pick<Sending, 'busy' | 'phase' | 'isSending'> & { act: Send } {
  const { busy, phase, isSending, send } = useSending(showError)
  return { busy, phase, isSending, act: send }
}
